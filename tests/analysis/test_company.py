"""Rows read together, counted step by step."""

import numpy as np
import pytest
from support.random_graphs import FIRST, FRAMES, INPUTS, STEPS, random_clustering, random_graph

from snnmap.analysis.company import row_company


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
