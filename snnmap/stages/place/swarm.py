"""Particle swarm over random keys, on the backend of pyswarms: the placer of the papers."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from snnmap.core.arrays import F64, I64
from snnmap.core.errors import InputError
from snnmap.ir import Placement
from snnmap.stages.place.search import Search, start_search, swap_descent
from snnmap.stages.protocols import PlacementProblem, Run

SEEDED = 4
"""One particle in this many starts near the constructive placement, the others anywhere."""
STEP = 0.2
"""Largest velocity, in units of the whole range of keys."""
LOGGING = Path(__file__).with_name("pyswarms_logging.yml")
"""Logging configuration that changes nothing, for pyswarms to read in place of its own, which opens `report.log`."""


@dataclass(frozen=True, slots=True)
class Swarm:
    """Global-best particle swarm with random-key decoding, finished by swap descent.

    **Why random keys.** A swarm moves through continuous space; rounding its coordinates to tiles can put two clusters
    on one tile. Here a particle holds one key per slot and `argsort` of the keys gives the order in which clusters take
    slots: a permutation whatever the keys are, so every particle is a legal placement.

    **Why not the swarm alone.** Keys near one another decode to placements that have little in common, so a swarm on
    permutations is almost random search: with 20,000 evaluations its gap to the best known solution is 15.6 % on nug30,
    12.9 % on sko100a and 17.3 % on tho150, of random permutations 19.1, 14.1 and 17.1 %, of swap descent 1.5, 1.8 and
    3.1 %. Hence one particle in four starts near the constructive placement and `finish` ends with a descent; switch it
    off to see the papers' method as it is.

    Sources: Kennedy and Eberhart, Particle swarm optimization, ICNN 1995; Bean, Genetic algorithms and random keys,
    ORSA J. Computing 6(2), 1994; Das et al., Mapping of local and global synapses, DATE 2018 (PSO for SNNs).
    """

    particles: int = 40
    iterations: int = 250
    inertia: float = 0.7
    cognitive: float = 1.5
    """Pull towards a particle's own best."""
    social: float = 1.5
    """Pull towards the swarm's best."""
    finish: bool = True
    """Swap descent at the end."""

    def __post_init__(self) -> None:
        if self.particles < 1 or self.iterations < 1:
            raise InputError(f"a swarm needs particles and iterations; got {self.particles} and {self.iterations}")

    def __call__(self, problem: PlacementProblem, run: Run) -> Placement:
        """Best placement met, from `start` or from the constructive start; never worse than it.

        Raises
        ------
        InfeasibleError
            If there are more clusters than the tiles can take.
        InputError
            If `start` or a term does not match.
        """
        search = start_search(problem, run)
        if problem.clusters:
            self._fly(search, run.rng)
            search.restart(search.best_slots)
        if self.finish:
            swap_descent(search, run.rng, 200, 0)
        return search.placement()

    def _fly(self, search: Search, rng: np.random.Generator) -> None:
        """Move the particles, with an inertia weight, until iterations or time are over.

        pyswarms keeps the bests, clamps velocities and moves; the velocity is computed here, because its
        `compute_velocity` draws from numpy's global stream alone.
        """
        with _quiet():
            from pyswarms.backend import Swarm as Particles
            from pyswarms.backend import VelocityHandler, compute_pbest
            from pyswarms.backend.topology import Star

            star, clamped = Star(), VelocityHandler(strategy="unmodified")
        positions = _first_positions(search, rng, self.particles)
        swarm = Particles(position=positions, velocity=rng.uniform(-STEP, STEP, positions.shape))
        swarm.pbest_cost = np.full(self.particles, np.inf)
        for iteration in range(self.iterations):
            if search.out_of_time:
                return
            swarm.current_cost = _judged(search, swarm.position)
            search.tell(iteration + 1, self.iterations)
            swarm.pbest_pos, swarm.pbest_cost = compute_pbest(swarm)
            swarm.best_pos, swarm.best_cost = star.compute_gbest(swarm)
            swarm.velocity = clamped(self._pulled(swarm, rng), (-STEP, STEP))
            swarm.position = star.compute_position(swarm)

    def _pulled(self, swarm: Any, rng: np.random.Generator) -> F64:
        """Velocities (P, slots) after the pulls towards the particles' own bests and the swarm's best."""
        shape = swarm.position.shape
        own = self.cognitive * rng.random(shape) * (swarm.pbest_pos - swarm.position)
        common = self.social * rng.random(shape) * (swarm.best_pos - swarm.position)
        pulled: F64 = self.inertia * swarm.velocity + own + common
        return pulled


def _judged(search: Search, keys: F64) -> F64:
    """Costs (P,) of decoded keys (P, slots); the search takes note of the best."""
    from snnmap.stages.place.kernels.swaps import costs

    slots = decoded(keys, len(search.best_slots))
    values = np.zeros(len(keys), np.int64)
    costs(search.board, search.state, slots, values)
    best = int(np.argmin(values))
    if values[best] < search.best:
        search.best, search.best_slots = int(values[best]), slots[best].copy()
    return values.astype(np.float64)


def decoded(keys: F64, clusters: int) -> I64:
    """Slots (P, K), distinct within a particle: the order of the keys (P, slots), cut to the number of clusters."""
    return np.argsort(keys, axis=1, kind="stable")[:, :clusters].astype(np.int64, copy=False)


def encoded(slots: I64, total: int) -> F64:
    """Keys (total,) in [0, 1) that decode to `slots` (K,)."""
    free = np.setdiff1d(np.arange(total), slots)
    keys = np.empty(total)
    keys[np.concatenate([slots, free])] = np.arange(total) / total
    return keys


def _first_positions(search: Search, rng: np.random.Generator, particles: int) -> F64:
    """Keys (P, slots): the start itself, then starts with more and more noise, the others uniform."""
    slots = len(search.state.occupant)
    positions = rng.random((particles, slots))
    seeded = -(-particles // SEEDED)
    start = encoded(search.best_slots, slots)
    noise = np.linspace(0.0, 0.1, seeded)[:, None]
    positions[:seeded] = start + noise * rng.standard_normal((seeded, slots))
    return positions


@contextmanager
def _quiet() -> Iterator[None]:
    """Import and build objects of pyswarms without its warnings and without its logging.

    Each of its objects configures logging anew, from the file that the environment variable LOG_CFG names.
    """
    before = os.environ.get("LOG_CFG")
    os.environ["LOG_CFG"] = str(LOGGING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if before is None:
            del os.environ["LOG_CFG"]
        else:
            os.environ["LOG_CFG"] = before
