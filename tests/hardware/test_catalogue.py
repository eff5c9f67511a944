"""The strict parser of hardware files: what it reads, and every way in which it says no."""

import json
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.hardware import (
    chip_names,
    describe,
    load_hardware,
    load_technology,
    package_names,
    technology_names,
)
from snnmap.hardware.keys import CHIP_KEYS, DEVICE_KEYS, ESPINE_KEYS, PACKAGE_KEYS, TECHNOLOGY_KEYS
from snnmap.hardware.ranges import plausible
from snnmap.hardware.reader import read_hardware_file
from snnmap.hardware.units import parse_unit


def chip(folder, text="", values="", name="mine.toml"):
    """Chip file that extends the default one."""
    path = folder / name
    path.write_text(f'extends = "pcm-mesh"\n{text}\n[values]\n{values}\n')
    return str(path)


def refused(folder, text="", values=""):
    with pytest.raises(InputError) as caught:
        load_hardware(chip(folder, text, values))
    message = str(caught.value)
    assert "\n" not in message
    assert "mine.toml" in message
    return message


def test_default_chip_in_si():
    hardware = load_hardware("pcm-mesh")
    assert (hardware.rows, hardware.columns, hardware.cells) == (128, 128, 16384)
    assert hardware["read_time"] == 1e-7
    assert hardware["hop_energy"] == 3e-12
    assert hardware["ambient_temperature"] == 318.15
    assert hardware.technology["retention_temperature"] == 358.15  # 85 degC
    assert hardware.technology["thermal_resistance"] == pytest.approx(4.15e6)
    assert hardware.technology["leakage_current"] == pytest.approx(1e-4)  # 0.1 nA/um
    assert hardware.values["read_time"].written == "100 ns"
    assert hardware.values["read_time"].band == (2e-8, 5e-7)
    assert hardware.leaking_width == pytest.approx(7.594e-3, rel=1e-3)


@pytest.mark.parametrize(
    ("text", "scale"),
    [
        ("ns", 1e-9), ("K/uW", 1e6), ("nA/um", 1e-3), ("cm3", 1e-6), ("W/m/K", 1.0), ("kohm", 1e3), ("uS", 1e-6),
        ("ms", 1e-3), ("m", 1.0), ("min", 60.0), ("year", 31557600.0), ("%", 0.01), ("um2", 1e-12), ("kg", 1.0),
        ("V*A", 1.0), ("1/K", 1.0), ("J/m3/K", 1.0),
    ],
)  # fmt: skip
def test_units(text, scale):
    assert parse_unit(text).scale == pytest.approx(scale, rel=1e-14)


def test_unit_dimensions_agree():
    assert parse_unit("V*A").dimension == parse_unit("J/s").dimension == parse_unit("W").dimension
    assert parse_unit("1/ohm").dimension == parse_unit("S").dimension
    assert parse_unit("degC").offset == 273.15


@pytest.mark.parametrize("text", ["furlong", "", "n", "uu", "K/", "degC/W", "s-1", "ns ns"])
def test_unknown_units_are_refused(text):
    with pytest.raises(InputError):
        parse_unit(text)


@pytest.mark.parametrize("technology", technology_names())
@pytest.mark.parametrize("name", chip_names())
def test_every_chip_at_every_technology_in_every_package(name, technology):
    for package in package_names():
        hardware = load_hardware(name, technology, package)
        assert (hardware.technology.name, hardware.package) == (technology, package)
        json.dumps(hardware.table(), allow_nan=False)


def test_units_of_the_file_may_be_scaled(tmp_path):
    mine = load_hardware(chip(tmp_path, values='read_time = { value = 0.1, unit = "us", source = "estimate: test" }'))
    assert mine["read_time"] == load_hardware("pcm-mesh")["read_time"]
    warm = load_hardware(chip(tmp_path, values='horizon = { value = 3, unit = "year", source = "estimate: test" }'))
    assert warm["horizon"] == 3 * 31557600.0


QUANTITY = 'unit = "ns", source = "estimate: test"'


@pytest.mark.parametrize(
    ("values", "parts"),
    [
        (f"reed_time = {{ value = 1, {QUANTITY} }}", ("values.reed_time", "not known", "did you mean 'read_time'?")),
        ("read_time = 5", ("read_time", "table")),
        (f"read_time = {{ {QUANTITY} }}", ("read_time.value", "missing")),
        ('read_time = { value = 1, source = "estimate: test" }', ("read_time.unit", "missing")),
        ('read_time = { value = 1, unit = "ns" }', ("read_time.source", "is empty", "references.bib")),
        (f"read_time = {{ value = 1, {QUANTITY}, sauce = 1 }}", ("read_time", "sauce")),
        ('read_time = { value = 1, unit = "pJ", source = "estimate: test" }', ("read_time", "pJ", "dimension")),
        ('read_time = { value = 1, unit = "nsec", source = "estimate: test" }', ("read_time", "nsec")),
        ('read_time = { value = 1, unit = 3, source = "estimate: test" }', ("read_time", "unit")),
        ('read_time = { value = 1, unit = "ns", source = "" }', ("read_time.source", "is empty")),
        ('read_time = { value = 1, unit = "ns", source = "recalled: " }', ("read_time", "says nothing")),
        ('read_time = { value = 1, unit = "ns", source = "nobody2020" }', ("read_time", "references.bib")),
        (f"read_time = {{ value = 0, {QUANTITY} }}", ("read_time", "positive")),
        (f"row_time = {{ value = -1, {QUANTITY} }}", ("row_time", "negative")),
        (f"read_time = {{ value = inf, {QUANTITY} }}", ("read_time", "finite")),
        (f"read_time = {{ value = nan, {QUANTITY} }}", ("read_time", "finite")),
        (f'read_time = {{ value = "1", {QUANTITY} }}', ("read_time", "finite")),
        (f"read_time = {{ value = true, {QUANTITY} }}", ("read_time", "finite")),
        (f"read_time = {{ value = 1, {QUANTITY}, band = [2, 3] }}", ("read_time", "band")),
        (f"read_time = {{ value = 1, {QUANTITY}, band = 2 }}", ("read_time", "band")),
    ],
)
def test_bad_values_are_refused(tmp_path, values, parts):
    message = refused(tmp_path, values=values)
    assert all(part in message for part in parts), message


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("rows = 1", ("rows", "at least 2")),
        ("columns = 5000", ("columns", "4096")),
        ("rows = 64.0", ("rows", "integer")),
        ("rows = true", ("rows", "integer")),
        ("synapse_limit = 0", ("synapse_limit", "at least 1")),
        ("clusters_per_tile = 0", ("clusters_per_tile", "at least 1")),
        ("buffer_tokens = 0", ("buffer_tokens", "at least 1")),
        ("merge = 1", ("merge", "true or false")),
        ("port = [1, 0]", ("port", "outside")),
        ("port = [0]", ("port", "[x, y]")),
        ("port = [0, 0.5]", ("port", "integers")),
        ("mesh = { width = 2 }", ("height", "missing")),
        ("mesh = { width = 2, height = 2, depth = 2 }", ("mesh.depth", "not known")),
        ("mesh = { adaptive = false }", ("mesh", "width")),
        ("mesh = { adaptive = true, min_tiles = 5, max_tiles = 4 }", ("max_tiles", "at least 5")),
        ("mesh = { width = 2000, height = 2000 }", ("mesh", "4,000,000")),
        ("mesh = 4", ("mesh", "table")),
        ("colums = 64", ("colums", "not known", "did you mean 'columns'?")),
        ('name = ""', ("name", "empty")),
        ("technology = 65", ("technology", "text")),
        ('extends = "pcm-mesh"\n', ("TOML",)),
        ("rows = ", ("TOML",)),
    ],
)
def test_bad_structure_is_refused(tmp_path, text, parts):
    message = refused(tmp_path, text)
    assert all(part in message for part in parts), message


def test_missing_keys_are_named(tmp_path):
    path = tmp_path / "empty.toml"
    path.write_text('name = "empty"\n')
    with pytest.raises(InputError, match=r"empty\.toml: technology: this key is missing"):
        load_hardware(str(path))
    path.write_text(path.read_text() + '[values]\nrow_time = { value = 1, unit = "ns", source = "estimate: test" }\n')
    with pytest.raises(InputError, match="missing"):
        load_technology(str(path))


def test_missing_value_says_what_it_is(tmp_path):
    path = tmp_path / "bare.toml"
    path.write_text('name = "bare"\ndescription = "x"\nvalues = {}\n')
    folder_chip = tmp_path / "c.toml"
    folder_chip.write_text('extends = "pcm-mesh"\npackage = "bare.toml"\n')
    with pytest.raises(InputError, match=r"values\.ambient_temperature: this key is missing: air"):
        load_hardware(str(folder_chip))


def test_unknown_name_suggests_the_closest():
    with pytest.raises(InputError, match=r"did you mean 'pcm-mesh'.*dynap-se-pcm"):
        load_hardware("pcm-mehs")
    with pytest.raises(InputError, match=r"technology.*pcm-22"):
        load_hardware("pcm-mesh", "pcm-23")
    with pytest.raises(InputError, match="no hardware file"):
        load_hardware("nowhere/chip.toml")


def test_not_text_and_circles_are_refused(tmp_path):
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match=r"x\.toml: not a TOML file: .*utf-8"):
        load_hardware(str(path))
    path.write_text('extends = "y.toml"')
    (tmp_path / "y.toml").write_text('extends = "x.toml"')
    with pytest.raises(InputError, match="circle"):
        load_hardware(str(path))


def test_own_technology_beside_own_chip(tmp_path):
    (tmp_path / "tech.toml").write_text(
        'extends = "pcm-22"\nname = "tech"\nnode_nm = 20\n[values]\n'
        'g_max = { value = 0.03, unit = "mS", source = "estimate: test" }\n'
    )
    hardware = load_hardware(chip(tmp_path, 'name = "mine"\ntechnology = "tech.toml"'))
    assert (hardware.name, hardware.technology.name, hardware.technology.node_nm) == ("mine", "tech", 20)
    assert hardware.technology["g_max"] == 3e-5
    assert hardware.technology["r_wordline"] == 2.5


def test_technology_that_makes_no_sense_is_refused(tmp_path):
    path = tmp_path / "tech.toml"
    path.write_text(
        'extends = "pcm-22"\n[values]\ng_min = { value = 50, unit = "uS", source = "estimate: test", band = [1, 60] }\n'
    )
    with pytest.raises(InputError, match=r"tech\.toml: values\.g_min: must be below"):
        load_technology(str(path))
    path.write_text('extends = "pcm-22"\ndevice = "Flash"\n')
    with pytest.raises(InputError, match="PCM, OxRAM"):
        load_technology(str(path))
    path.write_text('extends = "pcm-22"\nmode = "espine"\n')
    with pytest.raises(InputError, match="espine_path_resistance: this key is missing"):
        load_technology(str(path))


def test_sizing():
    hardware = load_hardware("pcm-mesh")
    assert hardware.adaptive
    assert [hardware.sized(k).tiles for k in (1, 2, 5, 9, 10)] == [1, 2, 6, 9, 12]
    assert load_hardware("dynap-se-pcm").sized(1).tiles == 4
    shared = load_hardware("pcm-mesh-shared")
    assert shared.sized(1024) is shared
    with pytest.raises(InfeasibleError) as caught:
        shared.sized(1025)
    assert (caught.value.asked, caught.value.available) == (17, 16)
    with pytest.raises(InfeasibleError):
        hardware.sized(65537)


def test_digest_sees_what_counts(tmp_path):
    base = load_hardware("pcm-mesh")
    assert base.digest() == load_hardware("pcm-mesh").digest()
    variants = [
        base.sized(4),
        base.resized(64, 128),
        base.with_value("hop_energy", 4e-12),
        base.with_value("g_max", 3e-5),
        load_hardware("pcm-mesh", "pcm-45"),
        load_hardware("pcm-mesh", None, "hotspot-cpu"),
        load_hardware(chip(tmp_path, "buffer_tokens = 3")),
        load_hardware(chip(tmp_path, "synapse_limit = 100")),
        load_hardware(chip(tmp_path, "drift_compensation = false")),
    ]
    digests = {hardware.digest() for hardware in variants} | {base.digest()}
    assert len(digests) == len(variants) + 1


def test_digest_does_not_see_citations(tmp_path):
    same = chip(tmp_path, values='read_time = { value = 100, unit = "ns", source = "estimate: x", band = [20, 500] }')
    assert load_hardware(same).digest() == load_hardware("pcm-mesh").digest()


def test_with_value_and_resized():
    base = load_hardware("pcm-mesh")
    assert base.with_value("g_max", 3e-5).technology["g_max"] == 3e-5
    assert base.technology["g_max"] == 2.5e-5
    with pytest.raises(InputError, match="colour"):
        base.with_value("colour", 1.0)
    with pytest.raises(InputError, match="finite"):
        base.with_value("g_max", float("nan"))
    with pytest.raises(InputError, match="columns"):
        base.resized(64, 1)
    with pytest.raises(FrozenInstanceError):
        base.word_lines = 3


def test_recalled_lists_chip_package_and_technology():
    recalled = dict(load_hardware("dynap-se-pcm").recalled())
    assert {"hop_energy", "espine_gamma", "convection_resistance"} <= set(recalled)
    assert {"adc_energy", "sample_hold_area", "shift_add_energy", "dac_energy", "buffer_bytes"} <= set(recalled)
    assert "reset_time" not in recalled
    assert all(quantity.recalled for quantity in recalled.values())


def test_description_says_the_limits(tmp_path):
    words = " ".join(describe(load_hardware("pcm-mesh")))
    for part in (
        "128 rows",
        "128 columns",
        "16,384",
        "adapts",
        "one cluster",
        "split",
        "pcm-65",
        "40 K/W",
        "estimated",
    ):
        assert part in words
    words = " ".join(
        describe(load_hardware(chip(tmp_path, "merge = false\nsynapse_limit = 999\nclusters_per_tile = 3")))
    )
    for part in ("at most 128 distinct inputs", "999 synapses", "up to 3 clusters"):
        assert part in words


@pytest.mark.parametrize("key", ["adc_bits", "adc_columns", "dac_bits"])
def test_half_a_bit_or_column_is_refused(tmp_path, key):
    message = refused(tmp_path, values=f'{key} = {{ value = 2.5, unit = "1", source = "estimate: a slip" }}')
    assert f"values.{key}" in message
    assert "2.5 must be a whole number" in message


def test_the_range_of_a_converter_is_one_of_three_and_counts_in_the_digest(tmp_path):
    full = load_hardware(chip(tmp_path, 'adc_range = "full"'))
    assert full.adc_range == "full"
    assert full.digest() != load_hardware("pcm-mesh").digest()
    message = refused(tmp_path, 'adc_range = "fool"')
    assert "adc_range: 'fool' is not one of full, percentile, calibrated" in message


@pytest.mark.parametrize(
    ("key", "value", "unit"),
    [
        ("weight_tolerance", "5", "1"),
        ("read_voltage", "1e-300", "V"),
        ("read_voltage", "500", "V"),
        ("read_time", "1e300", "s"),
        ("hop_energy", "3", "J"),
        ("program_pulses", "0.5", "1"),
        ("router_area", "1e300", "1"),
    ],
)
def test_values_beyond_all_sense_are_refused(tmp_path, key, value, unit):
    message = refused(tmp_path, values=f'{key} = {{ value = {value}, unit = "{unit}", source = "estimate: a slip" }}')
    assert f"values.{key}" in message
    assert "makes no sense; it must lie within" in message


def test_every_quantity_has_a_range_in_which_the_shipped_ones_lie():
    keys = {**CHIP_KEYS, **PACKAGE_KEYS, **TECHNOLOGY_KEYS, **ESPINE_KEYS, **DEVICE_KEYS["PCM"], **DEVICE_KEYS["OxRAM"]}
    for technology in technology_names():
        chip = load_hardware("pcm-mesh", technology)
        for name, quantity in {**chip.values, **chip.technology.values}.items():
            low, high = plausible(name, keys[name])
            assert quantity.value == 0 or low <= quantity.value <= high
            assert quantity.band is None or quantity.band[1] <= high


@pytest.mark.parametrize(
    ("kind", "file", "said"),
    [
        ("chips", "hwmodels/technologies/pcm-65.toml", "is a technology, not a chip: name a chip with --hw"),
        ("technologies", "hwmodels/chips/pcm-mesh-64.toml", "is a chip, not a technology: name it with --hw"),
        ("packages", "hwmodels/chips/pcm-mesh.toml", "is a chip, not a package"),
        ("chips", "workloads/mnist-mlp.toml", "is a workload, not a chip; give it as the workload"),
    ],
)
def test_a_file_of_another_kind_is_named(kind, file, said):
    with pytest.raises(InputError, match=said):
        read_hardware_file(kind, Path(__file__).parents[2] / file)
