"""Files that are written: refused before the work, whole or not at all, with the mode and the link they had."""

import gzip
import os
import stat
from pathlib import Path

import pytest

from snnmap.core.errors import InputError
from snnmap.core.files import (
    FREE,
    RATIO,
    gunzipped,
    must_be_folder,
    must_be_writable,
    must_not_burst,
    write_atomically,
)

ENDINGS = (".json", ".json.gz")


def test_a_name_that_promises_another_format_is_refused(tmp_path: Path) -> None:
    for name in ("a.xml", "out.xlsx", "mapping", "json"):
        with pytest.raises(InputError, match=r"must end in \.json or \.json\.gz"):
            must_be_writable(tmp_path / name, ENDINGS)
    for name in ("a.json", "a.JSON", "a.json.gz"):
        must_be_writable(tmp_path / name, ENDINGS)


def test_an_input_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "in.json"
    source.write_text("{}")
    link, hard = tmp_path / "link.json", tmp_path / "hard.json"
    link.symlink_to(source)
    hard.hardlink_to(source)
    monkeypatch.chdir(tmp_path)
    for path in (source, link, hard, Path("in.json"), Path("./in.json")):
        with pytest.raises(InputError, match="it is what is read"):
            must_be_writable(path, ENDINGS, "mnist-mlp", None, 3, source)
    must_be_writable(tmp_path / "other.json", ENDINGS, source, "in.json")


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_new_file_has_what_the_umask_leaves(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_atomically(tmp_path / "new", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o666 & ~umask


def test_an_old_file_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "old"
    path.write_bytes(b"old")
    path.chmod(0o640)
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_keeps_pointing_where_it_does(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_atomically(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["folder", "link", "target"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "old"
    path.write_bytes(b"old")
    with pytest.raises(TypeError):
        write_atomically(path, "text")  # type: ignore[arg-type]
    assert [p.name for p in tmp_path.iterdir()] == ["old"]
    assert path.read_bytes() == b"old"


def test_what_is_no_plain_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a plain file"):
        write_atomically(tmp_path, b"x")
    with pytest.raises(InputError, match="choose a folder that exists"):
        write_atomically(tmp_path / "no" / "such", b"x")


def test_a_folder_for_results_can_be_made(tmp_path: Path) -> None:
    must_be_folder(tmp_path / "a" / "b")
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match="is no folder that is writable"):
            must_be_folder(path)


def test_a_bomb_is_unpacked_no_further_than_allowed() -> None:
    bomb = gzip.compress(bytes(FREE + 64 * 100_000))
    assert len(bomb) < 200_000
    with pytest.raises(InputError, match="bytes that unpack to more than"):
        gunzipped("bomb.json.gz", bomb)
    assert gunzipped("x.gz", gzip.compress(b"content")) == b"content"
    for broken in (b"", gzip.compress(b"content")[:-5], b"\x1f\x8bno"):
        if broken:
            with pytest.raises(InputError, match="truncated or damaged"):
                gunzipped("x.gz", broken)
    must_not_burst("x", 10, FREE)
    with pytest.raises(InputError):
        must_not_burst("x", 10, FREE + 10 * RATIO + 1)
    must_not_burst("x", 10, FREE + 10 * RATIO + 1, ratio=RATIO + 1)
