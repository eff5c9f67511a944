"""Independent judge of a mapping: recounts legality from (spike graph, hardware, mapping), imports no stage or kernel.

Checked, each rule by name: `workload-digest`, `hardware-digest`, `cluster-shape` (ids known, distinct, within crossbar
rows and columns), `synapse-limit`, `synapse-missing` and `synapse-twice` (every synapse realised exactly once), `home`,
`tile` (exists), `tile-shared`, `wiring` (lines exist, no cell used twice), `schedule-order`, `schedule-dependency`,
`schedule-time`, `schedule-start`, `schedule-period` (`verify.dataflow`), and `figures` (recounted equal reported,
`verify.figures`).

Taken for granted: the spike graph is the profile of the named workload, and the hardware file says what the chip is.
Plain numpy, slow and obvious on purpose.
"""

import numpy as np

from snnmap.hardware import Hardware
from snnmap.ir import Mapping, SpikeGraph, Violation
from snnmap.verify.dataflow import dataflow_violations
from snnmap.verify.figures import figure_violations

SHOWN = 3
"""Offenders named per rule; the rest are counted."""


def verify(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> list[Violation]:
    """Every broken rule of `mapping`; an empty list means legal.

    Parameters
    ----------
    mapping
        What a mapping file holds.
    graph
        The workload's spike-activity graph, profiled anew or read from a saved profile.
    hardware
        The chip, sized as the mapping says.

    Returns
    -------
    list of Violation
        Structural rules first; if any of those is broken, schedule and figures are not judged, since they would only
        repeat it.
    """
    found = _identity(mapping, graph, hardware)
    shape = _shapes(mapping, graph, hardware)
    if shape:
        return found + shape
    found += _synapses(mapping, graph, hardware)
    found += _homes(mapping, graph)
    found += _tiles(mapping, hardware)
    found += _wiring(mapping, hardware)
    if found:
        return found
    return dataflow_violations(mapping, graph, hardware) + figure_violations(mapping, graph, hardware)


def _identity(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> list[Violation]:
    pairs = (
        ("workload-digest", str(mapping.provenance["workload"]["digest"]), graph.digest()),
        ("hardware-digest", str(mapping.hardware.get("digest")), hardware.digest()),
    )
    return [
        Violation(rule, "file", f"the mapping was made for {told[:12]}", f"this one is {real[:12]}")
        for rule, told, real in pairs
        if told != real
    ]


def _shapes(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> list[Violation]:
    network, clustering = graph.network, mapping.clustering
    found: list[Violation] = []
    if len(clustering.home) != network.neurons:
        asked = f"homes of {len(clustering.home)} neurons"
        found.append(Violation("cluster-shape", "home", asked, f"the network has {network.neurons}"))
    sides = (
        ("rows", clustering.row_ptr, clustering.row_source, 0, hardware.rows),
        ("columns", clustering.column_ptr, clustering.column_neuron, network.externals, hardware.columns),
    )
    for side, ptr, ids, lowest, limit in sides:
        for k in range(clustering.clusters):
            part = ids[ptr[k] : ptr[k + 1]]
            where = f"cluster {k}"
            if len(part) > limit:
                found.append(Violation("cluster-shape", where, f"{len(part)} {side}", f"the crossbar has {limit}"))
            if len(part) and (part.min() < lowest or part.max() >= network.sources):
                there = f"ids {lowest} to {network.sources - 1}"
                found.append(Violation("cluster-shape", where, f"{side} with ids outside the network", there))
            if len(np.unique(part)) != len(part):
                found.append(Violation("cluster-shape", where, f"one id on two {side}", "each id takes one line"))
    if len(clustering.home) and (clustering.home.min() < 0 or clustering.home.max() >= clustering.clusters):
        found.append(Violation("home", "home", "a home outside the clusters", f"{clustering.clusters} clusters"))
    return found


def _synapses(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> list[Violation]:
    """Count, per synapse, the clusters that hold its source as a row and its target as a column."""
    network, clustering = graph.network, mapping.clustering
    realised = np.zeros(network.synapses, np.int16)
    in_cluster = np.zeros(network.sources, bool)
    found: list[Violation] = []
    for k in range(clustering.clusters):
        columns = clustering.column_neuron[clustering.column_ptr[k] : clustering.column_ptr[k + 1]]
        rows = clustering.row_source[clustering.row_ptr[k] : clustering.row_ptr[k + 1]]
        in_cluster[columns] = True
        cells = 0
        for source in rows:
            first, last = network.indptr[source], network.indptr[source + 1]
            hit = in_cluster[network.post[first:last]]
            realised[first:last] += hit
            cells += int(np.count_nonzero(hit))
        in_cluster[columns] = False
        if hardware.synapse_limit is not None and cells > hardware.synapse_limit:
            limit = f"the crossbar allows {hardware.synapse_limit}"
            found.append(Violation("synapse-limit", f"cluster {k}", f"{cells} synapses", limit))
    for rule, wrong, meaning in (
        ("synapse-missing", np.flatnonzero(realised == 0), "realised nowhere"),
        ("synapse-twice", np.flatnonzero(realised > 1), "realised more than once"),
    ):
        for s in wrong[:SHOWN]:
            source = int(np.searchsorted(network.indptr, s, side="right")) - 1
            where = f"synapse {source} -> {network.post[s]}"
            found.append(Violation(rule, where, meaning, f"{len(wrong)} such synapses, each must be realised once"))
    return found


def _homes(mapping: Mapping, graph: SpikeGraph) -> list[Violation]:
    clustering, externals = mapping.clustering, graph.network.externals
    cluster = np.repeat(np.arange(clustering.clusters), np.diff(clustering.column_ptr))
    at_home = clustering.home[clustering.column_neuron - externals] == cluster
    housed = np.zeros(len(clustering.home), bool)
    housed[clustering.column_neuron[at_home] - externals] = True
    return [
        Violation("home", f"neuron {n + externals}", f"home is cluster {clustering.home[n]}", "it has no column there")
        for n in np.flatnonzero(~housed)[:SHOWN]
    ]


def _tiles(mapping: Mapping, hardware: Hardware) -> list[Violation]:
    tile = mapping.placement.tile
    if len(tile) != mapping.clustering.clusters:
        asked = f"tiles for {len(tile)} clusters"
        return [Violation("tile", "placement", asked, f"there are {mapping.clustering.clusters} clusters")]
    found = [
        Violation("tile", f"cluster {k}", f"tile {tile[k]}", f"the chip has tiles 0 to {hardware.tiles - 1}")
        for k in np.flatnonzero((tile < 0) | (tile >= hardware.tiles))[:SHOWN]
    ]
    used, count = np.unique(tile, return_counts=True)
    found += [
        Violation("tile-shared", f"tile {t}", f"{c} clusters", f"a tile holds {hardware.clusters_per_tile}")
        for t, c in zip(used, count, strict=True)
        if c > hardware.clusters_per_tile
    ]
    return found


def _wiring(mapping: Mapping, hardware: Hardware) -> list[Violation]:
    clustering, wiring = mapping.clustering, mapping.wiring
    found: list[Violation] = []
    sides = (
        ("row", clustering.row_ptr, wiring.row, hardware.rows),
        ("column", clustering.column_ptr, wiring.column, hardware.columns),
    )
    for side, ptr, line, limit in sides:
        if len(line) != ptr[-1]:
            found.append(Violation("wiring", side, f"{len(line)} lines", f"{ptr[-1]} are needed"))
            continue
        for k in range(clustering.clusters):
            part = line[ptr[k] : ptr[k + 1]]
            if len(part) and (part.min() < 0 or part.max() >= limit):
                there = f"{side}s 0 to {limit - 1}"
                found.append(Violation("wiring", f"cluster {k}", f"a {side} outside the crossbar", there))
            if len(np.unique(part)) != len(part):
                clash = f"two entries on one {side}"
                found.append(Violation("wiring", f"cluster {k}", clash, "each cell is used once"))
    return found
