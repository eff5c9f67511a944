"""Longest age that keeps accuracy: where a known curve crosses what may be lost, and what is refused."""

import numpy as np
import pytest

from snnmap.core.errors import InputError
from snnmap.evaluation.refresh import FRESH, longest_age

LAST = 1e8
FRAMES = 1000


def falling(per_decade, *, chips=8, spread=0.0, seen=None):
    """Chips that lose so many of 1,000 frames a decade, each `spread` of that more or less than the one before."""

    def correct(age):
        if seen is not None:
            seen.append(age)
        lost = per_decade * np.log10(age) * (1 + spread * (np.arange(chips) - (chips - 1) / 2))
        return np.arange(FRAMES)[np.newaxis] >= np.rint(lost)[:, np.newaxis]

    return correct


@pytest.mark.parametrize("per_decade", [2.0, 5.0, 25.0])
def test_the_age_is_the_last_of_ten_a_decade_that_keeps_what_is_wanted(per_decade):
    found = longest_age(falling(per_decade), 0.01, LAST)
    ages = [float(f"{10 ** (k / 10):.3g}") for k in range(1, 81)]
    assert found.age == max(age for age in ages if np.rint(per_decade * np.log10(age)) <= 10)
    assert found.interval == (found.age, found.age)  # all chips alike
    assert found.fresh == 1.0


def test_the_interval_is_where_the_ends_of_that_of_the_change_cross():
    found = longest_age(falling(5.0, spread=0.1), 0.02, LAST)
    low, high = found.interval
    assert low < found.age < high
    for age, part, keeps in ((low, 1, True), (found.age, 0, True), (high, 2, True)):
        assert (found.changes[age][part] >= -0.02 - 1e-9) == keeps
    after = [min(a for a in found.changes if a > age) for age in (low, found.age, high)]
    assert all(found.changes[age][part] < -0.02 - 1e-9 for age, part in zip(after, (1, 0, 2), strict=True))
    each = found.changes[found.age]
    assert each[1] < each[0] < each[2]


def test_every_age_is_run_once_and_few_are():
    seen = []
    longest_age(falling(5.0, spread=0.1, seen=seen), 0.02, LAST)
    assert len(seen) == len(set(seen)) <= 1 + 3 * 7
    assert FRESH in seen


def test_what_never_falls_lasts_as_long_as_was_asked_for_and_what_falls_at_once_not_at_all():
    assert longest_age(falling(0.0), 0.005, LAST).age == LAST
    found = longest_age(falling(500.0), 0.001, LAST)
    assert (found.age, found.interval) == (0.0, (0.0, 0.0))


@pytest.mark.parametrize(
    ("keep", "last", "chips", "said"),
    [
        (0.0, LAST, 8, "0 points of accuracy cannot be kept to"),
        (1.0, LAST, 8, "100 points"),
        (float("nan"), LAST, 8, "nan points"),
        (0.01, 1.0, 8, "the largest age is 1 s"),
        (0.01, float("inf"), 8, "the largest age is inf s"),
        (0.01, LAST, 1, "at least 2 devices"),
    ],
)
def test_what_cannot_be_sought_is_refused(keep, last, chips, said):
    with pytest.raises(InputError, match=said):
        longest_age(falling(1.0, chips=chips), keep, last)
