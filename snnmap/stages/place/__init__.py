"""Placement: which tile each cluster sits on.

**Problem.** Injective map of clusters to tiles (or to slots of shared tiles) that minimises

    sum over groups of messages x links of the XY multicast tree  +  sum of `objectives.Term`s,

all in integers. Network inputs enter at the chip's port. With one target per group this is the quadratic assignment
problem, NP-hard and with no useful bound beyond about 30 clusters, so all placers but `exact` are heuristics; on the
tiny cases of the tests they are compared with enumeration.

**Method.** Every search walks over swaps of two slots, empty ones included, so that no state is ever illegal. A swap
routes anew only the groups with a moved cluster; its change is an exact integer, and the running cost is checked
against a recount at the end. Searches start from a placement grown around the port, heaviest messages first, and return
the best placement they met, never worse than their start.

**Which.** `anneal` (default) then swap descent is best at every size measured; `hill_climb` is the descent alone;
`cool` goes on over exchanges that cost no hop, to a cooler chip; `swarm` is the papers' particle swarm, kept because
they use it; `exact` proves the optimum for up to about a dozen clusters, or says how far from it the placement can be;
`sequential` and `random` are baselines.

**Rejected.** Rounding continuous positions to the lattice (two clusters on one tile); optimising the sum of
Manhattan distances to all targets (a multicast tree shares links, so it is a different optimum); spectral starts (bits
depend on the linear algebra library).

Shared tiles (`clusters_per_tile` > 1): clusters of one tile are 0 links apart, and a tile is shared no more than the
number of tiles makes necessary, since each change of clusters programs the crossbar anew.
"""

from snnmap.stages.place.anneal import Anneal
from snnmap.stages.place.baselines import Random, Sequential
from snnmap.stages.place.cool import Cool
from snnmap.stages.place.exact import Exact
from snnmap.stages.place.hill_climb import HillClimb
from snnmap.stages.place.swarm import Swarm
from snnmap.stages.protocols import Placer

ALGORITHMS: dict[str, type[Placer]] = {
    "sequential": Sequential,
    "random": Random,
    "hill_climb": HillClimb,
    "swarm": Swarm,
    "anneal": Anneal,
    "cool": Cool,
    "exact": Exact,
}
"""Name to algorithm; each is a frozen dataclass of its tunables."""

__all__ = ["ALGORITHMS", "Anneal", "Cool", "Exact", "HillClimb", "Random", "Sequential", "Swarm"]
