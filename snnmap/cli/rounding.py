"""What quantising did, as a table: one row for each population."""

from collections.abc import Mapping, Sequence
from typing import Any

from snnmap.cli import terminal

COLUMNS = ("into", "levels", "1 stands for", "rms error", "worst weight", "became", "became zero", "bias rows")


def roundings(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print what rounding did to the weights into every population; nothing if nobody asked for it.

    Parameters
    ----------
    rows
        As `snnmap.activity` and `snnmap.check` have them under `quantised`.
    """
    if not rows:
        return
    lines = [
        (
            row["population"],
            terminal.number(row["levels"]),
            f"{row['scale']:.4g}",
            f"{row['relative_rms']:.2%}",
            *(f"{weight:.4g}" for weight in row["worst"]),
            f"{row['zeroed']:.2%}",
            terminal.number(row["bias_rows"]),
        )
        for row in rows
    ]
    terminal.table("weights rounded to integers; errors over the root mean square of the weights", COLUMNS, lines)
