"""Facts that follow from a mapping, each derived once and handed on: cells, traffic, hops, link loads, times.

A view computes a fact when it is first asked for and keeps it. `ClusteringView` holds what a graph and its clustering
decide; `View` adds what needs tiles, lines, times and a chip. Makes no choice and knows no physics.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from snnmap.analysis.cells import Cells, Part, largest_weights, parts, programmed_cells, weight_share
from snnmap.analysis.company import row_company
from snnmap.analysis.reads import columns_read
from snnmap.analysis.routes import link_loads, tree_borders, tree_hops
from snnmap.analysis.traffic import partial_messages, traffic
from snnmap.core.arrays import F64, I64
from snnmap.hardware import Hardware
from snnmap.ir import Clustering, Mapping, SpikeGraph, Traffic

if TYPE_CHECKING:
    from snnmap.analysis.folded import Folded


@dataclass(frozen=True, eq=False)
class ClusteringView:
    """What follows from a spike-activity graph and its clustering. S synapses, K clusters."""

    graph: SpikeGraph
    clustering: Clustering
    near: F64 | None = None
    """How often every neuron is near its threshold (neurons,), if somebody ran the profile for it."""

    @cached_property
    def cells(self) -> Cells:
        """Programmed cells, grouped by row entry."""
        return programmed_cells(self.graph.network, self.clustering)

    @property
    def _listed(self) -> Cells | None:
        """The cells, unless those of many uses, which are listed only where somebody asks for them all."""
        return self.cells if self.clustering.uses is None else None

    def parts(self) -> Iterator[Part]:
        """Programmed cells; those of many uses a few million at a time."""
        return parts(self.graph.network, self.clustering, self._listed)

    @cached_property
    def share(self) -> F64:
        """What each synapse's cell is programmed to, 0 to 1, float64 (S,)."""
        return weight_share(self.graph.network)

    @cached_property
    def _largest(self) -> F64:
        """Largest |weight| into every population."""
        return largest_weights(self.graph.network)

    def share_of(self, synapse: I64) -> F64:
        """What the cells of some synapses are programmed to, float64 (len(synapse),)."""
        if self.clustering.uses is None:
            return self.share[synapse]
        return weight_share(self.graph.network, synapse, self._largest)

    @cached_property
    def partial_messages(self) -> I64:
        """Partial sums that every column sends to its neuron's home, int64 (len(column_neuron),); 0 at home."""
        return partial_messages(self.graph, self.clustering, self._listed)

    @cached_property
    def row_company(self) -> F64:
        """Share of the reads of another row of its crossbar in which a row is on too, float64 (rows,)."""
        return row_company(self.graph, self.clustering)

    @cached_property
    def columns_read(self) -> I64:
        """Columns of every cluster that are read over the window, each once per read, int64 (K,)."""
        return columns_read(self.graph, self.clustering, self._listed)

    @cached_property
    def traffic(self) -> Traffic:
        """Messages between the clusters over the profiled window."""
        return traffic(self.graph, self.clustering, self.partial_messages)

    @cached_property
    def folded(self) -> "Folded | None":
        """What the crossbars are in themselves, each cell once (`analysis.folded`); none, if each is used once."""
        if self.clustering.uses is None:
            return None
        from snnmap.analysis.folded import folded

        return folded(self)


@dataclass(frozen=True, eq=False)
class View:
    """What follows from a mapping, the graph it was made for and its chip. T tiles, G groups of messages."""

    mapping: Mapping
    graph: SpikeGraph
    hardware: Hardware
    """Sized as the mapping says."""
    step_time: float | None = None
    """Seconds between two steps that are asked for; none: those of the mapping's operating point."""
    of_clustering: ClusteringView | None = None
    """View of graph and clustering, if there is one already."""

    @cached_property
    def clusters(self) -> ClusteringView:
        """What graph and clustering decide."""
        return self.of_clustering or ClusteringView(self.graph, self.mapping.clustering)

    @property
    def cells(self) -> Cells:
        """Programmed cells, grouped by row entry."""
        return self.clusters.cells

    @property
    def share(self) -> F64:
        """What each synapse's cell is programmed to, 0 to 1, float64 (S,)."""
        return self.clusters.share

    @property
    def traffic(self) -> Traffic:
        """Messages between the clusters over the profiled window."""
        return self.clusters.traffic

    @cached_property
    def folded(self) -> "View":
        """The arrays in themselves, each cell once with the reads of all uses; this, if each is used once.

        What concerns arrays is asked of it; what is sent, converted and scheduled is the same in both.
        """
        own = self.clusters.folded
        if own is None:
            return self
        mapping = replace(
            self.mapping,
            clustering=own.clustering,
            wiring=own.contracted(self.mapping.wiring),
            spikes=own.graph.spikes,
            active_steps=own.graph.active_steps,
            partial_messages=own.partial_messages,
        )
        return replace(self, mapping=mapping, graph=own.graph, of_clustering=own)

    @cached_property
    def hops(self) -> I64:
        """Links crossed by one message of every group, int64 (G,)."""
        return tree_hops(self.traffic, self.mapping.placement, self.hardware)

    @cached_property
    def borders(self) -> I64:
        """Links between chips among them, int64 (G,)."""
        return tree_borders(self.traffic, self.mapping.placement, self.hardware)

    @cached_property
    def link_loads(self) -> I64:
        """Messages over every directed link in the window, int64 (T, 4)."""
        return link_loads(self.traffic, self.mapping.placement, self.hardware)

    @cached_property
    def period(self) -> float:
        """Guaranteed seconds per step."""
        schedule = self.mapping.schedule
        ticks = schedule.period_numerator / schedule.period_denominator / schedule.block
        return ticks * self.mapping.sdfg.tick

    @cached_property
    def seconds_per_step(self) -> float:
        """Real time if the chip keeps up, else its guaranteed period: max(step time, period), s."""
        recorded = self.mapping.origin.point.step_time
        asked = recorded if self.step_time is None else self.step_time
        return max(self.graph.dt if asked is None else asked, self.period)

    @property
    def seconds(self) -> float:
        """Duration of the profiled window at that pace, s."""
        return self.graph.window * self.seconds_per_step

    @cached_property
    def clusters_by_tile(self) -> list[I64]:
        """Clusters of every tile in use, each ascending; more than one take turns on its crossbar."""
        tile = self.mapping.placement.tile
        order = np.argsort(tile, kind="stable").astype(np.int64, copy=False)
        return np.split(order, np.flatnonzero(np.diff(tile[order])) + 1)

    @cached_property
    def clusters_on_tile(self) -> I64:
        """How many clusters take turns on every tile, int64 (T,)."""
        return np.bincount(self.mapping.placement.tile, minlength=self.hardware.tiles)

    def at(self, hardware: Hardware, mapping: Mapping | None = None) -> "View":
        """The same clusters with other constants of the chip, or another schedule."""
        return replace(self, hardware=hardware, mapping=mapping or self.mapping, of_clustering=self.clusters)

    def at_pace(self, step_time: float) -> "View":
        """The same mapping at another pace, s per step; 0: frames back to back."""
        return replace(self, step_time=step_time, of_clustering=self.clusters)
