"""What limits the time per step: the longest cycle of a mapping's dataflow graph, and the slowest actor on it."""

import re
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from snnmap.analysis.view import View
from snnmap.core.arrays import Bool, frozen, row_of_entry
from snnmap.evaluation.buffers import ways
from snnmap.evaluation.lower_bound import lower_bound, order_channels
from snnmap.ir import Bottleneck, Sdfg
from snnmap.ir.results import Binding
from snnmap.sdf.ratio import periodic

FASTER = 0.1
"""Share of its time by which the limiting actor is made faster, to say what that gains."""
ACTOR = re.compile(r"c(\d+)/l(\d+)/(read|fire)")


CLASS: dict[str, Binding] = {
    "merge": "merge",
    "compute": "compute",
    "decoding": "compute",
    "reading": "compute",
    "converting": "compute",
    "programming": "programming",
    "network": "network",
}
"""What an actor does to the class of a bottleneck."""


class Part(NamedTuple):
    """What an actor spends most of its time on."""

    kind: str
    things: int
    seconds: float


def bottleneck(view: View) -> Bottleneck | None:
    """What limits the period of a mapping's schedule; none if no cycle takes time."""
    mapping = view.mapping
    flow, critical = mapping.sdfg, mapping.schedule.critical
    if not critical:
        return None
    slowest = max(critical, key=lambda actor: int(flow.time[actor]))
    part = _part(view, flow.name[slowest], float(flow.time[slowest]) * flow.tick)
    time = flow.time.copy()
    time[slowest] -= round(FASTER * part.seconds / flow.tick)
    faster = periodic(replace(flow, time=frozen(time, np.int64)))
    tile, of_step = int(flow.resource[slowest]), flow.tick / mapping.schedule.block
    return Bottleneck(
        cycle=tuple((flow.name[actor], float(flow.time[actor]) * of_step) for actor in critical),
        actor=flow.name[slowest],
        tile=None if tile < 0 else tile,
        kind=part.kind,
        count=part.things,
        seconds=part.seconds / mapping.schedule.block,
        period=view.period,
        faster=float(faster.period) * of_step,
        waits=len({mapping.sdfg.resource[a] for a in critical}) == 1 and len(critical) > 2,
        least=lower_bound(view),
        binding=_binding(view),
    )


def _part(view: View, name: str, seconds: float) -> Part:
    """What an actor spends most of its time on."""
    return max(_parts(view, name, seconds), key=lambda part: part.seconds)


def _parts(view: View, name: str, seconds: float) -> list[Part]:
    hardware, parsed = view.hardware, ACTOR.fullmatch(name)
    if parsed is None:
        return [Part("network", 0, seconds)]
    cluster, level, steps = int(parsed[1]), int(parsed[2]), view.mapping.schedule.block
    if parsed[3] == "fire":
        home, arriving = _columns(view, cluster, level)
        return [
            Part("merge", arriving, steps * arriving * hardware["merge_time"]),
            Part("compute", home, steps * home * hardware["column_time"]),
        ]
    rows = int(view.mapping.clustering.rows[cluster])
    shared = view.clusters_on_tile[view.mapping.placement.tile[cluster]] > 1
    programming = rows * hardware.row_program_time if shared and seconds >= rows * hardware.row_program_time else 0.0
    reading, converting = steps * hardware["read_time"], steps * hardware.turns * hardware["adc_time"]
    decoding = seconds - programming - reading - converting
    active = round(decoding / hardware["row_time"] / steps) if hardware["row_time"] else 0
    return [
        Part("programming", rows, programming),
        Part("decoding", active, decoding),
        Part("reading", 1, reading),
        Part("converting", hardware.turns, converting),
    ]


def _binding(view: View) -> Binding:
    """What closes the critical cycle: a full buffer, a tile's order, or else what takes most of its time.

    A cycle that is the whole order of one tile is its work, which no order makes less.
    """
    flow, schedule = view.mapping.sdfg, view.mapping.schedule
    critical = schedule.critical
    orders, room = order_channels(flow, schedule), np.zeros(len(flow.producer), bool)
    room[ways(view).credit] = True
    closed = {_edge(flow, orders, room, a, b) for a, b in pairwise((*critical, critical[0]))}
    if "buffer" in closed:
        return "buffer"
    if "order" in closed and not any(set(critical) == set(order) for order in schedule.order):
        return "order"
    total: dict[Binding, float] = {}
    for actor in critical:
        for part in _parts(view, flow.name[actor], float(flow.time[actor]) * flow.tick):
            total[CLASS[part.kind]] = total.get(CLASS[part.kind], 0.0) + part.seconds
    return max(total, key=lambda binding: total[binding])


def _edge(flow: Sdfg, orders: Bool, room: Bool, source: int, target: int) -> str:
    """What the tightest channel from one actor to another is for: data, buffer or order."""
    between = np.flatnonzero((flow.producer == source) & (flow.consumer == target))
    tight = between[flow.tokens[between] == flow.tokens[between].min()]
    if np.any(~orders[tight] & ~room[tight]):
        return "data"
    return "buffer" if np.any(room[tight]) else "order"


def _columns(view: View, cluster: int, level: int) -> tuple[int, int]:
    """Neurons of a level at home in a cluster, and the columns elsewhere whose sums arrive there."""
    clustering, network = view.mapping.clustering, view.graph.network
    own = network.level_of()[clustering.column_neuron] == level
    here = clustering.home[clustering.column_neuron - network.externals] == cluster
    at_home = row_of_entry(clustering.column_ptr) == cluster
    return int(np.sum(own & here & at_home)), int(np.sum(own & here & ~at_home))
