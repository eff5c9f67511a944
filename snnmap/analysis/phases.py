"""Clusters that run one after the other: who must wait for whom, a phase as a graph of its own, what waits in between.

Makes no choice: `stages.phase` says which clusters share a phase.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from snnmap.analysis.arrangements import STATE_WORDS
from snnmap.analysis.cells import BLOCK, part_of, parts
from snnmap.analysis.extract import extracted
from snnmap.core.arrays import I32, I64, Bool, distinct_columns, offsets, ranges, row_of_entry
from snnmap.core.errors import InfeasibleError
from snnmap.hardware import Hardware
from snnmap.ir import ANALOG, Clustering, Network, SpikeGraph, Uses
from snnmap.ir.phases import Phase


def precedence(network: Network, clustering: Clustering) -> I64:
    """Pairs of clusters of which the first must have run, or run along, when the second runs, int64 (2, P), distinct.

    All clusters with columns of a neuron come before all that hear it. Nobody waits for itself.
    """
    from scipy.sparse import csr_array

    externals, shape = network.externals, (clustering.clusters, network.neurons)
    cluster, source = clustering.heard()
    heard = source >= externals
    column = row_of_entry(clustering.column_ptr)
    has = csr_array((np.ones(len(column), np.int32), (column, clustering.column_neuron - externals)), shape)
    hears = csr_array((np.ones(int(heard.sum()), np.int32), (cluster[heard], source[heard] - externals)), shape)
    before, after = (has @ hears.T).nonzero()
    pairs = np.stack([before, after]).astype(np.int64)
    return distinct_columns(pairs[:, before != after])


def homes_in(clustering: Clustering, phase: I64, externals: int) -> Clustering:
    """The clustering with neurons at home in the last phase that has columns of them; `phase` (K,) is of the clusters.

    Who is at home there already stays; others move to the last of their clusters there.
    """
    cluster, neuron = row_of_entry(clustering.column_ptr), clustering.column_neuron - externals
    last = np.full(len(clustering.home), -1, np.int64)
    np.maximum.at(last, neuron, phase[cluster])
    there = phase[cluster] == last[neuron]
    at = np.full(len(last), -1, np.int64)
    np.maximum.at(at, neuron[there], cluster[there])
    home = np.where(phase[clustering.home] == last, clustering.home, at)
    return replace(clustering, home=home.astype(np.int32))


def apart(network: Network, clustering: Clustering) -> Clustering:
    """The clustering with clusters of one use cut where their neurons are of populations that need not run together.

    Populations that hear each other in a ring stay together.
    """
    ring = _rings(network)[network.population_of()]
    kinds = np.unique(np.stack([row_of_entry(clustering.column_ptr), ring[clustering.column_neuron]]), axis=1)
    mixed = (np.bincount(kinds[0], minlength=clustering.clusters) > 1) & (np.diff(clustering.use_ptr) == 1)
    if not np.any(mixed):
        return clustering
    parts = [chosen(clustering, np.flatnonzero(~mixed)), _cut(network, chosen(clustering, np.flatnonzero(mixed)), ring)]
    return joined(parts, network)


def _rings(network: Network) -> I64:
    """Number of every population's ring, int64 (populations,): those that hear each other share one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    count, of = len(network.populations), network.population_of().astype(np.int64)
    heard = np.zeros(count * count, bool)
    for start in range(0, network.synapses, BLOCK):
        some = np.arange(start, min(start + BLOCK, network.synapses))
        pre = np.searchsorted(network.indptr, some, side="right") - 1
        heard[of[pre] * count + of[network.post[some]]] = True
    before, after = np.divmod(np.flatnonzero(heard), count)
    pattern = coo_array((np.ones(len(before)), (before, after)), (count, count))
    found: I64 = connected_components(pattern, connection="strong")[1].astype(np.int64)
    return found


def _cut(network: Network, some: Clustering, ring: I64) -> Clustering:
    """Clusters of one use cut by the `ring` (N,) of their neurons, each with the rows that its columns need."""
    cells = part_of(network, some, 0, some.clusters).cells
    span = int(ring.max()) + 1
    group = row_of_entry(some.column_ptr) * span + ring[some.column_neuron]
    rows = distinct_columns(np.stack([group[cells.column], some.row_source[cells.row()].astype(np.int64)]))
    columns = distinct_columns(np.stack([group, some.column_neuron.astype(np.int64)]))
    named = np.unique(group)
    sizes = (np.bincount(np.searchsorted(named, side[0]), minlength=len(named)) for side in (rows, columns))
    row_ptr, column_ptr = (offsets(size) for size in sizes)
    source, neuron = rows[1].astype(np.int32), columns[1].astype(np.int32)
    return Clustering(row_ptr, source, column_ptr, neuron, some.home)


def joined(parts: Sequence[Clustering], network: Network) -> Clustering:
    """Clusters of several clusterings of one network, in this order; neurons at home in the last that has them."""
    uses = np.concatenate([np.diff(part.use_ptr) for part in parts])
    sides = []
    for side in ("row", "column"):
        ptrs = [getattr(part, f"use_{side}_ptr") for part in parts]
        ids = [part.row_source if side == "row" else part.column_neuron for part in parts]
        lines = [_lines(part, side, ptr) for part, ptr in zip(parts, ptrs, strict=True)]
        sizes = np.concatenate([np.diff(ptr) for ptr in ptrs])
        sides.append((offsets(sizes), np.concatenate(ids), np.concatenate(lines)))
    (row_ptr, source, row), (column_ptr, neuron, column) = sides
    first, several = offsets(uses), bool(np.any(uses > 1))
    home = np.full(network.neurons, -1, np.int64)
    np.maximum.at(home, neuron - network.externals, row_of_entry(column_ptr[first]))
    return Clustering(
        row_ptr=row_ptr[first],
        row_source=source,
        column_ptr=column_ptr[first],
        column_neuron=neuron,
        home=home.astype(np.int32),
        uses=Uses(first, row_ptr, column_ptr, row, column) if several else None,
    )


def _lines(part: Clustering, side: str, ptr: I64) -> I32:
    """Line of every row or column entry in the block of its cluster."""
    if part.uses is None:
        return (np.arange(int(ptr[-1])) - np.repeat(ptr[:-1], np.diff(ptr))).astype(np.int32)
    found: I32 = getattr(part.uses, f"{side}_line")
    return found


def part_of_phase(graph: SpikeGraph, clustering: Clustering, own: I64) -> tuple[SpikeGraph, Clustering, I64]:
    """Graph and clustering of the clusters `own`, ascending, that run in one phase, and the ids of their sources.

    A neuron that fires in another phase has its columns added up at the last of those that are here.
    """
    network = graph.network
    some = chosen(clustering, own)
    synapse = np.sort(np.concatenate([part.cells.synapse for part in parts(network, some, None)]))
    kept, silent = np.zeros(network.sources, bool), np.zeros(network.sources, bool)
    kept[some.column_neuron] = True
    here = np.zeros(clustering.clusters, bool)
    here[own] = True
    silent[network.externals :] = ~here[clustering.home]
    part, ids = extracted(graph, synapse, kept, silent & kept)
    number = np.full(network.sources, -1, np.int64)
    number[ids] = np.arange(len(ids))
    local = np.full(clustering.clusters, -1, np.int64)
    local[own] = np.arange(len(own))
    home = local[clustering.home[ids[part.network.externals :] - network.externals]]
    return part, _renumbered(some, home, number, part.network.externals), ids


def least_writes(cells: I64, tiles: int) -> int:
    """Cells that a frame writes at least, of clusters of `cells` (K,) on so many tiles: all but T - 1 of K > T.

    A tile that two clusters use writes both, and there is such a tile.
    """
    if len(cells) <= tiles:
        return 0
    return int(np.sort(cells)[: len(cells) - tiles + 1].sum())


def chosen(clustering: Clustering, own: I64) -> Clustering:
    """The clusters `own`, in this order; homes are left as they are, and mean nothing."""
    uses = np.diff(clustering.use_ptr)[own]
    use = ranges(clustering.use_ptr[own], uses)
    sides = []
    for ptr in (clustering.use_row_ptr, clustering.use_column_ptr):
        size = np.diff(ptr)[use]
        sides.append((offsets(size), ranges(ptr[use], size)))
    (row_ptr, row), (column_ptr, column) = sides
    first = offsets(uses)
    found = clustering.uses
    return Clustering(
        row_ptr=row_ptr[first],
        row_source=clustering.row_source[row],
        column_ptr=column_ptr[first],
        column_neuron=clustering.column_neuron[column],
        home=clustering.home,
        uses=None
        if found is None or np.all(uses == 1)
        else Uses(first, row_ptr, column_ptr, found.row_line[row], found.column_line[column]),
    )


def _renumbered(some: Clustering, home: I64, number: I64, externals: int) -> Clustering:
    """`some` with the ids of a part: rows ascending again within a use, and the neurons' `home`s among its clusters."""
    source = number[some.row_source]
    order = np.lexsort((source, row_of_entry(some.use_row_ptr)))
    neuron, cluster = number[some.column_neuron], row_of_entry(some.column_ptr)
    at = np.full(len(home), -1, np.int64)
    np.maximum.at(at, neuron - externals, cluster)
    found = some.uses
    return Clustering(
        row_ptr=some.row_ptr,
        row_source=source[order].astype(np.int32),
        column_ptr=some.column_ptr,
        column_neuron=neuron.astype(np.int32),
        home=np.where(home >= 0, home, at).astype(np.int32),
        uses=None if found is None else replace(found, row_line=found.row_line[order]),
    )


class Waits(NamedTuple):
    """What waits between the phases, in bits for every step of a frame, by tile of a phase, int64 (T,) each."""

    out: I64
    """Of the tile, for later phases: spikes that are heard there, and sums of columns whose neurons fire there."""
    into: I64
    """Sums of earlier phases for neurons of the tile."""
    sums: I64
    """How many these are."""
    state: I64
    """Samples and states of neurons whose crossbars are used several times, once for all steps."""


def waits(phases: Sequence[Phase], graph: SpikeGraph, hardware: Hardware) -> list[Waits]:
    """What waits between the phases of `graph`, of every phase.

    A neuron's spikes take a bit for every step; as many as its most spikes in one step need, where it has several; a
    graded value `sum_bits`. A neuron whose columns are in several phases has a sum for each but the last.
    """
    network, tiles = graph.network, hardware.tiles
    last, needed = (np.full(network.sources, -1, np.int64) for _ in range(2))
    earlier = np.zeros(network.sources, np.int64)
    for number, phase in enumerate(phases):
        last[phase.neurons] = number
        needed[phase.inputs] = number
        earlier[phase.neurons] += 1
    width, bits = value_bits(graph, hardware), int(hardware["sum_bits"])
    found = []
    for number, phase in enumerate(phases):
        neuron, clustering = phase.neurons, phase.mapping.clustering
        tile = phase.mapping.placement.tile[clustering.home]
        fires = last[neuron] == number
        out = np.where(fires, np.where(needed[neuron] > number, width[neuron], 0), bits)
        sums = np.where(fires, earlier[neuron] - 1, 0)
        several = np.diff(clustering.use_ptr)[clustering.home] > 1
        kinds = (out, sums * bits, sums, several * (STATE_WORDS * bits))
        found.append(Waits(*(np.bincount(tile, kind, tiles).astype(np.int64) for kind in kinds)))
    return found


def value_bits(graph: SpikeGraph, hardware: Hardware) -> I64:
    """Bits of what every source emits in one step, int64 (N,)."""
    spikes = np.ceil(np.log2(np.maximum(graph.worst_step.astype(np.float64), 1.0) + 1.0)).astype(np.int64)
    graded = [p.model in ANALOG for p in graph.network.populations]
    return np.where(np.array(graded, bool)[graph.network.population_of()], int(hardware["sum_bits"]), spikes)


def chunk_of(wait: Waits, steps: int, hardware: Hardware) -> int:
    """Steps of a frame whose spikes and sums fit the memories of the tiles; a frame's at most.

    Raises
    ------
    InfeasibleError
        If not those of one step do.
    """
    each, room = wait.out + wait.into, int(hardware["memory_bits"]) - wait.state
    most = np.where(each > 0, room // np.maximum(each, 1), steps)
    tile = int(most.argmin())
    if most[tile] < 1:
        remedy = "Use a chip with more memory_bits, larger or more crossbars, or fewer kernels in each (--copies)."
        asked, there = int(each[tile] + wait.state[tile]), int(hardware["memory_bits"])
        raise InfeasibleError(f"bits of memory on tile {tile} for what waits between phases", asked, there, remedy)
    return min(int(most[tile]), steps)


class PhaseTimes(NamedTuple):
    """How long a phase takes, s."""

    program: float
    """All tiles at once, each its word lines one after the other."""
    period: float
    """From step to step."""
    latency: float
    """Of one step."""
    exchange: float
    """Between two chunks of steps: what waits leaves and enters the tiles one after the other, and sums are added."""
    steps: float
    """All steps of a frame, with the exchanges between."""

    @property
    def total(self) -> float:
        """Programming, then all steps."""
        return self.program + self.steps


def phase_times(phase: Phase, wait: Waits, resident: Bool, hardware: Hardware) -> PhaseTimes:
    """Guaranteed times of a phase: its tables start anew with every chunk, when all of the last one is done."""
    mapping, schedule, tick = phase.mapping, phase.mapping.schedule, phase.mapping.sdfg.tick
    period = schedule.period_numerator / schedule.period_denominator * tick
    rows = np.where(resident, 0, mapping.clustering.rows)
    latency, steps = schedule.latency * tick, mapping.workload.steps
    spent = sum(
        (length - 1) * period + latency + exchange_time(wait, length, hardware) for length in chunks(steps, phase.chunk)
    )
    return PhaseTimes(
        program=float(rows.max(initial=0)) * hardware.row_program_time,
        period=period,
        latency=latency,
        exchange=exchange_time(wait, phase.chunk, hardware),
        steps=spent,
    )


def chunks(steps: int, chunk: int) -> list[int]:
    """Lengths of the chunks of a frame."""
    full, rest = divmod(steps, chunk)
    return [chunk] * full + [rest] * (rest > 0)


def exchange_time(wait: Waits, steps: int, hardware: Hardware) -> float:
    """Seconds in which what waits of so many steps leaves and enters the tiles over the port, one after the other."""
    flits, hops = exchange_flits(wait, steps, hardware), _to_port(hardware)
    merging = steps * float(wait.sums.max(initial=0)) * hardware["merge_time"]
    flying = sum(float((hops * (side > 0)).sum()) for side in flits) * hardware["hop_time"]
    return flying + float(sum(int(side.sum()) for side in flits)) * hardware["flit_time"] + merging


def exchange_hops(wait: Waits, steps: int, hardware: Hardware) -> int:
    """Links that flits of these steps cross between the tiles and the port."""
    return int(sum(int((side * _to_port(hardware)).sum()) for side in exchange_flits(wait, steps, hardware)))


def exchange_flits(wait: Waits, steps: int, hardware: Hardware) -> tuple[I64, I64]:
    """Flits that leave and enter every tile for so many steps, int64 (T,) each, with one that ends them."""
    payload = int(hardware["flit_bits"])
    leave, enter = (-(-side * steps // payload) + (side > 0) for side in (wait.out, wait.into))
    return leave, enter


def _to_port(hardware: Hardware) -> I64:
    """Links between every tile and the port, int64 (T,)."""
    tile = np.arange(hardware.tiles)
    hops: I64 = hardware.topology.hops(tile, np.full_like(tile, hardware.port_tile)).astype(np.int64)
    return hops
