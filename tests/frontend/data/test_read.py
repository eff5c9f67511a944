"""Data files of every kind become recordings; damaged, truncated, empty and foreign ones give one clear error."""

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.refusals import error_of

from snnmap.core.errors import InputError
from snnmap.frontend.data.idx import read_idx
from snnmap.frontend.data.read import read_recording
from snnmap.frontend.data.samples import Dense, Events, first_samples

HUGE = (
    np.lib.format.magic(1, 0)
    + b"\x76\0"
    + b"{'descr': '<f8', 'fortran_order': False, 'shape': (10000000000000,), }".ljust(117)
    + b"\n"
)


def idx_bytes(values):
    return b"\0\0\x08" + struct.pack(f">B{values.ndim}I", values.ndim, *values.shape) + values.tobytes()


def saved(tmp_path, **arrays):
    path = tmp_path / "data.npz"
    np.savez(path, **arrays)
    return path


def test_spikes_are_used_as_they_are(tmp_path):
    spikes = np.eye(4).reshape(1, 4, 4)
    data = read_recording(saved(tmp_path, spikes=spikes, labels=[3], dt=2e-3))
    assert isinstance(data.data, Dense)
    assert (data.data.spiking, data.data.timed, data.data.dt) == (True, True, 2e-3)
    assert data.labels.tolist() == [3]
    np.testing.assert_array_equal(data.data.values, spikes)


def test_values_wait_for_the_shape_of_the_network(tmp_path):
    data = read_recording(saved(tmp_path, x=np.ones((2, 5)))).data
    assert (data.spiking, data.timed, data.samples) == (False, None, 2)
    path = tmp_path / "values.npy"
    np.save(path, np.ones((3, 5), np.float32))
    assert read_recording(path).data.samples == 3


def test_events_with_coordinates_and_offsets(tmp_path):
    arrays = {
        "x": [1, 2, 3],
        "y": [4, 5, 6],
        "p": [0, 1, 0],
        "t_us": [10, 20, 5],
        "offsets": [0, 2, 3],
        "labels": [7, 8],
    }
    data = read_recording(saved(tmp_path, **arrays))
    assert isinstance(data.data, Events)
    np.testing.assert_allclose(data.data.time, [10e-6, 20e-6, 5e-6])
    assert [axis.tolist() for axis in data.data.coordinates] == [[0, 1, 0], [4, 5, 6], [1, 2, 3]]
    assert data.data.frame.tolist() == [0, 2, 3]
    assert data.notes == ()


@pytest.mark.parametrize(
    ("key", "values", "seconds", "noted"),
    [("t", [0.5], 0.5, False), ("t", [500], 500e-6, True), ("t_ms", [500], 0.5, False), ("t_us", [2.0], 2e-6, False)],
)
def test_units_of_event_times(tmp_path, key, values, seconds, noted):
    data = read_recording(saved(tmp_path, i=[3], **{key: values}))
    np.testing.assert_allclose(data.data.time, [seconds])
    assert bool(data.notes) is noted


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"y": [1], "z": [1]}, r"none called spikes, data, x or t"),
        ({"t": [1.0]}, "neither x and y nor flat indices"),
        ({"t": [1.0], "i": [1, 2]}, "differ in length"),
        ({"t": [-1.0], "i": [1]}, "is negative"),
        ({"t": [1.0], "i": [-1]}, "is negative"),
        ({"t": [1.0], "i": [0.5]}, "whole numbers"),
        ({"t": [np.nan], "i": [1]}, "not finite"),
        ({"t": [1.0], "i": [1], "offsets": [0, 2]}, "offsets must rise"),
        ({"spikes": np.ones((2, 3))}, "must have axes"),
        ({"data": np.ones(3)}, "must have axes"),
        ({"data": np.array([["a"]])}, "must be numbers"),
        ({"data": np.array([[np.inf]])}, "not finite"),
        ({"data": np.ones((1, 1)), "labels": [0.5]}, "labels must be whole"),
        ({"data": np.ones((1, 1, 1)), "dt": [-1.0]}, "dt must be positive"),
        ({"data": np.array([[{}]], object)}, "pickled"),
    ],
)
def test_unusable_arrays_are_refused_with_the_reason(tmp_path, arrays, message):
    path = saved(tmp_path, **arrays)
    with pytest.raises(InputError, match=message) as caught:
        read_recording(path)
    assert "data.npz" in str(caught.value)


def test_mnist_finds_its_labels_beside_it(tmp_path):
    images = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx_bytes(images)))
    alone = read_recording(tmp_path / "t10k-images-idx3-ubyte.gz")
    assert alone.labels is None
    np.testing.assert_array_equal(alone.data.values, images)
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx_bytes(np.array([7, 2], np.uint8)))
    assert read_recording(tmp_path / "t10k-images-idx3-ubyte.gz").labels.tolist() == [7, 2]


def test_idx_bytes_are_the_published_layout(tmp_path):
    path = tmp_path / "labels-idx1-ubyte"
    path.write_bytes(struct.pack(">BBBBI", 0, 0, 8, 1, 3) + b"\x05\x00\x09")
    assert read_idx(path, path.read_bytes()).tolist() == [5, 0, 9]


@pytest.mark.parametrize("kind", ["npy", "npz", "idx", "txt"])
def test_labels_of_every_kind(tmp_path, kind):
    path = tmp_path / f"labels.{kind}"
    values = np.array([4, 1], np.uint8)
    if kind == "npy":
        np.save(path, values)
    elif kind == "npz":
        np.savez(path, labels=values)
    elif kind == "idx":
        path.write_bytes(idx_bytes(values))
    else:
        path.write_text("4\n1\n")
    data = read_recording(saved(tmp_path, data=np.ones((2, 3))), labels=path)
    assert data.labels.tolist() == [4, 1]
    assert [role for role, _ in data.digests] == ["data", "labels"]


def test_bad_labels_are_refused(tmp_path):
    data = saved(tmp_path, data=np.ones((2, 3)))
    for name, content in (("labels.txt", b"four\n"), ("labels.bin", b"\xff\xfe\x00")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(InputError, match="not labels"):
            read_recording(data, labels=tmp_path / name)
    (tmp_path / "a.atr").write_bytes(b"\0\0")
    with pytest.raises(InputError, match="annotations label ECG"):
        read_recording(data, labels=tmp_path / "a.atr")


def test_the_first_samples_are_taken(tmp_path):
    arrays = {"i": [1, 2, 3], "t": [0.1, 0.2, 0.3], "offsets": [0, 2, 3], "labels": [7, 8]}
    data = read_recording(saved(tmp_path, **arrays))
    one = first_samples(data, 1)
    assert (one.data.samples, one.data.time.tolist(), one.labels.tolist()) == (1, [0.1, 0.2], [7])
    assert first_samples(data, None).data.samples == 2
    with pytest.raises(InputError, match="3 samples were asked for, but the data holds 2"):
        first_samples(data, 3)
    with pytest.raises(InputError, match="2 samples but 1 labels: give one label per sample"):
        first_samples(read_recording(saved(tmp_path, data=np.ones((2, 3)), labels=[1])), 1)
    with pytest.raises(InputError, match="no samples"):
        first_samples(read_recording(saved(tmp_path, data=np.ones((0, 3)))), None)


def test_foreign_files_are_refused(tmp_path):
    for name, content, message in (
        ("empty.npz", b"", "the file is empty"),
        ("text.npz", b"hello", "not a kind of data"),
        ("image.png", b"\x89PNG\r\n\x1a\n0000", "not a kind of data"),
        ("zip.npz", b"PK\x03\x04 nothing", "not a readable numpy file"),
        ("images-idx3-ubyte", b"hello", "not an MNIST idx file"),
        ("images-idx3-ubyte.gz", b"\x1f\x8bhello", "truncated or damaged"),
        ("huge.npy", HUGE, "not a readable numpy"),
    ):  # fmt: skip
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(InputError, match=message) as caught:
            read_recording(path)
        assert name in str(caught.value)
    with pytest.raises(InputError, match="is a folder"):
        read_recording(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        read_recording(tmp_path / "none.npz")


def specimen(kind):
    """A small good file of a kind: name, bytes."""
    import io

    values = np.arange(60, dtype=np.float32).reshape(3, 4, 5) / 60
    buffer = io.BytesIO()
    if kind == "npy":
        np.save(buffer, values)
        return "d.npy", buffer.getvalue()
    if kind == "npz":
        np.savez_compressed(buffer, spikes=values, labels=np.arange(3))
        return "d.npz", buffer.getvalue()
    if kind == "events":
        np.savez(buffer, x=np.arange(9), y=np.arange(9), p=np.zeros(9, int), t_us=np.arange(9), offsets=[0, 4, 9])
        return "d.npz", buffer.getvalue()
    header = struct.pack(">BBBBIII", 0, 0, 8, 3, 3, 4, 5)
    content = header + bytes(range(60))
    return ("images-idx3-ubyte", content) if kind == "idx" else ("images-idx3-ubyte.gz", gzip.compress(content))


@settings(deadline=None, max_examples=150)
@given(kind=st.sampled_from(["npy", "npz", "events", "idx", "gz"]), data=st.data())
def test_damaged_files_give_one_error_or_data(kind, data, tmp_path_factory):
    name, good = specimen(kind)
    content = bytearray(good)
    if data.draw(st.booleans(), label="truncate"):
        content = content[: data.draw(st.integers(0, len(good) - 1))]
    else:
        for _ in range(data.draw(st.integers(1, 3))):
            content[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("d") / name
    path.write_bytes(content)
    message = error_of(lambda: first_samples(read_recording(path), None))
    assert message is None or str(path) in message or "samples" in message


def test_truncation_is_always_noticed(tmp_path):
    for kind in ("npy", "npz", "events", "idx", "gz"):
        name, good = specimen(kind)
        for cut in (0, 1, 3, len(good) // 2, len(good) - 1):
            (tmp_path / name).write_bytes(good[:cut])
            with pytest.raises(InputError):
                read_recording(tmp_path / name)


def test_archives_that_hold_too_much_are_refused(tmp_path):
    path = tmp_path / "bomb.npz"  # each member within bounds, all together not
    np.savez_compressed(path, **{f"a{k}": np.zeros(1 << 23, np.uint8) for k in range(12)})
    with pytest.raises(InputError, match="bytes that unpack to more than"):
        read_recording(path)


def test_a_device_that_never_ends_is_refused(tmp_path):
    with pytest.raises(InputError, match="device or pipe"):
        read_recording(Path("/dev/zero"))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="device or pipe"):
        read_recording(pipe)


def test_the_only_array_is_the_data_whatever_its_name(tmp_path):
    path = saved(tmp_path, images=np.ones((2, 3)), labels=np.array([0, 1]))
    recording = read_recording(path)
    assert recording.data.values.shape == (2, 3)
    assert recording.notes == ("the only array, 'images', is taken as the data",)
    several = saved(tmp_path, images=np.ones((2, 3)), targets=np.array([0, 1]))
    assert "none called" in error_of(lambda: read_recording(several))
