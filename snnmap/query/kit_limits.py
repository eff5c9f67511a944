"""What no algorithm can do on the problems of the test kit: be better than the optimum, or solve the unsolvable."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from snnmap.evaluation.lower_bound import lower_bound
from snnmap.pipeline.compile import Compiled
from snnmap.query.kit_cases import Case
from snnmap.simulate.chip.rates import ExecuteOptions, rates
from snnmap.stages.protocols import PartitionProblem, PlacementProblem


def above_optimum(stage: str, case: Case, compiled: Compiled, fewest_hops: int | None) -> tuple[str, str]:
    """How far a verified mapping is above the optimum, in words; and what is wrong, if it is below; '' for neither."""
    if stage == "schedule":
        return _schedule(compiled)
    figures: Mapping[str, Any] = compiled.mapping.figures
    if stage == "place" and fewest_hops is not None:
        return _beside("links crossed", (int(figures["hops"]), fewest_hops))
    if stage == "partition" and case.fewest is not None:
        crossbars, wrong = _beside("crossbars", (int(figures["crossbars"]), case.fewest[0]))
        messages, fewer = _beside("messages", (int(figures["messages"]), case.fewest[1]))
        return f"{crossbars}, {messages}", wrong or fewer
    return "", ""


def _beside(what: str, pair: tuple[int, int]) -> tuple[str, str]:
    """Words for a figure and its optimum."""
    found, least = pair
    wrong = f"{found:,} {what}, fewer than the {least:,} that are proved to be needed" if found < least else ""
    return f"{what} {found / least - 1.0:+.0%}" if least else f"{what} {found}", wrong


def _schedule(compiled: Compiled) -> tuple[str, str]:
    """The period beside the bound that no schedule beats, and beside what the chip does when it is executed."""
    bound = lower_bound(compiled.view)
    if bound is None:
        return "", ""
    said = f"period {bound.gap:+.0%}"
    if bound.gap < -1e-9:
        return said, f"a period {-bound.gap:.2%} below what no schedule can beat"
    found = rates(compiled.mapping, compiled.graph, compiled.hardware, ExecuteOptions(worst=True))
    if found.slower and compiled.mapping.schedule.slots is not None:
        return said, "the executed chip is later than the schedule promises"
    return said, ""


def impossible(problem: Any) -> Any | None:
    """The problem made unsolvable: one tile for all clusters, or more inputs than rows though none may be cut."""
    if isinstance(problem, PlacementProblem) and problem.clusters > 1:
        chip = replace(
            problem.hardware, mesh_width=1, mesh_height=1, min_tiles=1, max_tiles=1, clusters_per_tile=1, port=(0, 0)
        )
        return replace(problem, hardware=chip, terms=(), heat=None)
    if isinstance(problem, PartitionProblem):
        network = problem.graph.network
        inputs = np.bincount(network.post, minlength=1).max(initial=0)
        return replace(problem, may_split=False) if inputs > problem.hardware.rows else None
    return None
