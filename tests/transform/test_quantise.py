"""Rounding is what it says: least errors, integers, and a network that does what the rounded weights do."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import dense_executor
from support import small_workload

from snnmap.core.arrays import offsets
from snnmap.core.errors import InputError
from snnmap.ir import MODELS, Dynamics, Network, Population, Workload
from snnmap.ir.integers import QUANTISERS, foreign, largest
from snnmap.simulate.profile import profile
from snnmap.transform.quantise import PERCENTILE, Quantised, quantise

LEVELS = (2, 3, 4, 15, 16, 255, 256)


def dense(weight: np.ndarray, constant: np.ndarray | None = None, model: str = "IF", **values: float) -> Network:
    """Inputs, perhaps a bias, and neurons; `weight` (inputs, neurons) on a fine grid."""
    inputs, neurons = weight.shape
    parameters = {key: np.full(neurons, values.get(key, 1.0)) for key in MODELS[model].parameters}
    populations = [Population("in", "input", "input", 0, (inputs,), 0)]
    if constant is not None:
        populations.append(Population("bias", "bias", "bias", inputs, (1,), 0))
        weight = np.concatenate([weight, constant[None]])
    rows = len(weight)
    populations.append(Population("n", "neuron", model, rows, (neurons,), 1, parameters))
    source, target = np.nonzero(np.isfinite(weight))
    counts = np.bincount(source, minlength=rows + neurons)
    fine = np.full(len(populations), 2.0**-40)
    return Network(tuple(populations), offsets(counts), rows + target, weight[source, target], fine, (len(fine) - 1,))


def drawn(seed: int, shape: tuple[int, int] = (30, 20)) -> np.ndarray:
    """Float32 weights with a long tail."""
    return np.random.default_rng(seed).standard_t(3, shape).astype(np.float32).astype(np.float64)


def effective(made: Quantised, name: str = "n") -> np.ndarray:
    """Weights that the integers into a population stand for, in the units of the old network; biases summed."""
    network, scale = made.network, made.roundings[0].scale
    p = next(p for p in network.populations if p.name == name)
    total = np.zeros((network.externals, p.size))
    pre = np.repeat(np.arange(network.sources), np.diff(network.indptr))
    total[pre, network.post - p.first] = network.integers() * scale
    inputs = network.populations[0].size
    return np.concatenate([total[:inputs], total[inputs:].sum(axis=0, keepdims=True)])


@pytest.mark.parametrize("levels", LEVELS)
@pytest.mark.parametrize("quantiser", QUANTISERS)
def test_weights_become_levels_and_the_errors_are_those_printed(quantiser: str, levels: int) -> None:
    weight = drawn(levels)
    made = quantise(dense(weight), quantiser, levels)  # type: ignore[arg-type]
    p, row = made.network.populations[-1], made.roundings[0]
    assert (p.levels, row.levels, row.population, row.bias_rows) == (levels, levels, "n", 0)
    assert not foreign(made.network.integers(), levels).any()
    assert p.step == 2.0 ** math.floor(math.log2(row.scale))
    after = effective(made)[:-1]
    error = after - weight
    assert row.relative_rms == pytest.approx(math.sqrt((error**2).sum() / (weight**2).sum()), rel=1e-12)
    at = np.unravel_index(np.abs(error).argmax(), error.shape)
    assert row.worst == pytest.approx((weight[at], after[at]))
    assert row.zeroed == (after == 0).mean()
    clipped = np.abs(weight) > largest(levels) * row.scale * (1 + 1e-12)
    gap = row.scale * (1 if levels % 2 else 2)
    assert np.abs(error[~clipped]).max() <= gap / 2 * (1 + 1e-12)
    assert np.allclose(np.abs(after[clipped]), largest(levels) * row.scale)


def test_max_clips_nothing_and_percentile_the_largest() -> None:
    weight = drawn(1, (100, 100))
    top = np.sort(np.abs(weight).ravel())
    assert quantise(dense(weight), "max", 15).roundings[0].scale == top[-1] / 7
    rank = math.ceil(PERCENTILE / 100 * len(top)) - 1
    assert quantise(dense(weight), "percentile", 15).roundings[0].scale == top[rank] / 7 < top[-1] / 7


@pytest.mark.parametrize("levels", LEVELS[:-2])
def test_mse_is_the_least_squared_error_of_a_fine_scan(levels: int) -> None:
    weight = drawn(7)
    row = quantise(dense(weight), "mse", levels).roundings[0]

    def error(scale: float) -> float:
        grid = np.arange(-largest(levels), largest(levels) + 1, 1 if levels % 2 else 2) * scale
        return float((np.abs(weight.ravel()[:, None] - grid).min(axis=1) ** 2).sum())

    least = min(error(s) for s in np.linspace(0.002, 1.0, 2000) * np.abs(weight).max() / largest(levels))
    assert error(row.scale) <= least * (1 + 1e-3)
    for other in ("max", "percentile"):
        assert row.relative_rms <= quantise(dense(weight), other, levels).roundings[0].relative_rms  # type: ignore[arg-type]


def test_a_percentile_of_zeros_is_not_taken() -> None:
    weight = np.zeros((50, 50))
    weight[3, 4:6] = 2.0, np.float32(1.1)
    row = quantise(dense(weight), "percentile", 15).roundings[0]
    assert (row.scale, row.zeroed) == (2 / 7, 0.0)
    assert row.worst == (np.float32(1.1), pytest.approx(8 / 7))


def test_one_bit_of_least_error_is_the_mean_magnitude() -> None:
    weight = drawn(3)
    row = quantise(dense(weight), "mse", 2).roundings[0]
    assert row.scale == pytest.approx(np.abs(weight).mean())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(LEVELS), st.sampled_from(QUANTISERS), st.floats(0.01, 30.0))
def test_biases_take_as_many_rows_as_hold_them(seed: int, levels: int, quantiser: str, size: float) -> None:
    weight = drawn(seed, (6, 9))
    bias = np.random.default_rng(seed).normal(0, size, 9).astype(np.float32).astype(np.float64)
    made = quantise(dense(weight, bias), quantiser, levels)  # type: ignore[arg-type]
    network, row = made.network, made.roundings[0]
    assert not foreign(network.integers(), levels).any()
    rows = network.populations[1].size
    assert rows == max(row.bias_rows, 1)
    whole = np.rint(bias / row.scale)
    assert np.allclose(effective(made)[-1], whole * row.scale, rtol=0, atol=1e-9 * row.scale)
    least = np.ceil(np.abs(whole) / largest(levels))
    held = np.bincount(network.post, minlength=network.sources)[network.externals :] - 6
    assert np.all((held == least) | ((levels % 2 == 0) & (held == least + 1)))


MODELS_RUN = [m.name for m in MODELS.values() if m.stepped]
OLD = {
    "tau": 3.0, "tau_mem": 3.0, "tau_syn": 2.0, "r": 1.5, "w_in": 0.7, "v_leak": 0.1, "v_threshold": 1.7,
    "v_reset": -0.3, "threshold": 1.1, "gain": 0.8, "delay": 2.0,
    "alpha": 0.9, "beta": 0.7, "reset": 1.0, "v_min": -0.4, "tau_ref": 1.3, "shift": 0.0, "least": -9.0, "most": 9.0,
}  # fmt: skip
LAVA = {"i_decay": 1000.0, "v_decay": 500.0, "v_threshold": 2000.0, "ref_delay": 1.0, "bias": 0.0}
RULES = (
    Dynamics(dt=1.0, integration="step"),
    Dynamics(dt=1.0, integration="step", reset="subtract", comparison=">=", multispike=True, clamp=1.0),
    Dynamics(dt=1.0, integration="step", reset="subtract-next"),
    Dynamics(dt=1.0, integration="step", reset="zero", decay="exponential"),
)


@pytest.mark.parametrize("dynamics", RULES, ids=lambda d: d.reset)
@pytest.mark.parametrize("model", MODELS_RUN)
def test_the_network_does_what_its_rounded_weights_do(model: str, dynamics: Dynamics) -> None:
    """Against a dense oracle with the old parameters and the weights s k, not integers in new units."""
    if model == "LavaCuba" and dynamics.reset == "subtract-next":
        return
    loud = 300.0 if model == "LavaCuba" else 1.0
    old = dense(drawn(5, (12, 7)) * loud, drawn(6, (1, 7))[0] * loud, model, **(LAVA if model == "LavaCuba" else OLD))
    made = quantise(old, "mse", 15)
    on = np.random.default_rng(8).random((4, 20, 12)) < 0.4
    frame, step, source = np.nonzero(on)
    workload = small_workload.workload()
    stimulus = replace(workload.stimulus, frame=offsets(np.bincount(frame, minlength=4)), step=step, source=source,
                       value=np.ones(len(step)), steps=20, dt=1.0)  # fmt: skip
    events = profile(Workload("q", made.network, stimulus, None, dynamics), threads=1).events
    shift = made.network.externals - old.externals
    mine = [
        (f, t, i if i < 12 else i - shift, v)
        for f, t, i, v in zip(events.frame_of_event(), events.step, events.source, events.value, strict=True)
    ]
    rounded = effective(made)
    weights = {13 + j: [(i, rounded[i, j]) for i in range(13)] for j in range(7)}
    written_out = SimpleNamespace(populations=old.populations, indptr=old.indptr, grid=np.full(3, 2.0**-60))
    expected = []
    for f in range(4):
        outside = {(int(t), int(i)): 1.0 for t, i in np.argwhere(on[f])}
        said = dense_executor.one_frame(written_out, weights, outside, 20, dynamics)
        expected += [(f, *e) for e in said if abs(e[2]) > 1e-9]  # s k added up to 0 leaves the last bit
    assert [e[:3] for e in mine] == [e[:3] for e in expected]
    assert np.allclose([e[3] for e in mine], [e[3] for e in expected], rtol=1e-6)
    assert len(expected) > np.count_nonzero(on) + 9


def test_models_that_cannot_take_a_unit_get_scales_that_need_none() -> None:
    weight = drawn(2, (12, 7))
    delayed = quantise(dense(weight, model="Delay", delay=0.0), "max", 15)
    scale = delayed.network.populations[-1].step
    assert scale == delayed.roundings[0].scale == 2.0 ** math.ceil(math.log2(np.abs(weight).max() / 7))
    loihi = quantise(dense(np.rint(weight * 99), model="LavaCuba", **LAVA), "max", 15)
    step = loihi.network.populations[-1].step
    assert step == math.ceil(np.rint(np.abs(weight) * 99).max() / 7)
    assert loihi.network.populations[-1].parameters["v_threshold"].tolist() == [2000.0] * 7


@pytest.mark.parametrize("quantiser", QUANTISERS)
def test_integers_keep_themselves(quantiser: str) -> None:
    """Of multiples of 128 up to 127 nothing is lost, in whatever way the scale would be chosen."""
    whole = np.random.default_rng(1).integers(-90, 91, (30, 20))
    made = quantise(dense(whole * 128.0), quantiser, 255)  # type: ignore[arg-type]
    assert made.roundings[0].relative_rms == 0.0
    assert made.roundings[0].scale == made.network.populations[-1].step == 128.0
    assert np.array_equal(made.network.integers().reshape(30, 20), whole)
    again = quantise(made.network, quantiser, 255)  # type: ignore[arg-type]
    assert again.network.digest() == made.network.digest()
    coarser = quantise(made.network, quantiser, 15)  # type: ignore[arg-type]
    assert 0.0 < coarser.roundings[0].relative_rms < 0.2
    assert coarser.roundings[0].scale > 128.0
    finer = quantise(coarser.network, quantiser, 255)  # type: ignore[arg-type]
    assert finer.network.digest() == coarser.network.digest()


def test_what_is_silent_or_alone_stays() -> None:
    zeros = quantise(dense(np.zeros((3, 2))), "mse", 15)
    assert zeros.roundings[0].relative_rms == zeros.roundings[0].zeroed == 0.0
    assert not zeros.network.weight.any()
    alone = dense(np.full((3, 2), np.nan), np.array([0.3, 0.4]))
    made = quantise(alone, "max", 15)
    assert made.roundings == ()
    assert made.network.digest() == alone.digest()


def test_a_recurrent_network_keeps_its_synapses() -> None:
    network = small_workload.network()
    made = quantise(network, "percentile", 7)
    kept = made.network
    assert [p.name for p in kept.populations] == list(small_workload.SIZES)
    assert [row.population for row in made.roundings] == ["first", "second", "out"]
    extra = kept.sources - network.sources
    moved = np.where(np.arange(network.sources) <= 20, np.arange(network.sources), np.arange(network.sources) + extra)
    for source in range(network.sources):
        if source != 20:
            own = kept.post[kept.indptr[moved[source]] : kept.indptr[moved[source] + 1]]
            assert own.tolist() == moved[network.post[network.indptr[source] : network.indptr[source + 1]]].tolist()


@pytest.mark.parametrize(
    ("quantiser", "levels", "said"),
    [
        ("mxa", 15, "no quantiser is called 'mxa'; did you mean 'max'"),
        ("max", 1, "2 to 256 levels, not 1"),
        ("max", 257, "2 to 256 levels, not 257"),
    ],
)
def test_what_cannot_be_asked_is_refused(quantiser: str, levels: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        quantise(dense(np.ones((2, 2))), quantiser, levels)  # type: ignore[arg-type]


def test_a_bias_of_thousands_of_rows_is_refused() -> None:
    with pytest.raises(InputError, match="a bias takes 5,000 rows of 2 levels, more than 4,096; give more levels"):
        quantise(dense(np.ones((2, 2)), np.array([5000.0, 1.0])), "max", 2)
