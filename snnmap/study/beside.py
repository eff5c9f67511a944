"""A comparison in several processes: each takes a workload at a time; what it finds is put in the order asked for."""

import multiprocessing
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, NamedTuple

from snnmap.core.run import Progress
from snnmap.pipeline.options import LoadOptions
from snnmap.study.cases import CompareOptions, Source, cases
from snnmap.study.measured import Figured, with_accuracy
from snnmap.study.workers import Pool, end_with_parent

LOST = "run the same command again"


class Part(NamedTuple):
    """One workload of a comparison."""

    place: int
    """Among the workloads."""
    source: Source
    options: CompareOptions
    load: LoadOptions | None


def figured_beside(
    sources: Sequence[Source], options: CompareOptions, load: LoadOptions | None, progress: Progress | None
) -> list[Figured]:
    """All cases of a comparison as one process finds them, in the same order.

    Raises
    ------
    InputError, InfeasibleError
        As `cases`; or if a process is ended from outside.
    """
    ticks = multiprocessing.get_context("spawn").SimpleQueue()
    parts = [Part(k, source, replace(options, workers=1), load) for k, source in enumerate(sources)]
    total, done = len(sources) * max(1, len(options.technologies)) * len(options.objectives), 0

    def count() -> None:
        nonlocal done
        while not ticks.empty():
            ticks.get()
            done += 1
            if progress is not None:
                progress("compare", done, total, 0.0)

    found: dict[int, list[Figured]] = {}
    with closing(Pool(min(options.workers, len(parts)), _begin, ticks)) as pool:
        for part, figured in pool.answers(_figured, parts, LOST, count):
            found[part.place] = figured
    count()
    return [each for place in sorted(found) for each in found[place]]


_ticks: Any = None
"""Where a process says that it has finished a mapping."""


def _begin(ticks: Any) -> None:
    global _ticks  # noqa: PLW0603  a process of the pool belongs to one comparison
    _ticks = ticks
    end_with_parent()


def _figured(part: Part) -> list[Figured]:
    def tell(stage: str, done: int, _total: int, _best: float) -> None:
        if stage == "compare":
            _ticks.put(done)

    found = cases([part.source], part.options, load=part.load, progress=tell)
    return list(with_accuracy(found, part.options.measure, None))
