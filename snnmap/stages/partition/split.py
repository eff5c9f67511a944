"""Where long input lists are cut into partial columns.

A cut is needed where a neuron has more inputs than a crossbar has rows, and it pays elsewhere too: an output of a
convolution over many channels fills the rows alone, while parts over few channels share their rows with their
neighbours. Cuts help only if neurons that share sources are cut at the same sources. So several ways are tried per
target population, each judged by the crossbars and messages of a quick construction of that population alone:

- `aligned`: cuts at the same source ids for the whole population, as late as possible (dense layers: full row blocks
  and one small remainder) or evenly (convolutions: whole channels, since ids run channel by channel);
- `chunks`: every list in equal parts by itself, the fewest columns.
"""

from collections.abc import Iterator

import numpy as np

from snnmap.core.arrays import I32, I64, offsets, ranges
from snnmap.core.errors import InfeasibleError
from snnmap.stages.partition.atoms import Cuts, Twins
from snnmap.stages.partition.kernels.split import aligned_cuts, count_parts, nets, part_ends
from snnmap.stages.protocols import PartitionProblem

MOST_BLOCKS = 4096
STEPS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
"""Parts are tried with at most the rows of a crossbar over each of these."""


def whole(lists: Twins) -> Cuts:
    """Nothing cut."""
    return Cuts(np.arange(len(lists) + 1, dtype=np.int64), lists.ptr[1:])


def chunks(lists: Twins, most: int) -> Cuts:
    """Every list in the fewest near-equal parts of at most `most` inputs."""
    parts = np.maximum(1, -(-lists.fan_in // most))
    part_ptr = offsets(parts)
    kind = np.repeat(np.arange(len(lists)), parts)
    turn = np.arange(part_ptr[-1]) - part_ptr[kind] + 1
    return Cuts(part_ptr, lists.ptr[kind] + lists.fan_in[kind] * turn // parts[kind])


def at_sources(lists: Twins, cuts: I64) -> Cuts:
    """Every list cut before the same source ids `cuts`, ascending."""
    part_ptr = offsets(count_parts(lists.ptr, lists.source, cuts))
    end = np.empty(part_ptr[-1], np.int64)
    part_ends(lists.ptr, lists.source, cuts, part_ptr, end)
    return Cuts(part_ptr, end)


def aligned(lists: Twins, most: int, sources: int, *, even: bool) -> Cuts | None:
    """Cuts at common sources so that no part has more than `most` inputs; None if that takes too many blocks.

    even
        Lower `most` as far as the number of blocks allows, instead of filling blocks and leaving a remainder.
    """
    net_ptr, net_row = nets(lists.ptr, lists.source, sources)

    def cut(limit: int) -> I64 | None:
        ids = np.empty(MOST_BLOCKS, np.int64)
        count = aligned_cuts(net_ptr, net_row, len(lists), limit, ids)
        return None if count < 0 else ids[:count].copy()

    best = cut(most)
    if best is None:
        return None
    low, high = 1, most
    while even and low < high:
        middle = (low + high) // 2
        tried = cut(middle)
        if tried is not None and len(tried) <= len(best):
            best, high = tried, middle
        else:
            low = middle + 1
    return at_sources(lists, best)


def candidates(lists: Twins, most: int, sources: int, *, may_split: bool) -> Iterator[tuple[int, Cuts]]:
    """Ways to cut one population, coarsest first, each with the largest part it allows."""
    longest = int(lists.fan_in.max(initial=0))
    if longest <= most:
        yield longest, whole(lists)
    if not may_split:
        return
    for step in STEPS:
        limit = most // step
        if limit == 0 or (step > 1 and limit >= longest):
            continue
        if longest <= limit:
            continue
        for even in (True, False) if step == 1 else (True,):
            cuts = aligned(lists, limit, sources, even=even)
            if cuts is not None:
                yield limit, cuts
        if step == 1:
            yield limit, chunks(lists, limit)


def must_split(problem: PartitionProblem, lists: Twins) -> bool:
    """Whether some neuron has more inputs than a crossbar takes.

    Raises
    ------
    InfeasibleError
        If so, and splitting is off or the hardware cannot merge.
    """
    graph, hardware = problem.graph, problem.hardware
    most = hardware.fan_in
    longest = int(lists.fan_in.max(initial=0))
    if longest <= most:
        return False
    population = graph.network.populations[lists.population[int(np.argmax(lists.fan_in))]].name
    held = hardware.weights
    taken = f" {held.encoding} takes {held.lines_per_row} word lines for each row." if held.lines_per_row > 1 else ""
    if not problem.may_split:
        remedy = (
            f"Allow partial sums (split = partial_sum): a neuron of {population!r} has more inputs than that.{taken}"
        )
        raise InfeasibleError("crossbar rows", longest, most, remedy)
    if not hardware.merge:
        remedy = f"{hardware.name!r} cannot add partial sums: unroll the network or use larger crossbars.{taken}"
        raise InfeasibleError("crossbar rows", longest, most, remedy)
    return True


def joined(lists: Twins, chosen: dict[int, tuple[I64, Cuts]]) -> Cuts:
    """Cuts of all lists from those of each population: population -> (its lists, cuts of those lists alone)."""
    parts = np.ones(len(lists), np.int64)
    for index, cuts in chosen.values():
        parts[index] = cuts.parts
    part_ptr = offsets(parts)
    end = np.empty(part_ptr[-1], np.int64)
    for index, cuts in chosen.values():
        own = offsets(lists.fan_in[index])
        kind = np.repeat(np.arange(len(index)), cuts.parts)
        turn = np.arange(len(kind)) - cuts.part_ptr[kind]
        end[part_ptr[index[kind]] + turn] = cuts.end - own[kind] + lists.ptr[index[kind]]
    return Cuts(part_ptr, end)


def only(lists: Twins, cuts: Cuts, own: I64) -> Cuts:
    """Cuts of the lists `own` alone: what `joined` joins."""
    parts = cuts.parts[own]
    shift = offsets(lists.fan_in[own])[:-1] - lists.ptr[own]
    return Cuts(offsets(parts), cuts.end[ranges(cuts.part_ptr[own], parts)] + np.repeat(shift, parts))


def populations(lists: Twins) -> dict[int, I64]:
    """Lists of every population that has any, in order."""
    order = np.argsort(lists.population, kind="stable")
    values: I32 = lists.population[order]
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])
    return {int(values[a]): np.sort(order[a:b]) for a, b in zip(starts, np.r_[starts[1:], len(order)], strict=True)}
