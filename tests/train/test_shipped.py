"""Shipped trained networks are what their files say: recipe, levels, accuracy on the shipped images. Without torch."""

import hashlib
import re

import numpy as np
import pytest

import snnmap
from snnmap.core import library
from snnmap.ir.integers import foreign
from snnmap.simulate.mapped import deviation, replay
from snnmap.train.recipe import read_recipe

ACCURACY = {
    "mnist-bss2": 297,
    "mnist-lenet": 298,
    "mnist-mif": 295,
    "mnist-qsnn4": 295,
    "mnist-softlif": 299,
    "mnist-tha1": 297,
    "mnist-tutorial": 278,
}
"""Right of the 300 shipped images, as recorded when the network was trained."""


@pytest.fixture(scope="module", params=ACCURACY)
def shipped(request):
    return request.param, snnmap.profile(request.param)


def test_accuracy_is_as_recorded(shipped):
    name, graph = shipped
    assert round(graph.accuracy * 300) == ACCURACY[name]
    assert graph.frames == 300


def test_the_file_names_the_recipe_that_ships_beside_it(shipped):
    name, graph = shipped
    recipe = read_recipe(library.shipped("workloads", "recipes")[name])
    said = snnmap.load_network(name).training
    assert said["recipe"] == recipe.text
    assert said["recipe_sha256"] == recipe.digest
    assert (said["epochs"], said["samples"]) == (recipe.training.epochs, 60_000)
    assert recipe.digest in graph.provenance.origin


def test_layers_and_levels_are_those_of_the_recipe(shipped):
    name, graph = shipped
    recipe = read_recipe(library.shipped("workloads", "recipes")[name])
    neurons = [p for p in graph.network.populations if p.kind == "neuron"]
    assert [p.shape for p in neurons] == [layer.shape for layer in recipe.layers]
    assert {p.levels for p in neurons} == {recipe.method.levels}
    assert [p.model for p in neurons] == [layer.neuron.model for layer in recipe.layers]
    assert graph.steps == recipe.steps
    if not recipe.method.levels:
        return
    heard = ~graph.network.is_bias()[np.repeat(np.arange(graph.network.sources), np.diff(graph.network.indptr))]
    whole = graph.network.integers()[heard]
    assert not np.any(foreign(whole, recipe.method.levels))
    assert len(np.unique(whole)) == recipe.method.levels
    assert np.array_equal(graph.network.weight, np.rint(graph.network.weight))  # constants are integers too


def test_files_are_those_whose_digests_are_recorded():
    """In workloads/README.md, a row for every recipe."""
    folder = library.folder("workloads")
    rows = dict(re.findall(r"^\| `([\w-]+)` \| `([0-9a-f]{64})` \|$", (folder / "README.md").read_text(), re.M))
    files = {name: folder / "data" / f"{name}.npz" for name in library.shipped("workloads", "recipes")}
    assert rows == {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in files.items()}


def test_files_are_small(shipped):
    assert (library.folder("workloads") / "data" / f"{shipped[0]}.npz").stat().st_size < 1_000_000


def test_chips_of_brainscales2_run_their_network():
    found = snnmap.mac_accuracy("mnist-bss2", options=snnmap.MacOptions(devices=3, noise=1.6))
    assert [len(layer.blocks) for layer in found.layers] == [1, 4, 1]
    assert [layer.executions for layer in found.layers] == [1, 2, 1]
    assert [(layer.uses, layer.sends) for layer in found.layers] == [(25, 6), (1, 12), (1, 12)]
    assert min(found.each) >= 0.98
    assert found.accuracy.frames == 300


def test_movements_are_the_recipe_s_network_and_run_on_chips():
    recipe = read_recipe(library.shipped("workloads", "recipes")["motion-bss2"])
    read = snnmap.load_network("motion-bss2")
    assert (read.training["recipe"], read.training["samples"]) == (recipe.text, 40)
    heard, windows, activities = read.network.populations
    assert (heard.shape, windows.shape, activities.shape) == ((12, 1, 100), (32, 1, 24), (4,))
    weights = read.network.weight[-768 * 4 :].reshape(32, 24, 4)
    assert np.array_equal(weights, np.repeat(weights[:, :1], 24, axis=1))  # every window has the same four rows
    found = snnmap.mac_accuracy("motion-bss2", options=snnmap.MacOptions(devices=2, noise=0.0))
    assert [(layer.uses, len(layer.blocks), layer.executions) for layer in found.layers] == [(24, 1, 1), (1, 6, 3)]


CELLS = {
    "mnist-lenet": ("", 63),
    "mnist-mif": ("pcm-mesh", 0),
    "mnist-qsnn4": ("pcm-pair-columns", 15),
    "mnist-softlif": ("pcm-mesh", 0),
    "mnist-tha1": ("oxram-one-bit", 2),
}
FEW = {"mnist-softlif": 3}
"""Samples, where 300 would take minutes."""


@pytest.mark.parametrize("name", sorted(set(CELLS) & set(ACCURACY)))
def test_mapped_onto_such_cells_spikes_are_the_source_s(name, tmp_path):
    """`mnist-lenet`: pairs of cells of 32 states, which no shipped chip has."""
    hardware = CELLS[name][0]
    if not hardware:
        hardware = str(tmp_path / "states.toml")
        (tmp_path / "states.toml").write_text(
            'name = "states"\nextends = "pcm-pair-columns"\n[weights]\nencoding = "pair_columns"\nlevels = 32\n'
        )
    settings = (("place", "sequential"), ("wire", "identity"))
    load = snnmap.LoadOptions(samples=FEW.get(name))
    compiled = snnmap.compile(name, snnmap.CompileOptions(hardware=hardware, settings=settings), load=load)
    assert snnmap.verify(compiled.mapping, compiled.graph, compiled.hardware) == []
    assert deviation(compiled.graph, replay(compiled.mapping, compiled.graph)) == 0
