"""Loops of the crossbar solver: resistive ladders, and conjugate gradients whose preconditioner solves whole lines.

Knows ladders and line systems as raw arrays; `physics.crossbar` decided which rows are driven, gated or floating.

A *ladder* is one word or bit line: K nodes from the open end (0) to the terminal (K - 1), a series resistance r[k]
after node k (the last one leads to the terminal) and a shunt conductance g[k] at node k. All L lines of one direction
are solved together, line along the last axis, so word lines are held transposed and flipped (`flip`). Looking towards
the open end the node conductance is Y[k+1] = g[k+1] + Y[k] damp[k] with damp[k] = 1 / (1 + r[k] Y[k]): sums and
products of non-negative numbers only, so r = 0 and g = 0 need no special case and nothing cancels, whereas a
tridiagonal factorisation loses g beside 1/r and cannot express r = 0.
"""

from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F64, I64, Bool
from snnmap.core.jit import njit

TILE = 16
MAX_ITERATIONS = 600
RECHECK = 16
SCRATCH = 14
"""Arrays of the size of G that a solve works in; one block, as many small ones go back to the system every time."""


class Ladder(NamedTuple):
    """All lines of one direction, factored."""

    g: F64
    """Shunt conductance, S (K, L); 0 where the cell is open."""
    r: F64
    """Resistance after node k towards the terminal, ohm (K,)."""
    damp: F64
    """1 / (1 + r Y), voltage division across r[k] (K, L); the last row is 0 where the terminal is disconnected."""
    z: F64
    """Resistance between the last node and ground seen from that node, terminal at 0 V, ohm (L,)."""


@njit
def factor(g: F64, r: F64, damp: F64) -> F64:
    """Fill `damp` (K, L) of ladders with shunts `g` (K, L) and series `r` (K,); returns Y at the last node, S (L,)."""
    nodes, lines = g.shape
    y: F64 = g[0].copy()
    for k in range(nodes):
        step = r[k]
        for line in range(lines):
            damp[k, line] = np.divide(1.0, 1.0 + step * y[line])
        if k + 1 < nodes:
            for line in range(lines):
                y[line] = g[k + 1, line] + damp[k, line] * y[line]
    return y


@njit
def terminate(damp: F64, y: F64, r_end: float, floating: Bool) -> F64:
    """Resistance `Ladder.z` (L,) of lines with end resistance `r_end`; `floating` (L,) lines lose it in `damp`.

    A floating line without any closed cell has no defined voltage; 0 V is taken, its currents are 0 anyway.
    """
    last = damp.shape[0] - 1
    z: F64 = r_end * damp[last]
    for line in range(len(y)):
        if floating[line]:
            damp[last, line] = 0.0
            z[line] = 1.0 / y[line] if y[line] > 0.0 else 0.0
    return z


@njit
def sweep(ladder: Ladder, far: F64, terminal: F64, out: F64) -> None:
    """Node voltages `out` (K, L) of ladders whose shunts end at voltages `far` (K, L), terminals at `terminal` (L,)."""
    g, r, damp, z = ladder
    nodes, lines = g.shape
    for line in range(lines):
        out[0, line] = g[0, line] * far[0, line]
    for k in range(1, nodes):
        for line in range(lines):
            out[k, line] = g[k, line] * far[k, line] + damp[k - 1, line] * out[k - 1, line]
    last = nodes - 1
    for line in range(lines):
        out[last, line] = damp[last, line] * terminal[line] + z[line] * out[last, line]
    for k in range(last - 1, -1, -1):
        step = r[k]
        for line in range(lines):
            out[k, line] = damp[k, line] * (out[k + 1, line] + step * out[k, line])


@njit
def flip(source: F64, out: F64) -> None:
    """Word-line layout `out`[n - 1 - j, i] = `source`[i, j], in cache-sized tiles."""
    m, n = source.shape
    for i0 in range(0, m, TILE):
        for j0 in range(0, n, TILE):
            for j in range(j0, min(j0 + TILE, n)):
                for i in range(i0, min(i0 + TILE, m)):
                    out[n - 1 - j, i] = source[i, j]


@njit
def unflip(source: F64, out: F64) -> None:
    """Inverse of `flip`: `out`[i, j] = `source`[n - 1 - j, i]."""
    m, n = out.shape
    for i0 in range(0, m, TILE):
        for j0 in range(0, n, TILE):
            for i in range(i0, min(i0 + TILE, m)):
                for j in range(j0, min(j0 + TILE, n)):
                    out[i, j] = source[n - 1 - j, i]


@njit
def lone_rows(G: F64, r_word: F64, r_column: F64) -> F64:
    """Currents per volt, S (M, N), of every cell when its row alone is connected.

    With one row the bit lines do not interact: cell (i, j) is in series with `r_column`[i] (M,), and the word line with
    series resistances `r_word` (N,), open end first, is one ladder.
    """
    m, n = G.shape
    shunt = np.empty((n, m))
    damp = np.empty((n, m))
    flip(G, shunt)
    for k in range(n):
        for i in range(m):
            shunt[k, i] = np.divide(shunt[k, i], 1.0 + shunt[k, i] * r_column[i])
    factor(shunt, r_word, damp)
    voltage = np.ones(m)
    for k in range(n - 1, -1, -1):
        for i in range(m):
            voltage[i] *= damp[k, i]
            shunt[k, i] *= voltage[i]
    current = np.empty((m, n))
    unflip(shunt, current)
    return current


@njit
def convergence_margin(word: Ladder, bit: Ladder) -> float:
    """Lower bound on the smallest eigenvalue of the preconditioned system (1 = converges at once).

    A line attached through path resistances R_k contracts by at most t / (1 + t), t = max over lines of sum_k g_k R_k:
    the trace bounds the largest eigenvalue of sqrt(g) R sqrt(g). A floating line does not contract.
    """
    margin = 1.0
    for ladder in (word, bit):
        nodes, lines = ladder.g.shape
        load = np.zeros(lines)
        path = 0.0
        for k in range(nodes - 1, -1, -1):
            path += ladder.r[k]
            for line in range(lines):
                load[line] += ladder.g[k, line] * path
        contraction = 0.0
        for line in range(lines):
            attached = load[line] / (1.0 + load[line])
            if ladder.damp[nodes - 1, line] == 0.0:
                attached = 1.0
            contraction = max(contraction, attached)
        margin *= contraction
    return 1.0 - margin


@njit
def cell_current(bit: Ladder, word_voltage: F64, emf: F64, scratch: F64, current: F64) -> float:
    """Fill `current` (m, N) for word-line voltages (m, N), bit lines solved exactly; returns the largest |I|."""
    m, n = current.shape
    for i in range(m):
        for j in range(n):
            current[i, j] = word_voltage[i, j] + emf[i, j]
    sweep(bit, current, np.zeros(n), scratch)
    peak = np.zeros(n)
    for i in range(m):
        for j in range(n):
            current[i, j] = bit.g[i, j] * (current[i, j] - scratch[i, j])
            peak[j] = max(peak[j], abs(current[i, j]))
    largest = 0.0
    for j in range(n):
        largest = max(largest, peak[j])
    return largest


@njit
def piece(flat: F64, m: int, n: int) -> F64:
    """The first m n numbers of `flat` as an array (m, n)."""
    return flat[: m * n].reshape((m, n))


@njit
def total(lane: F64) -> float:
    """Sum of `lane`, in order."""
    result = 0.0
    for value in lane:
        result += value
    return result


@njit
def line_cg(
    word: Ladder, bit: Ladder, V: F64, emf: F64, tolerance: float, scratch: F64, current: F64, steps: F64
) -> int:
    """Cell currents `current` (m, N) of one pattern, A; returns the iterations used, or -1 if it did not converge.

    Conjugate gradients on the word-line voltages, bit lines eliminated exactly, preconditioned by exact word-line
    solves. Residuals are kept as voltage differences d with residual current g d, so neither line matrix (infinite
    for zero resistance) is ever formed. Stops when the bound |dI|^2 <= max(g) e.S e on the current error is below
    (`tolerance` times the largest current)^2: M^-1 S has eigenvalues in [margin, 1], so after the last preconditioned
    step e.S e <= (1 - margin)^2 / margin r.M^-1 r.

    Parameters
    ----------
    word, bit
        Ladders (N, m) flipped and (m, N); their `g` are the same cells.
    V
        Source voltages (m,), V.
    emf
        Voltage in series with every cell, aiding current from word to bit line (m, N), V.
    steps
        (MAX_ITERATIONS, 2): filled with the length of every step and how much of the last direction it kept.
    """
    m, n = bit.g.shape
    g = bit.g
    turned = piece(scratch[0], n, m)
    turned_out = piece(scratch[1], n, m)
    unturned = piece(scratch[0], m, n)
    no_word_voltage = np.zeros(m)
    no_bit_voltage = np.zeros(n)
    w = piece(scratch[2], m, n)
    d = piece(scratch[3], m, n)
    z = piece(scratch[4], m, n)
    p = piece(scratch[5], m, n)
    pd = piece(scratch[6], m, n)
    q = piece(scratch[7], m, n)
    p[:] = 0.0
    pd[:] = 0.0
    lane = np.empty(n)

    flip(emf, turned)
    for k in range(n):
        for i in range(m):
            turned[k, i] = -turned[k, i]
    sweep(word, turned, V, turned_out)
    unflip(turned_out, w)
    largest = cell_current(bit, w, emf, d, current)
    scale = 0.0
    for i in range(m):
        for j in range(n):
            scale = max(scale, g[i, j])
    margin = convergence_margin(word, bit)
    scale *= (1.0 - margin) ** 2 / margin
    previous = 1.0
    for iteration in range(MAX_ITERATIONS):
        flip(d, turned)
        sweep(word, turned, no_word_voltage, turned_out)
        unflip(turned_out, z)
        lane[:] = 0.0
        for i in range(m):
            for j in range(n):
                lane[j] += g[i, j] * d[i, j] * z[i, j]
        rz = total(lane)
        if scale * rz <= (tolerance * largest) ** 2 or iteration % RECHECK == RECHECK - 1:
            for i in range(m):
                for j in range(n):
                    q[i, j] = w[i, j] + z[i, j]
            largest = cell_current(bit, q, emf, unturned, current)
            if scale * rz <= (tolerance * largest) ** 2:
                return iteration
        beta = rz / previous if iteration > 0 else 0.0
        previous = rz
        for i in range(m):
            for j in range(n):
                p[i, j] = z[i, j] + beta * p[i, j]
                pd[i, j] = d[i, j] + beta * pd[i, j]
        sweep(bit, p, no_bit_voltage, q)
        lane[:] = 0.0
        for i in range(m):
            for j in range(n):
                q[i, j] = pd[i, j] - q[i, j]
                lane[j] += g[i, j] * p[i, j] * q[i, j]
        curvature = total(lane)
        if not curvature > 0.0:
            return -1
        alpha = rz / curvature
        steps[iteration, 0], steps[iteration, 1] = alpha, beta
        for i in range(m):
            for j in range(n):
                w[i, j] += alpha * p[i, j]
                d[i, j] -= alpha * q[i, j]
    return -1


@njit
def ladders(cells: F64, r_word: F64, r_bit: F64, floating: Bool, scratch: F64) -> tuple[Ladder, Ladder]:
    """Word and bit ladders of an array with conductances `cells` (m, N), both factored."""
    m, n = cells.shape
    turned = piece(scratch[8], n, m)
    flip(cells, turned)
    word_damp = piece(scratch[9], n, m)
    word_y = factor(turned, r_word, word_damp)
    word_z = terminate(word_damp, word_y, r_word[n - 1], floating)
    bit_damp = piece(scratch[10], m, n)
    bit_y = factor(cells, r_bit, bit_damp)
    bit_z = terminate(bit_damp, bit_y, r_bit[m - 1], np.zeros(n, np.bool_))
    return Ladder(turned, r_word, word_damp, word_z), Ladder(cells, r_bit, bit_damp, bit_z)


@njit
def solve_patterns(
    G: F64,
    V: F64,
    emf: F64,
    kept: Bool,
    floating: Bool,
    lines: tuple[float, float, float, float],
    tolerance: float,
    currents: F64,
) -> I64:
    """Fill `currents` (P, M, N), A, of P patterns by `line_cg`; returns its iterations (P,), -1 where it failed.

    Parameters
    ----------
    G
        Conductances (M, N), S.
    V
        Source voltages (P, M), V.
    emf
        Voltage in series with every cell in all patterns, aiding current from word to bit line (M, N), V.
    kept
        (P, M): rows whose cells are connected. The bit-line segments of rows that are cut off join in series, so a
        pattern costs as much as its rows.
    floating
        (P, M): rows whose driver is disconnected.
    lines
        r_wl, r_bl, r_source, r_sense, ohm.
    currents
        Zero on entry.
    """
    patterns, m = V.shape
    n = G.shape[1]
    r_wl, r_bl, r_source, r_sense = lines
    r_word = np.full(n, r_wl)
    r_word[n - 1] += r_source
    scratch = np.empty((SCRATCH, m * n))
    iterations = np.zeros(patterns, np.int64)
    rows = np.empty(m, np.int64)
    volts = np.empty(m)
    cut = np.empty(m, np.bool_)
    steps = np.empty((MAX_ITERATIONS, 2))
    for pattern in range(patterns):
        count = 0
        for i in range(m):
            if kept[pattern, i]:
                rows[count] = i
                volts[count] = V[pattern, i]
                cut[count] = floating[pattern, i]
                count += 1
        if count == 0:
            continue
        cells = piece(scratch[11], count, n)
        aiding = piece(scratch[12], count, n)
        r_bit = np.empty(count)
        for k in range(count):
            below = rows[k + 1] if k + 1 < count else m
            r_bit[k] = r_bl * (below - rows[k])
            for j in range(n):
                cells[k, j] = G[rows[k], j]
                aiding[k, j] = emf[rows[k], j]
        r_bit[count - 1] += r_sense
        word, bit = ladders(cells, r_word, r_bit, cut[:count], scratch)
        solved = piece(scratch[13], count, n)
        iterations[pattern] = line_cg(word, bit, volts[:count], aiding, tolerance, scratch, solved, steps)
        for k in range(count):
            for j in range(n):
                currents[pattern, rows[k], j] = solved[k, j]
    return iterations
