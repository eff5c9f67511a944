"""Pulse, pace and air: read from text, recorded in the mapping, found again by verify and report, refused by name."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support import small_workload

import snnmap
from snnmap.analysis.view import View
from snnmap.core.errors import InputError
from snnmap.ir import OperatingPoint
from snnmap.pipeline.operating import OperatingOptions, operating_point
from snnmap.pipeline.reopen import at_point, hardware_of
from snnmap.reliability.espine import espine_twin


@pytest.mark.parametrize(
    ("given", "point"),
    [
        ((None, "real-time", None), OperatingPoint()),
        ((None, "realtime", None), OperatingPoint()),
        ((1e-6, "flat-out", 300.0), OperatingPoint(1e-6, 0.0, 300.0)),
        (("1.77us", 500.0, "25degC"), OperatingPoint(1.77e-6, 0.002, 298.15)),
        (("0.2e1 us", "real-time", "3e2"), OperatingPoint(2e-6, None, 300.0)),
        (("200 ns", "1e3", "310"), OperatingPoint(2e-7, 0.001, 310.0)),
        (("1e-6", "2.5e2", "-5degC"), OperatingPoint(1e-6, 0.004, 268.15)),
    ],
)
def test_what_a_user_says_in_si(given: tuple[str, str, str], point: OperatingPoint) -> None:
    assert operating_point(*given) == point


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("0", "real-time", None), "pulse is 0; it must be above 0"),
        ((-1e-9, "real-time", None), "pulse"),
        (("3 kg", "real-time", None), "pulse is '3 kg'; write it like 1.77us"),
        (("us", "real-time", None), "pulse is 'us'"),
        (("nan", "real-time", None), "pulse is 'nan'"),
        ((float("inf"), "real-time", None), "pulse is inf"),
        ((None, "fast", None), "pace is 'fast'; it is realtime, flat-out, or steps per second above 0"),
        ((None, 0.0, None), "pace is 0"),
        ((None, "-3", None), "pace is '-3'"),
        ((None, "nan", None), "pace is 'nan'"),
        ((None, "real-time", "-300degC"), "ambient is -300degC; it must be above 0"),
        ((None, "real-time", "5 V"), "ambient is '5 V'; write it like 25degC"),
        ((None, "real-time", 25), "ambient is 25; it must be 200 to 500 K, like 25degC"),
        ((None, "real-time", "501"), "ambient is 501; it must be 200 to 500 K"),
    ],
)
def test_what_is_refused_names_its_option(given: tuple[str, str, str], words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        snnmap.CompileOptions(pulse=given[0], pace=given[1], ambient=given[2])
    assert "\n" not in str(caught.value)


def mapped(chip: Path, **point: float | str) -> snnmap.Compiled:
    return snnmap.compile(small_workload.workload(), snnmap.CompileOptions(hardware=str(chip), seed=3, **point))


def test_a_mapping_records_its_point_and_is_legal_at_it(chip: Path, tmp_path: Path) -> None:
    compiled = mapped(chip, pulse="2us", pace=250, ambient="25degC")
    assert compiled.mapping.origin.point == OperatingPoint(2e-6, 0.004, 298.15)
    path = tmp_path / "mapping.json"
    snnmap.save(compiled.mapping, path)
    loaded = snnmap.load(path)
    assert loaded.origin.point == compiled.mapping.origin.point
    again = hardware_of(loaded)
    assert again.digest() == compiled.hardware.digest()
    assert again.digest() != hardware_of(mapped(chip).mapping).digest()
    assert (again["read_time"], again["ambient_temperature"]) == (2e-6, 298.15)
    twin = espine_twin(again.technology)
    assert twin is not None
    assert (twin["espine_spike_time"], twin["espine_ambient"]) == (2e-6, 298.15)
    assert snnmap.verify(loaded, compiled.graph, again) == []
    assert View(loaded, compiled.graph, again).seconds_per_step == 0.004
    assert snnmap.evaluate(loaded, compiled.graph, again)["device_temperature_average_K"] < 299


def test_the_point_acts_where_it_should(chip: Path) -> None:
    base = mapped(chip)
    longer, slower, cooler = mapped(chip, pulse=1e-6), mapped(chip, pace=10), mapped(chip, ambient=300.0)
    told = {name: c.mapping.figures for name, c in (("base", base), ("longer", longer), ("slower", slower))}
    assert told["longer"]["energy_array_J"] == pytest.approx(10 * told["base"]["energy_array_J"], rel=1e-6)
    assert told["longer"]["period_s"] == pytest.approx(told["base"]["period_s"] + 2 * 0.9e-6, rel=1e-6)  # two reads
    ratio = told["slower"]["device_energy_leakage_J"] / told["base"]["device_energy_leakage_J"]
    assert ratio == pytest.approx(100, rel=1e-4)
    for mode, air in (("device", 318.15), ("espine", 298.0)):
        fell = base.mapping.figures[f"{mode}_temperature_average_K"]
        fell -= cooler.mapping.figures[f"{mode}_temperature_average_K"]
        assert fell == pytest.approx(air - 300.0, abs=0.01)
    for other in (longer, slower, cooler):
        assert np.array_equal(other.mapping.placement.tile, base.mapping.placement.tile)
    assert (base.reading.pace, slower.reading.pace) == ("real time", "as asked")
    assert slower.reading.step_time == 0.1
    flat = mapped(chip, pace="flat-out")
    assert flat.reading.pace == "as fast as guaranteed"
    assert flat.view.seconds_per_step == flat.view.period
    assert flat.mapping.figures["device_power_dynamic_W"] > base.mapping.figures["device_power_dynamic_W"]


def test_a_pulse_longer_than_its_step_is_refused(chip: Path) -> None:
    with pytest.raises(InputError, match=r"^pulse: 0.002 s is longer than a step of 0.001 s"):
        mapped(chip, pulse="2ms")
    with pytest.raises(InputError, match=r"^pulse: 3e-06 s is longer than a step of 2e-06 s"):
        mapped(chip, pulse="3us", pace=5e5)
    assert mapped(chip, pulse="2ms", pace="flat-out").view.period > 2e-3


def test_a_pace_above_the_guarantee_is_refused(chip: Path) -> None:
    rate = mapped(chip).mapping.figures["throughput_steps_per_s"]
    with pytest.raises(InputError, match=r"^pace: .* steps per second are more than the .* guarantees"):
        mapped(chip, pace=1.001 * rate)
    assert mapped(chip, pace=0.999 * rate).view.seconds_per_step == pytest.approx(1 / (0.999 * rate))


def test_the_same_mapping_at_another_point(compiled: snnmap.Compiled, chip: Path) -> None:
    """Scheduled and evaluated anew, it is what compiling for that point gives: clusters, tiles and wiring stay."""
    given = OperatingOptions(pulse="2us", ambient=290.0)
    moved, hardware = at_point(compiled.mapping, compiled.graph, compiled.hardware, given)
    fresh = mapped(chip, pulse="2us", ambient=290.0)
    assert moved.figures == fresh.mapping.figures
    assert hardware.digest() == fresh.hardware.digest()
    assert moved.origin.point == OperatingPoint(2e-6, None, 290.0)
    back, _ = at_point(moved, compiled.graph, hardware, OperatingOptions(pace="flat-out"))
    assert back.origin.point == OperatingPoint(2e-6, 0.0, 290.0), "what is not given stays"
    with pytest.raises(InputError, match="pace"):
        at_point(compiled.mapping, compiled.graph, compiled.hardware, OperatingOptions(pace=1e12))
    with pytest.raises(InputError, match="pulse"):
        at_point(compiled.mapping, compiled.graph, compiled.hardware, OperatingOptions(pulse=1.0))


def test_an_espine_chip_is_operated_itself(compiled: snnmap.Compiled) -> None:
    twin = espine_twin(compiled.hardware.technology)
    assert twin is not None
    chip = replace(compiled.hardware, technology=twin).operated({}, {"espine_spike_time": 1e-6})
    assert chip.technology["espine_spike_time"] == 1e-6
    quantity = chip.technology.values["espine_spike_time"]
    assert (quantity.band, quantity.recalled) == (None, False), "what the user gives is not uncertain"
    assert espine_twin(chip.technology) is chip.technology
