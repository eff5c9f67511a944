"""Placements that do not search: what every search is compared with."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from snnmap.hardware import Hardware
from snnmap.ir import Placement, Traffic
from snnmap.stages.place.search import Progress
from snnmap.stages.protocols import Term


@dataclass(frozen=True, slots=True)
class Sequential:
    """Cluster k on tile k mod T, row by row; shared tiles are filled evenly."""

    def __call__(
        self,
        traffic: Traffic,
        clusters: int,
        hardware: Hardware,
        *,
        rng: np.random.Generator,
        terms: Sequence[Term] = (),
        start: Placement | None = None,
        progress: Progress | None = None,
        deadline: float | None = None,
    ) -> Placement:
        """Placement of `clusters` in order; everything else is ignored."""
        del traffic, rng, terms, start, progress, deadline
        return Placement(np.arange(clusters, dtype=np.int32) % hardware.sized(clusters).tiles)


@dataclass(frozen=True, slots=True)
class Random:
    """A uniformly random placement; shared tiles are filled evenly."""

    def __call__(
        self,
        traffic: Traffic,
        clusters: int,
        hardware: Hardware,
        *,
        rng: np.random.Generator,
        terms: Sequence[Term] = (),
        start: Placement | None = None,
        progress: Progress | None = None,
        deadline: float | None = None,
    ) -> Placement:
        """Random placement of `clusters`; everything but `rng` is ignored."""
        del traffic, terms, start, progress, deadline
        tiles = hardware.sized(clusters).tiles
        shared = -(-clusters // tiles)
        return Placement(rng.permutation(np.tile(np.arange(tiles, dtype=np.int32), shared))[:clusters])
