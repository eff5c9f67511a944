"""Placements that do not search: what every search is compared with."""

from dataclasses import dataclass

import numpy as np

from snnmap.ir import Placement
from snnmap.stages.protocols import PlacementProblem, Run


@dataclass(frozen=True, slots=True)
class Sequential:
    """Cluster k on tile k mod T, row by row; shared tiles are filled evenly."""

    def __call__(self, problem: PlacementProblem, run: Run) -> Placement:
        """Placement of the clusters in order; everything else is ignored."""
        del run
        return Placement(np.arange(problem.clusters, dtype=np.int32) % problem.hardware.sized(problem.clusters).tiles)


@dataclass(frozen=True, slots=True)
class Random:
    """A uniformly random placement; shared tiles are filled evenly."""

    def __call__(self, problem: PlacementProblem, run: Run) -> Placement:
        """Random placement of the clusters; everything else is ignored."""
        clusters = problem.clusters
        tiles = problem.hardware.sized(clusters).tiles
        shared = -(-clusters // tiles)
        return Placement(run.rng.permutation(np.tile(np.arange(tiles, dtype=np.int32), shared))[:clusters])
