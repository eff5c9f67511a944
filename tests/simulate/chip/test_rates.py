"""Rates of tiny chips: worked out by hand, at the worst, on the slowest frame, on the average."""

from dataclasses import replace

import numpy as np
import pytest
from support.executed import chip, clustering_of, graph_of, mapping_of, network_of

from snnmap.core.errors import InputError
from snnmap.simulate.chip.rates import ExecuteOptions, cycle, execute, rates

CHAIN = network_of(2, [1, 2], {(0, 2), (1, 2), (2, 3)})
CLUSTERS = [({0, 1}, {2}), ({2}, {3})]
QUIET, BUSY = [{}] * 6, [{0: 1, 1: 2, 2: 1}] * 6
"""The first cluster takes 20 + rows + 2 a step, and is the slower one."""


def case(frames=(QUIET, BUSY, QUIET), **changed):
    hardware = chip(buffer_tokens=4, **changed)
    mapping = mapping_of(CHAIN, clustering_of(CHAIN, CLUSTERS), [0, 1], hardware)
    schedule = replace(mapping.schedule, period_numerator=50_000)
    return replace(mapping, schedule=schedule), graph_of(CHAIN, frames), hardware


def test_three_rates():
    answer = rates(*case())
    assert (answer.worst.period, answer.worst.cyclic, answer.worst.steps) == (25_000, True, 1)
    assert (answer.frame.period, answer.slowest, answer.frame.steps) == (25_000, 1, 6)
    # 12 steps at 22, 6 at 25; where a busy frame begins and ends, the second cluster hides part of it
    assert 22_000 < answer.mean.period < 25_000
    assert answer.frames == 3
    assert answer.ratio(answer.worst) == 2.0
    assert rates(*case(), ExecuteOptions(worst=True)).mean is None


def test_columns_that_share_a_converter_lengthen_every_read():
    mapping, graph, hardware = case(adc_time=2)
    for columns, worst in ((1, 27_000), (3, 31_000), (500, 25_000 + 128 * 2_000)):
        shared = hardware.with_value("adc_columns", columns)
        assert rates(mapping, graph, shared, ExecuteOptions(worst=True)).worst.period == worst


def test_frames_repeat_and_their_number_is_theirs():
    answer = rates(*case(), ExecuteOptions(frames=1))
    assert (answer.frames, answer.slowest, answer.mean.period) == (1, 0, 22_000)
    assert answer.worst.period == 25_000  # of the whole profile
    assert len(execute(*case(), ExecuteOptions(frames=5)).start) == 30
    assert len(execute(*case()).start) == 18


def test_gates_hold_steps_back():
    for gate, ticks in (("guaranteed", 50_000), ("realtime", 10**9), (30e-9, 30_000)):
        answer = rates(*case(), ExecuteOptions(gate=gate, worst=True))
        assert answer.worst.period == ticks
        assert (answer.worst.late is None) == (gate == "realtime")  # a slow port says nothing about the chip


def test_a_seed_shortens_times_and_drops_spikes_and_repeats_itself():
    longest = execute(*case())
    first, again, other = (execute(*case(), ExecuteOptions(seed=seed)) for seed in (1, 1, 2))
    assert np.array_equal(first.end, again.end)
    assert not np.array_equal(first.end, other.end)
    assert np.all(first.end - first.start <= longest.end - longest.start)
    assert first.sent < longest.sent


def test_without_events_only_the_worst_is_known():
    mapping, graph, hardware = case()
    silent = replace(graph, events=None)
    answer = rates(mapping, silent, hardware)
    assert answer.worst.period == 25_000
    assert answer.mean is answer.frame is None
    with pytest.raises(InputError, match="kept no events"):
        execute(mapping, silent, hardware)


def test_a_cycle_is_found_and_none_is_made_up():
    assert cycle(np.arange(9) * 7) == 1
    assert cycle(np.cumsum([1, 5, 1, 5, 1, 5, 1, 5, 1])) == 2
    assert cycle(np.arange(9) ** 2) is None


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (ExecuteOptions(frames=0), "0 frames cannot be simulated"),
        (ExecuteOptions(gate="slow"), "it is guaranteed, realtime"),
        (ExecuteOptions(gate=0.0), "lets no step in"),
        (ExecuteOptions(buffers=0), "buffers of 0 flits"),
    ],
)
def test_bad_options_are_refused(options, said):
    with pytest.raises(InputError, match=said):
        rates(*case(), options)


def test_a_mapping_of_another_chip_or_profile_is_refused():
    mapping, graph, _ = case()
    with pytest.raises(InputError, match=r"is for 'chip' with 4 x 1 tiles, not for 'test mesh' with 2 x 2"):
        rates(mapping, graph, chip(2, 2))
    other = graph_of(network_of(1, [1], {(0, 1)}), [[{}]])
    with pytest.raises(InputError, match="of 4 sources, the profile of 2"):
        rates(mapping, other, chip())
