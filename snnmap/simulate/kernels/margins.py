"""How near neurons come to their threshold in one frame: the run of `executor`, with a look at every potential first.

The potential that is compared with the threshold is the one that a step of a neuron that cannot fire would reach: the
step is made twice, first on a copy whose threshold is out of reach, so that no equation of a neuron is written again.
Neurons that reset as a parameter of their own says keep the potential that was compared, but for what a reset in the
same step subtracts.
"""

import numpy as np

from snnmap.core.arrays import F32, F64, I32
from snnmap.core.jit import njit
from snnmap.simulate.kernels.executor import Layers, Synapses, propagate
from snnmap.simulate.kernels.neurons import (
    ALPHA,
    CUBA_LI,
    DELAY,
    FILTER,
    LEAK,
    LEAKY,
    LI,
    LIMIT,
    MAC_LINEAR,
    MAC_RELU,
    MIF,
    OWN_SUBTRACT,
    RELAY,
    RESET,
    RESET_SUBTRACT_NEXT,
    SOFT_LIF,
    SYNAPTIC,
    THRESHOLD,
    NeuronState,
    Rule,
    update,
)

NONE = 1e300
"""A threshold that nothing reaches."""


@njit
def attempt(model: int, rule: Rule, first: int, stop: int, state: NeuronState, trial: NeuronState, acc: F64) -> None:
    """Leave in `trial.v` the potentials of neurons `first` to `stop` - 1 after the input `acc`, before any fires.

    Of neurons that reset as a parameter of their own says: the potentials before the step.

    `trial` has the constants of `state` with thresholds out of reach; its own state is written over.
    """
    heard, out = acc.copy(), np.empty(len(acc))
    for j in range(first, stop):
        trial.v[j], trial.i[j], trial.hold[j] = state.v[j], state.i[j], state.hold[j]
        if model == THRESHOLD:
            trial.v[j] = acc[j]
            share = state.coefficients[FILTER, j]
            if share > 0.0:  # what the filters in front will hold
                a = state.low_pass[0, j] + share * (acc[j] - state.low_pass[0, j])
                trial.v[j] = state.low_pass[1, j] + share * (a - state.low_pass[1, j])
        elif rule.reset == RESET_SUBTRACT_NEXT:
            trial.v[j] -= state.hold[j] * state.coefficients[LIMIT, j]
            trial.hold[j] = 0
    if model not in (THRESHOLD, LEAKY, SYNAPTIC, ALPHA):
        update(model, rule, first, stop, trial, heard, out)


@njit
def compared(model: int, j: int, state: NeuronState, trial: NeuronState, out: F64) -> float:
    """Potential of neuron `j` that was compared with its threshold, after `attempt` and the step itself."""
    if model not in (LEAKY, SYNAPTIC, ALPHA):
        return float(trial.v[j])
    limit, v = state.coefficients[LIMIT, j], state.v[j]
    fires, due = out[j] != 0.0, trial.v[j] > limit
    if model != ALPHA and state.coefficients[RESET, j] == OWN_SUBTRACT and fires != due:
        v += limit if fires else -limit
    return float(v)


@njit
def near_frame(
    synapses: Synapses,
    layers: Layers,
    rule: Rule,
    state: NeuronState,
    trial: NeuronState,
    steps: int,
    stimulus: tuple[I32, I32, F32],
    reach: float,
) -> F64:
    """Run one frame from `state`, which is changed; nearness of every neuron to its threshold, summed over steps.

    A step counts 1 - m / reach, at least 0, with m the distance of the potential from the threshold over that of the
    threshold from rest; of neurons that hand values on, 1 if they emit. `trial` as in `attempt`; `stimulus` as in
    `executor.run_frame`.
    """
    in_step, in_source, in_value = stimulus
    neurons = len(layers.bias)
    externals = len(synapses.indptr) - 1 - neurons
    acc, out, near = np.zeros(neurons), np.zeros(neurons), np.zeros(neurons)
    read = 0
    for t in range(steps):
        while read < len(in_step) and in_step[read] == t:
            propagate(synapses, in_source[read], np.float64(in_value[read]), acc)
            read += 1
        p = 0
        while p < len(layers.model):
            last = p
            while last < len(layers.model) and layers.level[last] == layers.level[p]:
                model, first, stop = layers.model[last], layers.first[last], layers.stop[last]
                for j in range(first, stop):
                    acc[j] += layers.bias[j]
                graded = model in (LI, CUBA_LI, RELAY, DELAY, SOFT_LIF, MIF, MAC_RELU, MAC_LINEAR)
                if not graded:
                    attempt(model, rule, first, stop, state, trial, acc)
                update(model, rule, first, stop, state, acc, out)
                for j in range(first, stop):
                    limit = state.coefficients[LIMIT, j]
                    apart = abs(limit - state.coefficients[LEAK, j])
                    if graded or apart == 0.0:
                        near[j] += out[j] != 0.0
                    else:
                        near[j] += max(0.0, 1.0 - abs(compared(model, j, state, trial, out) - limit) / (reach * apart))
                last += 1
            for j in range(layers.first[p], layers.stop[last - 1]):
                if out[j] != 0.0:
                    propagate(synapses, externals + j, out[j], acc)
            p = last
    return near
