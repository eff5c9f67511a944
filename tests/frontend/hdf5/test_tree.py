"""A file that cannot be read, a reader that dies or hangs, and a broken h5py are told apart."""

import os
from pathlib import Path

import h5py
import numpy as np
import pytest
from support.refusals import error_of

from snnmap.core.errors import InputError
from snnmap.frontend import load_network
from snnmap.frontend.hdf5 import tree
from snnmap.frontend.hdf5.tree import read_tree


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A sound HDF5 file."""
    path = tmp_path / "sound.nir"
    with h5py.File(path, "w") as out:
        out["group/numbers"] = np.arange(6).reshape(2, 3)
        out["text"] = "word"
        out["texts"] = ["a", "b"]
        out["group"].attrs["note"] = 2.5
    return path


def test_names_arrays_and_strings_are_read(file: Path) -> None:
    content, digest = read_tree(file, "NIR file")
    assert content["group"]["numbers"].tolist() == [[0, 1, 2], [3, 4, 5]]
    assert content["group"]["@note"] == 2.5
    assert (content["text"], content["texts"].tolist()) == ("word", ["a", "b"])
    assert not content["group"]["numbers"].flags.writeable
    assert len(digest) == 64


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise ModuleNotFoundError(\"No module named 'h5py'\")", "ModuleNotFoundError: No module named 'h5py'"),
        ("raise ImportError('libhdf5.so.310: cannot open')", "ImportError: libhdf5.so.310: cannot open"),
        ("raise ValueError('numpy.dtype size changed\\x1b[2J')", "ValueError: numpy.dtype size changed[2J"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", "exit code -11"),
    ],
)
def test_a_broken_h5py_is_no_damaged_file(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, said: str
) -> None:
    (tmp_path / "fake").mkdir()
    (tmp_path / "fake" / "h5py.py").write_text(source)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "fake"), os.environ.get("PYTHONPATH", "")]))
    for call in (lambda: read_tree(file, "NIR file"), lambda: load_network(file)):
        message = error_of(call)
        assert message is not None
        assert message.startswith(f"h5py cannot be imported ({said}), so {file} cannot be read; install it again")
        assert "damaged" not in message
        assert message.isprintable()


def test_a_reader_that_dies_or_hangs_is_an_error_like_any_other(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    child = tmp_path / "child.py"
    monkeypatch.setattr(tree, "__file__", str(tmp_path / "tree.py"))
    child.write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    with pytest.raises(InputError, match="failed on it"):
        read_tree(file, "NIR file")
    child.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr(tree, "SECONDS", 1)
    monkeypatch.setattr(tree, "PATIENCE", 1)
    with pytest.raises(InputError, match="takes more than"):
        read_tree(file, "NIR file")
