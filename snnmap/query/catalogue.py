"""What ships with snnmap: workloads, chips, technologies."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from snnmap.core.errors import InputError
from snnmap.frontend import workload_table
from snnmap.hardware import Quantity, chip_names, describe, load_hardware, technology_names
from snnmap.hardware.targets.catalogue import is_target, load_machine, target_names
from snnmap.pipeline.objectives import TERM_NAMES, objectives
from snnmap.stages.registry import REGISTRIES, package_of


def list_workloads() -> list[dict[str, Any]]:
    """Shipped workloads: name, kind, neurons, synapses, the paper's sizes where it is one of the papers', summary."""
    return workload_table()


def list_hardware() -> dict[str, Any]:
    """Shipped chips and technologies, and machines without crossbars with the command that takes each."""
    chips = [load_hardware(name) for name in chip_names()]
    return {
        "chips": [
            {
                "name": c.name,
                "crossbar": c.crossbar,
                "mesh": f"adapts, up to {c.max_tiles} tiles" if c.adaptive else f"{c.mesh_width}x{c.mesh_height}",
                "technology": c.technology.name,
                "description": c.description,
            }
            for c in chips
        ],
        "technologies": technology_names(),
        "machines": [
            {"name": m.name, "kind": m.kind, "command": m.command, "description": m.description}
            for m in map(load_machine, target_names())
        ],
    }


def show_hardware(name: str, technology: str | None = None) -> dict[str, Any]:
    """Limits of a chip, or of a machine without crossbars, in words, and every constant with unit and source.

    Raises
    ------
    InputError
        If there is no such chip, machine or technology, or a machine is given a technology.
    """
    if is_target(name):
        if technology is not None:
            raise InputError(f"{name!r} is a machine without crossbars, which has no technology to exchange")
        machine = load_machine(name)
        shown = _constants(machine.name, [*machine.limits, f"taken by: {machine.command}"], machine.quantities)
        return {**shown, "kind": machine.kind, "command": machine.command}
    chip = load_hardware(name, technology)
    every = {**chip.values, **{f"technology.{key}": q for key, q in chip.technology.values.items()}}
    return _constants(chip.name, describe(chip), every)


def _constants(name: str, limits: Sequence[str], every: Mapping[str, Quantity]) -> dict[str, Any]:
    return {
        "name": name,
        "limits": list(limits),
        "quantities": [
            {"key": key, "value": q.value, "unit": q.unit, "citation": q.citation, "band": q.band}
            for key, q in every.items()
        ],
        "recalled": [key for key, q in every.items() if q.recalled],
    }


def algorithms() -> dict[str, Any]:
    """Objectives with what they stand for, and the algorithms of every stage with options, defaults and package.

    Raises
    ------
    InputError
        If an algorithm or objective of an installed package cannot be used.
    """
    stages = {stage: [_algorithm(name, kind) for name, kind in listed.items()] for stage, listed in REGISTRIES.items()}
    presets = {name: asdict(preset) for name, preset in objectives().items()}
    return {"objectives": presets, "stages": stages, "terms": list(TERM_NAMES)}


def _algorithm(name: str, kind: type[Any]) -> dict[str, Any]:
    return {
        "algorithm": name,
        "summary": (kind.__doc__ or "").strip().partition("\n")[0],
        "options": {f.name: getattr(kind(), f.name) for f in fields(kind)},
        "package": package_of(kind),
    }
