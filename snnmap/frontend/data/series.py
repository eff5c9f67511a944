"""Time series of the UEA and UCR archives (`.ts`): a header of `@` lines, then a line per sample.

A line has the values of every channel with commas between, channels apart by colons, and the class last, one of the
words that `@classLabel true` lists; classes are counted from 0 in that order. Lines that begin with `#` are remarks.

Source: sktime and aeon, "ts file format".
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import I64
from snnmap.core.errors import InputError
from snnmap.frontend.data.samples import finite

SUFFIX = ".ts"


def read_series(path: Path, content: bytes) -> tuple[npt.NDArray[np.float64], I64 | None]:
    """Values (samples, steps, channels), and classes (samples,) where the file has them.

    Raises
    ------
    InputError
        If a line is not as the format has it, a value is missing, or lengths differ: file, line and reason.
    """
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise InputError(f"{path}: not a text of time series; give a .ts file of the UEA archive") from None
    classes: list[str] | None = None
    samples: list[npt.NDArray[np.float64]] = []
    labels: list[int] = []
    inside = False
    for number, line in enumerate(map(str.strip, lines), 1):
        word, *rest = line.split() or [""]
        if not line or line.startswith("#"):
            continue
        if line.startswith("@"):
            inside = inside or word.lower() == "@data"
            if word.lower() == "@classlabel" and rest[:1] == ["true"]:
                classes = rest[1:]
            continue
        if not inside:
            raise InputError(f"{path}, line {number}: values before @data; is this a .ts file?")
        parts = line.split(":")
        if classes is not None:
            labels.append(_class(path, number, parts.pop().strip(), classes))
        samples.append(_values(path, number, parts))
        if samples[-1].shape != samples[0].shape:
            raise InputError(
                f"{path}, line {number}: {_shape(samples[-1])}, but the first sample has {_shape(samples[0])}; "
                "cut or fill the series to one length"
            )
    if not samples:
        raise InputError(f"{path}: holds no samples after @data")
    return finite(np.stack(samples), f"{path}: the series"), None if classes is None else np.array(labels, np.int64)


def _class(path: Path, number: int, word: str, classes: list[str]) -> int:
    if word not in classes:
        raise InputError(f"{path}, line {number}: class {word!r} is none of {', '.join(classes)}")
    return classes.index(word)


def _values(path: Path, number: int, channels: list[str]) -> npt.NDArray[np.float64]:
    """(steps, channels) of one sample."""
    try:
        rows = [[float(value) for value in channel.split(",")] for channel in channels]
    except ValueError as error:
        raise InputError(f"{path}, line {number}: {error}; missing values and time stamps cannot be read") from None
    if len({len(row) for row in rows}) != 1:
        raise InputError(f"{path}, line {number}: channels have {', '.join(str(len(row)) for row in rows)} values")
    return np.array(rows).T


def _shape(sample: npt.NDArray[np.float64]) -> str:
    return f"{sample.shape[1]} channels of {sample.shape[0]} values"
