"""What ships with snnmap: workloads, chips, technologies."""

from typing import Any

from snnmap.frontend import workload_table
from snnmap.hardware import chip_names, load_hardware, technology_names


def list_workloads() -> list[dict[str, Any]]:
    """Shipped workloads: name, kind, neurons, synapses, the paper's sizes where it is one of the papers', summary."""
    return workload_table()


def list_hardware() -> dict[str, Any]:
    """Shipped chips and technologies."""
    chips = [load_hardware(name) for name in chip_names()]
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
        "technologies": technology_names(),
    }


def show_hardware(name: str, technology: str | None = None) -> dict[str, Any]:
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
            {"key": key, "value": q.value, "unit": q.unit, "citation": q.citation, "band": q.band}
            for key, q in every.items()
        ],
        "recalled": [key for key, q in every.items() if q.recalled],
    }
