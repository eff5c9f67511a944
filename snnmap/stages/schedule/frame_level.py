"""The frame-level graph of DFSynthesizer: one actor per cluster, rates = spikes per frame. For comparison only.

Every cluster fires once per frame and every channel carries the spikes of an average frame, produced and consumed at
once, so the repetition vector is all ones and a channel's rate has no effect but on buffer sizes. Clusters are
ordered by their lowest level; a channel that does not go up in that order holds one frame of initial tokens,
otherwise recurrent networks and clusters that send both ways would deadlock. With one constant time per actor, as the
public Drexel code has it, the throughput is the same for every placement on tiles of their own, and 1 / time for
every partition without such channels whose buffers are deep enough. Source: Das et al., arXiv 2108.02023.
"""

import numpy as np

from snnmap.core.arrays import I64, frozen, row_of_entry
from snnmap.core.errors import InputError
from snnmap.hardware import Hardware
from snnmap.ir import Clustering, Placement, Sdfg, SpikeGraph, Traffic
from snnmap.stages.schedule.actors import Actors, actors_of
from snnmap.stages.schedule.build import build_sdfg
from snnmap.stages.schedule.network import TICK


def frame_level(
    graph: SpikeGraph,
    hardware: Hardware,
    clustering: Clustering,
    placement: Placement,
    traffic: Traffic,
    *,
    firing_time: float | None = None,
) -> Sdfg:
    """Dataflow graph with one firing per cluster and frame; `c<cluster>` and `input`.

    Parameters
    ----------
    graph, hardware, clustering, placement, traffic
        As for `build_sdfg`.
    firing_time
        Constant seconds per firing; `None` takes all reads and fires of the cluster in `graph.steps` worst-case steps.

    Raises
    ------
    InputError
        As `build_sdfg`, or if `firing_time` is not positive.
    """
    if firing_time is not None and not firing_time > 0:
        raise InputError(f"a firing time of {firing_time} s was given; it must be positive")
    clusters = clustering.clusters
    actors = actors_of(graph, clustering)
    time = np.zeros(clusters, np.int64)
    if firing_time is None:
        stepwise = build_sdfg(graph, hardware, clustering, placement, traffic)
        np.add.at(time, actors.cluster(), graph.steps * stepwise.time[: actors.port])
    else:
        time[:] = np.ceil(firing_time / TICK - 1e-6)
    producer, consumer, rate = _flows(graph, traffic, clusters)
    rank = _ranks(actors, clusters)
    waiting = np.where(rank[consumer] > rank[producer], 0, rate)
    everyone = np.arange(clusters + 1)
    ones = np.ones_like(everyone)
    rates = frozen(np.concatenate([ones, rate, rate]), np.int64)
    return Sdfg(
        name=(*(f"c{k}" for k in range(clusters)), "input"),
        time=frozen(np.append(time, 0), np.int64),
        resource=frozen(np.append(placement.tile, -1), np.int32),
        producer=frozen(np.concatenate([everyone, producer, consumer]), np.int32),
        consumer=frozen(np.concatenate([everyone, consumer, producer]), np.int32),
        production=rates,
        consumption=rates,
        tokens=frozen(np.concatenate([ones, waiting, rate * hardware.buffer_tokens]), np.int64),
        tick=TICK,
    )


def _ranks(actors: Actors, clusters: int) -> I64:
    """Place of every cluster in the order of lowest levels, then of the input, which comes first, int64 (K + 1,)."""
    lowest = np.full(clusters, np.iinfo(np.int64).max)
    np.minimum.at(lowest, actors.read_cluster, actors.read_level)
    return np.append(np.argsort(np.argsort(lowest, kind="stable")), -1)


def _flows(graph: SpikeGraph, traffic: Traffic, clusters: int) -> tuple[I64, I64, I64]:
    """Sending actor, receiving actor and messages of an average frame, rounded up and at least 1, of every pair."""
    group = row_of_entry(traffic.target_ptr)
    sender = np.where(traffic.sender < 0, clusters, traffic.sender).astype(np.int64)[group]
    pair, index = np.unique(sender * clusters + traffic.target, return_inverse=True)
    messages = np.zeros(len(pair), np.int64)
    np.add.at(messages, index, traffic.messages[group])
    return pair // clusters, pair % clusters, np.maximum(1, -(-messages // graph.frames))
