"""Events of N-MNIST and N-Caltech101 (`.bin`): five bytes each, one file per recording, classes as folders.

Bytes: x; y; polarity (1 bit) and time (23 bits, big-endian) in microseconds. An event with y = 240 is no event: it says
that the clock has run over, and 2^13 us are added to all later times. Source: Orchard et al., Frontiers in Neuroscience
9 (2015) 437, and the reader `Read_Ndataset.m` that comes with the data.
"""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import I64, offsets
from snnmap.core.errors import InputError
from snnmap.frontend.data.archive import read_bytes
from snnmap.frontend.data.samples import Events, Recording

BYTES = 5
OVERFLOW_Y = 240
OVERFLOW_US = 1 << 13


def read_bin(path: Path, content: bytes) -> tuple[npt.NDArray[np.float64], tuple[I64, I64, I64]]:
    """Times in seconds, and (polarity, y, x), of one recording.

    Raises
    ------
    InputError
        If the file does not hold a whole number of events.
    """
    if len(content) % BYTES:
        raise InputError(
            f"{path}: {len(content):,} bytes are not a whole number of 5-byte events; truncated or foreign"
        )
    raw: npt.NDArray[Any] = np.frombuffer(content, np.uint8).reshape(-1, BYTES).astype(np.int64)
    x, y = raw[:, 0], raw[:, 1]
    time = ((raw[:, 2] & 127) << 16) | (raw[:, 3] << 8) | raw[:, 4]
    over = y == OVERFLOW_Y
    time = time + OVERFLOW_US * np.cumsum(over)
    return time[~over] * 1e-6, (raw[~over, 2] >> 7, y[~over], x[~over])


def read_recordings(path: Path) -> Recording:
    """One `.bin` file, or all in a folder; folders whose names are numbers are classes.

    Raises
    ------
    InputError
        If there is none, or one is damaged.
    """
    files = [path] if path.is_file() else sorted(path.glob("*.bin")) or sorted(path.glob("*/*.bin"), key=_place)
    if not files:
        raise InputError(f"{path}: is a folder without .bin recordings (N-MNIST), in it or one level below")
    digest = hashlib.sha256()
    times, coordinates = [], []
    for file in files:
        content = read_bytes(file)
        digest.update(hashlib.sha256(content).digest())
        time, axes = read_bin(file, content)
        times.append(time)
        coordinates.append(axes)
    columns = tuple(np.concatenate([axes[k] for axes in coordinates]) for k in range(3))
    events = Events(offsets([len(time) for time in times]), np.concatenate(times), columns)
    classes = [file.parent.name for file in files]
    labels = np.array([int(name) for name in classes]) if all(name.isdecimal() for name in classes) else None
    one = hashlib.sha256(files[0].read_bytes()).hexdigest() if len(files) == 1 else digest.hexdigest()
    return Recording(events, labels, ("five bytes per event, as in N-MNIST",), (("data", one),))


def _place(path: Path) -> tuple[int, str, str]:
    """Classes by number, then recordings by name."""
    name = path.parent.name
    return (int(name) if name.isdecimal() else -1, name, path.name)
