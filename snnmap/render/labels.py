"""What the figures are called in words, in which unit, and under which heading they stand.

The keys are those of the mapping file. Two groups are physics: `device` mode and `espine` mode are never mixed in one
group, let alone in one number.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from snnmap.render.numbers import GAP

DEVICE = "device mode"
ESPINE = "espine mode"
MODES = "device mode: exact currents, real writes; espine mode: eSpine's equations with recalled constants"


class Label(NamedTuple):
    """One figure in words."""

    key: str
    words: str
    unit: str = ""
    """SI; `1` is a share."""
    gap: bool = False
    """Whether it is a difference of temperatures, to be read with a prefix and without the air."""

    @property
    def written(self) -> str:
        """Unit for `numbers.number`."""
        return GAP if self.gap else self.unit


TIMING = "timing, guaranteed"
"""Heading of the timing; `judged.heading` says so where it is an estimate."""

GROUPS: dict[str, tuple[Label, ...]] = {
    "size": (
        Label("neurons", "neurons"),
        Label("synapses", "synapses"),
        Label("crossbars", "crossbars"),
        Label("tiles", "tiles in use"),
        Label("mesh_tiles", "tiles of the chip"),
        Label("partial_columns", "columns of partial sums"),
        Label("row_utilisation", "rows in use", "1"),
        Label("column_utilisation", "columns in use", "1"),
        Label("cell_utilisation", "cells in use", "1"),
    ),
    "area of the chip": (
        Label("area_m2", "area of all tiles", "m2"),
        Label("area_array_m2", "  memory cells, both signs", "m2"),
        Label("area_driver_m2", "  row drivers", "m2"),
        Label("area_dac_m2", "  drivers of more than one bit", "m2"),
        Label("area_sample_hold_m2", "  sample-and-holds", "m2"),
        Label("area_adc_m2", "  converters (ADC)", "m2"),
        Label("area_shift_add_m2", "  shift-and-add of slices", "m2"),
        Label("area_neuron_m2", "  neurons", "m2"),
        Label("area_buffer_m2", "  buffers and address tables", "m2"),
        Label("area_router_m2", "  routers and link drivers", "m2"),
        Label("area_between_m2", "  what lies between", "m2"),
    ),
    "traffic over the profiled window": (
        Label("frames", "frames"),
        Label("steps", "steps per frame"),
        Label("spikes", "spikes of neurons"),
        Label("messages", "messages delivered"),
        Label("messages_spikes", "  of neurons' spikes"),
        Label("messages_inputs", "  of network inputs"),
        Label("messages_partial_sums", "  of partial sums"),
        Label("hops", "hops (links crossed)"),
        Label("hops_between_chips", "  of them between chips"),
        Label("chips", "chips"),
        Label("busiest_link", "messages on the busiest link"),
        Label("synaptic_operations", "synaptic operations"),
    ),
    "energy per frame": (
        Label("energy_J", "dynamic energy", "J"),
        Label("energy_array_J", "  array reads, ideal wires", "J"),
        Label("energy_neuron_J", "  neurons", "J"),
        Label("energy_noc_J", "  routers and links", "J"),
        Label("energy_chip_links_J", "  links between chips", "J"),
        Label("energy_merge_J", "  merging partial sums", "J"),
        Label("energy_adc_J", "  converting columns (ADC)", "J"),
        Label("energy_dac_J", "  driving rows (DAC)", "J"),
        Label("energy_buffer_J", "  buffers", "J"),
        Label("energy_delay_Js", "energy x latency", "J s"),
        Label("operations_per_J", "synaptic operations per joule", "1/J"),
        Label("peak_TOPS_per_W", "full arrays and converters, at most", "TOPS/W"),
    ),
    TIMING: (
        Label("period_s", "time per step", "s"),
        Label("period_bound_s", "  no schedule does better than", "s"),
        Label("period_gap_share", "  it is longer than that by", "1"),
        Label("block_steps", "  steps that a cluster is programmed for"),
        Label("rounds_behind", "  blocks by which tiles work apart"),
        Label("step_latency_s", "latency of one step", "s"),
        Label("latency_s", "latency of one frame", "s"),
        Label("throughput_steps_per_s", "step rate", "1/s"),
        Label("throughput_frames_per_s", "frame rate", "1/s"),
    ),
    "accuracy": (
        Label("accuracy_error_share", "error of what drives neurons near threshold", "1"),
        Label("accuracy_measured_share", "accuracy of drawn chips, measured", "1"),
        Label("accuracy_measured_low_share", "  95 % interval from", "1"),
        Label("accuracy_measured_high_share", "  to", "1"),
        Label("accuracy_gain_share", "gain on the first objective, same chips", "1"),
        Label("accuracy_gain_low_share", "  95 % interval from", "1"),
        Label("accuracy_gain_high_share", "  to", "1"),
    ),
    DEVICE: (
        Label("device_temperature_average_K", "average crossbar", "K"),
        Label("device_temperature_hottest_K", "hottest crossbar", "K"),
        Label("device_temperature_cell_average_K", "hottest cell, over time", "K"),
        Label("device_temperature_cell_peak_K", "hottest cell while read", "K"),
        Label("device_gradient_K", "gradient inside crossbars, average", "K", gap=True),
        Label("device_gradient_steepest_K", "  of the steepest crossbar", "K", gap=True),
        Label("device_leakage_W", "leakage", "W"),
        Label("device_power_dynamic_W", "dynamic power", "W"),
        Label("device_energy_array_J", "array reads per frame, real wires", "J"),
        Label("device_energy_leakage_J", "leakage per frame", "J"),
        Label("device_energy_programming_J", "re-programming per frame", "J"),
        Label("device_energy_total_J", "energy per frame, all of it", "J"),
        Label("device_energy_delay_Js", "  times latency", "J s"),
        Label("device_refresh_interval_s", "re-programming due after", "s"),
        Label("device_cells_off_share", "  cells off as programmed, at most", "1"),
        Label("device_lifetime_s", "lifetime, most written cell, median", "s"),
        Label("device_lifetime_spared_s", "  until one cell in 1000 has failed", "s"),
        Label("device_first_failure_low_s", "first failure, 10 % probability", "s"),
        Label("device_first_failure_s", "first failure, 50 % probability", "s"),
        Label("device_first_failure_high_s", "first failure, 90 % probability", "s"),
        Label("device_limited_by", "limited by"),
        Label("device_leakage_loop_gain", "leakage loop gain (1: runaway)"),
    ),
    ESPINE: (
        Label("espine_lifetime_frames", "effective lifetime, frames"),
        Label("espine_lifetime_bound_frames", "  no wiring does better than"),
        Label("espine_temperature_average_K", "average crossbar, over time", "K"),
        Label("espine_temperature_spike_K", "cells while a spike passes, average", "K"),
        Label("espine_temperature_hottest_K", "hottest cell while a spike passes", "K"),
        Label("espine_temperature_cell_average_K", "hottest cell, over time", "K"),
        Label("espine_gradient_K", "gradient inside crossbars, average", "K", gap=True),
        Label("espine_gradient_steepest_K", "  of the steepest crossbar", "K", gap=True),
        Label("espine_leakage_W", "leakage", "W"),
    ),
}
"""Heading to figures."""

LABELS: dict[str, Label] = {label.key: label for labels in GROUPS.values() for label in labels}
"""Figure to label."""


def mode_of(key: str) -> str:
    """`device`, `espine` or nothing."""
    return next((mode for mode in ("device", "espine") if key.startswith(f"{mode}_")), "")


def label(key: str) -> Label:
    """Label of a figure; one without words is called by its key."""
    return LABELS.get(key, Label(key, key))


def in_full(key: str) -> str:
    """Words of a figure that stand alone: those of a part with the whole's before them, and the mode's before all."""
    mode = f"{mode_of(key)} mode: " if mode_of(key) else ""
    return f"{mode}{_WHOLE.get(key, label(key).words)}"


def _wholes() -> Mapping[str, str]:
    """Figure to words, those of a part with the whole's before them."""
    found = {}
    for labels in GROUPS.values():
        whole = ""
        for entry in labels:
            part = entry.words.startswith("  ")
            whole = whole if part else entry.words
            found[entry.key] = f"{whole}: {entry.words.strip()}" if part else whole
    return found


_WHOLE = _wholes()


def grouped(figures: Mapping[str, Any]) -> list[tuple[str, list[tuple[Label, Any]]]]:
    """Headings with the figures there are, in order; figures without a label come last."""
    groups = [
        (heading, [(known, figures[known.key]) for known in labels if known.key in figures])
        for heading, labels in GROUPS.items()
    ]
    other = [(label(key), value) for key, value in figures.items() if key not in LABELS]
    return [(heading, listed) for heading, listed in [*groups, ("other", other)] if listed]
