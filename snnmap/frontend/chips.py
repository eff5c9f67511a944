"""Chip files: what was measured of one chip's tiles, or drawn, as numpy arrays in an `.npz`.

Members: `format` (the text `snnmap-chip-1`), `chip` (name of its hardware), `mesh` (tiles in x and y), and `stuck`,
`gain`, `offset` as in `ir.devices.ChipMap`; the last two may be missing: 1 and 0.
"""

import hashlib
from pathlib import Path

import numpy as np

from snnmap.core.errors import InputError
from snnmap.core.files import must_be_writable, write_atomically
from snnmap.core.npz import npz
from snnmap.frontend.data.archive import integers, marked_arrays
from snnmap.ir.devices import ChipMap

FORMAT = "snnmap-chip-1"
MEMBERS = ("format", "chip", "mesh", "stuck", "gain", "offset")


def save_chip(chip: ChipMap, path: Path | str) -> None:
    """Write a chip file; the same chip gives the same bytes.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    path = Path(path)
    must_be_writable(path, (".npz",))
    write_atomically(path, _content(chip))


def digest_of(chip: ChipMap) -> str:
    """SHA-256 of the file that `save_chip` writes."""
    return hashlib.sha256(_content(chip)).hexdigest()


def _content(chip: ChipMap) -> bytes:
    named = {"format": np.array([FORMAT]), "chip": np.array([chip.chip]), "mesh": np.array(chip.mesh, np.int64)}
    return npz(named | {"stuck": chip.stuck, "gain": chip.gain, "offset": chip.offset})


def load_chip(path: Path | str) -> ChipMap:
    """Chip of a file.

    Raises
    ------
    InputError
        If it is damaged, not a chip file, or holds what makes no sense.
    """
    path = Path(path)
    arrays = marked_arrays(path, FORMAT, "not a chip file; make one with `snnmap chip draw`")
    missing = [name for name in ("chip", "mesh", "stuck") if name not in arrays]
    unknown = [name for name in arrays if name not in MEMBERS]
    if missing or unknown:
        said = f"lacks {', '.join(missing)}" if missing else f"holds {', '.join(unknown)}, which no chip has"
        raise InputError(f"{path}: {said}; a chip file has {', '.join(MEMBERS)}")
    if arrays["chip"].size != 1:
        raise InputError(f"{path}: chip must be one name")
    stuck, mesh = arrays["stuck"], integers(arrays["mesh"], f"{path}: mesh")
    if stuck.dtype.kind not in "bi" or stuck.ndim != 5 or mesh.shape != (2,) or mesh.min() < 1:
        raise InputError(f"{path}: stuck must be integers (tiles, halves, slices, rows, columns), mesh two sides")
    lines = (len(stuck), stuck.shape[2] * (stuck.shape[4] - (stuck.shape[1] == 1)))
    real = {name: arrays.get(name, np.full(lines, rest)) for name, rest in (("gain", 1.0), ("offset", 0.0))}
    for name, values in real.items():
        if values.dtype.kind not in "fiu" or values.shape != lines:
            raise InputError(f"{path}: {name} must be numbers {lines}, tiles by columns, not {values.shape}")
    if np.any(np.abs(stuck.astype(np.int64)) > 1):
        raise InputError(f"{path}: stuck holds other values than -1, 0 and 1")
    try:
        return ChipMap(str(arrays["chip"].item()), (int(mesh[0]), int(mesh[1])), stuck, real["gain"], real["offset"])
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
