"""Run a network on its data and count what every source does: `Workload` -> `SpikeGraph`.

Method. Steps are clocked, synapses are event-driven: in each step the inputs emit, then the populations level by level
(`ir`); whoever emits walks its own synapses, so the cost is (events x fan-out) + (neurons x steps). All neurons of a
level are updated before any of them is heard, therefore one accumulator per neuron is enough: a target of higher level
still reads it in this step, one of the same or a lower level in the next. Frames are independent and start at rest;
they run on several threads (the kernels release the GIL) and are counted in order, so the result does not depend on
the number of threads.

Exactness. Weights lie on a power-of-two grid (`arrays`), products with graded values are rounded to it, emitted
values to single precision: every sum is exact, so the order of synapses, the split of a neuron over crossbars and the
number of threads cannot change a spike. Neurons are stepped by `kernels.neurons`, which see only the finished sum.

Rejected. Dense time-stepping as in the torch simulators: hundreds of times slower on real activity. A queue of future
events: steps are short and inputs are binned anyway. Running feed-forward networks layer by layer over all
steps, to keep a layer's weights in cache: walking synapses is a third of the time on the N-MNIST network, not worth a
second schedule that must stay equal to the first.

Classification. The predicted class of a frame is the output source with the largest sum of emitted values, i.e. most
spikes; of several with the same sum, the first.
"""

from collections.abc import Callable

from snnmap.ir import SpikeGraph, Workload

KEEP_LIMIT = 50_000_000
"""Events (12 bytes each) beyond which they are dropped unless asked for."""


def profile(
    workload: Workload,
    *,
    progress: Callable[[int, int], None] | None = None,
    keep_events: bool | None = None,
    threads: int | None = None,
) -> SpikeGraph:
    """Spike-activity graph of a workload.

    Parameters
    ----------
    progress
        Called as progress(frames done, frames).
    keep_events
        Whether the graph holds every event; None keeps them unless there are more than `KEEP_LIMIT`.
    threads
        Frames run at a time; None uses every core this process may use. The result is the same for any number.

    Raises
    ------
    InputError
        If the stimulus does not fit the network, an option or parameter is unusable, or values diverge.
    """
    from snnmap.simulate.execution import execute

    return execute(workload, progress=progress, keep_events=keep_events, threads=threads)


__all__ = ["KEEP_LIMIT", "profile"]
