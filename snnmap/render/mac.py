"""An integer network on a machine, in words: its layers in blocks, the accuracy of chips, and what a frame costs."""

from typing import Any

from snnmap.render.mac_blocks import blocks_in_order
from snnmap.render.numbers import number
from snnmap.render.refresh import DIGITS, share, shares
from snnmap.render.sheets import Sheet, sheet


def mac_sheet(document: dict[str, Any]) -> Sheet:
    """The document of `mac_accuracy` as a table of layers, with everything else below it."""
    title = f"{document['workload']} on {document['target']}, blocks by hxtorch's rule"
    columns = (
        "layer",
        "inputs x outputs",
        "blocks",
        "executions",
        "vectors a frame",
        "num_sends",
        "saturated",
        "time a frame",
    )
    rows = [
        (
            layer["name"],
            f"{layer['inputs']:,} x {layer['outputs']:,}",
            f"{len(layer['blocks'])}",
            f"{layer['executions']}",
            f"{layer['uses']}",
            f"{layer['num_sends']}",
            share(layer["saturated"]),
            number(layer["time_s"], "s", DIGITS),
        )
        for layer in document["layers"]
    ]
    return sheet(title, columns, rows, _below(document))


def _below(document: dict[str, Any]) -> list[str]:
    """Accuracy and costs, and what they rest on."""
    spreads = document["spreads"]
    lines = blocks_in_order(document)
    if document["measured"] == "agreement":
        lines.append("accuracy unknown: the data have no labels; right is what a chip without noise says")
    spread = "" if document["deviation"] is None else f" +- {100 * document['deviation']:.2f} over chips"
    lines.append(
        f"{document['measured']}: {share(document['mean'])}{spread}, 95 % interval {shares(document['interval'])}; "
        f"chips: {document['devices']}, frames: {document['frames']:,}"
    )
    lines.append(f"each chip: {', '.join(share(value) for value in document['each'])}")
    lines.append(f"without noise and pattern: {share(document['ideal'])}")
    lines.append(
        f"noise {spreads['noise']:g} steps; columns: gain {100 * spreads['gain_spread']:g} %, offset "
        f"{spreads['offset_spread']:g} steps; synapses {100 * spreads['synapse_spread']:g} %"
    )
    energy, time = number(document["energy_J"], "J", DIGITS), number(document["time_s"], "s", DIGITS)
    lines.append(f"a frame: {time}, {energy}: vectors one after the other, times the published mean power of the chip")
    lines.append("not counted: loading weights for an execution, moving data, other chips of the board")
    if document["assumed"]:
        named = ", ".join(each["quantity"] for each in document["assumed"])
        lines.append(f"recalled or estimated, not read in a source: {named}")
    return lines
