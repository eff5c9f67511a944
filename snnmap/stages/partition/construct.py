"""From a spike-activity graph to a first assignment: choose cuts, build atoms, construct in several ways."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import I64, ranges
from snnmap.stages.partition.assignment import Built, Task, assigned, atoms_for, filled, grain_for, grown, natural
from snnmap.stages.partition.atoms import Cuts, Twins, columns, first_homes, problem, reach, twins
from snnmap.stages.partition.cover import Terms, cover
from snnmap.stages.partition.fuse import orders, pairs
from snnmap.stages.partition.grids import Grid, grids
from snnmap.stages.partition.kernels.grow import grow
from snnmap.stages.partition.kernels.state import Limits, build, cost
from snnmap.stages.partition.split import candidates, joined, must_split, only, populations, whole
from snnmap.stages.partition.starts import free_start

WORK = 8_000_000
"""Row entries that all constructions together may take, beyond the second."""
RIVALS = 200_000
"""Row entries of a population up to which its cover is compared with a growth of it alone."""
HOPELESS = 1.25
"""No second growth is tried where the first costs so many times the cover: the best of five saves up to 16 % more
(heartclass), and growths of large networks take longest."""
SAMPLE = 8192
"""Atoms that are grown to judge a way of cutting."""


def judged(task: Task, lists: Twins, cuts: Cuts) -> tuple[int, float]:
    """Messages and crossbars of one population on its own, estimated from the first `SAMPLE` atoms of a growth.

    Free space, squared, counts as crossbars saved, so that a large rest in one crossbar is better than many small ones.
    """
    limits = task.limits(0)
    atoms = atoms_for(task, lists, cuts)
    cluster = np.full(len(atoms.piece), -1, np.int64)
    order = natural(atoms)
    count = grow(atoms, limits, order, first_homes(atoms), len(order) > SAMPLE, 0, SAMPLE, cluster)
    rows = np.diff(atoms.row_ptr)
    cluster_of_row = np.repeat(cluster, rows)
    pair = np.unique(cluster_of_row[cluster_of_row >= 0] * np.int64(len(atoms.weight)) + atoms.row[cluster_of_row >= 0])
    size = np.diff(atoms.member_ptr)[atoms.piece]
    parts = np.diff(atoms.atom_ptr)[atoms.piece]
    away = size * np.minimum(task.graph.window, atoms.active) * (parts - 1) // parts
    done = cluster >= 0
    messages = int(np.sum(atoms.weight[pair % len(atoms.weight)])) + int(np.sum(away[done]))
    share = np.bincount(pair // len(atoms.weight), minlength=count) / limits.rows
    free = np.maximum(0.0, 1 - share) * np.maximum(0.0, 1 - np.bincount(cluster[done], size[done]) / limits.columns)
    scale = float(np.sum(size * (rows + 1)) / np.sum((size * (rows + 1))[done]))
    return int(messages * scale), float(count - np.sum(free**2)) * scale


def choose_cuts(task: Task, lists: Twins) -> tuple[Cuts, int]:
    """Cuts of every population, and what a crossbar is worth in messages."""
    most = task.hardware.fan_in
    groups = populations(lists)
    subsets = {p: lists.only(index) for p, index in groups.items()}
    sources = task.graph.network.sources
    tried: dict[int, list[tuple[int, float, Cuts]]] = {}
    for done, (p, own) in enumerate(subsets.items()):
        first = next(candidates(own, most, sources, may_split=task.may_split))[1]
        tried[p] = [(*judged(task, own, first), first)]
        task.run.tell("partition", done, 2 * len(groups), 0.0)
    messages = sum(t[0][0] for t in tried.values())
    worth = round(task.crossbar_weight * messages / max(1.0, sum(t[0][1] for t in tried.values())))
    chosen: dict[int, tuple[I64, Cuts]] = {}
    for done, (p, own) in enumerate(subsets.items()):
        best, cuts = _cheapest(task, own, worth, tried[p][0])
        chosen[p] = (groups[p], cuts)
        task.run.tell("partition", len(groups) + done, 2 * len(groups), best)
    return joined(lists, chosen), worth


def _cheapest(task: Task, own: Twins, worth: int, first: tuple[int, float, Cuts]) -> tuple[float, Cuts]:
    """Cheapest way to cut one population; gives up when finer cuts have become dearer twice."""
    best, cuts = first[0] + worth * first[1], first[2]
    tries = candidates(own, task.hardware.fan_in, task.graph.network.sources, may_split=task.may_split)
    last, worse = best, 0
    limit = task.hardware.fan_in
    for turn, (size, tried) in enumerate(tries):
        if turn == 0 or columns(own, tried) * worth > best * task.hardware.columns:
            continue
        messages, crossbars = judged(task, own, tried)
        total = messages + worth * crossbars
        if total < best:
            best, cuts = total, tried
        worse = worse + 1 if size < limit and total >= last else 0
        last = total
        if worse == 2 or task.run.late:
            break
    return best, cuts


def constructed(task: Task, *, orders: int) -> Built:
    """Cheapest of up to `orders` constructions."""
    lists = twins(task.graph.network)
    must_split(task.problem, lists)
    cuts, worth = choose_cuts(task, lists)
    limits = task.limits(worth)
    atoms = atoms_for(task, lists, cuts)
    if orders > 1:
        free = free_start(task, lists, cuts, limits, atoms)
        if free is not None:
            return free
    order = natural(atoms)
    ways: list[Callable[[], I64]] = [
        lambda: grown(atoms, limits, order, follow=False, taste=1),
        lambda: grown(atoms, limits, order, follow=True, taste=2),
        lambda: grown(atoms, limits, order, follow=False, taste=2),
        lambda: grown(atoms, limits, order, follow=True, taste=0),
        lambda: filled(atoms, limits, order),
    ]
    covered = by_windows(task, lists, cuts, limits) if orders > 1 else None
    best: Built | None = None
    affordable = max(2, WORK // max(1, len(atoms.row)))
    for way in ways[: min(orders, affordable)]:
        if task.run.late and (best is not None or covered is not None):
            break
        built = assigned(atoms, limits, way(), task.run)
        if best is None or built.cost < best.cost:
            best = built
        if covered is not None and built.cost > HOPELESS * covered.cost:
            break
    if best is None or (covered is not None and covered.cost < best.cost):
        assert covered is not None
        return covered
    return best


class Part(NamedTuple):
    """How the lists of one population are assigned."""

    lists: Twins
    cuts: Cuts
    grain: int
    cluster: I64
    """Of its atoms."""
    numbered: int
    """Population whose numbers of clusters these are."""
    cost: int


def by_windows(task: Task, lists: Twins, cuts: Cuts, limits: Limits) -> Built | None:
    """Assignment in which populations are covered by windows, or two fused where that is cheaper; others are grown.

    None without any grid.
    """
    network, groups, grain = task.graph.network, populations(lists), grain_for(lists, task.hardware)
    found = {p: grids(network, lists.only(own)) for p, own in groups.items()}
    if not any(found.values()):
        return None
    parts: dict[int, Part] = {}
    for p, own in groups.items():
        parts[p] = _alone(task, (lists.only(own), only(lists, cuts, own)), found[p], (grain, p), limits)
    longest = {p: int(lists.fan_in[own].max()) for p, own in groups.items()}
    for pair in pairs(network, found, longest, limits.rows):
        if task.run.late:
            break
        shapes = found[pair[0]][0].at.shape, found[pair[1]][0].at.shape
        subsets = lists.only(groups[pair[0]]), lists.only(groups[pair[1]])
        two = _fused(task, pair, shapes, subsets, max(1, grain // 2), limits)
        if two[0].cost < sum(parts[p].cost for p in pair):
            parts.update(zip(pair, two, strict=True))
    return _together(task, lists, groups, parts, limits)


def _alone(task: Task, own: tuple[Twins, Cuts], found: list[Grid], named: tuple[int, int], limits: Limits) -> Part:
    """One population, of that grain and number: covered if that can be and is cheaper, else cut as it is and grown."""
    graph, (lists, cuts), grain = task.graph, own, named[0]
    spikes = np.where(graph.network.is_bias(), 0, graph.spikes)
    atoms = problem(graph, lists, cuts, task.activity, grain, limits.synapses)
    covered = cover(lists, found, spikes, task.activity, Terms(limits, grain, task.may_split, task.mixing))
    best: Part | None = None
    if covered is None or (len(atoms.row) <= RIVALS and not task.run.late):
        built = assigned(atoms, limits, grown(atoms, limits, natural(atoms), follow=False, taste=1), task.run)
        best = Part(lists, cuts, grain, built.state.cluster, named[1], built.cost)
    if covered is not None:
        atoms = problem(graph, covered.lists, covered.cuts, task.activity, grain, limits.synapses)
        built = assigned(atoms, limits, covered.block, task.run)
        if best is None or built.cost < best.cost:
            best = Part(covered.lists, covered.cuts, grain, built.state.cluster, named[1], built.cost)
    assert best is not None
    return best


def _fused(
    task: Task,
    pair: tuple[int, int],
    shapes: tuple[tuple[int, int], tuple[int, int]],
    subsets: tuple[Twins, Twins],
    grain: int,
    limits: Limits,
) -> tuple[Part, Part]:
    """Two populations in the cheapest of the orders in which crossbars are filled with both."""
    graph, both = task.graph, subsets[0].beside(subsets[1])
    atoms = problem(graph, both, whole(both), task.activity, grain, limits.synapses)
    best: Built | None = None
    for order in orders(graph.network, pair, shapes, atoms):
        cluster = filled(atoms, limits, order)
        state = build(atoms, cluster, first_homes(atoms), int(cluster.max()) + 1, reach(atoms, limits))
        built = Built(atoms, limits, state, int(cost(atoms, state, limits)))
        if best is None or built.cost < best.cost:
            best = built
        if task.run.late:
            break
    assert best is not None
    split = int(np.count_nonzero(atoms.member[atoms.member_ptr[:-1]] < graph.network.populations[pair[1]].first))
    clusters = np.split(best.state.cluster, [split])
    first, second = (
        Part(lists, whole(lists), grain, cluster, pair[0], best.cost)
        for lists, cluster in zip(subsets, clusters, strict=True)
    )
    return first, second


def _together(task: Task, lists: Twins, groups: dict[int, I64], parts: dict[int, Part], limits: Limits) -> Built:
    """All populations as their parts say, clusters merged where they fit."""
    source, grain, after = lists.source.copy(), np.empty(len(lists), np.int64), 0
    base: dict[int, int] = {}
    clusters: list[I64] = []
    for p, own in groups.items():
        part = parts[p]
        source[ranges(lists.ptr[own], lists.fan_in[own])] = part.lists.source
        grain[own] = part.grain
        base.setdefault(part.numbered, after)
        clusters.append(part.cluster + base[part.numbered])
        after = max(after, int(clusters[-1].max()) + 1)
    cuts = joined(lists, {p: (groups[p], parts[p].cuts) for p in groups})
    atoms = problem(task.graph, replace(lists, source=source), cuts, task.activity, grain, limits.synapses)
    return assigned(atoms, limits, np.concatenate(clusters), task.run)
