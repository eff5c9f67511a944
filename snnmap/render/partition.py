"""How far a mapping's crossbars and messages are from what no partition can go below, in words."""

from dataclasses import asdict
from typing import Any

from snnmap.ir import PartitionBounds
from snnmap.render.numbers import number


def bounded_below(found: PartitionBounds | None) -> list[str]:
    """Crossbars and messages with their bounds and gaps, a line each."""
    if found is None:
        return []
    pairs = (
        ("crossbars", found.crossbars, found.crossbars_at_least, found.crossbars_gap, "needs"),
        ("messages", found.messages, found.messages_at_least, found.messages_gap, "sends"),
    )
    return [
        f"{what}: {number(have)}"
        + ("" if gap is None else f", {100 * gap:.1f} % above the {number(least)} that any partition {does} at least")
        for what, have, least, gap, does in pairs
    ]


def partition_document(found: PartitionBounds | None) -> dict[str, Any] | None:
    """The same, JSON-able; none where it is not known."""
    if found is None:
        return None
    return {**asdict(found), "crossbars_gap_share": found.crossbars_gap, "messages_gap_share": found.messages_gap}
