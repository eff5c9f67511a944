"""A chip without noise is integer arithmetic; with its pattern it holds the published readings; seeds draw."""

import numpy as np
import pytest
from oracles import brainscales2

from snnmap.core.errors import InputError
from snnmap.frontend.data.encode import binned
from snnmap.hardware.targets.brainscales2 import load_target
from snnmap.ir import Network, Population
from snnmap.simulate.mac import run as room
from snnmap.simulate.mac.layers import MacLayer
from snnmap.simulate.mac.run import Spreads, drawn_chip, inputs_of, run, sends_of

CHIP = load_target("brainscales2")
SILENT = drawn_chip(CHIP, Spreads(0, 0, 0, 0), 0)
USUAL = Spreads(CHIP["gain_spread"], CHIP["offset_spread"], CHIP["synapse_spread"], CHIP["noise"])


def layer(matrix: np.ndarray, gain: float = 0.002, **given: int) -> MacLayer:
    """A plain matrix that sends its results as they are."""
    named = {"shift": 0, "least": -128, "most": 127} | given
    return MacLayer("n", np.asarray(matrix, float), np.arange(len(matrix))[None, :], gain, **named)


def random_case(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, int]:
    """Inputs (frames, rows), weights and sends, of few or many blocks, that saturate or not."""
    rows = int(rng.choice([1, 3, 100, 128, 129, 256, 300]))
    columns = int(rng.choice([1, 2, 7]))
    loud = int(rng.choice([4, 20, 63]))
    weights = rng.integers(-loud, loud + 1, (rows, columns)) + int(rng.integers(2)) * loud // 3
    return rng.integers(0, 32, (2, rows)), np.minimum(weights, 63), int(rng.choice([1, 2, 6, 7, 12, 50]))


def test_1000_random_matrices_equal_the_integer_oracle() -> None:
    rng, clamped, several = np.random.default_rng(5), 0, 0
    for _ in range(1000):
        inputs, weights, sends = random_case(rng)
        found = run((layer(weights),), (sends,), inputs.astype(float), SILENT).results
        expected = [brainscales2.matrix(row, weights.tolist(), sends) for row in inputs.tolist()]
        np.testing.assert_array_equal(found, expected)
        clamped += np.any(np.abs(np.array(expected) + 0.5) > 127)
        several += len(weights) > 128
    assert min(clamped, several) > 200


def test_wide_matrices_equal_it_too() -> None:
    rng = np.random.default_rng(6)
    inputs, weights = rng.integers(0, 32, (1, 200)), rng.integers(-20, 21, (200, 600))
    found = run((layer(weights),), (3,), inputs.astype(float), SILENT).results
    np.testing.assert_array_equal(found[0], brainscales2.matrix(inputs[0].tolist(), weights.tolist(), 3))


def test_blocks_are_clamped_before_they_are_added_and_floored_each() -> None:
    ones = np.full((1, 256), 31.0)
    opposed = np.r_[np.full(128, 63.0), np.full(128, -3.0)][:, None]  # 499.9 and -23.8 steps
    assert run((layer(opposed),), (1,), ones, SILENT).results[0, 0] == 127 - 24
    halves = np.r_[[-1.0], np.zeros(127), [-1.0], np.zeros(127)][:, None]  # twice -0.062 are -1 - 1, not -1
    assert run((layer(halves),), (1,), ones, SILENT).results[0, 0] == -2


def test_the_published_readings_lie_inside_the_band_of_the_model() -> None:
    """100 inputs of 15, weight 21, ten columns: as the file's spreads have it, over many drawn chips."""
    readings = [55, 60, 59, 56, 60, 63, 57, 58, 56, 62]
    inputs, weights = np.full((1, 100), 15.0), np.full((100, 10), 21.0)
    drawn = [run((layer(weights),), (1,), inputs, drawn_chip(CHIP, USUAL, seed)).results for seed in range(400)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert low <= min(readings)
    assert max(readings) <= high
    quiet = USUAL._replace(gain=0.0, offset=0.0, synapse=0.0)  # without the pattern they do not: the test can fail
    alike = [run((layer(weights),), (1,), inputs, drawn_chip(CHIP, quiet, seed)).results for seed in range(400)]
    assert min(readings) < np.quantile(alike, 0.025)


def test_the_pattern_is_the_spreads_and_stays_while_noise_does_not() -> None:
    pattern = drawn_chip(CHIP, USUAL, 3).pattern
    for name, spread in (("gain", 0.05), ("offset", 2.0), ("synapse", 0.1)):
        assert getattr(pattern, name).std() == pytest.approx(spread, rel=0.1)
    weights, inputs = np.full((100, 256), 21.0), np.full((64, 100), 15.0)
    found = run((layer(weights),), (1,), inputs, drawn_chip(CHIP, USUAL, 3)).results
    assert found.std(axis=0).mean() == pytest.approx(CHIP["noise"], rel=0.1)
    assert found.mean(axis=0).std() == pytest.approx(np.hypot(63 * 0.05, 2.0), rel=0.15)
    still = run((layer(weights),), (1,), inputs, drawn_chip(CHIP, USUAL._replace(noise=0.0), 3)).results
    assert np.all(still == still[0])


def test_blocks_of_one_hemisphere_share_its_pattern() -> None:
    """Equal blocks of executions 0 and 1 say the same on either hemisphere, and differ between the two."""
    chip = drawn_chip(CHIP, USUAL._replace(noise=0.0), 1)
    parts = []
    for block in range(4):
        weights = np.zeros((512, 9))
        weights[128 * block : 128 * block + 100] = 21.0
        parts.append(run((layer(weights),), (1,), np.full((1, 512), 15.0), chip).results)
    offsets = [run((layer(np.zeros((512, 9))),), (1,), np.zeros((1, 512)), chip).results]
    assert not np.array_equal(parts[0], parts[1])
    np.testing.assert_array_equal(parts[0], parts[2])
    np.testing.assert_array_equal(parts[1], parts[3])
    assert np.any(offsets[0] != 0)


@pytest.mark.parametrize("spreads", [Spreads(0.05, 0, 0, 0), Spreads(0, 0, 0.1, 0)], ids=["columns", "synapses"])
def test_hemispheres_have_gains_and_synapses_of_their_own(spreads: Spreads) -> None:
    chip, one = drawn_chip(CHIP, spreads, 1), np.full((1, 256), 15.0)
    first, second = (np.zeros((256, 40)) for _ in range(2))
    first[:100], second[128:228] = 21.0, 21.0
    found, other = (run((layer(weights),), (1,), one, chip).results for weights in (first, second))
    assert not np.array_equal(found, other)


def test_hemispheres_have_offsets_of_their_own() -> None:
    chip = drawn_chip(CHIP, Spreads(0, 2.0, 0, 0), 1)
    one, both = (run((layer(np.zeros((n, 256))),), (1,), np.zeros((1, n)), chip).results[0] for n in (128, 256))
    np.testing.assert_array_equal(one, np.floor(chip.pattern.offset[0]))
    np.testing.assert_array_equal(both - one, np.floor(chip.pattern.offset[1]))


def test_added_blocks_are_clamped_whatever_the_layer_sends() -> None:
    loud = np.r_[np.full(128, 63.0), np.full(128, 63.0)][:, None]
    sent = run((layer(loud, least=-999, most=999),), (1,), np.full((1, 256), 31.0), SILENT)
    assert sent.results.tolist() == [[127]]


def test_signs_are_rows_of_their_own() -> None:
    chip = drawn_chip(CHIP, Spreads(0, 0, 0.1, 0), 1)
    one = np.full((1, 1), 31.0)
    excited, inhibited = (run((layer([[w] * 256]),), (32,), one, chip).results for w in (63.0, -63.0))
    assert np.any(excited != -inhibited - 1)


def test_frames_at_a_time_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    layers = (layer(rng.integers(-63, 64, (200, 30)), shift=2, least=0, most=31), layer(rng.integers(-63, 64, (30, 4))))
    inputs, chip = rng.integers(0, 32, (50, 200)).astype(float), drawn_chip(CHIP, USUAL, 9)
    whole = run(layers, (6, 12), inputs, chip)
    monkeypatch.setattr(room, "FRAMES", 7)
    again = run(layers, (6, 12), inputs, chip)
    np.testing.assert_array_equal(whole.results, again.results)
    assert whole.saturated == again.saturated
    other = run(layers, (6, 12), inputs, drawn_chip(CHIP, USUAL, 10))
    assert not np.array_equal(whole.results, other.results)


def test_what_is_sent_is_rectified_shifted_and_clipped() -> None:
    weights = np.array([[-63.0, 63.0, 21.0]])
    sent = run((layer(weights, shift=2, least=0, most=20),), (60,), np.array([[10.0]]), SILENT)
    assert sent.results.tolist() == [[0, 18, 6]]  # 75 >> 2, 25 >> 2
    assert run((layer(weights),), (60,), np.array([[31.0]]), SILENT).saturated == (2 / 3,)


def test_sends_follow_from_the_gain_or_are_asked_for() -> None:
    assert [sends_of(layer([[1.0]], gain=n * 0.002), CHIP) for n in (1, 6, 12)] == [1, 6, 12]
    for gain in (0.001, 0.003, 1e-5):
        with pytest.raises(InputError, match=f"'n' has the gain {gain:g}, which is .* say --num-sends"):
            sends_of(layer([[1.0]], gain=gain), CHIP)


def stimulated(value: float, steps: int = 1) -> np.ndarray:
    network = Network((Population("in", "input", "input", 0, (4,), 0),), np.zeros(5), [], [], np.ones(1), (0,))
    stimulus = binned(np.array([1]), np.array([0]), np.array([2]), np.array([value]), (3, steps, 4), 1e-3)
    return inputs_of(network, stimulus, CHIP.largest_input)


def test_inputs_are_integers_of_five_bits() -> None:
    assert stimulated(31.0).tolist() == [[0] * 4, [0, 0, 31, 0], [0] * 4]
    for value in (32.0, 0.5, -1.0):
        with pytest.raises(InputError, match=rf"input 2 of frame 1 is {value:g}; inputs are integers from 0 to 31"):
            stimulated(value)
    with pytest.raises(InputError, match="a frame has 2 steps; integer networks take one"):
        stimulated(3.0, steps=2)
