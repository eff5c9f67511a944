"""What the message buffers of a mapping must hold: messages of a whole step per channel, and their bits at worst.

A channel between clusters has room for `buffer_tokens` messages at its receiver, and gives it back as a credit, a
channel of the dataflow graph from the receiver to the sender. This module finds those channels and asks how many
messages each really needs: `kept` for the schedule as it stands, in which every firing keeps its start (on a network of
time slots it must: its messages have their slots); `sdf.buffers` may start firings later, and so find less.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from snnmap.analysis.flits import Ends, sent_at_worst
from snnmap.analysis.view import View
from snnmap.core.arrays import I64, distinct_columns, frozen, row_of_entry
from snnmap.evaluation.lower_bound import without_orders
from snnmap.ir import Sdfg

ACTOR = re.compile(r"c(\d+)/l(\d+)/(read|fire)")


@dataclass(frozen=True, slots=True, eq=False)
class Buffered:
    """Channels of a mapping with a buffer for messages, C of them."""

    producer: I64
    consumer: I64
    """(C,) actors at the ends."""
    delayed: I64
    """(C,) messages that wait in it when a round begins: the receiver takes one of an earlier step, or lags rounds."""
    credit: I64
    """(C,) channel of the dataflow graph that gives the room back."""
    bits: I64
    """(C,) of a message of the busiest profiled step, or of a block of such steps."""
    tile: I64
    """(C,) where the buffer is."""

    def unbounded(self, flow: Sdfg) -> Sdfg:
        """The graph without the credits, and behind its channels one that says no more than the way through a message.

        From the producer to the consumer of every buffered channel: what there is room for.
        """
        kept = np.ones(len(flow.producer), bool)
        kept[self.credit] = False
        ones = np.ones(len(self.producer), np.int64)
        return replace(
            flow,
            producer=frozen(np.append(flow.producer[kept], self.producer), np.int32),
            consumer=frozen(np.append(flow.consumer[kept], self.consumer), np.int32),
            production=frozen(np.append(flow.production[kept], ones), np.int64),
            consumption=frozen(np.append(flow.consumption[kept], ones), np.int64),
            tokens=frozen(np.append(flow.tokens[kept], self.delayed), np.int64),
        )


class Ways(NamedTuple):
    """Buffered channels as columns of `Buffered`, without what they hold."""

    producer: I64
    consumer: I64
    delayed: I64
    credit: I64


def ways(view: View) -> Ways:
    """The buffered channels of a mapping, and which channels give their room back."""
    flow = view.mapping.sdfg
    ends = np.array(sorted({*_far(flow), *_near(view)}), np.int64).reshape(-1, 3)
    producer, consumer, delayed = (np.ascontiguousarray(column) for column in ends.T)
    back: dict[tuple[int, int], list[tuple[int, int]]] = defaultdict(list)
    columns = zip(flow.producer.tolist(), flow.consumer.tolist(), flow.tokens.tolist(), strict=True)
    for channel, (one, other, tokens) in enumerate(columns):
        back[one, other].append((tokens, -channel))  # of equal ones the first: orders come last
    pairs = zip(producer.tolist(), consumer.tolist(), strict=True)
    credit = [-max(back[c, p])[1] for p, c in pairs]  # whatever else leads back has no more tokens than the credit
    return Ways(producer, consumer, delayed, np.array(credit, np.int64))


def buffered(view: View) -> Buffered:
    """The buffered channels of a mapping, and what they hold."""
    flow, hardware = view.mapping.sdfg, view.hardware
    producer, consumer, delayed, credit = ways(view)
    parsed = [_parsed(flow.name[a]) for a in producer.tolist()]
    goal = np.array([_parsed(flow.name[a])[0] for a in consumer.tolist()], np.int64)
    sender, level, partial = np.array(parsed, np.int64).reshape(-1, 3).T
    sums = partial > 0
    sent = sent_at_worst(view, Ends(sender, level, goal, sums))
    bits = (
        view.mapping.schedule.block * sent * np.where(sums, *(round(hardware[f"{k}_bits"]) for k in ("sum", "spike")))
    )
    tile = view.mapping.placement.tile.astype(np.int64)[goal]
    return Buffered(producer, consumer, delayed, credit, bits.astype(np.int64), tile)


def kept(view: View, found: Buffered) -> I64:
    """Least messages, int64 (C,), for which every firing of the schedule keeps its start and its period."""
    flow, schedule = view.mapping.sdfg, view.mapping.schedule
    period = Fraction(schedule.period_numerator, schedule.period_denominator)
    start, time = schedule.start.tolist(), flow.time.tolist()
    ends = zip(found.producer.tolist(), found.consumer.tolist(), found.delayed.tolist(), strict=True)
    # room is back, `n - delayed` steps later, before the sender starts: start[p] + (n - delayed) period >= end[c]
    needed = [d + max(0, -((start[p] - start[c] - time[c]) // period)) for p, c, d in ends]
    return np.maximum(np.array(needed, np.int64), 1)


def _parsed(name: str) -> tuple[int, int, int]:
    """Cluster, level and whether it is a read; -1 for the port."""
    match = ACTOR.fullmatch(name)
    return (-1, 0, 0) if match is None else (int(match[1]), int(match[2]), int(match[3] == "read"))


def _far(flow: Sdfg) -> set[tuple[int, int, int]]:
    """Producer, consumer and messages waiting, of channels that go through a message actor."""
    message = np.array([name.startswith("noc/") for name in flow.name], bool)
    into = np.flatnonzero(message[flow.consumer] & ~message[flow.producer])
    ends = zip(flow.producer[into].tolist(), flow.tokens[into].tolist(), strict=True)
    sender = dict(zip(flow.consumer[into].tolist(), ends, strict=True))
    out = np.flatnonzero(message[flow.producer] & ~message[flow.consumer])
    columns = zip(flow.producer[out].tolist(), flow.consumer[out].tolist(), flow.tokens[out].tolist(), strict=True)
    return {(sender[m][0], consumer, sender[m][1] + tokens) for m, consumer, tokens in columns}


def _near(view: View) -> set[tuple[int, int, int]]:
    """The same of channels on one tile: partial sums from the clustering, spikes from what else leads to a read."""
    mapping, tile = view.mapping, view.mapping.placement.tile
    flow = without_orders(mapping.sdfg, mapping.schedule)
    number = {name: actor for actor, name in enumerate(flow.name)}
    sums = [(k, home, own) for k, home, own in _partial(view) if tile[k] == tile[home]]
    lag = mapping.schedule.lags().tolist()
    ends = [(number[f"c{k}/l{own}/read"], number[f"c{home}/l{own}/fire"]) for k, home, own in sums]
    partial = {(read, fire, lag[fire] - lag[read]) for read, fire in ends}
    direct: dict[tuple[int, int], list[int]] = defaultdict(list)
    columns = zip(flow.producer.tolist(), flow.consumer.tolist(), flow.tokens.tolist(), strict=True)
    for producer, consumer, tokens in columns:
        direct[producer, consumer].append(tokens)
    spikes = set()
    for (producer, consumer), tokens in direct.items():
        (sender, own, reads), (receiver, heard, listens) = _parsed(flow.name[producer]), _parsed(flow.name[consumer])
        if reads or not listens or sender < 0 or tile[sender] != tile[receiver]:
            continue
        if sender == receiver and own == heard:
            tokens.remove(1)  # the sample that a column holds
        if (consumer, producer) in ends:
            tokens.remove(max(tokens))  # the credit of partial sums
        if tokens:
            spikes.add((producer, consumer, int(heard <= own) + lag[consumer] - lag[producer]))
    return partial | spikes


def _partial(view: View) -> list[tuple[int, int, int]]:
    """Cluster, home and level of partial columns, each once."""
    clustering, network = view.mapping.clustering, view.graph.network
    cluster = row_of_entry(clustering.column_ptr)
    home = clustering.home[clustering.column_neuron - network.externals].astype(np.int64)
    level = network.level_of()[clustering.column_neuron].astype(np.int64)
    away = np.flatnonzero(home != cluster)
    found = distinct_columns(np.stack([cluster[away], home[away], level[away]]))
    return [(k, h, own) for k, h, own in found.T.tolist()]
