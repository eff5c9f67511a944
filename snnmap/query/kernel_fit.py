"""What convolutions take that are held by their kernels, before any data: a partition of these, a bound of the rest."""

from typing import NamedTuple

import numpy as np

from snnmap.analysis.bounds import degree_bounds
from snnmap.core.arrays import I64, offsets
from snnmap.core.errors import InfeasibleError
from snnmap.hardware import Hardware
from snnmap.ir import Clustering, SpikeGraph
from snnmap.pipeline.options import Conv
from snnmap.stages.protocols import PartitionProblem, Run
from snnmap.stages.registry import REGISTRIES


class Way(NamedTuple):
    """How convolutions are held, as in `CompileOptions`; without an objective `auto` weighs crossbars."""

    conv: Conv = "unrolled"
    copies: int = 0


class KernelFit(NamedTuple):
    """A partition of kernels and of the rest."""

    clustering: Clustering | None
    """None if the chip cannot hold them."""
    bounds: dict[str, int]
    """Crossbars: of kernels as many as there are, of the rest at least; and together."""
    why: str
    """Why there is no partition."""


def kernel_fit(graph: SpikeGraph, chip: Hardware, way: Way, rest: str) -> KernelFit:
    """Crossbars for the kernels of a network on a chip, and for the rest, partitioned by `rest`."""
    options = {"mode": way.conv, "copies": way.copies, "rest": rest}
    try:
        partition = REGISTRIES["partition"]["dense"](**options)
        clustering = partition(PartitionProblem(graph, chip), Run(np.random.default_rng(0)))
    except InfeasibleError as error:
        return KernelFit(None, {}, str(error))
    kernels = np.diff(clustering.use_ptr) > 1
    held = int(np.count_nonzero(kernels))
    left = _bound(graph, ~kernels[clustering.home], chip)
    return KernelFit(clustering, {"kernels": held, "other layers": left, "together": held + left}, "")


def _bound(graph: SpikeGraph, kept: "np.ndarray[tuple[int], np.dtype[np.bool_]]", chip: Hardware) -> int:
    """Crossbars at least for the neurons that are `kept`, by `degree_bounds`."""
    network = graph.network
    if not kept.any():
        return 0
    into = np.concatenate([np.zeros(network.externals, bool), kept])[network.post]
    before: I64 = offsets(into)
    inputs = np.bincount(network.post[into], minlength=network.sources)[network.externals :][kept]
    return max(degree_bounds(inputs, np.diff(before[network.indptr]), chip).values())
