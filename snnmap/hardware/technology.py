"""Numbers of hardware files with unit, citation and band, and the technology that holds those of device and wires."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from snnmap.core.errors import InputError

Mode = Literal["espine", "device"]
GIVEN = "given: operating point"
"""Citation of a value that the user set for one mapping, so that it is neither recalled nor uncertain."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in SI with its SI unit, its citation, the band it may lie in, and the text of the file."""

    value: float
    unit: str
    citation: str
    band: tuple[float, float] | None = None
    written: str = ""
    """Value and unit as the file has them, e.g. `100 ns`."""

    @property
    def recalled(self) -> bool:
        """Whether no source was read for it: recalled or estimated; every report lists these."""
        return self.citation.startswith(("recalled:", "estimate:"))


@dataclass(frozen=True, slots=True, eq=False)
class Technology:
    """Memory device, wires and transistors at one node."""

    name: str
    device: Literal["PCM", "OxRAM"]
    node_nm: int
    mode: Mode
    values: Mapping[str, Quantity]
    noise: str = "none"
    """Noise and drift model of the conductances, a key of `physics.pcm.NOISE_MODELS`, or `none`."""
    transistors: str = "LP"
    """`LP` (low power) or `HP` (high performance): which off-current the leakage values are."""
    description: str = ""
    twin_values: Mapping[str, float] = field(default_factory=dict)
    """Values, in SI, that an operating point gives this node's technology of `mode = "espine"`."""

    def __getitem__(self, key: str) -> float:
        """Value of `key` in SI units (`keys.TECHNOLOGY_KEYS`, `DEVICE_KEYS`, `ESPINE_KEYS`)."""
        return self.values[key].value

    def operated(self, values: Mapping[str, float]) -> "Technology":
        """The same technology, or its espine twin later on, with values that the user gives."""
        if self.mode == "espine":
            return replace(self, values=given_to(self.values, values))
        return replace(self, twin_values={**self.twin_values, **values})

    def with_value(self, key: str, value: float) -> "Technology":
        """The same technology with `key` at `value` (SI): one step of a sensitivity study."""
        return replace(self, values=changed(self.values, key, value))

    def table(self) -> dict[str, Any]:
        """Everything that a figure can depend on, JSON-able, with citations."""
        return {
            "name": self.name,
            "device": self.device,
            "node_nm": self.node_nm,
            "mode": self.mode,
            "noise": self.noise,
            "transistors": self.transistors,
            "twin_values": dict(self.twin_values),
            "values": value_table(self.values),
        }


def changed(values: Mapping[str, Quantity], key: str, value: float) -> dict[str, Quantity]:
    """`values` with `key` at `value`, SI; InputError if there is no such key, or it cannot be that."""
    if key not in values:
        raise InputError(f"there is no hardware value {key!r}")
    if not (math.isfinite(value) and value >= 0):
        raise InputError(f"hardware value {key!r} must be finite and not negative, not {value!r}")
    return {**values, key: replace(values[key], value=value)}


def given_to(values: Mapping[str, Quantity], given: Mapping[str, float]) -> dict[str, Quantity]:
    """`values` with those that the user gives: exact, so without a band."""
    said = {
        key: replace(values[key], value=value, citation=GIVEN, band=None, written=f"{value:g}")
        for key, value in given.items()
    }
    return {**values, **said}


def value_table(values: Mapping[str, Quantity]) -> dict[str, Any]:
    """`values`, JSON-able."""
    return {
        key: {
            "value": q.value,
            "unit": q.unit,
            "citation": q.citation,
            "band": None if q.band is None else list(q.band),
        }
        for key, q in values.items()
    }
