"""Independent judge of a network in phases: that together they are the network, and that each is a legal mapping.

Rules, beside those of `verify` for every phase: `phase-shape` (ids, chunks, a tile holds one cluster), `phase-order`
(whoever is heard has fired in an earlier phase, or fires in this one), `phase-synapse` (every synapse is in exactly one
phase, with its weight), `phase-activity` (sources spike in a phase as in the whole, sums do not), `phase-memory` (what
waits fits the tiles' memories), and `figures` (phases, crossbars and the time of a frame, counted anew).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from snnmap.hardware import Hardware
from snnmap.ir import ANALOG, SpikeGraph, Violation, Violations
from snnmap.ir.phases import Phase, Phased
from snnmap.legality.rules import verify

SHOWN = 3

TOLERANCE = 1e-6

Integers = npt.NDArray[np.integer[Any]]


def phase_violations(phased: Phased, graph: SpikeGraph, hardware: Hardware, parts: Sequence[SpikeGraph]) -> Violations:
    """Every broken rule; an empty list means legal.

    Parameters
    ----------
    phased
        What a file of phases holds.
    graph
        Spike-activity graph of the whole network.
    hardware
        The chip.
    parts
        That of every phase, as it was extracted; what is wrong with them is found too.
    """
    wrong = _shapes(phased, graph, hardware) or _sizes(phased, parts)
    if wrong:
        return Violations(wrong)
    wrong = _orders(phased, graph) + _synapses(phased, graph, parts) + _activity(phased, graph, parts)
    for number, (phase, part) in enumerate(zip(phased.phases, parts, strict=True)):
        wrong += [_of(number, v) for v in verify(phase.mapping, part, hardware)]
    if wrong:
        return Violations(wrong)
    waiting = _waiting(phased, graph, hardware)
    return Violations(_memory(phased, waiting, hardware) or _figures(phased, graph, waiting, hardware))


def _of(number: int, violation: Violation) -> Violation:
    return replace(violation, where=f"phase {number + 1}, {violation.where}")


def _shapes(phased: Phased, graph: SpikeGraph, hardware: Hardware) -> list[Violation]:
    """Ids, chunks and tiles that are none."""
    wrong = []
    if phased.workload.digest != graph.digest():
        wrong.append(Violation("workload-digest", "workload", phased.workload.digest[:12], graph.digest()[:12]))
    if phased.chip.digest != hardware.digest():
        wrong.append(Violation("hardware-digest", "chip", phased.chip.digest[:12], hardware.digest()[:12]))
    for number, phase in enumerate(phased.phases):
        where, ids = f"phase {number + 1}", phase.source
        sources = len(phase.mapping.spikes)
        if len(ids) != sources:
            wrong.append(Violation("phase-shape", where, f"ids of {len(ids)} sources", f"it has {sources}"))
        elif len(ids) and (ids.min() < 0 or ids.max() >= graph.network.sources or len(np.unique(ids)) < len(ids)):
            there = f"ids 0 to {graph.network.sources - 1}, each once"
            wrong.append(Violation("phase-shape", where, "sources outside the network, or twice", there))
        elif np.any(phase.neurons < graph.network.externals):
            wrong.append(Violation("phase-shape", where, "an input as a neuron", "neurons have columns"))
        if not 1 <= phase.chunk <= graph.steps:
            wrong.append(Violation("phase-shape", where, f"chunks of {phase.chunk} steps", f"1 to {graph.steps}"))
        shared = np.bincount(phase.mapping.placement.tile).max(initial=0)
        if shared > 1:
            wrong.append(Violation("phase-shape", where, f"{shared} clusters on a tile", "one in a phase"))
    return wrong


def _sizes(phased: Phased, parts: Sequence[SpikeGraph]) -> list[Violation]:
    """Parts of another number, or of other sources, than the phases say."""
    if len(parts) != len(phased.phases):
        return [Violation("phase-shape", "phases", f"{len(parts)} parts", f"there are {len(phased.phases)} phases")]
    told = [(len(phase.source), phase.mapping.workload.externals) for phase in phased.phases]
    have = [(part.network.sources, part.network.externals) for part in parts]
    return [
        Violation("phase-shape", f"phase {n + 1}", f"{a[0]} sources, {a[1]} of them inputs", f"they are {b[0]}, {b[1]}")
        for n, (a, b) in enumerate(zip(told, have, strict=True))
        if a != b
    ]


def _last(phased: Phased, graph: SpikeGraph) -> Integers:
    """Phase in which every source fires; -1: it comes from outside, or never."""
    last = np.full(graph.network.sources, -1)
    for number, phase in enumerate(phased.phases):
        last[phase.source[phase.mapping.workload.externals :]] = number
    return last


def _orders(phased: Phased, graph: SpikeGraph) -> list[Violation]:
    """Whoever is heard as an input of a phase comes from outside, or fires in an earlier phase."""
    last, wrong = _last(phased, graph), []
    for number, phase in enumerate(phased.phases):
        heard = phase.source[: phase.mapping.workload.externals]
        late = heard[(heard >= graph.network.externals) & ((last[heard] < 0) | (last[heard] >= number))]
        where = f"phase {number + 1}"
        wrong += [
            Violation("phase-order", where, f"hears source {i}, which fires in phase {last[i] + 1}", "an earlier one")
            for i in late[:SHOWN].tolist()
        ]
        own = phase.source[phase.mapping.workload.externals :]
        sums = np.flatnonzero(last[own] > number) + phase.mapping.workload.externals
        spoken = np.intersect1d(phase.mapping.clustering.row_source, sums)
        wrong += [
            Violation("phase-order", where, f"hears source {phase.source[i]}, which fires later", "an earlier one")
            for i in spoken[:SHOWN].tolist()
        ]
    return wrong


def _synapses(phased: Phased, graph: SpikeGraph, parts: Sequence[SpikeGraph]) -> list[Violation]:
    """Every synapse of the whole in one part, with its weight; levels and biases as in the whole."""
    network, wrong = graph.network, []
    level, bias = network.level_of(), network.is_bias()
    realised = np.zeros(network.synapses, np.int8)
    for number, (phase, part) in enumerate(zip(phased.phases, parts, strict=True)):
        where, own = f"phase {number + 1}", part.network
        ids = phase.source.astype(np.int64)
        pre = ids[np.repeat(np.arange(own.sources), np.diff(own.indptr))]
        found = _found(graph, pre, ids[own.post])
        if np.any(found < 0) or not np.array_equal(network.weight[found], own.weight):
            wrong.append(Violation("phase-synapse", where, "a synapse that the network has not", "its own, as it is"))
            continue
        realised[found] += 1
        inside = ids[own.externals :]
        if np.any(own.level_of()[own.externals :] != level[inside]) or np.any(own.is_bias() != bias[ids]):
            wrong.append(Violation("phase-synapse", where, "other levels or biases", "those of the network"))
    for meaning, some in (("in no phase", realised == 0), ("in several phases", realised > 1)):
        at = np.flatnonzero(some)
        wrong += [
            Violation("phase-synapse", f"synapse {s}", meaning, f"{len(at)} such synapses; each must be in one")
            for s in at[:SHOWN].tolist()
        ]
    return wrong


def _found(graph: SpikeGraph, pre: Integers, post: Integers) -> Integers:
    """Synapse from each of `pre` to each of `post`, by bisection in its source's targets; -1: there is none."""
    network = graph.network
    low, high = network.indptr[pre].astype(np.int64), network.indptr[pre + 1].astype(np.int64)
    end = high.copy()
    for _ in range(max(1, int(np.diff(network.indptr).max(initial=1)).bit_length())):
        middle = (low + high) // 2
        inside = low < high
        below = inside & (network.post[np.minimum(middle, network.synapses - 1)] < post)
        low = np.where(below, middle + 1, low)
        high = np.where(inside & ~below, middle, high)
    there = low < end
    there &= network.post[np.minimum(low, network.synapses - 1)] == post
    return np.where(there, low, -1)


def _activity(phased: Phased, graph: SpikeGraph, parts: Sequence[SpikeGraph]) -> list[Violation]:
    """Sources spike in a part as in the whole; neurons whose sums wait there do not."""
    last, wrong = _last(phased, graph), []
    for number, (phase, part) in enumerate(zip(phased.phases, parts, strict=True)):
        ids = phase.source
        sums = np.zeros(len(ids), bool)
        externals = phase.mapping.workload.externals
        sums[externals:] = last[ids[externals:]] > number
        for name in ("spikes", "worst_frame", "worst_step", "active_steps"):
            whole, own = getattr(graph, name)[ids], getattr(part, name)
            if not np.array_equal(np.where(sums, 0, whole), own):
                asked = f"other {name} than in the network"
                wrong.append(Violation("phase-activity", f"phase {number + 1}", asked, "the same; 0 of sums that wait"))
    return wrong


class _Bits(NamedTuple):
    """Bits of every step of a phase that wait, by tile."""

    out: Integers
    into: Integers
    sums: Integers
    """Sums of earlier phases."""
    state: Integers
    """Samples and states that no column holds, once."""


def _waiting(phased: Phased, graph: SpikeGraph, hardware: Hardware) -> list[_Bits]:
    """What waits of every phase: what later ones hear, and sums of columns whose neurons fire elsewhere."""
    sources, bits = graph.network.sources, int(hardware["sum_bits"])
    last, heard, sums = _last(phased, graph), np.zeros(sources, bool), np.zeros(sources, np.int64)
    wide = np.array([bits if p.model in ANALOG else 0 for p in graph.network.populations])
    wide = wide[graph.network.population_of()]
    for most in np.unique(graph.worst_step).tolist():
        wide[(wide == 0) & (graph.worst_step == most)] = max(1, int(most).bit_length())
    heard_later = []
    for phase in reversed(phased.phases):
        heard_later.append(heard.copy())
        heard[phase.source[: phase.mapping.workload.externals]] = True
    found = []
    for number, (phase, later) in enumerate(zip(phased.phases, reversed(heard_later), strict=True)):
        own = phase.source[phase.mapping.workload.externals :]
        clustering = phase.mapping.clustering
        at, fires = phase.mapping.placement.tile[clustering.home], last[own] == number
        uses = np.diff(clustering.use_ptr)[clustering.home]
        each = (
            np.where(fires, np.where(later[own], wide[own], 0), bits),
            np.where(fires, sums[own], 0) * bits,
            np.where(fires, sums[own], 0),
            np.where(uses > 1, 2 * bits, 0),
        )
        tiles = []
        for values in each:
            tile = np.zeros(hardware.tiles, np.int64)
            np.add.at(tile, at, values)
            tiles.append(tile)
        found.append(_Bits(*tiles))
        sums[own] += 1
    return found


def _memory(phased: Phased, waiting: Sequence[_Bits], hardware: Hardware) -> list[Violation]:
    """What waits of a chunk of steps, and states, fit the memory of every tile."""
    room, wrong = int(hardware["memory_bits"]), []
    for number, (phase, bits) in enumerate(zip(phased.phases, waiting, strict=True)):
        most = bits.state + phase.chunk * (bits.out + bits.into)
        most[bits.out + bits.into == 0] = 0  # states alone are the rule `reuse`
        for tile in np.flatnonzero(most > room)[:SHOWN].tolist():
            asked = f"{most[tile]} bits of {phase.chunk} steps wait"
            wrong.append(Violation("phase-memory", f"phase {number + 1}, tile {tile}", asked, f"it holds {room}"))
    return wrong


def _figures(phased: Phased, graph: SpikeGraph, waiting: Sequence[_Bits], hardware: Hardware) -> list[Violation]:
    """Phases, crossbars and the time of a frame as they are reported."""
    used = Counter(t for phase in phased.phases for t in phase.mapping.placement.tile.tolist())
    shared = {tile for tile, times in used.items() if times > 1}
    counted: dict[str, float] = {
        "phases": len(phased.phases),
        "crossbars": sum(phase.mapping.clustering.clusters for phase in phased.phases),
        "frame_s": sum(
            _seconds(phase, bits, (graph.steps, shared), hardware)
            for phase, bits in zip(phased.phases, waiting, strict=True)
        ),
    }
    wrong = []
    for name, value in counted.items():
        told = phased.figures.get(name)
        if not isinstance(told, int | float) or abs(told - value) > TOLERANCE * max(abs(value), 1e-30):
            wrong.append(Violation("figures", name, f"reported {told}", f"counted {value:.9g}"))
    return wrong


def _seconds(phase: Phase, bits: _Bits, frame: tuple[int, set[int]], hardware: Hardware) -> float:
    """Programming, all steps in chunks, and what is exchanged between, of a phase, s.

    `frame`: its steps, and the tiles that several phases use.
    """
    left, shared = frame
    tile = phase.mapping.placement.tile.tolist()
    programming = max((_lines(phase, k) for k, t in enumerate(tile) if t in shared), default=0)
    total: float = programming * hardware.weights.lines_per_row * hardware["program_time"]
    schedule, tick = phase.mapping.schedule, phase.mapping.sdfg.tick
    x, y = hardware.port
    while left:
        steps = min(phase.chunk, left)
        left -= steps
        period = schedule.period_numerator / schedule.period_denominator
        total += ((steps - 1) * period + schedule.latency) * tick
        for side in (bits.out, bits.into):
            for t in np.flatnonzero(side).tolist():
                hops = abs(t % hardware.mesh_width - x) + abs(t // hardware.mesh_width - y)
                flits = -(-int(side[t]) * steps // int(hardware["flit_bits"])) + 1
                total += hops * hardware["hop_time"] + flits * hardware["flit_time"]
        total += steps * int(bits.sums.max(initial=0)) * hardware["merge_time"]
    return total


def _lines(phase: Phase, cluster: int) -> int:
    """Rows of a crossbar that are in use."""
    clustering = phase.mapping.clustering
    own = clustering.rows_of(cluster)
    if clustering.uses is None:
        return len(range(own.start, own.stop))
    return int(np.unique(clustering.uses.row_line[own]).size)
