"""Runs one algorithm of a stage. What comes from outside the package is judged at once, and blamed by name.

The verifier judges every finished mapping. An illegal clustering of somebody else's partitioner would crash the stages
after it first, so results from outside are also judged one by one, before anything is built on them.
"""

from collections.abc import Callable
from typing import TypeVar

from snnmap.core.errors import SnnmapError
from snnmap.ir import AlgorithmRecord, Clustering, Placement, PlanRecord, Schedule, Sdfg, Violation, Wiring
from snnmap.legality.rules import clustering_violations, placement_violations, wiring_violations
from snnmap.stages.protocols import (
    Partitioner,
    PartitionProblem,
    PlacementProblem,
    Placer,
    Run,
    ScheduleProblem,
    Scheduler,
    Wirer,
    WiringProblem,
)
from snnmap.stages.registry import record_of

Problem = TypeVar("Problem")
Result = TypeVar("Result")

BLAME = {
    "cluster": "partition",
    "synapse": "partition",
    "home": "partition",
    "partial": "partition",
    "tile": "place",
    "wiring": "wire",
    "schedule": "schedule",
    "network": "schedule",
}
"""First word of a rule to the stage that broke it; the other rules are about what no stage decides."""
WANTED: dict[type, tuple[str, str]] = {
    PartitionProblem: ("cluster-shape", "a Clustering is needed"),
    PlacementProblem: ("tile", "a Placement is needed"),
    WiringProblem: ("wiring", "a Wiring is needed"),
    ScheduleProblem: ("schedule-shape", "(Sdfg, Schedule)"),
}
"""Problem to the rule that a result of another type breaks, and what would be right."""


def partitioned(algorithm: Partitioner, problem: PartitionProblem, run: Run) -> Clustering:
    """Clustering by `algorithm`; raises as it does, or SnnmapError if it comes from outside and is wrong."""
    return _run("partition", algorithm, problem, run)


def placed(algorithm: Placer, problem: PlacementProblem, run: Run) -> Placement:
    """Placement by `algorithm`; raises as it does, or SnnmapError if it comes from outside and is wrong."""
    return _run("place", algorithm, problem, run)


def wired(algorithm: Wirer, problem: WiringProblem, run: Run) -> Wiring:
    """Wiring by `algorithm`; raises as it does, or SnnmapError if it comes from outside and is wrong."""
    return _run("wire", algorithm, problem, run)


def scheduled(algorithm: Scheduler, problem: ScheduleProblem, run: Run) -> tuple[Sdfg, Schedule]:
    """Graph and schedule by `algorithm`; raises as it does, or SnnmapError if it comes from outside and is wrong.

    The schedule is judged with the finished mapping, because its rules need one.
    """
    return _run("schedule", algorithm, problem, run)


def result_violations(result: object, problem: object) -> list[Violation]:
    """Broken rules of what an algorithm returned for a problem; of a schedule only that it is none."""
    match problem:
        case PartitionProblem() if isinstance(result, Clustering):
            return clustering_violations(result, problem.graph, problem.hardware)
        case PlacementProblem() if isinstance(result, Placement):
            return placement_violations(result, problem.clusters, problem.hardware)
        case WiringProblem() if isinstance(result, Wiring):
            return wiring_violations(result, problem.view.clustering, problem.hardware)
        case ScheduleProblem() if isinstance(result, tuple) and [type(part) for part in result] == [Sdfg, Schedule]:
            return []
    rule, wanted = next(words for kind, words in WANTED.items() if isinstance(problem, kind))
    return [Violation(rule, "result", f"it is a {type(result).__name__}", wanted)]


def _run(stage: str, algorithm: Callable[[Problem, Run], Result], problem: Problem, run: Run) -> Result:
    record = record_of(stage, algorithm)
    if not record.package:
        return algorithm(problem, run)
    try:
        result = algorithm(problem, run)
    except SnnmapError:
        raise
    except Exception as error:
        raise SnnmapError(f"{named(stage, record)} failed: {type(error).__name__}: {error}") from error
    wrong = result_violations(result, problem)
    if wrong:
        raise SnnmapError(f"{named(stage, record)} returned an illegal result: {wrong[0]}")
    return result


def named(stage: str, record: AlgorithmRecord) -> str:
    """Who an algorithm is, in words: stage, name, and the package that it comes from with its version."""
    return f"{stage} algorithm {record.algorithm!r}{f' of {record.package}' if record.package else ''}"


def blamed(violation: Violation, plan: PlanRecord) -> SnnmapError:
    """Error that names whoever broke a rule: a stage's algorithm from outside, else snnmap itself."""
    stage = BLAME.get(violation.rule.partition("-")[0], "")
    record: AlgorithmRecord | None = getattr(plan, stage, None)
    if record is not None and record.package:
        return SnnmapError(f"{named(stage, record)} returned an illegal result: {violation}")
    return SnnmapError(f"internal error: the mapping is not legal, please report it: {violation}")
