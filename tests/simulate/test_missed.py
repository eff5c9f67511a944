"""Cells that miss: an error for every use of a cell, cells without a synapse, and nothing else."""

from collections.abc import Sequence

import numpy as np
import pytest
from support.kernel_nets import kernel_network, layer, network_of

from snnmap.analysis.convolution import shared_layers
from snnmap.ir import Network
from snnmap.simulate.missed import Held, Miss, _crossings, missed


def table(network: Network) -> dict[tuple[int, int], float]:
    """Weight of every synapse."""
    pre = np.repeat(np.arange(network.sources), np.diff(network.indptr)).tolist()
    return dict(zip(zip(pre, network.post.tolist(), strict=True), network.weight.tolist(), strict=True))


def kernels(network: Network) -> list[Held]:
    return [Held(f"k{n}", shared.windows, shared.outputs) for n, shared in enumerate(shared_layers(network))]


def single(sources: Sequence[int], neurons: Sequence[int], name: str = "x") -> Held:
    return Held(name, np.array([sources]), np.array([neurons]))


@pytest.fixture
def convolution() -> Network:
    made, shape, _ = layer(np.random.default_rng(1), (2, 6, 6), 3, (3, 3), 1, 1)
    return network_of([made], [(2, 6, 6), shape], {1: [1, 2, 3]})


@pytest.mark.parametrize("off", [False, True])
def test_cells_that_do_not_miss_are_the_network(convolution: Network, off: bool) -> None:
    found = table(missed(convolution, kernels(convolution), Miss(0.0, off, 0.05), 0))
    wanted = table(convolution)
    assert {pair for pair, weight in found.items() if weight} <= set(wanted) <= set(found)
    for pair, weight in wanted.items():
        assert found[pair] == pytest.approx(weight, abs=1e-6)


def test_a_kernel_is_wrong_alike_at_every_position(convolution: Network) -> None:
    held = kernels(convolution)
    found = table(missed(convolution, held, Miss(0.2, False, 0.0), 3))
    assert set(found) == set(table(convolution))
    for block in held:
        for row, column in np.ndindex(block.sources.shape[1], block.neurons.shape[1]):
            pairs = zip(block.sources[:, row].tolist(), block.neurons[:, column].tolist(), strict=True)
            assert len({found[pair] for pair in pairs if pair in found}) <= 1


def test_unrolled_cells_are_wrong_each_by_itself(convolution: Network) -> None:
    neurons = range(convolution.externals, convolution.sources)
    found = table(missed(convolution, [single(range(convolution.externals), neurons)], Miss(0.2, False, 0.0), 3))
    assert set(found) == set(table(convolution))
    assert len(set(found.values())) > 0.8 * len(found)


def test_errors_are_those_of_two_cells_that_never_conduct_less_than_nothing() -> None:
    network = network_of([{(i, j): 4 if i else 2 for i in range(300) for j in range(100)}], [(300,), (100,)])
    held = [single(range(300), range(300, 400))]
    error = np.array(list(table(missed(network, held, Miss(0.1, False, 0.5), 1)).values())) / 4.0
    top = error[100:] - 1.0  # one cell at g_max, the other at g_min, half as much
    assert top.std() == pytest.approx(0.1 * 2**0.5 / 0.5, rel=0.02)
    assert abs(top.mean()) < 0.01
    clipped = missed(network, held, Miss(0.1, False, 0.0), 1)  # at g_min of nothing, half of the errors are none
    top = np.array(list(table(clipped).values()))[100:] / 4.0 - 1.0
    floor = 0.1 / (2 * np.pi) ** 0.5
    assert top.mean() == pytest.approx(-floor, abs=0.002)
    assert top.var() == pytest.approx(0.01 + 0.01 * (0.5 - 1 / (2 * np.pi)), rel=0.03)


def test_cells_without_a_synapse_count_where_their_column_is_read_with_their_row() -> None:
    network = network_of([{(0, 0): 3, (1, 1): 2}, {(0, 0): 1, (1, 0): 1}], [(2,), (2,), (1,)])
    whole = [single([0, 1, 2, 3], [2, 3, 4])]  # both layers in one crossbar
    assert set(table(missed(network, whole, Miss(0.2, False, 0.0), 0))) == {(0, 2), (1, 3), (2, 4), (3, 4)}
    found = table(missed(network, whole, Miss(0.2, True, 0.0), 0))
    assert set(found) == {(0, 2), (1, 3), (2, 4), (3, 4), (0, 3), (1, 2)}
    parted = [single([0], [2], "a"), single([1, 2, 3], [3, 4], "b")]
    assert (0, 3) not in table(missed(network, parted, Miss(0.2, True, 0.0), 0))
    narrow = [Held("n", np.array([[0, -1], [-1, 1]]), np.array([[2, -1], [-1, 3]])), single([2, 3], [4])]
    assert set(table(missed(network, narrow, Miss(0.2, True, 0.0), 0))) == {(0, 2), (1, 3), (2, 4), (3, 4)}


def test_lines_that_are_for_nothing_cross_nothing() -> None:
    index, pairs = np.array([0, 0, 1, 1], np.int32), np.ones((2, 2), bool)
    row, column = _crossings(np.array([0, -1, 1]), np.array([-1, 2]), index, pairs)
    assert (row.tolist(), column.tolist()) == ([0, 2], [1, 1])


def test_the_same_cells_for_the_same_name_and_seed() -> None:
    network = kernel_network()
    neurons = range(network.externals, network.sources)
    held = [single(range(network.sources), neurons)]
    first, again, other = (table(missed(network, held, Miss(0.1, False, 0.1), seed)) for seed in (0, 0, 1))
    assert first == again != other
    renamed = table(missed(network, [held[0]._replace(name="y")], Miss(0.1, False, 0.1), 0))
    assert first != renamed
