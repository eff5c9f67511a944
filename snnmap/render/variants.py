"""Variants of algorithms beside each other, in words: means and deviations, changes, and what chance says of them."""

from collections.abc import Sequence
from typing import Any, Protocol

from snnmap.render.labels import in_full, label
from snnmap.render.numbers import GAP, difference, number
from snnmap.render.sheets import Sheet, sheet

DIGITS = 4
P = "p: Wilcoxon's signed-rank test on pairs of equal seeds, two-sided, each figure for itself"


class Contrast(Protocol):
    """One figure of one variant beside that of the first."""

    @property
    def workload(self) -> str:
        """Name."""

    @property
    def technology(self) -> str:
        """Name."""

    @property
    def variant(self) -> str:
        """Name."""

    @property
    def figure(self) -> str:
        """Key."""

    @property
    def mean(self) -> float:
        """SI."""

    @property
    def deviation(self) -> float | None:
        """SI."""

    @property
    def change(self) -> float | None:
        """Share, or K; none of the first variant."""

    @property
    def chance(self) -> float | None:
        """Of a difference where there is none."""

    @property
    def verdict(self) -> str:
        """In a word; nothing of the first variant."""


def variants_sheets(found: Sequence[Contrast], seeds: int | None = None) -> list[Sheet]:
    """A table for every workload and technology: a column for each variant, and how it differs from the first."""
    tables = []
    for workload, technology in dict.fromkeys((each.workload, each.technology) for each in found):
        own = [each for each in found if (each.workload, each.technology) == (workload, technology)]
        names = list(dict.fromkeys(each.variant for each in own))
        columns = ("", *(column for name in names for column in _columns(name, names[0])))
        rows = [_row(figure, own) for figure in dict.fromkeys(each.figure for each in own)]
        many = "" if seeds is None else f", {seeds} seeds"
        tables.append(sheet(f"{workload} on {technology}{many}: mean +- deviation", columns, rows))
    return tables


def figure_words(figure: str) -> str:
    """What a figure is called, with its mode."""
    if figure == "cpu_seconds":
        return "processor time of a run"
    return in_full(figure)


def figure_unit(figure: str) -> str:
    """SI unit of a figure."""
    return "s" if figure == "cpu_seconds" else label(figure).unit


def in_kelvin(figure: str) -> bool:
    """Whether a change of the figure is a difference of temperatures."""
    return figure.endswith("temperature_average_K")


def _columns(name: str, first: str) -> tuple[str, ...]:
    return (name,) if name == first else (name, f"to {first}", "p", "")


def _row(figure: str, own: Sequence[Contrast]) -> tuple[Any, ...]:
    cells = [figure_words(figure)]
    for each in (each for each in own if each.figure == figure):
        unit = "s" if figure == "cpu_seconds" else label(figure).written
        spread = "" if not each.deviation else f" +- {number(each.deviation, GAP if unit == 'K' else unit, 2)}"
        cells.append(f"{number(each.mean, unit, DIGITS)}{spread}")
        if each.change is not None:
            cells.append(difference(each.change, 0.0) if in_kelvin(figure) else f"{100 * each.change:+.3g} %")
            cells.append("-" if each.chance is None else f"{each.chance:.2g}")
            cells.append(each.verdict)
    return tuple(cells)
