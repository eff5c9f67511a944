"""What layers take in crossbars, beside explicit loops over positions, and beside published counts of tiles."""

from itertools import product
from math import ceil

import numpy as np
import pytest
from support.kernel_nets import layer, network_of

from snnmap.analysis.arrangements import arranged, dense, packed, unrolled, unrolled_at_least
from snnmap.analysis.bounds import lower_bounds
from snnmap.analysis.forms import network_forms
from snnmap.frontend import load_network
from snnmap.hardware import Hardware, load_hardware
from snnmap.ir.forms import LayerForm


def chip(rows: int, columns: int, memory: float = 1e15) -> Hardware:
    return load_hardware("pcm-mesh").resized(rows, columns).with_value("memory_bits", memory)


def conv(side: int, taken: int, outputs: int, kernel: int, padding: int = 0) -> LayerForm:
    out = side + 2 * padding - kernel + 1
    pads, sides = (padding, padding), (kernel, kernel)
    return LayerForm("c", "p", "conv", (taken, side, side), outputs, grid=(out, out), kernel=sides, padding=pads)


def full(inputs: int, outputs: int) -> LayerForm:
    return LayerForm("f", "p", "dense", (inputs, 1, 1), outputs)


LENET5 = [conv(28, 1, 6, 5), conv(12, 6, 16, 5), full(256, 120), full(120, 84), full(84, 10)]
CSNN = [conv(28, 1, 16, 5), conv(12, 16, 64, 5), full(1024, 10)]
VGG8 = [
    *(conv(side, a, b, 3, 1) for side, a, b in ((32, 3, 128), (32, 128, 128), (16, 128, 256), (16, 256, 256))),
    *(conv(side, a, b, 3, 1) for side, a, b in ((8, 256, 512), (8, 512, 512))),
    full(8192, 1024),
    full(1024, 10),
]


@pytest.mark.parametrize(
    ("net", "side", "tiles", "uses"),
    [(LENET5, 128, 10, 640), (CSNN, 128, 13, 640), (VGG8, 128, 1592, 2688), (VGG8, 256, 402, 2688)],
)
def test_published_tiles_and_uses(net: list[LayerForm], side: int, tiles: int, uses: int) -> None:
    """Differential columns, averages outside crossbars, no constant rows; uses are the positions of convolutions."""
    hardware = load_hardware("pcm-pair-columns").resized(side, side)
    assert (hardware.rows, hardware.columns) == (side, side // 2)
    ways = [arranged(form, hardware)[0] for form in net]
    assert sum(way.blocks for way in ways) == tiles
    assert sum(way.vectors for way in ways if way.way == "dense") == uses


def window(form: LayerForm, y: int, x: int, down: int, across: int) -> set[tuple[int, int]]:
    """Inputs of a channel, inside the edges or not, that the positions from (y, x) hear."""
    return {
        ((y + i) * form.stride[0] + k, (x + j) * form.stride[1] + m)
        for i, j, k, m in product(range(down), range(across), range(form.kernel[0]), range(form.kernel[1]))
    }


def test_ways_equal_loops_over_windows() -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        groups = int(rng.integers(1, 4))
        per_in, per_out = (int(n) for n in rng.integers(1, 4, 2))
        kernel, stride = tuple(rng.integers(1, 5, 2).tolist()), tuple(rng.integers(1, 6, 2).tolist())
        grid = tuple(rng.integers(1, 6, 2).tolist())
        size = tuple((n - 1) * s + k for n, s, k in zip(grid, stride, kernel, strict=True))
        biases = int(rng.integers(0, 2))
        form = LayerForm("n", "p", "conv", (groups * per_in, *size), groups * per_out, grid=grid, kernel=kernel,
                         stride=stride, groups=groups, biases=biases)  # fmt: skip
        rows, columns = int(rng.integers(4, 40)), int(rng.integers(2, 20))
        hardware = chip(rows, columns)
        found = {}
        for down, across in product(range(1, grid[0] + 1), range(1, grid[1] + 1)):
            own = per_in * len(window(form, 0, 0, down, across))
            beside = max(1, min(groups, rows // (own + biases), columns // (per_out * down * across)))
            high = ceil((beside * own + biases) / rows) * ceil(beside * per_out * down * across / columns)
            uses = ceil(grid[0] / down) * ceil(grid[1] / across)
            found[down, across] = uses, ceil(groups / beside) * high
        assert unrolled(form, hardware).blocks == min(uses * blocks for uses, blocks in found.values())
        assert dense(form, hardware).blocks == found[1, 1][1]
        assert dense(form, hardware).vectors == grid[0] * grid[1]
        way = packed(form, hardware)
        assert way.vectors <= dense(form, hardware).vectors
        assert way.blocks == dense(form, hardware).blocks
        down, across = way.positions
        assert way.vectors == ceil(grid[0] / down) * ceil(grid[1] / across)
        if way.positions != (1, 1):
            assert way.columns <= columns
            assert way.rows <= rows


def test_packing_is_as_dense_as_rows_and_columns_allow() -> None:
    form = conv(9, 1, 4, 3)  # 7 x 7 positions of 9 inputs
    assert packed(form, chip(9, 100)).positions == (1, 1)
    assert packed(form, chip(12, 100)).vectors == 28  # two beside each other take 12 inputs: 4 x 7 uses
    assert packed(form, chip(16, 100)).vectors == 16  # four take 16
    assert packed(form, chip(16, 15)).vectors == 21  # but 16 columns: three, which take 15 inputs
    assert packed(form, chip(81, 196)).vectors == 1


CASES = [
    ((2, 7, 6), 3, (3, 3), 1, 1, 1),
    ((2, 9, 9), 4, (3, 2), 2, 0, 1),
    ((4, 8, 8), 4, (2, 2), 2, 0, 4),
    ((4, 6, 7), 6, (3, 3), 1, 2, 2),
    ((1, 12, 12), 5, (5, 5), 3, 1, 1),
    ((1, 5, 6), 2, (2, 2), 1, 2, 1),  # the first windows lie beyond the edge
]


@pytest.mark.parametrize(("taken", "outputs", "kernel", "stride", "padding", "groups"), CASES)
def test_forms_are_read_off_synapses_and_bounds_are_those_of_the_network(
    taken: tuple[int, int, int], outputs: int, kernel: tuple[int, int], stride: int, padding: int, groups: int
) -> None:
    rng = np.random.default_rng(3)
    synapses, shape, weights = layer(rng, taken, outputs, kernel, stride, padding, groups)
    made, _, _ = layer(Full(), taken, outputs, kernel, stride, padding, groups)
    network = network_of([made], [taken, shape], {1: np.ones(outputs)})
    (form,) = network_forms(network)
    assert (form.taken, form.outputs, form.grid, form.kernel) == (taken, outputs, shape[1:], kernel)
    assert (form.stride, form.padding, form.groups) == ((stride, stride), (padding, padding), groups)
    assert (form.biases, form.synapses, form.drawn) == (1, network.synapses, None)
    fan_in = np.bincount(network.post, minlength=network.sources)[network.externals :]
    np.testing.assert_array_equal(form.fan_in(), fan_in)
    np.testing.assert_array_equal(form.fan_out(), np.diff(network.indptr)[: network.externals])
    hardware = chip(24, 12)
    assert unrolled_at_least(form, hardware) == max(lower_bounds(network, hardware).values())
    assert unrolled(form, hardware).blocks >= unrolled_at_least(form, hardware)
    assert len(synapses) <= len(made)
    assert weights.size


class Full:
    """Draws that leave no weight out."""

    def integers(self, low: int, high: int, size: tuple[int, ...]) -> np.ndarray:
        drawn = np.random.default_rng(5).integers(low, high, size)
        return np.where(drawn == 0, 7, drawn)


def test_other_layers_are_told_apart() -> None:
    ones = {(k, k): 1 + k % 3 for k in range(6)}
    every = {(i, j): 1 + (i + 2 * j) % 5 for i in range(6) for j in range(4)}
    some = {(i, j): 2 for i in range(4) for j in range(5) if (i + j) % 3}
    forms = network_forms(network_of([ones, every, some], [(6,), (6,), (4,), (5,)]))
    assert [form.kind for form in forms] == ["one-to-one", "dense", "random"]
    assert [form.synapses for form in forms] == [6, 24, len(some)]
    hardware = chip(4, 4)
    for form in forms:
        (only,) = arranged(form, hardware)
        assert (only.way, only.vectors, only.copies) == ("unrolled", 1, 1)
    assert unrolled(forms[0], hardware).blocks == 2  # four on the diagonal of one, two on that of another
    assert unrolled(forms[1], hardware).blocks == 2


def test_an_average_by_channels_is_a_pool_and_its_groups_stand_beside_each_other() -> None:
    made, shape, _ = layer(Ones(), (6, 8, 8), 6, (2, 2), 2, 0, 6)
    (form,) = network_forms(network_of([made], [(6, 8, 8), shape]))
    assert (form.kind, form.groups) == ("pool", 6)
    assert dense(form, chip(16, 64)).blocks == 2  # four groups of four rows, then two
    assert dense(form, chip(24, 5)).blocks == 2  # five columns
    assert dense(form, chip(24, 6)).blocks == 1


class Ones:
    """Draws of equal weights."""

    def integers(self, low: int, high: int, size: tuple[int, ...]) -> np.ndarray:
        return np.ones(size, np.int64)


def test_states_that_do_not_fit_a_tile_take_copies() -> None:
    form = conv(12, 1, 4, 3)  # 100 uses of 4 columns, two words of 32 bits each
    assert dense(form, chip(16, 16, 256 * 100)).copies == 1
    way = dense(form, chip(16, 16, 256 * 100 - 1))
    assert (way.copies, way.blocks, way.crossbars, way.uses, way.vectors) == (2, 1, 2, 50, 100)
    assert dense(form, chip(16, 16, 255)).copies == 0
    wide = conv(12, 1, 40, 3)  # three blocks of columns, of which a tile holds one: 16 at most
    assert dense(wide, chip(16, 16, 1024 * 100)).copies == 1


def test_constants_are_rows_of_the_first_source_alone() -> None:
    forms = network_forms(load_network("braille-rsnn").network)
    assert [(form.source, form.biases) for form in forms] == [("input", 1), ("lif1.lif", 0), ("lif1.lif", 1)]


def test_cells_and_crossings() -> None:
    form = conv(9, 1, 4, 3)
    way = packed(form, chip(16, 100))
    assert (way.cells, way.crossings) == (9 * 16, 16 * 16)
    held = unrolled(form, chip(16, 16))
    assert (held.blocks, held.positions, held.cells, held.crossings) == (16, (2, 2), 49 * 36, 16 * 16 * 16)
    assert (held.driven, held.converted) == (16 * 16, 16 * 16)
