"""First assignments: how coarse the pieces are, how many ways are tried, and what is left out when time is up."""

import time

import numpy as np
import pytest
from support.partition_cases import convolution, machine

from snnmap.core.arrays import offsets
from snnmap.stages.partition import assignment, construct
from snnmap.stages.partition.assignment import Task, assigned, grain_for, grown
from snnmap.stages.partition.atoms import Activity, Twins, problem, twins
from snnmap.stages.partition.construct import constructed
from snnmap.stages.partition.kernels.moves import merge_clusters
from snnmap.stages.partition.split import whole
from snnmap.stages.protocols import PartitionProblem, Run


def grain(columns, sizes, fan_in):
    """Neurons per piece where `sizes` neurons share lists of `fan_in` inputs; inputs and neurons are only counted."""
    none = np.zeros(0, np.int32)
    return grain_for(Twins(offsets(fan_in), none, offsets(sizes), none, none), machine(4, columns))


@pytest.mark.parametrize(("columns", "share"), [(1, 1), (7, 1), (16, 2), (31, 3), (128, 16)])
def test_pieces_are_an_eighth_of_a_crossbar(columns, share):
    assert grain(columns, [50, 3], [10, 7]) == share


@pytest.mark.parametrize(("pins", "coarser"), [(30_000_000, False), (30_000_001, True)])
def test_pieces_are_coarser_where_they_would_take_more_than_30_million_entries(pins, coarser):
    """Of 3 and 1 neurons, two pieces and one in pairs; all neurons of a list in one from four on."""
    assert grain(16, [3, 1], [10_000_000, pins - 20_000_000]) == (4 if coarser else 2)


def test_pieces_are_never_wider_than_a_crossbar():
    assert [grain(columns, [1000], [10**9]) for columns in (1, 5, 24, 20)] == [1, 5, 24, 20]


def counted(monkeypatch, graph, chip, *, deadline=None):
    """Atoms of all growths of the whole network, and how many ways of it were assigned, and the start."""
    whole_network, ways = [], []

    def growing(atoms, *given, **named):
        whole_network.append(len(atoms.member) == graph.network.neurons)
        return grown(atoms, *given, **named)

    def filling(*given):
        ways.append(given)
        return construct_filled(*given)

    construct_filled = construct.filled
    monkeypatch.setattr(construct, "grown", growing)
    monkeypatch.setattr(construct, "filled", filling)
    run = Run(np.random.default_rng(0), deadline=deadline)
    start = constructed(Task(PartitionProblem(graph, chip), run, False, 1.0, Activity(graph)), orders=5)
    return sum(whole_network), len(ways), start


def test_growths_are_tried_until_the_first_is_hopeless_beside_the_cover(monkeypatch):
    graph, chip = convolution(2, 12, 8, 3), machine(24, 16)
    growths, fillings, start = counted(monkeypatch, graph, chip)
    assert (growths, fillings) == (5, 1)  # one of them alone, as the rival of its cover
    monkeypatch.setattr(construct, "HOPELESS", 0.5)
    growths, fillings, other = counted(monkeypatch, graph, chip)
    assert (growths, fillings) == (2, 0)
    assert start.cost <= other.cost


def test_when_time_is_up_the_cover_is_all(monkeypatch):
    graph, chip = convolution(2, 12, 8, 3), machine(24, 16)
    growths, fillings, start = counted(monkeypatch, graph, chip, deadline=time.monotonic() - 1)
    assert (growths, fillings) == (0, 0)
    assert start.state.usage[:, 0].max() <= 24


def test_when_time_is_up_clusters_are_merged_once(monkeypatch):
    passes = []

    def merging(*given):
        passes.append(merge_clusters(*given))
        return passes[-1]

    monkeypatch.setattr(assignment, "merge_clusters", merging)
    graph = convolution(1, 12, 4, 3)
    lists = twins(graph.network)
    task = Task(PartitionProblem(graph, machine(40, 64)), Run(np.random.default_rng(0)), False, 1.0, Activity(graph))
    atoms, limits = problem(graph, lists, whole(lists), task.activity, 1, 10**6), task.limits(5)
    alone = np.arange(len(atoms.piece))
    assigned(atoms, limits, alone, Run(np.random.default_rng(0), deadline=time.monotonic() - 1))
    assert len(passes) == 1 < passes.pop()
    assigned(atoms, limits, alone, task.run)
    assert len(passes) > 1
    assert passes[-1] == 0
