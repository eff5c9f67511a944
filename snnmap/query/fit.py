"""Whether a network can fit a chip, before any data."""

from pathlib import Path
from typing import Any

import numpy as np

from snnmap.analysis.bounds import lower_bounds
from snnmap.core.errors import InfeasibleError
from snnmap.formats.profile import is_profile, load_profile
from snnmap.frontend import LoadOptions, Source, load_network
from snnmap.hardware import Hardware, load_hardware
from snnmap.ir import Network
from snnmap.pipeline.profile import FINISHED
from snnmap.query.network import Pooling


def check(
    source: Source,
    *,
    hardware: str = "pcm-mesh",
    technology: str | None = None,
    pooling: Pooling = "fold",
    strict: bool = False,
) -> dict[str, Any]:
    """Whether a network can fit a chip, from its structure alone: crossbars at least, neurons that exceed the rows.

    `source` is what `load_network` takes, or a saved profile.

    Raises
    ------
    InputError
        If network or chip cannot be read.
    """
    name, network = _network(source, pooling, strict)
    chip = load_hardware(hardware, technology)
    bounds = lower_bounds(network, chip)
    fan_in = np.bincount(network.post, minlength=network.sources)[network.externals :]
    over = int(np.count_nonzero(fan_in > chip.fan_in))
    needed = max(bounds.values(), default=0)
    refusals = _too_few_tiles(chip, needed)
    if over and not chip.merge:
        larger = f"Use larger crossbars (at least {int(fan_in.max())} rows), a chip that merges, or --split unroll."
        refusals.append(larger)
    notes = []
    if over:
        split = (
            "their columns are split and the partial sums added digitally" if chip.merge else "the chip cannot merge"
        )
        notes.append(f"{over:,} of {network.neurons:,} neurons have more than {chip.fan_in} inputs: {split}")
    return {
        "name": name,
        "hardware": chip.name,
        "fits": not refusals,
        "neurons": network.neurons,
        "synapses": network.synapses,
        "crossbars_at_least": needed,
        "bounds": bounds,
        "tiles": chip.max_tiles if chip.adaptive else chip.tiles,
        "neurons_over_rows": over,
        "largest_fan_in": int(fan_in.max(initial=0)),
        "rows": chip.rows,
        "columns": chip.columns,
        "notes": [*notes, *refusals],
    }


def _network(source: Source, pooling: Pooling, strict: bool) -> tuple[str, Network]:
    """Name and network of a saved profile or of anything that holds a network."""
    if isinstance(source, str | Path) and is_profile(source):
        LoadOptions(pooling=pooling, strict=strict).must_apply(where=source, why=FINISHED)
        graph = load_profile(source)
        return graph.provenance.name, graph.network
    read = load_network(source, pooling=pooling, strict=strict)
    return read.name, read.network


def _too_few_tiles(chip: Hardware, clusters: int) -> list[str]:
    try:
        chip.sized(clusters)
    except InfeasibleError as error:
        return [str(error)]
    return []
