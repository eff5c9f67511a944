"""A workload with the weights that were asked for: rounded before it is profiled, so that its accuracy is simulated."""

from dataclasses import replace
from typing import cast

import msgspec
import numpy as np

from snnmap.frontend import LoadOptions
from snnmap.ir import Network, Spikes, Workload
from snnmap.ir.integers import Quantiser
from snnmap.transform.quantise import quantise


def quantised(workload: Workload) -> Workload:
    """`workload` with its weights rounded as its provenance says; itself if it says nothing, or it is done already.

    Raises
    ------
    InputError
        As `transform.quantise.quantise`.
    """
    said = workload.provenance.options
    if "quantise" not in said or workload.remarks.quantised is not msgspec.UNSET:
        return workload
    how = {key: said[key] for key in ("quantise", "bits", "levels") if key in said}
    options = LoadOptions(**how)  # type: ignore[arg-type]  # what it does not take, it refuses
    made = quantise(workload.network, cast("Quantiser", options.quantise), options.weight_levels)
    return replace(
        workload,
        network=made.network,
        stimulus=_renumbered(workload.stimulus, workload.network, made.network),
        remarks=msgspec.structs.replace(workload.remarks, quantised=made.roundings),
    )


def _renumbered(stimulus: Spikes, before: Network, after: Network) -> Spikes:
    """The stimulus of the same inputs, which other bias rows may have moved."""
    shift = np.array([new.first - old.first for old, new in zip(before.populations, after.populations, strict=True)])
    if not np.any(shift):
        return stimulus
    return replace(stimulus, source=stimulus.source + shift[before.population_of()[stimulus.source]])
