"""`compile --out DIR`: everything about a run in one folder."""

import json
from pathlib import Path

import snnmap


def test_a_folder_holds_mapping_page_pictures_and_log(run, recipe: Path, chip: Path, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "run"
    code, out, err = run("compile", recipe, "--hw", chip, "--out", folder)
    assert code == 0
    written = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    (array,) = (name for name in written if name.startswith("pictures/crossbar-"))
    assert written == {"log.txt", "mapping.json", "report.html", "pictures/tiles.png", array}
    assert snnmap.verify_file(folder / "mapping.json") == []
    log = (folder / "log.txt").read_text()
    assert log.startswith("snnmap ")
    for line in out.splitlines():
        assert line.rstrip() in log, "what was said is in the log"
    notes = [line for line in err.splitlines() if line.startswith(("note: ", "warning: "))]
    assert notes
    assert all(f"\n{line}\n" in log for line in notes)
    assert "finished after" in log
    again = snnmap.html_report(snnmap.report(folder / "mapping.json"), tmp_path / "again.html")
    assert again.read_bytes() == (folder / "report.html").read_bytes()


def test_the_answer_says_where_everything_is(run, recipe: Path, chip: Path, tmp_path: Path) -> None:
    document = json.loads(run("compile", recipe, "--hw", chip, "--out", tmp_path / "run", "-q", "--json")[1])
    named = [document["mapping"], document["html"], *document["pictures"]]
    assert all(Path(path).is_file() for path in named)
    assert json.loads((tmp_path / "run" / "log.txt").read_text().split("\n\n", 2)[2].rpartition("finished")[0])


def test_what_cannot_be_kept_is_refused_before_any_work(run, recipe: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, out, err = run("compile", recipe, "--out", tmp_path / "file")
    assert (code, out, err.count("\n")) == (2, "", 1)
    code, out, err = run("compile", recipe, "--out", tmp_path / "run", "-o", tmp_path / "mapping.json")
    assert (code, out, err.count("\n"), "leave -o out" in err) == (2, "", 1, True)
    code, _, err = run("compile", recipe, "--out", tmp_path / "run", "--tiles", "1x1", "--crossbar", "8")
    assert code == 2
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_nothing_is_left_of_what_does_not_fit(run, recipe: Path, chip: Path, tmp_path: Path) -> None:
    code, out, err = run("compile", recipe, "--hw", chip, "--tiles", "1x1", "--out", tmp_path / "run", "-q")
    assert (code, out, err.count("\n")) == (3, "", 1)
    assert list(tmp_path.iterdir()) == []
