"""The `schedule-time` rule of `verify`: no actor may be promised to be faster than the profile's busiest step.

Least times: a read decodes the active rows that its columns listen to, reads the array, converts the columns that share
a converter one by one, and is programmed first where another cluster used the tile before it; a fire updates its
neurons and adds the partial sums that arrive; all of it for every step of a block, but the programming. A message
crosses its hops behind the spikes or sums that it carries itself. What other messages do to it is up to the scheduler:
its time may be longer, never shorter.
"""

from collections import defaultdict
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import distinct_columns, numbered_columns
from snnmap.hardware import Hardware
from snnmap.ir import Mapping, SpikeGraph, Violation
from snnmap.legality.recount import Recount
from snnmap.legality.reuse import lines_in_use
from snnmap.legality.weights import word_lines_per_row

SHOWN = 3
PORT = "input"
NOISE = 1e-9
"""Relative; times are whole ticks of rounded quantities."""

Integers = npt.NDArray[np.integer[Any]]


def time_violations(mapping: Mapping, graph: SpikeGraph, hardware: Hardware, counted: Recount) -> list[Violation]:
    """Actors that are missing, or last shorter than they must."""
    flow = mapping.sdfg
    actor = {name: index for index, name in enumerate(flow.name)}
    of_step = _reads(mapping, graph, hardware, counted) | _fires(mapping, graph, hardware)
    least = {name: seconds * mapping.schedule.block for name, seconds in of_step.items()}
    for name, seconds in _programming(mapping, hardware, actor).items():
        least[name] = least.get(name, 0.0) + seconds
    too_short: list[Violation] = []
    for name, seconds in least.items():
        stated = flow.time[actor[name]] * flow.tick if name in actor else None
        if stated is None or stated < seconds * (1 - NOISE):
            said = "no such actor" if stated is None else f"{stated:.9g} s"
            too_short.append(Violation("schedule-time", name, said, f"at least {seconds:.9g} s are needed"))
    return too_short[:SHOWN]


def cluster_of(actor: str) -> int:
    """Cluster of a read or a fire."""
    return int(actor[1:].partition("/")[0])


def message_name(producer: str, cluster: int) -> str:
    """Name of the actor that carries what `producer` sends to another tile."""
    return f"noc/{producer}>c{cluster}"


def _reads(mapping: Mapping, graph: SpikeGraph, hardware: Hardware, counted: Recount) -> dict[str, float]:
    """Array read, its conversions one after the other, and decoding of active rows, seconds by actor."""
    network, level = graph.network, graph.network.level_of()
    cluster = np.repeat(np.arange(mapping.clustering.clusters), np.diff(mapping.clustering.column_ptr))
    every = np.stack([cluster, level[mapping.clustering.column_neuron]])
    active = dict.fromkeys(map(tuple, distinct_columns(every).T.tolist()), 0)
    source, bias = counted.driven_source, network.is_bias()[counted.driven_source]
    heard = (counted.driven_cluster, counted.driven_level)  # of every use of the cluster, one after the other
    late = (source >= network.externals) & (counted.driven_level <= level[source])  # read in the step after
    for key, count in busiest([h[~bias] for h in heard], source[~bias], graph, late[~bias]).items():
        active[key] = count
    for k, own in zip(*(h[bias].tolist() for h in heard), strict=True):
        active[k, own] += 1
    in_turn = min(hardware["adc_columns"], hardware.columns * hardware.weights.slices)
    steady = hardware["read_time"] + in_turn * hardware["adc_time"]
    uses = np.diff(mapping.clustering.use_ptr).tolist()
    return {f"c{k}/l{own}/read": steady * uses[k] + hardware["row_time"] * rows for (k, own), rows in active.items()}


def _programming(mapping: Mapping, hardware: Hardware, actor: dict[str, int]) -> dict[str, float]:
    """Seconds that a read spends on programming: where the read before it on its tile was of another cluster."""
    rows = lines_in_use(mapping)[0] * word_lines_per_row(hardware)
    own = {name: index for name, index in actor.items() if name.startswith("c") and name.endswith("/read")}
    reads = {index: int(name[1:].partition("/")[0]) for name, index in own.items()}
    names = {index: name for name, index in own.items()}
    seconds: dict[str, float] = {}
    for order in mapping.schedule.order:
        in_turn = [a for a in order if a in reads]
        for before, read in zip(in_turn[-1:] + in_turn, in_turn, strict=False):
            if reads[before] != reads[read]:
                seconds[names[read]] = hardware["program_time"] * int(rows[reads[read]])
    return seconds


def _fires(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> dict[str, float]:
    """Updates of neurons at home and additions of partial sums that arrive, seconds by actor."""
    clustering, level = mapping.clustering, graph.network.level_of()
    cluster = np.repeat(np.arange(clustering.clusters), np.diff(clustering.column_ptr))
    home = clustering.home[clustering.column_neuron - graph.network.externals]
    kinds = np.stack([home, level[clustering.column_neuron], home == cluster])
    seconds: dict[str, float] = defaultdict(float)
    for (k, own, here), count in zip(*_counted(kinds), strict=True):
        seconds[f"c{k}/l{own}/fire"] += count * hardware["column_time" if here else "merge_time"]
    return dict(seconds)


def _counted(columns: Integers) -> tuple[list[list[int]], list[int]]:
    values, number = numbered_columns(columns)
    return values.T.tolist(), np.bincount(number).tolist()


def busiest(
    keys: list[Integers], source: Integers, graph: SpikeGraph, late: npt.NDArray[np.bool_] | None = None
) -> dict[tuple[int, ...], int]:
    """Per distinct key, the most events of its sources in one step; without events the sum of their worst steps.

    Events of sources that are `late` for a key count in the step after.
    """
    if len(source) == 0:
        return {}
    order = np.lexsort(keys[::-1])
    sorted_keys = np.stack(keys)[:, order]
    new = np.any(sorted_keys[:, 1:] != sorted_keys[:, :-1], axis=0)
    start = np.flatnonzero(np.r_[True, new])
    stop = np.append(start[1:], len(order))
    named = [tuple(key) for key in sorted_keys[:, start].T.tolist()]
    source, events = source[order], graph.events
    shift = np.zeros(len(order), np.int64) if late is None else late[order].astype(np.int64)
    if events is None:
        return {key: int(graph.worst_step[source[a:b]].sum()) for key, a, b in zip(named, start, stop, strict=True)}
    by_source = np.argsort(events.source, kind="stable")
    step = (events.frame_of_event() * (events.steps + 1) + events.step)[by_source]
    weight = np.where(graph.worst_step[events.source] > 1, events.value, 1.0)[by_source]
    count = np.bincount(events.source, minlength=graph.network.sources)
    first = np.cumsum(count) - count
    most: dict[tuple[int, ...], int] = {}
    for key, a, b in zip(named, start, stop, strict=True):
        own = source[a:b]
        at = np.repeat(first[own] - np.cumsum(count[own]) + count[own], count[own]) + np.arange(int(count[own].sum()))
        most[key] = int(np.bincount(step[at] + np.repeat(shift[a:b], count[own]), weights=weight[at]).max(initial=0))
    return most
