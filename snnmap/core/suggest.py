"""What to say after a name that nobody knows."""

import difflib
from collections.abc import Iterable

LISTED = 20
"""Names that are listed beside a close one at most; a longer list would hide it."""


def suggestion(asked: str, known: Iterable[str]) -> str:
    """`did you mean 'x'? There is: a, x, b`: the closest name, if any is close, and all of them in their order."""
    names = list(known)
    spelled = {name.lower(): name for name in names}
    close = difflib.get_close_matches(asked[:100].lower(), spelled, n=1)
    everything = f"There is: {', '.join(names) or 'none'}"
    if not close:
        return everything
    meant = f"did you mean {spelled[close[0]]!r}?"
    return meant if len(names) > LISTED else f"{meant} {everything}"
