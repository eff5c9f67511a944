"""The command `variants`: its table, its verdicts, its JSON, what it refuses in one line."""

import json

import pytest

import snnmap


def test_a_placer_that_does_not_place_is_called_worse(run, recipe, chip):
    asked = ("--variant", "ours:", "--variant", "plain:place=sequential", "--seeds", "0..5", "--hw", chip, "-q")
    code, out, err = run("variants", recipe, "--objective", "traffic", *asked)
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
    document = json.loads(run("variants", recipe, "--objective", "traffic", *asked, "--json")[1])
    assert (document["variants"], document["seeds"]) == (["ours", "plain"], [0, 1, 2, 3, 4, 5])
    assert {c["verdict"] for c in document["contrasts"] if c["variant"] == "ours"} == {""}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--variant", "a:"], "variants are two or more"),
        (["--variant", "a:", "--variant", "place=swarm"], "is not NAME:STAGE=VALUE"),
        (["--variant", "a:", "--variant", "b:place=swam"], "did you mean 'swarm'"),
        (["--variant", "a:", "--variant", "b:place=swarm", "--seeds", ""], "seeds are empty"),
    ],
)
def test_what_is_no_comparison_is_refused_in_one_line(run, recipe, arguments, said):
    code, out, err = run("variants", recipe, "-q", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err


def test_benchmark_stands_for_the_benchmark_set(run, monkeypatch):
    asked = []
    monkeypatch.setattr(snnmap, "compare_variants", lambda sources, *_, **__: asked.append(sources) or ())
    code, _, _ = run("variants", "benchmark", "lenet", "--variant", "a:", "--variant", "b:", "--quiet")
    assert code == 0
    assert asked == [(*(case.source for case in snnmap.benchmark_set()), "lenet")]
