"""Headline figures of the chip under a mapping, one mode after the other. Names and units; the states know the rest."""

from snnmap.hardware import Hardware
from snnmap.ir import Mapping, Metric, SpikeGraph
from snnmap.reliability.crossbars import seconds_per_step
from snnmap.reliability.device import PhysicsState, physics_state
from snnmap.reliability.espine import PaperState, paper_quality, paper_state, paper_twin
from snnmap.reliability.wear import SPARE_SHARE

__all__ = [
    "PaperState",
    "PhysicsState",
    "paper_metrics",
    "paper_quality",
    "paper_state",
    "paper_twin",
    "physics_metrics",
    "physics_state",
    "reliability_metrics",
]


def physics_metrics(state: PhysicsState, seconds_per_frame: float, frames: int) -> list[Metric]:
    """Headline figures of `physics` mode; energies per frame, the profile being `frames` of `seconds_per_frame`."""
    low, middle, high = state.band
    leaking = float(state.leakage.sum())
    figures: list[tuple[str, float | str, str, str]] = [
        ("physics_temperature_average_K", float(state.temperature.mean()), "K", "mean over clusters' crossbars"),
        ("physics_temperature_hottest_K", float(state.temperature.max()), "K", "mean over the cells of that crossbar"),
        ("physics_temperature_cell_peak_K", state.peak, "K", "hottest cell while it is read"),
        ("physics_leakage_W", leaking, "W", "all tiles of the chip, at their temperatures"),
        ("physics_power_dynamic_W", float(state.dynamic.sum()), "W", "reads, neurons, routers, merging"),
        ("physics_energy_array_J", state.array_energy / frames, "J", "exact currents, cells and wires, per frame"),
        ("physics_energy_leakage_J", leaking * seconds_per_frame, "J", "per frame"),
        (
            "physics_energy_programming_J",
            state.programming_power * seconds_per_frame,
            "J",
            "turns and refresh, per frame",
        ),
        ("physics_refresh_interval_s", float(state.refresh.min()), "s", "first crossbar that must be re-programmed"),
        ("physics_lifetime_s", float(state.lifetime.min()), "s", "median over devices of the most written cell"),
        ("physics_lifetime_spared_s", state.spared, "s", f"{SPARE_SHARE:.1%} of cells failed with 50 % probability"),
        ("physics_first_failure_low_s", low, "s", "first cell failed with 10 % probability"),
        ("physics_first_failure_s", middle, "s", "first cell failed with 50 % probability"),
        ("physics_first_failure_high_s", high, "s", "first cell failed with 90 % probability"),
        ("physics_limited_by", state.limited_by, "", "programming, read disturb, drift, none within horizon"),
        ("physics_leakage_loop_gain", state.gain, "", "1 is thermal runaway"),
    ]
    return [Metric(name, value, unit, source, mode="physics") for name, value, unit, source in figures]


def paper_metrics(state: PaperState) -> list[Metric]:
    """Headline figures of `paper` mode; all constants are recalled."""
    figures = [
        ("paper_lifetime_frames", float(state.lifetime.min()), "", "eSpine: weakest cell, endurance / spikes"),
        ("paper_lifetime_bound_frames", float(state.bound.min()), "", "no wiring of these clusters does better"),
        ("paper_temperature_average_K", float(state.temperature.mean()), "K", "over time, cells and crossbars in use"),
        ("paper_temperature_spike_K", float(state.spiking.mean()), "K", "cells while spikes pass, mean over spikes"),
        ("paper_temperature_hottest_K", state.hottest, "K", "hottest cell while a spike passes"),
        ("paper_leakage_W", float(state.leakage.sum()), "W", "periphery of tiles in use at the average temperature"),
    ]
    return [Metric(name, value, unit, source, mode="paper") for name, value, unit, source in figures]


def reliability_metrics(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> list[Metric]:
    """Figures of every mode that the chip's technology has: `physics` and its paper twin, or `paper` alone."""
    metrics: list[Metric] = []
    if hardware.technology.mode == "physics":
        per_frame = graph.steps * seconds_per_step(mapping, graph)
        metrics += physics_metrics(physics_state(mapping, graph, hardware), per_frame, graph.frames)
    twin = paper_twin(hardware.technology)
    if twin is not None:
        metrics += paper_metrics(paper_state(mapping, graph, hardware, twin))
    return metrics
