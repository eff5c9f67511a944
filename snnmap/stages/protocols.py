"""What the stages are asked and what they answer: problems, and the protocols of their algorithms.

A Python callback inside a search loop costs 35-75x, so a placement objective is data: `Term`s, arrays that the search
kernels read. A weighted sum of objectives is a tuple of scaled terms. Everything is an integer, so that incremental
costs equal recounts exactly.
"""

from dataclasses import dataclass

import numpy as np

from snnmap.core.arrays import I64, frozen
from snnmap.core.errors import InputError

LIMIT = 2**62
"""Costs stay below this magnitude, so that a sum of two never leaves int64."""


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """One addend of the placement cost, beyond routed traffic.

    cost(tile) = sum over i, j of flow[i, j] x distance[tile[i], tile[j]] + sum over i of preference[i, tile[i]].

    The first sum runs over all ordered pairs of clusters, i = j included. Leave `flow` and `distance` (0, 0) for a
    purely linear term and `preference` (0, 0) for a purely pairwise one. Weights are multiplied in before rounding.

    Raises
    ------
    InputError
        If shapes do not match, or a cost could leave int64.
    """

    flow: I64
    """(K, K) between clusters, any integers; need not be symmetric."""
    distance: I64
    """(T, T) between tiles; need not be symmetric, and its diagonal counts."""
    preference: I64
    """(K, T) cost of a cluster on a tile."""

    def __post_init__(self) -> None:
        for name in ("flow", "distance", "preference"):
            object.__setattr__(self, name, frozen(getattr(self, name), np.int64))
        for name in ("flow", "distance"):
            shape = getattr(self, name).shape
            if len(shape) != 2 or shape[0] != shape[1]:
                raise InputError(f"the {name} of a placement term must be square, not of shape {shape}")
        if (self.flow.size == 0) != (self.distance.size == 0):
            raise InputError("a placement term needs both flow and distance, or neither")
        if self.preference.ndim != 2:
            raise InputError(f"the preference of a placement term has shape {self.preference.shape}; (K, T) is needed")
        if self.largest >= LIMIT:
            raise InputError("a placement term's cost would leave 64-bit integers: scale it down")

    @property
    def largest(self) -> float:
        """Bound on the magnitude of the cost of any placement."""
        pairs = _magnitude(self.flow).sum() * _magnitude(self.distance).max(initial=0.0)
        return float(pairs + _magnitude(self.preference).max(axis=1, initial=0.0).sum())


def pairwise(flow: I64, distance: I64) -> Term:
    """Term of cluster pairs only: `flow` (K, K) x `distance` (T, T)."""
    return Term(flow, distance, np.zeros((0, 0), np.int64))


def linear(preference: I64) -> Term:
    """Term of each cluster's own tile only: `preference` (K, T)."""
    return Term(np.zeros((0, 0), np.int64), np.zeros((0, 0), np.int64), preference)


def _magnitude(values: I64) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    return np.abs(values.astype(np.float64))
