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


@pytest.mark.parametrize(
    ("name", "rate", "printed"),
    [
        ("hunsberger-mnist", 10.7, {0.2: 5.94, 0.1: 10.24, 0.06: 14.42}),
        ("hunsberger-cifar10", 160.8, {0.2: 0.76, 0.15: 0.98, 0.08: 1.64, 0.06: 2.04}),
    ],
)
def test_published_efficiencies(name: str, rate: float, printed: dict[float, float]) -> None:
    """Rates and times are deduced: one rate per network, and round times, meet three and four figures to two decimals.

    A rate of 0.1 Hz more or less meets none of these rows as a whole.
    """

    def found(hz: float) -> dict[float, float]:
        return {time: round(Flops.at_rate(sizes(name), hz, time).efficiency, 2) for time in printed}

    assert found(rate) == printed
    assert found(rate - 0.1) != printed != found(rate + 0.1)


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
