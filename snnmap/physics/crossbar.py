"""Exact currents of a resistive crossbar with wire resistance: every cell, every input pattern.

Convention: M word lines (rows), N bit lines (columns). Row i is driven by an ideal source at its left end through
`r_source` + `r_wl` to node (i, 0), with `r_wl` between neighbours and an open right end. Column j reaches ground at its
bottom end through `r_bl` + `r_sense`, with `r_bl` between neighbours and an open top end. Currents are positive from
word to bit line. Any of the four resistances (`Wires`) may be 0, any cell open (G = 0). Equations: PHYSICS M1.

Knows arrays of numbers only: not what a cell is made of, nor which neuron sits on it. Methods: package docstring.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64, Bool
from snnmap.core.errors import InputError
from snnmap.physics.checks import Values, numbers, scalar
from snnmap.physics.crossbar_lines import Lines, lone_row_currents, newton, shared_row_currents, solve, tensor_of_rows

WIRE_REFERENCE = 300.0
"""K, temperature that wire resistances are stated at (PHYSICS section 3.1)."""


NEVER = 1e-9
"""Share that stands for 0 in pairs of rows, which answer one another even when nobody else is on."""


@dataclass(frozen=True, slots=True)
class Wires:
    """Resistances of the lines of an array, ohm; any may be 0.

    Raises
    ------
    InputError
        If one is not a finite number of at least 0.
    """

    r_wl: float
    """Segment of a word line, from cell to cell."""
    r_bl: float
    """Segment of a bit line."""
    r_source: float
    """Row driver."""
    r_sense: float
    """Sense input of a column."""

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            object.__setattr__(self, name, scalar(name, getattr(self, name), least=0.0))

    @classmethod
    def of(cls, technology: Values, temperature: float) -> "Wires":
        """Wires of a technology at `temperature`, K; drivers and sense inputs do not change with it."""
        warm = 1.0 + technology["wire_temperature_coefficient"] * (temperature - WIRE_REFERENCE)
        segments = technology["r_wordline"] * warm, technology["r_bitline"] * warm
        return cls(*segments, technology["r_source"], technology["r_sense"])

    @property
    def lines(self) -> Lines:
        """All four as the kernels take them."""
        return self.r_wl, self.r_bl, self.r_source, self.r_sense


@dataclass(frozen=True, slots=True, eq=False)
class ArrayPower:
    """Power of an array during a read, by where it is dissipated: source = cells + wires (PHYSICS M7)."""

    source: F64
    """Power delivered by the row drivers, W (P,)."""
    cells: F64
    """Power dissipated in the memory cells, W (P,)."""
    wires: F64
    """Power dissipated in word lines, bit lines, drivers and sense resistances, W (P,)."""


def cell_currents(*, G: npt.ArrayLike, V: npt.ArrayLike, wires: Wires, active: npt.ArrayLike, inactive: str) -> F64:
    """Current of every cell for every pattern, A (M, N, P).

    Exact to 1e-10 of the largest current, and to rounding (1e-13) as a rule; methods in the package docstring.

    Parameters
    ----------
    G
        Cell conductances, S (M, N); 0 is an open cell.
    V
        Source voltages, V (M, P); those of inactive rows are ignored.
    wires
        Resistances of lines, drivers and sense inputs.
    active
        Rows driven in each pattern, bool (M, P).
    inactive
        What the other rows do: "gated" (their cells are open), "grounded" (driven at 0 V) or "floating" (driver
        disconnected; a floating row without closed cells carries no current).

    Raises
    ------
    InputError
        If a shape, sign or name does not fit.
    """
    conductance = _conductances(G)
    volts, on = _patterns(conductance, V, active)
    volts, kept, floating = _rows(volts, on, inactive)
    return solve(conductance, volts, kept, floating, wires.lines)


def gated_row_map(*, G: npt.ArrayLike, V_r: float, wires: Wires) -> F64:
    """Current of every cell when its row alone is read at `V_r` volts and all other rows are gated, A (M, N).

    Closed form, one ladder per row (PHYSICS section 2): the map that wear and temperature of a 1T1R array start from.
    Parameters and errors as in `cell_currents`.
    """
    return scalar("V_r", V_r) * lone_row_currents(_conductances(G), wires.lines)


def shared_row_map(*, G: npt.ArrayLike, V_r: float, wires: Wires, share: npt.ArrayLike) -> F64:
    """Current of every cell when its row is read at `V_r` volts together with others, A (M, N): the mean over reads.

    Rows share bit lines: whatever else is on raises the voltage at the foot of a cell. Row k is on in `share`[k] of the
    reads of any other row, otherwise gated; to first order in the deviations from that mean the currents are exact.
    Shares of 0 give `gated_row_map`, shares of 1 `cell_currents` with all rows on; for rows on independently of one
    another a test compares with the average over all patterns.

    Parameters
    ----------
    G, V_r, wires
        As in `gated_row_map`.
    share
        0 to 1 (M,).

    Raises
    ------
    InputError
        If a shape or value does not fit.
    SnnmapError
        If the iteration does not converge.
    """
    conductance = _conductances(G)
    shares = _shares(share, conductance)
    return scalar("V_r", V_r) * shared_row_currents(conductance, shares, np.ones(len(shares)), wires.lines)


def paired_row_map(*, G: npt.ArrayLike, V_r: float, wires: Wires, share: npt.ArrayLike) -> F64:
    """As `shared_row_map`, of rows in pairs: 2r is driven at `V_r` and 2r + 1 at -`V_r` in the same reads.

    What both put on a bit line is subtracted there. Currents are given by their size, from driver to bit line at `V_r`
    and the other way at -`V_r`. `share` of the two rows of a pair is the same; an odd last row has no partner.

    Raises
    ------
    InputError
        If a shape or value does not fit.
    SnnmapError
        If the iteration does not converge.
    """
    conductance = _conductances(G)
    shares = np.maximum(_shares(share, conductance), NEVER)
    pairs = len(conductance) // 2 * 2
    if not np.array_equal(shares[:pairs:2], shares[1:pairs:2]):
        raise InputError("the two rows of a pair must have the same share.")
    sign = np.where(np.arange(len(shares)) % 2, -1.0, 1.0)
    return scalar("V_r", V_r) * shared_row_currents(conductance, shares, sign, wires.lines)


def transfer_tensor(*, G: npt.ArrayLike, wires: Wires, floating: npt.ArrayLike | None = None) -> F64:
    """Current of cell (i, j) per volt on row k while every other driven row is at 0 V, S (M, N, M).

    By superposition the currents of source voltages V are T @ V. Rows in `floating` (bool (M,)) are disconnected and
    have T[:, :, k] = 0; for gated rows pass G with those rows 0. Block elimination, O(M N^2 (M + N)) operations and
    8 M N (M + N) bytes. Other parameters and errors as in `cell_currents`.
    """
    conductance = _conductances(G)
    rows = len(conductance)
    cut = np.zeros(rows, np.bool_) if floating is None else np.array(floating)
    if cut.dtype != np.bool_ or cut.shape != (rows,):
        raise InputError(f"floating must be bool ({rows},), one entry per row of G, not {cut.dtype} {cut.shape}.")
    return tensor_of_rows(conductance, cut, np.arange(rows), rows, wires.lines)


def cell_currents_nonlinear(
    *, G: npt.ArrayLike, V: npt.ArrayLike, k: float, wires: Wires, active: npt.ArrayLike, inactive: str
) -> F64:
    """Current of every cell, A (M, N, P), for cells that obey I = G sinh(k v) / k with v the voltage across the cell.

    `k` is in 1/V; `G` is the conductance at 0 V. Newton's method, converged when every cell is on its law within 1e-10
    of the largest current. Other parameters as in `cell_currents`.

    Raises
    ------
    InputError
        If an input does not fit, or k V exceeds 300 (the currents would overflow).
    SnnmapError
        If Newton's method does not converge.
    """
    conductance = _conductances(G)
    volts, on = _patterns(conductance, V, active)
    volts, kept, floating = _rows(volts, on, inactive)
    steepness = scalar("k", k, least=0.0)
    if steepness * np.max(np.abs(volts), initial=0.0) > 300.0:
        raise InputError(f"k = {k} /V times the largest voltage exceeds 300: the cell currents would overflow.")
    currents = solve(conductance, volts, kept, floating, wires.lines)
    if steepness == 0.0:
        return currents
    result = np.empty_like(currents)
    for p in range(len(volts)):
        cells = np.where(kept[p, :, None], conductance, 0.0)
        result[:, :, p] = newton(cells, volts[p], steepness, floating[p], wires.lines, currents[:, :, p])
    return result


def current_statistics(*, T: npt.ArrayLike, V: npt.ArrayLike, probability: npt.ArrayLike) -> tuple[F64, F64]:
    """Mean current, A, and mean square current, A^2, of every cell, both (M, N), for random independent spikes.

    Row k is at V[k] with `probability`[k], else at 0 V (PHYSICS section 2.3): E[I] = T (V p) and, with squares taken
    element by element, E[I^2] = E[I]^2 + T^2 (V^2 p (1 - p)). Exact for rows that are grounded when silent, where the
    array is linear in the pattern.

    Parameters
    ----------
    T
        `transfer_tensor`, S (M, N, M).
    V, probability
        Voltage of a spike, V, and chance of one per step, each (M,) or a scalar.
    """
    tensor = np.asarray(T, np.float64)
    if tensor.ndim != 3 or tensor.shape[0] != tensor.shape[2]:
        raise InputError(f"T must be a transfer tensor of shape (M, N, M), not {tensor.shape}.")
    rows = tensor.shape[0]
    for name, values in (("V", V), ("probability", probability)):
        if np.shape(values) not in {(), (rows,)}:
            raise InputError(f"{name} must be a scalar or have shape ({rows},), not {np.shape(values)}.")
    volts = np.broadcast_to(np.asarray(V, np.float64), rows)
    chance = np.broadcast_to(np.asarray(probability, np.float64), rows)
    if not (np.all(np.isfinite(volts)) and np.all((chance >= 0.0) & (chance <= 1.0))):
        raise InputError("V must be finite and probability between 0 and 1.")
    mean = tensor @ (volts * chance)
    variance = np.square(tensor) @ (np.square(volts) * chance * (1.0 - chance))
    return mean, np.square(mean) + variance


def array_power(
    *, currents: npt.ArrayLike, G: npt.ArrayLike, V: npt.ArrayLike, wires: Wires, active: npt.ArrayLike, k: float = 0.0
) -> ArrayPower:
    """Power at the sources, in the cells and in the wires, W (P,) each, from the cell currents (PHYSICS M7).

    `currents` (M, N, P), A, comes from `cell_currents`, or from `cell_currents_nonlinear` with the same `k`, and the
    other arguments are those it was called with. The three are computed independently: they balance only if the
    currents are right.
    """
    conductance = _conductances(G)
    volts, on = _patterns(conductance, V, active)
    steepness = scalar("k", k, least=0.0)
    amperes = np.asarray(currents, np.float64)
    expected = (*conductance.shape, len(volts))
    if amperes.shape != expected or not np.all(np.isfinite(amperes)):
        raise InputError(f"currents must be finite with shape {expected} to fit G and V, not {amperes.shape}.")
    across = np.divide(amperes, conductance[:, :, None], out=np.zeros(expected), where=conductance[:, :, None] > 0.0)
    if steepness > 0.0:
        across = np.arcsinh(steepness * across) / steepness
    word = np.cumsum(amperes[:, ::-1], axis=1)
    bit = np.cumsum(amperes, axis=0)
    source = np.sum(np.where(on, volts, 0.0).T * word[:, -1], axis=0)
    lost = wires.r_wl * np.sum(np.square(word), axis=(0, 1)) + wires.r_source * np.sum(np.square(word[:, -1]), axis=0)
    lost += wires.r_bl * np.sum(np.square(bit), axis=(0, 1)) + wires.r_sense * np.sum(np.square(bit[-1]), axis=0)
    return ArrayPower(source, np.sum(amperes * across, axis=(0, 1)), lost)


def _conductances(G: npt.ArrayLike) -> F64:
    """Checked conductances, a copy in C order, which is the one layout that the kernels are compiled for."""
    conductance = np.array(numbers("G", G, least=0.0, ndim=2), order="C")
    if conductance.size == 0:
        raise InputError(f"G must have at least one cell, not shape {conductance.shape}.")
    return conductance


def _shares(share: npt.ArrayLike, conductance: F64) -> F64:
    """Checked shares (M,)."""
    shares = numbers("share", share, least=0.0, ndim=1)
    if shares.shape != conductance.shape[:1] or shares.max(initial=0.0) > 1.0:
        raise InputError(f"share must be 0 to 1 for each of {len(conductance)} rows.")
    return np.ascontiguousarray(shares)


def _patterns(conductance: F64, V: npt.ArrayLike, active: npt.ArrayLike) -> tuple[F64, Bool]:
    """Checked voltages and active rows, both pattern by pattern (P, M)."""
    volts = numbers("V", V, ndim=2)
    rows = len(conductance)
    if len(volts) != rows:
        raise InputError(f"V must have one row per row of G ({rows}), not {len(volts)}.")
    on = np.asarray(active)
    if on.dtype != np.bool_ or on.shape != volts.shape:
        raise InputError(f"active must be bool {volts.shape} like V, not {on.dtype} {on.shape}.")
    return np.ascontiguousarray(volts.T), np.ascontiguousarray(on.T)


def _rows(volts: F64, on: Bool, inactive: str) -> tuple[F64, Bool, Bool]:
    """Voltages with silent rows at 0, rows whose cells are connected, rows whose driver is not; all (P, M)."""
    driven = np.where(on, volts, 0.0)
    everywhere, nowhere = np.ones_like(on), np.zeros_like(on)
    match inactive:
        case "gated":
            return driven, on, nowhere
        case "grounded":
            return driven, everywhere, nowhere
        case "floating":
            return driven, everywhere, ~on
    raise InputError(f'inactive must be "gated", "grounded" or "floating", not {inactive!r}.')
