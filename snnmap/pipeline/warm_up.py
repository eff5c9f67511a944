"""Compile the kernels before they are needed: for images of machines, and for clusters whose nodes share a home."""

import time
from collections import Counter
from dataclasses import dataclass

from snnmap.core.run import Progress
from snnmap.evaluation.sensitivity import sensitivity
from snnmap.frontend import LoadOptions
from snnmap.pipeline.accuracy import accuracy_file
from snnmap.pipeline.chips import AccuracyOptions
from snnmap.pipeline.compile import compile  # noqa: A004  the word every user of a compiler expects
from snnmap.pipeline.options import CompileOptions
from snnmap.pipeline.profile import profile
from snnmap.simulate.chip.rates import ExecuteOptions, execute
from snnmap.simulate.mapped import replay

WORK = (
    ("mnist-mlp", CompileOptions()),
    ("mnist-mlp", CompileOptions(objective="espine")),
    ("mnist-mlp", CompileOptions(objective="thermal", settings=(("wire.rounds", 1),))),
    ("mnist-mlp", CompileOptions(settings=(("place", "hill_climb"), ("place.restarts", 1)), terms=(("thermal", 0.2),))),
    ("mnist-mlp", CompileOptions(objective="throughput", settings=(("place", "swarm"), ("place.iterations", 2)))),
    ("mnist-mlp", CompileOptions(hardware="pcm-mesh-shared", settings=(("schedule.swaps", 2),))),
    ("mnist-mlp", CompileOptions(objective="accuracy")),
    ("braille-rsnn", CompileOptions()),
)
"""What is mapped, replayed, executed, drawn as a chip and reported: every shipped kind of neuron, search and wiring."""


@dataclass(frozen=True, slots=True)
class WarmedUp:
    """What was compiled."""

    kernels: int
    """Kernels, each specialisation counted; 0 if all were in the cache."""
    seconds: float


def warm_up(*, progress: Progress | None = None) -> WarmedUp:
    """Compile the kernels that the shipped workloads use into numba's cache, by mapping small ones.

    Parameters
    ----------
    progress
        Called with ("warm-up", mappings done, mappings, 0).
    """
    from snnmap.core.jit import watched

    begun: Counter[str] = Counter()
    start = time.monotonic()
    with watched(lambda module: begun.update([module])):
        for done, (source, options) in enumerate(WORK, start=1):
            compiled = compile(profile(source, LoadOptions(samples=2)), options)
            replay(compiled.mapping, compiled.graph)
            execute(compiled.mapping, compiled.graph, compiled.hardware, ExecuteOptions(frames=1))
            sensitivity(compiled.view)
            accuracy_file(compiled, AccuracyOptions(devices=1, ages=("1s",)))
            if progress is not None:
                progress("warm-up", done, len(WORK), 0.0)
    return WarmedUp(begun.total(), time.monotonic() - start)
