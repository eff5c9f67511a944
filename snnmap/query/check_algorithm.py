"""Does an algorithm keep the rules? A test kit for authors of partitioners, placers, wirers and schedulers.

It is run on a dozen small problems (`query.kit_cases`), and what it returns is held against what every algorithm owes:
see `RULES`. Legality is judged by the independent verifier, on the result alone and in the finished mapping. Nothing is
said of quality, but how far the tiny ones are above their optimum.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, NamedTuple

import numpy as np

from snnmap.analysis.view import ClusteringView
from snnmap.core.arrays import digest
from snnmap.core.errors import InfeasibleError, InputError, SnnmapError
from snnmap.core.run import Progress, stream
from snnmap.core.suggest import suggestion
from snnmap.ir import AlgorithmRecord, Clustering
from snnmap.pipeline.compile import Compiled, compile  # noqa: A004  the word every user of a compiler expects
from snnmap.pipeline.judged import named, result_violations
from snnmap.pipeline.plan import plan_for
from snnmap.query.kit_cases import ARGUMENT, MAKERS, Case, fewest_hops, problem_of
from snnmap.query.kit_limits import above_optimum, impossible
from snnmap.stages.protocols import Run
from snnmap.stages.registry import STAGES, Algorithm, record_of

RULES = {
    "legal": "returns a record of its stage that the verifier accepts, alone and in the finished mapping",
    "repeatable": "draws from run.rng alone: one seed gives the same bytes, whatever ran before",
    "untouched": "leaves what it was asked as it was",
    "optimum": "is never below a proven optimum, nor says so, and a schedule keeps its promise when it is executed",
    "clock": "comes back at once where run.deadline has passed, with something legal",
    "progress": "tells its own stage, and never more done than there is to do",
    "refuses": "raises InfeasibleError where there is no solution",
}
"""What is held, and what it means."""
GRACE = 2.0
"""Seconds within which an algorithm whose time is over comes back."""
IDLE, SHARE = 1.0, 0.8
"""One that takes longer than so many seconds in full comes back in less than that share of them."""
SKIPPED = "-"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule on one problem."""

    problem: str
    rule: str
    kept: bool | None
    """None: there was nothing to judge."""
    said: str = ""
    """What is wrong, or how far from the optimum; in a line."""


@dataclass(frozen=True, slots=True)
class AlgorithmCheck:
    """What `check_algorithm` found."""

    stage: str
    algorithm: AlgorithmRecord
    """Name, options, and package with its version."""
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether no rule is broken."""
        return not self.failures

    @property
    def failures(self) -> tuple[Finding, ...]:
        """Broken rules, problem by problem."""
        return tuple(found for found in self.findings if found.kept is False)

    @property
    def verdict(self) -> str:
        """The outcome in a line that names the algorithm, its package and version, and the first broken rule."""
        who, held = named(self.stage, self.algorithm), sum(found.kept is not None for found in self.findings)
        if self.ok:
            return f"{who} keeps all rules: {held} checks on {len(self.table()) - 1} problems"
        first = self.failures[0]
        more = f"; {len(self.failures)} of {held} checks fail" if len(self.failures) > 1 else ""
        return f"{who} is wrong on problem {first.problem!r}, rule {first.rule!r}: {first.said}{more}"

    def must_pass(self) -> "AlgorithmCheck":
        """Itself, for a line in a test.

        Raises
        ------
        SnnmapError
            With the verdict, if a rule is broken.
        """
        if self.failures:
            raise SnnmapError(self.verdict)
        return self

    def table(self) -> list[tuple[str, ...]]:
        """A row of rules, then a row per problem: `ok`, `BROKEN`, `-` where there was nothing to judge, and the gap."""
        rows: dict[str, dict[str, Finding]] = {}
        for found in self.findings:
            rows.setdefault(found.problem, {})[found.rule] = found
        return [("problem", *RULES), *((name, *(_cell(own.get(rule)) for rule in RULES)) for name, own in rows.items())]

    def document(self) -> dict[str, Any]:
        """Everything, JSON-able."""
        found = [{f.name: getattr(each, f.name) for f in fields(Finding)} for each in self.findings]
        return {
            "stage": self.stage,
            "algorithm": self.algorithm.algorithm,
            "options": dict(self.algorithm.options),
            "package": self.algorithm.package,
            "ok": self.ok,
            "verdict": self.verdict,
            "findings": found,
        }

    def __str__(self) -> str:
        """The table and the verdict."""
        rows = self.table()
        width = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
        lines = ["  ".join(cell.ljust(wide) for cell, wide in zip(row, width, strict=True)).rstrip() for row in rows]
        return "\n".join([*lines, self.verdict])


def _cell(found: Finding | None) -> str:
    if found is None or found.kept is None:
        return SKIPPED
    if not found.kept:
        return "BROKEN"
    return f"ok, {found.said}" if found.said else "ok"


def check_algorithm(
    stage: str,
    algorithm: Algorithm | str,
    *,
    options: Mapping[str, Any] | None = None,
    seed: int = 0,
    progress: Progress | None = None,
) -> AlgorithmCheck:
    """Try an algorithm on small problems and hold it to the rules of its stage.

    Parameters
    ----------
    stage
        `partition`, `place`, `wire` or `schedule`.
    algorithm
        An object or a class; or a name, as `--set place=...` takes it: snnmap's, an entry point's, or
        `package.module:Class`.
    options
        Of a named algorithm or a class, by name.
    seed
        Of its random streams.
    progress
        Called with ("check", problems done, problems, 0).

    Raises
    ------
    InputError
        If there is no such stage, algorithm or option, or it is no algorithm. What it does wrong raises nothing: see
        `AlgorithmCheck.must_pass`.
    """
    if stage not in STAGES:
        raise InputError(f"there is no stage {stage!r}; {suggestion(stage, STAGES)}")
    chosen = _configured(stage, algorithm, dict(options or {}))
    record = record_of(stage, chosen)
    found: list[Finding] = []
    for done, make in enumerate(MAKERS.values()):
        if progress is not None:
            progress("check", done, len(MAKERS), 0.0)
        found += _findings(Tried(stage, chosen, named(stage, record), seed), make())
    if not any(each.kept and each.rule == "legal" for each in found) and all(each.kept is not False for each in found):
        said = next(each.said for each in found if each.said)
        found.append(Finding("all", "legal", kept=False, said=f"it refuses every problem: {said}"))
    return AlgorithmCheck(stage, record, tuple(found))


def _configured(stage: str, algorithm: Algorithm | str, options: dict[str, Any]) -> Algorithm:
    """The algorithm with its options."""
    if isinstance(algorithm, str):
        settings = {stage: algorithm, **{f"{stage}.{name}": value for name, value in options.items()}}
        return getattr(plan_for(settings=settings), stage)
    if isinstance(algorithm, type):
        try:
            return algorithm(**options)
        except TypeError as error:
            raise InputError(f"{stage} algorithm {algorithm.__qualname__!r}: {error}") from None
    if options:
        raise InputError("an algorithm that is an object has its options already; give its class, or its name")
    return algorithm


class Tried(NamedTuple):
    """The algorithm, and how it is tried."""

    stage: str
    algorithm: Algorithm
    who: str
    seed: int

    def run(self, progress: Progress | None = None, deadline: float | None = None, *, other: int = 0) -> Run:
        """A run as a compilation makes it; `other` seeds are others."""
        return Run(stream(self.seed + other, self.stage), progress, deadline)


class _BrokenError(Exception):
    """A rule that ends the trial on a problem."""

    def __init__(self, rule: str, said: str, *, kept: bool | None = False) -> None:
        super().__init__(said)
        self.rule, self.kept = rule, kept


def _findings(tried: Tried, case: Case) -> Iterator[Finding]:
    """Every rule on one problem, up to the first that the rest depends on."""
    try:
        for rule, said in _kept(tried, case):
            yield Finding(case.name, rule, said != SKIPPED or None, "" if said == SKIPPED else said)
    except _BrokenError as broken:
        yield Finding(case.name, broken.rule, broken.kept, str(broken))


def _kept(tried: Tried, case: Case) -> Iterator[tuple[str, str]]:
    """Rules that are kept, with what there is to say; raises at the first that is not."""
    problem = problem_of(tried.stage, case)
    before, told, states = fingerprint(problem), list[tuple[str, int, int, float]](), _global_randomness()
    started = time.monotonic()
    result = _result(tried, problem, tried.run(lambda *said: told.append(said)))
    in_full = time.monotonic() - started
    if _global_randomness() != states:
        raise _BrokenError("repeatable", "it draws from Python's or numpy's global random numbers, not from run.rng")
    _untouched(before, problem)
    random.random()
    np.random.random(3)  # noqa: NPY002  likewise
    _result(tried, problem, tried.run(other=1))
    if fingerprint(_result(tried, problem, tried.run())) != fingerprint(result):
        raise _BrokenError("repeatable", "the same seed gives another result when it is run again")
    _untouched(before, problem)
    compiled = _compiled(tried, case, result)
    yield from (("legal", ""), ("repeatable", ""), ("untouched", ""))
    yield "progress", _progress(tried.stage, told)
    yield "optimum", _optimum(tried.stage, case, compiled, (problem, told))
    yield "clock", _in_time(tried, problem, in_full) if case.timed else SKIPPED
    _untouched(before, problem)
    yield "refuses", _refusal(tried, problem)


def _result(tried: Tried, problem: Any, run: Run) -> Any:
    """What the algorithm returns, if it is legal."""
    try:
        result = tried.algorithm(problem, run)
    except InfeasibleError as error:
        raise _BrokenError("legal", f"it finds no solution, though there is one: {error}") from error
    except SnnmapError as error:
        raise _BrokenError("legal", f"it refuses the problem: {error}", kept=None) from error
    except Exception as error:  # foreign code runs here, so any counts
        rule = "untouched" if isinstance(error, ValueError) and "read-only" in str(error) else "legal"
        raise _BrokenError(rule, f"it failed: {type(error).__name__}: {error}") from error
    try:
        wrong = result_violations(result, problem)
    except Exception as error:  # a record whose arrays do not even match
        raise _BrokenError("legal", f"what it returns cannot be judged: {type(error).__name__}: {error}") from error
    if wrong:
        raise _BrokenError("legal", str(wrong[0]))
    return result


def _untouched(before: str, problem: Any) -> None:
    if fingerprint(problem) != before:
        raise _BrokenError("untouched", "it changes the problem that it was given")


def _compiled(tried: Tried, case: Case, result: Any) -> Compiled:
    """The finished mapping, verified; the algorithm returns the same there."""
    try:
        compiled = compile(case.graph, case.options(tried.seed), **{ARGUMENT[tried.stage]: tried.algorithm})
    except Exception as error:  # foreign code runs here, so any counts
        said = str(error) if isinstance(error, SnnmapError) else f"{type(error).__name__}: {error}"
        raise _BrokenError("legal", f"in a compilation: {said.removeprefix(tried.who).strip()}") from error
    mapping = compiled.mapping
    parts = {
        "partition": mapping.clustering,
        "place": mapping.placement,
        "wire": mapping.wiring,
        "schedule": (mapping.sdfg, mapping.schedule),
    }
    if fingerprint(parts[tried.stage]) != fingerprint(result):
        raise _BrokenError("repeatable", "the same seed gives another result in a compilation")
    return compiled


def _progress(stage: str, told: list[tuple[str, int, int, float]]) -> str:
    """Whether what was told makes sense."""
    for name, done, total, best in told:
        if name != stage:
            raise _BrokenError("progress", f"it tells the stage {name!r}; it is {stage!r}")
        if not 0 <= done <= total or not np.isfinite(best):
            raise _BrokenError("progress", f"it tells {done} of {total} done, with a best cost of {best}")
    return "" if told else SKIPPED


def _optimum(stage: str, case: Case, compiled: Compiled, own: tuple[Any, list[tuple[str, int, int, float]]]) -> str:
    """How far above the optimum."""
    problem, told = own
    least = fewest_hops(problem) if stage == "place" else None
    said, wrong = above_optimum(stage, case, compiled, least)
    claims = [best for *_, best in told if best > 0] if least is not None else []
    if not wrong and claims and least is not None and min(claims) < least:
        wrong = f"it tells a best cost of {min(claims):,.0f} for messages x links; no placement has less than {least:,}"
    if wrong:
        raise _BrokenError("optimum", wrong)
    return said or SKIPPED


def _in_time(tried: Tried, problem: Any, in_full: float) -> str:
    """Seconds that it takes when its time is over, the lesser of two tries."""
    late = np.inf
    for _ in range(2):
        started = time.monotonic()
        _result(tried, problem, tried.run(deadline=started))
        late = min(late, time.monotonic() - started)
        if late <= GRACE and (in_full <= IDLE or late <= SHARE * in_full):
            return ""
    said = f"it goes on for {late:.1f} s when its time is over, and takes {in_full:.1f} s in full; look at run.late"
    raise _BrokenError("clock", said)


def _refusal(tried: Tried, problem: Any) -> str:
    """Whether it says so where there is no solution."""
    hopeless = impossible(problem)
    if hopeless is None:
        return SKIPPED
    try:
        tried.algorithm(hopeless, tried.run())
    except InfeasibleError:
        return ""
    except Exception as error:  # foreign code runs here, so any counts
        said = f"it raises {type(error).__name__} where there is no solution: {error}; InfeasibleError is needed"
        raise _BrokenError("refuses", said) from error
    raise _BrokenError("refuses", "it returns a result where there is no solution; InfeasibleError is needed")


def _global_randomness() -> str:
    return repr(random.getstate()) + fingerprint(np.random.get_state(legacy=False))  # noqa: NPY002  which is not to be drawn from


def fingerprint(value: Any) -> str:
    """SHA-256 of all arrays and values of a record, what is worked out on demand left out."""
    return digest(_parts(value))


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, ClusteringView):
        value = value.graph, value.clustering, value.traffic, value.near
    if isinstance(value, np.ndarray):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        yield type(value).__name__
        for field in fields(value):
            if not (isinstance(value, Clustering) and field.name == "uses" and value.uses is None):
                yield from _parts(getattr(value, field.name))
    elif isinstance(value, tuple | list):
        yield f"{len(value)}"
        for part in value:
            yield from _parts(part)
    elif isinstance(value, Mapping):
        yield from _parts(tuple(value.items()))
    elif not isinstance(value, Callable):  # type: ignore[arg-type]  # a runtime protocol
        yield repr(value)
