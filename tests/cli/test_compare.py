"""The command `compare` with seeds: its table, its verdicts, its files, what it refuses in one line."""

import csv
import json

import pytest

import snnmap


def test_a_placer_that_does_not_place_is_called_worse(run, recipe, chip):
    asked = ("--variant", "ours:", "--variant", "plain:place=sequential", "--seeds", "0..5", "--hw", chip, "-q")
    code, out, err = run("compare", recipe, "--objectives", "traffic", *asked)
    text = " ".join(out.split())
    assert (code, err) == (0, "")
    for words in (
        "6 seeds: mean +- deviation",
        "to ours",
        "hops",
        "plain: ",
        "worse: hops",
        "cannot give less than 0.031",
    ):
        assert words in text
    document = json.loads(run("compare", recipe, "--objectives", "traffic", *asked, "--json")[1])
    assert (document["variants"], document["seeds"]) == (["ours", "plain"], [0, 1, 2, 3, 4, 5])
    assert {c["verdict"] for c in document["contrasts"] if c["variant"] == "ours"} == {""}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--variant", "a:"], "variants are two or more"),
        (["--variant", "a:", "--variant", "place=swarm"], "is not NAME:STAGE=VALUE"),
        (["--variant", "a:", "--variant", "b:place=swam"], "did you mean 'swarm'"),
        (["--variant", "a:", "--variant", "b:place=swarm", "--seeds", ""], "seeds are empty"),
        (["--variant", "a:", "--variant", "b:hw=pcm-mash"], "did you mean 'pcm-mesh'"),
        (["--variant", "a:", "--variant", "b:", "--hw", "pcm-mesh", "--hw", "pcm-mesh-64"], "leave one of the two out"),
        (["--variant", "a:", "--variant", "b:", "--objectives", "traffic,energy"], "put objective=NAME into every"),
        (["--hw", "pcm-mesh", "--hw", "pcm-mesh-64", "--objectives", "traffic,energy"], "one chip at a time"),
        (["--hw", "pcm-mesh", "--hw", "pcm-mesh"], "each with a name of its own"),
        (["--objectives", ","], "--objectives ',' lists nothing"),
        (["--seeds", "0..5", "--accuracy"], "leave out --variant, --seeds and further --hw"),
        (["--seeds", "0..5", "--table", "figures.xlsx"], "must end in .csv"),
    ],
)
def test_what_is_no_comparison_is_refused_in_one_line(run, recipe, arguments, said):
    code, out, err = run("compare", recipe, "-q", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err


def test_benchmark_stands_for_the_benchmark_set(run, monkeypatch):
    asked = []
    monkeypatch.setattr(snnmap, "compare_variants", lambda sources, *_, **__: asked.append(sources) or ())
    code, _, _ = run("compare", "benchmark", "lenet", "--variant", "a:", "--variant", "b:", "--quiet")
    assert code == 0
    assert asked == [(*(case.source for case in snnmap.benchmark_set()), "lenet")]


def test_chips_are_compared_as_variants_are(run, recipe, chip, tmp_path):
    files = ("--table", tmp_path / "t.csv", "--plot", tmp_path / "t.svg")
    chips = ("--hw", f"{chip}:rows=16", "--hw", f"{chip}:rows=32")
    code, out, _ = run("compare", recipe, *chips, "--seeds", "0..5", "--objectives", "traffic", "-q", *files, "--json")
    document = json.loads(out)
    assert (code, document["variants"]) == (0, [f"{chip}:rows=16", f"{chip}:rows=32"])
    small, large = (
        next(c for c in document["contrasts"] if (c["variant"], c["figure"]) == (name, "crossbars"))
        for name in document["variants"]
    )
    assert small["mean"] > large["mean"]
    assert (large["verdict"], small["technology"]) == ("better", "pcm-65")
    with (tmp_path / "t.csv").open(newline="") as file:
        read = list(csv.DictReader(file))
    assert [row["figure"] for row in read] == [c["figure"] for c in document["contrasts"]]
    assert [float(row["mean"]) for row in read] == [c["mean"] for c in document["contrasts"]]
    assert (tmp_path / "t.svg").read_bytes().startswith(b"<?xml")


def test_objectives_are_tested_by_seeds(run, recipe, chip):
    asked = (
        "--objectives",
        "traffic,espine",
        "--seeds",
        "0..5",
        "--hw",
        chip,
        "--technology",
        "pcm-16",
        "-q",
        "--json",
    )
    document = json.loads(run("compare", recipe, *asked, "--json")[1])
    assert document["variants"] == ["traffic", "espine"]
    won = {c["figure"]: c["verdict"] for c in document["contrasts"] if c["variant"] == "espine"}
    assert won["espine_lifetime_frames"] == "better"
    assert {c["technology"] for c in document["contrasts"]} == {"pcm-16"}


def test_a_comparison_in_parquet_has_the_numbers_of_its_rows(run, recipe, chip, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    asked = ("--objectives", "traffic,espine", "--hw", chip, "-q", "--json", "--table", tmp_path / "t.parquet")
    rows = json.loads(run("compare", recipe, *asked)[1])["figures"]
    read = parquet.read_table(tmp_path / "t.parquet").to_pylist()
    assert len(read) == len(rows)
    for one, row in zip(read, rows, strict=True):
        assert (one["metric"], one["objective"]) == (row["metric"], row["objective"])
        words = isinstance(row["value"], str)
        assert one["said"] == (f"value: {row['value']}" if words else "")
        assert words or one["value"] == row["value"]
