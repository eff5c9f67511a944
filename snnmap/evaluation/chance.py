"""What eSpine's lifetime gain rests on: lines drawn by chance as a second baseline, and the gamma of a given gain.

Lines in the order they come are one wiring among many, and not a typical one; and a lifetime is exponential in gamma,
which is calibrated. Both are for cells heated by themselves alone, which is what that calibration is for.
"""

from typing import NamedTuple

import numpy as np

from snnmap.analysis.view import View
from snnmap.analysis.wiring import Crossbar, crossbar_of, weakest
from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.physics import espine
from snnmap.reliability.espine import espine_state, espine_twin
from snnmap.reliability.lines import array_shape, pooled

HALVINGS = 60
"""Of the interval in which gamma is sought."""


class Gamma(NamedTuple):
    """At which gamma a gain comes out."""

    gamma: float
    """K."""
    calibrated: float
    """K, that of the technology."""
    corner: float
    """Spikes that the cell nearest to driver and sense survives at `gamma`."""


class BesideChance(NamedTuple):
    """eSpine's lifetime of one mapping beside another's, and beside wirings drawn by chance."""

    ordered: float
    """Over that of the other mapping."""
    median: float
    """Over the median of wirings of the other's clusters by chance."""
    gamma: Gamma | None
    """At which the first would be as wanted; none if no gamma up to the calibrated one gives that."""


def beside_chance(base: View, other: View, gain: float, count: int, *, rng: np.random.Generator) -> BesideChance:
    """Lifetime of `other` beside `base` and `count` wirings by chance, and the gamma at which the first is `gain`.

    Raises
    ------
    InputError
        If the technology has no espine twin.
    """
    technology = espine_twin(base.hardware.technology)
    if technology is None:
        name = base.hardware.technology.name
        raise InputError(f"technology {name!r} has no espine twin, so no wiring lasts longer; leave out `chance`")
    cell = espine.EspineCell.of(technology)
    ordered, mine = (espine_state(view, technology, bounds=False).lifetime.min() for view in (base, other))
    median = float(np.median(lifetimes_by_chance(base, cell, count, rng=rng)))
    try:
        gamma = gamma_of(gain, base, other, cell)
    except InputError:
        gamma = None
    return BesideChance(float(mine / ordered), float(mine / median), gamma)


def _crossbars(view: View) -> list[Crossbar]:
    view = view.folded
    clustering = view.mapping.clustering
    return [crossbar_of(view.graph, clustering, view.cells, k) for k in range(clustering.clusters)]


def lifetimes_by_chance(view: View, cell: espine.EspineCell, count: int, *, rng: np.random.Generator) -> F64:
    """Frames that the weakest cell lasts in each of `count` wirings of the view's clusters drawn by chance (count,)."""
    hardware = view.hardware
    lasts = pooled(espine.endurance_map(array_shape(hardware), cell), hardware, np.min)
    least = np.full(count, np.inf)
    for crossbar in _crossbars(view):
        rows, columns = len(crossbar.row_ptr) - 1, len(crossbar.column_ptr) - 1
        for n in range(count):
            lines = rng.permutation(hardware.rows)[:rows], rng.permutation(hardware.columns)[:columns]
            least[n] = min(least[n], weakest(crossbar, lasts, *lines))
    frames: F64 = least * view.graph.frames
    return frames


def gamma_of(gain: float, base: View, other: View, cell: espine.EspineCell) -> Gamma:
    """Gamma at which the weakest cell of `other` lasts `gain` times that of `base`.

    Raises
    ------
    InputError
        If no gamma up to the calibrated one gives it.
    """
    rise, _ = espine.self_heating(espine.path_currents(array_shape(base.hardware), cell), cell)
    inverse = pooled(1.0 / (cell.ambient + rise), base.hardware, np.min)

    def reached(gamma: float) -> float:
        return _longest(other, inverse, gamma) - _longest(base, inverse, gamma) - float(np.log(gain))

    low, high = 1.0, cell.gamma
    if not reached(low) < 0.0 <= reached(high):
        raise InputError(
            f"no gamma between 1 K and the calibrated {cell.gamma:.5g} K makes the lifetimes differ x {gain:g}"
        )
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if reached(middle) < 0.0 else (low, middle)
    return Gamma(high, cell.gamma, float(np.exp(high * inverse.min())))


def _longest(view: View, inverse: F64, gamma: float) -> float:
    """Logarithm of the windows that the weakest cell lasts, cells being at temperature 1 / `inverse` (R, C)."""
    view = view.folded
    wiring, clustering, least = view.mapping.wiring, view.mapping.clustering, np.inf
    for k, crossbar in enumerate(_crossbars(view)):
        row = np.repeat(wiring.row[clustering.rows_of(k)], np.diff(crossbar.row_ptr))
        column = wiring.column[clustering.columns_of(k)][crossbar.row_columns]
        spikes = np.repeat(crossbar.activity, np.diff(crossbar.row_ptr))
        used = spikes > 0
        least = min(least, float(np.min(gamma * inverse[row, column][used] - np.log(spikes[used]), initial=np.inf)))
    return least
