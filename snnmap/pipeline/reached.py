"""At which read pulse a published temperature difference is reached, and what else holds there.

Heat is proportional to the pulse while its length does not set the pace, so the share of the rise that one mapping
saves is its own figure, whatever the operating point; the kelvins are the pulse's. The pulse is found on the states of
the two mappings as they are scheduled and rounded up to three digits, so that whoever types what is printed gets no
less than was published; what is told of it is of both scheduled and evaluated at it.
"""

import math
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

import numpy as np

from snnmap.analysis.view import View
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.pipeline.compile import Compiled
from snnmap.pipeline.operating import OperatingOptions, operated
from snnmap.pipeline.reopen import at_point
from snnmap.reliability.device import device_state
from snnmap.reliability.espine import espine_state, espine_twin

STEPS = 20
NEAR = 1e-4
"""Relative distance to the published difference at which the search ends."""


class Reached(NamedTuple):
    """Two mappings of one workload at the pulse that makes them differ as much as was published."""

    workload: str
    technology: str
    objective: str
    metric: str
    relative: float
    """Share of the baseline's rise above the air that the other saves, at the pulse of the chip."""
    pulse: float | None
    """s, three digits, rounded up; none if no pulse within a step does."""
    duty: float | None
    """Share of the time that the busiest row is on at that pulse."""
    rise: float | None
    """Baseline above the air there, K."""
    difference: float | None
    """Of the metric there, K."""
    leakage: float | None
    """Leakage there over the baseline's, same mode."""


def reached(base: Compiled, other: Compiled, metric: str, published: float) -> Reached:
    """Where `metric`, an average temperature of `device` or `espine` mode, differs by `published` K in real time."""
    mode = metric.partition("_")[0]
    technology = base.hardware.technology.name
    name, objective = base.graph.provenance.name, other.mapping.origin.plan.objective
    here, there = (_rise(compiled, mode, None) for compiled in (base, other))
    relative = (here - there) / here if here else 0.0
    nothing = Reached(name, technology, objective, metric, relative, None, None, None, None, None)
    pulse = _pulse(base, other, mode, published)
    if pulse is None:
        return nothing
    try:
        told = [_at(compiled, pulse) for compiled in (base, other)]
    except (InputError, InfeasibleError):
        return nothing
    (view, figures), (_, others) = told
    busiest = int(np.max(base.graph.spikes[base.mapping.clustering.row_source], initial=0))
    leaks = f"{mode}_leakage_W"
    return nothing._replace(
        pulse=pulse,
        duty=busiest * pulse / view.seconds,
        rise=figures[metric] - _air(view, mode),
        difference=others[metric] - figures[metric],
        leakage=others[leaks] / figures[leaks] if figures[leaks] else None,
    )


def _pulse(base: Compiled, other: Compiled, mode: str, published: float) -> float | None:
    """Pulse at which the rises differ by `published` and hardly more, s; none if none within a step does."""
    pulse, limit = base.hardware["read_time"], base.view.seconds_per_step
    for _ in range(STEPS):
        try:
            gap = _rise(other, mode, pulse) - _rise(base, mode, pulse)
        except InfeasibleError:  # leakage and temperature run away
            return None
        if gap * published <= 0.0:
            return None
        if abs(gap / published - 1.0) <= NEAR:
            return min(_rounded_up(pulse * (1.0 + NEAR)), limit)
        if pulse == limit and abs(gap) < abs(published):
            return None
        pulse = min(pulse * published / gap, limit)
    return None


def _rounded_up(seconds: float) -> float:
    """The next number of three digits that is not less."""
    exact = Decimal(repr(seconds))
    return float(exact.quantize(Decimal(1).scaleb(exact.adjusted() - 2), ROUND_CEILING))


def _rise(compiled: Compiled, mode: str, pulse: float | None) -> float:
    """Average crossbar above the air in real time, K, with the mapping's own schedule; `pulse` none: the chip's."""
    hardware = compiled.hardware
    if pulse is not None:
        hardware = operated(hardware, OperatingOptions(pulse=pulse).over(compiled.mapping.origin.point))
    view = compiled.view.at(hardware).at_pace(compiled.graph.dt)
    if mode == "device":
        return float(device_state(view).temperature.mean()) - _air(view, mode)
    twin = espine_twin(hardware.technology)
    return (
        math.nan
        if twin is None
        else float(espine_state(view, twin, bounds=False).temperature.mean()) - _air(view, mode)
    )


def _air(view: View, mode: str) -> float:
    twin = espine_twin(view.hardware.technology)
    return view.hardware["ambient_temperature"] if mode == "device" or twin is None else twin["espine_ambient"]


def _at(compiled: Compiled, pulse: float) -> tuple[View, dict[str, float]]:
    """The mapping scheduled and evaluated at a pulse, in real time."""
    given = OperatingOptions(pulse=pulse, pace="real-time")
    mapping, hardware = at_point(compiled.mapping, compiled.graph, compiled.hardware, given)
    numbers = {name: float(v) for name, v in mapping.figures.items() if isinstance(v, int | float)}
    return View(mapping, compiled.graph, hardware), numbers
