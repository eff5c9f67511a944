"""What limits the time per step: the longest cycle of a mapping's dataflow graph, and the slowest actor on it."""

import re
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from snnmap.analysis.view import View
from snnmap.core.arrays import frozen, row_of_entry
from snnmap.evaluation.lower_bound import lower_bound
from snnmap.ir import Bottleneck
from snnmap.sdf.ratio import periodic

FASTER = 0.1
"""Share of its time by which the limiting actor is made faster, to say what that gains."""
ACTOR = re.compile(r"c(\d+)/l(\d+)/(read|fire)")


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
    )


def _part(view: View, name: str, seconds: float) -> Part:
    hardware, parsed = view.hardware, ACTOR.fullmatch(name)
    if parsed is None:
        return Part("network", 0, seconds)
    cluster, level, steps = int(parsed[1]), int(parsed[2]), view.mapping.schedule.block
    if parsed[3] == "fire":
        home, arriving = _columns(view, cluster, level)
        parts = [
            Part("merge", arriving, steps * arriving * hardware["merge_time"]),
            Part("compute", home, steps * home * hardware["column_time"]),
        ]
    else:
        rows = int(np.diff(view.mapping.clustering.row_ptr)[cluster])
        shared = view.clusters_on_tile[view.mapping.placement.tile[cluster]] > 1
        programming = rows * hardware["program_time"] if shared and seconds >= rows * hardware["program_time"] else 0.0
        decoding = seconds - programming - steps * hardware["read_time"]
        active = round(decoding / hardware["row_time"] / steps) if hardware["row_time"] else 0
        parts = [
            Part("programming", rows, programming),
            Part("decoding", active, decoding),
            Part("reading", 1, steps * hardware["read_time"]),
        ]
    return max(parts, key=lambda part: part.seconds)


def _columns(view: View, cluster: int, level: int) -> tuple[int, int]:
    """Neurons of a level at home in a cluster, and the columns elsewhere whose sums arrive there."""
    clustering, network = view.mapping.clustering, view.graph.network
    own = network.level_of()[clustering.column_neuron] == level
    here = clustering.home[clustering.column_neuron - network.externals] == cluster
    at_home = row_of_entry(clustering.column_ptr) == cluster
    return int(np.sum(own & here & at_home)), int(np.sum(own & here & ~at_home))
