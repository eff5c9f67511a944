"""A dataflow graph as the kernels read it: channels in CSR order, and the firing order that proves it free of deadlock.

Knows no chip and no network.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from snnmap.core.arrays import I32, I64, frozen, offsets
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.ir import Sdfg

PACKED = 2**62
"""Ends and tokens of a channel are sorted as one number below this."""
SHOWN = 6
"""Most actors of a cycle that a message names."""


@dataclass(frozen=True, slots=True, eq=False)
class Channels:
    """Channels of a rate-1 graph sorted by producing actor; parallel channels keep only the one with fewest tokens."""

    ptr: I64
    """(A + 1,) first channel of every actor."""
    producer: I32
    consumer: I32
    tokens: I64
    """(H,) producing actor, consuming actor, initial tokens."""
    order: I64
    """(A,) actors in topological order of the channels without tokens."""


def channels_of(sdfg: Sdfg) -> Channels:
    """Channels of `sdfg` in CSR form with their firing order.

    Raises
    ------
    InputError
        If an end, a rate, a time or a number of tokens is out of range, or a rate is not 1 (`expand` first).
    InfeasibleError
        If a cycle without initial tokens can never fire (deadlock); the message names it.
    """
    check(sdfg)
    if np.any(sdfg.production != 1) or np.any(sdfg.consumption != 1):
        raise InputError("the dataflow graph has rates other than 1; expand it first")
    channels = sorted_channels(len(sdfg.time), sdfg.producer, sdfg.consumer, sdfg.tokens)
    if not isinstance(channels, Channels):
        raise InfeasibleError(
            f"initial tokens on the cycle {named(sdfg.name, channels)}",
            1,
            0,
            "It can never fire (deadlock): give one of its channels an initial token, that is a delay or a buffer.",
        )
    return channels


def sorted_channels(actors: int, producer: I32, consumer: I32, tokens: I64) -> Channels | I64:
    """Channels between `actors` in CSR form with their firing order; or, of a deadlock, the actors of its cycle."""
    from snnmap.sdf.kernels.cycles import blocked_cycle, firing_order

    source, target, waiting = _by_ends(actors, producer, consumer, tokens)
    first = np.ones(len(source), bool)
    first[1:] = (source[1:] != source[:-1]) | (target[1:] != target[:-1])
    ptr = frozen(offsets(np.bincount(source[first], minlength=actors)), np.int64)
    consumer = frozen(target[first], np.int32)
    tokens = frozen(waiting[first], np.int64)
    firing = firing_order(ptr, consumer, tokens)
    if len(firing) < actors:
        return blocked_cycle(ptr, consumer, tokens, firing)
    return Channels(ptr, frozen(source[first], np.int32), consumer, tokens, frozen(firing, np.int64))


def _by_ends(actors: int, producer: I32, consumer: I32, tokens: I64) -> tuple[I64, I64, I64]:
    """Producer, consumer and tokens of every channel, int64 (H,) each, ascending by all three in this order."""
    span = int(tokens.max(initial=0)) + 1
    if actors * actors * span >= PACKED:
        order = np.lexsort((tokens, consumer, producer))
        return producer[order].astype(np.int64), consumer[order].astype(np.int64), tokens[order]
    key = (producer.astype(np.int64) * actors + consumer) * span + tokens
    key.sort()  # as one number, several times faster
    ends, waiting = np.divmod(key, span)
    return *np.divmod(ends, actors), waiting


def check(sdfg: Sdfg) -> None:
    """Raise InputError unless the arrays of `sdfg` belong together and are in range."""
    actors = len(sdfg.name)
    if len(sdfg.time) != actors or len(sdfg.resource) != actors:
        raise InputError(f"{actors} actors are named, but {len(sdfg.time)} have times")
    for name in ("producer", "consumer", "production", "consumption", "tokens"):
        if len(getattr(sdfg, name)) != len(sdfg.producer):
            raise InputError(f"{name} of the dataflow graph does not match its {len(sdfg.producer)} channels")
    ends = np.concatenate([sdfg.producer, sdfg.consumer])
    if len(ends) and (ends.min() < 0 or ends.max() >= actors):
        raise InputError(f"a channel ends at an actor outside the {actors} of the dataflow graph")
    if np.any(sdfg.production < 1) or np.any(sdfg.consumption < 1):
        raise InputError("a channel of the dataflow graph has a rate below 1")
    if np.any(sdfg.time < 0) or np.any(sdfg.tokens < 0):
        raise InputError("the dataflow graph has a negative time or number of tokens")


def named(name: Sequence[str], cycle: I64) -> str:
    """`a -> b -> a`, shortened in the middle."""
    names = [name[actor] for actor in cycle.tolist()]
    if len(names) > SHOWN:
        names = [*names[: SHOWN - 1], f"... ({len(names) - SHOWN} more)", names[-1]]
    return " -> ".join([*names, names[0]])
