"""Regenerate tests/data/golden_norse.json (and the N-MNIST input samples beside it) by running Norse.

    python -m venv V; V/bin/pip install torch==2.13.0 h5py
    V/bin/pip install --no-deps norse==1.1.0 nirtorch==2.6 nir==1.0.8
    V/bin/python tests/regenerate/norse_golden.py --braille F.nir --nmnist F.nir --events nmnist_test100.npz --samples 3

Norse runs in float64, so that rounding cannot flip a spike; how many spikes float32 flips is recorded beside it. One
thing is put right: a node fed only by a delayed edge has no output yet in step 0 and nirtorch 2.6 leaves it out,
although an Affine then has its bias for output. So the loop's first output (its bias) is put into the executor's cache
before step 0; `unprimed_differs` says whether that changes the raster. Norse's IF takes no reset rule but v_reset.
"""

import argparse
import hashlib
import json
import logging
import sys
import warnings
from pathlib import Path

import nir
import nirtorch
import norse
import numpy as np
import torch
from nirtorch.graph_executor import GraphExecutorState
from norse.torch.utils import import_nir

sys.path.insert(0, str(Path(__file__).parents[1]))
from oracles import norse_nets

DATA = Path(__file__).parents[1] / "data"
SPIKING = ("IF", "LIF", "CubaLIF")


def run(graph, frames, dt: float, dtype: torch.dtype, primed: bool = True):
    """Raster per spiking node and frame: list over frames of {node: sorted int64 step * size + neuron}."""
    tensor = import_nir._to_tensor
    import_nir._to_tensor = lambda x: torch.as_tensor(np.asarray(x)).to(dtype)
    try:
        model = norse.torch.from_nir(graph, ignore_warnings=True, dt=dt)
    finally:
        import_nir._to_tensor = tensor
    names = {name: name.replace(".", "_") for name, node in graph.nodes.items() if type(node).__name__ in SPIKING}
    loops = loop_outputs(graph, dtype) if primed else {}
    return [one_frame(model, x, names, loops, dtype) for x in frames]


def one_frame(model, x, names, loops, dtype):
    state = GraphExecutorState(cache=dict(loops))
    rows = {name: [] for name in names}
    with torch.no_grad():
        for t in range(len(x)):
            _, state = model(torch.from_numpy(x[t]).to(dtype), state)
            for name, module in names.items():
                z = state.cache[module].flatten().numpy()
                rows[name].append(np.flatnonzero(z) + t * len(z))
    return {name: np.concatenate(spikes).astype(np.int64) for name, spikes in rows.items()}


def loop_outputs(graph, dtype):
    """Output of every linear node on a self-loop of a neuron before any spike: its bias."""
    found = {}
    for a, b in graph.edges:
        if (b, a) in graph.edges and isinstance(graph.nodes[a], (nir.Affine, nir.Linear)):
            weight = graph.nodes[a].weight
            bias = getattr(graph.nodes[a], "bias", np.zeros(len(weight)))
            found[a.replace(".", "_")] = torch.as_tensor(np.asarray(bias)).to(dtype)
    return found


def entry(graph, frames, dt: float, **facts):
    """Golden record of one network on some frames."""
    exact = run(graph, frames, dt, torch.float64)
    single = run(graph, frames, dt, torch.float32)
    plain = run(graph, frames, dt, torch.float64, primed=False) if loop_outputs(graph, torch.float64) else exact
    return {
        **facts,
        "dt": dt,
        "input": hashlib.sha256(np.stack(frames).astype("<f4").tobytes()).hexdigest(),
        "spikes": [{name: len(raster) for name, raster in sorted(frame.items())} for frame in exact],
        "raster": [{name: digest(raster) for name, raster in sorted(frame.items())} for frame in exact],
        "flipped_in_float32": [
            sum(len(np.setxor1d(a[name], b[name])) for name in a) for a, b in zip(exact, single, strict=True)
        ],
        "unprimed_differs": any(
            not np.array_equal(a[name], b[name]) for a, b in zip(exact, plain, strict=True) for name in a
        ),
    }


def digest(raster) -> str:
    return hashlib.sha256(raster.astype("<i8").tobytes()).hexdigest()


def nmnist_samples(path: Path, count: int, steps: int = 300):
    """Dense input counts (steps, 2, 34, 34) of the first samples of each of `count` classes, and their events."""
    data = np.load(path)
    frames, events = [], []
    for sample in range(count):
        own = slice(*data["offsets"][sample : sample + 2])
        step, x, y, p = data["t_us"][own] // 1000, data["x"][own], data["y"][own], data["p"][own]
        keep = step < steps
        dense = np.zeros((steps, 2, 34, 34), np.float32)
        np.add.at(dense, (step[keep], p[keep], y[keep], x[keep]), 1.0)
        frames.append(dense)
        index = np.flatnonzero(dense)
        events.append((index.astype(np.uint32), dense.ravel()[index].astype(np.uint8)))
    return frames, events, data["labels"][:count]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--braille", type=Path, required=True)
    parser.add_argument("--nmnist", type=Path, required=True)
    parser.add_argument("--events", type=Path, required=True)
    parser.add_argument("--samples", type=int, default=3)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    golden = {"versions": {m.__name__: m.__version__ for m in (torch, np)} | {"norse": "1.1.0", "nirtorch": "2.6"}}
    for kind in norse_nets.SMALL:
        golden[kind] = [
            entry(norse_nets.small_net(kind, s), [norse_nets.small_input(kind, s)], 1e-3, seed=s)
            for s in norse_nets.SEEDS
        ]
    braille = nir.read(options.braille)
    golden["braille"] = [entry(braille, [norse_nets.braille_input(s)], 1e-4, seed=s) for s in norse_nets.SEEDS]
    frames, events, labels = nmnist_samples(options.events, options.samples)
    facts = {"labels": [int(k) for k in labels]}
    golden["nmnist"] = [entry(nir.read(options.nmnist), frames, 1e-3, **facts)]
    columns = {f"{what}{k}": pair[w] for k, pair in enumerate(events) for w, what in enumerate(("index", "count"))}
    np.savez_compressed(DATA / "norse_nmnist_events.npz", **columns)
    (DATA / "golden_norse.json").write_text(json.dumps(golden, indent=1, sort_keys=True) + "\n")
    print(json.dumps({k: v for k, v in golden.items() if k != "versions"}, indent=1)[:4000], nirtorch.__name__)


if __name__ == "__main__":
    main()
