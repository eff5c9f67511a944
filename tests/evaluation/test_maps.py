"""Fields of crossbars: what the report lists per crossbar, against figures and an independent sparse solve."""

from types import SimpleNamespace

import numpy as np
import pytest
from oracles import thermal_sheet

from snnmap.evaluation import maps
from snnmap.hardware import load_technology
from snnmap.physics.espine import EspineCell, spike_power
from snnmap.reliability.crossbars import array_of, passes_of
from snnmap.reliability.espine import espine_twin


def test_crossbars_average_to_the_figures(compiled):
    found, told = maps.crossbar_fields(compiled.view), compiled.mapping.figures
    assert [record["crossbar"] for record in found] == list(range(told["crossbars"]))
    assert [record["tile"] for record in found] == compiled.mapping.placement.tile.tolist()
    for mode in ("device", "espine"):
        gradients = [record[f"{mode}_gradient_K"] for record in found]
        assert np.mean(gradients) == pytest.approx(told[f"{mode}_gradient_K"], rel=1e-8)
        assert max(gradients) == pytest.approx(told[f"{mode}_gradient_steepest_K"], rel=1e-8)
        warmth = [record[f"{mode}_temperature_K"] for record in found]
        assert np.mean(warmth) == pytest.approx(told[f"{mode}_temperature_average_K"], rel=1e-8)
        assert told[f"{mode}_temperature_cell_average_K"] >= max(warmth)


def test_gradients_are_those_of_a_sparse_solve(compiled):
    view, technology = compiled.view, compiled.hardware.technology
    pitch = technology["cell_pitch"] ** 2
    sheet = (
        technology["oxide_conductivity"] * pitch / technology["oxide_thickness"],
        technology["sheet_conductance_row"],
        technology["sheet_conductance_column"],
    )
    cell, shape = EspineCell.of(espine_twin(technology)), (compiled.hardware.rows, compiled.hardware.columns)
    for record in maps.crossbar_fields(view):
        array = array_of(view, record["crossbar"])
        drawn = np.divide(array.current**2, array.G, out=np.zeros(shape), where=array.G > 0) * array.duty[:, None]
        assert record["device_gradient_K"] == pytest.approx(np.ptp(thermal_sheet.rise(drawn, *sheet)), rel=1e-6)
        duty = passes_of(view, record["crossbar"]) * cell.spike_time / view.seconds
        spiked = thermal_sheet.rise(spike_power(shape, cell).cell * duty, *sheet)
        assert record["espine_gradient_K"] == pytest.approx(np.ptp(spiked), rel=1e-6)


def test_tiles_that_last_beyond_the_horizon_say_that_this_is_no_claim(compiled):
    view = compiled.view
    (lasts,) = [chart for chart in maps.tile_maps(view) if chart.key == "lifetime_s"]
    least, longest = (f(lasts.values) / maps.YEAR for f in (np.nanmin, np.nanmax))
    for years, said in ((0.5 * least, True), (2.0 * longest, False)):
        chip = view.hardware.with_value("horizon", years * maps.YEAR)
        words = next(chart.words for chart in maps.tile_maps(view.at(chip)) if chart.key == "lifetime_s")
        assert (f"none is claimed beyond {years:g} years" in words) == said


def test_a_mode_that_the_technology_has_not_is_left_out(compiled):
    from dataclasses import replace

    paper = replace(compiled.hardware, technology=load_technology("espine-pcm-65"))
    keys = set(maps.crossbar_fields(compiled.view.at(paper))[0])
    assert keys == {"crossbar", "tile", "espine_temperature_K", "espine_gradient_K"}


def test_equals_in_one_mode_are_told_apart_by_the_other(compiled):
    """So that the crossbar that is drawn, by device mode, is the one that is called the weakest there."""
    device = SimpleNamespace(lifetime=np.array([5.0, 3.0, 3.0, 4.0]))
    twin = SimpleNamespace(lifetime=np.array([1.0, 9.0, 8.0, 1.0]))
    found = maps.weakest_crossbars(compiled.view, maps.States(device, twin))
    assert found == {"device": 2, "espine": 3}
    assert maps.weakest_crossbar(compiled.view, maps.States(device, twin)) == 2
    assert maps.weakest_crossbar(compiled.view, maps.States(None, twin)) == 0
