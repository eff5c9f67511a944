"""Where shipped data lies: inside the wheel, else in the checkout. Knows folders and file names, not their contents."""

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
