"""The schedule rules of `verify`: is each dependency in the dataflow graph, does the schedule keep what it promises?

A periodic schedule with start s_a and period P is legal if s_target + tokens x P >= s_source + time_source on every
channel; it is as fast as any if some cycle of channels has total time / total tokens equal to P. Both together certify
the throughput without repeating the scheduler's search. Actors are named `c<cluster>/l<level>/read` and `.../fire`,
`input`, and anything else for messages.

Rules: `schedule-shape` (lists match, actors exist once), `schedule-dependency` (a channel, or two through a message
actor, for every spike, input and partial sum), `schedule-buffer` (credit comes back: no receiver holds more messages
than the chip's buffers), `schedule-order` (a tile runs exactly its own actors, one at a time), `schedule-samples` (no
more clusters wait to fire on a tile than it has sample registers for), `schedule-block` (`legality.blocks`),
`schedule-start`, `schedule-period`, `schedule-latency`, `schedule-time` (`legality.times`), `network-slots` and
`network-time` (`legality.network`).
"""

import re
from collections import defaultdict
from fractions import Fraction
from itertools import pairwise

import numpy as np

from snnmap.core.arrays import distinct_columns
from snnmap.hardware import Hardware
from snnmap.ir import Mapping, SpikeGraph, Violation
from snnmap.legality.blocks import block_violations
from snnmap.legality.network import network_violations
from snnmap.legality.recount import Recount
from snnmap.legality.times import PORT, cluster_of, message_name, time_violations

SHOWN = 3
KNOWN = re.compile(r"c(\d{1,9})/l\d+/(read|fire)|noc/.*|input")
"""Names of actors."""

Key = tuple[str, str]


def dataflow_violations(mapping: Mapping, graph: SpikeGraph, hardware: Hardware, counted: Recount) -> list[Violation]:
    """Violations of the rules of this module."""
    wrong = _shape(mapping)
    if wrong:
        return wrong
    tokens = _fewest_tokens(mapping)
    wrong = _dependencies(mapping, hardware, _needed(mapping, graph, counted), tokens)
    wrong += time_violations(mapping, graph, hardware, counted) + network_violations(mapping, graph, hardware, counted)
    wrong += _order(mapping) + _samples(mapping, hardware) + block_violations(mapping, graph, hardware, counted)
    return wrong + _starts(mapping) + _period(mapping, tokens) + _latency(mapping)


def _shape(mapping: Mapping) -> list[Violation]:
    """Whatever would make the other rules meaningless."""
    flow, schedule = mapping.sdfg, mapping.schedule
    actors, channels = len(flow.name), len(flow.producer)
    known = [KNOWN.fullmatch(name) for name in flow.name]
    ends = [flow.producer, flow.consumer]
    named = [*schedule.critical, *(actor for order in schedule.order for actor in order)]
    broken = {
        "an actor is named twice": len(set(flow.name)) != actors,
        "an actor of no cluster": any(n is None or int(n[1] or 0) >= mapping.clustering.clusters for n in known),
        "actors without time, tile or start": {len(flow.time), len(flow.resource), len(schedule.start)} != {actors},
        "channels without target, rate or tokens": any(
            len(part) != channels for part in (flow.consumer, flow.production, flow.consumption, flow.tokens)
        ),
        "an actor that does not exist": any(len(e) and not 0 <= e.min() <= e.max() < actors for e in ends)
        or any(not 0 <= actor < actors for actor in named),
        "a rate other than 1: steps are the iteration": bool(
            np.any(flow.production != 1) | np.any(flow.consumption != 1)
        ),
        "a negative time or number of tokens": bool(np.any(flow.time < 0) | np.any(flow.tokens < 0)),
        "a tick, period or block that is not positive": not flow.tick > 0
        or min(schedule.period_numerator, schedule.period_denominator, schedule.block) < 1,
        "lags that are not one of each actor": schedule.lag is not None
        and (len(schedule.lag) != actors or bool(np.any(schedule.lag < 0))),
    }
    return [Violation("schedule-shape", "dataflow", what, "compile again") for what, is_so in broken.items() if is_so]


def _needed(mapping: Mapping, graph: SpikeGraph, counted: Recount) -> dict[Key, int]:
    """(producer, consumer) actor names -> initial tokens of the dependency: 1 if it is delayed, else 0."""
    network, clustering = graph.network, mapping.clustering
    level = network.level_of().astype(np.int64)
    home = np.concatenate([np.full(network.externals, -1, np.int64), clustering.home])
    sent = ~network.is_bias()[counted.heard_source]
    source, target_level = counted.heard_source[sent], counted.heard_level[sent]
    spikes = np.stack([home[source], level[source], counted.heard_cluster[sent], target_level])
    needed: dict[Key, int] = {}
    for sender, own, k, heard in distinct_columns(spikes).T.tolist():
        producer = PORT if sender < 0 else f"c{sender}/l{own}/fire"
        key = (producer, f"c{k}/l{heard}/read")
        delayed = int(sender >= 0 and heard <= own)
        needed[key] = min(needed.get(key, delayed), delayed)
    cluster = np.repeat(np.arange(clustering.clusters), np.diff(clustering.column_ptr))
    columns = np.stack([cluster, home[clustering.column_neuron], level[clustering.column_neuron]])
    for k, sender, own in distinct_columns(columns).T.tolist():
        needed[f"c{k}/l{own}/read", f"c{sender}/l{own}/fire"] = 0
    return needed


def _dependencies(
    mapping: Mapping, hardware: Hardware, needed: dict[Key, int], tokens: dict[Key, int]
) -> list[Violation]:
    """Every dependency must be there with no more tokens than it allows, and bounded by a channel back.

    Tokens are those of the rounds: a consumer that lags its producer finds one more for every round.
    """
    lag = dict(zip(mapping.sdfg.name, mapping.schedule.lags().tolist(), strict=True))
    tile = mapping.placement.tile
    missing: list[Violation] = []
    unbounded: list[Violation] = []
    for (producer, consumer), delay in sorted(needed.items()):
        allowed = delay + lag.get(consumer, 0) - lag.get(producer, 0)
        receiver = cluster_of(consumer)
        where = f"{producer} -> {consumer}"
        path = [producer, consumer]
        if producer == PORT or tile[cluster_of(producer)] != tile[receiver]:
            path = [producer, message_name(producer, receiver), consumer]
        on_path = [tokens.get(pair) for pair in pairwise(path)]
        held = sum(part for part in on_path if part is not None)
        if None in on_path or held > allowed:
            said = "no channel" if None in on_path else f"{held} initial tokens"
            there = f"a channel with at most {allowed} is needed"
            missing.append(Violation("schedule-dependency", where, said, there))
            continue
        sample = producer.endswith("read") and cluster_of(producer) == receiver
        room = (1 if sample else hardware.buffer_tokens) - held
        back = tokens.get((consumer, producer))
        if back is None or back > room:
            said = "no channel back" if back is None else f"{back} initial tokens back"
            there = f"a channel with at most {room} is needed"
            unbounded.append(Violation("schedule-buffer", where, said, there))
    return missing[:SHOWN] + unbounded[:SHOWN]


def _fewest_tokens(mapping: Mapping) -> dict[Key, int]:
    """(producer, consumer) -> fewest initial tokens of a channel between them."""
    flow = mapping.sdfg
    fewest: dict[Key, int] = {}
    for source, target, tokens in zip(
        flow.producer.tolist(), flow.consumer.tolist(), flow.tokens.tolist(), strict=True
    ):
        key = (flow.name[source], flow.name[target])
        fewest[key] = min(fewest.get(key, tokens), tokens)
    return fewest


def _order(mapping: Mapping) -> list[Violation]:
    """Each tile's order holds each actor of its clusters once, and they do not overlap within a period."""
    flow, schedule = mapping.sdfg, mapping.schedule
    wrong: list[Violation] = []
    on_tile: dict[int, list[int]] = defaultdict(list)
    for actor, name in enumerate(flow.name):
        tile = int(mapping.placement.tile[cluster_of(name)]) if name.startswith("c") else -1
        if tile != flow.resource[actor]:
            said = f"runs on {flow.resource[actor]}"
            wrong.append(Violation("schedule-order", name, said, f"its cluster is on tile {tile}"))
        if tile >= 0:
            on_tile[tile].append(actor)
    order = dict(zip(schedule.tiles.tolist(), schedule.order, strict=False))
    if wrong or set(order) != set(on_tile) or not len(order) == len(schedule.tiles) == len(schedule.order):
        tiles = Violation("schedule-order", "tiles", f"orders for {len(order)} tiles", f"{len(on_tile)} have actors")
        return wrong[:SHOWN] or [tiles]
    period = Fraction(schedule.period_numerator, schedule.period_denominator)
    start, time = schedule.start.tolist(), flow.time.tolist()
    for tile, actors in order.items():
        if sorted(actors) != on_tile[tile]:
            there = f"its {len(on_tile[tile])} actors, once each"
            wrong.append(Violation("schedule-order", f"tile {tile}", f"{len(actors)} firings", there))
            continue
        overlap = any(start[b] < start[a] + time[a] for a, b in pairwise(actors))
        if overlap or start[actors[-1]] + time[actors[-1]] - start[actors[0]] > period:
            wrong.append(Violation("schedule-order", f"tile {tile}", "firings overlap", "one at a time on a tile"))
    return wrong


def _samples(mapping: Mapping, hardware: Hardware) -> list[Violation]:
    """Clusters of a tile that have been read and not fired yet; a read whose neurons fire elsewhere holds nothing.

    The samples of blocks of several steps are in the tile's memory (`legality.blocks`).
    """
    names = mapping.sdfg.name
    lag = dict(zip(names, mapping.schedule.lags().tolist(), strict=True))
    known = set(names)
    wrong = [
        Violation("schedule-samples", name, "fires in another round than it is read", "a sample waits within a round")
        for name in names
        if name.endswith("/fire") and lag.get(f"{name.removesuffix('/fire')}/read", lag[name]) != lag[name]
    ]
    if mapping.schedule.block > 1:
        return wrong[:SHOWN]
    for tile, order in zip(mapping.schedule.tiles.tolist(), mapping.schedule.order, strict=False):
        waiting: list[str] = []
        most = 0
        for name in (names[actor] for actor in order):
            fire = f"{name.removesuffix('/read')}/fire"
            if name.endswith("/read") and fire in known:
                waiting.append(fire)
                most = max(most, len({cluster_of(f) for f in waiting}))
            elif name in waiting:
                waiting.remove(name)
        if most > hardware.sample_registers:
            there = f"a tile has {hardware.sample_registers}"
            wrong.append(Violation("schedule-samples", f"tile {tile}", f"{most} sets of sample registers", there))
    return wrong[:SHOWN]


def _starts(mapping: Mapping) -> list[Violation]:
    flow, schedule = mapping.sdfg, mapping.schedule
    start, time, scale = schedule.start.tolist(), flow.time.tolist(), schedule.period_denominator
    ends = zip(flow.producer.tolist(), flow.consumer.tolist(), flow.tokens.tolist(), strict=True)
    early_starts = []
    for source, target, tokens in ends:
        slack = (start[target] - start[source] - time[source]) * scale + tokens * schedule.period_numerator
        if slack < 0:
            where, early = f"{flow.name[source]} -> {flow.name[target]}", f"starts {-slack / scale:g} ticks too early"
            early_starts.append(Violation("schedule-start", where, early, "a consumer starts after its producer ends"))
    return early_starts[:SHOWN]


def _period(mapping: Mapping, tokens: dict[Key, int]) -> list[Violation]:
    """The named critical cycle must exist, and its ratio be the period, or with slots or gates the longest of all."""
    flow, critical, total = mapping.sdfg, mapping.schedule.critical, 0
    for pair in pairwise(flow.name[actor] for actor in (*critical, *critical[:1])):
        if pair not in tokens:
            where = " -> ".join(pair)
            return [Violation("schedule-period", where, "critical cycle uses it", "there is no such channel")]
        total += tokens[pair]
    time = sum(int(flow.time[actor]) for actor in critical)
    period = Fraction(mapping.schedule.period_numerator, mapping.schedule.period_denominator)
    if total <= 0 or Fraction(time, total) > period:
        asked = f"period {period} ticks"
        return [Violation("schedule-period", "critical cycle", asked, f"its time is {time} over {total} tokens")]
    if Fraction(time, total) == period:  # the starts show that no cycle is longer
        return []
    in_step = mapping.schedule.slots is not None or mapping.schedule.buffers is not None  # the network sets the period
    if not in_step or _some_cycle_is_longer(mapping, Fraction(time, total)):
        asked = f"{time} ticks over {total} tokens"
        return [Violation("schedule-period", "critical cycle", asked, "it is not the longest")]
    return []


def _some_cycle_is_longer(mapping: Mapping, ratio: Fraction) -> bool:
    """Whether a cycle of channels has more time per token: then starts at that period rise without end."""
    flow = mapping.sdfg
    weight = ratio.denominator * flow.time[flow.producer] - ratio.numerator * flow.tokens
    start = ratio.denominator * mapping.schedule.start.astype(np.int64)
    for _ in range(len(flow.name) + 1):
        before = start.copy()
        np.maximum.at(start, flow.consumer, before[flow.producer] + weight)
        if np.array_equal(before, start):
            return False
    return True


def _latency(mapping: Mapping) -> list[Violation]:
    """The stated latency must reach from the first start to the last end of one block, round after round."""
    flow, schedule = mapping.sdfg, mapping.schedule
    period, scale = schedule.period_numerator, schedule.period_denominator
    begin = [s * scale + n * period for s, n in zip(schedule.start.tolist(), schedule.lags().tolist(), strict=True)]
    end = [b + t * scale for b, t in zip(begin, flow.time.tolist(), strict=True)]
    real = Fraction(max(end) - min(begin), scale) if begin else Fraction(0)
    if schedule.latency == real:
        return []
    return [Violation("schedule-latency", "schedule", f"latency {schedule.latency} ticks", f"it is {real}")]
