"""The benchmark set: its table is about what is there, its bounds hold, and what was found is found again."""

import json
from itertools import permutations

import msgspec
import numpy as np
import pytest
from support.placement_cases import cost_of
from test_benchmarks import benchmark

import snnmap
from snnmap.cli import main
from snnmap.core.errors import InputError
from snnmap.ir import AlgorithmRecord, Placement, Traffic
from snnmap.query.benchmark_set import known_file, read_known
from snnmap.query.kit_cases import MAKERS, problem_of
from snnmap.stages.partition import Sequential as InOrder
from snnmap.stages.place import Sequential
from snnmap.stages.protocols import PlacementProblem
from snnmap.stages.registry import restored

NAMES = [case.name for case in snnmap.benchmark_set()]


@pytest.fixture(scope="module")
def known():
    return benchmark("known")


@pytest.fixture(scope="module")
def columns(known):
    return known.problem("columns")


@pytest.mark.parametrize("name", NAMES)
def test_the_table_is_about_these_networks_and_bounds_hold(known, name):
    table = read_known(known_file())
    assert (table.hardware, table.partition) == (known.HARDWARE, known.PARTITION)
    here = known.problem(name)
    entry = known.entry_of(here, table, write=False)  # exits if activity, clusters or bounds are others
    for figure, best in entry.known.items():
        assert 0 < best.bound <= best.best, figure
        assert best.algorithm
    assert set(NAMES) == set(known.NETWORKS)


@pytest.mark.parametrize("figure", ["crossbars", "messages", "hops"])
def test_what_was_found_is_found_again(known, columns, figure):
    best = read_known(known_file()).networks["columns"].known[figure]
    stage = "place" if figure == "hops" else "partition"
    algorithm = restored(stage, AlgorithmRecord(best.algorithm, best.options, best.package))
    assert known.figures(columns, stage, algorithm, best.seed)[figure] == best.best


def test_algorithms_differ(known, columns):
    """Factors, not shares of a percent: the simplest lose by far."""
    entry = read_known(known_file()).networks["columns"]
    assert known.figures(columns, "place", Sequential(), 0)["hops"] > 1.5 * entry.known["hops"].best
    assert known.figures(columns, "partition", InOrder(), 0)["messages"] > 1.5 * entry.known["messages"].best


@pytest.mark.parametrize("name", ["tiny 1", "tiny 2", "tiny 3", "bias"])
def test_no_placement_has_fewer_links_than_the_bound(known, name):
    problem = problem_of("place", MAKERS[name]())
    tiles = problem.hardware.tiles
    every = [cost_of(problem, Placement(t)) for t in list(permutations(range(tiles), problem.clusters))[::7]]
    assert known.fewest_links(problem) <= min(every)


def test_the_bound_is_reached(known):
    """Inputs call clusters 0 and 1, 5 and 7 messages; cluster 0 calls 1. Port, neighbour: 0 links and 5, then 3."""
    problem = problem_of("place", MAKERS["tiny 1"]())
    traffic = Traffic([-1, -1, 0], [0, 1, 2, 3], [0, 1, 1], [5, 7, 3], [5, 7, 3])
    small = PlacementProblem(traffic, 2, problem.hardware.sized(2))
    assert known.fewest_links(small) == 8
    tiles = range(small.hardware.tiles)
    assert min(cost_of(small, Placement(t)) for t in permutations(tiles, 2)) == 8


def test_what_is_better_is_kept_and_what_is_below_a_bound_is_an_error(known, columns, capsys):
    entry = read_known(known_file()).networks["columns"]
    bound = entry.known["hops"].bound
    better = known.improved(entry, "place", Sequential(), 4, {"hops": bound})
    assert (better.known["hops"].best, better.known["hops"].algorithm, better.known["hops"].seed) == (
        bound,
        "sequential",
        4,
    )
    assert better.known["messages"] == entry.known["messages"]
    assert "better than" in capsys.readouterr().out
    assert known.improved(entry, "place", Sequential(), 4, {"hops": entry.known["hops"].best}) == entry
    with pytest.raises(SystemExit, match="is below the bound"):
        known.improved(entry, "place", Sequential(), 4, {"hops": bound - 1})


def test_a_table_of_something_else_is_not_believed(known, columns):
    table = read_known(known_file())

    def changed(**fields):
        return msgspec.structs.replace(
            table, networks={"columns": msgspec.structs.replace(table.networks["columns"], **fields)}
        )

    with pytest.raises(SystemExit, match="the activity are not those"):
        known.entry_of(columns, changed(profile="0"), write=False)
    with pytest.raises(SystemExit, match="clusters of first_fit"):
        known.entry_of(columns, changed(clusters="0"), write=False)
    fresh = known.entry_of(columns, changed(clusters="0"), write=True)
    assert fresh.known["hops"].algorithm == ""
    lower = {figure: msgspec.structs.replace(old, bound=1) for figure, old in table.networks["columns"].known.items()}
    with pytest.raises(SystemExit, match="the bounds are others"):
        known.entry_of(columns, changed(known=lower), write=False)


def test_an_illegal_result_stops_everything(known, columns):
    def pile(problem, run):
        return Placement(np.zeros(problem.clusters, np.int32))

    with pytest.raises(SystemExit, match="not legal: tile-shared"):
        known.figures(columns, "place", pile, 0)


@pytest.mark.parametrize("text", ["wire=sorted", "schedule=list"])
def test_other_stages_are_not_compared(known, text):
    with pytest.raises(SystemExit, match="partitioners and placers are compared"):
        known.parsed(text)
    assert known.parsed("place=anneal,window=20")[1].window == 20


def test_a_damaged_table_is_said(tmp_path):
    path = tmp_path / "known.json"
    path.write_text('{"hardware": 3}')
    with pytest.raises(InputError, match="not a table of the benchmark set"):
        read_known(path)


def test_the_set_is_listed(capsys):
    for arguments in (["--benchmark"], ["--benchmark", "--json"]):
        with pytest.raises(SystemExit) as stopped:
            main(["workloads", *arguments])
        assert not stopped.value.code
        told = capsys.readouterr().out
        assert all(f"benchmark/{name}" in told for name in NAMES)
    assert json.loads(told)[0]["known"]["hops"]["bound"] > 0
    with pytest.raises(SystemExit):
        main(["inspect", "benchmark/shet"])
    assert "did you mean 'benchmark/sheet'" in capsys.readouterr().err
