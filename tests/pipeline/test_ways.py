"""Ways to hold convolutions under objectives: like is compared with like."""

import pytest
from support.kernel_nets import graph_of, kernel_network

import snnmap
from snnmap.evaluation.disturbance import error_metric
from snnmap.pipeline.objectives import OBJECTIVES

CHIP = "pcm-mesh:rows=32,columns=16"
OWN = [name for name in OBJECTIVES if name not in ("default", "traffic")]
"""Objectives that are compared with `traffic`."""


@pytest.fixture(scope="module")
def graph():
    return graph_of(kernel_network())


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
