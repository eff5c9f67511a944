"""Lifetime and temperature of a mapping by eSpine's equations: every spike wears the cell.

Two temperatures are told apart. A cell is worn at its temperature *while a spike passes* (own self-heating, what its
neighbours add on average, and the silicon below); that is what endurance sees. Periphery sees the *average over time*
of the array it stands beside, so leakage settles there: at the temperature of a spike, 500 to 800 K, transistors do not
leak by the fitted law, nor work at all. The paper's headline of 11.4 K is a difference of such averages [thermalaware].
The air is at the paper's ambient; package and mesh are the chip's.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from snnmap.analysis.view import View
from snnmap.core.arrays import F64, I64
from snnmap.core.errors import InputError
from snnmap.hardware import Hardware, Technology, load_technology, technology_names
from snnmap.ir import Mapping
from snnmap.physics import espine
from snnmap.physics.leakage import Leakage, Settled, settle
from snnmap.reliability.bounds import least_arrays, lifetime_bounds
from snnmap.reliability.crossbars import tile_variation
from snnmap.reliability.device import chip_thermal
from snnmap.reliability.events import tile_events
from snnmap.reliability.heat import event_power
from snnmap.reliability.lines import array_shape, pooled, spread
from snnmap.reliability.sample import Sample
from snnmap.reliability.spiked import Heating, spiked_tiles


@dataclass(frozen=True, slots=True, eq=False)
class EspineState:
    """The chip under a mapping, `espine` mode."""

    lifetime: F64
    """Frames until the weakest cell of every cluster has spent its endurance, (K,)."""
    bound: F64
    """What no wiring of these clusters on these tiles passes, with the least heat that any has around, (K,); infinite
    for clusters that outlast the least of the others' bounds as they are."""
    temperature: F64
    """Of every cluster's crossbar, averaged over time and its cells, K (K,)."""
    spiking: F64
    """Of the cells of every cluster while a spike passes them, averaged over spikes, K (K,)."""
    hottest: float
    """Hottest cell while a spike passes it, K."""
    leakage: F64
    """Of the periphery of every tile, at the average temperature of its array, W (T,)."""
    tile_temperature: F64
    """Silicon under the array of every tile, K (T,)."""
    dynamic: F64
    """Spikes through the arrays, neurons, routers, merging, W (T,)."""
    gain: float
    """Leakage loop gain; 1 is thermal runaway."""
    gradient: F64
    """Hottest minus coolest place of every cluster's crossbar, averaged over time, K (K,)."""
    spot: float
    """Hottest cell, averaged over time, K."""


def espine_twin(technology: Technology) -> Technology | None:
    """Technology of the same node with the paper's constants, or none (only PCM nodes have one)."""
    if technology.mode == "espine":
        return technology
    name = f"espine-{technology.name}"
    return load_technology(name).operated(technology.twin_values) if name in technology_names() else None


def espine_quality(hardware: Hardware) -> F64:
    """Spikes that the first cell of every crossing survives by eSpine's equations, (R, C).

    Raises
    ------
    InputError
        If the chip's technology has no espine twin.
    """
    lasts = espine.endurance_map(array_shape(hardware), espine.EspineCell.of(_needed_twin(hardware)))
    return pooled(lasts, hardware, np.min)


def endured_among_neighbours(hardware: Hardware, seconds: float) -> Callable[[F64], F64]:
    """As `espine_quality`, of one crossbar by the spikes through its cells (R, C) in `seconds`: with neighbours' heat.

    The silicon below is at ambient: it takes the same from all cells of a crossbar, to first order.
    """
    heating = Heating.of(hardware, _needed_twin(hardware))

    def quality(spikes: F64) -> F64:
        duty = np.minimum(spread(spikes, hardware) * heating.cell.spike_time / seconds, 1.0)
        lasts = espine.espine_endurance(heating.cell.ambient + heating.in_a_spike(duty), heating.cell.gamma)
        return pooled(lasts, hardware, np.min)

    return quality


def _needed_twin(hardware: Hardware) -> Technology:
    twin = espine_twin(hardware.technology)
    if twin is None:
        known = ", ".join(n for n in technology_names() if n.startswith("espine-"))
        raise InputError(
            f"objective espine needs eSpine's constants, which technology {hardware.technology.name!r} has not; "
            f"use a node with an espine twin ({known})"
        )
    return twin


def espine_state(
    view: View, technology: Technology, *, bounds: bool = True, sample: Sample | None = None
) -> EspineState:
    """Lifetime and temperature by eSpine's equations, `espine` mode, over the chip's package.

    The bounds take longer than all else; without `bounds` they are infinite. Of a `sample` lifetimes are those of the
    crossbar that stands for each, and heat is in proportion to what is known of all.

    Raises
    ------
    InfeasibleError
        If leakage and temperature run away.
    """
    view = view.folded
    mapping, graph, hardware = view.mapping, view.graph, view.hardware
    heating, clusters = Heating.of(hardware, technology), mapping.clustering.clusters
    arrays = _arrays(view, heating, sample)
    arrays = arrays if sample is None else _completed(view, arrays, sample)
    silicon, settled, dynamic = _settle(view, technology, arrays.mean, arrays.power)
    tile_of = mapping.placement.tile
    lifetime, spiking, hottest = (np.zeros(clusters) for _ in range(3))
    for tile in spiked_tiles(view, heating.cell.spike_time, sample):
        below = silicon[tile_of[tile.clusters[0]]]
        kelvin = below + heating.in_a_spike(tile.duty)
        endurance = espine.espine_endurance(kelvin, heating.cell.gamma)
        total = np.sum(tile.passes, axis=0)
        hottest[tile.clusters] = kelvin[total > 0].max(initial=below)
        for k, mine in zip(tile.clusters, tile.passes, strict=True):
            lifetime[k] = espine.effective_lifetime(endurance, np.where(mine > 0, total, 0.0))
            spiking[k] = weighted_mean(kelvin, mine) if mine.any() else below
    if sample is not None:
        lifetime, spiking = lifetime[sample.by], spiking[sample.by]
    factors = _factors(mapping, hardware) * graph.frames
    bound = np.full(clusters, np.inf)
    if bounds:
        floor = _settle(view, technology, *least_arrays(view, heating))[0]
        bound = lifetime_bounds(view, heating, floor[tile_of], lifetime, factors)
    return EspineState(
        lifetime=lifetime * factors,
        bound=bound * factors,
        temperature=settled.temperature[tile_of],
        spiking=spiking,
        hottest=float(hottest.max()),
        leakage=settled.leakage,
        tile_temperature=silicon,
        dynamic=dynamic,
        gain=settled.gain,
        gradient=arrays.gradient[tile_of],
        spot=float((silicon + arrays.spot)[tile_of].max()),
    )


class Arrays(NamedTuple):
    """Arrays of all tiles, averaged over time, K (T,) each; 0 where no spike passes."""

    mean: F64
    """Rise above the silicon below."""
    gradient: F64
    spot: F64
    """Rise of the hottest cell."""
    power: F64
    """What the drivers deliver, W."""


def _arrays(view: View, heating: Heating, sample: Sample | None) -> Arrays:
    arrays = Arrays(*(np.zeros(view.hardware.tiles) for _ in range(4)))
    for tile in spiked_tiles(view, heating.cell.spike_time, sample):
        at = view.mapping.placement.tile[tile.clusters[0]]
        field = heating.average(tile.duty)
        arrays.mean[at], arrays.gradient[at], arrays.spot[at] = field.mean, field.gradient, field.spot
        arrays.power[at] = float((heating.power.source * tile.duty).sum())
    return arrays


def _completed(view: View, arrays: Arrays, sample: Sample) -> Arrays:
    """The arrays that are not in the sample too, each of which has a tile to itself."""
    tile, known = view.mapping.placement.tile, sample.known
    by = (known.rise, known.rise, known.rise, known.power)
    whole = Arrays(*(np.zeros(len(values)) for values in arrays))
    for mine, values, each in zip(whole, arrays, by, strict=True):
        mine[tile] = sample.filled(values[tile], each)
    return whole


def warmed(view: View, technology: Technology, state: EspineState, sample: Sample) -> EspineState:
    """`state` of a sample with the averages that the sums of `sample` give; the rest stays as it is.

    Raises
    ------
    InfeasibleError
        If leakage and temperature run away.
    """
    tile, (rise, drawn) = view.mapping.placement.tile, rise_and_power(view, state)
    mean, power = np.zeros(view.hardware.tiles), np.zeros(view.hardware.tiles)
    mean[tile] = sample.filled(rise, sample.known.rise)
    power[tile] = sample.filled(drawn, sample.known.power)
    settled = _settle(view, technology, mean, power)[1]
    return replace(state, temperature=settled.temperature[tile], leakage=settled.leakage)


def rise_and_power(view: View, state: EspineState) -> tuple[F64, F64]:
    """Of every crossbar: rise above the silicon below, K (K,), and what its drivers deliver, W (K,)."""
    tile, events = view.mapping.placement.tile, event_power(view, tile_events(view))
    return state.temperature - state.tile_temperature[tile], (state.dynamic - events)[tile]


def _settle(view: View, technology: Technology, mean: F64, power: F64) -> tuple[F64, Settled, F64]:
    """Silicon below the arrays, K (T,), the periphery beside them, settled, and dynamic power, W (T,).

    `mean` (T,) is the rise of every array above the silicon, K, and `power` (T,) what its drivers deliver, W.
    """
    hardware = view.hardware
    dynamic = power + event_power(view, tile_events(view))
    chip, law = chip_thermal(hardware, technology), Leakage.of(technology, hardware.leaking_width)
    above = chip.constriction(power) + mean
    settled = settle(chip, dynamic, law, espine.EspineCell.of(technology).ambient, above, "espine")
    return settled.temperature - mean, settled, dynamic


def weighted_mean(values: F64, weights: F64) -> float:
    """Mean of `values` weighted by `weights` (same shape); 0 if all weights are."""
    total = float(weights.sum())
    return float((values * weights).sum()) / total if total else 0.0


def _factors(mapping: Mapping, hardware: Hardware) -> F64:
    tile: I64 = mapping.placement.tile.astype(np.int64)
    return tile_variation(hardware, mapping.chip.variation_seed)[tile]
