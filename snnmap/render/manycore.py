"""A network on a many-core machine, in words: its layers over tiles, the bytes of the fullest tile, times of a step."""

from typing import Any

from snnmap.render.numbers import number
from snnmap.render.refresh import DIGITS
from snnmap.render.sheets import Sheet, sheet


def manycore_sheet(document: dict[str, Any]) -> Sheet:
    """The document of `manycore` as a table of layers, with everything else below it."""
    title = f"{document['workload']} on {document['target']}, {document['dtype']}: estimates"
    parts = [key for key, total in document["bytes"].items() if total]
    columns = ("layer", "neurons", "tiles", "neurons a tile", *parts, "bytes of the fullest tile")
    rows = [
        (
            layer["name"],
            f"{layer['neurons']:,}",
            f"{layer['tiles']:,}",
            f"{layer['neurons_per_tile']:,}",
            *(f"{layer['fullest'][key]:,}" for key in parts),
            f"{layer['fullest_bytes']:,}",
        )
        for layer in document["layers"]
    ]
    return sheet(title, columns, rows, _below(document))


def _below(document: dict[str, Any]) -> list[str]:
    """Memory, times, what a population code changes, and what all of it rests on."""
    held = sum(document["bytes"].values())
    fullest, memory = document["fullest_tile_bytes"], document["tile_memory_bytes"]
    tiles = f"tiles: {document['tiles']:,} of {document['tiles_available']:,}"
    lines = [f"{tiles}; fullest {fullest:,} of {memory:,} bytes; {held:,} bytes in all"]
    if document["training"]:
        lines.append(
            f"training: gradients, Adam with 2 numbers a weight, a tape of {document['steps']} steps, 1 sample"
        )
    for name, said in (("dense", "all synapses in every step"), ("active", "those of active sources, profiled mean")):
        if document["step"][name] is not None:
            lines.append(f"{name} ({said}): {_step(document['step'][name])}")
    sample = number(document["sample_s"], "s", DIGITS)
    lines.append(f"a sample of {document['steps']} steps, dense: {sample}")
    if document["population"] is not None:
        lines += _coded(document)
    lines.append("not counted: loading inputs and weights, reading outputs, sharing of kernels, exchange programs")
    named = ", ".join(each["quantity"] for each in document["assumed"])
    lines.append(f"every figure is an estimate in closed form; recalled or estimated themselves: {named}")
    return lines


def _step(found: dict[str, float]) -> str:
    """Time of a step, by what it is spent on."""
    parts = [f"{key} {number(found[f'{key}_s'], 's', DIGITS)}" for key in ("compute", "barrier", "exchange")]
    if found["links_s"]:
        parts.append(f"links {number(found['links_s'], 's', DIGITS)}")
    total, rate = number(found["total_s"], "s", DIGITS), f"{found['steps_per_s']:,.0f} steps per second"
    busy = f"{found['moved_bytes']:,.0f} bytes moved; tiles busy {100 * found['utilisation']:.2f} %"
    return f"{total} a step = {' + '.join(parts)}; {rate}; {busy}"


def _coded(document: dict[str, Any]) -> list[str]:
    """What a population code changes."""
    said = f"population code: {document['population']} neurons for every output, 1 step; accuracy is not estimated"
    plain = document["plain"]
    if plain is None:
        return [f"{said}; without it the network does not fit"]
    bytes_now, before = (sum(each["bytes"].values()) for each in (document, plain))
    before_s = number(plain["sample_s"], "s", DIGITS)
    faster, larger = plain["sample_s"] / document["sample_s"], bytes_now / before
    without = f"without it: {plain['steps']} steps, {before_s} a sample, {before:,} bytes"
    return [said, f"{without}; with it {faster:.4g} times faster, {larger:.4g} times the bytes"]
