"""Wiring for an even temperature: hill climbing over exchanges of rows and of columns inside each crossbar.

Cost of a crossbar: gradient (hottest minus coolest cell of the field of the array, with all neighbours, averaged over
time) + `mean_weight` x mean rise, summed over the modes that the problem heats its cells in: each over its own value
with the lines as numbered, and the first counting most. Two descents alternate over rows and columns: on the field's
deviation, whose change is known in O(N), and on the exact cost, which is given up line by line
(`physics.kernels.sheet`). Exchanges that raise the power of the array in any mode are refused, so no tile gets hotter
than with the lines as numbered.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F64, I64
from snnmap.core.errors import InputError
from snnmap.ir import Wiring
from snnmap.physics.fields import Exchanges, exchanges, kinds
from snnmap.physics.kernels.lines import Lines
from snnmap.stages.protocols import Run, WiringProblem
from snnmap.stages.wire.content import content_of
from snnmap.stages.wire.kernels.fields import Fields
from snnmap.stages.wire.sorting import check_fits

CALM = 0.05
"""Share of the exchanges of the busiest round of the first descent that another must keep for one more to follow."""
SETTLED = 0.1
"""Share of the cost that a round of the exact descent must gain for another to follow: the second gains 1 to 3 %."""
BESIDE = 0.05
"""Weight of all modes but the first. Measured on mnist-mlp at 16 nm, gradients over those of `traffic`: 0.459 and 0.326
with a tenth of the second mode, 0.447 and 0.429 with this, 0.450 and 0.557 with a hundredth."""
ROUNDING = 1e-9
"""Share of the power that sums may differ by."""


class Spot(NamedTuple):
    """One crossbar's lines, entries beyond those in use being empty."""

    row: I64
    """(R,) row entry of every physical row."""
    column: I64
    """(C,) column entry of every physical column."""


@dataclass(frozen=True, slots=True)
class EvenHeat:
    """Even out the temperature inside every crossbar; never worse, by its cost, than the lines as numbered.

    Source of the objective: Titirsha and Das, Thermal-aware compilation, arXiv 2010.04773; the field is PHYSICS M4's.
    """

    mean_weight: float = 0.0
    """Weight of the mean rise beside the gradient."""
    rounds: int = 8
    """Most alternations of rows and columns in either descent."""
    exact: bool = True
    """Whether the descent on the exact cost follows that on the deviation; without, a crossbar takes half the time."""
    many: int = 1000
    """In networks of more crossbars than this the first descent makes one round and no second one follows."""
    small: int = 1600
    """Crossbars with fewer cells than this start anew from random lines, `small` // cells times."""

    def __post_init__(self) -> None:
        if not 0.0 <= self.mean_weight < float("inf"):
            raise InputError(
                f"the weight of the mean beside the gradient (thermal:WEIGHT, wire.mean_weight) must be 0 or more, "
                f"not {self.mean_weight:g}"
            )

    def __call__(self, problem: WiringProblem, run: Run) -> Wiring:
        """Wiring of every crossbar; past the deadline, lines as numbered.

        Raises
        ------
        InfeasibleError
            If a cluster has more rows or columns than the crossbar.
        InputError
            If the problem does not say what its cells draw.
        """
        clustering, hardware = problem.view.clustering, problem.hardware
        check_fits(clustering, hardware)
        if problem.power is None:
            raise InputError("wiring for an even temperature needs to know what heats the arrays; give `power`")
        powers = problem.power()
        swaps = [exchanges(power.sheet, power.place) for power in powers]
        row, column = np.empty(len(clustering.row_source), np.int32), np.empty(len(clustering.column_neuron), np.int32)
        seeds = run.rng.integers(0, 2**63, clustering.clusters)

        search = (replace(self, rounds=1, exact=False) if clustering.clusters > self.many else self).search

        def searched(k: int) -> Spot:
            if run.late:
                return Spot(np.arange(hardware.rows), np.arange(hardware.columns))
            contents = [content_of(problem, power, k) for power in powers]
            return search(contents, swaps, np.random.Generator(np.random.PCG64(seeds[k])))

        for k, spot in enumerate(_on_all_cores(searched, clustering.clusters)):
            rows = clustering.rows_of(k)
            columns = clustering.columns_of(k)
            row[rows] = np.argsort(spot.row)[: rows.stop - rows.start]
            column[columns] = np.argsort(spot.column)[: columns.stop - columns.start]
            run.tell("wire", k + 1, clustering.clusters)
        return Wiring(row, column)

    def search(self, contents: list[F64], swaps: list[Exchanges], rng: np.random.Generator) -> Spot:
        """Best lines found for one crossbar that draws `contents` (R, C), by row and column entry, at unit places.

        One of `contents` and of `swaps` for each mode that heats it.
        """
        rows, columns = contents[0].shape
        numbered = Spot(np.arange(rows), np.arange(columns))
        if not any(content.any() for content in contents):
            return numbered
        crossbar = _Crossbar(contents, swaps, self.mean_weight)
        best, least = numbered, crossbar.numbered
        for attempt in range(1 + self.small // (rows * columns)):
            start = numbered if attempt == 0 else Spot(rng.permutation(rows), rng.permutation(columns))
            found = self._climbed(crossbar, start, rng)
            cost = crossbar.cost(found)
            if cost < least:
                best, least = found, cost
        return best

    def _climbed(self, crossbar: "_Crossbar", start: Spot, rng: np.random.Generator) -> Spot:
        spot, most = Spot(start.row.copy(), start.column.copy()), 0
        for _ in range(self.rounds):
            kept = crossbar.smoothed(spot, rng)
            most = max(most, kept)
            if kept <= CALM * most:
                break
        if not self.exact:
            return spot
        before = crossbar.cost(spot)
        for _ in range(self.rounds):
            cost = crossbar.evened(spot, rng)
            if cost >= before * (1.0 - SETTLED):
                break
            before = cost
        return spot


def _on_all_cores(searched: Callable[[int], Spot], clusters: int) -> Iterator[Spot]:
    """Results for every cluster in order; the kernels release the interpreter, and each cluster has its own stream."""
    pool = ThreadPoolExecutor(os.cpu_count() or 1)
    try:
        yield from pool.map(searched, range(clusters))
    finally:
        pool.shutdown(cancel_futures=True)


class _Crossbar:
    """One crossbar and how its lines are judged. Temperatures are in units of 1 / vertical conductance."""

    def __init__(self, contents: list[F64], swaps: list[Exchanges], weight: float) -> None:
        self.contents = contents
        self.swaps = swaps
        self.weight = weight
        self.known: dict[bool, tuple[bytes, list[Lines]]] = {}
        self.worth, self.limit = np.ones(len(contents)), np.full(len(contents), np.inf)
        numbered = Spot(np.arange(contents[0].shape[0]), np.arange(contents[0].shape[1]))
        costs, drawn = self._judged(numbered)
        self.worth = BESIDE ** np.minimum(np.arange(len(costs)), 1.0) / np.where(costs > 0.0, costs, 1.0)
        self.limit = drawn * (1.0 + ROUNDING)
        self.numbered = float(costs @ self.worth)
        """Cost of the lines as numbered."""

    def cost(self, spot: Spot) -> float:
        """What is to be small; infinite where the array draws more than with its lines as numbered."""
        costs, drawn = self._judged(spot)
        return float(costs @ self.worth) if np.all(drawn <= self.limit) else float("inf")

    def _judged(self, spot: Spot) -> tuple[F64, F64]:
        from snnmap.stages.wire.kernels.even import judge

        return judge(self._rows(spot), spot.row)

    def smoothed(self, spot: Spot, rng: np.random.Generator) -> int:
        """Exchanges that lowered the deviation; changes `spot`."""
        from snnmap.stages.wire.kernels.even import smooth

        kept = smooth(self._rows(spot), spot.row, rng.permutation(len(spot.row)))
        kept += smooth(self._columns(spot), spot.column, rng.permutation(len(spot.column)))
        return int(kept)

    def evened(self, spot: Spot, rng: np.random.Generator) -> float:
        """Cost after a pass of exact exchanges over rows, then columns; changes `spot`."""
        from snnmap.stages.wire.kernels.even import even

        even(self._rows(spot), spot.row, rng.permutation(len(spot.row)))
        return even(self._columns(spot), spot.column, rng.permutation(len(spot.column)))

    def _rows(self, spot: Spot) -> Fields:
        return self._fields(spot, by_row=True)

    def _columns(self, spot: Spot) -> Fields:
        return self._fields(spot, by_row=False)

    def _fields(self, spot: Spot, *, by_row: bool) -> Fields:
        """One orientation; what its lines hold depends on how the crossing ones lie, and is kept while they stay."""
        crossing = (spot.column if by_row else spot.row).tobytes()
        held, lines = self.known.get(by_row, (b"", []))
        if held != crossing:
            lines = [
                swaps.rows.lines(content[:, spot.column]) if by_row else swaps.columns.lines(content[spot.row].T)
                for swaps, content in zip(self.swaps, self.contents, strict=True)
            ]
            self.known[by_row] = crossing, lines
        return fields_of(lines, self.worth, self.limit, self.weight)


def fields_of(lines: list[Lines], worth: F64, limit: F64, mean: float) -> Fields:
    """One orientation of a crossbar in all its modes; place maps of fewer products than others are filled up with 0."""
    products = max(len(each.scale) for each in lines)
    return Fields(
        content=np.stack([_filled(each.content, products, axis=1) for each in lines]),
        kind=kinds(np.stack([each.kind for each in lines], axis=1)),
        scale=np.stack([_filled(each.scale, products, axis=0) for each in lines]),
        mode=lines[0].mode,
        table=np.stack([each.table for each in lines]),
        square=np.stack([each.square for each in lines]),
        worth=worth,
        limit=limit,
        mean=mean,
    )


def _filled(values: F64, length: int, axis: int) -> F64:
    """`values` with zeros up to `length` along `axis`."""
    missing = list(values.shape)
    missing[axis] = length - values.shape[axis]
    return np.concatenate([values, np.zeros(missing)], axis=axis)
