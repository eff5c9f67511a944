"""What is in a network: layers, fan-in, time constants."""

from typing import Any, Literal

import numpy as np

from snnmap.frontend import Source, load_network
from snnmap.frontend.dialects import DialectName
from snnmap.frontend.networks.parsed import sentences
from snnmap.ir import MODELS, Network, Population

Pooling = Literal["fold", "relay"]


def inspect(
    source: Source,
    *,
    dt: float | None = None,
    pooling: Pooling = "fold",
    strict: bool = False,
    dialect: DialectName | None = None,
) -> dict[str, Any]:
    """Layer table of a network: populations with shape, neurons, synapses, fan-in, time constants, parameters.

    Raises
    ------
    InputError
        If the source cannot be read.
    """
    read = load_network(source, pooling=pooling, strict=strict, dialect=dialect)
    network = read.network
    step = dt if dt is not None else read.hints.get("dt")
    seconds = float(step) if isinstance(step, int | float) else None
    per_step = read.hints.get("integration") == "step"
    populations = layers(network, 1.0 if per_step else seconds)
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
        "hints": sentences(read.hints, read.why),
        "warnings": warnings,
    }


def layers(network: Network, step: float | None) -> list[dict[str, Any]]:
    """A record per population; `step` is what its time constants are compared with, in their unit."""
    fan_in = np.bincount(network.post, minlength=network.sources)
    return [_layer(network, p, fan_in, step) for p in network.populations]


def _layer(network: Network, p: Population, fan_in: Any, step: float | None) -> dict[str, Any]:
    inputs = fan_in[p.first : p.stop]
    neuron = p.kind == "neuron"
    shortest = [float(np.min(p.parameters[k])) for k in MODELS[p.model].time_constants if p.size]
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
