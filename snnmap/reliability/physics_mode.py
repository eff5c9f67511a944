"""Temperature, leakage and wear of a mapping as device physics has them."""

from dataclasses import dataclass

import numpy as np

from snnmap.arrays import F64, I64, Bool
from snnmap.cells import programmed_cells
from snnmap.hardware import Hardware
from snnmap.ir import Mapping, SpikeGraph
from snnmap.physics import endurance, pcm, thermal
from snnmap.physics.energy import row_read_energy, write_energy
from snnmap.physics.leakage import Leakage, settle
from snnmap.reliability.arrays import array_of, programmed, seconds_per_step, tile_variation
from snnmap.traffic import link_loads, traffic

SPARES = 8
"""Lifetimes are also given for the case that this many weakest cells have spares."""


@dataclass(frozen=True, slots=True, eq=False)
class PhysicsState:
    """The chip under a mapping, `physics` mode."""

    temperature: F64
    """Mean cell temperature of every cluster's crossbar, K (K,)."""
    peak: float
    """Hottest cell while it is read, K."""
    tile_temperature: F64
    """Silicon of every tile, K (T,)."""
    leakage: F64
    """W (T,)."""
    dynamic: F64
    """W (T,)."""
    array_energy: float
    """Reads over the window, cells and wires, J."""
    programming_power: float
    """W, of re-programming and refresh."""
    refresh: F64
    """Refresh interval of every cluster's crossbar, s (K,)."""
    lifetime: F64
    """Median time to failure of the weakest cell of every cluster, s (K,)."""
    spared: float
    """The same over all cells with the `SPARES` weakest spared, s."""
    band: tuple[float, float, float]
    """Time by which the first cell has failed with 10, 50 and 90 % probability, s."""
    limited_by: str
    gain: float
    """Leakage loop gain; 1 is thermal runaway."""


@dataclass(frozen=True, slots=True, eq=False)
class Heated:
    """Arrays of all clusters before the tiles' temperatures are known."""

    rise: list[F64]
    """Mean rise of every cell above its tile, K, per cluster (R, C)."""
    pulse: list[F64]
    """Further rise of every cell while it is read, K."""
    duty: list[F64]
    used: list[Bool]
    shares: list[F64]
    """Relative conductance of the used cells, G / g_max."""
    energy: F64
    """Reads over the window, J (K,)."""


def physics_state(
    mapping: Mapping, graph: SpikeGraph, hardware: Hardware, heated: Heated | None = None
) -> PhysicsState:
    """Temperature, leakage and wear of a mapping, `physics` mode; `heated` if its arrays are known already.

    Raises
    ------
    InfeasibleError
        If leakage and temperature run away.
    """
    heated = heated or heat(mapping, graph, hardware)
    tile, time = mapping.placement.tile, graph.window * seconds_per_step(mapping, graph)
    reading: F64 = np.bincount(tile, weights=heated.energy / time, minlength=hardware.tiles).astype(np.float64)
    dynamic = reading + tile_event_power(mapping, graph, hardware)
    programming = reprogramming_power(mapping, graph, hardware)
    chip = chip_thermal(hardware)
    leakage = Leakage.of(hardware, hardware.technology, hardware.leaking_width)
    settled = settle(chip, dynamic + programming, leakage, hardware["ambient_temperature"])
    at_tile = settled.temperature[tile]
    cell_mean = [t + float(rise.mean()) for t, rise in zip(at_tile, heated.rise, strict=True)]
    peaks = [t + float((r + p).max()) for t, r, p in zip(at_tile, heated.rise, heated.pulse, strict=True)]
    worn = [_worn(mapping, graph, hardware, heated, k, float(at_tile[k])) for k in range(len(at_tile))]
    scale = tile_variation(hardware, mapping.hardware.get("variation_seed"))
    lifetimes = [w.lifetime * scale[tile[k]] for k, w in enumerate(worn)]
    everywhere = np.concatenate(lifetimes)
    causes = {w.limited_by for w in worn}
    limits = ("programming", "read disturb", "drift", "none within horizon")
    return PhysicsState(
        temperature=np.array(cell_mean),
        peak=max(peaks),
        tile_temperature=settled.temperature,
        leakage=settled.leakage,
        dynamic=dynamic,
        array_energy=float(heated.energy.sum()),
        programming_power=float(programming.sum()),
        refresh=np.array([w.refresh_interval for w in worn]),
        lifetime=np.array([lifetime.min() for lifetime in lifetimes]),
        spared=endurance.weakest(everywhere, SPARES + 1),
        band=_band(everywhere, hardware.technology["endurance_sigma"]),
        limited_by=next(limit for limit in limits if limit in causes),
        gain=settled.gain,
    )


def _band(lifetime: F64, sigma: float) -> tuple[float, float, float]:
    if sigma <= 0:
        return (float(lifetime.min()),) * 3
    low, middle, high = endurance.lifetime_band(lifetime, sigma)
    return low, middle, high


def chip_thermal(hardware: Hardware) -> thermal.ChipThermal:
    """Heat path of the chip's tiles, arrays of R x C cells in their middle."""
    side = hardware.technology["cell_pitch"] * float(np.sqrt(hardware.rows * hardware.columns))
    return thermal.ChipThermal.of(hardware, (hardware.mesh_width, hardware.mesh_height), side)


def heat(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> Heated:
    """Currents, rises and reads of the arrays of all clusters."""
    technology, held = hardware.technology, programmed(mapping, graph)
    sheet = thermal.Sheet.of(technology)
    resistance, settling = technology["thermal_resistance"], technology["thermal_time"]
    found = Heated([], [], [], [], [], np.zeros(mapping.clustering.clusters))
    for k in range(mapping.clustering.clusters):
        array = array_of(mapping, graph, hardware, held, k)
        power = thermal.cell_power(array.current, array.G)
        duty = np.broadcast_to(array.duty[:, None], power.shape)
        found.rise.append(thermal.sheet_rise(sheet, power * duty) + thermal.mean_cell_rise(power, resistance, duty))
        found.pulse.append(thermal.cell_rise(power, resistance, settling, hardware["read_time"]))
        found.duty.append(array.duty)
        found.used.append(array.used)
        found.shares.append(array.G[array.used] / technology["g_max"])
        reads = row_read_energy(array.current, hardware["read_voltage"], hardware["read_time"])
        found.energy[k] = float(reads @ array.spikes)
    return found


def tile_event_power(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> F64:
    """Power of firing neurons and of the routers that messages leave through, W (T,)."""
    time = graph.window * seconds_per_step(mapping, graph)
    moved = traffic(graph, mapping.clustering)
    hops = link_loads(moved, mapping.placement, hardware).sum(axis=1)
    home = mapping.placement.tile[mapping.clustering.home]
    fired = np.bincount(home, weights=graph.spikes[graph.network.externals :], minlength=hardware.tiles)
    power: F64 = (fired * hardware["neuron_energy"] + hops * hardware["hop_energy"]) / time
    return power


def clusters_on_tile(mapping: Mapping, hardware: Hardware) -> I64:
    """How many clusters take turns on every tile, int64 (T,)."""
    return np.bincount(mapping.placement.tile, minlength=hardware.tiles)


def reprogramming_power(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> F64:
    """Power of re-programming shared tiles, W (T,): every cluster's cells once per step."""
    shared = clusters_on_tile(mapping, hardware)[mapping.placement.tile] > 1
    cells = programmed_cells(graph.network, mapping.clustering)
    per_cluster = np.diff(cells.ptr[mapping.clustering.row_ptr])
    written = np.where(shared, per_cluster, 0)
    energy = [write_energy(hardware.technology, float(n), hardware["program_pulses"]) for n in written]
    rate = 1.0 / seconds_per_step(mapping, graph)
    power: F64 = np.bincount(mapping.placement.tile, weights=np.array(energy) * rate, minlength=hardware.tiles).astype(
        np.float64
    )
    return power


def losses(hardware: Hardware, heated: Heated, k: int, temperature: float) -> tuple[F64, F64]:
    """How fast every used cell of cluster `k` loses its state, 1/s, and how long until it has drifted too far, s."""
    technology, used = hardware.technology, heated.used[k]
    duty = np.broadcast_to(heated.duty[k][:, None], used.shape)[used]
    rest, pulse = temperature + heated.rise[k][used], heated.pulse[k][used]
    loss = endurance.state_loss_rate(endurance.Retention.of(technology), rest, pulse, duty)
    if technology.device == "OxRAM":
        reads = duty / hardware["read_time"]
        loss = loss + endurance.ReadDisturb.of(technology).rate(reads, hardware["read_voltage"])
    return loss, _drift(hardware, heated.shares[k])


def _worn(
    mapping: Mapping, graph: SpikeGraph, hardware: Hardware, heated: Heated, k: int, temperature: float
) -> endurance.Wear:
    """Wear of the used cells of cluster `k`, whose tile is at `temperature` K."""
    technology = hardware.technology
    loss, drift = losses(hardware, heated, k, temperature)
    shared = clusters_on_tile(mapping, hardware)[mapping.placement.tile[k]] > 1
    return endurance.wear(
        loss_rate=loss,
        drift=drift,
        endurance=endurance.write_endurance(
            technology["endurance"],
            technology["reset_time"],
            technology["endurance_reference_time"],
            technology["endurance_exponent"],
        ),
        program_pulses=hardware["program_pulses"],
        horizon=hardware["horizon"],
        reprogram_rate=1.0 / seconds_per_step(mapping, graph) if shared else 0.0,
    )


def _drift(hardware: Hardware, share: F64) -> F64:
    """Drift interval of every cell, s, until it has lost `weight_tolerance` of g_max.

    By the spread of the exponents if the mean drift is scaled away at the columns, else by the mean.
    """
    if hardware.technology.noise == "none":
        return np.full(share.shape, np.inf)
    model, high = pcm.noise_model(hardware.technology.noise), hardware.technology["g_max"]
    mean, spread = pcm.drift_exponent(model, share * high, high)
    exponent = spread if hardware.drift_compensation else mean
    allowed = hardware["weight_tolerance"] / np.maximum(share, 1e-12)
    return endurance.drift_interval(exponent, allowed, model.t_0)
