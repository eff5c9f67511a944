"""Population codes: every output becomes several neurons that say it together, in a single step. Knows no chip."""

from dataclasses import replace

import numpy as np

from snnmap.core.arrays import F64, I64, offsets, row_of_entry
from snnmap.core.errors import InputError
from snnmap.ir import Network, Population


def with_population_code(network: Network, copies: int) -> Network:
    """The network with `copies` neurons in the place of every output.

    Copy k of output n of a population of N is its neuron k N + n, with the synapses of n; training would make them
    differ. Shapes become (copies N,).

    Raises
    ------
    InputError
        If there is no output or copy, or an output feeds anything.
    """
    if copies < 1:
        raise InputError(f"a population code takes at least 1 neuron for every output, not {copies}")
    if not network.outputs:
        raise InputError("the network names no output that a population could stand for")
    index, pre = network.population_of(), row_of_entry(network.indptr)
    for k in network.outputs:
        if np.any(index[pre] == k):
            raise InputError(
                f"output {network.populations[k].name!r} feeds neurons; a population code only ends a network"
            )
    populations, first = _populations(network, copies)
    old = np.array([p.first for p in network.populations], np.int64)
    base = (network.post - old[index[network.post]] + first[index[network.post]]).astype(np.int64)
    count = np.where(np.isin(index[network.post], network.outputs), copies, 1)
    each = np.repeat(np.arange(len(base)), count)
    turn = np.arange(len(each)) - np.repeat(offsets(count)[:-1], count)
    size = np.array([p.size for p in network.populations], np.int64)[index[network.post]]
    post = base[each] + turn * size[each]
    source = (pre - old[index[pre]] + first[index[pre]])[each]
    order = np.lexsort((post, source))
    indptr = offsets(np.bincount(source, minlength=populations[-1].stop))
    return replace(
        network,
        populations=tuple(populations),
        indptr=indptr,
        post=post[order].astype(np.int32),
        weight=network.weight[each][order],
    )


def _populations(network: Network, copies: int) -> tuple[list[Population], I64]:
    """The populations of the new network, and the first source of each."""
    made: list[Population] = []
    for k, p in enumerate(network.populations):
        first = made[-1].stop if made else 0
        times = copies if k in network.outputs else 1
        shape = (p.size * times,) if times > 1 else p.shape
        parameters: dict[str, F64] = {key: np.tile(values, times) for key, values in p.parameters.items()}
        made.append(replace(p, first=first, shape=shape, parameters=parameters))
    return made, np.array([p.first for p in made], np.int64)
