"""Ways to hold convolutions under objectives: like beside like, and `auto` is never worse than any."""

from dataclasses import replace

import numpy as np
import pytest
from support.kernel_nets import graph_of, kernel_network, layer, network_of

import snnmap
from snnmap.core.errors import InfeasibleError
from snnmap.evaluation.disturbance import error_metric
from snnmap.evaluation.held_costs import HeldCost
from snnmap.pipeline import ways
from snnmap.pipeline.objectives import OBJECTIVES
from snnmap.pipeline.own_figure import goal_of, near

CHIP = "pcm-mesh:rows=24,columns=12"
OWN = [name for name in OBJECTIVES if name not in ("default", "traffic")]
"""Objectives that are compared with `traffic`."""


@pytest.fixture(scope="module", autouse=True)
def quick():
    """Placers that take no time on a handful of crossbars; objectives are else as they are shipped."""
    with pytest.MonkeyPatch.context() as patch:
        for name, preset in list(OBJECTIVES.items()):
            if preset.place == "anneal":
                patch.setitem(OBJECTIVES, name, replace(preset, place="hill_climb"))
        yield


@pytest.fixture(scope="module")
def graph():
    """A convolution and a dense layer."""
    rng = np.random.default_rng(0)
    synapses, shape, _ = layer(rng, (1, 6, 6), 3, (3, 3))
    size = int(np.prod(shape))
    last = {(i, j): int(rng.integers(1, 5)) for i in range(size) for j in range(3)}
    return graph_of(network_of([synapses, last], [(1, 6, 6), shape, (3,)]), steps=6)


@pytest.fixture(scope="module")
def held(graph):
    """Compiled once for every (objective, way)."""
    made = {}

    def compiled(objective, conv):
        if (objective, conv) not in made:
            options = snnmap.CompileOptions(CHIP, objective=objective, conv=conv)
            made[objective, conv] = snnmap.compile(graph, options)
        return made[objective, conv]

    return compiled


@pytest.mark.parametrize("objective", OWN)
def test_an_objective_is_compared_with_traffic_that_holds_kernels_as_it_does(held, objective):
    mine, traffic = held(objective, "dense"), held("traffic", "dense")
    verdict, figures = mine.verdict, dict(traffic.mapping.figures)
    if objective == "accuracy":
        figures[verdict.figure] = error_metric(traffic.view).value
    assert traffic.mapping.clustering.uses is not None
    assert verdict.traffic == pytest.approx(figures[verdict.figure], rel=1e-8)
    assert verdict.value == mine.mapping.figures[verdict.figure]
    assert mine.mapping.origin.plan.objective == objective
    assert mine.mapping.origin.plan.partition.algorithm == "dense"


@pytest.mark.parametrize("objective", ["traffic", *OWN])
def test_auto_is_at_least_as_good_in_the_objectives_own_figure_as_any_way(held, objective):
    """Every way is compiled by itself: nothing that `auto` says of them is believed."""
    mine = held(objective, "auto")
    goal = goal_of(OBJECTIVES[objective], mine.mapping.figures)
    uniform = {way: held(objective, way).mapping.figures[goal.figure] for way in ("dense", "packed", "unrolled")}
    best = (max if goal.most else min)(uniform.values())
    value = mine.mapping.figures[goal.figure]
    assert near(value, best) or (value > best) == goal.most
    assert min(uniform.values()) < max(uniform.values()), "a choice that decides something"
    said = {trial.ways: trial.value for trial in mine.held.tried}
    assert {way: said[way] for way in uniform} == pytest.approx(uniform)
    assert mine.held.kept == ("unrolled" if objective in ("espine", "throughput") else "dense")
    assert mine.mapping.origin.plan.partition.options["ways"] == f"layer1:{mine.held.kept}"
    if mine.verdict is not None:
        traffic = held("traffic", "auto")
        its = error_metric(traffic.view).value if objective == "accuracy" else traffic.mapping.figures[goal.figure]
        assert mine.verdict.traffic == pytest.approx(its, rel=1e-8)


def test_what_is_said_names_layer_way_costs_and_what_was_compiled(held):
    mine = held("throughput", "auto")
    first, last = mine.held.said()
    assert first.startswith("conv auto for throughput: layer1 unrolled; s of its busiest crossbar in a step: dense ")
    assert last.startswith("conv auto, compiled, throughput_steps_per_s: unrolled ")
    assert last.endswith("; unrolled is kept")
    assert mine.held.said()[0] in mine.remarks()
    assert mine.held.document()["layers"][0]["way"] == "unrolled"


def test_a_layer_may_be_held_another_way_than_the_others():
    asked = snnmap.CompileOptions(
        "pcm-mesh:rows=32,columns=16",
        conv="dense",
        settings=(("partition", "first_fit"), ("partition.ways", "layer1:packed+layer2:unrolled")),
    )
    graph = graph_of(kernel_network())
    compiled = snnmap.compile(graph, asked)
    clustering = compiled.mapping.clustering
    population = graph.network.population_of()[clustering.column_neuron[clustering.column_ptr[:-1]]]
    uses = np.diff(clustering.use_ptr)
    named = [graph.network.populations[k].name for k in population[uses > 1].tolist()]
    assert named == ["layer1"]
    assert int(uses.max()) == 21, "of 8 x 7 positions three below each other at a time, four columns each"
    for text, message in (("layer9:dense", "'layer9' is no convolution"), ("layer1:dens", "give LAYER:WAY")):
        with pytest.raises(snnmap.InputError, match=message):
            snnmap.compile(graph, replace(asked, settings=(("partition.ways", text),)))


def cost(crossbars=1, messages=1.0, seconds=1.0):
    return HeldCost(crossbars, 1, messages, 1.0, seconds, 1.0, 1.0)


LAYERS = [
    ways.Layer("a", {"dense": cost(1, 9.0, 9.0), "packed": cost(2, 5.0, 5.0), "unrolled": cost(8, 5.0, 1.0)}),
    ways.Layer("b", {"dense": cost(1, 2.0, 3.0), "packed": cost(4, 3.0, 2.0), "unrolled": cost(9, 4.0, 1.0)}),
    ways.Layer("c", {"unrolled": cost(1, 7.0, 4.0)}),
]
"""The layer that is no convolution takes 4 s, whatever is done."""


def test_of_a_sum_every_layer_takes_the_least_and_of_equals_the_fewest_crossbars():
    assert ways.chosen(LAYERS, ways.MESSAGES, 99) == {"a": "packed", "b": "dense"}


def test_where_the_slowest_decides_others_are_as_small_as_they_may_be():
    assert ways.chosen(LAYERS, ways.PERIOD, 99) == {"a": "unrolled", "b": "dense"}
    assert ways.chosen(LAYERS[:2], ways.PERIOD, 99) == {"a": "unrolled", "b": "unrolled"}


def test_where_crossbars_run_short_the_layer_gives_way_that_loses_least_for_one():
    assert ways.chosen(LAYERS[:2], ways.PERIOD, 16) == {"a": "unrolled", "b": "packed"}
    assert ways.chosen(LAYERS[:2], ways.PERIOD, 6) == {"a": "packed", "b": "dense"}
    assert ways.chosen(LAYERS[:2], ways.PERIOD, 1) == {"a": "dense", "b": "dense"}


def test_large_networks_are_held_by_closed_form_and_what_does_not_fit_is_said(graph, monkeypatch):
    options = snnmap.CompileOptions(f"{CHIP},tiles=1x3", conv="auto")
    small = snnmap.compile(graph, options)
    assert [trial.ways for trial in small.held.tried if trial.refused] == ["unrolled"]
    assert "unrolled does not fit" in small.held.said()[-1]
    with pytest.raises(InfeasibleError):
        snnmap.compile(graph, replace(options, hardware=f"{CHIP},tiles=1x2"))
    monkeypatch.setattr(ways, "LARGE", 10)
    large = snnmap.compile(graph, options)
    assert large.held.tried == ()
    assert "by closed form alone" in large.held.said()[-1]
    monkeypatch.setattr(ways, "LARGE", 10**9)
    monkeypatch.setattr(ways, "SMALL", 10)
    monkeypatch.setattr(ways, "FACTOR", 1.01)
    assert snnmap.compile(graph, options).held.left == (
        "unrolled not compiled: more than 1.01 times worse in closed form"
    )
