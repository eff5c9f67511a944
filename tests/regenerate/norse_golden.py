"""Regenerate tests/data/golden_norse.json by running Norse.

    python -m venv V; V/bin/pip install torch==2.13.0 h5py
    V/bin/pip install --no-deps norse==1.1.0 nirtorch==2.6 nir==1.0.8
    V/bin/python tests/regenerate/norse_golden.py   (about 4 minutes)

Norse runs in float64, so that rounding cannot flip a spike; how many spikes float32 flips is recorded beside it. One
thing is put right: a node fed only by a delayed edge has no output yet in step 0 and nirtorch 2.6 leaves it out,
although an Affine then has its bias for output. So the loop's first output (its bias) is put into the executor's cache
before step 0; `unprimed_differs` says whether that changes the raster. Norse's IF takes no reset rule but v_reset.
"""

import hashlib
import json
import logging
import sys
import warnings
from pathlib import Path

import nir
import norse
import numpy as np
import torch
from nirtorch.graph_executor import GraphExecutorState
from norse.torch.utils import import_nir

sys.path.insert(0, str(Path(__file__).parents[1]))
from oracles import norse_nets

DATA = Path(__file__).parents[1] / "data"
WORKLOADS = Path(__file__).parents[2] / "workloads" / "data"
NMNIST_SAMPLES = 3
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


def main() -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    golden = {"versions": {m.__name__: m.__version__ for m in (torch, np)} | {"norse": "1.1.0", "nirtorch": "2.6"}}
    for kind in norse_nets.SMALL:
        golden[kind] = [
            entry(norse_nets.small_net(kind, s), [norse_nets.small_input(kind, s)], 1e-3, seed=s)
            for s in norse_nets.SEEDS
        ]
    braille = nir.read(WORKLOADS / "braille-rsnn.nir")
    golden["braille"] = [entry(braille, [norse_nets.braille_input(s)], 1e-4, seed=s) for s in norse_nets.SEEDS]
    frames = norse_nets.nmnist_input(WORKLOADS / "nmnist-test-30.npz", NMNIST_SAMPLES)
    golden["nmnist"] = [entry(nir.read(WORKLOADS / "nmnist-cnn.nir"), frames, 1e-3)]
    (DATA / "golden_norse.json").write_text(json.dumps(golden, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
