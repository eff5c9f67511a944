"""The frame-level graph: what DFSynthesizer's rates say, and that constant times make them say little."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.schedule_cases import random_case

from snnmap.core.errors import InputError
from snnmap.ir import Placement
from snnmap.sdf.expand import repetition_vector
from snnmap.sdf.ratio import maximum_cycle_ratio
from snnmap.stages.schedule import build_sdfg, frame_level


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_constant_times_give_the_same_throughput_for_every_placement(seed):
    case = random_case(seed)
    graph, hardware, clustering, placement, moved = case.stage
    flows = [
        frame_level(graph, hardware, clustering, where, moved, firing_time=7e-9)
        for where in (placement, Placement(8 - placement.tile))
    ]
    assert set(repetition_vector(flows[0])) == {1}
    here, there = (maximum_cycle_ratio(flow)[0] for flow in flows)
    assert here == there >= 7000


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_rates_are_the_messages_of_an_average_frame(seed):
    case = random_case(seed)
    flow, moved = frame_level(*case.stage), case.traffic
    counted = {}
    for g in range(len(moved.sender)):
        for target in moved.target[moved.target_ptr[g] : moved.target_ptr[g + 1]].tolist():
            sender = "input" if moved.sender[g] < 0 else f"c{moved.sender[g]}"
            counted[sender, f"c{target}"] = counted.get((sender, f"c{target}"), 0) + int(moved.messages[g])
    forward = len(counted)
    first = len(flow.name)
    for h in range(first, first + forward):
        ends = flow.name[flow.producer[h]], flow.name[flow.consumer[h]]
        assert flow.production[h] == flow.consumption[h] == max(1, -(-counted.pop(ends) // 2))
        back = h + forward
        assert (flow.producer[back], flow.consumer[back]) == (flow.consumer[h], flow.producer[h])
    assert not counted


def test_worst_case_time_of_a_cluster_is_all_its_steps():
    case = random_case(4)
    flow, steps = frame_level(*case.stage), build_sdfg(*case.stage)
    for k in range(len(case.clusters)):
        own = [int(t) for name, t in zip(steps.name, steps.time, strict=True) if name.startswith(f"c{k}/")]
        assert flow.time[k] == 4 * sum(own)
    assert maximum_cycle_ratio(flow)[0] >= Fraction(int(np.max(flow.time)))


def test_a_time_that_is_not_positive_is_refused():
    with pytest.raises(InputError, match="positive"):
        frame_level(*random_case(4).stage, firing_time=0.0)


def test_the_ratio_follows_a_smaller_buffer():
    case = random_case(9)
    flow = frame_level(*case.stage)
    back = (flow.tokens == 2 * flow.production) & (flow.producer != flow.consumer)
    assert np.any(back)
    tight = replace(flow, tokens=np.where(back, flow.production, flow.tokens))
    assert maximum_cycle_ratio(tight)[0] >= maximum_cycle_ratio(flow)[0]


@pytest.mark.parametrize("seed", [241, 335])
def test_without_channels_back_it_is_one_over_the_constant(seed):
    case = random_case(seed, buffer_tokens=3)
    flow = frame_level(*case.stage, firing_time=7e-9)
    assert len(case.clusters) == 3
    actors = len(flow.name)
    assert not np.any(flow.tokens[actors : actors + (len(flow.producer) - actors) // 2])
    assert maximum_cycle_ratio(flow)[0] == 7000
    assert maximum_cycle_ratio(frame_level(*case.stage))[0] > 7000
