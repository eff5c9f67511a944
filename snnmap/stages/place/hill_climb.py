"""Swap descent: exchange two slots as long as that lowers the cost."""

from dataclasses import dataclass

from snnmap.ir import Placement
from snnmap.stages.place.search import start_search, swap_descent
from snnmap.stages.protocols import PlacementProblem, Run

SMALL = 10_000
"""Cluster-slot pairs up to which random restarts are tried."""


@dataclass(frozen=True, slots=True)
class HillClimb:
    """First-improvement descent over swaps of two clusters and moves to free tiles, in random order.

    Ends in a placement that no single swap within `radius` improves, unless `sweeps` or the deadline ends it before.
    The best of one descent from the start and `restarts` from random placements: small meshes have many poor local
    optima. Meshes of over 10^4 cluster-slot pairs are not restarted, because random starts seldom win there.
    """

    restarts: int = 4

    sweeps: int = 200
    """Most passes over all pairs."""
    radius: int = 0
    """Largest distance of a swap in links; 0: the whole mesh, or 3 if that were more than 10^6 pairs."""

    def __call__(self, problem: PlacementProblem, run: Run) -> Placement:
        """Local optimum reached from `start`, or from the constructive start; never worse than it.

        Raises
        ------
        InfeasibleError
            If there are more clusters than the tiles can take.
        InputError
            If `start` or a term does not match.
        """
        search = start_search(problem, run)
        swap_descent(search, run.rng, self.sweeps, self.radius)
        slots = len(search.state.occupant)
        for _ in range(self.restarts if problem.clusters * slots <= SMALL else 0):
            if search.out_of_time:
                break
            search.restart(run.rng.permutation(slots)[: problem.clusters])
            swap_descent(search, run.rng, self.sweeps, self.radius)
        return search.placement()
