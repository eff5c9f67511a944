"""ECG records: MIT-BIH (WFDB header, signal format 212, annotations) and the npz that scipy ships as a `.dat`.

Format 212 packs two 12-bit two's complement samples into three bytes: the low byte of the first, the high nibbles of
both (first in the low nibble), the low byte of the second. Sources: WFDB manual, header(5), signal(5), annot(5).
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F32, I64
from snnmap.core.errors import InputError
from snnmap.frontend.data.archive import read_bytes
from snnmap.frontend.data.samples import Dense, Recording

WINDOW = 2.0
"""Seconds per sample unless said otherwise."""

SCIPY_RATE = 360.0
"""Hz; scipy.datasets.electrocardiogram."""
SCIPY_GAIN, SCIPY_BASELINE = 200.0, 1024.0
"""Units per mV and the unit of 0 mV; scipy.datasets.electrocardiogram."""

AAMI = {
    **dict.fromkeys((1, 2, 3, 11, 34), 0),  # N: normal, bundle branch blocks, nodal and atrial escape
    **dict.fromkeys((4, 7, 8, 9), 1),  # S: supraventricular ectopic
    **dict.fromkeys((5, 10), 2),  # V: ventricular ectopic
    6: 3,  # F: fusion
    **dict.fromkeys((12, 13, 38), 4),  # Q: paced or unclassifiable
}
"""Beat annotation code to class (ANSI/AAMI EC57: N 0, S 1, V 2, F 3, Q 4)."""

SKIP, NUM, SUB, CHN, AUX = 59, 60, 61, 62, 63
"""Annotation codes that are not annotations (annot(5))."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a WFDB header says."""

    file: str
    signals: int
    rate: float
    """Samples per second."""
    samples: int
    """Per signal."""
    gain: tuple[float, ...]
    """Units per mV."""
    baseline: tuple[float, ...]
    """Unit of 0 mV."""
    checksum: tuple[int | None, ...]


def read_ecg(path: Path, window: float | None) -> Recording:
    """Record as series of `window` seconds (samples, steps, leads) in mV; a rest at the end is dropped.

    Parameters
    ----------
    path
        `.hea`, or `.dat` with its header beside it.
    window
        Seconds per sample; `WINDOW` if `None`.

    Raises
    ------
    InputError
        If header or signal file is missing, damaged, or of another format.
    """
    hea = path.with_suffix(".hea")
    if not hea.is_file():
        raise InputError(f"{path}: its WFDB header {hea.name} must lie beside it")
    head = read_bytes(hea)
    header = parse_header(hea, head)
    dat = hea.with_name(header.file)
    if not dat.is_file():
        raise InputError(f"{hea}: the signal file {header.file} that it names is not beside it")
    content = read_bytes(dat)
    units = unpack_212(dat, content, header.samples * header.signals).reshape(header.samples, header.signals)
    for k, expected in enumerate(header.checksum):
        if expected is not None and (int(units[:, k].sum(dtype=np.int64)) - expected) % 65536:
            raise InputError(f"{dat}: the checksum of signal {k} is not the header's; the file is damaged")
    volts = (units - np.asarray(header.baseline)) / np.asarray(header.gain)
    digests = (("header", hashlib.sha256(head).hexdigest()), ("data", hashlib.sha256(content).hexdigest()))
    return _windows(path, volts.astype(np.float32), header.rate, window, digests)


def read_scipy_ecg(path: Path, content: bytes, units: npt.NDArray[Any], window: float | None) -> Recording:
    """The same from the array `ecg` (samples,) of scipy's `ecg.dat`."""
    if units.ndim != 1 or units.dtype.kind not in "iuf":
        raise InputError(f"{path}: the array 'ecg' must have one axis of numbers")
    volts = ((units.astype(np.float64) - SCIPY_BASELINE) / SCIPY_GAIN).astype(np.float32)
    return _windows(path, volts[:, None], SCIPY_RATE, window, (("data", hashlib.sha256(content).hexdigest()),))


def _windows(
    path: Path, volts: F32, rate: float, window: float | None, digests: tuple[tuple[str, str], ...]
) -> Recording:
    """Cut a record (time, leads) into windows."""
    steps = round((window or WINDOW) * rate)
    count = len(volts) // steps if steps else 0
    if count == 0:
        raise InputError(
            f"{path}: the record lasts {len(volts) / rate:g} s, which holds no window of {window or WINDOW:g} s; "
            "choose a shorter --window"
        )
    notes = () if window else (f"the record is cut into windows of {WINDOW:g} s, as no window is stated",)
    values = volts[: count * steps].reshape(count, steps, volts.shape[1])
    span = (float(volts.min()), float(volts.max()))
    return Recording(
        Dense(values, timed=True, spiking=False, dt=1 / rate, span=span, declared=True), None, notes, digests
    )


def parse_header(path: Path, content: bytes) -> Header:
    """WFDB header, single segment, all signals in one format-212 file.

    Raises
    ------
    InputError
        If a line is missing or malformed, or the record is of another kind.
    """
    try:
        lines = [line.strip() for line in content.decode("ascii").splitlines()]
        lines = [line for line in lines if line and not line.startswith("#")]
        record = lines[0].split()
        signals, rate, samples = int(record[1]), float(record[2].split("/")[0].split("(")[0]), int(record[3])
        fields = [line.split() for line in lines[1 : 1 + signals]]
        files = {row[0] for row in fields}
        formats = {row[1] for row in fields}
        scales = [_scale(row) for row in fields]
        checksum = tuple(int(row[6]) if len(row) > 6 else None for row in fields)
    except (UnicodeDecodeError, IndexError, ValueError) as error:
        raise InputError(f"{path}: not a WFDB header with rate and number of samples ({error})") from None
    if formats != {"212"} or len(files) != 1:
        raise InputError(f"{path}: only signals of format 212 in one file can be read, not {sorted(formats)}")
    sane = all(1e-3 <= abs(gain) <= 1e9 and abs(zero) <= 1e9 for gain, zero in scales)
    if len(fields) != signals or not 0 < rate < 1e9 or samples < 1 or not sane:
        raise InputError(f"{path}: the header is incomplete or its numbers make no sense")
    gain, baseline = zip(*scales, strict=True)
    return Header(files.pop(), signals, rate, samples, gain, baseline, checksum)


def _scale(row: list[str]) -> tuple[float, float]:
    """Gain (units per mV) and baseline from a signal line: `gain[(baseline)][/units] bits zero ...`."""
    text = row[2].split("/")[0] if len(row) > 2 else "200"
    zero = float(row[4]) if len(row) > 4 else 0.0
    gain, _, baseline = text.partition("(")
    return float(gain) or 200.0, float(baseline.rstrip(")")) if baseline else zero


def unpack_212(path: Path, content: bytes, count: int) -> npt.NDArray[np.int16]:
    """`count` samples of format 212.

    Raises
    ------
    InputError
        If the file is not as long as that.
    """
    needed = (count * 3 + 1) // 2
    if not needed <= len(content) <= needed + 2:
        raise InputError(
            f"{path}: {count:,} samples of format 212 take {needed:,} bytes, but the file has {len(content):,}; "
            "it is truncated or belongs to another header"
        )
    padded = np.zeros(-(-count // 2) * 3, np.uint8)
    raw = np.frombuffer(content, np.uint8)[: len(padded)]
    padded[: len(raw)] = raw
    low, middle, high = padded.reshape(-1, 3).astype(np.int16).T
    pairs = np.stack((low | ((middle & 0x0F) << 8), high | ((middle & 0xF0) << 4)), axis=1).ravel()[:count]
    return np.where(pairs > 2047, pairs - 4096, pairs).astype(np.int16)


def beat_classes(path: Path, content: bytes, steps: int, windows: int) -> I64:
    """Class of every window of `steps` samples: the highest AAMI class of its beats, 0 (normal) without a beat.

    Raises
    ------
    InputError
        If the annotation file is truncated or not in MIT format.
    """
    labels = np.zeros(windows, np.int64)
    beats = 0
    for time, code in _annotations(path, content):
        beats += code in AAMI
        if code in AAMI and time // steps < windows:
            labels[time // steps] = max(labels[time // steps], AAMI[code])
    if beats == 0:
        raise InputError(f"{path}: holds no beat annotations")
    return labels


def _annotations(path: Path, content: bytes) -> list[tuple[int, int]]:
    """(sample number, code) of every annotation of an MIT format file."""
    if len(content) < 2 or len(content) % 2:
        raise InputError(f"{path}: not an annotation file in MIT format, or truncated")
    words = np.frombuffer(content, "<u2").tolist()
    annotations, time, at = [], 0, 0
    while at < len(words) and words[at]:
        code, value = words[at] >> 10, words[at] & 0x3FF
        at += 1
        if code == SKIP:
            if at + 2 > len(words):
                break
            step = (words[at] << 16) | words[at + 1]
            time += step - (1 << 32) if step >> 31 else step
            at += 2
        elif code == AUX:
            at += (value + 1) // 2
        elif code not in (NUM, SUB, CHN):
            time += value
            annotations.append((time, code))
        if time < 0:
            raise InputError(f"{path}: annotation times run backwards; the file is damaged")
    if at >= len(words):
        raise InputError(f"{path}: the annotations end without an end mark; the file is truncated or damaged")
    return annotations
