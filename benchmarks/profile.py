"""Seconds per N-MNIST sample: snnmap against Norse and a plain scipy loop, one run. `python benchmarks/profile.py`.

Options: `--samples N` (ours and scipy), `--norse PYTHON` (an interpreter that has Norse; default: this one; skipped if
it has none), `--norse-samples N`. Figures are process CPU seconds, since wall time means little on a shared machine.
The programs are compared spike for spike (spikes per sample and layer). Norse runs twice: tuned (one thread, no
autograd), and as installed (torch's own thread count, autograd on), where its threads mostly wait for one another.
Making a Norse environment is described in tests/regenerate/norse_golden.py.
"""

import argparse
import contextlib
import itertools
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
if "--as-installed" not in sys.argv:
    os.environ.update(dict.fromkeys(THREADS, "1"))  # read once, when numpy is imported

import numpy as np  # noqa: E402 must follow the setting above

DATA = Path(__file__).parents[1] / "workloads" / "data"
STEPS = 300
LAYERS = ("1", "3", "6", "10", "12")


def samples(count: int) -> list[np.ndarray]:
    """Event counts (300, 2, 34, 34) of the first recordings."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from oracles.norse_nets import nmnist_input

    return nmnist_input(DATA / "nmnist-test-30.npz", count)


def ours(frames: list[np.ndarray]) -> tuple[float, list[list[int]]]:
    """CPU seconds per sample (events in, spike graph out), and spikes per sample and layer."""
    from snnmap.core.arrays import offsets
    from snnmap.frontend.networks.nir.read import read_nir
    from snnmap.ir import Dynamics, Spikes, Workload
    from snnmap.simulate.profile import profile

    network = read_nir(DATA / "nmnist-cnn.nir").network
    found = [np.nonzero(x.reshape(STEPS, -1)) for x in frames]
    value = np.concatenate([x.reshape(STEPS, -1)[at] for x, at in zip(frames, found, strict=True)])
    step, source = (np.concatenate([at[k] for at in found]) for k in range(2))
    stimulus = Spikes(offsets([len(at[0]) for at in found]), step, source, value, STEPS, 1e-3)
    workload = Workload("nmnist", network, stimulus, None, Dynamics(integration="step"), {})
    profile(workload, threads=1)  # compile
    start = time.process_time()
    graph = profile(workload, threads=1)
    taken = (time.process_time() - start) / len(frames)
    frame, layer = graph.events.frame_of_event(), network.population_of()[graph.events.source]
    index = [p.name for p in network.populations]
    return taken, [[int(np.sum((frame == f) & (layer == index.index(n)))) for n in LAYERS] for f in range(len(frames))]


def with_scipy(frames: list[np.ndarray]) -> tuple[float, list[list[int]]]:
    """The same with one sparse matrix-vector product per layer and step."""
    from scipy import sparse

    from snnmap.frontend.networks.nir.read import read_nir

    network = read_nir(DATA / "nmnist-cnn.nir").network
    whole = sparse.csr_array((network.weight.astype(float), network.post, network.indptr), shape=(network.sources,) * 2)
    pops = network.populations
    chain = [sparse.csr_array(whole[a.first : a.stop, b.first : b.stop].T) for a, b in itertools.pairwise(pops)]
    spikes = []
    start = time.process_time()
    for x in frames:
        v = [np.zeros(w.shape[0]) for w in chain]
        counts = [0] * len(chain)
        for t in range(STEPS):
            z = x[t].ravel().astype(float)
            for k, w in enumerate(chain):
                v[k] += w @ z
                fired = v[k] > 1.0
                v[k][fired] = 0.0
                z = fired.astype(float)
                counts[k] += int(fired.sum())
        spikes.append(counts)
    return (time.process_time() - start) / len(frames), spikes


def with_norse(frames: list[np.ndarray], tuned: bool) -> tuple[float, list[list[int]]]:
    """The same in Norse 1.1 through nirtorch, float32, unbatched."""
    import logging
    import warnings

    import nir
    import norse
    import torch

    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    model = norse.torch.from_nir(nir.read(DATA / "nmnist-cnn.nir"), ignore_warnings=True)
    spikes = []
    with torch.no_grad() if tuned else contextlib.nullcontext():
        model(torch.from_numpy(frames[0][0]))
        start = time.process_time()
        for x in frames:
            state, counts = None, [0] * len(LAYERS)
            for t in range(STEPS):
                _, state = model(torch.from_numpy(x[t]), state)
                for k, name in enumerate(LAYERS):
                    counts[k] += int(state.cache[name].sum())
            spikes.append(counts)
    return (time.process_time() - start) / len(frames), spikes


def norse_elsewhere(python: str, count: int, tuned: bool) -> tuple[float, list[list[int]]] | None:
    """`with_norse` in another interpreter; none if Norse cannot be imported there."""
    if subprocess.run([python, "-c", "import norse, nir, torch"], capture_output=True, check=False).returncode:
        return None
    done = subprocess.run(
        [python, __file__, "--only-norse", str(count), *([] if tuned else ["--as-installed"])],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env={k: v for k, v in os.environ.items() if k not in THREADS},
    )
    taken, spikes = json.loads(done.stdout.splitlines()[-1])
    return taken, spikes


def line(name: str, taken: float, base: float, spikes: list[list[int]], reference: list[list[int]]) -> None:
    same = "same spikes" if spikes == reference[: len(spikes)] else f"OTHER SPIKES {spikes}"
    print(f"{name:28s}{taken:12.4f}{taken / base:10.0f}x   {same}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument("--norse", default=sys.executable)
    parser.add_argument("--norse-samples", type=int, default=1)
    parser.add_argument("--only-norse", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--as-installed", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only_norse:
        print(json.dumps(with_norse(samples(options.only_norse), not options.as_installed)))
        return
    frames = samples(options.samples)
    mine, spikes = ours(frames)
    print(f"N-MNIST CNN, 8,970 IF neurons, {STEPS} steps; {platform.processor() or platform.machine()}, one thread")
    print(f"{'':28s}{'s / sample':>12s}{'ratio':>11s}")
    line("snnmap", mine, mine, spikes, spikes)
    few = frames[: max(1, options.samples // 5)]
    line("scipy, dense in time", *_split(with_scipy(few), mine), spikes)
    for name, tuned in (("Norse 1.1, tuned", True), ("Norse 1.1, as installed", False)):
        theirs = norse_elsewhere(options.norse, options.norse_samples, tuned)
        if theirs is None:
            print(f"{name:28s}not importable: name an interpreter that has it with --norse")
            continue
        line(name, *_split(theirs, mine), spikes)
    print(f"target <= 0.1 s per sample: {'met' if mine <= 0.1 else 'MISSED'}")


def _split(result: tuple[float, list[list[int]]], base: float) -> tuple[float, float, list[list[int]]]:
    return result[0], base, result[1]


if __name__ == "__main__":
    main()
