"""How accurate a network stays in cells that miss, where kernels stand once and where every synapse has a cell.

Both ways are run on the same frames, with cells of the same spread, with the cells that hold no synapse as devices and
without. A kernel's error is the same at every position, so it does not average out; a window of many positions leaves
cells without a synapse, whose errors add up. Which of the two costs more is what is measured here.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from snnmap.analysis.convolution import Shared, shared_layers
from snnmap.core.arrays import I64, Bool, ranges
from snnmap.core.errors import InputError
from snnmap.core.run import Progress, as_stage, stream
from snnmap.evaluation.accuracy import accuracy, change_interval
from snnmap.hardware import Hardware
from snnmap.ir import Clustering, Network, SpikeGraph, Workload
from snnmap.simulate.missed import Held, Miss, missed
from snnmap.simulate.profile import profile as run_profile
from snnmap.stages.protocols import PartitionProblem, Run
from snnmap.stages.registry import REGISTRIES

PARTITIONER = "kernighan_lin"
"""What cuts the network where every synapse has a cell."""


class Asked(NamedTuple):
    """What is run."""

    spreads: Sequence[float]
    """Standard deviations of cells, shares of g_max."""
    devices: int
    seed: int


def noisy_reuse(
    workload: Workload, hardware: Hardware, asked: Asked, progress: Progress | None = None
) -> list[dict[str, Any]]:
    """A record for every spread, without off-cells and with them: both ways, and how they differ, with intervals.

    Raises
    ------
    InputError
        If no layer is a convolution, or the network says nothing that could be right or wrong.
    """
    network = workload.network
    layers = shared_layers(network)
    if not layers:
        raise InputError(
            "no layer is a convolution: there is nothing to hold once, and nothing to compare; leave --noise"
        )
    graph = run_profile(workload)
    if graph.predictions is None:
        raise InputError("the network has no outputs whose largest is its answer; accuracy cannot be compared")
    right = graph.predictions if workload.labels is None else workload.labels
    ways = as_stage(progress, "partition", _ways, graph, layers, hardware, asked.seed)
    floor = hardware.technology["g_min"] / hardware.technology["g_max"]
    cases = [(spread, off) for spread in asked.spreads for off in (False, True)]
    found = []
    for k, (spread, off) in enumerate(cases):
        miss = Miss(spread, off, floor)
        tables = {}
        for w, (way, held) in enumerate(ways.items()):
            done = (2 * k + w) * asked.devices, 2 * len(cases) * asked.devices
            tables[way] = np.array(list(_chips(workload, held, (miss, asked, right), done, progress)))
        found.append(_record(miss, tables, graph.predictions == right, asked))
    return found


def _record(miss: Miss, tables: dict[str, Bool], ideal: Bool, asked: Asked) -> dict[str, Any]:
    """Accuracy of both ways, and of dense less unrolled, chip by chip and frame by frame."""
    found: dict[str, Any] = {"spread": miss.spread, "off_cells": miss.off}
    for way, correct in tables.items():
        measured = accuracy(correct, ideal, rng=stream(asked.seed, "accuracy"))
        found["ideal"], found["frames"], found["devices"] = measured.ideal, measured.frames, measured.chips
        found[way] = {"mean": measured.mean, "interval": list(measured.interval), "change": measured.change}
    gap = tables["dense"].astype(np.int64) - tables["unrolled"].astype(np.int64)
    ends = change_interval(gap, rng=stream(asked.seed, "difference"))
    return found | {"dense_less_unrolled": float(gap.mean()), "difference_interval": list(ends)}


def _chips(
    workload: Workload,
    held: Sequence[Held],
    what: tuple[Miss, Asked, I64],
    done: tuple[int, int],
    progress: Progress | None,
) -> Iterator[Bool]:
    """Which frames every chip is right about."""
    miss, asked, right = what
    for chip in range(asked.devices):
        network = missed(workload.network, held, miss, asked.seed + chip)
        graph = run_profile(replace(workload, network=network), keep_events=False)
        assert graph.predictions is not None
        yield graph.predictions == right
        if progress is not None:
            progress("accuracy", done[0] + chip + 1, done[1], 0.0)


def _ways(graph: SpikeGraph, layers: tuple[Shared, ...], hardware: Hardware, seed: int) -> dict[str, list[Held]]:
    """Crossbars of both ways; those of layers without kernels are the same."""
    problem = PartitionProblem(graph, hardware)
    clustering = REGISTRIES["partition"][PARTITIONER]()(problem, Run(stream(seed, "partition")))
    every = np.ones(graph.network.sources, bool)
    kept = every.copy()
    for layer in layers:
        kept[layer.outputs] = False
    return {
        "dense": [*_kernels(layers, hardware), *_once(graph.network, clustering, kept)],
        "unrolled": list(_once(graph.network, clustering, every)),
    }


def _once(network: Network, clustering: Clustering, kept: Bool) -> Iterator[Held]:
    """Clusters, each used once, with those of their neurons that are `kept` and the sources that these hear."""
    for k in range(clustering.clusters):
        sources = clustering.row_source[clustering.rows_of(k)].astype(np.int64)
        neurons = clustering.column_neuron[clustering.columns_of(k)].astype(np.int64)
        some = kept[neurons]
        if not np.any(some):
            continue
        if not np.all(some):
            neurons = neurons[some]
            mine = np.zeros(network.sources, bool)
            mine[neurons] = True
            count = np.diff(network.indptr)[sources]
            hit = mine[network.post[ranges(network.indptr[sources], count)]]
            sources = sources[np.bincount(np.repeat(np.arange(len(sources)), count)[hit], minlength=len(sources)) > 0]
        yield Held(f"cluster {k}", sources[np.newaxis], neurons[np.newaxis])


def _kernels(layers: tuple[Shared, ...], hardware: Hardware) -> Iterator[Held]:
    """Blocks of kernel matrices, used once per output position; groups of a layer side by side while they fit."""
    together: list[list[Shared]] = []
    for layer in layers:
        if together and together[-1][0].name == layer.name and _fit([*together[-1], layer], hardware):
            together[-1].append(layer)
        else:
            together.append([layer])
    for n, groups in enumerate(together):
        windows = np.unique(np.hstack([g.windows for g in groups]), axis=1)  # a constant drives one row
        outputs = np.hstack([g.outputs for g in groups])
        for i in range(0, windows.shape[1], hardware.rows):
            for j in range(0, outputs.shape[1], hardware.columns):
                block = windows[:, i : i + hardware.rows], outputs[:, j : j + hardware.columns]
                yield Held(f"kernels {n}, rows from {i}, columns from {j}", *block)


def _fit(groups: list[Shared], hardware: Hardware) -> bool:
    rows, columns = (sum(sides) for sides in zip(*(g.matrix.shape for g in groups), strict=True))
    return bool(rows <= hardware.rows and columns <= hardware.columns)
