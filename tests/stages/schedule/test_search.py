"""The shortest period: what fits is found between what failed and what fits, or refused."""

import pytest

from snnmap.core.errors import InfeasibleError
from snnmap.stages.schedule import search
from snnmap.stages.schedule.search import LONGEST, shortest


def refused(period):
    return InfeasibleError("slots", 1, period, "none")


@pytest.mark.parametrize("least", [7, 8, 20, 100, 3000])
def test_halvings_come_down_to_the_least_that_fits(least):
    tried = []

    def fitted(period):
        tried.append(period)
        return f"fits {period}" if period >= least else None

    assert shortest(7, fitted, 40, refused) == f"fits {max(7, least)}"
    assert tried[0] == min(tried) == 7
    assert len(set(tried)) == len(tried)


def test_no_halvings_leave_what_was_found_while_growing():
    grown = shortest(100, lambda period: period if period >= 105 else None, 0, refused)
    assert 105 <= grown <= 110
    assert shortest(100, lambda period: period if period >= 105 else None, 2, refused) == 105 < grown


def test_the_longest_period_is_tried_and_the_next_one_before_it_is_refused(monkeypatch):
    """Period 1 fails, then 2, 3, ...: with a longest of 4, 4 itself fails, the one behind it fits."""
    monkeypatch.setattr(search, "LONGEST", 4)
    tried = []
    shortest(1, lambda period: tried.append(period) or (period > 4 or None), 0, refused)
    assert tried[:4] == [1, 2, 3, 4]
    assert len(tried) == 5


def test_what_never_fits_is_refused_with_the_period_it_came_to():
    with pytest.raises(InfeasibleError) as error:
        shortest(3, lambda _: None, 6, refused)
    assert error.value.available > 3 * LONGEST
