"""Spike-for-spike equality with Norse 1.1 (`regenerate/norse_golden.py`): counts and SHA-256 of every raster."""

import hashlib
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from oracles import norse_nets
from support.nir_trees import read

from snnmap.core.arrays import offsets
from snnmap.frontend.networks.nir.read import read_nir
from snnmap.ir import Dynamics, Network, SpikeGraph, Spikes, Workload
from snnmap.simulate.profile import profile

WORKLOADS = Path(__file__).parents[2] / "workloads" / "data"
GOLDEN = json.loads((Path(__file__).parents[1] / "data" / "golden_norse.json").read_text())


def run(network: Network, frames: list[npt.NDArray[np.float32]], golden: dict, integration: str) -> SpikeGraph:
    """Profile of dense inputs (steps, ...) after checking that they are what Norse was given."""
    assert hashlib.sha256(np.stack(frames).astype("<f4").tobytes()).hexdigest() == golden["input"]
    found = [np.nonzero(x.reshape(len(x), -1)) for x in frames]
    value = [x.reshape(len(x), -1)[at] for x, at in zip(frames, found, strict=True)]
    step, source = (np.concatenate([at[k] for at in found]) for k in range(2))
    counts = offsets([len(v) for v in value])
    stimulus = Spikes(counts, step, source, np.concatenate(value), len(frames[0]), golden["dt"])
    dynamics = Dynamics(dt=golden["dt"], integration=integration)  # type: ignore[arg-type]
    return profile(Workload("golden", network, stimulus, None, dynamics))


def rasters(graph: SpikeGraph, frame: int, names: list[str]) -> dict[str, npt.NDArray[np.int64]]:
    """Step * size + neuron of every spike of the named populations, ascending."""
    events = graph.events
    assert events is not None
    own = slice(int(events.frame[frame]), int(events.frame[frame + 1]))
    step, source = events.step[own].astype(np.int64), events.source[own]
    by_name = {p.name: p for p in graph.network.populations}
    found = {}
    for name in names:
        p = by_name[name]
        mine = (source >= p.first) & (source < p.stop)
        found[name] = np.sort(step[mine] * p.size + source[mine] - p.first)
    return found


def compare(graph: SpikeGraph, golden: dict) -> None:
    for frame, (counts, digests) in enumerate(zip(golden["spikes"], golden["raster"], strict=True)):
        found = rasters(graph, frame, sorted(counts))
        assert {name: len(raster) for name, raster in found.items()} == counts
        assert {name: hashlib.sha256(r.astype("<i8").tobytes()).hexdigest() for name, r in found.items()} == digests


@pytest.mark.parametrize("index", range(len(norse_nets.SEEDS)))
@pytest.mark.parametrize("kind", norse_nets.SMALL)
def test_small_networks(kind: str, index: int) -> None:
    golden = GOLDEN[kind][index]
    network = read(norse_nets.small_net(kind, golden["seed"]).to_dict()).network
    graph = run(network, [norse_nets.small_input(kind, golden["seed"])], golden, "step" if kind == "IF" else "time")
    compare(graph, golden)
    assert min(golden["spikes"][0].values()) > 10


@pytest.mark.parametrize("index", range(len(norse_nets.SEEDS)))
def test_braille_recurrent_network(index: int) -> None:
    golden = GOLDEN["braille"][index]
    network = read_nir(WORKLOADS / "braille-rsnn.nir").network
    compare(run(network, [norse_nets.braille_input(golden["seed"])], golden, "time"), golden)


def test_nmnist_convolutional_network() -> None:
    golden = GOLDEN["nmnist"][0]
    frames = norse_nets.nmnist_input(WORKLOADS / "nmnist-test-30.npz", len(golden["spikes"]))
    network = read_nir(WORKLOADS / "nmnist-cnn.nir").network
    compare(run(network, frames, golden, "step"), golden)


def test_the_comparison_can_say_no() -> None:
    golden = GOLDEN["LIF"][0]
    network = read(norse_nets.small_net("LIF", golden["seed"]).to_dict()).network
    stimulus = norse_nets.small_input("LIF", golden["seed"])
    graph = run(network, [stimulus], golden, "time")
    shifted = {**golden, "raster": [dict.fromkeys(frame, "0" * 64) for frame in golden["raster"]]}
    with pytest.raises(AssertionError):
        compare(graph, shifted)
    with pytest.raises(AssertionError):
        run(network, [np.roll(stimulus, 1)], golden, "time")
    with pytest.raises(AssertionError):
        compare(run(network, [stimulus], {**golden, "dt": 1.01e-3}, "time"), golden)
