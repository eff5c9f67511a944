"""Lower bounds on crossbars against the arguments of their docstring, counted neuron by neuron."""

from math import ceil

import pytest
from support.partition_cases import dense, graph_of, listed, machine, random_graph

import snnmap
from snnmap.analysis import bounds
from snnmap.analysis.bounds import lower_bounds, messages_at_least, partition_bounds
from snnmap.ir import PartitionBounds


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


def counted_messages(graph, rows, columns):
    """The bound on messages, from lists of synapses."""
    synapses, spikes, active = listed(graph)
    first = graph.network.externals
    heard = [sum(s == i for s, _ in synapses) for i in range(graph.network.sources)]
    total = sum(
        spikes[i] * (ceil(g / columns) if i < first else max(0, ceil(g / columns) - 1)) for i, g in enumerate(heard)
    )
    for j in range(first, graph.network.sources):
        inputs = sorted(active[s] for s, n in synapses if n == j)
        total += inputs[len(inputs) - rows - 1] if len(inputs) > rows else 0
    return total


@pytest.mark.parametrize("block", [1, 7, 2**22])
@pytest.mark.parametrize("seed", range(6))
def test_messages_are_bounded_as_counted_synapse_by_synapse(seed, block, monkeypatch):
    """However many synapses are looked at at a time, and whatever order sources of equal activity come in."""
    monkeypatch.setattr(bounds, "BLOCK", block)
    graph = random_graph(seed, inputs=9, hidden=14, out=1 + seed, density=(0.04, 0.3, 0.95)[seed % 3])
    for rows, columns in ((1, 1), (2, 5), (5, 2), (8, 3), (64, 64)):
        assert messages_at_least(graph, machine(rows, columns)) == counted_messages(graph, rows, columns)


def test_a_mapping_stands_beside_its_bounds(compiled):
    found = partition_bounds(compiled.view)
    assert found == compiled.partition_bounds
    assert found.crossbars == compiled.mapping.figures["crossbars"]
    assert found.messages == compiled.mapping.figures["messages"]
    chip = compiled.hardware
    assert found.crossbars_at_least == max(lower_bounds(compiled.graph.network, chip).values())
    assert found.messages_at_least == counted_messages(compiled.graph, chip.rows, chip.columns)
    assert found.crossbars_gap == found.crossbars / found.crossbars_at_least - 1 >= 0
    assert found.messages_gap == found.messages / found.messages_at_least - 1 >= 0
    assert PartitionBounds(1, 1, 0, 0).messages_gap is None


def test_rows_without_a_limit_bound_as_without_one(compiled):
    """The mapping's crossbars have as many rows as its fullest takes; another partition's may have more."""
    options = snnmap.CompileOptions(hardware="pcm-mesh:rows=unlimited,columns=4")
    wide = snnmap.compile(compiled.graph, options)
    found = wide.partition_bounds
    assert found.crossbars_at_least == -(-compiled.graph.network.neurons // 4)
    assert found.messages_at_least == counted_messages(compiled.graph, 10**6, 4)
