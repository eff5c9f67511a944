"""Weights that were asked for as integers are integers wherever a workload is run, and its files repeat that."""

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from support import small_workload

import snnmap
from snnmap.analysis.view import View
from snnmap.core.errors import InputError
from snnmap.hardware.weights import ENCODINGS, Weights
from snnmap.ir import Provenance, Spikes
from snnmap.ir.integers import foreign, largest
from snnmap.pipeline.quantised import quantised
from snnmap.simulate.imperfect.options import ImperfectOptions
from snnmap.simulate.imperfect.run import ImperfectNetwork
from snnmap.simulate.mapped import deviation

FOUR = snnmap.LoadOptions(quantise="mse", bits=4)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("recipe") / "net.toml"
    path.write_text(small_workload.recipe())
    return str(path)


def test_a_profile_is_of_the_rounded_network(recipe: str) -> None:
    plain, graph = snnmap.profile(recipe), snnmap.profile(recipe, FOUR)
    whole = [p.levels for p in graph.network.populations if p.kind == "neuron"]
    assert whole == [15] * len(whole)
    assert not foreign(graph.network.integers(), 15).any()
    assert not any(p.levels for p in plain.network.populations)
    rows = graph.remarks.told()["quantised"]
    assert [row["population"] for row in rows] == [p.name for p in graph.network.populations if p.kind == "neuron"]
    assert plain.remarks.told() == {}
    assert graph.digest() != plain.digest()
    answer = snnmap.activity(graph)
    assert answer["quantised"] == rows
    assert "quantised" not in snnmap.activity(plain)


def test_a_mapping_repeats_it(recipe: str, tmp_path: Path) -> None:
    compiled = snnmap.compile(recipe, load=FOUR)
    snnmap.save(compiled.mapping, tmp_path / "m.json")
    assert snnmap.verify_file(tmp_path / "m.json") == []
    assert snnmap.load(tmp_path / "m.json").origin.profile.remarks.quantised == compiled.graph.remarks.quantised
    assert any(line.startswith("weights are rounded to 15 integers for each population, by ")
               for line in compiled.remarks())  # fmt: skip
    snnmap.save(snnmap.compile(recipe).mapping, tmp_path / "plain.json")
    assert "quantised" not in (tmp_path / "plain.json").read_text()


def test_a_mapping_of_integers_that_are_not_all_used_is_legal(tmp_path: Path) -> None:
    """A full cell stands for the largest integer, whether it occurs or not: figures and their recount agree on it."""
    workload = small_workload.workload()
    populations = tuple(
        replace(p, levels=31, step=1.0) if p.kind == "neuron" else p for p in workload.network.populations
    )
    whole = replace(workload, network=replace(workload.network, populations=populations))
    options = snnmap.CompileOptions(hardware="pcm-mesh-64")
    energy = [snnmap.compile(each, options).report["energy_array_J"] for each in (workload, whole)]
    assert energy[0] is not None
    assert energy[1] is not None
    assert 0.0 < energy[1] < 0.8 * energy[0]


@pytest.mark.parametrize(("levels", "chosen"), [(15, "mse"), (2, "mse"), (16, "max"), (255, "percentile")])
def test_on_cells_with_states_enough_the_mapped_network_spikes_as_the_profile(levels: int, chosen: str) -> None:
    said = Provenance(options={"quantise": chosen, "levels": levels})
    compiled = snnmap.compile(replace(small_workload.workload(), provenance=said))
    warm = np.full(compiled.mapping.clustering.clusters, 318.0)
    for encoding in ENCODINGS:
        for few in (0, 1):
            states = max(2, (levels if encoding == "offset_column" else largest(levels) + 1) - few)
            chip = replace(compiled.hardware, weights=Weights(encoding, states))
            view = View(compiled.mapping, compiled.graph, chip)
            network = ImperfectNetwork(view, ImperfectOptions(frozenset({"levels"})), warm)
            off = deviation(compiled.graph, network.run(network.chip(0), 0.0, keep_events=True).events)
            assert off == 0 or few
            assert off > 0 or not few or levels not in {15, 16}


def test_a_workload_that_says_so_is_rounded_once(recipe: str) -> None:
    loaded = snnmap.load_workload(recipe, FOUR)
    assert isinstance(loaded, snnmap.Workload)
    assert snnmap.profile(loaded).digest() == snnmap.profile(recipe, FOUR).digest()
    once = quantised(loaded)
    assert quantised(once) is once
    untouched = small_workload.workload()
    assert quantised(untouched) is untouched


def test_check_counts_the_rows_of_biases(recipe: str) -> None:
    found = snnmap.check(recipe, quantise="max", bits=4)
    assert [row["levels"] for row in found["quantised"]] == [15] * len(found["quantised"])
    assert "quantised" not in snnmap.check(recipe)
    with pytest.raises(InputError, match="quantise max needs either bits, 1 to 8, or levels, 2 to 256"):
        snnmap.check(recipe, quantise="max")


def test_inputs_that_other_bias_rows_move_get_their_spikes() -> None:
    """A bias before the inputs: its rows shift them."""
    workload = small_workload.workload()
    network = workload.network
    bias, inputs = replace(network.populations[1], first=0), replace(network.populations[0], first=1)
    order = np.r_[20, 0:20, 21 : network.sources]
    sizes = np.diff(network.indptr)
    entry = np.concatenate([np.arange(network.indptr[i], network.indptr[i + 1]) for i in order])
    turned = replace(
        network,
        populations=(bias, inputs, *network.populations[2:]),
        indptr=np.concatenate([[0], np.cumsum(sizes[order])]),
        post=network.post[entry],
        weight=network.weight[entry] * np.where(np.repeat(order, sizes[order]) == 20, 9.0, 1.0),
    )
    stimulus: Spikes = replace(workload.stimulus, source=workload.stimulus.source + 1)
    said = Provenance(options={"quantise": "max", "levels": 15})
    made = quantised(replace(workload, network=turned, stimulus=stimulus, provenance=said))
    rows = made.network.populations[0].size
    assert rows > 1
    assert made.network.populations[1].first == rows
    assert np.array_equal(made.stimulus.source, workload.stimulus.source + rows)
    assert made.remarks.quantised is not msgspec.UNSET


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"quantise": "pecentile", "bits": 4}, "'pecentile' is not known; did you mean 'percentile'"),
        ({"quantise": "max"}, "needs either bits, 1 to 8, or levels"),
        ({"quantise": "max", "bits": 4, "levels": 15}, "needs either bits, 1 to 8, or levels"),
        ({"quantise": "max", "bits": 0}, "bits of a weight are 1 to 8, not 0"),
        ({"quantise": "max", "bits": 9}, "bits of a weight are 1 to 8, not 9"),
        ({"quantise": "max", "levels": 1}, "levels of a weight are 2 to 256, not 1"),
        ({"quantise": "max", "levels": 257}, "levels of a weight are 2 to 256, not 257"),
        ({"bits": 4}, "say how fine weights are rounded; say how, too: max, percentile or mse"),
        ({"levels": 15}, "say how fine weights are rounded"),
    ],
)
def test_half_a_wish_is_refused(options: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        snnmap.LoadOptions(**options)


def test_recorded_activity_is_not_rounded(compiled: snnmap.Compiled, tmp_path: Path) -> None:
    snnmap.save_profile(compiled.graph, tmp_path / "p.npz")
    with pytest.raises(InputError, match="--quantise, --bits would change nothing"):
        snnmap.profile(tmp_path / "p.npz", FOUR)
