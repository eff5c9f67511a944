"""How the crossbar is solved: which method for which patterns, and Newton's method for non-linear cells.

Takes checked arrays, pattern by pattern; the public functions and their checks are in `physics.crossbar`.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64, I64, Bool
from snnmap.core.errors import SnnmapError
from snnmap.physics.kernels.crossbar import lone_rows, solve_patterns
from snnmap.physics.kernels.crossbar_direct import eliminate
from snnmap.physics.kernels.crossbar_many import Grid, follow_steps, survey
from snnmap.physics.kernels.crossbar_shared import shared_rows

TOLERANCE = 1e-10
"""Largest current error of the iteration, as a share of the largest current: a proven bound; 1e-13 is typical."""
NEWTON_TOLERANCE = 1e-10
"""Largest mismatch between a non-linear cell's current and its law, as a share of the largest current."""
NEWTON_STEPS = 100
GOLDEN = (5.0**0.5 - 1.0) / 2.0
SHARED_TOLERANCE = 1e-12
"""Largest last step of shared reads, as a share of the largest current; a solve of every row alone follows."""
TENSOR_BYTES = 2**28
"""Largest transfer tensor, twice over, that is chosen without being asked for: 256 x 256 cells. Larger ones cost more
than patterns that follow one another."""
ABREAST = 32
"""Patterns of a large array that are solved side by side. Measured at 512 x 512: 8 cost 1.8 times as much each."""
LEADER_TOLERANCE = 1e-12
"""`TOLERANCE` of the pattern whose steps the others take."""
FOLLOWER_TOLERANCE = 1e-11
"""Largest bound on the error of a pattern that took another's steps; beyond it the pattern is solved by itself."""

Lines = tuple[float, float, float, float]
"""r_wl, r_bl, r_source, r_sense in ohm: `crossbar.Wires` as the kernels take it."""
Rows = npt.NDArray[np.intp]


def solve(G: F64, V: F64, kept: Bool, floating: Bool, lines: Lines) -> F64:
    """Cell currents (M, N, P), A, of ohmic arrays; chooses the method by how many patterns share their connected rows.

    G is (M, N); V, kept (cells connected) and floating (driver disconnected) are (P, M).
    """
    patterns, rows = V.shape
    columns = G.shape[1]
    together, many = _superpose, rows + columns  # measured: the tensor costs as much as this many, 64 x 64 to 256 x 256
    if 8 * rows * columns * (rows + columns) > TENSOR_BYTES:
        together, many = _follow, ABREAST
    if patterns < many:
        return np.moveaxis(_solve_each(G, V, kept, floating, lines), 0, 2)
    masks, member = np.unique(np.hstack([kept, floating]), axis=0, return_inverse=True)
    if len(masks) == 1:
        return together(G, V, kept[0], floating[0], lines)
    currents = np.zeros((patterns, rows, columns))
    size = np.bincount(member, minlength=len(masks))
    few = np.flatnonzero(size[member] < many)
    currents[few] = _solve_each(G, V[few], kept[few], floating[few], lines)
    for group in np.flatnonzero(size >= many):
        chosen = np.flatnonzero(member == group)
        first = chosen[0]
        currents[chosen] = np.moveaxis(together(G, V[chosen], kept[first], floating[first], lines), 2, 0)
    return np.moveaxis(currents, 0, 2)


def _superpose(G: F64, V: F64, kept: Bool, floating: Bool, lines: Lines) -> F64:
    """Cell currents (M, N, P) of patterns V (P, M) on one set of connected rows."""
    rows = np.flatnonzero(kept)
    if len(rows) == 0:
        return np.zeros((*G.shape, len(V)))
    tensor = tensor_of_rows(G[rows], floating[rows], rows, len(G), lines)
    solved = (tensor.reshape(-1, len(rows)) @ V[:, rows].T).reshape(len(rows), G.shape[1], len(V))
    if len(rows) == len(G):
        return solved
    currents = np.zeros((*G.shape, len(V)))
    currents[rows] = solved
    return currents


def _follow(G: F64, V: F64, kept: Bool, floating: Bool, lines: Lines) -> F64:
    """As `_superpose`, of an array whose tensor would be too large: one pattern leads and the others take its steps."""
    rows = np.flatnonzero(kept)
    currents = np.empty((len(V), *G.shape))  # numpy places it in huge pages, but not what it zeroes: 4 s for 2 GB
    currents[:, ~kept] = 0.0
    if len(rows) > 0:
        failed = np.arange(len(V))
        volts = 1.0 + np.modf(rows * GOLDEN)[0]  # uneven from row to row, so that no answer of the array stays asleep
        series = _series(rows, len(G), G.shape[1], lines)
        grid, steps, taken = survey(G[rows], *series, floating[rows], volts, LEADER_TOLERANCE)
        if taken >= 0:
            failed = np.flatnonzero(_followed(grid, V[:, rows], steps[:taken], rows, currents) > FOLLOWER_TOLERANCE)
        everywhere, cut = np.tile(kept, (len(failed), 1)), np.tile(floating, (len(failed), 1))
        currents[failed] = _solve_each(G, V[failed], everywhere, cut, lines)
    return np.moveaxis(currents, 0, 2)


def _followed(grid: Grid, V: F64, steps: F64, rows: Rows, currents: F64) -> F64:
    """Fill `currents` (P, height, N) of patterns V (P, M), a few abreast on every core; bounds on their errors (P,)."""
    starts = range(0, len(V), ABREAST)
    threads = min(os.cpu_count() or 1, len(starts))
    errors = np.empty(len(V))

    def share(thread: int) -> None:
        work = np.empty((3, *grid.g.shape, ABREAST))
        for start in starts[thread::threads]:
            block = slice(start, min(start + ABREAST, len(V)))
            volts = np.ascontiguousarray(V[block].T)
            space = work.reshape(-1)[: 3 * grid.g.size * volts.shape[1]].reshape(3, *grid.g.shape, -1)
            errors[block] = follow_steps(grid, volts, steps, space, rows, currents[block])

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(share, range(threads)))
    return errors


def _solve_each(G: F64, V: F64, kept: Bool, floating: Bool, lines: Lines) -> F64:
    """Cell currents (P, M, N), one pattern after the other: closed form, iteration, or elimination if that stalls."""
    lone = (np.sum(kept, axis=1) == 1) & ~np.any(floating, axis=1)
    currents = np.zeros((len(V), *G.shape))
    connected = kept & ~lone[:, None]
    iterations = solve_patterns(G, V, np.zeros_like(G), connected, floating, lines, TOLERANCE, currents)
    if np.any(lone):
        row = np.argmax(kept[lone], axis=1)
        currents[lone, row] = lone_row_currents(G, lines)[row] * V[lone, row, None]
    for p in np.flatnonzero(iterations < 0):
        rows = np.flatnonzero(kept[p])
        cells, series = G[rows], _series(rows, len(G), G.shape[1], lines)
        currents[p, rows] = _direct(cells, V[p, rows], np.zeros_like(cells), floating[p, rows], series)
    return currents


def _direct(G: F64, V: F64, emf: F64, floating: Bool, series: tuple[F64, F64]) -> F64:
    """Cell currents, A (m, N), of one pattern `V` (m,) on connected rows, by elimination; `series` as of `_series`."""
    always = np.ones(len(G), np.int64)
    return _eliminate(G, np.ascontiguousarray(V[:, None]), emf, always, floating, series)[:, :, 0]


def _eliminate(G: F64, V: F64, emf: F64, filled: I64, floating: Bool, series: tuple[F64, F64]) -> F64:
    """Cell currents (M, N, P), A; arguments as in the kernel, whose big arrays numpy places in huge pages."""
    currents = np.zeros((*G.shape, V.shape[1]))
    eliminate(G, V, emf, filled, floating, *series, np.empty((*G.shape, G.shape[1])), currents)
    return currents


def _series(rows: Rows, m: int, n: int, lines: Lines) -> tuple[F64, F64]:
    """Series resistances of word lines (N,) and of bit lines between the connected `rows`, open end first, ohm."""
    r_wl, r_bl, r_source, r_sense = lines
    r_word = np.full(n, r_wl)
    r_word[-1] += r_source
    r_bit = r_bl * np.diff(np.append(rows, m)).astype(np.float64)
    r_bit[-1] += r_sense
    return r_word, r_bit


def tensor_of_rows(G: F64, floating: Bool, rows: Rows, height: int, lines: Lines) -> F64:
    """Transfer tensor, S (m, N, m), of the connected `rows` (m,) with conductances `G` (m, N); `height` rows in all."""
    m, n = G.shape
    return _eliminate(G, np.eye(m), np.zeros_like(G), np.arange(1, m + 1), floating, _series(rows, height, n, lines))


def lone_row_currents(G: F64, lines: Lines) -> F64:
    """Current per volt, S (M, N), of every cell when its row alone is connected."""
    m, n = G.shape
    _, r_bl, _, r_sense = lines
    r_word, _ = _series(np.arange(m), m, n, lines)
    return lone_rows(G, r_word, r_bl * np.arange(m, 0, -1, dtype=np.float64) + r_sense)


def shared_row_currents(G: F64, share: F64, sign: F64, lines: Lines) -> F64:
    """Current per volt, S (M, N), of every cell when its row is read and row k as well in `share`[k] (M,) of the reads.

    `sign` (M,) is 1 or -1, as the kernel has it.

    Raises
    ------
    SnnmapError
        If the iteration does not converge.
    """
    current = np.zeros_like(G)
    if shared_rows(G, share, sign, lines, SHARED_TOLERANCE, current) < 0:
        raise SnnmapError("The currents of rows that are read together did not converge; lower the wire resistances.")
    return current


def newton(G: F64, V: F64, k: float, floating: Bool, lines: Lines, start: F64) -> F64:
    """Currents, A (M, N), of one pattern `V` (M,) with cells I = G sinh(k v) / k; `start` are those of ohmic cells.

    Every step solves the array of tangents. A cell whose voltage grows in a step takes the voltage that belongs to its
    new current, as circuit simulators limit diodes, so that sinh never runs away.
    """
    closed = G > 0.0
    if not np.any(closed):
        return np.zeros_like(G)
    resistance = np.divide(1.0, G, out=np.zeros_like(G), where=closed)
    everywhere = np.ones((1, len(G)), np.bool_)
    v = np.arcsinh(k * start * resistance) / k
    for _ in range(NEWTON_STEPS):
        slope = G * np.cosh(k * v)
        emf = np.tanh(k * v) / k - v
        solved = np.zeros((1, *G.shape))
        iterations = solve_patterns(slope, V[None], emf, everywhere, floating[None], lines, TOLERANCE, solved)
        current: F64 = solved[0]
        if iterations[0] < 0:
            current = _direct(slope, V, emf, floating, _series(np.arange(len(G)), len(G), G.shape[1], lines))
        tangent = np.divide(current, slope, out=np.zeros_like(G), where=closed) - emf
        limited = np.arcsinh(k * current * resistance) / k
        mismatch = np.maximum(slope, np.hypot(G, k * current)) * (tangent - limited)
        v = np.where(np.abs(tangent) > np.abs(v), limited, tangent)
        if np.max(np.abs(mismatch)) <= NEWTON_TOLERANCE * np.max(np.abs(current)):
            return current
    raise SnnmapError(
        f"The non-linear array did not converge in {NEWTON_STEPS} Newton steps; lower k = {k:g} /V or the voltage."
    )
