"""Layers of snnTorch's neurons: parameters are read, how they reset is observed. Imports neither torch nor snnTorch.

A copy of the layer in double precision is run on seeded random input, and so is every rule of `ir.models`; the first
rule that spikes in the same steps is taken, the one that the arguments suggest before all others. None: refused.
"""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.frontend.networks.chain import Neurons, Signal
from snnmap.frontend.networks.linear import Shape, diagonal
from snnmap.frontend.networks.nir.fold import product
from snnmap.frontend.networks.torch_layers import LINEAR, class_of, titled, values
from snnmap.ir import MODELS
from snnmap.ir.models import ALPHA_SUBTRACT, ALPHA_ZERO, SUBTRACT, SUBTRACT_NEXT, ZERO, ZERO_NEXT

PROBE = 64
"""Steps of a probe."""
FED = 0.7
"""Share of them with input."""

Parameters = Mapping[str, F64]

LIKELY = {"subtract": [SUBTRACT_NEXT, SUBTRACT], "zero": [ZERO, ZERO_NEXT]}
"""Resets that a `reset_mechanism` suggests."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """A class of snnTorch."""

    model: str
    read: Callable[[Any], Mapping[str, Any]]
    """Its parameters as tensors, but for threshold and reset."""
    states: int
    """How many states it takes and returns."""


def _leaky(part: Any) -> Mapping[str, Any]:
    return {"beta": part.beta.clamp(0, 1), "gain": part.beta.new_ones(())}


def _lapicque(part: Any) -> Mapping[str, Any]:
    """As `_base_state_function` computes them."""
    decay = 1 - (part.time_step / (part.R * part.C))
    return {"beta": decay, "gain": part.R * (1 / (part.R * part.C)) * part.time_step}


def _synaptic(part: Any) -> Mapping[str, Any]:
    return {"alpha": part.alpha.clamp(0, 1), "beta": part.beta.clamp(0, 1)}


def _alpha(part: Any) -> Mapping[str, Any]:
    """As `_base_state_function` computes them."""
    alpha, beta = part.alpha.clamp(0, 1), part.beta.clamp(0, 1)
    return {"alpha": alpha, "beta": beta, "gain": alpha.log() / (beta.log() - alpha.log()) + 1}


NEURONS: Mapping[str, _Kind] = {
    "snntorch.Leaky": _Kind("Leaky", _leaky, 1),
    "snntorch.RLeaky": _Kind("Leaky", _leaky, 2),
    "snntorch.Lapicque": _Kind("Leaky", _lapicque, 1),
    "snntorch.Synaptic": _Kind("Synaptic", _synaptic, 2),
    "snntorch.RSynaptic": _Kind("Synaptic", _synaptic, 3),
    "snntorch.Alpha": _Kind("Alpha", _alpha, 3),
}
"""Every class of neurons that can be imported."""


def neurons_of(part: Any, target: str, name: str, shape: Shape, passed: bool) -> Neurons:
    """A layer as a population.

    Parameters
    ----------
    part
        The layer; of a class in `NEURONS`, in any precision, not changed.
    target, name
        What the module and what the network call it.
    shape
        Of what arrives.
    passed
        Whether `forward` hands its states over, rather than leaving them to the layer.

    Raises
    ------
    InputError
        If it does something that no model does, or a parameter is out of range.
    """
    title, kind = titled(target, part), NEURONS[class_of(part)]
    if part.inhibition:
        raise InputError(f"{title} has inhibition, by which neurons hear one another within a step; train it without")
    if part.state_quant:
        raise InputError(f"{title} has state_quant, which rounds its state in every step; train it without")
    factor = _spread(title, "graded_spikes_factor", getattr(part, "graded_spikes_factor", None), shape)
    if not np.all(np.isfinite(factor)) or np.any(factor == 0.0):
        raise InputError(f"graded_spikes_factor of {title} must be finite and not 0")
    parameters = _parameters(part, title, kind, shape)
    recurrent, constant = _recurrent(part, title, shape, factor)
    draft = Neurons(name, kind.model, parameters, factor, recurrent, constant)
    reset = float(_reset(part, title, draft, shape, passed))
    return replace(draft, parameters={**parameters, "reset": np.full(len(factor), reset)})


def _parameters(part: Any, title: str, kind: _Kind, shape: Shape) -> Parameters:
    """All but the reset, in range."""
    read = {**kind.read(part), "v_threshold": part.threshold}
    made = {key: _spread(title, key, tensor, shape) for key, tensor in read.items()}
    for key, numbers in made.items():
        refusal = MODELS[kind.model].parameters[key].refusal(numbers)
        if refusal:
            raise InputError(f"{'threshold' if key == 'v_threshold' else key} of {title} {refusal}")
    return made


def _spread(title: str, key: str, tensor: Any, shape: Shape) -> F64:
    """A parameter for every neuron, (size,), by torch's rule of broadcasting; 1 if there is none."""
    if tensor is None:
        return np.ones(int(np.prod(shape)))
    numbers = values(tensor).astype(np.float64)
    try:
        return np.broadcast_to(numbers, (1, *shape)).ravel().copy()
    except ValueError:
        raise InputError(f"{key} of {title} has shape {numbers.shape}, which does not fit neurons {shape}") from None


def _recurrent(part: Any, title: str, shape: Shape, factor: F64) -> tuple[Any, F64 | None]:
    """Synapses to itself, and their bias; none if there are none."""
    if not hasattr(part, "recurrent"):
        return None, None
    size = len(factor)
    if class_of(part.recurrent) in LINEAR:
        heard = Signal(0, shape, np.ones(size), np.zeros(size))
        read = LINEAR[class_of(part.recurrent)](part.recurrent, f"recurrent of {title}", heard, shape)
        matrix, constant = read.matrix, read.constant
    else:
        tensor = part.recurrent.V
        matrix, constant = diagonal(_spread(title, "V", tensor, shape).astype(values(tensor).dtype)), np.zeros(size)
    return (matrix if np.all(factor == 1.0) else product(diagonal(factor), matrix)), constant


def _reset(part: Any, title: str, neurons: Neurons, shape: Shape, passed: bool) -> int:
    """The reset with which the model spikes as the layer does."""
    alpha, mechanism = neurons.model == "Alpha", str(getattr(part, "reset_mechanism", ""))
    rng = np.random.default_rng(20)
    top = neurons.parameters["v_threshold"] / np.abs(neurons.parameters.get("gain", np.ones(1)))
    drive = top * rng.uniform(-1.0, 3.0, (PROBE, len(top)))
    drive *= rng.random(drive.shape) < FED
    try:
        expected = _observed(part, drive, shape, passed)
    except Exception as error:  # whatever snnTorch raises
        said = " ".join(str(error).split())[:160]
        raise InputError(f"snnTorch itself cannot run {title}: {said}") from None
    likely = {"subtract": [ALPHA_SUBTRACT], "zero": [ALPHA_ZERO]} if alpha else LIKELY
    most = int(MODELS[neurons.model].parameters["reset"].high)
    for code in dict.fromkeys((*likely.get(mechanism, []), *range(most + 1))):
        if np.array_equal(_imagined(neurons, code, drive), expected):
            return int(code)
    raise InputError(
        f"{title} does not spike as any rule that is known (reset_mechanism {mechanism!r}, reset_delay "
        f"{getattr(part, 'reset_delay', True)}, or a spike_grad that is no step at 0); it cannot be imported"
    )


def _observed(part: Any, drive: F64, shape: Shape, passed: bool) -> Any:
    """Which neurons of the layer spike in which step, bool (steps, size)."""
    layer = copy.deepcopy(part).double()
    given = layer.spike_grad
    layer.spike_grad = lambda shift: given(shift).to(shift.dtype)  # snnTorch's are single, and then it adds no doubles
    states: tuple[Any, ...] = ()
    spikes = []
    for row in drive:
        x = layer.threshold.new_tensor(row.reshape(1, *shape))
        if passed and not states:
            states = (x * 0,) * NEURONS[class_of(part)].states
        returned = layer(x, *states)
        sent = returned[0] if isinstance(returned, tuple) else returned
        if passed:
            states = tuple(each.detach() for each in returned[-len(states) :])
        spikes.append(values(sent).ravel())
    return np.array(spikes) != 0.0


def _imagined(neurons: Neurons, code: int, drive: F64) -> Any:
    """The same of the model with a reset."""
    p, size = neurons.parameters, drive.shape[1]
    v, i, h, spikes = np.zeros(size), np.zeros(size), np.zeros(size), np.zeros(size, np.bool_)
    found = []
    for row in drive:
        x = row
        if neurons.recurrent is not None:
            x = row + neurons.recurrent.T @ spikes.astype(np.float64) + neurons.constant
        due, limit = v > p["v_threshold"], p["v_threshold"]
        if neurons.model == "Alpha":
            i, h, v = _alpha_step(p, (i, h), x, due, code)
        else:
            kept = np.where(due & (code == ZERO), 0.0, v)
            i = p["alpha"] * i + x if neurons.model == "Synaptic" else p["gain"] * x
            v = p["beta"] * kept + i
            v = np.where(due & (code == ZERO_NEXT), 0.0, v - limit * (due & (code in {SUBTRACT_NEXT, SUBTRACT})))
        spikes = v > limit
        found.append(spikes)
        if neurons.model != "Alpha" and code == SUBTRACT:
            v = v - limit * (spikes.astype(np.float64) - due)
    return np.array(found)


def _alpha_step(p: Parameters, state: tuple[F64, F64], x: F64, due: Any, code: int) -> tuple[F64, F64, F64]:
    """Excitation, inhibition and membrane after a step of Alpha."""
    e, h = p["alpha"] * state[0] + x, p["beta"] * state[1] - x
    v = p["gain"] * (e + h)
    if code == ALPHA_SUBTRACT:
        return e - p["v_threshold"] * due, np.where(due, 0.0, h), np.where(due, v + state[1], v)
    if code == ALPHA_ZERO:
        return np.where(due, 0.0, e), np.where(due, 0.0, h), np.where(due, 0.0, v)
    return e, h, v
