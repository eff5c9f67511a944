"""MIT-BIH records: format 212, header and annotations written here by the manual's rules and read back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.refusals import error_of

from snnmap.core.errors import InputError
from snnmap.frontend.data import wfdb as ecg
from snnmap.frontend.data.read import Wanted, read_recording


def packed(samples):
    """Bytes of format 212, sample pair by sample pair."""
    out = bytearray()
    samples = [int(s) & 0xFFF for s in samples]
    for k in range(0, len(samples), 2):
        a, b = samples[k], samples[k + 1] if k + 1 < len(samples) else 0
        out += bytes([a & 0xFF, (a >> 8) | ((b >> 8) << 4), b & 0xFF])
    return bytes(out[: (len(samples) * 3 + 1) // 2])


def annotated(beats):
    """Bytes of an annotation file from (sample, code), with a long skip where the distance needs it."""
    out, last = bytearray(), 0
    for time, code in beats:
        step = time - last
        if step > 1023:
            out += (59 << 10).to_bytes(2, "little") + (step >> 16).to_bytes(2, "little")
            out += (step & 0xFFFF).to_bytes(2, "little")
            step = 0
        out += ((code << 10) | step).to_bytes(2, "little")
        last = time
    return bytes(out) + b"\0\0"


@pytest.fixture
def record(tmp_path):
    rng = np.random.default_rng(0)
    units = rng.integers(-2048, 2048, (100, 2))
    checksums = [int(units[:, k].sum()) for k in (0, 1)]
    checksums = [(c + 32768) % 65536 - 32768 for c in checksums]
    (tmp_path / "r.dat").write_bytes(packed(units.ravel()))
    (tmp_path / "r.hea").write_text(
        f"r 2 50 100\nr.dat 212 200 11 1024 {units[0, 0]} {checksums[0]} 0 MLII\n"
        f"r.dat 212 100(24)/mV 11 1024 {units[0, 1]} {checksums[1]} 0 V5\n# 69 M\n"
    )
    return tmp_path / "r.hea", units


@settings(deadline=None, max_examples=50)
@given(samples=st.lists(st.integers(-2048, 2047), min_size=1, max_size=9))
def test_format_212_round_trip(samples, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "x.dat"
    assert ecg.unpack_212(path, packed(samples), len(samples)).tolist() == samples


def test_a_record_becomes_windows_in_millivolts(record):
    path, units = record
    for given_path in (path, path.with_suffix(".dat")):
        data = read_recording(given_path, wanted=Wanted(window=0.6)).data
        assert data.values.shape == (3, 30, 2)
        assert data.dt == pytest.approx(0.02)
        expected = np.stack([(units[:, 0] - 1024) / 200, (units[:, 1] - 24) / 100], axis=1)
        np.testing.assert_allclose(data.values.reshape(90, 2), expected[:90], rtol=1e-6)


def test_the_default_window_is_noted_and_a_short_record_refused(record):
    path, _ = record
    recording = read_recording(path)
    assert recording.data.values.shape == (1, 100, 2)
    assert "windows of 2 s" in recording.notes[0]
    with pytest.raises(InputError, match=r"lasts 2 s.*no window of 3 s"):
        read_recording(path, wanted=Wanted(window=3.0))


def test_labels_are_the_highest_class_of_a_window(record):
    path, _ = record
    beats = path.with_suffix(".atr")
    beats.write_bytes(annotated([(3, 28), (5, 1), (12, 8), (40, 5), (41, 1), (2000, 5)]))
    assert read_recording(path, wanted=Wanted(window=0.4), labels=beats).labels.tolist() == [1, 0, 2, 0, 0]


def test_annotations_skip_and_ignore_what_is_no_annotation():
    aux = ((63 << 10) | 3).to_bytes(2, "little") + b"abc\0"
    number = ((60 << 10) | 5).to_bytes(2, "little")
    content = annotated([(70000, 1)])[:-2] + aux + number + annotated([(7, 5)])
    assert ecg._annotations("x", content) == [(70000, 1), (70007, 5)]


@settings(deadline=None, max_examples=100)
@given(content=st.binary(max_size=40))
def test_any_bytes_are_annotations_or_one_error(content):
    message = error_of(lambda: ecg.beat_classes("a.atr", content, 10, 5))
    assert message is None or "a.atr" in message


@pytest.mark.parametrize("content", [b"", b"\1", b"\1\4", annotated([(5, 1)])[:-2], (59 << 10).to_bytes(2, "little")])
def test_damaged_annotations_are_refused(record, content):
    path, _ = record
    path.with_suffix(".atr").write_bytes(content)
    with pytest.raises(InputError):
        read_recording(path, labels=path.with_suffix(".atr"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("212", "16", "only signals of format 212"),
        ("r.dat 212 200", "q.dat 212 200", "in one file"),
        ("r 2 50 100", "r 2 50", "not a WFDB header"),
        ("r 2 50 100", "r 2 50 101", "take 303 bytes, but the file has 300"),
        ("r 2 50 100", "r 3 50 100", "header is incomplete"),
        ("r 2 50 100", "r 2 0 100", "make no sense"),
        ("r 2 50 100", "", "make no sense"),
        ("212 200", "212 x", "not a WFDB header"),
    ],
)
def test_damaged_headers_are_refused(record, old, new, message):
    path, _ = record
    path.write_text(path.read_text().replace(old, new, 1 if old != "212" else -1))
    with pytest.raises(InputError, match=message):
        read_recording(path)


def test_damaged_samples_are_noticed_by_the_checksum(record):
    path, _ = record
    dat = path.with_suffix(".dat")
    content = bytearray(dat.read_bytes())
    content[100] ^= 1
    dat.write_bytes(content)
    with pytest.raises(InputError, match="checksum of signal"):
        read_recording(path)
    dat.write_bytes(content[:-1])
    with pytest.raises(InputError, match="truncated"):
        read_recording(path)
    dat.unlink()
    with pytest.raises(InputError, match=r"signal file r\.dat"):
        read_recording(path)


def test_a_dat_without_header_is_refused(tmp_path):
    (tmp_path / "x.dat").write_bytes(b"abc")
    with pytest.raises(InputError, match=r"header x\.hea must lie beside"):
        read_recording(tmp_path / "x.dat")


def test_the_npz_that_scipy_ships_as_dat(tmp_path):
    with (tmp_path / "ecg.dat").open("wb") as file:
        np.savez(file, ecg=np.array([1024, 1224] * 400, np.uint16))
    data = read_recording(tmp_path / "ecg.dat", wanted=Wanted(window=1.0)).data
    assert data.values.shape == (2, 360, 1)
    np.testing.assert_allclose(data.values[0, :2, 0], [0.0, 1.0])


@settings(deadline=None, max_examples=60)
@given(at=st.integers(0, 80), value=st.integers(0, 255))
def test_damaged_header_bytes_give_one_error_or_data(at, value, tmp_path_factory):
    folder = tmp_path_factory.mktemp("e")
    (folder / "r.dat").write_bytes(packed([1, 2, 3, 4] * 50))
    text = bytearray(b"r 2 50 100\nr.dat 212 200 11 1024 1 200 0 MLII\nr.dat 212 200 11 1024 2 300 0 V5\n")
    text[min(at, len(text) - 1)] = value
    (folder / "r.hea").write_bytes(text)
    message = error_of(lambda: read_recording(folder / "r.hea", wanted=Wanted(window=1.0)))
    assert message is None or str(folder) in message
