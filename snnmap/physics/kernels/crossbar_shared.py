"""Loop of the shared-read solver: every row on, its neighbours on for a share of its reads.

With row i on, column j carries its own current I[i, j] and, on average, share[k] I[k, j] of every other row k. With R
the resistance that rows i and k share on a bit line (from the lower one down) and A[i] the operator of row i read alone
(1 / G + word line + R[i, i]), that is A[i] I[i] + sum over k != i of share[k] R[i, k] I[k] = V. In the inner product
weighted by `share` the operator is symmetric, and positive because A[i] - share[i] R[i, i] is: conjugate gradients,
preconditioned by exact solves of lone rows. Shares of 1 give the array with all rows on, shares of 0 rows read alone.

`sign` is 1 for rows at V and -1 for rows at -V, whose currents are given by their size. Where there are any, rows come
in pairs (2r at V, 2r + 1 at -V) that are always on together: then share[k] is 1 for the partner.

Everything lies flipped, (N, M) with the far column first, as word lines do in `crossbar`.
"""

import numpy as np

from snnmap.core.arrays import F64
from snnmap.core.jit import njit
from snnmap.physics.kernels.crossbar import MAX_ITERATIONS, Ladder, factor, flip, sweep, terminate, unflip


@njit
def others(current: F64, share: F64, sign: F64, r_own: F64, r_bl: float, r_sense: float, out: F64) -> None:
    """Bit-line voltage `out` (N, M) that the other rows make at every cell, from `current` (N, M) of rows that are on.

    `r_own` (M,) is the resistance from each row down to ground. Voltages are against each row's own `sign` (M,).
    """
    n, m = current.shape
    paired = m > 1 and sign[1] < 0.0
    for k in range(n):
        carried = 0.0
        for i in range(m):
            carried += sign[i] * share[i] * current[k, i]
            out[k, i] = carried
        voltage = carried * r_sense
        for i in range(m - 1, -1, -1):
            voltage += r_bl * out[k, i]
            out[k, i] = sign[i] * voltage - share[i] * r_own[i] * current[k, i]
        if paired:
            for i in range(0, m - 1, 2):
                out[k, i] -= (1.0 - share[i + 1]) * r_own[i + 1] * current[k, i + 1]
                out[k, i + 1] -= (1.0 - share[i]) * r_own[i + 1] * current[k, i]


@njit
def alone(word: Ladder, far: F64, source: F64, nodes: F64, out: F64) -> None:
    """Currents `out` (N, M) of rows read alone, sources at `source` (M,), cells ending at `far` (N, M)."""
    n, m = far.shape
    sweep(word, far, source, nodes)
    for k in range(n):
        for i in range(m):
            out[k, i] = word.g[k, i] * (nodes[k, i] - far[k, i])


@njit
def shared_rows(
    G: F64, share: F64, sign: F64, lines: tuple[float, float, float, float], tolerance: float, current: F64
) -> int:
    """Fill `current` (M, N) per volt, S; returns the iterations, or -1 if the last step was above `tolerance`."""
    m, n = G.shape
    r_wl, r_bl, r_source, r_sense = lines
    r_word = np.full(n, r_wl)
    r_word[n - 1] += r_source
    r_own = np.empty(m)
    for i in range(m):
        r_own[i] = r_bl * (m - i) + r_sense
    shunt = np.empty((n, m))
    flip(G, shunt)
    for k in range(n):
        for i in range(m):
            shunt[k, i] = shunt[k, i] / (1.0 + shunt[k, i] * r_own[i])
    damp = np.empty((n, m))
    z_end = terminate(damp, factor(shunt, r_word, damp), r_word[n - 1], np.zeros(m, np.bool_))
    word = Ladder(shunt, r_word, damp, z_end)
    on, off = np.ones(m), np.zeros(m)
    x, z, p = np.empty((n, m)), np.empty((n, m)), np.zeros((n, m))
    r, q, image, nodes = np.empty((n, m)), np.zeros((n, m)), np.empty((n, m)), np.empty((n, m))

    p[:] = 0.0
    alone(word, p, on, nodes, x)
    others(x, share, sign, r_own, r_bl, r_sense, r)  # r is minus the residual throughout: cells end at that voltage
    previous = 1.0
    used = -1
    for iteration in range(MAX_ITERATIONS):
        alone(word, r, off, nodes, z)
        others(z, share, sign, r_own, r_bl, r_sense, image)
        step, rz, largest = 0.0, 0.0, 0.0
        for k in range(n):
            for i in range(m):
                rz -= share[i] * r[k, i] * z[k, i]
                step = max(step, abs(z[k, i]))
                largest = max(largest, abs(x[k, i]))
        if step <= tolerance * largest or not rz > 0.0:
            used = iteration
            break
        beta = rz / previous if iteration > 0 else 0.0
        previous = rz
        curvature = 0.0
        for k in range(n):
            for i in range(m):
                p[k, i] = z[k, i] + beta * p[k, i]
                q[k, i] = image[k, i] - r[k, i] + beta * q[k, i]
                curvature += share[i] * p[k, i] * q[k, i]
        length = rz / curvature
        for k in range(n):
            for i in range(m):
                x[k, i] += length * p[k, i]
                r[k, i] += length * q[k, i]
    # rows that are never on weigh nothing in the iteration: one exact solve of every row beside the settled others
    others(x, share, sign, r_own, r_bl, r_sense, image)
    alone(word, image, on, nodes, x)
    unflip(x, current)
    return used
