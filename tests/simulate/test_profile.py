import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from oracles import dense_executor

from snnmap.core.arrays import offsets
from snnmap.core.errors import InputError
from snnmap.core.exact import grid_of, on_grid
from snnmap.ir import ANALOG, MODELS, Dynamics, Network, Population, Provenance, SpikeGraph, Spikes, Workload
from snnmap.simulate import execution, neurons
from snnmap.simulate.kernels import neurons as kernel
from snnmap.simulate.profile import profile
from snnmap.simulate.tally import MOST_IN_A_STEP

STEPPED = tuple(neurons.CODES)
STEPS = 10


def population(name: str, model: str, first: int, size: int, level: int, **parameters: object) -> Population:
    kind = model if model in {"input", "bias"} else "neuron"
    given = {key: np.broadcast_to(np.asarray(value, np.float64), (size,)) for key, value in parameters.items()}
    return Population(name, kind, model, first, (size,), level, given)  # type: ignore[arg-type]


def network(populations: list[Population], matrix: np.ndarray, outputs: tuple[int, ...] = ()) -> Network:
    """Network of a dense (N, N) matrix whose NaN entries are no synapses."""
    matrix = matrix.copy()
    grid = np.ones(len(populations))
    for k, p in enumerate(populations):
        block = matrix[:, p.first : p.stop]
        if p.kind == "neuron" and np.any(np.isfinite(block)):
            grid[k] = grid_of(float(np.nanmax(np.abs(block))))
            block[:] = on_grid(block, grid[k])
    there = np.isfinite(matrix)
    source, post = np.nonzero(there)
    return Network(
        tuple(populations), offsets(np.bincount(source, minlength=len(matrix))), post, matrix[there], grid, outputs
    )


def chain(model: str, weights: list[float], **parameters: object) -> Network:
    """One input per weight, each with a synapse to the one neuron."""
    inputs = len(weights)
    matrix = np.full((inputs + 1, inputs + 1), np.nan)
    matrix[:inputs, inputs] = weights
    pops = [population("in", "input", 0, inputs, 0), population("out", model, inputs, 1, 1, **parameters)]
    return network(pops, matrix, (1,))


def spikes(frames: list[list[tuple[int, int, float]]], steps: int = STEPS, dt: float = 1e-3) -> Spikes:
    """Events (step, source, value) per frame, in any order."""
    flat = [event for frame in frames for event in sorted(frame)]
    columns = [np.array([event[k] for event in flat]) for k in range(3)]
    return Spikes(offsets([len(frame) for frame in frames]), columns[0], columns[1], columns[2], steps, dt)


def workload(net: Network, stimulus: Spikes, labels: object = None, **dynamics: object) -> Workload:
    given = None if labels is None else np.asarray(labels, np.int64)
    return Workload("test", net, stimulus, given, Dynamics(dt=stimulus.dt, **dynamics), Provenance(source="test"))  # type: ignore[arg-type]


def listed(events: Spikes | None) -> list[tuple[int, int, int, float]]:
    assert events is not None
    columns = (events.frame_of_event(), events.step, events.source, events.value)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def random_parameters(rng: np.random.Generator, model: str, size: int, in_steps: bool) -> dict[str, np.ndarray]:
    unit = 1.0 if in_steps else 1e-3
    ranges = {
        "tau": (2 * unit, 9 * unit),
        "tau_syn": (1 * unit, 5 * unit),
        "tau_mem": (2 * unit, 9 * unit),
        "r": (0.5, 2.0) if model != "IF" or in_steps else (500.0, 2000.0),
        "w_in": (0.5, 2.0),
        "v_leak": (-0.2, 0.4),
        "v_reset": (-0.5, 0.3),
        "v_threshold": (0.2, 1.0),
        "threshold": (-0.3, 1.0),
        "delay": (0.0, 4 * unit),
        "gain": (-0.5, 0.5) if model == "relay" else (0.5, 2.0),
        "tau_ref": (0.0, 3 * unit),
        "v_min": (-0.5, 0.0),
        "gamma": (0.02, 0.5),
        "alpha": (0.5, 1.0),
        "beta": (0.0, 0.9),
    }
    if model in ("MacReLU", "MacLinear"):
        whole = {"shift": (0, 3), "most": (0, 9), "least": (-9, 1)}
        drawn = {key: rng.integers(*whole[key], size).astype(float) for key in MODELS[model].parameters if key in whole}
        return {"gain": rng.uniform(0.5, 9.0, size)} | drawn
    if model == "MIF":
        return circuit(rng, size, unit)
    if "reset" in MODELS[model].parameters:
        codes = rng.integers(int(MODELS[model].parameters["reset"].high) + 1, size=size).astype(float)
        rest = {key: rng.uniform(*ranges[key], size) for key in MODELS[model].parameters if key != "reset"}
        return rest | {"reset": codes}
    if model == "LavaCuba":
        high = {"i_decay": 4097, "v_decay": 4097, "v_threshold": 60, "ref_delay": 4, "bias": 9}
        low = {"v_threshold": 1, "ref_delay": 1, "bias": -8}
        return {key: rng.integers(low.get(key, 0), high[key], size).astype(float) for key in high}
    return {key: rng.uniform(*ranges[key], size) for key in MODELS[model].parameters}


def circuit(rng: np.random.Generator, size: int, unit: float) -> dict[str, np.ndarray]:
    """Constants of MIF neurons that switch on inputs of the order of 1."""
    ranges = {
        "c": (50e-9 * unit / 1e-3, 200e-9 * unit / 1e-3), "gain": (5e-6, 50e-6), "e_1": (0.03, 0.06),
        "e_2": (-0.06, -0.03), "r_on": (500, 2000), "r_off": (5e4, 2e5), "v_on": (0.08, 0.12), "v_off": (0.0, 0.01),
        "v_t": (3e-3, 3e-2), "tau_x": (0.05 * unit, 0.5 * unit),
    }  # fmt: skip
    drawn = {key: rng.uniform(low, high, size) for key, (low, high) in ranges.items()}
    return drawn | {"substeps": np.full(size, float(rng.integers(1, 7)))}


def random_workload(seed: int, dynamics: Dynamics) -> Workload:
    """Any models, levels with ties, cycles, biases, graded and whole values, several frames."""
    rng = np.random.default_rng(seed)
    in_steps = dynamics.integration == "step"
    pops = [population("in", "input", 0, 3, 0), population("graded", "input", 3, 2, 0)]
    pops.append(population("bias", "bias", 5, int(rng.integers(1, 3)), 0))
    level = 1
    for k in range(int(rng.integers(1, 6))):
        model, size = STEPPED[rng.integers(len(STEPPED))], int(rng.integers(1, 4))
        if model == "LavaCuba" and dynamics.reset == "subtract-next":
            model = "LIF"
        parameters = random_parameters(rng, model, size, in_steps)
        if rng.random() < 0.3:  # an alpha synapse
            parameters |= {"tau_alpha": rng.uniform(0.5, 6.0, size) * (1.0 if in_steps else 1e-3)}
        pops.append(population(f"n{k}", model, pops[-1].stop, size, level, **parameters))
        level += int(rng.integers(0, 2))
    n = pops[-1].stop
    matrix = np.where(rng.random((n, n)) < 0.4, rng.uniform(-0.6, 1.0, (n, n)), np.nan)
    matrix[:, : pops[3].first] = np.nan
    for p in pops:
        if p.model == "LavaCuba":
            matrix[:, p.first : p.stop] = np.rint(matrix[:, p.first : p.stop] * 30)
    frames = []
    for _ in range(2):
        drive = np.argwhere(rng.random((STEPS, 5)) < 0.4)
        frames.append(
            [(int(t), int(i), rng.integers(1, 4) if i < 3 else float(np.float32(rng.normal()))) for t, i in drive]
        )
    return Workload("random", network(pops, matrix, (len(pops) - 1,)), spikes(frames), None, dynamics)


DYNAMICS = st.builds(
    Dynamics,
    integration=st.sampled_from(["time", "step"]),
    reset=st.sampled_from(["value", "subtract", "zero", "subtract-next", "none"]),
    comparison=st.sampled_from([">", ">="]),
    clamp=st.sampled_from([None, 0.0, 1.0]),
    decay=st.sampled_from(["euler", "exponential"]),
) | st.builds(Dynamics, integration=st.just("step"), reset=st.just("subtract"), multispike=st.just(True))


@settings(max_examples=120, deadline=None)
@example(2733, Dynamics(integration="step", reset="subtract", multispike=True))
@given(st.integers(0, 10**9), DYNAMICS)
def test_random_networks_match_the_dense_oracle(seed: int, dynamics: Dynamics) -> None:
    case = random_workload(seed, dynamics)
    expected = dense_executor.run(case.network, case.stimulus, dynamics)
    try:
        graph = profile(case, threads=1)
    except InputError:  # activity without end
        assert max(value for *_, value in expected) > MOST_IN_A_STEP
        return
    assert listed(graph.events) == expected


@pytest.mark.parametrize("seed", range(4))
def test_input_that_stays_the_same_for_steps_matches_the_dense_oracle(seed: int) -> None:
    """Runs of equal steps, of graded and whole values; between two of them a step without input, or with another."""
    case = random_workload(seed, Dynamics(integration="step"))
    rng = np.random.default_rng(seed)
    values = {0: {}, 1: {0: 1, 3: 0.3}, 2: {0: 1, 3: 0.7}, 3: {0: 1, 4: 0.3}, 4: {2: 2}}
    turns = [1, 1, 1, 2, 2, 0, 0, 2, 2, 2, 3, 3, 4, 4, 4, 1, 0, 1, 1, int(rng.integers(5))]
    events = [(t, i, float(np.float32(x))) for t, turn in enumerate(turns) for i, x in values[turn].items()]
    stimulus = spikes([events, events[3:]], steps=len(turns))
    expected = dense_executor.run(case.network, stimulus, case.dynamics)
    assert listed(profile(replace(case, stimulus=stimulus), threads=1).events) == expected


def test_activity_that_feeds_itself_without_end_is_refused_by_name() -> None:
    """Every spike makes 1,000 more a step later: 10^12 in the fifth step are more than a profile can hold."""
    pops = [population("in", "input", 0, 1, 0), population("loud", "IF", 1, 1, 1, r=1.0, v_threshold=1.0, v_reset=0.0)]
    matrix = np.array([[np.nan, 1000.0], [np.nan, 1000.0]])
    ignited = spikes([[(0, 0, 1)]])
    once = Dynamics(integration="step", reset="subtract", multispike=True)
    with pytest.raises(InputError, match=r"population 'loud' emits [\d,]+ spikes in one step"):
        profile(Workload("loud", network(pops, matrix, (1,)), ignited, None, once), threads=1)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**9))
def test_totals_follow_from_the_events(seed: int) -> None:
    case = random_workload(seed, Dynamics(integration="step", reset="subtract", multispike=True))
    try:
        graph = profile(case, threads=1)
    except InputError:  # activity without end
        return
    events = graph.events
    assert events is not None
    graded = np.array([p.model in ANALOG or p.name == "graded" for p in case.network.populations])
    count = np.where(graded[case.network.population_of()[events.source]], 1, events.value).astype(int)
    table = np.zeros((graph.frames, graph.steps, case.network.sources), int)
    np.add.at(table, (events.frame_of_event(), events.step, events.source), count)
    table[:, :, case.network.is_bias()] = 1
    assert np.array_equal(graph.spikes, table.sum((0, 1)))
    assert np.array_equal(graph.worst_frame, table.sum(1).max(0))
    assert np.array_equal(graph.worst_step, table.max((0, 1)))
    assert np.array_equal(graph.active_steps, (table > 0).sum((0, 1)))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**9))
def test_order_of_synapses_changes_no_bit(seed: int) -> None:
    case = random_workload(seed, Dynamics(integration="step"))
    net, rng = case.network, np.random.default_rng(seed)
    order = np.concatenate(
        [rng.permutation(np.arange(a, b)) for a, b in zip(net.indptr[:-1], net.indptr[1:], strict=True)]
    ).astype(int)
    shuffled = replace(net, post=net.post[order], weight=net.weight[order])
    first, second = profile(case, threads=1), profile(replace(case, network=shuffled), threads=1)
    assert listed(first.events) == listed(second.events)


def test_order_of_many_inputs_changes_no_bit() -> None:
    rng = np.random.default_rng(5)
    weights = rng.normal(size=200) * 10.0 ** rng.integers(-6, 1, 200)
    order = rng.permutation(200)
    everyone = spikes([[(t, i, float(np.float32(1 + t + i / 7))) for t in range(3) for i in range(200)]], steps=4)
    values = {tuple(event) for event in zip(everyone.step, everyone.source, everyone.value, strict=True)}
    moved = spikes([[(int(t), int(np.argmax(order == i)), float(x)) for t, i, x in values]], steps=4)
    results = []
    for net, stimulus in ((chain("LI", list(weights), tau=3e-3, r=1, v_leak=0), everyone),
                          (chain("LI", list(weights[order]), tau=3e-3, r=1, v_leak=0), moved)):  # fmt: skip
        graph = profile(workload(net, stimulus))
        results.append([(t, x) for _, t, i, x in listed(graph.events) if i == 200])
    assert results[0] == results[1]
    assert len(results[0]) == 4


@pytest.mark.parametrize("threads", [2, 5])
def test_thread_count_changes_nothing(threads: int) -> None:
    case = random_workload(11, Dynamics(integration="step"))
    frames = np.arange(13) % 2
    bounds = case.stimulus.frame
    pick = [np.arange(bounds[f], bounds[f + 1]) for f in frames]
    order = np.concatenate(pick)
    stimulus = Spikes(
        offsets([len(p) for p in pick]), case.stimulus.step[order], case.stimulus.source[order],
        case.stimulus.value[order], STEPS, 1e-3,
    )  # fmt: skip
    case = replace(case, stimulus=stimulus, labels=np.zeros(13, np.int64))
    alone, together = profile(case, threads=1), profile(case, threads=threads)
    assert alone.digest() == together.digest()
    assert listed(alone.events) == listed(together.events)
    assert alone.provenance == together.provenance
    assert alone.accuracy == together.accuracy


def test_update_works_on_any_slices() -> None:
    """The replay may step neurons cluster by cluster: ranges and their order must not matter."""
    rng = np.random.default_rng(3)
    models = list(STEPPED)
    parameters = [random_parameters(rng, model, 4, True) for model in models]
    state = neurons.neuron_state(models, [4] * len(models), parameters, 1.0)
    rule = neurons.step_rule("subtract", ">=", 1.0, False)
    whole, split = neurons.fresh(state), neurons.fresh(state)
    n = 4 * len(models)
    for _ in range(30):
        acc = rng.normal(1.0, 2.0, n)
        copy, out, other = acc.copy(), np.zeros(n), np.zeros(n)
        counts = [0, 0]
        for k, model in enumerate(models):
            code = neurons.CODES[model]
            counts[0] += kernel.update(code, rule, 4 * k, 4 * k + 4, whole, acc, out)
            for j in rng.permutation(4):
                counts[1] += kernel.update(code, rule, 4 * k + int(j), 4 * k + int(j) + 1, split, copy, other)
        assert np.array_equal(out, other)
        assert counts == [np.count_nonzero(out)] * 2
        assert not acc.any()
        assert not copy.any()


def times(graph: SpikeGraph, source: int) -> list[int]:
    return [t for _, t, i, _ in listed(graph.events) if i == source]


def test_lif_by_hand() -> None:
    """v = 0, then v += (dt / tau) (x - v): 0.5, 0.75 > 0.7 -> reset to 0.25, 0.625, 0.8125 -> reset."""
    net = chain("LIF", [1.0], tau=2e-3, r=1, v_leak=0, v_threshold=0.7, v_reset=0.25)
    graph = profile(workload(net, spikes([[(t, 0, 1) for t in range(4)]], steps=5)))
    assert times(graph, 1) == [1, 3]


def test_comparison_and_resets_by_hand() -> None:
    net = chain("IF", [0.5], r=1, v_threshold=1.0, v_reset=-0.5)
    drive = spikes([[(t, 0, 1) for t in range(6)]], steps=6)

    def fired(**dynamics: object) -> list[int]:
        return times(profile(workload(net, drive, integration="step", **dynamics)), 1)

    assert fired() == [3]  # from -0.5: 0, 0.5, 1.0 (not above), 1.5 -> -0.5, 0, 0.5
    assert fired(comparison=">=") == [2, 5]  # from -0.5: 0, 0.5, 1.0 -> -0.5, 0, 0.5, 1.0 -> -0.5
    assert fired(comparison=">=", reset="zero") == [1, 3, 5]
    assert fired(reset="subtract") == [2, 4]  # 0.5, 1.0 (not above), 1.5 -> 0.5, 1.0, 1.5


def test_several_spikes_and_clamp_by_hand() -> None:
    net = chain("IF", [2.5, -9.0], r=1, v_threshold=1.0, v_reset=0)
    drive = spikes([[(0, 0, 1), (1, 0, 1), (2, 1, 1), (3, 0, 1)]], steps=4)
    dynamics = {"integration": "step", "reset": "subtract", "comparison": ">="}
    several = profile(workload(net, drive, multispike=True, clamp=1.0, **dynamics))
    assert [x for _, _, i, x in listed(several.events) if i == 2] == [2.0, 3.0, 1.0]
    assert several.spikes[2] == 6
    assert several.worst_step[2] == 3
    one = profile(workload(net, drive, **dynamics))
    assert times(one, 2) == [0, 1]


def test_delayed_synapses_by_level() -> None:
    """in -> a -> b in one step; b -> a (back) and a -> a one step later."""
    pops = [population("in", "input", 0, 1, 0)]
    pops += [population(n, "relay", k + 1, 1, k + 1, gain=1.0) for k, n in enumerate("ab")]
    matrix = np.full((3, 3), np.nan)
    matrix[0, 1], matrix[1, 2], matrix[2, 1], matrix[1, 1] = 1.0, 1.0, 2.0, 1.0
    graph = profile(workload(network(pops, matrix), spikes([[(1, 0, 1)]], steps=4)))
    values = {(t, i): x for _, t, i, x in listed(graph.events)}
    assert values == {(1, 0): 1, (1, 1): 1, (1, 2): 1, (2, 1): 3, (2, 2): 3, (3, 1): 9, (3, 2): 9}


def test_loihi_integers_by_hand() -> None:
    assert [kernel.decayed(y, 410) for y in (100, -100, 1, -1, 0)] == [89, -89, 0, 0, 0]
    net = chain("LavaCuba", [10.0], i_decay=2048, v_decay=0, v_threshold=25, ref_delay=2, bias=0)
    graph = profile(workload(net, spikes([[(0, 0, 1), (1, 0, 1)]], steps=9), comparison=">="))
    # u: 10 15 7 3 1 0, v: 10 25 -> spike; held in step 2; then 3 4 4
    assert times(graph, 1) == [1]
    fast = chain("LavaCuba", [25.0], i_decay=4096, v_decay=0, v_threshold=25, ref_delay=1, bias=0)
    drive = spikes([[(t, 0, 1) for t in range(4)]])
    assert times(profile(workload(fast, drive, comparison=">=")), 1) == [0, 1, 2, 3]
    assert times(profile(workload(fast, drive)), 1) == [1, 3]  # 25 is not above 25; 50 is


def outputs(counts: list[list[int]]) -> Workload:
    """One frame per row: neuron k of three fires `counts[frame][k]` times."""
    pops = [population("in", "input", 0, 3, 0), population("out", "IF", 3, 3, 1, r=1, v_threshold=0.5, v_reset=0)]
    matrix = np.full((6, 6), np.nan)
    matrix[[0, 1, 2], [3, 4, 5]] = 1.0
    frames = [[(t, i, 1.0) for i, n in enumerate(row) for t in range(n)] for row in counts]
    return workload(network(pops, matrix, (1,)), spikes(frames), [0, 1, 2, 2], integration="step")


def test_accuracy_and_ties() -> None:
    case = outputs([[3, 1, 2], [0, 4, 4], [1, 2, 2], [0, 0, 0]])
    graph = profile(case)
    assert graph.predictions.tolist() == [0, 1, 1, 0]  # the lowest of equals
    assert graph.accuracy == 0.5
    assert profile(replace(case, labels=None)).accuracy is None
    assert graph.dynamics == case.dynamics
    assert graph.provenance.source == "test"


def test_analog_outputs_are_classified_by_their_sum() -> None:
    pops = [population("in", "input", 0, 1, 0), population("out", "relay", 1, 2, 1, gain=[1.0, 0.6])]
    matrix = np.full((3, 3), np.nan)
    matrix[0, 1:] = [-1.0, -1.0]
    case = workload(network(pops, matrix, (1,)), spikes([[(0, 0, 1), (1, 0, 1)]]), [1])
    assert profile(case).accuracy == 1.0  # both emit twice; -1.2 beats -2


def test_dead_and_saturated_are_named() -> None:
    pops = [population("in", "input", 0, 1, 0), population("unused", "input", 1, 1, 0)]
    pops += [population(n, "IF", k + 2, 1, 1, r=1, v_threshold=0.5, v_reset=0) for k, n in enumerate(("on", "off"))]
    matrix = np.full((4, 4), np.nan)
    matrix[0, 2], matrix[0, 3] = 1.0, 0.01
    drive = spikes([[(t, 0, 1) for t in range(STEPS)]])
    graph = profile(workload(network(pops, matrix), drive, integration="step"))
    assert graph.remarks.dead == ("unused", "off")
    assert graph.remarks.saturated == ("on",)


def test_progress_and_events_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    case = outputs([[3, 1, 2], [0, 4, 4], [1, 2, 2], [0, 0, 0]])
    seen: list[tuple[int, int]] = []
    full = profile(case, progress=lambda done, total: seen.append((done, total)), threads=2)
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert full.events is not None
    assert profile(case, keep_events=False).events is None
    monkeypatch.setattr(execution, "KEEP_LIMIT", len(full.events.step) - 1)
    assert profile(case).events is None
    assert profile(case).digest() == full.digest()
    assert profile(case, keep_events=True).events is not None
    monkeypatch.setattr(execution, "KEEP_LIMIT", len(full.events.step))
    assert profile(case).events is not None


def test_importing_the_profiler_is_light() -> None:
    code = "import sys, snnmap.simulate.profile; print([m for m in ('numba', 'scipy', 'h5py') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


GOOD = {"r": 1, "v_threshold": 1, "v_reset": 0}
REFUSED = [
    (lambda: workload(chain("IF", [1.0], **GOOD), spikes([[(0, 1, 1)]])), "drives source 1"),
    (lambda: workload(chain("IF", [1.0], **GOOD), spikes([])), "0 frames"),
    (lambda: workload(chain("IF", [1.0], **GOOD), spikes([[]], steps=0)), "0 steps"),
    (lambda: workload(chain("IF", [1.0], **GOOD), spikes([[(0, 0, np.inf)]])), "not finite"),
    (lambda: workload(chain("IF", [1.0], **GOOD), spikes([[(0, 0, 1), (0, 0, 1)]])), "sorted"),
    (lambda: workload(chain("IF", [1.0], **GOOD), spikes([[]]), [1, 2]), "2 labels for 1 frames"),
    (lambda: replace(workload(chain("IF", [1.0], **GOOD), spikes([[]])), dynamics=Dynamics(dt=2e-3)), "one dt"),
    (lambda: workload(chain("IF", [1.0], **GOOD), spikes([[]]), multispike=True), "need the reset 'subtract'"),
    (lambda: workload(chain("IF", [1.0], **GOOD), spikes([[]]), reset="soft"), "'soft' is unknown"),
    (lambda: workload(chain("IF", [1.0], **GOOD), spikes([[]]), comparison="<"), "'<' is unknown"),
    (
        lambda: workload(chain("IF", [1.0], r=1, v_threshold=0, v_reset=0), spikes([[]]), clamp=1.0),
        "positive thresholds",
    ),
    (lambda: workload(chain("LI", [1.0], tau=0, r=1, v_leak=0), spikes([[]])), "tau of a LI population must be pos"),
    (lambda: workload(chain("LI", [1.0], tau=np.nan, r=1, v_leak=0), spikes([[]])), "not finite"),
    (lambda: workload(chain("Delay", [1.0], delay=-1e-3), spikes([[]])), "negative"),
    (lambda: workload(chain("recorded", [1.0]), spikes([[]])), "'recorded' population has no dynamics"),
    (
        lambda: workload(
            chain("LavaCuba", [1.0], i_decay=5000, v_decay=0, v_threshold=1, ref_delay=1, bias=0), spikes([[]])
        ),
        "0..4096",
    ),
    (
        lambda: workload(
            chain("LavaCuba", [1.0], i_decay=1, v_decay=0, v_threshold=0.5, ref_delay=1, bias=0), spikes([[]])
        ),
        "must be integers",
    ),
    (
        lambda: workload(chain("LI", [1.0], tau=1e-3, r=1e39, v_leak=0), spikes([[(0, 0, 1)]])),
        "'out' diverges in step",
    ),
]


@pytest.mark.parametrize(("case", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_what_cannot_be_run_is_refused(case, message: str) -> None:
    with pytest.raises(InputError, match=message.replace("(", r"\(")):
        profile(case())


def test_a_driven_bias_is_refused() -> None:
    pops = [population("b", "bias", 0, 1, 0), population("out", "IF", 1, 1, 1, **GOOD)]
    matrix = np.full((2, 2), np.nan)
    matrix[0, 1] = 1.0
    with pytest.raises(InputError, match="drives a bias"):
        profile(workload(network(pops, matrix), spikes([[(0, 0, 1)]])))


@pytest.mark.parametrize(("reset", "expected"), [("subtract-next", [1, 4, 7]), ("subtract", [1, 3, 5, 7, 9])])
def test_a_delayed_reset_subtracts_in_the_next_step(reset: str, expected: list[int]) -> None:
    """Late, v[t + 1] = v[t] / 2 + 0.75 - spike[t]: 0.75, 1.125 *, 0.3125, 0.906, 1.203 *, 0.352, 0.926, 1.213 *, ..."""
    net = chain("LIF", [0.75], tau=2e-3, r=2.0, v_leak=0.0, v_threshold=1.0, v_reset=0.0)
    graph = profile(workload(net, spikes([[(t, 0, 1.0) for t in range(STEPS)]]), reset=reset))
    assert [step for _, step, source, _ in listed(graph.events) if source == 1] == expected


def test_late_and_immediate_subtraction_differ_by_the_leak() -> None:
    net = chain("LIF", [2.0], tau=2e-3, r=2.0, v_leak=0.0, v_threshold=1.0, v_reset=0.0)
    drive = spikes([[(0, 0, 2.0)]])  # v = 4
    late = [s for _, s, n, _ in listed(profile(workload(net, drive, reset="subtract-next")).events) if n]
    soon = [s for _, s, n, _ in listed(profile(workload(net, drive, reset="subtract")).events) if n]
    assert late == [0]  # 4 / 2 - 1 = 1, which does not pass
    assert soon == [0, 1]  # (4 - 1) / 2 = 1.5


def test_without_a_reset_v_keeps_its_value() -> None:
    net = chain("IF", [1.0], r=1000.0, v_threshold=1.5, v_reset=0.0)
    graph = profile(workload(net, spikes([[(0, 0, 1.0), (1, 0, 1.0)]]), reset="none"))
    assert [s for _, s, n, _ in listed(graph.events) if n] == list(range(1, STEPS))


def test_loihi_neurons_do_not_wait_with_their_reset() -> None:
    net = chain("LavaCuba", [64.0], i_decay=0.0, v_decay=0.0, v_threshold=64.0, ref_delay=1.0, bias=0.0)
    with pytest.raises(InputError, match="reset at once"):
        profile(workload(net, spikes([[(0, 0, 1.0)]]), reset="subtract-next"))


def test_a_step_of_more_than_two_time_constants_is_refused() -> None:
    def run(tau: float, **dynamics: object) -> SpikeGraph:
        net = chain("LIF", [1.0], tau=tau, r=2.0, v_leak=0.0, v_threshold=1.0, v_reset=0.0)
        return profile(workload(net, spikes([[(0, 0, 1.0)]]), **dynamics))

    assert run(0.5e-3).frames == 1
    with pytest.raises(InputError, match=r"2\.08 times tau of 'out' \(0\.00048 s\)"):
        run(0.48e-3)
    assert run(0.48e-3, decay="exponential").frames == 1
    with pytest.raises(InputError, match=r"5 times tau of 'out' \(0\.2 steps\)"):
        run(0.2, integration="step")
