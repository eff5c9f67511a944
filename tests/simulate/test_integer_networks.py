"""Networks of MacReLU and MacLinear: their run is integer arithmetic, and so is their replay on crossbars."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from oracles import integer_mac
from support import small_workload

import snnmap
from snnmap.core.errors import InputError
from snnmap.frontend.data.encode import binned
from snnmap.ir import Dynamics, Network, Population, SpikeGraph, Workload
from snnmap.legality.rules import verify
from snnmap.simulate.mapped import deviation, replay
from snnmap.simulate.profile import profile

LEAST, MOST = -128, 127


def integer_workload(seed: int) -> tuple[Workload, list, np.ndarray]:
    """A random feed-forward network of integers, the same for the oracle, and inputs (frames, inputs)."""
    rng = np.random.default_rng(seed)
    sizes = [int(n) for n in rng.integers(2, 12, int(rng.integers(2, 5)))]
    populations, rows, layers, first = [Population("in", "input", "input", 0, (sizes[0],), 0)], [], [], 0
    for k, (before, size) in enumerate(pairwise(sizes), start=1):
        matrix, shift = rng.integers(-63, 64, (before, size)), int(rng.integers(0, 9))
        linear = bool(rng.integers(2))
        bounds = (LEAST, MOST) if linear else (0, int(rng.integers(1, 200)))
        given = {"gain": 1.0, "shift": shift, "most": bounds[1]} | ({"least": bounds[0]} if linear else {})
        parameters = {key: np.full(size, float(value)) for key, value in given.items()}
        model = "MacLinear" if linear else "MacReLU"
        populations.append(Population(f"n{k}", "neuron", model, first + before, (size,), k, parameters, levels=127))
        rows += [[(first + before + j, w) for j, w in enumerate(row) if w] for row in matrix.tolist()]
        layers.append((matrix.T.tolist(), shift, *bounds))
        first += before
    rows += [[] for _ in range(sizes[-1])]
    indptr = np.cumsum([0, *(len(row) for row in rows)])
    post, weight = (np.array([entry[k] for row in rows for entry in row]) for k in (0, 1))
    network = Network(tuple(populations), indptr, post, weight, np.ones(len(populations)), (len(populations) - 1,))
    inputs = rng.integers(0, 32, (3, sizes[0]))
    frame, source = np.nonzero(inputs)
    value = inputs[frame, source].astype(float)
    stimulus = binned(frame, np.zeros_like(frame), source, value, (3, 1, sizes[0]), 1e-3)
    return Workload("integers", network, stimulus, None, Dynamics(dt=1e-3, integration="step")), layers, inputs


def sent(graph: SpikeGraph) -> np.ndarray:
    """What every source sends in every frame, (frames, N)."""
    events, found = graph.events, np.zeros((graph.frames, graph.network.sources))
    found[events.frame_of_event(), events.source] = events.value
    return found


def expected(layers: list, inputs: np.ndarray) -> np.ndarray:
    rows = [[*frame, *(x for layer in integer_mac.network(layers, frame) for x in layer)] for frame in inputs.tolist()]
    return np.array(rows, float)


@pytest.mark.parametrize("seed", range(60))
def test_a_run_is_integer_arithmetic(seed: int) -> None:
    workload, layers, inputs = integer_workload(seed)
    np.testing.assert_array_equal(sent(profile(workload, threads=1)), expected(layers, inputs))


def test_the_oracle_can_say_no() -> None:
    workload, layers, inputs = integer_workload(1)
    found = sent(profile(workload, threads=1))
    for change in (lambda w, s, a, b: (w, s + 1, a, b), lambda w, s, a, b: (w, s, a, b - 1)):
        other = [change(*layer) for layer in layers]
        assert not np.array_equal(found, expected(other, inputs))
    assert integer_mac.unit([-1], [1], 3, (-9, 9)) == -1  # towards minus infinity, not towards 0


@pytest.mark.parametrize("seed", range(12))
def test_a_mapping_replays_it_to_the_last_event(seed: int, chip: Path) -> None:
    workload, _, _ = integer_workload(seed)
    compiled = snnmap.compile(workload, snnmap.CompileOptions(hardware=str(chip), seed=1))
    assert verify(compiled.mapping, compiled.graph, compiled.hardware) == []
    assert deviation(compiled.graph, replay(compiled.mapping, compiled.graph)) == 0


def test_results_are_graded_messages_one_each() -> None:
    graph = profile(integer_workload(3)[0], threads=1)
    total = np.count_nonzero(sent(graph)[:, graph.network.externals :], axis=0)
    np.testing.assert_array_equal(graph.spikes[graph.network.externals :], total)


def test_files_keep_them(tmp_path: Path) -> None:
    workload, _, _ = integer_workload(5)
    snnmap.save_network(workload.network, tmp_path / "n.npz")
    assert snnmap.load_network(tmp_path / "n.npz").network.digest() == workload.network.digest()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("gain = 1.0, shift = 0.5, most = 31", "shift of a MacReLU population must be integers"),
        ("gain = 0.0, shift = 1, most = 31", "gain of a MacReLU population must be positive"),
        ("gain = 1.0, shift = 1, most = -1", "most of a MacReLU population must lie in 0"),
        ("gain = 1.0, shift = 1, most = 31", ""),
    ],
)
def test_a_recipe_names_them_and_bad_parameters_are_refused(tmp_path: Path, given: str, said: str) -> None:
    one = 'model = "IF"\nparameters = { r = 1.0, v_threshold = 1.0, v_reset = 0.0 }'
    text = small_workload.recipe()
    assert one in text
    (tmp_path / "net.toml").write_text(text.replace(one, f'model = "MacReLU"\nparameters = {{ {given} }}'))
    if said:
        with pytest.raises(InputError, match=said):
            snnmap.profile(str(tmp_path / "net.toml"))
        return
    graph = snnmap.profile(str(tmp_path / "net.toml"))
    assert graph.network.populations[1].model == "MacReLU"
    assert graph.spikes[graph.network.externals :].sum() > 0
