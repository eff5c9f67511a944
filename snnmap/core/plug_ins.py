"""What installed packages offer by entry points (packaging.python.org, "Entry points specification")."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from snnmap.core.errors import InputError


@cache
def plug_ins(group: str) -> Mapping[str, EntryPoint]:
    """Entry points of a group by name, names ascending."""
    listed = sorted(entry_points(group=group), key=lambda point: (point.name, point.value))
    return {point.name: point for point in listed}


def loaded(what: str, point: EntryPoint) -> object:
    """What an entry point names.

    Raises
    ------
    InputError
        If it cannot be imported: foreign code runs here, so any exception counts.
    """
    try:
        return point.load()
    except Exception as error:
        whence = f" of {point.dist.name} {point.dist.version}" if point.dist else ""
        raise InputError(
            f"{what} {point.name!r}{whence} cannot be imported: {type(error).__name__}: {error}"
        ) from error
