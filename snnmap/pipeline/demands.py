"""What a network must have, and may not ask of a chip, to be mapped at all: refused before hours go into it."""

import numpy as np

from snnmap.analysis.bounds import lower_bounds
from snnmap.analysis.convolution import is_shared
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.hardware import Hardware
from snnmap.ir import Network, SpikeGraph
from snnmap.pipeline.options import CompileOptions


def must_be_mappable(network: Network, hardware: Hardware, options: CompileOptions, *, at_once: bool = True) -> None:
    """Refuse what cannot fit by its structure alone, before hours go into its profile and its partition.

    `at_once`: on as many tiles as there are, not in phases.
    """
    must_have_kernels(network, options.conv)
    if at_once and network.neurons and options.split != "unroll" and options.conv == "unrolled":
        sized_for(network, hardware, options.conv, max(lower_bounds(network, hardware).values()))
    held = hardware.weights
    for p in network.populations:
        if not p.levels or not held.levels:
            continue
        steps = p.levels - 1 if held.reference_lines or p.levels % 2 == 0 else (p.levels - 1) // 2
        if (held.states - 1) % steps:
            remedy = (
                f"The chip's must be one more than a multiple of {steps}: fewer levels of the weights "
                f"(--quantise, --levels), or a chip whose [weights] have as many states."
            )
            raise InfeasibleError(f"states of an integer weight into {p.name!r}", steps + 1, held.states, remedy)


def sized_for(network: Network, hardware: Hardware, conv: str, clusters: int) -> Hardware:
    """The chip with room for so many clusters; where there is none, and there are kernels, they are named too.

    Raises
    ------
    InfeasibleError
        If more tiles are needed than the chip has or may grow to.
    """
    try:
        return hardware.sized(clusters)
    except InfeasibleError as error:
        if conv != "unrolled" or not is_shared(network):
            raise
        remedy = f"{error.remedy} Convolutions take fewer by their kernels (--conv dense)."
        raise InfeasibleError(error.resource, error.asked, error.available, remedy) from None


def must_have_kernels(network: Network, conv: str) -> None:
    """Refuse to hold once what has no kernels, and layers that hear themselves: positions need their states at once."""
    if conv not in ("dense", "packed"):
        return
    for p in network.populations:
        post = network.post[network.indptr[p.first] : network.indptr[p.stop]]
        if np.any((post >= p.first) & (post < p.stop)):
            raise InputError(
                f"population {p.name!r} is recurrent, and has no kernel: --conv {conv} is not for it; use auto"
            )
    if not is_shared(network):
        raise InputError(
            f"--conv {conv}: no layer is a convolution, that is a population with a shape of channels and places that "
            "feeds another, with the same weights at every place; use --conv unrolled"
        )


def must_have_work(graph: SpikeGraph) -> None:
    """Refuse a network in which there is nothing to map."""
    network = graph.network
    if network.neurons == 0:
        raise InfeasibleError("neurons", 1, 0, "The network is empty: give a network with at least one neuron.")
    if network.synapses == 0:
        raise InfeasibleError("synapses", 1, 0, "No neuron has an input: give a connected network.")
    if int(graph.spikes[~network.is_bias()].sum()) == 0:
        raise InfeasibleError(
            "spikes", 1, 0, "Nothing spiked while profiling: give data with activity, more steps, or a higher rate."
        )
