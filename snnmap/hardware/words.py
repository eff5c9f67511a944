"""What a chip is, in words: its limits, one sentence per line."""

from collections.abc import Mapping

from snnmap.hardware.model import UNLIMITED, Hardware
from snnmap.hardware.weights import Weights


def _network(chip: Hardware) -> str:
    """What the network is, in words."""
    ends = "a flit tells that a step has ended" if chip.end_of_step else "a tick that all tiles hear ends a step"
    if chip.noc == "tdm":
        return f"Flits cross the links in slots of a table, so that none ever waits for another; {ends}."
    depth = int(chip["router_buffer_flits"])
    enter = " and enter the network when the schedule says" if chip.noc == "gated" else ""
    return f"Flits cross a link whenever it is free{enter}; a router buffers {depth} per link; {ends}."


def _crossbar(chip: Hardware) -> str:
    """What a crossbar holds, in words."""
    if chip.rows == UNLIMITED:
        least = "as many rows (inputs) as the fullest cluster takes"
        return f"A crossbar has {least}, {chip.columns} columns (neurons)."
    return f"A crossbar has {chip.rows} rows (inputs), {chip.columns} columns (neurons), {chip.cells:,} synapses."


def weights_told(chip: Hardware) -> str:
    """How its arrays hold weights and what that leaves of their lines, in words."""
    weights = chip.weights
    held = [weights.encoding, f"{weights.levels} levels" if weights.levels else "analog"]
    held += [f"{weights.slices} slices"] if weights.slices > 1 else []
    inputs = "" if chip.rows == UNLIMITED else f", {chip.rows} inputs on {chip.word_lines} word lines"
    beside = ", one of them the reference" if weights.reference_lines else ""
    neurons = f"{chip.columns} neurons on {chip.bit_lines} bit lines{beside}"
    arrays = " of each of two arrays" if weights.arrays > 1 else ""
    return f"weights: {', '.join(held)}: {neurons}{inputs}{arrays}"


def _area(chip: Hardware) -> list[str]:
    """What a tile's components take, in words; nothing while the rows are open."""
    if chip.rows == UNLIMITED:
        return []
    return [
        f"A tile is {chip.tile_pitch * 1e6:.3g} um wide: " + _shares(chip.areas(), "of its components' area") + ".",
        f"{chip.leaking_width * 1e3:.3g} mm of transistors leak in a tile: "
        + _shares(chip.leaking_widths(), "of them")
        + ".",
    ]


def _converters(chip: Hardware) -> str:
    """Who converts columns, in words."""
    each = f"{chip['adc_time'] * 1e9:.3g} ns and {chip['adc_energy'] * 1e12:.3g} pJ each"
    return f"{chip.turns} columns take turns at a converter of {chip['adc_bits']:g} bits, {each}."


def _machine(chip: Hardware) -> str:
    """What several chips are, in words."""
    (across, down), (width, height) = chip.chips.grid, chip.chip_mesh
    each = "adapt to the workload together" if chip.adaptive else f"have {width} x {height} tiles"
    most = f", {chip.min_tiles} to {chip.max_tiles} tiles in all" if chip.adaptive else f", {chip.tiles} in all"
    return (
        f"{across} x {down} equal chips {each}{most}; every router at a border has a link to its neighbour on the next "
        "chip, and every chip a package of its own."
    )


def _between(chip: Hardware) -> list[str]:
    """What links between chips take, in words; nothing of one chip."""
    if not chip.chips.several:
        return []
    hop = f"{chip['chip_hop_energy'] * 1e12:g} pJ and {chip.border_hop_time * 1e9:g} ns"
    return [f"A hop between chips takes {hop}, and a flit holds the link for {chip['chip_flit_time'] * 1e9:g} ns."]


def describe(chip: Hardware) -> list[str]:
    """Limits in words, one sentence per line."""
    technology = chip.technology
    mesh = (
        f"The mesh adapts to the workload, {chip.min_tiles} to {chip.max_tiles} tiles."
        if chip.adaptive
        else f"The mesh has {chip.mesh_width} x {chip.mesh_height} = {chip.tiles} tiles."
    )
    if chip.chips.several:
        mesh = _machine(chip)
    sharing = (
        f"A tile takes up to {chip.clusters_per_tile} clusters in turn; its crossbar is re-programmed between them "
        f"and up to {chip.sample_registers} of them may wait to fire."
        if chip.clusters_per_tile > 1
        else "A tile holds one cluster."
    )
    split = "No neuron has too many inputs." if chip.rows_adapt else ""
    split = split or (
        "A neuron with more inputs than rows is split; the partial sums are added at its home tile."
        if chip.merge
        else f"A neuron may have at most {chip.rows} distinct inputs: tiles cannot add partial sums."
    )
    return [
        chip.description,
        _crossbar(chip),
        *([] if chip.weights == Weights() else [f"{weights_told(chip).capitalize()}."]),
        mesh,
        sharing,
        split,
        f"Network inputs enter at tile ({chip.port[0]}, {chip.port[1]}).",
        f"A tile buffers {chip.buffer_tokens} messages per channel.",
        _network(chip),
        f"Technology {technology.name}: {technology.description}, {technology.mode} mode.",
        f"A synapse is {technology['g_min'] * 1e6:g} to {technology['g_max'] * 1e6:g} uS.",
        f"A read is {chip['read_voltage']:g} V for {chip['read_time'] * 1e9:g} ns.",
        f"A hop takes {chip['hop_energy'] * 1e12:g} pJ and {chip['hop_time'] * 1e9:g} ns.",
        *_between(chip),
        f"An output spike takes {chip['neuron_energy'] * 1e12:g} pJ.",
        _converters(chip),
        *_area(chip),
        f"Package {chip.package}: {chip['convection_resistance']:g} K/W to {chip['ambient_temperature']:g} K air.",
        f"{len(chip.recalled())} of {len(chip.quantities())} numbers are recalled or estimated.",
    ]


SEVERAL = {
    "adc": "converters",
    "dac": "what converts rows",
    "sample_hold": "sample-and-holds",
    "shift_add": "shift-and-adds",
}
"""Components whose plural is not their name and an s."""


def _shares(parts: Mapping[str, float], of: str) -> str:
    """Every part that there is as a percentage of the whole."""
    whole = sum(parts.values())
    listed = [f"{SEVERAL.get(name, f'{name}s')} {100 * part / whole:.2g} %" for name, part in parts.items() if part]
    return ", ".join([f"{listed[0]} {of}", *listed[1:]])
