"""The recount of random clusterings against sets."""

from itertools import pairwise

import numpy as np
import pytest
from support.random_graphs import FIRST, INPUTS, random_clustering, random_graph

from snnmap.legality.recount import recount


@pytest.mark.parametrize("seed", range(6))
def test_every_field_equals_a_count_by_sets(seed) -> None:
    rng = np.random.default_rng(seed)
    graph, synapses, emits = random_graph(rng)
    clustering, clusters, _ = random_clustering(rng, synapses)
    got, ordered = recount(graph, clustering), sorted(synapses)
    on = {s: 0 if INPUTS <= s < FIRST else len(emits[s]) for s in emits}
    assert got.realised.tolist() == [sum(s in rows and n in columns for rows, columns in clusters) for s, n in ordered]
    own = [[(s, n) for s, n in ordered if s in rows and n in columns] for rows, columns in clusters]
    assert got.cells.tolist() == [len(cells) for cells in own]
    level = graph.network.level_of().tolist()
    heard = sorted({(k, s, level[n]) for k, cells in enumerate(own) for s, n in cells})
    assert (
        list(zip(got.heard_cluster.tolist(), got.heard_source.tolist(), got.heard_level.tolist(), strict=True)) == heard
    )
    columns = [(k, n) for k, (_, columns) in enumerate(clusters) for n in sorted(columns)]
    inputs = [[s for s, m in own[k] if m == n and not INPUTS <= s < FIRST] for k, n in columns]
    assert got.busiest_input.tolist() == [max((on[s] for s in found), default=0) for found in inputs]
    assert got.all_inputs.tolist() == [sum(on[s] for s in found) for found in inputs]
    ptr = got.input_ptr.tolist()
    assert [sorted(got.input_source[a:b].tolist()) for a, b in pairwise(ptr)] == [sorted(found) for found in inputs]
