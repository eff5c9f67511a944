"""Scheduling a mapping again with other times gives what compiling for that chip would give there."""

from dataclasses import replace

import numpy as np
import pytest
from support.schedule_cases import random_case, view_of

from snnmap.evaluation.sensitivity import Watched
from snnmap.evaluation.what_if import TIMED, rescheduled, retimed
from snnmap.pipeline.compile import Compiled
from snnmap.stages.protocols import Run
from snnmap.stages.schedule import ListSchedule


def test_without_a_change_it_is_the_mapping_itself(compiled: Compiled) -> None:
    again = retimed(compiled.view, {"flit_time": compiled.hardware["flit_time"]})
    assert again.period == compiled.view.period
    assert again.mapping.schedule.order == compiled.mapping.schedule.order
    assert again.mapping.schedule.start.tolist() == compiled.mapping.schedule.start.tolist()


def test_twice_the_times_are_twice_the_period(compiled: Compiled) -> None:
    times = {key: 2 * compiled.hardware[key] for key in TIMED if key.endswith("_time")}
    assert retimed(compiled.view, times).period == pytest.approx(2 * compiled.view.period)


def test_clusters_tiles_and_lines_stay(compiled: Compiled) -> None:
    mapping = retimed(compiled.view, {"row_time": 1e-6}).mapping
    assert mapping.clustering is compiled.mapping.clustering
    assert mapping.placement is compiled.mapping.placement
    assert mapping.wiring is compiled.mapping.wiring
    assert mapping.sdfg.time.max() > compiled.mapping.sdfg.time.max()


@pytest.mark.parametrize("noc", ["tdm", "best-effort"])
def test_the_scheduler_looks_up_no_other_quantity(noc):
    log = {}
    for seed in range(6):
        case = random_case(seed, shared=True, noc=noc)
        view = view_of(case, *ListSchedule()(case.problem, Run(np.random.default_rng(0))))
        rescheduled(view, replace(case.hardware, values=Watched(case.hardware.values, log)), ListSchedule(swaps=5))
    assert set(log) <= set(TIMED)
    assert {"flit_time", "program_time", "merge_time", "spike_bits", "flit_bits"} <= set(log)
