"""Small dataflow graphs, as records and as lists of (producer, consumer, production, consumption, tokens)."""

import numpy as np
from hypothesis import strategies as st
from oracles.dataflow import largest_ratio

from snnmap.ir import Sdfg


def sdfg(time, channels):
    """Graph of actors a0, a1, ... with execution times `time` in ticks of 1 ps, on no resource."""
    columns = list(zip(*channels, strict=True)) if channels else [()] * 5
    producer, consumer, production, consumption, tokens = (np.array(c, np.int64) for c in columns)
    return Sdfg(
        tuple(f"a{k}" for k in range(len(time))),
        np.array(time, np.int64),
        np.full(len(time), -1, np.int32),
        producer.astype(np.int32),
        consumer.astype(np.int32),
        production,
        consumption,
        tokens,
        1e-12,
    )


def channel_list(graph):
    """Channels of a record."""
    columns = (graph.producer, graph.consumer, graph.production, graph.consumption, graph.tokens)
    return list(zip(*(c.tolist() for c in columns), strict=True))


@st.composite
def graphs(draw, loops=False):
    actors = draw(st.integers(1, 6))
    time = draw(st.lists(st.integers(0, 20), min_size=actors, max_size=actors))
    end = st.integers(0, actors - 1)
    channels = draw(st.lists(st.tuples(end, end, st.just(1), st.just(1), st.integers(0, 3)), max_size=14))
    return time, channels + [(a, a, 1, 1, 1) for a in range(actors) if loops]


def live(case):
    time, channels = case
    return largest_ratio(len(time), channels, time) is not None


@st.composite
def multirate(draw):
    """A consistent graph: rates from a repetition vector, self-channels, tokens that mostly keep it live."""
    actors = draw(st.integers(1, 4))
    repeat = draw(st.lists(st.integers(1, 4), min_size=actors, max_size=actors))
    time = draw(st.lists(st.integers(0, 9), min_size=actors, max_size=actors))
    channels = [(a, a, 1, 1, 1) for a in range(actors)]
    for _ in range(draw(st.integers(0, 5))):
        s, t = draw(st.integers(0, actors - 1)), draw(st.integers(0, actors - 1))
        scale = draw(st.integers(1, 2))
        production, consumption = repeat[t] * scale, repeat[s] * scale
        least = 0 if s < t else consumption * repeat[t]
        channels.append((s, t, production, consumption, least + draw(st.integers(0, 4))))
    return time, channels
