"""Rows of a sweep that never ran."""

from typing import Any


def row(
    name: str,
    energy: float | None,
    area: float | None,
    *,
    workload: str = "net",
    lifetime: float | None = 1.0,
    doubts: str = "",
    **more: Any,
) -> dict[str, Any]:
    """A row with three figures, at the same place of the grid as any other unless `more` says where."""
    return {
        "run": name,
        "workload": workload,
        "hardware": "pcm-mesh",
        "rows": 64,
        "columns": 64,
        "technology": "pcm-65",
        "objective": "default",
        "settings": "",
        "terms": "",
        "seed": 0,
        "split": "partial_sum",
        "pace": "realtime",
        "workload_digest": "a" * 64,
        "hardware_digest": "b" * 64,
        "version": "1",
        "status": "mapped",
        "why": "",
        "doubts": doubts,
        "energy_J": energy,
        "area_m2": area,
        "device_lifetime_s": lifetime,
        **more,
    }
