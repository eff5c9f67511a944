"""Dynamic energies of a mapping at other constants of its chip, from those it reports: events stay as they are."""

from collections.abc import Callable, Mapping
from typing import Any

from snnmap.hardware import Hardware
from snnmap.reliability.events import conversion_energy, pulse_energy


def _received_bits(hardware: Hardware, values: Mapping[str, Any]) -> float:
    """Bits that arrive, over the window."""
    spikes = values["messages_spikes"] + values["messages_inputs"]
    bits: float = spikes * hardware["spike_bits"] + values["messages_partial_sums"] * hardware["sum_bits"]
    return bits


EVENTS: dict[str, Callable[[Hardware, Mapping[str, Any]], float]] = {
    "neuron": lambda hardware, _: hardware["neuron_energy"],
    "noc": lambda hardware, _: hardware["hop_energy"],
    "merge": lambda hardware, _: hardware["merge_energy"],
    "adc": lambda hardware, _: conversion_energy(hardware),
    "dac": lambda hardware, _: pulse_energy(hardware),
    "buffer": lambda hardware, values: hardware["buffer_energy"] * _received_bits(hardware, values),
    "chip_links": lambda hardware, _: hardware["chip_hop_energy"],
}
"""Part of the dynamic energy to what it is in proportion to; one chip has no links between chips."""


def dynamic_energy(values: Mapping[str, Any], base: Hardware, hardware: Hardware) -> dict[str, float]:
    """Dynamic energies per frame, J: counts are what they were, the energy of each event is not.

    The reads with ideal wires follow V^2 t; their conductances only count in the exact reads of `device` mode.
    """
    pulse = [h["read_voltage"] ** 2 * h["read_time"] for h in (base, hardware)]
    energies = {"energy_array_J": float(values["energy_array_J"]) * pulse[1] / pulse[0]}
    events = EVENTS if base.chips.several else {name: EVENTS[name] for name in EVENTS if name != "chip_links"}
    for name, joules in events.items():
        before, after = joules(base, values), joules(hardware, values)
        scale = after / before if before else 1.0
        energies[f"energy_{name}_J"] = float(values[f"energy_{name}_J"]) * scale
    return {**energies, "energy_J": sum(energies.values())}
