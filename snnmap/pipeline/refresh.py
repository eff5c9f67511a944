"""Refresh intervals of a mapping by two rules, and what each costs: when its weights have drifted, when accuracy fell.

The first is the rule of the reports: a share of a crossbar's cells has left the tolerance of its weight. The second
asks the network: the largest age at which drawn chips lose no more accuracy than their user allows. By both, crossbars
are refreshed before they lose their state, and a refresh is real writes, which wear the cells.
"""

from dataclasses import dataclass, replace
from typing import Any

from snnmap.analysis.view import View
from snnmap.core.arrays import Bool
from snnmap.core.errors import InputError
from snnmap.core.run import Progress, stream
from snnmap.evaluation.accuracy import Accuracy, accuracy
from snnmap.evaluation.refresh import Longest, longest_age
from snnmap.hardware import Hardware
from snnmap.hardware.units import parse_unit
from snnmap.pipeline.drawn import DrawnChips
from snnmap.reliability.device import DeviceState, device_state
from snnmap.reliability.heat import heat
from snnmap.reliability.metrics import refresh_figure

YEAR = parse_unit("year").scale
"""s."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What comes of a refresh interval."""

    interval: float
    """Of the crossbar that is refreshed most often, s; infinite: never."""
    writes_per_year: float
    """Write pulses of each of its cells."""
    lifetime: float
    """Median of the most written cell, s."""
    first_failure: float
    """Time by which the first cell has failed with 50 % probability, s."""
    limited_by: str
    said: str = ""
    """Why there is no interval; empty if there is."""

    @classmethod
    def of(cls, state: DeviceState, hardware: Hardware) -> "Rule":
        """What a chip under a mapping comes to."""
        figure = refresh_figure(state)
        interval, said = (float(state.refresh.min()), figure) if isinstance(figure, str) else (figure, "")
        pulses = hardware["program_pulses"] * YEAR / interval
        return cls(interval, pulses, float(state.lifetime.min()), state.band[1], state.limited_by, said)

    def document(self) -> dict[str, Any]:
        """Everything, JSON-able."""
        return {
            "interval_s": self.interval,
            "writes_per_cell_and_year": self.writes_per_year,
            "lifetime_s": self.lifetime,
            "first_failure_s": self.first_failure,
            "limited_by": self.limited_by,
            "said": self.said,
        }


@dataclass(frozen=True, slots=True)
class Refreshed:
    """Both rules, with or without drift compensation."""

    compensated: bool
    by_drift: Rule
    longest: Longest
    by_accuracy: Rule | None
    """None if fresh chips alone are as accurate as wanted."""
    again: Accuracy | None
    """Accuracy at the interval by accuracy, of as many other chips."""

    def document(self) -> dict[str, Any]:
        """Everything, JSON-able; shares 0 to 1, seconds."""
        longest, again = self.longest, self.again
        return {
            "compensated": self.compensated,
            "keep": longest.keep,
            "by_drift": self.by_drift.document(),
            "accuracy_fresh": longest.fresh,
            "longest_s": longest.age,
            "longest_interval_s": list(longest.interval),
            "longest_asked_s": longest.last,
            "changes": [{"age_s": age, "change": each} for age, each in longest.changes.items()],
            "by_accuracy": None if self.by_accuracy is None else self.by_accuracy.document(),
            "other_chips": None if again is None else {"mean": again.mean, "interval": list(again.interval)},
        }


def refreshed(view: View, chips: DrawnChips, progress: Progress | None = None) -> tuple[Refreshed, ...]:
    """Both rules for a mapping, with drift compensation and without, or as the options of its chips say.

    Raises
    ------
    InputError
        If the technology is of the espine mode, which knows no refresh.
    """
    if view.hardware.technology.mode != "device":
        raise InputError(
            f"technology {view.hardware.technology.name!r} is of the espine mode, which knows no refresh; "
            "compile with a technology of device mode"
        )
    asked = chips.options.compensated
    return tuple(_by_both(view, chips, each, progress) for each in ((True, False) if asked is None else (asked,)))


def _by_both(view: View, chips: DrawnChips, compensated: bool, progress: Progress | None) -> Refreshed:
    hardware = replace(view.hardware, drift_compensation=compensated)
    options = replace(chips.options, compensated=compensated)
    network = replace(chips.network, options=options.imperfect)
    drawn = replace(chips, network=network, options=options)
    told = 0

    def correct(age: float) -> Bool:
        nonlocal told
        if progress is not None:
            progress("refresh", told, TRIED, 0.0)
        told += 1
        return drawn.correct(age)

    longest = longest_age(correct, options.keep / 100.0, hardware["horizon"])
    chip, heated = view.at(hardware), heat(view.at(hardware))
    by_drift, by_accuracy, again = Rule.of(device_state(chip, heated), hardware), None, None
    if longest.age > 0.0:
        by_accuracy = Rule.of(device_state(chip, heated, longest.age), hardware)
        other = drawn.correct(longest.age, first=options.devices)
        again = accuracy(other, drawn.ideal, rng=stream(options.seed, "accuracy"))
    return Refreshed(compensated, by_drift, longest, by_accuracy, again)


TRIED = 20
"""Ages that a search for the largest one usually runs."""
