"""What `thermal` is for, on the shipped dense network: an even temperature at less power, in both modes."""

import numpy as np
import pytest

import snnmap
from snnmap.pipeline.compile import CompileOptions
from snnmap.pipeline.terms import tile_heat
from snnmap.reliability.device import device_state
from snnmap.reliability.heat import heat, tile_power
from snnmap.stages.place.cool import temperatures
from snnmap.stages.protocols import PlacementProblem


@pytest.fixture(scope="module")
def graph():
    return snnmap.profile("mnist-mlp")


@pytest.fixture(scope="module", params=["pcm-65", "pcm-16"])
def pair(request, graph):
    options = (CompileOptions(technology=request.param, objective=name) for name in ("traffic", "thermal"))
    return [snnmap.compile(graph, each) for each in options]


def test_the_gradient_is_at_most_45_percent_of_traffics_in_both_modes(pair):
    traffic, thermal = (compiled.mapping.figures for compiled in pair)
    for mode in ("espine", "device"):
        assert thermal[f"{mode}_gradient_K"] <= 0.45 * traffic[f"{mode}_gradient_K"]
    assert not pair[1].verdict.kept


def test_no_kelvin_of_the_hottest_is_paid_and_little_energy(pair):
    """Busy rows are spread over the crossbars of the first layer, which takes a quarter more messages."""
    traffic, thermal = (compiled.mapping.figures for compiled in pair)
    assert thermal["device_temperature_hottest_K"] <= traffic["device_temperature_hottest_K"]
    assert thermal["crossbars"] == traffic["crossbars"]
    assert thermal["messages"] <= 1.25 * traffic["messages"]
    assert thermal["device_energy_total_J"] <= 1.03 * traffic["device_energy_total_J"]


def test_heat_in_the_search_is_that_of_the_figures(pair):
    compiled = pair[1]
    view = compiled.view
    told, tile = tile_heat(view.clusters, compiled.hardware), view.mapping.placement.tile
    loads = view.link_loads.sum(axis=1)
    power = np.bincount(tile, weights=told.power, minlength=compiled.hardware.tiles) + told.message * loads
    scale = view.graph.dt / view.seconds_per_step
    np.testing.assert_allclose(power * scale, tile_power(view, heat(view)), rtol=0.1)
    problem = PlacementProblem(view.traffic, view.mapping.clustering.clusters, compiled.hardware)
    rise = scale * temperatures(problem, told, tile, compiled.hardware)
    settled = device_state(view).temperature - compiled.hardware["ambient_temperature"]
    leaking = float(settled.min() - rise.min())
    np.testing.assert_allclose(rise + leaking, settled, atol=0.25 * np.ptp(settled))  # ideal wires


def test_a_technology_of_the_paper_alone_takes_it_too(graph):
    compiled = snnmap.compile(graph, CompileOptions(technology="espine-pcm-65", objective="thermal"))
    assert compiled.verdict.value < 0.45 * compiled.verdict.traffic
