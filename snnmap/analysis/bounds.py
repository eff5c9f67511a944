"""What no partition can go below."""

from itertools import pairwise

import numpy as np

from snnmap.analysis.view import View
from snnmap.core.arrays import I64, offsets, ranges
from snnmap.hardware import Hardware
from snnmap.ir import Network, PartitionBounds, SpikeGraph

BLOCK = 2**22
"""Synapses that are looked at at a time, about."""


def lower_bounds(network: Network, hardware: Hardware) -> dict[str, int]:
    """Crossbars that `network` needs at least, by argument; the largest holds.

    - `columns`: a neuron with f inputs takes ceil(f / R) columns.
    - `rows`: a source with g targets is a row of at least ceil(g / C) crossbars.
    - `synapses`: a crossbar holds at most R x C synapses, or the hardware's limit.
    - `density`: nor more than its C busiest columns or R busiest rows could bring, at most R and C each.
    - `fan_in`: parts of one neuron hold different sources, so its columns beyond one need crossbars of their own.
    """
    inputs = np.bincount(network.post, minlength=network.sources)[network.externals :]
    return degree_bounds(inputs, np.diff(network.indptr), hardware)


def degree_bounds(inputs: I64, outputs: I64, hardware: Hardware) -> dict[str, int]:
    """As `lower_bounds`, of neurons with `inputs` (n,) synapses each and sources with `outputs` (N,)."""
    rows, columns = hardware.rows, hardware.columns
    most = rows * columns if hardware.synapse_limit is None else hardware.synapse_limit
    share, synapses = min(rows, most), int(np.sum(outputs))
    parts = np.maximum(1, -(-inputs // share)) if len(inputs) else inputs
    copies = -(-outputs // min(columns, most))
    by_column = np.sort(np.minimum(inputs, share))[::-1][:columns].sum()
    by_row = np.sort(np.minimum(outputs, min(columns, most)))[::-1][:rows].sum()
    densest = max(1, min(int(by_column), int(by_row), most))
    return {
        "columns": -(-int(parts.sum()) // columns),
        "rows": -(-int(copies.sum()) // rows),
        "synapses": -(-synapses // most),
        "density": -(-synapses // densest),
        "fan_in": int(parts.max(initial=0)),
    }


def messages_at_least(graph: SpikeGraph, hardware: Hardware) -> int:
    """Messages that every partition of `graph` sends: spikes to the crossbars that listen, and partial sums.

    - A source with g targets is a row of at least ceil(g / C) crossbars, at most one of which its neuron fires in: its
      spikes travel to all the others. A network input fires in none.
    - A neuron with f inputs has at least ceil(f / R) columns, of which all but one send a sum in every step in which
      an input of theirs is active. The one at home has at most R of the inputs, so the others have at least f - R:
      whichever these are, one of them is active in as many steps as the input that is (f - R)th from the quietest.
    """
    network = graph.network
    most = hardware.rows * hardware.columns if hardware.synapse_limit is None else hardware.synapse_limit
    columns, rows = min(hardware.columns, most), min(hardware.rows, most)
    travels = np.where(network.is_bias(), 0, graph.spikes)
    copies = -(-np.diff(network.indptr) // columns)
    copies[network.externals :] = np.maximum(0, copies[network.externals :] - 1)
    inputs = np.bincount(network.post, minlength=network.sources)
    away = np.maximum(0, inputs - rows)
    active = np.where(network.is_bias(), 0, graph.active_steps)
    sums = 0 if not np.any(away) else int(np.sum(_nth_quietest(network, active, away)))
    return int(np.sum(travels * copies)) + sums


def _nth_quietest(network: Network, active: I64, nth: I64) -> I64:
    """`active` of every neuron's `nth` input, counted from 1 in ascending order, (N,); 0 where that is 0.

    Sources are gone through from the quietest to the busiest, `BLOCK` synapses at a time: a neuron's inputs are sorted
    in the one block in which its number is reached.
    """
    order = np.argsort(active, kind="stable")
    sizes = np.diff(network.indptr)[order]
    ends = np.cumsum(sizes)
    cuts = np.searchsorted(ends, np.arange(BLOCK, int(ends[-1]) + BLOCK, BLOCK)) + 1
    found, met = np.zeros(len(nth), np.int64), np.zeros(len(nth), np.int64)
    for first, last in pairwise([0, *np.unique(cuts.clip(0, len(order))).tolist()]):
        here = order[first:last]
        post = network.post[ranges(network.indptr[here], sizes[first:last])]
        count = np.bincount(post, minlength=len(nth))
        reached = (met < nth) & (met + count >= nth)
        entry = np.flatnonzero(reached[post])
        entry = entry[np.argsort(post[entry], kind="stable")]  # those of one neuron stay in the order of their sources
        neuron = np.flatnonzero(reached)
        place = offsets(count[neuron])[:-1] + (nth - met)[neuron] - 1
        found[neuron] = np.repeat(active[here], sizes[first:last])[entry[place]]
        met += count
    return found


def partition_bounds(view: View) -> PartitionBounds | None:
    """Crossbars and messages of a mapping beside what no partition of its workload for such crossbars can go below.

    None where crossbars are used several times a step: the bounds are of partitions that use each once.
    """
    if view.mapping.clustering.uses is not None:
        return None
    chip, network = view.hardware, view.graph.network
    if chip.rows_adapt:  # the mapping has as many as it needs; another may have more
        chip = chip.resized(None, chip.bit_lines)
    return PartitionBounds(
        crossbars=view.mapping.clustering.clusters,
        crossbars_at_least=max(lower_bounds(network, chip).values()),
        messages=view.traffic.delivered,
        messages_at_least=messages_at_least(view.graph, chip),
    )
