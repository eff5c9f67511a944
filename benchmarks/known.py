"""Bounds and best known values of the benchmark set: run algorithms on it, and say who is better than anybody was.

    python benchmarks/known.py                                    every shipped partitioner and placer, seeds 0 to 2
    python benchmarks/known.py place=my_package:Mine,tries=50 place=anneal --seeds 0..9
    python benchmarks/known.py --networks sheet,areas --write     keep what is better in workloads/benchmark/known.json

Partitioners are compared in crossbars and messages, placers in the links that messages cross, with the clusters of
`first_fit`. A figure below its bound is an error of whoever counts, and the exit code is 1; so it is if the activity of
a network, or the clusters that are placed, are no longer those that the table is about. `--write` then begins anew.
CPU seconds of the process, kernels warm.
"""

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

import snnmap
from snnmap.analysis.bounds import lower_bounds, messages_at_least
from snnmap.analysis.routes import tree_hops
from snnmap.analysis.view import ClusteringView
from snnmap.cli.sweep import parse_seeds
from snnmap.core.errors import SnnmapError
from snnmap.core.run import stream
from snnmap.hardware import load_hardware
from snnmap.ir import Clustering, SpikeGraph
from snnmap.legality.rules import clustering_violations, placement_violations
from snnmap.pipeline.plan import plan_for
from snnmap.pipeline.settings import parse_settings
from snnmap.query.benchmark_set import Entry, Known, Table, known_file, read_known
from snnmap.query.check_algorithm import fingerprint
from snnmap.stages.protocols import PartitionProblem, PlacementProblem, Run
from snnmap.stages.registry import REGISTRIES, record_of

HARDWARE, PARTITION = "pcm-mesh:rows=32,columns=32", "first_fit"
NETWORKS = ("areas", "columns", "layers", "random", "sheet")


@dataclass(frozen=True)
class Problem:
    """A network, profiled, and its clusters for the placers."""

    name: str
    graph: SpikeGraph
    clustering: Clustering

    @property
    def placement(self) -> PlacementProblem:
        """What placers are asked."""
        chip = load_hardware(HARDWARE).sized(self.clustering.clusters)
        return PlacementProblem(ClusteringView(self.graph, self.clustering).traffic, self.clustering.clusters, chip)


def problem(name: str) -> Problem:
    """One of the networks."""
    graph = snnmap.profile(f"benchmark/{name}")
    asked = PartitionProblem(graph, load_hardware(HARDWARE))
    return Problem(name, graph, REGISTRIES["partition"][PARTITION]()(asked, run_of("partition", 0)))


def run_of(stage: str, seed: int) -> Run:
    """As a compilation makes it."""
    return Run(stream(seed, stage))


def fewest_links(asked: PlacementProblem) -> int:
    """Messages x links that every placement has: n targets on tiles of their own need n links.

    From the port one less, for one of the targets may sit there: the one that saves the most.
    """
    traffic = asked.traffic
    fan_out = np.diff(traffic.target_ptr)
    inputs = np.repeat(traffic.sender < 0, fan_out)
    saved = np.bincount(traffic.target[inputs], np.repeat(traffic.messages, fan_out)[inputs], asked.clusters)
    return int(traffic.messages @ fan_out - saved.max(initial=0))


def bounds(here: Problem) -> dict[str, int]:
    """What is proved of a network, by figure."""
    chip = load_hardware(HARDWARE)
    return {
        "crossbars": max(lower_bounds(here.graph.network, chip).values()),
        "messages": messages_at_least(here.graph, chip),
        "hops": fewest_links(here.placement),
    }


def figures(here: Problem, stage: str, algorithm: object, seed: int) -> dict[str, int]:
    """What an algorithm comes to with a seed.

    Raises
    ------
    SnnmapError
        If it refuses the problem.
    """
    if stage == "partition":
        asked = PartitionProblem(here.graph, load_hardware(HARDWARE))
        found = algorithm(asked, run_of(stage, seed))
        wrong = clustering_violations(found, here.graph, asked.hardware)
        counted = {"crossbars": found.clusters, "messages": ClusteringView(here.graph, found).traffic.delivered}
    else:
        asked = here.placement
        found = algorithm(asked, run_of(stage, seed))
        wrong = placement_violations(found, asked.clusters, asked.hardware)
        links = tree_hops(asked.traffic, found, asked.hardware)
        counted = {"hops": int(np.sum(links * asked.traffic.messages))}
    if wrong:
        sys.exit(f"{here.name}, {stage} {algorithm}, seed {seed}: not legal: {wrong[0]}")
    return counted


def parsed(text: str) -> tuple[str, object]:
    """Stage and algorithm of `place=anneal,window=20`."""
    first, *options = text.split(",")
    given = parse_settings((first,))
    stage = next(iter(given))
    if stage not in {"partition", "place"}:
        sys.exit(f"{text!r}: partitioners and placers are compared, for example place=anneal,window=20")
    settings = parse_settings((first, *(f"{stage}.{option}" for option in options)))
    return stage, getattr(plan_for(settings=settings), stage)


def improved(here: Entry, stage: str, algorithm: object, seed: int, found: dict[str, int]) -> Entry:
    """The entry with what is better than the best in it; says so. Exits if something is below its bound."""
    record = record_of(stage, algorithm)
    known = dict(here.known)
    for figure, value in found.items():
        old = known[figure]
        if value < old.bound:
            sys.exit(f"{figure} {value:,} by {record.algorithm} with seed {seed} is below the bound {old.bound:,}")
        if value < old.best:
            who = f"{old.algorithm} with seed {old.seed}" if old.algorithm else "anybody"
            print(f"better than {who}: {record.algorithm}, seed {seed}: {figure} {value:,}, was {old.best:,}")
            by = (record.algorithm, dict(record.options), seed, record.package, snnmap.__version__)
            known[figure] = Known(old.bound, value, *by)
    return msgspec.structs.replace(here, known=known)


def entry_of(here: Problem, table: Table | None, *, write: bool) -> Entry:
    """What is known, or nothing yet."""
    profile, clusters = here.graph.digest(), fingerprint(here.clustering)
    old = None if table is None else table.networks.get(here.name)
    if old is not None and (old.profile, old.clusters) == (profile, clusters):
        if {figure: known.bound for figure, known in old.known.items()} != bounds(here):
            sys.exit(f"{here.name}: the bounds are others than those of the table; make it anew")
        return old
    if old is not None and not write:
        what = "activity" if old.profile != profile else f"clusters of {PARTITION}"
        sys.exit(f"{here.name}: the {what} are not those that the table is about; --write begins anew")
    nobody = ("", {}, 0, "", "")
    return Entry(profile, clusters, {f: Known(bound, 2**62, *nobody) for f, bound in bounds(here).items()})


def compared(here: Problem, entry: Entry, algorithms: list[tuple[str, object]], seeds: tuple[int, ...]) -> Entry:
    """Run all with every seed, and print a table."""
    rows = []
    for stage, algorithm in algorithms:
        started, every = time.process_time(), []
        try:
            for seed in seeds:
                every.append(figures(here, stage, algorithm, seed))
                entry = improved(entry, stage, algorithm, seed, every[-1])
        except SnnmapError as refused:
            print(f"{here.name}, {record_of(stage, algorithm).algorithm}: {refused}", file=sys.stderr)
            continue
        seconds = (time.process_time() - started) / len(seeds)
        name = f"{stage}={record_of(stage, algorithm).algorithm}"
        rows += [(name, figure, [found[figure] for found in every], seconds) for figure in every[0]]
    print(f"\n{here.name}: {here.clustering.clusters} clusters of {PARTITION} are placed")
    print(
        f"{'algorithm':34s}{'figure':>10s}{'mean':>12s}{'sd':>9s}{'least':>11s}"
        f"{'/ best':>8s}{'/ bound':>9s}{'CPU s':>8s}"
    )
    for name, figure, values, seconds in sorted(rows, key=lambda row: (row[1], np.mean(row[2]))):
        known, mean = entry.known[figure], float(np.mean(values))
        told = f"{mean:12,.0f}{np.std(values):9,.0f}{min(values):11,}{mean / known.best:8.3f}{mean / known.bound:9.3f}"
        print(f"{name:34s}{figure:>10s}{told}{seconds:8.2f}")
    return entry


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("algorithms", nargs="*", metavar="STAGE=ALGORITHM[,OPTION=VALUE...]")
    parser.add_argument("--seeds", default="0..2")
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--table", type=Path, default=known_file())
    options = parser.parse_args()
    every = [f"{stage}={name}" for stage in ("partition", "place") for name in REGISTRIES[stage] if name != "exact"]
    algorithms = [parsed(text) for text in options.algorithms or every]
    table = read_known(options.table) if options.table.exists() else None
    networks = {} if table is None else dict(table.networks)
    for name in options.networks.split(","):
        if name not in NETWORKS:
            sys.exit(f"there is no network {name!r}; there are {', '.join(NETWORKS)}")
        here = problem(name)
        networks[name] = compared(
            here, entry_of(here, table, write=options.write), algorithms, parse_seeds(options.seeds)
        )
    kept = Table(HARDWARE, PARTITION, dict(sorted(networks.items())))
    if options.write:
        options.table.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")
        print(f"wrote {options.table}")
    elif table is not None and kept != table:
        print("there are new best values: keep them with --write")


if __name__ == "__main__":
    main()
