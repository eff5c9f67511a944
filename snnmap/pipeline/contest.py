"""The mapping of an objective against those of its references, in the objective's own figure: the better one stays.

How a mapping is made, whoever asks says; here mappings are compared.
"""

from collections.abc import Mapping as MappingType
from dataclasses import replace
from typing import Any

import msgspec

from snnmap.evaluation.disturbance import FIGURE, error_metric
from snnmap.evaluation.limits import first_failure_bound
from snnmap.ir import Report
from snnmap.pipeline.compiled import Asked, Compiled, Given, Maker
from snnmap.pipeline.disturbed import with_error
from snnmap.pipeline.objectives import Goal
from snnmap.pipeline.own_figure import Verdict, goal_of, stays, verdict_on
from snnmap.pipeline.plan import Plan, preset_of

FIRST_FAILURE = "device_first_failure_s"


def contested(asked: Asked, plan: Plan, given: Given, make: Maker) -> Compiled:
    """The plan's mapping, or a reference's where the own figure is no worse there, with the verdict.

    References hold convolutions as the plan does: nothing else than the objective is compared.
    """
    mine = make(asked, plan, given)
    preset, _ = preset_of(plan.objective)
    goal = goal_of(preset, mine.mapping.figures)
    if goal is None or goal.figure == "hops":
        return mine
    weight = float(plan.objective.partition(":")[2] or 0.0)
    names = dict.fromkeys((preset.reference, "traffic"))
    rivals = {name: given.rivals.get(name) or _rival(asked, plan, name, mine, make) for name in names}
    if goal.figure == FIGURE:
        rivals = {name: _with_error(rival) for name, rival in rivals.items()}
    base = _own(asked, goal, rivals["traffic"])
    found = _own(asked, goal, mine)
    if preset.otherwise and not stays(goal, found, base, weight):
        other = make(asked, asked.plan(plan.objective, dict(preset.otherwise)), _clusters_of(rivals["traffic"]))
        if stays(goal, _own(asked, goal, other), base, weight):
            mine, found = other, _own(asked, goal, other)
    best, returned, kept = mine, found, ""
    for name, rival in rivals.items():
        its = _own(asked, goal, rival)
        if not stays(goal, returned, its, weight, must_gain=name != "traffic"):
            best, returned, kept = rival, its, name
    verdict = verdict_on(plan.objective, goal, {**found, **_bound(goal, best)}, base, returned, kept)
    mapping = best.mapping
    origin = msgspec.structs.replace(
        mapping.origin, plan=msgspec.structs.replace(mapping.origin.plan, objective=plan.objective), verified=""
    )
    view = best.view.at(best.hardware, replace(mapping, origin=origin))
    return replace(best, view=view, verdict=verdict, report=_remarked(asked, best.report, verdict))


def _own(asked: Asked, goal: Goal, compiled: Compiled) -> MappingType[str, Any]:
    """Figures that an objective is judged by; its error is that on the chip that was given."""
    its = compiled.mapping.figures
    if goal.figure != FIGURE or asked.known is None:
        return its
    return {**its, FIGURE: error_metric(compiled.view, asked.known).value}


def _bound(goal: Goal, compiled: Compiled) -> MappingType[str, Any]:
    """The bound of an own figure that reports leave out, since it takes an evaluation more."""
    return {goal.bound: first_failure_bound(compiled.view)} if goal.figure == FIRST_FAILURE else {}


def _with_error(compiled: Compiled) -> Compiled:
    view, report = with_error(compiled.view, compiled.report)
    return replace(compiled, view=view, report=report)


def _remarked(asked: Asked, report: Report, verdict: Verdict) -> Report:
    """The report, with a note where one chip was wired for: its file says nothing of the figure that was judged."""
    if asked.known is None or verdict.traffic is None or verdict.value is None:
        return report
    note = f"on the chip that was given, by wires and stuck cells: {verdict.figure} {verdict.value:.6g}"
    return replace(report, notes=(*report.notes, f"{note}, traffic {verdict.traffic:.6g}"))


def _clusters_of(compiled: Compiled) -> Given:
    return Given(compiled.mapping.clustering, view=compiled.view.clusters)


def _rival(asked: Asked, plan: Plan, name: str, mine: Compiled, make: Maker) -> Compiled:
    """Mapping of objective `name`, from the clusters and tiles of `mine` where it would find the same."""
    other = asked.plan(name)
    same = other.partition == plan.partition
    if not same:
        return make(asked, other, Given())
    found = Given(mine.mapping.clustering, view=mine.view.clusters)
    border = plan.border(asked.hardware) == other.border(asked.hardware)
    if other.place == plan.place and border and not (plan.terms or other.terms):
        found = replace(found, placement=mine.mapping.placement)
        if other.schedule == plan.schedule:
            found = replace(found, schedule=(mine.mapping.sdfg, mine.mapping.schedule))
    return make(asked, other, found)
