"""Blocks packed side by side: legal, never more executions than hxtorch's rule, against all packings of small ones."""

from itertools import product
from math import ceil

import numpy as np
import pytest

from snnmap.hardware.targets.brainscales2 import load_target
from snnmap.hardware.targets.packing import executions, least_executions, packed, turns

CHIP = load_target("brainscales2")
MNIST = [(100, 20), (500, 128), (128, 10)]


def networks(count, layers=6, most=1500):
    rng = np.random.default_rng(3)
    for _ in range(count):
        yield [tuple(int(n) for n in rng.integers(1, most, 2)) for _ in range(int(rng.integers(1, layers)))]


def rule(shapes):
    """hxtorch's executions, by a formula of its own: every layer begins with one."""
    return sum(ceil(ceil(inputs / 128) * ceil(outputs / 256) / 2) for inputs, outputs in shapes)


def test_the_published_network_takes_2_executions_and_4_by_the_rule() -> None:
    held = packed(CHIP, MNIST)
    assert (executions(held), rule(MNIST), least_executions(CHIP, MNIST)) == (2, 4, 2)
    assert [turns(held, layer) for layer in range(3)] == [1, 2, 1]
    assert executions(packed(CHIP, [(512, 128)])) == 1  # two blocks fill a hemisphere to the last column


def test_200_random_networks_are_legal_and_never_take_more_executions_than_the_rule() -> None:
    fewer = 0
    for shapes in networks(200):
        held = packed(CHIP, shapes)
        taken: dict[tuple[int, int], np.ndarray] = {}
        cells = [np.zeros(shape, np.int64) for shape in shapes]
        for each in held:
            (top, bottom), (left, right) = each.block.inputs, each.block.outputs
            assert 0 < bottom - top <= 128
            assert each.block.hemisphere in (0, 1)
            columns = taken.setdefault((each.block.execution, each.block.hemisphere), np.zeros(256, np.int64))
            assert each.column + right - left <= 256
            columns[each.column : each.column + right - left] += 1
            cells[each.layer][top:bottom, left:right] += 1
        assert max(columns.max() for columns in taken.values()) == 1
        assert all(np.all(cell == 1) for cell in cells)
        assert least_executions(CHIP, shapes) <= executions(held) <= rule(shapes)
        fewer += executions(held) < rule(shapes)
    assert fewer > 100


def test_small_networks_take_the_fewest_of_all_packings_or_one_more() -> None:
    same = 0
    for shapes in networks(40, layers=4, most=300):
        widths = [b.outputs[1] - b.outputs[0] for shape in shapes for b in CHIP.blocks(*shape)]
        if len(widths) > 6:
            continue
        fits = (
            1 + max(place)
            for place in product(range(len(widths)), repeat=len(widths))
            if all(sum(w for w, p in zip(widths, place, strict=True) if p == bin_) <= 256 for bin_ in set(place))
        )
        fewest = ceil(min(fits) / 2)
        assert fewest <= executions(packed(CHIP, shapes)) <= fewest + 1
        same += executions(packed(CHIP, shapes)) == fewest
    assert same >= 10


@pytest.mark.parametrize(
    ("shapes", "expected"),
    [
        ([(128, 10)], [1]),
        ([(256, 10)], [2]),  # two inputs' worth beside each other on one hemisphere
        ([(128, 300)], [1]),  # two hemispheres at once
        ([(256, 300)], [3]),  # 256 and 256 at once, then 44 and 44 on one hemisphere
        ([(512, 256)], [2]),  # two executions, both hemispheres in each
        ([(384, 256)], [2]),
    ],
)
def test_turns_are_other_inputs_of_one_hemisphere(shapes, expected) -> None:
    held = packed(CHIP, shapes)
    assert [turns(held, layer) for layer in range(len(shapes))] == expected
