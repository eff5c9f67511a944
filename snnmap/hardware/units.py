"""Units as hardware files write them: `ns`, `pJ`, `uS`, `K/uW`, `nA/um`, `W/m/K` to SI, with their dimension.

Knows units and nothing of hardware. A unit is a product of factors joined by `*` and `/` (each `/` divides by the one
factor after it); a factor is an optional prefix, a name and an optional whole exponent (`um2`).
"""

import re
from typing import NamedTuple

from snnmap.core.errors import InputError

Dimension = tuple[int, int, int, int, int]
"""Exponents of kilogram, metre, second, ampere, kelvin."""


class Unit(NamedTuple):
    """SI value = `scale` x written value + `offset`."""

    scale: float
    dimension: Dimension
    offset: float = 0.0


NONE: Dimension = (0, 0, 0, 0, 0)
LENGTH: Dimension = (0, 1, 0, 0, 0)
TIME: Dimension = (0, 0, 1, 0, 0)
CURRENT: Dimension = (0, 0, 0, 1, 0)
TEMPERATURE: Dimension = (0, 0, 0, 0, 1)
ENERGY: Dimension = (1, 2, -2, 0, 0)
POWER: Dimension = (1, 2, -3, 0, 0)
VOLTAGE: Dimension = (1, 2, -3, -1, 0)
RESISTANCE: Dimension = (1, 2, -3, -2, 0)
CONDUCTANCE: Dimension = (-1, -2, 3, 2, 0)

_PREFIX = {
    "f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "c": 1e-2, "k": 1e3, "M": 1e6, "G": 1e9,
}  # fmt: skip
_PREFIXED: dict[str, Unit] = {
    "m": Unit(1.0, LENGTH),
    "s": Unit(1.0, TIME),
    "A": Unit(1.0, CURRENT),
    "K": Unit(1.0, TEMPERATURE),
    "J": Unit(1.0, ENERGY),
    "eV": Unit(1.602176634e-19, ENERGY),
    "W": Unit(1.0, POWER),
    "V": Unit(1.0, VOLTAGE),
    "ohm": Unit(1.0, RESISTANCE),
    "S": Unit(1.0, CONDUCTANCE),
    "Hz": Unit(1.0, (0, 0, -1, 0, 0)),
    "g": Unit(1e-3, (1, 0, 0, 0, 0)),
}
_PLAIN: dict[str, Unit] = {
    "1": Unit(1.0, NONE),
    "%": Unit(0.01, NONE),
    "decade": Unit(1.0, NONE),
    "feature": Unit(1.0, NONE),
    "min": Unit(60.0, TIME),
    "h": Unit(3600.0, TIME),
    "day": Unit(86400.0, TIME),
    "year": Unit(365.25 * 86400.0, TIME),
    "degC": Unit(1.0, TEMPERATURE, 273.15),
}
_FACTOR = re.compile(r"(?P<name>%|1|[A-Za-z]+)(?P<power>[1-9])?")


def parse_unit(text: str) -> Unit:
    """Scale, dimension and offset of `text`.

    Raises
    ------
    InputError
        If a factor is not a known unit, or `degC` is combined with another factor.
    """
    parts = re.split(r"([*/])", text.replace(" ", ""))
    if len(parts) == 1:
        return _factor(parts[0], text)
    scale, dimension, sign = 1.0, NONE, 1
    for part in parts:
        if part in ("*", "/"):
            sign = 1 if part == "*" else -1
            continue
        unit = _factor(part, text)
        if unit.offset:
            raise InputError(f"unit {text!r}: degC cannot be combined; write K")
        scale *= unit.scale**sign
        dimension = _combine(dimension, unit.dimension, sign)
    return Unit(scale, dimension)


def _factor(part: str, text: str) -> Unit:
    match = _FACTOR.fullmatch(part)
    if match is None:
        raise InputError(f"unit {text!r} is not known")
    unit = _named(match["name"], text)
    power = int(match["power"] or 1)
    return unit if power == 1 else Unit(unit.scale**power, _combine(NONE, unit.dimension, power))


def _named(name: str, text: str) -> Unit:
    if name in _PLAIN:
        return _PLAIN[name]
    if name in _PREFIXED:
        return _PREFIXED[name]
    if name[0] in _PREFIX and name[1:] in _PREFIXED:
        base = _PREFIXED[name[1:]]
        return Unit(_PREFIX[name[0]] * base.scale, base.dimension)
    raise InputError(f"unit {text!r} is not known; examples: ns, pJ, uS, kohm, um, K/uW, nA/um, degC, year, 1")


def _combine(a: Dimension, b: Dimension, times: int) -> Dimension:
    return (
        a[0] + times * b[0],
        a[1] + times * b[1],
        a[2] + times * b[2],
        a[3] + times * b[3],
        a[4] + times * b[4],
    )
