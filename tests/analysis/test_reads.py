"""Reads of crossbars, counted step by step."""

import numpy as np
import pytest
from support.random_graphs import FIRST, STEPS, random_clustering, random_graph
from support.schedule_cases import counted_reads, random_case

from snnmap.analysis.cells import programmed_cells
from snnmap.analysis.reads import columns_read


def read(graph, clustering):
    return columns_read(graph, clustering, programmed_cells(graph.network, clustering))


@pytest.mark.parametrize("seed", range(8))
def test_a_crossbar_is_read_when_a_row_is_on(seed):
    """One level: what neurons send is heard a step later, unless the frame is over."""
    rng = np.random.default_rng(seed)
    graph, synapses, emits = random_graph(rng)
    record, clusters, _ = random_clustering(rng, synapses)
    expected = []
    for rows, columns in clusters:
        on = set()
        for source in rows:
            late = source >= FIRST
            on |= {(f, t + late) for f, t in emits[source] if t + late < STEPS}
        expected.append(len(on) * len(columns))
    assert read(graph, record).tolist() == expected


@pytest.mark.parametrize("seed", range(4))
def test_without_events_it_is_a_bound(seed):
    exact, bound = (
        read(graph, random_clustering(np.random.default_rng(seed), synapses)[0])
        for graph, synapses, _ in (
            random_graph(np.random.default_rng(seed), keep_events=keep) for keep in (True, False)
        )
    )
    assert np.all(exact <= bound)
    assert np.any(exact < bound)


@pytest.mark.parametrize("seed", range(12))
def test_columns_of_every_level_are_read_by_themselves(seed):
    case = random_case(seed)
    found = read(case.graph, case.clustering)
    assert found.tolist() == [sum(reads * columns for reads, columns in own) for own in counted_reads(case)]
