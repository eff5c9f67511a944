"""Files of writes: read back as written, refused in one line where they are not such."""

import numpy as np
import pytest

import snnmap
from snnmap.core.errors import InputError

LAYERS = {"conv1": np.arange(12).reshape(2, 3, 2), "dense2": np.full((2, 1, 4), 7)}


def test_writes_are_read_back_and_equal_bytes(tmp_path):
    path = tmp_path / "w.npz"
    snnmap.save_writes(snnmap.Writes("ab" * 32, 3, 600, LAYERS), path)
    first = path.read_bytes()
    found = snnmap.load_writes(path)
    assert (found.recipe, found.seed, found.batches) == ("ab" * 32, 3, 600)
    assert list(found.layers) == ["conv1", "dense2"]
    for name, array in LAYERS.items():
        np.testing.assert_array_equal(found.layers[name], array)
        assert not found.layers[name].flags.writeable
    assert found.every.tolist() == [*range(12), *[7] * 8]
    snnmap.save_writes(found, path)
    assert path.read_bytes() == first


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": np.array(["snnmap-chip-1"])}, "not a file of writes; make one with `snnmap train"),
        ({"format": None}, "not a file of writes"),
        ({"seed": None}, r"must hold format, recipe, seed, batches and writes\.LAYER, not format, recipe, batches"),
        ({"other": np.zeros(3)}, r"must hold .*, not .*other"),
        ({"batches": np.array([1, 2])}, "must hold"),
        ({"writes.conv1": np.zeros(3) + 0.5}, r"writes\.conv1"),
        ({"writes.conv1": np.array([[1], [-2]])}, r"a cell of conv1 was written -2 times; counts are 0 or more"),
        ({"writes.conv1": np.zeros((2, 0), int)}, "writes are of cells, and there is none"),
    ],
)
def test_other_files_are_refused_in_a_line(tmp_path, change, said):
    members = {
        "format": np.array(["snnmap-writes-1"]), "recipe": np.array(["ab"]), "seed": np.array([0]),
        "batches": np.array([1]), "writes.conv1": np.ones((2, 4), int), **change,
    }  # fmt: skip
    path = tmp_path / "w.npz"
    np.savez(path, **{name: array for name, array in members.items() if array is not None})
    with pytest.raises(InputError, match=said) as caught:
        snnmap.load_writes(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_cut_is_one_line(tmp_path):
    path = tmp_path / "w.npz"
    snnmap.save_writes(snnmap.Writes("ab", 0, 1, LAYERS), path)
    path.write_bytes(path.read_bytes()[:90])
    with pytest.raises(InputError, match=r"w\.npz"):
        snnmap.load_writes(path)
