"""Inspect, check and activity: tables of a network before and after profiling."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support import small_workload

import snnmap
from snnmap.core.errors import InputError
from snnmap.hardware import chip_names
from snnmap.ir import Remarks
from snnmap.pipeline.compile import Compiled


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("survey") / "net.toml"
    path.write_text(small_workload.recipe())
    return str(path)


def test_inspect_counts_layers(recipe: str) -> None:
    found = snnmap.inspect(recipe)
    assert (found["inputs"], found["neurons"], found["synapses"]) == (20, 15, 20 * 12 + 30 + 12 * 3)
    layers = {p["name"]: p for p in found["populations"]}
    assert layers["input"]["fan_in"] is None
    assert layers["output"]["fan_in"] == [12, 12.0, 12]
    low, middle, high = layers["hidden"]["fan_in"]
    assert 20 <= low <= middle <= high
    assert layers["hidden"]["synapses"] == 270
    assert layers["hidden"]["parameters"]["v_threshold"] == "1"
    assert [p["output"] for p in found["populations"]] == [False, False, True]
    assert found["outputs"] == ["output"]


def test_inspect_warns_of_time_constants_below_the_step() -> None:
    assert snnmap.inspect("braille-rsnn")["warnings"] == []
    found = snnmap.inspect("braille-rsnn", dt=1.0)
    assert found["dt"] == 1.0
    assert any("shorter than one step" in w for w in found["warnings"])
    layer = next(p for p in found["populations"] if p["tau_over_dt"] is not None)
    assert layer["tau_over_dt"] < 1


def test_check_says_what_does_not_fit(recipe: str, chip: Path, tmp_path: Path) -> None:
    found = snnmap.check(recipe, hardware=str(chip))
    assert found["fits"]
    assert found["neurons_over_rows"] == 12
    assert found["crossbars_at_least"] == max(found["bounds"].values()) >= 2
    assert any("partial sums" in note for note in found["notes"])
    tiny = tmp_path / "tiny.toml"
    tiny.write_text(small_workload.CHIP + "merge = false\n[mesh]\nwidth = 1\nheight = 1\n")
    found = snnmap.check(recipe, hardware=str(tiny))
    assert not found["fits"]
    assert any("tiles: need" in note for note in found["notes"])
    assert any("--split unroll" in note for note in found["notes"])
    few = tmp_path / "few.toml"
    few.write_text(small_workload.CHIP + "synapse_limit = 10\n")
    assert snnmap.check(recipe, hardware=str(few))["neurons_over_rows"] == 15


def test_activity_per_population(compiled: Compiled) -> None:
    graph = compiled.graph
    found = snnmap.activity(graph)
    assert [p["name"] for p in found["populations"]] == ["input", "first", "second", "out"]
    for p in found["populations"]:
        population = next(q for q in graph.network.populations if q.name == p["name"])
        spikes = graph.spikes[population.first : population.stop]
        assert p["spikes_per_sample"] == pytest.approx(spikes.sum() / graph.frames)
        assert p["rate_per_step"] == pytest.approx(spikes.sum() / (population.size * graph.window))
        assert p["silent"] == int((spikes == 0).sum())
    assert found["spikes"] == int(graph.spikes[graph.network.externals :].sum())
    assert (found["samples"], found["steps"], found["dt"]) == (graph.frames, graph.steps, graph.dt)


def test_activity_names_the_dead_and_the_saturated(compiled: Compiled) -> None:
    graph = compiled.graph
    spikes = graph.spikes.copy()
    spikes[21:33], spikes[33:39] = 0, graph.window
    found = snnmap.activity(replace(graph, spikes=spikes, remarks=Remarks(("x",), ("y",))))
    assert [p["name"] for p in found["populations"] if p["saturated"]] == ["second"]
    notes = found["notes"]
    assert notes[:2] == ["x", "repaired: y"]
    assert any("'first' is dead" in note for note in notes)
    assert any("'second' is saturated: 1.00" in note for note in notes)


def test_shipped_chips_are_listed_with_their_limits() -> None:
    found = snnmap.list_hardware()
    assert [c["name"] for c in found["chips"]] == chip_names()
    assert "pcm-65" in found["technologies"]
    shown = snnmap.show_hardware("pcm-mesh", "pcm-22")
    keys = {q["key"] for q in shown["quantities"]}
    assert {"read_voltage", "technology.g_max"} <= keys
    assert set(shown["recalled"]) <= keys
    assert all(q["citation"] and np.isfinite(q["value"]) for q in shown["quantities"])


def test_shipped_workloads_are_listed() -> None:
    names = [w["name"] for w in snnmap.list_workloads()]
    assert {"mnist-mlp", "nmnist-cnn", "braille-rsnn"} <= set(names)


def test_unknown_sources_are_named() -> None:
    with pytest.raises(InputError, match="did you mean 'mnist-mlp'"):
        snnmap.inspect("mnist-mpl")
    with pytest.raises(InputError, match="did you mean 'pcm-mesh'"):
        snnmap.check("mnist-mlp", hardware="pcm-mseh")
