"""A comparison in two processes: the same table, the same errors."""

import os
from contextlib import closing
from dataclasses import replace

import msgspec
import pytest
from support import small_workload

import snnmap
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.study.workers import Pool, end_with_parent

OPTIONS = snnmap.CompareOptions(objectives=("traffic", "energy"), technologies=("pcm-65", "pcm-16"))


@pytest.fixture(scope="module")
def graphs():
    recorded = snnmap.profile(small_workload.workload())
    return [recorded, replace(recorded, provenance=msgspec.structs.replace(recorded.provenance, name="again"))]


def test_two_processes_find_what_one_does_in_the_same_order(graphs, chip):
    options = replace(OPTIONS, base=snnmap.CompileOptions(hardware=str(chip)))
    told = []
    beside = snnmap.compare(graphs, replace(options, workers=2), progress=lambda *tick: told.append(tick))
    assert beside.rows() == snnmap.compare(graphs, options).rows()
    assert beside.verdicts == snnmap.compare(graphs, options).verdicts
    assert [entry.workload for entry in beside.entries[:1]] == [graphs[0].provenance.name]
    assert [tick[:3] for tick in told] == [("compare", done, 8) for done in range(1, 9)]


def test_what_does_not_fit_is_told_as_by_one_process(graphs, chip):
    base = snnmap.CompileOptions(hardware=f"{chip}:tiles=1x1")
    with pytest.raises(InfeasibleError, match="need"):
        snnmap.compare(graphs, replace(OPTIONS, base=base, workers=2))


def test_what_is_wrong_is_said_before_a_process_is_started(graphs, monkeypatch):
    monkeypatch.setattr("snnmap.study.beside.Pool", None)
    with pytest.raises(InputError, match="did you mean 'energy'"):
        snnmap.compare(graphs, replace(OPTIONS, objectives=("traffic", "energi"), workers=2))
    with pytest.raises(InputError, match="0 workers compare nothing"):
        replace(OPTIONS, workers=0)


def test_a_process_that_is_ended_from_outside_is_one_line():
    with (
        closing(Pool(1, end_with_parent)) as pool,
        pytest.raises(InputError, match="go on with fewer --workers"),
    ):
        list(pool.answers(os._exit, [1], "go on"))
