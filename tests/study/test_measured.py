"""Accuracy in a comparison: a closed form always, and the same drawn chips under every objective if asked for."""

import json

import numpy as np
import pytest
from support import small_workload

import snnmap
from snnmap.core.errors import InputError
from snnmap.evaluation.disturbance import error_share
from snnmap.study.measured import METRICS, measured
from snnmap.study.page import run_study

OBJECTIVES = ("traffic", "accuracy")


@pytest.fixture(scope="module")
def graph():
    return snnmap.profile(small_workload.workload())


def compared(graph, chip, measure=None):
    base = snnmap.CompileOptions(hardware=str(chip), technology="pcm-16", seed=3)
    return snnmap.compare([graph], snnmap.CompareOptions(objectives=OBJECTIVES, base=base, measure=measure))


def values(comparison, metric):
    return [entry.value for entry in comparison.entries if entry.metric == metric]


def test_the_closed_form_is_in_every_comparison(graph, chip):
    found = compared(graph, chip)
    base = snnmap.compile(
        graph, snnmap.CompileOptions(hardware=str(chip), technology="pcm-16", objective="traffic", seed=3)
    )
    traffic, accuracy = values(found, "accuracy_error_share")
    assert traffic == pytest.approx(error_share(base.view), rel=1e-8)
    assert accuracy < traffic
    verdict = next(each for each in found.verdicts if each.objective == "accuracy")
    assert (verdict.figure, verdict.holds) == ("accuracy_error_share", True)
    assert values(found, "accuracy_measured_share") == []


def test_measured_accuracies_are_those_of_accuracy_and_gains_are_paired(graph, chip, tmp_path):
    options = snnmap.AccuracyOptions(effects="programming,read,ir", devices=3, ages=("1d",))
    found = compared(graph, chip, options)
    snnmap.save_profile(graph, tmp_path / "p.npz")
    shares = []
    for objective in OBJECTIVES:
        one = snnmap.CompileOptions(hardware=str(chip), technology="pcm-16", objective=objective, seed=3)
        snnmap.save(snnmap.compile(graph, one).mapping, tmp_path / "m.json")
        at = snnmap.accuracy_file(tmp_path / "m.json", options, workload=str(tmp_path / "p.npz")).ages[0].accuracy
        shares.append((at.mean, *at.interval))
    for k, metric in enumerate(METRICS[1:4]):
        assert values(found, metric) == pytest.approx([share[k] for share in shares])
    gains = values(found, "accuracy_gain_share")
    assert gains == pytest.approx([0.0, shares[1][0] - shares[0][0]])


def test_a_gain_counts_chips_and_frames_that_changed():
    base = np.array([[1, 0, 1, 1], [1, 1, 0, 1]])
    mine = np.array([[1, 1, 1, 1], [0, 1, 1, 1]])
    told = measured(mine, base, np.ones(4, np.int64), 0)
    assert told["accuracy_measured_share"] == pytest.approx(7 / 8)
    assert told["accuracy_gain_share"] == pytest.approx(1 / 8)
    assert told["accuracy_gain_low_share"] < 1 / 8 < told["accuracy_gain_high_share"]
    alike = measured(base, base, np.ones(4, np.int64), 0)
    assert [alike[f"accuracy_gain_{end}share"] for end in ("", "low_", "high_")] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"ages": ("1s", "1d")}, "at one age, not 2"),
        ({"ages": ("1s",), "refresh": True}, "leave data, chip and refresh"),
    ],
)
def test_what_a_column_cannot_hold_is_refused(graph, chip, options, said):
    with pytest.raises(InputError, match=said):
        compared(graph, chip, snnmap.AccuracyOptions(**options))


STUDY = """
title = "wiring"
summary = "for tests"
workloads = ["net.toml"]
objectives = ["traffic", "accuracy"]
technologies = ["pcm-16"]
hardware = "CHIP"

[[claim]]
paper = "nobody"
figure = "error of the drive"
published = 0.5
basis = "recalled"
kind = "ratio"
objective = "accuracy"
metric = "accuracy_error_share"
"""


def test_a_study_that_wires_for_accuracy_has_the_figure_of_every_mapping(chip, tmp_path, monkeypatch):
    (tmp_path / "net.toml").write_text(small_workload.recipe())
    (tmp_path / "study.toml").write_text(STUDY.replace("CHIP", str(chip)))
    monkeypatch.chdir(tmp_path)
    run_study(tmp_path / "study.toml")
    rows = json.loads((tmp_path / "results.json").read_text())["figures"]
    told = [row["value"] for row in rows if row["metric"] == "accuracy_error_share"]
    assert len(told) == 4, "two objectives at two paces"
    assert all(0.0 < accuracy < traffic for traffic, accuracy in (told[:2], told[2:]))
