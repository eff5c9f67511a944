"""Convolutions, read off the synapses: kernel matrices, and what drives and reads them at every output position.

A network holds every synapse of a convolution. Whether weights are one, is read off them: of all strides the one is
taken for which the inputs of a unit lie closest together; every synapse must then be what one kernel says, and none
may be missing. So nothing has to be believed, and a layer that was trained without shared weights is none. Pooling is a
convolution by channels, a constant input is a row that drives every position.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F32, F64, I32, I64, Bool
from snnmap.ir import Network

BLOCK = 2**22
"""Synapses that are looked at together, about."""

Ids = I32 | I64
Reals = F32 | F64


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """Weights of a layer, or of some channels of it, that are used at P output positions: a (rows, columns) matrix."""

    name: str
    """Population of its neurons."""
    matrix: F64
    """(rows, columns) weights."""
    there: Bool
    """(rows, columns) whether there is a synapse, be its weight 0."""
    windows: I64
    """(P, rows) source of every row at every position; -1: none, as beyond the edge of an image."""
    outputs: I64
    """(P, columns) neuron of every column at every position."""
    grid: tuple[int, int]
    """Output positions, down and across."""
    stride: tuple[int, int]
    """Inputs from one position to the next, down and across."""
    place: I64
    """(rows, 3) input channel of every row, and where it stands in the window, down and across; -1, its source and 0 of
    a constant."""


class Kernel(NamedTuple):
    """A kernel matrix, (channels x height x width, outputs), and the inputs of its rows at every output position."""

    matrix: F64
    there: Bool
    """(rows, outputs) whether there is a synapse, be its weight 0."""
    rows: I64
    """(positions, rows) index into the layer before; -1: beyond its edge."""
    stride: tuple[int, int]
    size: tuple[int, int]
    """Height and width."""


def shared_layers(network: Network) -> tuple[Shared, ...]:
    """Every convolution of a network, by groups of channels that share no input; other layers are left out.

    A population counts if one population besides constant inputs feeds it, both have a shape (channels, width) or
    (channels, height, width), there is more than one output position, and weights and constants are the same at all.
    """
    return tuple(shared for layer in _layers(network) for shared in layer)


def is_shared(network: Network) -> bool:
    """Whether some layer is a convolution, looked for only until one is found."""
    return any(_layers(network))


def _layers(network: Network) -> Iterator[list[Shared]]:
    """Groups of every layer in turn."""
    into = _met(network)
    for k, p in enumerate(network.populations):
        if p.kind != "neuron" or len(p.shape) not in (2, 3):
            continue
        heard = [j for j in into[k] if network.populations[j].kind != "bias"]
        if len(heard) != 1 or heard[0] == k:
            continue
        yield _layer(network, k, heard[0], [j for j in into[k] if j != heard[0]])


def _met(network: Network) -> list[list[int]]:
    """Populations that have a synapse into each population, ascending."""
    index, into = network.population_of(), [list[int]() for _ in network.populations]
    for j, q in enumerate(network.populations):
        post = network.post[network.indptr[q.first] : network.indptr[q.stop]]
        reached = np.zeros(len(into), bool)
        for start in range(0, len(post), BLOCK):
            reached[index[post[start : start + BLOCK]]] = True
        for k in np.flatnonzero(reached).tolist():
            into[k].append(j)
    return into


def _synapses(network: Network, sender: int, k: int) -> tuple[I32, I32, F32]:
    """Synapses from one population to another: index into either, and weight."""
    q, p = network.populations[sender], network.populations[k]
    span = slice(int(network.indptr[q.first]), int(network.indptr[q.stop]))
    count, post, weight = np.diff(network.indptr[q.first : q.stop + 1]), network.post[span], network.weight[span]
    source = np.repeat(np.arange(q.size, dtype=np.int32), count)
    own = (post >= p.first) & (post < p.stop)
    if not np.all(own):
        source, post, weight = source[own], post[own], weight[own]
    return source, post - np.int32(p.first), weight


def _layer(network: Network, k: int, sender: int, constants_of: list[int]) -> list[Shared]:
    """Groups of the convolution from population `sender` to `k`, and constants; none if it is none."""
    p, q = network.populations[k], network.populations[sender]
    shape = p.shape if len(p.shape) == 3 else (p.shape[0], 1, p.shape[1])
    taken = (q.shape[0], 1, q.shape[1]) if len(q.shape) == 2 else q.shape
    kernel = kernel_of(taken, shape, *_synapses(network, sender, k))
    if kernel is None:
        return []
    constants = _constants(shape, *_constant_inputs(network, k, constants_of))
    if constants is None:
        return []
    sources, by_channel, constant = constants
    positions = shape[1] * shape[2]
    outputs = p.first + np.arange(shape[0]) * positions + np.arange(positions)[:, None]
    windows = np.where(kernel.rows >= 0, q.first + kernel.rows, -1)
    made = []
    for channels in _groups(kernel.there, taken[0]):
        rows = np.flatnonzero(np.any(kernel.there[:, channels], axis=1))
        steady = np.flatnonzero(np.any(constant[:, channels], axis=1))
        always = np.broadcast_to(sources[steady], (positions, len(steady)))
        place = np.stack(np.unravel_index(rows, (taken[0], *kernel.size)), axis=1)
        fixed = np.stack([np.full(len(steady), -1), sources[steady], np.zeros(len(steady), np.int64)], axis=1)
        made.append(
            Shared(
                name=p.name,
                matrix=np.vstack([kernel.matrix[np.ix_(rows, channels)], by_channel[np.ix_(steady, channels)]]),
                there=np.vstack([kernel.there[np.ix_(rows, channels)], constant[np.ix_(steady, channels)]]),
                windows=np.hstack([windows[:, rows], always]),
                outputs=outputs[:, channels],
                grid=(shape[1], shape[2]),
                stride=kernel.stride,
                place=np.vstack([place, fixed]),
            )
        )
    return made


def _constant_inputs(network: Network, k: int, senders: list[int]) -> tuple[I64, I64, F64]:
    """Synapses into population `k` from `senders`: source, index into `k`, weight."""
    made = [(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
    for j in senders:
        given, into, value = _synapses(network, j, k)
        first = network.populations[j].first
        made.append((given.astype(np.int64) + first, into.astype(np.int64), value.astype(np.float64)))
    source, unit, weight = (np.concatenate(part) for part in zip(*made, strict=True))
    return source, unit, weight


def _constants(shape: tuple[int, ...], source: I64, unit: I64, weight: F64) -> tuple[I64, F64, Bool] | None:
    """Constant inputs of a layer, their weights (sources, channels), which there are; none if positions differ."""
    sources, row = np.unique(source, return_inverse=True)
    positions = shape[1] * shape[2]
    by_channel = np.zeros((len(sources), shape[0]))
    by_channel[row, unit // positions] = weight
    there = np.bincount(row * shape[0] + unit // positions, minlength=by_channel.size)
    if np.any((there != 0) & (there != positions)) or np.any(by_channel[row, unit // positions] != weight):
        return None
    return sources, by_channel, there.reshape(by_channel.shape) > 0


def _groups(matrix: Bool, channels: int) -> list[I64]:
    """Output channels that share input channels with one another, directly or by others, each group ascending."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import connected_components

    hears = np.any(matrix.reshape(channels, -1, matrix.shape[1]), axis=1)  # (inputs, outputs)
    joined = csr_array(hears.T.astype(np.int32) @ hears.astype(np.int32))
    number = connected_components(joined, directed=False)[1]
    silent = ~np.any(hears, axis=0)
    return [c for g in np.unique(number[~silent]) if len(c := np.flatnonzero((number == g) & ~silent))]


def kernel_of(taken: tuple[int, ...], shape: tuple[int, ...], source: Ids, unit: Ids, weight: Reals) -> Kernel | None:
    """Kernel matrix and its rows at every position, of synapses from a layer of shape `taken` to one of `shape`.

    Parameters
    ----------
    taken, shape
        (channels, height, width) of the layer before, and of the layer.
    source, unit, weight
        Synapses (S,): index into the layer before, into the layer, weight.

    Returns
    -------
    Kernel | None
        None if they are no convolution, or there is one output position.
    """
    from snnmap.analysis.kernels.convolution import DIFFERS, SAME, fill_kernel

    if len(taken) != 3 or len(shape) != 3 or shape[1] * shape[2] == 1 or not len(source):
        return None
    source, unit = source.astype(np.int32, copy=False), unit.astype(np.int32, copy=False)
    synapses = source, unit, weight.astype(np.float64, copy=False), np.array(taken), np.array(shape)
    for channel in (int(unit[0]) // (shape[1] * shape[2]), -1):  # one channel is mostly enough to tell the strides
        (down, top, height), (across, left, width) = _axes(*synapses[:2], *synapses[3:], channel)
        kernel = np.zeros((taken[0], height, width, shape[0]))
        there = np.zeros(kernel.shape, bool)
        found = fill_kernel(*synapses, np.array([down, across]), np.array([top, left]), kernel, there)
        if found == SAME:
            break
        if found == DIFFERS:
            return None
    at_y = down * np.arange(shape[1])[:, None] + top + np.arange(height)  # (positions, kernel)
    at_x = across * np.arange(shape[2])[:, None] + left + np.arange(width)
    inside = ((at_y >= 0) & (at_y < taken[1]))[:, None, :, None] & ((at_x >= 0) & (at_x < taken[2]))[None, :, None, :]
    wanted = np.count_nonzero(there, axis=(0, 3)) * inside.sum(axis=(0, 1))
    if int(wanted.sum()) != len(weight):
        return None
    flat = np.where(inside, at_y[:, None, :, None] * taken[2] + at_x[None, :, None, :], -1)
    plane = np.arange(taken[0])[None, None, :, None, None] * (taken[1] * taken[2])
    rows = np.where(flat[:, :, None] >= 0, plane + flat[:, :, None], -1)
    positions, outputs = shape[1] * shape[2], shape[0]
    return Kernel(
        matrix=kernel.reshape(-1, outputs),
        there=there.reshape(-1, outputs),
        rows=rows.reshape(positions, -1),
        stride=(down, across),
        size=(height, width),
    )


def _axes(source: I32, unit: I32, taken: I64, shape: I64, channel: int) -> list[tuple[int, int, int]]:
    """Stride, first offset and extent of a kernel, down and across, by an output channel; by all if it is negative."""
    from snnmap.analysis.kernels.convolution import pairs_met

    down, across = (np.zeros((taken[axis], shape[axis]), bool) for axis in (1, 2))
    pairs_met(source, unit, taken, shape, channel, down, across)
    return [_axis(down), _axis(across)]


def _axis(met: Bool) -> tuple[int, int, int]:
    """Stride, first offset and extent of a kernel along an axis, of inputs that meet outputs: those of least extent."""
    given, into = np.nonzero(met)
    found = []
    for stride in range(1, len(met) + 1):
        offset = given - stride * into
        found.append((int(offset.max() - offset.min()) + 1, stride, int(offset.min())))
    extent, stride, first = min(found)
    return stride, first, extent
