"""Recount of every reported figure from first principles: the `figures` rule of `verify`.

Shares no code with `evaluate`, `traffic` or the kernels; figures that only one side can know (seeds, device models,
which have checks of their own) are not compared.
"""

import math
from collections.abc import Mapping as MappingType
from typing import Any

import numpy as np

from snnmap.core.arrays import distinct_columns
from snnmap.hardware import Hardware
from snnmap.ir import Mapping, Network, SpikeGraph, Violation
from snnmap.legality.reads import columns_read
from snnmap.legality.recount import Recount
from snnmap.legality.reuse import lines_in_use
from snnmap.legality.sent import ending_hops
from snnmap.legality.weights import background, charge, crossing

TOLERANCE = 1e-6
"""Relative difference allowed between a reported and a recounted real number (nine digits are stored)."""
BLOCK = 2**22
"""Links that are walked, and synapses that are weighed, at a time, about."""


def figure_violations(mapping: Mapping, graph: SpikeGraph, hardware: Hardware, counted: Recount) -> list[Violation]:
    """`figures` violations: every figure that was recounted and differs."""
    messages = _messages(mapping, graph, hardware)
    recounted = {
        **_counts(mapping, graph, hardware, counted),
        **messages,
        **_energy(mapping, graph, hardware, messages, columns_read(mapping.clustering, graph, counted)),
        **_timing(mapping, graph),
    }
    return differing(mapping.figures, recounted)


def differing(reported: MappingType[str, Any], recounted: MappingType[str, Any]) -> list[Violation]:
    """`figures` violations: every recounted figure that is not reported, or reported as something else."""
    return [
        Violation("figures", name, f"reported {reported.get(name)}", f"recounted {value}")
        for name, value in recounted.items()
        if name not in reported or not _same(reported[name], value)
    ]


def _same(reported: Any, counted: Any) -> bool:
    if not isinstance(counted, float) or isinstance(reported, bool) or not isinstance(reported, int | float):
        return type(reported) is type(counted) and bool(reported == counted)
    return math.isclose(reported, counted, rel_tol=TOLERANCE)


def _counts(mapping: Mapping, graph: SpikeGraph, hardware: Hardware, counted: Recount) -> dict[str, float]:
    clustering, used = mapping.clustering, [int(lines.sum()) for lines in lines_in_use(mapping)]
    k, (rows, columns) = clustering.clusters, crossing(hardware)
    return {
        "crossbars": k,
        "tiles": len(np.unique(mapping.placement.tile)),
        "spikes": int(graph.spikes[graph.network.externals :].sum()),
        "row_utilisation": used[0] / (k * rows),
        "column_utilisation": used[1] / (k * columns),
        "cell_utilisation": int(counted.cells.sum()) / (k * rows * columns),
        **({} if clustering.uses is None else {"uses": len(clustering.uses.row_ptr) - 1}),
    }


def _deliveries(mapping: Mapping, graph: SpikeGraph) -> tuple[np.ndarray[Any, Any], ...]:
    """(event source key, sender cluster or -1, target cluster, messages), one entry per message stream and target."""
    network, clustering = graph.network, mapping.clustering
    cluster_of_row = np.repeat(np.arange(clustering.clusters), np.diff(clustering.row_ptr))
    source = clustering.row_source.astype(np.int64)
    if clustering.uses is not None:  # sent to a cluster once, however many of its uses drive it
        cluster_of_row, source = distinct_columns(np.stack([cluster_of_row, source]))
    sender = np.full(len(source), -1, np.int64)
    fires = source >= network.externals
    sender[fires] = clustering.home[source[fires] - network.externals]
    sent = (cluster_of_row != sender) & ~network.is_bias()[source]
    spikes = (source[sent], sender[sent], cluster_of_row[sent], graph.spikes[source[sent]])
    cluster_of_column = np.repeat(np.arange(clustering.clusters), np.diff(clustering.column_ptr))
    home = clustering.home[clustering.column_neuron - network.externals].astype(np.int64)
    away = np.flatnonzero(home != cluster_of_column)
    partial = (network.sources + away, cluster_of_column[away], home[away], mapping.partial_messages[away])
    return tuple(np.concatenate(pair) for pair in zip(spikes, partial, strict=True))


def _messages(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> dict[str, float]:
    stream, sender, target, messages = _deliveries(mapping, graph)
    start, end = _tile_xy(sender, mapping, hardware), _tile_xy(target, mapping, hardware)
    order = np.argsort(stream, kind="stable")
    new = np.flatnonzero(np.diff(stream[order], prepend=-1))
    walks = np.cumsum((abs(end[0] - start[0]) + abs(end[1] - start[1]))[order])
    cuts = np.searchsorted(walks[new], np.arange(BLOCK, int(walks[-1:].sum()), BLOCK))  # whole streams only
    hops = np.zeros(2, np.int64)
    for own in np.split(order, np.unique(new[cuts[cuts < len(new)]])):
        ends = (start[0][own], start[1][own]), (end[0][own], end[1][own])
        hops += _tree_links(stream[own], *ends, messages[own], hardware)
    across, down = hardware.chips.grid
    partial, inputs = stream >= graph.network.sources, sender < 0
    return {
        "messages": int(messages.sum()),
        "messages_spikes": int(messages[~partial & ~inputs].sum()),
        "messages_inputs": int(messages[inputs].sum()),
        "messages_partial_sums": int(messages[partial].sum()),
        "hops": int(hops[0] + hops[1]),
        **({"hops_between_chips": int(hops[1]), "chips": across * down} if across * down > 1 else {}),
    }


def _tile_xy(
    cluster: np.ndarray[Any, Any], mapping: Mapping, hardware: Hardware
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    tile = mapping.placement.tile[np.maximum(cluster, 0)].astype(np.int64)
    x, y = tile % hardware.mesh_width, tile // hardware.mesh_width
    return np.where(cluster < 0, hardware.port[0], x), np.where(cluster < 0, hardware.port[1], y)


def _tree_links(
    stream: np.ndarray[Any, Any],
    start: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]],
    end: tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]],
    messages: np.ndarray[Any, Any],
    hardware: Hardware,
) -> np.ndarray[Any, Any]:
    """Messages x distinct links of each stream's XY multicast tree, on chips and between them (2,).

    Walks every path and drops repeated links.
    """
    pieces: list[np.ndarray[Any, Any]] = []
    (x0, y0), (x1, y1) = start, end
    span = int(max((abs(x1 - x0)).max(initial=0), (abs(y1 - y0)).max(initial=0)))
    for hop in range(span):
        along_x = np.abs(x1 - x0) > hop
        x = x0 + np.sign(x1 - x0) * hop
        pieces.append(np.stack([stream, x, y0, np.sign(x1 - x0), messages])[:, along_x])
        along_y = np.abs(y1 - y0) > hop
        y = y0 + np.sign(y1 - y0) * hop
        pieces.append(np.stack([stream, x1, y, 2 * np.sign(y1 - y0), messages])[:, along_y])
    if not pieces:
        return np.zeros(2, np.int64)
    stream, x, y, direction, messages = np.concatenate(pieces, axis=1)
    place = (y * (int(x.max()) + 1) + x) * 5 + direction + 2
    _, first = np.unique(stream * (int(place.max()) + 1) + place, return_index=True)
    x, y, direction, messages = x[first], y[first], direction[first], messages[first]
    across, down = hardware.chips.grid
    wide, high = hardware.mesh_width // across, hardware.mesh_height // down
    to_x, to_y = x + direction * (abs(direction) == 1), y + direction // 2 * (abs(direction) == 2)
    leaves = (x // wide != to_x // wide) | (y // high != to_y // high)
    return np.array([int(messages[~leaves].sum()), int(messages[leaves].sum())])


def _energy(
    mapping: Mapping, graph: SpikeGraph, hardware: Hardware, messages: dict[str, float], read: int
) -> dict[str, float]:
    """Energy of one average frame; each cell conducts by its weight, the others of used columns as they are left.

    Of `read` columns every slice is held, converted and, of several, shifted and added; a spike on a row drives its
    lines in every array; a message is written into a buffer and read.
    """
    network, clustering, technology = graph.network, mapping.clustering, hardware.technology
    low, high = technology["g_min"], technology["g_max"]
    active = graph.spikes.astype(np.float64)
    programmed = _programmed_spikes(network, active, hardware) * (high - low)
    columns = np.repeat(np.diff(clustering.use_column_ptr), np.diff(clustering.use_row_ptr))
    rest = float(np.sum(active[clustering.row_source] * background(hardware, columns.astype(np.float64))))
    per_frame = 1.0 / graph.frames
    array = hardware["read_voltage"] ** 2 * hardware["read_time"] * (programmed + rest) * per_frame
    neuron = hardware["neuron_energy"] * float(graph.spikes[network.externals :].sum()) * per_frame
    ending, between = ending_hops(mapping, graph, hardware), messages.get("hops_between_chips", 0)
    noc = hardware["hop_energy"] * (messages["hops"] - between + ending[0]) * per_frame
    merge = hardware["merge_energy"] * messages["messages_partial_sums"] * per_frame
    slices, lines = hardware.weights.slices, 2 if hardware.weights.encoding.startswith("pair_") else 1
    lines = 1 if hardware.weights.encoding == "pair_columns" else lines
    stages = ("adc_energy", "sample_hold_energy", *(("shift_add_energy",) if slices > 1 else ()))
    adc = read * slices * sum(hardware[key] for key in stages) * per_frame
    dac = float(np.sum(active[clustering.row_source])) * lines * hardware["dac_energy"] * per_frame
    bits = (messages["messages"] - messages["messages_partial_sums"]) * hardware["spike_bits"]
    bits += messages["messages_partial_sums"] * hardware["sum_bits"]
    buffer = bits * hardware["buffer_energy"] * per_frame
    values = {"array": array, "neuron": neuron, "noc": noc, "merge": merge, "adc": adc, "dac": dac, "buffer": buffer}
    if hardware.chips.grid != (1, 1):
        values["chip_links"] = hardware["chip_hop_energy"] * (between + ending[1]) * per_frame
    total, operations = sum(values.values()), float(np.where(network.is_bias(), 0, active) @ np.diff(network.indptr))
    return {
        "energy_J": total,
        **{f"energy_{name}_J": value for name, value in values.items()},
        "synaptic_operations": int(operations),
        **({"operations_per_J": operations * per_frame / total} if total else {}),
    }


def _programmed_spikes(network: Network, active: np.ndarray[Any, Any], hardware: Hardware) -> float:
    """Spikes of every synapse's source x what its cells hold of weight / largest |weight| of the population, summed.

    Of integers it is the largest that they could be, used or not.
    """
    population = network.population_of()
    largest = np.array([p.full for p in network.populations])
    blocks = range(0, network.synapses, BLOCK)
    for at in blocks:
        size = np.abs(network.weight[at : at + BLOCK].astype(np.float64))
        into = population[network.post[at : at + BLOCK]]
        ends = np.flatnonzero(np.diff(into, prepend=-1))  # most synapses of a source go to one population
        np.maximum.at(largest, into[ends], np.maximum.reduceat(size, ends))
    largest = np.where(largest > 0, largest, 1.0)
    total, counts = 0.0, np.diff(network.indptr)
    for at in blocks:
        weight = network.weight[at : at + BLOCK].astype(np.float64)
        share = charge(weight / largest[population[network.post[at : at + BLOCK]]], hardware)
        first, last = np.searchsorted(network.indptr, (at, at + len(share) - 1), side="right") - 1
        many = counts[first : last + 1].copy()
        many[-1] = at + len(share) - network.indptr[last]
        many[0] -= at - network.indptr[first]
        total += float(np.sum(np.repeat(active[first : last + 1], many) * share))
    return total


def _timing(mapping: Mapping, graph: SpikeGraph) -> dict[str, float]:
    schedule, tick = mapping.schedule, mapping.sdfg.tick
    period = schedule.period_numerator / schedule.period_denominator / schedule.block * tick
    return {
        "period_s": period,
        "throughput_steps_per_s": 1.0 / period,
        "throughput_frames_per_s": 1.0 / (period * graph.steps),
        "step_latency_s": (schedule.block - 1) * period + schedule.latency * tick,
        "latency_s": (graph.steps - 1) * period + schedule.latency * tick,
        **({"block_steps": schedule.block} if schedule.block > 1 else {}),
        **({"rounds_behind": int(schedule.lags().max())} if schedule.lag is not None else {}),
    }
