"""Wiring for the weakest cell: search over both permutations of a crossbar, and the bound that shows what is left.

Lifetime of a crossbar = min over programmed cells of quality / activity of the cell's row. With the columns fixed, the
best rows are a bottleneck assignment, exact in polynomial time, and the other way round; together they are NP-hard.
The search alternates the two exact halves from several starts, each time with single moves of the weakest line, until
it is near enough to the upper bound.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from snnmap.analysis.wiring import Crossbar, crossbar_of, upper_bound, weakest
from snnmap.core.arrays import F64, I64, Bool
from snnmap.ir import Clustering, Wiring
from snnmap.stages.protocols import Run, WiringProblem
from snnmap.stages.wire.sorting import ActivitySort, check_fits, sorted_lines

Lines = tuple[I64, I64]
"""Physical rows and columns of one crossbar's entries."""
FIRST = 1.25
"""Crossbars whose weakest cell lasts up to this times as long as the weakest of all may come to decide."""
MANY = 1000
"""In networks of more crossbars than this those that cannot come to decide are only sorted."""


@dataclass(frozen=True, slots=True)
class WeakestCell:
    """Alternate exact bottleneck assignments of rows and of columns, then move the weakest line.

    Starts from `ActivitySort` and from the lines as numbered, neither of which is ever made worse, then from `restarts`
    random column orders. For a dense crossbar and a map monotone in row and column the sorted start is optimal and no
    search follows; nor does one where `enough` of the upper bound (`analysis.wiring.upper_bound`) is reached.
    Source of the objective: Titirsha et al., eSpine, arXiv 2103.05707; of the assignment: Gross, The bottleneck
    assignment problem, RAND P-1630, 1959.
    """

    restarts: int = 8
    """Random column orders to start from, besides the sorted one and the one as numbered."""
    enough: float = 0.99
    """Share of the upper bound at which no further start is tried."""
    small: int = 1000
    """Crossbars with fewer programmed cells than this restart more often, `small` // cells times."""
    rounds: int = 6
    """Alternations per start; fewer if nothing changes."""
    sweeps: int = 4
    """Single moves per line in the final descent."""
    stir: float = 0.01
    """Share of a crossbar's weakest cell that its neighbours' heat must take for wirings to be tried against it."""

    def __call__(self, problem: WiringProblem, run: Run) -> Wiring:
        """Wiring for the quality map.

        Raises
        ------
        InfeasibleError
            If a cluster has more rows or columns than the crossbar.
        InputError
            If `quality` does not have the crossbar's shape, or holds something that is not a number.
        """
        view, clustering, quality = problem.view, problem.view.clustering, problem.quality
        check_fits(clustering, problem.hardware)
        start = ActivitySort()(problem, Run(run.rng))
        row, column, found = start.row.copy(), start.column.copy(), []
        starts = [_lines_of(clustering, start, k) for k in range(clustering.clusters)]
        decides = _may_decide(problem, starts) if clustering.clusters > MANY else np.ones(len(starts), bool)
        for k, own in enumerate(starts):
            crossbar = crossbar_of(view.graph, clustering, view.cells, k)
            found.append(self.search(crossbar, quality, own, run.rng) if decides[k] else own)
            run.tell("wire", k + 1, clustering.clusters)
        for k, lines in enumerate(self._among_neighbours(problem, found, run)):
            row[clustering.rows_of(k)], column[clustering.columns_of(k)] = lines
        return Wiring(row, column)

    def search(
        self, crossbar: Crossbar, quality: F64, start: tuple[I64, I64], rng: np.random.Generator
    ) -> tuple[I64, I64]:
        """Physical rows and columns of one crossbar, never worse than `start`."""
        if len(crossbar.row_columns) == 0:
            return start
        if sorting_is_optimal(crossbar, quality):
            return sorted_lines(crossbar, quality)
        numbered = (np.arange(len(start[0])), np.arange(len(start[1])))
        best = max((start, numbered), key=lambda lines: weakest(crossbar, quality, *lines))
        best_score, target = weakest(crossbar, quality, *best), self.enough * upper_bound(crossbar, quality)
        restarts = max(self.restarts, self.small // len(crossbar.row_columns))
        for attempt in range(restarts + 2):
            if best_score >= target:
                break
            columns = (start, numbered)[attempt][1] if attempt < 2 else self._shuffled(start[1], quality.shape[1], rng)
            lines = self._alternate(crossbar, quality, start[0], columns)
            score = weakest(crossbar, quality, *lines)
            if score > best_score:
                best, best_score = lines, score
        return best

    def _among_neighbours(self, problem: WiringProblem, lines: list[Lines], run: Run) -> list[Lines]:
        """Lines that last longer with the neighbours' heat, of the crossbars that fail first and suffer from it.

        The figure is the least over the crossbars, so those far above it stay as they are.
        """
        view, quality, stirred = problem.view, problem.quality, problem.stirred
        if stirred is None:
            return lines
        found, scores, stays = list(lines), np.zeros(len(lines)), np.zeros(len(lines))
        for k, own in enumerate(lines):
            crossbar = crossbar_of(view.graph, view.clustering, view.cells, k)
            scores[k] = weakest(crossbar, stirred(passes(crossbar, quality.shape, *own)), *own)
            stays[k] = (1.0 - self.stir) * weakest(crossbar, quality, *own)
        first = (scores < stays) & (scores <= FIRST * scores.min(initial=np.inf))
        for k in np.flatnonzero(first).tolist():
            crossbar = crossbar_of(view.graph, view.clustering, view.cells, k)
            found[k] = self._cooled(crossbar, stirred, lines[k], quality, run.rng)
        return found

    def _cooled(
        self, crossbar: Crossbar, stirred: Callable[[F64], F64], start: Lines, quality: F64, rng: np.random.Generator
    ) -> Lines:
        """Never worse than `start` or lines as numbered, with the heat of the neighbours.

        Searches on the map that the heat of the best so far leaves, mixed with those of the tries since, as lines take
        their heat along.
        """

        def judged(lines: Lines) -> tuple[float, F64]:
            left = stirred(passes(crossbar, quality.shape, *lines))
            return weakest(crossbar, left, *lines), left

        best, (score, left) = start, judged(start)
        numbered = (np.arange(len(start[0])), np.arange(len(start[1])))
        reached, other = judged(numbered)
        if reached > score:
            best, score, left = numbered, reached, other
        for _ in range(self.rounds):
            lines = self.search(crossbar, left, best, rng)
            reached, other = judged(lines)
            if reached > score:
                best, score = lines, reached
            left = np.sqrt(left * other)
        return best

    def _shuffled(self, columns: I64, lines: int, rng: np.random.Generator) -> I64:
        return rng.permutation(lines)[: len(columns)]

    def _alternate(self, crossbar: Crossbar, quality: F64, rows: I64, columns: I64) -> tuple[I64, I64]:
        from snnmap.stages.wire.kernels.lines import line_scores

        turned = np.ascontiguousarray(quality.T)
        reached = -np.inf
        for _ in range(self.rounds):
            by_row = line_scores(crossbar.row_ptr, crossbar.row_columns, columns, quality, crossbar.activity, True)
            rows = _assigned(by_row)
            by_column = line_scores(crossbar.column_ptr, crossbar.column_rows, rows, turned, crossbar.activity, False)
            columns = _assigned(by_column)
            rows, columns = self._descended(crossbar, quality, turned, rows, columns)
            score = weakest(crossbar, quality, rows, columns)
            if score <= reached:
                break
            reached = score
        return rows, columns

    def _descended(self, crossbar: Crossbar, quality: F64, turned: F64, rows: I64, columns: I64) -> tuple[I64, I64]:
        from snnmap.stages.wire.kernels.lines import descend

        rows, columns = rows.copy(), columns.copy()
        on_row, on_column = (_holders(lines, size) for lines, size in zip((rows, columns), quality.shape, strict=True))
        row_side = (crossbar.row_ptr, crossbar.row_columns, columns, rows, on_row, quality)
        column_side = (crossbar.column_ptr, crossbar.column_rows, rows, columns, on_column, turned)
        for _ in range(self.sweeps):
            moved = descend(*row_side, crossbar.activity, True, 1)
            moved = descend(*column_side, crossbar.activity, False, 1) or moved
            if not moved:
                break
        return rows, columns


def _lines_of(clustering: Clustering, wiring: Wiring, cluster: int) -> Lines:
    """Physical lines of one crossbar's entries."""
    row, column = wiring.row[clustering.rows_of(cluster)], wiring.column[clustering.columns_of(cluster)]
    return row.astype(np.int64), column.astype(np.int64)


def _may_decide(problem: WiringProblem, starts: list[Lines]) -> Bool:
    """Which crossbars may hold the weakest cell of all (K,).

    The others last longer as they start than any wiring lets the weakest of all last, by `FIRST`.
    """
    view, quality = problem.view, problem.quality
    crossbars = [crossbar_of(view.graph, view.clustering, view.cells, k) for k in range(len(starts))]
    scores = np.array([weakest(crossbar, quality, *own) for crossbar, own in zip(crossbars, starts, strict=True)])
    decides, least = np.zeros(len(starts), bool), np.inf
    for k in np.argsort(scores, kind="stable").tolist():
        if scores[k] > FIRST * least:
            break
        decides[k], least = True, min(least, upper_bound(crossbars[k], quality))
    return decides


def passes(crossbar: Crossbar, shape: tuple[int, int], rows: I64, columns: I64) -> F64:
    """Spikes through every cell of the physical array `shape` over the window."""
    through = np.zeros(shape)
    of_row = np.repeat(np.arange(len(rows)), np.diff(crossbar.row_ptr))
    through[rows[of_row], columns[crossbar.row_columns]] = crossbar.activity[of_row]
    return through


def sorting_is_optimal(crossbar: Crossbar, quality: F64) -> bool:
    """Whether `ActivitySort` is provably optimal: all cells programmed, and columns ordered alike in every row."""
    entries = len(crossbar.row_ptr) - 1
    width = len(crossbar.column_ptr) - 1
    if len(crossbar.row_columns) != entries * width:
        return False
    if width == quality.shape[1]:
        return True
    order = np.argsort(-quality.mean(axis=0), kind="stable")
    return bool(np.all(np.diff(quality[:, order], axis=1) <= 0))


def _assigned(scores: F64) -> I64:
    from snnmap.analysis.kernels.assignment import bottleneck

    return bottleneck(scores, np.unique(scores))


def _holders(lines: I64, size: int) -> I64:
    holder = np.full(size, -1, np.int64)
    holder[lines] = np.arange(len(lines))
    return holder
