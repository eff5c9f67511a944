"""Loops of the crossbar solver for many patterns on one large array: all patterns take the steps that one has found.

Conjugate gradients on the word lines find, for one pattern, the lengths of their steps; those depend on the array alone
but for rounding and for what the pattern excites. Any other pattern takes the same steps, x' = x + a (w(x) - x) +
u (x - x before), where w(x) are the word lines solved exactly beside the bit lines solved exactly beside x. So no sums
over the array are needed in between, and a step is one pass over memory: bit lines are eliminated from the open end
while rows come downwards, from the terminal while they come upwards, and on the way back each row has its bit-line
voltages, solves its word line and eliminates for the next step. Patterns lie side by side, so that every loop is over
neighbours in memory. At the end the error of every pattern is bounded as in `line_cg`.

From the terminal a bit line is a voltage behind a resistance (Thevenin): with that resistance R at a node, a shunt g at
voltage v leaves a voltage (kept x voltage + share x v), kept = 1 / (1 + R g), share = R g kept. On the way back the
voltage is `follow` of that above and the rest of the one left behind. Sums of positive products, as in the ladders.
"""

from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F64, I64, Bool
from snnmap.core.jit import njit
from snnmap.physics.kernels.crossbar import MAX_ITERATIONS, SCRATCH, convergence_margin, ladders, line_cg


class Grid(NamedTuple):
    """An array, factored for passes in both directions; everything by row and column (M, N) but the last four."""

    g: F64
    """Conductances, S."""
    word: F64
    """Voltage division of word lines from the neighbour nearer to the source."""
    bit: F64
    """Voltage division of bit lines, eliminated from the open end, from the neighbour nearer to the terminal."""
    kept: F64
    """Share of its voltage that a bit line, eliminated from the terminal, keeps at a cell."""
    share: F64
    """Share of the cell's word-line voltage that it takes."""
    follow: F64
    """Share of the voltage above that a bit-line node takes; 0 in the first row."""
    z: F64
    """Resistance of word lines to ground at their first node, ohm (M,)."""
    r_bit: F64
    """Resistance below every row, ohm (M,)."""
    r_word: float
    """Resistance of a word-line segment, ohm."""
    scale: float
    """Largest current error squared over the sum of g d^2, d being the change of the bit lines in the last pass, S."""


@njit
def survey(g: F64, r_word: F64, r_bit: F64, floating: Bool, volts: F64, tolerance: float) -> tuple[Grid, F64, int]:
    """Grid of an array `g` (M, N), and the steps (K, 2) that the pattern `volts` (M,) takes to `tolerance`; K or -1.

    Parameters
    ----------
    r_word, r_bit
        Series resistances (N,) and (M,), open end first, the terminal's included in the last.
    floating
        (M,): rows whose driver is disconnected.
    """
    m, n = g.shape
    scratch = np.empty((SCRATCH, m * n))
    word, bit = ladders(g, r_word, r_bit, floating, scratch)
    steps = np.empty((MAX_ITERATIONS, 2))
    current = np.empty((m, n))
    taken = line_cg(word, bit, volts, np.zeros((m, n)), tolerance, scratch, current, steps)
    kept, share, follow = np.empty((m, n)), np.empty((m, n)), np.zeros((m, n))
    behind = np.full(n, r_bit[m - 1])
    for i in range(m - 1, -1, -1):
        for j in range(n):
            kept[i, j] = 1.0 / (1.0 + behind[j] * g[i, j])
            share[i, j] = behind[j] * g[i, j] * kept[i, j]
            if i > 0:
                own = behind[j] * kept[i, j]
                behind[j] = own + r_bit[i - 1]
                follow[i, j] = own / behind[j] if behind[j] > 0.0 else 0.0
    margin = convergence_margin(word, bit)
    scale = g.max() * (1.0 - margin) ** 2 / margin
    near = np.ascontiguousarray(word.damp[::-1].T)
    return Grid(g, near, bit.damp.copy(), kept, share, follow, word.z, r_bit, r_word[0], scale), steps, taken


@njit
def rise(damp: F64, r: float, eliminated: F64, b: F64) -> None:
    """Bit-line voltages `b` (N, W) of a row from those below, in place; lines `eliminated` from the open end."""
    patterns = b.shape[1]
    for j in range(len(damp)):
        here = damp[j]
        for p in range(patterns):
            b[j, p] = here * (b[j, p] + r * eliminated[j, p])


@njit
def fall(follow: F64, eliminated: F64, b: F64) -> None:
    """Bit-line voltages `b` (N, W) of a row from those above, in place; lines `eliminated` from the terminal."""
    patterns = b.shape[1]
    for j in range(len(follow)):
        above = follow[j]
        rest = 1.0 - above
        for p in range(patterns):
            b[j, p] = above * b[j, p] + rest * eliminated[j, p]


@njit
def word_line(g: F64, damp: F64, z: float, r: float, V: F64, b: F64, behind: F64, out: F64) -> None:
    """Word-line voltages `out` (N, W) of a row, near end first, beside bit lines `b` (N, W); `behind` is work space."""
    n, patterns = b.shape
    for p in range(patterns):
        behind[n - 1, p] = g[n - 1] * b[n - 1, p]
    for j in range(n - 2, -1, -1):
        own, further = g[j], damp[j + 1]
        for p in range(patterns):
            behind[j, p] = own * b[j, p] + further * behind[j + 1, p]
    for p in range(patterns):
        out[0, p] = damp[0] * V[p] + z * behind[0, p]
    for j in range(1, n):
        here = damp[j]
        for p in range(patterns):
            out[j, p] = here * (out[j - 1, p] + r * behind[j, p])


@njit
def renew(
    weights: tuple[float, float, float],
    solved: F64,
    latest: F64,
    x: F64,
    kept: F64,
    share: F64,
    before: F64,
    eliminated: F64,
) -> None:
    """Replace the voltages `x` (N, W) of a word line, eliminate its bit lines with them; `before` is the last row's."""
    by_solved, by_latest, by_older = weights
    patterns = x.shape[1]
    for j in range(len(kept)):
        keep, take = kept[j], share[j]
        for p in range(patterns):
            voltage = by_solved * solved[j, p] + by_latest * latest[j, p] + by_older * x[j, p]
            x[j, p] = voltage
            eliminated[j, p] = keep * before[j, p] + take * voltage


@njit
def finish(g: F64, x: F64, b: F64, before: F64, missed: F64, largest: F64, out: F64) -> None:
    """Currents `out` (N, W) of a row; adds g (b - before)^2 to `missed` (W,), lifts `largest` (W,) to the currents."""
    patterns = b.shape[1]
    for j in range(len(g)):
        own = g[j]
        for p in range(patterns):
            change = b[j, p] - before[j, p]
            current = own * (x[j, p] - b[j, p])
            missed[p] += own * change * change
            largest[p] = max(largest[p], abs(current))
            out[j, p] = current


@njit
def follow_steps(grid: Grid, V: F64, steps: F64, work: F64, rows: I64, currents: F64) -> F64:
    """Fill `currents` (W, height, N) at `rows` (M,) for W patterns `V` (M, W), A; returns a bound on their errors (W,).

    `steps` (K, 2) as from `survey`; `work` (3, M, N, W) is overwritten.
    """
    m, n = grid.g.shape
    patterns = V.shape[1]
    eliminated = work[2]
    b, behind, solved = np.zeros((n, patterns)), np.empty((n, patterns)), np.empty((n, patterns))
    nothing, none, ended = np.zeros((n, patterns)), np.zeros(n), len(steps)
    missed, largest = np.zeros(patterns), np.zeros(patterns)
    for k in range(ended + 2):
        x, y = work[k % 2], work[1 - k % 2]
        upwards = k % 2 == 0
        weights = (1.0, 0.0, 0.0)
        if k < ended:
            more = steps[k, 0] * steps[k, 1] / steps[k - 1, 0] if k > 0 else 0.0
            weights = (steps[k, 0], 1.0 - steps[k, 0] + more, -more)
        b[:] = 0.0
        for visited in range(m):
            i = m - 1 - visited if upwards else visited
            if k > 0 and upwards:
                rise(grid.bit[i], grid.r_bit[i], eliminated[i], b)
            elif k > 0:
                fall(grid.follow[i], eliminated[i], b)
            if k == ended + 1:
                finish(grid.g[i], y[i], b, x[i], missed, largest, solved)
                for p in range(patterns):
                    for j in range(n):
                        currents[p, rows[i], j] = solved[j, p]
                continue
            word_line(grid.g[i], grid.word[i], grid.z[i], grid.r_word, V[i], b, behind, solved)
            latest = y[i] if k > 0 else nothing
            if k < 2:
                x[i] = 0.0
            before, kept, share = nothing, grid.kept[i], grid.share[i]
            if upwards and visited > 0:
                before = eliminated[i + 1]
            elif not upwards:
                kept, share = grid.bit[i - 1] if visited > 0 else none, grid.g[i]
                before = eliminated[i - 1] if visited > 0 else nothing
            renew(weights, solved, latest, x[i], kept, share, before, eliminated[i])
            if k == ended:
                y[i] = b
    error = np.empty(patterns)
    for p in range(patterns):
        bound = np.sqrt(grid.scale * missed[p])
        error[p] = bound / largest[p] if largest[p] > 0.0 else bound
    return error
