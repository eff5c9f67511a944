"""The mapped network on imperfect cells: nothing deviates without effects, and what does is what cells say."""

from dataclasses import replace
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from oracles import nodal
from oracles.dense_executor import run as oracle_run

import snnmap
from snnmap.analysis.view import View
from snnmap.core.errors import InputError
from snnmap.hardware.weights import ENCODINGS, Weights
from snnmap.physics.crossbar import Wires
from snnmap.physics.encoding import significance
from snnmap.simulate.imperfect.exact import solver
from snnmap.simulate.imperfect.frames import Run, _work
from snnmap.simulate.imperfect.options import ImperfectOptions, parsed
from snnmap.simulate.imperfect.run import ImperfectNetwork
from snnmap.simulate.mapped import deviation
from snnmap.simulate.tally import Readout

ALL = "levels,programming,stuck,drift,read,off,ir,adc,dac"


def prepared(compiled: snnmap.Compiled, effects: str, weights: Weights | None = None, hardware=None, **options: object):
    hardware = hardware or compiled.hardware
    hardware = hardware if weights is None else replace(hardware, weights=weights)
    warm = np.full(compiled.mapping.clustering.clusters, 318.0)
    return ImperfectNetwork(
        View(compiled.mapping, compiled.graph, hardware), ImperfectOptions(parsed(effects), **options), warm
    )


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(("levels", "slices"), [(0, 1), (16, 1), (4, 3)])
def test_without_effects_every_spike_is_that_of_the_profile(compiled, encoding, levels, slices) -> None:
    network = prepared(compiled, "none", Weights(encoding, levels, slices))
    outcome = network.run(network.chip(5), 1e6, keep_events=True)
    assert deviation(compiled.graph, outcome.events) == 0


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_states_that_hold_every_weight_change_nothing(compiled, encoding) -> None:
    top = int(np.abs(compiled.graph.network.weight).max())  # whole numbers: -5 .. 5 are 6 states of a pair, 11 of one
    levels = 2 * top + 1 if encoding == "offset_column" else top + 1
    network = prepared(compiled, "levels,off", Weights(encoding, levels))
    assert deviation(compiled.graph, network.run(network.chip(0), 0.0, keep_events=True).events) == 0
    coarse = prepared(compiled, "levels", Weights(encoding, 2))
    assert deviation(compiled.graph, coarse.run(coarse.chip(0), 0.0, keep_events=True).events) > 0


def test_one_chip_is_the_same_for_any_number_of_threads_and_no_other(compiled) -> None:
    network = prepared(compiled, ALL, stuck_on=0.01, stuck_off=0.02)
    first, again = (network.run(network.chip(7), 100.0, keep_events=True, threads=n) for n in (1, 3))
    assert deviation(replace(compiled.graph, events=first.events), again.events) == 0
    other = network.run(network.chip(8), 100.0, keep_events=True)
    assert deviation(replace(compiled.graph, events=first.events), other.events) > 0


def test_frames_do_not_depend_on_one_another(compiled) -> None:
    graph = compiled.graph
    events = graph.events
    last = slice(int(events.frame[0]), int(events.frame[2]))
    fewer = replace(
        events, frame=events.frame[:3], step=events.step[last], source=events.source[last], value=events.value[last]
    )
    network = prepared(compiled, ALL)
    whole = network.run(network.chip(1), 1.0)
    part = network.run(network.chip(1), 1.0, graph=replace(graph, events=fewer, frames=2, labels=None))
    np.testing.assert_array_equal(part.counts, whole.counts[:2])


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("slices", [1, 2])
def test_a_chip_spikes_as_a_dense_network_of_what_its_cells_conduct(compiled, encoding, slices) -> None:
    network = prepared(compiled, "programming,drift,off", Weights(encoding, 16 if slices > 1 else 0, slices))
    chip = network.chip(3)
    graph, lines, weight = compiled.graph, network.layout, network.weights(chip, 1000.0)
    ideal = graph.network
    matrix = np.zeros((ideal.sources, ideal.neurons))
    for source in range(ideal.sources):
        for r in lines.row[lines.row_ptr[source] : lines.row_ptr[source + 1]]:
            own = np.arange(lines.base[r], lines.base[r] + lines.width[r])
            np.add.at(matrix[source], lines.neuron[own], weight[lines.first[r] : lines.first[r + 1]])
    assert np.count_nonzero(matrix) > ideal.synapses  # cells without a synapse conduct too
    dense = SimpleNamespace(
        populations=ideal.populations,
        indptr=np.arange(ideal.sources + 1) * ideal.neurons,
        post=np.tile(np.arange(ideal.externals, ideal.sources), ideal.sources),
        weight=matrix.reshape(-1),
        grid=np.full(len(ideal.populations), 2.0**-60),
    )
    outside = graph.events.source < ideal.externals
    frame = np.concatenate([[0], np.cumsum(outside)])[graph.events.frame]
    driven = replace(
        graph.events,
        frame=frame,
        step=graph.events.step[outside],
        source=graph.events.source[outside],
        value=graph.events.value[outside],
    )
    expected = oracle_run(dense, driven, graph.dynamics)
    events = network.run(chip, 1000.0, keep_events=True).events
    found = list(zip(events.frame_of_event(), events.step, events.source, events.value, strict=True))
    assert found == expected


def test_classes_are_the_first_of_the_largest_counts(compiled) -> None:
    network = prepared(compiled, "none")
    outcome = network.run(network.chip(0), 0.0)
    np.testing.assert_array_equal(outcome.predictions, compiled.graph.predictions)
    assert outcome.counts.shape == (3, 3)
    assert outcome.events is None


@pytest.mark.parametrize("bits", [2, 4, 12])
def test_a_converter_knows_no_sum_between_its_codes(compiled, bits) -> None:
    hardware = compiled.hardware.with_value("adc_bits", bits)
    network = prepared(compiled, "adc", hardware=hardware)
    step, limit = network._steps
    np.testing.assert_allclose(limit / np.where(step > 0, step, 1.0), np.where(step > 0, 2 ** (bits - 1) - 1, 0))
    peak = prepared(compiled, "none").run(network.chip(0), 0.0, keep_events=True).peak
    assert np.all(peak <= limit * (1 + 1e-12))  # the largest sum of the profile is the largest code
    crossbar = network.layout.crossbar
    for k in range(compiled.mapping.clustering.clusters):
        assert np.any(np.isclose(peak[crossbar == k], limit[crossbar == k]))


def test_more_bits_deviate_less(compiled) -> None:
    found = []
    for bits in (2, 5, 16):
        network = prepared(compiled, "adc", hardware=compiled.hardware.with_value("adc_bits", bits))
        found.append(deviation(compiled.graph, network.run(network.chip(0), 0.0, keep_events=True).events))
    assert found[0] > found[1] > found[2]
    assert found[2] <= 4  # sums of whole numbers meet thresholds exactly, codes do not


def test_ranges_of_converters_are_nested(compiled) -> None:
    ranges = []
    for how in ("full", "calibrated", "percentile"):
        network = prepared(compiled, "adc", hardware=replace(compiled.hardware, adc_range=how))
        ranges.append(network._steps[1])
    assert np.all(ranges[0] >= ranges[1])
    assert np.all(ranges[1] >= ranges[2])
    assert np.all(ranges[2] > 0.5 * ranges[1])


def test_a_slice_has_a_range_of_its_own_significance(compiled) -> None:
    network = prepared(compiled, "adc,levels", Weights("pair_columns", 4, 2))
    limit = network._steps[1].reshape(-1, 2)
    np.testing.assert_allclose(limit[:, 0] / limit[:, 1], 4.0)
    assert significance(4, 2)[0] == 0.8


def test_progress_counts_frames(compiled) -> None:
    told: list[tuple[str, int, int, float]] = []
    network = prepared(compiled, "none")
    network.run(network.chip(0), 0.0, progress=lambda *facts: told.append(facts))
    assert told == [("accuracy", frame, 3, 0.0) for frame in (1, 2, 3)]


@pytest.mark.parametrize("missing", ["events", "dynamics"])
def test_a_profile_without_events_cannot_be_run(compiled, missing) -> None:
    network = prepared(compiled, "none")
    with pytest.raises(InputError, match="with its events"):
        network.run(network.chip(0), 0.0, graph=replace(compiled.graph, **{missing: None}))


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_solved_arrays_without_resistance_are_the_matrix(compiled, encoding) -> None:
    """Another route: row by row in compiled loops, and step by step through the nodes of every array."""
    hardware = compiled.hardware.with_value("r_wordline", 0.0).with_value("r_bitline", 0.0)
    found = []
    for ir in ("linear", "exact"):
        network = prepared(compiled, "programming,drift,off,ir", Weights(encoding), hardware, ir=ir)
        found.append(network.run(network.chip(2), 1e4, keep_events=True).events)
    assert deviation(replace(compiled.graph, events=found[0]), found[1]) == 0


def test_solved_arrays_lose_what_the_exact_solver_says(compiled) -> None:
    hardware = compiled.hardware.with_value("r_wordline", 500.0).with_value("r_bitline", 500.0)
    network = prepared(compiled, "ir", hardware=hardware, ir="exact")
    exact = solver(network.cells, network.layout, network.chip(0), 0.0)
    clustering, wiring, technology = compiled.mapping.clustering, compiled.mapping.wiring, hardware.technology
    cluster = int(np.argmax(np.diff(clustering.row_ptr)))
    rows, columns = clustering.rows_of(cluster), clustering.columns_of(cluster)
    values = np.where(np.arange(rows.stop - rows.start) % 3 == 0, 0.0, 1.0)
    wires = Wires.of(technology, hardware["ambient_temperature"])
    share = network.cells.target(cluster).share[:, 0]
    current = []
    for half in share:
        G = np.zeros((hardware.rows, hardware.columns))
        G[wiring.row[rows][:, None], wiring.column[columns]] = technology["g_min"] + half * (
            technology["g_max"] - technology["g_min"]
        )
        V = np.zeros(hardware.rows)
        V[wiring.row[rows]] = values * hardware["read_voltage"]
        cells = nodal.currents(G=G, V=V[:, None], wires=wires, active=(V > 0)[:, None], inactive="gated")
        current.append(cells.sum(axis=(0, 2))[wiring.column[columns]])
    unit = hardware["read_voltage"] * (technology["g_max"] - technology["g_min"])
    largest = network.layout.largest[columns.start : columns.stop]
    np.testing.assert_allclose(
        exact.sums(cluster, values), (current[0] - current[1]) / unit * largest, rtol=1e-7, atol=1e-9
    )


def test_the_estimate_of_wires_says_how_far_it_is_off(compiled) -> None:
    errors = []
    for ohm in (0.0, 5.0, 500.0):
        hardware = compiled.hardware.with_value("r_wordline", ohm).with_value("r_bitline", ohm)
        network = prepared(compiled, "ir", hardware=hardware)
        errors.append(network.ir_error(network.chip(0), 0.0))
    assert errors[0].patterns == errors[2].patterns > 20
    assert errors[0].rms < 1e-9
    assert errors[0].rms < errors[1].rms < errors[2].rms
    assert errors[2].rms <= errors[2].worst * 10
    assert errors[1].worst < 0.05


def test_variances_are_in_the_unit_of_the_weights(compiled) -> None:
    network = prepared(compiled, "read")
    array = network.array(network.chip(0), 1.0)
    lines, read = network.layout, network.cells.read(0, network.chip(0), 1.0, None)
    width = int(lines.width[0])
    own = array.cell[: 2 * read.variance.size].reshape(-1, 2 * width)[:, width:] * array.noise_unit[:width] ** 2
    np.testing.assert_allclose(own, read.variance[:, :, 0] * lines.largest[:width] ** 2, rtol=1e-6)
    assert lines.largest[0] > 1.0


def test_solved_arrays_are_as_noisy_as_the_matrix(compiled) -> None:
    hardware = compiled.hardware.with_value("r_wordline", 0.0).with_value("r_bitline", 0.0)
    found = []
    for ir in ("linear", "exact"):
        network = prepared(compiled, "read,off,ir", hardware=hardware, ir=ir)
        doubled = replace(compiled.graph.events, value=compiled.graph.events.value * 2.0)
        given = replace(compiled.graph, events=doubled)
        found.append(network.run(network.chip(2), 10.0, graph=given, keep_events=True).peak)
    assert np.any(found[0] > 0)
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("effects", ["programming,read", ALL, "levels,dac,adc,off", "read,adc"])
def test_counts_are_those_of_the_events_whether_these_are_kept_or_not(compiled, encoding, effects) -> None:
    """Sums that are watched are read step by step, others at once; spikes, and two spikes as one pulse."""
    network = prepared(compiled, effects, Weights(encoding, 16, 1))
    events = compiled.graph.events
    for height in (1.0, 2.0):
        given = replace(compiled.graph, events=replace(events, value=events.value * np.float32(height)))
        kept, quick = (network.run(network.chip(1), 10.0, graph=given, keep_events=keep) for keep in (True, False))
        np.testing.assert_array_equal(kept.counts, quick.counts)
        assert not len(quick.peak)
        readout = Readout.of(compiled.graph.network)
        for frame, (first, stop) in enumerate(pairwise(kept.events.frame)):
            own = slice(int(first), int(stop))
            counted = readout.counts(kept.events.source[own], kept.events.value[own])
            np.testing.assert_array_equal(counted, kept.counts[frame])


def test_frames_that_are_run_in_one_call_are_the_same(compiled) -> None:
    network = prepared(compiled, ALL)
    run = Run(compiled.graph, network.reads, network.array(network.chip(1), 1.0), 5, kept=True)
    work = _work(run)
    whole = work((0, 3))
    alone = [work((frame, frame + 1)) for frame in range(3)]
    np.testing.assert_array_equal(whole.counts, np.concatenate([ran.counts for ran in alone]))
    for k in range(3):
        np.testing.assert_array_equal(whole.events[k], np.concatenate([ran.events[k] for ran in alone]))
    assert whole.size.tolist() == [int(ran.size[0]) for ran in alone]
    assert len({tuple(ran.events[1].tolist()) for ran in alone}) == 3


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("off", ["", ",off"])
def test_grounded_rows_are_linear_as_the_exact_solver_says(compiled, encoding: str, off: str) -> None:
    hardware = compiled.hardware.with_value("r_wordline", 200.0).with_value("r_bitline", 300.0)
    hardware = replace(hardware, weights=Weights(encoding, 4, 2))
    effects = f"ir,programming,levels{off}"
    network = prepared(compiled, effects, hardware=hardware, inactive="grounded")
    exact = solver(network.cells, network.layout, network.chip(3), 0.0)
    assert exact.inactive == "grounded"
    clustering, rng = compiled.mapping.clustering, np.random.default_rng(0)
    effective, first = network.weights(network.chip(3), 0.0), network.layout.first
    for cluster in range(clustering.clusters):
        rows = clustering.rows_of(cluster)
        each = effective[first[rows.start] : first[rows.stop]].reshape(rows.stop - rows.start, -1)
        values = (rng.random(len(each)) < 0.4).astype(float)
        got = values @ each
        np.testing.assert_allclose(got, exact.sums(cluster, values), atol=3e-5 * np.abs(each).max())
    gated = prepared(compiled, effects, hardware=hardware)
    assert not np.allclose(gated.weights(gated.chip(3), 0.0), effective, rtol=1e-3)


def test_grounded_rows_give_the_same_spikes_as_solved_ones(compiled) -> None:
    hardware, found = compiled.hardware.with_value("r_wordline", 5.0).with_value("r_bitline", 5.0), []
    for ir in ("linear", "exact"):
        network = prepared(compiled, "ir,programming,off", hardware=hardware, ir=ir, inactive="grounded")
        found.append(network.run(network.chip(1), 0.0, keep_events=True).events)
    assert len(found[0].source) > 10
    assert deviation(replace(compiled.graph, events=found[0]), found[1]) == 0


def test_floating_rows_are_solved_for_what_floats(compiled) -> None:
    hardware = compiled.hardware.with_value("r_wordline", 200.0).with_value("r_bitline", 300.0)
    found = {}
    for inactive in ("gated", "grounded", "floating"):
        network = prepared(compiled, "ir", hardware=hardware, ir="exact", inactive=inactive)
        arrays = solver(network.cells, network.layout, network.chip(0), 0.0)
        values = np.zeros(len(network.cells.target(1).share[0, 0]))
        values[::2] = 1.0
        found[inactive] = arrays.sums(1, values)
    assert not np.allclose(found["floating"], found["grounded"], rtol=1e-4)
    assert not np.allclose(found["floating"], found["gated"], rtol=1e-4)


@pytest.mark.parametrize("effects", ["none", "programming,off", "programming,read,off,adc"])
def test_sums_that_do_not_fit_32_bits_are_the_same_in_double_precision(compiled, effects) -> None:
    network = prepared(compiled, effects)
    array = network.array(network.chip(1), 10.0)
    assert array.counted
    found = []
    for counted in (True, False):
        run = Run(compiled.graph, network.reads, array._replace(counted=counted), 5, kept=True)
        found.append(_work(run)((0, 3)))
    for k in range(3):
        np.testing.assert_array_equal(found[0].events[k], found[1].events[k])


@pytest.mark.parametrize("kept", [True, False])
@pytest.mark.parametrize("ir", ["linear", "exact"])
def test_inputs_may_be_outputs(compiled, kept, ir) -> None:
    graph = compiled.graph
    both = replace(graph, network=replace(graph.network, outputs=(0, *graph.network.outputs)))
    network = prepared(compiled, "ir", ir=ir)
    counts = network.run(network.chip(0), 0.0, graph=both, keep_events=kept).counts
    plain = network.run(network.chip(0), 0.0, keep_events=kept).counts
    np.testing.assert_array_equal(counts[:, 20:], plain)
    frame, source = graph.events.frame_of_event(), graph.events.source
    for k in range(3):
        np.testing.assert_array_equal(counts[k, :20], np.bincount(source[(frame == k) & (source < 20)], minlength=20))
    assert counts[:, :20].any()


def test_a_crossbar_of_two_levels_is_read_twice_and_its_rows_drive_both(compiled) -> None:
    reads, clustering = prepared(compiled, "none").reads, compiled.mapping.clustering
    assert len(reads.base) > clustering.clusters  # what the tests of whole runs are good for
    assert not reads.together.all()
    assert reads.part_ptr[-1] == len(clustering.column_neuron)
    lines = np.repeat(reads.base, np.diff(reads.part_ptr)) + reads.line
    assert sorted(lines.tolist()) == list(range(len(lines)))
    np.testing.assert_array_equal(reads.neuron + compiled.graph.network.externals, clustering.column_neuron[lines])
    rows = np.diff(clustering.row_ptr)
    assert len(reads.slot) == sum(int(rows[clustering.column_ptr.tolist().index(base)]) for base in reads.base.tolist())


def test_the_noise_of_a_reference_enters_every_line_by_its_significance(compiled) -> None:
    network = prepared(compiled, "read,off", Weights("offset_column", 16, 2))
    array, read = network.array(network.chip(0), 10.0), network.cells.read(0, network.chip(0), 10.0, None)
    rows, width = len(read.mean), int(network.layout.width[0])
    own = array.cell[: rows * (2 * width + 1)].reshape(rows, -1)
    by = np.tile([-2 * 16 / 17, -2 / 17], width // 2) * network.layout.largest[:width]
    found = own[:, -1:] * np.square(array.shared[:width] / by)
    np.testing.assert_allclose(found, np.repeat(read.shared[:, np.newaxis], width, axis=1), rtol=1e-6)
    assert np.all(array.shared[:width] * by > 0.0)


def test_solved_arrays_take_the_noise_of_their_reference(compiled) -> None:
    hardware = compiled.hardware.with_value("r_wordline", 0.0).with_value("r_bitline", 0.0)
    found = []
    for ir in ("linear", "exact"):
        network = prepared(compiled, "read,off,ir", Weights("offset_column", 16, 2), hardware, ir=ir)
        found.append(network.run(network.chip(2), 10.0, keep_events=True).peak)
    assert np.any(found[0] > 0)
    np.testing.assert_allclose(found[0], found[1], rtol=1e-6, atol=1e-9)
