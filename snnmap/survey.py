"""Looks at networks, activity and chips before anything is mapped: inspect, check, activity, workloads, hardware.

Answers are plain dicts, so that the command line, JSON output and notebooks show the same.
"""

from typing import Any, Literal

import numpy as np

from snnmap.core.errors import InfeasibleError
from snnmap.frontend import load_network, workload_table
from snnmap.hardware import list_hardware, list_technologies, load_hardware
from snnmap.ir import ANALOG, Network, Population, SpikeGraph

Pooling = Literal["fold", "relay"]
SATURATED = 0.9
"""Spikes per neuron and step above which a population counts as saturated."""
TIME_CONSTANTS = ("tau", "tau_mem", "tau_syn")


def inspect(source: str, *, dt: float | None = None, pooling: Pooling = "fold", strict: bool = False) -> dict[str, Any]:
    """Layer table of a network: populations with shape, neurons, synapses, fan-in, time constants, parameters.

    Raises
    ------
    InputError
        If the source cannot be read.
    """
    read = load_network(source, pooling=pooling, strict=strict)
    network = read.network
    step = dt if dt is not None else read.hints.get("dt")
    seconds = float(step) if isinstance(step, int | float) else None
    per_step = read.hints.get("integration") == "step"
    fan_in = np.bincount(network.post, minlength=network.sources)
    populations = [_layer(network, p, fan_in, 1.0 if per_step else seconds) for p in network.populations]
    warnings = [
        f"{p['name']}: time constant {p['tau_over_dt']:.3g} steps is shorter than one step; use a smaller --dt"
        for p in populations
        if p["tau_over_dt"] is not None and p["tau_over_dt"] < 1
    ]
    return {
        "name": read.name,
        "format": read.format,
        "digest": read.digest,
        "inputs": sum(p.size for p in network.populations if p.kind == "input"),
        "neurons": network.neurons,
        "synapses": network.synapses,
        "dt": seconds,
        "populations": populations,
        "outputs": [network.populations[i].name for i in network.outputs],
        "repairs": list(read.repairs),
        "hints": [f"{key} = {read.hints[key]}: {reason}" for key, reason in read.why.items() if key in read.hints],
        "warnings": warnings,
    }


def _layer(network: Network, p: Population, fan_in: Any, step: float | None) -> dict[str, Any]:
    inputs = fan_in[p.first : p.stop]
    neuron = p.kind == "neuron"
    shortest = [float(np.min(p.parameters[k])) for k in TIME_CONSTANTS if k in p.parameters and p.size]
    known = neuron and shortest and step is not None
    return {
        "name": p.name,
        "kind": p.kind,
        "model": p.model,
        "shape": list(p.shape),
        "level": p.level,
        "neurons": p.size if neuron else 0,
        "size": p.size,
        "synapses": int(inputs.sum()),
        "fan_in": [int(inputs.min()), float(np.median(inputs)), int(inputs.max())] if neuron and p.size else None,
        "tau_over_dt": min(shortest) / step if known and step else None,
        "parameters": {key: _span(values) for key, values in p.parameters.items()},
        "output": any(network.populations[i] is p for i in network.outputs),
    }


def _span(values: Any) -> str:
    low, high = float(np.min(values, initial=np.inf)), float(np.max(values, initial=-np.inf))
    return f"{low:.4g}" if low == high else f"{low:.4g}..{high:.4g}"


def check(
    source: str,
    *,
    hardware: str = "pcm-mesh",
    technology: str | None = None,
    pooling: Pooling = "fold",
    strict: bool = False,
) -> dict[str, Any]:
    """Whether a network can fit a chip, from its structure alone: crossbars at least, neurons that exceed the rows.

    Raises
    ------
    InputError
        If network or chip cannot be read.
    """
    read = load_network(source, pooling=pooling, strict=strict)
    network = read.network
    chip = load_hardware(hardware, technology)
    from snnmap.stages.partition import lower_bounds

    bounds = lower_bounds(network, chip)
    fan_in = np.bincount(network.post, minlength=network.sources)[network.externals :]
    most = chip.rows if chip.synapse_limit is None else min(chip.rows, chip.synapse_limit)
    over = int(np.count_nonzero(fan_in > most))
    needed = max(bounds.values(), default=0)
    tiles = chip.max_tiles if chip.adaptive else chip.tiles
    notes = []
    if over:
        means = (
            "their columns are split and the partial sums added digitally" if chip.merge else "the chip cannot merge"
        )
        notes.append(f"{over:,} of {network.neurons:,} neurons have more than {most} inputs: {means}")
    fits = True
    try:
        chip.sized(needed)
    except InfeasibleError as error:
        fits = False
        notes.append(str(error))
    if over and not chip.merge:
        fits = False
        notes.append(
            f"Use larger crossbars (at least {int(fan_in.max())} rows), a chip that merges, or --split unroll."
        )
    return {
        "name": read.name,
        "hardware": chip.name,
        "fits": fits,
        "neurons": network.neurons,
        "synapses": network.synapses,
        "crossbars_at_least": needed,
        "bounds": bounds,
        "tiles": tiles,
        "neurons_over_rows": over,
        "largest_fan_in": int(fan_in.max(initial=0)),
        "rows": chip.rows,
        "columns": chip.columns,
        "notes": notes,
    }


def activity(graph: SpikeGraph) -> dict[str, Any]:
    """Activity of every population per sample, accuracy, and what was assumed: what `profile` shows."""
    populations = []
    notes = [str(line) for line in graph.provenance.get("assumed", ())]
    notes += [f"repaired: {line}" for line in graph.provenance.get("repairs", ())]
    for p in graph.network.populations:
        if p.kind == "bias":
            continue
        spikes = graph.spikes[p.first : p.stop]
        rate = float(spikes.sum()) / max(1, p.size * graph.window)
        saturated = p.kind == "neuron" and p.model not in ANALOG and rate > SATURATED
        populations.append(
            {
                "name": p.name,
                "kind": p.kind,
                "neurons": p.size,
                "spikes_per_sample": float(spikes.sum()) / graph.frames,
                "rate_per_step": rate,
                "silent": int(np.count_nonzero(spikes == 0)),
                "saturated": saturated,
            }
        )
        if p.kind == "neuron" and not spikes.any():
            notes.append(f"population {p.name!r} is dead: it never spiked; check dt, reset and encoding")
        if saturated:
            notes.append(
                f"population {p.name!r} is saturated: {rate:.2f} spikes per neuron and step; check dt and reset"
            )
    return {
        "name": str(graph.provenance.get("name", "")),
        "samples": graph.frames,
        "steps": graph.steps,
        "dt": graph.dt,
        "accuracy": graph.accuracy,
        "spikes": int(graph.spikes[graph.network.externals :].sum()),
        "populations": populations,
        "digest": graph.digest(),
        "provenance": dict(graph.provenance),
        "notes": notes,
    }


def workloads() -> list[dict[str, Any]]:
    """Shipped workloads: name, kind, neurons, synapses, the paper's sizes where it is one of the papers', summary."""
    return workload_table()


def hardware_list() -> dict[str, Any]:
    """Shipped chips and technologies."""
    chips = [load_hardware(name) for name in list_hardware()]
    return {
        "chips": [
            {
                "name": c.name,
                "crossbar": f"{c.rows}x{c.columns}",
                "mesh": f"adapts, up to {c.max_tiles} tiles" if c.adaptive else f"{c.mesh_width}x{c.mesh_height}",
                "technology": c.technology.name,
                "description": c.description,
            }
            for c in chips
        ],
        "technologies": list_technologies(),
    }


def hardware_show(name: str, technology: str | None = None) -> dict[str, Any]:
    """Limits of a chip in words, and every constant with unit and source.

    Raises
    ------
    InputError
        If there is no such chip or technology.
    """
    chip = load_hardware(name, technology)
    every = {**chip.values, **{f"technology.{key}": q for key, q in chip.technology.values.items()}}
    return {
        "name": chip.name,
        "limits": chip.describe(),
        "quantities": [
            {"key": key, "value": q.value, "unit": q.unit, "source": q.source, "band": q.band}
            for key, q in every.items()
        ],
        "recalled": [key for key, q in every.items() if q.recalled],
    }
