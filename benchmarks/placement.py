"""Placers against scipy's FAQ and a particle swarm alone, on the clusters of a shipped workload, in one process.

    python benchmarks/placement.py [--workload lenet] [--mesh 17 17] [--seeds 3]

The workload is profiled and partitioned by snnmap for 128x128 crossbars; the mesh is sized to its clusters unless
given. Cost = messages x links of the XY multicast trees, one recount for all. The FAQ (Vogelstein et al. 2015,
`scipy.optimize.quadratic_assignment`) minimises messages x distance to every target, the closest problem it can
express, with the port as one more cluster held in its place. CPU seconds of the process, kernels warm.
"""

import argparse
import os
import time
from collections.abc import Callable

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # read once, when numpy is imported

import numpy as np  # noqa: E402 must follow the setting above

from snnmap.analysis.routes import tree_hops  # noqa: E402
from snnmap.analysis.traffic import traffic  # noqa: E402
from snnmap.hardware import Hardware, load_hardware  # noqa: E402
from snnmap.ir import Placement, Traffic  # noqa: E402
from snnmap.pipeline.profile import profile  # noqa: E402
from snnmap.stages.partition import ALGORITHMS as PARTITIONERS  # noqa: E402
from snnmap.stages.place import Anneal, HillClimb, Random, Sequential, Swarm  # noqa: E402

Placer = Callable[[int], Placement]


def matrices(moved: Traffic, clusters: int, hardware: Hardware) -> tuple[np.ndarray, np.ndarray]:
    """Messages between clusters and distances between tiles, (T + 1, T + 1); the last of both is the port."""
    tiles = hardware.tiles
    flow = np.zeros((tiles + 1, tiles + 1))
    sender = np.repeat(np.where(moved.sender < 0, tiles, moved.sender), np.diff(moved.target_ptr))
    np.add.at(flow, (sender, moved.target), np.repeat(moved.messages, np.diff(moved.target_ptr)))
    tile = np.append(np.arange(tiles), hardware.port[1] * hardware.mesh_width + hardware.port[0])
    x, y = tile % hardware.mesh_width, tile // hardware.mesh_width
    distance = np.abs(x[:, None] - x) + np.abs(y[:, None] - y)
    assert flow[clusters:tiles].sum() == 0
    return flow, distance.astype(float)


def assigned(moved: Traffic, clusters: int, hardware: Hardware, seed: int) -> Placement:
    """Best of five FAQ runs from random doubly stochastic starts."""
    from scipy.optimize import quadratic_assignment

    flow, distance = matrices(moved, clusters, hardware)
    rng = np.random.default_rng(seed)
    port = np.array([[hardware.tiles, hardware.tiles]])
    runs = [
        quadratic_assignment(
            flow, distance, method="faq", options={"P0": "randomized", "rng": rng, "partial_match": port}
        )
        for _ in range(5)
    ]
    best = min(runs, key=lambda run: run.fun)
    return Placement(best.col_ind[:clusters])


def placers(moved: Traffic, clusters: int, hardware: Hardware) -> dict[str, Placer]:
    problem = (moved, clusters, hardware)

    def ours(algorithm: Callable[..., Placement]) -> Placer:
        return lambda seed: algorithm(*problem, rng=np.random.default_rng(seed))

    def from_random(algorithm: Callable[..., Placement]) -> Placer:
        return lambda seed: algorithm(*problem, rng=np.random.default_rng(seed), start=ours(Random())(seed))

    def faq(seed: int) -> Placement:
        return assigned(*problem, seed)

    def faq_then_swaps(seed: int) -> Placement:
        return HillClimb(restarts=0)(*problem, rng=np.random.default_rng(seed), start=faq(seed))

    return {
        "sequential": ours(Sequential()),
        "random": ours(Random()),
        "pyswarms alone, 20,000 evaluations": from_random(Swarm(particles=50, iterations=400, finish=False)),
        "grown start alone": ours(HillClimb(sweeps=0, restarts=0)),
        "scipy FAQ, best of 5": faq,
        "scipy FAQ, best of 5, then swaps": faq_then_swaps,
        "swaps from a random start": from_random(HillClimb(restarts=0)),
        "hill_climb": ours(HillClimb()),
        "swarm": ours(Swarm()),
        "anneal": ours(Anneal()),
        "anneal, 4x the moves": ours(Anneal(moves_per_cluster=10_000)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workload", default="lenet")
    parser.add_argument("--mesh", type=int, nargs=2, metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    graph = profile(options.workload)
    hardware = load_hardware("pcm-mesh")
    clustering = PARTITIONERS["kernighan_lin"]()(graph, hardware, rng=np.random.default_rng(0))
    moved, clusters = traffic(graph, clustering), clustering.clusters
    if options.mesh:
        from dataclasses import replace

        hardware = replace(hardware, mesh_width=options.mesh[0], mesh_height=options.mesh[1])
    hardware = hardware.sized(clusters)
    print(
        f"{options.workload}: {clusters} clusters on {hardware.mesh_width} x {hardware.mesh_height} tiles, "
        f"{len(moved.sender)} groups, {moved.delivered:,} deliveries"
    )
    print(f"{'placer':36s}{'best':>12s}{'mean':>12s}{'/ best':>8s}{'CPU s':>8s}")
    table = []
    for name, place in placers(moved, clusters, hardware).items():
        place(0)
        start = time.process_time()
        found = [place(seed) for seed in range(options.seeds)]
        seconds = (time.process_time() - start) / options.seeds
        cost = [int(np.sum(tree_hops(moved, p, hardware) * moved.messages)) for p in found]
        table.append((name, min(cost), float(np.mean(cost)), seconds))
    least = min(row[1] for row in table)
    for name, best, mean, seconds in table:
        print(f"{name:36s}{best:12,}{mean:12,.0f}{mean / least:8.3f}{seconds:8.2f}")


if __name__ == "__main__":
    main()
