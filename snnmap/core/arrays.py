"""Array idioms used everywhere: read-only arrays, CSR offsets, digests. Knows nothing of networks or chips."""

import hashlib
from collections.abc import Iterable
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

I32 = npt.NDArray[np.int32]


I64 = npt.NDArray[np.int64]


F32 = npt.NDArray[np.float32]


F64 = npt.NDArray[np.float64]


Bool = npt.NDArray[np.bool_]


def frozen(values: npt.ArrayLike, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """Read-only, C-contiguous array of `dtype`; the caller's array is copied only if it could still be written."""
    array = np.asarray(values, dtype=dtype, order="C")
    if array.flags.writeable:
        array = array.copy() if array is values or array.base is not None else array
        array.flags.writeable = False
    return array


def offsets(counts: npt.ArrayLike) -> I64:
    """CSR row offsets, int64 (n + 1,), of rows that hold `counts` (n,) entries."""
    counts = np.asarray(counts)
    indptr = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=indptr[1:])
    return indptr


def row_of_entry(indptr: I64) -> I64:
    """Row index, int64 (indptr[-1],), of every CSR entry."""
    return np.repeat(np.arange(len(indptr) - 1, dtype=np.int64), np.diff(indptr))


def ranges(start: I64, count: I64) -> I64:
    """Concatenation of `arange(start[k], start[k] + count[k])` over k, int64 (sum of count,)."""
    total = int(np.sum(count))
    first = np.repeat(np.asarray(start, np.int64) - (np.cumsum(count) - count), count)
    return first + np.arange(total, dtype=np.int64)


def transpose_csr(indptr: I64, index: npt.NDArray[np.integer[Any]], columns: int) -> tuple[I64, I64, I64]:
    """Transpose of a CSR pattern.

    Returns
    -------
    indptr : int64 (columns + 1,)
    row : int64 (nnz,), row of every entry in column order, ascending within a column
    entry : int64 (nnz,), position of that entry in the input
    """
    entry = np.argsort(index, kind="stable").astype(np.int64, copy=False)
    row = row_of_entry(indptr)[entry]
    return offsets(np.bincount(index, minlength=columns)), row, entry


def distinct_columns(table: npt.NDArray[np.integer[Any]]) -> I64:
    """Columns of `table` (k, n) that differ, ascending by the first row, then the next, int64 (k, D).

    As `np.unique(table, axis=1)`, some ten times as fast where a column fits one number.
    """
    packing = _packing(table)
    if packing is None:
        return np.unique(np.asarray(table, np.int64), axis=1)
    key = np.sort(_packed(table, *packing))
    return _unpacked(key[np.diff(key, prepend=-1) != 0], *packing)


def numbered_columns(table: npt.NDArray[np.integer[Any]]) -> tuple[I64, I64]:
    """`distinct_columns` of `table` (k, n), and the number there of every column, int64 (n,)."""
    packing = _packing(table)
    if packing is None:
        columns, number = np.unique(np.asarray(table, np.int64), axis=1, return_inverse=True)
        return columns, number.reshape(-1)
    key, number = np.unique(_packed(table, *packing), return_inverse=True)
    return _unpacked(key, *packing), number


def _packing(table: npt.NDArray[np.integer[Any]]) -> tuple[list[int], list[int]] | None:
    """Least value and number of values of every row; none if a column of such does not fit 63 bits."""
    if table.shape[1] == 0:
        return None
    low = [int(row.min()) for row in table]
    span = [int(row.max()) - least + 1 for row, least in zip(table, low, strict=True)]
    return (low, span) if prod(span) < 2**63 else None


def _packed(table: npt.NDArray[np.integer[Any]], low: list[int], span: list[int]) -> I64:
    key = np.zeros(table.shape[1], np.int64)
    for row, least, values in zip(table, low, span, strict=True):
        key *= values
        key += row
        key -= least
    return key


def _unpacked(key: I64, low: list[int], span: list[int]) -> I64:
    table = np.empty((len(low), len(key)), np.int64)
    for row in range(len(low) - 1, -1, -1):
        key, table[row] = np.divmod(key, span[row])
        table[row] += low[row]
    return table


def digest(parts: Iterable[npt.NDArray[Any] | str | bytes]) -> str:
    """SHA-256, as hex, of arrays (with dtype and shape, little-endian) and strings in the given order."""
    sha = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            little = part.astype(part.dtype.newbyteorder("<"), copy=False)
            sha.update(f"{little.dtype.str}{little.shape}".encode())
            sha.update(np.ascontiguousarray(little).data.cast("B") if little.size else b"")
        else:
            data = part.encode() if isinstance(part, str) else part
            sha.update(f"s{len(data)}:".encode())
            sha.update(data)
    return sha.hexdigest()
