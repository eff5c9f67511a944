"""Small problems of the stages whose answers are held as fingerprints: the same seed gives the same mapping.

A change of one of them is a change of behaviour, named in the changelog; `regenerate/stages_golden.py` writes them
anew.
"""

import hashlib
import json
from functools import cache
from pathlib import Path

import numpy as np
from support import partition_cases as parts
from support.crossbars import crossbars, wired
from support.machines import mesh
from support.placement_cases import random_problem, random_terms, random_traffic, run_of

from snnmap.stages import partition, place, wire
from snnmap.stages.protocols import PartitionProblem, PlacementProblem, Run

GOLDEN = Path(__file__).parents[1] / "data" / "golden_stages.json"

GRAPHS = {
    "dense": (lambda: parts.dense(20, 12, 5), {"rows": 8, "columns": 6}),
    "wide": (lambda: parts.dense(30, 40, 30, 10), {"rows": 16, "columns": 16}),
    "convolution": (lambda: parts.convolution(3, 8, 4, 3), {"rows": 24, "columns": 16}),
    "recurrent": (
        lambda: parts.random_graph(1, inputs=20, hidden=40, out=10, density=0.2),
        {"rows": 12, "columns": 8},
    ),
    "limited": (
        lambda: parts.random_graph(2, inputs=10, hidden=30, out=6, density=0.3),
        {"rows": 10, "columns": 9, "synapse_limit": 40},
    ),
    "whole": (
        lambda: parts.random_graph(3, inputs=12, hidden=50, out=10, density=0.08),
        {"rows": 16, "columns": 8, "merge": False},
    ),
}
"""Name: graph, and the crossbars."""
PARTITIONERS = {
    "first_fit": partition.FirstFit(),
    "kernighan_lin": partition.KernighanLin(),
    "unicast": partition.KernighanLin(cost="unicast", crossbar_weight=5.0, orders=2),
    "balanced_homes": partition.BalancedHomes(crossbar_weight=0.0),
}
PLACERS = {
    "sequential": place.Sequential(),
    "random": place.Random(),
    "hill_climb": place.HillClimb(),
    "anneal": place.Anneal(moves_per_cluster=400, min_moves=10_000),
    "swarm": place.Swarm(particles=12, iterations=15),
}


def fingerprint(*arrays):
    """The first 16 digits of the SHA-256 of integer arrays and their lengths."""
    whole = hashlib.sha256()
    for array in arrays:
        whole.update(f"{len(array)} ".encode() + np.asarray(array).astype("<i8").tobytes())
    return whole.hexdigest()[:16]


def partitioned(graph, algorithm):
    """Fingerprint of the clusters of a graph."""
    make, size = GRAPHS[graph]
    merges = size.get("merge", True)
    problem = PartitionProblem(make(), parts.machine(**size), merges)
    c = PARTITIONERS[algorithm](problem, Run(np.random.default_rng(5)))
    return fingerprint(c.row_ptr, c.row_source, c.column_ptr, c.column_neuron, c.home)


def placed(algorithm):
    """Fingerprint of the placements of seven small problems and of one of 40 clusters on 7 x 7 tiles."""
    rng = np.random.default_rng(11)
    problems = [random_problem(rng, shared=bool(seed % 2)) for seed in range(7)]
    machine = mesh(7, 7, port=(3, 0))
    problems.append(PlacementProblem(random_traffic(rng, 40, 120), 40, machine, random_terms(rng, 40, 49)[:1]))
    return fingerprint(*(PLACERS[algorithm](problem, run_of(seed)).tile for seed, problem in enumerate(problems)))


def wires(algorithm):
    """Fingerprint of the wirings of crossbars of six shapes, on maps of quality without and with ties."""
    found = []
    for seed, density in enumerate((0.3, 0.6, 1.1)):
        rng = np.random.default_rng(seed)
        graph, clustering, _ = crossbars(rng, [(6, 4), (8, 6), (4, 3), (1, 1), (5, 6), (8, 2)], density)
        for quality in (rng.random((8, 6)) + 0.1, rng.integers(1, 5, (8, 6)).astype(float)):
            wiring = wired(wire.ALGORITHMS[algorithm](), graph, clustering, quality, seed=seed)
            found += [wiring.row, wiring.column]
    return fingerprint(*found)


FLOATING = {"swarm", "even_heat", "least_power"}
"""Their choices follow sums of other libraries, which may differ in the last bit between processors."""


def cases():
    """Stage and name of every case: what works out its fingerprint."""
    found = {}
    for graph in GRAPHS:
        for algorithm in PARTITIONERS:
            found["partition", f"{graph} {algorithm}"] = lambda g=graph, a=algorithm: partitioned(g, a)
    for algorithm in PLACERS:
        found["place", algorithm] = lambda a=algorithm: placed(a)
    for algorithm in wire.ALGORITHMS:
        found["wire", algorithm] = lambda a=algorithm: wires(a)
    return {key: case for key, case in found.items() if key[1] not in FLOATING}


def names(stage):
    """Cases of a stage."""
    return [name for own, name in cases() if own == stage]


@cache
def golden():
    """What the file holds: {stage: {case: fingerprint}}."""
    return json.loads(GOLDEN.read_text())
