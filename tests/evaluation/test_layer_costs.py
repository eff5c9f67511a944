"""Costs of a layer beside sums written out by hand, for every encoding, and beside a compiled mapping."""

import numpy as np
import pytest

import snnmap
from snnmap.analysis.arrangements import dense, unrolled
from snnmap.evaluation.layer_costs import layer_cost
from snnmap.hardware import load_hardware
from snnmap.ir.forms import LayerForm

FORM = LayerForm("n", "p", "conv", (2, 8, 8), 6, grid=(6, 6), kernel=(3, 3))


def test_time_energy_reads_and_area_of_a_kernel_that_is_used_often() -> None:
    hardware = load_hardware("pcm-mesh").resized(16, 16)  # 18 rows: two blocks of rows
    held = dense(FORM, hardware)
    assert (held.parts, held.blocks, held.vectors) == (2, 2, 36)
    cost = layer_cost(FORM, held, hardware, 0.25)
    h = hardware
    reading = 36 * (h["read_time"] + 8 * h["adc_time"]) + 0.25 * 16 * 36 * h["row_time"]
    firing = 216 * (h["column_time"] + h["merge_time"])
    assert cost.seconds == pytest.approx(reading + firing)
    low, high = h.technology["g_min"], h.technology["g_max"]
    pulse = h["read_voltage"] ** 2 * h["read_time"]
    array = 0.25 * 18 * 6 * ((low + high) / 2 + low) * pulse
    rest = 0.25 * 18 * 2 * h["dac_energy"] + 12 * (h["adc_energy"] + h["sample_hold_energy"]) + 6 * h["merge_energy"]
    assert cost.joules == pytest.approx(36 * (array + rest))
    assert cost.reads == 9
    assert cost.area == pytest.approx(2 * h.tile_pitch**2)
    assert cost.utilisation == pytest.approx(18 * 6 / (2 * 256))


def test_cells_without_a_synapse_draw_what_they_are_left_at() -> None:
    hardware = load_hardware("pcm-mesh").resized(64, 64)
    held = unrolled(FORM, hardware)
    off = held.crossings - held.cells
    assert off > 0
    low = hardware.technology["g_min"]
    extra = 0.5 * off * 2 * low * hardware["read_voltage"] ** 2 * hardware["read_time"]
    without = layer_cost(FORM, held._replace(crossings=held.cells), hardware, 0.5)
    assert layer_cost(FORM, held, hardware, 0.5).joules - without.joules == pytest.approx(extra)


def test_constants_are_always_on() -> None:
    hardware = load_hardware("pcm-mesh")
    steady = LayerForm("n", "p", "conv", (2, 8, 8), 6, grid=(6, 6), kernel=(3, 3), biases=2)
    one, two = (layer_cost(form, dense(form, hardware), hardware, 0.5) for form in (FORM, steady))
    assert two.seconds - one.seconds == pytest.approx(36 * 2 * hardware["row_time"])
    assert (one.reads, two.reads) == (18, 36)


def test_a_dense_layer_takes_the_time_and_area_that_its_mapping_takes() -> None:
    """One crossbar with all rows on: the schedule's own rule, and the report's own area of a tile."""
    rng = np.random.default_rng(0)
    weights = rng.uniform(0.1, 1.0, (10, 20)).astype(np.float32)
    from snnmap.frontend.networks.assemble import Block, Draft, build_network
    from snnmap.frontend.networks.linear import dense as matrix
    from snnmap.ir import Dynamics, Provenance, Spikes, Workload

    neurons = Draft("n", "neuron", "IF", (10,), {k: np.ones(1) for k in ("r", "v_threshold", "v_reset")})
    network = build_network([Draft("in", "input", "input", (20,)), neurons], [Block(0, 1, matrix(weights))], [1])
    events = Spikes(np.array([0, 20]), np.zeros(20), np.arange(20), np.ones(20), steps=1, dt=1e-3)
    workload = Workload("w", network, events, None, Dynamics(), Provenance(source="w", name="w"))
    made = snnmap.compile(workload)
    form = LayerForm("n", "in", "dense", (20, 1, 1), 10)
    held = unrolled(form, made.hardware)
    cost = layer_cost(form, held, made.hardware, 1.0)
    busiest = sum(t for n, t in zip(made.mapping.sdfg.name, made.mapping.sdfg.time, strict=True) if n.startswith("c0"))
    assert held.crossbars == made.report["crossbars"] == 1
    assert cost.seconds == pytest.approx(busiest * made.mapping.sdfg.tick)
    assert cost.area == pytest.approx(made.report["area_m2"])
