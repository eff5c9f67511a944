"""What a call refuses."""

from snnmap.core.errors import SnnmapError


def error_of(call):
    """Message of the one error that a call may raise, or nothing."""
    try:
        call()
    except SnnmapError as error:
        return str(error)
    return None
