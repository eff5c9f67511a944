"""What the pictures show: one value per tile of the chip, one value per cell of a crossbar, labelled with units.

Computes the maps with the reliability models and draws nothing. A label that concerns one physics mode names it.
"""

from typing import NamedTuple

import numpy as np

from snnmap.analysis.view import View
from snnmap.core.arrays import F64, I32
from snnmap.core.errors import InputError
from snnmap.ir import Chart
from snnmap.physics import espine
from snnmap.reliability.crossbars import array_of, passes_of
from snnmap.reliability.device import DeviceState, device_state
from snnmap.reliability.espine import EspineState, espine_state, espine_twin
from snnmap.reliability.heat import heated_tile
from snnmap.reliability.lines import array_shape
from snnmap.reliability.spiked import Heating
from snnmap.reliability.wear import chances_off

YEAR = 31_557_600.0
"""Julian year, s."""
NEVER = 1e300
"""Anything longer is left blank."""


class States(NamedTuple):
    """The chip under a mapping in both modes, as far as its technology has them."""

    device: DeviceState | None
    espine: EspineState | None


def states(view: View) -> States:
    """Both modes of a mapping: what all maps are drawn from, and computed once for them."""
    technology, view = view.hardware.technology, view.folded
    twin = espine_twin(technology)
    device = device_state(view) if technology.mode == "device" else None
    return States(device, None if twin is None else espine_state(view, twin, bounds=False))


def tile_maps(view: View, found: States | None = None) -> list[Chart]:
    """Temperature, lifetime, utilisation and traffic of every tile, values (T,); NaN where a tile is not in use.

    `found` are the `states` of the view, if they are known already.
    """
    view = view.folded
    device, twin = found or states(view)
    mapping, graph, hardware = view.mapping, view.graph, view.hardware
    tile, tiles = mapping.placement.tile, hardware.tiles
    cells = np.diff(view.cells.ptr[mapping.clustering.row_ptr])
    leaving = view.link_loads.sum(axis=1)
    charts = []
    if device is not None:
        silicon, lasts = device.tile_temperature, _least(device.lifetime, tile, tiles)
        charts.append(Chart("temperature_K", "temperature of the silicon", "K", silicon, "device"))
        gradient = _greatest(device.gradient, tile, tiles)
        charts.append(Chart("gradient_K", "gradient inside the crossbar", "K", gradient, "device"))
        charts.append(Chart("dynamic_power_W", "dynamic power", "W", device.dynamic, "device"))
        charts.append(Chart("lifetime_s", _lifetime_words(lasts, hardware["horizon"]), "s", lasts, "device"))
    if twin is not None:
        lasts = _least(twin.lifetime, tile, tiles)
        gradient = _greatest(twin.gradient, tile, tiles)
        charts.append(Chart("gradient_K", "gradient inside the crossbar", "K", gradient, "espine"))
        charts.append(Chart("lifetime_frames", "effective lifetime, frames", "", lasts, "espine"))
    used = np.bincount(tile, weights=cells, minlength=tiles) / (hardware.rows * hardware.columns)
    charts.append(Chart("cell_utilisation", "cells in use", "1", np.where(used > 0, used, np.nan)))
    charts.append(Chart("messages_per_frame", "messages leaving over links per frame", "", leaving / graph.frames))
    return charts


def _lifetime_words(lasts: F64, horizon: float) -> str:
    """What the lifetimes are, and from when on they are a model's number and no claim."""
    words = "lifetime, most written cell"
    return f"{words}\n(none is claimed beyond {horizon / YEAR:g} years)" if np.any(lasts > horizon) else words


def _least(values: F64, tile: I32, tiles: int) -> F64:
    least = np.full(tiles, np.inf)
    np.minimum.at(least, tile, values)
    return np.where(least < NEVER, least, np.nan)


def _greatest(values: F64, tile: I32, tiles: int) -> F64:
    return -_least(-values, tile, tiles)


def spikes_of_tiles(view: View) -> F64:
    """Spikes per frame of the neurons that fire on every tile (T,)."""
    fired, tile = view.graph.spikes[view.graph.network.externals :], view.mapping.placement.tile
    home = tile[view.mapping.clustering.home]
    return np.bincount(home, weights=fired, minlength=view.hardware.tiles) / view.graph.frames


def crossbar_fields(view: View, found: States | None = None) -> list[dict[str, float | int]]:
    """A record per crossbar: its tile, and in every mode its mean temperature over time and cells and gradient, K."""
    known = (found or states(view))._asdict()
    modes = {name: state for name, state in known.items() if state is not None}
    records = []
    for k, tile in enumerate(view.mapping.placement.tile.tolist()):
        record: dict[str, float | int] = {"crossbar": k, "tile": tile}
        for mode, state in modes.items():
            record[f"{mode}_temperature_K"] = float(state.temperature[k])
            record[f"{mode}_gradient_K"] = float(state.gradient[k])
        records.append(record)
    return records


def weakest_crossbar(view: View, found: States | None = None) -> int:
    """Cluster with the shortest lifetime: by device mode where crossbars differ there, else by eSpine's equations."""
    return next(iter(weakest_crossbars(view, found).values()))


def weakest_crossbars(view: View, found: States | None = None) -> dict[str, int]:
    """Mode, `device` first, to the cluster with the shortest lifetime in it; the other mode decides between equals."""
    lifetimes = {mode: state.lifetime for mode, state in (found or states(view))._asdict().items() if state is not None}
    return {
        mode: int(np.lexsort([*(other for name, other in lifetimes.items() if name != mode), own])[0])
        for mode, own in lifetimes.items()
    }


def crossbar_maps(view: View, cluster: int, found: States | None = None) -> list[Chart]:
    """Conductance, current, temperatures and wear of one array's cells, (word lines, bit lines); NaN in unused ones.

    `found` are the `states` of the view, if they are known already: then only that crossbar's tile is evaluated.

    Raises
    ------
    InputError
        If there is no such cluster.
    """
    view = view.folded
    mapping, hardware = view.mapping, view.hardware
    if not 0 <= cluster < mapping.clustering.clusters:
        raise InputError(f"crossbar {cluster} does not exist; there are 0 to {mapping.clustering.clusters - 1}")
    device, twin = found or states(view)
    if device is None:
        return _espine_maps(view, cluster, twin)
    group = np.flatnonzero(mapping.placement.tile == mapping.placement.tile[cluster])
    arrays = [array_of(view, int(k)) for k in group]
    place = int(np.searchsorted(group, cluster))
    array, cells = arrays[place], heated_tile(arrays, hardware)[0][place]
    off = chances_off(hardware, cells, float(device.refresh[cluster]))

    def at_cells(values: F64) -> F64:
        grid = np.full(array.used.shape, np.nan)
        grid[array.used] = values
        return grid

    charts = [
        Chart("conductance_S", "conductance", "S", at_cells(array.G[array.used])),
        Chart("current_A", "current when its row is read", "A", at_cells(array.current[array.used])),
        Chart("rise_K", "mean rise of its surroundings", "K", at_cells(cells.rest.astype(np.float64)), "device"),
        Chart("pulse_rise_K", "further rise while read", "K", at_cells(cells.pulse.astype(np.float64)), "device"),
        Chart("off_share", "chance to be off when refreshed", "1", at_cells(off), "device"),
    ]
    return charts + _espine_maps(view, cluster, twin)


def _espine_maps(view: View, cluster: int, state: EspineState | None) -> list[Chart]:
    """Current, temperature and wear by eSpine's equations; none without an espine twin."""
    hardware = view.hardware
    twin = espine_twin(hardware.technology)
    if twin is None or state is None:
        return []
    heating = Heating.of(hardware, twin)
    current = espine.path_currents(array_shape(hardware), heating.cell)
    passes = passes_of(view, cluster)
    duty = np.minimum(passes * heating.cell.spike_time / view.seconds, 1.0)
    silicon = state.tile_temperature[view.mapping.placement.tile[cluster]]
    kelvin = silicon + heating.in_a_spike(duty)
    lasts = espine.espine_endurance(kelvin, heating.cell.gamma)
    share = np.where(passes > 0, 1e6 * passes / view.graph.frames / lasts, np.nan)
    return [
        Chart("spike_current_A", "current of a spike", "A", current, "espine"),
        Chart("rise_K", "mean rise of its surroundings", "K", heating.average(duty).around, "espine"),
        Chart("temperature_K", "temperature in a spike", "K", kelvin, "espine"),
        Chart("spent_per_million_frames", "endurance spent by 10^6 frames", "1", share, "espine"),
    ]
