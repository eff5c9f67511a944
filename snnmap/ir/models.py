"""Neuron models, one record each: parameters with units and ranges, the equation, what it sends. Solves nothing.

Equations are those of one step of dt seconds (`Dynamics`; where integration is `step`, seconds count steps and dt = 1),
forward Euler in float64, in the order of operations in which they are written here; with the decay `exponential`,
1 - exp(-dt / tau) stands in the place of dt (1 / tau). x is the sum of the weighted input of the step, exact
(`core.exact`). *passes* is > or >=, *reset* is that of `Dynamics`, and after it v is clamped, if at all. At rest,
before step 0, v = v_leak where there is a leak; v_reset in an IF with the reset `value`, as in Norse and SpikingJelly;
else 0; i = u = 0. Whatever is sent is rounded to single precision.

Leaky, Synaptic and Alpha are those of snnTorch 1.0 (`_neurons/leaky.py`, `lapicque.py`, `synaptic.py`, `alpha.py`,
`rleaky.py`, `rsynaptic.py`) in its order of operations, as run, which is not always as documented. They compare by >
and reset as their parameter `reset` says, whatever `Dynamics` says. Thresholds are above 0.

RefractoryLIF is Nengo's `LIF` (`nengo/neurons.py`) in its order of operations, SoftLIF the rate function of E.
Hunsberger and C. Eliasmith (arXiv 1611.05141, eq. 4 to 6). They are exact for input that is constant within the step,
compare by > and reset to 0, whatever `Dynamics` says.

MIF is the memristive integrate-and-fire neuron of S. M. Kang et al. (IEEE TCAS-I, 2021) and MEMprop (P. Zhou et al.,
arXiv 2206.12992) as recalled, not re-read: a capacitor that a current charges, and two memristors from it to rails of
opposite sign, each with the mean metastable switch equation of Knowm, volatile: it goes off below v_off. Nothing of it
but its form is theirs; its constants are the network's.

MacReLU and MacLinear are no neurons: units of integer networks, which have no spikes and no memory and run one step per
frame. Where inputs and weights are integers and the gain is 1, what they send is integer arithmetic; a gain below 1 is
that of a converter, so many steps of it per unit of the sum. y >> k is floor(y / 2^k), as two's complement shifts.

Every model that is stepped may have `FILTERS` in front of it: an alpha synapse, through which x goes first.

To add a model: a record here, its branch in `simulate.kernels.neurons.update`, its code in `simulate.neurons.CODES`,
and its link in `transform.unroll`; tests name what is missing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Kind = Literal["input", "bias", "neuron"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a model."""

    unit: str
    """SI unit; `s` is a time and `.../s` a rate, counted in steps where integration is `step`."""
    meaning: str
    low: float = -float("inf")
    high: float = float("inf")
    above: bool = False
    """Whether `low` itself is out of range."""
    whole: bool = False
    """Whether only integers are in range."""

    def refusal(self, values: npt.NDArray[Any]) -> str:
        """What is wrong with `values`, in words; empty if they are finite and in range."""
        if not np.all(np.isfinite(values)):
            return "is not finite"
        if self.whole and np.any(values != np.rint(values)):
            return "must be integers"
        if not (np.any(values < self.low) or np.any(values > self.high) or (self.above and np.any(values == self.low))):
            return ""
        if self.high < float("inf"):
            return f"must lie in {self.low:g}..{self.high:g}"
        return "must be positive" if self.above else "must not be negative"


@dataclass(frozen=True, slots=True)
class Model:
    """What a population's sources are."""

    name: str
    summary: str
    equation: str = ""
    """What happens in one step; empty where nothing is computed: inputs, biases, recorded activity."""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    """By name, in the order in which digests and files list them."""
    kind: Kind = "neuron"
    graded: bool = False
    """Whether it sends values rather than spikes; each non-zero value in a step is one message."""
    exact: bool = False
    """Whether a step does what its equation says and nothing of `Dynamics` but dt matters."""
    standard: str = ""
    """Who defined it: `NIR` (its names are NIR's), `Loihi`, `snnTorch`, `Nengo`, or nobody else."""

    @property
    def stepped(self) -> bool:
        """Whether it has an equation to run."""
        return bool(self.equation)

    @property
    def resets(self) -> bool:
        """Whether its membrane is reset to a value of its own after a spike."""
        return "v_reset" in self.parameters

    @property
    def own_reset(self) -> bool:
        """Whether it compares by > and resets as a parameter or its equation says, whatever `Dynamics` says."""
        return self.exact or "reset" in self.parameters

    @property
    def time_constants(self) -> tuple[str, ...]:
        """Names of its time constants; a delay is none."""
        return tuple(key for key, parameter in self.parameters.items() if parameter.unit == "s" and parameter.above)


_TAU = Parameter("s", "time constant of the membrane", low=0.0, above=True)
_TAU_SYN = Parameter("s", "time constant of the synaptic current", low=0.0, above=True)
_R = Parameter("ohm", "membrane resistance")
_V_LEAK = Parameter("V", "potential that the membrane leaks to")
_V_THRESHOLD = Parameter("V", "potential that must be passed to spike")
_V_RESET = Parameter("V", "potential after a spike, with the reset `value`")
_W_IN = Parameter("1", "factor of the input")
_GAIN = Parameter("1", "factor of the input")
_BETA = Parameter("1", "share of the membrane that is left after a step")
_ABOVE_ZERO = Parameter("V", "potential that must be passed to spike", low=0.0, above=True)

_MAC_GAIN = Parameter("1", "steps of the converter per unit of the sum", low=0.0, above=True)
_SHIFT = Parameter("1", "bits by which the result is shifted right", low=0.0, high=32.0, whole=True)
_TAU_REF = Parameter("s", "how long the membrane stays at 0 after a spike", low=0.0)

NONE, SUBTRACT_NEXT, SUBTRACT, ZERO, ZERO_NEXT = range(5)
"""The parameter `reset` of Leaky and Synaptic, which reset as their layer says and not as `Dynamics` does."""
ALPHA_NONE, ALPHA_SUBTRACT, ALPHA_ZERO = range(3)
"""The parameter `reset` of Alpha."""

_RESET = Parameter(
    "1",
    "0: none; 1: v_threshold is taken from v a step after a spike; 2: at once, as `reset_delay=False` does it, which "
    "takes one more before the next test from a v that still passes, and gives it back if that does not; 3: v is 0 "
    "once the spike is out; 4: v is 0 in the step after a spike, whose input it loses",
    low=NONE,
    high=ZERO_NEXT,
    whole=True,
)
_ALPHA_RESET = Parameter(
    "1", "0: none; 1: subtract; 2: all is 0 in the step after a spike", low=ALPHA_NONE, high=ALPHA_ZERO, whole=True
)
_OF_RESET = (
    "if the old v passes v_threshold, by reset: v <- 0 before all else (3), v <- v - v_threshold (1, 2), v <- 0 (4); "
    "if v passes v_threshold: spike; by reset 2, v <- v - v_threshold on a spike alone and v + v_threshold where the "
    "old v passed alone"
)

_MODELS = (
    Model("input", "network input: sends what the stimulus says", kind="input"),
    Model("bias", "constant current: drives its row in every step and is never sent", kind="bias"),
    Model("recorded", "neuron whose spikes were recorded"),
    Model(
        "IF",
        "integrate and fire",
        "v <- v + (r dt) x; if v passes v_threshold: spike and reset (value: v_reset)",
        {"r": Parameter("ohm/s", "gain of the input"), "v_threshold": _V_THRESHOLD, "v_reset": _V_RESET},
        standard="NIR",
    ),
    Model(
        "LIF",
        "leaky integrate and fire",
        "v <- v + (dt (1 / tau)) ((r x + v_leak) - v); if v passes v_threshold: spike and reset (value: v_reset)",
        {"tau": _TAU, "r": _R, "v_leak": _V_LEAK, "v_threshold": _V_THRESHOLD, "v_reset": _V_RESET},
        standard="NIR",
    ),
    Model(
        "CubaLIF",
        "leaky integrate and fire, driven by a synaptic current",
        "i <- i + (dt (1 / tau_syn)) (w_in x - i); v <- v + (dt (1 / tau_mem)) ((r i + v_leak) - v) with the new i; "
        "if v passes v_threshold: spike and reset (value: v_reset)",
        {
            "tau_syn": _TAU_SYN,
            "tau_mem": _TAU,
            "r": _R,
            "v_leak": _V_LEAK,
            "v_threshold": _V_THRESHOLD,
            "v_reset": _V_RESET,
            "w_in": _W_IN,
        },
        standard="NIR",
    ),
    Model(
        "LI",
        "leaky integrator",
        "v <- v + (dt (1 / tau)) ((r x + v_leak) - v); send v",
        {"tau": _TAU, "r": _R, "v_leak": _V_LEAK},
        graded=True,
        standard="NIR",
    ),
    Model(
        "CubaLI",
        "leaky integrator, driven by a synaptic current",
        "i <- i + (dt (1 / tau_syn)) (w_in x - i); v <- v + (dt (1 / tau_mem)) ((r i + v_leak) - v) with the new i; "
        "send v",
        {"tau_syn": _TAU_SYN, "tau_mem": _TAU, "r": _R, "v_leak": _V_LEAK, "w_in": _W_IN},
        graded=True,
        standard="NIR",
    ),
    Model(
        "Threshold",
        "spikes without memory",
        "if x passes threshold: spike",
        {"threshold": Parameter("A", "input that must be passed to spike")},
        standard="NIR",
    ),
    Model(
        "Delay",
        "hands its input on later",
        "send the x of round(delay / dt) steps ago, 0 before step 0",
        {"delay": Parameter("s", "how much later", low=0.0)},
        graded=True,
        standard="NIR",
    ),
    Model(
        "relay",
        "hands its input on in the same step",
        "send gain x",
        {"gain": _GAIN},
        graded=True,
    ),
    Model(
        "LavaCuba",
        "Loihi's integer neuron",
        "u <- d(u, i_decay) + round(x); v <- d(v, v_decay) + u + bias, where d(y, k) = sign(y) (|y| (4096 - k) >> 12); "
        "if v passes v_threshold: spike and reset (value: 0), then v <- 0 and no spike for ref_delay - 1 steps",
        {
            "i_decay": Parameter("1/4096", "decay of the current per step", low=0.0, high=4096.0, whole=True),
            "v_decay": Parameter("1/4096", "decay of the membrane per step", low=0.0, high=4096.0, whole=True),
            "v_threshold": Parameter("1", "potential that must be passed to spike", whole=True),
            "ref_delay": Parameter("steps", "from a spike to the first step that can have the next", whole=True),
            "bias": Parameter("1", "added to the membrane in every step", whole=True),
        },
        standard="Loihi",
    ),
    Model(
        "Leaky",
        "snnTorch's leaky integrate and fire; its Lapicque has another gain, its RLeaky synapses to itself",
        f"v <- beta v + gain x; {_OF_RESET}",
        {"beta": _BETA, "gain": _GAIN, "v_threshold": _ABOVE_ZERO, "reset": _RESET},
        standard="snnTorch",
    ),
    Model(
        "Synaptic",
        "snnTorch's leaky integrate and fire, driven by a synaptic current; its RSynaptic has synapses to itself",
        f"i <- alpha i + x; v <- beta v + i with the new i; {_OF_RESET}",
        {
            "alpha": Parameter("1", "share of the current that is left after a step"),
            "beta": _BETA,
            "v_threshold": _ABOVE_ZERO,
            "reset": _RESET,
        },
        standard="snnTorch",
    ),
    Model(
        "Alpha",
        "snnTorch's membrane that follows an alpha function",
        "e <- alpha e + x; h <- beta h - x; v <- gain (e + h) with the new ones; if the old v passes v_threshold, by "
        "reset: e <- e - v_threshold, v <- v + the old h, h <- 0 (1), all <- 0 (2); if v passes v_threshold: spike",
        {
            "alpha": Parameter("1", "share of the excitation e that is left after a step"),
            "beta": Parameter("1", "share of the inhibition h that is left after a step"),
            "gain": Parameter("1", "factor of the membrane, log(alpha) / (log(beta) - log(alpha)) + 1 in snnTorch"),
            "v_threshold": _ABOVE_ZERO,
            "reset": _ALPHA_RESET,
        },
        standard="snnTorch",
    ),
    Model(
        "RefractoryLIF",
        "Nengo's leaky integrate and fire: a refractory time, and spikes at a time within the step",
        "w <- w - dt, what is left of the rest; v <- v + (1 - exp(-d / tau)) (r x - v) with d = dt - w, in 0..dt; "
        "if v > v_threshold: spike, w <- tau_ref + dt + tau ln(1 - (v - v_threshold) / (r x - v_threshold)), v <- 0; "
        "else v <- v_min if below it",
        {
            "tau": _TAU,
            "tau_ref": _TAU_REF,
            "r": _R,
            "v_threshold": _ABOVE_ZERO,
            "v_min": Parameter("V", "least potential", low=-1e30, high=0.0),
        },
        exact=True,
        standard="Nengo",
    ),
    Model(
        "SoftLIF",
        "rate of a RefractoryLIF, softened: to compare rates with spikes; a mapping counts a value per neuron and step",
        "send dt / (tau_ref + tau ln(1 + 1 / y)), y = gamma ln(1 + exp((r x / v_threshold - 1) / gamma)), at "
        "least 1e-300: the spikes that are expected in a step",
        {
            "tau": _TAU,
            "tau_ref": _TAU_REF,
            "r": _R,
            "v_threshold": _ABOVE_ZERO,
            "gamma": Parameter(
                "1", "softness at the threshold; towards 0 the rate of a RefractoryLIF", 0.0, above=True
            ),
        },
        graded=True,
        exact=True,
        standard="Nengo",
    ),
    Model(
        "MIF",
        "memristive integrate and fire: a capacitor, and two volatile memristors to rails of opposite sign",
        "c dv/dt = gain x + g_1 (e_1 - v) + g_2 (e_2 - v), g_k = s_k / r_on + (1 - s_k) / r_off; memristor k is on to "
        "a share s_k, tau_x ds_k/dt = h((u_k - v_on) / v_t) (1 - s_k) - h((v_off - u_k) / v_t) s_k, h(y) = 1 / (1 + "
        "exp(-y)), u_1 = e_1 - v, u_2 = v - e_2; in each of the substeps s_k for half of it, v, s_k for the other "
        "half, each exactly with the other held; exponents between -700 and 700; v = s_k = 0 at rest; send v",
        {
            "c": Parameter("F", "capacitance of the membrane", low=0.0, above=True),
            "gain": Parameter("A", "current that an input of 1 is"),
            "e_1": Parameter("V", "rail of the first memristor, above 0"),
            "e_2": Parameter("V", "rail of the second memristor, below 0"),
            "r_on": Parameter("ohm", "resistance of a memristor that is on", low=0.0, above=True),
            "r_off": Parameter("ohm", "resistance of a memristor that is off", low=0.0, above=True),
            "v_on": Parameter("V", "voltage above which a memristor goes on"),
            "v_off": Parameter("V", "voltage below which a memristor goes off"),
            "v_t": Parameter("V", "thermal voltage, over which it switches", low=0.0, above=True),
            "tau_x": Parameter("s", "time constant of the memristors", low=0.0, above=True),
            "substeps": Parameter(
                "1", "parts of a step, as many for all; a part of tau_x / 5 or less is as good as 1 %", 1.0, whole=True
            ),
        },
        graded=True,
        exact=True,
    ),
    Model(
        "MacReLU",
        "integer unit: multiply-accumulate, rectified, shifted right, saturated; no spikes, one step per frame",
        "send min(max(floor(gain x) >> shift, 0), most)",
        {"gain": _MAC_GAIN, "shift": _SHIFT, "most": Parameter("1", "largest result", 0.0, 2.0**24, whole=True)},
        graded=True,
        exact=True,
    ),
    Model(
        "MacLinear",
        "integer unit: multiply-accumulate, shifted right, saturated on both sides; no spikes, one step per frame",
        "send min(max(floor(gain x) >> shift, least), most)",
        {
            "gain": _MAC_GAIN,
            "shift": _SHIFT,
            "least": Parameter("1", "smallest result, not above 0", -(2.0**24), 0.0, whole=True),
            "most": Parameter("1", "largest result", 0.0, 2.0**24, whole=True),
        },
        graded=True,
        exact=True,
    ),
)

FILTERS: Mapping[str, Parameter] = {
    "tau_alpha": Parameter(
        "s", "time constant of two low-pass filters, one after the other, of the input", 0.0, above=True
    )
}
"""Parameters that a population of any stepped model may have: an alpha synapse, a <- a + k (x - a), b <- b + k (a - b)
with the new a and k = 1 - exp(-dt / tau_alpha), whatever `Dynamics` says; the model hears b. Its impulse response
nears t / tau_alpha^2 exp(-t / tau_alpha), of area 1; a bias passes as any input does."""

MODELS: Mapping[str, Model] = {model.name: model for model in _MODELS}
"""Every model by name."""

INTEGER = frozenset({"MacReLU", "MacLinear"})
"""Units of integer networks: whole sums in, whole numbers out, one step a frame."""

ANALOG = frozenset(model.name for model in _MODELS if model.graded)
"""Models that send values rather than spikes."""


def declared(model: str, given: Collection[str]) -> Mapping[str, Parameter]:
    """Parameters of a population of `model` for which those of the names `given` are there."""
    own = MODELS[model].parameters
    filters = {key: parameter for key, parameter in FILTERS.items() if key in given and MODELS[model].stepped}
    return {**own, **filters} if filters else own
