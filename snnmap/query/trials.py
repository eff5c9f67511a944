"""What a network takes in crossbars of several sizes and with pooling folded or relayed, before any data."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from snnmap.analysis.bounds import lower_bounds, messages_at_least
from snnmap.analysis.view import ClusteringView
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.hardware import Hardware
from snnmap.ir import Clustering, Network, SpikeGraph
from snnmap.query.kernel_fit import Way, kernel_fit
from snnmap.stages.protocols import PartitionProblem, Run
from snnmap.stages.registry import REGISTRIES

ALGORITHM = "first_fit"
"""Partitioner of a trial: construction without refinement, so that a network of millions of synapses takes seconds."""
KEY = "crossbar"
UNROLLED = Way()


@dataclass(frozen=True, slots=True)
class Case:
    """A network with its pooling treated one way, and what it does."""

    pooling: str
    graph: SpikeGraph
    way: Way = UNROLLED
    """How its convolutions are held."""


def sides(sweep: str | Sequence[int]) -> tuple[int, ...]:
    """Sides of square crossbars, of `crossbar=32,64,128` or numbers.

    Raises
    ------
    InputError
        If the text is not that, or a side is given twice.
    """
    if isinstance(sweep, str):
        key, _, listed = sweep.partition("=")
        numbers = [part.strip() for part in listed.split(",")]
        if key.strip() != KEY or not all(part.isdecimal() and part.isascii() for part in numbers):
            raise InputError(f"sweep {sweep!r} is not {KEY}= and sizes: {KEY}=32,64,128,256")
        sweep = [int(part) for part in numbers]
    if len(set(sweep)) < len(sweep):
        raise InputError(f"sweep has a size twice: {', '.join(map(str, sweep))}")
    return tuple(sweep)


def once(network: Network) -> SpikeGraph:
    """Activity of one step in which every source spikes once: what there is to count messages by before any data."""
    ones = np.ones(network.sources, np.int64)
    return SpikeGraph(network, ones, ones, ones.astype(np.int32), ones, 1, 1, 1e-3, None, None)


def trials(cases: Sequence[Case], chip: Hardware, sizes: Sequence[int]) -> list[dict[str, Any]]:
    """One row for every case and size: crossbars, bound, gap, messages, utilisation; the chip's own size if none given.

    Raises
    ------
    InputError
        If a size is out of range.
    """
    chips = [chip.resized(None if chip.rows_adapt else side, side) for side in sizes] or [chip]
    return [trial(case, sized) for sized in chips for case in cases]


def trial(case: Case, chip: Hardware) -> dict[str, Any]:
    """Figures of one partition by `ALGORITHM`; none of them, and why, if the network does not fit."""
    network = case.graph.network
    row: dict[str, Any] = {
        "pooling": case.pooling,
        "crossbar": chip.crossbar,
        "neurons": network.neurons,
        "synapses": network.synapses,
    }
    kernels = None if case.way.conv == "unrolled" else kernel_fit(case.graph, chip, case.way, ALGORITHM)
    bounds = lower_bounds(network, chip) if kernels is None else kernels.bounds
    bound = max(bounds.values(), default=0)
    least = messages_at_least(case.graph, chip) if kernels is None else None
    row |= {"crossbars_at_least": bound or None, "messages_at_least": least}
    found = dict.fromkeys(("crossbars", "gap_share", "messages", "cell_utilisation"), None)
    try:
        chip.sized(bound)
        clustering = _partition(case.graph, chip) if kernels is None else kernels.clustering
        if clustering is not None:
            chip.sized(clustering.clusters)
    except InfeasibleError as error:
        return {**row, **found, "fits": False, "why": str(error)}
    if clustering is None:
        return {**row, **found, "fits": False, "why": "" if kernels is None else kernels.why}
    return {**row, **_figures(case.graph, clustering, chip, bound), "fits": True, "why": ""}


def _partition(graph: SpikeGraph, chip: Hardware) -> Clustering:
    asked = PartitionProblem(graph, chip)
    made: Clustering = REGISTRIES["partition"][ALGORITHM]()(asked, Run(np.random.default_rng(0)))
    return made


def _figures(graph: SpikeGraph, clustering: Clustering, chip: Hardware, bound: int) -> dict[str, Any]:
    """What a partition takes; cells of kernels count once."""
    view, clusters = ClusteringView(graph, clustering), clustering.clusters
    lines = int(clustering.rows.max()) if chip.rows_adapt else chip.rows
    programmed = graph.network.synapses if view.folded is None else view.folded.graph.network.synapses
    return {
        "crossbars": clusters,
        "gap_share": clusters / bound - 1,
        "messages": view.traffic.delivered,
        "cell_utilisation": programmed / (clusters * lines * chip.columns),
    }
