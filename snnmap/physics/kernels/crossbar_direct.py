"""Loops of the direct crossbar solver: eliminate the array row by row, for many right-hand sides at once.

Above row i the array is an N-port seen from its bit-line nodes. It is kept as conductances: A[j, k] between nodes j and
k, e[j] from node j to the sources, plus the current J it delivers when those nodes are at 0 V. A row adds its own A and
e. The bit-line segments below it put r in series with every port, one port k after the other; with
Y = e[k] + sum of A[k] and gain = r / (1 + r Y) that adds gain A[i, k] A[k, j] between the others, gain A[i, k] e[k] to
their e, and divides row k by 1 + r Y. The voltage above a segment is then C (voltage below + r J) with
C[j, k] = r A[j, k] beside the diagonal, and J below is C J.

Everything is a sum of products of non-negative numbers: nothing cancels, r = 0 is not special, and no matrix is
inverted (the port admittance and its inverse lose all digits where r Y is large). Pure loops instead of BLAS: blocks of
this size are slower with several BLAS threads than with one, and results must not depend on the number of threads.
"""

import numpy as np

from snnmap.core.arrays import F64, I64, Bool
from snnmap.core.jit import njit
from snnmap.physics.kernels.crossbar import factor, flip, terminate, total

BLOCK = 8


@njit
def add_product(left: F64, right: F64, columns: int, out: F64) -> None:
    """`out` += `left` @ `right` on the first `columns` columns; left (n, k), right (k, c), out (n, c)."""
    n, depth = left.shape
    whole = depth - depth % BLOCK
    for k in range(0, whole, BLOCK):
        for i in range(n):
            a0 = left[i, k]
            a1 = left[i, k + 1]
            a2 = left[i, k + 2]
            a3 = left[i, k + 3]
            a4 = left[i, k + 4]
            a5 = left[i, k + 5]
            a6 = left[i, k + 6]
            a7 = left[i, k + 7]
            for c in range(columns):
                out[i, c] += (
                    (a0 * right[k, c] + a1 * right[k + 1, c])
                    + (a2 * right[k + 2, c] + a3 * right[k + 3, c])
                    + (a4 * right[k + 4, c] + a5 * right[k + 5, c])
                    + (a6 * right[k + 6, c] + a7 * right[k + 7, c])
                )
    for k in range(whole, depth):
        for i in range(n):
            a0 = left[i, k]
            for c in range(columns):
                out[i, c] += a0 * right[k, c]


@njit
def add_series(A: F64, e: F64, r: float, C: F64) -> None:
    """Put `r` in series with every port of the network `A` (N, N; diagonal 0), `e` (N,) in place; fill `C` (N, N)."""
    n = len(e)
    own = np.empty(n)
    for first in range(0, n, BLOCK):
        size = min(BLOCK, n - first)
        panel = A[first : first + size].copy()
        before = np.empty((size, n))
        weighted = np.empty((n, size))
        for s in range(size):
            port = first + s
            shrink = 1.0 / (1.0 + r * (e[port] + total(panel[s])))
            gain = r * shrink
            for i in range(n):
                before[s, i] = panel[s, i]
                weighted[i, s] = gain * panel[s, i]
            for i in range(port):
                own[i] += r * weighted[i, s] * panel[s, i]
            own[port] = shrink
            here = e[port]
            for i in range(n):
                e[i] += weighted[i, s] * here
            e[port] = shrink * here
            for t in range(size):
                share = weighted[first + t, s]
                for j in range(n):
                    panel[t, j] += share * before[s, j]
                panel[t, port] = shrink * before[s, first + t]
                panel[t, first + t] = 0.0
            for j in range(n):
                panel[s, j] = shrink * before[s, j]
        add_product(weighted, before, n, A)
        for s in range(size):
            for j in range(n):
                A[first + s, j] = panel[s, j]
                A[j, first + s] = panel[s, j]
        for i in range(n):
            A[i, i] = 0.0
    for i in range(n):
        for j in range(n):
            C[i, j] = r * A[i, j]
        C[i, i] = own[i]


@njit
def add_row(A: F64, g: F64, damp: F64, r_word: F64, floating: bool) -> None:
    """Add to `A` (N, N) the paths between bit-line nodes through one word line: g_j g_k times the transfer resistance.

    g
        Cell conductances (N,), near end first.
    damp
        Voltage division from each node to its neighbour away from the source (N,), near end first.
    r_word
        Series resistances (N,), open end first.
    """
    n = len(g)
    tail = np.zeros(n + 1)  # conductance beyond node k, away from the source
    for k in range(n - 1, 0, -1):
        tail[k - 1] = damp[k] * (g[k] + tail[k])
    behind = r_word[n - 1]  # resistance from node k towards the source
    alone = floating  # true while that resistance is infinite
    for k in range(n - 1):
        seen = g[k] + tail[k]
        spread = 0.0
        if not alone:
            spread = behind / (1.0 + behind * seen)
        elif seen > 0.0:
            spread = 1.0 / seen
        for j in range(k + 1, n):
            spread *= damp[j]
            A[k, j] += g[k] * g[j] * spread
            A[j, k] = A[k, j]
        step = r_word[n - 2 - k]
        if not alone:
            behind = behind / (1.0 + behind * g[k]) + step
        elif g[k] > 0.0:
            behind = 1.0 / g[k] + step
            alone = False


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
def eliminate(G: F64, V: F64, emf: F64, filled: I64, floating: Bool, r_word: F64, r_bit: F64, C: F64, J: F64) -> None:
    """Fill `J` (M, N, P; zero on entry) with the cell currents, A, of all patterns `V` (M, P) of one array `G` (M, N).

    Parameters
    ----------
    emf
        Voltage in series with every cell, aiding current from word to bit line, in all patterns (M, N), V.
    filled
        (M,): only the first `filled[i]` patterns drive any of rows 0..i, so that unit vectors cost half.
    floating
        (M,): rows whose driver is disconnected.
    r_word, r_bit
        Series resistances (N,) and (M,), open end first, the terminal's included in the last.
    C
        Work space (M, N, N).
    """
    m, n = G.shape
    patterns = V.shape[1]
    turned = np.empty((n, m))
    flip(G, turned)
    flipped_damp = np.empty((n, m))
    y = factor(turned, r_word, flipped_damp)
    z = terminate(flipped_damp, y, r_word[n - 1], floating)
    damp = np.ascontiguousarray(flipped_damp[::-1].T)

    A = np.zeros((n, n))
    e = np.zeros(n)
    b = np.zeros((n, patterns))
    source = np.empty((n, patterns))
    for i in range(m):
        if i > 0:
            add_product(C[i - 1], J[i - 1], filled[i - 1], J[i])
        add_row(A, G[i], damp[i], r_word, floating[i])
        reach = 1.0
        for k in range(n):
            reach *= damp[i, k]
            e[k] += G[i, k] * reach
            b[k] = -emf[i, k]
        row_currents(G[i], damp[i], z[i], r_word, V[i], b, source)
        for k in range(n):
            for p in range(filled[i]):
                J[i, k, p] += source[k, p]
        add_series(A, e, r_bit[i], C[i])

    b[:] = 0.0
    for i in range(m - 1, -1, -1):
        for j in range(n):
            for p in range(patterns):
                source[j, p] = b[j, p] + r_bit[i] * J[i, j, p]
        b[:] = 0.0
        add_product(C[i], source, patterns, b)
        for j in range(n):
            for p in range(patterns):
                source[j, p] = b[j, p] - emf[i, j]
        row_currents(G[i], damp[i], z[i], r_word, V[i], source, J[i])
