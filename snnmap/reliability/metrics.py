"""Headline figures of the chip under a mapping, one mode after the other. Names and units; the states know the rest."""

from snnmap.analysis.view import View
from snnmap.ir import Metric
from snnmap.reliability.device import DeviceState, device_state
from snnmap.reliability.espine import EspineState, espine_state, espine_twin
from snnmap.reliability.wear import SPARE_SHARE

GRADIENT = "hottest minus coolest place of a crossbar, averaged over time"


def device_metrics(state: DeviceState, seconds_per_frame: float, frames: int) -> list[Metric]:
    """Headline figures of `device` mode; energies per frame, the profile being `frames` of `seconds_per_frame`."""
    low, middle, high = state.band
    leaking = float(state.leakage.sum())
    figures: list[tuple[str, float | str, str, str]] = [
        ("device_temperature_average_K", float(state.temperature.mean()), "K", "mean over clusters' crossbars"),
        ("device_temperature_hottest_K", float(state.temperature.max()), "K", "mean over the cells of that crossbar"),
        ("device_temperature_cell_average_K", state.spot, "K", "hottest cell, averaged over time"),
        ("device_temperature_cell_peak_K", state.peak, "K", "hottest cell while it is read"),
        ("device_gradient_K", float(state.gradient.mean()), "K", f"{GRADIENT}, mean over clusters"),
        ("device_gradient_steepest_K", float(state.gradient.max()), "K", f"{GRADIENT}, largest"),
        ("device_leakage_W", leaking, "W", "all tiles of the chip, at their temperatures"),
        (
            "device_power_dynamic_W",
            float(state.dynamic.sum()),
            "W",
            "reads, neurons, network, converters, buffers",
        ),
        ("device_energy_array_J", state.array_energy / frames, "J", "exact currents, cells and wires, per frame"),
        ("device_energy_leakage_J", leaking * seconds_per_frame, "J", "per frame"),
        (
            "device_energy_programming_J",
            state.programming_power * seconds_per_frame,
            "J",
            "turns and refresh, per frame",
        ),
        ("device_refresh_interval_s", refresh_figure(state), "s", f"until the first crossbar has {state.criterion}"),
        ("device_cells_off_share", float(state.off.max()), "1", "crossbar with most cells off as programmed"),
        ("device_lifetime_s", float(state.lifetime.min()), "s", "median over devices of the most written cell"),
        ("device_lifetime_spared_s", state.spared, "s", f"{SPARE_SHARE:.1%} of cells failed with 50 % probability"),
        ("device_first_failure_low_s", low, "s", "first cell failed with 10 % probability"),
        ("device_first_failure_s", middle, "s", "first cell failed with 50 % probability"),
        ("device_first_failure_high_s", high, "s", "first cell failed with 90 % probability"),
        (
            "device_limited_by",
            state.limited_by,
            "",
            "programming noise, programming, read disturb, drift, none within horizon",
        ),
        ("device_leakage_loop_gain", state.gain, "", "1 is thermal runaway"),
    ]
    return [Metric(name, value, unit, basis, mode="device") for name, value, unit, basis in figures]


def refresh_figure(state: DeviceState) -> float | str:
    """Refresh interval of the chip, s; in words where a refresh cannot bring its cells into tolerance."""
    if state.limited_by == "programming noise":
        return f"{state.off.max():.2g} of the cells are off as programmed"
    return float(state.refresh.min())


def espine_metrics(state: EspineState) -> list[Metric]:
    """Headline figures of `espine` mode; all constants are recalled."""
    figures = [
        ("espine_lifetime_frames", float(state.lifetime.min()), "", "eSpine: weakest cell, endurance / spikes"),
        ("espine_lifetime_bound_frames", float(state.bound.min()), "", "no wiring of these clusters does better"),
        ("espine_temperature_average_K", float(state.temperature.mean()), "K", "over time, cells and crossbars in use"),
        ("espine_temperature_spike_K", float(state.spiking.mean()), "K", "cells while spikes pass, mean over spikes"),
        ("espine_temperature_hottest_K", state.hottest, "K", "hottest cell while a spike passes"),
        ("espine_temperature_cell_average_K", state.spot, "K", "hottest cell, averaged over time"),
        ("espine_gradient_K", float(state.gradient.mean()), "K", f"{GRADIENT}, mean over clusters"),
        ("espine_gradient_steepest_K", float(state.gradient.max()), "K", f"{GRADIENT}, largest"),
        ("espine_leakage_W", float(state.leakage.sum()), "W", "all tiles of the chip, at the average of their arrays"),
    ]
    return [Metric(name, value, unit, basis, mode="espine") for name, value, unit, basis in figures]


def reliability_metrics(view: View) -> list[Metric]:
    """Figures of every mode that the chip's technology has: `device` and its espine twin, or `espine` alone."""
    metrics: list[Metric] = []
    if view.hardware.technology.mode == "device":
        per_frame = view.graph.steps * view.seconds_per_step
        metrics += device_metrics(device_state(view), per_frame, view.graph.frames)
    twin = espine_twin(view.hardware.technology)
    if twin is not None:
        metrics += espine_metrics(espine_state(view, twin))
    return metrics
