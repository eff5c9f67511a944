"""The test kit: what snnmap ships passes, every kind of bad algorithm is caught and named, and optima are proved."""

import itertools
import json
import random
import time
from dataclasses import dataclass, replace

import numpy as np
import pytest
from oracles import crossbars as exact
from support.partition_cases import listed
from support.placement_cases import cost_of

import snnmap
from snnmap.cli import main
from snnmap.core.errors import InfeasibleError, InputError, SnnmapError
from snnmap.ir import Clustering, Placement, Wiring
from snnmap.query import check_algorithm as kit
from snnmap.query import kit_limits
from snnmap.query.kit_cases import MAKERS, OPTIMA, fewest_hops, problem_of
from snnmap.stages.place import Random, Sequential
from snnmap.stages.registry import REGISTRIES, STAGES

SMALL = {
    ("place", "anneal"): {"moves_per_cluster": 200, "min_moves": 2000},
    ("place", "cool"): {"moves_per_cluster": 200, "min_moves": 2000},
    ("place", "exact"): {"effort": 0.05},
    ("place", "swarm"): {"particles": 10, "iterations": 10},
}
"""Less work where the default is much."""
LONG = {("schedule", "list"), ("wire", "even_heat")}
"""On the large problem."""
SHIPPED = [(stage, name) for stage in STAGES for name in REGISTRIES[stage]]


@pytest.fixture
def few(monkeypatch):
    """Only some of the problems."""

    def chosen(*names):
        monkeypatch.setattr(kit, "MAKERS", {name: MAKERS[name] for name in names or ("tiny 3",)})

    return chosen


@pytest.mark.parametrize(("stage", "name"), SHIPPED, ids=[f"{stage}-{name}" for stage, name in SHIPPED])
def test_what_ships_keeps_all_rules(few, stage, name):
    few(*(OPTIMA if stage == "partition" else ("tiny 1",)), "split", *(() if (stage, name) in LONG else ("wide",)))
    found = snnmap.check_algorithm(stage, name, options=SMALL.get((stage, name)))
    assert found.must_pass() is found
    assert {each.rule for each in found.findings} <= set(kit.RULES)
    if name not in {"exact", "kernighan_lin"}:
        return
    kept = {(each.problem, each.rule) for each in found.findings if each.kept}
    assert {("tiny 1", rule) for rule in ("legal", "repeatable", "untouched", "optimum", "progress")} <= kept
    assert {("split", "refuses"), ("wide", "clock")} & kept


def test_every_problem_is_tried(few):
    found = snnmap.check_algorithm("place", "sequential")
    assert found.ok
    assert [row[0] for row in found.table()] == ["problem", *MAKERS]
    assert str(found).endswith("keeps all rules: 45 checks on 10 problems")


# The optima


@pytest.mark.parametrize("name", OPTIMA)
def test_sums_are_counted_as_the_optimum_counts_them(name):
    """From how often inputs are on, not from when: with their events, two that are on together send one sum."""
    assert MAKERS[name]().graph.events is None


@pytest.mark.parametrize("name", OPTIMA)
def test_no_partition_is_better_than_the_optimum_that_is_written_down(name):
    case = MAKERS[name]()
    synapses, spikes, active = listed(case.graph)
    neurons = range(case.graph.network.externals, case.graph.network.sources)
    for least, weights in zip(case.fewest, ((1, 0), (0, 1)), strict=True):
        assert exact.optimum(synapses, neurons, spikes, active, case.graph.window, (3, 2, 6), weights, 9) == least


def test_the_fewest_hops_are_those_of_walking_every_placement():
    problem = problem_of("place", MAKERS["tiny 3"]())
    tiles = problem.hardware.tiles
    every = [Placement(tile) for tile in itertools.permutations(range(tiles), problem.clusters)]
    costs = [cost_of(problem, placement) for placement in every]
    assert fewest_hops(problem) == min(costs) < max(costs)
    assert fewest_hops(problem_of("place", MAKERS["wide"]())) is None


def test_every_case_is_what_it_is_there_for():
    graphs = {name: make().graph for name, make in MAKERS.items()}
    inputs = np.bincount(graphs["split"].network.post)
    assert inputs.max() > 8  # rows of its crossbars
    assert problem_of("place", MAKERS["shared"]()).clusters > problem_of("place", MAKERS["shared"]()).hardware.tiles
    assert np.any(graphs["bias"].network.is_bias())
    assert np.bincount(graphs["bias"].network.post, minlength=20)[8:].min() == 0  # hears nothing
    assert 0 < graphs["quiet"].spikes.sum() < 10
    assert problem_of("place", MAKERS["alone"]()).clusters == 1
    assert problem_of("place", MAKERS["warm"]()).terms


# Bad algorithms


@dataclass(frozen=True)
class Pile:
    """Everything on tile 0."""

    def __call__(self, problem, run):
        return Placement([0] * problem.clusters)


@dataclass(frozen=True)
class Wrong:
    """A result of another stage."""

    def __call__(self, problem, run):
        return Wiring([0], [0])


@dataclass(frozen=True)
class Crash:
    """Raises."""

    def __call__(self, problem, run):
        raise ZeroDivisionError("by design")


@dataclass(frozen=True)
class Hopeless:
    """Says that there is no solution."""

    def __call__(self, problem, run):
        raise InfeasibleError("patience", 2, 1, "Try later.")


@dataclass(frozen=True)
class Choosy:
    """Refuses everything."""

    def __call__(self, problem, run):
        raise InputError("not today")


@dataclass(frozen=True)
class Moody:
    """Draws from the system."""

    def __call__(self, problem, run):
        return Placement(np.random.default_rng().permutation(problem.hardware.tiles)[: problem.clusters])


@dataclass(frozen=True)
class Shared:
    """Draws from numpy's global stream, which it seeds, so that it repeats."""

    def __call__(self, problem, run):
        np.random.seed(1)  # noqa: NPY002  as authors do
        return Placement(np.random.permutation(problem.hardware.tiles)[: problem.clusters])  # noqa: NPY002


@dataclass(frozen=True)
class Pythons:
    """Draws from Python's global stream, and does not need it."""

    def __call__(self, problem, run):
        random.random()
        return Sequential()(problem, run)


CALLS = []


@dataclass(frozen=True)
class Counting:
    """Remembers its calls: the third is another, or the fourth, in the compilation."""

    odd: int

    def __call__(self, problem, run):
        CALLS.append(0)
        return (Sequential() if len(CALLS) < self.odd else Random())(problem, run)


@dataclass(frozen=True)
class Writer:
    """Writes into the traffic."""

    unlock: bool

    def __call__(self, problem, run):
        if self.unlock:
            object.__setattr__(problem.traffic, "messages", problem.traffic.messages + 1)
        else:
            problem.traffic.messages[:] = 0
        return Sequential()(problem, run)


@dataclass(frozen=True)
class Endless:
    """Goes on when its time is over."""

    def __call__(self, problem, run):
        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            pass
        return Sequential()(problem, run)


@dataclass(frozen=True)
class Boastful:
    """Tells what nobody can reach, or nonsense."""

    stage: str = "place"
    done: int = 1
    best: float = 1.0

    def __call__(self, problem, run):
        run.tell(self.stage, self.done, 2, self.best if self.best >= 0 else float("nan"))
        return Sequential()(problem, run)


@dataclass(frozen=True)
class Cramming:
    """Places what does not fit, too, or raises something else."""

    fails: bool

    def __call__(self, problem, run):
        if problem.hardware.tiles == 1 and self.fails:
            raise IndexError("no such tile")
        return Placement(np.arange(problem.clusters))


BAD = [
    (Pile(), "legal", "tile-shared"),
    (Wrong(), "legal", "it is a Wiring; a Placement is needed"),
    (Crash(), "legal", "it failed: ZeroDivisionError: by design"),
    (Hopeless(), "legal", "it finds no solution, though there is one: patience"),
    (Choosy(), "legal", "it refuses every problem: it refuses the problem: not today"),
    (Moody(), "repeatable", "another result when it is run again"),
    (Shared(), "repeatable", "numpy's global random numbers"),
    (Pythons(), "repeatable", "Python's or numpy's global random numbers"),
    (Counting(3), "repeatable", "another result when it is run again"),
    (Counting(4), "repeatable", "another result in a compilation"),
    (Writer(unlock=False), "untouched", "read-only"),
    (Writer(unlock=True), "untouched", "it changes the problem"),
    (Boastful(), "optimum", "it tells a best cost of 1 for messages x links; no placement has less than "),
    (Boastful(stage="wire"), "progress", "it tells the stage 'wire'; it is 'place'"),
    (Boastful(done=3), "progress", "it tells 3 of 2 done"),
    (Boastful(done=-1), "progress", "it tells -1 of 2 done"),
    (Boastful(best=-1.0), "progress", "a best cost of nan"),
    (Cramming(fails=False), "refuses", "it returns a result where there is no solution"),
    (Cramming(fails=True), "refuses", "it raises IndexError where there is no solution"),
]


@pytest.mark.parametrize(("algorithm", "rule", "words"), BAD, ids=[f"{type(bad[0]).__name__}-{bad[1]}" for bad in BAD])
def test_a_bad_placer_is_caught_and_named(few, algorithm, rule, words):
    few()
    CALLS.clear()
    found = snnmap.check_algorithm("place", algorithm)
    assert not found.ok
    assert found.failures[0].rule == rule
    with pytest.raises(SnnmapError) as caught:
        found.must_pass()
    said = str(caught.value)
    name = f"{__name__}:{type(algorithm).__name__}"
    assert said.startswith(f"place algorithm {name!r} of {__name__} (not installed) is wrong on problem ")
    assert words in said
    assert "\n" not in said
    assert "BROKEN" in str(found)


def test_what_goes_on_when_its_time_is_over_is_caught(few, monkeypatch):
    few("wide")
    monkeypatch.setattr(kit, "GRACE", 0.1)
    said = snnmap.check_algorithm("place", Endless()).verdict
    assert "rule 'clock': it goes on for 0.3 s when its time is over" in said
    monkeypatch.setattr(kit, "GRACE", 2.0)
    assert snnmap.check_algorithm("place", Endless()).ok  # quick enough in full
    monkeypatch.setattr(kit, "IDLE", 0.1)
    assert "rule 'clock'" in snnmap.check_algorithm("place", Endless()).verdict
    few("tiny 3")
    assert snnmap.check_algorithm("place", Endless()).ok  # the clock is for the large problem


@dataclass(frozen=True)
class Lossy:
    """snnmap's clusters with a row too few."""

    def __call__(self, problem, run):
        whole = REGISTRIES["partition"]["first_fit"]()(problem, run)
        ptr = whole.row_ptr.copy()
        ptr[-1] -= 1
        return replace(whole, row_ptr=ptr, row_source=whole.row_source[:-1])


@dataclass(frozen=True)
class Mangled:
    """A record whose arrays do not match."""

    def __call__(self, problem, run):
        return Clustering([0, 5], [0], [0, 1], [3], [7])


@dataclass(frozen=True)
class Crossed:
    """All rows on one line."""

    def __call__(self, problem, run):
        clustering = problem.view.clustering
        return Wiring(np.zeros(len(clustering.row_source)), np.zeros(len(clustering.column_neuron)))


@dataclass(frozen=True)
class Rushed:
    """snnmap's schedule with half of its period."""

    def __call__(self, problem, run):
        sdfg, schedule = REGISTRIES["schedule"]["list"]()(problem, run)
        return sdfg, replace(schedule, period_denominator=2 * schedule.period_denominator)


@pytest.mark.parametrize(
    ("stage", "algorithm", "words"),
    [
        ("partition", Lossy(), "synapse-missing"),
        ("partition", Mangled(), "rule 'legal'"),
        ("partition", Pile(), "failed: AttributeError"),
        ("wire", Crossed(), "wiring"),
        ("schedule", Rushed(), "in a compilation: returned an illegal result: network-slots"),
        ("schedule", Wrong(), "(Sdfg, Schedule)"),
    ],
)
def test_bad_algorithms_of_the_other_stages_are_caught(few, stage, algorithm, words):
    few()
    verdict = snnmap.check_algorithm(stage, algorithm).verdict
    assert verdict.startswith(f"{stage} algorithm '{__name__}:{type(algorithm).__name__}' of ")
    assert words in verdict


# Better than the optimum: the books of somebody are wrong


@pytest.mark.parametrize(
    ("stage", "optima", "words"),
    [
        ("partition", (99, 0), "3 crossbars, fewer than the 99 that are proved to be needed"),
        ("partition", (0, 999), "messages, fewer than the 999"),
    ],
)
def test_fewer_than_the_optimum_is_an_error(few, monkeypatch, stage, optima, words):
    few()
    monkeypatch.setitem(OPTIMA, "tiny 3", optima)
    verdict = snnmap.check_algorithm(stage, "first_fit").verdict
    assert "rule 'optimum'" in verdict
    assert words in verdict


def test_fewer_hops_than_any_placement_has_is_an_error(few, monkeypatch):
    few()
    monkeypatch.setattr(kit, "fewest_hops", lambda problem: 10**6)
    assert "links crossed, fewer than the 1,000,000" in snnmap.check_algorithm("place", "sequential").verdict


def test_a_schedule_below_the_bound_or_late_is_an_error(few, monkeypatch):
    few()
    real = kit_limits.lower_bound

    def doubled(view):
        return replace(real(view), gap=-0.5)

    monkeypatch.setattr(kit_limits, "lower_bound", doubled)
    assert "a period 50.00% below what no schedule can beat" in snnmap.check_algorithm("schedule", "list").verdict
    monkeypatch.setattr(kit_limits, "lower_bound", real)
    found = type("Found", (), {"slower": ("worst",)})()
    monkeypatch.setattr(kit_limits, "rates", lambda *_: found)
    assert "later than the schedule promises" in snnmap.check_algorithm("schedule", "list").verdict


# How it is asked


def test_objects_classes_names_and_options(few):
    few()
    by_class = snnmap.check_algorithm("place", Boastful, options={"best": 0.0})
    assert by_class.ok
    assert by_class.algorithm.options == {"stage": "place", "done": 1, "best": 0.0}
    by_path = snnmap.check_algorithm("place", f"{__name__}:Boastful", options={"best": "0.0"})
    assert by_path.findings == by_class.findings
    assert snnmap.check_algorithm("place", "random", seed=1).findings != ()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("plaice", "anneal", {}), "no stage 'plaice'; did you mean 'place'"),
        (("place", "aneal", {}), "did you mean 'anneal'"),
        (("place", "anneal", {"fever": 1}), "has no option 'fever'"),
        (("place", Boastful, {"fever": 1}), "'Boastful': .*fever"),
        (("place", Boastful(), {"best": 1}), "has its options already"),
        (("place", lambda problem, run: None, {}), "must be a dataclass"),
    ],
)
def test_what_cannot_be_checked_is_refused(arguments, words):
    stage, algorithm, options = arguments
    with pytest.raises(InputError, match=words):
        snnmap.check_algorithm(stage, algorithm, options=options)


def ran(capsys, *arguments):
    with pytest.raises(SystemExit) as stopped:
        main(["check-algorithm", *arguments])
    return int(stopped.value.code or 0), capsys.readouterr()


def test_the_command(few, capsys):
    few()
    code, told = ran(capsys, "place=random", "-q")
    assert code == 0
    assert "place algorithm 'random' keeps all rules: 5 checks on 1 problems" in told.out
    code, told = ran(capsys, f"place={__name__}:Boastful", "place.best=0", "-q", "--json")
    assert code == 0
    assert json.loads(told.out)["ok"] is True
    few("tiny 3", "tiny 1")
    code, told = ran(capsys, f"place={__name__}:Boastful", "-q")
    assert code == 1
    assert told.out.count("it tells a best cost of 1") == 2
    assert "Traceback" not in told.err
    few()
    code, told = ran(capsys, f"place={__name__}:Pile", "-q", "--json")
    assert code == 1
    document = json.loads(told.out)
    assert document["package"] == f"{__name__} (not installed)"
    assert [each["kept"] for each in document["findings"]] == [False]


@pytest.mark.parametrize("given", [("place.window=3",), ("place=anneal", "wire=sorted"), ("place=anneal", "wire.x=1")])
def test_the_command_wants_one_algorithm(capsys, given):
    code, told = ran(capsys, *given)
    assert code == 2
    assert "name one algorithm and options of its own" in told.err
