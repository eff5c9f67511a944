"""Loops of the direct crossbar solver: eliminate the array row by row, for many right-hand sides at once.

Above row i the array is an N-port seen from its bit-line nodes: the current it delivers into them is J - Y b. A row
adds its own port matrix to Y; the bit-line segments below it transform (Y, J) to (Y', J') with Y' = Y (1 + r Y)^-1 and
J' = J - r Y' J. Y' is found by putting the N resistors in series one port after the other, eight at a time: every
off-diagonal update adds numbers of one sign, r = 0 needs no special case, and no inverse is formed since
(1 + r Y)^-1 = 1 - r Y'. Pure loops instead of BLAS: N x N blocks of this size are slower with several BLAS threads than
with one, and the result must not depend on the number of threads.
"""

import numpy as np

from snnmap.arrays import F64, I64, Bool
from snnmap.kernels.crossbar import factor, flip, terminate
from snnmap.kernels.jit import njit

BLOCK = 8


@njit
def subtract_product(factor_left: float, left: F64, right: F64, columns: int, out: F64) -> None:
    """`out` -= `factor_left` * `left` @ `right` on the first `columns` columns; left (n, k), right (k, c)."""
    n, depth = left.shape
    whole = depth - depth % BLOCK
    for k in range(0, whole, BLOCK):
        for i in range(n):
            a0 = factor_left * left[i, k]
            a1 = factor_left * left[i, k + 1]
            a2 = factor_left * left[i, k + 2]
            a3 = factor_left * left[i, k + 3]
            a4 = factor_left * left[i, k + 4]
            a5 = factor_left * left[i, k + 5]
            a6 = factor_left * left[i, k + 6]
            a7 = factor_left * left[i, k + 7]
            for c in range(columns):
                out[i, c] -= (
                    (a0 * right[k, c] + a1 * right[k + 1, c])
                    + (a2 * right[k + 2, c] + a3 * right[k + 3, c])
                    + (a4 * right[k + 4, c] + a5 * right[k + 5, c])
                    + (a6 * right[k + 6, c] + a7 * right[k + 7, c])
                )
    for k in range(whole, depth):
        for i in range(n):
            a0 = factor_left * left[i, k]
            for c in range(columns):
                out[i, c] -= a0 * right[k, c]


@njit
def add_series(Y: F64, r: float) -> None:
    """Put `r` in series with every port of the symmetric port matrix `Y` (N, N) in place: Y (1 + r Y)^-1."""
    n = Y.shape[0]
    for first in range(0, n, BLOCK):
        size = min(BLOCK, n - first)
        panel = Y[first : first + size].copy()
        gain = np.empty(size)
        for s in range(size):
            for t in range(s):
                share = gain[t] * panel[t, first + s]
                for j in range(n):
                    panel[s, j] -= share * panel[t, j]
            gain[s] = r / (1.0 + r * panel[s, first + s])
        left = np.empty((n, size))
        for s in range(size):
            for i in range(n):
                left[i, s] = gain[s] * panel[s, i]
        subtract_product(1.0, left, panel, n, Y)


@njit
def add_row(Y: F64, g: F64, damp: F64, r_word: F64, floating: bool) -> None:
    """Add to `Y` (N, N) the port matrix of one word line with its source at 0 V.

    g
        Cell conductances (N,), near end first.
    damp
        Voltage division from each node to its neighbour away from the source (N,), near end first.
    r_word
        Series resistances (N,), open end first.

    Entry (k, k) is g in series with what the rest of the line offers; (j, k) is -g_j g_k times the transfer resistance.
    """
    n = len(g)
    tail = np.zeros(n + 1)  # conductance beyond node k, away from the source
    for k in range(n - 1, 0, -1):
        tail[k - 1] = damp[k] * (g[k] + tail[k])
    behind = r_word[n - 1]  # resistance from node k towards the source
    alone = floating  # true while that resistance is infinite
    for k in range(n):
        seen = g[k] + tail[k]
        if alone:
            spread = 1.0 / seen if seen > 0.0 else 0.0
            Y[k, k] += g[k] * tail[k] * spread
        else:
            spread = behind / (1.0 + behind * seen)
            Y[k, k] += g[k] * (1.0 + behind * tail[k]) / (1.0 + behind * seen)
        for j in range(k + 1, n):
            spread *= damp[j]
            Y[k, j] -= g[k] * g[j] * spread
            Y[j, k] = Y[k, j]
        if k + 1 < n:
            if alone and g[k] > 0.0:
                behind = 1.0 / g[k] + r_word[n - 2 - k]
                alone = False
            elif not alone:
                behind = behind / (1.0 + behind * g[k]) + r_word[n - 2 - k]


@njit
def row_currents(g: F64, damp: F64, z: float, r_word: F64, V: F64, b: F64, out: F64) -> None:
    """Currents `out` (N, P) of one row, near end first, for source voltages `V` (P,), bit-line voltages `b` (N, P)."""
    n, patterns = b.shape
    for p in range(patterns):
        out[n - 1, p] = g[n - 1] * b[n - 1, p]
    for k in range(n - 2, -1, -1):
        for p in range(patterns):
            out[k, p] = g[k] * b[k, p] + damp[k + 1] * out[k + 1, p]
    for p in range(patterns):
        out[0, p] = damp[0] * V[p] + z * out[0, p]
    for k in range(1, n):
        step = r_word[n - 1 - k]
        for p in range(patterns):
            out[k, p] = damp[k] * (out[k - 1, p] + step * out[k, p])
    for k in range(n):
        for p in range(patterns):
            out[k, p] = g[k] * (out[k, p] - b[k, p])


@njit
def eliminate(G: F64, V: F64, filled: I64, floating: Bool, r_word: F64, r_bit: F64) -> F64:
    """Cell currents (M, N, P), A, of all patterns `V` (M, P) of one array `G` (M, N).

    Parameters
    ----------
    filled
        (M,): only the first `filled[i]` patterns drive any of rows 0..i, so that unit vectors cost half.
    floating
        (M,): rows whose driver is disconnected.
    r_word, r_bit
        Series resistances (N,) and (M,), open end first, the terminal's included in the last.
    """
    m, n = G.shape
    patterns = V.shape[1]
    turned = np.empty((n, m))
    flip(G, turned)
    flipped_damp = np.empty((n, m))
    y = factor(turned, r_word, flipped_damp)
    z = terminate(flipped_damp, y, r_word[n - 1], floating)
    damp = np.ascontiguousarray(flipped_damp[::-1].T)

    Y = np.zeros((n, n))
    below = np.empty((m, n, n))
    J = np.zeros((m, n, patterns))
    for i in range(m):
        if i > 0:
            columns = filled[i - 1]
            J[i, :, :columns] = J[i - 1, :, :columns]
            subtract_product(r_bit[i - 1], below[i - 1], J[i - 1], columns, J[i])
        add_row(Y, G[i], damp[i], r_word, floating[i])
        reach = 1.0
        for k in range(n):
            reach *= damp[i, k]
            for p in range(filled[i]):
                J[i, k, p] += G[i, k] * reach * V[i, p]
        add_series(Y, r_bit[i])
        below[i] = Y

    b = np.zeros((n, patterns))
    for i in range(m - 1, -1, -1):
        for j in range(n):
            for p in range(patterns):
                b[j, p] += r_bit[i] * J[i, j, p]
        source = b.copy()
        subtract_product(r_bit[i], below[i], source, patterns, b)
        row_currents(G[i], damp[i], z[i], r_word, V[i], b, J[i])
    return J
