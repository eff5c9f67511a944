"""The time per step that no schedule can beat, for the clusters of a mapping on their tiles, and the gap to it.

Two things take their time whatever the order: a tile runs all of its actors in every step, one at a time; and the graph
without the tiles' orders has cycles of its own (recurrence, buffers, no actor twice at once), with messages that wait
for nobody: their own flits and their hops. The period is never below the larger of the two.

On a shared tile each cluster is programmed in every step at least once; which of several reads of a cluster comes first
is up to the order, so that the cycles count programming only where a cluster has one read.
"""

import re
from collections import Counter
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from snnmap.analysis.flits import Ends, own_flits
from snnmap.analysis.view import View
from snnmap.core.arrays import I64, Bool, frozen, offsets, row_of_entry
from snnmap.ir import LowerBound, Schedule, Sdfg, SlotTable
from snnmap.sdf.ratio import periodic

READ = re.compile(r"c(\d+)/l\d+/read")
MESSAGE = re.compile(r"noc/(input|c(\d+)/l(\d+)/(read|fire))>c(\d+)")


def lower_bound(view: View) -> LowerBound | None:
    """What no order of the tiles and no network can beat; none if nothing takes time."""
    mapping = view.mapping
    flow = mapping.sdfg
    programmed, cluster = _programming(view)
    bare = flow.time - programmed
    works = _work(flow, bare, programmed, cluster)
    reads = np.bincount(cluster[cluster >= 0], minlength=mapping.clustering.clusters)
    least = np.where((cluster >= 0) & (reads[cluster] == 1), flow.time, bare)
    messages, alone = zero_load(view)
    least[messages] = np.minimum(least[messages], alone)
    free = periodic(replace(without_orders(flow, mapping.schedule), time=frozen(least, np.int64)))
    work = Fraction(int(works.max(initial=0)))
    ticks = max(work, free.period)
    if not ticks:
        return None
    period = Fraction(mapping.schedule.period_numerator, mapping.schedule.period_denominator)
    return LowerBound(
        seconds=float(ticks / mapping.schedule.block) * flow.tick,
        gap=float(period / ticks - 1),
        tile=int(works.argmax()) if work >= free.period else None,
        cycle=() if work >= free.period else tuple(flow.name[actor] for actor in free.critical),
    )


def _programming(view: View) -> tuple[I64, I64]:
    """Ticks that every actor spends on programming, and the cluster that it reads, else -1; each int64 (A,)."""
    mapping = view.mapping
    flow = mapping.sdfg
    found = [READ.fullmatch(name) for name in flow.name]
    cluster = np.array([-1 if match is None else int(match[1]) for match in found], np.int64)
    rows = mapping.clustering.rows
    ticks = np.zeros(len(cluster), np.int64)
    for order in mapping.schedule.order:
        reads = [actor for actor in order if cluster[actor] >= 0]
        for before, read in zip(reads[-1:] + reads, reads, strict=False):
            if cluster[before] != cluster[read]:
                ticks[read] = round(rows[cluster[read]] * view.hardware.row_program_time / flow.tick)
    return ticks, cluster


def _work(flow: Sdfg, bare: I64, programmed: I64, cluster: I64) -> I64:
    """Ticks that every tile works in a step, int64 (tiles,), with each cluster programmed once."""
    works = np.zeros(int(flow.resource.max(initial=-1)) + 1, np.int64)
    placed = flow.resource >= 0
    np.add.at(works, flow.resource[placed], bare[placed])
    reads = np.flatnonzero(programmed)
    once = reads[np.unique(cluster[reads], return_index=True)[1]]
    np.add.at(works, flow.resource[once], programmed[once])
    return works


def order_channels(flow: Sdfg, schedule: Schedule) -> Bool:
    """Whether a channel is there for a tile's order, (H,): of equal ones the last, where schedulers append them."""
    extra: Counter[tuple[int, int, int]] = Counter()
    for order in schedule.order:
        if len(order) > 1:
            extra.update((a, b, 0) for a, b in pairwise(order))
            extra[order[-1], order[0], 1] += 1
    orders = np.zeros(len(flow.producer), bool)
    here = flow.resource[flow.producer]
    for channel in np.flatnonzero((here >= 0) & (here == flow.resource[flow.consumer]))[::-1].tolist():
        key = int(flow.producer[channel]), int(flow.consumer[channel]), int(flow.tokens[channel])
        if extra[key] > 0:
            extra[key] -= 1
            orders[channel] = True
    return orders


def without_orders(flow: Sdfg, schedule: Schedule) -> Sdfg:
    """The graph without the channels of the tiles' orders."""
    kept = ~order_channels(flow, schedule)
    return replace(
        flow,
        producer=frozen(flow.producer[kept], np.int32),
        consumer=frozen(flow.consumer[kept], np.int32),
        production=frozen(flow.production[kept], np.int64),
        consumption=frozen(flow.consumption[kept], np.int64),
        tokens=frozen(flow.tokens[kept], np.int64),
    )


def zero_load(view: View) -> tuple[I64, I64]:
    """Actors that are messages, and their ticks if they wait for nobody: their own flits and their hops; (M,) each."""
    flow, hardware, tile = view.mapping.sdfg, view.hardware, view.mapping.placement.tile.astype(np.int64)
    found = [(actor, match) for actor, name in enumerate(flow.name) if (match := MESSAGE.fullmatch(name))]
    columns = [(int(m[2] or -1), int(m[3] or 0), int(m[5]), m[4] == "read") for _, m in found]
    sender, level, goal, partial = np.array(columns, np.int64).reshape(-1, 4).T
    ends = Ends(sender, level, goal, partial > 0)
    actor = np.array([a for a, _ in found], np.int64)
    origin: I64 = np.where(sender < 0, hardware.port_tile, tile[sender])
    mesh, table = hardware.topology, view.mapping.schedule.slots
    borders = mesh.borders(origin, tile[goal])
    hops, block = mesh.hops(origin, tile[goal]) - borders, view.mapping.schedule.block
    if table is None:
        flits = block * own_flits(view, ends)
        seconds = hops * hardware["hop_time"] + flits * hardware["flit_time"]
        if hardware.chips.several:  # the last flit leaves a slow link behind all others
            slower = max(0.0, hardware["chip_flit_time"] - hardware["flit_time"])
            seconds += borders * hardware.border_hop_time + (borders > 0) * np.maximum(flits - 1, 0) * slower
        return actor, np.floor(seconds / flow.tick + 1e-6).astype(np.int64)
    number = {name: a for a, name in enumerate(flow.name)}
    own = _in_table(table, np.array([number[match[1]] for _, match in found], np.int64), goal)
    apart = np.where(borders > 0, table.border_flit or 1, 1)
    over = hops * table.hop + borders * (table.border_hop or 0)
    return actor, np.where(own > 0, (own - 1) * apart + 1 + over, 0) * table.slot


def _in_table(table: SlotTable, sender: I64, goal: I64) -> I64:
    """Slots of the longest connection from every actor `sender` to the cluster `goal`, int64 (M,); 0 without any."""
    flits = np.diff(offsets(table.flits)[table.run_ptr])
    owner, span = row_of_entry(table.target_ptr), int(goal.max(initial=0)) + 1
    inside = table.target < span
    key = table.producer[owner[inside]].astype(np.int64) * span + table.target[inside]
    known, place = np.unique(key, return_inverse=True)
    most = np.zeros(len(known) + 1, np.int64)
    np.maximum.at(most, place, flits[owner[inside]])
    at = np.searchsorted(known, sender * span + goal)
    return np.where(np.append(known, -1)[at] == sender * span + goal, most[at], 0)
