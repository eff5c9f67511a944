"""Sample registers of shared tiles: counted on orders by hand, kept by the scheduler, recounted by the verifier."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.schedule_cases import random_case

from snnmap.core.errors import InfeasibleError
from snnmap.stages.protocols import Run
from snnmap.stages.schedule import ListSchedule
from snnmap.stages.schedule.actors import actors_of
from snnmap.stages.schedule.samples import Held


def needed(case, sdfg, schedule):
    """Most clusters of a tile between their read and their fire, from names alone."""
    most = 0
    for order in schedule.order:
        names = [sdfg.name[a] for a in order]
        for at in range(len(names)):
            waiting = set()
            for early in names[: at + 1]:
                cluster, level, phase = early.split("/")
                fire = f"{cluster}/{level}/fire"
                if phase == "read" and fire in sdfg.name and names.index(fire) > at:
                    waiting.add(cluster)
            most = max(most, len(waiting))
    return most


def scheduled(case, sets):
    case = replace(case, hardware=replace(case.hardware, sample_registers=sets))
    return ListSchedule(swaps=20)(case.problem, Run(np.random.default_rng(0)))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_as_few_sets_as_the_chip_has_are_used_or_it_says_how_many_it_needs(seed):
    case = random_case(seed, shared=True)
    sdfg, schedule = scheduled(case, 9)
    free = needed(case, sdfg, schedule)
    held = Held(actors_of(case.graph, case.clustering))
    assert held.busiest(schedule.order)[1] == free
    for sets in range(1, free):
        try:
            sdfg, schedule = scheduled(case, sets)
        except InfeasibleError:
            continue
        assert needed(case, sdfg, schedule) <= sets


def test_firing_first_saves_sets_and_costs_no_legality():
    """Some random chip needs fewer sets when it must, and some cannot do with one."""
    saved = refused = 0
    for seed in range(30):
        case = random_case(seed, shared=True)
        free = needed(case, *scheduled(case, 9))
        if free < 2:
            continue
        try:
            saved += needed(case, *scheduled(case, free - 1)) < free
        except InfeasibleError:
            refused += 1
    assert saved > 0
    assert refused > 0


def test_a_read_whose_neurons_fire_elsewhere_holds_nothing():
    case = random_case(3, shared=True)
    actors = actors_of(case.graph, case.clustering)
    held = Held(actors)
    homeless = [
        a
        for a in range(actors.reads)
        if not any(
            actors.read_cluster[actors.column_read[c]] == actors.fire_cluster[actors.column_fire[c]]
            for c in np.flatnonzero(actors.column_read == a)
        )
    ]
    assert all(held.most((a,)) == 0 for a in homeless)
    assert all(held.most((a,)) == 1 for a in range(actors.reads) if a not in homeless)


def test_too_few_registers_are_said_with_demand_and_supply():
    for seed in range(30):
        try:
            scheduled(random_case(seed, shared=True), 1)
        except InfeasibleError as error:
            said = str(error)
            break
    assert "sample registers on tile" in said
    assert "sample_registers" in said


@pytest.mark.parametrize("sets", [1, 2])
def test_one_cluster_per_tile_needs_one_set(sets):
    sdfg, schedule = scheduled(random_case(21), sets)
    assert needed(random_case(21), sdfg, schedule) == 1
