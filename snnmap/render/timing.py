"""What the timing of a mapping rests on, in words: for which data it holds, and what limits it."""

from dataclasses import asdict
from typing import Any

from snnmap.ir import ANY_DATA, Bottleneck, Fragility, LowerBound, Reading
from snnmap.render.numbers import number

DIGITS = 3
SHOWN = 6
"""Most actors of a cycle that a line names."""

DOES = {
    "merge": "{count:,} partial sums merged one by one",
    "compute": "{count:,} neurons updated one by one",
    "decoding": "{count:,} active rows decoded one by one",
    "reading": "one read of the array",
    "converting": "{count:,} columns converted one by one",
    "programming": "{count:,} rows programmed one by one",
    "network": "a message with its hops and what it waits for",
}
"""Kind to what takes the time."""

WHY = {
    "best-effort": "flits wait for others in ways that no bound covers unless gates let them in (`snnmap report`)",
    "gated": "routers hold fewer flits than the bound on message times needs (`snnmap report` says how many)",
    "tdm": "not every message has slots",
}
"""Network to why its timing may be an estimate."""


CLOSES = {
    "order": "; closed by the order of a tile, and another might do better",
    "buffer": "; closed by a full buffer (`snnmap buffers`)",
}
"""Class of a bottleneck to what is said of its cycle; of the others the slowest actor says enough."""


def holds_for(frames: int, noc: str, *, guaranteed: bool, margin: float = 0.0) -> str:
    """For which data the timing holds, or why it is no guarantee."""
    if not guaranteed:
        return f'an estimate, no guarantee: {WHY[noc]}; `snnmap simulate` runs it, and `noc = "tdm"` guarantees it'
    if margin >= ANY_DATA:
        return "holds for any data"
    busier = f" by more than {100 * margin:g} %" if margin else ""
    return f"holds for data whose steps are no busier{busier} than those of the {frames:,} profiled frames"


def depends_on_data(found: Fragility, period: float) -> list[str]:
    """What busier data would make of the time per step, and what would guarantee it, a line each."""
    lines = []
    for margin, seconds in found.periods:
        data = "for any data" if margin >= ANY_DATA else f"with steps {100 * margin:g} % busier"
        lines.append(
            f"{data}: {number(seconds, 's', DIGITS)} a step, x {seconds / period:.3g} "
            f"(--set schedule.margin={margin:g})"
        )
    if found.gated is not None:
        seconds, flits = found.gated
        lines.append(
            f"behind gates it would be guaranteed, with routers that hold {flits:,} flits per link: "
            f'{number(seconds, "s", DIGITS)} a step (noc = "gated", router_buffer_flits = {flits})'
        )
    if found.left_out:
        lines.append(
            f"had half of the frames been profiled, {found.busier:,} of the other {found.left_out:,} would have had a "
            "busier step on some crossbar"
        )
    return lines


def limited_by(found: Bottleneck | None) -> list[str]:
    """What limits the time per step and what it would gain, and what nothing beats, a line each."""
    if found is None:
        return []
    share = f"{number(found.seconds, 's', DIGITS)} of {number(found.period, 's', DIGITS)}"
    cycle = _circle([name for name, _ in found.cycle])
    waits = CLOSES.get(found.binding, "; all on one tile, in its order" if found.waits else "")
    return [
        f"limited by {limit_in_words(found)}, {share}",
        f"its cycle: {cycle}{waits}; that part 10 % faster makes it {number(found.faster, 's', DIGITS)} long",
        *([] if found.least is None else [_bounded_by(found.least)]),
    ]


def limit_in_words(found: Bottleneck | None) -> str:
    """The actor that limits the time per step, where it runs and what it does."""
    if found is None:
        return "nothing"
    where = "" if found.tile is None else f" on tile {found.tile}"
    return f"{found.actor}{where}: {DOES[found.kind].format(count=found.count)}"


def _circle(names: list[str]) -> str:
    if len(names) > SHOWN:
        names = [*names[: SHOWN - 1], f"... ({len(names) - SHOWN} more)", names[-1]]
    return " -> ".join([*names, names[0]])


def _bounded_by(least: LowerBound) -> str:
    why = f"the work of tile {least.tile}" if least.tile is not None else f"the cycle {_circle(list(least.cycle))}"
    bound = f"lower bound of any order and network: {number(least.seconds, 's', DIGITS)}, {why}"
    return f"{bound}; the time per step is {100 * least.gap:.1f} % above it"


def timing_document(reading: Reading | None, found: Bottleneck | None, data: Fragility | None = None) -> dict[str, Any]:
    """Whether the timing is guaranteed, what limits it and how it depends on the data; none where it is not known."""
    limit = None if found is None else asdict(found)
    return {
        "guaranteed": None if reading is None else reading.guaranteed,
        "lower_bound": None if limit is None else limit.pop("least"),
        "limited_by": limit if limit is None else {"class": limit.pop("binding"), **limit},
        "data": None if data is None else asdict(data),
    }
