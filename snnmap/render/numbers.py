"""Numbers as people read them: SI prefixes, shares in percent, durations in years. Converts, computes nothing."""

from collections.abc import Sequence
from typing import Any

PREFIXES = tuple(
    (10.0 ** (3 * power), name)
    for power, name in zip(range(4, -6, -1), ("T", "G", "M", "k", "", "m", "u", "n", "p", "f"), strict=True)
)
GAP = "K of difference"
"""Unit of a difference of temperatures; written with a prefix, which a temperature never is."""
SCALED = {"s", "J", "J s", "W", "A", "V", "m", "1/s", "1/J", "ohm", "S", "K/W", "W/K"}
ELECTRONVOLT = 1.602176634e-19
"""J."""
YEAR = 31_557_600.0
"""Julian year, s."""
YEARS = (
    (1e9 * YEAR, "billion years"),
    (1e6 * YEAR, "million years"),
    (1e3 * YEAR, "thousand years"),
    (YEAR, "years"),
)
CLOCK = ((86_400.0, "days"), (3_600.0, "hours"), (60.0, "minutes"))
MILLION = 1e6


def number(value: Any, unit: str = "", digits: int = 5) -> str:
    """`value` for people: thousands separated, SI prefix where the unit takes one, percent for shares.

    Units are SI; `1` is a share. Seconds from a thousand on become minutes, hours, days and years.
    """
    if value is None:
        return "-"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if unit == "1":
        return f"{100 * value:.1f} %"
    if isinstance(value, int):
        return f"{value:,} {unit}".strip()
    if unit == "K":
        return f"{value:.7g} K"
    scale, name = scale_of(value, unit)
    text = _digits(value / scale, digits)
    return f"{text} {name.removesuffix('s') if text == '1' and scale > 1 and unit == 's' else name}".strip()


def span(ends: Sequence[float] | None, unit: str) -> str:
    """Both ends of a band, as `number` has them; nothing if there is none."""
    return "" if ends is None else " to ".join(number(float(end), "" if unit == "1" else unit) for end in ends)


def _digits(value: float, digits: int) -> str:
    """`digits` significant digits, written out between 0.0001 and a billion."""
    rounded = float(f"{value:.{digits}g}")
    return f"{rounded:,.0f}" if 10 ** (digits - 1) <= abs(rounded) < 1e9 else f"{rounded:,.{digits}g}"


def scale_of(value: float, unit: str) -> tuple[float, str]:
    """What to divide `value` by so that it reads well, and the name of the unit it is then in."""
    size = abs(value)
    if unit == "1":
        return 0.01, "%"
    if unit == "m2":
        return 1e-6, "mm2"
    if unit == "s" and size >= YEAR:
        return next(step for step in YEARS if size >= step[0])
    if unit == "s" and size >= 1e3:
        return next((step for step in CLOCK if size >= step[0]), CLOCK[-1])
    if unit == GAP:
        scale, prefix = next((p for p in PREFIXES if size >= p[0]), PREFIXES[-1]) if size else (1.0, "")
        return scale, f"{prefix}K"
    if unit not in SCALED or size == 0:
        return 1.0, unit
    if unit == "J" and size < 1e-17:
        return ELECTRONVOLT, "eV"
    scale, prefix = next((p for p in PREFIXES if size >= p[0]), PREFIXES[-1])
    return scale, f"{prefix}{unit[1:]}" if unit.startswith("1/") else f"{prefix}{unit}"


def in_one_unit(values: Sequence[Any], unit: str) -> tuple[list[str], str]:
    """Several values in the unit that suits the first number among them, without it; and that unit's name."""
    numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool) and v != 0]
    scale, name = scale_of(float(numbers[0]), unit) if numbers else (1.0, unit)
    if unit == "" and any(isinstance(v, float) and abs(v) >= MILLION for v in numbers):
        scale, name = MILLION, "million"
    return [_bare(value, unit, scale) for value in values], name


def _bare(value: Any, unit: str, scale: float) -> str:
    if value is None or isinstance(value, str):
        return number(value)
    if isinstance(value, int) and scale == 1.0:
        return f"{value:,}"
    return f"{value:.7g}" if unit == "K" else _digits(value / scale, 4)


def difference(value: float, base: float) -> str:
    """Temperature difference `value - base`, K, with a prefix and sign: `-3.2 mK`."""
    gap = float(f"{value - base:.3g}")
    scale, prefix = next((p for p in PREFIXES if abs(gap) >= p[0]), PREFIXES[-1])
    return f"{gap / scale:+.3g} {prefix}K" if gap else "0 K"
