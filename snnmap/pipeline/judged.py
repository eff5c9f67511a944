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
}
"""First word of a rule to the stage that broke it; the other rules are about what no stage decides."""


def partitioned(algorithm: Partitioner, problem: PartitionProblem, run: Run) -> Clustering:
    """Clustering by `algorithm`; raises as it does, or SnnmapError if it comes from outside and is wrong."""

    def judge(result: object) -> list[Violation]:
        if not isinstance(result, Clustering):
            return [_not_a("cluster-shape", result, Clustering)]
        return clustering_violations(result, problem.graph, problem.hardware)

    return _run("partition", algorithm, problem, run, judge)


def placed(algorithm: Placer, problem: PlacementProblem, run: Run) -> Placement:
    """Placement by `algorithm`; raises as it does, or SnnmapError if it comes from outside and is wrong."""

    def judge(result: object) -> list[Violation]:
        if not isinstance(result, Placement):
            return [_not_a("tile", result, Placement)]
        return placement_violations(result, problem.clusters, problem.hardware)

    return _run("place", algorithm, problem, run, judge)


def wired(algorithm: Wirer, problem: WiringProblem, run: Run) -> Wiring:
    """Wiring by `algorithm`; raises as it does, or SnnmapError if it comes from outside and is wrong."""

    def judge(result: object) -> list[Violation]:
        if not isinstance(result, Wiring):
            return [_not_a("wiring", result, Wiring)]
        return wiring_violations(result, problem.view.clustering, problem.hardware)

    return _run("wire", algorithm, problem, run, judge)


def scheduled(algorithm: Scheduler, problem: ScheduleProblem, run: Run) -> tuple[Sdfg, Schedule]:
    """Graph and schedule by `algorithm`; raises as it does, or SnnmapError if it comes from outside and is wrong.

    The schedule is judged with the finished mapping, because its rules need one.
    """

    def judge(result: object) -> list[Violation]:
        if not isinstance(result, tuple) or [type(part) for part in result] != [Sdfg, Schedule]:
            return [Violation("schedule-shape", "result", f"it is a {type(result).__name__}", "(Sdfg, Schedule)")]
        return []

    return _run("schedule", algorithm, problem, run, judge)


def _not_a(rule: str, result: object, wanted: type) -> Violation:
    return Violation(rule, "result", f"it is a {type(result).__name__}", f"a {wanted.__name__} is needed")


def _run(
    stage: str,
    algorithm: Callable[[Problem, Run], Result],
    problem: Problem,
    run: Run,
    judge: Callable[[object], list[Violation]],
) -> Result:
    record = record_of(stage, algorithm)
    if not record.package:
        return algorithm(problem, run)
    try:
        result = algorithm(problem, run)
    except SnnmapError:
        raise
    except Exception as error:
        raise SnnmapError(f"{_named(stage, record)} failed: {type(error).__name__}: {error}") from error
    wrong = judge(result)
    if wrong:
        raise SnnmapError(f"{_named(stage, record)} returned an illegal result: {wrong[0]}")
    return result


def _named(stage: str, record: AlgorithmRecord) -> str:
    return f"{stage} algorithm {record.algorithm!r} of {record.package}"


def blamed(violation: Violation, plan: PlanRecord) -> SnnmapError:
    """Error that names whoever broke a rule: a stage's algorithm from outside, else snnmap itself."""
    stage = BLAME.get(violation.rule.partition("-")[0], "")
    record: AlgorithmRecord | None = getattr(plan, stage, None)
    if record is not None and record.package:
        return SnnmapError(f"{_named(stage, record)} returned an illegal result: {violation}")
    return SnnmapError(f"internal error: the mapping is not legal, please report it: {violation}")
