"""The particle swarm: permutations whatever the keys, a random stream of its own, and no trace of pyswarms."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.machines import mesh
from support.placement_cases import cost_of, grid_traffic, random_traffic, run_of

from snnmap.ir import Placement
from snnmap.stages.place import Swarm
from snnmap.stages.place.swarm import decoded, encoded
from snnmap.stages.protocols import PlacementProblem

FIVE = PlacementProblem(random_traffic(np.random.default_rng(0), 5, 10), 5, mesh(3, 2))
SMALL = Swarm(particles=12, iterations=15, finish=False)


def global_stream():
    kind, key, *rest = np.random.get_state()  # noqa: NPY002
    return kind, key.tolist(), rest


def test_numpys_global_stream_is_neither_read_nor_changed():
    placements = []
    for seed in (1, 2):
        np.random.seed(seed)  # noqa: NPY002
        before = global_stream()
        placements.append(SMALL(FIVE, run_of(3)).tile.tolist())
        assert global_stream() == before
    assert placements[0] == placements[1]


def test_the_swarm_draws_from_its_run():
    problem = PlacementProblem(
        grid_traffic(4), 16, mesh(4, 4), start=Placement(np.random.default_rng(1).permutation(16))
    )
    tiles = [SMALL(problem, run_of(seed)).tile.tolist() for seed in (3, 3, 4, 5, 6)]
    assert tiles[0] == tiles[1]
    assert any(tile != tiles[0] for tile in tiles[2:])


SCRIPT = """
import logging, os, sys, warnings
import numpy as np
from support.machines import mesh
from support.placement_cases import random_traffic, run_of
from snnmap.stages.place import Swarm
from snnmap.stages.protocols import PlacementProblem
filters, root, own = list(warnings.filters), logging.getLogger(), logging.getLogger("of.the.user")
handler = logging.StreamHandler()
root.addHandler(handler)
problem = PlacementProblem(random_traffic(np.random.default_rng(0), 5, 10), 5, mesh(3, 2))
Swarm(particles=3, iterations=2)(problem, run_of())
assert "pyswarms" in sys.modules and "unittest.mock" not in sys.modules
assert root.handlers == [handler] and root.level == logging.WARNING and not own.disabled
assert warnings.filters == filters
assert os.environ.get("LOG_CFG") == EXPECTED
"""


@pytest.mark.parametrize("configuration", [None, "users.yml"])
def test_importing_pyswarms_leaves_no_trace(tmp_path, configuration):
    """No file, no output, no logging set up, no variable; in a process of its own, because an import happens once."""
    environment = {name: value for name, value in os.environ.items() if name != "LOG_CFG"}
    environment["PYTHONPATH"] = str(Path(__file__).parents[2])
    if configuration:
        environment["LOG_CFG"] = configuration
    command = [sys.executable, "-c", SCRIPT.replace("EXPECTED", repr(configuration))]
    ran = subprocess.run(command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")
    assert list(tmp_path.iterdir()) == []


def test_particles_keep_their_way_and_are_pulled_to_both_bests():
    rng = np.random.default_rng(0)
    position, velocity, own_best = rng.random((3, 2, 4))
    best = rng.random(4)
    swarm = SimpleNamespace(position=position, velocity=velocity, pbest_pos=own_best, best_pos=best)
    found = Swarm(inertia=0.5, cognitive=2.0, social=3.0)._pulled(swarm, np.random.default_rng(7))
    own, common = np.random.default_rng(7).random((2, 2, 4))
    for p, s in np.ndindex(2, 4):
        pulls = 2.0 * own[p, s] * (own_best[p, s] - position[p, s]) + 3.0 * common[p, s] * (best[s] - position[p, s])
        assert found[p, s] == pytest.approx(0.5 * velocity[p, s] + pulls)


def test_without_the_descent_it_is_worse_than_with_it():
    start = Placement(np.random.default_rng(5).permutation(36))
    problem = PlacementProblem(grid_traffic(6), 36, mesh(6, 6), start=start)
    cost = [cost_of(problem, Swarm(finish=finish)(problem, run_of())) for finish in (False, True)]
    assert cost[1] < cost[0] <= cost_of(problem, start)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), clusters=st.integers(1, 9))
def test_keys_decode_to_distinct_slots_and_back(seed, clusters):
    rng = np.random.default_rng(seed)
    slots = rng.permutation(9)[:clusters]
    assert decoded(encoded(slots, 9)[None], clusters)[0].tolist() == slots.tolist()
    ties = rng.integers(0, 2, (4, 9)).astype(float)
    assert all(len(set(row)) == clusters for row in decoded(ties, clusters).tolist())
