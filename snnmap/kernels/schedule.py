"""Loops on dataflow graphs of rate 1: order, cycle ratios, longest paths, list scheduling, self-timed execution.

Channels leave an actor in CSR form: `ptr` (A + 1,), then per channel its `target` and initial `tokens`; an actor takes
`time` ticks. Knows graphs of integers; what an actor stands for was decided by `schedule`.
"""

import heapq

import numpy as np

from snnmap.core.arrays import F64, I32, I64, Bool
from snnmap.core.jit import njit

NONE = -1


@njit
def firing_order(ptr: I64, target: I32, tokens: I64) -> I64:
    """Actors in topological order of the channels without tokens, int64; shorter than A if those form a cycle."""
    actors = len(ptr) - 1
    waiting = np.zeros(actors, np.int64)
    for channel in range(len(target)):
        if tokens[channel] == 0:
            waiting[target[channel]] += 1
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
                waiting[target[channel]] -= 1
                if waiting[target[channel]] == 0:
                    order[done] = target[channel]
                    done += 1
    return order[:done]


@njit
def blocked_cycle(ptr: I64, target: I32, tokens: I64, order: I64) -> I64:
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
                came[target[channel]] = actor
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
def improve(origin: I32, target: I32, tokens: I64, time: I64, ratio: float, d: F64, slack: float, via: I64) -> bool:
    """Let every actor take its best incoming channel `via` if that beats `d` by more than `slack`; whether any did."""
    best = d + slack
    changed = False
    for channel in range(len(target)):
        value = d[origin[channel]] + time[origin[channel]] - ratio * tokens[channel]
        if value > best[target[channel]]:
            best[target[channel]] = value
            via[target[channel]] = channel
            changed = True
    return changed


@njit
def cut_cycles(origin: I32, tokens: I64, time: I64, via: I64, best_time: int, best_tokens: int) -> tuple[int, int, int]:
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
            node = origin[via[node]]
        if via[node] == NONE or seen[node] != start + 1:
            continue
        total, count, at = 0, 0, node
        while True:
            count += tokens[via[at]]
            at = origin[via[at]]
            total += time[at]
            if at == node:
                break
        if float(total) * float(best_tokens) > float(best_time) * float(count):
            best_time, best_tokens, cut = total, count, via[node]
        via[node] = NONE
    return best_time, best_tokens, cut


@njit
def evaluate(origin: I32, tokens: I64, time: I64, ratio: float, via: I64, d: F64) -> None:
    """Path lengths `d` along the forest of chosen channels `via`; roots keep theirs."""
    known = via == NONE
    stack = np.empty(len(via), np.int64)
    for start in range(len(via)):
        depth, node = 0, start
        while not known[node]:
            stack[depth] = node
            depth += 1
            node = origin[via[node]]
        while depth > 0:
            depth -= 1
            node = stack[depth]
            before = origin[via[node]]
            d[node] = d[before] + time[before] - ratio * tokens[via[node]]
            known[node] = True


@njit
def policy_iteration(origin: I32, target: I32, tokens: I64, time: I64, limit: int) -> I64:
    """Actors of a cycle whose time / tokens is, up to rounding, the largest; empty if no cycle takes time.

    Howard's method with one chosen *incoming* channel per actor, in floating point: a proposal that `longest_paths` has
    to confirm. There must be no cycle without tokens. At most `limit` rounds.
    """
    actors = len(time)
    d = np.zeros(actors, np.float64)
    via = np.full(actors, NONE, np.int64)
    slack = 1e-9 * max(1.0, float(time.max()))
    best_time, best_tokens = 0, 1
    cycle = np.empty(0, np.int64)
    for _ in range(limit):
        if not improve(origin, target, tokens, time, best_time / best_tokens, d, slack, via):
            break
        chosen = via.copy()
        best_time, best_tokens, cut = cut_cycles(origin, tokens, time, via, best_time, best_tokens)
        if cut != NONE:
            came = np.full(actors, NONE, np.int64)
            for actor in range(actors):
                if chosen[actor] != NONE:
                    came[actor] = origin[chosen[actor]]
            cycle = walk_back(came, target[cut])
        evaluate(origin, tokens, time, best_time / best_tokens, via, d)
    return cycle


@njit
def longest_paths(ptr: I64, target: I32, weight: I64, order: I64, d: I64) -> I64:
    """Raise `d` (A,) to the least solution of d[target] >= d[source] + weight, or return a positive cycle's actors.

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
                if value > d[target[channel]]:
                    d[target[channel]] = value
                    came[target[channel]] = actor
                    dirty[target[channel]] = True
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
def tails(ptr: I64, target: I32, tokens: I64, time: I64, order: I64) -> I64:
    """Time from the start of every actor to the end of the step along channels without tokens, int64 (A,)."""
    tail = np.zeros(len(time), np.int64)
    for k in range(len(order) - 1, -1, -1):
        actor = order[k]
        for channel in range(ptr[actor], ptr[actor + 1]):
            if tokens[channel] == 0:
                tail[actor] = max(tail[actor], tail[target[channel]])
        tail[actor] += time[actor]
    return tail


@njit
def pick(first: I64, following: I64, resource: int, priority: I64) -> int:
    """Unlink and return the ready actor of `resource` with the highest priority, lowest number first."""
    best, before_best, before, actor = NONE, NONE, NONE, first[resource]
    while actor != NONE:
        if best == NONE or priority[actor] > priority[best] or (priority[actor] == priority[best] and actor < best):
            best, before_best = actor, before
        before, actor = actor, following[actor]
    if before_best == NONE:
        first[resource] = following[best]
    else:
        following[before_best] = following[best]
    return best


@njit
def list_order(ptr: I64, target: I32, tokens: I64, time: I64, resource: I32, resources: int, priority: I64) -> I64:
    """Actors in the order in which one step of greedy list scheduling starts them, int64 (A,).

    An actor is ready when all channels without tokens into it are served; a free resource (0 .. resources - 1; -1: none
    needed) starts its ready actor with the highest priority. There must be no cycle without tokens.
    """
    actors = len(time)
    waiting = np.zeros(actors, np.int64)
    for channel in range(len(target)):
        if tokens[channel] == 0:
            waiting[target[channel]] += 1
    first = np.full(resources, NONE, np.int64)
    following = np.full(actors, NONE, np.int64)
    busy = np.zeros(resources, np.bool_)
    sequence = np.empty(actors, np.int64)
    touched = np.empty(2 * actors + resources, np.int64)
    running: list[tuple[int, int]] = [(0, 0)][:0]  # numba cannot type an empty list
    started, hot, now = 0, 0, 0
    fresh = np.empty(actors, np.int64)
    count = 0
    for actor in range(actors):
        if waiting[actor] == 0:
            fresh[count] = actor
            count += 1
    while True:
        for k in range(count):
            actor = fresh[k]
            if resource[actor] == NONE:
                heapq.heappush(running, (now + time[actor], actor))
                sequence[started] = actor
                started += 1
            else:
                following[actor] = first[resource[actor]]
                first[resource[actor]] = actor
                touched[hot] = resource[actor]
                hot += 1
        count = 0
        if not running or running[0][0] > now:
            for k in range(hot):
                place = touched[k]
                if not busy[place] and first[place] != NONE:
                    actor = pick(first, following, place, priority)
                    busy[place] = True
                    heapq.heappush(running, (now + time[actor], actor))
                    sequence[started] = actor
                    started += 1
            hot = 0
        if not running:
            return sequence[:started]
        now, ended = heapq.heappop(running)
        if resource[ended] != NONE:
            busy[resource[ended]] = False
            touched[hot] = resource[ended]
            hot += 1
        for channel in range(ptr[ended], ptr[ended + 1]):
            if tokens[channel] == 0:
                waiting[target[channel]] -= 1
                if waiting[target[channel]] == 0:
                    fresh[count] = target[channel]
                    count += 1


@njit
def execute(ptr: I64, target: I32, tokens: I64, order: I64, times: I64, start: I64) -> None:
    """Fill `start` (n, A), zero at entry, with the self-timed start of every firing; `times` (n or 1, A) ticks."""
    steps, actors = start.shape
    for n in range(steps):
        row = n if len(times) > 1 else 0
        for k in range(actors):
            actor = order[k]
            end = start[n, actor] + times[row, actor]
            for channel in range(ptr[actor], ptr[actor + 1]):
                later = n + tokens[channel]
                if later < steps and end > start[later, target[channel]]:
                    start[later, target[channel]] = end


@njit
def row_levels(
    indptr: I64,
    post: I32,
    row_ptr: I64,
    row_source: I32,
    column_ptr: I64,
    column_read: I64,
    column_neuron: I32,
    many: Bool,
    fill: bool,
    entry: I64,
    read: I64,
) -> int:
    """Pairs (row entry, read actor) such that the row has a synapse to a column of that read; returns their number.

    `column_read` is the read actor of every column entry. A cluster without `many` levels has one pair per row. Pairs
    are stored in `entry` and `read` only with `fill`.
    """
    slot = np.full(len(indptr) - 1, NONE, np.int64)
    actors = column_read.max() + 1 if len(column_read) else 0
    stamp = np.full(actors, NONE, np.int64)
    pairs = 0
    for cluster in range(len(row_ptr) - 1):
        first, last = column_ptr[cluster], column_ptr[cluster + 1]
        if not many[cluster]:
            for row in range(row_ptr[cluster], row_ptr[cluster + 1]):
                if fill:
                    entry[pairs], read[pairs] = row, column_read[first]
                pairs += 1
            continue
        for column in range(first, last):
            slot[column_neuron[column]] = column_read[column]
        for row in range(row_ptr[cluster], row_ptr[cluster + 1]):
            source = row_source[row]
            for synapse in range(indptr[source], indptr[source + 1]):
                actor = slot[post[synapse]]
                if actor != NONE and stamp[actor] != row:
                    stamp[actor] = row
                    if fill:
                        entry[pairs], read[pairs] = row, actor
                    pairs += 1
        for column in range(first, last):
            slot[column_neuron[column]] = NONE
    return pairs
