"""Cycle ratio and scheduling time against size, beside a networkx / Bellman-Ford bisection.

    python benchmarks/schedule.py [--channels 1000 10000 100000] [--baseline-limit 3000]
    python benchmarks/schedule.py --random 100000 2000000

Graphs are layered pipelines of tiles as `build_sdfg` makes them: self-channels, read -> fire pairs, spikes to random
clusters of the next layer through message actors, credits of two tokens, some recurrence. CPU seconds of the process.
"""

import argparse
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from snnmap.ir import Sdfg
from snnmap.sdf.ratio import maximum_cycle_ratio
from snnmap.sdf.simulate import self_timed
from snnmap.stages.schedule import tile_orders, with_orders


def pipeline(channels: int, rng: np.random.Generator, buffer_tokens: int = 2) -> Sdfg:
    """A layered graph with about `channels` channels: fan-out 8 per cluster, 10 layers, 5 % recurrent links."""
    clusters = max(10, channels // 44)
    layer = np.sort(rng.integers(0, 10, clusters))
    read, fire = np.arange(clusters), clusters + np.arange(clusters)
    sender = np.repeat(np.arange(clusters), 8)
    receiver = rng.integers(0, clusters, len(sender))
    forward = (layer[receiver] == layer[sender] + 1) | (rng.random(len(sender)) < 0.05)
    receiver = np.where(
        forward, receiver, np.minimum(sender + rng.integers(1, clusters // 5, len(sender)), clusters - 1)
    )
    delayed = (layer[receiver] <= layer[sender]).astype(np.int64)
    message = 2 * clusters + np.arange(len(sender))
    actors = 2 * clusters + len(sender)
    everyone = np.arange(actors)
    producer = np.concatenate([everyone, read, fire, fire[sender], message, read[receiver]])
    consumer = np.concatenate([everyone, fire, read, message, read[receiver], fire[sender]])
    zeros, ones = np.zeros_like(read), np.ones_like(read)
    tokens = [np.ones_like(everyone), zeros, ones, np.zeros_like(sender), delayed, buffer_tokens - delayed]
    resource = np.concatenate([read, read, np.full(len(sender), -1)])
    rates = np.ones(len(producer), np.int64)
    return Sdfg(
        tuple(f"a{a}" for a in range(actors)),
        rng.integers(20_000, 400_000, actors),
        resource.astype(np.int32),
        producer.astype(np.int32),
        consumer.astype(np.int32),
        rates,
        rates,
        np.concatenate(tokens),
        1e-12,
    )


def random_graph(actors: int, channels: int, rng: np.random.Generator, forward: float) -> Sdfg:
    """Channels between random actors: without tokens forward in that share, else 1 to 10 (1 if all forward are)."""
    producer, consumer = (rng.integers(0, actors, channels).astype(np.int32) for _ in range(2))
    producer[:actors], consumer[:actors] = np.arange(actors), np.roll(np.arange(actors), -1)
    free = (producer < consumer) & (rng.random(channels) < forward)
    tokens = np.where(free, 0, rng.integers(1, 2 if forward == 1 else 11, channels))
    rates = np.ones(channels, np.int64)
    names = tuple(f"a{a}" for a in range(actors))
    nowhere = np.full(actors, -1, np.int32)
    return Sdfg(names, rng.integers(1, 10_001, actors), nowhere, producer, consumer, rates, rates, tokens, 1e-12)


def bisection(sdfg: Sdfg, steps: int = 40) -> float:
    """Ratio to 2^-40 of the largest time: bisection with networkx's Bellman-Ford negative-cycle test."""
    import networkx as nx

    low, high = 0.0, float(sdfg.time.sum())
    ends = list(zip(sdfg.producer.tolist(), sdfg.consumer.tolist(), sdfg.tokens.tolist(), strict=True))
    for _ in range(steps):
        middle = (low + high) / 2
        graph = nx.MultiDiGraph()
        graph.add_weighted_edges_from((s, t, middle * n - float(sdfg.time[s])) for s, t, n in ends)
        low, high = (middle, high) if nx.negative_edge_cycle(graph) else (low, middle)
    return high


def numpy_bisection(sdfg: Sdfg, steps: int = 40) -> float:
    """The same with Bellman-Ford in numpy (scipy has no test that stops early): A passes over all channels at most."""
    order = np.argsort(sdfg.consumer, kind="stable")
    producer, consumer, tokens = sdfg.producer[order], sdfg.consumer[order], sdfg.tokens[order]
    first = np.searchsorted(consumer, np.arange(len(sdfg.time)))
    time_of = sdfg.time[producer].astype(float)
    low, high = 0.0, float(sdfg.time.sum())
    for _ in range(steps):
        middle = (low + high) / 2
        d = np.zeros(len(sdfg.time))
        ceiling = float(sdfg.time.sum())
        positive = False
        for _ in range(len(d)):
            after = np.maximum(d, np.maximum.reduceat(d[producer] + time_of - middle * tokens, first))
            if np.array_equal(after, d):
                break
            d = after
            positive = bool(d.max() > ceiling)
            if positive:
                break
        else:
            positive = True
        low, high = (middle, high) if positive else (low, middle)
    return high


def timed(function: Callable[[], Any]) -> tuple[Any, float]:
    begin = time.process_time()
    result = function()
    return result, time.process_time() - begin


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--channels", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--baseline-limit", type=int, default=3_000, help="largest graph for networkx")
    parser.add_argument("--random", type=int, nargs=2, metavar=("ACTORS", "CHANNELS"), help="random graphs only")
    options = parser.parse_args()
    small = pipeline(500, np.random.default_rng(0))
    tile_orders(small, small.time)  # compiles
    maximum_cycle_ratio(small)
    self_timed(small, 2)
    if options.random:
        for forward in (0.0, 0.05, 0.5, 1.0):
            sdfg = random_graph(*options.random, np.random.default_rng(1), forward)
            (ratio, cycle), seconds = timed(lambda: maximum_cycle_ratio(sdfg))  # noqa: B023
            print(f"{100 * forward:3.0f} % without tokens forward: {seconds:.2f} s, {ratio}, cycle of {len(cycle):,}")
        return
    print("channels  actors   ratio_s  orders_s  execute_s  numpy_s  networkx_s  ticks_per_step")
    for size in options.channels:
        sdfg = pipeline(size, np.random.default_rng(1))
        orders, order_s = timed(lambda: tile_orders(sdfg, np.arange(len(sdfg.time))))  # noqa: B023
        ordered = with_orders(sdfg, orders)
        (ratio, _), ratio_s = timed(lambda: maximum_cycle_ratio(ordered))  # noqa: B023
        _, execute_s = timed(lambda: self_timed(ordered, 100))  # noqa: B023
        numbers = [(numpy_bisection, 40_000), (bisection, options.baseline_limit)]
        others = []
        for baseline, limit in numbers:
            if size > limit:
                others.append("-")
                continue
            other, seconds = timed(lambda: baseline(ordered))  # noqa: B023
            assert abs(Fraction(other) - ratio) <= Fraction(1, 10**6) * ratio + 1, (other, ratio)
            others.append(f"{seconds:.2f}")
        shown = f"{len(ordered.producer):8d}  {len(ordered.time):6d}  {ratio_s:8.4f}  {order_s:8.4f}  {execute_s:9.4f}"
        print(f"{shown}  {others[0]:>7}  {others[1]:>10}  {ratio}", flush=True)


if __name__ == "__main__":
    main()
