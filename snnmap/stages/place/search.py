"""What every placement search shares: its problem, the best placement so far, the budget, and whom to tell."""

import numpy as np

from snnmap.core.arrays import I64
from snnmap.core.errors import InputError
from snnmap.ir import Placement
from snnmap.stages.place.board import board_of, check_start, grown, slots_of, state_of
from snnmap.stages.place.kernels.records import Board, State
from snnmap.stages.protocols import PlacementProblem, Run

WHOLE = 1_000_000
"""Cluster-slot pairs up to which a sweep tries every pair."""
NEAR = 3
"""Largest distance of a swap, links, beyond that many pairs."""
BATCH = 200_000
"""Pairs tried between two looks at the clock."""


class Search:
    """One run: the problem, a current placement and the best one met."""

    def __init__(self, board: Board, slots: I64, run: Run) -> None:
        self.board = board
        self.state: State
        self.state, self.cost = state_of(board, slots)
        self.best_slots, self.best = slots.copy(), self.cost
        self._run = run

    def moved(self, change: int) -> None:
        """Take note of a change in cost that kernels have made to `state`."""
        self.cost += change
        if self.cost < self.best:
            self.best, self.best_slots = self.cost, self.state.slot.astype(np.int64)

    def restart(self, slots: I64) -> None:
        """Continue from `slots`."""
        self.state, self.cost = state_of(self.board, slots)
        self.moved(0)

    def tell(self, done: int, total: int) -> None:
        """Report progress, if anybody listens."""
        self._run.tell("place", done, total, float(self.best))

    @property
    def out_of_time(self) -> bool:
        """Whether the deadline (`time.monotonic`) has passed."""
        return self._run.late

    def placement(self) -> Placement:
        """The best placement seen."""
        _, cost = state_of(self.board, self.best_slots)
        assert cost == self.best, "the incremental cost has drifted from the recount"
        return Placement((self.best_slots // self.board.per_tile).astype(np.int32))


def start_search(problem: PlacementProblem, run: Run) -> Search:
    """Search of a problem from its start, or from a grown placement.

    Raises
    ------
    InfeasibleError
        If there are more clusters than the tiles can take.
    InputError
        If the start or a term does not match.
    """
    clusters, start = problem.clusters, problem.start
    hardware = problem.hardware.sized(clusters)
    if start is not None:
        check_start(start, clusters, hardware)
    board = board_of(problem.traffic, clusters, hardware, problem.terms, start, problem.border)
    slots = grown(board, clusters) if start is None else slots_of(start, board)
    return Search(board, slots, run)


def swap_descent(search: Search, rng: np.random.Generator, sweeps: int, radius: int) -> None:
    """Swap pairs, in random order, until no swap within `radius` (0: see `reach_of`) lowers the cost."""
    from snnmap.stages.place.kernels.swaps import descend

    board, state = search.board, search.state
    clusters, slots = len(state.slot), len(state.occupant)
    radius = reach_of(search, radius)
    batch = max(1, BATCH // min(slots, 2 * radius * (radius + 1) * board.per_tile))
    for sweep in range(sweeps):
        before = search.cost
        order, goals = rng.permutation(clusters), rng.permutation(slots)
        for first in range(0, clusters, batch):
            if search.out_of_time:
                return
            search.moved(descend(board, state, order[first : first + batch], goals, radius))
        search.tell(sweep + 1, sweeps)
        if search.cost == before:
            return


def reach_of(search: Search, radius: int) -> int:
    """Largest distance of a swap, links: `radius`, or if 0 the whole mesh unless that means too many pairs."""
    if radius < 0:
        raise InputError(
            f"radius={radius} is negative; give the largest distance of a swap in links, or 0 to choose it"
        )
    pairs = len(search.state.slot) * len(search.state.occupant)
    whole = int(search.board.x.max() + search.board.y.max())
    return radius or (max(1, whole) if pairs <= WHOLE else NEAR)
