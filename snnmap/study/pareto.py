"""Which runs of a sweep no other run beats in everything that is asked for: the front, its knee, its hypervolume.

A run is dominated if another is at least as good in every aim and better in one. The knee is the run of the front that
lies farthest on the good side of the hyperplane through the extremes of the front, all aims scaled to the front's own
span [das1999]; the hypervolume is what the front dominates up to a reference point, all aims scaled to the span of all
runs and the point a tenth of it beyond the worst [zitzler1999]. Workloads are never compared with one another.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.core.shown import Pictured
from snnmap.core.suggest import suggestion
from snnmap.core.tables import Row
from snnmap.render.swept import beyond
from snnmap.study.rows import rows_in

REFERENCE = 1.1
"""Reference point of the hypervolume, in every scaled aim: 0 is the best of all runs, 1 the worst."""


@dataclass(frozen=True, slots=True)
class Aim:
    """A figure, and whether more of it is better."""

    figure: str
    more: bool = False


AIMS: Mapping[str, Aim] = {
    "energy": Aim("energy_J"),
    "area": Aim("area_m2"),
    "latency": Aim("latency_s"),
    "throughput": Aim("throughput_frames_per_s", more=True),
    "messages": Aim("messages"),
    "hops": Aim("hops"),
    "crossbars": Aim("crossbars"),
    "lifetime": Aim("device_lifetime_s", more=True),
    "temperature": Aim("device_temperature_average_K"),
    "gradient": Aim("device_gradient_K"),
    "leakage": Aim("device_leakage_W"),
    "total-energy": Aim("device_energy_total_J"),
    "espine-lifetime": Aim("espine_lifetime_frames", more=True),
    "espine-gradient": Aim("espine_gradient_K"),
    "utilisation": Aim("cell_utilisation", more=True),
}
"""What may be asked for, by the words of the command line."""


def parse_aims(text: str) -> dict[str, Aim]:
    """`energy,lifetime` as aims: at least two, each once.

    Raises
    ------
    InputError
        If one is unknown; offers the nearest.
    """
    names = [part.strip() for part in text.split(",") if part.strip()]
    for name in names:
        if name not in AIMS:
            raise InputError(f"nothing to aim at is called {name!r}; {suggestion(name, AIMS)}")
    if len(set(names)) < len(names) or len(names) < 2:
        raise InputError(f"a front is of two aims or more, each once, like energy,area; not {text!r}")
    return {name: AIMS[name] for name in names}


@dataclass(frozen=True, slots=True, eq=False)
class Front(Pictured):
    """The runs of one workload that no other dominates, best in the first aim first.

    `to_pandas()` has a row per run of the front; `plot()` draws the first two aims: front, knee, dominated runs.
    """

    workload: str
    aims: Mapping[str, Aim]
    rows: tuple[Row, ...]
    values: F64
    """Of the front's rows and the aims, SI; at most the horizon (rows, aims)."""
    others: F64
    """Of the runs that are dominated."""
    knee: int
    """Row of the knee."""
    hypervolume: float
    """0 to `REFERENCE` to the power of the aims."""
    left_out: int
    """Runs that do not fit, or lack one of the figures."""

    def document(self) -> dict[str, Any]:
        """Everything, JSON-able."""
        return {
            "workload": self.workload,
            "aims": {name: {"figure": aim.figure, "more": aim.more} for name, aim in self.aims.items()},
            "runs": len(self.values) + len(self.others),
            "left_out": self.left_out,
            "hypervolume": self.hypervolume,
            "knee": self.rows[self.knee]["run"],
            "front": [
                {"run": row["run"], **dict(zip(self.aims, map(float, values), strict=True))}
                for row, values in zip(self.rows, self.values, strict=True)
            ],
        }


class Fronts(tuple[Front, ...], Pictured):
    """The front of every workload.

    `to_pandas()` and `plot()` are as those of each.
    """

    __slots__ = ()


def pareto(table: Path | str, aims: Mapping[str, Aim]) -> Fronts:
    """The front of every workload of the table of a sweep.

    Raises
    ------
    InputError
        If it is no such table, or no run of a workload has all the figures.
    """
    return Fronts(_front(workload, rows, aims) for workload, rows in of_workloads(Path(table)).items())


def of_workloads(table: Path) -> dict[str, list[Row]]:
    """Rows of the table of a sweep, by workload.

    Raises
    ------
    InputError
        If it is no such table, or has no rows.
    """
    if not table.exists():
        raise InputError(f"{table}: there is no such file; `snnmap sweep ... -o {table}` makes one")
    found: dict[str, list[Row]] = {}
    for row in rows_in(table).values():
        found.setdefault(row["workload"], []).append(row)
    if not found:
        raise InputError(f"{table} has no rows")
    return found


def _front(workload: str, rows: Sequence[Row], aims: Mapping[str, Aim]) -> Front:
    """The front of the runs of one workload.

    Raises
    ------
    InputError
        If no run has all the figures.
    """
    every = np.column_stack([worths(rows, aim.figure) for aim in aims.values()])
    whole = np.flatnonzero(np.isfinite(every).all(axis=1))
    if not len(whole):
        lacking = [name for k, name in enumerate(aims) if not np.isfinite(every[:, k]).any()]
        raise InputError(f"no run of {workload} has all of {', '.join(aims)}; none has {', '.join(lacking) or 'both'}")
    values, cost = every[whole], costs(every[whole], aims.values())
    order = ranked(cost)
    return Front(
        workload=workload,
        aims=aims,
        rows=tuple(rows[k] for k in whole[order]),
        values=values[order],
        others=np.delete(values, order, axis=0),
        knee=knee(cost[order]),
        hypervolume=hypervolume(cost),
        left_out=len(rows) - len(whole),
    )


def worths(rows: Sequence[Row], figure: str) -> F64:
    """A figure of rows; one beyond the horizon is worth the horizon, one that never comes too; NaN where none is."""
    found = np.full(len(rows), np.nan)
    for k, row in enumerate(rows):
        value = beyond(row).get(figure, row.get(figure)) if row["doubts"] else row.get(figure)
        if isinstance(value, int | float):
            found[k] = float(value)
    return found


def costs(values: F64, aims: Iterable[Aim]) -> F64:
    """`values` (n, d) as costs: less is better."""
    return np.asarray(values * np.where([aim.more for aim in aims], -1.0, 1.0), np.float64)


def ranked(cost: F64) -> Any:
    """The points that no other dominates, of `cost` (n, d): places (m,), the least of the first aim first."""
    best = undominated(cost)
    return np.flatnonzero(best)[np.lexsort(cost[best].T[::-1])]


def undominated(cost: F64) -> Any:
    """Whether no other point is at least as small in all and smaller in one, bool (n,); `cost` (n, d), equals stay.

    In lexicographic order only an earlier point can dominate a later one, and then one of the archive of points that
    none dominates does: n comparisons with the archive; of two costs, with the least second cost so far.
    """
    found = np.zeros(len(cost), bool)
    if cost.shape[1] == 2 and len(cost):
        order = np.lexsort(cost.T[::-1])
        first, second = cost[order].T
        starts = np.flatnonzero(np.append(True, np.diff(first) > 0))
        least = np.minimum.reduceat(second, starts)
        before = np.append(np.inf, np.minimum.accumulate(least)[:-1])
        group = np.cumsum(np.isin(np.arange(len(order)), starts)) - 1
        found[order] = (second == least[group]) & (second < before[group])
        return found
    archive, kept = np.empty_like(cost), 0
    for k in np.lexsort(cost.T[::-1]):
        before = archive[:kept]
        found[k] = not np.any(np.all(before <= cost[k], axis=1) & np.any(before < cost[k], axis=1))
        if found[k]:
            archive[kept] = cost[k]
            kept += 1
    return found


def scaled(cost: F64, span: F64) -> F64:
    """`cost` (n, d) with the least of `span` (m, d) at 0 and its largest at 1; 0 where it has no extent."""
    low, extent = span.min(axis=0), np.ptp(span, axis=0)
    return np.asarray((cost - low) / np.where(extent > 0, extent, 1.0), np.float64)


def knee(cost: F64) -> int:
    """The point of a front (n, d), smaller better, farthest below the hyperplane through its extremes; first of equals.

    With every aim scaled to the front, that plane is where the aims add up to 1, so it is the one of the least sum.
    """
    return int(np.argmin(np.round(scaled(cost, cost).sum(axis=1), 12)))


def hypervolume(cost: F64) -> float:
    """Volume that points (n, d), smaller better, dominate below the reference point, scaled to their own span."""
    return _volume(np.unique(scaled(cost, cost), axis=0))


def _volume(points: F64) -> float:
    """Volume between points (n, d) and the reference: slices along the last aim, each of one dimension less."""
    if points.shape[1] == 1:
        return float(REFERENCE - points.min())
    points = points[np.argsort(points[:, -1], kind="stable")]
    ends = np.append(points[1:, -1], REFERENCE)
    total = 0.0
    for k, (begin, end) in enumerate(zip(points[:, -1], ends, strict=True)):
        if end > begin:
            below = points[: k + 1, :-1]
            total += (end - begin) * _volume(below[undominated(below)])
    return total
