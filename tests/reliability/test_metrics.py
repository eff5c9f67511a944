"""Which statistic of the states is which headline figure."""

from dataclasses import replace

import numpy as np
from support.figure_cases import view_of

from snnmap.reliability.device import device_state
from snnmap.reliability.espine import espine_state, espine_twin
from snnmap.reliability.heat import heat, reprogramming_power
from snnmap.reliability.metrics import device_metrics, espine_metrics

THREE = np.array([5.0, 2.0, 9.0])


def told(metrics):
    return {m.name: m.value for m in metrics}


def test_the_shortest_lifetime_and_the_hottest_crossbar_are_the_chips():
    state = device_state(view_of("pcm-16", "alone"))
    made = replace(
        state, limited_by="drift", temperature=THREE, gradient=THREE, leakage=THREE, dynamic=THREE, refresh=THREE,
        off=THREE, lifetime=THREE, array_energy=6.0, programming_power=7.0, spot=11.0, peak=12.0, spared=13.0,
        band=(14.0, 15.0, 16.0), gain=0.5,
    )  # fmt: skip
    assert told(device_metrics(made, 10.0, 4)) == {
        "device_temperature_average_K": 16 / 3,
        "device_temperature_hottest_K": 9.0,
        "device_temperature_cell_average_K": 11.0,
        "device_temperature_cell_peak_K": 12.0,
        "device_gradient_K": 16 / 3,
        "device_gradient_steepest_K": 9.0,
        "device_leakage_W": 16.0,
        "device_power_dynamic_W": 16.0,
        "device_energy_array_J": 1.5,
        "device_energy_leakage_J": 160.0,
        "device_energy_programming_J": 70.0,
        "device_refresh_interval_s": 2.0,
        "device_cells_off_share": 9.0,
        "device_lifetime_s": 2.0,
        "device_lifetime_spared_s": 13.0,
        "device_first_failure_low_s": 14.0,
        "device_first_failure_s": 15.0,
        "device_first_failure_high_s": 16.0,
        "device_limited_by": "drift",
        "device_leakage_loop_gain": 0.5,
    }


def test_the_same_by_espines_equations():
    view = view_of("pcm-16", "alone")
    state = espine_state(view, espine_twin(view.hardware.technology))
    made = replace(
        state, lifetime=THREE, bound=THREE + 1, temperature=THREE, spiking=THREE, hottest=11.0, leakage=THREE,
        gradient=THREE, spot=12.0,
    )  # fmt: skip
    assert told(espine_metrics(made)) == {
        "espine_lifetime_frames": 2.0,
        "espine_lifetime_bound_frames": 3.0,
        "espine_temperature_average_K": 16 / 3,
        "espine_temperature_spike_K": 16 / 3,
        "espine_temperature_hottest_K": 11.0,
        "espine_temperature_cell_average_K": 12.0,
        "espine_gradient_K": 16 / 3,
        "espine_gradient_steepest_K": 9.0,
        "espine_leakage_W": 16.0,
    }


def test_two_clusters_on_one_tile_already_take_turns():
    """Clusters 0 and 1 share tile 4 and are written at every turn; all others stay as they are."""
    view = view_of("pcm-16", "pair")
    state = device_state(view)
    assert np.flatnonzero(reprogramming_power(view, heat(view))).tolist() == [4]
    assert state.lifetime[:2].max() < 1e-3 * state.lifetime[2:].min()
    alone = view_of("pcm-16", "alone")
    assert np.flatnonzero(reprogramming_power(alone, heat(alone))).tolist() == []
