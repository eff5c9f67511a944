"""Figures in words that let a reader judge them: beyond the horizon, outside the model, above the air."""

from collections.abc import Sequence
from typing import Any

from snnmap.ir import Judgement, Reading
from snnmap.render.labels import DEVICE, ESPINE, TIMING, label, mode_of
from snnmap.render.numbers import difference, number

DIGITS = 3
"""Of figures that rest on a model. What is counted is printed in full."""


LEGEND: dict[str, str] = {
    "outside model": "above a temperature: above the melting point, outside the model",
    "beyond horizon": "> a time: beyond the horizon, no lifetime is claimed",
    "worn out early": "(!) a time: within a day",
    "within one frame": "(!) a time or frames: within one frame",
    "re-programming dominates": "(!) an energy: re-programming takes more than all else",
}
"""Doubt to what stands in a comparison in place of the figure, or beside it."""


def shown(name: str, value: Any, reading: Reading | None) -> str:
    """A figure as a reader should see it, with its unit; three digits, temperatures with their rise above the air."""
    unit = label(name).written
    judgement = None if reading is None else reading.of(name)
    if judgement is not None and judgement.doubt == "outside model":
        return f"above {number(judgement.limit, unit, DIGITS)}: outside the model"
    if judgement is not None and judgement.doubt == "beyond horizon":
        return f"> {number(judgement.limit, unit, DIGITS)}{_band(judgement, unit)}"
    air = None if reading is None else reading.ambient.get(mode_of(name))
    if unit == "K" and air is not None and isinstance(value, float):
        return f"{value:.4g} K ({difference(value, air)})"
    return number(value, unit, DIGITS)


def _band(judgement: Judgement, unit: str) -> str:
    if judgement.figure != "device_lifetime_s" or judgement.band is None:
        return ""
    low, high = (number(end, unit, 2) for end in judgement.band)
    return f" ({low} to {high})"


def heading(title: str, reading: Reading | None) -> tuple[str, ...]:
    """Heading of a group of figures; those of a mode have the pace and the air they are for beside it."""
    if title == TIMING and reading is not None and not reading.guaranteed:
        return ("timing, estimated",)
    mode = {DEVICE: "device", ESPINE: "espine"}.get(title)
    if reading is None or mode is None or mode not in reading.ambient:
        return (title,)
    air = number(reading.ambient[mode], "K")
    return title, f"step {number(reading.step_time, 's', DIGITS)}, {reading.pace}; air {air}"


def remarks(reading: Reading) -> list[str]:
    """What the judgements mean, a line each: `warning:` where the chip is of no use as it is mapped, else `note:`."""
    lines = [
        f"{'warning' if listed[0].severe else 'note'}: {_said(listed)}" for listed in _by_doubt(reading.judgements)
    ]
    if len(set(reading.ambient.values())) > 1:
        air = ", ".join(f"{mode} mode {number(kelvin, 'K')}" for mode, kelvin in reading.ambient.items())
        lines.append(f"note: the air: {air}; the package's file states the one, eSpine the other, so compare rises")
    return lines


def _by_doubt(judgements: Sequence[Judgement]) -> list[list[Judgement]]:
    groups: dict[tuple[str, str], list[Judgement]] = {}
    for judgement in judgements:
        groups.setdefault((judgement.doubt, mode_of(judgement.figure)), []).append(judgement)
    return sorted(groups.values(), key=lambda listed: not listed[0].severe)


def _said(listed: Sequence[Judgement]) -> str:
    first = listed[0]
    limit = number(first.limit, label(first.figure).unit, DIGITS)
    words = f"{mode_of(first.figure)} mode: {', '.join(label(j.figure).words.strip() for j in listed)}"
    if first.doubt == "outside model":
        law = "; gamma is calibrated at 65 nm only" if mode_of(first.figure) == "espine" else ""
        return f"{words}: above the melting point of {limit}, outside the model: compare, do not quote{law}"
    if first.doubt == "beyond horizon":
        band = "; in brackets the median over the band of the endurance" if any(j.band for j in listed) else ""
        return f"{mode_of(first.figure)} mode: no lifetime is claimed beyond the horizon of {limit}{band}"
    if first.doubt == "within one frame":
        what = "one frame" if first.figure.endswith("_frames") else f"one frame of {limit}"
        return f"{words}: less than {what}"
    if first.doubt == "worn out early":
        return f"{words}: within a day; crossbars with a tile of their own are written less often"
    return f"{words}: more than all other energy ({limit}); crossbars with a tile of their own need none in every step"
