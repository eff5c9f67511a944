"""What a hardware file must say: every key, its dimension and what it means.

Knows names and dimensions, neither files nor equations. A key that is not listed here is refused, a listed one that is
missing too; `hwmodels/README.md` shows how to add one.
"""

from typing import NamedTuple

from snnmap.hardware.units import (
    CONDUCTANCE,
    CURRENT,
    ENERGY,
    LENGTH,
    NONE,
    RESISTANCE,
    TEMPERATURE,
    TIME,
    VOLTAGE,
    Dimension,
)

MIN_SIDE, MAX_SIDE = 2, 4096
"""Rows and columns of a crossbar."""

MAX_MESH = 1 << 20
"""Tiles of the largest mesh: past the largest study of the field (1024 x 1024 cores)."""

CONDUCTIVITY: Dimension = (1, 1, -3, 0, -1)
THERMAL_CONDUCTANCE: Dimension = (1, 2, -3, 0, -1)
THERMAL_RESISTANCE: Dimension = (-1, -2, 3, 0, 1)
CURRENT_PER_WIDTH: Dimension = (0, -1, 0, 1, 0)
PER_KELVIN: Dimension = (0, 0, 0, 0, -1)
HEAT_CAPACITY: Dimension = (1, -1, -2, 0, -1)


class Key(NamedTuple):
    """Declaration of one value of a hardware file."""

    dimension: Dimension
    unit: str
    """SI unit."""
    meaning: str
    zero: bool = False
    """Whether 0 is a legal value; negative values never are."""
    follows: str = ""
    """Key of the technology that scales the value, which the file states for 65 nm; none: the same at every node."""
    whole: bool = False
    """Whether it is a number of things: no fraction makes sense."""


CHIP_KEYS: dict[str, Key] = {
    "read_voltage": Key(VOLTAGE, "V", "word-line voltage of a read pulse"),
    "read_time": Key(TIME, "s", "length of an array read pulse, settling included"),
    "row_time": Key(TIME, "s", "decode one incoming spike into a row driver", zero=True, follows="logic_time"),
    "column_time": Key(TIME, "s", "update one neuron from its column", zero=True, follows="logic_time"),
    "merge_time": Key(TIME, "s", "add one partial sum at the home tile", zero=True, follows="logic_time"),
    "merge_energy": Key(ENERGY, "J", "add one partial sum at the home tile", zero=True, follows="logic_energy"),
    "neuron_energy": Key(ENERGY, "J", "per output spike", zero=True, follows="logic_energy"),
    "hop_energy": Key(ENERGY, "J", "one message over one router and link", zero=True, follows="logic_energy"),
    "hop_time": Key(TIME, "s", "one message over one router and link", zero=True, follows="logic_time"),
    "flit_time": Key(TIME, "s", "serialisation of one message on a link", zero=True, follows="logic_time"),
    "flit_bits": Key(NONE, "1", "bits of a flit, what a link carries in flit_time"),
    "spike_bits": Key(NONE, "1", "bits of a spike on the network, address included"),
    "sum_bits": Key(NONE, "1", "bits of a partial sum on the network, address included"),
    "router_buffer_flits": Key(NONE, "1", "flits that a router holds per incoming link"),
    "memory_bits": Key(NONE, "1", "bits of a tile's memory for messages and samples that wait for their turn"),
    "program_time": Key(TIME, "s", "re-program one row, verification included"),
    "program_pulses": Key(NONE, "1", "write pulses per cell and re-programming (program and verify)"),
    "adc_bits": Key(NONE, "1", "bits of a column's converter; what else is said of it holds at these", whole=True),
    "adc_columns": Key(NONE, "1", "columns that take turns at one converter", whole=True),
    "adc_time": Key(TIME, "s", "one conversion of one column", zero=True, follows="logic_time"),
    "adc_energy": Key(ENERGY, "J", "one conversion of one column", zero=True, follows="logic_energy"),
    "adc_width": Key(NONE, "1", "leaking transistor width of a converter, feature sizes", zero=True),
    "adc_area": Key(NONE, "1", "area of a converter, squared feature sizes", zero=True),
    "sample_hold_energy": Key(ENERGY, "J", "hold one column until its turn", zero=True, follows="logic_energy"),
    "sample_hold_width": Key(NONE, "1", "leaking width of a column's sample-and-hold, feature sizes", zero=True),
    "sample_hold_area": Key(NONE, "1", "area of a column's sample-and-hold, squared feature sizes", zero=True),
    "shift_add_energy": Key(ENERGY, "J", "shift and add one slice of a column", zero=True, follows="logic_energy"),
    "shift_add_width": Key(NONE, "1", "leaking width of a converter's shift-and-add, feature sizes", zero=True),
    "shift_add_area": Key(NONE, "1", "area of a converter's shift-and-add, squared feature sizes", zero=True),
    "dac_bits": Key(NONE, "1", "bits of what drives a row; 1: pulses of one voltage", whole=True),
    "dac_energy": Key(
        ENERGY, "J", "one pulse on one word line, current of the cells aside", zero=True, follows="logic_energy"
    ),
    "dac_width": Key(NONE, "1", "leaking width that more than one bit adds to a row driver, feature sizes", zero=True),
    "dac_area": Key(NONE, "1", "area that more than one bit adds to a row driver, squared feature sizes", zero=True),
    "buffer_bytes": Key(NONE, "1", "bytes of a row's share of buffer and address table"),
    "buffer_energy": Key(ENERGY, "J", "write one bit into the buffer and read it", zero=True, follows="logic_energy"),
    "driver_width": Key(NONE, "1", "leaking transistor width of a row driver, feature sizes", zero=True),
    "driver_area": Key(NONE, "1", "area of a row driver, squared feature sizes", zero=True),
    "neuron_width": Key(NONE, "1", "leaking width of a column's neuron, feature sizes", zero=True),
    "neuron_area": Key(NONE, "1", "area of a column's neuron, squared feature sizes", zero=True),
    "buffer_width": Key(NONE, "1", "leaking width of a byte of buffer or address table, feature sizes", zero=True),
    "buffer_area": Key(NONE, "1", "area of a byte of buffer or address table, squared feature sizes", zero=True),
    "router_width": Key(NONE, "1", "leaking width of a tile's router and link drivers, feature sizes", zero=True),
    "router_area": Key(NONE, "1", "area of a tile's router and link drivers, squared feature sizes", zero=True),
    "layout_share": Key(NONE, "1", "share of a tile that its components cover"),
    "weight_tolerance": Key(NONE, "1", "error of conductance, as a share of g_max, beyond which a cell is off"),
    "refresh_share": Key(NONE, "1", "share of a crossbar's cells that may be off before it is refreshed"),
    "tile_variation": Key(NONE, "1", "tile-to-tile standard deviation of the endurance, decades", zero=True),
    "horizon": Key(TIME, "s", "time beyond which no lifetime is claimed"),
}
"""Values of `chips/*.toml`."""

LINK_KEYS: dict[str, Key] = {
    "hop_energy": Key(ENERGY, "J", "one message over a link between chips, circuits at both ends included", zero=True),
    "hop_time": Key(TIME, "s", "one message from a router over a link between chips to the next", zero=True),
    "flit_time": Key(TIME, "s", "serialisation of one flit on a link between chips", zero=True),
}
"""Values of `[chips.links]` of `chips/*.toml`: of pads and boards, so the same at every node."""

PACKAGE_KEYS: dict[str, Key] = {
    "ambient_temperature": Key(TEMPERATURE, "K", "air at the end of the convection resistance"),
    "convection_resistance": Key(THERMAL_RESISTANCE, "K/W", "case or sink to air, whole chip"),
    "spreader_resistance": Key(THERMAL_RESISTANCE, "K/W", "spreader and sink or board, whole chip", zero=True),
    "die_thickness": Key(LENGTH, "m", "silicon"),
    "die_conductivity": Key(CONDUCTIVITY, "W/m/K", "silicon"),
    "interface_thickness": Key(LENGTH, "m", "thermal interface under the die"),
    "interface_conductivity": Key(CONDUCTIVITY, "W/m/K", "thermal interface under the die"),
}
"""Values of `packages/*.toml`; they join those of the chip."""

TECHNOLOGY_KEYS: dict[str, Key] = {
    "r_wordline": Key(RESISTANCE, "ohm", "word-line wire per cell", zero=True),
    "r_bitline": Key(RESISTANCE, "ohm", "bit-line wire per cell", zero=True),
    "r_source": Key(RESISTANCE, "ohm", "row driver", zero=True),
    "r_sense": Key(RESISTANCE, "ohm", "column sense input", zero=True),
    "wire_temperature_coefficient": Key(PER_KELVIN, "1/K", "relative rise of wire resistance above 300 K", zero=True),
    "cell_pitch": Key(LENGTH, "m", "distance between neighbouring cells"),
    "g_min": Key(CONDUCTANCE, "S", "conductance of weight 0", zero=True),
    "g_max": Key(CONDUCTANCE, "S", "conductance of the largest weight"),
    "stuck_on_share": Key(NONE, "1", "cells of a chip that stay at g_max whatever is written", zero=True),
    "stuck_off_share": Key(NONE, "1", "cells of a chip that stay at g_min whatever is written", zero=True),
    "first_pulse_error": Key(NONE, "1", "error of a cell after its first write pulse, over g_max", zero=True),
    "pulse_convergence": Key(NONE, "1", "share of that error that every further, verified pulse leaves"),
    "conductance_energy": Key(ENERGY, "J", "activation of the conductance at g_min; none is left at g_max", zero=True),
    "reset_current": Key(CURRENT, "A", "RESET pulse"),
    "reset_time": Key(TIME, "s", "RESET pulse"),
    "set_current": Key(CURRENT, "A", "SET pulse"),
    "set_time": Key(TIME, "s", "SET pulse"),
    "dynamic_resistance": Key(RESISTANCE, "ohm", "cell while a write pulse is on"),
    "thermal_resistance": Key(THERMAL_RESISTANCE, "K/W", "cell to its surroundings"),
    "thermal_time": Key(TIME, "s", "time constant of the cell"),
    "activation_energy": Key(ENERGY, "J", "loss of state (crystallisation, filament diffusion)"),
    "retention_time": Key(TIME, "s", "state kept this long at retention_temperature"),
    "retention_temperature": Key(TEMPERATURE, "K", "at which retention_time is stated"),
    "endurance": Key(NONE, "1", "median write pulses to failure, N_0"),
    "endurance_sigma": Key(NONE, "1", "standard deviation of log10 N_0 over cells, decades", zero=True),
    "endurance_reference_time": Key(TIME, "s", "pulse length at which endurance is stated"),
    "endurance_exponent": Key(NONE, "1", "endurance falls as pulse length to this power", zero=True),
    "supply_voltage": Key(VOLTAGE, "V", "supply of the periphery"),
    "logic_energy": Key(NONE, "1", "energy of logic and links over that at 65 nm"),
    "logic_time": Key(NONE, "1", "delay of logic and links over that at 65 nm"),
    "leakage_current": Key(CURRENT_PER_WIDTH, "A/m", "off-current per transistor width at 300 K", zero=True),
    "leakage_energy": Key(ENERGY, "J", "E of I_300 (T/300)^2 exp(-(E/k)(1/T - 1/300))", zero=True),
    "oxide_conductivity": Key(CONDUCTIVITY, "W/m/K", "dielectric between cells and silicon"),
    "oxide_thickness": Key(LENGTH, "m", "the same, oxide equivalent"),
    "sheet_conductance_row": Key(THERMAL_CONDUCTANCE, "W/K", "heat along word lines, conductivity x thickness"),
    "sheet_conductance_column": Key(THERMAL_CONDUCTANCE, "W/K", "heat along bit lines, conductivity x thickness"),
}
"""Values of every `technologies/*.toml`."""

DEVICE_KEYS: dict[str, dict[str, Key]] = {
    "PCM": {"melt_temperature": Key(TEMPERATURE, "K", "melting point of the phase-change material")},
    "OxRAM": {
        "read_endurance": Key(NONE, "1", "reads at read_disturb_voltage until the state is lost"),
        "read_disturb_voltage": Key(VOLTAGE, "V", "voltage at which read_endurance is stated"),
        "read_disturb_scale": Key(VOLTAGE, "V", "read_endurance falls e-fold per this much more voltage"),
    },
}
"""Further values that depend on the memory device."""

ESPINE_KEYS: dict[str, Key] = {
    "espine_path_resistance": Key(RESISTANCE, "ohm", "R: what is in series with the wire segments of a path"),
    "espine_spike_current": Key(CURRENT, "A", "current that the longest path must still carry"),
    "espine_spike_time": Key(TIME, "s", "length of that current pulse"),
    "espine_cell_length": Key(LENGTH, "m", "l of T_SH"),
    "espine_cell_volume": Key((0, 3, 0, 0, 0), "m3", "V of T_SH"),
    "espine_conductivity": Key(CONDUCTIVITY, "W/m/K", "k of T_SH"),
    "espine_heat_capacity": Key(HEAT_CAPACITY, "J/m3/K", "C of T_SH"),
    "espine_ambient": Key(TEMPERATURE, "K", "T_amb of T_SH"),
    "espine_melt_temperature": Key(TEMPERATURE, "K", "T_m of V_c"),
    "espine_crystallisation": Key((0, 0, -1, 0, 0), "1/s", "alpha of V_c"),
    "espine_r_set": Key(RESISTANCE, "ohm", "crystalline cell"),
    "espine_r_reset": Key(RESISTANCE, "ohm", "amorphous cell"),
    "espine_gamma": Key(TEMPERATURE, "K", "gamma of the endurance law exp(gamma / T)"),
}
"""Further values of a technology with `mode = "espine"`."""
