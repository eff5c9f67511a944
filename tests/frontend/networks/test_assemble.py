"""Drafts and blocks become a network: order, levels, sums, grid; what cannot be expressed is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from support.dense import dense_of

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.core.exact import grid_of
from snnmap.frontend.networks import assemble
from snnmap.frontend.networks.assemble import Block, Draft, build_network, levels

IF = {"r": 1.0, "v_threshold": 1.0, "v_reset": 0.0}


def matrix(dense):
    return sparse.csr_array(np.asarray(dense, np.float32))


def test_populations_are_sorted_and_blocks_follow_them():
    drafts = [
        Draft("late", "neuron", "IF", (2,), IF),
        Draft("bias", "bias", "bias", (1,)),
        Draft("early", "neuron", "IF", (1, 3), IF),
        Draft("in", "input", "input", (2,)),
    ]
    blocks = [
        Block(2, 0, matrix([[1, 0], [0, 2], [3, 0]])),
        Block(3, 2, matrix([[4, 0, 0], [0, 5, 6]])),
        Block(3, 0, matrix([[7, 0], [0, 8]])),
        Block(1, 0, matrix([[0, 9]])),
    ]
    network = build_network(drafts, blocks, [0])
    assert [p.name for p in network.populations] == ["in", "bias", "early", "late"]
    assert [p.level for p in network.populations] == [0, 0, 1, 2]
    assert network.outputs == (3,)
    assert network.populations[2].shape == (1, 3)
    expected = np.zeros((8, 8))
    expected[0, [3, 6]] = 4, 7
    expected[1, [4, 5, 7]] = 5, 6, 8
    expected[2, 7] = 9
    expected[3, 6], expected[4, 7], expected[5, 6] = 1, 2, 3
    np.testing.assert_array_equal(dense_of(network), expected)
    np.testing.assert_array_equal(network.grid, [2.0**-30, 2.0**-30, grid_of(6.0), grid_of(9.0)])
    np.testing.assert_array_equal(network.populations[3].parameters["v_threshold"], [1.0, 1.0])


def test_blocks_with_equal_ends_add_and_stored_zeros_stay():
    drafts = [Draft("in", "input", "input", (2,)), Draft("n", "neuron", "IF", (2,), IF)]
    zero = sparse.csr_array((np.zeros(1, np.float32), ([0], [1])), shape=(2, 2))
    network = build_network(drafts, [Block(0, 1, matrix([[1, 0], [0, 1]])), Block(0, 1, zero)], [1])
    assert network.synapses == 3
    assert network.weight.tolist() == [1.0, 0.0, 1.0]
    network = build_network(drafts, [Block(0, 1, matrix([[1, 0], [0, 1]])), Block(0, 1, matrix([[2, 4], [0, 0]]))], [1])
    assert network.weight.tolist() == [3.0, 4.0, 1.0]


def test_unsorted_and_repeated_entries_are_put_in_order_and_the_block_is_not_touched():
    raw = sparse.csr_array((np.array([1.0, 2.0, 4.0]), np.array([1, 0, 1]), np.array([0, 3])), shape=(1, 2))
    drafts = [Draft("in", "input", "input", (1,)), Draft("n", "neuron", "IF", (2,), IF)]
    network = build_network(drafts, [Block(0, 1, raw)], [1])
    assert network.post.tolist() == [1, 2]
    assert network.weight.tolist() == [2.0, 5.0]
    assert raw.indices.tolist() == [1, 0, 1]


def test_weights_lie_on_the_grid_of_their_target():
    drafts = [Draft("in", "input", "input", (2,)), Draft("n", "neuron", "IF", (1,), IF)]
    network = build_network(drafts, [Block(0, 1, matrix([[1.0], [2.0**-31 * 3]]))], [1])
    assert network.grid[1] == 2.0**-30
    assert network.weight.tolist() == [1.0, 2.0**-29]  # 1.5 grid steps, ties to even


@pytest.mark.parametrize("size", [1, 3, 7, 100])
def test_slices_do_not_change_the_result(monkeypatch, size):
    rng = np.random.default_rng(5)
    drafts = [Draft(name, "neuron", "IF", (n,), IF) for name, n in (("a", 5), ("b", 7), ("c", 4))]
    blocks = [
        Block(a, b, sparse.csr_array(sparse.random_array((m, n), density=0.5, rng=rng)))
        for a, m in ((0, 5), (1, 7), (2, 4))
        for b, n in ((2, 4), (0, 5), (1, 7))
    ]
    whole = build_network(drafts, blocks, [2])
    monkeypatch.setattr(assemble, "SLICE", size)
    assert build_network(drafts, blocks, [2]).digest() == whole.digest()


def longest_paths(kinds, edges):
    """Plain recursion: paths from anywhere over the given acyclic edges."""
    before = {q: [p for p, r in edges if r == q] for q in range(len(kinds))}

    def level(q):
        own = 0 if kinds[q] != "neuron" else 1
        return max([own, *(level(p) + 1 for p in before[q])])

    return [level(q) for q in range(len(kinds))]


@settings(deadline=None, max_examples=100)
@given(st.integers(2, 7), st.data())
def test_levels_of_acyclic_graphs_are_longest_paths(size, data):
    kinds = ["input"] + ["neuron"] * (size - 1)
    pairs = [(p, q) for p in range(size) for q in range(p + 1, size)]
    edges = data.draw(st.lists(st.sampled_from(pairs), max_size=12))
    assert levels(kinds, edges) == longest_paths(kinds, edges)


@settings(deadline=None, max_examples=200)
@given(st.integers(2, 7), st.data())
def test_every_cycle_has_a_delay_and_cutting_the_delays_leaves_no_cycle(size, data):
    kinds = ["input"] + ["neuron"] * (size - 1)
    pairs = [(p, q) for p in range(size) for q in range(1, size)]
    edges = data.draw(st.lists(st.sampled_from(pairs), max_size=14))
    level = levels(kinds, edges)
    assert level[0] == 0
    assert min(level[1:]) >= 1
    immediate = [(p, q) for p, q in edges if level[q] > level[p]]
    assert level == longest_paths(kinds, immediate)
    delayed = [(p, q) for p, q in edges if level[q] <= level[p]]
    for p, q in delayed:  # nothing is delayed that lies on no cycle
        reached = {q}
        for _ in range(size):
            reached |= {r for s, r in edges if s in reached}
        assert p in reached


def test_levels_of_known_cycles():
    neurons = ["input", "neuron", "neuron", "neuron"]
    assert levels(neurons, [(0, 1), (1, 1), (1, 2), (2, 3)]) == [0, 1, 2, 3]
    assert levels(neurons, [(0, 1), (1, 2), (2, 1), (2, 3)]) == [0, 1, 2, 3]
    assert levels(neurons, [(0, 2), (2, 1), (1, 2), (2, 3)]) == [0, 2, 1, 2]
    assert levels(neurons, [(0, 1), (0, 3), (1, 2), (2, 3)]) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("drafts", "blocks", "words"),
    [
        ([Draft("n", "neuron", "IF", (2,), IF), Draft("n", "neuron", "IF", (2,), IF)], [], "more than once"),
        ([Draft("n", "neuron", "IF", (2,), {"r": 1.0})], [], "lacks v_threshold"),
        ([Draft("n", "neuron", "IF", (2,), IF | {"r": np.ones(3)})], [], "3 values for 2 neurons"),
        ([Draft("n", "neuron", "IF", (2,), IF)], [Block(0, 0, matrix([[1.0]]))], "1 x 1"),
        ([Draft("n", "neuron", "IF", (1,), IF)], [Block(0, 0, matrix([[np.nan]]))], "finite"),
        ([Draft("n", "neuron", "IF", (1,), IF)], [Block(0, 0, matrix([[np.inf]]))], "finite"),
        (
            [Draft("n", "neuron", "IF", (1,), IF), Draft("in", "input", "input", (1,))],
            [Block(0, 1, matrix([[1.0]]))],
            "not a neuron population",
        ),
    ],
)
def test_what_a_network_cannot_express_is_refused(drafts, blocks, words):
    with pytest.raises(InputError, match=words):
        build_network(drafts, blocks, [])


def test_a_network_without_neurons_cannot_be_mapped():
    with pytest.raises(InfeasibleError, match="neurons: need 1, have 0"):
        build_network([Draft("in", "input", "input", (2,))], [], [])
