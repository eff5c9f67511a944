"""Phases: which clusters run together where there are more of them than tiles, and which stay for good.

**Problem.** Clusters wait for one another (`PhaseProblem.pairs`); those that need each other, directly or in a ring,
run together. T tiles hold one cluster each. A *resident* has a tile to itself in all phases and is programmed once for
good; everyone else is programmed once a frame. Minimised are cell writes per frame and the time of a frame: over all
phases, the longest programming, then all steps at the pace of the slowest cluster and what they put away for later.

**Bound.** No plan of K > T clusters writes fewer cells than all but those of the T - 1 largest: a tile that two of
them use writes both, and there is such a tile.

**Method.** For every number of residents, the largest clusters are resident. The others are cut in an order in which
nobody waits for a later one, by dynamic programming over all cuts (`kernels.cuts`): the best of that order. Of the
plans whose writes are within `within` of the bound the fastest is taken; fewer writes alone would leave one tile that
all others take turns on. Many writes are no sign of a short life: what wears out is the cell that is written most
often, and that is written once a phase at most.
"""

from snnmap.stages.phase.cut import Choice, Cut, PhaseProblem, cut_into_phases

__all__ = ["Choice", "Cut", "PhaseProblem", "cut_into_phases"]
