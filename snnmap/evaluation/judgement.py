"""Which figures are not to be read as they stand: outside their model, beyond the horizon, or of a chip that wears out.

Judges figures by name and value alone, so that those of a mapping file are judged like those of a compilation.
"""

from collections.abc import Iterator
from collections.abc import Mapping as MappingType
from dataclasses import replace

from snnmap.hardware import Hardware
from snnmap.ir import Judgement, Mapping, Reading
from snnmap.ir.results import Pace
from snnmap.reliability.espine import espine_twin

EARLY = 86_400.0
"""A chip that wears out within a day, s, is of no use for inference: an estimate, far below any service life."""

LIFETIMES = (
    "device_lifetime_s",
    "device_lifetime_spared_s",
    "device_first_failure_low_s",
    "device_first_failure_s",
    "device_first_failure_high_s",
)
"""Proportional to the endurance of a cell, so that its band gives theirs."""

Figures = MappingType[str, float | int | str | None]


def reading_of(mapping: Mapping, hardware: Hardware) -> Reading:
    """How to read the figures of a mapping, which are for the operating point that it records."""
    asked = mapping.origin.point.step_time
    read = reading(mapping.figures, hardware, mapping.workload.dt if asked is None else asked, own=asked is None)
    return replace(read, guaranteed=is_guaranteed(mapping, hardware))


def is_guaranteed(mapping: Mapping, hardware: Hardware) -> bool:
    """Whether the timing holds for all data no busier than the profile's.

    It does with a slot table, behind gates if the routers' buffers suffice, and where no message crosses the network.
    """
    if hardware.noc == "tdm" or not any(name.startswith("noc/") for name in mapping.sdfg.name):
        return True
    needed = mapping.schedule.buffers
    return hardware.noc == "gated" and needed is not None and hardware["router_buffer_flits"] >= needed


def reading(figures: Figures, hardware: Hardware, step_time: float, *, own: bool = True) -> Reading:
    """How to read the figures of a mapping.

    Parameters
    ----------
    figures
        Name to value, SI, as the mapping file has them.
    hardware
        The chip they are for.
    step_time
        Seconds between two steps that was asked for; the guaranteed period holds if it is longer.
    own
        Whether that is the network's own step.
    """
    period = _number(figures, "period_s") or 0.0
    pace = max(step_time, period)
    twin = espine_twin(hardware.technology)
    ambient = {"device": hardware["ambient_temperature"]} if hardware.technology.mode == "device" else {}
    if twin is not None:
        ambient["espine"] = twin["espine_ambient"]
    judged = (*_temperatures(figures, hardware), *_lifetimes(figures, hardware, pace), *_programming(figures))
    named: Pace = "as fast as guaranteed" if step_time <= period else "real time" if own else "as asked"
    return Reading(ambient, pace, named, judged)


def _temperatures(figures: Figures, hardware: Hardware) -> Iterator[Judgement]:
    """Temperatures above the melting point of their mode's model."""
    twin = espine_twin(hardware.technology)
    melting = {"espine_": None if twin is None else twin["espine_melt_temperature"]}
    if hardware.technology.device == "PCM":
        melting["device_"] = hardware.technology["melt_temperature"]
    for name in figures:
        limit = next((limit for mode, limit in melting.items() if name.startswith(mode)), None)
        value = _number(figures, name)
        if name.endswith("_K") and limit is not None and value is not None and value > limit:
            yield Judgement(name, "outside model", limit)


def _lifetimes(figures: Figures, hardware: Hardware, pace: float) -> Iterator[Judgement]:
    """Times that are longer than the horizon, or so short that the chip is of no use; a none never comes."""
    frame, horizon = pace * (_number(figures, "steps") or 1.0), hardware["horizon"]
    for name in (*LIFETIMES, "device_refresh_interval_s"):
        if name not in figures or isinstance(figures[name], str):
            continue
        value = _number(figures, name)
        band = _endurance_band(value, hardware) if name in LIFETIMES else None
        if value is None or value > horizon:
            yield Judgement(name, "beyond horizon", horizon, band)
        elif value < frame:
            yield Judgement(name, "within one frame", frame, band)
        elif name in LIFETIMES and value < EARLY:
            yield Judgement(name, "worn out early", EARLY, band)
    frames = _number(figures, "espine_lifetime_frames")
    if frames is not None and frames < 1.0:
        yield Judgement("espine_lifetime_frames", "within one frame", 1.0)


def _endurance_band(value: float | None, hardware: Hardware) -> tuple[float, float] | None:
    endurance = hardware.technology.values["endurance"]
    if value is None or endurance.band is None:
        return None
    low, high = (value * end / endurance.value for end in endurance.band)
    return low, high


def _programming(figures: Figures) -> Iterator[Judgement]:
    """Re-programming that takes more energy than all else."""
    programming, total = (_number(figures, f"device_energy_{part}_J") for part in ("programming", "total"))
    if programming is not None and total is not None and programming > total / 2:
        yield Judgement("device_energy_programming_J", "re-programming dominates", total - programming)


def _number(figures: Figures, name: str) -> float | None:
    value = figures.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
