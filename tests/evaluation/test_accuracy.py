"""Accuracy of chips: the intervals hold the truth as often as they say, and say what little data cannot."""

from math import sqrt
from statistics import NormalDist

import numpy as np
import pytest

from snnmap.core.errors import InputError
from snnmap.evaluation.accuracy import _Sums, _variance, accuracy, change_interval, mean_interval, student

STUDIES, CHIPS, FRAMES, MANY = 200, 20, 300, 10_000


def outcomes(rng, chips, margin, *, chip=0.15, pair=0.3):
    """Right where the margin of a frame outweighs the chip's error and that of this frame on this chip."""
    offsets = chip * rng.standard_normal((chips, 1)) - 0.1
    return margin + offsets + pair * rng.standard_normal((chips, len(margin))) > 0


def margins(rng, frames):
    return 1.5 + rng.standard_normal(frames)


def covered(truth, interval):
    return interval[0] <= truth <= interval[1]


def test_intervals_cover_the_mean_of_many_chips_in_95_of_100_studies():
    """Shown by 5, in both readings: other chips and other frames; other chips on the same frames."""
    rng = np.random.default_rng(12)
    truth = NormalDist().cdf(1.4 / sqrt(1 + 0.15**2 + 0.3**2))
    change = truth - NormalDist().cdf(1.5)
    fixed = margins(rng, FRAMES)
    here = np.mean([outcomes(rng, MANY // 10, fixed).mean() for _ in range(10)])
    held = np.zeros(3)
    for _ in range(STUDIES):
        margin = margins(rng, FRAMES)
        found = accuracy(outcomes(rng, CHIPS, margin), margin > 0, rng=rng)
        held[:2] += covered(truth, found.interval), covered(change, found.change_interval)
        held[2] += covered(here, student(outcomes(rng, CHIPS, fixed).mean(axis=1)))
    assert np.all((held / STUDIES >= 0.93) & (held / STUDIES <= 0.97)), held / STUDIES


def test_the_variance_of_the_mean_is_unbiased_where_chips_and_frames_differ():
    rng = np.random.default_rng(3)
    tables = [outcomes(rng, 8, margins(rng, 40), chip=0.5).astype(float) for _ in range(4000)]
    guessed = np.mean([_variance(_Sums.of(table))[0] for table in tables])
    assert guessed == pytest.approx(np.var([table.mean() for table in tables]), rel=0.06)


def test_drawn_tables_are_summed_as_if_they_were_written_out():
    rng = np.random.default_rng(4)
    values = rng.integers(-1, 2, (5, 7)).astype(float)
    chip, frame = rng.multinomial(5, [0.2] * 5, 3), rng.multinomial(7, [1 / 7] * 7, 3)
    got = _variance(_Sums.weighted(values, chip.astype(float), frame.astype(float)))
    for k in range(3):
        table = values[np.repeat(np.arange(5), chip[k])][:, np.repeat(np.arange(7), frame[k])]
        by_chip, by_frame = table.mean(1), table.mean(0)
        rest = table - by_chip[:, None] - by_frame[None] + table.mean()
        squares = 7 * by_chip.var(ddof=1), 5 * by_frame.var(ddof=1), np.square(rest).sum() / 24
        assert got[k] == pytest.approx(max(squares[0] + squares[1] - squares[2], squares[2]) / 35, rel=1e-9)


def test_mean_deviation_and_change_are_those_of_the_table():
    correct = np.array([[True, True, False, True], [True, False, False, True]])
    found = accuracy(correct, np.array([True, True, True, False]), rng=np.random.default_rng(0))
    assert (found.chips, found.frames, found.ideal, found.mean) == (2, 4, 0.75, 0.625)
    assert found.deviation == pytest.approx(0.25 / np.sqrt(2))
    assert found.change == -0.125
    assert found.interval[0] < found.mean < found.interval[1]


def test_one_seed_gives_one_interval_and_another_seed_another():
    correct = outcomes(np.random.default_rng(1), 20, margins(np.random.default_rng(2), 200))
    intervals = [accuracy(correct, correct[0], rng=np.random.default_rng(seed)).interval for seed in (0, 0, 1)]
    assert intervals[0] == intervals[1] != intervals[2]


@pytest.mark.parametrize("frames", [1, 30, 1000])
def test_chips_that_are_always_right_are_not_proved_to_be(frames):
    """As many frames without an error say that errors are rarer than 3.7 in as many, 97.5 % sure."""
    low, high = mean_interval(np.ones((5, frames), np.int64), (0, 1), rng=np.random.default_rng(0))
    assert high == 1.0
    assert low**frames == pytest.approx(0.025)
    below, above = change_interval(np.zeros((5, frames), np.int64), rng=np.random.default_rng(0))
    assert -below == above == pytest.approx(1 - low)


def test_one_chip_has_an_interval_over_frames_alone():
    correct = np.arange(200)[np.newaxis] % 10 > 0
    found = accuracy(correct, np.ones(200, bool), rng=np.random.default_rng(0))
    assert found.deviation is None
    assert found.interval_chips is None
    assert found.interval[1] - found.interval[0] == pytest.approx(2 * 1.96 * np.sqrt(0.09 / 200), rel=0.15)


def test_one_odd_frame_has_an_interval_of_three_and_ends_where_a_share_does():
    values = np.ones((20, 300), np.int64)
    values[:, 0] = 0
    low, high = mean_interval(values, (0, 1), rng=np.random.default_rng(0))
    assert 1 - 4 / 300 < low < 1 - 2 / 300
    assert 1 - 1 / 300 < high <= 1.0
    assert mean_interval(values[:, :3], (0, 1), rng=np.random.default_rng(0))[1] <= 1.0


@pytest.mark.parametrize("shapes", [((0, 4), (4,)), ((3, 0), (0,)), ((3, 4), (3,)), ((4,), (4,))])
def test_what_is_no_table_of_chips_and_frames_is_refused(shapes):
    with pytest.raises(InputError, match="not those of chips and their frames"):
        accuracy(np.ones(shapes[0], bool), np.ones(shapes[1], bool), rng=np.random.default_rng(0))
