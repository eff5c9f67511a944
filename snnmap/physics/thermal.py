"""Temperature of cells, arrays and tiles (PHYSICS M3 to M5). Rises in kelvin above the next level; knows no mapping.

Three levels add up: a cell above its array (`cell_rise`, one thermal resistance and time constant), the array above
its tile (`sheet_rise`, a metal sheet over oxide), tiles above the air (`ChipThermal`, a silicon sheet over an interface
over a package that all tiles share). Sheets have adiabatic edges, so DCT-II diagonalises them exactly.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.physics.checks import Values, not_negative, numbers, positive, same_shape

LARGEST_MATRIX = 4096
"""Tiles up to which the resistance matrix is written out (128 MiB)."""


def cell_power(current: npt.ArrayLike, conductance: npt.ArrayLike) -> F64:
    """Power dissipated in cells, W: I^2 / G, 0 if open (A, S; one shape). Not V I: wires take the rest."""
    amperes, siemens = numbers("current", current), numbers("conductance", conductance, least=0.0)
    same_shape(current=amperes, conductance=siemens)
    return np.divide(amperes**2, siemens, out=np.zeros_like(amperes), where=siemens > 0)


def cell_rise(power: npt.ArrayLike, resistance: float, time_constant: float, time: float) -> F64:
    """Rise of a cell `time` seconds into a pulse, K: P R_th (1 - exp(-t / tau)). W, K/W, s; shape of `power`."""
    positive(resistance=resistance, time_constant=time_constant)
    not_negative(time=time)
    return numbers("power", power, least=0.0) * (resistance * -float(np.expm1(-time / time_constant)))


def mean_cell_rise(power: npt.ArrayLike, resistance: float, duty: npt.ArrayLike) -> F64:
    """Time-averaged rise of a cell, K: P R_th d; `power` during a pulse, W, `duty` 0 to 1, broadcast together."""
    positive(resistance=resistance)
    watts, share = numbers("power", power, least=0.0), numbers("duty", duty, least=0.0)
    if share.size and share.max() > 1.0:
        raise InputError(f"duty must be at most 1, holds {share.max():g}: spikes come faster than reads can follow")
    return watts * share * resistance


@dataclass(frozen=True, slots=True)
class Sheet:
    """Array as a sheet: heat conductances of one cell, W/K (PHYSICS M4)."""

    vertical: float
    """Cell to the silicon below."""
    row: float
    """Cell to the next one along the word line (next column)."""
    column: float
    """Cell to the next one along the bit line (next row)."""

    def __post_init__(self) -> None:
        positive(vertical=self.vertical)
        not_negative(row=self.row, column=self.column)

    @classmethod
    def of(cls, technology: Values) -> "Sheet":
        """Sheet of a technology: vertical k_ox p^2 / h; lateral k t of word- and bit-line metal."""
        area = technology["cell_pitch"] ** 2
        vertical = technology["oxide_conductivity"] * area / technology["oxide_thickness"]
        return cls(vertical, technology["sheet_conductance_row"], technology["sheet_conductance_column"])

    def eigenvalues(self, shape: tuple[int, int]) -> F64:
        """Eigenvalues, W/K, of DCT-II modes (k_y, k_x) on an array of `shape`."""
        ky, kx = (np.pi * np.arange(n) / n for n in shape)
        along: F64 = 2.0 * self.column * (1.0 - np.cos(ky))[:, None] + 2.0 * self.row * (1.0 - np.cos(kx))[None, :]
        return self.vertical + along


def sheet_rise(sheet: Sheet, power: npt.ArrayLike) -> F64:
    """Rise of every cell of an array above its tile, K (..., M, N), from power per cell, W (..., M, N) (PHYSICS M4).

    Solves (g_v - g_l Laplacian) T = P with adiabatic edges exactly, by DCT-II. Leading axes are independent arrays.

    Raises
    ------
    InputError
        If `power` has fewer than two dimensions or is negative.
    """
    from scipy.fft import dctn, idctn

    watts = numbers("power", power, least=0.0)
    if watts.ndim < 2 or watts.size == 0:
        raise InputError(f"power must have shape (..., rows, columns), has {watts.shape}")
    modes = dctn(watts, type=2, axes=(-2, -1))
    rise: F64 = idctn(modes / sheet.eigenvalues(watts.shape[-2:]), type=2, axes=(-2, -1))
    return np.maximum(rise, 0.0)


@cache
def self_resistance(sheet: Sheet, shape: tuple[int, int]) -> F64:
    """Rise of every cell per watt in that cell alone, K/W `shape`: the diagonal of the sheet's Green's function."""
    y, x = _squared_modes(shape[0]), _squared_modes(shape[1])
    resistance: F64 = np.asarray(y @ (1.0 / sheet.eigenvalues(shape)) @ x.T, np.float64)
    resistance.flags.writeable = False
    return resistance


def line_resistance(sheet: Sheet, shape: tuple[int, int]) -> F64:
    """Rise of a cell per watt in another one of its row, K/W (M, N, N) for `shape` (M, N): Green's function again."""
    rows, columns = shape
    mode = np.cos(np.pi * np.outer(np.arange(columns), np.arange(columns) + 0.5) / columns) * np.sqrt(2.0 / columns)
    mode[0] = np.sqrt(1.0 / columns)
    weight = _squared_modes(rows) @ (1.0 / sheet.eigenvalues(shape))
    resistance: F64 = (mode.T * weight[:, None, :]) @ mode
    return resistance


def _squared_modes(n: int) -> F64:
    """Squared orthonormal DCT-II modes, (n positions, n modes)."""
    mode: F64 = np.cos(np.pi * np.outer(np.arange(n) + 0.5, np.arange(n)) / n) * np.sqrt(2.0 / n)
    mode[:, 0] = np.sqrt(1.0 / n)
    return np.square(mode)


def coupled_rise(sheet: Sheet, own: npt.ArrayLike, power: npt.ArrayLike, duty: npt.ArrayLike) -> F64:
    """Rise of every cell when it is read, with what its neighbours add on average, K (M, N).

    own_i + sum over j != i of S_ij d_j P_j: neighbour j dissipates P_j while on, a share d_j of the time, and S is the
    sheet's Green's function (PHYSICS M4). The neighbour kernel of the thermal-aware paper [thermalaware] is not known;
    this one stands in for it.

    Parameters
    ----------
    own
        Self-heating rise of every cell while on, K (M, N).
    power
        Dissipated in every cell while it is on, W (M, N).
    duty
        Share of the time that every cell is on, 0 to 1 (M, N).
    """
    rise, watts = numbers("own", own, least=0.0, ndim=2), numbers("power", power, least=0.0, ndim=2)
    share = numbers("duty", duty, least=0.0, ndim=2)
    same_shape(own=rise, power=watts, duty=share)
    average = mean_cell_rise(watts, 1.0, share)
    others = sheet_rise(sheet, average) - self_resistance(sheet, (rise.shape[0], rise.shape[1])) * average
    return rise + np.maximum(others, 0.0)


@dataclass(frozen=True, slots=True)
class ChipThermal:
    """Heat path of a mesh of square tiles to the air (PHYSICS M5).

    Tile -> silicon sheet (lateral) -> interface (vertical, per tile) -> spreader and convection (one for all). Of
    several chips each has a sheet and a package of its own: no heat goes from one to another.
    """

    width: int
    height: int
    lateral: float
    """Silicon between neighbouring tiles, W/K: k x thickness."""
    vertical: float
    """Tile to the spreader, W/K: half the die and the interface in series."""
    common: float
    """Spreader to air, K/W, carries the power of all tiles."""
    own: float
    """Constriction from the array into its tile, K/W: 0.47 / (k a) for a square of side a; for array power only."""
    grid: tuple[int, int] = (1, 1)
    """Equal chips across and down that the mesh is divided among."""

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise InputError(f"a mesh of {self.width} x {self.height} tiles has no temperature; size the chip first")
        positive(lateral=self.lateral, vertical=self.vertical)
        not_negative(common=self.common, own=self.own)

    @classmethod
    def of(
        cls,
        hardware: Values,
        mesh: tuple[int, int],
        tile_pitch: float,
        array_side: float,
        grid: tuple[int, int] = (1, 1),
    ) -> "ChipThermal":
        """Heat path of `mesh` = (width, height) tiles of `tile_pitch`, crossbars of `array_side`, m.

        They are in a package, or divided among a `grid` of equal chips in a package each.
        """
        positive(tile_pitch=tile_pitch, array_side=array_side)
        area = tile_pitch**2
        die = hardware["die_thickness"] / (2.0 * hardware["die_conductivity"] * area)
        interface = hardware["interface_thickness"] / (hardware["interface_conductivity"] * area)
        return cls(
            width=mesh[0],
            height=mesh[1],
            lateral=hardware["die_conductivity"] * hardware["die_thickness"],
            vertical=1.0 / (die + interface),
            common=hardware["convection_resistance"] + hardware["spreader_resistance"],
            own=0.47 / (hardware["die_conductivity"] * array_side),
            grid=grid,
        )

    @property
    def tiles(self) -> int:
        """Tiles of the mesh."""
        return self.width * self.height

    def rise(self, power: npt.ArrayLike) -> F64:
        """Rise of every tile above the air, K (T,), from all power of every tile, W (T,): sum over k of R_jk P_k."""
        watts = self._checked("power", power)
        if self.grid == (1, 1):
            silicon = sheet_rise(self._sheet(), watts.reshape(self.height, self.width)).reshape(-1)
            total: F64 = silicon + self.common * watts.sum()
            return total
        apart = self._by_chip(watts)
        rises = sheet_rise(self._sheet(), apart) + self.common * apart.sum(axis=(-2, -1), keepdims=True)
        return self._joined(rises)

    def _by_chip(self, values: F64) -> F64:
        """Values of tiles (..., T) chip by chip (..., down, across, tiles down, tiles across)."""
        across, down = self.grid
        apart = values.reshape(*values.shape[:-1], down, self.height // down, across, self.width // across)
        return np.swapaxes(apart, -3, -2)

    def _joined(self, values: F64) -> F64:
        """What `_by_chip` makes of values (..., T), back again."""
        together = np.swapaxes(values, -3, -2)
        return together.reshape(*together.shape[:-4], self.tiles)

    def constriction(self, array_power: npt.ArrayLike) -> F64:
        """Rise of the silicon under every array above its tile, K (T,), from the power in that array alone, W (T,).

        Routers, neurons and leakage are spread over the tile: their heat does not pass the array's footprint.
        """
        return self.own * self._checked("array_power", array_power)

    def _checked(self, name: str, power: npt.ArrayLike) -> F64:
        watts = numbers(name, power, least=0.0, ndim=1)
        if len(watts) != self.tiles:
            raise InputError(f"{name} must have one value for each of {self.tiles} tiles, has {len(watts)}")
        return watts

    def matrix(self) -> F64:
        """R_jk, K/W (T, T), symmetric: rise of tile j per watt in tile k.

        Raises
        ------
        InputError
            For more than LARGEST_MATRIX tiles; `rise` applies it without writing it out.
        """
        if self.tiles > LARGEST_MATRIX:
            raise InputError(f"the resistance matrix of {self.tiles} tiles is too large; use `rise`")
        if self.grid == (1, 1):
            impulses = np.eye(self.tiles).reshape(self.tiles, self.height, self.width)
            silicon = sheet_rise(self._sheet(), impulses).reshape(self.tiles, self.tiles)
            return 0.5 * (silicon + silicon.T) + self.common
        apart = self._by_chip(np.eye(self.tiles))
        own = np.broadcast_to(self.common * apart.sum(axis=(-2, -1), keepdims=True), apart.shape)
        silicon = self._joined(sheet_rise(self._sheet(), apart))
        return 0.5 * (silicon + silicon.T) + self._joined(own)

    def _sheet(self) -> Sheet:
        return Sheet(self.vertical, self.lateral, self.lateral)
