"""Covers by windows: legal, as cheap as every tiling tried by hand, and kept only where growth is dearer."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import partition as oracle
from support.partition_cases import convolution, dense, graph_of, listed, machine, random_graph, recorded, sets

from snnmap.analysis.traffic import traffic
from snnmap.stages.partition import KernighanLin
from snnmap.stages.partition.assignment import Task, assigned, clustering_of
from snnmap.stages.partition.atoms import Activity, problem, twins
from snnmap.stages.partition.construct import by_windows, choose_cuts, constructed
from snnmap.stages.partition.cover import Layer, Sums, Terms, cheapest_layers, cover
from snnmap.stages.partition.grids import grids
from snnmap.stages.partition.kernels.windows import FAR, measure, tile
from snnmap.stages.protocols import PartitionProblem, Run


def task(graph, hardware, *, weight=1.0, may_split=True):
    run = Run(np.random.default_rng(0))
    return Task(PartitionProblem(graph, hardware, may_split), run, False, weight, Activity(graph))


def covered(graph, hardware, *, may_split=True, grain=1, worth=100, mixing=0.0):
    """The cover of a network of one population, as it is, and its cost."""
    todo, lists = task(graph, hardware, may_split=may_split), twins(graph.network)
    limits = todo.limits(worth)
    found = cover(
        lists, grids(graph.network, lists), graph.spikes, todo.activity, Terms(limits, grain, may_split, mixing)
    )
    if found is None:
        return None
    atoms = problem(graph, found.lists, found.cuts, todo.activity, grain, limits.synapses)
    return clustering_of(assigned(atoms, limits, found.block))


def faults(graph, clustering, hardware):
    clusters, home = sets(graph, clustering)
    most = hardware.rows * hardware.columns if hardware.synapse_limit is None else hardware.synapse_limit
    return oracle.faults(listed(graph)[0], clusters, home, (hardware.rows, hardware.columns, most))


def tilings(height, width):
    """All ways to cut a grid into strips and every strip into windows: lists of (y, i, x, j), sides less one."""

    def lines(length):
        for inner in itertools.product((False, True), repeat=length - 1):
            ends = [k + 1 for k, cut in enumerate(inner) if cut] + [length]
            yield list(zip([0, *ends[:-1]], ends, strict=True))

    for strips in lines(height):
        for rows in itertools.product(*[list(lines(width)) for _ in strips]):
            yield [(a, b - a - 1, c, d - c - 1) for (a, b), cuts in zip(strips, rows, strict=True) for c, d in cuts]


@pytest.mark.parametrize("seed", range(8))
def test_no_tiling_by_strips_is_cheaper(seed):
    """Windows of many sites cost more (they take several blocks), and some positions more than others (they send)."""
    rng = np.random.default_rng(seed)
    height, width = (3, 4) if seed % 2 else (4, 3)
    heard = [sorted(rng.choice(9, rng.integers(1, 5), replace=False).tolist()) for _ in range(height * width)]
    ptr, site = np.cumsum([0, *map(len, heard)]), np.array([s for each in heard for s in each], np.int32)
    weight, place = rng.integers(0, 9, 9), np.arange(height * width).reshape(height, width)
    size, load = measure(place, ptr, site, weight, 7, 6, height, width)
    price, most, kind = (
        np.array([0, 3, 3, 4, 4, 7, 9]),
        np.array([0, 6, 6, 5, 5, 4, 4]),
        np.array([0, 0, 0, 1, 1, 1, 1]),
    )
    each = rng.integers(0, 5, (2, height, width)).astype(float)
    sums = np.zeros((2, height + 1, width + 1))
    sums[:, 1:, 1:] = each.cumsum(1).cumsum(2)

    def cost(windows):
        total = 0.0
        for y, i, x, j in windows:
            union = {s for n in place[y : y + i + 1, x : x + j + 1].ravel() for s in heard[n]}
            if len(union) >= len(price) or (i + 1) * (j + 1) > most[len(union)]:
                return float(FAR)
            total += price[len(union)] + 0.5 * sum(weight[list(union)])
            total += each[kind[len(union)], y : y + i + 1, x : x + j + 1].sum()
        return total

    label = np.zeros((height, width), np.int64)
    terms = price.astype(float), most, kind, sums
    assert tile(size, load, 0.5, *terms, label) == min(map(cost, tilings(height, width)))
    corners = [np.argwhere(label == k) for k in range(label.max() + 1)]
    windows = [(c[0][0], c[-1][0] - c[0][0], c[0][1], c[-1][1] - c[0][1]) for c in corners]
    assert all(len(c) == (w[1] + 1) * (w[3] + 1) for c, w in zip(corners, windows, strict=True))
    assert cost(windows) == min(map(cost, tilings(height, width)))
    assert tile(size, load, 0.5, price[:1].astype(float), *terms[1:], label) >= FAR  # no window at all


@settings(deadline=None, max_examples=30)
@given(
    st.integers(1, 4), st.integers(4, 7), st.integers(1, 7), st.integers(1, 3), st.integers(6, 40), st.integers(1, 12)
)
def test_covers_are_legal_and_take_what_they_are_said_to(channels, side, outputs, kernel, rows, columns):
    graph, hardware = convolution(channels, side, outputs, kernel), machine(rows, columns)
    clustering = covered(graph, hardware)
    if clustering is None:
        assert kernel * kernel > rows
        return
    assert faults(graph, clustering, hardware) == []


def test_windows_of_a_convolution_by_hand():
    """Windows of 2 x 4 positions of 16 neurons fill the columns and take 4 x 6 sites: five planes fit the rows."""
    graph = convolution(5, 10, 16, 3)
    clustering = covered(graph, machine(128, 128), grain=16)
    assert clustering.clusters == 8
    assert np.diff(clustering.row_ptr).tolist() == [120] * 8
    assert np.diff(clustering.column_ptr).tolist() == [128] * 8


def test_planes_are_tiled_in_layers():
    graph = convolution(16, 10, 16, 3, spikes=np.ones(1600 + 1024, np.int64))
    clustering = covered(graph, machine(128, 128), grain=16, worth=10**6)
    assert clustering.clusters == 8 + 8 + 11  # 5 + 5 planes in windows of 2 x 4, 6 in windows of 2 x 3 or less
    assert faults(graph, clustering, machine(128, 128)) == []


def line(planes, places, members):
    """Three neighbours heard in each of `planes`, fewer at both ends; `members` neurons a place."""
    c, o, x, d = np.indices((planes, members, places, 3)).reshape(4, -1)
    heard = x + d - 1
    inside = (heard >= 0) & (heard < places)
    pairs = np.stack([c * places + heard, planes * places + o * places + x], 1)[inside]
    return graph_of([(planes, 1, places), (members, 1, places)], pairs)


def test_windows_at_the_border_take_more_planes_at_once():
    """Six rows hold two planes of three sites, and three of the two sites that the ends hear: 2 + 3 + 3 + 2 blocks."""
    graph, hardware = line(6, 4, 4), machine(6, 4)
    clustering = covered(graph, hardware, worth=10**6)
    assert np.diff(clustering.row_ptr).tolist() == [6] * 10
    assert faults(graph, clustering, hardware) == []


@pytest.mark.parametrize(("first", "planes", "depth"), [(0, 6, 2), (0, 5, 3), (2, 4, 4), (1, 5, 2), (0, 6, 6)])
def test_sums_are_counted_where_they_are_sent(first, planes, depth):
    """Silent on the left, busy on the right: against the steps of every block's sources, block by block."""
    rate = np.concatenate([np.tile(np.linspace(0.0, 0.2, 5), 6), np.full(15, 0.1)])
    graph = recorded(line(6, 5, 3), rate)
    lists = twins(graph.network)
    (grid,) = grids(graph.network, lists)
    on = {}
    for frame, step, source in zip(graph.events.frame_of_event(), graph.events.step, graph.events.source, strict=True):
        on.setdefault(int(source), set()).add((int(frame), int(step)))
    expected = []
    for place in range(5):
        sites = [x for x in (place - 1, place, place + 1) if 0 <= x < 5]
        blocks = [range(p, min(p + depth, first + planes)) for p in range(first, first + planes, depth)]
        sent = [set().union(*(on.get(p * 5 + x, set()) for p in block for x in sites)) for block in blocks if block[0]]
        expected.append(3 * sum(map(len, sent)))
    assert Sums(lists, grid, Activity(graph)).of(first, planes, depth).tolist() == [expected]
    assert len(set(expected)) > 1 or expected == [0] * 5


@pytest.mark.parametrize(("dearer", "fewer", "layers"), [(1.01, 4.0, 1), (1.03, 4.0, 2), (1.01, 10.0, 2)])
def test_a_little_is_paid_for_fewer_crossbars(dearer, fewer, layers):
    """Two layers of one plane cost 200 of which ten are crossbars; one of two planes costs so much more."""
    flat = np.zeros((1, 1), np.int64)
    options = [Layer(1, 100.0, 5.0, 1, flat, flat + 1), Layer(2, 200.0 * dearer, fewer, 1, flat, flat + 1)]
    found = cheapest_layers(options, 2, lambda first, layer: 0.0, may_split=True)
    assert [layer.planes for layer in found] == [2 // layers] * layers


def test_without_splitting_all_planes_are_one_layer():
    graph = convolution(16, 10, 16, 3)
    clustering = covered(graph, machine(256, 128), grain=16, may_split=False)
    assert len(clustering.column_neuron) == graph.network.neurons
    assert faults(graph, clustering, machine(256, 128)) == []
    assert covered(graph, machine(128, 128), may_split=False) is None  # 144 inputs


@pytest.mark.parametrize("limit", [20, 60, 200])
def test_the_limit_of_synapses_is_kept(limit):
    graph, hardware = convolution(2, 6, 4, 3), machine(32, 16, synapse_limit=limit)
    assert faults(graph, covered(graph, hardware), hardware) == []


def test_dense_layers_are_covered_by_blocks():
    graph, hardware = dense(300, 200), machine(128, 128)
    clustering = covered(graph, hardware, grain=16)
    assert clustering.clusters == 3 * 2
    assert faults(graph, clustering, hardware) == []


def test_a_dense_layer_leaves_one_rest_for_what_comes_after():
    """A last block of 16 inputs has room for the next layer of 100 inputs."""
    graph = dense(784, 100)
    clustering = covered(graph, machine(128, 128), grain=16)
    assert sorted(np.diff(clustering.row_ptr)) == [16, *[128] * 6]


def test_mixing_spreads_busy_inputs_over_as_many_blocks_as_it_pays_for():
    """Inputs of three speeds: a fifth more messages make the first two blocks alike."""
    rate = np.concatenate([np.repeat([0.9, 0.1, 0.002], 16)[np.random.default_rng(1).permutation(48)], np.zeros(40)])
    graph, hardware = recorded(dense(48, 40, window=(4, 50)), rate), machine(16, 40)

    def heat(mixing):
        clustering = covered(graph, hardware, grain=40, worth=10**6, mixing=mixing)
        assert faults(graph, clustering, hardware) == []
        cluster = np.repeat(np.arange(3), np.diff(clustering.row_ptr))
        home = np.bincount(clustering.home, minlength=3)
        assert np.max(home) == 40
        spikes = np.bincount(cluster, graph.spikes[clustering.row_source])
        return np.sort(spikes)[::-1], traffic(graph, clustering).delivered

    (sorted_heat, least), (some, paid), (all_alike, most) = heat(0.0), heat(0.2), heat(10.0)
    assert sorted_heat[0] > 2 * sorted_heat[1] > 20 * sorted_heat[2]
    assert some[0] < 1.2 * some[1]
    assert some[2] == sorted_heat[2]
    assert 1.05 * least < paid <= 1.2 * least
    assert all_alike[0] < 1.5 * all_alike[2]
    assert most > 1.2 * least


def test_busy_planes_fire_at_home_and_quiet_ones_send_few_sums():
    """Every other plane is nearly silent: cut by number, both halves would send in every step.

    At this worth of a crossbar one more of them is cheaper than a busy plane whose sums travel.
    """
    rate = np.concatenate([np.tile(np.repeat([0.5, 0.001], 36), 4), np.full(4 * 16, 0.1)])
    graph, hardware = recorded(convolution(8, 6, 4, 3, window=(4, 50)), rate), machine(64, 64)
    clustering = covered(graph, hardware, worth=1000)
    inputs = sum(
        int(graph.spikes[clustering.row_source[clustering.row_ptr[k] : clustering.row_ptr[k + 1]]].sum())
        for k in range(clustering.clusters)
    )
    assert traffic(graph, clustering).delivered - inputs < 0.5 * 4 * 16 * graph.window


def test_the_cheaper_of_cover_and_growth_is_kept():
    graph, hardware = convolution(8, 12, 16, 3), machine(128, 128)
    todo = task(graph, hardware)
    found, grown = constructed(todo, orders=5), constructed(todo, orders=1)
    assert found.cost < grown.cost
    lists = twins(graph.network)
    cuts, worth = choose_cuts(todo, lists)
    windows = by_windows(todo, lists, cuts, todo.limits(worth))
    assert windows is not None
    assert found.cost == windows.cost
    scattered = random_graph(0)
    assert by_windows(task(scattered, hardware), twins(scattered.network), *_cuts(scattered, hardware)) is None


def _cuts(graph, hardware):
    todo = task(graph, hardware)
    cuts, worth = choose_cuts(todo, twins(graph.network))
    return cuts, todo.limits(worth)


@pytest.mark.parametrize("blocks", [3, 30, 1000])
def test_planted_blocks_are_found(blocks):
    """Dense recurrent groups, neurons numbered at random: nothing need travel."""
    assert planted(blocks) == (blocks, 0)


def planted(blocks, size=12, seed=1):
    rng = np.random.default_rng(seed)
    group = rng.permutation(np.repeat(np.arange(blocks), size))
    members = np.argsort(group, kind="stable").reshape(blocks, size)
    pairs = np.stack([np.repeat(members, size, axis=1).ravel(), np.tile(members, (1, size)).ravel()], 1) + 1
    graph = graph_of([1, blocks * size], pairs[pairs[:, 0] != pairs[:, 1]], spikes=np.full(blocks * size + 1, 5))
    clustering = KernighanLin()(PartitionProblem(graph, machine(size, size)), Run(np.random.default_rng(0)))
    return clustering.clusters, traffic(graph, clustering).delivered
