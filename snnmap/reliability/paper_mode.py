"""Lifetime and temperature of a mapping by eSpine's equations: every spike wears the cell."""

from dataclasses import dataclass

import numpy as np

from snnmap.arrays import F64
from snnmap.cells import crossbar_of, upper_bound
from snnmap.errors import InputError
from snnmap.hardware import Hardware, Technology, list_technologies, load_technology
from snnmap.ir import Mapping, SpikeGraph
from snnmap.physics import paper, thermal
from snnmap.physics.leakage import Leakage
from snnmap.reliability.arrays import passes_of, programmed, seconds_per_step, tile_variation


@dataclass(frozen=True, slots=True, eq=False)
class PaperState:
    """The chip under a mapping, `paper` mode."""

    lifetime: F64
    """Frames until the weakest cell of every cluster has spent its endurance, (K,)."""
    bound: F64
    """The same with every cell placed freely: no wiring does better, (K,)."""
    temperature: F64
    """Mean over spikes of the temperature of the cells they pass, K (K,)."""
    hottest: float
    """Hottest cell that carries spikes, K."""
    leakage: F64
    """Of the crossbar's periphery at that temperature, W (K,)."""


def paper_twin(technology: Technology) -> Technology | None:
    """Technology of the same node with the paper's constants, or none (only PCM nodes have one)."""
    if technology.mode == "paper":
        return technology
    name = f"paper-{technology.name}"
    return load_technology(name) if name in list_technologies() else None


def paper_quality(hardware: Hardware) -> F64:
    """Spikes that every cell survives by eSpine's equations, (R, C).

    Raises
    ------
    InputError
        If the chip's technology has no paper twin.
    """
    twin = paper_twin(hardware.technology)
    if twin is None:
        known = ", ".join(n for n in list_technologies() if n.startswith("paper-"))
        raise InputError(
            f"objective espine needs eSpine's constants, which technology {hardware.technology.name!r} has not; "
            f"use a node with a paper twin ({known})"
        )
    return paper.endurance_map((hardware.rows, hardware.columns), paper.PaperCell.of(twin))


def paper_state(mapping: Mapping, graph: SpikeGraph, hardware: Hardware, technology: Technology) -> PaperState:
    """Lifetime and temperature by eSpine's equations, `paper` mode; the paper knows no tile-to-tile coupling."""
    cell = paper.PaperCell.of(technology)
    shape = (hardware.rows, hardware.columns)
    lasts = paper.endurance_map(shape, cell)
    own, _ = paper.self_heating(paper.path_currents(shape, cell), cell)
    sheet, held = thermal.Sheet.of(technology), programmed(mapping, graph)
    time = graph.window * seconds_per_step(mapping, graph)
    leakage = Leakage.of(hardware, technology, hardware.leaking_width)
    clusters = mapping.clustering.clusters
    factors = tile_variation(hardware, mapping.hardware.get("variation_seed"))[mapping.placement.tile]
    lifetime, bound, mean = np.empty(clusters), np.empty(clusters), np.empty(clusters)
    hottest = cell.ambient
    for k in range(clusters):
        passes = passes_of(mapping, graph, hardware, held, k)
        duty = np.minimum(passes * cell.spike_time / time, 1.0)
        rise = thermal.coupled_rise(sheet, own, cell.thermal_resistance, duty)
        lifetime[k] = paper.effective_lifetime(paper.paper_endurance(cell.ambient + rise, cell.gamma), passes)
        crossbar = crossbar_of(graph, mapping.clustering, held.cells, k)
        bound[k] = upper_bound(crossbar, lasts)
        total = passes.sum()
        mean[k] = cell.ambient + (float((rise * passes).sum() / total) if total else 0.0)
        hottest = max(hottest, cell.ambient + float(rise[passes > 0].max(initial=0.0)))
    return PaperState(
        lifetime=lifetime * graph.frames * factors,
        bound=bound * graph.frames * factors,
        temperature=mean,
        hottest=hottest,
        leakage=leakage.power(mean),
    )
