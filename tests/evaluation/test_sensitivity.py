"""Sensitivity: every band end recomputed from scratch gives the same figures; conclusions say no when they must."""

from dataclasses import replace

import numpy as np
import pytest

import snnmap
from snnmap.analysis.view import View
from snnmap.core.run import stream
from snnmap.evaluation import sensitivity as s
from snnmap.evaluation.figures import evaluate, figures
from snnmap.hardware import Quantity, load_technology
from snnmap.ir import Placement
from snnmap.reliability.espine import espine_twin
from snnmap.stages.protocols import Run, ScheduleProblem
from snnmap.stages.schedule import ListSchedule


@pytest.fixture(scope="module")
def progress():
    """What the sweep of `found` told."""
    return []


@pytest.fixture(scope="module")
def found(compiled, progress):
    view = View(compiled.mapping, compiled.graph, compiled.hardware)
    return s.sensitivity(view, progress=lambda *told: progress.append(told))


def test_the_base_is_what_evaluate_says(found, compiled):
    told = figures(evaluate(compiled.mapping, compiled.graph, compiled.hardware))
    for name in s.HEADLINES:
        if name == "device_energy_total_J":
            continue
        value = found.base[name]
        assert value == told[name] if isinstance(told[name], str) else value == pytest.approx(told[name], rel=1e-8)


def test_the_total_is_dynamic_energy_with_real_wires_leakage_and_programming(found, compiled):
    told = compiled.mapping.figures
    parts = tuple(f"energy_{name}_J" for name in ("neuron", "noc", "merge", "adc", "dac", "buffer"))
    parts += ("device_energy_array_J", "device_energy_leakage_J", "device_energy_programming_J")
    assert found.base["device_energy_total_J"] == pytest.approx(sum(told[part] for part in parts), rel=1e-7, abs=0)


def test_what_follows_the_node_depends_on_how_it_does(compiled):
    """At 16 nm the bands of logic_energy and logic_time move energies and times; at 65 nm they are exact."""
    hardware = replace(compiled.hardware, technology=load_technology("pcm-16"))
    told = figures(evaluate(compiled.mapping, compiled.graph, hardware))
    view = View(replace(compiled.mapping, figures=told), compiled.graph, hardware)
    depends = s.sensitivity(view)
    low, high = hardware.technology.values["logic_energy"].band
    moved = next(w for w in s.swings(depends, "energy_J") if w.quantity == "logic_energy")
    for end, at in zip(moved.ends, (low, high), strict=True):
        there = figures(evaluate(view.mapping, compiled.graph, hardware.with_value("logic_energy", at)))
        assert end == pytest.approx(there["energy_J"], rel=1e-7, abs=0)
    assert any(w.quantity == "logic_time" for w in s.swings(depends, "latency_s"))


PROBED = (
    *("read_voltage", "hop_energy", "merge_time", "ambient_temperature", "adc_width", "endurance"),
    *("adc_time", "adc_energy", "dac_energy", "buffer_energy", "sample_hold_energy", "adc_area", "spike_bits"),
    *("g_max", "weight_tolerance", "thermal_resistance"),
)


@pytest.mark.parametrize("key", PROBED)
def test_every_end_equals_a_full_recomputation(found, compiled, key):
    """What the sweep left out as unaffected must indeed be unaffected."""
    ends = [point for point in found.points if point.quantity == key]
    assert ends
    for point in ends:
        hardware = compiled.hardware.with_value(key, point.at)
        mapping = compiled.mapping
        if key in {"merge_time", "adc_time", "spike_bits"}:
            problem = ScheduleProblem(compiled.view.clusters, mapping.placement, hardware)
            sdfg, schedule = ListSchedule()(problem, Run(stream(mapping.origin.seed, "schedule")))
            mapping = replace(mapping, sdfg=sdfg, schedule=schedule)
        told = figures(evaluate(mapping, compiled.graph, hardware))
        assert len(point.figures) == len(s.HEADLINES)
        for name, value in point.figures.items():
            if name in {"device_energy_total_J", "energy_J"} and key == "g_max":
                continue  # conductances count in the exact reads only, as `dynamic_energy` says
            if isinstance(told[name], str):
                continue
            expected = float("inf") if told[name] is None else told[name]
            assert value == pytest.approx(expected, rel=1e-7, abs=0), (key, point.at, name)


def test_the_scheduler_of_the_mapping_is_the_one_that_schedules_again(compiled, chip, monkeypatch):
    settings = (("schedule.swaps", 7),)
    mapped = snnmap.compile(compiled.graph, snnmap.CompileOptions(hardware=str(chip), settings=settings))
    asked = []
    monkeypatch.setattr(
        ListSchedule, "__call__", lambda self, *_: asked.append(self) or (mapped.mapping.sdfg, mapped.mapping.schedule)
    )
    s.sensitivity(mapped.view)
    assert set(asked) == {ListSchedule(swaps=7)}


def test_a_quantity_of_the_espine_twin_moves_espine_figures_alone(found, compiled):
    twin = espine_twin(compiled.hardware.technology)
    ends = [point for point in found.points if point.quantity == f"{twin.name}: espine_gamma"]
    assert ends
    for point in ends:
        for name, value in point.figures.items():
            moved = value != found.base[name]
            assert moved == (name == "espine_lifetime_frames"), name


def test_swings_are_ordered_and_moving(found):
    for name in s.HEADLINES:
        sizes = [swing.size for swing in s.swings(found, name)]
        assert sizes == sorted(sizes, reverse=True)
        assert all(size > 0 for size in sizes)
    top = s.swings(found, "device_temperature_average_K")[0]
    assert top.quantity == "ambient_temperature"
    assert top.ends[1] - found.base["device_temperature_average_K"] == pytest.approx(40.0, abs=0.1)
    assert {swing.quantity for swing in s.swings(found, "energy_J")} >= {"neuron_energy", "hop_energy", "read_time"}
    assert "hop_time" not in {swing.quantity for swing in s.swings(found, "energy_J")}


def test_used_quantities_are_those_that_are_looked_up(found):
    assert "adc_width" in found.used
    assert "tile_variation" not in found.used, "no variation seed was given"
    assert any(key.endswith(": espine_gamma") for key in found.used)


def test_runaway_is_a_result_and_no_error(compiled):
    quantity = compiled.hardware.quantities()["adc_width"]
    hot = replace(
        compiled.hardware,
        values={
            **compiled.hardware.values,
            "adc_width": Quantity(quantity.value, "1", quantity.citation, (quantity.value, 1e12)),
        },
    )
    found = s.sensitivity(View(compiled.mapping, compiled.graph, hot))
    point = next(p for p in found.points if p.quantity == "adc_width" and p.at == 1e12)
    assert set(point.figures.values()) == {None}
    assert any("runaway at adc_width = 1e+12" in line for line in s.conclusions(found))
    assert s.swings(found, "device_leakage_W")[0].size == np.inf


def made(base, points, **figures_of):
    quantity = Quantity(1.0, "s", "estimate: test", (0.5, 2.0))
    told = {"device_limited_by": figures_of.get("limit", "drift")}
    return s.Sensitivity(
        told,
        {"device": np.array(base)},
        {"q": quantity},
        tuple(
            s.Point("q", at, {"device_limited_by": limit}, {"device": np.array(lasts)}) for at, limit, lasts in points
        ),
        ("q",),
    )


def test_conclusions_that_survive_and_that_do_not():
    steady = made([1.0, 2.0, 3.0], [(0.5, "drift", [0.1, 0.2, 0.3]), (2.0, "drift", [10.0, 20.0, 30.0])])
    lines = s.conclusions(steady)
    assert "limited by drift at every end of every band" in lines[0]
    assert "crossbar 0 is the weakest at every end of every band, and the order of lifetimes never changes" in lines[1]
    swapped = made([1.0, 2.0, 3.0], [(0.5, "programming", [0.3, 0.2, 0.1])])
    lines = s.conclusions(swapped)
    assert "programming at q = 0.5 s" in lines[0]
    assert "crossbar 0 is the weakest except at q = 0.5 s" in lines[1]
    assert "100 % of the pairs" in lines[1]
    assert "all crossbars last equally long" in s.conclusions(made([2.0, 2.0], []))[1]
    assert "one crossbar" in s.conclusions(made([2.0], []))[1]


@pytest.mark.parametrize(
    ("before", "after", "share"),
    [
        ([1, 2, 3], [1, 2, 3], 0.0),
        ([1, 2, 3], [2, 1, 3], 1 / 3),
        ([1, 2, 3], [3, 2, 1], 1.0),
        ([1, 1, 3], [2, 1, 3], 0.0),
        ([1, 2], [5, 5], 0.0),
        ([1, np.inf], [np.inf, 1], 1.0),
    ],
)
def test_share_of_swapped_pairs(before, after, share):
    assert s.swapped_pairs(np.array(before, float), np.array(after, float)) == pytest.approx(share)


def test_progress_counts_both_ends_of_every_banded_quantity(found, progress):
    total = 2 * len(found.quantities)
    assert progress == [("sensitivity", done, total, 0.0) for done in range(1, total + 1)]


@pytest.mark.parametrize(
    ("figure", "base", "value", "size"),
    [
        ("energy_J", 2.0, 2.0 * np.e, 1.0),
        ("energy_J", 2.0 * np.e, 2.0, 1.0),
        ("energy_J", 2, 2, None),
        ("energy_J", 0.0, 0.0, None),
        ("energy_J", 0.0, 1.0, np.inf),
        ("energy_J", 1.0, 0.0, np.inf),
        ("energy_J", -1.0, -1.0, None),
        ("energy_J", -1.0, 1.0, np.inf),
        ("device_temperature_hottest_K", 300.0, 296.5, 3.5),
        ("device_temperature_hottest_K", 0.0, 2e-9, 2e-9),
        ("device_temperature_hottest_K", 0.0, 1e-9, None),
        ("device_temperature_hottest_K", 0.0, -1.0, 1.0),
        ("device_lifetime_s", np.inf, np.inf, None),
        ("device_lifetime_s", np.inf, 1.0, np.inf),
        ("device_lifetime_s", 1.0, np.inf, np.inf),
        ("device_lifetime_s", None, None, None),
        ("device_lifetime_s", 1.0, None, np.inf),
        ("device_limited_by", "drift", "drift", None),
        ("device_limited_by", "drift", "read disturb", 1.0),
        ("device_limited_by", "drift", None, 1.0),
    ],
)
def test_how_far_a_figure_moves(figure, base, value, size):
    quantity = Quantity(1.0, "s", "estimate: test", (0.5, 2.0))
    for at in (0.5, 2.0):
        depends = s.Sensitivity({figure: base}, {}, {"q": quantity}, (s.Point("q", at, {figure: value}, {}),), ("q",))
        found = s.swings(depends, figure)
        assert [swing.size for swing in found] == ([] if size is None else [pytest.approx(size)])
        if found:
            ends = (value, base) if at == 0.5 else (base, value)
            assert (found[0].quantity, found[0].band, found[0].unit, found[0].ends) == ("q", (0.5, 2.0), "s", ends)


def test_what_moves_a_figure_most_comes_first():
    band = Quantity(1.0, "s", "estimate: test", (0.5, 2.0))
    sizes = {"a": 1.1, "b": 3.0, "c": 1.0, "d": 2.0}
    points = tuple(s.Point(name, 2.0, {"energy_J": factor}, {}) for name, factor in sizes.items())
    depends = s.Sensitivity({"energy_J": 1.0}, {}, dict.fromkeys(sizes, band), points, tuple(sizes))
    assert [swing.quantity for swing in s.swings(depends, "energy_J")] == ["b", "d", "a"]


def test_heat_is_worked_out_where_there_is_a_device_mode_and_nowhere_else(compiled, monkeypatch):
    asked, handed = [], []
    heat, device_state = s.heat, s.device_state
    monkeypatch.setattr(s, "heat", lambda view, _: asked.append(view) or heat(view))
    monkeypatch.setattr(s, "device_state", lambda view, heated: handed.append(heated) or device_state(view, heated))
    paper = replace(compiled.hardware, technology=load_technology("espine-pcm-65"))
    told = figures(evaluate(compiled.mapping, compiled.graph, paper))
    s.sensitivity(View(replace(compiled.mapping, figures=told), compiled.graph, paper))
    assert (asked, handed) == ([], [])
    s.sensitivity(View(compiled.mapping, compiled.graph, compiled.hardware))
    assert len(handed) >= len(asked) > 1
    assert all(heated is not None for heated in handed)


@pytest.fixture(scope="module")
def sampled(compiled):
    """Sensitivity of a sample that leaves out some crossbars of the small network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(s, "DRAWN", 3)
        patch.setattr("snnmap.reliability.sample.SURE", 1)
        return s.sensitivity(View(compiled.mapping, compiled.graph, compiled.hardware))


def test_a_sample_is_compared_with_itself_and_says_how_sure_it_is(found, sampled, compiled):
    clusters = compiled.mapping.clustering.clusters
    assert found.sample is None
    assert found.margins() == {}
    assert all(point.margins == {} for point in found.points)
    assert 3 < sampled.sample.size < clusters
    assert set(sampled.margins()) == set(s.MEANS)
    assert all(margin > 0 for name, margin in sampled.margins().items() if name.startswith("device"))
    assert [len(values) for values in sampled.ranks.values()] == [sampled.sample.size] * 2
    for name in s.HEADLINES:
        value = found.base[name]
        if name != "device_first_failure_s":
            assert sampled.base[name] == (value if isinstance(value, str) else pytest.approx(value, rel=1e-8)), name


def test_the_ends_of_a_sample_are_within_the_interval_of_those_of_all(found, sampled):
    moved, outside, judged, far = 0, 0, 0, 0
    for whole, part in zip(found.points, sampled.points, strict=True):
        assert (whole.quantity, whole.at) == (part.quantity, part.at)
        for name, margin in part.margins.items():
            value = whole.figures[name]
            off = abs(part.figures[name] - value)
            far += off > 4 * margin + 1e-8 * value
            outside += off > margin + 1e-8 * value
            moved += off > 1e-8 * value
            judged += 1
    assert moved > 0
    assert outside <= 0.05 * judged
    assert far <= 0.005 * judged  # where one crossbar passes the rule of refresh, a sample without it cannot know
    swing = s.swings(sampled, "device_temperature_average_K")[0]
    assert any(swing.margins)
    assert s.swings(found, "device_temperature_average_K")[0].margins == (None, None)


def test_the_weakest_of_a_sample_is_named_by_its_own_number(found, sampled):
    weakest = [line.split(" is the weakest")[0] for line in s.conclusions(found) if "is the weakest" in line]
    assert weakest
    assert [line.split(" is the weakest")[0] for line in s.conclusions(sampled) if "is the weakest" in line] == weakest


def test_crossbars_that_take_turns_are_not_sampled(compiled, monkeypatch):
    monkeypatch.setattr(s, "DRAWN", 1)
    tile = np.zeros(compiled.mapping.clustering.clusters, np.int32)
    mapping = replace(compiled.mapping, placement=Placement(tile))
    assert s._sampled(View(mapping, compiled.graph, compiled.hardware), None) is None


def test_only_the_weakest_crossbars_are_ranked_where_there_are_very_many(monkeypatch):
    monkeypatch.setattr(s, "RANKED", 3)
    before, after = np.array([4.0, 1.0, 2.0, 3.0]), np.array([0.5, 1.0, 2.0, 3.0])
    assert s.swapped_pairs(before, after) == 0.0
    monkeypatch.setattr(s, "RANKED", 4)
    assert s.swapped_pairs(before, after) == 0.5


@pytest.mark.parametrize(("by", "said"), [(0.0, "last equally long"), (1e-10, "last equally long"), (1e-8, "weakest")])
def test_crossbars_that_differ_by_rounding_rank_alike(by, said):
    lines = s.conclusions(made([1.0, 1.0 + by], [(0.5, "drift", [2.0, 1.0])]))
    assert said in lines[1]
    assert s.swapped_pairs(np.array([1.0, 1.0 + by]), np.array([2.0, 1.0])) == float(said == "weakest")
