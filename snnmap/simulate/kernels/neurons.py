"""One step of every neuron model, on slices of flat arrays. How the input current was summed is not known here.

The profiler and the replay of a mapped network both call `update`, so that a difference between them can only come from
the sums. The equations are those of `ir.models`, which agree bit for bit with Norse 1.1 (`norse.torch.functional`:
lif_box, leaky_integrator_box, iaf). Every value emitted is rounded to single precision, which is what an event record
holds: replaying the events repeats the run exactly. Records become these numbers in `simulate.neurons`.
"""

from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F64, I64
from snnmap.core.jit import njit
from snnmap.simulate.kernels.mac import converted
from snnmap.simulate.kernels.memristive import memristive
from snnmap.simulate.kernels.refractory import BLOCK, refractory, soft_rate

IF, LIF, CUBA_LIF, LI, CUBA_LI, THRESHOLD, DELAY, RELAY, LAVA_CUBA = range(9)
LEAKY, SYNAPTIC, ALPHA, REFRACTORY_LIF, SOFT_LIF, MIF, MAC_RELU, MAC_LINEAR = range(9, 17)
"""Code of every model that is stepped; the argument `model` of `update`."""

MEMBRANE, SYNAPSE, GAIN, INPUT, LEAK, LIMIT, RESET, FILTER = range(8)
COEFFICIENTS = 8
"""Rows of `NeuronState.coefficients`: dt / tau_mem, dt / tau_syn, r, w_in, v_leak, v_threshold, v_reset;
LavaCuba has v_decay, i_decay, bias, -, -, v_threshold, ref_delay there, IF has v_reset in LEAK too: its v at rest;
Leaky, Synaptic and Alpha have beta, alpha, gain, -, -, v_threshold, reset; RefractoryLIF and SoftLIF share of tau, tau
in steps, r, v_min or gamma, -, v_threshold, tau_ref in steps; MacReLU and MacLinear -, -, gain, least, -, most, shift.
FILTER is the share of the filters in front, 0: none, for
a population as a whole."""

RESET_VALUE, RESET_SUBTRACT, RESET_ZERO, RESET_SUBTRACT_NEXT, RESET_NONE = range(5)

OWN_NONE, OWN_SUBTRACT_NEXT, OWN_SUBTRACT, OWN_ZERO, OWN_ZERO_NEXT = range(5)
"""`ir.models.NONE` and so on: the parameter `reset` of Leaky and Synaptic."""
ALPHA_NONE, ALPHA_SUBTRACT, ALPHA_ZERO = range(3)
"""That of Alpha."""


class Rule(NamedTuple):
    """When a neuron spikes and what is left of v; the options of `ir.Dynamics` as numbers."""

    reset: int
    """One of RESET_VALUE, RESET_SUBTRACT, RESET_ZERO, RESET_SUBTRACT_NEXT, RESET_NONE."""
    strict: bool
    """Spike if v > threshold; else if v >= threshold."""
    clamped: bool
    clamp: float
    """After the reset v >= -clamp * threshold, if clamped."""
    multispike: bool
    """floor(v / threshold) spikes at once and as many thresholds subtracted."""


class NeuronState(NamedTuple):
    """Everything `update` reads and writes, over n neurons of any models; populations are ranges of it.

    `coefficients` and `ring_first` are read; the rest is state, changed in place: a copy at rest for every run.
    """

    coefficients: F64
    """(COEFFICIENTS, n)"""
    v: F64
    """(n,) membrane; V, or an integer for LavaCuba."""
    i: F64
    """(n,) synaptic current; steps that a RefractoryLIF rests, below 1: it does not."""
    hold: I64
    """(n,) steps of refractoriness left, the position in the ring of a Delay, or spikes still to be subtracted."""
    ring: F64
    """Inputs that a Delay has yet to emit, delay + 1 per neuron; the inhibition h of an Alpha."""
    ring_first: I64
    """(n + 1,) first ring entry of every neuron."""
    low_pass: F64
    """(2, n) what the two filters in front hold; (2, 0) if no population has them."""
    circuit: F64
    """(memristive.ROWS, n) constants of MIF neurons, or of none; they hold s_1 in `i`, s_2 in the ring."""


@njit
def fire(v: float, limit: float, v_reset: float, rule: Rule) -> tuple[float, float]:
    """Spikes emitted at membrane value `v`, and v after the reset and the clamp."""
    spikes = 0.0
    if (v > limit) if rule.strict else (v >= limit):
        spikes = 1.0
        if rule.reset == RESET_VALUE:
            v = v_reset
        elif rule.reset == RESET_ZERO:
            v = 0.0
        elif rule.reset == RESET_SUBTRACT:
            if rule.multispike:
                spikes = float(np.float32(np.floor(v / limit)))
            v -= spikes * limit
    if rule.clamped and v < -rule.clamp * limit:
        v = -rule.clamp * limit
    return spikes, v


@njit
def update(model: int, rule: Rule, first: int, stop: int, state: NeuronState, acc: F64, out: F64) -> int:
    """Advance neurons `first` to `stop` - 1, all of one model, by one step.

    Parameters
    ----------
    model
        A code.
    state
        Advanced in place.
    acc
        (n,) weighted input of this step, biases included; read and set to 0.
    out
        (n,) what each neuron emits in this step, 0 for nothing; a single-precision number.

    Returns
    -------
    int
        How many of them emit something.
    """
    c, own = state.coefficients, slice(first, stop)
    if stop > first and c[FILTER, first] > 0.0:
        _filter(c[FILTER][own], state.low_pass[0][own], state.low_pass[1][own], acc[own])
    if model == IF:
        return _integrate_and_fire(rule, first, stop, state, acc, out)
    if model in (LIF, CUBA_LIF):
        return _leaky_and_fire(model == CUBA_LIF, rule, first, stop, state, acc, out)
    if model in (LI, CUBA_LI):
        return _leaky(model == CUBA_LI, first, stop, state, acc, out)
    if model == LAVA_CUBA:
        return _lava_cuba(rule, first, stop, state, acc, out)
    if model in (LEAKY, SYNAPTIC):
        return _own_reset(model == SYNAPTIC, first, stop, state, acc, out)
    if model == ALPHA:
        return _alpha(first, stop, state, acc, out)
    if model == REFRACTORY_LIF:
        return refractory(
            c[MEMBRANE][own], c[SYNAPSE][own], c[GAIN][own], c[INPUT][own], c[LIMIT][own], c[RESET][own], acc[own],
            state.v[own], state.i[own], out[own],
        )  # fmt: skip
    if model == SOFT_LIF:
        return soft_rate(c[SYNAPSE][own], c[GAIN][own], c[INPUT][own], c[LIMIT][own], c[RESET][own], acc[own], out[own])
    if model in (MAC_RELU, MAC_LINEAR):
        bounds = c[INPUT][own], c[LIMIT][own]
        return converted(c[GAIN][own], c[RESET][own], bounds, acc[own], out[own])
    if model == MIF:
        second = state.ring[state.ring_first[first] : state.ring_first[stop]]
        return memristive(state.circuit[:, own], acc[own], state.v[own], (state.i[own], second), out[own])
    return _stateless(model, rule, first, stop, state, acc, out)


@njit
def _filter(share: F64, a: F64, b: F64, x: F64) -> None:
    """Pass the input `x` through an alpha synapse, in place."""
    for j in range(len(x)):
        a[j] += share[j] * (x[j] - a[j])
        b[j] += share[j] * (a[j] - b[j])
        x[j] = b[j]


@njit
def _integrate_and_fire(rule: Rule, first: int, stop: int, state: NeuronState, acc: F64, out: F64) -> int:
    c, v = state.coefficients, state.v[first:stop]
    _integrate(c[GAIN][first:stop], acc[first:stop], v)
    return _fire_all(rule, c[LIMIT][first:stop], c[RESET][first:stop], v, state.hold[first:stop], out[first:stop])


@njit
def _leaky_and_fire(cuba: bool, rule: Rule, first: int, stop: int, state: NeuronState, acc: F64, out: F64) -> int:
    c, v = state.coefficients, state.v[first:stop]
    _leak(cuba, first, stop, state, acc)
    return _fire_all(rule, c[LIMIT][first:stop], c[RESET][first:stop], v, state.hold[first:stop], out[first:stop])


@njit
def _leaky(cuba: bool, first: int, stop: int, state: NeuronState, acc: F64, out: F64) -> int:
    _leak(cuba, first, stop, state, acc)
    v, emitted = state.v[first:stop], out[first:stop]
    count = 0
    for j in range(len(v)):
        emitted[j] = np.float32(v[j])
        count += emitted[j] != 0.0
    return count


@njit
def _integrate(gain: F64, x: F64, v: F64) -> None:
    """Add the input `x`, which is set to 0. Arrays of one population, so that the loop runs in vector registers."""
    for j in range(len(v)):
        v[j] += gain[j] * x[j]
        x[j] = 0.0


@njit
def _leak(cuba: bool, first: int, stop: int, state: NeuronState, acc: F64) -> None:
    """Leaky integration of the input, which is set to 0; advances the synaptic current if there is one."""
    c, x, v = state.coefficients, acc[first:stop], state.v[first:stop]
    membrane, gain, leak = c[MEMBRANE][first:stop], c[GAIN][first:stop], c[LEAK][first:stop]
    if cuba:
        i, synapse, w_in = state.i[first:stop], c[SYNAPSE][first:stop], c[INPUT][first:stop]
        for j in range(len(v)):
            i[j] += synapse[j] * (w_in[j] * x[j] - i[j])
            v[j] += membrane[j] * ((gain[j] * i[j] + leak[j]) - v[j])
            x[j] = 0.0
    else:
        for j in range(len(v)):
            v[j] += membrane[j] * ((gain[j] * x[j] + leak[j]) - v[j])
            x[j] = 0.0


@njit
def _fire_all(rule: Rule, limit: F64, v_reset: F64, v: F64, owed: I64, out: F64) -> int:
    """Fire, reset and clamp a population; returns how many fired. Few do in most steps: look first, in registers.

    `owed` are the spikes whose threshold the reset `subtract-next` takes from v now; they are set anew.
    """
    count = 0
    for start in range(0, len(v), BLOCK):
        stop = min(start + BLOCK, len(v))
        near, threshold, emitted = v[start:stop], limit[start:stop], out[start:stop]
        hits = 0
        if rule.reset == RESET_SUBTRACT_NEXT:
            for j in range(len(near)):
                near[j] -= owed[start + j] * threshold[j]
                owed[start + j] = 0
        for j in range(len(near)):
            emitted[j] = 0.0
            hits += near[j] >= threshold[j]
        if hits > 0 or rule.clamped:
            for j in range(len(near)):
                if near[j] >= threshold[j] or rule.clamped:
                    emitted[j], near[j] = fire(near[j], threshold[j], v_reset[start + j], rule)
                    count += emitted[j] != 0.0
                    if rule.reset == RESET_SUBTRACT_NEXT:
                        owed[start + j] = np.int64(emitted[j])
    return count


@njit
def decayed(y: float, decay: float) -> float:
    """Loihi's decay of the integer `y` towards zero by `decay` / 4096: exact below 2^41, and in vector registers."""
    size: float = np.floor(abs(y) * (4096.0 - decay) * (1.0 / 4096.0))
    return size if y >= 0.0 else -size


@njit
def _decay_and_add(synapse: F64, membrane: F64, bias: F64, x: F64, i: F64, v: F64) -> None:
    """Current and voltage of Loihi's neurons before they fire; the input `x` is set to 0."""
    for j in range(len(v)):
        i[j] = decayed(i[j], np.trunc(synapse[j])) + np.rint(x[j])
        v[j] = decayed(v[j], np.trunc(membrane[j])) + i[j] + np.trunc(bias[j])
        x[j] = 0.0


@njit
def _lava_cuba(rule: Rule, first: int, stop: int, state: NeuronState, acc: F64, out: F64) -> int:
    c, v, hold = state.coefficients, state.v[first:stop], state.hold[first:stop]
    _decay_and_add(
        c[SYNAPSE][first:stop], c[MEMBRANE][first:stop], c[GAIN][first:stop], acc[first:stop], state.i[first:stop], v
    )
    limit, silent = c[LIMIT][first:stop], c[RESET][first:stop]
    emitted = out[first:stop]
    count = 0
    for start in range(0, len(v), BLOCK):
        end = min(start + BLOCK, len(v))
        hits = 0
        for j in range(start, end):  # as in `_fire_all`: few fire or rest in most steps
            emitted[j] = 0.0
            hits += (v[j] >= limit[j]) | (hold[j] > 0)
        if hits > 0 or rule.clamped:
            for j in range(start, end):
                if hold[j] > 0:
                    hold[j] -= 1
                    v[j] = 0.0
                elif v[j] >= limit[j] or rule.clamped:
                    emitted[j], v[j] = fire(v[j], limit[j], 0.0, rule)
                    if emitted[j] != 0.0:
                        hold[j] = max(0, int(silent[j]) - 1)
                        count += 1
    return count


@njit
def _stateless(model: int, rule: Rule, first: int, stop: int, state: NeuronState, acc: F64, out: F64) -> int:
    """Threshold, relay and Delay."""
    gain, limit = state.coefficients[GAIN], state.coefficients[LIMIT]
    count = 0
    for j in range(first, stop):
        x = acc[j]
        acc[j] = 0.0
        if model == THRESHOLD:
            out[j] = 1.0 if ((x > limit[j]) if rule.strict else (x >= limit[j])) else 0.0
        elif model == RELAY:
            out[j] = np.float32(gain[j] * x)
        else:
            low, length = state.ring_first[j], state.ring_first[j + 1] - state.ring_first[j]
            state.ring[low + state.hold[j]] = x
            state.hold[j] = (state.hold[j] + 1) % length
            out[j] = np.float32(state.ring[low + state.hold[j]])
        count += out[j] != 0.0
    return count


@njit
def _own_reset(current: bool, first: int, stop: int, state: NeuronState, acc: F64, out: F64) -> int:
    """Leaky, and Synaptic: v is kept as snnTorch keeps it, so that the old v says whether a reset is due.

    Passes over few arrays without a branch, which run in vector registers; `x` becomes what is added to v, `out` says
    whether a reset is due, then whether the neuron spikes.
    """
    c, own = state.coefficients, slice(first, stop)
    x, v, emitted = acc[own], state.v[own], out[own]
    if current:
        _current(c[SYNAPSE][own], state.i[own], x)
    else:
        _scale(c[GAIN][own], x)
    _due(c[LIMIT][own], v, emitted)
    _leak_and_add(c[MEMBRANE][own], c[RESET][own], emitted, x, v)
    _reset(c[LIMIT][own], c[RESET][own], emitted, v)
    return _spike(c[LIMIT][own], c[RESET][own], emitted, v)


@njit
def _current(alpha: F64, i: F64, x: F64) -> None:
    for j in range(len(x)):
        i[j] = alpha[j] * i[j] + x[j]
        x[j] = i[j]


@njit
def _scale(gain: F64, x: F64) -> None:
    for j in range(len(x)):
        x[j] *= gain[j]


@njit
def _due(limit: F64, v: F64, due: F64) -> None:
    for j in range(len(v)):
        due[j] = 1.0 if v[j] > limit[j] else 0.0


@njit
def _leak_and_add(beta: F64, reset: F64, due: F64, x: F64, v: F64) -> None:
    """Set `x` to 0, once it is added."""
    for j in range(len(v)):
        kept = 0.0 if (due[j] != 0.0) & (reset[j] == OWN_ZERO) else v[j]
        v[j] = beta[j] * kept + x[j]
        x[j] = 0.0


@njit
def _reset(limit: F64, reset: F64, due: F64, v: F64) -> None:
    """Subtract the threshold, or all."""
    for j in range(len(v)):
        new = v[j] - limit[j] if (reset[j] == OWN_SUBTRACT_NEXT) | (reset[j] == OWN_SUBTRACT) else v[j]
        new = 0.0 if reset[j] == OWN_ZERO_NEXT else new
        v[j] = new if due[j] != 0.0 else v[j]


@njit
def _spike(limit: F64, reset: F64, due: F64, v: F64) -> int:
    """Replace `due` by what neurons emit; returns how many do."""
    count = 0
    for j in range(len(v)):
        fires = 1.0 if v[j] > limit[j] else 0.0
        taken = fires - due[j] if reset[j] == OWN_SUBTRACT else 0.0
        v[j] = v[j] - limit[j] if taken > 0.0 else (v[j] + limit[j] if taken < 0.0 else v[j])
        due[j] = fires
        count += fires != 0.0
    return count


@njit
def _alpha(first: int, stop: int, state: NeuronState, acc: F64, out: F64) -> int:
    c = state.coefficients
    count = 0
    for j in range(first, stop):
        at, limit = state.ring_first[j], c[LIMIT, j]
        due, before = state.v[j] > limit, state.ring[at]
        excited, inhibited = c[SYNAPSE, j] * state.i[j] + acc[j], c[MEMBRANE, j] * before - acc[j]
        v = c[GAIN, j] * (excited + inhibited)
        acc[j] = 0.0
        if due and c[RESET, j] == ALPHA_SUBTRACT:
            excited, inhibited, v = excited - limit, 0.0, v + before
        elif due and c[RESET, j] == ALPHA_ZERO:
            excited, inhibited, v = 0.0, 0.0, 0.0
        state.i[j], state.ring[at], state.v[j] = excited, inhibited, v
        out[j] = 1.0 if v > limit else 0.0
        count += v > limit
    return count
