"""BrainScaleS-2: what the file says, and hxtorch's rules against formulas of their own."""

from math import ceil
from pathlib import Path

import numpy as np
import pytest

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.hardware import load_hardware
from snnmap.hardware.targets.brainscales2 import Block, load_target

CHIP = load_target("brainscales2")


def test_limits_are_those_of_the_chip() -> None:
    assert (CHIP.largest_input, CHIP.largest_weight, CHIP.span) == (31, 63, (-128, 127))
    assert (CHIP.hemispheres, CHIP.inputs, CHIP.outputs, CHIP.circuits) == (2, 128, 256, 512)
    assert CHIP["gain"] == 0.002
    assert CHIP["power"] == pytest.approx(192e-6 / 276e-6, rel=1e-3)
    assert CHIP.vector_time(128, 1) == pytest.approx(5e-6, rel=0.02)
    assert CHIP.vector_time(500, 6) == CHIP.vector_time(128, 6) == pytest.approx(6 * 256 * 8e-9 + 3e-6)


def test_the_published_network_takes_1_4_and_1_blocks_in_1_2_and_1_executions() -> None:
    shapes = [(100, 20), (500, 128), (128, 10)]
    assert [len(CHIP.blocks(*shape)) for shape in shapes] == [1, 4, 1]
    assert [CHIP.executions(*shape) for shape in shapes] == [1, 2, 1]


def test_outputs_are_the_outer_loop_and_hemispheres_the_first_to_fill() -> None:
    assert CHIP.blocks(200, 300) == (
        Block((0, 128), (0, 256), 0, 0),
        Block((128, 200), (0, 256), 0, 1),
        Block((0, 128), (256, 300), 1, 0),
        Block((128, 200), (256, 300), 1, 1),
    )


def test_a_spiking_network_takes_5_parts() -> None:
    assert CHIP.spiking_parts([(784, 256), (256, 10)]) == (4, 1)
    assert [CHIP.circuits_of(n) for n in (0, 1, 128, 129, 784)] == [1, 1, 1, 2, 7]


def test_200_random_shapes_equal_a_formula() -> None:
    rng = np.random.default_rng(1)
    for _ in range(200):
        inputs, outputs = (int(n) for n in rng.integers(1, 3000, 2))
        blocks = CHIP.blocks(inputs, outputs)
        count = ceil(inputs / 128) * ceil(outputs / 256)
        assert len(blocks) == count
        assert CHIP.executions(inputs, outputs) == ceil(count / 2)
        for k, block in enumerate(blocks):
            row, column = k % ceil(inputs / 128), k // ceil(inputs / 128)
            assert block.inputs == (128 * row, min(128 * row + 128, inputs))
            assert block.outputs == (256 * column, min(256 * column + 256, outputs))
            assert (block.execution, block.hemisphere) == (k // 2, k % 2)
        assert CHIP.spiking_parts([(inputs, outputs)]) == (ceil(outputs / (512 // ceil(inputs / 128))),)


def test_a_neuron_of_more_inputs_than_all_circuits_does_not_fit() -> None:
    with pytest.raises(InfeasibleError, match="inputs of a neuron: need 65,537, have 65,536"):
        CHIP.spiking_parts([(65_537, 1)])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("hemispheres = 2", "hemispheres = 0", "hemispheres: must be an integer of at least 1"),
        ("inputs = 128", "", "inputs: this key is missing"),
        ("circuits = 512", "circuits = 512\nrows = 3", "rows"),
        ("input_bits = 5", "input_bits = 60", "input_bits: must be at most 16"),
        ('unit = "W"', 'unit = "J"', "is of another dimension"),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_key(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (Path(__file__).parents[2] / "hwmodels" / "targets" / "brainscales2.toml").read_text()
    assert old in text
    path = tmp_path / "b.toml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=said):
        load_target(str(path))


def test_each_kind_of_file_says_what_the_other_is_for() -> None:
    with pytest.raises(InputError, match="nothing is compiled for it; run an integer network on it with snnmap mac"):
        load_hardware("brainscales2")
    with pytest.raises(InputError, match="'pcm-mesh' is a chip, not a machine without crossbars"):
        load_target("pcm-mesh")
