"""Random placement problems, and their cost by the oracle's count of the same arrays."""

from dataclasses import replace

import numpy as np
from oracles import placement as oracle
from support.machines import mesh
from support.several_chips import divided

from snnmap.ir import Traffic
from snnmap.stages.protocols import PlacementProblem, Run, Term, linear, pairwise


def random_traffic(rng, clusters, groups, *, most_targets=5):
    """Groups of up to `most_targets` targets, some from the port, some of them silent."""
    plain = []
    for _ in range(groups if clusters > 1 else 0):
        sender = int(rng.integers(-1, clusters))
        others = [k for k in range(clusters) if k != sender]
        size = int(rng.integers(1, min(most_targets, len(others)) + 1))
        targets = sorted(int(k) for k in rng.choice(others, size, replace=False))
        plain.append((sender, targets, int(rng.integers(0, 50))))
    ptr = np.cumsum([0] + [len(t) for _, t, _ in plain])
    flat = np.array([k for _, t, _ in plain for k in t], np.int32)
    return Traffic([s for s, _, _ in plain], ptr, flat, [m for *_, m in plain], [int(s < 0) for s, _, _ in plain])


def grid_traffic(side):
    """Clusters of a side x side grid, each sending 10 messages to its right and lower neighbours."""
    sender, targets = [], []
    for k in range(side * side):
        near = [k + 1] * (k % side < side - 1) + [k + side] * (k // side < side - 1)
        if near:
            sender.append(k)
            targets.append(near)
    ptr = np.cumsum([0] + [len(t) for t in targets])
    return Traffic(sender, ptr, [k for t in targets for k in t], np.full(len(sender), 10), np.zeros(len(sender)))


def random_terms(rng, clusters, tiles):
    return (
        pairwise(rng.integers(-9, 10, (clusters, clusters)), rng.integers(0, 9, (tiles, tiles))),
        linear(rng.integers(0, 300, (clusters, tiles))),
        Term(
            rng.integers(0, 5, (clusters, clusters)),
            rng.integers(0, 5, (tiles, tiles)),
            rng.integers(0, 9, (clusters, tiles)),
        ),
    )


def random_problem(rng, *, most_clusters=12, shared=False):
    """Up to 4 x 4 tiles of up to 3 clusters each, any port, with terms in half of the cases."""
    width, height = int(rng.integers(1, 5)), int(rng.integers(1, 5))
    per_tile = int(rng.integers(1, 4)) if shared else 1
    clusters = int(rng.integers(1, min(most_clusters, width * height * per_tile) + 1))
    traffic = random_traffic(rng, clusters, 15)
    port = (int(rng.integers(width)), int(rng.integers(height)))
    terms = random_terms(rng, clusters, width * height) if rng.random() < 0.5 else ()
    return PlacementProblem(traffic, clusters, mesh(width, height, clusters_per_tile=per_tile, port=port), terms)


def on_several(problem, rng):
    """The same problem with its mesh divided among chips, one or more, and any weight of a link between them."""
    machine = problem.hardware
    sides = machine.mesh_width, machine.mesh_height
    across, down = (int(rng.choice([n for n in range(1, side + 1) if side % n == 0])) for side in sides)
    return replace(problem, hardware=divided(machine, across, down), border=int(rng.integers(1, 30)))


def groups_of(traffic):
    """(sender, targets, messages) of every group."""
    ends = traffic.target_ptr.tolist()
    return [
        (int(s), traffic.target[ends[g] : ends[g + 1]].tolist(), int(traffic.messages[g]))
        for g, s in enumerate(traffic.sender)
    ]


def plain_problem(problem):
    """Groups, mesh width, port, terms, tiles of a chip and links that a link between chips counts as the oracle takes
    them.
    """
    terms = [(t.flow.tolist(), t.distance.tolist(), t.preference.tolist()) for t in problem.terms]
    machine = problem.hardware
    mesh_port = machine.mesh_width, machine.port
    return groups_of(problem.traffic), *mesh_port, terms, machine.chip_mesh, problem.border


def cost_of(problem, placement):
    return oracle.cost(placement.tile.tolist(), *plain_problem(problem))


def least_cost(problem):
    """Cost of the best of all placements that share no tile more often than they must."""
    plain, tiles = plain_problem(problem), problem.hardware.tiles
    shared = -(-problem.clusters // tiles)
    return oracle.optimum(problem.clusters, tiles * shared, shared, lambda tile: oracle.cost(tile, *plain))


def run_of(seed=0, progress=None, deadline=None):
    return Run(np.random.default_rng(seed), progress, deadline)
