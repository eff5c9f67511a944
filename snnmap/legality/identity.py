"""The identity rules of `verify`: what a mapping says of its workload, its chip and its profile is true.

A reader of the file has neither at hand, and goes by what stands there. Where the workload's files lie, which version
of snnmap profiled it, the seed and the algorithms cannot be told from a result; everything else is compared.
"""

from typing import Any

import msgspec
import numpy as np

from snnmap.hardware import Hardware
from snnmap.hardware.technology import GIVEN
from snnmap.ir import Mapping, PopulationFacts, SpikeGraph, Violation

UNTOLD = {"source": "", "snnmap": ""}
"""Fields of a profile's provenance that a result does not depend on."""


def identity_violations(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> list[Violation]:
    """`workload-digest`, `hardware-digest`, `workload-facts`, `hardware-facts`, `profile-facts`."""
    wrong = _digests(mapping, graph, hardware)
    wrong += _different("workload-facts", mapping.workload, _workload(graph))
    wrong += _different("hardware-facts", mapping.chip, _chip(hardware))
    wrong += _different("hardware-facts", mapping.origin.point, _point(hardware))
    wrong += [
        Violation("workload-facts", name, "differ from the profile", "both must be the same")
        for name in ("spikes", "active_steps")
        if not np.array_equal(getattr(mapping, name), getattr(graph, name))
    ]
    return wrong + _profile(mapping, graph) + _split(mapping, graph)


def _digests(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> list[Violation]:
    pairs = (
        ("workload-digest", mapping.workload.digest, graph.digest()),
        ("hardware-digest", mapping.chip.digest, hardware.digest()),
    )
    return [
        Violation(rule, "file", f"the mapping was made for {named[:12]}", f"this one is {real[:12]}")
        for rule, named, real in pairs
        if named != real
    ]


def _workload(graph: SpikeGraph) -> dict[str, Any]:
    network = graph.network
    return {
        "name": graph.provenance.name,
        "frames": graph.frames,
        "steps": graph.steps,
        "dt": graph.dt,
        "externals": network.externals,
        "accuracy": graph.accuracy,
        "populations": tuple(PopulationFacts(p.name, p.kind, p.model, p.first, p.shape) for p in network.populations),
    }


def _chip(hardware: Hardware) -> dict[str, Any]:
    return {
        "name": hardware.name,
        "rows": hardware.rows,
        "columns": hardware.columns,
        "mesh": (hardware.mesh_width, hardware.mesh_height),
        "grid": hardware.chips.grid,
        "port": hardware.port,
        "clusters_per_tile": hardware.clusters_per_tile,
        "technology": hardware.technology.name,
        "mode": hardware.technology.mode,
    }


def _point(hardware: Hardware) -> dict[str, Any]:
    """Pulse and air that the user gave the chip, or none."""
    values = {"pulse": hardware.values.get("read_time"), "ambient": hardware.values.get("ambient_temperature")}
    return {name: q.value if q is not None and q.citation == GIVEN else None for name, q in values.items()}


def _different(rule: str, said: object, truth: dict[str, Any]) -> list[Violation]:
    return [
        Violation(rule, name, f"the mapping says {_short(getattr(said, name))}", f"it is {_short(real)}")
        for name, real in truth.items()
        if getattr(said, name) != real
    ]


def _short(value: object, most: int = 80) -> str:
    text = str(value)
    return text if len(text) <= most else f"{text[:most]}..."


def _profile(mapping: Mapping, graph: SpikeGraph) -> list[Violation]:
    """How the activity came about: files by digest, options, stimulus, dynamics, classes, remarks."""
    said = mapping.origin.profile
    provenance = msgspec.structs.asdict(graph.provenance)
    wrong = _different("profile-facts", said.provenance, {n: v for n, v in provenance.items() if n not in UNTOLD})
    classes = {"labels": graph.labels, "predictions": graph.predictions}
    told: dict[str, Any] = {name: None if ids is None else tuple(ids.tolist()) for name, ids in classes.items()}
    if said.provenance.snnmap == graph.provenance.snnmap:  # another version may word its remarks differently
        told["remarks"] = graph.remarks
    return wrong + _different("profile-facts", said, {"dynamics": graph.dynamics, **told})


def _split(mapping: Mapping, graph: SpikeGraph) -> list[Violation]:
    """The activity is that of an unrolled network only if the mapping says so; columns are split only where allowed."""
    split, unrolled = mapping.origin.split, graph.provenance.unrolled_to is not None
    if unrolled and split != "unroll":
        there = "the profile is of an unrolled network"
        return [Violation("profile-facts", "split", f"the mapping says {split!r}", there)]
    columns = len(mapping.clustering.column_neuron) - graph.network.neurons
    if split != "partial_sum" and columns > 0:
        there = f"{columns} columns are partial sums"
        return [Violation("profile-facts", "split", f"the mapping says {split!r}", there)]
    return []
