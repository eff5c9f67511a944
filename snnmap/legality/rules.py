"""Independent judge of a mapping: recounts legality from (spike graph, hardware, mapping), imports no stage or kernel.

Checked, each rule by name: `workload-digest`, `hardware-digest`, `workload-facts`, `hardware-facts` and `profile-facts`
(what the file says of them is true, `legality.identity`), `weight-encoding` and `weight-level` (`legality.weights`),
`cluster-shape` (ids exist, ascend, fit), `home`, `synapse-missing` and `synapse-twice` (every synapse realised exactly
once), `reuse` (`legality.reuse`), `synapse-limit`, `tile` (exists), `tile-shared`, `wiring` (lines exist, no cell used
twice), `schedule-shape`, `schedule-dependency`, `schedule-buffer`, `schedule-time`, `schedule-order`, `schedule-start`,
`schedule-period`, `schedule-latency` (`legality.dataflow`), `partial-sums` (`legality.sums`), and `figures` (recounted
equal reported, `legality.figures`).

Taken for granted: the spike graph is the profile of the named workload, and the hardware file says what the chip is.
What a result cannot tell is `UNCHECKED`.
Plain numpy, obvious rather than fast.
"""

import numpy as np

from snnmap.hardware import Hardware
from snnmap.ir import Clustering, Mapping, Placement, SpikeGraph, Violation, Violations, Wiring
from snnmap.legality.dataflow import dataflow_violations
from snnmap.legality.figures import figure_violations
from snnmap.legality.identity import identity_violations
from snnmap.legality.recount import Recount, recount
from snnmap.legality.reuse import reuse_violations, use_violations
from snnmap.legality.sums import partial_sum_violations
from snnmap.legality.weights import crossing, encoding_violations, level_violations

UNCHECKED = (
    "the seed",
    "which algorithms ran with which options",
    "where the files lie",
    "which version profiled and compiled",
)
"""What a mapping file says and no result depends on."""
SHOWN = 3
"""Offenders named per rule; the rest are counted."""


def verify(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> Violations:
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
    Violations
        Structural rules first; if any of those is broken, schedule and figures are not judged, since they would only
        repeat it; nor figures of a schedule that makes no sense.
    """
    return Violations(_broken(mapping, graph, hardware))


def _broken(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> list[Violation]:
    """What `verify` finds."""
    clustering = mapping.clustering
    wrong = identity_violations(mapping, graph, hardware) + encoding_violations(mapping, hardware)
    wrong += level_violations(graph.network, hardware)
    shape = use_violations(clustering) or _shapes(clustering, graph, hardware) + _counts(mapping)
    if shape:
        return wrong + shape
    counted = recount(graph, clustering, mapping.wiring)
    wrong += _synapses(counted, graph, hardware) + _homes(clustering, graph, hardware)
    wrong += placement_violations(mapping.placement, clustering.clusters, hardware)
    wrong += wiring_violations(mapping.wiring, clustering, hardware)
    if wrong:
        return wrong
    wrong = reuse_violations(mapping, graph, hardware, counted.clashes)
    if wrong:
        return wrong
    wrong = dataflow_violations(mapping, graph, hardware, counted) + partial_sum_violations(mapping, graph, counted)
    if any(violation.rule == "schedule-shape" for violation in wrong):
        return wrong
    return wrong + figure_violations(mapping, graph, hardware, counted)


def clustering_violations(clustering: Clustering, graph: SpikeGraph, hardware: Hardware) -> list[Violation]:
    """Broken rules of a clustering alone: shapes first, then synapses and homes."""
    shape = use_violations(clustering) or _shapes(clustering, graph, hardware)
    return shape or _synapses(recount(graph, clustering), graph, hardware) + _homes(clustering, graph, hardware)


def shared_violations(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> list[Violation]:
    """The rule `reuse` alone, of a mapping whose shapes are right."""
    if mapping.clustering.uses is None:
        return []
    counted = recount(graph, mapping.clustering, mapping.wiring)
    return reuse_violations(mapping, graph, hardware, counted.clashes)


def _counts(mapping: Mapping) -> list[Violation]:
    columns, counts = len(mapping.clustering.column_neuron), len(mapping.partial_messages)
    if counts == columns:
        return []
    return [Violation("cluster-shape", "partial_messages", f"counts for {counts} columns", f"there are {columns}")]


def _shapes(clustering: Clustering, graph: SpikeGraph, hardware: Hardware) -> list[Violation]:
    network = graph.network
    externals = network.externals
    wrong: list[Violation] = []
    most_rows, most_columns = crossing(hardware)
    if len(clustering.home) != network.neurons:
        asked = f"homes of {len(clustering.home)} neurons"
        wrong.append(Violation("cluster-shape", "home", asked, f"the network has {network.neurons}"))
    sides = (
        ("rows", clustering.use_row_ptr, clustering.row_source, 0, most_rows),
        ("columns", clustering.use_column_ptr, clustering.column_neuron, externals, most_columns),
    )
    of_use = np.repeat(np.arange(clustering.clusters), np.diff(clustering.use_ptr)).tolist()
    for side, ptr, ids, lowest, limit in sides:
        for use, k in enumerate(of_use):
            part = ids[ptr[use] : ptr[use + 1]]
            where = f"cluster {k}"
            if len(part) > limit:
                wrong.append(Violation("cluster-shape", where, f"{len(part)} {side}", f"the crossbar has {limit}"))
            if len(part) and (part.min() < lowest or part.max() >= network.sources):
                there = f"ids {lowest} to {network.sources - 1}"
                wrong.append(Violation("cluster-shape", where, f"{side} with ids outside the network", there))
            if np.any(part[1:] <= part[:-1]):
                asked = f"{side} whose ids repeat or do not ascend"
                wrong.append(Violation("cluster-shape", where, asked, "each id takes one line"))
    if len(clustering.home) and (clustering.home.min() < 0 or clustering.home.max() >= clustering.clusters):
        wrong.append(Violation("home", "home", "a home outside the clusters", f"{clustering.clusters} clusters"))
    return wrong


def _synapses(counted: Recount, graph: SpikeGraph, hardware: Hardware) -> list[Violation]:
    """Every synapse in exactly one crossbar, and no more on one than it allows."""
    network, violations = graph.network, []
    if hardware.synapse_limit is not None:
        limit = f"the crossbar allows {hardware.synapse_limit}"
        over = np.flatnonzero(counted.cells > hardware.synapse_limit)
        violations += [Violation("synapse-limit", f"cluster {k}", f"{counted.cells[k]} synapses", limit) for k in over]
    for rule, wrong, meaning in (
        ("synapse-missing", np.flatnonzero(counted.realised == 0), "realised nowhere"),
        ("synapse-twice", np.flatnonzero(counted.realised > 1), "realised more than once"),
    ):
        for s in wrong[:SHOWN]:
            source = int(np.searchsorted(network.indptr, s, side="right")) - 1
            where = f"synapse {source} -> {network.post[s]}"
            violations.append(
                Violation(rule, where, meaning, f"{len(wrong)} such synapses, each must be realised once")
            )
    return violations


def _homes(clustering: Clustering, graph: SpikeGraph, hardware: Hardware) -> list[Violation]:
    """Every neuron has a column at its home, and columns elsewhere only if the chip can merge."""
    externals = graph.network.externals
    cluster = np.repeat(np.arange(clustering.clusters), np.diff(clustering.column_ptr))
    at_home = clustering.home[clustering.column_neuron - externals] == cluster
    housed = np.zeros(len(clustering.home), bool)
    housed[clustering.column_neuron[at_home] - externals] = True
    wrong = [
        Violation("home", f"neuron {n + externals}", f"home is cluster {clustering.home[n]}", "it has no column there")
        for n in np.flatnonzero(~housed)[:SHOWN]
    ]
    if not hardware.merge and not np.all(at_home):
        asked = f"{np.count_nonzero(~at_home)} partial columns"
        wrong.append(Violation("partial-sums", "columns", asked, f"{hardware.name} cannot merge partial sums"))
    return wrong


def placement_violations(placement: Placement, clusters: int, hardware: Hardware) -> list[Violation]:
    """Broken rules of a placement alone."""
    tile = placement.tile
    if len(tile) != clusters:
        return [Violation("tile", "placement", f"tiles for {len(tile)} clusters", f"there are {clusters} clusters")]
    wrong = [
        Violation("tile", f"cluster {k}", f"tile {tile[k]}", f"the chip has tiles 0 to {hardware.tiles - 1}")
        for k in np.flatnonzero((tile < 0) | (tile >= hardware.tiles))[:SHOWN]
    ]
    used, count = np.unique(tile, return_counts=True)
    wrong += [
        Violation("tile-shared", f"tile {t}", f"{c} clusters", f"a tile holds {hardware.clusters_per_tile}")
        for t, c in zip(used, count, strict=True)
        if c > hardware.clusters_per_tile
    ]
    return wrong


def wiring_violations(wiring: Wiring, clustering: Clustering, hardware: Hardware) -> list[Violation]:
    """Broken rules of a wiring alone."""
    wrong: list[Violation] = []
    rows, columns = crossing(hardware)
    sides = (
        ("row", clustering.use_row_ptr, wiring.row, rows),
        ("column", clustering.use_column_ptr, wiring.column, columns),
    )
    of_use = np.repeat(np.arange(clustering.clusters), np.diff(clustering.use_ptr)).tolist()
    for side, ptr, line, limit in sides:
        if len(line) != ptr[-1]:
            wrong.append(Violation("wiring", side, f"{len(line)} lines", f"{ptr[-1]} are needed"))
            continue
        for use, k in enumerate(of_use):
            part = line[ptr[use] : ptr[use + 1]]
            if len(part) and (part.min() < 0 or part.max() >= limit):
                there = f"{side}s 0 to {limit - 1}"
                wrong.append(Violation("wiring", f"cluster {k}", f"a {side} outside the crossbar", there))
            if len(np.unique(part)) != len(part):
                clash = f"two entries on one {side}"
                wrong.append(Violation("wiring", f"cluster {k}", clash, "each cell is used once"))
    return wrong
