"""Objectives are judged in their own figure: the better mapping is kept, and it is said."""

import pytest
from support import small_workload

import snnmap
from snnmap.evaluation.disturbance import FIGURE, error_metric
from snnmap.pipeline.objectives import OBJECTIVES, Goal
from snnmap.pipeline.own_figure import goal_of, lifted, near, stays, verdict_on

LEAST, MOST = Goal("cost"), Goal("life", most=True, bound="limit")
BESIDE = Goal("steep", beside="warm", not_above=("hot",))


def test_less_or_more_is_better_as_the_goal_says():
    assert stays(LEAST, {"cost": 1.0}, {"cost": 1.0})
    assert not stays(LEAST, {"cost": 1.1}, {"cost": 1.0})
    assert stays(MOST, {"life": 2.0}, {"life": 1.0})
    assert not stays(MOST, {"life": 0.5}, {"life": 1.0})


def test_never_is_the_longest_life():
    assert stays(MOST, {"life": None}, {"life": 1.0})
    assert not stays(MOST, {"life": 1.0}, {"life": None})


def test_where_a_gain_is_asked_for_rounding_is_none():
    assert not stays(LEAST, {"cost": 1.0}, {"cost": 1.0}, must_gain=True)
    assert not stays(LEAST, {"cost": 1.0 - 1e-8}, {"cost": 1.0}, must_gain=True)
    assert stays(LEAST, {"cost": 0.99}, {"cost": 1.0}, must_gain=True)


def test_the_weight_brings_the_figure_beside_in():
    steep, warm = {"steep": 3.0, "warm": 300.0}, {"steep": 1.0, "warm": 301.0}
    assert not stays(BESIDE, steep, warm)
    assert stays(BESIDE, steep, warm, 4.0)


def test_what_must_not_rise_decides_first():
    base = {"steep": 3.0, "warm": 300.0, "hot": 310.0}
    assert stays(BESIDE, {**base, "steep": 1.0}, base)
    hotter = {**base, "steep": 1.0, "hot": 310.001}
    assert not stays(BESIDE, hotter, base)
    assert lifted(BESIDE, hotter, base) == "hot"
    said = verdict_on("thermal", BESIDE, hotter, base, base, "traffic").said()
    assert said == ["thermal would lift hot: the mapping of traffic is kept"]


def test_the_first_goal_that_there_is_counts():
    thermal = OBJECTIVES["thermal"]
    assert goal_of(thermal, {"device_gradient_K": 1.0}).figure == "device_gradient_K"
    assert goal_of(thermal, {"device_gradient_K": 1.0, "espine_gradient_K": 1.0}).figure == "espine_gradient_K"
    assert goal_of(thermal, {}) is None
    assert all(preset.goals for preset in OBJECTIVES.values())


def test_the_sentence_names_figure_values_and_bound():
    found, traffic = {"life": 1.0, "limit": 7.0}, {"life": 2.0}
    assert verdict_on("espine", MOST, found, traffic, traffic, "traffic").said() == [
        "espine finds 1 of life, no better than traffic with 2, whose mapping is kept: nothing to gain here: bound 7"
    ]
    same = verdict_on("espine", MOST, {**traffic, "limit": 7.0}, traffic, traffic, "").said()
    assert same == ["espine: nothing to gain here in life, 2: bound 7"]
    assert verdict_on("espine", MOST, {"life": 3.0}, traffic, {"life": 3.0}, "").said() == []
    assert near(None, None)
    assert not near(None, 1.0)


@pytest.fixture(scope="module")
def graph():
    return snnmap.profile(small_workload.workload())


def compiled(graph, chip, objective, **more):
    return snnmap.compile(graph, snnmap.CompileOptions(hardware=str(chip), objective=objective, seed=3, **more))


@pytest.mark.parametrize("technology", ["pcm-16", "oxram-22"])
@pytest.mark.parametrize("objective", [name for name in OBJECTIVES if name not in {"traffic", "espine"}])
def test_no_objective_is_worse_than_traffic_in_its_own_figure(graph, chip, objective, technology):
    mine = compiled(graph, chip, objective, technology=technology)
    traffic = compiled(graph, chip, "traffic", technology=technology)
    base = {FIGURE: error_metric(traffic.view).value, **traffic.mapping.figures}
    goal = goal_of(OBJECTIVES[objective], base)
    assert stays(goal, mine.mapping.figures, base)
    assert mine.mapping.origin.plan.objective == objective
    assert snnmap.verify(mine.mapping, mine.graph, mine.hardware) == []


def test_lifetime_without_variation_is_the_default_mapping_and_says_so(graph, chip):
    mine, default = (compiled(graph, chip, name) for name in ("lifetime", "default"))
    assert mine.mapping.wiring.row.tolist() == default.mapping.wiring.row.tolist()
    assert mine.verdict.kept == "default"
    bound = mine.verdict.bound
    assert mine.verdict.value <= bound * (1 + 1e-9)
    assert bound == pytest.approx(mine.verdict.value, rel=1e-6), "drift asks for the refresh, wherever cells are"
    assert any(line.endswith(f"nothing to gain here: bound {bound:.6g}") for line in mine.remarks())
    assert mine.mapping.origin.plan.wire.algorithm == "activity_sort"


def test_energy_is_saved_by_rows_that_are_traded():
    """Partial sums of silent inputs: 15 % of the hops of digitrecog-stdp."""
    graph = snnmap.profile("digitrecog-stdp")
    energy, traffic = (snnmap.compile(graph, snnmap.CompileOptions(objective=name)) for name in ("energy", "traffic"))
    assert energy.verdict.kept == ""
    assert energy.mapping.figures["energy_J"] <= 0.92 * traffic.mapping.figures["energy_J"]
    assert energy.mapping.figures["messages"] <= 0.95 * traffic.mapping.figures["messages"]


def test_a_search_that_fails_leaves_the_traffic_mapping(graph, chip, monkeypatch):
    from snnmap.stages.wire import ActivitySort, EvenHeat

    monkeypatch.setattr(EvenHeat, "__call__", lambda _, problem, run: ActivitySort()(problem, run))
    mine, traffic = (compiled(graph, chip, name) for name in ("thermal", "traffic"))
    assert mine.verdict.kept == "traffic"
    assert mine.mapping.figures == traffic.mapping.figures
    assert mine.mapping.origin.plan.wire.algorithm == "identity"


def test_other_settings_are_tried_where_the_plan_is_no_better(graph, chip, monkeypatch):
    from dataclasses import replace

    poor = replace(OBJECTIVES["thermal"], wire="activity_sort", otherwise=(("wire", "even_heat"),))
    monkeypatch.setitem(OBJECTIVES, "thermal", poor)
    mine, traffic = (compiled(graph, chip, name) for name in ("thermal", "traffic"))
    assert mine.verdict.kept == ""
    assert mine.verdict.value < traffic.mapping.figures["espine_gradient_K"]
    assert mine.mapping.origin.plan.wire.algorithm == "even_heat"
    monkeypatch.setitem(OBJECTIVES, "thermal", replace(poor, otherwise=()))
    assert compiled(graph, chip, "thermal").verdict.kept == "traffic"


def test_whoever_sets_an_option_has_the_last_word(graph, chip):
    mine = compiled(graph, chip, "lifetime", settings=(("wire", "weakest_cell"),))
    assert mine.verdict is None
    assert mine.mapping.origin.plan.wire.algorithm == "weakest_cell"
