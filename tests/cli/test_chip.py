"""The chip commands."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from support import small_workload

import snnmap
from snnmap.cli import main


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    return int(stopped.value.code or 0)


def test_draw_and_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "chip.npz"
    assert run("chip", "draw", "pcm-mesh-shared", "--seed", 4, "--stuck-on", 0.01, "-o", path) == 0
    assert run("chip", "show", path) == 0
    said = capsys.readouterr().out
    assert "stuck at g_max" in said
    assert run("chip", "show", path, "--json") == 0
    assert json.loads(capsys.readouterr().out)["stuck_on_share"] == pytest.approx(0.01, rel=0.1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("draw", "pcm-mesh", "-o", "chip.npz"), "has no tiles yet"),
        (("draw", "pcm-mesh-shared", "-o", "chip.txt"), "must end in .npz"),
        (("draw", "pcm-mesh-shared", "--stuck-on", "2", "-o", "chip.npz"), "add up to 1"),
        (("show", "missing.npz"), "missing.npz"),
    ],
)
def test_bad_input_is_one_line(
    arguments: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("chip", *arguments) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory, chip: Path) -> tuple[Path, Path]:
    """The small workload as a recipe, and a chip of its mapping."""
    folder = tmp_path_factory.mktemp("wired")
    (folder / "net.toml").write_text(small_workload.recipe())
    assert run("compile", folder / "net.toml", "--hw", chip, "-q", "-o", folder / "m.json") == 0
    assert run("chip", "draw", folder / "m.json", "--stuck-on", 0.02, "-o", folder / "chip.npz") == 0
    return folder / "net.toml", folder / "chip.npz"


def test_compile_wires_for_a_chip_and_says_so(mapped: tuple[Path, Path], chip: Path, capsys) -> None:
    net, known = mapped
    assert run("compile", net, "--hw", chip, "--objective", "accuracy", "--chip", known) == 0
    shown = capsys.readouterr()
    assert "on the chip that was given, by wires and stuck cells" in shown.err
    assert "error of what drives neurons near threshold" in shown.out


def test_the_mapping_names_the_chip_it_is_wired_for(mapped: tuple[Path, Path], chip: Path, tmp_path, capsys) -> None:
    net, known = mapped
    out = tmp_path / "wired.json"
    assert run("compile", net, "--hw", chip, "--objective", "accuracy", "--chip", known, "-q", "-o", out) == 0
    wired = json.loads(out.read_text())["origin"]["wired_for"]
    assert wired == {"source": str(known), "digest": hashlib.sha256(known.read_bytes()).hexdigest()}
    assert snnmap.load(out).origin.wired_for.source == str(known)
    other = tmp_path / "other.npz"
    assert run("chip", "draw", out, "--seed", 7, "--stuck-on", 0.02, "-o", other) == 0
    for given, said in (
        ((), "run on drawn chips"),
        (("--chip", other), "run on another chip"),
        (("--chip", known), ""),
    ):
        capsys.readouterr()
        assert run("accuracy", out, "--devices", 1, "--age", "1s", "--effects", "stuck", *given) == 0
        notes = [line for line in capsys.readouterr().err.splitlines() if "wired for the stuck cells" in line]
        assert [f"({known}), but {said}" in line for line in notes] == [True] * bool(said)
    plain = tmp_path / "plain.json"
    assert run("compile", net, "--hw", chip, "-q", "-o", plain) == 0
    assert "wired_for" not in plain.read_text()
    snnmap.html_report(snnmap.report(out), tmp_path / "page.html")
    assert wired["digest"][:16] in (tmp_path / "page.html").read_text()


def changed(known: Path, folder: Path, **arrays: object) -> Path:
    """A chip file with other arrays."""
    with np.load(known) as old:
        whole = {name: old[name] for name in old.files}
    np.savez(folder / "changed.npz", **{**whole, **arrays})
    return folder / "changed.npz"


@pytest.mark.parametrize("case", ["mesh", "nan", "missing", "objective", "values"])
def test_a_chip_that_cannot_be_wired_for_is_one_line(case: str, mapped, chip: Path, tmp_path: Path, capsys) -> None:
    net, known = mapped
    with np.load(known) as old:
        stuck, gain, mesh = old["stuck"], old["gain"].copy(), old["mesh"]
    objective, given = "accuracy", known
    if case == "mesh":
        wide = {"mesh": mesh * [2, 1], "stuck": np.tile(stuck, (2, 1, 1, 1, 1))}
        given = changed(
            known, tmp_path, **wide, gain=np.tile(gain, (2, 1)), offset=np.zeros((2 * len(gain), gain.shape[1]))
        )
    elif case == "nan":
        gain[1, 2] = np.nan
        given = changed(known, tmp_path, gain=gain)
    elif case == "values":
        given = changed(known, tmp_path, stuck=stuck + np.int8(2))
    elif case == "missing":
        given = tmp_path / "none.npz"
    else:
        objective = "default"
    capsys.readouterr()
    out = tmp_path / "m.json"
    assert run("compile", net, "--hw", chip, "--objective", objective, "--chip", given, "-q", "-o", out) == 2
    error = capsys.readouterr().err
    said = {
        "mesh": "draw or measure a chip of that mesh",
        "nan": "gain of tile 1, column 2 is not a number",
        "missing": "none.npz",
        "objective": "--objective accuracy",
        "values": "stuck holds other values than -1, 0 and 1",
    }
    assert said[case] in error
    assert len(error.strip().splitlines()) == 1
    assert not out.exists()


def test_compile_like_another_mapping(mapped: tuple[Path, Path], chip: Path, tmp_path, capsys) -> None:
    net, base = mapped[0], mapped[0].parent / "m.json"
    out = tmp_path / "like.json"
    assert run("compile", net, "--like", base, "-q", "-o", out) == 0
    assert json.loads(out.read_text())["origin"]["cells_of"] == snnmap.load(base).origin.verified
    assert run("verify", out, "--replay") == 0
    snnmap.html_report(snnmap.report(out), tmp_path / "page.html")
    assert "clusters, tiles and lines of the mapping" in (tmp_path / "page.html").read_text()
    for given, said in (
        (("--hw", chip), "leave --hw out, or --like"),
        (("--objective", "accuracy"), "leave --objective out, or --like"),
    ):
        capsys.readouterr()
        assert run("compile", net, "--like", base, *given, "-o", tmp_path / "no.json") == 2
        error = capsys.readouterr().err.strip()
        assert error == f"snnmap: error: --like takes that from the mapping: {said}"
    assert run("compile", "braille-rsnn", "--samples", 1, "--like", base, "-q", "-o", tmp_path / "no.json") == 2
    assert "is not of the network that" in capsys.readouterr().err
    assert not (tmp_path / "no.json").exists()
