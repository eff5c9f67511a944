"""Dataflow graphs the slow way: token by token, cycle by cycle, route by route. Shares no code with snnmap.

A channel is (source, target, production, consumption, tokens).
"""

import heapq
from collections import Counter, defaultdict
from fractions import Fraction
from itertools import pairwise

import networkx as nx


def simulate(actors, channels, duration, firings):
    """Start times [actor] -> list, of a self-timed run in which actor a fires firings[a] times, or as far as it gets.

    An actor fires as soon as every incoming channel holds its consumption; duration(actor, k) is the time of firing k.
    """
    held = [tokens for *_, tokens in channels]
    into = [[c for c, channel in enumerate(channels) if channel[1] == a] for a in range(actors)]
    outof = [[c for c, channel in enumerate(channels) if channel[0] == a] for a in range(actors)]
    start = [[] for _ in range(actors)]
    ending, now, count = [], 0, 0
    while True:
        fired = True
        while fired:
            fired = False
            for a in range(actors):
                if len(start[a]) < firings[a] and all(held[c] >= channels[c][3] for c in into[a]):
                    for c in into[a]:
                        held[c] -= channels[c][3]
                    heapq.heappush(ending, (now + duration(a, len(start[a])), count, a))
                    start[a].append(now)
                    count += 1
                    fired = True
        if not ending:
            return start
        now = ending[0][0]
        while ending and ending[0][0] == now:
            for c in outof[heapq.heappop(ending)[2]]:
                held[c] += channels[c][2]


def largest_ratio(actors, channels, time):
    """Largest time / tokens over all simple cycles (rates 1), None if some cycle has no tokens, 0 without cycles."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(actors))
    for source, target, _, _, tokens in channels:
        known = graph.get_edge_data(source, target, {"tokens": tokens})["tokens"]
        graph.add_edge(source, target, tokens=min(known, tokens))
    best = Fraction(0)
    for cycle in nx.simple_cycles(graph):
        tokens = sum(graph[a][b]["tokens"] for a, b in pairwise([*cycle, cycle[0]]))
        if tokens == 0:
            return None
        best = max(best, Fraction(sum(time[a] for a in cycle), tokens))
    return best


def dependencies(synapses, level, biases, externals, clusters, home):
    """{(sender, receiver): tokens} between (cluster, level, phase) and "input"; clusters as (rows, columns) sets."""
    needed = {}
    for k, (rows, columns) in enumerate(clusters):
        for source, neuron in synapses:
            if source not in rows or neuron not in columns or source in biases:
                continue
            read = (k, level[neuron], "read")
            if source < externals:
                needed["input", read] = 0
            else:
                needed[(home[source], level[source], "fire"), read] = int(level[neuron] <= level[source])
        for neuron in columns:
            needed[(k, level[neuron], "read"), (home[neuron], level[neuron], "fire")] = 0
    return needed


def active_rows(synapses, level, biases, externals, clusters, emitted):
    """{(cluster, level): most rows decoded in a step}, some of what was emitted in the step before.

    emitted: {(frame, step): {source: number of events}}.
    """
    most = {}
    for k, (rows, columns) in enumerate(clusters):
        for one in {level[n] for n in columns}:
            here = {s for s, n in synapses if s in rows and n in columns and level[n] == one}
            late = {s for s in here if s >= externals and level[s] >= one}
            constant = len(here & biases)
            steps = {key for f, t in emitted for key in ((f, t), (f, t + 1))}
            on = [
                sum(number for s, number in emitted.get((f, t), {}).items() if s in here - late)
                + sum(number for s, number in emitted.get((f, t - 1), {}).items() if s in late)
                for f, t in steps
            ]
            most[k, one] = constant + max(on, default=0)
    return most


def walk(origin, goal):
    """Directed links ((x, y), (x, y)) of the XY route."""
    (x, y), path = origin, [origin]
    while x != goal[0]:
        x += 1 if goal[0] > x else -1
        path.append((x, y))
    while y != goal[1]:
        y += 1 if goal[1] > y else -1
        path.append((x, y))
    return list(pairwise(path))


def link_flits(sendings, sums, emitted, end):
    """{link: {producer: flits}} of each producer's busiest step, with `end` flits more that end it.

    sendings: {source: (producer, origin or ("port", tile), {destination tiles})}; sums: [(reader, origin, goal, n)].
    """
    trees = {s: (p, links_of(origin, goals)) for s, (p, origin, goals) in sendings.items()}
    most = defaultdict(Counter)
    for sources in emitted.values():
        now = defaultdict(Counter)
        for source, number in sources.items():
            if source in trees:
                producer, links = trees[source]
                for link in links:
                    now[producer][link] += number
        for producer, counted in now.items():
            most[producer] |= counted
    flits = defaultdict(Counter)
    for producer, links in trees.values():
        for link in links:
            flits[link][producer] = most[producer][link] + end
    for reader, origin, goal, number in sums:
        for link in links_of(origin, {goal}):
            flits[link][reader] += number + end
    return flits


def links_of(origin, goals):
    """Distinct links of the multicast tree, with the links into and out of the network."""
    entry, tile = (origin, origin[1]) if origin[0] == "port" else (("into", origin), origin)
    links = {entry} if goals else set()
    for goal in goals:
        links |= {*walk(tile, goal), ("out", goal)}
    return links


def run_phases(time, channels, firings, overlap):
    """Start times [actor] -> list of a cyclo-static graph in which actor a fires firings[a] times, or as far as it can.

    time[a]: time of each phase; channels (source, target, made per phase, taken per phase, tokens). A channel is a
    queue of the times at which its tokens arrive, in the order of the firings that make them. Without `overlap` a
    firing waits for the end of the one before.
    """
    queues = [[0] * tokens for *_, tokens in channels]
    start = [[] for _ in time]
    free = [0] * len(time)
    events, now = [0], 0
    while events:
        now = heapq.heappop(events)
        fired = True
        while fired:
            fired = False
            for a, phases in enumerate(time):
                k = len(start[a])
                here = [
                    (queues[c], channel[3][k % len(phases)]) for c, channel in enumerate(channels) if channel[1] == a
                ]
                ready = all(len(q) >= n and max(q[:n], default=0) <= now for q, n in here)
                if k >= firings[a] or not ready or (not overlap and free[a] > now):
                    continue
                for q, n in here:
                    del q[:n]
                free[a] = now + phases[k % len(phases)]
                for c, channel in enumerate(channels):
                    if channel[0] == a:
                        queues[c] += [free[a]] * channel[2][k % len(phases)]
                start[a].append(now)
                heapq.heappush(events, free[a])
                fired = True
    return start


def proves(time, channels, firings, start, period, scale, cycle):
    """Whether starts and a critical cycle prove that period / scale ticks per iteration is the least; integers only.

    start[a][k] in 1 / scale ticks; cycle: (actor, firing, lag of the next one in iterations); rest as in `run_phases`,
    with one-token channels from an actor to itself where its firings may not overlap.
    """
    bound = set()
    for s, t, made, taken, tokens in channels:
        for j in range(firings[t]):
            token = sum(taken[k % len(taken)] for k in range(j + 1)) - tokens - 1
            phase = next(f for f in range(len(made)) if sum(made[: f + 1]) > token % sum(made))
            last = token // sum(made) * len(made) + phase
            for m in (m for m in range(last - len(made) + 1, last + 1) if made[m % len(made)]):
                begins = start[s][m % firings[s]] + m // firings[s] * period
                if begins + scale * time[s][m % len(made)] > start[t][j]:
                    return False
                bound.add((s, m % firings[s], t, j, -(m // firings[s])))
    turns = sum(lag for *_, lag in cycle)
    hops = all((a, k, b, n, lag) in bound for (a, k, lag), (b, n, _) in pairwise([*cycle, *cycle[:1]]))
    return hops and turns > 0 and scale * sum(time[a][k % len(time[a])] for a, k, _ in cycle) == period * turns
