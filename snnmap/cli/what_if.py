"""The timing of a mapping with other times of its chip, as a table: before and after, or a curve."""

from snnmap import Timed, WhatIf
from snnmap.cli import terminal
from snnmap.render.timing import limit_in_words

DIGITS = 4


def what_if(answer: WhatIf, title: str) -> int:
    """Print an answer; the exit code."""
    if answer.violations:
        for violation in answer.violations:
            terminal.line(str(violation))
        terminal.line(f"not legal: {len(answer.violations)} violation(s); its timing is worth nothing")
        return 1
    worth = "guaranteed" if answer.guaranteed else "an estimate"
    keys = list(answer.before.values)
    columns = ("", *keys, "time per step", "x", "lower bound", "limited by")
    rows = [_row("as mapped", answer.before, answer)]
    rows += [_row("what if", timed, answer) for timed in answer.after]
    terminal.table(f"{title}: {worth}; same clusters, tiles and wiring, scheduled anew", columns, rows)
    return 0


def _row(name: str, timed: Timed, answer: WhatIf) -> tuple[str, ...]:
    least = None if timed.bottleneck is None else timed.bottleneck.least
    return (
        name,
        *(terminal.number(value, "s" if key.endswith("_time") else "", DIGITS) for key, value in timed.values.items()),
        terminal.number(timed.period, "s", DIGITS),
        f"{timed.period / answer.before.period:.3g}",
        "-" if least is None else terminal.number(least.seconds, "s", DIGITS),
        limit_in_words(timed.bottleneck),
    )
