"""The shortest period found at which something fits, where a longer one need not fit better. Knows no chip."""

from collections.abc import Callable
from typing import TypeVar

from snnmap.core.errors import InfeasibleError

GROWTH = 1.02
"""Least factor from one period tried to the next; it grows with every failure."""
LONGEST = 1000
"""A period is never longer than this many times its bound."""

Fitted = TypeVar("Fitted")


def shortest(
    bound: int, fitted: Callable[[int], Fitted | None], halvings: int, refused: Callable[[int], InfeasibleError]
) -> Fitted:
    """What fits the shortest period found: from `bound` it grows until something fits, and is then halved back.

    Parameters
    ----------
    bound
        No period is shorter; at least 1.
    fitted
        What fits a period, or None.
    halvings
        Periods tried between the longest that failed and the shortest that fits.
    refused
        The error for a period of more than `LONGEST` times the bound at which nothing fits.
    """
    failed, period, growth = bound - 1, bound, GROWTH
    while (found := fitted(period)) is None:
        if period > LONGEST * bound:
            raise refused(period)
        failed = period
        period = max(period + 1, int(period * growth))
        growth = min(2.0, 2 * growth - 1)
    for _ in range(halvings):
        middle = (failed + period) // 2
        if middle <= failed:
            break
        shorter = fitted(middle)
        if shorter is None:
            failed = middle
        else:
            found, period = shorter, middle
    return found
