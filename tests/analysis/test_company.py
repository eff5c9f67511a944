"""Rows read together, counted step by step."""

from dataclasses import replace

import numpy as np
import pytest
from support.random_graphs import FIRST, FRAMES, INPUTS, STEPS, random_clustering, random_graph

from snnmap.analysis.company import row_company
from snnmap.ir import Clustering


@pytest.mark.parametrize("seed", range(5))
def test_the_mean_company_is_that_of_the_steps(seed):
    rng = np.random.default_rng(seed)
    graph, synapses, emits = random_graph(rng)
    clustering = random_clustering(rng, synapses)[0]
    share = row_company(graph, clustering)
    for k in range(clustering.clusters):
        rows = slice(*clustering.row_ptr[k : k + 2])
        sources = clustering.row_source[rows].tolist()
        on = [sum(divmod(t, STEPS) in emits[s] for s in sources) for t in range(FRAMES * STEPS)]
        beside = sum(n * (n - 1) for n in on)
        reads = np.array([len(emits[s]) for s in sources])
        found = float(sum(reads[i] * (share[rows].sum() - share[rows][i]) for i in range(len(sources))))
        if share[rows].max(initial=0.0) < 1.0:
            assert found == pytest.approx(beside)
        else:
            assert found <= beside * (1 + 1e-9) or INPUTS <= min(sources) < FIRST
        assert np.all((share[rows] >= 0) & (share[rows] <= 1))


def test_without_events_rows_meet_by_chance():
    rng = np.random.default_rng(7)
    graph, synapses, emits = random_graph(rng, keep_events=False)
    clustering = random_clustering(rng, synapses)[0]
    expected = [len(emits[s]) / (FRAMES * STEPS) for s in clustering.row_source.tolist()]
    assert row_company(graph, clustering) == pytest.approx(expected)


def test_a_row_alone_and_rows_that_never_spike_have_no_company_to_share():
    """One row on a crossbar, and two of which none spikes: nothing is read together, and nothing is divided by 0."""
    rng = np.random.default_rng(3)
    graph, _, _ = random_graph(rng)
    quiet = replace(graph, active_steps=np.where(np.arange(15) < 2, 0, graph.active_steps))
    clustering = Clustering([0, 1, 3], [6, 0, 1], [0, 5, 9], np.arange(FIRST, FIRST + 9), [0] * 5 + [1] * 4)
    found = row_company(quiet, clustering)
    assert found.tolist() == [graph.active_steps[6] / (FRAMES * STEPS), 0.0, 0.0]
