"""What the network must carry, against sets, and the links of its routes, against paths walked tile by tile."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import hops
from support.machines import mesh
from support.schedule_cases import Case, random_case

from snnmap.ir import Mapping
from snnmap.legality.recount import recount
from snnmap.legality.sent import port_tile, sent, walked
from snnmap.pipeline.compile import Compiled


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.integers(1, 5))
def test_routes_cross_the_links_of_the_walked_path_in_its_order(seed: int, width: int, height: int) -> None:
    rng = np.random.default_rng(seed)
    port = (int(rng.integers(0, width)), int(rng.integers(0, height)))
    machine, tiles = mesh(width, height, port=port), width * height
    assert port_tile(machine) == port[1] * width + port[0]
    goal, from_port = rng.integers(0, tiles, 6), rng.random(6) < 0.3
    origin = np.where(from_port, port_tile(machine), rng.integers(0, tiles, 6))
    way = walked(origin, goal, from_port, machine)
    for route in range(6):
        start, end = (divmod(int(t), width)[::-1] for t in (origin[route], goal[route]))
        path = hops.xy_path(start, end)
        expected = {(6 * tiles if from_port[route] else 4 * tiles + int(origin[route]), 0)}
        expected.add((5 * tiles + int(goal[route]), len(path) - 1))
        for depth, ((x, y), (to_x, to_y)) in enumerate(pairwise(path)):
            expected.add((4 * (y * width + x) + hops.STEPS[to_x - x, to_y - y], depth))
        own = way.route == route
        assert sorted(zip(way.link[own].tolist(), way.depth[own].tolist(), strict=True)) == sorted(expected)


def mapped(compiled: Compiled, case: Case, partial: np.ndarray) -> Mapping:
    return replace(compiled.mapping, clustering=case.clustering, placement=case.placement, partial_messages=partial)


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_sources_and_sums_that_travel_are_those_of_sets(compiled: Compiled, seed: int, shared: bool) -> None:
    case = random_case(seed, shared=shared)
    tile = case.placement.tile.tolist()
    partial = np.random.default_rng(seed).integers(0, 3, len(case.clustering.column_neuron))
    found = sent(mapped(compiled, case, partial), case.graph, recount(case.graph, case.clustering))
    heard = {
        (s, k)
        for k, (rows, columns) in enumerate(case.clusters)
        for s, n in case.synapses
        if s in rows and n in columns and s not in case.biases
    }
    spikes = {
        ("input" if s < case.externals else f"c{case.home[s]}/l{case.level[s]}/fire", s, k)
        for s, k in heard
        if s < case.externals or tile[case.home[s]] != tile[k]
    }
    told = zip(found.sender.tolist(), found.source.tolist(), found.cluster.tolist(), strict=True)
    assert sorted((found.actor[a], s, k) for a, s, k in told) == sorted(spikes)
    columns = [(k, n) for k, (_, columns) in enumerate(case.clusters) for n in sorted(columns)]
    sums: dict[tuple[str, int], list[int]] = {}
    for (k, n), messages in zip(columns, partial.tolist(), strict=True):
        if tile[case.home[n]] != tile[k]:
            sums.setdefault((f"c{k}/l{case.level[n]}/read", case.home[n]), []).append(messages)
    told = zip(found.sum_sender.tolist(), found.sum_cluster.tolist(), found.sums.tolist(), strict=True)
    assert {(found.actor[a], k): n for a, k, n in told} == {
        ends: min(len(messages), sum(messages)) for ends, messages in sums.items()
    }
    for actor, cluster in zip(found.actor, found.cluster_of.tolist(), strict=True):
        assert cluster == (-1 if actor == "input" else int(actor[1:].partition("/")[0]))
