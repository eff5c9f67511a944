"""One chip as it was measured or drawn: which of its cells are stuck, and how its columns are read."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64, frozen
from snnmap.core.errors import InputError
from snnmap.core.shown import Shown

I8 = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class ChipMap(Shown):
    """What is particular about the tiles of one chip; T tiles, places and columns as its hardware's weights lay them.

    Raises
    ------
    InputError
        If arrays do not belong together, or hold what makes no sense.
    """

    chip: str
    """Name of the hardware."""
    mesh: tuple[int, int]
    """Tiles in x and y."""
    stuck: I8
    """(T, halves, slices, rows, columns) 1: at g_max, -1: at g_min, 0: as programmed; a reference stands last."""
    gain: F64
    """(T, columns x slices) factor of what every column's converter reads; slices of a column side by side."""
    offset: F64
    """(T, columns x slices) added to that whenever the column is read, in currents of a full cell."""

    def __post_init__(self) -> None:
        for name, dtype in (("stuck", np.int8), ("gain", np.float64), ("offset", np.float64)):
            object.__setattr__(self, name, frozen(getattr(self, name), dtype))
        if self.stuck.ndim != 5 or self.gain.ndim != 2 or self.offset.shape != self.gain.shape:
            raise InputError(
                "a chip has stuck (tiles, halves, slices, rows, columns), and gain and offset (tiles, columns)"
            )
        if not (len(self.stuck) == len(self.gain) == self.mesh[0] * self.mesh[1]):
            raise InputError(f"a chip of {self.mesh[0]} x {self.mesh[1]} tiles has arrays of {len(self.stuck)} tiles")
        if self.stuck.size and np.abs(self.stuck).max() > 1:
            raise InputError("stuck holds other values than -1, 0 and 1")
        for name in ("gain", "offset"):
            wrong = np.argwhere(~np.isfinite(getattr(self, name)))
            if len(wrong):
                raise InputError(f"{name} of tile {wrong[0][0]}, column {wrong[0][1]} is not a number")
        if self.gain.size and self.gain.min() <= 0:
            tile, column = np.argwhere(self.gain <= 0)[0]
            raise InputError(f"gain of tile {tile}, column {column} must be positive, not {self.gain[tile, column]:g}")

    def facts(self) -> dict[str, Any]:
        """What it amounts to, JSON-able."""
        cells = max(self.stuck.size, 1)
        return {
            "chip": self.chip,
            "mesh": list(self.mesh),
            "places": list(self.stuck.shape[1:]),
            "stuck_on": int(np.count_nonzero(self.stuck == 1)),
            "stuck_off": int(np.count_nonzero(self.stuck == -1)),
            "stuck_on_share": float(np.count_nonzero(self.stuck == 1) / cells),
            "stuck_off_share": float(np.count_nonzero(self.stuck == -1) / cells),
            "gain_spread": float(self.gain.std()) if self.gain.size else 0.0,
            "offset_spread": float(self.offset.std()) if self.offset.size else 0.0,
            "worst_tile": int(np.argmax(np.count_nonzero(self.stuck.reshape(len(self.stuck), -1), axis=1))),
        }
