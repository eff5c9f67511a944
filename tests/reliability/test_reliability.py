"""The composition of the device models over a mapping, against a cell-by-cell recount that shares no code with it."""

from dataclasses import replace

import numpy as np
import pytest
from oracles import reliability as oracle
from support import small_workload
from support.origins import replaced

import snnmap
from snnmap.analysis.routes import link_loads
from snnmap.analysis.traffic import traffic
from snnmap.analysis.view import View
from snnmap.core.arrays import offsets
from snnmap.core.errors import SnnmapError
from snnmap.hardware import load_hardware, load_technology
from snnmap.ir import Clustering, Network, Placement, Population, SpikeGraph, Wiring
from snnmap.reliability import bounds, crossbars
from snnmap.reliability.crossbars import passes_of, tile_variation
from snnmap.reliability.device import device_state
from snnmap.reliability.espine import espine_quality, espine_state, espine_twin
from snnmap.reliability.heat import heat
from snnmap.reliability.metrics import device_metrics, reliability_metrics
from snnmap.reliability.spiked import Heating
from snnmap.reliability.wear import SPARE_SHARE, chances_off, failure_times, first_limit

TOLERANCE = 2e-6
"""Cells are held in float32."""


def dense(network):
    weight = np.zeros((network.sources, network.sources))
    weight[np.repeat(np.arange(network.sources), np.diff(network.indptr)), network.post] = network.weight
    return weight


def technology_values(technology):
    return {key: technology[key] for key in technology.values}


def spiking(graph):
    """Sources that spike in every step of the window, biases included."""
    on = [set(np.flatnonzero(graph.network.is_bias()).tolist()) for _ in range(graph.window)]
    for frame, step, source in zip(
        graph.events.frame_of_event(), graph.events.step, graph.events.source, strict=True
    ):  # fmt: skip
        on[int(frame) * graph.steps + int(step)].add(int(source))
    return on


def case_of(mapping, graph, hardware):
    """The same facts as plain lists, for the oracle."""
    c, w, network = mapping.clustering, mapping.wiring, graph.network
    clusters = []
    for k in range(c.clusters):
        rows, columns = slice(*c.row_ptr[k : k + 2]), slice(*c.column_ptr[k : k + 2])
        clusters.append((
            dict(zip(c.row_source[rows].tolist(), w.row[rows].tolist(), strict=True)),
            dict(zip(c.column_neuron[columns].tolist(), w.column[columns].tolist(), strict=True)),
            int(mapping.placement.tile[k]),
        ))  # fmt: skip
    tile = mapping.placement.tile
    home = tile[c.home[c.column_neuron - network.externals]]
    return {
        "weight": dense(network),
        "group": network.population_of(),
        "spikes": graph.spikes,
        "on": spiking(graph),
        "clusters": clusters,
        "home": {network.externals + n: int(k) for n, k in enumerate(c.home)},
        "sent": link_loads(traffic(graph, c), mapping.placement, hardware).sum(axis=1),
        "merged": np.bincount(home, weights=mapping.partial_messages, minlength=hardware.tiles),
        "level": network.level_of().tolist(),
        "externals": network.externals,
        "biases": set(np.flatnonzero(network.is_bias()).tolist()),
        "window": graph.window,
        "steps": graph.steps,
        "step": View(mapping, graph, hardware).seconds_per_step,
        "mesh": (hardware.mesh_width, hardware.mesh_height),
        "size": (hardware.rows, hardware.columns),
        "v": {key: hardware[key] for key in hardware.values} | technology_values(hardware.technology),
        "feature": hardware.technology.node_nm * 1e-9,
        "noise": hardware.technology.noise,
    }


def busy(hardware):
    """Slow reads, so that rows are on for a good share of the time, and wires that matter."""
    return hardware.with_value("read_time", 2e-4).with_value("r_wordline", 300.0).with_value("r_bitline", 200.0)


def stacked(mapping, tiles):
    """Clusters k on tile k mod `tiles`."""
    return replace(mapping, placement=Placement(np.arange(mapping.clustering.clusters) % tiles))


@pytest.fixture(scope="module")
def shared(compiled):
    return stacked(compiled.mapping, 3)


@pytest.mark.parametrize("technology", ["pcm-16", "oxram-22"])
@pytest.mark.parametrize("tiles", [None, 3])
def test_device_mode_equals_the_recount(compiled, technology, tiles):
    hardware = busy(replace(compiled.hardware, technology=load_technology(technology)))
    mapping = compiled.mapping if tiles is None else stacked(compiled.mapping, tiles)
    case = case_of(mapping, compiled.graph, hardware)
    assert len(case["clusters"]) >= 5
    truth = oracle.state(case)
    refresh, hottest = oracle.wear(case, truth)
    got = device_state(View(mapping, compiled.graph, hardware))
    assert got.tile_temperature == pytest.approx(truth["tile"], rel=1e-9)
    assert got.temperature - 318.15 == pytest.approx(truth["temperature"] - 318.15, rel=1e-6)
    assert got.peak == pytest.approx(hottest, rel=TOLERANCE)
    assert got.leakage == pytest.approx(truth["leakage"], rel=1e-9, abs=0)
    assert got.dynamic == pytest.approx(truth["dynamic"], rel=1e-9, abs=0)
    assert got.array_energy == pytest.approx(truth["energy"], rel=1e-9, abs=0)
    assert got.refresh == pytest.approx(refresh, rel=0.02 if case["noise"] != "none" else 2e-4)  # chances are tabulated
    lifetime = oracle.lifetimes(case, got.refresh)
    cells = [2 * len(oracle.synapses(case, cluster)) for cluster in case["clusters"]]  # one for each sign
    refreshing = truth["each"] * float(np.sum(np.array(cells) / got.refresh))
    assert got.programming_power == pytest.approx(truth["programming"] + refreshing, rel=2e-4)
    cells = np.array(2 * list(lifetime.values()))
    assert got.lifetime.min() == pytest.approx(cells.min(), rel=2e-4)
    sigma = hardware.technology["endurance_sigma"]
    assert got.band == pytest.approx(failure_times(cells, sigma, 1, (0.1, 0.5, 0.9)), rel=2e-4)


def test_each_cluster_has_the_lifetime_of_its_own_most_written_cell(compiled, shared):
    case = case_of(shared, compiled.graph, compiled.hardware)
    state = device_state(View(shared, compiled.graph, compiled.hardware))
    got, lifetime = state.lifetime, oracle.lifetimes(case, state.refresh)
    for k, cluster in enumerate(case["clusters"]):
        own = min(lifetime[cluster[2], i, j] for i, j, *_ in oracle.synapses(case, cluster))
        assert got[k] == pytest.approx(own, rel=1e-6)
    assert len(set(got.tolist())) > 1


def test_espine_mode_equals_the_recount(compiled, shared):
    for mapping in (compiled.mapping, shared):
        twin = espine_twin(compiled.hardware.technology).with_value("espine_spike_time", 2e-5)
        twin = twin.with_value("espine_gamma", 9000.0).with_value("espine_crystallisation", 3e3)
        case = case_of(mapping, compiled.graph, compiled.hardware)
        truth, leaking = oracle.paper(case, case["v"] | {key: q.value for key, q in twin.values.items()})
        got = espine_state(View(mapping, compiled.graph, compiled.hardware), twin)
        lasts, spiking, average = map(np.array, zip(*truth, strict=True))
        assert got.lifetime == pytest.approx(lasts * compiled.graph.frames, rel=1e-6)
        assert got.spiking == pytest.approx(spiking, rel=1e-9)
        assert got.temperature - 298 == pytest.approx(average - 298, rel=1e-6)
        assert average.min() > 298.2
        assert np.all(got.bound >= got.lifetime)
        assert got.leakage == pytest.approx(leaking)


def test_the_average_counts_all_heat_however_short_the_spike(compiled):
    """Mean power over the vertical conductance, and times R_th; 1 - exp(-t / tau) is of the peak alone."""
    twin = espine_twin(compiled.hardware.technology)
    duty = np.random.default_rng(0).random((compiled.hardware.rows, compiled.hardware.columns)) * 1e-3
    for spike_time in (1e-9, 40e-9, 1e-6):
        heating = Heating.of(compiled.hardware, twin.with_value("espine_spike_time", spike_time))
        watts = float((heating.power.cell * duty).mean())
        expected = watts * (1 / heating.sheet.vertical + heating.cell.thermal_resistance)
        assert heating.average(duty).mean == pytest.approx(expected)
        assert heating.own == pytest.approx(
            heating.power.cell * heating.cell.thermal_resistance * -np.expm1(-spike_time / 36e-9), rel=1e-4
        )


def test_espine_averages_stand_on_the_package(compiled):
    """All heat of the chip passes the package: twice its resistance, twice that rise, in both modes."""
    twin, twice = espine_twin(compiled.hardware.technology), compiled.hardware.with_value("convection_resistance", 80.0)
    views = [View(compiled.mapping, compiled.graph, hardware) for hardware in (compiled.hardware, twice)]
    once, more = (espine_state(view, twin) for view in views)
    heat = float((once.dynamic + once.leakage).sum())
    assert more.temperature - once.temperature == pytest.approx(40 * heat, rel=1e-3)
    assert more.tile_temperature - once.tile_temperature == pytest.approx(40 * heat, rel=1e-3)


def test_the_hottest_espine_cell_carries_spikes(compiled):
    twin = espine_twin(compiled.hardware.technology)
    got = espine_state(View(compiled.mapping, compiled.graph, compiled.hardware), twin)
    assert got.spiking.max() <= got.hottest
    none = replace(compiled.graph, spikes=np.zeros_like(compiled.graph.spikes))
    silent = espine_state(View(compiled.mapping, none, compiled.hardware), twin)
    assert silent.hottest == silent.tile_temperature[compiled.mapping.placement.tile].max()
    assert np.all(silent.lifetime == np.inf)
    assert silent.spiking == pytest.approx(298.0, abs=1e-3)  # leakage alone


def test_reading_alone_never_wears_pcm(compiled):
    """No drift, and so cold that no state is lost: nothing asks for a refresh, so nothing is ever written."""
    technology = replace(compiled.hardware.technology, noise="none")
    hardware = replace(compiled.hardware, technology=technology).with_value("ambient_temperature", 50.0)
    hardware = hardware.with_value("wire_temperature_coefficient", 0.0)
    got = device_state(View(compiled.mapping, compiled.graph, hardware))
    assert np.all(got.refresh > 1e100)
    assert np.all(got.lifetime > 1e100)
    assert got.programming_power < 1e-100
    assert got.limited_by == "none within horizon"


def test_drift_decides_when_it_is_first(compiled):
    hardware = compiled.hardware.with_value("weight_tolerance", 0.15)
    base = device_state(View(compiled.mapping, compiled.graph, hardware))
    assert base.limited_by == "drift"
    uncompensated = replace(hardware, drift_compensation=False)
    assert device_state(View(compiled.mapping, compiled.graph, uncompensated)).refresh.min() < base.refresh.min()
    hot = hardware.with_value("ambient_temperature", 420.0)
    assert device_state(View(compiled.mapping, compiled.graph, hot)).limited_by == "read disturb"
    short = hardware.with_value("horizon", 1e4)
    assert device_state(View(compiled.mapping, compiled.graph, short)).limited_by == "none within horizon"


@pytest.mark.parametrize("seconds", [1.0, 1e5])
def test_crossbars_are_refreshed_every_so_often_where_that_is_given(compiled, seconds):
    asked, state = device_state(compiled.view, refreshed=seconds), device_state(compiled.view)
    assert asked.refresh == pytest.approx(seconds)
    assert asked.lifetime * state.refresh == pytest.approx(state.lifetime * seconds)
    kept = device_state(compiled.view, refreshed=1e30)  # they lose their state before
    assert kept.refresh.max() < 1e30


def test_cells_off_as_programmed_are_said_in_words(compiled):
    """Where the noise of programming alone is too much, no interval is printed, and nobody refreshes for it."""
    tight = compiled.hardware.with_value("weight_tolerance", 0.03)
    state = device_state(View(compiled.mapping, compiled.graph, tight))
    assert state.off.max() > tight["refresh_share"]
    assert state.limited_by == "programming noise"
    told = {m.name: m.value for m in device_metrics(state, 1.0, 1)}
    assert told["device_refresh_interval_s"] == f"{state.off.max():.2g} of the cells are off as programmed"
    assert told["device_cells_off_share"] == state.off.max()
    fine = device_state(View(compiled.mapping, compiled.graph, tight.with_value("weight_tolerance", 0.15)))
    assert fine.off.max() < tight["refresh_share"]
    basis = next(m.basis for m in device_metrics(fine, 1.0, 1) if m.name == "device_refresh_interval_s")
    assert "5 % of its cells off by more than 15 % of g_max" in basis
    assert state.refresh[state.off > tight["refresh_share"]].min() > fine.refresh.min()


def test_cells_off_are_counted_at_the_first_read(compiled):
    view = View(compiled.mapping, compiled.graph, compiled.hardware)
    cells = heat(view).cells
    for seconds, equal in ((0.0, True), (1.0, False)):
        expected = [float(chances_off(view.hardware, one, seconds).mean()) if len(one.duty) else 0.0 for one in cells]
        assert np.allclose(device_state(view).off, expected, rtol=1e-3, atol=0.0) == equal


def test_the_first_crossbar_to_ask_names_the_cause():
    """Drift within days in one crossbar is not hidden by a loss of state within years in another."""
    lasting, refresh, causes = np.full(3, 1e12), np.array([9e6, 1e3, np.inf]), ["read disturb", "drift", "none"]
    assert first_limit(lasting, refresh, causes, 1e8) == "drift"
    assert first_limit(lasting, refresh[[0, 2]], ["read disturb", "none"], 1e8) == "read disturb"
    assert first_limit(lasting, refresh, causes, 1e3) == "none within horizon"
    assert first_limit(lasting, np.full(1, np.inf), ["none"], 1e8) == "none within horizon"
    assert first_limit(np.array([1e12, 9e7]), refresh[:2], causes[:2], 1e8) == "programming"


def test_time_multiplexing_lifetime_is_as_one_over_rate(compiled, shared):
    fast = device_state(View(shared, compiled.graph, compiled.hardware))
    slow_graph = replace(compiled.graph, dt=10 * View(shared, compiled.graph, compiled.hardware).seconds_per_step)
    slow = device_state(View(shared, slow_graph, compiled.hardware))
    assert slow.lifetime == pytest.approx(10 * fast.lifetime)
    assert slow.programming_power == pytest.approx(fast.programming_power / 10, rel=1e-3)  # plus refreshes
    assert fast.limited_by == "programming"
    alone = device_state(View(compiled.mapping, compiled.graph, compiled.hardware))
    assert fast.lifetime.max() < 1e-3 * alone.lifetime.min()


def test_espine_lifetime_is_as_one_over_spikes(compiled):
    twin = espine_twin(compiled.hardware.technology)
    cold = twin.with_value("espine_spike_time", 1e-12).with_value("espine_gamma", 300.0)
    once = espine_state(View(compiled.mapping, compiled.graph, compiled.hardware), cold)
    often = replace(compiled.graph, spikes=3 * compiled.graph.spikes)
    assert espine_state(View(compiled.mapping, often, compiled.hardware), cold).lifetime * 3 == pytest.approx(
        once.lifetime, rel=1e-6
    )


def test_loop_gain_and_runaway_come_from_the_chip(compiled):
    leaky = compiled.hardware.with_value("adc_width", 8e7)
    calm = device_state(View(compiled.mapping, compiled.graph, compiled.hardware))
    hot = device_state(View(compiled.mapping, compiled.graph, leaky))
    assert hot.gain > 500 * calm.gain
    assert hot.temperature.mean() > calm.temperature.mean()


def test_variation_scales_lifetimes_tile_by_tile(compiled, monkeypatch):
    monkeypatch.setattr(bounds, "ROUNDING", np.inf)  # bounds of all clusters
    varied = replace(compiled.mapping, chip=replaced(compiled.mapping.chip, variation_seed=5))
    factors = tile_variation(compiled.hardware, 5)[compiled.mapping.placement.tile]
    assert len(set(factors.tolist())) == len(factors)
    twin = espine_twin(compiled.hardware.technology)
    pairs = [
        (
            device_state(View(m, compiled.graph, compiled.hardware)),
            espine_state(View(m, compiled.graph, compiled.hardware), twin),
        )
        for m in (compiled.mapping, varied)
    ]
    assert pairs[1][0].lifetime == pytest.approx(pairs[0][0].lifetime * factors)
    assert pairs[1][1].lifetime == pytest.approx(pairs[0][1].lifetime * factors)
    assert pairs[1][1].bound == pytest.approx(pairs[0][1].bound * factors)
    assert np.all(tile_variation(compiled.hardware, None) == 1.0)


def test_programming_is_named_when_a_poor_tile_wears_out(compiled, shared):
    """The limit is judged with process variation and endurance in it."""
    tough = compiled.hardware.with_value("endurance", 1e15)
    assert device_state(View(shared, compiled.graph, tough)).limited_by != "programming"


def test_sparing_cells_lengthens_life_and_certain_cells_need_no_band(compiled):
    got = device_state(View(compiled.mapping, compiled.graph, compiled.hardware))
    assert got.band[0] < got.band[1] < got.band[2]
    cells = np.full(5000, 7.0)
    times = [failure_times(cells, 1.0, k, (0.5,))[0] for k in (1, int(SPARE_SHARE * 5000) + 1)]
    assert times[0] < times[1] < 7.0
    certain = device_state(View(compiled.mapping, compiled.graph, compiled.hardware.with_value("endurance_sigma", 0.0)))
    assert certain.band == (certain.lifetime.min(),) * 3
    assert certain.spared == certain.lifetime.min()
    assert failure_times(np.zeros(0), 1.0, 1, (0.5, 0.9)) == (np.inf, np.inf)


def test_a_cluster_without_synapses_wears_nothing(compiled):
    """Two crossbars, the second with a neuron that nobody drives."""
    populations = (Population("in", "input", "input", 0, (2,), 0), Population("n", "neuron", "recorded", 2, (2,), 1))
    network = Network(populations, offsets([1, 1, 0, 0]), [2, 2], np.ones(2), np.ones(2), (1,))
    spikes = np.array([3, 0, 2, 0])
    graph = SpikeGraph(network, spikes, spikes, spikes, spikes, 1, 10, 1e-3, None, None)
    clustering = Clustering([0, 2, 2], [0, 1], [0, 1, 2], [2, 3], [0, 1])
    mapping = replace(
        compiled.mapping,
        clustering=clustering,
        placement=Placement([0, 1]),
        wiring=Wiring([0, 1], [0, 0]),
        partial_messages=np.zeros(2, np.int64),
    )
    got = device_state(View(mapping, graph, compiled.hardware))
    assert np.isfinite(got.lifetime[0])
    assert got.lifetime[1] == np.inf
    assert got.refresh[1] == np.inf
    twin = espine_twin(compiled.hardware.technology)
    assert espine_state(View(mapping, graph, compiled.hardware), twin).lifetime[1] == np.inf


def test_cells_that_are_never_read_have_no_pulse(compiled):
    silent = replace(compiled.graph, spikes=np.zeros_like(compiled.graph.spikes))
    got = device_state(View(compiled.mapping, silent, compiled.hardware))
    assert got.peak == pytest.approx(got.tile_temperature[compiled.mapping.placement.tile].max(), abs=1e-9)


def test_oxram_reads_disturb_where_they_are_strong(compiled):
    hardware = replace(compiled.hardware, technology=load_technology("oxram-22"))
    got = device_state(View(compiled.mapping, compiled.graph, hardware))
    assert got.limited_by == "programming noise"  # more cells than refresh_share relax out of the tolerance
    hardware = replace(hardware, technology=replace(hardware.technology, noise="none"))
    got = device_state(View(compiled.mapping, compiled.graph, hardware))
    assert got.limited_by == "programming"
    assert (
        device_state(View(compiled.mapping, compiled.graph, hardware.with_value("horizon", 1e6))).limited_by
        == "read disturb"
    )
    weak = device_state(View(compiled.mapping, compiled.graph, hardware.with_value("read_voltage", 0.1)))
    assert weak.refresh.min() == pytest.approx(np.e * got.refresh.min(), rel=0.02)


@pytest.mark.parametrize("objective", ["traffic", "default", "espine"])
def test_no_wiring_beats_the_bound(chip, objective):
    options = snnmap.CompileOptions(hardware=str(chip), objective=objective, seed=3)
    figures = snnmap.compile(small_workload.workload(), options).mapping.figures
    assert figures["espine_lifetime_frames"] <= figures["espine_lifetime_bound_frames"]


@pytest.mark.parametrize("seed", range(3))
def test_espine_never_lives_shorter_than_the_traffic_objective(chip, seed):
    lasts = []
    graph = snnmap.profile(small_workload.workload(seed + 1))
    for objective in ("traffic", "espine"):
        options = snnmap.CompileOptions(hardware=str(chip), objective=objective, seed=seed)
        lasts.append(snnmap.compile(graph, options).mapping.figures["espine_lifetime_frames"])
    assert lasts[0] <= lasts[1]


def test_modes_are_labelled_and_only_offered_where_known(compiled):
    metrics = reliability_metrics(View(compiled.mapping, compiled.graph, compiled.hardware))
    assert all(m.name.startswith(f"{m.mode}_") for m in metrics)
    assert {m.mode for m in metrics} == {"device", "espine"}
    oxram = replace(compiled.hardware, technology=load_technology("oxram-22"))
    assert {m.mode for m in reliability_metrics(View(compiled.mapping, compiled.graph, oxram))} == {"device"}
    paper = replace(compiled.hardware, technology=load_technology("espine-pcm-65"))
    assert {m.mode for m in reliability_metrics(View(compiled.mapping, compiled.graph, paper))} == {"espine"}
    assert espine_twin(paper.technology) is paper.technology


def test_energies_are_power_times_time(compiled, shared):
    state = device_state(View(shared, compiled.graph, compiled.hardware))
    got = {m.name: m.value for m in device_metrics(state, 2.0, 3)}
    assert got["device_energy_leakage_J"] == pytest.approx(2.0 * state.leakage.sum())
    assert got["device_energy_programming_J"] == pytest.approx(2.0 * state.programming_power)
    assert got["device_energy_array_J"] == pytest.approx(state.array_energy / 3)
    assert got["device_temperature_hottest_K"] == state.temperature.max()
    assert got["device_first_failure_low_s"] == state.band[0]
    assert got["device_first_failure_high_s"] == state.band[2]


def test_quality_needs_an_espine_twin():
    with pytest.raises(SnnmapError, match="espine twin"):
        espine_quality(load_hardware("pcm-mesh", "oxram-22"))
    quality = espine_quality(load_hardware("pcm-mesh"))
    assert quality.shape == (128, 128)
    assert quality[0, -1] == quality.max()


def test_steps_last_as_long_as_the_chip_needs(compiled):
    schedule = compiled.mapping.schedule
    period = schedule.period_numerator / schedule.period_denominator * compiled.mapping.sdfg.tick
    assert compiled.view.seconds_per_step == max(1e-3, period)
    fast = replace(compiled.graph, dt=period / 2)
    assert View(compiled.mapping, fast, compiled.hardware).seconds_per_step == period


def test_clusters_by_tile_and_passes(compiled, shared):
    view = View(shared, compiled.graph, compiled.hardware)
    groups = view.clusters_by_tile
    clusters = shared.clustering.clusters
    assert [g.tolist() for g in groups] == [list(range(t, clusters, 3)) for t in range(3)]
    total = sum(passes_of(view, k).sum() for k in range(clusters))
    fan_out = np.diff(compiled.graph.network.indptr)
    assert total == int((fan_out * compiled.graph.spikes).sum())


@pytest.mark.parametrize("block", [1, 13])
def test_rows_take_the_same_energy_however_few_cells_are_added_up_at_a_time(compiled, monkeypatch, block):
    view = View(compiled.mapping, compiled.graph, compiled.hardware)
    whole = crossbars.row_energy(view.clusters, view.hardware)
    monkeypatch.setattr(crossbars, "BLOCK", block)
    assert whole.tolist() == crossbars.row_energy(view.clusters, view.hardware).tolist()
    assert len(set(whole.tolist())) > 2
