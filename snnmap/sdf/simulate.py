"""Self-timed execution: every actor fires as soon as its tokens are there. It proves guarantees, it makes none.

Firing n of actor v starts when every channel (u -> v, tokens d) has served it: start(n, v) = max over channels of
end(n - d, u), and never before 0. This is monotone in the times, so a run with times up to the worst case starts no
firing later than the periodic schedule of `ratio.periodic`: start(n, v) <= start(v) + n x period.
"""

import numpy as np

from snnmap.core.arrays import I64
from snnmap.core.errors import InputError
from snnmap.ir import Sdfg
from snnmap.sdf.graph import channels_of


def self_timed(sdfg: Sdfg, iterations: int, times: I64 | None = None) -> I64:
    """Start of every firing in ticks, int64 (iterations, A), of a rate-1 graph.

    Parameters
    ----------
    sdfg
        Graph with its order channels; all of its serialisation is in the channels.
    iterations
        Firings of every actor.
    times
        Execution times in ticks, (A,) or (iterations, A); `None` takes the worst case of `sdfg`.

    Raises
    ------
    InputError
        If the graph is malformed, has rates other than 1, or `times` does not fit.
    InfeasibleError
        If the graph deadlocks.
    """
    from snnmap.sdf.kernels.cycles import execute

    channels = channels_of(sdfg)
    actors = len(sdfg.time)
    taken = np.atleast_2d(np.ascontiguousarray(sdfg.time if times is None else times, np.int64))
    if taken.shape not in {(1, actors), (iterations, actors)} or np.any(taken < 0):
        raise InputError(
            f"times of shape {taken.shape} given; ({actors},) or ({iterations}, {actors}) are needed, >= 0"
        )
    start = np.zeros((iterations, actors), np.int64)
    execute(channels.ptr, channels.consumer, channels.tokens, channels.order, taken, start)
    return start
