"""Counts of partial sums against a count of events one by one, with events held in blocks of any size or not at all."""

from dataclasses import replace

import numpy as np
import pytest
from support.random_graphs import FIRST, random_clustering, random_graph

from snnmap.ir import Clustering, Mapping, Placement, SpikeGraph
from snnmap.legality import steps
from snnmap.legality.recount import recount
from snnmap.legality.sums import SHOWN, partial_sum_violations


def counted(seed: int) -> tuple[SpikeGraph, Clustering, list[int], list[int], list[int], list[bool]]:
    """Graph, clustering, and per column: messages, those of the busiest input, of all inputs, whether it is away."""
    graph, synapses, emits = random_graph(np.random.default_rng(seed))
    clustering, clusters, home = random_clustering(np.random.default_rng(seed + 100), synapses)
    sent, busiest, whole, away = [], [], [], []
    for k, (rows, columns) in enumerate(clusters):
        for n in sorted(columns):
            inputs = [s for s in rows if (s, n) in synapses and not 4 <= s < FIRST]
            away.append(home[n] != k)
            sent.append(len(set().union(*(emits[s] for s in inputs))) if away[-1] else 0)
            busiest.append(max((len(emits[s]) for s in inputs), default=0) if away[-1] else 0)
            whole.append(min(sum(len(emits[s]) for s in inputs), graph.window) if away[-1] else 0)
    return graph, clustering, sent, busiest, whole, away


def told(graph: SpikeGraph, clustering: Clustering, reported: list[int], compiled_mapping: Mapping) -> list[str]:
    mapping = replace(
        compiled_mapping,
        clustering=clustering,
        placement=Placement(np.zeros(clustering.clusters)),
        partial_messages=np.array(reported),
    )
    return [v.available for v in partial_sum_violations(mapping, graph, recount(graph, clustering))]


@pytest.mark.parametrize("block", [1, 8, 1 << 26])
@pytest.mark.parametrize("seed", range(4))
def test_every_column_is_counted_step_by_step(compiled, monkeypatch, seed, block) -> None:
    monkeypatch.setattr(steps, "BLOCK", block)
    graph, clustering, sent, *_, away = counted(seed)
    assert max(sent) > 1
    assert told(graph, clustering, sent, compiled.mapping) == []
    for c, right in enumerate(sent):
        for wrong in (right - 1, right + 1):
            said = told(graph, clustering, [*sent[:c], wrong, *sent[c + 1 :]], compiled.mapping)
            assert said == [f"it is {right}"]
    assert any(away)


@pytest.mark.parametrize("seed", range(4))
def test_without_events_the_busiest_input_and_all_of_them_are_bounds(compiled, seed) -> None:
    graph, clustering, _, busiest, whole, away = counted(seed)
    graph = replace(graph, events=None)
    for ends in (busiest, whole):
        assert told(graph, clustering, ends, compiled.mapping) == []
    for c, (low, high) in enumerate(zip(busiest, whole, strict=True)):
        words = f"it is {low}" if low == high else f"must lie in {low} to {high}"
        for wrong in (low - 1, high + 1):
            assert told(graph, clustering, [*busiest[:c], wrong, *busiest[c + 1 :]], compiled.mapping) == [words]
    assert any(low < high for low, high in zip(busiest, whole, strict=True))
    assert not all(away)


def test_three_wrong_columns_are_shown_and_no_more(compiled) -> None:
    graph, clustering, sent, *_ = counted(0)
    assert SHOWN == 3
    for wrong in range(6):
        reported = [n + 100 * (c < wrong) for c, n in enumerate(sent)]
        assert len(told(graph, clustering, reported, compiled.mapping)) == min(wrong, 3)
