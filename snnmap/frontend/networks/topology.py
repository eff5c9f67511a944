"""Connection patterns of recipes: how many synapses each has, and their weights as sparse matrices. No files.

A pattern connects two populations whose shapes are (channels, height, width); missing leading axes are 1.

=========== =====================================================================================================
dense       every source to every neuron (`skip_same_index` leaves out equal indices: lateral inhibition)
conv        shared kernels (groups as usual); `pool` folds an average pooling of the input into the kernel
local       the same pattern as `conv`, every synapse with a weight of its own
pool        average over windows, channel by channel
one-to-one  equal indices
random      an exact number of distinct pairs, drawn uniformly (without equal indices inside one population)
=========== =====================================================================================================

Pooling folded into a kernel is exact: averaging p x q blocks and then sliding a kernel equals sliding a p x q times
larger kernel, each weight divided by p q and repeated, at p x q times the stride and padding.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F32, I64
from snnmap.core.errors import InputError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from snnmap.frontend.networks.linear import Window

Topology = Literal["dense", "conv", "local", "pool", "one-to-one", "random"]
TOPOLOGIES: tuple[str, ...] = get_args(Topology)
WINDOWED = ("conv", "local", "pool")

Distribution = Literal["constant", "uniform", "normal", "kernel"]
DISTRIBUTIONS: tuple[str, ...] = get_args(Distribution)
DIVISORS = ("1", "fan-in", "sqrt-fan-in")

DRAWN = 1 << 24
"""Weights drawn at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """Where weights come from; drawn values are divided by 1, the mean fan-in or its square root."""

    distribution: Distribution
    first: float = 0.0
    """Value, low end or mean."""
    second: float = 0.0
    """High end or standard deviation."""
    kernel: F32 | None = None
    """(height, width), used for every pair of channels."""
    divide_by: str = "1"


@dataclass(frozen=True, slots=True, eq=False)
class Connection:
    """One `[[connection]]` of a recipe."""

    pre: str
    post: str
    topology: Topology
    weights: Weights
    kernel: tuple[int, int] = (1, 1)
    stride: tuple[int, int] = (1, 1)
    padding: tuple[int, int] = (0, 0)
    pool: tuple[int, int] = (1, 1)
    groups: int = 1
    synapses: int = 0
    """Exact number, for `random`."""
    skip_same_index: bool = False


def planes(shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Shape as (channels, height, width).

    Raises
    ------
    InputError
        If it has more than three axes.
    """
    if len(shape) > 3:
        raise InputError(f"shape {list(shape)} has more than three axes (channels, height, width)")
    filled = (1,) * (3 - len(shape)) + shape
    return filled[0], filled[1], filled[2]


def synapse_count(connection: Connection, pre: tuple[int, ...], post: tuple[int, ...]) -> int:
    """Number of synapses, without building them.

    Raises
    ------
    InputError
        If the pattern does not lead from shape `pre` to shape `post`.
    """
    inputs, outputs = int(np.prod(pre)), int(np.prod(post))
    same = min(inputs, outputs)
    if connection.topology == "dense":
        return inputs * outputs - (same if connection.skip_same_index else 0)
    if connection.topology == "one-to-one":
        if inputs != outputs:
            raise InputError(f"one-to-one needs equal sizes, but {connection.pre!r} has {inputs}, not {outputs}")
        return inputs
    if connection.topology == "random":
        pairs = inputs * outputs - (same if connection.pre == connection.post else 0)
        if connection.synapses > pairs:
            raise InputError(f"{connection.synapses:,} synapses were asked for, but there are only {pairs:,} pairs")
        return connection.synapses
    per_axis = _window_counts(connection, pre, post)
    channels_in, channels_out = planes(pre)[0], planes(post)[0]
    return channels_in * (channels_out // connection.groups) * per_axis[0] * per_axis[1]


def as_published(connection: Connection, pre: tuple[int, ...], post: tuple[int, ...]) -> tuple[int, int]:
    """Weights and synapses as papers count them: kernels once, padding as if it were inputs, averages not at all."""
    if connection.topology == "pool":
        return 0, 0
    if connection.topology not in WINDOWED:
        count = synapse_count(connection, pre, post)
        return count, count
    taps = planes(pre)[0] // connection.groups * connection.kernel[0] * connection.kernel[1]
    synapses = int(np.prod(post)) * taps
    return (planes(post)[0] * taps if connection.topology == "conv" else synapses), synapses


def _window(connection: Connection) -> "Window":
    """Sliding window over the unpooled input."""
    from snnmap.frontend.networks.linear import window

    scaled = [
        tuple(n * p for n, p in zip(values, connection.pool, strict=True))
        for values in (connection.kernel, connection.stride, connection.padding)
    ]
    return window(*scaled)


def _window_counts(connection: Connection, pre: tuple[int, ...], post: tuple[int, ...]) -> tuple[int, int]:
    """Pairs (input, output) per axis that a window connects; checks that the shapes fit."""
    (channels_in, *size), (channels_out, *there) = planes(pre), planes(post)
    given = connection.weights.kernel
    if given is not None and given.shape != connection.kernel:
        raise InputError(f"the kernel values are {given.shape}, but the kernel size is {connection.kernel}")
    if any(n % p for n, p in zip(size, connection.pool, strict=True)):
        raise InputError(f"{size[0]} x {size[1]} inputs cannot be pooled evenly by {connection.pool}")
    over = _window(connection)
    output = over.output(size)
    if output != tuple(there):
        raise InputError(
            f"a {connection.topology} window over {connection.pre!r} gives {output[0]} x {output[1]} outputs, but the "
            f"shape of {connection.post!r} says {there[0]} x {there[1]}"
        )
    if channels_in % connection.groups or channels_out % connection.groups:
        raise InputError(f"{channels_in} and {channels_out} channels cannot be split into {connection.groups} groups")
    counts = []
    for axis in (0, 1):
        start = np.arange(output[axis]) * over.stride[axis] - over.before[axis]
        low, high = np.maximum(start, 0), np.minimum(start + over.kernel[axis], size[axis])
        counts.append(int(np.maximum(high - low, 0).sum()))
    return counts[0], counts[1]


def synapses(
    connection: Connection, pre: tuple[int, ...], post: tuple[int, ...], rng: np.random.Generator
) -> "csr_array":
    """Weights, CSR (size of pre, size of post), column indices ascending.

    Raises
    ------
    InputError
        As `synapse_count`.
    """
    count = synapse_count(connection, pre, post)
    inputs, outputs = int(np.prod(pre)), int(np.prod(post))
    fan_in = count / outputs if connection.topology not in WINDOWED else _nominal_fan_in(connection, pre)
    if connection.topology in ("conv", "pool"):
        return _convolution(connection, pre, post, _draw(connection.weights, fan_in, rng))
    if connection.topology == "local":
        matrix = _convolution(connection, pre, post, lambda size: np.ones(size, np.float32))
    elif connection.topology == "dense":
        matrix = _dense(inputs, outputs, connection.skip_same_index)
    elif connection.topology == "one-to-one":
        matrix = _csr(np.arange(inputs, dtype=np.int64), inputs, outputs)
    else:
        matrix = _random(connection, inputs, outputs, rng)
    matrix.data[:] = _draw(connection.weights, fan_in, rng)(len(matrix.data))
    return matrix


def _nominal_fan_in(connection: Connection, pre: tuple[int, ...]) -> float:
    """Inputs of a neuron away from the border, on the pooled grid."""
    return float(planes(pre)[0] // connection.groups * connection.kernel[0] * connection.kernel[1])


def _convolution(connection: Connection, pre: tuple[int, ...], post: tuple[int, ...], draw: Any) -> "csr_array":
    """Windowed pattern with shared kernels from draw(number of weights)."""
    from snnmap.frontend.networks.linear import convolution

    channels, height, width = planes(pre)
    shape = (planes(post)[0], channels // connection.groups, *connection.kernel)
    given = connection.weights.kernel
    kernel = draw(int(np.prod(shape))).reshape(shape) if given is None else np.broadcast_to(given, shape)
    high, wide = connection.pool
    if (high, wide) != (1, 1):
        kernel = np.repeat(np.repeat(kernel, high, axis=2), wide, axis=3) / np.float32(high * wide)
    return convolution(
        np.ascontiguousarray(kernel, np.float32), (height, width), _window(connection), connection.groups
    )


def _draw(weights: Weights, fan_in: float, rng: np.random.Generator) -> Any:
    """Function size -> float32 (size,), drawn in slices."""
    divisor = {"1": 1.0, "fan-in": fan_in, "sqrt-fan-in": float(np.sqrt(fan_in))}[weights.divide_by]
    first, second = np.float32(weights.first / divisor), np.float32(weights.second / divisor)

    def drawn(size: int) -> F32:
        values = np.empty(size, np.float32)
        for start in range(0, size, DRAWN):
            part = values[start : start + DRAWN]
            if weights.distribution == "normal":
                rng.standard_normal(out=part, dtype=np.float32)
                part *= second
                part += first
            elif weights.distribution == "uniform":
                rng.random(out=part, dtype=np.float32)
                part *= second - first
                part += first
            else:
                part[:] = first
        return values

    return drawn


def _dense(inputs: int, outputs: int, skip_same_index: bool) -> "csr_array":
    """All pairs, or all but those of equal index."""
    pair = np.arange(inputs * outputs, dtype=np.int64)
    if skip_same_index:
        pair = pair[pair // outputs != pair % outputs]
    return _csr(pair, inputs, outputs)


def _random(connection: Connection, inputs: int, outputs: int, rng: np.random.Generator) -> "csr_array":
    """An exact number of distinct pairs, uniformly drawn."""
    if connection.pre != connection.post:
        pair = rng.choice(inputs * outputs, connection.synapses, replace=False, shuffle=False)
        return _csr(np.sort(pair), inputs, outputs)
    pair = np.sort(rng.choice(inputs * (outputs - 1), connection.synapses, replace=False, shuffle=False))
    row, column = np.divmod(pair, max(outputs - 1, 1))
    return _csr(row * outputs + column + (column >= row), inputs, outputs)


def _csr(pair: I64, inputs: int, outputs: int) -> "csr_array":
    """Pattern from ascending pair numbers row x outputs + column, weights uninitialised."""
    from scipy import sparse

    row_start = np.arange(inputs + 1, dtype=np.int64) * outputs
    indptr = np.searchsorted(pair, row_start)
    indices: npt.NDArray[np.int32] = (pair % outputs).astype(np.int32)
    narrow = indptr.astype(np.int32 if len(pair) < 2**31 else np.int64)
    return sparse.csr_array((np.empty(len(pair), np.float32), indices, narrow), shape=(inputs, outputs))
