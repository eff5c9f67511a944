"""Kernels held once: what blocks, packing and copies realise, by lists made from the clustering in plain loops."""

from dataclasses import replace

import numpy as np
import pytest
from support.kernel_nets import graph_of, kernel_network, layer, network_of

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.core.run import stream
from snnmap.hardware import load_hardware
from snnmap.legality.rules import clustering_violations
from snnmap.stages.partition.dense import Dense
from snnmap.stages.protocols import PartitionProblem, Run

CHIP = load_hardware("pcm-mesh:rows=16,columns=12,tiles=16x16")


def clustered(graph, chip=CHIP, **options):
    return Dense(**options)(PartitionProblem(graph, chip), Run(stream(0, "partition")))


def test_every_synapse_is_realised_in_one_use_alone():
    for seed in range(6):
        graph = graph_of(kernel_network(seed, bias=seed % 2 == 0))
        for options in ({"mode": "dense"}, {"mode": "packed"}, {"mode": "auto"}, {"mode": "dense", "copies": 3}):
            clustering = clustered(graph, **options)
            assert clustering_violations(clustering, graph, CHIP) == []


def test_blocks_are_as_even_as_can_be_and_used_once_per_position():
    made, shape, _ = layer(np.random.default_rng(1), (4, 6, 6), 10, (3, 3))
    graph = graph_of(network_of([made], [(4, 6, 6), shape]))
    clustering = clustered(graph, load_hardware("pcm-mesh:rows=16,columns=8,tiles=16x16"))
    rows = len({s for s, _ in made if s // 36 < 4})  # every input is in some window
    assert rows == 144
    assert clustering.clusters == 3 * 2  # 36 rows in 3 blocks of 12, 10 columns in 2 of 5
    assert clustering.rows.tolist() == [12] * 6
    assert clustering.columns.tolist() == [5] * 6
    assert clustering.uses.count.tolist() == [16] * 6
    homes = np.unique(clustering.home, return_counts=True)
    assert homes[0].tolist() == [0, 3]
    assert homes[1].tolist() == [80, 80]


def test_packed_positions_share_rows_and_take_fewer_uses_and_no_more_crossbars():
    made, shape, _ = layer(np.random.default_rng(2), (1, 9, 9), 2, (2, 2))
    graph = graph_of(network_of([made], [(1, 9, 9), shape]))
    single, packed = clustered(graph), clustered(graph, mode="packed")
    assert single.clusters == packed.clusters == 1
    assert single.uses.count.tolist() == [64]
    # 12 columns are 6 positions of 2 outputs: 2 x 3 take 3 x 4 rows and 4 x 3 uses; no shape takes fewer
    assert packed.uses.count.tolist() == [12]
    assert packed.rows.tolist() == [12]
    assert packed.columns.tolist() == [12]
    assert clustering_violations(packed, graph, CHIP) == []


def test_positions_beyond_the_edge_leave_columns_unbound():
    made, shape, _ = layer(np.random.default_rng(3), (1, 8, 8), 2, (2, 2))
    graph = graph_of(network_of([made], [(1, 8, 8), shape]))
    packed = clustered(graph, mode="packed")
    sizes = np.diff(packed.uses.column_ptr)
    assert sizes.min() < sizes.max() == packed.columns[0]
    assert sorted(packed.column_neuron.tolist()) == list(range(64, 64 + 98))


def test_channels_of_a_pool_share_a_crossbar():
    made, shape, _ = layer(np.random.default_rng(4), (6, 4, 4), 6, (2, 2), stride=2, groups=6)
    clustering = clustered(graph_of(network_of([made], [(6, 4, 4), shape])))
    assert clustering.clusters == 2  # 4 rows a channel: four of the six fill 16
    assert clustering.uses.count.tolist() == [4, 4]


def test_copies_share_the_uses_and_hold_the_same_cells():
    made, shape, _ = layer(np.random.default_rng(5), (1, 8, 8), 3, (3, 3))
    graph = graph_of(network_of([made], [(1, 8, 8), shape]))
    clustering = clustered(graph, copies=5)
    assert clustering.clusters == 5
    assert sorted(clustering.uses.count.tolist()) == [7, 7, 7, 7, 8]
    assert len({tuple(c) for c in np.split(clustering.uses.column_line, clustering.column_ptr[1:-1])}) >= 1
    with pytest.raises(InfeasibleError, match=r"need 37, have 36.*at most 36"):
        clustered(graph, copies=37)
    with pytest.raises(InputError, match=r"partition\.copies is -1"):
        clustered(graph, copies=-1)


def test_copies_are_made_where_states_do_not_fit_the_memory():
    made, shape, _ = layer(np.random.default_rng(6), (1, 8, 8), 3, (3, 3))
    graph = graph_of(network_of([made], [(1, 8, 8), shape]))
    words = 2 * int(CHIP["sum_bits"])
    assert clustered(graph, CHIP.with_value("memory_bits", 36 * 3 * words)).clusters == 1
    assert clustered(graph, CHIP.with_value("memory_bits", 36 * 3 * words - 1)).clusters == 2
    assert clustered(graph, CHIP.with_value("memory_bits", 3 * words)).clusters == 36
    with pytest.raises(InfeasibleError, match="one use of 'layer1'"):
        clustered(graph, CHIP.with_value("memory_bits", 3 * words - 1))


def test_auto_leaves_alone_what_takes_no_fewer_crossbars():
    made, shape, _ = layer(np.random.default_rng(7), (1, 5, 5), 2, (4, 4))  # four positions of two outputs: a crossbar
    graph = graph_of(network_of([made], [(1, 5, 5), shape]))
    assert clustered(graph, mode="auto").uses is None
    assert clustered(graph, mode="dense").uses is not None


def test_other_layers_go_to_the_partitioner_that_is_named():
    graph = graph_of(kernel_network())
    first, own = clustered(graph, rest="first_fit"), clustered(graph, rest="sequential")
    assert first.uses.count.sum() == own.uses.count.sum() - own.clusters + first.clusters
    with pytest.raises(InputError, match="no partitioner"):
        clustered(graph, rest="nonsense")
    with pytest.raises(InputError, match="another partitioner than dense"):
        clustered(graph, rest="dense")


def test_without_convolutions_it_is_the_other_partitioner():
    graph = graph_of(network_of([{(i, j): 1 + (i + j) % 4 for i in range(20) for j in range(9)}], [(20,), (9,)]))
    clustering = clustered(graph)
    assert clustering.uses is None
    assert clustering_violations(clustering, graph, CHIP) == []


def test_channels_that_hear_nothing_go_to_the_other_partitioner():
    made, shape, _ = layer(np.random.default_rng(8), (1, 6, 6), 3, (3, 3))
    places = shape[1] * shape[2]
    silent = {pair: weight for pair, weight in made.items() if pair[1] // places != 1}
    graph = graph_of(network_of([silent], [(1, 6, 6), shape]))
    for mode in ("dense", "packed", "auto"):
        clustering = clustered(graph, mode=mode)
        assert clustering.uses is not None
        assert clustering_violations(clustering, graph, CHIP) == []


def test_what_the_chip_does_not_allow_is_refused_with_the_remedy():
    made, shape, _ = layer(np.random.default_rng(9), (4, 6, 6), 3, (3, 3))
    graph = graph_of(network_of([made], [(4, 6, 6), shape]))
    lonely, few = replace(CHIP, merge=False), replace(CHIP, synapse_limit=20)
    with pytest.raises(InfeasibleError, match=r"kernels of 'layer1': need 36, have 16.*merges partial sums"):
        clustered(graph, lonely)
    with pytest.raises(InfeasibleError, match=r"cells of a crossbar for 'layer1': need 48, have 20.*synapse_limit"):
        clustered(graph, few)
    auto = clustered(graph, few, mode="auto")
    assert auto.uses is None
    assert clustering_violations(auto, graph, few) == []
    asked = PartitionProblem(graph, CHIP, may_split=False)
    with pytest.raises(InfeasibleError, match="--split partial_sum"):
        Dense()(asked, Run(stream(0, "partition")))
