"""Temperature, leakage and wear of a mapping as device physics has them."""

from dataclasses import dataclass, replace

import numpy as np

from snnmap.analysis.view import View
from snnmap.core.arrays import F64
from snnmap.hardware import Hardware, Technology
from snnmap.physics import thermal
from snnmap.physics.energy import write_energy
from snnmap.physics.leakage import Leakage, Settled, settle
from snnmap.reliability.heat import Heated, heat, read_power, reprogramming_power, tile_power, written_cells
from snnmap.reliability.wear import wear_out


@dataclass(frozen=True, slots=True, eq=False)
class DeviceState:
    """The chip under a mapping, `device` mode."""

    temperature: F64
    """Mean cell temperature of every cluster's crossbar, K (K,)."""
    gradient: F64
    """Hottest minus coolest place of every cluster's crossbar, averaged over time, K (K,)."""
    spot: float
    """Hottest cell, averaged over time, K."""
    peak: float
    """Hottest cell while it is read, K."""
    tile_temperature: F64
    """Silicon under the array of every tile, K (T,)."""
    leakage: F64
    """W (T,)."""
    dynamic: F64
    """Reads, neurons, routers, merging, W (T,)."""
    array_energy: float
    """Reads over the window, all arrays, cells and wires, J."""
    programming_power: float
    """W, of time multiplexing and refresh; the latter is too little to count in the temperature."""
    refresh: F64
    """Refresh interval of every cluster's crossbar, s (K,); of one that is off as programmed, by loss of state."""
    off: F64
    """Expected share of cells of every cluster's crossbar that are out of tolerance when first read (K,)."""
    criterion: str
    """When a crossbar is refreshed, in words."""
    lifetime: F64
    """Median time to failure of the most written cell of every cluster, s (K,)."""
    spared: float
    """Time by which `wearing.SPARE_SHARE` of all cells have failed with 50 % probability, s."""
    band: tuple[float, float, float]
    """Time by which the first cell has failed with 10, 50 and 90 % probability, s."""
    limited_by: str
    gain: float
    """Leakage loop gain; 1 is thermal runaway."""


def device_state(view: View, heated: Heated | None = None, refreshed: float | None = None) -> DeviceState:
    """Temperature, leakage and wear of a mapping, `device` mode; `heated` if its arrays are known already.

    Crossbars are refreshed when their cells leave the tolerance, or every `refreshed` seconds, if that is given.

    Raises
    ------
    InfeasibleError
        If leakage and temperature run away.
    """
    view = view.folded
    mapping, hardware = view.mapping, view.hardware
    heated = heated or heat(view)
    dynamic, programming, settled = _settle(view, heated)
    at_tile = settled.temperature[mapping.placement.tile]
    worn = wear_out(view, heated, at_tile, refreshed)
    return DeviceState(
        temperature=at_tile + heated.rise,
        gradient=heated.gradient,
        spot=float((at_tile + heated.spot).max()),
        peak=_peak(heated, at_tile),
        tile_temperature=settled.temperature,
        leakage=settled.leakage,
        dynamic=dynamic,
        array_energy=float(heated.energy.sum() + heated.other.sum()),
        programming_power=_programming(hardware, programming, written_cells(heated) / worn.refresh),
        refresh=worn.refresh,
        off=worn.off,
        criterion=_criterion(hardware) if refreshed is None else f"aged {refreshed:.3g} s",
        lifetime=worn.median,
        spared=worn.spared,
        band=worn.first_failure,
        limited_by=worn.limited_by,
        gain=settled.gain,
    )


def warmed(view: View, state: DeviceState, heated: Heated) -> DeviceState:
    """`state` with the averages that other heat gives, of another sum over the same sample.

    Lifetimes and extremes stay as they are.

    Raises
    ------
    InfeasibleError
        If leakage and temperature run away.
    """
    view = view.folded
    dynamic, programming, settled = _settle(view, heated)
    rewritten = written_cells(heated) / state.refresh
    if heated.sample is not None:
        rewritten = heated.sample.filled(rewritten, heated.sample.known.rewritten)
    return replace(
        state,
        programming_power=_programming(view.hardware, programming, rewritten),
        temperature=settled.temperature[view.mapping.placement.tile] + heated.rise,
        leakage=settled.leakage,
        dynamic=dynamic,
        array_energy=float(heated.energy.sum() + heated.other.sum()),
    )


def temperatures(view: View) -> F64:
    """Mean cell temperature of every cluster's crossbar, K (K,), `device` mode.

    Raises
    ------
    InfeasibleError
        If leakage and temperature run away.
    """
    view = view.folded
    heated = heat(view)
    return _settle(view, heated)[2].temperature[view.mapping.placement.tile] + heated.rise


def _settle(view: View, heated: Heated) -> tuple[F64, F64, Settled]:
    """Power of all but programming, and of taking turns, W (T,) each; silicon under the arrays and leakage, settled."""
    hardware = view.hardware
    dynamic, programming = tile_power(view, heated), reprogramming_power(view, heated)
    leakage = Leakage.of(hardware.technology, hardware.leaking_width)
    chip = chip_thermal(hardware, hardware.technology)
    under = chip.constriction(read_power(view, heated) + programming / hardware.weights.arrays)
    return dynamic, programming, settle(chip, dynamic + programming, leakage, hardware["ambient_temperature"], under)


def _programming(hardware: Hardware, turns: F64, rewritten: F64) -> float:
    """Power of taking turns, `turns` W (T,), and of refreshing `rewritten` cells per second (K,), W."""
    each = write_energy(hardware.technology, hardware["program_pulses"])
    return float(turns.sum() + each * rewritten.sum())


def _criterion(hardware: Hardware) -> str:
    share, tolerance = (100 * hardware[key] for key in ("refresh_share", "weight_tolerance"))
    return f"{share:.3g} % of its cells off by more than {tolerance:.3g} % of g_max"


def _peak(heated: Heated, at_tile: F64) -> float:
    """Hottest cell while it is read, K; cells that are never read stay as they are."""
    peaks = [
        temperature + float(np.max(cells.rest + np.where(cells.duty > 0, cells.pulse, 0.0), initial=0.0))
        for temperature, cells in zip(at_tile, heated.cells, strict=True)
    ]
    return float(max(peaks))


def chip_thermal(hardware: Hardware, technology: Technology) -> thermal.ChipThermal:
    """Heat path of the chip's tiles, an array of cells of `technology` in their middle."""
    side = technology["cell_pitch"] * float(np.sqrt(hardware.word_lines * hardware.bit_lines))
    mesh = hardware.mesh_width, hardware.mesh_height
    return thermal.ChipThermal.of(hardware, mesh, hardware.tile_pitch, side, hardware.chips.grid)
