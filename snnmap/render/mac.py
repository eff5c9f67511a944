"""An integer network on a machine, in words: its layers in blocks, the accuracy of chips, and what a frame costs."""

from typing import Any

from snnmap.render.mac_blocks import blocks_in_order
from snnmap.render.numbers import number
from snnmap.render.refresh import DIGITS, share, shares
from snnmap.render.sheets import Sheet, sheet

SCALINGS = {"fixed": "as encoded, alike for all frames", "sample": "frame by frame, up to the largest"}
"""In words."""
WEAK = 0.25
"""Share of the largest input that a machine takes below which inputs are called weak."""


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
        f"{spreads['offset_spread']:g} steps; synapses {100 * spreads['synapse_spread']:g} %; "
        f"inputs scaled {SCALINGS[document['scaling']]}"
    )
    seen, taken = document["largest_input"], document["largest_input_taken"]
    if seen < WEAK * taken:
        lines.append(
            f"inputs reach {seen} of {taken}, so that noise counts the more: encode data to fill that range, or say "
            "--scaling sample"
        )
    energy, time = number(document["energy_J"], "J", DIGITS), number(document["time_s"], "s", DIGITS)
    lines.append(f"a frame: {time}, {energy}: vectors one after the other, times the published mean power of the chip")
    lines.append("not counted: loading weights for an execution, moving data, other chips of the board")
    if document["assumed"]:
        named = ", ".join(each["quantity"] for each in document["assumed"])
        lines.append(f"recalled or estimated, not read in a source: {named}")
    return lines


def sends_sheet(document: dict[str, Any]) -> Sheet:
    """The document of `mac_sends`: a row for every number of sends of every layer, the recommendation below."""
    title = f"{document['workload']} on {document['target']}: how often inputs are sent"
    columns = ("layer", "num_sends", document["measured"], "saturated", "flat", "")
    layers = document["layers"]
    rows = [
        (
            layer["name"],
            f"{each['num_sends']}",
            share(each["mean"]),
            share(each["saturated"]) + (" (!)" if each["flagged"] else ""),
            "yes" if each["flat"] else "",
            _marks(layer, each["num_sends"]),
        )
        for layer in layers
        for each in layer["tried"]
    ]
    asked, chosen = (",".join(f"{layer[key]}" for layer in layers) for key in ("asked", "chosen"))
    after, before, limit = (share(document[key]) for key in ("mean_as_chosen", "mean_as_asked", "saturated_above"))
    scaling = SCALINGS[document["scaling"]]
    advised = ",".join(map(str, document["advised"]))
    lost = ", which is worse beyond chance" if document["chosen_is_worse"] else ""
    below = [
        f"recommended: --num-sends {advised}; as chosen, {chosen}: {after}{lost}; as asked, {asked}: {before}",
        "flat: not worse than the layer's best beyond chance, frame by frame",
        f"(!): more than {limit} of the results at an end of the converter",
        "layers in turn, those before as chosen, those behind as asked",
        f"chips: {document['devices']}, frames: {document['frames']:,}, inputs scaled {scaling}",
    ]
    if document["measured"] == "agreement":
        below.append(
            "accuracy unknown: the data have no labels; right is what a chip without noise says, sent as asked"
        )
    return sheet(title, columns, rows, below)


def _marks(layer: dict[str, Any], sends: int) -> str:
    """What a number of sends is to its layer."""
    return ", ".join(key for key in ("asked", "best", "chosen") if layer[key] == sends)
