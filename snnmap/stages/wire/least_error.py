"""Wiring for accuracy: what neurons near their threshold hear stands where wires take little and no cell is stuck.

To first order in the resistances, what wires take from a cell is the sum over the segments that its current runs
through of what all others put on them. So the disturbance of a crossbar is two sums over pairs, one over columns (word
lines, from the driver on) and one over rows (bit lines, from the sense end up), and rows do not touch columns: two
quadratic assignments on a line each. Stuck cells couple both; then they are settled in turn. Each is descended by
exchanges of two lines, free ones included, whose effect is known in O(N); of all ends that with the least exact
disturbance is taken, and the lines as numbered are among them.

Rejected: linear assignments on a map of what a mean cell loses at every place. A row's own current decides what its
cells lose, wherever it stands; the turns swing, and end 5 to 20 % higher on the shipped convolutional network.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from snnmap.core.arrays import F64, I64
from snnmap.core.errors import InputError
from snnmap.ir import Wiring
from snnmap.stages.protocols import CellError, ErrorModel, Run, WiringProblem
from snnmap.stages.wire.content import content_of
from snnmap.stages.wire.sorting import check_fits

LARGE = 1024
"""Lines of a side beyond which a crossbar stays as numbered: a pass takes their cube."""
MOST = 2.0**60
"""Magnitude that costs stay below in integers."""
Lines = tuple[I64, I64]
"""Physical rows and columns of one crossbar's entries."""


@dataclass(frozen=True, slots=True)
class LeastError:
    """Descend on what wires and stuck cells disturb, sides in turn; never worse than the lines as numbered.

    Source of the descent: Burkard, Quadratic assignment problems, 1984: pairwise exchanges, changes kept up in O(N).
    """

    passes: int = 20
    """Most passes over all pairs of lines in a descent."""
    turns: int = 4
    """Most turns of rows and columns where stuck cells or heat couple them."""
    small: int = 1600
    """Crossbars with fewer cells than this start anew from random lines, `small` // cells times."""
    heat_weight: float = 0.0
    """Weight of the power that the array draws beside the disturbance, each over that of the lines as numbered."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.heat_weight < float("inf"):
            raise InputError(f"the weight of heat (wire.heat_weight) must be 0 or more, not {self.heat_weight:g}")

    def __call__(self, problem: WiringProblem, run: Run) -> Wiring:
        """Wiring of every crossbar; past the deadline, lines as numbered.

        Raises
        ------
        InfeasibleError
            If a cluster has more rows or columns than the crossbar.
        InputError
            If the problem does not say what disturbs, or, with a weight of heat, what cells draw.
        """
        clustering, hardware = problem.view.clustering, problem.hardware
        check_fits(clustering, hardware)
        if problem.error is None:
            raise InputError("wiring for accuracy needs to know what disturbs neurons; give `error`")
        error, stays = problem.error(), max(hardware.rows, hardware.columns) > LARGE
        row, column = np.empty(len(clustering.row_source), np.int32), np.empty(len(clustering.column_neuron), np.int32)
        for k in range(clustering.clusters):
            rows, columns = clustering.rows_of(k), clustering.columns_of(k)
            lines = np.arange(rows.stop - rows.start), np.arange(columns.stop - columns.start)
            if not (stays or run.late) and error.exact(k, lines) > 0.0:
                lines = self.search(self._crossbar(problem, error, k, lines), lines, run.rng)
            row[rows], column[columns] = lines
            run.tell("wire", k + 1, clustering.clusters)
        return Wiring(row, column)

    def _crossbar(self, problem: WiringProblem, error: CellError, cluster: int, numbered: Lines) -> "DisturbedCrossbar":
        """One crossbar and its costs; heat, if it has a weight, is one more pair of content and place."""
        size, model = (problem.hardware.rows, problem.hardware.columns), error.model(cluster)

        def exact(lines: Lines) -> float:
            return error.exact(cluster, lines)

        if self.heat_weight == 0.0:
            return DisturbedCrossbar(model, exact, size)
        if problem.power is None:
            raise InputError("a weight of heat needs to know what cells draw; give `power`")
        power = problem.power()[0]
        drawn = content_of(problem, power, cluster)[: len(numbered[0]), : len(numbered[1])]
        whole = float((drawn * power.place[np.ix_(*numbered)]).sum()) or 1.0
        scaled = drawn * (self.heat_weight * exact(numbered) / whole)

        def warm(lines: Lines) -> float:
            return exact(lines) + float((scaled * power.place[np.ix_(*lines)]).sum())

        return DisturbedCrossbar(replace(model, pairs=(*model.pairs, (scaled, power.place))), warm, size)

    def search(self, crossbar: "DisturbedCrossbar", numbered: Lines, rng: np.random.Generator) -> Lines:
        """Best lines found for one crossbar, never worse than `numbered` by its exact cost."""
        anew = self.small // (crossbar.size[0] * crossbar.size[1])
        starts = [crossbar.sorted_lines()] + [numbered] * (anew > 0)
        for _ in range(anew):
            rows, columns = (
                rng.permutation(lines)[: len(own)] for lines, own in zip(crossbar.size, numbered, strict=True)
            )
            starts.append((rows, columns))
        best, least = numbered, crossbar.exact(numbered)
        for start in starts:
            lines = self._descended(crossbar, start)
            cost = crossbar.exact(lines)
            if cost < least:
                best, least = lines, cost
        return best

    def _descended(self, crossbar: "DisturbedCrossbar", start: Lines) -> Lines:
        lines = start
        for _ in range(self.turns if crossbar.model.pairs else 1):
            after = crossbar.descended(lines, self.passes)
            if all(np.array_equal(new, old) for new, old in zip(after, lines, strict=True)):
                break
            lines = after
        return lines


@dataclass(frozen=True, slots=True, eq=False)
class DisturbedCrossbar:
    """One crossbar and what its lines cost."""

    model: ErrorModel
    exact: Callable[[Lines], float]
    """What is to be small."""
    size: tuple[int, int]
    """R, C."""

    def sorted_lines(self) -> Lines:
        """The entries that suffer and disturb most nearest to sense ends and drivers."""
        worst = [
            np.argsort(-(flow + flow.T).sum(axis=1), kind="stable") for flow in (self.model.rows, self.model.columns)
        ]
        row, column = (np.empty(len(order), np.int64) for order in worst)
        row[worst[0]] = self.size[0] - 1 - np.arange(len(row))
        column[worst[1]] = np.arange(len(column))
        return row, column

    def descended(self, lines: Lines, passes: int) -> Lines:
        """Rows, then columns, after exchanges that lower the model's cost."""
        rows, columns = lines
        across = sum((content @ place[:, columns].T for content, place in self.model.pairs), np.zeros((1, 1)))
        line = np.arange(self.size[0])
        rows = _exchanged(self.model.rows, self.size[0] - np.maximum.outer(line, line), across, rows, passes)
        along = sum((content.T @ place[rows] for content, place in self.model.pairs), np.zeros((1, 1)))
        line = np.arange(self.size[1])
        columns = _exchanged(self.model.columns, 1 + np.minimum.outer(line, line), along, columns, passes)
        return rows, columns


def _exchanged(flow: F64, reach: I64, linear: F64, lines: I64, passes: int) -> I64:
    """Lines of entries after a descent; `flow` (n, n), `reach` (N, N) by line, `linear` (n, N) or one zero."""
    from snnmap.stages.wire.kernels.exchange import descend

    entries, count = len(lines), len(reach)
    both = (flow + flow.T) / 2.0
    largest = count**3 * float(np.abs(both).max(initial=0.0)) + count * float(np.abs(linear).max(initial=0.0))
    if largest == 0.0:
        return lines
    step = MOST / (4.0 * largest)
    whole, own = np.zeros((count, count), np.int64), np.zeros((count, count), np.int64)
    whole[:entries, :entries] = np.rint(both * step)
    own[:entries] = np.rint(linear * step)
    entry = np.empty(count, np.int64)
    entry[np.concatenate([lines, np.setdiff1d(np.arange(count), lines)])] = np.arange(count)
    descend(np.ascontiguousarray(whole[np.ix_(entry, entry)]), reach.astype(np.int64), own, entry, passes)
    line: I64 = np.argsort(entry)[:entries]
    return line
