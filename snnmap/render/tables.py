"""The comparison as tables of text: one row per metric, one column per objective, ratios below where they differ."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from snnmap.ir import Judgement
from snnmap.render.judged import LEGEND
from snnmap.render.labels import GROUPS, MODES, in_full, label
from snnmap.render.numbers import difference, in_one_unit, number
from snnmap.render.sheets import Sheet

SAME = 5e-4
"""Ratios nearer to 1 than this are not printed."""


class Cell(Protocol):
    """One figure under one objective, beside that of the first objective."""

    @property
    def metric(self) -> str:
        """Key of the figure."""

    @property
    def value(self) -> Any:
        """SI."""

    @property
    def ratio(self) -> float | None:
        """To the first objective."""

    @property
    def difference(self) -> float | None:
        """To the first objective, K."""

    @property
    def judgement(self) -> Judgement | None:
        """Why the value is not to be read as it stands, if so."""


class Verdict(Protocol):
    """One objective in its own figure."""

    @property
    def workload(self) -> str:
        """Name."""

    @property
    def technology(self) -> str:
        """Name."""

    def line(self) -> str:
        """In words."""


class Comparison(Protocol):
    """Figures of workloads under objectives."""

    @property
    def objectives(self) -> tuple[str, ...]:
        """Names."""

    @property
    def verdicts(self) -> Sequence[Any]:
        """A `Verdict` for every objective, workload and technology that has one."""

    def tables(self) -> Iterator[tuple[str, str, list[Any]]]:
        """Workload, technology, and every `Cell`."""


def comparison_sheets(comparison: Comparison, pace: str = "") -> list[Sheet]:
    """A table for every workload and technology, verdicts below it."""
    return [
        Sheet(
            f"{workload} on {technology}{pace}",
            ("", *comparison.objectives),
            compared(entries),
            [v.line() for v in comparison.verdicts if (v.workload, v.technology) == (workload, technology)],
        )
        for workload, technology, entries in comparison.tables()
    ]


def comparison_legend(comparison: Comparison) -> list[str]:
    """What the signs of the tables mean."""
    judged = [entry.judgement for _, _, entries in comparison.tables() for entry in entries if entry.judgement]
    doubts = {judgement.doubt for judgement in judged}
    legend = [words for doubt, words in LEGEND.items() if doubt in doubts]
    return [f"= as {comparison.objectives[0]}, to which ratios and differences are", *legend, MODES]


def ratios(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of a comparison that a picture of ratios shows: a metric that no objective changes is left out."""
    rows = [row for row in rows if row["ratio"] is not None]
    moving = {row["metric"] for row in rows if abs(row["ratio"] - 1.0) > 2 * SAME} or {row["metric"] for row in rows}
    several = len({row["technology"] for row in rows}) > 1
    return [
        {
            **row,
            "workload": f"{row['workload']}\n{row['technology']}" if several else row["workload"],
            "metric": in_full(row["metric"]),
        }
        for row in rows
        if row["metric"] in moving
    ]


def compared(cells: Sequence[Cell]) -> list[tuple[str, list[tuple[str, ...]]]]:
    """Headings with rows of text: words and unit, then one column per objective; below, how they differ."""
    of_metric: dict[str, list[Cell]] = {}
    for cell in cells:
        of_metric.setdefault(cell.metric, []).append(cell)
    groups = []
    for heading, labels in GROUPS.items():
        rows: list[tuple[str, ...]] = []
        for row_cells in (of_metric[entry.key] for entry in labels if entry.key in of_metric):
            rows += _rows(row_cells)
        if rows:
            groups.append((heading, rows))
    return groups


def _rows(cells: Sequence[Cell]) -> list[tuple[str, ...]]:
    named = label(cells[0].metric)
    texts, unit = in_one_unit([cell.value for cell in cells], named.written)
    texts = [_judged(cell, text) for cell, text in zip(cells, texts, strict=True)]
    texts[1:] = ["=" if cell.value == cells[0].value else text for cell, text in zip(cells[1:], texts[1:], strict=True)]
    unit = "" if all(_stands_in(cell) for cell in cells) else unit
    words = named.words.strip()
    rows = [(f"  {words}, {unit}" if unit else f"  {words}", *texts)]
    if any(cell.difference for cell in cells):
        gaps = (difference(c.value, cells[0].value) if c.difference else "" for c in cells)
        rows.append(("    difference", *gaps))
    if any(cell.ratio is not None and abs(cell.ratio - 1.0) > SAME for cell in cells):
        rows.append(("    ratio", *("" if c.ratio in {None, 1.0} else _ratio(float(c.ratio or 0.0)) for c in cells)))
    return rows


def _judged(cell: Cell, text: str) -> str:
    """The value, or what stands in its place where it is not to be quoted."""
    if cell.judgement is None:
        return text
    limit = number(cell.judgement.limit, label(cell.metric).unit, 3)
    return {"outside model": f"above {limit}", "beyond horizon": f"> {limit}"}.get(cell.judgement.doubt, f"{text} (!)")


def _stands_in(cell: Cell) -> bool:
    """Whether something else stands in the place of the value."""
    return cell.judgement is not None and cell.judgement.doubt in {"outside model", "beyond horizon"}


def _ratio(ratio: float) -> str:
    return f"x {ratio:.3f}" if 0.01 <= ratio < 100 else f"x {ratio:.3g}"
