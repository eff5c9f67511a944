"""What installed packages offer by entry points (packaging.python.org, "Entry points specification")."""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points

from snnmap.core.errors import InputError


@cache
def plug_ins(group: str, own: tuple[str, ...] = ()) -> Mapping[str, EntryPoint]:
    """Entry points of a group by name, names ascending; `own` are the names that snnmap has itself.

    Raises
    ------
    InputError
        If two packages offer the same name, or one offers a name of snnmap's: which of them is meant cannot be told.
    """
    found: dict[str, EntryPoint] = {}
    for point in sorted(entry_points(group=group), key=lambda point: (point.name, point.value)):
        other = found.setdefault(point.name, point)
        if point.name in own or other.value != point.value:
            rivals = ("snnmap itself", _said(point)) if point.name in own else (_said(other), _said(point))
            raise InputError(
                f"the name {point.name!r} in {group} is offered by {rivals[0]} and by {rivals[1]}; uninstall one, or "
                f"have its entry point renamed"
            )
    return found


def _said(point: EntryPoint) -> str:
    """Package and object of an entry point, in words."""
    return f"{_whence(point) or 'a package'} ({point.value})"


def _whence(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist else ""


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
        whence = f" of {_whence(point)}" if point.dist else ""
        raise InputError(
            f"{what} {point.name!r}{whence} cannot be imported: {type(error).__name__}: {error}"
        ) from error
