"""Populations as the numbers that kernels step: the one place where `ir.models` meets the codes of the kernels."""

from collections.abc import Mapping, Sequence

import numpy as np

from snnmap.core.arrays import F64, offsets
from snnmap.core.errors import InputError
from snnmap.ir.dynamics import Decay, Reset, share
from snnmap.ir.models import FILTERS, MODELS, Parameter, declared
from snnmap.simulate.kernels import memristive
from snnmap.simulate.kernels import neurons as kernel
from snnmap.simulate.kernels.functions import exp
from snnmap.simulate.kernels.neurons import NeuronState, Rule

CODES: dict[str, int] = {
    "IF": kernel.IF,
    "LIF": kernel.LIF,
    "CubaLIF": kernel.CUBA_LIF,
    "LI": kernel.LI,
    "CubaLI": kernel.CUBA_LI,
    "Threshold": kernel.THRESHOLD,
    "Delay": kernel.DELAY,
    "relay": kernel.RELAY,
    "LavaCuba": kernel.LAVA_CUBA,
    "Leaky": kernel.LEAKY,
    "Synaptic": kernel.SYNAPTIC,
    "Alpha": kernel.ALPHA,
    "RefractoryLIF": kernel.REFRACTORY_LIF,
    "SoftLIF": kernel.SOFT_LIF,
    "MIF": kernel.MIF,
    "MacReLU": kernel.MAC_RELU,
    "MacLinear": kernel.MAC_LINEAR,
}
"""The argument `model` of `kernels.neurons.update` for every model that is stepped."""

ROWS: dict[str, int] = {
    **dict.fromkeys(("tau", "tau_mem", "v_decay", "beta"), kernel.MEMBRANE),
    **dict.fromkeys(("tau_syn", "i_decay", "alpha"), kernel.SYNAPSE),
    **dict.fromkeys(("r", "gain", "bias"), kernel.GAIN),
    **dict.fromkeys(("v_threshold", "threshold", "most"), kernel.LIMIT),
    **dict.fromkeys(("v_reset", "ref_delay", "reset", "tau_ref", "shift"), kernel.RESET),
    **dict.fromkeys(("w_in", "v_min", "gamma", "least"), kernel.INPUT),
    "v_leak": kernel.LEAK,
    "tau_alpha": kernel.FILTER,
}
"""Row of `NeuronState.coefficients` that holds a parameter; a delay is the length of a ring instead."""

RESETS: dict[str, int] = {
    "value": kernel.RESET_VALUE,
    "subtract": kernel.RESET_SUBTRACT,
    "zero": kernel.RESET_ZERO,
    "subtract-next": kernel.RESET_SUBTRACT_NEXT,
    "none": kernel.RESET_NONE,
}


def step_rule(reset: str, comparison: str, clamp: float | None, multispike: bool) -> Rule:
    """Numbers of the options of `ir.Dynamics`.

    Raises
    ------
    InputError
        If an option is unknown, or several spikes per step are asked for without the subtract reset.
    """
    if reset not in RESETS:
        raise InputError(f"reset {reset!r} is unknown; choose one of {', '.join(RESETS)}")
    if comparison not in {">", ">="}:
        raise InputError(f"comparison {comparison!r} is unknown; choose > or >=")
    if multispike and reset != "subtract":
        raise InputError(f"several spikes per step need the reset 'subtract', not {reset!r}")
    return Rule(RESETS[reset], comparison == ">", clamp is not None, 0.0 if clamp is None else float(clamp), multispike)


def neuron_state(
    models: Sequence[str],
    sizes: Sequence[int],
    parameters: Sequence[Mapping[str, F64]],
    dt: float,
    decay: Decay = "euler",
    reset: Reset = "value",
) -> NeuronState:
    """State at rest of populations laid out one after the other.

    Parameters
    ----------
    models
        Model of every population, a key of `CODES`.
    sizes
        Neurons of every population.
    parameters
        Parameters (size,) of every population, named as in `ir.MODELS`.
    dt
        Step in the unit of the time constants: seconds, or 1 where they count steps.
    decay
        How much of a time constant passes in a step, see `ir.Dynamics`.
    reset
        What v becomes after a spike; by `value` an IF also starts at v_reset.

    Raises
    ------
    InputError
        For a model without an equation, or a parameter that is not finite or out of range.
    """
    first = offsets(sizes)
    coefficients = np.zeros((kernel.COEFFICIENTS, int(first[-1])))
    length = np.zeros(int(first[-1]), np.int64)
    circuit = np.zeros((memristive.ROWS, 0))
    for model, low, high, given in zip(models, first[:-1], first[1:], parameters, strict=True):
        _check(model, given)
        for row, values in _rows(model, given, dt, decay).items():
            coefficients[row, low:high] = values
        if model == "MIF":
            circuit = np.zeros((memristive.ROWS, len(length))) if circuit.shape[1] == 0 else circuit
            circuit[:, low:high] = _circuit(given, dt)
        if model == "IF" and reset == "value":
            coefficients[kernel.LEAK, low:high] = given["v_reset"]  # where it rests; its equation has no leak
        if model == "Delay":
            length[low:high] = np.rint(given["delay"] / dt).astype(np.int64) + 1
        if model in ("Alpha", "MIF"):
            length[low:high] = 1
    low_pass = np.zeros((2, coefficients.shape[1] if np.any(coefficients[kernel.FILTER]) else 0))
    none = np.empty(0)
    return fresh(NeuronState(coefficients, none, none, np.empty(0, np.int64), none, offsets(length), low_pass, circuit))


def _rows(model: str, given: Mapping[str, F64], dt: float, decay: Decay) -> dict[int, F64]:
    """Coefficients of a population, by row."""
    exact = MODELS[model].exact
    rows = {
        ROWS[key]: _per_step(parameter, given[key], dt, "exponential" if exact or key in FILTERS else decay)
        for key, parameter in declared(model, given).items()
        if key in ROWS
    }
    return rows | {kernel.SYNAPSE: given["tau"] / dt} if model in ("RefractoryLIF", "SoftLIF") else rows


def _circuit(given: Mapping[str, F64], dt: float) -> F64:
    """Coefficients of MIF neurons, (ROWS, size); times in the unit of `dt`.

    Raises
    ------
    InputError
        If neurons of one population have different numbers of sub-steps.
    """
    p = {key: np.asarray(values, np.float64) for key, values in given.items()}
    if np.any(p["substeps"] != p["substeps"][:1]):
        raise InputError("all neurons of a MIF population have the same substeps")
    part, row = dt / p["substeps"], memristive
    c = np.zeros((row.ROWS, len(part)))
    levels = {row.ON_1: p["v_on"] - p["e_1"], row.OFF_1: p["e_1"] - p["v_off"]}
    levels |= {row.ON_2: p["e_2"] + p["v_on"], row.OFF_2: p["e_2"] + p["v_off"]}
    for k, level in levels.items():
        c[k] = [exp(float(x)) for x in level / p["v_t"]]
    c[row.STEEP], c[row.RATE], c[row.CHARGE], c[row.PARTS] = (
        1 / p["v_t"],
        part / p["tau_x"],
        part / p["c"],
        p["substeps"],
    )
    c[row.G_OFF], c[row.G_SPAN] = 1 / p["r_off"], 1 / p["r_on"] - 1 / p["r_off"]
    c[row.RAIL_1], c[row.RAIL_2], c[row.GAIN] = p["e_1"], p["e_2"], p["gain"]
    return c


def fresh(state: NeuronState) -> NeuronState:
    """A copy of `state` at rest that shares its constants."""
    n = state.coefficients.shape[1]
    return state._replace(
        v=state.coefficients[kernel.LEAK].copy(),
        i=np.zeros(n),
        hold=np.zeros(n, np.int64),
        ring=np.zeros(int(state.ring_first[-1])),
        low_pass=np.zeros_like(state.low_pass),
    )


def _per_step(parameter: Parameter, values: F64, dt: float, decay: Decay) -> F64:
    """What the kernel reads: share of a time constant in a step, other times in steps, rates per step, values."""
    if parameter.unit == "s":
        return share(values, dt, decay) if parameter.above else values / dt
    return values * dt if parameter.unit.endswith("/s") else values


def _check(model: str, given: Mapping[str, F64]) -> None:
    """Refuse what cannot be stepped."""
    if not MODELS[model].stepped:
        raise InputError(f"a {model!r} population has no dynamics and cannot be run; it only carries recorded activity")
    for key, parameter in declared(model, given).items():
        refusal = parameter.refusal(given[key])
        if refusal:
            raise InputError(f"parameter {key} of a {model} population {refusal}")
