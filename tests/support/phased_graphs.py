"""Small cyclo-static graphs: records; lists of times per phase and channels (source, target, made, taken, tokens)."""

from math import lcm

import numpy as np
from hypothesis import strategies as st

from snnmap.sdf.phases import PhasedGraph


def phased_graph(time, channels, name="g"):
    """Graph of actors a0, a1, ... and channels c0, c1, ..."""

    def flat(lists):
        return np.array([n for one in lists for n in one], np.int64)

    return PhasedGraph(
        name=name,
        actor=tuple(f"a{k}" for k in range(len(time))),
        channel=tuple(f"c{k}" for k in range(len(channels))),
        ptr=np.cumsum([0, *map(len, time)]),
        time=flat(time),
        producer=np.array([c[0] for c in channels], np.int32),
        consumer=np.array([c[1] for c in channels], np.int32),
        tokens=np.array([c[4] for c in channels], np.int64),
        production=flat(c[2] for c in channels),
        consumption=flat(c[3] for c in channels),
    )


def serial(time):
    """Channels that let no two firings of an actor overlap."""
    return [(a, a, [1] * len(phases), [1] * len(phases), 1) for a, phases in enumerate(time)]


@st.composite
def spread(draw, total, parts):
    """A list of non-negative numbers with a given sum."""
    cuts = sorted(draw(st.lists(st.integers(0, total), min_size=parts - 1, max_size=parts - 1)))
    return [b - a for a, b in zip([0, *cuts], [*cuts, total], strict=True)]


@st.composite
def cyclostatic(draw):
    """A consistent graph: rates from rounds per iteration, zeros among them, tokens that mostly keep it live."""
    actors = draw(st.integers(1, 4))
    rounds = draw(st.lists(st.integers(1, 3), min_size=actors, max_size=actors))
    phases = draw(st.lists(st.integers(1, 3), min_size=actors, max_size=actors))
    time = [draw(st.lists(st.integers(0, 9), min_size=p, max_size=p)) for p in phases]
    channels = []
    for _ in range(draw(st.integers(0, 6))):
        s, t = draw(st.integers(0, actors - 1)), draw(st.integers(0, actors - 1))
        total = lcm(rounds[s], rounds[t]) * draw(st.integers(1, 3))
        made, taken = draw(spread(total // rounds[s], phases[s])), draw(spread(total // rounds[t], phases[t]))
        channels.append((s, t, made, taken, draw(st.integers(0, 4)) + (0 if s < t else total)))
    return time, channels
