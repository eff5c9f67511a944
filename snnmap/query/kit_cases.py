"""Small problems on which algorithms are tried: networks that are made here, on shipped chips of small crossbars.

Each has something that algorithms get wrong: neurons that no crossbar holds whole, next to nothing to do, near silence,
biases, tiles that are shared. Of the tiny ones the optimum is known: fewest crossbars and fewest messages by CP-SAT
(a test proves them again), fewest links crossed by trying every placement.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import permutations
from math import perm
from typing import Any

import numpy as np

from snnmap.analysis.routes import tree_hops
from snnmap.core.arrays import I64, Bool, offsets
from snnmap.ir import Dynamics, Network, Placement, Population, Provenance, SpikeGraph, Spikes, Workload
from snnmap.pipeline.compile import compile  # noqa: A004  the word every user of a compiler expects
from snnmap.pipeline.options import CompileOptions
from snnmap.pipeline.plan import plan_for
from snnmap.simulate.profile import profile
from snnmap.stages.protocols import PlacementProblem, Run

ARGUMENT = {"partition": "partitioner", "place": "placer", "wire": "wirer", "schedule": "scheduler"}
"""Stage to the argument of `compile` that takes its algorithm."""
FRAMES, STEPS = 2, 12
MOST = 5000
"""Placements of a problem of which every one is tried: four clusters on nine tiles have 3,024."""
LIF = {"tau": 2e-3, "r": 2.0, "v_leak": 0.0, "v_threshold": 5.0, "v_reset": 0.0}


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A network that has been run, and how it is mapped."""

    name: str
    graph: SpikeGraph
    chip: str
    terms: tuple[tuple[str, float], ...] = ()
    fewest: tuple[int, int] | None = None
    """Crossbars and messages that no partition goes below, each for itself, if that is proved."""
    timed: bool = False
    """Whether it is large enough for the clock."""

    def options(self, seed: int) -> CompileOptions:
        """What it is compiled with."""
        return CompileOptions(hardware=self.chip, seed=seed, terms=self.terms)


TINY = {"tiny 1": 28, "tiny 2": 29, "tiny 3": 16}
"""Seeds of the tiny networks."""
OPTIMA = {"tiny 1": (3, 55), "tiny 2": (3, 63), "tiny 3": (3, 31)}
"""Fewest crossbars and fewest messages of the tiny networks, each for itself."""
MAKERS: dict[str, Callable[[], Case]] = {
    **{name: lambda name=name: _tiny(name) for name in OPTIMA},  # type: ignore[misc]  # the default binds the name
    "alone": lambda: Case("alone", _random(1, (1, 0, 1), 1.0), "pcm-mesh:rows=4,columns=4"),
    "quiet": lambda: Case("quiet", _random(2, (6, 0, 10), 0.5, rate=0.02), "pcm-mesh:rows=6,columns=4"),
    "split": lambda: Case("split", _random(3, (20, 0, 5), 0.9), "pcm-mesh:rows=8,columns=4"),
    "bias": lambda: Case("bias", _random(8, (6, 2, 12), 0.15), "pcm-mesh:rows=6,columns=4"),
    "shared": lambda: Case("shared", _random(5, (8, 0, 24), 0.2), "pcm-mesh-shared:rows=10,columns=6,tiles=2x2"),
    "wide": lambda: Case("wide", _random(6, (40, 1, 120), 0.08), "pcm-mesh:rows=24,columns=12", timed=True),
    "warm": lambda: Case("warm", _random(7, (16, 0, 40), 0.2), "pcm-mesh:rows=16,columns=8", (("thermal", 1.0),)),
}
"""Name of a case to what makes it."""


def _tiny(name: str) -> Case:
    """Without events, so that a partial sum is sent in as many steps as all its inputs are on in, which is what the
    optimum is proved for: with events, steps in which two of them are on count once.
    """
    graph = replace(_random(TINY[name], (3, 0, 5), 0.35), events=None)
    return Case(name, graph, "pcm-mesh:rows=3,columns=2,tiles=3x3", fewest=OPTIMA[name])


def _random(seed: int, sizes: tuple[int, int, int], density: float, rate: float = 0.4) -> SpikeGraph:
    """Inputs and biases feed recurrent neurons; some of these may hear nothing. Profiled on random input spikes."""
    rng = np.random.default_rng(seed)
    names, kinds = ("input", "bias", "neuron"), ("input", "bias", "LIF")
    first = offsets(sizes)
    outside, total = int(first[2]), int(first[3])
    joined: Bool = rng.random((total, total)) < density
    joined[:, :outside] = False
    np.fill_diagonal(joined, val=False)
    source, target = np.nonzero(joined)
    network = Network(
        tuple(
            Population(kind, kind, model, int(first[k]), (sizes[k],), k // 2, _parameters(model, sizes[k]))  # type: ignore[arg-type]  # kinds are literals
            for k, (kind, model) in enumerate(zip(names, kinds, strict=True))
            if sizes[k]
        ),
        offsets(np.bincount(source, minlength=total)),
        target.astype(np.int32),
        rng.integers(1, 5, len(source)).astype(np.float32),
        np.ones(sum(size > 0 for size in sizes)),
        (sum(size > 0 for size in sizes) - 1,),
    )
    made = Workload(f"kit {seed}", network, _stimulus(rng, sizes[0], rate), None, Dynamics(), Provenance(source="kit"))
    return profile(made)


def _parameters(model: str, size: int) -> dict[str, Any]:
    return {key: np.full(size, value) for key, value in LIF.items()} if model == "LIF" else {}


def _stimulus(rng: np.random.Generator, inputs: int, rate: float) -> Spikes:
    frame, step, source = np.nonzero(rng.random((FRAMES, STEPS, inputs)) < rate)
    ptr = offsets(np.bincount(frame, minlength=FRAMES))
    on = step.astype(np.int32), source.astype(np.int32), np.ones(len(frame), np.float32)
    return Spikes(ptr, *on, steps=STEPS, dt=1e-3)


def problem_of(stage: str, case: Case) -> Any:
    """What a stage is asked in a compilation of a case, the stages before it being snnmap's."""
    caught: list[Any] = []
    options = case.options(0)
    own = getattr(plan_for(options.objective, {}, options.terms), stage)

    @dataclass(frozen=True)
    class Listener:
        """Keeps the problem."""

        def __call__(self, problem: Any, run: Run) -> Any:
            """As snnmap's algorithm."""
            caught.append(problem)
            return own(problem, run)

    chosen: dict[str, Any] = {ARGUMENT[stage]: Listener()}
    compile(case.graph, options, **chosen)
    return caught[0]


def fewest_hops(problem: PlacementProblem) -> int | None:
    """Messages x links of the best of all placements on distinct tiles; none if they are too many to try."""
    tiles = problem.hardware.tiles
    if perm(tiles, problem.clusters) > MOST or problem.terms or problem.hardware.clusters_per_tile > 1:
        return None
    return min(
        hops(problem, Placement(np.array(tile, np.int32))) for tile in permutations(range(tiles), problem.clusters)
    )


def hops(problem: PlacementProblem, placement: Placement) -> int:
    """Messages x links of a placement."""
    links: I64 = tree_hops(problem.traffic, placement, problem.hardware)
    return int(np.sum(links * problem.traffic.messages))
