"""What wiring for accuracy is told: which errors of cells disturb, and what is known of the chip that it wires for."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from snnmap.analysis.view import ClusteringView, View
from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.evaluation.disturbance import FIGURE, Disturbance, error_metric
from snnmap.evaluation.figures import figures
from snnmap.frontend.chips import digest_of, load_chip
from snnmap.hardware import Hardware
from snnmap.ir import Report
from snnmap.ir.devices import ChipMap
from snnmap.ir.origin import WiredFor
from snnmap.pipeline.options import CompileOptions
from snnmap.pipeline.plan import Plan, preset_of
from snnmap.simulate.imperfect.chips import must_fit
from snnmap.simulate.margins import near_threshold
from snnmap.stages.protocols import CellError
from snnmap.stages.registry import record_of

WIRER = "least_error"
"""Algorithm that looks at errors of cells."""


def counts(plan: Plan) -> bool:
    """Whether a plan wires for little error, or is judged by it."""
    return record_of("wire", plan.wire).algorithm == WIRER or is_goal(plan.objective)


def is_goal(objective: str) -> bool:
    """Whether an objective is for little error."""
    return any(goal.figure == FIGURE for goal in preset_of(objective)[0].goals)


def known_chip(options: CompileOptions, plan: Plan, hardware: Hardware) -> ChipMap | None:
    """The chip that a mapping is to be wired for; none if none is given.

    Raises
    ------
    InputError
        If its file cannot be used, it is not of this hardware, or the plan's wiring does not look at it.
    """
    known = load_chip(options.chip) if isinstance(options.chip, str | Path) else options.chip
    if known is None:
        return None
    if record_of("wire", plan.wire).algorithm != WIRER:
        raise InputError(
            f"objective {plan.objective!r} does not wire for one chip; ask for --objective accuracy or "
            f"--set wire={WIRER}, or leave --chip out"
        )
    if not hardware.adaptive:
        must_fit(known, hardware)
    return known


def wired_for(options: CompileOptions, known: ChipMap) -> WiredFor:
    """What a mapping file says of the chip it was wired for."""
    return WiredFor(str(options.chip) if isinstance(options.chip, str | Path) else "", digest_of(known))


def cell_error(
    view: ClusteringView, hardware: Hardware, near: F64 | None, stuck: Callable[[int], F64] | None
) -> CellError:
    """What disturbs the crossbars of a clustering; `near` and `stuck` as in `Disturbance`, none: to be worked out."""
    if near is None:
        near = near_threshold(view.graph) if view.near is None else view.near
    found = Disturbance(view, hardware, near, stuck)
    return CellError(found.model, found.error)


def with_error(view: View, report: Report) -> tuple[View, Report]:
    """A mapping and its report with the figure of the error, whatever its objective."""
    if FIGURE in view.mapping.figures:
        return view, report
    report = replace(report, metrics=(*report.metrics, error_metric(view)))
    return view.at(view.hardware, replace(view.mapping, figures=figures(report))), report
