"""Geometry read from synapses: convolutions, groups, channels of pools, locally connected maps, and what is none."""

import numpy as np
import pytest
from support.partition_cases import convolution, dense, graph_of, random_graph

from snnmap.stages.partition.atoms import twins
from snnmap.stages.partition.grids import grids


def found(graph, population=1):
    lists = twins(graph.network)
    own = lists.only(np.flatnonzero(lists.population == population))
    return own, grids(graph.network, own)


def sources(own, grid, position):
    """Inputs of the list at `position`, rebuilt from planes and sites."""
    sites = grid.site[grid.site_ptr[position] : grid.site_ptr[position + 1]]
    return (grid.first + np.arange(grid.planes)[:, None] * grid.area + sites).ravel().tolist()


def rebuilt(own, grid):
    """Whether planes and sites say what every list holds, but for what is common to all."""
    for position, index in enumerate(grid.at.ravel()):
        heard = own.source[own.ptr[index] : own.ptr[index + 1]].tolist()
        rest = heard[: grid.before] + heard[len(heard) - grid.common + grid.before :]
        assert sorted(sources(own, grid, position) + rest) == heard
    return True


def pooled(channels, side, kernel):
    out = side // kernel
    c, y, x, dy, dx = np.indices((channels, out, out, kernel, kernel)).reshape(5, -1)
    source = (c * side + y * kernel + dy) * side + x * kernel + dx
    edges = np.stack([source, channels * side * side + (c * out + y) * out + x], 1)
    return graph_of([(channels, side, side), (channels, out, out)], edges)


def test_a_convolution_is_one_grid_over_all_its_planes():
    own, (grid,) = found(convolution(3, 6, 5, 3))
    assert (grid.at.shape, grid.members, grid.planes, grid.common) == ((4, 4), 5, 3, 0)
    assert rebuilt(own, grid)


def test_every_channel_of_a_pool_is_a_grid_over_one_plane():
    own, channels = found(pooled(3, 6, 2))
    assert [(g.at.shape, g.members, g.planes, g.first) for g in channels] == [((3, 3), 1, 1, 36 * c) for c in range(3)]
    assert all(rebuilt(own, grid) for grid in channels)


def test_groups_are_grids_of_their_own():
    one = convolution(2, 5, 2, 3)
    pre = np.repeat(np.arange(one.network.sources), np.diff(one.network.indptr))
    first, last = np.stack([pre, one.network.post + 50], 1), np.stack([pre + 50, one.network.post + 50 + 18], 1)
    own, groups = found(graph_of([(4, 5, 5), (4, 3, 3)], np.concatenate([first, last])))
    assert [(g.members, g.planes, g.first) for g in groups] == [(2, 2, 0), (2, 2, 50)]
    assert all(rebuilt(own, grid) for grid in groups)


def test_a_line_of_channels_is_one_position_high():
    c, o, x, d = np.indices((4, 3, 6, 3)).reshape(4, -1)
    own, (grid,) = found(graph_of([(4, 8), (3, 6)], np.stack([c * 8 + x + d, 32 + o * 6 + x], 1)))
    assert (grid.at.shape, grid.members, grid.planes) == ((1, 6), 3, 4)
    assert rebuilt(own, grid)


def test_a_map_without_channels_is_one_plane():
    y, x, dy, dx = np.indices((4, 4, 3, 3)).reshape(4, -1)
    own, (grid,) = found(graph_of([(6, 6), (4, 4)], np.stack([(y + dy) * 6 + x + dx, 36 + y * 4 + x], 1)))
    assert (grid.at.shape, grid.members, grid.planes, grid.area) == ((4, 4), 1, 1, 36)
    assert rebuilt(own, grid)


def test_biases_are_common_to_all():
    graph = convolution(2, 4, 3, 3)
    pre, post = np.repeat(np.arange(graph.network.sources), np.diff(graph.network.indptr)), graph.network.post
    edges = [np.stack([pre, post + 1], 1), np.stack([np.full(12, 32), np.arange(33, 45)], 1)]
    kinds = ["input", "bias", "neuron"]
    own, (grid,) = found(graph_of([(2, 4, 4), 1, (3, 2, 2)], np.concatenate(edges), kinds=kinds, levels=[0, 0, 1]), 2)
    assert (grid.before, grid.common, grid.planes) == (0, 1, 2)
    assert rebuilt(own, grid)


def test_a_dense_layer_is_one_position_with_a_plane_for_every_input():
    _, (grid,) = found(dense(7, 4))
    assert (grid.at.shape, grid.members, grid.planes, grid.area) == ((1, 1), 4, 7, 1)


@pytest.mark.parametrize("drop", [0, 40, 100])
def test_one_missing_synapse_and_there_is_no_grid(drop):
    graph = convolution(3, 6, 5, 3)
    pre = np.repeat(np.arange(graph.network.sources), np.diff(graph.network.indptr))
    edges = np.delete(np.stack([pre, graph.network.post], 1), drop, axis=0)
    assert found(graph_of([(3, 6, 6), (5, 4, 4)], edges))[1] == []


def test_random_and_recurrent_connections_have_no_grid():
    for seed in range(5):
        graph = random_graph(seed, hidden=12)
        assert found(graph, 2)[1] == []
    graph = convolution(1, 6, 1, 3)
    flat = graph_of(
        [36, 16], np.stack([np.repeat(np.arange(52), np.diff(graph.network.indptr)), graph.network.post], 1)
    )
    assert found(flat)[1] == []  # nothing says how it lies
