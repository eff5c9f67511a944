"""Advice in words: for every size of array the layers and the ways to hold them, sums, and accuracy on noisy cells."""

from typing import Any

from snnmap.render.numbers import number
from snnmap.render.refresh import share
from snnmap.render.sheets import Sheet, sheet

DIGITS = 3
COLUMNS = (
    "layer, held",
    "crossbars",
    "at least",
    "uses a step",
    "cells used",
    "time a step",
    "energy a step",
    "reads of a cell",
    "area",
    "",
)
PARTS = 8
"""Layers whose reasons are told in words below the table; all are in the JSON."""


def form_sheet(document: dict[str, Any]) -> Sheet:
    """What the layers are."""
    columns = ("layer", "from", "kind", "rows x columns", "groups", "positions", "synapses")
    rows = [
        (
            layer["name"],
            layer["from"],
            layer["kind"],
            f"{layer['rows']:,} x {layer['columns']:,}",
            number(layer["groups"]),
            number(layer["positions"]),
            number(layer["synapses"]),
        )
        for layer in document["sizes"][0]["layers"]
    ]
    read = "read off the recipe, not built" if document["source"] == "recipe" else "read off the network"
    return sheet(f"{document['name']}: {document['synapses']:,} synapses, {read}", columns, rows)


def layer_sheet(document: dict[str, Any], size: dict[str, Any]) -> Sheet:
    """The layers on one size of array: a group per layer, a row per way."""
    title = (
        f"{document['name']} on {document['hardware']}, arrays of {size['crossbar']}: {size['rows']} rows, "
        f"{size['columns']} columns ({document['encoding']}); every figure here is closed form"
    )
    groups = [(layer["name"], [_choice(each, layer) for each in _apart(layer["choices"])]) for layer in size["layers"]]
    return Sheet(title, COLUMNS, groups, _told(size))


def _apart(choices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Without a packing of one position in a use, which is the dense way again."""
    return [each for each in choices if each["way"] != "packed" or each["positions_per_use"] != [1, 1]]


def _choice(each: dict[str, Any], layer: dict[str, Any]) -> tuple[str, ...]:
    marks = ["recommended"] if each["way"] == layer["recommended"] and len(layer["choices"]) > 1 else []
    down, across = each["positions_per_use"]
    at_once = f"{down} x {across} at once"
    marks += [at_once] if down * across > 1 else []
    marks += [f"copies: {each['copies']}"] if each["copies"] > 1 else []
    marks += ["later than a step"] if not each["in_time"] else []
    return (
        f"  {each['way']}",
        "no state memory" if each["crossbars"] is None else number(each["crossbars"]),
        number(each["crossbars_at_least"]),
        number(each["uses"]),
        number(each["cell_utilisation"], "1"),
        number(each["period_s"], "s", DIGITS),
        number(each["energy_J"], "J", DIGITS),
        f"{each['reads']:.3g}",
        _area(each["area_m2"]),
        ", ".join(marks),
    )


def _area(square: float) -> str:
    return f"{square * 1e6:.3g} mm2"


def _told(size: dict[str, Any]) -> list[str]:
    """Why, of the first layers that have a choice."""
    chosen = [layer for layer in size["layers"] if len(layer["choices"]) > 1]
    lines = [f"{layer['name']}: {layer['recommended']}, {layer['why']}" for layer in chosen[:PARTS]]
    if len(chosen) > PARTS:
        lines.append(f"... and {len(chosen) - PARTS} more layers: --json has why")
    return lines


def total_sheet(document: dict[str, Any]) -> Sheet:
    """The whole network at every size: all layers one way, the recommended mix, and what was compiled."""
    columns = (
        "arrays, held",
        "crossbars",
        "uses",
        "time a step",
        "energy a step",
        "reads of a cell",
        "area",
        "figures",
    )
    groups = []
    for size in document["sizes"]:
        named = [*size["totals"].items(), ("recommended mix", size["mix"])]
        rows = [_total(name, total) for name, total in named]
        rows += [_compiled(each) for each in size["compiled"]]
        groups.append((size["crossbar"], rows))
    return Sheet("the whole network", columns, groups, _below(document))


def _total(name: str, total: dict[str, Any]) -> tuple[str, ...]:
    return (
        f"  {name}",
        number(total["crossbars"]) if total["fits"] else "no state memory",
        number(total["vectors"]),
        number(total["period_s"], "s", DIGITS),
        number(total["energy_J"], "J", DIGITS),
        f"{total['reads']:.3g}",
        _area(total["area_m2"]),
        total["basis"],
    )


def _compiled(found: dict[str, Any]) -> tuple[str, ...]:
    way = f"  {found['way']}"
    if not found["fits"]:
        return (way, "does not fit", "-", "-", "-", "-", "-", found["basis"])
    time, energy = number(found["period_s"], "s", DIGITS), number(found["energy_J"], "J", DIGITS)
    uses = "-"  # of all crossbars, where the closed form counts those of layers
    return (way, number(found["crossbars"]), uses, time, energy, "-", _area(found["area_m2"]), found["basis"])


def _below(document: dict[str, Any]) -> list[str]:
    """What is recommended, and what the figures rest on."""
    best = document["recommended"]
    mix = next(size["mix"] for size in document["sizes"] if size["crossbar"] == best["crossbar"])
    pooling = (
        "averages are cells of crossbars; --pooling digital leaves them out"
        if document["pooling"] == "array"
        else "averages are taken outside crossbars, and not counted"
    )
    step, longest = (number(value, "s", DIGITS) for value in (document["step_s"], mix["period_s"]))
    on = number(document["activity"], "1")
    return [
        "copies: as many as hold the states of a layer's neurons in the memory of their tiles",
        f"recommended: arrays of {best['crossbar']} with the mix of each layer: {best['why']}",
        f"a step is {step}; the slowest layer of that mix, {mix['slowest']}, takes {longest}",
        f"assumed: {on} of the rows on in a use (--activity), weights at half of g_max in the mean",
        "unrolled: a cover by windows, which a compiler can do better than; at least: what no partition can go below",
        "time: the busiest crossbar of the slowest layer; energy: reads, drivers, converters and partial sums, without",
        "messages, neurons and leakage; compiled: time with messages, energy at the activity of the data",
        pooling,
    ]


def noise_sheet(document: dict[str, Any]) -> Sheet | None:
    """Accuracy of both ways on noisy cells, with off-cells and without; none if it was not asked for."""
    found = [(size["crossbar"], each) for size in document["sizes"] for each in size["noise"]]
    if not found:
        return None
    columns = (
        "arrays",
        "spread of g_max",
        "off-cells",
        "dense",
        "unrolled",
        "dense less unrolled, points",
        "95 % interval",
    )
    rows = [
        (
            crossbar,
            f"{100 * each['spread']:g} %",
            "noisy" if each["off_cells"] else "none",
            share(each["dense"]["mean"]),
            share(each["unrolled"]["mean"]),
            f"{100 * each['dense_less_unrolled']:+.2f}",
            " to ".join(f"{100 * end:+.2f}" for end in each["difference_interval"]),
        )
        for crossbar, each in found
    ]
    first = found[0][1]
    lines = [
        f"simulated: {first['devices']} chips, {first['frames']:,} frames; ideal cells {share(first['ideal'])}",
        "off-cells: cells without a synapse in rows and columns in use, left at g_min, that miss as all do",
    ]
    return sheet("accuracy on cells that miss their targets", columns, rows, lines)
