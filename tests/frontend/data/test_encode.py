"""Encoders against loops over steps; binning of events; shapes that do not match are refused with both shapes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snnmap.core.errors import InputError
from snnmap.frontend.data.encode import EncodeRules, encode_recording, synthetic_poisson
from snnmap.frontend.data.meaning import BYTE
from snnmap.frontend.data.samples import Dense, Events, Recording


def frames(values, **facts):
    return Recording(Dense(np.asarray(values), timed=False, spiking=False, **facts))


def series(values, **facts):
    return Recording(Dense(np.asarray(values), timed=True, spiking=facts.pop("spiking", False), **facts))


def grid(spikes, features):
    """(frames, steps, features) of values."""
    result = np.zeros((spikes.frames, spikes.steps, features))
    np.add.at(result, (spikes.frame_of_event(), spikes.step, spikes.source), spikes.value)
    return result


def encoded(recording, shape, **rules):
    found = encode_recording(recording, shape, EncodeRules(**{"dt": 1e-3, **rules}))
    spikes = found.spikes
    key = (spikes.frame_of_event() * spikes.steps + spikes.step) * int(np.prod(shape)) + spikes.source
    assert np.all(np.diff(key) > 0), "events must be sorted and distinct"
    return grid(spikes, int(np.prod(shape))), found


@settings(deadline=None, max_examples=40)
@given(values=st.lists(st.integers(0, 255), min_size=1, max_size=6), steps=st.integers(1, 40))
def test_rate_is_accumulate_and_fire(values, steps):
    image = np.array([values], np.uint8)
    got, _ = encoded(frames(image, span=BYTE), (len(values),), steps=steps, encode="rate")
    total = np.zeros(len(values), int)
    for t in range(steps):
        total += values
        fired = total >= 255
        total[fired] -= 255
        np.testing.assert_array_equal(got[0, t], fired)


def test_rate_is_exact_for_every_byte():
    got, _ = encoded(frames(np.arange(256, dtype=np.uint8)[None]), (256,), steps=255, encode="rate")
    t = np.arange(256)[:, None]
    np.testing.assert_array_equal(got[0], np.diff(t * np.arange(256) // 255, axis=0))


def test_rate_scales_with_max_rate():
    got, _ = encoded(frames(np.ones((1, 1))), (1,), steps=10, encode="rate", max_rate=0.5)
    np.testing.assert_array_equal(got[0, :, 0], [0, 1] * 5)


def test_rate_of_a_series_accumulates_over_time():
    got, _ = encoded(series([[[0.5], [0.25], [0.25], [1.0], [0.0]]]), (1,), encode="rate")
    np.testing.assert_array_equal(got[0, :, 0], [0, 0, 1, 1, 0])


def test_poisson_has_the_rate_and_depends_on_seed_and_sample_alone():
    image = np.tile([0.0, 0.2, 1.0], (4, 1))
    got, _ = encoded(frames(image), (3,), steps=2000, encode="poisson", seed=5)
    np.testing.assert_allclose(got.mean(axis=(0, 1)), [0, 0.2, 1], atol=0.02)
    again, _ = encoded(frames(image[:2]), (3,), steps=2000, encode="poisson", seed=5)
    np.testing.assert_array_equal(again, got[:2])
    other, _ = encoded(frames(image), (3,), steps=2000, encode="poisson", seed=6)
    assert np.any(other != got)
    assert np.any(got[0] != got[1])


def test_latency_is_one_spike_the_larger_the_earlier():
    got, _ = encoded(frames([[1.0, 0.5, 0.25, 0.0]]), (4,), steps=9, encode="latency")
    np.testing.assert_array_equal(got[0].argmax(axis=0), [0, 4, 6, 0])
    np.testing.assert_array_equal(got[0].sum(axis=0), [1, 1, 1, 0])


def test_current_is_the_value_in_every_step():
    got, _ = encoded(frames(np.array([[51, 0]], np.uint8)), (2,), steps=3, encode="current")
    np.testing.assert_allclose(got[0], [[0.2, 0]] * 3)
    got, _ = encoded(frames([[-1.5, 2.0]]), (2,), steps=2, encode="current")
    np.testing.assert_array_equal(got[0], [[-1.5, 2.0]] * 2)


@settings(deadline=None, max_examples=40)
@given(values=st.lists(st.integers(-20, 20), min_size=2, max_size=20).filter(lambda v: min(v) < max(v)))
def test_delta_sends_every_threshold_crossed(values):
    recording = series(np.array(values, float)[None, :, None] / 4)
    got, _ = encoded(recording, (2,), encode="delta", delta=1 / (max(values) - min(values)))
    reference = values[0]
    for t, value in enumerate(values):
        up, down = max(value - reference, 0), max(reference - value, 0)
        np.testing.assert_array_equal(got[0, t], [up, down])
        reference = value


def test_delta_keeps_what_is_short_of_a_threshold():
    got, _ = encoded(series([[[0.0], [0.6], [1.2], [1.9], [2.0], [0.5]]]), (2,), encode="delta", delta=0.5)
    np.testing.assert_array_equal(got[0], [[0, 0], [0, 0], [1, 0], [0, 0], [1, 0], [0, 1]])


def test_delta_puts_on_channels_first():
    got, _ = encoded(series([[[0.0, 1.0], [1.0, 0.0]]]), (4,), encode="delta", delta=1.0)
    np.testing.assert_array_equal(got[0, 1], [1, 0, 0, 1])


def test_a_series_is_held_to_shorter_steps():
    got, found = encoded(series([[[1.0], [2.0], [3.0]]], dt=2e-3), (1,), encode="current")
    np.testing.assert_array_equal(got[0, :, 0], [1, 1, 2, 2, 3, 3])
    assert any("held or thinned" in note for note in found.notes)


def test_spike_counts_are_kept_and_rebinned():
    counts = np.array([[[1], [0], [2], [1], [1]]])
    got, found = encoded(series(counts, spiking=True), (1,))
    np.testing.assert_array_equal(got[0, :, 0], [1, 0, 2, 1, 1])
    assert found.encode == "spikes"
    got, _ = encoded(series(counts, spiking=True, dt=1e-3), (1,), dt=2e-3, steps=2)
    np.testing.assert_array_equal(got[0, :, 0], [1, 3])
    with pytest.raises(InputError, match="spikes already"):
        encoded(series(counts, spiking=True), (1,), encode="rate")


def events(time, *axes, frame=None, **facts):
    frame = [0, len(time)] if frame is None else frame
    return Recording(Events(np.array(frame), np.array(time, float), tuple(np.array(a) for a in axes), **facts))


def test_events_in_one_step_add_up_and_late_ones_are_left_out():
    recording = events([0.0, 0.0004, 0.003, 0.0099, 0.02], [1, 1, 0, 2, 0])
    got, found = encoded(recording, (3,), steps=10)
    expected = np.zeros((10, 3))
    expected[0, 1], expected[3, 0], expected[9, 2] = 2, 1, 1
    np.testing.assert_array_equal(got[0], expected)
    assert any("20 % of the events" in note for note in found.notes)


def test_events_on_the_edge_of_a_step_belong_to_it():
    recording = events(np.arange(300) * 1e-6 * 1000, np.zeros(300, int))
    got, found = encoded(recording, (1,))
    assert found.spikes.steps == 300
    assert np.all(got == 1)


def test_absurd_extents_are_refused():
    with pytest.raises(InputError, match="too many; lower --steps"):
        encoded(events([0.0], [0]), (1,), steps=2**31)
    got, found = encoded(events([0.0, 1e300], [0, 0]), (1,), steps=3)
    assert got.sum() == 1
    assert any("50 %" in note for note in found.notes)


def test_event_coordinates_are_polarity_then_row_then_column():
    recording = events([0.0, 0.0], [0, 1], [2, 0], [1, 3], frame=[0, 1, 2])
    got, _ = encoded(recording, (2, 3, 4), steps=1)
    assert np.flatnonzero(got[0]).tolist() == [(0 * 3 + 2) * 4 + 1]
    assert np.flatnonzero(got[1]).tolist() == [(1 * 3 + 0) * 4 + 3]


@pytest.mark.parametrize("shape", [(2, 3, 3), (1, 3, 4), (24,), (2, 2, 4)])
def test_events_outside_the_inputs_are_refused_with_both_shapes(shape):
    with pytest.raises(InputError, match="events span") as caught:
        encoded(events([0.0, 0.0], [0, 1], [2, 0], [1, 3]), shape)
    assert "(2, 3, 4)" in str(caught.value)
    assert str(shape) in str(caught.value)


def test_flat_events_must_match_the_number_of_inputs():
    with pytest.raises(InputError, match="8 sources, but the network has 4 inputs"):
        encoded(events([0.0], [7]), (4,))
    with pytest.raises(InputError, match="2 sources, but the network has 4 inputs"):
        encoded(events([0.0], [1], features=2), (4,))


@pytest.mark.parametrize(
    ("recording", "shape", "rules", "message"),
    [
        (frames(np.zeros((2, 5))), (4,), {}, r"shape \(5,\).*inputs have shape \(4,\)"),
        (series(np.zeros((2, 7, 5))), (4,), {}, r"\(7, 5\) \(steps, features\).*\(4,\)"),
        (series(np.zeros((2, 7, 2))), (2,), {"encode": "delta"}, "2 inputs for every value"),
        (frames(np.zeros((2, 4))), (8,), {"encode": "delta"}, "needs a series"),
        (series(np.zeros((2, 7, 2))), (4,), {"encode": "delta"}, "never change"),
        (series(np.zeros((2, 7, 4))), (4,), {"encode": "latency"}, "needs frames"),
        (frames(np.full((2, 4), 1.5)), (4,), {"encode": "rate"}, "span 0 to 1.5"),
        (frames(np.full((2, 4), -0.5)), (4,), {"encode": "poisson"}, "span -0.5 to 0"),
        (series(np.zeros((2, 7, 4))), (4,), {"steps": 8}, "longer than the series"),
        (events([0.0], [0]), (4,), {"encode": "rate"}, "events already"),
        (events([5e6], [0]), (1,), {}, "check the unit"),
    ],
)
def test_what_does_not_fit_is_refused(recording, shape, rules, message):
    with pytest.raises(InputError, match=message):
        encoded(recording, shape, **rules)


def test_choices_made_for_the_user_are_noted():
    _, found = encoded(frames(np.zeros((1, 2))), (2,))
    assert found.encode == "rate"
    assert [note.split(":")[0] for note in found.notes] == ["encode = rate", "steps = 32"]
    _, found = encoded(frames(np.zeros((1, 2))), (2,), encode="rate", steps=4)
    assert found.notes == []


def test_untimed_arrays_are_frames_if_they_fit_and_series_otherwise():
    values = np.ones((2, 3, 4))
    as_frame, _ = encoded(Recording(Dense(values, timed=None, spiking=False)), (12,), steps=1, encode="current")
    as_series, _ = encoded(Recording(Dense(values, timed=None, spiking=False)), (4,), encode="current")
    assert as_frame.shape == (2, 1, 12)
    assert as_series.shape == (2, 3, 4)


def test_synthetic_poisson_has_the_rates():
    spikes = synthetic_poisson(2, np.array([0.1, 0.5]), EncodeRules(dt=1e-3, steps=500, seed=1), samples=8)
    assert (spikes.frames, spikes.steps) == (8, 500)
    np.testing.assert_allclose(grid(spikes, 2).mean(axis=(0, 1)), [0.1, 0.5], atol=0.03)


@pytest.mark.parametrize(("samples", "steps"), [(10**9, 20), (2, 10**9), (10**6, 10**4)])
def test_what_takes_absurdly_much_memory_is_refused_at_once(samples, steps):
    with pytest.raises(InputError, match=r"take about .* GiB of memory; lower --samples or --steps"):
        synthetic_poisson(50, np.full(50, 0.1), EncodeRules(dt=1e-3, steps=steps), samples)


def test_frames_over_absurdly_many_steps_are_refused():
    with pytest.raises(InputError, match="3 samples of 1,000,000,000 steps of 4 inputs take about 60 GiB"):
        encode_recording(
            Recording(Dense(np.ones((3, 4)), False, spiking=False)), (4,), EncodeRules(dt=1e-3, steps=10**9)
        )


def test_uint5_is_an_integer_of_five_bits_in_every_step():
    got, _ = encoded(frames([[0.0, 0.03, 0.5, 0.97, 1.0]]), (5,), steps=2, encode="uint5")
    np.testing.assert_array_equal(got[0], [[0, 0, 16, 31, 31]] * 2)
    image = np.arange(256, dtype=np.uint8)[None]
    got, _ = encoded(frames(image), (256,), steps=1, encode="uint5")
    np.testing.assert_array_equal(got[0, 0], np.minimum(np.arange(256) * 32 // 255, 31))
