"""Blocks of steps: as large as the memory allows, never where a step needs the one before, refused with what fits."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.schedule_cases import random_case

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.hardware import Quantity
from snnmap.stages.protocols import Run
from snnmap.stages.schedule import ListSchedule
from snnmap.stages.schedule.blocks import block_of, waiting_bits
from snnmap.stages.schedule.links import placed_on

SEEDS = st.integers(0, 2**32 - 1)
BITS = {"spike_bits": 24, "sum_bits": 40}


def chip_with(case, memory_bits, **changed):
    bits = {**BITS, "memory_bits": memory_bits, **changed}
    values = {**case.hardware.values, **{key: Quantity(n, "1", "test") for key, n in bits.items()}}
    return replace(case, hardware=replace(case.hardware, values=values))


def asked(case, block):
    placed = placed_on(case.graph, case.hardware, case.clustering, case.placement)
    return block_of(block, case.graph, case.hardware, placed)


def waiting(case):
    """Bits by tile and step from the sets of the case: every (sender, reading cluster, level) in its busiest step."""
    bits = dict.fromkeys(range(9), 0)
    spoken = {}
    for k, (rows, columns) in enumerate(case.clusters):
        tile = int(case.placement.tile[k])
        for s, n in case.synapses:
            if s in rows and n in columns and s not in case.biases:
                sender = "port" if s < case.externals else (case.home[s], case.level[s])
                spoken.setdefault((sender, k, case.level[n]), set()).add(s)
        for n in columns:
            home = case.home[n]
            if home == k:
                bits[tile] += BITS["sum_bits"]
            else:
                bits[int(case.placement.tile[home])] += case.hardware.buffer_tokens * BITS["sum_bits"]
    for (_, k, _), sources in spoken.items():
        most = max(sum(now.get(s, 0) for s in sources) for now in case.emitted.values())
        bits[int(case.placement.tile[k])] += case.hardware.buffer_tokens * BITS["spike_bits"] * most
    return [bits[t] for t in range(9)]


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.booleans(), st.integers(1, 3))
def test_what_waits_is_counted_to_the_bit(seed, forward, buffer_tokens):
    case = chip_with(random_case(seed, shared=True, forward=forward, buffer_tokens=buffer_tokens), 1)
    placed = placed_on(case.graph, case.hardware, case.clustering, case.placement)
    assert waiting_bits(case.graph, case.hardware, placed).tolist() == waiting(case)


def shared_forward():
    """Cases of feed-forward networks in which clusters take turns."""
    for seed in range(40):
        case = random_case(seed, shared=True, forward=True)
        if np.bincount(case.placement.tile).max() > 1:
            yield case


def test_the_largest_block_of_a_frame_that_fits_is_taken():
    case = next(shared_forward())
    most = max(waiting(case))
    assert [asked(chip_with(case, k * most), 0) for k in (0.5, 1, 1.9, 2, 3, 4, 100)] == [1, 1, 1, 2, 2, 4, 4]
    assert asked(chip_with(case, 2 * most), 2) == 2


def test_nothing_is_gained_where_every_cluster_has_a_tile_or_hears_itself():
    assert asked(chip_with(random_case(3, forward=True), 10**9), 0) == 1
    recurrent = chip_with(random_case(3, shared=True), 10**9)
    assert asked(recurrent, 0) == 1
    with pytest.raises(InputError, match=r"schedule.block is 2, but neurons hear each other a step later"):
        asked(recurrent, 2)
    assert asked(recurrent, 1) == 1


def test_blocks_that_make_no_frame_or_do_not_fit_are_refused_with_what_does():
    case = next(shared_forward())
    most = max(waiting(case))
    with pytest.raises(InputError, match=r"schedule.block is 3; a frame of 4 steps has blocks of 1, 2, 4"):
        asked(chip_with(case, 10**9), 3)
    with pytest.raises(InputError, match=r"schedule.block is -1"):
        ListSchedule(block=-1)
    with pytest.raises(InfeasibleError) as refused:
        asked(chip_with(case, 3 * most), 4)
    assert f"{4 * most:,}" in str(refused.value) or str(4 * most) in str(refused.value)
    assert "Set schedule.block to at most 3," in str(refused.value)


def test_a_block_programs_once_and_does_the_rest_for_every_step():
    gains = []
    for case in shared_forward():
        slow = chip_with(case, 1, flit_bits=32)
        fast = chip_with(case, 10**9, flit_bits=32)
        (one, single), (four, block) = (
            ListSchedule(swaps=20)(c.problem, Run(np.random.default_rng(0))) for c in (slow, fast)
        )
        assert (single.block, block.block) == (1, 4)
        per_step = [
            s.period_numerator / s.period_denominator / s.block * f.tick for f, s in ((one, single), (four, block))
        ]
        gains.append(per_step[0] / per_step[1])
        work = 4 * sum(f.time[f.resource == 0].sum() * f.tick for f in (one,))
        assert four.time[four.resource == 0].sum() * four.tick <= work + 1e-12
    assert min(gains) >= 1
    assert max(gains) > 2
