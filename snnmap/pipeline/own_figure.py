"""An objective judged in its own figure: against the mapping for traffic alone, the better one is kept.

A search works on models of what it is for; the figure itself, from exact currents, settled temperatures and proved
periods, is known when the mapping is. Knows figures by name, and chooses between mappings that others made.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from snnmap.pipeline.objectives import Goal, Preset

SAME = 1e-6
"""Relative difference of costs below which nothing was gained: figures are stated to nine digits."""

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How an objective did in its own figure."""

    objective: str
    figure: str
    found: float | None
    """What its search reached; none is never."""
    traffic: float | None
    """The same figure with objective `traffic`."""
    value: float | None
    """The same figure of the mapping that is returned."""
    kept: str
    """Objective whose mapping is returned in place of what the search found; empty: the search's own."""
    bound: float | None
    """What no mapping passes, if known."""
    rises: str
    """Figure that what the search found would lift, and may not."""
    traffic_size: tuple[float, float] = (0.0, 0.0)
    """Hops and crossbars of the mapping with objective `traffic`."""

    def said(self) -> list[str]:
        """The verdict in a sentence, where there is something to remark."""
        limit = "" if self.bound is None else f": bound {self.bound:.6g}"
        if self.rises:
            return [f"{self.objective} would lift {self.rises}: the mapping of {self.kept} is kept"]
        if self.kept:
            reached = f"{self.objective} finds {text_of(self.found)} of {self.figure}, no better than {self.kept}"
            return [f"{reached} with {text_of(self.value)}, whose mapping is kept: nothing to gain here{limit}"]
        if near(self.found, self.traffic):
            return [f"{self.objective}: nothing to gain here in {self.figure}, {text_of(self.traffic)}{limit}"]
        return []


def goal_of(preset: Preset, figures: Figures) -> Goal | None:
    """The first goal of an objective whose figure there is; none if there is none."""
    return next((goal for goal in preset.goals if goal.figure in figures), None)


def cost(goal: Goal, figures: Figures, weight: float) -> float:
    """What the objective wants small: its figure, negated if it wants much, plus `weight` x the figure beside it."""
    value = figures[goal.figure]
    main = float("inf") if value is None else float(value)
    beside = weight * float(figures[goal.beside]) if goal.beside and weight else 0.0
    return (-main if goal.most else main) + beside


def lifted(goal: Goal, figures: Figures, base: Figures) -> str:
    """The first figure that must not be above `base` and is; empty if none."""
    pairs = ((name, figures.get(name), base.get(name)) for name in goal.not_above)
    return next((n for n, a, b in pairs if isinstance(a, float) and isinstance(b, float) and a > b), "")


def stays(goal: Goal, figures: Figures, base: Figures, weight: float = 0.0, *, must_gain: bool = False) -> bool:
    """Whether a mapping with `figures` is kept against one with `base`: no worse, or better if it `must_gain`."""
    mine, its = cost(goal, figures, weight), cost(goal, base, weight)
    if lifted(goal, figures, base):
        return False
    return mine < its and not near(mine, its) if must_gain else mine <= its


def verdict_on(objective: str, goal: Goal, found: Figures, traffic: Figures, returned: Figures, kept: str) -> Verdict:
    """Verdict from the figures of the search's mapping, of `traffic`'s, and of the one returned."""
    return Verdict(
        objective=objective,
        figure=goal.figure,
        found=found[goal.figure],
        traffic=traffic[goal.figure],
        value=returned[goal.figure],
        kept=kept,
        bound=found.get(goal.bound),
        rises=lifted(goal, found, traffic) if kept else "",
        traffic_size=(float(traffic.get("hops", 0.0)), float(traffic.get("crossbars", 0.0))),
    )


def near(a: float | None, b: float | None) -> bool:
    """Whether two figures are the same but for rounding."""
    return a == b or (a is not None and b is not None and abs(a - b) <= SAME * max(abs(a), abs(b)))


def text_of(value: float | None) -> str:
    """A figure in words; none is never."""
    return "never" if value is None else f"{value:.6g}"
