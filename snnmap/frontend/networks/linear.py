"""Linear layers as sparse matrices: dense, convolution (any number of axes), pooling.

Every matrix is CSR, (inputs, outputs), both numbered in C order, column indices ascending; it is built straight into
that order without sorting, so a convolution of 10^8 weights needs little more than its own memory. Arithmetic follows
torch: cross-correlation, floor division of sizes, zero padding, an average over the whole window.

Stored zeros
------------
A weight of zero is a synapse (a programmed cell) unless at least half of its tensor is zero: NIR has no sparse layer,
so a mostly-zero tensor is how sparse connectivity is written, and its zeros are no synapses. Positions that fall into
the padding are never synapses.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import I32, I64, offsets, ranges
from snnmap.core.errors import InputError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Shape = tuple[int, ...]

LARGEST = 1 << 28
"""Values in one layer at most."""


@dataclass(frozen=True, slots=True)
class Window:
    """A sliding window over one or more axes; one entry per axis in every field."""

    kernel: Shape
    stride: Shape
    before: Shape
    """Zeros added in front of an axis."""
    after: Shape
    """Zeros added behind it."""
    dilation: Shape

    def output(self, size: Sequence[int]) -> Shape:
        """Number of window positions per axis for an input of `size`.

        Raises
        ------
        InputError
            If the window does not fit.
        """
        spans = [d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True)]
        room = [n + b + a for n, b, a in zip(size, self.before, self.after, strict=True)]
        if any(r < s for r, s in zip(room, spans, strict=True)):
            raise InputError(f"a window of {tuple(spans)} does not fit into {tuple(size)} with its padding")
        positions = tuple((r - s) // t + 1 for r, s, t in zip(room, spans, self.stride, strict=True))
        if math.prod(positions) > LARGEST:
            raise InputError(f"a window takes {positions} positions; at most {LARGEST:,} values are supported")
        return positions


def window(
    kernel: Sequence[int],
    stride: Sequence[int] | int = 1,
    padding: Sequence[int] | int | str = 0,
    dilation: Sequence[int] | int = 1,
) -> Window:
    """Window from one number or one per axis; padding also "valid" (none) or "same" (stride 1 only, as torch).

    Raises
    ------
    InputError
        For numbers that are out of range or too few.
    """
    axes = len(kernel)
    strides, dilations = _per_axis(stride, axes, "stride"), _per_axis(dilation, axes, "dilation")
    kernels = _per_axis(kernel, axes, "kernel size")
    for values, word in ((kernels, "kernel size"), (strides, "stride"), (dilations, "dilation")):
        if min(values) < 1:
            raise InputError(f"{word} {values} must be at least 1")
    if padding == "same":
        if max(strides) > 1:
            raise InputError(f'padding "same" needs stride 1, the stride is {strides}')
        total = [d * (k - 1) for k, d in zip(kernels, dilations, strict=True)]
        before = tuple(t // 2 for t in total)
        return Window(kernels, strides, before, tuple(t - b for t, b in zip(total, before, strict=True)), dilations)
    if isinstance(padding, str) and padding != "valid":
        raise InputError(f'padding {padding!r} is neither "same", "valid" nor numbers')
    paddings = _per_axis(0 if isinstance(padding, str) else padding, axes, "padding")
    if min(paddings) < 0:
        raise InputError(f"padding {paddings} must not be negative")
    return Window(kernels, strides, paddings, paddings, dilations)


def _per_axis(value: Sequence[int] | int, axes: int, word: str) -> Shape:
    """One number per axis."""
    values = tuple(int(v) for v in np.asarray(value).ravel())
    if len(values) == 1:
        return values * axes
    if len(values) != axes:
        raise InputError(f"{word} {values} does not match {axes} axes")
    return values


def dense(weight: npt.NDArray[Any]) -> "csr_array":
    """(inputs, outputs) from a weight matrix (outputs, inputs)."""
    outputs, inputs = weight.shape
    indices = np.tile(np.arange(outputs, dtype=np.int32), inputs)
    indptr = np.arange(inputs + 1, dtype=np.int64) * outputs
    matrix = _csr(weight.T.ravel(), indices, indptr, (inputs, outputs))
    return without_structural_zeros(matrix, weight)


def diagonal(scale: npt.NDArray[Any]) -> "csr_array":
    """(n, n) that multiplies element by element with `scale` (n,)."""
    n = len(scale)
    return _csr(scale, np.arange(n, dtype=np.int32), np.arange(n + 1, dtype=np.int64), (n, n))


def convolution(weight: npt.NDArray[Any], size: Shape, over: Window, groups: int = 1) -> "csr_array":
    """(input channels x size, output channels x output size) of a cross-correlation.

    Parameters
    ----------
    weight
        (output channels, input channels / groups, *kernel).
    size
        Input size per axis.
    over
        Kernel, stride, padding and dilation.
    groups
        Blocks of channels that do not mix.
    """
    outputs, inputs = weight.shape[0], weight.shape[1] * groups
    if groups < 1 or outputs % groups:
        raise InputError(f"{outputs} output channels cannot be split into {groups} groups")
    indptr, position, tap = _taps(size, over)
    places = int(np.prod(over.output(size), dtype=np.int64))
    per_group = outputs // groups
    counts = np.diff(indptr)
    entry = ranges(np.repeat(indptr[:-1], per_group), np.repeat(counts, per_group))
    channel = np.repeat(np.tile(np.arange(per_group, dtype=np.int32), len(counts)), np.repeat(counts, per_group))
    column = (channel * np.int32(places) + position[entry]).astype(np.int32, copy=False)
    kernel = int(np.prod(over.kernel, dtype=np.int64))
    key = channel * np.int32(kernel) + tap[entry]
    del entry, channel
    flat = weight.reshape(outputs, weight.shape[1], kernel)
    indices = np.empty((inputs, len(key)), np.int32)
    data = np.empty((inputs, len(key)), weight.dtype)
    for i in range(inputs):
        first = i // weight.shape[1] * per_group
        np.add(column, np.int32(first * places), out=indices[i])
        np.take(flat[first : first + per_group, i % weight.shape[1]].ravel(), key, out=data[i])
    rows = offsets(np.tile(counts * per_group, inputs))
    matrix = _csr(data.ravel(), indices.ravel(), rows, (inputs * len(counts), outputs * places))
    return without_structural_zeros(matrix, weight)


def pool(channels: int, size: Shape, over: Window, average: bool) -> "csr_array":
    """(channels x size, channels x output size) of a sum, or of an average over the whole window, per channel."""
    indptr, position, _ = _taps(size, over)
    value = 1.0 / float(np.prod(over.kernel)) if average else 1.0
    places = int(np.prod(over.output(size), dtype=np.int64))
    one = _csr(np.full(len(position), value, np.float32), position, indptr, (len(indptr) - 1, places))
    return repeated(one, channels)


def repeated(matrix: "csr_array", times: int) -> "csr_array":
    """Block-diagonal matrix of `times` copies."""
    rows, columns = matrix.shape
    shift = np.arange(times, dtype=np.int32)[:, None] * np.int32(columns)
    indices = (matrix.indices[None, :] + shift).ravel()
    indptr = offsets(np.tile(np.diff(matrix.indptr), times))
    return _csr(np.tile(matrix.data, times), indices, indptr, (rows * times, columns * times))


def without_structural_zeros(matrix: "csr_array", weight: npt.NDArray[Any]) -> "csr_array":
    """`matrix` less its zeros if at least half of the tensor it came from is zero (module docstring)."""
    if 2 * np.count_nonzero(weight) > weight.size:
        return matrix
    kept = matrix.data != 0.0
    indptr = offsets(kept)[matrix.indptr]
    return _csr(matrix.data[kept], matrix.indices[kept], indptr, matrix.shape)


def _taps(size: Shape, over: Window) -> tuple[I64, I32, I32]:
    """For every input position the window positions that see it and the kernel element they see it with.

    Returns
    -------
    indptr : int64 (positions + 1,)
    position : int32, window positions in C order, ascending for every input position
    tap : int32, kernel element in C order
    """
    indptr, position, tap = np.array([0, 1], np.int64), np.zeros(1, np.int32), np.zeros(1, np.int32)
    for axis, (count, places) in enumerate(zip(size, over.output(size), strict=True)):
        ptr, place, element = _axis_taps(count, places, over, axis)
        indptr, left, right = _combined(indptr, ptr)
        position = position[left] * np.int32(places) + place[right]
        tap = tap[left] * np.int32(over.kernel[axis]) + element[right]
    return indptr, position, tap


def _axis_taps(count: int, places: int, over: Window, axis: int) -> tuple[I64, I32, I32]:
    """`_taps` along one axis: input n is seen from place p with element k if n = p stride - before + k dilation."""
    place, element = np.divmod(np.arange(places * over.kernel[axis], dtype=np.int64), over.kernel[axis])
    seen = place * over.stride[axis] - over.before[axis] + element * over.dilation[axis]
    inside = (seen >= 0) & (seen < count)
    seen, place, element = seen[inside], place[inside], element[inside]
    order = np.argsort(seen, kind="stable")
    indptr = offsets(np.bincount(seen, minlength=count))
    return indptr, place[order].astype(np.int32), element[order].astype(np.int32)


def _combined(outer: I64, inner: I64) -> tuple[I64, I64, I64]:
    """Kronecker product of two CSR patterns: row offsets, and for every entry its entry in `outer` and in `inner`."""
    wide, narrow = np.diff(outer), np.diff(inner)
    indptr = offsets(np.multiply.outer(wide, narrow).ravel())
    # row (a, b): every entry of row a of `outer`, and within it every entry of row b of `inner`
    left = ranges(np.repeat(outer[:-1], len(narrow)), np.repeat(wide, len(narrow)))
    row_inner = np.repeat(np.tile(np.arange(len(narrow)), len(wide)), np.repeat(wide, len(narrow)))
    count = narrow[row_inner]
    return indptr, np.repeat(left, count), ranges(inner[:-1][row_inner], count)


def _csr(
    data: npt.NDArray[Any], indices: npt.NDArray[Any], indptr: npt.NDArray[Any], shape: tuple[int, int]
) -> "csr_array":
    """CSR matrix of arrays that are already in order; 32-bit indices where they suffice."""
    from scipy import sparse

    if shape[1] >= 2**31:
        raise InputError(f"a layer has {shape[1]:,} outputs; at most 2^31 - 1 can be numbered")
    narrow = np.int32 if indptr[-1] < 2**31 else np.int64
    matrix = sparse.csr_array(
        (data, indices.astype(narrow, copy=False), indptr.astype(narrow, copy=False)), shape=shape
    )
    matrix.has_sorted_indices = True
    matrix.has_canonical_format = True
    return matrix
