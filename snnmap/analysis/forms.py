"""Forms of a network's layers, read off its synapses: which are convolutions, with what geometry, and which are not."""

from dataclasses import replace

import numpy as np

from snnmap.analysis.convolution import BLOCK, Shared, shared_layers
from snnmap.ir import Network, Population
from snnmap.ir.forms import FormKind, LayerForm


def network_forms(network: Network) -> tuple[LayerForm, ...]:
    """Form of all synapses between every pair of populations, in order of who hears, then who is heard.

    A convolution has the geometry of its kernel; one that hears each channel by itself, with equal weights, is a pool.
    Of another pair of populations it is known whether sources and neurons are connected one to one, all to all, or how
    many synapses there are. Constant inputs are rows of the layer that they go to.
    """
    pops, heard = network.populations, _heard(network)
    kernels: dict[str, list[Shared]] = {}
    for shared in shared_layers(network):
        kernels.setdefault(shared.name, []).append(shared)
    forms = []
    for target in sorted(heard):
        constant = [(pops[k].size, many) for k, many in heard[target] if pops[k].kind == "bias"]
        biases, steady = sum(size for size, _ in constant), sum(many for _, many in constant)
        for source, many in heard[target]:
            if pops[source].kind == "bias":
                continue
            groups = kernels.get(pops[target].name)
            if groups:
                form = _convolution(pops[source], pops[target], groups)
            else:
                form = _plain(pops[source], pops[target], many, biases)
            if form.synapses != many + steady:
                form = replace(form, drawn=many + steady)
            forms.append(form)
            biases = steady = 0  # once
    return tuple(forms)


def _heard(network: Network) -> dict[int, list[tuple[int, int]]]:
    """Populations that each population hears, ascending, and by how many synapses; a part of the list at a time."""
    index, found = network.population_of(), dict[int, list[tuple[int, int]]]()
    for k, q in enumerate(network.populations):
        first, last = int(network.indptr[q.first]), int(network.indptr[q.stop])
        count = np.zeros(len(network.populations), np.int64)
        for start in range(first, last, BLOCK):
            count += np.bincount(index[network.post[start : min(start + BLOCK, last)]], minlength=len(count))
        for target in np.flatnonzero(count).tolist():
            found.setdefault(target, []).append((k, int(count[target])))
    return found


def _convolution(source: Population, target: Population, groups: list[Shared]) -> LayerForm:
    """Form of a layer whose kernels are known; of unequal groups it is the largest, as often as there are groups."""
    moving = [shared.place[:, 0] >= 0 for shared in groups]
    place = np.concatenate([shared.place[own] for shared, own in zip(groups, moving, strict=True)])
    kernel = int(place[:, 1].max()) + 1, int(place[:, 2].max()) + 1
    taken = _planes(source.shape)
    first = groups[0]
    window = first.windows[:, moving[0]]
    use, row = (int(n) for n in np.argwhere(window >= 0)[0])
    at = np.unravel_index(int(window[use, row]) - source.first, taken)
    position = divmod(use, first.grid[1])
    own = first.place[moving[0]][row]
    padding = tuple(int(position[k] * first.stride[k] + own[1 + k] - at[1 + k]) for k in (0, 1))
    outputs = max(shared.outputs.shape[1] for shared in groups) * len(groups)
    matrices = [shared.matrix[there] for shared, there in zip(groups, moving, strict=True)]
    alike = all(m.shape[1] == 1 and np.all(m == matrices[0][0, 0]) for m in matrices)
    kind: FormKind = "pool" if alike and len(groups) == taken[0] else "conv"
    return LayerForm(
        target.name,
        source.name,
        kind,
        taken,
        outputs,
        grid=first.grid,
        kernel=kernel,
        stride=first.stride,
        padding=(padding[0], padding[1]),
        groups=len(groups) if taken[0] % len(groups) == 0 else 1,
        biases=max(int(np.count_nonzero(~own)) for own in moving),
    )


def _plain(source: Population, target: Population, synapses: int, biases: int) -> LayerForm:
    """Form of a layer without kernels: one position."""
    inputs, outputs = source.size, target.size
    if synapses == inputs * outputs:
        return LayerForm(target.name, source.name, "dense", (inputs, 1, 1), outputs, biases=biases)
    if synapses == inputs == outputs:
        kind: FormKind = "one-to-one"
        return LayerForm(target.name, source.name, kind, (inputs, 1, 1), outputs, groups=inputs, biases=biases)
    return LayerForm(target.name, source.name, "random", (inputs, 1, 1), outputs, biases=biases)


def _planes(shape: tuple[int, ...]) -> tuple[int, int, int]:
    return (shape[0], shape[1], shape[2]) if len(shape) == 3 else (shape[0], 1, shape[1])
