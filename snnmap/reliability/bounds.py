"""How long the weakest cell may last at most, by eSpine's equations, whatever the wiring: heat of neighbours included.

Heat that every wiring has around is counted, in two parts. The silicon below is at least as warm as with the busiest
cells where spikes draw least power. And cells of a row share its activity and its line, wherever that is: each has the
others beside it, at best on the places of the line from which least heat arrives.
"""

from functools import lru_cache

import numpy as np

from snnmap.analysis.view import View
from snnmap.analysis.wiring import Crossbar, crossbar_of, upper_bound
from snnmap.core.arrays import F64, I64
from snnmap.physics import espine
from snnmap.physics.espine import EspineCell
from snnmap.physics.thermal import Sheet, line_resistance
from snnmap.reliability.lines import in_array
from snnmap.reliability.spiked import Heating, spiked_tiles

ROUNDING = 1e-6
"""Relative; no rounding makes a bound smaller than a lifetime by as much."""
LARGEST = 2**23
"""Cells times columns up to which heat along rows counts (64 MiB); in larger arrays only the silicon's does."""


def lifetime_bounds(view: View, heating: Heating, silicon: F64, lasts: F64, factors: F64) -> F64:
    """Windows that the weakest cell lasts at most over `silicon` K (K,), of the clusters that can be first, (K,).

    `lasts` (K,) are the windows that the clusters last as they are wired, no more than their bounds, and `factors` (K,)
    scale both. A cluster that outlasts the least bound as it is, or with its lines sorted, has a greater bound; it is
    not computed and infinite.
    """
    clustering = view.mapping.clustering
    crossbars = [
        in_array(crossbar_of(view.graph, clustering, view.cells, k), view.hardware.weights)
        for k in range(clustering.clusters)
    ]
    reached = [sorted_lifetime(c, heating, view.seconds, t) for c, t in zip(crossbars, silicon.tolist(), strict=True)]
    reach, least = np.maximum(lasts, reached) * factors, np.inf
    bound = np.full(clustering.clusters, np.inf)
    for k in np.argsort(reach, kind="stable").tolist():
        if reach[k] > least * (1.0 + ROUNDING):
            break
        bound[k] = lifetime_bound(crossbars[k], heating, view.seconds, silicon[k])
        least = min(least, bound[k] * factors[k])
    return bound


def sorted_lifetime(crossbar: Crossbar, heating: Heating, seconds: float, silicon: float) -> float:
    """Windows that the weakest cell lasts if the busiest lines stand where a spike heats least: one wiring of many."""
    own, activity = heating.own, crossbar.activity
    busy = np.repeat(activity, np.diff(crossbar.row_ptr))
    busiest = np.zeros(len(crossbar.column_ptr) - 1)
    np.maximum.at(busiest, crossbar.row_columns, busy)
    row, column = (
        np.argsort(rise, kind="stable")[np.argsort(np.argsort(-line, kind="stable"), kind="stable")]
        for rise, line in ((own.mean(axis=1), activity), (own.mean(axis=0), busiest))
    )
    passes = np.zeros(own.shape)
    passes[np.repeat(row, np.diff(crossbar.row_ptr)), column[crossbar.row_columns]] = busy
    duty = np.minimum(passes * heating.cell.spike_time / seconds, 1.0)
    kelvin = silicon + heating.in_a_spike(duty)
    return espine.effective_lifetime(espine.espine_endurance(kelvin, heating.cell.gamma), passes)


def lifetime_bound(crossbar: Crossbar, heating: Heating, seconds: float, silicon: float) -> float:
    """Windows of `seconds` that the weakest cell of a crossbar lasts at most, over silicon at `silicon` K or warmer."""
    cell, own = heating.cell, heating.own
    quality = espine.espine_endurance(silicon + own, cell.gamma)
    if own.size * own.shape[1] > LARGEST:
        return upper_bound(crossbar, quality)
    beside = least_beside(cell, heating.sheet, (own.shape[0], own.shape[1]))

    def dimmed(entries: I64, cells: I64) -> F64:
        """Of each entry and line, what the cell lasts that is the warmest but for those that the row leaves free."""
        duty = np.minimum(crossbar.activity[entries] * cell.spike_time / seconds, 1.0)
        warm = (own + share * beside[:, :, n - 1] for share, n in zip(duty, cells, strict=True))
        last = [np.partition(rise, n - 1, axis=1)[:, n - 1] for rise, n in zip(warm, cells, strict=True)]
        return espine.espine_endurance(silicon + np.array(last), cell.gamma)

    return upper_bound(crossbar, quality, dimmed)


@lru_cache(maxsize=2)
def least_beside(cell: EspineCell, sheet: Sheet, shape: tuple[int, int]) -> F64:
    """Least rise of every cell by n others of its row that are always on, K, n = 0 .. N - 1 (M, N, N)."""
    heat = line_resistance(sheet, shape) * espine.spike_power(shape, cell).cell[:, None, :]
    own = np.arange(shape[1])
    heat[:, own, own] = np.inf
    heat.sort(axis=2)
    least = np.zeros(heat.shape)
    np.cumsum(np.maximum(heat[:, :, :-1], 0.0), axis=2, out=least[:, :, 1:])
    least.flags.writeable = False
    return least


def least_arrays(view: View, heating: Heating) -> tuple[F64, F64]:
    """Least mean rise of the array of every tile, K (T,), and least power that its drivers deliver, W (T,).

    The busiest cells stand where a spike draws least: no sum of products is smaller than one of factors that run
    against each other. Nothing is promised of tiles where clusters take turns on cells that are on all the time.
    """
    mean, power = np.zeros(view.hardware.tiles), np.zeros(view.hardware.tiles)
    drawn, delivered = np.sort(heating.power.cell, axis=None), np.sort(heating.power.source, axis=None)
    per_watt = (1.0 / heating.sheet.vertical + heating.cell.thermal_resistance) / drawn.size
    for tile in spiked_tiles(view, heating.cell.spike_time):
        duties = [np.sort(p, axis=None)[::-1] * heating.cell.spike_time / view.seconds for p in tile.passes]
        if sum(duty[0] for duty in duties) > 1.0:
            continue
        at = view.mapping.placement.tile[tile.clusters[0]]
        mean[at] = per_watt * sum(float(np.sum(duty * drawn)) for duty in duties)
        power[at] = sum(float(np.sum(duty * delivered)) for duty in duties)
    return mean, power
