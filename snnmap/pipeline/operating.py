"""At which pulse, pace and air a chip is operated: what the user may set, read from text and checked.

The operating point is recorded in the mapping, so that whoever opens it again, to verify or to report, finds the same
chip under the same load. Figures that need it are evaluated elsewhere.
"""

import math
import re
from dataclasses import dataclass

from snnmap.core.errors import InputError
from snnmap.hardware import Hardware
from snnmap.hardware.units import TEMPERATURE, TIME, Dimension, parse_unit
from snnmap.ir import Mapping, OperatingPoint

REAL_TIME, FLAT_OUT = "real-time", "flat-out"
AIR = (200.0, 500.0)
"""K, around the 300 to 400 K that leakage is fitted in; below 78 K wires would have no resistance left."""
_QUANTITY = re.compile(r"\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*([A-Za-z]\w*)?\s*", re.ASCII)


def operating_point(pulse: float | str | None, pace: float | str, ambient: float | str | None) -> OperatingPoint:
    """What a user said, in SI.

    Parameters
    ----------
    pulse
        Length of a read pulse, and of eSpine's spike: seconds, or text with a unit (`1.77us`); none: the chip's own.
    pace
        `real-time` (or `realtime`): one step per dt of the network; `flat-out`: steps back to back at the guaranteed
        period; or steps per second.
    ambient
        Air: kelvins, or text with a unit (`25degC`); none: the package's, and eSpine's in `espine` mode.

    Raises
    ------
    InputError
        If one cannot be read, is not positive, or is no air that the models are for; names it.
    """
    return OperatingPoint(
        pulse=None if pulse is None else _positive("pulse", pulse, TIME, "1.77us or 1.77e-6 (seconds)"),
        step_time=_step_time(pace),
        ambient=None if ambient is None else _air(ambient),
    )


@dataclass(frozen=True, slots=True)
class OperatingOptions:
    """Another operating point than a mapping was made for, as of `operating_point`; none: as the mapping records it."""

    pulse: float | str | None = None
    pace: float | str | None = None
    ambient: float | str | None = None

    def __post_init__(self) -> None:
        self.over(OperatingPoint())

    def over(self, recorded: OperatingPoint) -> OperatingPoint:
        """The point with what is given here in place of what is `recorded`."""
        given = operating_point(self.pulse, self.pace or REAL_TIME, self.ambient)
        return OperatingPoint(
            pulse=recorded.pulse if self.pulse is None else given.pulse,
            step_time=recorded.step_time if self.pace is None else given.step_time,
            ambient=recorded.ambient if self.ambient is None else given.ambient,
        )


def _step_time(pace: float | str) -> float | None:
    if pace in (REAL_TIME, "realtime"):
        return None
    if pace == FLAT_OUT:
        return 0.0
    try:
        rate = float(pace)
    except ValueError:
        rate = math.nan
    if not 0 < rate < math.inf:
        raise InputError(f"pace is {pace!r}; it is realtime, flat-out, or steps per second above 0, like 500")
    return 1.0 / rate


def _positive(name: str, given: float | str, dimension: Dimension, example: str) -> float:
    value = given if isinstance(given, int | float) else read_quantity(name, given, dimension, example)
    if not 0 < value < math.inf:
        raise InputError(f"{name} is {given}; it must be above 0, like {example}")
    return float(value)


def _air(given: float | str) -> float:
    example = "25degC or 298.15 (kelvins)"
    value = _positive("ambient", given, TEMPERATURE, example)
    if not AIR[0] <= value <= AIR[1]:
        raise InputError(f"ambient is {given}; it must be {AIR[0]:.0f} to {AIR[1]:.0f} K, like {example}")
    return value


def read_quantity(name: str, text: str, dimension: Dimension, example: str) -> float:
    """Number with a unit of `dimension`, or in SI without one.

    Raises
    ------
    InputError
        Naming `name`, and an example of how to write it.
    """
    match = _QUANTITY.fullmatch(text)
    try:
        number, unit = (float(match[1]), match[2]) if match else (math.nan, None)
        scale = parse_unit(unit) if unit else None
    except (ValueError, InputError):
        raise InputError(f"{name} is {text!r}; write it like {example}") from None
    if math.isnan(number) or (scale is not None and scale.dimension != dimension):
        raise InputError(f"{name} is {text!r}; write it like {example}")
    return number if scale is None else float(f"{number * scale.scale + scale.offset:.15g}")


def operated(hardware: Hardware, point: OperatingPoint) -> Hardware:
    """The chip at a point: its read pulse and air, and those of the technology's espine twin."""
    chip = {"read_time": point.pulse, "ambient_temperature": point.ambient}
    twin = {"espine_spike_time": point.pulse, "espine_ambient": point.ambient}
    return hardware.operated(_set(chip), _set(twin))


def _set(values: dict[str, float | None]) -> dict[str, float]:
    return {key: value for key, value in values.items() if value is not None}


def check_pulse(point: OperatingPoint, dt: float) -> None:
    """Refuse a pulse that is longer than the step in which it is sent; `dt` is the network's own step, s.

    Raises
    ------
    InputError
        Naming the pulse. Flat out there is no such step: it lasts as long as its pulses need.
    """
    step = dt if point.step_time is None else point.step_time
    if point.pulse is not None and 0 < step < point.pulse:
        raise InputError(
            f"pulse: {point.pulse:g} s is longer than a step of {step:g} s; shorten --pulse, or give a slower --pace"
        )


def check_pace(mapping: Mapping) -> None:
    """Refuse a pace, in steps per second, above what the mapping's schedule guarantees.

    Raises
    ------
    InputError
        Naming the pace and the guarantee.
    """
    step, schedule = mapping.origin.point.step_time, mapping.schedule
    period = schedule.period_numerator / schedule.period_denominator / schedule.block * mapping.sdfg.tick
    if step and step < period * (1 - 1e-9):
        raise InputError(
            f"pace: {1 / step:g} steps per second are more than the {1 / period:g} that the schedule guarantees; "
            "give a slower --pace, or flat-out"
        )
