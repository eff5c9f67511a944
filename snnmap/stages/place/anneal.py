"""Simulated annealing over swaps, finished by swap descent: the default placer."""

from dataclasses import dataclass

import numpy as np

from snnmap.core.arrays import I64
from snnmap.core.errors import InputError
from snnmap.ir import Placement
from snnmap.stages.place.kernels.records import Board
from snnmap.stages.place.search import Search, start_search, swap_descent
from snnmap.stages.protocols import PlacementProblem, Run

STAGES = 100
"""Temperatures, each with an equal share of the moves."""
WORK = 450_000_000
"""Targets of messages that all moves look at, about, at most: a quarter of a minute. Networks of 10^7 synapses reach
it; AlexNet's hops are no fewer with three times or a thousand times as much (63.8 to 64.0 million)."""


@dataclass(frozen=True, slots=True)
class Anneal:
    """Metropolis swaps with geometric cooling and a shrinking window, then swap descent.

    A quarter of the moves goes anywhere in a window around the cluster, the others near a cluster it exchanges messages
    with (1-3 % better than none); the window shrinks as in VPR.

    Sources: Kirkpatrick, Gelatt and Vecchi, Science 220, 1983; Betz and Rose, VPR, FPL 1997 (range limit).
    """

    moves_per_cluster: int = 2500
    min_moves: int = 100_000
    max_moves: int = 4_000_000
    """Fewest and most moves altogether, whatever the number of clusters; fewer than most where they pass `WORK`."""
    heat: float = 1.0
    """First temperature, in mean |change in cost| of moves proposed at the start."""
    cooling: float = 1e-2
    """Last temperature over first."""
    window: int = 6
    """First radius of the window, in tiles; it ends at the neighbours. Wider was worse at every budget tried, because
    the start is good and long moves need a heat that destroys it."""
    finish: bool = True
    """Swap descent at the end."""

    def __call__(self, problem: PlacementProblem, run: Run) -> Placement:
        """Best placement met, from `start` or from the constructive start; never worse than it.

        Raises
        ------
        InfeasibleError
            If there are more clusters than the tiles can take.
        InputError
            If `start` or a term does not match.
        """
        search = start_search(problem, run)
        if problem.clusters:
            self._cool(search, run.rng)
            search.restart(search.best_slots)
        if self.finish:
            swap_descent(search, run.rng, 100, 0)
        return search.placement()

    def _cool(self, search: Search, rng: np.random.Generator) -> None:
        from snnmap.stages.place.kernels.swaps import anneal

        if min(self.window, self.moves_per_cluster, self.max_moves) < 1:
            raise InputError(f"annealing needs a window and moves of at least 1; got {self}")
        first = self.heat * mean_change(search, rng, self.window)
        moves = self._moves(search.board, len(search.state.slot)) // STAGES + 1
        for stage in range(STAGES):
            if search.out_of_time:
                return
            share = stage / (STAGES - 1)
            radius = max(1, round(self.window * (1.5 / self.window) ** share))
            clusters, draws = _proposals(search, rng, moves)
            chance = rng.standard_exponential(moves)
            temperature = first * self.cooling**share
            change, _ = anneal(search.board, search.state, clusters, draws, chance, temperature, radius)
            search.moved(change)
            search.tell(stage + 1, STAGES)

    def _moves(self, board: Board, clusters: int) -> int:
        """Moves altogether, so that neither they nor what they look at grows with the network without end."""
        pins = np.diff(board.target_ptr) + (board.sender >= 0)
        a_move = max(1, 2 * int(np.square(pins).sum()) // clusters)  # groups of a mean pair of clusters, all their pins
        wanted = min(self.moves_per_cluster * clusters, self.max_moves, WORK // a_move)
        return min(max(self.min_moves, wanted), self.max_moves)


def mean_change(search: Search, rng: np.random.Generator, radius: int) -> float:
    """Mean |change in cost| of a thousand proposed moves, none of which is kept."""
    from snnmap.stages.place.kernels.swaps import probe

    clusters, draws = _proposals(search, rng, 1000)
    return probe(search.board, search.state, clusters, draws, radius) / 1000


def _proposals(search: Search, rng: np.random.Generator, moves: int) -> tuple[I64, I64]:
    return rng.integers(0, len(search.state.slot), moves), rng.integers(0, 2**31, (moves, 5))
