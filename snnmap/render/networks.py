"""Networks, workloads and their activity in words: a row for every population."""

from collections.abc import Mapping, Sequence
from typing import Any

from snnmap.render.numbers import number
from snnmap.render.sheets import Sheet, sheet

LAYERS = ("layer", "model", "shape", "neurons", "synapses in", "fan-in min/median/max", "tau/dt", "parameters")
ACTIVITY = ("population", "neurons", "spikes per sample", "rate per step", "silent", "saturated")
ROUNDED = ("into", "levels", "1 stands for", "rms error", "worst weight", "became", "became zero", "bias rows")


def layers_sheet(title: str, populations: Sequence[Mapping[str, Any]]) -> Sheet:
    """Layers as `inspect` has them under `populations`."""
    rows = [
        (
            p["name"],
            p["model"] if p["kind"] == "neuron" else p["kind"],
            "x".join(map(str, p["shape"])),
            number(p["neurons"]),
            number(p["synapses"]),
            "-" if p["fan_in"] is None else "/".join(f"{n:g}" for n in p["fan_in"]),
            "-" if p["tau_over_dt"] is None else f"{p['tau_over_dt']:.3g}",
            ", ".join(f"{k} {v}" for k, v in p["parameters"].items()),
        )
        for p in populations
    ]
    return sheet(title, LAYERS, rows)


def size_told(inputs: int, neurons: int, synapses: int) -> str:
    """Size of a network."""
    return f"{inputs:,} inputs, {neurons:,} neurons, {synapses:,} synapses"


def activity_sheet(title: str, populations: Sequence[Mapping[str, Any]]) -> Sheet:
    """Activity as `activity` has it under `populations`."""
    rows = [
        (
            p["name"],
            number(p["neurons"]),
            f"{p['spikes_per_sample']:,.1f}",
            f"{p['rate_per_step']:.4f}",
            number(p["silent"]),
            "yes" if p["saturated"] else "",
        )
        for p in populations
    ]
    return sheet(title, ACTIVITY, rows)


def roundings_sheet(rows: Sequence[Mapping[str, Any]]) -> Sheet:
    """What rounding did to the weights into every population, as `activity` has it under `quantised`."""
    lines = [
        (
            row["population"],
            number(row["levels"]),
            f"{row['scale']:.4g}",
            f"{row['relative_rms']:.2%}",
            *(f"{weight:.4g}" for weight in row["worst"]),
            f"{row['zeroed']:.2%}",
            number(row["bias_rows"]),
        )
        for row in rows
    ]
    return sheet("weights rounded to integers; errors over the root mean square of the weights", ROUNDED, lines)
