"""Every figure of a mapping, recomputed from (spike graph, hardware, mapping); no search, no choice.

Energies are those of one average frame; messages and hops are totals over the profiled window, so that they stay
exact integers. Reals are rounded to nine significant digits, so that a mapping file has the same bytes everywhere.
"""

import math
from collections.abc import Callable, Iterable
from collections.abc import Mapping as MappingType
from dataclasses import replace
from typing import Literal

import numpy as np

from snnmap.analysis.view import View
from snnmap.core.arrays import F64, offsets
from snnmap.evaluation.disturbance import error_metric
from snnmap.evaluation.judgement import is_guaranteed
from snnmap.evaluation.lower_bound import lower_bound
from snnmap.evaluation.maps import spikes_of_tiles
from snnmap.hardware import Hardware, Weights, weights_told
from snnmap.ir import Mapping, Metric, Report, SpikeGraph
from snnmap.reliability.crossbars import full_read_energy, row_energy
from snnmap.reliability.events import energies, tile_events
from snnmap.reliability.metrics import reliability_metrics

DIGITS = 9
SUM_DIGITS = 12
"""Of a total of rounded parts, so that they add up to it."""


def rounded(value: float) -> float:
    """`value` to nine significant digits."""
    return float(f"{value:.{DIGITS - 1}e}")


def added(parts: Iterable[float]) -> float:
    """Sum of rounded parts, to twelve significant digits."""
    return float(f"{math.fsum(parts):.{SUM_DIGITS - 1}e}")


ENERGIES = {
    "array": "V^2 G t of every read row, both signs",
    "neuron": "neuron_energy x spikes",
    "noc": "hop_energy x hops on a chip, those of flits that end a step included",
    "merge": "merge_energy x partial sums",
    "adc": "adc_energy, sample_hold_energy and, of slices, shift_add_energy x columns read",
    "dac": "dac_energy x pulses on word lines",
    "buffer": "buffer_energy x bits of messages that arrive",
    "chip_links": "chip_hop_energy x hops between chips, those of flits that end a step included",
}
"""Part of the dynamic energy to what it is."""

AREAS = {
    "array": "memory cells, an array for each sign",
    "driver": "row drivers",
    "dac": "what more than one bit adds to them",
    "sample_hold": "a sample-and-hold for each column",
    "adc": "a converter for adc_columns columns",
    "shift_add": "a shift-and-add for each converter, if weights have slices",
    "neuron": "neurons",
    "buffer": "buffers and address tables",
    "router": "routers and link drivers",
    "between": "wiring, supply and unused: 1 - layout_share of the whole",
}
"""Part of the area to what it is."""

ADAPTED = (
    "rows are not limited: crossbars have {:,} rows, those of the fullest; count clusters and messages, for lifetime, "
    "heat and energy are of arrays that nobody builds"
)
BOUNDED = "events were not kept: partial sums and busiest steps are upper bounds"


def evaluate(mapping: Mapping, graph: SpikeGraph, hardware: Hardware, *, step_time: float | None = None) -> Report:
    """All figures of a legal mapping.

    Parameters
    ----------
    mapping, graph, hardware
        As `compile` returns them, or `load` and `profile`.
    step_time
        Seconds between two steps: sets duty, heat and leakage per frame; that of the mapping's operating point if none,
        and never less than the guaranteed period, so that 0 means frames back to back.

    Raises
    ------
    KeyError
        If the hardware lacks a quantity; a parsed file never does.
    """
    return report_of(View(mapping, graph, hardware, step_time))


def report_of(view: View) -> Report:
    """All figures of a legal mapping."""
    rows = row_energy(view.clusters, view.hardware)
    metrics = [
        *_sizes(view),
        *_areas(view.hardware),
        *_network(view),
        *_energy(rows, view),
        *timing(view),
        *bound(view),
    ]
    figure = {metric.name: metric.value for metric in metrics}
    metrics += operations(view, float(figure["energy_J"] or 0.0))
    metrics += energy_delay(figure, "energy")
    metrics += [_rounded(m) for m in reliability_metrics(view)]
    metrics += total_energy({metric.name: metric.value for metric in metrics})
    metrics += energy_delay({metric.name: metric.value for metric in metrics}, "device_energy")
    if view.mapping.origin.plan.objective == "accuracy":  # the profile runs again for it: only where it decides
        metrics.append(error_metric(view))
    notes = [] if view.graph.events is not None else [BOUNDED]
    if view.hardware.weights != Weights():
        notes.append(weights_told(view.hardware))
    if view.mapping.clustering.uses is not None:
        notes.append(reuse_told(view))
    if view.hardware.rows_adapt:
        notes.append(ADAPTED.format(view.hardware.rows))
    return Report(tuple(metrics), _tile_maps(view, rows), tuple(notes))


def reuse_told(view: View) -> str:
    """Which layers are held by their kernels, and how often these are used; which are not."""
    clustering, network = view.mapping.clustering, view.graph.network
    uses = np.diff(clustering.use_ptr)
    population = network.population_of()[clustering.column_neuron[clustering.column_ptr[:-1]]]
    held, ways = [], ways_of(view)
    for index in np.unique(population[uses > 1]).tolist():
        own, name = np.flatnonzero(population == index), network.populations[index].name
        crossbars = f"{len(own)} crossbar{'s' if len(own) > 1 else ''}"
        way = f"{ways(name)}, " if ways(name) else ""
        held.append(f"{name} ({way}{crossbars}, {int(uses[own].sum()):,} uses a step)")
    known = set(population[uses > 1].tolist())
    left = [p.name for k, p in enumerate(network.populations) if p.kind == "neuron" and k not in known]
    others = f"; by their synapses: {', '.join(left)}" if left else ""
    return f"held by their kernels: {', '.join(held)}{others}"


def ways_of(view: View) -> Callable[[str], str]:
    """Which way a layer is held, by its name, as the mapping's plan says; empty if it does not."""
    options = view.mapping.origin.plan.partition.options
    mode, each = str(options.get("mode", "")), str(options.get("ways", ""))
    own = dict(part.rpartition(":")[::2] for part in each.split("+") if part)
    return lambda name: own.get(name, "dense" if mode == "auto" else mode)


def _rounded(metric: Metric) -> Metric:
    """`metric` to nine digits; what never happens (infinite) becomes none."""
    if not isinstance(metric.value, float):
        return metric
    return replace(metric, value=rounded(metric.value) if np.isfinite(metric.value) else None)


def unit_of(name: str) -> str:
    """Unit of a figure, which its name ends in: `energy_J` is in J, a utilisation is a share of 1."""
    if name.endswith(("utilisation", "_share")):
        return "1"
    if name.endswith("_per_s"):
        return "1/s"
    if "_per_" in name:
        return {"operations_per_J": "1/J", "peak_TOPS_per_W": "TOPS/W"}[name]
    unit = name.rpartition("_")[2]
    return {"Js": "J s"}.get(unit, unit) if unit in {"J", "s", "K", "W", "A", "m2", "Js"} else ""


def figures(report: Report) -> dict[str, float | int | str | None]:
    """Name to value, as the mapping file and `--json` show them."""
    return {metric.name: metric.value for metric in report.metrics}


def _sizes(view: View) -> list[Metric]:
    mapping, graph, hardware = view.mapping, view.graph, view.hardware
    clustering = mapping.clustering
    k = clustering.clusters
    cells, reused = k * hardware.rows * hardware.columns, clustering.uses is not None
    programmed = len(view.folded.cells.column) if reused else graph.network.synapses
    uses = [Metric("uses", len(clustering.use_row_ptr) - 1, "", "of all crossbars in a step")] if reused else []
    return [
        Metric("neurons", graph.network.neurons, ""),
        Metric("synapses", graph.network.synapses, ""),
        Metric("crossbars", k, "", "clusters of the partition"),
        *uses,
        Metric("tiles", len(np.unique(mapping.placement.tile)), "", "tiles that hold a cluster"),
        Metric("mesh_tiles", hardware.tiles, "", "tiles of the chip"),
        Metric("partial_columns", len(clustering.column_neuron) - graph.network.neurons, "", "columns beyond one each"),
        Metric("row_utilisation", rounded(int(clustering.rows.sum()) / (k * hardware.rows)), "1"),
        Metric("column_utilisation", rounded(int(clustering.columns.sum()) / (k * hardware.columns)), "1"),
        Metric(
            "cell_utilisation", rounded(programmed / cells), "1", f"{'programmed' if reused else 'synapses'} / cells"
        ),
    ]


def _areas(hardware: Hardware) -> list[Metric]:
    """Silicon of all tiles of the chip: by component, what lies between them, and all of it."""
    tiles = hardware.tiles
    parts = {name: tiles * area for name, area in hardware.areas().items()}
    parts["between"] = tiles * hardware.tile_pitch**2 - sum(parts.values())
    metrics = [Metric(f"area_{name}_m2", rounded(area), "m2", AREAS[name]) for name, area in parts.items() if area]
    whole = added(float(metric.value) for metric in metrics if isinstance(metric.value, float))
    return [Metric("area_m2", whole, "m2", "all tiles"), *metrics]


def _network(view: View) -> list[Metric]:
    moved, graph = view.traffic, view.graph
    delivered = moved.messages * np.diff(moved.target_ptr)
    kinds = [int(delivered[moved.kind == kind].sum()) for kind in range(3)]
    return [
        Metric("frames", graph.frames, ""),
        Metric("steps", graph.steps, "", "per frame"),
        Metric("spikes", int(graph.spikes[graph.network.externals :].sum()), "", "of neurons, over the window"),
        Metric("messages", sum(kinds), "", "spikes x destination crossbars + partial sums, over the window"),
        Metric("messages_spikes", kinds[0], ""),
        Metric("messages_inputs", kinds[1], ""),
        Metric("messages_partial_sums", kinds[2], ""),
        Metric("hops", _hops(view), "", "links of XY multicast trees, over the window"),
        *_between_chips(view),
        Metric("busiest_link", int(view.link_loads.max(initial=0)), "", "messages over the window"),
    ]


def _hops(view: View) -> int:
    """Link crossings of all messages over the window, multicast trees counted once per link."""
    return int(np.sum(view.hops * view.traffic.messages))


def _between_chips(view: View) -> list[Metric]:
    """Of several chips their number, and link crossings of all messages from one to another."""
    chips = view.hardware.chips
    if not chips.several:
        return []
    crossed = int(np.sum(view.borders * view.traffic.messages))
    return [
        Metric("hops_between_chips", crossed, "", "of those, links from chip to chip"),
        Metric("chips", chips.count, "", "equal, each in a package of its own"),
    ]


def end_hops(view: View) -> tuple[int, int]:
    """Link crossings, over the window, of the flits that say that a step has ended, and those between chips of them.

    One a step on the tree of every connection of the slot table, or without a table of every producer; 0 where a tick
    ends a step.
    """
    if not view.hardware.end_of_step:
        return 0, 0
    mapping, mesh = view.mapping, view.hardware.topology
    table, names = mapping.schedule.slots, mapping.sdfg.name
    if table is not None:
        sender = [names[producer] for producer in table.producer.tolist()]
        ptr, target = table.target_ptr, table.target.astype(np.int64)
    else:
        sent = sorted(name.removeprefix("noc/").rsplit(">c", 1) for name in names if name.startswith("noc/"))
        sender = list(dict.fromkeys(producer for producer, _ in sent))
        ptr = offsets([sum(producer == name for producer, _ in sent) for name in sender])
        target = np.array([int(cluster) for _, cluster in sent], np.int64)
    cluster = np.array([-1 if name == "input" else int(name[1:].partition("/")[0]) for name in sender], np.int64)
    tile = mapping.placement.tile.astype(np.int64)
    origin = np.where(cluster < 0, view.hardware.port_tile, tile[cluster])
    _, link = mesh.trees(origin, mesh.entries(origin, cluster < 0), ptr, tile[target])
    crossed = int(np.sum(link < mesh.entry(0))), int(np.sum(mesh.is_border(link)))
    return crossed[0] * view.graph.window, crossed[1] * view.graph.window


def _energy(rows: F64, view: View) -> list[Metric]:
    graph, hardware = view.graph, view.hardware
    events = tile_events(view).total()
    ending = end_hops(view)
    events = events._replace(sent=events.sent + ending[0], crossed=events.crossed + ending[1])
    joules = {name: float(part[0]) for name, part in energies(events, hardware).items()}
    parts = {"array": float(np.sum(rows)), **joules}
    metrics = [
        Metric(f"energy_{name}_J", rounded(value / graph.frames), "J", f"{ENERGIES[name]}, per frame")
        for name, value in parts.items()
    ]
    total = added(float(metric.value) for metric in metrics if isinstance(metric.value, float))
    return [Metric("energy_J", total, "J", "per frame, dynamic"), *metrics]


def operations(view: View, joules: float) -> list[Metric]:
    """Synaptic operations, and how many there are for the dynamic energy `joules` of a frame; of arrays, at their best.

    Operations a second and watt of a *network* are not defined apart from these: an operation takes place only where a
    spike comes. So TOPS/W are those of a full crossbar with all rows on, two operations a weight, converters included
    and neurons and network not, as chips publish them; of crossbars that nobody builds, or whose spikes program the
    cells (`espine` mode), there are none.
    """
    graph, hardware = view.graph, view.hardware
    network = graph.network
    spikes = np.where(network.is_bias(), 0, graph.spikes)
    done = int(spikes @ np.diff(network.indptr))
    metrics = [Metric("synaptic_operations", done, "", "spikes x synapses, over the window")]
    if joules > 0:
        rate = rounded(done / graph.frames / joules)
        metrics.append(Metric("operations_per_J", rate, "1/J", "synaptic operations / dynamic energy"))
    if hardware.rows_adapt or hardware.technology.mode == "espine":
        return metrics
    best = 2.0 * hardware.rows * hardware.columns / full_read_energy(hardware)
    basis = "full crossbar, all rows on, mean weights, 2 operations each; array, drivers and converters alone"
    return [*metrics, Metric("peak_TOPS_per_W", rounded(best * 1e-12), "TOPS/W", basis)]


def timing(view: View) -> list[Metric]:
    """Period and throughput, guaranteed or estimated, and latencies of the mapping's schedule."""
    period, graph = view.period, view.graph
    worth = "guaranteed" if is_guaranteed(view.mapping, view.hardware) else "estimate"
    slots = view.mapping.schedule.slots
    basis = "maximum cycle ratio" if slots is None else f"length of the slot table, {slots.length:,} slots"
    block, latency = view.mapping.schedule.block, view.mapping.schedule.latency * view.mapping.sdfg.tick
    behind = int(view.mapping.schedule.lags().max(initial=0))
    first = "first input to last firing of a step" if block == 1 else f"first input to last firing of {block} steps"
    return [
        Metric("period_s", rounded(period), "s", f"{basis}: {worth} time per step"),
        Metric("throughput_steps_per_s", rounded(1.0 / period), "1/s", worth),
        Metric("throughput_frames_per_s", rounded(1.0 / (period * graph.steps)), "1/s", worth),
        Metric("step_latency_s", rounded((block - 1) * period + latency), "s", f"{worth}: {first}"),
        Metric(
            "latency_s",
            rounded((graph.steps - 1) * period + latency),
            "s",
            f"{worth}: arrival of a frame's first step to its last firing, if steps arrive no faster than one a period",
        ),
        *(
            [Metric("block_steps", block, "1", "steps of a firing: a cluster is programmed once for all")]
            if block > 1
            else []
        ),
        *(
            [Metric("rounds_behind", behind, "1", "most blocks by which an actor is behind the input")]
            if behind
            else []
        ),
    ]


def bound(view: View) -> list[Metric]:
    """What no schedule can beat, and the gap to it; none if nothing takes time."""
    least = lower_bound(view)
    if least is None:
        return []
    basis = "work of the busiest tile" if least.tile is not None else "longest cycle without tile orders and contention"
    return [
        Metric("period_bound_s", rounded(least.seconds), "s", f"{basis}: no schedule of these clusters there beats it"),
        Metric("period_gap_share", rounded(least.gap), "1", "period_s / period_bound_s - 1"),
    ]


def energy_delay(figure: MappingType[str, float | int | str | None], energy: str) -> list[Metric]:
    """Energy-delay product of a frame, J s, of `energy` or, where there is that mode, of all of `device_energy`."""
    joules, seconds = figure.get("energy_J" if energy == "energy" else f"{energy}_total_J"), figure.get("latency_s")
    if not (isinstance(joules, float) and isinstance(seconds, float)):
        return []
    mode: Literal["", "device"] = "device" if energy.startswith("device") else ""
    basis = "energy of a frame, " + ("all of it" if mode else "dynamic") + ", x its latency"
    return [Metric(f"{energy}_delay_Js", rounded(joules * seconds), "J s", basis, mode=mode)]


def total_energy(figure: MappingType[str, float | int | str | None]) -> list[Metric]:
    """Dynamic energy with real wires in place of ideal ones, leakage and re-programming; none without `device` mode."""
    parts = ("energy_J", "energy_array_J", "device_energy_array_J", "device_energy_leakage_J")
    if any(not isinstance(figure.get(part), int | float) for part in parts):
        return []
    dynamic, ideal, real, leaking = (float(figure[part] or 0.0) for part in parts)
    programming = float(figure.get("device_energy_programming_J") or 0.0)
    total = added((dynamic, -ideal, real, leaking, programming))
    basis = "dynamic energy with real wires, leakage and re-programming, per frame"
    return [Metric("device_energy_total_J", total, "J", basis, mode="device")]


def _tile_maps(view: View, rows: F64) -> dict[str, F64]:
    """Per-tile arrays (T,): clusters, share of cells used, spikes fired per frame, array energy per frame."""
    mapping, graph, hardware = view.mapping, view.graph, view.hardware
    clustering, tile, count = mapping.clustering, mapping.placement.tile, hardware.tiles
    of_row = np.repeat(tile, np.diff(clustering.row_ptr))
    arrays = view.folded
    cells = np.diff(arrays.cells.ptr[arrays.mapping.clustering.row_ptr])
    used = np.bincount(tile, weights=cells, minlength=count)
    return {
        "clusters": view.clusters_on_tile.astype(np.float64),
        "cell_utilisation": used / (hardware.rows * hardware.columns),
        "spikes_per_frame": spikes_of_tiles(view),
        "array_energy_J": np.bincount(of_row, weights=rows, minlength=count) / graph.frames,
    }
