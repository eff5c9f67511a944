"""Nets against a set-by-set count, and placement terms that would not survive a search."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_traffic import BIASES, FIRST, INPUTS, NEURONS, random_clustering, random_graph

from snnmap.analysis.traffic import traffic
from snnmap.core.errors import InputError
from snnmap.stages.protocols import Nets, Term, linear, multicast, pairwise, unicast

SEEDS = st.integers(0, 2**32 - 1)


def nets_as_lists(nets):
    return [
        (nets.pin[nets.indptr[e] : nets.indptr[e + 1]].tolist(), int(nets.weight[e])) for e in range(len(nets.weight))
    ]


def cut(nets, part):
    """Sum of weight x (clusters touched - 1), net by net."""
    return sum(weight * (len({part[p] for p in pins}) - 1) for pins, weight in nets if pins)


@settings(deadline=None, max_examples=30)
@given(seed=SEEDS)
def test_multicast_nets_hold_the_source_and_its_targets(seed):
    graph, synapses, _ = random_graph(np.random.default_rng(seed))
    nets = nets_as_lists(multicast(graph))
    assert len(nets) == FIRST + NEURONS
    for source, (pins, weight) in enumerate(nets):
        targets = {n - FIRST for s, n in synapses if s == source}
        if INPUTS <= source < INPUTS + BIASES:
            assert (pins, weight) == ([], 0)
            continue
        expected = targets | {source - FIRST} if source >= FIRST else targets
        assert len(pins) == len(expected)
        assert set(pins) == expected
        assert weight == graph.spikes[source]
        assert source < FIRST or pins[0] == source - FIRST


@settings(deadline=None, max_examples=30)
@given(seed=SEEDS)
def test_unicast_has_one_net_per_synapse_between_two_neurons(seed):
    graph, synapses, _ = random_graph(np.random.default_rng(seed))
    expected = sorted(([s - FIRST, n - FIRST], int(graph.spikes[s])) for s, n in synapses if s >= FIRST and s != n)
    assert sorted(nets_as_lists(unicast(graph))) == expected


@settings(deadline=None, max_examples=30)
@given(seed=SEEDS)
def test_cut_of_multicast_nets_is_the_delivered_traffic(seed):
    """Without split neurons, deliveries = cut + one weight per input that anybody listens to."""
    rng = np.random.default_rng(seed)
    graph, synapses, _ = random_graph(rng)
    record, _, home = unsplit(rng, synapses)
    part = [home[n] for n in sorted(home)]
    heard = {s for s, _ in synapses if s < INPUTS}
    inputs = sum(int(graph.spikes[s]) for s in sorted(heard))
    assert traffic(graph, record).delivered == cut(nets_as_lists(multicast(graph)), part) + inputs


def unsplit(rng, synapses):
    """A random clustering without partial columns."""
    while True:
        found = random_clustering(rng, synapses)
        if len(found[0].column_neuron) == NEURONS:
            return found


def test_inconsistent_nets_are_refused():
    with pytest.raises(InputError, match="do not match"):
        Nets([0, 2], [1], [5])
    with pytest.raises(InputError, match="do not match"):
        Nets([0, 1], [1], [5, 6])


@pytest.mark.parametrize(
    ("flow", "distance", "preference", "message"),
    [
        (np.ones((2, 3)), np.ones((2, 2)), np.zeros((0, 0)), "flow .* square"),
        (np.ones((2, 2)), np.ones(4), np.zeros((0, 0)), "distance .* square"),
        (np.ones((2, 2)), np.zeros((0, 0)), np.zeros((0, 0)), "both flow and distance"),
        (np.zeros((0, 0)), np.zeros((0, 0)), np.ones(3), "preference"),
        (np.full((2, 2), 2**31), np.full((2, 2), 2**31), np.zeros((0, 0)), "scale it down"),
        (np.zeros((0, 0)), np.zeros((0, 0)), np.full((2, 2), 2**61), "scale it down"),
    ],
)
def test_unusable_terms_are_refused(flow, distance, preference, message):
    with pytest.raises(InputError, match=message):
        Term(flow, distance, preference)


def test_terms_are_read_only_and_bounded():
    term = pairwise(np.array([[0, 3], [-1, 0]]), np.array([[0, 2], [5, 0]]))
    assert term.largest == (3 + 1) * 5
    assert linear(np.array([[1, -7], [2, 0]])).largest == 9
    with pytest.raises(ValueError, match="read-only"):
        term.flow[0, 0] = 1
