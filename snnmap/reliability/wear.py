"""Wear of the crossbars of a mapping at the temperatures of their tiles, and when the first cells fail."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from snnmap.analysis.view import View
from snnmap.core.arrays import F64, I64
from snnmap.hardware import Hardware
from snnmap.physics import endurance, pcm, tolerance
from snnmap.reliability.crossbars import tile_variation
from snnmap.reliability.heat import Heated, UsedCells, written_cells

Limit = Literal["programming noise", "programming", "read disturb", "drift", "none within horizon"]

SPARE_SHARE = 0.001
"""Lifetimes are also given for the case that this share of the cells in use may fail: spares, or errors that a network
tolerates. A share, so that small and large chips compare; one per mille is a convention of the reports."""


@dataclass(frozen=True, slots=True, eq=False)
class Worn:
    """Wear of the crossbars of all clusters."""

    refresh: F64
    """Refresh interval, s (K,); of a crossbar that is off as programmed, by loss of state alone."""
    off: F64
    """Expected share of cells that are out of tolerance when first read (K,)."""
    median: F64
    """Median time to failure of the most written cell, s (K,)."""
    first_failure: tuple[float, float, float]
    """Time by which the first cell of the chip has failed with 10, 50 and 90 % probability, s."""
    spared: float
    """Time by which `SPARE_SHARE` of the cells have failed with 50 % probability, s."""
    limited_by: Limit


def wear_out(view: View, heated: Heated, at_tile: F64, refreshed: float | None = None) -> Worn:
    """Wear of all crossbars, whose tiles are at `at_tile` K (K,); process variation scales each tile's endurance.

    They are refreshed when their cells leave the tolerance, or every `refreshed` seconds if that is given; in both
    cases before they lose their state. Those that are not in the sample wear as the one that stands for them, at its
    temperature.
    """
    hardware, tile, clusters = view.hardware, view.mapping.placement.tile, len(heated.cells)
    scale = tile_variation(hardware, view.mapping.chip.variation_seed)[tile]
    shared = view.clusters_on_tile[tile] > 1
    turns = 1.0 / (view.seconds_per_step * view.mapping.schedule.block)
    refresh, median, off = np.full(clusters, np.inf), np.full(clusters, np.inf), np.zeros(clusters)
    causes: list[endurance.Cause] = ["none"] * clusters
    stands = _stood_for(heated)
    seconds: list[F64] = [np.zeros(0)]
    times: list[I64] = [np.zeros(0, np.int64)]
    for k, cells in enumerate(heated.cells):
        if len(cells.duty) == 0:
            continue
        worn = cell_wear(hardware, cells, float(at_tile[k]), turns if shared[k] else 0.0, refreshed)
        lifetime = worn.lifetime * scale[k]
        off[k] = shares_off(hardware, cells)[0]
        refresh[k], median[k], causes[k] = worn.refresh_interval, worn.lifetime.min(), worn.refresh_cause
        distinct, count = np.unique(lifetime[cells.first], return_counts=True)
        seconds.append(distinct)
        times.append(np.rint(count * (heated.arrays * stands[k])).astype(np.int64))
    if heated.sample is not None:
        by, written = heated.sample.by, written_cells(heated)
        rewritten = heated.sample.filled(written / refresh, heated.sample.known.rewritten)
        refresh = np.divide(written, rewritten, out=np.full(clusters, np.inf), where=rewritten > 0)
        median, off, causes = median[by], off[by], [causes[k] for k in by.tolist()]
    median *= scale
    everywhere, number = np.concatenate(seconds), np.concatenate(times)
    sigma = hardware.technology["endurance_sigma"]
    spares = int(SPARE_SHARE * int(number.sum()))
    low, middle, high = failure_times(everywhere, sigma, 1, (0.1, 0.5, 0.9), number)
    return Worn(
        refresh=refresh,
        off=off,
        median=median,
        first_failure=(low, middle, high),
        spared=failure_times(everywhere, sigma, spares + 1, (0.5,), number)[0],
        limited_by=first_limit(median, refresh, causes, hardware["horizon"]),
    )


def _stood_for(heated: Heated) -> F64:
    """Programmed cells that each of a cluster's own stands for (K,): 1 without a sample."""
    if heated.sample is None:
        return np.ones(len(heated.cells))
    count = heated.programmed.astype(np.float64)
    stood = np.bincount(heated.sample.by, weights=count, minlength=len(count))
    return np.divide(stood, count, out=np.zeros(len(count)), where=count > 0)


def first_limit(median: F64, refresh: F64, causes: list[endurance.Cause], horizon: float) -> Limit:
    """What decides: cells off as programmed, median cells worn out within the horizon, or the first refresh in it."""
    if "programming noise" in causes:
        return "programming noise"
    if median.min() < horizon:
        return "programming"
    first = int(refresh.argmin())
    cause = causes[first]
    return "none within horizon" if refresh[first] >= horizon or cause == "none" else cause


def failure_times(
    lifetime: F64, sigma: float, k: int, probabilities: tuple[float, ...], cells: I64 | None = None
) -> tuple[float, ...]:
    """Times by which `k` cells of median `lifetime` (n,) have failed with `probabilities`, s; never if none can.

    `cells` (n,) says how many there are of each; none: one.
    """
    if (len(lifetime) if cells is None else int(cells.sum())) < k:
        return (float("inf"),) * len(probabilities)
    if sigma > 0:
        return endurance.lifetime_band(lifetime, sigma, k, probabilities, cells)
    return (endurance.weakest(lifetime, k, cells),) * len(probabilities)


def cell_wear(
    hardware: Hardware, cells: UsedCells, temperature: float, turns: float, refreshed: float | None = None
) -> endurance.Wear:
    """Wear of the cells of one crossbar whose tile is at `temperature` K; `refreshed` as in `wear_out`.

    `turns` per second the crossbar is re-programmed, 0 if it has its tile to itself; a memory cell is then written by
    every cluster that uses it.
    """
    technology, pulses, share = hardware.technology, hardware["program_pulses"], hardware["refresh_share"]
    after = tolerance.first_time(shares_off(hardware, cells), share) if refreshed is None else refreshed
    return endurance.wear(
        loss_rate=loss_rate(hardware, cells, temperature),
        due=endurance.Due(after, share),
        endurance=endurance.write_endurance(
            technology["endurance"],
            technology["reset_time"],
            technology["endurance_reference_time"],
            technology["endurance_exponent"],
        ),
        program_pulses=pulses,
        reprogram_rate=turns,
        plasticity_rate=(cells.writers - 1.0) * (pulses * turns),
    )


def loss_rate(hardware: Hardware, cells: UsedCells, temperature: float) -> F64:
    """How fast every cell loses its state, 1/s (n,): by temperature; in OxRAM also by reads, at its own voltage."""
    technology, duty = hardware.technology, cells.duty.astype(np.float64)
    rest = temperature + cells.rest.astype(np.float64)
    loss = endurance.state_loss_rate(endurance.Retention.of(technology), rest, cells.pulse, duty)
    if technology.device != "OxRAM":
        return loss
    reads = duty / hardware["read_time"]
    return loss + endurance.ReadDisturb.of(technology).rate(reads, cells.voltage.astype(np.float64))


def shares_off(hardware: Hardware, cells: UsedCells) -> F64:
    """Expected share off, by more than `weight_tolerance` g_max, of cells that bear weights at `tolerance.TIMES`."""
    table = cell_ageing(hardware)
    return np.zeros(len(tolerance.TIMES)) if table is None else table.share_off(cells.share[cells.bears])


def cell_ageing(hardware: Hardware) -> tolerance.Ageing | None:
    """Chances of the chip's cells to be off over time; none for a technology without noise model."""
    technology = hardware.technology
    model = pcm.written(technology.noise, technology, hardware["program_pulses"])
    if model is None:
        return None
    allowed, high = hardware["weight_tolerance"], technology["g_max"]
    return tolerance.ageing(model, high, allowed, hardware.drift_compensation)


def chances_off(hardware: Hardware, cells: UsedCells, seconds: float) -> F64:
    """Chance of every cell to be off `seconds` after its first read (n,)."""
    technology = hardware.technology
    model, high = pcm.written(technology.noise, technology, hardware["program_pulses"]), technology["g_max"]
    if model is None:
        return np.zeros(len(cells.share))
    return tolerance.chance_off(
        model,
        cells.share.astype(np.float64) * high,
        high,
        min(seconds, float(tolerance.TIMES[-1])),
        tolerance=hardware["weight_tolerance"],
        compensated=hardware.drift_compensation,
    )
