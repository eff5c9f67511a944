"""What a study has found so far, in a file beside it, so that a stopped run goes on where it was."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from snnmap.core.files import write_atomically
from snnmap.core.version import __version__
from snnmap.study.claims import Part

NAME = ".results.partial.json"


class Held(msgspec.Struct):
    """The file."""

    digest: str
    """Of the study file and the version of snnmap."""
    workloads: Mapping[str, Part]


def kept(study: Path) -> Mapping[str, Part]:
    """Parts of the same study file by the same version of snnmap; none if there are none, or they are damaged."""
    try:
        held = msgspec.json.decode((study.parent / NAME).read_bytes(), type=Held)
    except (OSError, UnicodeDecodeError, msgspec.DecodeError):
        return {}
    return held.workloads if held.digest == _digest(study) else {}


def keep(study: Path, parts: Mapping[str, Part]) -> None:
    """Write down all parts so far.

    Raises
    ------
    InputError
        If the folder of the study cannot be written.
    """
    write_atomically(study.parent / NAME, msgspec.json.encode(Held(_digest(study), parts)))


def forget(study: Path) -> None:
    """Remove what was written down; the results have it all."""
    (study.parent / NAME).unlink(missing_ok=True)


def _digest(study: Path) -> str:
    return hashlib.sha256(study.read_bytes() + __version__.encode()).hexdigest()
