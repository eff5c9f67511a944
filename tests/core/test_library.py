"""Shipped data is found in the wheel or the checkout."""

import pytest

from snnmap.core import library
from snnmap.core.errors import InputError


def test_folders_are_found_in_the_checkout():
    assert library.folder("workloads").is_dir()
    assert library.folder("hwmodels").is_dir()


def test_the_wheel_goes_before_the_checkout(tmp_path, monkeypatch):
    package = tmp_path / "snnmap"
    package.mkdir()
    monkeypatch.setattr(library, "PACKAGE", package)
    with pytest.raises(InputError, match="no 'workloads' folder"):
        library.folder("workloads")
    (tmp_path / "workloads").mkdir()
    assert library.folder("workloads") == tmp_path / "workloads"
    (package / "workloads").mkdir()
    assert library.folder("workloads") == package / "workloads"


def test_shipped_lists_toml_files_only(tmp_path, monkeypatch):
    place = tmp_path / "workloads"
    place.mkdir()
    for name in ("b.toml", "a.toml", "README.md"):
        (place / name).write_text("")
    monkeypatch.setattr(library, "PACKAGE", tmp_path)
    assert list(library.shipped("workloads")) == ["a", "b"]
