"""What the events of a frame come to at places that several sources drive; raw arrays only."""

from snnmap.core.arrays import I32, I64
from snnmap.core.jit import njit


@njit
def spread(step: I32, source: I32, count: I64, ptr: I64, place: I64, delayed: I64, total: I64) -> None:
    """Add `count[e]` of every event to `total` (steps, places) of all places of its source.

    Places of source s are `place[ptr[s]:ptr[s + 1]]`; where `delayed` is 1 the event counts a step later, and not
    at all behind the last step.
    """
    steps = len(total)
    for e in range(len(step)):
        for k in range(ptr[source[e]], ptr[source[e] + 1]):
            at = step[e] + delayed[k]
            if at < steps:
                total[at, place[k]] += count[e]
