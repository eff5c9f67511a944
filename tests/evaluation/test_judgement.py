"""Figures that are not to be read as they stand: each doubt at its limit, on either side."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

import snnmap
from snnmap.evaluation.judgement import EARLY, LIFETIMES, reading
from snnmap.hardware import load_hardware
from snnmap.pipeline.compile import Given
from snnmap.reliability.espine import espine_twin

YEAR = 31_557_600.0
STEP = 1e-3


def doubt(figures, name):
    judgement = reading({"period_s": 1e-6, "steps": 10, **figures}, load_hardware("pcm-mesh"), STEP).of(name)
    return None if judgement is None else judgement.doubt


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("espine_temperature_hottest_K", 810.5, "outside model"),
        ("espine_temperature_hottest_K", 809.5, None),
        ("espine_temperature_spike_K", 2273.0, "outside model"),
        ("device_temperature_cell_peak_K", 873.5, "outside model"),
        ("device_temperature_cell_peak_K", 872.5, None),
        ("device_lifetime_s", 10.1 * YEAR, "beyond horizon"),
        ("device_lifetime_s", 9.9 * YEAR, None),
        ("device_first_failure_s", None, "beyond horizon"),
        ("device_first_failure_s", 1.2, "worn out early"),
        ("device_first_failure_s", 1.1 * EARLY, None),
        ("device_first_failure_s", 0.9 * 10 * STEP, "within one frame"),
        ("device_refresh_interval_s", 11 * YEAR, "beyond horizon"),
        ("device_refresh_interval_s", 60.0, None),
        ("device_refresh_interval_s", "0.4 of the cells are off as programmed", None),
        ("espine_lifetime_frames", 0.86, "within one frame"),
        ("espine_lifetime_frames", 1.0, None),
    ],
)
def test_limits(name, value, expected):
    assert doubt({name: value}, name) == expected


def test_reprogramming_is_judged_against_all_other_energy():
    name = "device_energy_programming_J"
    assert doubt({name: 34.9e-3, "device_energy_total_J": 34.9e-3 + 1.7e-6}, name) == "re-programming dominates"
    assert doubt({name: 1.6e-6, "device_energy_total_J": 3.3e-6}, name) is None


def test_the_pace_is_the_slower_of_step_and_period():
    chip = load_hardware("pcm-mesh")
    slow = reading({"period_s": 2e-3, "steps": 10}, chip, STEP)
    assert (slow.step_time, slow.pace) == (2e-3, "as fast as guaranteed")
    fast = reading({"period_s": 1e-6, "steps": 10}, chip, STEP)
    assert (fast.step_time, fast.pace) == (STEP, "real time")
    assert reading({"period_s": 1e-6, "steps": 10}, chip, STEP, own=False).pace == "as asked"
    # what fails within a frame at the slow pace does not at the fast one
    assert reading({"period_s": 2e-3, "steps": 10, "device_lifetime_s": 0.015}, chip, STEP).judgements[0].limit == 0.02


def test_each_mode_has_its_own_air():
    chip = load_hardware("pcm-mesh")
    assert reading({}, chip, STEP).ambient == {"device": 318.15, "espine": 298.0}
    alone = load_hardware("pcm-mesh", "espine-pcm-65")
    assert reading({}, alone, STEP).ambient == {"espine": 298.0}


def test_the_band_is_that_of_the_endurance():
    chip = load_hardware("pcm-mesh")
    endurance = chip.technology.values["endurance"]
    judgement = reading({"device_lifetime_s": 100 * YEAR}, chip, STEP).of("device_lifetime_s")
    assert judgement.band == pytest.approx([100 * YEAR * end / endurance.value for end in endurance.band])


def unjudged(compiled):
    """Figures above the melting point, below one frame or beyond 1000 years that stand without a judgement."""
    figures, judged = compiled.mapping.figures, {j.figure for j in compiled.reading.judgements}
    twin, chip = espine_twin(compiled.hardware.technology), compiled.hardware.technology
    melting = {"espine": 0.0 if twin is None else twin["espine_melt_temperature"]}
    melting["device"] = chip["melt_temperature"] if chip.device == "PCM" else float("inf")
    frame = compiled.reading.step_time * figures["steps"]
    wrong = []
    for name, value in figures.items():
        mode = name.partition("_")[0]
        hot = name.endswith("_K") and "gradient" not in name and value > melting[mode]
        lasts = name in LIFETIMES or name == "device_refresh_interval_s"
        never = lasts and not isinstance(value, str) and (value is None or value > 1e3 * YEAR)
        short = lasts and isinstance(value, float) and value < frame
        spent = name == "espine_lifetime_frames" and value is not None and value < 1.0
        if (hot or never or short or spent) and name not in judged:
            wrong.append(name)
    return wrong


NODES = ("pcm-65", "pcm-45", "pcm-32", "pcm-22", "pcm-16", "oxram-22")
LARGE = ("edgedet", "lenet", "nmnist-cnn")
"""At the ends of the nodes alone; `benchmarks/walk.py` walks every workload at every node, with the largest three."""


@pytest.mark.parametrize(
    "name",
    [
        *("mnist-mlp", "braille-rsnn", "digitrecog-mlp", "digitrecog-stdp", "heartestm", "imgsmooth", "visualpursuit"),
        *LARGE,
    ],
)
def test_all_workloads_at_all_nodes_are_judged(name):
    graph, known = snnmap.profile(name, snnmap.LoadOptions(samples=1)), Given()
    for technology in ("pcm-65", "pcm-16") if name in LARGE else NODES:
        options = snnmap.CompileOptions(objective="traffic", technology=technology)
        compiled = snnmap.compile(graph, options, given=known)
        known = Given(compiled.mapping.clustering, compiled.mapping.placement)
        assert unjudged(compiled) == [], technology


def test_the_walk_would_find_a_figure_without_its_judgement(mlp_graph):
    options = snnmap.CompileOptions(technology="pcm-16", objective="traffic", pulse=20e-6)
    compiled = snnmap.compile(mlp_graph, options)
    found = {j.figure for j in compiled.reading.judgements if j.doubt == "outside model"}
    assert "espine_temperature_hottest_K" in found
    figures = {**compiled.mapping.figures, "device_temperature_hottest_K": 900.0}
    hotter = replace(compiled.view.mapping, figures=figures)
    forged = replace(compiled, view=compiled.view.at(compiled.hardware, hotter))
    assert unjudged(forged) == []  # judged anew from its figures
    mute = SimpleNamespace(mapping=hotter, hardware=compiled.hardware, reading=compiled.reading)
    assert unjudged(mute) == ["device_temperature_hottest_K"]


@pytest.mark.parametrize("hardware", ["pcm-mesh", "pcm-mesh-shared"])
@pytest.mark.parametrize("technology", ["pcm-65", "pcm-16"])
def test_no_figure_of_a_workload_stands_without_its_judgement(hardware, technology, mlp_graph):
    options = snnmap.CompileOptions(hardware=hardware, technology=technology)
    compiled = snnmap.compile(mlp_graph, options)
    assert unjudged(compiled) == []
    if hardware == "pcm-mesh":
        assert not any(j.severe for j in compiled.reading.judgements)


def test_turns_on_shared_tiles_wear_a_chip_out(mlp_graph, tmp_path):
    chip = tmp_path / "small.toml"
    chip.write_text('extends = "pcm-mesh-shared"\nname = "small"\nmesh = { width = 2, height = 2 }\n')
    options = snnmap.CompileOptions(hardware=str(chip))
    judged = {j.figure: j for j in snnmap.compile(mlp_graph, options).reading.judgements}
    assert judged["device_energy_programming_J"].severe
    assert judged["device_first_failure_s"].severe


@pytest.fixture(scope="module")
def mlp_graph():
    return snnmap.profile("mnist-mlp", snnmap.LoadOptions(samples=5))


def test_every_doubt_has_words():
    from typing import get_args

    from snnmap.ir.results import Doubt
    from snnmap.render.judged import LEGEND

    assert set(LEGEND) == set(get_args(Doubt))
