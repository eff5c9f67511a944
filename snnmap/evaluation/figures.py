"""Every figure of a mapping, recomputed from (spike graph, hardware, mapping); no search, no choice.

Energies are those of one average frame; messages and hops are totals over the profiled window, so that they stay
exact integers. Reals are rounded to nine significant digits, so that a mapping file has the same bytes everywhere.
"""

from dataclasses import dataclass, replace

import numpy as np

from snnmap.analysis.cells import programmed_cells, weight_share
from snnmap.analysis.routes import link_loads, tree_hops
from snnmap.analysis.traffic import traffic
from snnmap.core.arrays import F64, I64
from snnmap.hardware import Hardware
from snnmap.ir import Clustering, Mapping, Metric, Report, SpikeGraph, Traffic
from snnmap.physics.pcm import conductance
from snnmap.reliability.metrics import reliability_metrics

DIGITS = 9


def rounded(value: float) -> float:
    """`value` to nine significant digits."""
    return float(f"{value:.{DIGITS - 1}e}")


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """What travels, and how far."""

    traffic: Traffic
    hops: int
    """Link crossings of all messages over the window, multicast trees counted once per link."""
    links: I64
    """Messages per directed link, (T, 4)."""


def evaluate(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> Report:
    """All figures of a legal mapping.

    Raises
    ------
    KeyError
        If the hardware lacks a quantity; a parsed file never does.
    """
    flow = _flow(mapping, graph, hardware)
    metrics = [*_sizes(mapping, graph, hardware), *_network(flow, graph)]
    rows = row_energy(graph, hardware, mapping.clustering)
    metrics += _energy(rows, flow, graph, hardware)
    metrics += timing(mapping, graph)
    metrics += [_rounded(m) for m in reliability_metrics(mapping, graph, hardware)]
    notes = (
        () if graph.events is not None else ("events were not kept: partial sums and busiest steps are upper bounds",)
    )
    return Report(tuple(metrics), _tile_maps(mapping, graph, hardware, rows), notes)


def _rounded(metric: Metric) -> Metric:
    """`metric` to nine digits; what never happens (infinite) becomes none."""
    if not isinstance(metric.value, float):
        return metric
    return replace(metric, value=rounded(metric.value) if np.isfinite(metric.value) else None)


def unit_of(name: str) -> str:
    """Unit of a figure, which its name ends in: `energy_J` is in J, a utilisation is a share of 1."""
    if name.endswith("utilisation"):
        return "1"
    if name.endswith("_per_s"):
        return "1/s"
    unit = name.rpartition("_")[2]
    return unit if unit in {"J", "s", "K", "W", "A"} else ""


def figures(report: Report) -> dict[str, float | int | str | None]:
    """Name to value, as the mapping file and `--json` show them."""
    return {metric.name: metric.value for metric in report.metrics}


def _flow(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> Flow:
    moved = traffic(graph, mapping.clustering)
    hops = tree_hops(moved, mapping.placement, hardware)
    return Flow(moved, int(np.sum(hops * moved.messages)), link_loads(moved, mapping.placement, hardware))


def _sizes(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> list[Metric]:
    clustering = mapping.clustering
    k = clustering.clusters
    cells = k * hardware.rows * hardware.columns
    return [
        Metric("neurons", graph.network.neurons, ""),
        Metric("synapses", graph.network.synapses, ""),
        Metric("crossbars", k, "", "clusters of the partition"),
        Metric("tiles", len(np.unique(mapping.placement.tile)), "", "tiles that hold a cluster"),
        Metric("mesh_tiles", hardware.tiles, "", "tiles of the chip"),
        Metric("partial_columns", len(clustering.column_neuron) - graph.network.neurons, "", "columns beyond one each"),
        Metric("row_utilisation", rounded(len(clustering.row_source) / (k * hardware.rows)), "1"),
        Metric("column_utilisation", rounded(len(clustering.column_neuron) / (k * hardware.columns)), "1"),
        Metric("cell_utilisation", rounded(graph.network.synapses / cells), "1", "synapses / cells"),
    ]


def _network(flow: Flow, graph: SpikeGraph) -> list[Metric]:
    moved = flow.traffic
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
        Metric("hops", flow.hops, "", "links of XY multicast trees, over the window"),
        Metric("busiest_link", int(flow.links.max(initial=0)), "", "messages over the window"),
    ]


def row_energy(graph: SpikeGraph, hardware: Hardware, clustering: Clustering) -> F64:
    """Array read energy of every row entry over the window, J, float64 (len(row_source),).

    Each spike on a row reads every used column of its crossbar for one pulse: V^2 t (sum of the programmed conductances
    + g_min for each unprogrammed cell of a used column). Ideal wires; `physics.crossbar` gives the exact currents.
    """
    network, technology = graph.network, hardware.technology
    cells = programmed_cells(network, clustering)
    share = weight_share(network)
    low, high = technology["g_min"], technology["g_max"]
    programmed = conductance(share, low, high)[cells.synapse] - low
    per_row = np.bincount(cells.row(), weights=programmed, minlength=len(clustering.row_source))
    columns = np.repeat(np.diff(clustering.column_ptr), np.diff(clustering.row_ptr))
    pulse = hardware["read_voltage"] ** 2 * hardware["read_time"]
    spikes = graph.spikes[clustering.row_source]
    energy: F64 = spikes * pulse * (per_row + low * columns)
    return energy


def _energy(rows: F64, flow: Flow, graph: SpikeGraph, hardware: Hardware) -> list[Metric]:
    per_frame = 1.0 / graph.frames
    moved = flow.traffic
    merged = int((moved.messages * np.diff(moved.target_ptr))[moved.kind == 2].sum())
    parts = {
        "energy_array_J": (float(np.sum(rows)), "V^2 G t of every read row"),
        "energy_neuron_J": (
            hardware["neuron_energy"] * int(graph.spikes[graph.network.externals :].sum()),
            "neuron_energy x spikes",
        ),
        "energy_noc_J": (hardware["hop_energy"] * flow.hops, "hop_energy x hops"),
        "energy_merge_J": (hardware["merge_energy"] * merged, "merge_energy x partial sums"),
    }
    total = sum(value for value, _ in parts.values()) * per_frame
    metrics = [Metric("energy_J", rounded(total), "J", "per frame, dynamic")]
    return metrics + [
        Metric(name, rounded(v * per_frame), "J", f"{why}, per frame") for name, (v, why) in parts.items()
    ]


def timing(mapping: Mapping, graph: SpikeGraph) -> list[Metric]:
    """Guaranteed period and throughput, and latencies, of the mapping's schedule."""
    schedule, tick = mapping.schedule, mapping.sdfg.tick
    period = schedule.period_numerator / schedule.period_denominator * tick
    latency = schedule.latency * tick
    return [
        Metric("period_s", rounded(period), "s", "maximum cycle ratio: guaranteed time per step"),
        Metric("throughput_steps_per_s", rounded(1.0 / period), "1/s", "guaranteed"),
        Metric("throughput_frames_per_s", rounded(1.0 / (period * graph.steps)), "1/s", "guaranteed"),
        Metric("step_latency_s", rounded(latency), "s", "first input to last firing of one step"),
        Metric("latency_s", rounded((graph.steps - 1) * period + latency), "s", "one frame"),
    ]


def _tile_maps(mapping: Mapping, graph: SpikeGraph, hardware: Hardware, rows: F64) -> dict[str, F64]:
    """Per-tile arrays (T,): clusters, share of cells used, spikes fired per frame, array energy per frame."""
    clustering, tile, count = mapping.clustering, mapping.placement.tile, hardware.tiles
    of_row = np.repeat(tile, np.diff(clustering.row_ptr))
    fired = graph.spikes[graph.network.externals :]
    cells = programmed_cells(graph.network, clustering)
    used = np.bincount(of_row, weights=np.diff(cells.ptr), minlength=count)
    return {
        "clusters": np.bincount(tile, minlength=count).astype(np.float64),
        "cell_utilisation": used / (hardware.rows * hardware.columns),
        "spikes_per_frame": np.bincount(tile[clustering.home], weights=fired, minlength=count) / graph.frames,
        "array_energy_J": np.bincount(of_row, weights=rows, minlength=count) / graph.frames,
    }
