"""Recordings to input spikes of one network: time steps, shapes, and the encoders. Knows no file.

================ ==================================================================================================
none             spike counts and events, as recorded
rate             deterministic: step t emits floor((t + 1) x) - floor(t x) for a value x in 0..1 (accumulate and fire)
poisson          every step emits with probability x, from a stream of (seed, sample) alone
latency          one spike, at step round((1 - x)(steps - 1)); none for x = 0
current          the value itself, every step (direct encoding)
uint5            the integer min(floor(32 x), 31) of a value x in 0..1, every step: what integer networks of 5 bits hear
delta            delta modulation of a series: a spike per threshold crossed since the last one, on channels for up,
                 then as many off channels for down (send-on-delta; Lichtsteiner et al., JSSC 43, 566, 2008)
================ ==================================================================================================

Rules
-----
An event at time t belongs to step floor(t / dt + 1e-6), the small term absorbing rounding of t. **Several events of
one source in one step add up** (value 2, 3, ...): clipping them loses charge; on N-MNIST at 1 ms it costs 8 % accuracy.
Events after the last step are left out, with a note.
What whole numbers are: `data.meaning`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F32, F64, I64, offsets, row_of_entry
from snnmap.core.errors import InputError
from snnmap.frontend.data.layout import must_not_be_swapped
from snnmap.frontend.data.meaning import BYTE, five_bits, is_series, numbers, read_as, unit_scaled
from snnmap.frontend.data.samples import Dense, Events, Recording
from snnmap.frontend.options import Encoding
from snnmap.ir import Spikes

STEPS = 32
"""Steps per static frame unless said otherwise."""

DELTA = 0.05
"""Threshold of delta modulation as a fraction of the range, unless said otherwise."""

MOST = 1 << 33
"""Bytes that the events of a stimulus may take while they are made."""
PER_EVENT, PER_SAMPLE, PER_VALUE = 48, 500, 16
"""Bytes: of an event, once in its sample and once joined; of a sample's arrays; of a value of the sample at hand."""
TELLING = 10
"""So many samples tell how many events the others have."""
LONGEST = 1_000_000
"""Steps per sample beyond which a wrong unit of time is more likely than a long recording."""

ROUNDING = 1e-6
"""Fraction of a step by which a time may fall short of the step it belongs to."""

Sample = tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]
"""Steps, features and values of one sample's events, by step and then feature."""


@dataclass(frozen=True, slots=True)
class EncodeRules:
    """How recordings become spikes."""

    dt: float
    steps: int | None = None
    encode: Encoding | None = None
    seed: int = 0
    max_rate: float = 1.0
    delta: float = DELTA


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """Input spikes, with the choices that were made for the user."""

    spikes: Spikes
    encode: str
    notes: list[str] = field(default_factory=list)


def encode_recording(recording: Recording, shape: tuple[int, ...], how: EncodeRules) -> Encoded:
    """Input spikes for a network whose inputs have `shape`, source ids from 0.

    Raises
    ------
    InputError
        If the features do not match the inputs, or the encoding does not suit the data.
    """
    if isinstance(recording.data, Events):
        if how.encode is not None:
            raise InputError(f"the data are events already; leave out --encode {how.encode}")
        return _events(recording.data, shape, how)
    return _dense(recording.data, shape, how, recording.labels)


def synthetic_poisson(sources: int, rates: F64, how: EncodeRules, samples: int) -> Spikes:
    """Seeded Poisson input: source s spikes with probability rates[s] (spikes per step, at most 1) in every step."""
    steps = how.steps or STEPS
    parts = _every(lambda k: _poisson_of(rates[None, :], steps, how.seed, k), (samples, steps, sources))
    return _joined(parts, steps, how.dt, sources)


def _every(one: Callable[[int], Sample], extent: tuple[int, int, int]) -> list[Sample]:
    """Events of every sample, by `one`; the first ones tell how many there will be.

    Raises
    ------
    InputError
        If they take more memory than `MOST`.
    """
    _must_fit(extent, 0)
    parts: list[Sample] = []
    events = 0
    for k in range(extent[0]):
        parts.append(one(k))
        events += len(parts[-1][0])
        _must_fit(extent, events * extent[0] / len(parts) if len(parts) >= TELLING else events)
    return parts


def _must_fit(extent: tuple[int, int, int], events: float) -> None:
    """Refuse a stimulus of `extent` (samples, steps, features) and so many events that takes too much memory."""
    samples, steps, features = extent
    need = PER_EVENT * events + PER_SAMPLE * samples + PER_VALUE * steps * features
    if need > MOST:
        said = f"{samples:,} samples of {steps:,} steps of {features:,} inputs"
        raise InputError(f"{said} take about {need / 2**30:,.0f} GiB of memory; lower --samples or --steps")


def _poisson_of(rates: F64, steps: int, seed: int, sample: int) -> Sample:
    """Bernoulli draws; `rates` (1 or steps, features)."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, sample])))
    return _sparse(rng.random((steps, rates.shape[1])) < rates)


def _sparse(values: npt.NDArray[Any]) -> Sample:
    """Non-zero entries of (steps, features)."""
    step, feature = np.nonzero(values)
    return step, feature, values[step, feature]


def _joined(parts: list[Sample], steps: int, dt: float, sources: int) -> Spikes:
    """`Spikes` of all samples."""
    step, source, value = (np.concatenate([np.asarray(part[k]) for part in parts]) for k in range(3))
    assert not len(source) or source.max() < sources
    return Spikes(offsets([len(part[0]) for part in parts]), step, source, value.astype(np.float32), steps, dt)


def _events(data: Events, shape: tuple[int, ...], how: EncodeRules) -> Encoded:
    """Events binned into steps; several in one bin add up."""
    notes: list[str] = []
    feature, size = _flat(data, shape), int(np.prod(shape))
    step = steps_of(data.time, how.dt)
    since = _from_first(data)
    if np.any(since > 0) and step.min() >= (how.steps or LONGEST):
        step = steps_of(since, how.dt)
        notes.append("the event times do not begin near 0; they are counted from the first event of each sample")
    steps = how.steps
    if steps is None:
        last = int(step.max(initial=0)) + 1
        steps = last if data.duration is None else max(1, int(np.ceil(data.duration / how.dt - ROUNDING)))
        notes.append(f"steps = {steps}: as long as the recording, as no number of steps is stated")
    if steps < 1 or (steps > LONGEST and how.steps is None):
        raise InputError(
            f"at dt = {how.dt:g} s the recording lasts {steps:,} steps; check the unit of its times, or state --steps"
        )
    inside = step < steps
    if not inside.all():
        lost = 100 * (1 - inside.mean())
        notes.append(f"{lost:.2g} % of the events come after the last step, {steps}, and are left out")
    frame = row_of_entry(data.frame)[inside]
    value = np.ones(len(frame)) if data.value is None else data.value[inside].astype(np.float64)
    spikes = binned(frame, step[inside], feature[inside], value, (data.samples, steps, size), how.dt)
    return Encoded(spikes, "events", notes)


def _from_first(data: Events) -> F64:
    """Times (E,) since the first event of their sample: cameras count from when they were switched on."""
    first = np.full(data.samples, np.inf)
    sample = row_of_entry(data.frame)
    np.minimum.at(first, sample, data.time)
    since: F64 = data.time - first[sample]
    return since


def steps_of(time: F64, dt: float) -> I64:
    """Step of every time in seconds (module docstring: rules)."""
    with np.errstate(over="ignore"):  # beyond every step, which is refused as such
        return np.minimum(np.floor(time / dt + ROUNDING), 2.0**53).astype(np.int64)


def binned(frame: I64, step: I64, source: I64, value: F64, extent: tuple[int, int, int], dt: float) -> Spikes:
    """Events in any order as `Spikes`; values of events of one source in one step add up.

    Parameters
    ----------
    frame, step, source, value
        (E,) each.
    extent
        Frames, steps per frame, sources.
    dt
        Seconds per step.

    Raises
    ------
    InputError
        If the extent is too large to number.
    """
    frames, steps, sources = extent
    if steps >= 2**31 or frames * steps * sources >= 2**62:
        raise InputError(f"{frames:,} frames of {steps:,} steps are too many; lower --steps or --samples")
    unique, where = np.unique((frame * steps + step) * sources + source, return_inverse=True)
    total = np.bincount(where, value, minlength=len(unique)).astype(np.float32)
    row, emitter = np.divmod(unique, sources)
    of_frame, of_step = np.divmod(row, steps)
    return Spikes(offsets(np.bincount(of_frame, minlength=frames)), of_step, emitter, total, steps, dt)


def _flat(data: Events, shape: tuple[int, ...]) -> I64:
    """Flat feature of every event.

    Raises
    ------
    InputError
        If an event lies outside the network's inputs.
    """
    axes = data.coordinates
    size = int(np.prod(shape))
    if len(axes) == 1:
        recorded = data.features or int(axes[0].max(initial=-1)) + 1
        if recorded > size or (data.features is not None and data.features != size):
            raise InputError(f"the events come from {recorded} sources, but the network has {size} inputs {shape}")
        return axes[0]
    extent = tuple(int(axis.max(initial=-1)) + 1 for axis in axes)
    target = shape[1:] if len(shape) == len(axes) + 1 and shape[0] == 1 else shape
    if len(target) != len(axes) or any(e > t for e, t in zip(extent, target, strict=False)):
        names = ("p", "y", "x")[-len(axes) :]
        raise InputError(
            f"the events span ({', '.join(names)}) = {extent}, but the network's inputs have shape {shape}; crop or "
            "rescale the events, or give flat indices i"
        )
    flat = axes[0]
    for axis, length in zip(axes[1:], target[1:], strict=True):
        flat = flat * length + axis
    return flat


def _dense(data: Dense, shape: tuple[int, ...], how: EncodeRules, labels: I64 | None) -> Encoded:
    """Frames or series through an encoder."""
    notes: list[str] = []
    encode: str | None = how.encode
    if encode == "delta" and data.timed is False:
        raise InputError("delta modulation needs a series (samples, steps, features), but the data are frames")
    timed = is_series(data, shape, factor=2 if encode == "delta" else 1)
    if timed and not data.declared and (labels is None or len(labels) == data.values.shape[1]):
        must_not_be_swapped(data.values)
    notes += read_as(data, timed)
    data, more = numbers(data, timed, encode)
    notes += more
    if data.spiking:
        if encode not in (None, "current"):
            raise InputError(f"the data are spikes already; leave out --encode {encode}")
        encode = "current"
    if encode is None:
        encode = "current" if timed else "rate"
        notes.append(f"encode = {encode}: the usual for {'series' if timed else 'frames'}, as none is stated")
    if encode == "latency" and timed:
        raise InputError("latency encoding needs frames (samples, features), but the data are a series")
    length = data.values.shape[1] if timed else 1
    steps = how.steps or _steps(data, timed, how.dt, notes)
    _must_fit((data.samples, steps, int(np.prod(shape))), 0)
    hold = np.minimum(np.floor(np.arange(steps) * how.dt / (data.dt or how.dt) + ROUNDING).astype(np.int64), length - 1)
    if timed and steps * how.dt > length * (data.dt or how.dt) * (1 + ROUNDING):
        raise InputError(
            f"{steps} steps of {how.dt:g} s are longer than the series of {length} steps of {data.dt or how.dt:g} s; "
            + ("say --layout TB... if the first axis is time" if steps == data.samples else "lower --steps")
        )
    if timed and not data.spiking and data.dt and not np.isclose(data.dt, how.dt, rtol=1e-9):
        notes.append(f"the series of {data.dt:g} s per value is held or thinned to steps of {how.dt:g} s")
    flat = data.values.reshape(data.samples, length, -1)
    one = _encoder(encode, data, flat[:, hold] if encode == "delta" else None, how)

    def sample(k: int) -> Sample:
        if data.spiking:
            return _rebinned(flat[k], steps, how.dt / (data.dt or how.dt))
        return one(flat[k][hold] if timed else flat[k], steps, k)

    parts = _every(sample, (data.samples, steps, flat.shape[2]))
    return Encoded(_joined(parts, steps, how.dt, int(np.prod(shape))), "spikes" if data.spiking else encode, notes)


def _steps(data: Dense, timed: bool, dt: float, notes: list[str]) -> int:
    """Steps per sample where nobody said."""
    if not timed:
        notes.append(f"steps = {STEPS}: the default for frames, as no number of steps is stated")
        return STEPS
    steps = max(1, int(np.floor(data.values.shape[1] * ((data.dt or dt) / dt) + ROUNDING)))
    notes.append(f"steps = {steps}: as long as the series, as no number of steps is stated")
    return steps


def _rebinned(counts: npt.NDArray[Any], steps: int, ratio: float) -> Sample:
    """Spike counts (time, features) in `steps` steps that are `ratio` times as long; counts add up."""
    row, feature, value = _sparse(counts)
    step = np.floor(row / ratio + ROUNDING).astype(np.int64)
    inside = step < steps
    key = step[inside] * counts.shape[1] + feature[inside]
    unique, where = np.unique(key, return_inverse=True)
    total = np.bincount(where, value[inside].astype(np.float64), minlength=len(unique))
    step, feature = np.divmod(unique, counts.shape[1])
    return step, feature, total


def _encoder(
    encode: str, data: Dense, series: npt.NDArray[Any] | None, how: EncodeRules
) -> Callable[[npt.NDArray[Any], int, int], Sample]:
    """Function (values (steps or 1, features), steps, sample) -> events; `series` (samples, steps, features) for delta.

    Raises
    ------
    InputError
        If the range of the data does not suit the encoding.
    """
    if encode == "current":
        scale = 1 / BYTE[1] if data.span == BYTE else 1.0
        return lambda values, steps, _: _sparse(np.broadcast_to(values * scale, (steps, values.shape[1])))
    if series is not None:
        crossed = _delta(series.astype(np.float64), _threshold(data, how.delta))
        return lambda _, __, k: _sparse(crossed[k])
    unit = unit_scaled(data)
    if encode == "uint5":
        return lambda values, steps, _: _sparse(five_bits(unit(values)) + np.zeros((steps, 1), np.uint8))
    if encode == "rate":
        return lambda values, steps, _: _sparse(_rate(unit(values) * how.max_rate, steps))
    if encode == "poisson":
        return lambda values, steps, k: _poisson_of(unit(values) * how.max_rate, steps, how.seed, k)
    return lambda values, steps, _: _latency(unit(values)[0], steps)


def _threshold(data: Dense, fraction: float) -> float:
    """Threshold of delta modulation in units of the data.

    Raises
    ------
    InputError
        If the data never change.
    """
    low, high = data.span or (float(data.values.min()), float(data.values.max()))
    if high <= low:
        raise InputError("the data never change, so delta modulation gives no spikes")
    return fraction * (high - low)


def _rate(rate: F64, steps: int) -> npt.NDArray[np.bool_]:
    """Accumulate and fire, bool (steps, features); `rate` (1 or steps, features) in 0..1."""
    if len(rate) == 1:
        total = np.floor(np.arange(steps + 1)[:, None] * rate + 1e-9)
    else:
        total = np.floor(np.vstack((np.zeros((1, rate.shape[1])), np.cumsum(rate, axis=0))) + 1e-9)
    return np.asarray(np.diff(total, axis=0) > 0)


def _latency(value: F64, steps: int) -> Sample:
    """One spike per non-zero feature, the larger the earlier."""
    feature = np.flatnonzero(value > 0)
    step = np.rint((1 - value[feature]) * (steps - 1)).astype(np.int64)
    order = np.lexsort((feature, step))
    return step[order], feature[order], np.ones(len(feature))


def _delta(values: F64, threshold: float) -> F32:
    """Crossings per step (samples, steps, 2 x features), first up, then down; `values` (samples, steps, features)."""
    samples, steps, features = values.shape
    crossed = np.zeros((samples, steps, 2 * features), np.float32)
    reference = values[:, 0].copy()
    for t in range(1, steps):
        change = (values[:, t] - reference) / threshold
        count = np.trunc(change + np.copysign(1e-9, change))
        reference += count * threshold
        crossed[:, t, :features], crossed[:, t, features:] = np.maximum(count, 0), np.maximum(-count, 0)
    return crossed
