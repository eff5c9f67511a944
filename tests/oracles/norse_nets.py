"""The networks and inputs of the comparison with Norse, as NIR graphs; no snnmap code and no torch.

Both `tests/regenerate/norse_golden.py` (which runs them in Norse) and `tests/test_norse_golden.py` (which runs them in
snnmap) build them here. Weights are multiples of 1/64, so float32 files hold them exactly.
"""

import itertools
from pathlib import Path

import numpy as np
import numpy.typing as npt

SMALL = ("LIF", "IF", "CubaLIF", "LIF-recurrent", "CubaLIF-recurrent")
SEEDS = (1, 2)
INPUTS, HIDDEN, OUTPUTS, STEPS = 24, 20, 8, 120


def small_net(kind: str, seed: int):
    """NIR graph input -> fc1 -> hidden -> fc2 -> out, with biases and, if so named, a recurrent layer on `hidden`."""
    import nir

    rng = np.random.default_rng([seed, SMALL.index(kind)])
    model = kind.removesuffix("-recurrent")
    scale = {"IF": 0.15, "LIF": 2.0, "CubaLIF": 2.0}[model]
    nodes = {
        "input": nir.Input(input_type={"input": np.array([INPUTS])}),
        "fc1": nir.Affine(weights(rng, (HIDDEN, INPUTS), scale), weights(rng, (HIDDEN,), scale / 4)),
        "hidden": neurons(rng, model, HIDDEN),
        "fc2": nir.Linear(weights(rng, (OUTPUTS, HIDDEN), 2 * scale)),
        "out": neurons(rng, model, OUTPUTS),
        "output": nir.Output(output_type={"output": np.array([OUTPUTS])}),
    }
    order = ["input", "fc1", "hidden", "fc2", "out", "output"]
    edges = list(itertools.pairwise(order))
    if kind.endswith("-recurrent"):
        nodes["loop"] = nir.Linear(weights(rng, (HIDDEN, HIDDEN), scale / 2))
        edges += [("hidden", "loop"), ("loop", "hidden")]
    return nir.NIRGraph(nodes=nodes, edges=edges, type_check=False)


def weights(rng: np.random.Generator, shape: tuple[int, ...], scale: float) -> npt.NDArray[np.float32]:
    """Multiples of 1/64 around zero, a little more positive than negative."""
    return np.rint((rng.random(shape) * 2 - 0.9) * scale * 64).astype(np.float32) / np.float32(64)


def neurons(rng: np.random.Generator, model: str, size: int):
    """Neurons with parameters of their own; r = 1 and v_reset = 0 where Norse knows no other."""
    import nir

    def between(low: float, high: float) -> npt.NDArray[np.float32]:
        return (low + (high - low) * rng.random(size)).astype(np.float32)

    one, zero = np.ones(size, np.float32), np.zeros(size, np.float32)
    if model == "IF":
        return nir.IF(r=one, v_threshold=between(0.5, 1.5), v_reset=zero)
    if model == "LIF":
        return nir.LIF(
            tau=between(4e-3, 2e-2), r=one, v_leak=between(-0.1, 0.3), v_threshold=between(0.5, 1.5), v_reset=zero
        )
    return nir.CubaLIF(
        tau_syn=between(2e-3, 1e-2),
        tau_mem=between(4e-3, 2e-2),
        r=between(0.5, 2.0),
        v_leak=zero,
        v_threshold=between(0.5, 1.5),
        v_reset=zero,
        w_in=between(0.5, 2.0),
    )


def small_input(kind: str, seed: int) -> npt.NDArray[np.float32]:
    """Spikes (STEPS, INPUTS)."""
    rng = np.random.default_rng([seed, SMALL.index(kind), 7])
    return (rng.random((STEPS, INPUTS)) < 0.25).astype(np.float32)


def braille_input(seed: int) -> npt.NDArray[np.float32]:
    """Spikes (256, 12): synthetic, since the recordings are not distributed with the network."""
    return (np.random.default_rng([seed, 99]).random((256, 12)) < 0.3).astype(np.float32)


def nmnist_input(path: Path, count: int) -> list[npt.NDArray[np.float32]]:
    """Event counts (300, 2, 34, 34) per step of 1 ms of the first recordings in `path` (x, y, p, t_us, offsets)."""
    frames = []
    with np.load(path) as file:
        data = {key: file[key] for key in ("x", "y", "p", "t_us", "offsets")}
    for sample in range(count):
        own = slice(*data["offsets"][sample : sample + 2])
        step, x, y, p = data["t_us"][own] // 1000, data["x"][own], data["y"][own], data["p"][own]
        keep = step < 300
        dense = np.zeros((300, 2, 34, 34), np.float32)
        np.add.at(dense, (step[keep], p[keep], y[keep], x[keep]), 1.0)
        frames.append(dense)
    return frames
