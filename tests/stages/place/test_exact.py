"""Exact placement: a model whose objective is the cost of every placement, the optimum by enumeration, and bounds."""

import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model
from support.machines import mesh
from support.placement_cases import (
    cost_of,
    grid_traffic,
    least_cost,
    on_several,
    random_problem,
    random_terms,
    random_traffic,
    run_of,
)

import snnmap
from snnmap.core.errors import InputError
from snnmap.ir import Placement, Traffic
from snnmap.pipeline.options import CompileOptions
from snnmap.stages.place import ALGORITHMS, Anneal, Exact
from snnmap.stages.place.board import board_of
from snnmap.stages.place.exact import programme
from snnmap.stages.protocols import PlacementProblem, linear

SEEDS = st.integers(0, 2**32 - 1)


def modelled_cost(problem, placement):
    """Optimum of the model with every cluster held on its tile."""
    board = board_of(problem.traffic, problem.clusters, problem.hardware, problem.terms, placement, problem.border)
    model, on = programme(board, problem.clusters)
    for row, tile in zip(on, placement.tile.tolist(), strict=True):
        model.add(row[tile] == 1)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    assert solver.solve(model) == cp_model.OPTIMAL
    return round(solver.objective_value)


@settings(deadline=None, max_examples=40)
@given(seed=SEEDS)
def test_the_model_costs_what_walking_the_paths_costs(seed):
    rng = np.random.default_rng(seed)
    problem = on_several(random_problem(rng, shared=True), rng)
    slots = np.repeat(np.arange(problem.hardware.tiles), problem.hardware.clusters_per_tile)
    for _ in range(3):
        placement = Placement(rng.permutation(slots)[: problem.clusters])
        assert modelled_cost(problem, placement) == cost_of(problem, placement)


def test_the_model_costs_every_placement_of_a_tree_and_its_terms():
    """All 360 placements of four clusters on 3 x 2 tiles: a cluster's tree to all others, and one from the port."""
    traffic = Traffic([0, -1], [0, 3, 6], [1, 2, 3, 1, 2, 3], [7, 5], [0, 1])
    terms = random_terms(np.random.default_rng(0), 4, 6)
    problem = PlacementProblem(traffic, 4, mesh(3, 2, port=(1, 1)), terms)
    for tiles in np.ndindex(6, 6, 6, 6):
        if len(set(tiles)) == 4:
            placement = Placement(np.array(tiles, np.int32))
            assert modelled_cost(problem, placement) == cost_of(problem, placement)


@pytest.mark.parametrize("size", [(2, 3, 1), (3, 2, 1), (7, 1, 1), (1, 5, 1), (2, 2, 2)])
@pytest.mark.parametrize("with_terms", [False, True])
def test_equals_enumeration(size, with_terms):
    width, height, per_tile = size
    rng = np.random.default_rng(width * 10 + height)
    for clusters in (2, 4, 5):
        machine = mesh(width, height, clusters_per_tile=per_tile, port=(width - 1, 0))
        traffic = random_traffic(rng, clusters, 10)
        terms = random_terms(rng, clusters, width * height) if with_terms else ()
        problem = PlacementProblem(traffic, clusters, machine, terms)
        heard = []
        cost = cost_of(problem, Exact()(problem, run_of(progress=lambda *said: heard.append(said))))  # noqa: B023
        assert cost == least_cost(problem)
        assert heard[-1] == ("place", max(0, cost), max(0, cost), cost)


@settings(deadline=None, max_examples=6)
@given(seed=SEEDS)
def test_no_placer_beats_it(seed):
    problem = on_several(random_problem(np.random.default_rng(seed), most_clusters=6), np.random.default_rng(seed))
    best = cost_of(problem, Exact()(problem, run_of()))
    assert all(cost_of(problem, kind()(problem, run_of(seed))) >= best for kind in ALGORITHMS.values())


HARD = PlacementProblem(random_traffic(np.random.default_rng(12), 12, 24), 12, mesh(4, 3))
"""Twelve clusters with dense traffic: not proven within minutes."""


def test_a_spent_effort_leaves_the_best_placement_and_a_bound():
    heard = []
    cost = cost_of(HARD, Exact(effort=0.5)(HARD, run_of(progress=lambda *said: heard.append(said))))
    assert cost <= cost_of(HARD, Anneal()(HARD, run_of()))
    _, bound, total, best = heard[-1]
    assert 0 < bound < total == best == cost
    assert [said[1] for said in heard] == sorted(said[1] for said in heard)


def test_the_seed_decides_and_nothing_else():
    tiles = [Exact(effort=0.3)(HARD, run_of(seed)).tile.tolist() for seed in (1, 1)]
    assert tiles[0] == tiles[1]


def test_never_worse_than_the_start_and_the_deadline_is_kept():
    start = Placement(np.random.default_rng(0).permutation(12))
    late = Exact(effort=float("inf"))(replace(HARD, start=start), run_of(deadline=time.monotonic() + 1.0))
    assert cost_of(HARD, late) <= cost_of(HARD, start)


def test_a_fixed_mesh_with_many_free_tiles():
    """A 2 x 2 grid of clusters fed from the port of a 9 x 8 mesh: a block beside the port."""
    traffic = grid_traffic(2)
    traffic = Traffic([*traffic.sender, -1], [*traffic.target_ptr, 5], [*traffic.target, 0], [10, 10, 10, 1], [0] * 4)
    problem = PlacementProblem(traffic, 4, mesh(9, 8, port=(4, 3)))
    assert cost_of(problem, Exact()(problem, run_of())) == 40


def test_the_shipped_network_is_placed_optimally():
    heard = []
    options = CompileOptions(settings=(("place", "exact"),))
    compiled = snnmap.compile("mnist-mlp", options, progress=lambda *said: heard.append(said))
    assert compiled.mapping.origin.plan.place.algorithm == "exact"
    _, bound, total, best = [said for said in heard if said[0] == "place"][-1]
    assert bound == total == best == (compiled.view.hops * compiled.view.traffic.messages).sum()


def test_a_placement_that_costs_nothing_is_told_so():
    heard = []
    silent = PlacementProblem(Traffic([0], [0, 1], [1], [0], [0]), 2, mesh(2, 1))
    Exact()(silent, run_of(progress=lambda *said: heard.append(said)))
    assert heard[-1] == ("place", 0, 0, 0.0)


def test_more_clusters_than_it_takes_are_refused_with_a_remedy():
    problem = PlacementProblem(grid_traffic(4), 16, mesh(4, 4))
    with pytest.raises(InputError, match=r"at most 12 clusters, there are 16.*place=anneal.*place.most=16"):
        Exact()(problem, run_of())
    assert cost_of(problem, Exact(effort=0.01, most=16)(problem, run_of())) == 240


def test_bad_settings_and_costs_are_refused():
    for options in ({"effort": -1.0}, {"effort": float("nan")}, {"most": 0}):
        with pytest.raises(InputError, match="effort"):
            Exact(**options)
    assert Exact(effort=0.0, most=1).most == 1
    huge = linear(np.full((3, 4), 2**60 // 3))
    three = PlacementProblem(random_traffic(np.random.default_rng(0), 3, 5), 3, mesh(2, 2), (huge,) * 3)
    with pytest.raises(InputError, match="too large for CP-SAT"):
        Exact()(three, run_of())
