"""Loops on dataflow graphs of rate 1: firing order, cycle ratios, longest paths, self-timed execution.

Channels leave an actor in CSR form: `ptr` (A + 1,), then per channel its `consumer` and initial `tokens`; an actor
takes `time` ticks. Knows graphs of integers, not what an actor stands for; raw arrays only.
"""

import numpy as np

from snnmap.core.arrays import F64, I32, I64
from snnmap.core.jit import njit

NONE = -1


@njit
def firing_order(ptr: I64, consumer: I32, tokens: I64) -> I64:
    """Actors in topological order of the channels without tokens, int64; shorter than A if those form a cycle."""
    actors = len(ptr) - 1
    waiting = np.zeros(actors, np.int64)
    for channel in range(len(consumer)):
        if tokens[channel] == 0:
            waiting[consumer[channel]] += 1
    order = np.empty(actors, np.int64)
    done = 0
    for actor in range(actors):
        if waiting[actor] == 0:
            order[done] = actor
            done += 1
    at = 0
    while at < done:
        actor = order[at]
        at += 1
        for channel in range(ptr[actor], ptr[actor + 1]):
            if tokens[channel] == 0:
                waiting[consumer[channel]] -= 1
                if waiting[consumer[channel]] == 0:
                    order[done] = consumer[channel]
                    done += 1
    return order[:done]


@njit
def blocked_cycle(ptr: I64, consumer: I32, tokens: I64, order: I64) -> I64:
    """Actors of one cycle without tokens, in order; `order` is the incomplete result of `firing_order`."""
    actors = len(ptr) - 1
    free = np.zeros(actors, np.bool_)
    for actor in order:
        free[actor] = True
    came = np.full(actors, NONE, np.int64)
    last = NONE
    for actor in range(actors):
        if free[actor]:
            continue
        for channel in range(ptr[actor], ptr[actor + 1]):
            if tokens[channel] == 0:
                came[consumer[channel]] = actor
        last = actor
    # every blocked actor waits for a blocked one, so walking back must come round
    for _ in range(actors):
        last = came[last]
    return walk_back(came, last)


@njit
def walk_back(came: I64, first: int) -> I64:
    """Cycle through `first` of the graph with one predecessor `came` per node, in forward order."""
    length = 1
    node = came[first]
    while node != first:
        length += 1
        node = came[node]
    cycle = np.empty(length, np.int64)
    for k in range(length):
        cycle[length - 1 - k] = node
        node = came[node]
    return cycle


@njit
def improve(producer: I32, consumer: I32, tokens: I64, time: I64, ratio: float, d: F64, slack: float, via: I64) -> bool:
    """Let every actor take its best incoming channel `via` if that beats `d` by more than `slack`; whether any did."""
    best = d + slack
    changed = False
    for channel in range(len(consumer)):
        value = d[producer[channel]] + time[producer[channel]] - ratio * tokens[channel]
        if value > best[consumer[channel]]:
            best[consumer[channel]] = value
            via[consumer[channel]] = channel
            changed = True
    return changed


@njit
def longest_walks(ptr: I64, consumer: I32, tokens: I64, time: I64, order: I64, d: F64, via: I64) -> None:
    """Lengths `d` of the longest walks without tokens to every actor, and the last channel of each, `via`."""
    d[:] = 0.0
    via[:] = NONE
    for actor in order:
        end = d[actor] + time[actor]
        for channel in range(ptr[actor], ptr[actor + 1]):
            if tokens[channel] == 0 and end > d[consumer[channel]]:
                d[consumer[channel]] = end
                via[consumer[channel]] = channel


@njit
def cut_cycles(
    producer: I32, tokens: I64, time: I64, via: I64, best_time: int, best_tokens: int
) -> tuple[int, int, int]:
    """Cut every cycle of the chosen channels `via` at one actor.

    Returns the time and tokens of the cycle with the largest ratio above `best_time` / `best_tokens`, and the channel
    cut there, or the given ones and -1.
    """
    seen = np.zeros(len(via), np.int64)
    cut = NONE
    for start in range(len(via)):
        node = start
        while seen[node] == 0 and via[node] != NONE:
            seen[node] = start + 1
            node = producer[via[node]]
        if via[node] == NONE or seen[node] != start + 1:
            continue
        total, count, at = 0, 0, node
        while True:
            count += tokens[via[at]]
            at = producer[via[at]]
            total += time[at]
            if at == node:
                break
        if float(total) * float(best_tokens) > float(best_time) * float(count):
            best_time, best_tokens, cut = total, count, via[node]
        via[node] = NONE
    return best_time, best_tokens, cut


@njit
def evaluate(producer: I32, tokens: I64, time: I64, ratio: float, via: I64, d: F64) -> None:
    """Path lengths `d` along the forest of chosen channels `via`; roots keep theirs."""
    known = via == NONE
    stack = np.empty(len(via), np.int64)
    for start in range(len(via)):
        depth, node = 0, start
        while not known[node]:
            stack[depth] = node
            depth += 1
            node = producer[via[node]]
        while depth > 0:
            depth -= 1
            node = stack[depth]
            before = producer[via[node]]
            d[node] = d[before] + time[before] - ratio * tokens[via[node]]
            known[node] = True


@njit
def closed_walk(producer: I32, consumer: I32, tokens: I64, time: I64, order: I64, d: F64, via: I64) -> I64:
    """Actors of the best cycle that one channel with tokens closes behind a walk without, from its begin to its end.

    Empty if none takes time. `via` is a forest of channels without tokens, `d` the lengths of its walks; in `order`
    parents come before children.
    """
    actors = len(time)
    size, first, free = np.ones(actors, np.int64), np.zeros(actors, np.int64), np.zeros(actors, np.int64)
    for k in range(actors - 1, -1, -1):
        if via[order[k]] != NONE:
            size[producer[via[order[k]]]] += size[order[k]]
    roots = 0
    for actor in order:  # numbers the subtree of an actor first .. first + size - 1
        if via[actor] == NONE:
            first[actor] = roots
            roots += size[actor]
        else:
            parent = producer[via[actor]]
            first[actor] = free[parent]
            free[parent] += size[actor]
        free[actor] = first[actor] + 1
    best, count, chosen = 0.0, 1, NONE
    for channel in range(len(consumer)):
        begin, end = consumer[channel], producer[channel]
        if tokens[channel] > 0 and first[begin] <= first[end] < first[begin] + size[begin]:
            total = d[end] + time[end] - d[begin]
            if total * count > best * tokens[channel]:
                best, count, chosen = total, tokens[channel], channel
    if chosen == NONE:
        return np.empty(0, np.int64)
    came = np.full(actors, NONE, np.int64)
    node = producer[chosen]
    came[consumer[chosen]] = node
    while node != consumer[chosen]:
        came[node] = producer[via[node]]
        node = came[node]
    return walk_back(came, int(np.int64(producer[chosen])))


@njit
def policy_iteration(
    ptr: I64, producer: I32, consumer: I32, tokens: I64, time: I64, order: I64, patience: int, limit: int
) -> I64:
    """Actors of a cycle whose time / tokens is, up to rounding, the largest; empty if no cycle takes time.

    Howard's method with one chosen *incoming* channel per actor, in floating point: a proposal that `longest_paths` has
    to confirm. There must be no cycle without tokens. A round goes one channel further, so that a long walk without
    tokens takes many: after `patience` rounds all of those are followed at once, along the firing `order`, and the best
    cycle that one channel closes behind them is where it goes on. At most `limit` rounds.
    """
    actors = len(time)
    d = np.zeros(actors, np.float64)
    via = np.full(actors, NONE, np.int64)
    slack = 1e-9 * max(1.0, float(time.max()))
    best_time, best_tokens = 0, int(np.int64(1))
    cycle = np.empty(0, np.int64)
    for number in range(limit):
        if number == patience:
            longest_walks(ptr, consumer, tokens, time, order, d, via)
            closed = closed_walk(producer, consumer, tokens, time, order, d, via)
            total, count = time[closed].sum(), 1
            for channel in range(ptr[closed[-1]], ptr[closed[-1] + 1]) if len(closed) else range(0):
                if consumer[channel] == closed[0]:
                    count = tokens[channel]
            if float(total) * float(best_tokens) > float(best_time) * float(count):
                best_time, best_tokens, cycle = total, count, closed
        if not improve(producer, consumer, tokens, time, best_time / best_tokens, d, slack, via):
            break
        chosen = via.copy()
        best_time, best_tokens, cut = cut_cycles(producer, tokens, time, via, best_time, best_tokens)
        if cut != NONE:
            came = np.full(actors, NONE, np.int64)
            for actor in range(actors):
                if chosen[actor] != NONE:
                    came[actor] = producer[chosen[actor]]
            cycle = walk_back(came, int(np.int64(consumer[cut])))
        evaluate(producer, tokens, time, best_time / best_tokens, via, d)
    return cycle


@njit
def longest_paths(ptr: I64, consumer: I32, weight: I64, order: I64, d: I64) -> I64:
    """Raise `d` (A,) to the least solution of d[consumer] >= d[producer] + weight, or return a positive cycle's actors.

    Sweeps go along `order`, the firing order, and back in turn (Yen 1970): one along it follows a whole step, one
    back a row of channels with tokens. Exact: integers only. Returns an empty array when done.
    """
    actors = len(d)
    came = np.full(actors, NONE, np.int64)
    dirty = np.ones(actors, np.bool_)
    mark = np.zeros(actors, np.int64)
    changed, forward = True, True
    while changed:
        changed = False
        for k in range(actors):
            actor = order[k] if forward else order[actors - 1 - k]
            if not dirty[actor]:
                continue
            dirty[actor] = False
            for channel in range(ptr[actor], ptr[actor + 1]):
                value = d[actor] + weight[channel]
                if value > d[consumer[channel]]:
                    d[consumer[channel]] = value
                    came[consumer[channel]] = actor
                    dirty[consumer[channel]] = True
                    changed = True
        forward = not forward
        mark[:] = 0
        for start in range(actors):
            node = start
            while node != NONE and mark[node] == 0:
                mark[node] = start + 1
                node = came[node]
            if node != NONE and mark[node] == start + 1:
                return walk_back(came, node)
    return np.empty(0, np.int64)


@njit
def execute(ptr: I64, consumer: I32, tokens: I64, order: I64, times: I64, start: I64) -> None:
    """Fill `start` (n, A), zero at entry, with the self-timed start of every firing; `times` (n or 1, A) ticks."""
    steps, actors = start.shape
    for n in range(steps):
        row = n if len(times) > 1 else 0
        for k in range(actors):
            actor = order[k]
            end = start[n, actor] + times[row, actor]
            for channel in range(ptr[actor], ptr[actor + 1]):
                later = n + tokens[channel]
                if later < steps and end > start[later, consumer[channel]]:
                    start[later, consumer[channel]] = end
