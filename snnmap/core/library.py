"""Where shipped data lies: inside the wheel, else in the checkout. Knows folders and file names, not their contents."""

import difflib
from collections.abc import Iterable
from pathlib import Path

from snnmap.core.errors import InputError

PACKAGE = Path(__file__).resolve().parents[1]


def folder(name: str) -> Path:
    """Folder of shipped data, `hwmodels` or `workloads`.

    Raises
    ------
    InputError
        If the installation lacks it.
    """
    for parent in (PACKAGE, PACKAGE.parent):
        if (parent / name).is_dir():
            return parent / name
    raise InputError(f"this installation has no {name!r} folder; install snnmap again, from a wheel or a full checkout")


def shipped(*parts: str) -> dict[str, Path]:
    """TOML files below a folder of shipped data, by name (file name without `.toml`), names ascending."""
    place = folder(parts[0]).joinpath(*parts[1:])
    return {path.stem: path for path in sorted(place.glob("*.toml"))}


def suggestion(name: str, known: Iterable[str]) -> str:
    """Sentence for an unknown name: the closest known one, if any is close, and the list of all."""
    names = sorted(known)
    close = difflib.get_close_matches(name.lower(), names, n=1, cutoff=0.5)
    meant = f"did you mean {close[0]!r}? " if close else ""
    return f"{meant}shipped are {', '.join(names) or 'none'}"
