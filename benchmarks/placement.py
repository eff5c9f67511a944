"""Placers against scipy's FAQ and a particle swarm alone, on the clusters of a shipped workload, in one process.

    python benchmarks/placement.py [--workload lenet] [--hardware pcm-mesh] [--mesh 17 17] [--seeds 3]

The workload is profiled and partitioned by snnmap; the mesh is sized to its clusters unless given. Cost = messages x
links of the XY multicast trees, one recount for all. Exact placement runs where it takes the clusters. The FAQ
(Vogelstein et al. 2015, `scipy.optimize.quadratic_assignment`) minimises messages x distance to every target, the
closest problem it can express, with the port as one more cluster held in its place. CPU seconds of the process,
kernels warm.
"""

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import replace

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # read once, when numpy is imported

import numpy as np  # noqa: E402 must follow the setting above

from snnmap.analysis.routes import tree_hops  # noqa: E402
from snnmap.analysis.view import ClusteringView  # noqa: E402
from snnmap.hardware import load_hardware  # noqa: E402
from snnmap.ir import Placement  # noqa: E402
from snnmap.pipeline.profile import profile  # noqa: E402
from snnmap.stages.partition import ALGORITHMS as PARTITIONERS  # noqa: E402
from snnmap.stages.place import Anneal, Exact, HillClimb, Random, Sequential, Swarm  # noqa: E402
from snnmap.stages.protocols import PartitionProblem, PlacementProblem, Placer, Run  # noqa: E402

Seeded = Callable[[int], Placement]
"""Placement of the benchmark's problem for a seed."""


def run_of(seed: int) -> Run:
    return Run(np.random.default_rng(seed))


def matrices(problem: PlacementProblem) -> tuple[np.ndarray, np.ndarray]:
    """Messages between clusters and distances between tiles, (T + 1, T + 1); the last of both is the port."""
    hardware, moved, tiles = problem.hardware, problem.traffic, problem.hardware.tiles
    flow = np.zeros((tiles + 1, tiles + 1))
    sender = np.repeat(np.where(moved.sender < 0, tiles, moved.sender), np.diff(moved.target_ptr))
    np.add.at(flow, (sender, moved.target), np.repeat(moved.messages, np.diff(moved.target_ptr)))
    tile = np.append(np.arange(tiles), hardware.port_tile)
    distance = hardware.topology.hops(tile[:, None], tile)
    assert flow[problem.clusters : tiles].sum() == 0
    return flow, distance.astype(float)


def assigned(problem: PlacementProblem, seed: int) -> Placement:
    """Best of five FAQ runs from random doubly stochastic starts."""
    from scipy.optimize import quadratic_assignment

    flow, distance = matrices(problem)
    rng = np.random.default_rng(seed)
    port = np.full((1, 2), problem.hardware.tiles)
    runs = [
        quadratic_assignment(
            flow, distance, method="faq", options={"P0": "randomized", "rng": rng, "partial_match": port}
        )
        for _ in range(5)
    ]
    best = min(runs, key=lambda run: run.fun)
    return Placement(best.col_ind[: problem.clusters])


def placers(problem: PlacementProblem) -> dict[str, Seeded]:
    def ours(algorithm: Placer) -> Seeded:
        return lambda seed: algorithm(problem, run_of(seed))

    def continuing(algorithm: Placer, first: Seeded) -> Seeded:
        return lambda seed: algorithm(replace(problem, start=first(seed)), run_of(seed))

    def faq(seed: int) -> Placement:
        return assigned(problem, seed)

    few = problem.clusters <= Exact().most
    return {
        "sequential": ours(Sequential()),
        "random": ours(Random()),
        "pyswarms alone, 20,000 evaluations": continuing(
            Swarm(particles=50, iterations=400, finish=False), ours(Random())
        ),
        "grown start alone": ours(HillClimb(sweeps=0, restarts=0)),
        "scipy FAQ, best of 5": faq,
        "scipy FAQ, best of 5, then swaps": continuing(HillClimb(restarts=0), faq),
        "swaps from a random start": continuing(HillClimb(restarts=0), ours(Random())),
        "hill_climb": ours(HillClimb()),
        "swarm": ours(Swarm()),
        "anneal": ours(Anneal()),
        "anneal, 4x the moves": ours(Anneal(moves_per_cluster=10_000)),
        **({"exact": ours(Exact())} if few else {}),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workload", default="lenet")
    parser.add_argument("--hardware", default="pcm-mesh")
    parser.add_argument("--mesh", type=int, nargs=2, metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    graph = profile(options.workload)
    hardware = load_hardware(options.hardware)
    clustering = PARTITIONERS["kernighan_lin"]()(PartitionProblem(graph, hardware), run_of(0))
    moved, clusters = ClusteringView(graph, clustering).traffic, clustering.clusters
    if options.mesh:
        hardware = replace(hardware, mesh_width=options.mesh[0], mesh_height=options.mesh[1])
    hardware = hardware.sized(clusters)
    print(
        f"{options.workload}: {clusters} clusters on {hardware.mesh_width} x {hardware.mesh_height} tiles, "
        f"{len(moved.sender)} groups, {moved.delivered:,} deliveries"
    )
    print(f"{'placer':36s}{'best':>12s}{'mean':>12s}{'/ best':>8s}{'CPU s':>8s}")
    table = []
    for name, place in placers(PlacementProblem(moved, clusters, hardware)).items():
        place(0)
        start = time.process_time()
        placements = [place(seed) for seed in range(options.seeds)]
        seconds = (time.process_time() - start) / options.seeds
        cost = [int(np.sum(tree_hops(moved, p, hardware) * moved.messages)) for p in placements]
        table.append((name, min(cost), float(np.mean(cost)), seconds))
    least = min(row[1] for row in table)
    for name, best, mean, seconds in table:
        print(f"{name:36s}{best:12,}{mean:12,.0f}{mean / least:8.3f}{seconds:8.2f}")


if __name__ == "__main__":
    main()
