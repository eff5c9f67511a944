"""Lower bounds on crossbars against the arguments of their docstring, counted neuron by neuron."""

from math import ceil

import pytest
from support.partition_cases import dense, graph_of, listed, machine, random_graph

from snnmap.analysis.bounds import lower_bounds, messages_at_least


def counted(graph, rows, columns, most):
    """The bounds, from lists of synapses."""
    synapses, network = listed(graph)[0], graph.network
    fan_in = [sum(n == j for _, n in synapses) for j in range(network.externals, network.sources)]
    fan_out = [sum(s == i for s, _ in synapses) for i in range(network.sources)]
    tall, wide = min(rows, most), min(columns, most)
    parts = [max(1, ceil(f / tall)) for f in fan_in]
    busiest = (
        sum(sorted((min(f, tall) for f in fan_in), reverse=True)[:columns]),
        sum(sorted((min(g, wide) for g in fan_out), reverse=True)[:rows]),
    )
    return {
        "columns": ceil(sum(parts) / columns),
        "rows": ceil(sum(ceil(g / wide) for g in fan_out) / rows),
        "synapses": ceil(len(synapses) / most),
        "density": ceil(len(synapses) / max(1, min(*busiest, most))),
        "fan_in": max(parts, default=0),
    }


@pytest.mark.parametrize("limit", [None, 1, 2, 7, 19])
@pytest.mark.parametrize("seed", range(12))
def test_every_bound_is_that_of_its_argument(seed, limit):
    graph = random_graph(seed, inputs=9, hidden=14, out=1 + seed, density=(0.04, 0.15, 0.5, 0.95)[seed % 4])
    for rows, columns in ((1, 1), (2, 5), (5, 2), (8, 8), (3, 16), (16, 3), (64, 64)):
        hardware = machine(rows, columns, synapse_limit=limit)
        most = rows * columns if limit is None else limit
        assert lower_bounds(graph.network, hardware) == counted(graph, rows, columns, most)


def test_networks_without_synapses_or_neurons_need_what_their_columns_need():
    assert lower_bounds(graph_of([2, 5], []).network, machine(4, 2)) == counted(graph_of([2, 5], []), 4, 2, 8)
    assert set(lower_bounds(graph_of([3], []).network, machine(4, 2)).values()) == {0}


def test_lower_bounds_by_hand():
    graph = dense(10, 6)
    bounds = lower_bounds(graph.network, machine(4, 3))
    assert bounds == {"columns": 6, "rows": 5, "synapses": 5, "density": 5, "fan_in": 3}
    sparse = graph_of([4, 40], [(n % 4, 4 + n) for n in range(40)])
    assert lower_bounds(sparse.network, machine(128, 8))["density"] == 5
    assert lower_bounds(dense(8, 4).network, machine(8, 8, synapse_limit=4))["synapses"] == 8


def test_messages_by_hand():
    """Spikes to all crossbars but the one at home, and the sums of the quietest inputs that have no room there."""
    graph = dense(4, 6, spikes=[1, 2, 3, 10] + [5] * 6, window=(1, 20))
    assert messages_at_least(graph, machine(4, 6)) == 16
    assert messages_at_least(graph, machine(4, 3)) == 2 * 16
    assert messages_at_least(graph, machine(2, 6)) == 16 + 6 * 2  # two of four are away: one of them is the second
    chain = graph_of([1, 1, 6], [(0, 1), *((1, n) for n in range(2, 8))], spikes=[4, 7] + [0] * 6)
    assert messages_at_least(chain, machine(4, 3)) == 4 + 7
