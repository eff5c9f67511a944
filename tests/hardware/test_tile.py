"""Tiles follow the size of the crossbar and the node: pitch, area, leaking width, energies and times of logic."""

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest

from snnmap.core.errors import InputError
from snnmap.hardware import Weights, describe, load_hardware
from snnmap.hardware.keys import CHIP_KEYS

NODES = (65, 45, 32, 22, 16)
CHIPS = Path(__file__).parents[2] / "hwmodels" / "chips"


def test_a_tile_is_its_components() -> None:
    chip = load_hardware("pcm-mesh")
    f2 = (65e-9) ** 2
    expected = {
        "array": 2 * 128 * 128 * (260e-9) ** 2,
        "driver": 2 * 128 * 6000 * f2,
        "dac": 0.0,
        "sample_hold": 128 * 1000 * f2,
        "adc": 16 * 373000 * f2,
        "shift_add": 0.0,
        "neuron": 128 * 10000 * f2,
        "buffer": 128 * 4 * 1168 * f2,
        "router": 2.3e6 * f2,
    }
    assert chip.areas() == pytest.approx(expected, rel=1e-6, abs=0)
    assert chip.tile_pitch == pytest.approx((sum(expected.values()) / 0.7) ** 0.5, rel=1e-6, abs=0)
    widths = {"driver": 2 * 128 * 70, "dac": 0, "sample_hold": 128 * 10, "adc": 16 * 2240, "shift_add": 0}
    widths |= {"neuron": 128 * 150, "buffer": 128 * 4 * 48, "router": 18000}
    assert chip.leaking_widths() == pytest.approx({name: f * 65e-9 for name, f in widths.items()}, rel=1e-6, abs=0)
    assert chip.leaking_width == pytest.approx(sum(widths.values()) * 65e-9, rel=1e-6, abs=0)


def test_rows_and_columns_each_bring_their_own() -> None:
    chip = load_hardware("pcm-mesh")
    wide, tall = chip.resized(128, 256), chip.resized(256, 128)
    for tile, doubled in ((wide, {"adc", "sample_hold", "neuron"}), (tall, {"driver", "buffer"})):
        for name, area in tile.areas().items():
            grown = 2 if name in doubled or name == "array" else 1
            assert area == pytest.approx(grown * chip.areas()[name], rel=1e-6, abs=0), name
    assert chip.tile_pitch < tall.tile_pitch < wide.tile_pitch  # converters are the largest
    names = ("pcm-mesh-64", "pcm-mesh", "pcm-mesh-256")
    pitches = [load_hardware(name).tile_pitch for name in names]
    assert pitches == sorted(set(pitches))


def test_smaller_nodes_are_smaller_faster_and_need_less() -> None:
    chips = [load_hardware("pcm-mesh", f"pcm-{node}") for node in NODES]
    follows = [key for key, declared in CHIP_KEYS.items() if declared.follows]
    assert len(follows) == 14
    for key in follows:
        values = [chip[key] for chip in chips]
        assert values[0] == chips[0].values[key].value, "stated for 65 nm"
        assert values == sorted(values, reverse=True)
        assert len(set(values)) == len(NODES)
        assert values[-1] == pytest.approx(values[0] * chips[-1].technology[CHIP_KEYS[key].follows], rel=1e-6, abs=0)
    for quantity in (lambda c: c.tile_pitch, lambda c: c.leaking_width, lambda c: c.technology["supply_voltage"]):
        values = [quantity(chip) for chip in chips]
        assert values == sorted(values, reverse=True)
    assert chips[0]["read_time"] == chips[-1]["read_time"]  # settling is the memory's


@pytest.mark.parametrize(
    "key", [key for key in CHIP_KEYS if key.endswith(("_area", "_width")) or key == "layout_share"]
)
def test_an_area_without_a_component_is_refused_by_its_key(tmp_path: Path, key: str) -> None:
    text = (CHIPS / "pcm-mesh.toml").read_text()
    path = tmp_path / "mine.toml"
    path.write_text(re.sub(rf"^{key} = .*\n", "", text, flags=re.MULTILINE))
    with pytest.raises(InputError, match=rf"mine\.toml.*{key}: this key is missing") as caught:
        load_hardware(str(path))
    assert "\n" not in str(caught.value)


def test_slices_bring_sample_and_holds_converters_and_what_adds_them() -> None:
    sliced = replace(load_hardware("pcm-mesh"), weights=Weights("pair_arrays", 4, 3))
    f2, converted = (65e-9) ** 2, 3 * sliced.columns
    assert sliced.areas()["sample_hold"] == pytest.approx(converted * 1000 * f2, rel=1e-6, abs=0)
    assert sliced.areas()["adc"] == pytest.approx(math.ceil(converted / 8) * 373000 * f2, rel=1e-6, abs=0)
    assert sliced.areas()["shift_add"] == pytest.approx(math.ceil(converted / 8) * 58600 * f2, rel=1e-6, abs=0)
    assert sliced.areas()["neuron"] == pytest.approx(sliced.columns * 10000 * f2, rel=1e-6, abs=0)


@pytest.mark.parametrize(("columns", "converters", "turns"), [(8, 16, 8), (7, 19, 7), (1, 128, 1), (200, 1, 128)])
def test_the_last_converter_may_have_fewer_columns(columns: int, converters: int, turns: int) -> None:
    chip = load_hardware("pcm-mesh").with_value("adc_columns", columns)
    assert chip.areas()["adc"] == pytest.approx(converters * 373000 * (65e-9) ** 2, rel=1e-6, abs=0)
    assert chip.turns == turns


def test_more_than_pulses_adds_to_every_driver() -> None:
    chip = load_hardware("pcm-mesh").with_value("dac_area", 500.0).with_value("dac_width", 5.0)
    assert chip.areas()["dac"] == pytest.approx(2 * 128 * 500 * (65e-9) ** 2, rel=1e-6, abs=0)
    assert chip.leaking_widths()["dac"] == pytest.approx(2 * 128 * 5 * 65e-9, rel=1e-6, abs=0)


def test_components_that_overlap_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    value = '{ value = 1.2, unit = "1", source = "estimate: test" }'
    path.write_text(f'extends = "pcm-mesh"\n[values]\nlayout_share = {value}\n')
    with pytest.raises(InputError, match=r"layout_share.*overlap"):
        load_hardware(str(path))


def test_a_chip_says_what_takes_area_and_what_leaks() -> None:
    said = " ".join(describe(load_hardware("pcm-mesh")))
    assert "A tile is 273 um wide: arrays 4.3 % of its components' area, drivers 12 %, sample-and-holds 1 %, " in said
    assert "7.59 mm of transistors leak in a tile: drivers 15 % of them" in said
    assert "8 columns take turns at a converter of 8 bits, 9 ns and 4 pJ each." in said
    assert "what converts rows" not in said
