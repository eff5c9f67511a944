"""Chips whose arrays hold weights in other ways: what that leaves of them, in rows, columns, area and words."""

from dataclasses import replace

import pytest
from support import small_workload
from support.encoded import CASES, name

import snnmap
from snnmap.core.errors import InfeasibleError
from snnmap.hardware import Weights, describe, load_hardware, weights_told
from snnmap.hardware.model import UNLIMITED

SHIPPED = ("pcm-pair-arrays", "pcm-pair-columns", "pcm-pair-rows", "pcm-offset-column", "oxram-one-bit")


@pytest.mark.parametrize(
    ("chip", "size", "weights"),
    [
        ("pcm-pair-arrays", (128, 128), Weights("pair_arrays", 8)),
        ("pcm-pair-columns", (128, 64), Weights("pair_columns", 8)),
        ("pcm-pair-rows", (64, 128), Weights("pair_rows", 8)),
        ("pcm-offset-column", (128, 127), Weights("offset_column", 15)),
        ("oxram-one-bit", (128, 127), Weights("offset_column", 2)),
    ],
)
def test_a_chip_of_every_encoding_ships(chip: str, size: tuple[int, int], weights: Weights) -> None:
    hardware = load_hardware(chip)
    assert (hardware.rows, hardware.columns) == size
    assert hardware.weights == weights
    assert (hardware.crossbar, hardware.word_lines, hardware.bit_lines) == ("128x128", 128, 128)
    assert hardware.cells == size[0] * size[1]


@pytest.mark.parametrize("chip", SHIPPED)
def test_a_small_network_compiles_on_it_and_is_legal(chip: str) -> None:
    options = snnmap.CompileOptions(hardware=f"{chip}:rows=32,columns=16", seed=3)
    done = snnmap.compile(small_workload.workload(), options)
    assert snnmap.verify(done.mapping, done.graph, done.hardware) == []
    held = done.hardware.weights
    assert (done.mapping.chip.encoding, done.mapping.chip.levels) == (held.encoding, held.levels)
    assert any(note == weights_told(done.hardware) for note in done.report.notes)


def test_lines_are_divided_among_rows_and_columns_and_a_rest_is_left() -> None:
    hardware = replace(load_hardware("pcm-mesh"), weights=Weights("pair_columns", 4, 3))
    assert (hardware.columns, hardware.converted) == (21, 63)  # 126 of 128 bit lines
    assert hardware.resized(None, 13).columns == 2
    assert hardware.resized(None, 13).rows == UNLIMITED
    rows = replace(hardware, weights=Weights("pair_rows")).resized(None, 8).fitted(100)
    assert (rows.rows, rows.word_lines) == (100, 200)
    with pytest.raises(InfeasibleError, match="need 6,000, have 4,096"):
        rows.resized(None, 8).fitted(3000)


@pytest.mark.parametrize("weights", CASES, ids=name)
def test_arrays_drivers_and_converters_follow_the_lines(weights: Weights) -> None:
    plain = load_hardware("pcm-mesh")
    chip = replace(plain, weights=weights)
    arrays = 2 if weights.encoding == "pair_arrays" else 1
    assert chip.areas()["array"] == pytest.approx(plain.areas()["array"] * arrays / 2)
    assert chip.areas()["driver"] == pytest.approx(plain.areas()["driver"] * arrays / 2)
    assert chip.areas()["neuron"] == pytest.approx(plain.areas()["neuron"] * chip.columns / 128)
    assert chip.converted == chip.columns * weights.slices
    assert chip.row_program_time == plain["program_time"] * (2 if weights.encoding == "pair_rows" else 1)


def test_an_array_too_small_for_a_weight_is_infeasible_with_its_demand(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('extends = "pcm-mesh"\ncolumns = 8\n[weights]\nencoding = "pair_columns"\nlevels = 2\nslices = 5\n')
    with pytest.raises(InfeasibleError, match=r"bit lines of a neuron \(pair_columns\): need 10, have 8\. Use larger"):
        load_hardware(str(path))
    assert load_hardware(f"{path}:columns=10").columns == 1


def test_rows_that_pairs_take_are_told_where_a_neuron_has_too_many_inputs(tmp_path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('extends = "pcm-pair-rows"\nmerge = false\nrows = 32\n')
    with pytest.raises(InfeasibleError, match=r"crossbar rows: need \d+, have 16\..* pair_rows takes 2 word lines"):
        snnmap.compile(small_workload.workload(), snnmap.CompileOptions(hardware=str(path)))


def test_what_an_encoding_leaves_is_said() -> None:
    told = {chip: weights_told(load_hardware(chip)) for chip in SHIPPED}
    assert told["pcm-pair-columns"].endswith("8 levels: 64 neurons on 128 bit lines, 128 inputs on 128 word lines")
    assert "127 neurons on 128 bit lines, one of them the reference" in told["pcm-offset-column"]
    assert told["pcm-pair-arrays"].endswith("word lines of each of two arrays")
    assert any(line.startswith("Weights: pair_rows") for line in describe(load_hardware("pcm-pair-rows")))
    assert not any("eights:" in line for line in describe(load_hardware("pcm-mesh")))
    free = replace(load_hardware("pcm-mesh:rows=unlimited"), weights=Weights("pair_columns", 2, 3))
    assert weights_told(free) == "weights: pair_columns, 2 levels, 3 slices: 21 neurons on 128 bit lines"


def test_check_says_it_too() -> None:
    answer = snnmap.check("braille-rsnn", hardware="pcm-pair-columns")
    assert (answer["rows"], answer["columns"], answer["word_lines"], answer["bit_lines"]) == (128, 64, 128, 128)
    assert (answer["encoding"], answer["levels"], answer["slices"]) == ("pair_columns", 8, 1)
    assert answer["notes"][0] == weights_told(load_hardware("pcm-pair-columns"))
    assert snnmap.check("braille-rsnn")["notes"] == []
