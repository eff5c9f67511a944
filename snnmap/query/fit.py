"""Whether a network can fit a chip, before any data."""

from typing import Any

import numpy as np

from snnmap.core.errors import InfeasibleError
from snnmap.frontend import load_network
from snnmap.hardware import load_hardware
from snnmap.query.network import Pooling


def check(
    source: str,
    *,
    hardware: str = "pcm-mesh",
    technology: str | None = None,
    pooling: Pooling = "fold",
    strict: bool = False,
) -> dict[str, Any]:
    """Whether a network can fit a chip, from its structure alone: crossbars at least, neurons that exceed the rows.

    Raises
    ------
    InputError
        If network or chip cannot be read.
    """
    read = load_network(source, pooling=pooling, strict=strict)
    network = read.network
    chip = load_hardware(hardware, technology)
    from snnmap.stages.partition import lower_bounds

    bounds = lower_bounds(network, chip)
    fan_in = np.bincount(network.post, minlength=network.sources)[network.externals :]
    most = chip.rows if chip.synapse_limit is None else min(chip.rows, chip.synapse_limit)
    over = int(np.count_nonzero(fan_in > most))
    needed = max(bounds.values(), default=0)
    tiles = chip.max_tiles if chip.adaptive else chip.tiles
    notes = []
    if over:
        means = (
            "their columns are split and the partial sums added digitally" if chip.merge else "the chip cannot merge"
        )
        notes.append(f"{over:,} of {network.neurons:,} neurons have more than {most} inputs: {means}")
    fits = True
    try:
        chip.sized(needed)
    except InfeasibleError as error:
        fits = False
        notes.append(str(error))
    if over and not chip.merge:
        fits = False
        notes.append(
            f"Use larger crossbars (at least {int(fan_in.max())} rows), a chip that merges, or --split unroll."
        )
    return {
        "name": read.name,
        "hardware": chip.name,
        "fits": fits,
        "neurons": network.neurons,
        "synapses": network.synapses,
        "crossbars_at_least": needed,
        "bounds": bounds,
        "tiles": tiles,
        "neurons_over_rows": over,
        "largest_fan_in": int(fan_in.max(initial=0)),
        "rows": chip.rows,
        "columns": chip.columns,
        "notes": notes,
    }
