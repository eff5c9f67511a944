"""Figures of a mapping that is small enough to count by hand."""

from dataclasses import replace

import pytest
from support.hand_counted import activity, machine, mapping

from snnmap.evaluation.figures import added, evaluate, figures, rounded, unit_of
from snnmap.hardware import load_hardware
from snnmap.ir import Report
from snnmap.pipeline.compile import Compiled


@pytest.fixture(scope="module")
def report() -> Report:
    return evaluate(mapping(), activity(), machine())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("neurons", 3),
        ("synapses", 5),
        ("crossbars", 3),
        ("tiles", 3),
        ("mesh_tiles", 4),
        ("partial_columns", 1),
        ("row_utilisation", rounded(4 / 12)),
        ("column_utilisation", rounded(4 / 6)),
        ("cell_utilisation", rounded(5 / 24)),
        ("frames", 2),
        ("steps", 10),
        ("spikes", 3 + 4 + 1),
        ("messages_inputs", 5 + 2),
        ("messages_spikes", 3 + 4),
        ("messages_partial_sums", 4),
        ("messages", 18),
        ("hops", 3 * 2 + 4 * 1 + 4 * 1),
        ("busiest_link", 7),
        ("period_s", 200e-9),
        ("throughput_steps_per_s", 5e6),
        ("throughput_frames_per_s", 5e5),
        ("step_latency_s", 350e-9),
        ("latency_s", 9 * 200e-9 + 350e-9),
    ],
)
def test_counts_by_hand(report: Report, name: str, value: float) -> None:
    assert report[name] == pytest.approx(value, rel=1e-8, abs=0)
    assert isinstance(report[name], type(value))


def test_energy_by_hand(report: Report) -> None:
    """Per frame: half of what the window of two frames takes."""
    chip = machine()
    low, high = chip.technology["g_min"], chip.technology["g_max"]
    # |weight| / largest: 1/2, 1 | 1 | 1/4 | 1; columns in use of both signs: 2, 2, 1, 1; spikes 5, 2, 3, 4
    conductance = (5 * 1.5 + 2 * 1 + 3 * 0.25 + 4 * 1) * (high - low) + 2 * (5 * 2 + 2 * 2 + 3 + 4) * low
    parts = {
        "energy_array_J": chip["read_voltage"] ** 2 * chip["read_time"] * conductance / 2,
        "energy_neuron_J": chip["neuron_energy"] * 8 / 2,
        "energy_noc_J": chip["hop_energy"] * 14 / 2,
        "energy_merge_J": chip["merge_energy"] * 4 / 2,
        # bounds of the steps in which columns hear something: 5 + 2 for two, 3 for one, 4 for one
        "energy_adc_J": (chip["adc_energy"] + chip["sample_hold_energy"]) * (7 * 2 + 3 + 4) / 2,
        "energy_dac_J": chip["dac_energy"] * 2 * 14 / 2,  # both arrays
        "energy_buffer_J": chip["buffer_energy"] * 18 * 32 / 2,
    }
    for name, value in parts.items():
        assert report[name] == pytest.approx(value, rel=1e-8, abs=0)
    assert report["energy_J"] == pytest.approx(sum(parts.values()), rel=1e-8, abs=0)


def test_area_by_hand(report: Report) -> None:
    chip, f2 = machine(), (65e-9) ** 2
    per_tile = {
        "driver": 2 * 4 * 6000,
        "sample_hold": 2 * 1000,
        "adc": 373000,
        "neuron": 2 * 10000,
        "buffer": 4 * 4 * 1168,
        "router": 2.3e6,
    }
    for name, features in per_tile.items():
        assert report[f"area_{name}_m2"] == pytest.approx(4 * features * f2, rel=1e-8, abs=0)
    assert report["area_array_m2"] == pytest.approx(4 * 2 * 4 * 2 * (260e-9) ** 2, rel=1e-8, abs=0)
    parts = sum(report[f"area_{name}_m2"] for name in (*per_tile, "array"))
    assert report["area_m2"] == pytest.approx(parts / chip["layout_share"], rel=1e-8, abs=0)
    assert report["area_between_m2"] == pytest.approx(0.3 * report["area_m2"], rel=1e-8, abs=0)


def parts_of(report: Report, kind: str) -> tuple[float, float]:
    """A total and the sum of what has its name."""
    whole, unit = kind.split("_")
    names = [m.name for m in report.metrics if m.name.startswith(f"{whole}_") and m.name.endswith(f"_{unit}")]
    return float(report[kind]), sum(float(report[name]) for name in names if name != kind)


@pytest.mark.parametrize("kind", ["energy_J", "area_m2"])
def test_parts_add_up_to_the_total(report: Report, compiled: Compiled, kind: str) -> None:
    for told in (report, compiled.report):
        total, parts = parts_of(told, kind)
        assert parts == pytest.approx(total, rel=1e-9, abs=0)
        assert len([m for m in told.metrics if m.name.startswith(kind.split("_")[0])]) > 6


def test_the_device_total_is_its_parts(compiled: Compiled) -> None:
    told = compiled.report
    parts = [f"energy_{name}_J" for name in ("neuron", "noc", "merge", "adc", "dac", "buffer")]
    parts += [f"device_energy_{name}_J" for name in ("array", "leakage", "programming")]
    assert sum(float(told[name]) for name in parts) == pytest.approx(told["device_energy_total_J"], rel=1e-9, abs=0)


def test_operations_by_hand(report: Report) -> None:
    """Synapses 2, 1, 1, 1 of sources that spike 5, 2, 3, 4 times; the peak of a 4 x 2 crossbar, both arrays read."""
    assert report["synaptic_operations"] == 10 + 2 + 3 + 4
    assert report["operations_per_J"] == pytest.approx(19 / 2 / report["energy_J"], rel=1e-8, abs=0)
    chip = machine()
    low, high = chip.technology["g_min"], chip.technology["g_max"]
    joules = 8 * ((low + high) / 2 + low) * chip["read_voltage"] ** 2 * chip["read_time"]
    joules += 2 * (chip["adc_energy"] + chip["sample_hold_energy"]) + 8 * chip["dac_energy"]
    assert report["peak_TOPS_per_W"] == pytest.approx(1e-12 * 16 / joules, rel=1e-8, abs=0)


def test_tops_per_watt_only_where_it_is_defined(report: Report) -> None:
    """Not of arrays that nobody builds, nor of those whose spikes program the cells."""
    espine = replace(machine(), technology=load_hardware("dynap-se-pcm").technology)
    for chip in (espine, replace(machine(), rows_adapt=True)):
        found = figures(evaluate(mapping(), activity(), chip))
        assert "peak_TOPS_per_W" not in found
        assert found["operations_per_J"] == report["operations_per_J"]


def test_energy_delay_is_their_product(report: Report, compiled: Compiled) -> None:
    assert report["energy_delay_Js"] == pytest.approx(report["energy_J"] * report["latency_s"], rel=1e-8, abs=0)
    told = compiled.mapping.figures
    assert told["device_energy_delay_Js"] == pytest.approx(
        told["device_energy_total_J"] * told["latency_s"], rel=1e-8, abs=0
    )


def test_maps_by_hand(report: Report) -> None:
    assert report.tiles["clusters"].tolist() == [1, 1, 0, 1]
    assert report.tiles["cell_utilisation"].tolist() == [3 / 8, 1 / 8, 0, 1 / 8]
    assert report.tiles["spikes_per_frame"].tolist() == [3.5, 0, 0, 0.5]
    assert report.tiles["array_energy_J"].sum() == pytest.approx(report["energy_array_J"], rel=1e-6, abs=0)


def test_a_report_says_what_is_a_bound(report: Report, compiled: Compiled) -> None:
    assert any("upper bounds" in note for note in report.notes)
    assert not any("upper bounds" in note for note in compiled.report.notes)
    with pytest.raises(KeyError):
        report["no such figure"]


def test_every_figure_is_named_once_with_its_unit(compiled: Compiled) -> None:
    metrics = compiled.report.metrics
    assert len({m.name for m in metrics}) == len(metrics)
    assert figures(compiled.report) == compiled.mapping.figures
    for metric in metrics:
        if metric.unit in {"J", "s", "K", "W", "1/s", "1"} and not metric.name.endswith("loop_gain"):
            assert unit_of(metric.name) == metric.unit, metric.name
        if isinstance(metric.value, float) and metric.name not in TOTALS:
            assert metric.value == rounded(metric.value)
        elif metric.name in TOTALS:
            assert metric.value == added([metric.value])


TOTALS = {"area_m2", "energy_J", "device_energy_total_J"}
"""Twelve digits, so that rounded parts add up to them."""


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("operations_per_J", "1/J"),
        ("peak_TOPS_per_W", "TOPS/W"),
        ("energy_J", "J"),
        ("latency_s", "s"),
        ("throughput_frames_per_s", "1/s"),
        ("row_utilisation", "1"),
        ("device_temperature_hottest_K", "K"),
        ("device_leakage_W", "W"),
        ("area_router_m2", "m2"),
        ("energy_delay_Js", "J s"),
        ("device_cells_off_share", "1"),
        ("hops", ""),
        ("tiles", ""),
        ("espine_lifetime_frames", ""),
    ],
)
def test_units_follow_from_names(name: str, unit: str) -> None:
    assert unit_of(name) == unit


def test_nine_digits() -> None:
    assert rounded(1.23456789012e-7) == 1.23456789e-7
    assert rounded(0.0) == 0.0
    assert rounded(-2 / 3) == -0.666666667
