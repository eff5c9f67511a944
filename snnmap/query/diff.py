"""How two mappings differ. Reads mappings only."""

from typing import Any

import numpy as np

from snnmap.evaluation.figures import unit_of
from snnmap.ir import Mapping
from snnmap.query.where import must_hang_together


def diff(first: Mapping, second: Mapping) -> dict[str, Any]:
    """Figures of two mappings side by side, and how many neurons fire on another tile.

    Raises
    ------
    InputError
        If a mapping contradicts itself.
    """
    for mapping in (first, second):
        must_hang_together(mapping)
    rows = []
    for name in [*first.figures, *(n for n in second.figures if n not in first.figures)]:
        a, b = first.figures.get(name), second.figures.get(name)
        ratio = b / a if isinstance(a, int | float) and isinstance(b, int | float) and a != 0 else None
        rows.append({"name": name, "unit": unit_of(name), "a": a, "b": b, "ratio": ratio})
    notes = []
    for title, a, b in (
        ("workload", first.workload.digest, second.workload.digest),
        ("hardware", first.chip.digest, second.chip.digest),
    ):
        notes.append(f"{title}: {'the same' if a == b else 'different'}")
    moved = None
    if len(first.clustering.home) == len(second.clustering.home):
        homes = [m.placement.tile[m.clustering.home] for m in (first, second)]
        moved = int(np.count_nonzero(homes[0] != homes[1]))
        notes.append(f"{moved:,} of {len(homes[0]):,} neurons fire on another tile")
    return {"figures": rows, "moved_neurons": moved, "notes": notes}
