"""Events and values as tonic, SHD, N-MNIST and spreadsheets write them; what is none of it is refused."""

import h5py
import numpy as np
import pytest
from support.refusals import error_of

from snnmap.core.errors import InputError
from snnmap.frontend.data.encode import EncodeRules, encode_recording
from snnmap.frontend.data.layout import arranged, permuted, swapped_hint, whole
from snnmap.frontend.data.read import Wanted, read_recording
from snnmap.frontend.data.samples import Dense, Events, Recording


def encoded(data, shape, **rules):
    return encode_recording(Recording(data), shape, EncodeRules(**{"dt": 1e-3, **rules}))


def test_structured_events_with_other_names(tmp_path):
    events = np.zeros(3, [("ts", "<u4"), ("X", "<u2"), ("y", "<u2"), ("pol", "?")])
    events["ts"], events["X"], events["y"], events["pol"] = [5, 10, 2000], [1, 2, 3], [4, 5, 6], [True, False, True]
    np.save(tmp_path / "e.npy", events)
    np.savez(tmp_path / "e.npz", events=events, labels=[2])
    for name in ("e.npy", "e.npz"):
        read = read_recording(tmp_path / name)
        assert [axis.tolist() for axis in read.data.coordinates] == [[1, 0, 1], [4, 5, 6], [1, 2, 3]]
        np.testing.assert_allclose(read.data.time, [5e-6, 10e-6, 2e-3])
    assert read.labels.tolist() == [2]
    np.save(tmp_path / "other.npy", np.zeros(3, [("a", "i4"), ("b", "i4")]))
    with pytest.raises(InputError, match=r"has fields .*'a', 'b'.* but no times"):
        read_recording(tmp_path / "other.npy")


def test_polarities_of_three_kinds_are_refused(tmp_path):
    np.savez(tmp_path / "e.npz", x=[1, 1, 1], y=[1, 1, 1], t=[1, 2, 3], p=[-1, 0, 1])
    with pytest.raises(InputError, match="polarities are 0 and 1, or -1 and 1"):
        read_recording(tmp_path / "e.npz")


def shd(path, times, units, labels):
    with h5py.File(path, "w") as file:
        for name, dtype, lists in (("times", np.float16, times), ("units", np.uint16, units)):
            stored = file.create_dataset(f"spikes/{name}", (len(lists),), dtype=h5py.vlen_dtype(dtype))
            for k, one in enumerate(lists):
                stored[k] = np.array(one, dtype)
        file["labels"] = np.array(labels, np.uint16)
        file["extra/speaker"] = np.zeros(len(labels), np.uint16)
        file["extra/keys"] = np.array([b"zero", b"one"])
    return path


def test_spiking_heidelberg_digits(tmp_path):
    path = shd(tmp_path / "shd_test.h5", [[0.25, 0.5], [], [0.125]], [[699, 3], [], [7]], [4, 0, 1])
    read = read_recording(path)
    assert isinstance(read.data, Events)
    assert read.data.frame.tolist() == [0, 2, 2, 3]
    assert read.data.coordinates[0].tolist() == [699, 3, 7]
    assert read.data.time.tolist() == [0.25, 0.5, 0.125]
    assert (read.labels.tolist(), read.notes) == ([4, 0, 1], ())
    spikes = encoded(read.data, (700,)).spikes
    assert (spikes.frames, spikes.steps, len(spikes.step)) == (3, 501, 3)


def test_hdf5_lists_that_do_not_match_are_refused(tmp_path):
    with pytest.raises(InputError, match="differ in their lengths"):
        read_recording(shd(tmp_path / "bad.h5", [[0.25], [0.5]], [[1], [2, 3]], [0, 0]))
    with h5py.File(tmp_path / "twice.h5", "w") as file:
        file["a/data"], file["b/data"] = np.ones(2), np.ones(2)
    with pytest.raises(InputError, match="more than one array 'data'"):
        read_recording(tmp_path / "twice.h5")


def test_hdf5_arrays_are_read_like_an_npz(tmp_path):
    with h5py.File(tmp_path / "d.hdf5", "w") as file:
        file["data"], file["labels"], file["note"] = np.ones((2, 3, 4)), np.array([1, 0]), "made up"
    read = read_recording(tmp_path / "d.hdf5", wanted=Wanted(layout="BTF"))
    assert (read.data.values.shape, read.data.timed, read.labels.tolist()) == ((2, 3, 4), True, [1, 0])


def nmnist(events):
    """Bytes of events (x, y, p, t)."""
    return b"".join(
        bytes([x, y, (p << 7) | (t >> 16), (t >> 8) & 255, t & 255]) for x, y, p, t in events
    )  # fmt: skip


def test_nmnist_recordings(tmp_path):
    first, over = [(1, 2, 1, 70_000), (33, 0, 0, 80_000)], [(5, 6, 0, 8000), (0, 240, 0, 0), (7, 8, 1, 10)]
    (tmp_path / "00001.bin").write_bytes(nmnist(first))
    one = read_recording(tmp_path / "00001.bin")
    assert [axis.tolist() for axis in one.data.coordinates] == [[1, 0], [2, 0], [1, 33]]
    np.testing.assert_allclose(one.data.time, [0.07, 0.08])
    assert one.labels is None
    for digit, name, events in (("10", "b.bin", first), ("9", "a.bin", over)):
        (tmp_path / digit).mkdir()
        (tmp_path / digit / name).write_bytes(nmnist(events))
    (tmp_path / "00001.bin").unlink()
    folder = read_recording(tmp_path)
    assert (folder.labels.tolist(), folder.data.frame.tolist()) == ([9, 10], [0, 2, 4])
    np.testing.assert_allclose(folder.data.time[:2], [8e-3, 10e-6 + 8.192e-3])
    (tmp_path / "9" / "a.bin").write_bytes(b"1234567")
    with pytest.raises(InputError, match="7 bytes are not a whole number of 5-byte events"):
        read_recording(tmp_path)


def test_a_folder_without_recordings_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"is a folder without \.bin recordings"):
        read_recording(tmp_path)


@pytest.mark.parametrize(("suffix", "mark"), [("csv", ","), ("tsv", "\t"), ("csv", ";")])
def test_tables_of_events(tmp_path, suffix, mark):
    lines = ["sample,x,y,polarity,t_us,label", "4,1,2,-1,10,7", "0,3,4,1,20,5", "4,5,6,1,30,7"]
    path = tmp_path / f"e.{suffix}"
    path.write_text("# made up\n" + "\n".join(line.replace(",", mark) for line in lines) + "\n")
    read = read_recording(path)
    assert read.data.frame.tolist() == [0, 1, 3]
    assert [axis.tolist() for axis in read.data.coordinates] == [[1, 0, 1], [4, 2, 6], [3, 1, 5]]
    assert read.labels.tolist() == [5, 7]
    np.testing.assert_allclose(read.data.time, [20e-6, 10e-6, 30e-6])


def test_tables_of_values(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text("label,p0,p1\n3,0,255\n1,51,0\n")
    read = read_recording(path)
    assert (read.data.values.tolist(), read.labels.tolist()) == ([[0, 255], [51, 0]], [3, 1])
    found = encoded(read.data, (2,), steps=5, encode="current")
    assert found.notes == ["the values 0 to 255 of the images are divided by 255"]
    np.testing.assert_allclose(sorted(found.spikes.value), [0.2] * 5 + [1.0] * 5)
    path.write_text("pixel 0\tpixel 1\n0.5\t0.25\n")
    assert read_recording(path).data.values.tolist() == [[0.5, 0.25]]
    path.write_text("0.5 0.25\n0 1\n1 1\n")
    assert read_recording(path).data.values.shape == (3, 2)
    series = read_recording(path, wanted=Wanted(layout="TF")).data
    assert (series.values.shape, series.timed) == ((1, 3, 2), True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe", "not text in UTF-8"),
        (b"# nothing\n", "holds no rows"),
        (b"a,b\n", "a header, but no rows"),
        (b"1,2\n3\n", "not a table of numbers"),
        (b"1,2\n3,x\n", "not a table of numbers"),
        (b"a,b,c\n1,2\n", "names 3 columns, not 2"),
        (b"a,a\n1,2\n", "names 2 columns, not 2 different"),
        (b"1,nan\n1,2\n", "not finite"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, content, message):
    (tmp_path / "d.csv").write_bytes(content)
    said = error_of(lambda: read_recording(tmp_path / "d.csv"))
    assert said is not None
    assert message in said


def test_labels_may_have_a_header_and_commas(tmp_path):
    np.savez(tmp_path / "d.npz", data=np.ones((3, 2)))
    for text in ("label\n4\n1\n0\n", "4,1,0\n", "4;1;0"):
        (tmp_path / "l.csv").write_text(text)
        assert read_recording(tmp_path / "d.npz", labels=tmp_path / "l.csv").labels.tolist() == [4, 1, 0]


def test_a_compressed_file_says_so(tmp_path):
    (tmp_path / "shd.h5.gz").write_bytes(b"\x1f\x8b\x08\0\0\0\0\0\0")
    with pytest.raises(InputError, match="is compressed; unpack it first"):
        read_recording(tmp_path / "shd.h5.gz")


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64, np.float32, bool])
def test_series_of_whole_numbers_are_counts(dtype):
    values = np.array([[[0, 1], [1, 0], [1, 1], [0, 0]]]).astype(dtype) * (1 if dtype is bool else 3)
    found = encoded(Dense(values, None, spiking=False), (2,))
    assert found.encode == "spikes"
    assert found.spikes.value.tolist() == [float(values.max())] * 4
    assert found.notes[0].startswith("the axes of the data (1, 4, 2) are samples (1), steps (4), features")
    half = encoded(Dense(values, None, spiking=False, dt=5e-4), (2,)).spikes
    assert (half.steps, half.value.sum()) == (2, values.sum())  # counts add up where currents would be thinned


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint32])
def test_images_of_whole_numbers_are_bytes_unless_they_are_zero_and_one(dtype):
    image = encoded(Dense(np.array([[0, 255, 51]], dtype), None, spiking=False), (3,), steps=5, encode="rate")
    assert sorted(image.spikes.source.tolist()) == [1, 1, 1, 1, 1, 2]
    assert "the values 0 to 255 of the images are divided by 255" in image.notes
    binary = encoded(Dense(np.array([[0, 1, 1]], dtype), None, spiking=False), (3,), steps=2, encode="rate")
    assert binary.spikes.source.tolist() == [1, 2, 1, 2]
    assert not any("255" in note for note in binary.notes)
    few = Dense(np.array([[0, 5, 3]], dtype), None, spiking=False)
    if dtype is np.uint8:
        assert "the values 0 to 5 of the images are divided by 255" in encoded(few, (3,), encode="rate").notes
    else:
        with pytest.raises(InputError, match="the values span 0 to 5; scale them"):
            encoded(few, (3,), encode="rate")


def test_a_stated_encoding_is_kept_and_a_series_is_never_divided():
    values = np.array([[[0, 200], [3, 0]]], np.uint8)
    current = encoded(Dense(values, None, spiking=False), (2,), encode="current")
    assert sorted(current.spikes.value.tolist()) == [3.0, 200.0]
    with pytest.raises(InputError, match="the values span 0 to 200; scale them"):
        encoded(Dense(values, None, spiking=False), (2,), encode="rate")
    analog = encoded(Dense(np.array([[[0.5], [1.0]]]), None, spiking=False), (1,))
    assert analog.encode == "current"
    signed = encoded(Dense(np.array([[[-2], [1]]], np.int16), None, spiking=False), (1,))
    assert signed.encode == "current"


def test_as_many_steps_as_samples_hints_at_the_layout():
    data = Dense(np.ones((50, 3, 2)), None, spiking=False)
    with pytest.raises(InputError, match="say --layout TB"):
        encoded(data, (2,), steps=50)
    with pytest.raises(InputError, match="lower --steps"):
        encoded(data, (2,), steps=49)


def test_axes():
    values = np.arange(24).reshape(2, 3, 4)
    assert arranged(values, "TBF").shape == (3, 2, 4)
    assert arranged(values, "WHC").tolist() == [values.transpose(2, 1, 0).tolist()]
    assert swapped_hint((12, 60, 5), 60).endswith("say --layout TBF if the first is time")
    assert swapped_hint((12, 60, 5), 61) == swapped_hint((60, 60, 5), 60) == swapped_hint((12, 60), 60) == ""
    assert permuted((34, 34, 2), (2, 34, 34))
    assert not permuted((14, 14, 1), (1, 14, 14))
    assert not permuted((784,), (1, 28, 28))
    assert whole(np.array([0.0, 3.0]))
    assert not whole(np.array([0.5]))
    assert not whole(np.array([-1]))


def test_times_of_a_camera_that_ran_long_before_are_counted_from_the_first_event(tmp_path):
    np.savez(tmp_path / "e.npz", i=[0, 1, 2, 3], t=[9_000_001_000, 9_000_000_000, 5_000_000_000, 5_000_002_000],
             offsets=[0, 2, 4])  # fmt: skip
    data = read_recording(tmp_path / "e.npz").data
    for steps in (None, 3):
        found = encoded(data, (4,), steps=steps)
        assert found.spikes.step.tolist() == [0, 1, 0, 2]
        assert found.spikes.source.tolist() == [1, 0, 2, 3]
        assert "counted from the first event" in found.notes[0]
    near = Events(data.frame, data.time * 1e-6, data.coordinates)
    assert not any("first event" in note for note in encoded(near, (4,), dt=1e-4).notes)


def test_one_hot_labels(tmp_path):
    hot = np.eye(4, dtype=np.float32)[[2, 0, 3]]
    np.savez(tmp_path / "d.npz", data=np.ones((3, 2)), labels=hot)
    assert read_recording(tmp_path / "d.npz").labels.tolist() == [2, 0, 3]
    np.save(tmp_path / "l.npy", hot.astype(np.uint8))
    np.save(tmp_path / "d.npy", np.ones((3, 2)))
    assert read_recording(tmp_path / "d.npy", labels=tmp_path / "l.npy").labels.tolist() == [2, 0, 3]
