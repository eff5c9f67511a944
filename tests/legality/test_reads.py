"""Columns read, recounted by the judge, against a count step by step."""

from dataclasses import replace

import pytest
from support.schedule_cases import Case, counted_reads, random_case

from snnmap.legality.reads import columns_read
from snnmap.legality.recount import recount


def recounted(case: Case) -> int:
    return columns_read(case.clustering, case.graph, recount(case.graph, case.clustering))


@pytest.mark.parametrize("seed", range(12))
def test_every_read_is_counted_step_by_step(seed: int) -> None:
    case = random_case(seed)
    assert recounted(case) == sum(reads * columns for own in counted_reads(case) for reads, columns in own) > 0


@pytest.mark.parametrize("seed", range(12))
def test_without_events_no_read_is_missed(seed: int) -> None:
    case = random_case(seed)
    blind = replace(case, graph=replace(case.graph, events=None))
    assert recounted(case) <= recounted(blind) <= case.graph.window * len(case.clustering.column_neuron)
