"""How much of its cells' endurance a training on the chip has consumed, and how many such trainings they stand."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from snnmap.frontend.writes import Writes, load_writes
from snnmap.hardware import Technology
from snnmap.physics.endurance import write_endurance
from snnmap.reliability.wear import failure_times


@dataclass(frozen=True, slots=True)
class LayerWrites:
    """Writes of the cells of one layer."""

    layer: str
    cells: int
    largest: int
    mean: float


@dataclass(frozen=True, slots=True)
class TrainingWear:
    """Writes of a training beside what cells endure. A write is one pulse."""

    technology: str
    endurance: float
    """Median write pulses to failure of a cell."""
    batches: int
    layers: tuple[LayerWrites, ...]
    largest: int
    """Of all cells."""
    mean: float
    consumed: float
    """Share of the endurance that the most written cell has consumed."""
    trainings: tuple[float, float, float]
    """Such trainings by which the first cell has failed with 10, 50 and 90 % probability."""

    def document(self) -> dict[str, Any]:
        """Everything, JSON-able."""
        return asdict(self)


def training_wear(writes: Writes | Path | str, technology: Technology) -> TrainingWear:
    """What a training has cost the cells of a technology.

    Cells are those that were trained, one set per weight of the recipe. Every one is written again as often in every
    further training, and fails by itself: log-normally around the median endurance, as in the figures of wear.

    Parameters
    ----------
    writes
        Of `snnmap train --trace`, or their file.
    technology
        Of the cells.

    Raises
    ------
    InputError
        If the file cannot be used.
    """
    found = load_writes(writes) if isinstance(writes, str | Path) else writes
    median = write_endurance(
        technology["endurance"],
        technology["reset_time"],
        technology["endurance_reference_time"],
        technology["endurance_exponent"],
    )
    every = found.every
    times, cells = np.unique(every[every > 0], return_counts=True)
    first = failure_times(median / times, technology["endurance_sigma"], 1, (0.1, 0.5, 0.9), cells)
    layers = tuple(
        LayerWrites(name, array.size, int(array.max(initial=0)), float(array.mean()) if array.size else 0.0)
        for name, array in found.layers.items()
    )
    largest = int(every.max())
    return TrainingWear(
        technology.name, median, found.batches, layers, largest, float(every.mean()), largest / median,
        (first[0], first[1], first[2]),
    )  # fmt: skip
