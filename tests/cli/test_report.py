"""`report`, `compare` and `study` on the command line: what they print, what they write, what they refuse."""

import json
from pathlib import Path

import pytest
from support import small_workload

import snnmap
from snnmap.cli import main
from snnmap.evaluation.sensitivity import MEANS
from snnmap.formats.mapping import encode, sealed
from snnmap.hardware import load_hardware
from snnmap.render.labels import LABELS, MODES, grouped


@pytest.fixture(scope="module")
def mapping(recipe, chip) -> Path:
    path = recipe.parent / "mapping.json"
    with pytest.raises(SystemExit) as stopped:
        main(["compile", str(recipe), "--hw", str(chip), "-o", str(path), "--quiet"])
    assert stopped.value.code == 0
    return path


def test_every_figure_of_a_mapping_has_words(mapping):
    figures = snnmap.load(mapping).figures
    assert set(figures) <= set(LABELS)
    assert sum(len(rows) for _, rows in grouped(figures)) == len(figures)
    assert [heading for heading, _ in grouped({**figures, "new_J": 1.0})][-1] == "other"


def test_the_report_says_all_of_it(run, mapping):
    code, out, _ = run("report", mapping, "-q")
    assert code == 0
    for heading, _ in grouped(snnmap.load(mapping).figures):
        assert heading in out
    assert MODES in out
    for words in ("hottest crossbar", "limited by", "effective lifetime", "energy per frame"):
        assert words in out
    assert "what the figures depend on most" in out
    assert "What survives the bands:" in out
    assert "device: limited by" in out
    assert "recalled or estimated constants" in out
    assert "estimate: 16 bits of state in SRAM" in out


def test_the_document_holds_figures_constants_and_sensitivity(run, mapping, chip):
    code, out, _ = run("report", mapping, "--json")
    found = json.loads(out)
    assert code == 0
    assert found["legal"] is True
    assert found["crossbars"] == snnmap.load(mapping).figures["crossbars"]
    recalled = {key for key, _ in load_hardware(str(chip)).recalled()}
    told = {entry["quantity"] for entry in found["recalled"]}
    assert {key for key in told if ": " not in key} <= recalled
    assert any(key.startswith("espine-pcm-65: espine_gamma") for key in told)
    assert "tile_variation" not in told, "no figure looks it up"
    moved = found["sensitivity"]["device_leakage_W"]
    assert moved[0]["quantity"] == "router_width"
    leaking = load_hardware(str(chip)).leaking_width
    more = (leaking + (1.7e6 - 18000) * 65e-9) / leaking
    assert moved[0]["figure"][1] == pytest.approx(more * found["device_leakage_W"], rel=1e-2)
    assert found["conclusions"]
    assert found["partition"]["messages"] == found["messages"] >= found["partition"]["messages_at_least"] > 0
    assert found["notes"] == []


def test_operations_per_classification_on_demand(run, mapping):
    code, out, _ = run("report", mapping, "--flops", "-q")
    assert code == 0
    assert "operations per classification" in out
    assert "knows no chip" in out
    code, out, _ = run("report", mapping, "--flops", "--json")
    found = json.loads(out)["flops"]
    assert found["efficiency"] == pytest.approx(found["conventional"] / found["spiking"])
    code, _, err = run("report", mapping, "--flops", "--quick")
    assert code == 2
    assert "--flops needs the workload: leave --quick out" in err


def test_quick_prints_the_file_alone(run, mapping, tmp_path):
    moved = tmp_path / "mapping.json"
    moved.write_bytes(mapping.read_bytes())
    code, out, err = run("report", moved, "--quick")
    assert code == 0
    assert "what the figures depend on" not in out
    assert "recalled or estimated constants" in out
    assert all(line.startswith("note: ") for line in err.splitlines())
    code, _, err = run("report", moved, "--quick", "--plot", tmp_path / "pictures")
    assert code == 2
    assert "leave --quick out" in err


def test_a_missing_workload_is_one_line_and_the_rest_is_printed(run, mapping, recipe, tmp_path):
    gone = recipe.rename(tmp_path / recipe.name)
    try:
        code, out, err = run("report", mapping, "-q")
        assert code == 0
        assert "crossbars" in out
        assert "what the figures depend on" not in out
        assert err.count("\n") == 1
        assert "the workload is not to be had" in err
        code, out, err = run("report", mapping, "-q", "--workload", gone)
        assert "what the figures depend on" in out
        assert err == ""
    finally:
        gone.rename(recipe)


def test_another_workload_is_not_taken_for_the_mapped_one(run, mapping, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text(small_workload.recipe(rate_hz=150.0))
    code, out, err = run("report", mapping, "-q", "--workload", other)
    assert code == 1
    assert err == ""
    assert out.startswith("workload-digest: file: the mapping was made for")
    assert out.splitlines()[-1].startswith("not legal: ")
    assert "crossbars" not in out


def forged(mapping: Path, path: Path, change) -> Path:
    """The mapping file with `change` applied to its document, and its digest made to fit again."""
    document = json.loads(mapping.read_text())
    change(document)
    path.write_text(json.dumps(document))
    path.write_bytes(encode(sealed(snnmap.load(path))))
    return path


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda d: d["figures"].update(device_lifetime_s=1000 * d["figures"]["device_lifetime_s"]), "figures"),
        (lambda d: d["clusters"][0]["columns"].__setitem__(1, d["clusters"][0]["columns"][0]), "wiring"),
        (lambda d: d["clusters"][0]["rows"].__setitem__(0, 10**6), "wiring"),
        (lambda d: d["clusters"][0]["sources"].__setitem__(-1, 10**6), "cluster-shape"),
        (lambda d: d["home"].__setitem__(0, 10**6), "home"),
        (lambda d: d["figures"].update(legal=True), "figures"),
    ],
)
def test_a_forged_mapping_is_not_reported_as_legal(run, mapping, tmp_path, change, rule):
    path = forged(mapping, tmp_path / "forged.json", change)
    code, out, _ = run("report", path, "--json", "-q")
    document = json.loads(out)
    assert code == 1
    assert document["legal"] is False
    assert rule in {v["rule"] for v in document["violations"]}
    assert "device_lifetime_s" not in document
    code, out, _ = run("report", path, "-q", "--plot", tmp_path / "pictures")
    assert code == 1
    assert not (tmp_path / "pictures").exists()
    code, out, _ = run("report", path, "--json", "--quick")
    assert code == 0
    assert json.loads(out)["legal"] is None


def test_pictures_are_drawn_of_the_weakest_or_the_named_crossbar(run, mapping, tmp_path):
    code, out, _ = run("report", mapping, "--json", "-q", "--plot", tmp_path / "new" / "folder")
    found = json.loads(out)
    names = ["tiles.png", f"crossbar-{found['weakest_crossbar']}.png"]
    assert code == 0
    assert [Path(path).name for path in found["pictures"]] == names
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == sorted(names)
    code, out, _ = run("report", mapping, "-q", "--plot", tmp_path / "one", "--crossbar", 0)
    assert code == 0
    assert f"drew {tmp_path / 'one' / 'crossbar-0.png'}" in out


@pytest.mark.parametrize("asked", ["plot", "html"])
@pytest.mark.parametrize("crossbar", [900, -1])
@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_crossbar_that_is_not_there_is_refused_before_anything_is_printed(
    run, mapping, tmp_path, asked, crossbar, more
):
    target = tmp_path / "there" if asked == "plot" else tmp_path / "page.html"
    code, out, err = run("report", mapping, "-q", f"--{asked}", target, "--crossbar", crossbar, *more)
    assert (code, out) == (2, "")
    assert f"crossbar {crossbar} does not exist; there are 0 to " in err
    assert not list(tmp_path.rglob("*.png")) + list(tmp_path.rglob("*.html"))


@pytest.mark.parametrize("more", [(), ("--json",), ("--quick",)])
def test_a_crossbar_of_nothing_that_is_drawn_is_refused(run, mapping, more):
    code, out, err = run("report", mapping, "-q", "--crossbar", 0, *more)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "give --plot DIR or --html FILE" in err


def test_pictures_for_papers_are_drawings(run, mapping, tmp_path):
    for kind, first in (("svg", b"<?xml"), ("pdf", b"%PDF"), ("png", b"\x89PNG")):
        code, _, _ = run("report", mapping, "-q", "--plot", tmp_path / kind, "--crossbar", 0, f"--{kind}")
        names = {path.name for path in (tmp_path / kind).iterdir()}
        assert (code, names) == (0, {f"tiles.{kind}", f"crossbar-0.{kind}"})
        assert (tmp_path / kind / f"tiles.{kind}").read_bytes().startswith(first)
    code, _, err = run("report", mapping, "-q", "--svg")
    assert (code, "--svg says what --plot draws; give --plot DIR" in err) == (2, True)
    code, _, err = run("report", mapping, "-q", "--svg", "--plot", tmp_path / "w", "--what-if", "flit_time=1ns")
    assert (code, "leave out --plot" in err) == (2, True)


def test_compare_prints_writes_and_draws(run, recipe, chip, tmp_path):
    files = ("--csv", tmp_path / "t.csv", "--plot", tmp_path / "t.png")
    code, out, _ = run("compare", recipe, "--hw", chip, "--objectives", "traffic, espine", "-q", *files)
    assert code == 0
    assert "traffic" in out
    assert "espine" in out
    assert "effective lifetime" in out
    assert "ratio" in out
    assert "= as traffic" in out
    assert out.index("device mode") < out.index("espine mode")
    assert (tmp_path / "t.csv").read_text().startswith("workload,technology,objective,metric,")
    assert (tmp_path / "t.png").read_bytes()[:4] == b"\x89PNG"
    code, out, err = run("compare", recipe, "--hw", chip, "--objectives", "traffic,espine", "-q", "--json")
    found = json.loads(out)
    assert found["objectives"] == ["traffic", "espine"]
    assert found["pace"] == "real-time"
    assert {row["mode"] for row in found["figures"]} == {"", "device", "espine"}
    assert err == ""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--objectives", "traffic,espine", "--technology", "oxram-22"), "espine needs eSpine's constants"),
        (("--objectives", "traffic,fast"), "objective 'fast' is unknown"),
        (("--plot", "picture.bmp"), "must end in"),
        (("--csv", "nowhere/table.csv"), "choose a folder"),
    ],
)
def test_compare_refuses_in_one_line(run, recipe, chip, options, said):
    code, out, err = run("compare", recipe, "--hw", chip, *options)
    assert code == 2
    assert out == ""
    assert err.count("\n") == 1
    assert said in err


def test_study_refuses_a_missing_file_in_one_line(run, tmp_path):
    code, _, err = run("study", tmp_path / "absent.toml")
    assert code == 2
    assert err.count("\n") == 1
    assert "cannot be read" in err


def test_control_characters_of_a_file_never_reach_the_terminal(run, mapping, tmp_path):
    evil = "\x1b[31mnet\x9b2J\u202e"
    path = forged(mapping, tmp_path / "evil.json", lambda d: d["workload"].update(name=evil))
    code, out, err = run("report", path, "--quick")
    assert code == 0
    assert r"\x1b[31mnet\x9b2J\u202e" in out
    assert not {"\x1b", "\x9b", "\u202e"} & set(out + err)
    code, out, err = run("report", path)
    assert code == 1
    assert not {"\x1b", "\x9b", "\u202e"} & set(out + err)
    code, out, err = run("report", tmp_path / "no\x1b[2Jsuch.json")
    assert code == 2
    assert r"\x1b[2J" in err


def test_a_closed_stdout_is_one_line(run, mapping, monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    with pytest.raises(SystemExit) as stopped:
        main(["report", str(mapping), "--quick"])
    assert stopped.value.code == 2


def test_what_if_prints_the_timing_alone(run, mapping):
    code, out, err = run("report", mapping, "--what-if", "merge_time=1ns,row_time=2ns", "-q")
    assert (code, err) == (0, "")
    assert "same clusters, tiles and wiring, scheduled anew" in " ".join(out.split())  # long paths break the line
    assert "as mapped" in out
    assert "what the figures depend on" not in out
    code, out, _ = run("report", mapping, "--what-if", "merge_time=1ns:3ns:1ns", "--json", "-q")
    document = json.loads(out)
    assert code == 0
    assert [point["values"]["merge_time"] for point in document["after"]] == [1e-9, 2e-9, 3e-9]
    assert document["before"]["period_s"] == pytest.approx(snnmap.load(mapping).figures["period_s"])
    assert document["before"]["limited_by"]["kind"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["merge_tim=1ns"], "did you mean 'merge_time'"),
        (["merge_time=1ns", "--what-if", "merge_time=2ns"], "given twice"),
        (["merge_time=1ns", "--quick"], "leave out --quick"),
        (["merge_time=1ns", "--refresh"], "leave out --refresh"),
        (["merge_time=1ns", "--pulse", "1us", "--crossbar", "0"], "leave out --crossbar and --pulse"),
    ],
)
def test_what_if_refuses_in_one_line(run, mapping, arguments, said):
    code, out, err = run("report", mapping, "-q", "--what-if", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err


def test_refresh_intervals_are_those_of_accuracy(run, mapping):
    asked = ("--refresh", "--keep", "20", "--devices", 2)
    code, out, _ = run("report", mapping, "-q", *asked)
    text = " ".join(out.split())
    assert code == 0
    assert "with drift compensation, refresh when a weight has drifted:" in text
    assert "without drift compensation, refresh when a weight has drifted:" in text
    assert text.index("refresh when a weight") < text.index("what the figures depend on most")
    found = json.loads(run("report", mapping, "-q", "--json", *asked)[1])["refresh"]
    alone = json.loads(run("accuracy", mapping, "-q", "--json", "--age", "1s", *asked)[1])["refresh"]
    assert found == alone
    assert "refresh" not in json.loads(run("report", mapping, "-q", "--json")[1])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--quick"], "leave --quick out"),
        (["--devices", "1"], "at least 2 devices"),
        (["--keep", "0"], "above 0"),
    ],
)
def test_refresh_refuses_in_one_line(run, mapping, arguments, said):
    code, out, err = run("report", mapping, "-q", "--refresh", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err


def test_what_if_of_a_forged_mapping_is_worth_nothing(run, mapping, tmp_path):
    path = forged(mapping, tmp_path / "forged.json", lambda d: d["figures"].update(period_s=1e-9))
    code, out, _ = run("report", path, "-q", "--what-if", "merge_time=1ns")
    assert code == 1
    assert out.splitlines()[-1].startswith("not legal: ")
    assert run("report", path, "-q", "--what-if", "merge_time=1ns", "--json")[0] == 1


def test_the_sensitivity_of_many_crossbars_is_that_of_a_sample_and_that_is_said(run, mapping, monkeypatch):
    crossbars = snnmap.load(mapping).clustering.clusters
    assert snnmap.report(mapping).document()["sensitivity_sample"] is None
    monkeypatch.setattr("snnmap.evaluation.sensitivity.DRAWN", 2)
    monkeypatch.setattr("snnmap.reliability.sample.SURE", 0)
    code, _, err = run("report", mapping, "-q")
    assert code == 0
    note = next(line for line in err.splitlines() if line.startswith("note: sensitivity"))
    assert f"is of a sample of 2 of {crossbars} crossbars: extremes are those of the sample" in note
    assert note.endswith("W (espine mode: leakage) (95 %)")
    document = snnmap.report(mapping).document()
    told = document["sensitivity_sample"]
    assert (told["crossbars"], told["of"]) == (2, crossbars)
    assert told["margin_95"].keys() == set(MEANS)
    assert any("margin_95" in swing for listed in document["sensitivity"].values() for swing in listed)


def test_the_sensitivity_of_very_many_crossbars_that_take_turns_is_left_out_and_that_is_said(
    mapping, recipe, tmp_path, monkeypatch
):
    crossbars = snnmap.load(mapping).clustering.clusters
    monkeypatch.setattr("snnmap.query.report.MOST", crossbars - 1)
    assert snnmap.report(mapping).sensitivity is not None
    chip = tmp_path / "shared.toml"
    words = small_workload.CHIP.replace('"pcm-mesh"', '"pcm-mesh-shared"')
    chip.write_text(f"{words}[mesh]\nwidth = 1\nheight = 2\n")
    shared = snnmap.compile(recipe, snnmap.CompileOptions(hardware=str(chip)))
    mapping, crossbars = tmp_path / "shared.json", shared.mapping.clustering.clusters
    snnmap.save(shared.mapping, mapping)
    monkeypatch.setattr("snnmap.query.report.MOST", crossbars - 1)
    told = snnmap.report(mapping)
    assert told.legal
    assert told.sensitivity is None
    words = (
        f"sensitivity is left out: it would evaluate {crossbars} crossbars that take turns on tiles some eighty times"
    )
    assert told.notes == (f"{words}; it is for up to {crossbars - 1} of them",)
    assert told.document()["notes"] == list(told.notes)
    monkeypatch.setattr("snnmap.query.report.MOST", crossbars)
    assert snnmap.report(mapping).notes == ()
