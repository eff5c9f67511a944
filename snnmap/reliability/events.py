"""What happens on tiles and in clusters over the window, and its energy; that of array reads is in `crossbars`."""

from typing import NamedTuple

import numpy as np

from snnmap.analysis.traffic import PARTIAL
from snnmap.analysis.view import ClusteringView, View
from snnmap.core.arrays import F64, I32, I64
from snnmap.hardware import Hardware


class Events(NamedTuple):
    """Counts over the window, of every cluster (K,) or tile (T,)."""

    fired: I64
    """Spikes of the neurons at home."""
    sent: I64
    """Messages that leave over a link."""
    crossed: I64
    """Messages that leave over a link to another chip, among them."""
    merged: I64
    """Partial sums that arrive."""
    received: I64
    """Spikes, of neurons and network inputs, that arrive from other clusters or the port."""
    read: I64
    """Columns that are read, each once per read (`analysis.reads`)."""
    pulses: I64
    """Spikes on rows, biases among them."""

    def total(self) -> "Events":
        """Of all places together (1,)."""
        return Events(*(np.array([count.sum()], np.int64) for count in self))


def cluster_events(view: ClusteringView) -> Events:
    """Events of every cluster; of what it sends, the first link alone counts, which it takes wherever it is placed.

    It is taken for one on its chip.
    """
    graph, clustering, moved, clusters = view.graph, view.clustering, view.traffic, view.clustering.clusters
    spikes = graph.spikes[graph.network.externals :]
    own = moved.sender >= 0
    partial = np.repeat(moved.kind == PARTIAL, np.diff(moved.target_ptr))
    arriving = np.repeat(moved.messages, np.diff(moved.target_ptr))
    of_row = np.repeat(np.arange(clusters), np.diff(clustering.row_ptr))
    return Events(
        fired=_counted(clustering.home, spikes, clusters),
        sent=_counted(moved.sender[own], moved.messages[own], clusters),
        crossed=np.zeros(clusters, np.int64),
        merged=_counted(moved.target[partial], arriving[partial], clusters),
        received=_counted(moved.target[~partial], arriving[~partial], clusters),
        read=view.columns_read,
        pulses=_counted(of_row, graph.spikes[clustering.row_source], clusters),
    )


def tile_events(view: View) -> Events:
    """Events of every tile; a message counts on every tile that it leaves over a link, of this or to another chip."""
    tile, tiles = view.mapping.placement.tile, view.hardware.tiles
    of_tile = Events(*(_counted(tile, count, tiles) for count in cluster_events(view.clusters)))
    loads, mesh = view.link_loads, view.hardware.topology
    crossed = np.where(mesh.is_border(np.arange(loads.size).reshape(loads.shape)), loads, 0)
    return of_tile._replace(sent=loads.sum(axis=1), crossed=crossed.sum(axis=1))


def _counted(place: I32 | I64, count: I64, places: int) -> I64:
    total = np.zeros(places, np.int64)
    np.add.at(total, place, count)
    return total


def energies(events: Events, hardware: Hardware) -> dict[str, F64]:
    """Component to its energy over the window, J, of every place that `events` count for."""
    bits = events.received * hardware["spike_bits"] + events.merged * hardware["sum_bits"]
    parts = {
        "neuron": events.fired * hardware["neuron_energy"],
        "noc": (events.sent - events.crossed) * hardware["hop_energy"],
        "merge": events.merged * hardware["merge_energy"],
        "adc": events.read * conversion_energy(hardware),
        "dac": events.pulses * pulse_energy(hardware),
        "buffer": bits * hardware["buffer_energy"],
    }
    if hardware.chips.several:
        parts["chip_links"] = events.crossed * hardware["chip_hop_energy"]
    return {name: joules.astype(np.float64, copy=False) for name, joules in parts.items()}


def conversion_energy(hardware: Hardware) -> float:
    """Energy to hold and convert one column, each of its slices by itself, and to add these, J."""
    slices = hardware.weights.slices
    each = hardware["adc_energy"] + hardware["sample_hold_energy"]
    return slices * (each + (hardware["shift_add_energy"] if slices > 1 else 0.0))


def pulse_energy(hardware: Hardware) -> float:
    """Energy to drive one row with one pulse, on all of its word lines, J; the current of the cells comes on top."""
    return hardware.weights.arrays * hardware.weights.lines_per_row * hardware["dac_energy"]
