"""Loops of list scheduling: priorities, and the order in which free tiles start ready actors; raw arrays only."""

import heapq

import numpy as np

from snnmap.core.arrays import I32, I64
from snnmap.core.jit import njit
from snnmap.sdf.kernels.cycles import NONE


@njit
def tails(ptr: I64, consumer: I32, tokens: I64, time: I64, order: I64) -> I64:
    """Time from the start of every actor to the end of the step along channels without tokens, int64 (A,)."""
    tail = np.zeros(len(time), np.int64)
    for k in range(len(order) - 1, -1, -1):
        actor = order[k]
        for channel in range(ptr[actor], ptr[actor + 1]):
            if tokens[channel] == 0:
                tail[actor] = max(tail[actor], tail[consumer[channel]])
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
def list_order(ptr: I64, consumer: I32, tokens: I64, time: I64, resource: I32, resources: int, priority: I64) -> I64:
    """Actors in the order in which one step of greedy list scheduling starts them, int64 (A,).

    An actor is ready when all channels without tokens into it are served; a free resource (0 .. resources - 1; -1: none
    needed) starts its ready actor with the highest priority. There must be no cycle without tokens.
    """
    actors = len(time)
    waiting = np.zeros(actors, np.int64)
    for channel in range(len(consumer)):
        if tokens[channel] == 0:
            waiting[consumer[channel]] += 1
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
                waiting[consumer[channel]] -= 1
                if waiting[consumer[channel]] == 0:
                    fresh[count] = consumer[channel]
                    count += 1
