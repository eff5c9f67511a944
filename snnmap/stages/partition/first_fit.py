"""Construction alone: the start of every refinement, and a partitioner of its own."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from snnmap.hardware import Hardware
from snnmap.ir import Clustering, SpikeGraph
from snnmap.stages.partition.atoms import Activity
from snnmap.stages.partition.construct import Progress, Task, clustering_of, constructed


@dataclass(frozen=True)
class FirstFit:
    """Fill crossbar after crossbar with neurons that share inputs, merge what fits; the best of several ways."""

    split: Literal["partial_sum", "none"] = "partial_sum"
    """Neurons with too many inputs are split into partial columns, or refused."""
    cost: Literal["multicast", "unicast"] = "multicast"
    """Messages per (source, crossbar), or per synapse that leaves its crossbar (SpiNeMap's published cost)."""
    crossbar_weight: float = 1.0
    """Worth of a crossbar, in units of the mean number of messages to a crossbar."""
    orders: int = 5
    """Constructions to try, 1..5; the cheapest is kept."""

    def __call__(
        self,
        graph: SpikeGraph,
        hardware: Hardware,
        *,
        rng: np.random.Generator,  # noqa: ARG002  every partitioner is called alike
        progress: Progress | None = None,
        deadline: float | None = None,
    ) -> Clustering:
        """Clusters of `graph` that fit the crossbars of `hardware`.

        Raises
        ------
        InfeasibleError
            If a neuron has more inputs than rows and may not be split.
        """
        unicast = self.cost == "unicast"
        task = Task(graph, hardware, self.split, unicast, self.crossbar_weight, progress, deadline, Activity(graph))
        return clustering_of(constructed(task, orders=self.orders))
