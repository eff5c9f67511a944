"""Operations per classification: the published efficiencies, and a recount of a small network."""

import numpy as np
import pytest
from oracles.dense_executor import dense
from support import small_workload

import snnmap
from snnmap.core import library
from snnmap.evaluation.flops import Flops
from snnmap.frontend.networks.recipe import Recipe, read_workload_file
from snnmap.frontend.networks.topology import as_published


def sizes(name: str) -> tuple[int, int, int]:
    """S0, synapses and neurons as published, by counting."""
    recipe = read_workload_file(library.shipped("workloads")[name]).network
    assert isinstance(recipe, Recipe)
    shape = {member.name: member.shape for member in recipe.members}
    first = sum(as_published(c, shape[c.pre], shape[c.post])[1] for c in recipe.connections if c.pre == "input")
    return first, recipe.counted["synapses"], recipe.counted["neurons"]


PUBLISHED = {
    "hunsberger-mnist": (
        [12544, 12544, 2000],
        [313600, 5017600, 6272000, 20000],
        [4.6, 15.6, 4.2],
        {0.2: 5.94, 0.1: 10.24, 0.06: 14.42},
    ),
    "hunsberger-cifar10": (
        [36864, 9216, 2304, 1152],
        [2764800, 14745600, 1327104, 663552, 11520],
        [173.3, 99.0, 9.7, 7.2],
        {0.2: 0.76, 0.15: 0.98, 0.08: 1.64, 0.06: 2.04},
    ),
    "imagenet": (
        [193600, 139968, 64896, 43264, 43264, 4096, 4096],
        [70276800, 223948800, 112140288, 149520384, 99680256, 37748736, 16777216, 4096000],
        [178.1, 48.8, 26.6, 30.6, 35.6, 19.1, 10.7],
        {0.2: 1.39, 0.08: 2.88, 0.06: 3.51},
    ),
}
"""Neurons, synapses and rates of the layers, and efficiency by time: hunse/phd, scripts/spike/count_neuromorphic.py."""


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_efficiencies(name: str) -> None:
    """All ten, to two decimals, from the layers' own rates."""
    neurons, synapses, rates, printed = PUBLISHED[name]
    found = {time: Flops.of_layers(neurons, synapses, rates, time) for time in printed}
    assert {time: round(of.efficiency, 2) for time, of in found.items()} == printed


@pytest.mark.parametrize("name", ["hunsberger-mnist", "hunsberger-cifar10"])
def test_published_layers_are_those_of_the_recipes(name: str) -> None:
    neurons, synapses, _, _ = PUBLISHED[name]
    assert sizes(name) == (synapses[0], sum(synapses), sum(neurons))


def test_a_profiled_network_is_counted_from_its_own_events() -> None:
    graph = snnmap.profile(small_workload.workload())
    network, events = graph.network, graph.events
    assert events is not None
    kind = np.array([p.kind for p in network.populations])[network.population_of()]
    pairs = [(source, target) for target, heard in dense(network).items() for source, _ in heard]
    fan_out = np.bincount([source for source, _ in pairs], minlength=network.sources)
    sent = sum(int(fan_out[s]) for s in events.source if kind[s] == "neuron")
    answer = snnmap.flops(graph)
    assert answer.first == sum(kind[source] == "input" for source, _ in pairs)
    assert answer.synapses == sum(kind[source] != "bias" for source, _ in pairs) < network.synapses
    assert answer.events == sent / 3
    assert answer.updates == 21 * 12
    expected = (2 * answer.synapses + 21) / (2 * answer.first + 0.08 * sent / 3 + 0.25 * 21 * 12)
    assert answer.efficiency == pytest.approx(expected)
    assert answer.document()["efficiency"] == answer.efficiency
