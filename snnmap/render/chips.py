"""One chip as it is, in words: how large it is, how many of its cells are stuck, how far its columns spread."""

from collections.abc import Mapping
from typing import Any


def chip_told(facts: Mapping[str, Any]) -> list[str]:
    """What the facts of a chip amount to, a line each."""
    halves, slices, rows, columns = facts["places"]
    return [
        f"cells of a tile: {halves} x {slices} x {rows} x {columns} (halves, slices, rows, columns)",
        *(
            f"stuck at {where}: {facts[key]:,} cells, {100 * facts[key + '_share']:.3g} %"
            for key, where in (("stuck_on", "g_max"), ("stuck_off", "g_min"))
        ),
        f"most of them on tile {facts['worst_tile']}",
        f"columns: gains spread by {facts['gain_spread']:.3g}, offsets by {facts['offset_spread']:.3g} cells",
    ]
