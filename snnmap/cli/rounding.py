"""What quantising did, as a table: one row for each population."""

from collections.abc import Mapping, Sequence
from typing import Any

from snnmap.cli import terminal
from snnmap.render.networks import roundings_sheet


def roundings(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print what rounding did to the weights into every population; nothing if nobody asked for it.

    Parameters
    ----------
    rows
        As `snnmap.activity` and `snnmap.check` have them under `quantised`.
    """
    if rows:
        terminal.sheet(roundings_sheet(rows))
