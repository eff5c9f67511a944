"""Who spikes how often: what `profile` shows."""

from typing import Any

import msgspec
import numpy as np

from snnmap.ir import ANALOG, SpikeGraph

SATURATED = 0.9
"""Spikes per neuron and step above which a population counts as saturated."""


def activity(graph: SpikeGraph) -> dict[str, Any]:
    """Activity of every population per sample, accuracy, and what was assumed: what `profile` shows."""
    return {
        "name": graph.provenance.name,
        "samples": graph.frames,
        "steps": graph.steps,
        "dt": graph.dt,
        "accuracy": graph.accuracy,
        "spikes": int(graph.spikes[graph.network.externals :].sum()),
        "populations": populations_of(graph),
        **graph.remarks.told(),
        "digest": graph.digest(),
        "provenance": msgspec.to_builtins(graph.provenance),
        "notes": notes_of(graph),
    }


def populations_of(graph: SpikeGraph) -> list[dict[str, Any]]:
    """A record per population but the biases: neurons, spikes per sample, rate per neuron and step."""
    populations = []
    for p in graph.network.populations:
        if p.kind == "bias":
            continue
        spikes = graph.spikes[p.first : p.stop]
        rate = float(spikes.sum()) / max(1, p.size * graph.window)
        populations.append(
            {
                "name": p.name,
                "kind": p.kind,
                "neurons": p.size,
                "spikes_per_sample": float(spikes.sum()) / graph.frames,
                "rate_per_step": rate,
                "silent": int(np.count_nonzero(spikes == 0)),
                "saturated": p.kind == "neuron" and p.model not in ANALOG and rate > SATURATED,
            }
        )
    return populations


def notes_of(graph: SpikeGraph) -> list[str]:
    """What was assumed and repaired, and populations that are dead or saturated, a sentence each."""
    notes = [*graph.remarks.assumed, *(f"repaired: {line}" for line in graph.remarks.repairs)]
    for p in populations_of(graph):
        if p["kind"] == "neuron" and p["silent"] == p["neurons"]:
            notes.append(f"population {p['name']!r} is dead: it never spiked; check dt, reset and encoding")
        if p["saturated"]:
            rate = f"{p['rate_per_step']:.2f} spikes per neuron and step"
            notes.append(f"population {p['name']!r} is saturated: {rate}; check dt and reset")
    return notes
