"""Whether a network that was read from a file can be one at all: ids exist, weights are numbers on their grid.

What is checked here is what later code relies on without asking, beyond what the constructors of the records see.
"""

import numpy as np

from snnmap.core.errors import InputError
from snnmap.ir.models import declared
from snnmap.ir.network import Network


def network_must_make_sense(network: Network) -> None:
    """Refuse a network that contradicts itself.

    Raises
    ------
    InputError
        That names the first thing that cannot be.
    """
    _populations(network)
    _synapses(network)


def must(so: object, what: str) -> None:
    """Refuse `what`, unless it is so.

    Raises
    ------
    InputError
        If it is not.
    """
    if not so:
        raise InputError(what)


def _populations(network: Network) -> None:
    for p in network.populations:
        where = f"population {p.name!r}"
        must(p.shape and all(side > 0 for side in p.shape), f"{where} has shape {p.shape}")
        must(p.kind == (p.model if p.model in {"input", "bias"} else "neuron"), f"{where} is {p.kind} and {p.model}")
        must(p.level >= 0 and (p.kind == "neuron") == (p.level > 0), f"{where} is at level {p.level}")
        for key in declared(p.model, p.parameters):
            must(not np.any(np.isnan(p.parameters[key])), f"{key} of {where} is not a number")
    names = [p.name for p in network.populations]
    must(len(set(names)) == len(names), "two populations have one name")
    known = all(0 <= k < len(names) and network.populations[k].kind == "neuron" for k in network.outputs)
    must(known, "an output is no population of neurons")


def _synapses(network: Network) -> None:
    indptr, post = network.indptr, network.post
    must(indptr[0] == 0 and np.all(np.diff(indptr) >= 0), "the synapses of the sources are out of order")
    ascending = np.diff(post.astype(np.int64)) > 0
    first = indptr[1:-1]
    ascending[first[(first > 0) & (first < len(post))] - 1] = True
    must(np.all(ascending), "the targets of a source repeat or do not ascend")
    exponent = np.frexp(network.grid)[0]
    must(np.all(np.isfinite(network.grid) & (network.grid > 0) & (exponent == 0.5)), "a grid is no power of two")
    of_target = network.grid[network.population_of()[post]] if len(post) else np.zeros(0)
    multiple = network.weight / of_target
    must(np.all(np.isfinite(multiple)) and np.all(multiple == np.rint(multiple)), "a weight is not on its grid")
