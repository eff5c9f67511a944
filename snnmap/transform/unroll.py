"""Neurons with many inputs as chains of units with few: the spatial decomposition of arXiv 2009.09298, approximate.

A neuron with more than m inputs becomes a chain: the first unit takes m inputs, every further unit m - 1 and the
spikes of the unit before it; the last stands for the neuron and keeps its population, targets and constant drives (bias
rows, leak potential). A spike of a unit means that its membrane has risen by its *span*, threshold - reset, and has
given that away; the link's weight makes the next membrane rise by just that span. So charge is handed on, and what is
lost is what makes this approximate: a remainder below threshold in every unit, inhibition that cannot travel as spikes,
leak along the way, and one spike per unit and step. Graded models are summed along the chain without memory.

Levels are spread: the units of a chain follow one another within the step, after everything their neuron heard in
the same step, and before everything it heard a step later: delays stay where they were.
"""

from dataclasses import dataclass, replace

import numpy as np

from snnmap.core.arrays import F64, I64, Bool, offsets, transpose_csr
from snnmap.core.errors import InputError
from snnmap.core.exact import grid_of, on_grid
from snnmap.ir import FILTERS, MODELS, Network, Population
from snnmap.ir.dynamics import Decay, share

BEYOND = 1.0 + 2.0**-20
"""Span of models that spike only above their threshold, in units of it."""


def unroll(network: Network, fan_in: int, *, dt: float = 1.0, decay: Decay = "euler") -> Network:
    """`network` with every neuron of more than `fan_in` inputs unrolled; the same object if there is none.

    Parameters
    ----------
    fan_in
        The most inputs a unit may have, at least 2.
    dt
        Step in the units of the time constants: seconds, or 1 where neurons are stepped per step (`Dynamics`).
    decay
        How much of a time constant passes in a step (`Dynamics`).

    Returns
    -------
    Network
        Units that are not the last of their chain are in populations `<name>/unroll<k>`, k = 1, 2, ... from the inputs.

    Raises
    ------
    InputError
        If `fan_in` is below 2, or a neuron to unroll has no equation (recorded activity).
    """
    if fan_in < 2:
        raise InputError(f"unrolling to {fan_in} inputs per unit is impossible: a chain needs at least 2")
    inputs = np.bincount(network.post, minlength=network.sources)
    if int(inputs.max(initial=0)) <= fan_in:
        return network
    units = np.where(inputs > fan_in, 1 + -(-(inputs - fan_in) // (fan_in - 1)), 1)
    links = tuple(
        _link(p, dt, decay) if units[p.first : p.stop].max(initial=1) > 1 else np.zeros(p.size)
        for p in network.populations
    )
    plan = _plan(network, units, dt)
    return _wired(network, plan, _unit_of_synapse(network, inputs, units, fan_in), np.concatenate(links))


def _link(population: Population, dt: float, decay: Decay) -> F64:
    """Weight, float64 (size,), with which one output of a unit moves the next one's membrane by what it stands for."""
    p = {key: np.asarray(value, np.float64) for key, value in population.parameters.items()}
    _must_hand_on(population)
    match population.model:
        case "IF":
            return _ratio(p["v_threshold"] - p["v_reset"], p["r"] * dt)
        case "LIF":
            return _ratio((p["v_threshold"] - p["v_reset"]) * _slowness(p["tau"], dt, decay), p["r"] * dt)
        case "CubaLIF":
            span = (p["v_threshold"] - p["v_reset"]) * _slowness(p["tau_mem"], dt, decay)
            return _ratio(span, p["r"] * p["w_in"] * dt)
        case "LavaCuba":
            return np.maximum(1.0, np.rint(p["v_threshold"] * p["i_decay"] / 4096))
        case "Threshold":
            return p["threshold"]
        case "LI":
            return _ratio(np.ones(population.size), p["r"])
        case "CubaLI":
            return _ratio(np.ones(population.size), p["r"] * p["w_in"])
        case "relay":
            return _ratio(np.ones(population.size), p["gain"])
        case "Delay":
            return np.ones(population.size)
        case "Leaky":
            return _ratio(p["v_threshold"] * BEYOND, p["gain"])
        case "Synaptic":
            return p["v_threshold"] * BEYOND * (1.0 - p["alpha"])
    raise InputError(
        f"population {population.name!r} ({population.model}) has no equation to unroll; use split = partial_sum"
    )


def _must_hand_on(population: Population) -> None:
    """Refuse neurons whose output does not say what they heard.

    Raises
    ------
    InputError
        Naming the population and why.
    """
    model, p = population.model, population.parameters
    if any(key in FILTERS for key in p):
        why = "behind its alpha synapse a chain would hand on late"
    elif model == "Alpha" or (model == "Synaptic" and np.any(p["alpha"] >= 1.0)):
        why = f"the {model} of a chain would hand on late what it hears, or without end"
    elif MODELS[model].exact:
        why = f"a {model} that rests, or sends a function of what it hears, would not hand that on"
    else:
        return
    raise InputError(f"population {population.name!r} cannot be unrolled: {why}; use split = partial_sum")


def _slowness(tau: F64, dt: float, decay: Decay) -> F64:
    """The tau of which forward Euler lets the same share pass in a step."""
    return tau if decay == "euler" else dt / share(tau, dt, decay)


def _ratio(numerator: F64, denominator: F64) -> F64:
    """Quotient, 0 where the denominator is: such a unit hears nothing anyway."""
    return np.divide(numerator, denominator, out=np.zeros(len(numerator)), where=denominator != 0)


def _relieved(population: Population, kept: Bool, dt: float) -> dict[str, F64]:
    """Parameters of the units that are not last: no constant drives, no memory in graded models."""
    model = MODELS[population.model]
    p = {key: np.asarray(value, np.float64)[kept] for key, value in population.parameters.items()}
    if model.graded:
        p |= {key: np.full_like(p[key], dt) for key in model.time_constants}
    p |= {key: np.zeros_like(p[key]) for key in ("v_leak", "bias", "delay") if key in p}
    return p | {"v_leak": p["v_reset"]} if model.resets and "v_leak" in p else p


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """Populations of the unrolled network and where the units of every neuron are."""

    populations: tuple[Population, ...]
    index: I64
    """New index of every old population."""
    unit_ptr: I64
    """(N + 1,) first unit of every old source."""
    unit: I64
    """New source id of every unit, along the chain; externals have one."""


def _plan(network: Network, units: I64, dt: float) -> _Plan:
    """Lay out the populations: levels spread, chains before their neurons, ids in order."""
    longest = [int(units[p.first : p.stop].max(initial=1)) for p in network.populations]
    extra = np.zeros(max(p.level for p in network.populations) + 1, np.int64)
    for p, length in zip(network.populations, longest, strict=True):
        extra[p.level] = max(extra[p.level], length - 1)
    level = np.cumsum(extra + 1) - 1
    level -= level[0]
    entries: list[tuple[bool, int, int, int]] = []  # neuron, level, old population, unit from the end (0: the neuron)
    for index, (p, length) in enumerate(zip(network.populations, longest, strict=True)):
        entries += [(p.kind == "neuron", int(level[p.level]) - back, index, back) for back in range(length)]
    entries.sort(key=lambda e: (e[0], e[1], e[2], -e[3]))
    lowest = min(e[1] for e in entries)
    unit_ptr = offsets(units)
    unit = np.empty(unit_ptr[-1], np.int64)
    populations: list[Population] = []
    index_of = np.zeros(len(network.populations), np.int64)
    first = 0
    for _, at, index, back in entries:
        old = network.populations[index]
        own = units[old.first : old.stop]
        kept = own > back
        size = int(kept.sum())
        unit[(unit_ptr[old.first : old.stop] + own - 1 - back)[kept]] = first + np.arange(size)
        name = f"{old.name}/unroll{longest[index] - back}" if back else old.name
        parameters = _relieved(old, kept, dt) if back else old.parameters
        shape = old.shape if size == old.size else (size,)
        if not back:
            index_of[index] = len(populations)
        place = at - lowest if old.kind == "neuron" else 0
        made = replace(old, name=name, first=first, shape=shape, level=place, parameters=parameters)
        populations.append(made if longest[index] == 1 else replace(made, levels=0, step=1.0))  # links are no integers
        first += size
    return _Plan(tuple(populations), index_of, unit_ptr, unit)


def _unit_of_synapse(network: Network, inputs: I64, units: I64, fan_in: int) -> I64:
    """Unit of the target's chain that takes every synapse, (S,): by source id, biases last, in the neuron itself."""
    ptr, pre, entry = transpose_csr(network.indptr, network.post, network.sources)
    post = np.repeat(np.arange(network.sources), inputs)
    order = np.lexsort((network.is_bias()[pre], post))
    rank = np.arange(len(order)) - ptr[post]
    turn = np.where(rank < fan_in, 0, 1 + (rank - fan_in) // (fan_in - 1))
    unit = np.empty(len(order), np.int64)
    unit[entry[order]] = np.minimum(turn, units[post] - 1)
    return unit


def _wired(network: Network, plan: _Plan, unit_of_synapse: I64, link: F64) -> Network:
    """The network of `plan`: old synapses at their units, links along the chains, weights on each target's grid."""
    units = np.diff(plan.unit_ptr)
    last = plan.unit[plan.unit_ptr[1:] - 1]
    pre = np.repeat(last, np.diff(network.indptr))
    post = plan.unit[plan.unit_ptr[network.post] + unit_of_synapse]
    chained = np.flatnonzero(np.arange(len(plan.unit)) != np.repeat(plan.unit_ptr[1:] - 1, units))
    pre = np.concatenate([pre, plan.unit[chained]])
    post = np.concatenate([post, plan.unit[chained + 1]])
    weight = np.concatenate([network.weight.astype(np.float64), np.repeat(link, units)[chained]])
    order = np.lexsort((post, pre))
    pre, post, weight = pre[order], post[order], weight[order]
    first = np.array([p.first for p in plan.populations])
    target = np.searchsorted(first, post, side="right") - 1
    largest = np.zeros(len(first))
    np.maximum.at(largest, target, np.abs(weight))
    grid = np.array([grid_of(float(value)) for value in largest])
    for index in np.flatnonzero(largest):
        into = target == index
        weight[into] = on_grid(weight[into], grid[index])
    count = np.bincount(pre, minlength=len(plan.unit))
    outputs = tuple(int(plan.index[index]) for index in network.outputs)
    return Network(plan.populations, offsets(count), post, weight, grid, outputs)
