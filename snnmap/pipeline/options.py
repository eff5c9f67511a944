"""What a user may say about a compilation besides the workload and its data."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from snnmap.core.errors import InputError
from snnmap.frontend import LoadOptions
from snnmap.ir import OperatingPoint
from snnmap.ir.devices import ChipMap
from snnmap.pipeline.operating import operating_point

__all__ = ["CONVS", "SPLITS", "CompileOptions", "LoadOptions", "Split"]

Split = Literal["partial_sum", "unroll", "none"]
Conv = Literal["unrolled", "dense", "packed", "auto"]


SPLITS: tuple[Split, ...] = ("partial_sum", "unroll", "none")
CONVS: tuple[Conv, ...] = ("unrolled", "dense", "packed", "auto")


@dataclass(frozen=True, slots=True)
class CompileOptions:
    """Everything that `compile` can be told besides the workload and its data."""

    hardware: str = "pcm-mesh"
    """Shipped chip or path of a TOML file."""
    technology: str | None = None
    """Another device technology for that chip, or its own."""
    objective: str = "default"
    seed: int = 0
    split: Split = "partial_sum"
    """What happens to a neuron with more inputs than a crossbar has rows."""
    conv: Conv = "unrolled"
    """How convolutions are held: every synapse by a cell of its own, or the kernels once, used for one output position
    after another (`dense`), or for as many at a time as fit beside each other (`packed`); `auto`: whatever serves the
    objective's own figure, layer by layer (`pipeline.ways`)."""
    copies: int = 0
    """Crossbars that hold the same kernels and share their uses; 0: as many as the neurons' states need."""
    time_budget: float | None = None
    """Seconds for the searches of partition, placement and wiring together; the best found so far is kept.

    Loading and profiling before them, and the schedule, evaluation and verification after them, take as long as they
    take; so does a first legal partition (6 processor seconds of AlexNet's 52)."""
    settings: tuple[tuple[str, Any], ...] = ()
    """`stage` or `stage.field` to value, on top of the objective's preset."""
    terms: tuple[tuple[str, float], ...] = ()
    """Placement terms (`thermal`, `leakage`, `lifetime`) and their weights: objectives as weighted sums."""
    variation: int | None = None
    """Seed of tile-to-tile process variation of the endurance; none: identical tiles."""
    pulse: float | str | None = None
    """Length of a read pulse and of eSpine's spike, s or text with a unit (`1.77us`); none: the chip's."""
    pace: float | str = "real-time"
    """`real-time`, `flat-out` (steps back to back at the guaranteed period), or steps per second."""
    ambient: float | str | None = None
    """Air, K or text with a unit (`25degC`); none: the package's, and eSpine's in `espine` mode."""
    chip: Path | str | ChipMap | None = None
    """One chip, or its file, whose stuck cells the wiring keeps sensitive weights off; for objective `accuracy`."""

    def __post_init__(self) -> None:
        if self.split not in SPLITS:
            raise InputError(f"split {self.split!r} is unknown; there is: {', '.join(SPLITS)}")
        if self.conv not in CONVS:
            raise InputError(f"conv {self.conv!r} is unknown; there is: {', '.join(CONVS)}")
        if self.copies < 0:
            raise InputError(f"copies must be 1 or more, or 0 for as many as are needed, not {self.copies}")
        if self.copies and self.conv == "unrolled":
            raise InputError("copies are of kernels that are held once: give --conv dense, packed or auto with them")
        if self.seed < 0 or (self.variation or 0) < 0:
            raise InputError(f"seeds must not be negative, but are {self.seed} and {self.variation}")
        if self.time_budget is not None and not self.time_budget >= 0:
            raise InputError(f"the time budget must be 0 seconds or more, not {self.time_budget}")
        _ = self.point

    def partitioning(self, partition: str, ways: str = "") -> tuple[tuple[str, Any], ...]:
        """`settings`, with the partitioner that holds convolutions by their kernels, and leaves the rest to another.

        partition
            Name of the objective's own partitioner.
        ways
            How layers are held that are not held as `conv` says, `conv1:packed+conv2:unrolled`.
        """
        if self.conv == "unrolled":
            return self.settings
        given = dict(self.settings)
        asked: dict[str, Any] = {"partition": "dense", "partition.mode": self.conv, "partition.copies": self.copies}
        asked |= {"partition.ways": ways} if ways else {}
        asked["partition.rest"] = given.pop("partition", partition)
        return tuple((asked | given).items())

    @property
    def point(self) -> OperatingPoint:
        """Operating point in SI, as a mapping records it."""
        return operating_point(self.pulse, self.pace, self.ambient)
