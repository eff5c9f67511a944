"""Construction alone: the start of every refinement, and a partitioner of its own."""

from dataclasses import dataclass
from typing import Literal

from snnmap.ir import Clustering
from snnmap.stages.partition.assignment import Task, clustering_of, must_be_in_range
from snnmap.stages.partition.atoms import Activity
from snnmap.stages.partition.construct import constructed
from snnmap.stages.protocols import PartitionProblem, Run


@dataclass(frozen=True)
class FirstFit:
    """Fill crossbar after crossbar with neurons that share inputs, merge what fits; the best of several ways."""

    cost: Literal["multicast", "unicast"] = "multicast"
    """Messages per (source, crossbar), or per synapse that leaves its crossbar (SpiNeMap's published cost)."""
    crossbar_weight: float = 1.0
    """Worth of a crossbar, in units of the mean number of messages to a crossbar."""
    orders: int = 5
    """Constructions to try, 1..5; the cheapest is kept."""

    def __post_init__(self) -> None:
        """Refuse what no search can mean.

        Raises
        ------
        InputError
            For an option outside its range.
        """
        must_be_in_range(self)

    def __call__(self, problem: PartitionProblem, run: Run) -> Clustering:
        """Clusters of the graph that fit the crossbars.

        Raises
        ------
        InfeasibleError
            If a neuron has more inputs than rows and may not be split.
        """
        task = Task(problem, run, self.cost == "unicast", self.crossbar_weight, Activity(problem.graph))
        return clustering_of(constructed(task, orders=self.orders))
