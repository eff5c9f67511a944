"""What the timing of a mapping rests on, in words: for which data it holds, and what limits it."""

from dataclasses import asdict
from typing import Any

from snnmap.ir import Bottleneck, Reading
from snnmap.render.numbers import number

DIGITS = 3
SHOWN = 6
"""Most actors of a cycle that a line names."""

DOES = {
    "merge": "{count:,} partial sums merged one by one",
    "compute": "{count:,} neurons updated one by one",
    "decoding": "{count:,} active rows decoded one by one",
    "reading": "one read of the array",
    "programming": "{count:,} rows programmed one by one",
    "network": "a message with its hops and what it waits for",
}
"""Kind to what takes the time."""


def holds_for(frames: int, noc: str, guaranteed: bool) -> str:
    """For which data the timing holds, or why it is no guarantee."""
    if guaranteed:
        return f"holds for data whose steps are no busier than those of the {frames:,} profiled frames"
    return (
        f"an estimate, no guarantee: on a {noc} network flits wait for others in ways that no bound here covers; "
        '`snnmap simulate` runs it, and a chip with noc = "tdm" guarantees it'
    )


def limited_by(found: Bottleneck | None) -> list[str]:
    """What limits the time per step and what it would gain, a line each."""
    if found is None:
        return []
    where = "" if found.tile is None else f" on tile {found.tile}"
    does = DOES[found.kind].format(count=found.count)
    share = f"{number(found.seconds, 's', DIGITS)} of {number(found.period, 's', DIGITS)}"
    names = [name for name, _ in found.cycle]
    if len(names) > SHOWN:
        names = [*names[: SHOWN - 1], f"... ({len(names) - SHOWN} more)", names[-1]]
    cycle = " -> ".join([*names, names[0]])
    waits = "; all on one tile, in its order" if found.waits else ""
    return [
        f"limited by {found.actor}{where}: {does}, {share}",
        f"its cycle: {cycle}{waits}; that part 10 % faster makes it {number(found.faster, 's', DIGITS)} long",
    ]


def timing_document(reading: Reading | None, found: Bottleneck | None) -> dict[str, Any]:
    """Whether the timing is guaranteed and what limits it, JSON-able; none where it is not known."""
    return {
        "guaranteed": None if reading is None else reading.guaranteed,
        "limited_by": None if found is None else asdict(found),
    }
