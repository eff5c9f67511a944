"""The command line: exit codes, one line per error, clean stdout, no half-written file, no traceback."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
import pytest
from support import small_workload

import snnmap
from snnmap.cli import cli, main, terminal

ROOT = Path(__file__).parents[2]


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict:
        return json.loads(self.out)


@pytest.fixture(autouse=True)
def kernels_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """No remark about the first run of an installation."""
    monkeypatch.setattr(terminal, "kernels_are_compiled", lambda: True)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    """Run a command in this process."""

    def ran(*arguments: object) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            main([str(a) for a in arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Ran(int(stopped.value.code or 0), captured.out, captured.err)

    return ran


@pytest.fixture(scope="module")
def mapping(recipe: Path, chip: Path) -> Path:
    """A mapping file of the recipe on the small chip."""
    path = recipe.parent / "mapping.json"
    with pytest.raises(SystemExit) as stopped:
        main(["compile", str(recipe), "--hw", str(chip), "-o", str(path), "--quiet"])
    assert stopped.value.code == 0
    return path


def one_line(ran: Ran, code: int, *words: str) -> None:
    """An error: exit code, nothing on stdout, one line on stderr with these words."""
    assert ran.code == code, ran
    assert ran.out == ""
    assert ran.err.count("\n") == 1, ran.err
    assert ran.err.startswith("snnmap: ")
    for word in words:
        assert word in ran.err, ran.err


# --- help -----------------------------------------------------------------------------------------------------------


def commands() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, command in cli.commands.items():
        found.append((name,))
        if isinstance(command, click.Group):
            found += [(name, inner) for inner in command.commands]
    return found


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_help_of_every_command(run, command: tuple[str, ...]) -> None:
    ran = run(*command, "--help")
    assert ran.code == 0
    assert ran.out.startswith("Usage: snnmap " + " ".join(command))
    assert run(*command, "-h").out == ran.out


@pytest.mark.parametrize(
    "name",
    [
        *("inspect", "check", "profile", "convert", "hardware", "compile", "verify", "report", "where", "diff"),
        *("compare", "study"),
    ],
)
def test_help_has_examples_that_parse(run, name: str) -> None:
    text = run(name, "--help").out
    examples = [line.split() for line in text.splitlines() if line.strip().startswith(f"snnmap {name} ")]
    assert examples
    command = cli.commands[name]
    for words in examples:
        with command.make_context(name, words[2:]):
            pass


def test_every_command_but_schema_takes_json() -> None:
    for path in commands():
        command: click.Command = cli
        for name in path:
            command = command.commands[name]
        assert path == ("schema",) or isinstance(command, click.Group) or any(p.name == "json_" for p in command.params)


def test_version_and_bare_name(run) -> None:
    assert run("--version").out.startswith("snnmap, version ")
    assert "Start here" in run("--help").out


# --- results --------------------------------------------------------------------------------------------------------


def test_inspect(run, recipe: Path) -> None:
    found = run("inspect", recipe, "--json").document
    assert [p["name"] for p in found["populations"]] == ["input", "hidden", "output"]
    assert found["neurons"] == 15
    ran = run("inspect", recipe)
    assert ran.code == 0
    assert "hidden" in ran.out
    assert "20 inputs, 15 neurons" in ran.out


def test_check(run, recipe: Path, chip: Path) -> None:
    found = run("check", recipe, "--hw", chip, "--json").document
    assert found["fits"]
    assert found["crossbars_at_least"] >= 2
    assert found["neurons_over_rows"] == 12
    told = run("check", recipe, "--hw", chip).out
    assert "fits" in told
    assert f"messages at least: {found['messages_at_least']:,}, of one step in which every source spikes once" in told


def test_crossbars_of_another_size_and_without_a_limit_of_rows(run, recipe: Path, tmp_path: Path) -> None:
    out = tmp_path / "free.json"
    ran = run("compile", recipe, "--rows", "unlimited", "--columns", "8", "-o", out)
    assert ran.code == 0
    document = json.loads(out.read_text())
    chip, fullest = document["chip"], max(len(cluster["rows"]) for cluster in document["clusters"])
    assert (chip["rows"], chip["columns"], chip["source"]) == (fullest, 8, "pcm-mesh:rows=unlimited,columns=8")
    assert f"rows are not limited: crossbars have {fullest} rows" in ran.err
    assert run("verify", out).out == "legal\n"
    chip["rows"] -= 1  # the fullest cluster has more
    out.write_text(json.dumps(document))
    assert run("verify", out).code == 1
    found = run("check", recipe, "--columns", "4", "--rows", "unlimited", "--sweep", "crossbar=8", "--json").document
    assert found["trials"][0]["crossbar"] == "unlimitedx8"
    assert found["rows"] is None
    compared = run("compare", recipe, "--objectives", "traffic", "--rows", "64", "--columns", "64", "--json")
    assert compared.code == 0
    one_line(run("check", recipe, "--rows", "many"), 2, "rows=N, rows=unlimited, columns=N, tiles=WxH or chips=AxD")
    config = tmp_path / "plan.toml"
    config.write_text('[compile]\nrows = "unlimited"\nhw = "pcm-mesh-64"\n')
    assert run("compile", recipe, "--config", config, "-o", out).code == 0
    assert json.loads(out.read_text())["chip"]["source"] == "pcm-mesh-64:rows=unlimited"


def test_check_sweeps_the_size_of_the_crossbars(run, recipe: Path, chip: Path, tmp_path: Path) -> None:
    ran = run("check", recipe, "--hw", chip, "--sweep", "crossbar=4,32", "--pooling", "both")
    assert ran.code == 0
    assert [line.split()[:2] for line in ran.out.splitlines() if re.match(r" *\d+x\d+ ", line)] == [
        *(["4x4", "fold"], ["4x4", "relay"], ["32x32", "fold"], ["32x32", "relay"])
    ]
    one_line(run("check", recipe, "--sweep", "crossbar=0"), 2, "must be 2 to 4096, not 0")
    one_line(run("check", recipe, "--sweep", "32"), 2, "crossbar=32,64,128,256")
    alone = tmp_path / "alone.toml"
    alone.write_text(small_workload.CHIP + "merge = false\n")
    ran = run("check", recipe, "--hw", alone, "--sweep", "crossbar=8")
    assert ran.code == 3
    assert "8x8: crossbar rows: need 24, have 8." in ran.out
    assert run("check", recipe, "--hw", alone, "--sweep", "crossbar=8,64", "--json").code == 0


def test_profile(run, recipe: Path, tmp_path: Path) -> None:
    out = tmp_path / "p.npz"
    ran = run("profile", recipe, "--samples", 3, "-o", out, "--json")
    found = ran.document
    assert (found["samples"], found["steps"], found["accuracy"]) == (3, 20, None)
    assert found["spikes"] == round(
        3 * sum(p["spikes_per_sample"] for p in found["populations"] if p["kind"] == "neuron")
    )
    assert [(p["name"], p["neurons"]) for p in found["populations"]] == [("input", 20), ("hidden", 12), ("output", 3)]
    assert out.is_file()
    ran = run("profile", out)
    assert "3 samples of 20 steps" in ran.out
    assert run("profile", out, "--quiet").err == ""


def test_weights_rounded_to_integers_say_how_far_they_are_off(run, recipe: Path, tmp_path: Path) -> None:
    asked = ("--quantise", "mse", "--bits", 4)
    for command in ("profile", "check", "compile"):
        rows = run(command, recipe, *asked, "--json").document["quantised"]
        assert [(row["population"], row["levels"]) for row in rows] == [("hidden", 15), ("output", 15)]
        assert all(0 < row["relative_rms"] < 0.5 for row in rows)
        assert "quantised" not in run(command, recipe, "--json").document
        told = run(command, recipe, *asked).out
        assert f"{rows[0]['relative_rms']:.2%}" in told
        assert "weights rounded to integers" in told
        assert "rounded" not in run(command, recipe).out
        one_line(run(command, recipe, "--quantise", "msee", "--bits", 4), 2, "did you mean 'mse'?")
        one_line(run(command, recipe, "--quantise", "mse", "--bits", 9), 2, "bits of a weight are 1 to 8, not 9")
        one_line(run(command, recipe, "--bits", 4), 2, "say how, too: max, percentile or mse")
    config = tmp_path / "plan.toml"
    config.write_text('[compile]\nquantise = "max"\nlevels = 3\n')
    assert run("compile", recipe, "--config", config, "--json").document["quantised"][0]["levels"] == 3


def test_convert_writes_a_network_that_is_a_source(run, recipe: Path, tmp_path: Path) -> None:
    out = tmp_path / "n.npz"
    ran = run("convert", recipe, "--quantise", "mse", "--bits", 4, "-o", out)
    assert ran.code == 0
    assert "weights rounded to integers" in ran.out
    assert f"wrote {out}: 15 neurons" in ran.out
    again = run("convert", out, "-o", tmp_path / "again.npz", "--json").document
    assert "quantised" not in again
    assert out.read_bytes() == (tmp_path / "again.npz").read_bytes()
    assert run("inspect", out, "--json").document["format"] == "network"
    assert run("check", out).code == 0
    one_line(run("convert", recipe, "-o", recipe.with_suffix(".txt")), 2, "must end in .npz")
    one_line(run("convert", out, "-o", out), 2, "it is what is read")
    one_line(run("profile", out, "--dialect", "norse"), 2, "leave out --dialect")
    one_line(run("profile", out), 2, "brings no input data; give --data FILE")


def test_compile_prints_and_writes(run, recipe: Path, chip: Path, tmp_path: Path) -> None:
    out = tmp_path / "m.json.gz"
    ran = run("compile", recipe, "--hw", chip, "-o", out)
    assert ran.code == 0
    assert ran.out.rstrip().endswith(f"legal; wrote {out}")
    found = snnmap.load(out)
    document = run("compile", recipe, "--hw", chip, "--json").document
    limits = document["partition"]
    assert limits["crossbars_at_least"] <= limits["crossbars"] == found.figures["crossbars"]
    assert f" above the {limits['crossbars_at_least']} that any partition needs at least" in ran.out
    assert f" above the {limits['messages_at_least']:,} that any partition sends at least" in run("report", out).out
    assert document["legal"] is True
    assert document["mapping"] is None
    assert document["hops"] == found.figures["hops"]


KEYS = {
    *("legal", "crossbars", "tiles", "messages", "hops"),
    *("energy_J", "latency_s", "throughput_frames_per_s"),
}


def test_report(run, mapping: Path) -> None:
    found = run("report", mapping, "--json").document
    assert found.keys() >= KEYS
    assert found["legal"] is True
    assert found["hops"] == snnmap.load(mapping).figures["hops"]
    ran = run("report", mapping)
    assert ran.code == 0
    assert "crossbars" in ran.out


def test_report_of_an_edited_file_does_not_call_it_legal(run, mapping: Path, tmp_path: Path) -> None:
    document = json.loads(mapping.read_bytes())
    document["figures"]["hops"] += 1
    (tmp_path / "edited.json").write_text(json.dumps(document))
    assert run("report", tmp_path / "edited.json", "--quick", "--json").document["legal"] is None


def test_verify_says_yes(run, mapping: Path) -> None:
    assert run("verify", mapping).out == "legal\n"
    told = run("verify", mapping, "--json", "--quiet").document
    assert told == {"legal": True, "violations": [], "unchecked": list(snnmap.UNCHECKED)}
    assert f"note: not checked, since no result depends on it: {snnmap.UNCHECKED[0]}, " in run("verify", mapping).err
    assert run("verify", mapping, "--replay", "--quiet") == Ran(0, "legal\n", "")


@pytest.mark.parametrize(
    ("path", "value", "rule"),
    [
        (("clusters", 0, "tile"), 99, "tile"),
        (("clusters", 0, "rows", 0), 99, "wiring"),
        (("figures", "hops"), 1, "figures"),
        (("figures", "device_temperature_hottest_K"), 1.0, "figures"),
        (("figures", "invented"), 1.0, "figures"),
        (("home", 0), 99, "home"),
        (("workload", "digest"), "0" * 64, "workload-digest"),
        (("chip", "digest"), "0" * 64, "hardware-digest"),
        (("schedule", "latency"), 1, "schedule-latency"),
    ],
)
def test_verify_says_no(run, mapping: Path, tmp_path: Path, path: tuple, value: object, rule: str) -> None:
    document = json.loads(mapping.read_bytes())
    parent = document
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = value
    edited = tmp_path / "edited.json"
    edited.write_text(json.dumps(document))
    ran = run("verify", edited, "--json", "--quiet")
    assert ran.code == 1
    assert ran.document["legal"] is False
    assert rule in {v["rule"] for v in ran.document["violations"]}
    ran = run("verify", edited, "--quiet")
    assert ran.code == 1
    assert ran.out.splitlines()[-1] == f"not legal: {len(ran.out.splitlines()) - 1} violation(s)"
    assert f"{rule}: " in ran.out


def test_verify_against_another_workload_or_chip(run, mapping: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(small_workload.recipe(rate_hz=300.0))
    assert "workload-digest" in run("verify", mapping, "--workload", other, "--quiet").out
    assert "hardware-digest" in run("verify", mapping, "--hw", "pcm-mesh-64", "--quiet").out


def test_where(run, mapping: Path) -> None:
    found = run("where", mapping, "hidden[3]", "--json").document
    assert (found["source"], found["name"]) == (23, "hidden[3]")
    assert run("where", mapping, 23, "--json").document == found
    tile = found["columns"][0]["tile"]
    there = run("where", mapping, "--tile", tile, "--json").document
    assert 23 in [n for c in there["clusters"] for n in c["columns"].values()]
    assert "hidden[3]" in run("where", mapping, "hidden[3]").out
    assert "holds 1 cluster" in run("where", mapping, "--tile", tile).out


def test_diff(run, mapping: Path, recipe: Path, chip: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    run("compile", recipe, "--hw", chip, "--set", "place=sequential", "-o", other)
    found = run("diff", mapping, other, "--json").document
    assert {f["name"] for f in found["figures"]} >= {"hops", "energy_J"}
    assert found["notes"][:2] == ["workload: the same", "hardware: the same"]
    assert "B / A" in run("diff", mapping, other).out


def test_lists(run) -> None:
    assert {w["name"] for w in run("workloads", "--json").document} >= {"mnist-mlp", "nmnist-cnn", "braille-rsnn"}
    assert "mnist-mlp" in run("workloads").out
    assert "pcm-mesh" in {c["name"] for c in run("hardware", "list", "--json").document["chips"]}
    assert "pcm-mesh" in run("hardware").out
    assert run("hardware", "show", "pcm-mesh", "--json").document["limits"]
    assert "read_voltage" in run("hardware", "show", "pcm-mesh").out


def test_schema_is_json(run) -> None:
    assert run("schema").document == snnmap.schema()


# --- options --------------------------------------------------------------------------------------------------------


def test_settings_and_seed_reach_the_plan(run, recipe: Path, chip: Path, tmp_path: Path) -> None:
    out = tmp_path / "m.json"
    chosen = ("--set", "place=hill_climb", "--set", "place.sweeps=3", "--seed", 7, "--time-budget", 60)
    assert run("compile", recipe, "--hw", chip, *chosen, "-o", out).code == 0
    origin = snnmap.load(out).origin
    assert origin.seed == 7
    assert origin.plan.place.algorithm == "hill_climb"
    assert origin.plan.place.options["sweeps"] == 3


def test_config_file(run, recipe: Path, chip: Path, tmp_path: Path) -> None:
    config = tmp_path / "plan.toml"
    config.write_text(f'[compile]\nhw = "{chip}"\nseed = 5\nsamples = 1\n[place]\nalgorithm = "random"\n')
    out = tmp_path / "m.json"
    assert run("compile", recipe, "--config", config, "-o", out).code == 0
    found = snnmap.load(out)
    assert found.chip.name == "small"
    assert found.workload.frames == 1
    assert found.origin.plan.place.algorithm == "random"
    assert found.origin.seed == 5
    assert run("compile", recipe, "--config", config, "--samples", 2, "--seed", 6, "-o", out).code == 0
    assert snnmap.load(out).workload.frames == 2
    assert snnmap.load(out).origin.seed == 6


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[compile", "not a TOML file"),
        ("[plaice]\nx = 1", "plaice: this key is not known here; did you mean 'place'?"),
        ("[compile]\ncolour = 1", "no option 'colour'"),
        ('[place]\nalgorithm = "swarn"', "did you mean 'swarm'"),
        ("[place]\nsweps = 1", "has no option 'sweps'"),
        ("compile = 3", "must be a table"),
        ('[compile]\nseed = "x"', "seed"),
        ("[compile]\nseed = -1", "seed"),
        ("[compile]\nsamples = 1.5", "samples"),
        ("[compile]\nmultispike = 3", "multispike"),
        ('[compile]\nsplit = "half"', "split"),
        ('[compile]\nsamples = "many"', "samples"),
    ],
)
def test_bad_config_files(run, recipe: Path, tmp_path: Path, text: str, words: str) -> None:
    config = tmp_path / "plan.toml"
    config.write_text(text)
    one_line(run("compile", recipe, "--config", config), 2, words)


def test_times_have_units(run, recipe: Path, tmp_path: Path) -> None:
    assert run("profile", recipe, "--dt", "2ms", "-o", tmp_path / "p.npz", "--quiet").code == 0
    assert snnmap.load_profile(tmp_path / "p.npz").dt == 2e-3
    (tmp_path / "plan.toml").write_text('[compile]\ndt = "500us"\n')
    out = tmp_path / "m.json"
    assert run("compile", recipe, "--config", tmp_path / "plan.toml", "-o", out).code == 0
    assert snnmap.load(out).workload.dt == 5e-4


# --- errors: exit 2 -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("complie",), ("did you mean 'compile'", "snnmap --help")),
        (("compile",), ("Missing argument", "snnmap compile --help")),
        (("compile", "mnist-mpl"), ("did you mean 'mnist-mlp'",)),
        (("compile", "absent.nir"), ("absent.nir", "neither a file nor a shipped workload")),
        (("compile", "mnist-mlp", "--hw", "pcm-mseh"), ("did you mean 'pcm-mesh'",)),
        (("compile", "mnist-mlp", "--technology", "pcm-66"), ("pcm-66", "did you mean")),
        (("compile", "mnist-mlp", "--hw", "pcm-65"), ("'pcm-65' is a technology, not a chip", "--technology pcm-65")),
        (("compile", "mnist-mlp", "--technology", "pcm-mesh"), ("is a chip, not a technology", "--hw pcm-mesh")),
        (("compile", "mnist-mlp", "--hw", "edge-passive"), ("is a package, not a chip",)),
        (("compile", "mnist-mlp", "--dt", "1min"), ("--dt", "is no positive time", "1ms")),
        (("compile", "mnist-mlp", "--layout", "BXT"), ("layout 'BXT'", "BTCHW")),
        (("compile", "mnist-mlp", "--dialect", "brian"), ("--dialect", "snntorch")),
        (("compile", "mnist-mlp", "--objective", "trafic"), ("did you mean 'traffic'",)),
        (("compile", "mnist-mlp", "--set", "place=swrm"), ("did you mean 'swarm'",)),
        (("compile", "mnist-mlp", "--set", "plaice=swarm"), ("names no stage", "did you mean 'place'")),
        (("compile", "mnist-mlp", "--set", "place.sweeps"), ("is not stage.option=value",)),
        (("compile", "mnist-mlp", "--set", "place.heat=hot"), ("place.heat='hot'",)),
        (("compile", "mnist-mlp", "--set", "place.bogus=1"), ("has no option 'bogus'", "There is: ")),
        (("compile", "mnist-mlp", "--seed", "-1"), ("--seed", "-1")),
        (("compile", "mnist-mlp", "--samples", "0"), ("samples",)),
        (("compile", "mnist-mlp", "--samples", "1000000"), ("1,000,000", "lower --samples")),
        (("compile", "mnist-mlp", "--time-budget", "-1"), ("--time-budget",)),
        (("compile", "mnist-mlp", "--split", "half"), ("--split", "partial_sum")),
        (("compile", "mnist-mlp", "--config", "absent.toml"), ("absent.toml",)),
        (("compile", "mnist-mlp", "-o", "absent/m.json"), ("choose a folder that exists",)),
        (("compile", "mnist-mlp", "-o", "."), ("it is a folder",)),
        (("profile", "mnist-mlp", "-o", "absent/p.npz"), ("choose a folder that exists",)),
        (("inspect", "nmnist-cn"), ("did you mean 'nmnist-cnn'",)),
        (("check", "mnist-mlp", "--hw", "absent.toml"), ("absent.toml",)),
        (("hardware", "show", "pcm-mash"), ("did you mean 'pcm-mesh'",)),
        (("verify", "absent.json"), ("cannot read mapping absent.json",)),
        (("report", "absent.json"), ("cannot read mapping absent.json",)),
        (("diff", "absent.json", "absent.json"), ("cannot read mapping absent.json",)),
        (("where", "absent.json", "1"), ("cannot read mapping absent.json",)),
    ],
)
def test_bad_commands_get_one_line(run, tmp_path: Path, monkeypatch, arguments: tuple, words: tuple) -> None:
    monkeypatch.chdir(tmp_path)
    one_line(run(*arguments), 2, *words)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["text.txt", "empty.nir", "random.npz", "page.json", "noise.toml", "noise.net"])
@pytest.mark.parametrize("command", ["inspect", "check", "profile", "compile", "verify", "report"])
def test_foreign_files_get_one_line(run, tmp_path: Path, command: str, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"" if name.startswith("empty") else np.random.default_rng(1).bytes(300))
    one_line(run(command, path), 2, name)


@pytest.mark.parametrize("command", ["verify", "report", "where", "diff"])
def test_truncated_mappings_get_one_line(run, mapping: Path, tmp_path: Path, command: str) -> None:
    cut = tmp_path / "cut.json"
    cut.write_bytes(mapping.read_bytes()[:2000])
    extra = {"where": ("1",), "diff": (mapping,)}.get(command, ())
    one_line(run(command, cut, *extra), 2, "cut.json is not a whole JSON document")


def test_contradictory_mappings_are_not_looked_up(run, mapping: Path, tmp_path: Path) -> None:
    document = json.loads(mapping.read_bytes())
    document["home"][0] = 99
    (tmp_path / "m.json").write_text(json.dumps(document))
    one_line(run("where", tmp_path / "m.json", 20), 2, "snnmap verify")
    one_line(run("diff", tmp_path / "m.json", mapping), 2, "snnmap verify")


def test_where_names_what_there_is(run, mapping: Path) -> None:
    one_line(run("where", mapping, "hiden[3]"), 2, "there is no population 'hiden'", "hidden[12]")
    one_line(run("where", mapping, "hidden[12]"), 2, "outside hidden of shape (12,)")
    one_line(run("where", mapping, "hidden[1, 2]"), 2, "outside hidden")
    one_line(run("where", mapping, 35), 2, "ids run from 0 to 34")
    one_line(run("where", mapping, "hidden"), 2, "population[index]")
    one_line(run("where", mapping, "--tile", 999), 2, "tile 999 is not on the chip")
    one_line(run("where", mapping), 2, "give either a neuron or a tile")
    one_line(run("where", mapping, 3, "--tile", 3), 2, "give either a neuron or a tile")


def test_a_mapping_of_unknown_origin_asks_for_its_workload(run, mapping: Path, tmp_path: Path) -> None:
    document = json.loads(mapping.read_bytes())
    for options, words in (({"colour": 1}, "profile options"), ({"dt": "long"}, "dt")):
        document["origin"]["profile"]["provenance"]["options"] = options
        (tmp_path / "m.json").write_text(json.dumps(document))
        one_line(run("verify", tmp_path / "m.json", "--quiet"), 2, words)
    document["workload"]["source"] = ""
    (tmp_path / "m.json").write_text(json.dumps(document))
    one_line(run("verify", tmp_path / "m.json", "--quiet"), 2, "--workload")


# --- errors: exit 3 -------------------------------------------------------------------------------------------------


def test_too_few_tiles(run, recipe: Path, tmp_path: Path) -> None:
    tiny = tmp_path / "tiny.toml"
    tiny.write_text(small_workload.CHIP + "[mesh]\nwidth = 1\nheight = 2\n")
    out = tmp_path / "m.json"
    one_line(run("compile", recipe, "--hw", tiny, "-o", out, "--quiet"), 3, "tiles: need ", "have 2", "Use a chip")
    assert not out.exists()
    ran = run("check", recipe, "--hw", tiny, "--json")
    assert (ran.code, ran.document["fits"]) == (3, False)


def test_fan_in_over_the_rows_without_splitting(run, recipe: Path, chip: Path) -> None:
    ran = run("compile", recipe, "--hw", chip, "--split", "none", "--quiet")
    one_line(ran, 3, "crossbar rows: need ", "have 16", "partial_sum", "'hidden'")


def test_fan_in_over_the_rows_of_a_chip_that_cannot_merge(run, recipe: Path, tmp_path: Path) -> None:
    simple = tmp_path / "simple.toml"
    simple.write_text(small_workload.CHIP + "merge = false\n")
    one_line(run("compile", recipe, "--hw", simple, "--quiet"), 3, "crossbar rows: need ", "have 16", "cannot add")


def test_an_empty_network(run, tmp_path: Path) -> None:
    none = np.zeros(0, int)
    np.savez(tmp_path / "empty.npz", pre=none, post=none, spike_ids=none, spike_times=np.zeros(0))
    one_line(run("compile", tmp_path / "empty.npz", "--quiet"), 3, "synapses: need 1, have 0", "The edge list is empty")


def test_recorded_silence(run, tmp_path: Path) -> None:
    silence = {"spike_ids": np.zeros(0, int), "spike_times": np.zeros(0), "duration": 1.0}
    np.savez(tmp_path / "silent.npz", pre=np.array([0, 1]), post=np.array([2, 2]), **silence)
    one_line(run("compile", tmp_path / "silent.npz", "--quiet"), 3, "spikes: need 1, have 0")


def test_a_dead_network(run, tmp_path: Path) -> None:
    dead = tmp_path / "dead.toml"
    dead.write_text(small_workload.recipe(rate_hz=1e-9))
    one_line(run("compile", dead, "--quiet"), 3, "spikes: need 1, have 0", "more steps")


# --- processes ------------------------------------------------------------------------------------------------------


def spawn(*arguments: object, **options: object) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "snnmap", *map(str, arguments)]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def test_python_m_snnmap(recipe: Path, chip: Path) -> None:
    process = spawn("compile", recipe, "--hw", chip, "--json")
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert json.loads(out)["legal"]


def test_a_bar_on_a_terminal(recipe: Path, chip: Path) -> None:
    """Progress goes to the terminal on stderr, is wiped at the end, and leaves stdout alone."""
    ours, theirs = os.openpty()
    words = [sys.executable, "-m", "snnmap", "compile", str(recipe), "--hw", str(chip), "--json"]
    with subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=theirs, text=True) as process:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):
            while piece := os.read(ours, 4096):
                shown += piece
        assert process.stdout is not None
        assert json.loads(process.stdout.read())["legal"]
    os.close(ours)
    assert process.returncode == 0
    assert b"place" in shown
    assert b"Traceback" not in shown


def test_two_runs_write_the_same_bytes(run, mapping: Path, recipe: Path, chip: Path, tmp_path: Path) -> None:
    again = tmp_path / "again.json"
    run("compile", recipe, "--hw", chip, "-o", again)
    assert again.read_bytes() == mapping.read_bytes()


@pytest.mark.parametrize("stage", ["profile", "place"])
def test_ctrl_c_leaves_no_file(recipe: Path, chip: Path, tmp_path: Path, stage: str) -> None:
    """Interrupted while the stage runs for long: exit 130, no output, no temporary file, no traceback."""
    slow = {
        "profile": ("lenet", "--samples", 3000),
        "place": (recipe, "--hw", chip, "--set", "place=swarm", "--set", "place.iterations=1000000"),
    }[stage]
    with spawn("compile", *slow, "-o", tmp_path / "m.json") as process:
        told = ""
        assert process.stderr is not None
        while f"{stage}: " not in told:
            told = process.stderr.readline()
            assert told, "the command ended before it could be interrupted"
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "snnmap: stopped; no file is half-written"
    assert "Traceback" not in err
    assert out == ""
    assert list(tmp_path.iterdir()) == []


def test_a_closed_pipe_is_silent() -> None:
    with spawn("schema") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == ""


def test_a_terminal_that_speaks_only_ascii(mapping: Path) -> None:
    process = spawn("report", mapping, "--quick", env={**os.environ, "PYTHONIOENCODING": "ascii"})
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert out.isascii()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_behind_stdout_is_one_line():
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "snnmap", "workloads"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "cannot be written" in done.stderr
