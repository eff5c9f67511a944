"""Forms of a recipe are those of the network that it makes, and count its synapses without making it."""

from pathlib import Path

import numpy as np
import pytest

from snnmap.analysis.forms import network_forms
from snnmap.core import library
from snnmap.frontend.forms import recipe_forms
from snnmap.frontend.networks.recipe import Recipe, WorkloadFile, build_recipe, read_workload_file

SHIPPED = {name: read_workload_file(path) for name, path in library.shipped("workloads").items()}
RECIPES = [name for name, file in SHIPPED.items() if isinstance(file.network, Recipe)]

NETWORK = """
summary = "all patterns"
origin = "here"
licence = "none"
[network]
seed = 1
[neuron]
model = "IF"
parameters = { r = 1.0, v_threshold = 1.0, v_reset = 0.0 }
"""


def recipe_of(file: WorkloadFile) -> Recipe:
    assert isinstance(file.network, Recipe)
    return file.network


def written(folder: Path, shapes: dict[str, list[int]], connections: list[str]) -> WorkloadFile:
    members = [
        f'[[population]]\nname = "{name}"\nshape = {shape}\n' + ('model = "input"\n' if name == "input" else "")
        for name, shape in shapes.items()
    ]
    text = NETWORK + "".join(members) + "".join(f"[[connection]]\n{text}\n" for text in connections)
    (folder / "net.toml").write_text(text)
    return read_workload_file(folder / "net.toml")


@pytest.mark.parametrize("name", RECIPES)
def test_synapses_are_those_of_the_recipe(name: str) -> None:
    recipe = recipe_of(SHIPPED[name])
    assert sum(form.synapses for form in recipe_forms(recipe)) == recipe.synapses


STRIDE = "stride = [2, 1]\npadding = [1, 1]"
WEIGHTS = 'weights = { distribution = "uniform", low = 1.0, high = 2.0 }'


def test_forms_are_those_of_the_built_network(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        {"input": [2, 12, 10], "a": [4, 6, 10], "b": [4, 3, 5], "c": [6, 3, 5], "d": [7], "e": [7]},
        [
            f'from = "input"\nto = "a"\ntopology = "conv"\nkernel = [3, 3]\n{STRIDE}\n{WEIGHTS}',
            'from = "a"\nto = "b"\ntopology = "pool"\nkernel = [2, 2]',
            f'from = "b"\nto = "c"\ntopology = "conv"\nkernel = [3, 3]\npadding = [1, 1]\ngroups = 2\n{WEIGHTS}',
            f'from = "c"\nto = "d"\ntopology = "dense"\n{WEIGHTS}',
            f'from = "d"\nto = "e"\ntopology = "one-to-one"\n{WEIGHTS}',
        ],
    )
    forms = recipe_forms(recipe_of(file))
    assert forms == network_forms(build_recipe(file).network)
    assert [form.kind for form in forms] == ["conv", "pool", "conv", "dense", "one-to-one"]


def test_folded_pooling_is_a_wider_kernel_unless_it_is_digital(tmp_path: Path) -> None:
    connection = f'from = "input"\nto = "a"\ntopology = "conv"\nkernel = [3, 3]\npool = [2, 2]\n{WEIGHTS}'
    file = written(tmp_path, {"input": [1, 12, 12], "a": [4, 4, 4]}, [connection])
    (folded,) = recipe_forms(recipe_of(file))
    (plain,) = recipe_forms(recipe_of(file), "digital")
    assert (folded.taken, folded.kernel, folded.stride) == ((1, 12, 12), (6, 6), (2, 2))
    assert (plain.taken, plain.kernel, plain.stride) == ((1, 6, 6), (3, 3), (1, 1))
    assert folded == network_forms(build_recipe(file).network)[0]


def test_unshared_and_random_weights_are_said(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        {"input": [1, 6, 6], "a": [2, 4, 4], "b": [5]},
        [
            f'from = "input"\nto = "a"\ntopology = "local"\nkernel = [3, 3]\n{WEIGHTS}',
            f'from = "a"\nto = "b"\ntopology = "random"\nsynapses = 40\n{WEIGHTS}',
            f'from = "b"\nto = "b"\ntopology = "dense"\nskip_same_index = true\n{WEIGHTS}',
        ],
    )
    local, random, lateral = recipe_forms(recipe_of(file))
    assert (local.kind, local.shared, local.positions) == ("local", False, 16)
    assert (random.kind, random.synapses) == ("random", 40)
    assert (lateral.kind, lateral.synapses, lateral.source) == ("dense", 20, lateral.name)
    built = network_forms(build_recipe(file).network)
    assert np.sum([form.synapses for form in built]) == recipe_of(file).synapses
    assert not any(form.shared for form in built)
