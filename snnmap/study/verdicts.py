"""The verdict of a comparison: every objective in its own figure beside `traffic`, its bound, and what it costs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from snnmap.pipeline.objectives import Goal, objectives
from snnmap.pipeline.own_figure import goal_of, near
from snnmap.render.labels import Label, label, mode_of
from snnmap.render.numbers import number

NOTABLE = 5e-4
"""Relative rise of a cost, or fall of a gain, from which it is called a price."""
WARMER = 1e-3
"""Rise of an average temperature, K, from which it is called a price: a thousand times what figures are stated to."""
DIGITS = 4
AVERAGES = ("device_temperature_average_K", "espine_temperature_average_K")
"""Figures whose rise is a price."""
STEPS = Goal("throughput_steps_per_s", most=True)


@dataclass(frozen=True, slots=True)
class Price:
    """Another objective's figure that got worse."""

    figure: str
    ratio: float | None
    """To that of `traffic`; none of a temperature."""
    rise: float | None = None
    """Above that of `traffic`, K, of a temperature."""

    def said(self) -> str:
        """The price in words."""
        words = label(self.figure).words.strip()
        if self.rise is not None:
            return f"{words} ({mode_of(self.figure)} mode) {number(self.rise, 'K', DIGITS)} warmer"
        return f"{words} x {self.ratio:.4g}"


@dataclass(frozen=True, slots=True)
class Judged:
    """One objective on one workload and technology."""

    workload: str
    technology: str
    objective: str
    figure: str
    """Its own."""
    value: float | None
    """None is never."""
    traffic: float | None
    """The same under `traffic`."""
    bound: float | None
    """What no mapping passes, if known."""
    holds: bool
    """Whether it is at least as good as `traffic`."""
    prices: tuple[Price, ...]
    faster: float | None = None
    """Steps per second over those of `traffic`, where they are more."""
    horizon: float = math.inf
    """Time beyond which no lifetime is claimed, s."""

    def row(self) -> dict[str, Any]:
        """JSON-able record."""
        return {name: value for name, value in asdict(self).items() if name != "horizon"}

    def line(self) -> str:
        """The verdict in a line."""
        named = label(self.figure)
        mode = f" ({mode_of(self.figure)} mode)" if mode_of(self.figure) else ""
        mine, base = (self._shown(v, named) for v in (self.value, self.traffic))
        parts = [f"{named.words.strip()}{mode} {mine}, traffic {base}"]
        if self.value == self.traffic or near(self.value, self.traffic):
            parts.append("nothing gained")
        elif self.value and self.traffic:
            parts.append(f"x {self.value / self.traffic:.6g}")
        if not self.holds:
            parts.append("WORSE than traffic")
        if self.bound is not None:
            parts.append(f"bound {number(self.bound, named.written, DIGITS)}")
        if self.prices:
            parts.append(f"price: {', '.join(price.said() for price in self.prices)}")
        if self.faster is not None and any(price.rise for price in self.prices):
            parts.append(f"its steps may follow one another x {self.faster:.4g} as fast, which warms it flat out")
        return f"{self.objective}: {'; '.join(parts)}"

    def _shown(self, value: float | None, named: Label) -> str:
        if named.unit == "s" and value is not None and value > self.horizon:
            return f"> {number(self.horizon, 's', DIGITS)}"
        return number(value, named.written, DIGITS)


def verdicts(case: tuple[str, str], figures: Mapping[str, Mapping[str, Any]]) -> list[Judged]:
    """Verdicts on one (workload, technology) from the figures under every objective; none without `traffic`'s."""
    base = figures.get("traffic")
    if base is None:
        return []
    goals = {name: _goal(name, own) for name, own in figures.items()}
    every = list(dict.fromkeys(g for g in goals.values() if g is not None))
    return [_judged(case, name, goal, figures[name], (base, every)) for name, goal in goals.items() if goal is not None]


def _goal(objective: str, figures: Mapping[str, Any]) -> Goal | None:
    preset = objectives().get(objective.partition(":")[0])
    return None if preset is None else goal_of(preset, figures)


def _judged(
    case: tuple[str, str], objective: str, goal: Goal, own: Mapping[str, Any], against: tuple[Any, Sequence[Goal]]
) -> Judged:
    base, every = against
    value, traffic = own[goal.figure], base[goal.figure]
    others = [other for other in every if other.figure != goal.figure]
    prices = [p for other in others if (p := _price(other, own.get(other.figure), base.get(other.figure)))]
    warmer = [p for name in AVERAGES if (p := _warmer(name, own.get(name), base.get(name)))]
    pace = _worse(STEPS, base.get(STEPS.figure), own.get(STEPS.figure))
    faster = own[STEPS.figure] / base[STEPS.figure] if pace > NOTABLE else None
    worse = _worse(goal, value, traffic) > 0 and not near(value, traffic) and ":" not in objective
    return Judged(
        *case, objective, goal.figure, value, traffic, own.get(goal.bound), not worse, (*prices, *warmer), faster
    )


def _worse(goal: Goal, value: Any, base: Any) -> float:
    """Relative amount by which a figure is worse than `base`, negative if it is better; 0 where one is never."""
    if not (isinstance(value, int | float) and isinstance(base, int | float)) or not base:
        return 0.0
    change = value / base - 1.0
    return float(-change if goal.most else change)


def _price(goal: Goal, value: Any, base: Any) -> Price | None:
    return Price(goal.figure, float(value / base)) if _worse(goal, value, base) > NOTABLE else None


def _warmer(figure: str, value: Any, base: Any) -> Price | None:
    known = isinstance(value, float) and isinstance(base, float)
    return Price(figure, None, value - base) if known and value - base >= WARMER else None
