"""Where the blocks of an integer network are held, in words, as a document of `mac_accuracy` has it."""

from typing import Any

from snnmap.render.numbers import number
from snnmap.render.refresh import DIGITS

LISTED = 4
"""Executions of a layer that are listed, at most; `--json` has all."""


def blocks_in_order(document: dict[str, Any]) -> list[str]:
    """Every layer's executions, the block on each hemisphere in order, and our own packing beside the rule."""
    lines = []
    for layer in document["layers"]:
        parts = []
        for execution in range(min(layer["executions"], LISTED)):
            own = [_block(block) for block in layer["blocks"] if block["execution"] == execution]
            parts.append(" | ".join(own))
        more = layer["executions"] - LISTED
        rest = f"; and {more} more" if more > 0 else ""
        lines.append(f"{layer['name']}, inputs x outputs on hemispheres 0 | 1: {'; then '.join(parts)}{rest}")
    return [*lines, _packed(document["packed"])]


def _block(block: dict[str, Any]) -> str:
    (top, bottom), (left, right) = block["inputs"], block["outputs"]
    return f"{top}-{bottom - 1} x {left}-{right - 1}"


def _packed(found: dict[str, Any]) -> str:
    """Our own packing beside the rule."""
    time = number(found["time_s"], "s", DIGITS)
    return (
        f"executions: {found['executions_hxtorch']} by hxtorch's rule, {found['executions']} with blocks side by side "
        f"whatever their layers (at least {found['executions_least']}), whose frames take {time}"
    )
