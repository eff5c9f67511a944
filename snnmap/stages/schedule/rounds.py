"""Rounds: on one tile an actor may work on a later block than another, so that tiles do not wait for each other.

In round n an actor runs block n - lag. Where a consumer lags its producers by a round, all that it needs is there when
the round begins, and the order on its tile is free: the period comes down to the work of the busiest tile. This is the
retiming of Leiserson & Saxe (Algorithmica 6, 1991): a channel has its tokens and the lag of its consumer minus that of
its producer, cycles keep their sums, so no cycle ratio changes but those of the tiles' orders.
"""

from dataclasses import replace

import numpy as np

from snnmap.core.arrays import I64, frozen
from snnmap.ir import Sdfg
from snnmap.stages.schedule.links import Placed


def lags_of(placed: Placed, buffer_tokens: int) -> list[I64]:
    """Ways to lag behind: rounds of every actor, messages as their producers, int64 (A,) each.

    First a round from a cluster to every cluster that hears its spikes or adds its sums, then to those that hear its
    spikes only: sums are then added in the round in which they are read. Left out is what lags nothing, and where a
    consumer would lag its producer by more blocks than a channel holds.
    """
    links = placed.links
    spikes = links.columns == 0
    ways = [_longest(placed, np.ones(len(spikes), np.int64)), _longest(placed, spikes.astype(np.int64))]
    good = [
        lag
        for lag in ways
        if np.any(lag) and not np.any(lag[links.consumer] - lag[links.producer] + links.delayed > buffer_tokens)
    ]
    return [np.append(lag, lag[placed.messages.producer]) for lag in good]


def _longest(placed: Placed, rounds: I64) -> I64:
    """Least lag of every read, fire and the port that gives each link its `rounds` (C,); none in a delayed link.

    Clusters that need each other share a lag.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    actors, links = placed.actors, placed.links
    clusters = len(placed.tile_of_cluster)
    owner = np.append(actors.cluster(), clusters)
    sender, receiver = owner[links.producer], owner[links.consumer]
    pattern = coo_array((np.ones(len(sender)), (sender, receiver)), (clusters + 1, clusters + 1))
    group: I64 = connected_components(pattern, connection="strong")[1].astype(np.int64)
    between = group[sender] != group[receiver]
    waits = np.where((links.delayed > 0) | (links.producer == actors.port), 0, rounds)[between]
    ends = group[sender[between]], group[receiver[between]]
    lag: I64 = np.zeros(int(group.max()) + 1, np.int64)
    for _ in range(len(lag)):
        before = lag.copy()
        np.maximum.at(lag, ends[1], before[ends[0]] + waits)
        if np.array_equal(before, lag):
            break
    of_actor: I64 = lag[group[owner]]
    return of_actor


def retimed(sdfg: Sdfg, lag: I64) -> Sdfg:
    """`sdfg` with the tokens of its rounds."""
    tokens = sdfg.tokens + lag[sdfg.consumer] - lag[sdfg.producer]
    return replace(sdfg, tokens=frozen(tokens, np.int64))
