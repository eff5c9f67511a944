"""Refinement by Kernighan-Lin exchanges and Fiduccia-Mattheyses moves."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from snnmap.ir import Clustering
from snnmap.stages.partition.anneal import settled
from snnmap.stages.partition.assignment import Built, Task, clustering_of, must_be_in_range
from snnmap.stages.partition.atoms import Activity
from snnmap.stages.partition.construct import constructed
from snnmap.stages.partition.kernels.between import Work
from snnmap.stages.partition.kernels.exchange import swap_sweep
from snnmap.stages.partition.kernels.moves import choose_homes, fm_pass, merge_clusters
from snnmap.stages.partition.kernels.refine import empty_clusters, sweep
from snnmap.stages.partition.kernels.state import cost
from snnmap.stages.partition.multilevel import cycled
from snnmap.stages.partition.pairs import Effort, mark, paired, work_for
from snnmap.stages.partition.starts import roomy
from snnmap.stages.protocols import PartitionProblem, Run

WIDEST = 256
"""Sources with more listeners do not wake them when one moves."""
TRIALS = 200_000
"""Exchanges that each kind of search tries in a round at most."""
WORTHWHILE = 400
"""A V-cycle is the last if it saves less of the cost than one part in so many."""
FEW = 9
"""Clusters up to which moves and exchanges do alone, but for the sake of heat and time. Pairs and V-cycles change no
byte of the six small networks of the benchmark that have no more, under `traffic`; of 200 tiny ones they make two
cheaper by 2 and 3 % and one dearer by 1.5 %. Compiling them is an eighth of the first run."""
FREE = 6
"""Partners at most where rows cannot run short: of the benchmark's columns-only graphs, eight take a tenth to a fifth
longer, and save 0.1 % of the messages of local100k and none of lenet's."""
ENOUGH = 400_000_000
"""A round is the last if it saves less of the cost than the share that the row entries are of this number."""

MIXING = 0.3
"""`mixing` of partitioners for the sake of heat and time. On mnist-mlp a quarter of the first layer's messages lets
four of six blocks be alike, and the weakest cell at 65 nm lasts 881,000 frames, not 97,000."""


@dataclass(frozen=True)
class KernighanLin:
    """Start from the best construction and improve it by exact moves, exchanges and emptied crossbars until none helps.

    Sources: Kernighan, Lin, An efficient heuristic procedure for partitioning graphs, BSTJ 49(2), 1970; Fiduccia,
    Mattheyses, DAC 1982.
    """

    cost: Literal["multicast", "unicast"] = "multicast"
    """Messages per (source, crossbar), or per synapse that leaves its crossbar (SpiNeMap's published cost)."""
    crossbar_weight: float = 1.0
    """Worth of a crossbar, in units of the mean number of messages to a crossbar."""
    orders: int = 5
    """Constructions to try for the start, 1..5."""
    mixing: float = 0.0
    """Share of a dense layer's messages that may be added so that no crossbar of it is much busier than another."""
    passes: int = 12
    """Rounds of refinement at most; stops when a round saves nothing."""
    patience: int = 400
    """Moves that a pass goes on without an improvement before it falls back to its best."""
    cycles: int = 2
    """V-cycles at most; stops when one saves little. None up to `FEW` clusters."""
    partners: int = 8
    """Clusters that each is refined against, those it shares most messages with; at most six where rows cannot run
    short, and none up to `FEW` clusters."""

    def __post_init__(self) -> None:
        """Refuse what no search can mean.

        Raises
        ------
        InputError
            For an option outside its range.
        """
        must_be_in_range(self)

    @property
    def effort(self) -> Effort:
        """How hard pairs of clusters are tried."""
        return Effort(partners=self.partners)

    def __call__(self, problem: PartitionProblem, run: Run) -> Clustering:
        """Clusters of the graph that fit the crossbars.

        Raises
        ------
        InfeasibleError
            If a neuron has more inputs than rows and may not be split.
        """
        task = Task(problem, run, self.cost == "unicast", self.crossbar_weight, Activity(problem.graph), self.mixing)
        return clustering_of(self.refined(task, constructed(task, orders=self.orders), run.rng))

    def refined(self, task: Task, start: Built, rng: np.random.Generator) -> Built:
        """`start` after refinement; never dearer."""
        work = work_for(start)
        free = roomy(task, start.atoms, start.limits)
        few = not free and not task.mixing and len(np.unique(start.state.cluster)) <= FEW
        effort = self.effort._replace(partners=min(self.partners, FREE)) if free else self.effort
        built = start if few else paired(task, start, effort, rng, work)
        if not task.run.late and not free:
            built = self._moved(task, built, rng, work, few=few)
        for _ in range(0 if few else self.cycles):
            if task.run.late:
                break
            before = built.cost
            built = cycled(task, built, effort._replace(rounds=2), rng)
            if (before - built.cost) * WORTHWHILE < before:
                break
        return settled(task, built, rng)

    def _moved(self, task: Task, start: Built, rng: np.random.Generator, work: Work, *, few: bool) -> Built:
        """`start` after rounds of moves, exchanges and pairs, for crossbars whose rows run short; never dearer."""
        atoms, limits, state, scratch = start.atoms, start.limits, start.state, start.scratch()
        best = start.cost
        for turn in range(self.passes):
            before = state.cluster.copy()
            while True:
                order = rng.permutation(len(atoms.piece))
                if sweep(atoms, state, limits, scratch, order) * 1000 <= best or task.run.late:
                    break
            empty_clusters(atoms, state, limits, scratch, start.emptiest())
            merge_clusters(atoms, state, limits, scratch, start.emptiest())
            choose_homes(atoms, state, limits)
            if not task.run.late:
                swap_sweep(atoms, state, limits, scratch, order, TRIALS)
            if not task.run.late:
                fm_pass(atoms, state, limits, scratch, order, WIDEST, self.patience)
            mark(work, before, state.cluster)
            now = int(cost(atoms, state, limits))
            if not task.run.late and not few:
                now = paired(task, Built(atoms, limits, state, now), self.effort, rng, work).cost
            task.run.tell("partition", turn + 1, self.passes, now)
            if best - now <= best * len(atoms.row) // ENOUGH or task.run.late:
                break
            best = now
        return Built(atoms, limits, state, int(cost(atoms, state, limits)))
