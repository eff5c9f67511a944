"""Kernels are read off synapses that plain loops made: matrices, windows, outputs; what is no convolution is none."""

from dataclasses import replace

import numpy as np
import pytest
from support.kernel_nets import layer, network_of

from snnmap.analysis.convolution import is_shared, kernel_of, shared_layers


def synapses(network):
    """{(source, neuron): weight}."""
    pre = np.repeat(np.arange(network.sources), np.diff(network.indptr))
    return dict(zip(zip(pre.tolist(), network.post.tolist(), strict=True), network.weight.tolist(), strict=True))


def realised(layers):
    """Synapses that matrices, windows and outputs stand for, each as often as it occurs."""
    found = {}
    for shared in layers:
        for window, output in zip(shared.windows, shared.outputs, strict=True):
            for r, c in zip(*np.nonzero(shared.matrix), strict=True):
                if window[r] >= 0:
                    found.setdefault((int(window[r]), int(output[c])), []).append(float(shared.matrix[r, c]))
    return found


CASES = [
    ((2, 7, 6), 3, (3, 3), 1, 1, 1),
    ((2, 9, 9), 4, (3, 2), 2, 0, 1),
    ((4, 8, 8), 4, (2, 2), 2, 0, 4),
    ((4, 6, 7), 6, (3, 3), 1, 2, 2),
    ((1, 12, 12), 5, (5, 5), 3, 1, 1),
    ((3, 1, 9), 2, (1, 3), 1, 1, 1),
]


@pytest.mark.parametrize(("taken", "outputs", "kernel", "stride", "padding", "groups"), CASES)
def test_matrices_windows_and_outputs_are_the_synapses(taken, outputs, kernel, stride, padding, groups):
    for seed in range(5):
        rng = np.random.default_rng(seed)
        made, shape, weights = layer(rng, taken, outputs, kernel, stride, padding, groups)
        bias = rng.integers(-2, 3, outputs)
        network = network_of([made], [taken, shape], {1: bias})
        found = shared_layers(network)
        assert {key: [value] for key, value in synapses(network).items()} == realised(found)
        silent = np.all(weights == 0, axis=(1, 2, 3))
        assert sum(shared.outputs.shape[1] for shared in found) == outputs - int(silent.sum())
        for shared in found:
            assert shared.grid == shape[1:]
            assert len(shared.windows) == len(shared.outputs) == shape[1] * shape[2]


def test_rows_stand_where_they_say_in_a_window_that_moves_by_the_stride():
    made, shape, _ = layer(np.random.default_rng(1), (2, 9, 8), 3, (3, 3), 2, 1)
    (shared,) = shared_layers(network_of([made], [(2, 9, 8), shape], {1: [1, 2, 3]}))
    moving = shared.place[:, 0] >= 0
    assert shared.stride == (2, 2)
    assert np.count_nonzero(~moving) == 1
    assert set(shared.windows[:, ~moving].ravel()) == {2 * 9 * 8}
    y, x = np.divmod(np.arange(len(shared.windows)), shape[2])
    for p in range(len(shared.windows)):
        inside = moving & (shared.windows[p] >= 0)
        channel, at_y, at_x = np.unravel_index(shared.windows[p][inside], (2, 9, 8))
        assert np.array_equal(channel, shared.place[inside, 0])
        assert (
            len(
                set(
                    zip(
                        at_y - 2 * y[p] - shared.place[inside, 1],
                        at_x - 2 * x[p] - shared.place[inside, 2],
                        strict=True,
                    )
                )
            )
            == 1
        )


def test_groups_share_no_input():
    made, shape, _ = layer(np.random.default_rng(2), (4, 5, 5), 6, (3, 3), groups=2)
    one, two = shared_layers(network_of([made], [(4, 5, 5), shape]))
    assert set(one.windows[one.windows >= 0]) & set(two.windows[two.windows >= 0]) == set()
    assert (one.outputs.shape, two.outputs.shape) == ((9, 3), (9, 3))


@pytest.mark.parametrize(
    "how", ["another weight", "one missing", "one more", "a bias of its own", "one position", "flat"]
)
def test_what_is_no_convolution_is_none(how):
    rng = np.random.default_rng(4)
    taken = (2, 6, 6)
    made, shape, _ = layer(rng, taken, 3, (6, 6) if how == "one position" else (3, 3))
    constants = {1: [1, 1, 2]}
    if how == "another weight":
        made[next(iter(made))] += 1
    elif how == "one missing":
        made.pop(next(iter(made)))
    elif how == "one more":
        made[71, 5] = 9
    network = network_of([made], [taken, shape], constants)
    if how == "a bias of its own":
        weight = network.weight.copy()
        weight[network.indptr[72]] += 1
        network = replace(network, weight=weight)
    elif how == "flat":
        flat = [replace(p, shape=(p.size,)) for p in network.populations]
        network = replace(network, populations=tuple(flat))
    assert shared_layers(network) == ()
    assert not is_shared(network)


def test_a_weight_of_nothing_is_a_synapse_all_the_same():
    made, shape, _ = layer(np.random.default_rng(5), (1, 5, 5), 2, (3, 3))
    network = network_of([made], [(1, 5, 5), shape])
    weight = np.where(network.weight == network.weight[0], 0.0, network.weight)
    (shared,) = shared_layers(replace(network, weight=weight.astype(np.float32)))
    assert np.count_nonzero(shared.matrix) < np.count_nonzero(shared_layers(network)[0].matrix)
    assert shared.windows.shape == shared_layers(network)[0].windows.shape


def test_strides_that_one_channel_does_not_tell_are_those_of_all():
    """The first channel has a synapse at a single place of its kernel, as if the kernel were that small."""
    made, shape, _ = layer(np.random.default_rng(6), (2, 7, 6), 2, (3, 2))
    first = next(iter(made))
    offset = {pair: pair[0] - pair[1] % 25 // 5 * 6 - pair[1] % 5 for pair in made}
    kept = {pair: w for pair, w in made.items() if pair[1] >= 25 or offset[pair] == offset[first]}
    source, unit = np.array(sorted(kept)).T
    assert unit[0] < 25
    kernel = kernel_of((2, 7, 6), shape, source, unit, np.array([kept[pair] for pair in sorted(kept)], float))
    assert (kernel.stride, kernel.size) == ((1, 1), (3, 2))
    assert kernel.there.sum(axis=0).tolist() == [1, len({offset[pair] for pair in kept if pair[1] >= 25})]


def test_some_layer_is_shared_beside_others():
    rng = np.random.default_rng(7)
    made, shape, _ = layer(rng, (2, 5, 5), 2, (3, 3))
    dense = {(i, j): 1 + (i * j) % 3 for i in range(int(np.prod(shape))) for j in range(4)}
    assert is_shared(network_of([made, dense], [(2, 5, 5), shape, (4,)]))
    own = {pair: int(rng.integers(1, 9)) for pair in made}
    assert not is_shared(network_of([own, dense], [(2, 5, 5), shape, (4,)]))
