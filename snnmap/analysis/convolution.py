"""Convolutions, read off the synapses: kernel matrices, and what drives and reads them at every output position.

A network holds every synapse of a convolution. Whether weights are one, is read off them: of all strides the one is
taken for which the inputs of a unit lie closest together; every synapse must then be what one kernel says, and none
may be missing. So nothing has to be believed, and a layer that was trained without shared weights is none. Pooling is a
convolution by channels, a constant input is a row that drives every position.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64, I64, Bool, row_of_entry
from snnmap.ir import Network


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """Weights of a layer, or of some channels of it, that are used at P output positions: a (rows, columns) matrix."""

    name: str
    """Population of its neurons."""
    matrix: F64
    """(rows, columns) weights."""
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
    index = network.population_of()
    pre, target = row_of_entry(network.indptr), index[network.post]
    order = np.argsort(target, kind="stable")
    cuts = np.searchsorted(target[order], np.arange(len(network.populations) + 1))
    found: list[Shared] = []
    for k, p in enumerate(network.populations):
        own = order[cuts[k] : cuts[k + 1]]
        if p.kind != "neuron" or len(p.shape) not in (2, 3) or not len(own):
            continue
        senders = np.unique(index[pre[own]])
        heard = [j for j in senders.tolist() if network.populations[j].kind != "bias"]
        if len(heard) != 1 or heard[0] == k:
            continue
        found += _layer(network, k, heard[0], own, pre[own])
    return tuple(found)


def _layer(network: Network, k: int, sender: int, own: I64, pre: I64) -> list[Shared]:
    """Groups of the convolution from population `sender` to `k`, whose synapses are `own`; none if it is none."""
    p, q = network.populations[k], network.populations[sender]
    shape = p.shape if len(p.shape) == 3 else (p.shape[0], 1, p.shape[1])
    taken = (q.shape[0], 1, q.shape[1]) if len(q.shape) == 2 else q.shape
    weight, unit = network.weight[own].astype(np.float64), network.post[own].astype(np.int64) - p.first
    heard = (pre >= q.first) & (pre < q.stop)
    kernel = kernel_of(taken, shape, pre[heard] - q.first, unit[heard], weight[heard])
    constants = _constants(shape, pre[~heard], unit[~heard], weight[~heard])
    if kernel is None or constants is None:
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
                windows=np.hstack([windows[:, rows], always]),
                outputs=outputs[:, channels],
                grid=(shape[1], shape[2]),
                stride=kernel.stride,
                place=np.vstack([place, fixed]),
            )
        )
    return made


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


def kernel_of(taken: tuple[int, ...], shape: tuple[int, ...], source: I64, unit: I64, weight: F64) -> Kernel | None:
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
    if len(taken) != 3 or len(shape) != 3 or shape[1] * shape[2] == 1 or not len(source):
        return None
    given, into = np.unravel_index(source, taken), np.unravel_index(unit, shape)
    some = into[0] == into[0][0]  # enough to tell the strides; all are compared below
    (down, top, height), (across, left, width) = (
        _axis(given[axis][some], into[axis][some], taken[axis]) for axis in (1, 2)
    )
    y, x = given[1] - down * into[1] - top, given[2] - across * into[2] - left
    if y.min() < 0 or x.min() < 0 or y.max() >= height or x.max() >= width:
        (down, top, height), (across, left, width) = (_axis(given[axis], into[axis], taken[axis]) for axis in (1, 2))
        y, x = given[1] - down * into[1] - top, given[2] - across * into[2] - left
    kernel = np.zeros((taken[0], height, width, shape[0]))
    kernel[given[0], y, x, into[0]] = weight
    there = np.zeros(kernel.shape, bool)
    there[given[0], y, x, into[0]] = True
    if np.any(kernel[given[0], y, x, into[0]] != weight):
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


def _axis(given: npt.NDArray[Any], into: npt.NDArray[Any], length: int) -> tuple[int, int, int]:
    """Stride, first offset and extent of a kernel along an axis: those of the least extent."""
    found = []
    for stride in range(1, length + 1):
        offset = given - stride * into
        found.append((int(offset.max() - offset.min()) + 1, stride, int(offset.min())))
    extent, stride, first = min(found)
    return stride, first, extent
