"""Partition: graph x partitioner -> crossbars, messages, gap to the bound, CPU seconds and peak memory, in one run.

    python benchmarks/partition.py [--graphs lenet/columns local100k/columns] [--partitioners kernighan_lin metis]
                                   [--limit SECONDS] [--size 128] [--seed 0] [--keep FOLDER] [--list]

A graph is a shipped workload or one of `graphs.py`; with `/columns` after it, crossbars have no limit of rows and every
input takes a column, as peers count. A partitioner is one of ours with its options (`kernighan_lin:passes=3`) or one of
`peers.py`. Programs that know no rows are made legal by the same code as all of ours that know none (`legalise`).

Every case runs in a process of its own, on one thread, after the same partitioner has run on a small graph (kernels are
compiled, libraries loaded). `CPU s` is of the partitioner alone, `peak` the most memory that the process then held at
once, graph and interpreter included, `base` what it held before. Messages are spikes x destination clusters, network
inputs and partial sums included. The exponent is fitted to log(CPU s) over log(synapses), per partitioner and model,
where there are two graphs or more above 10^5 synapses.

What `kernighan_lin` made of them at 128 x 128 (or 128 columns) with seed 0 on two busy cores: crossbars, messages,
CPU s, MiB (pilotnet was not run then).

    lenet/columns       161     216,752    2.9   244      nmnist-cnn            222  15,318,506    0.8   238
    local100k/columns   781  13,286,853   27.1   672      nmnist-cnn:relay      202   6,885,484    1.0   249
    lenet               216     430,079    1.9   222      heartclass          1,708   4,809,318   19.0   557
    local1m/columns   7,817 132,687,017  321.9 4,702
    alexnet           4,915  19,865,571   40.6   781      vgg16              14,955  33,252,903   47.1 1,583
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"  # read once, when numpy is imported

import numpy as np  # noqa: E402 must follow the setting above
from graphs import GRAPHS  # noqa: E402
from peers import PEERS  # noqa: E402

from snnmap.analysis.bounds import lower_bounds  # noqa: E402
from snnmap.analysis.traffic import traffic  # noqa: E402
from snnmap.formats.profile import load_profile, save_profile  # noqa: E402
from snnmap.frontend import LoadOptions  # noqa: E402
from snnmap.hardware import load_hardware  # noqa: E402
from snnmap.pipeline.profile import profile  # noqa: E402
from snnmap.stages.partition import ALGORITHMS  # noqa: E402
from snnmap.stages.partition.legalise import legalised  # noqa: E402
from snnmap.stages.protocols import PartitionProblem, Run  # noqa: E402
from snnmap.transform.columns import with_input_columns  # noqa: E402

COLUMNS = "/columns"
SMALL = (
    *("mlp/columns", "lenet/columns", "local100k/columns", "digitrecog-mlp", "mnist-mlp", "braille-rsnn"),
    *("digitrecog-stdp", "edgedet", "heartestm", "imgsmooth", "visualpursuit", "lenet", "nmnist-cnn"),
    *("nmnist-cnn:relay", "heartclass"),
)
LARGE = ("local1m/columns", "pilotnet", "alexnet", "vgg16")
USUAL = ("kernighan_lin", "first_fit", "sequential", "overlap", "spinemap", "metis", "mtkahypar", "mtkahypar-default")
WORDS = ("multicast", "unicast", "deterministic", "deterministic_quality")
"""Options that are words."""
LEAST = 100_000
"""Synapses of the graphs that the exponent is fitted to."""
HEAD = (
    f"{'partitioner':34s} {'crossbars':>9s} {'gap':>7s} {'messages':>13s} {'CPU s':>9s} {'peak MiB':>9s} {'base':>6s}"
)


def made(name):
    """Graph of that name."""
    base, _, pooling = name.removesuffix(COLUMNS).partition(":")
    shipped = base not in GRAPHS or (base == "lenet" and not name.endswith(COLUMNS))
    if not shipped:
        return GRAPHS[base]()
    graph = profile(base, LoadOptions(pooling=pooling or "fold"))
    return with_input_columns(graph) if name.endswith(COLUMNS) else graph


def partition(name, graph, chip, seed):
    """Clustering by the partitioner of that name."""
    problem, run = PartitionProblem(graph, chip), Run(np.random.default_rng(seed))
    if name in PEERS:
        return legalised(problem, run, PEERS[name](graph, chip.columns))
    algorithm, _, given = name.partition(":")
    options = dict(pair.split("=") for pair in given.split(",") if pair)
    options = {key: value if value in WORDS else json.loads(value) for key, value in options.items()}
    return ALGORITHMS[algorithm](**options)(problem, run)


def chip_for(name, size):
    return load_hardware("pcm-mesh").resized(None if name.endswith(COLUMNS) else size, size)


def peak():
    """Most memory held at once since the last call, MiB."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    Path("/proc/self/clear_refs").write_text("5")
    return int(status["VmHWM"].split()[0]) / 1024, int(status["VmRSS"].split()[0]) / 1024


def case(file, name, partitioner, size, seed, limit):
    """Figures of one case, for a process of its own, which ends after `limit` CPU seconds of the partitioner."""
    chip = chip_for(name, size)
    partition(partitioner, GRAPHS["mlp"](), chip, seed)
    graph = load_profile(file)
    _, base = peak()
    start = time.process_time()
    resource.setrlimit(resource.RLIMIT_CPU, (int(start + limit) + 1, resource.RLIM_INFINITY))
    clustering = partition(partitioner, graph, chip, seed)
    seconds = time.process_time() - start
    most, _ = peak()
    assert max(np.diff(clustering.row_ptr)) <= chip.rows
    assert max(np.diff(clustering.column_ptr)) <= chip.columns
    return {
        "crossbars": clustering.clusters,
        "bound": max(lower_bounds(graph.network, chip).values()),
        "messages": traffic(graph, clustering).delivered,
        "seconds": seconds,
        "peak": most,
        "base": base,
    }


def written(file, name):
    """Writes the graph of that name to `file`, unless it is there; says what it is."""
    if not file.exists():
        save_profile(made(name), file)
    graph = load_profile(file).network
    return {"externals": graph.externals, "neurons": graph.neurons, "synapses": graph.synapses}


def apart(*arguments):
    """What this program answers in a process of its own; a text if it failed."""
    command = [sys.executable, __file__, "--apart", json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == -signal.SIGXCPU:
        return f"stopped after {arguments[-1]:g} CPU s (--limit)"
    if done.returncode:
        return done.stderr.strip().rpartition("\n")[2] or f"exit {done.returncode}"
    return json.loads(done.stdout.splitlines()[-1])  # libraries may have printed before


def line(partitioner, found):
    if isinstance(found, str):
        return f"{partitioner:34s} {found}"
    gap = found["crossbars"] / found["bound"] - 1
    return (
        f"{partitioner:34s} {found['crossbars']:9,} {gap:7.1%} {found['messages']:13,} "
        f"{found['seconds']:9.2f} {found['peak']:9.0f} {found['base']:6.0f}"
    )


def exponents(results):
    """Lines that say how CPU seconds grow with synapses."""
    series = {}
    for (name, partitioner), (synapses, found) in results.items():
        if not isinstance(found, str) and synapses >= LEAST:
            series.setdefault((partitioner, name.endswith(COLUMNS)), []).append((synapses, found["seconds"]))
    for (partitioner, columns), points in series.items():
        sizes, seconds = np.log(np.array(points)).T
        if len(np.unique(sizes)) > 1:
            slope = np.polyfit(sizes, seconds, 1)[0]
            model = "columns only" if columns else "rows and columns"
            yield f"{partitioner:34s} {model}: CPU s ~ synapses^{slope:.2f} over {len(points)} graphs"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--graphs", nargs="+", default=list(SMALL), metavar="GRAPH")
    parser.add_argument("--partitioners", nargs="+", default=list(USUAL), metavar="PARTITIONER")
    parser.add_argument("--large", action="store_true", help=f"also {', '.join(LARGE)}")
    parser.add_argument("--limit", type=float, default=600, help="CPU seconds of a case")
    parser.add_argument("--size", type=int, default=128, help="columns, and rows where they are limited")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder where graphs stay for the next run")
    parser.add_argument("--json", type=Path, help="file for the results")
    parser.add_argument("--list", action="store_true", help="names of graphs and partitioners")
    parser.add_argument("--apart", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.apart:
        what, *arguments = json.loads(options.apart)
        work = {"graph": written, "case": case}[what]
        print(json.dumps(work(Path(arguments[0]), *arguments[1:])))
        return
    if options.list:
        print("graphs:", *SMALL, *LARGE)
        print("partitioners:", *ALGORITHMS, *PEERS)
        return
    results = {}
    with tempfile.TemporaryDirectory() as passing:
        folder = options.keep or Path(passing)
        folder.mkdir(parents=True, exist_ok=True)
        for name in [*options.graphs, *(LARGE if options.large else ())]:
            file = folder / f"{name.replace('/', '-').replace(':', '-')}.npz"
            facts = apart("graph", str(file), name)
            if isinstance(facts, str):
                print(f"{name}: {facts}")
                continue
            rows = "no limit of rows" if name.endswith(COLUMNS) else f"{options.size} rows"
            size = f"{facts['externals']:,} inputs, {facts['neurons']:,} neurons, {facts['synapses']:,} synapses"
            print(f"\n{name}: {size}; {rows}, {options.size} columns\n{HEAD}", flush=True)
            for partitioner in options.partitioners:
                asked = (str(file), name, partitioner, options.size, options.seed, options.limit)
                found = apart("case", *asked)
                results[name, partitioner] = facts["synapses"], found
                print(line(partitioner, found), flush=True)
    print("\n" + "\n".join(exponents(results)))
    if options.json:
        facts = [{"graph": g, "partitioner": p, "synapses": s, "found": f} for (g, p), (s, f) in results.items()]
        options.json.write_text(json.dumps(facts))


if __name__ == "__main__":
    main()
