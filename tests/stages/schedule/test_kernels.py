"""The kernels behind gates, on arrays small enough to work out by hand."""

import numpy as np

from snnmap.stages.schedule.kernels.gates import most_waiting


def waiting(*, flits, stays, period, flit, hop, fills=None):
    """The most in one queue onto whose link two turns lead, of a producer each; flits of the first join behind it.

    It empties a flit every `flit`, and fills one every `fills`, or as fast.
    """
    pair, one = np.array([0, 2]), np.array([0, 1])
    turns, of, producers = np.array([0, 1]), np.array([0, 1, 2]), np.array([0, 1])
    arrays = (pair, turns, one, turns[:1], of, producers, np.array(flits), np.zeros(2, np.int64), np.array(stays))
    times = (np.array([n]) for n in (flit, flit if fills is None else fills, hop))
    return most_waiting(*arrays, period, *times).tolist()


def test_no_more_wait_than_are_on_their_way_at_once():
    assert waiting(flits=[1, 1], stays=[4, 4], period=10, flit=1, hop=5) == [2]


def test_no_more_wait_than_join_while_the_link_is_busy_and_a_hop_takes():
    # busy for 1 * (1 + 1 + 20) ticks: 1 joins in each period that this touches with the 4 of its own stay
    assert waiting(flits=[1, 20], stays=[4, 4], period=100, flit=1, hop=5) == [1 + 1 + 5]


def test_a_queue_that_fills_faster_than_it_empties_holds_all_that_is_on_its_way():
    # in front of a slow link to another chip: all 21 flits may have come before the second has left
    case = {"flits": [1, 20], "stays": [4, 4], "period": 1000, "flit": 3, "hop": 6}
    assert waiting(**case) == [1 + 1 + 2]
    assert waiting(**case, fills=2) == [21]
    assert waiting(**case, fills=6) == [1 + 1 + 1]


def test_flits_that_take_no_time_keep_no_link_busy():
    # a fifth of a period later the next flit of the first turn would be there; but nothing lasts so long
    assert waiting(flits=[1, 20], stays=[4, 4], period=5, flit=0, hop=5) == [1 + 1]
