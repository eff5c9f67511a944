"""Which program wrote a NIR graph, by the marks that it leaves, and what the numbers mean then.

Marks, as the exporters' sources have them (`frontend.dialects`):

============= ==========================================================================================================
snnTorch      leaky neurons with r dt / tau = 1 (and w_in dt / tau_syn = 1) for dt = 1e-4 s; scalars, or float32
SpikingJelly  every parameter at full shape, float64, the same for all neurons of a layer, beside float32 weights; IF
              with r = 1 / dt, LIF with r = 1 or tau / dt
sinabs        IF with r = 1 at full shape, float32; LIF with r = 1 and tau in steps
Norse         scalars with r = 1; time constants that its exporter multiplies by dt; IF with r = 1 per step
============= ==========================================================================================================

A graph that fits several dialects names all of them. A guess never goes before anything that somebody stated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.frontend.dialects import DIALECTS, compatible
from snnmap.frontend.networks.nir.layers import NEURONS
from snnmap.frontend.networks.nir.nodes import Graph, Node
from snnmap.frontend.options import CHOICES
from snnmap.ir import MODELS

SNNTORCH_DT = 1e-4
"""Step that snnTorch's exporter assumes; with it, r dt / tau is 1 in every file it wrote."""

NORSE_DT = 1e-3
"""Step of Norse; a time constant below half of it could not be stepped, so its unit is another."""

SPIKINGJELLY_TAU = 5e-3
"""Seconds; 50 steps of its exporter. A longer time constant with r = 1 is likelier one in seconds of anybody else."""

FOREVER = 2.0**60
"""Steps that stand for an infinite time constant: what leaks in one is below the last bit of a double."""

PLAUSIBLE = (1e-9, 1e3)
"""Seconds between which the step that a file's metadata state is believed."""

TENTHS = tuple(10.0**-k for k in range(2, 7))
"""Steps that r dt / tau = 1 is believed of."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A graph as its dialect means it."""

    graph: Graph
    hints: Mapping[str, object]
    """Settings of `ir.Dynamics`."""
    why: Mapping[str, str]
    """Reason for every hint, one sentence."""
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """What a graph's neurons show."""

    neurons: tuple[Node, ...]
    nested: bool
    """Whether a neuron stands in a graph within the graph."""
    single: bool
    """Whether the weights are single precision."""


@dataclass(slots=True)
class _Hints:
    values: dict[str, object] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)

    def add(self, reason: str, **settings: object) -> None:
        for key, value in settings.items():
            if key not in self.values:
                self.values[key] = value
                self.why[key] = reason


def read_dialect(graph: Graph, stated: str | None = None) -> Reading:
    """Hints of a graph, by its metadata, the dialect that is stated, or its marks; numbers in SI units.

    Parameters
    ----------
    graph
        Flat graph.
    stated
        Name of the dialect that the user says it is in.

    Raises
    ------
    InputError
        If a time constant is infinite and the neuron's gain cannot be known.
    """
    marks = _marks(graph)
    hints = _stated(graph.metadata, ("dt",) if stated else ("dt", "reset"))
    fitting = [stated] if stated else [name for name, fits in FITS.items() if marks.neurons and fits(marks)]
    name = fitting[0] if fitting else ""
    if name:
        settings = {**DIALECTS[name].settings, **_units(name, marks), **_step(name, marks)}
        hints.add(_reason(name, fitting, stated is not None), **compatible(settings, hints.values.get("reset")))
    else:
        _unnamed(hints, marks)
    step = hints.values.get("dt")
    dt = float(step) if isinstance(step, float) else SNNTORCH_DT
    graph, repairs = _without_infinity(graph, marks, dt)
    if name == "norse":
        graph, more = _from_norse(graph, marks, dt)
        repairs += more
    return Reading(graph, hints.values, hints.why, tuple(repairs))


def _marks(graph: Graph) -> Marks:
    """No neurons if one of them has values that are no numbers: the reader of its layer will say so."""
    neurons = tuple(node for node in graph.nodes.values() if node.type in NEURONS and node.has("r"))
    sound = all(
        _array(node, key) is not None for node in neurons for key in MODELS[node.type].parameters if node.has(key)
    )
    kinds = [getattr(node.values["weight"], "dtype", None) for node in graph.nodes.values() if node.has("weight")]
    nested = any("." in node.name for node in neurons)
    return Marks(neurons if sound else (), nested, bool(kinds) and all(kind == np.float32 for kind in kinds))


def _array(node: Node, key: str) -> F64 | None:
    """Numbers of a parameter, infinite ones too, or none."""
    return _numbers(node.values.get(key))


def _numbers(values: Any) -> F64 | None:
    """Real numbers as a flat array, or none if it is something else or nothing."""
    try:
        array = np.asarray(values)
    except ValueError:  # nested lists of unequal length
        return None
    return array.astype(np.float64).ravel() if array.size and array.dtype.kind in "fiu" else None


def _taus(node: Node) -> list[F64]:
    keys = MODELS[node.type].time_constants
    return [values for values in (_array(node, key) for key in keys) if values is not None]


def _gain(node: Node) -> F64:
    gain = _array(node, "r")
    return np.ones(1) if gain is None else gain


def _is(values: F64, number: float) -> bool:
    return bool(np.allclose(values, number, rtol=1e-3, atol=0.0))


def _step_of(node: Node) -> float | None:
    """The dt for which r dt / tau (IF: r dt) is 1 in every neuron of a node, if there is one."""
    keys = MODELS[node.type].time_constants
    pairs = [(_array(node, "tau_syn"), _array(node, "w_in"))] if "tau_syn" in keys else []
    pairs.append((_array(node, keys[-1]) if keys else np.ones(1), _gain(node)))
    found = []
    for tau, gain in pairs:
        if tau is None or gain is None or (tau.size != gain.size and 1 not in {tau.size, gain.size}):
            return None
        endless = np.isinf(tau) & np.isinf(gain)
        with np.errstate(all="ignore"):
            ratio = np.broadcast_to(tau / gain, endless.shape)[~endless]
        if ratio.size and not (np.all(np.isfinite(ratio)) and ratio[0] > 0 and _is(ratio, float(ratio[0]))):
            return None
        found += [float(ratio[0])] if ratio.size else [SNNTORCH_DT]
    return found[0] if all(np.isclose(step, found[0], rtol=1e-3) for step in found) else None


def _snntorch(marks: Marks) -> bool:
    leaky = all(node.type in {"LIF", "CubaLIF"} for node in marks.neurons)
    if not leaky or not all(np.isclose(_step_of(node) or 0.0, SNNTORCH_DT, rtol=1e-3) for node in marks.neurons):
        return False
    return marks.nested or not (_uniform_doubles(marks) and marks.single)


def _uniform_doubles(marks: Marks) -> bool:
    """Whether parameters are uniform and in double precision."""
    return all(_uniform(node) and np.asarray(node.values["r"]).dtype == np.float64 for node in marks.neurons)


def _spikingjelly(marks: Marks) -> bool:
    """Uniform layers with a reset potential, in doubles; or whatever r dt / tau = 1 cannot tell from snnTorch."""
    if marks.nested or not all(_uniform(node) and node.has("v_reset") for node in marks.neurons):
        return False
    if not all(node.type in {"IF", "LIF", "CubaLIF"} for node in marks.neurons):
        return False
    plain = [node for node in marks.neurons if _is(_gain(node), 1.0)]
    if not (marks.single and _uniform_doubles(marks)):
        return _snntorch(marks) and not plain
    telling = [node for node in marks.neurons if node not in plain]
    usual = all(node.type == "LIF" and np.all(tau < SPIKINGJELLY_TAU) for node in plain for tau in _taus(node))
    return all(_step_of(node) is not None for node in telling) and (bool(telling) or usual)


def _uniform(node: Node) -> bool:
    """Whether parameters have axes and are the same for all neurons of a layer."""
    arrays = [np.asarray(node.values[key]) for key in MODELS[node.type].parameters if node.has(key)]
    return all(a.ndim > 0 and a.dtype.kind in "fiu" and bool(np.all(a == a.ravel()[0])) for a in arrays)


def _sinabs(marks: Marks) -> bool:
    """Gains of 1; IF at full shape; the others with time constants that cannot be seconds."""
    for node in marks.neurons:
        long = all(np.all(tau >= 1.0) for tau in _taus(node))
        shaped = np.asarray(node.values["r"]).ndim > 0 if node.type == "IF" else True
        single = np.asarray(node.values["r"]).dtype == np.float32
        if node.type not in {"IF", "LIF", "LI"} or not (_is(_gain(node), 1.0) and long and shaped and single):
            return False
    return True


def _norse(marks: Marks) -> bool:
    """Scalars with gains of 1; time constants that are too short for its step, as its exporter multiplies by it."""
    for node in marks.neurons:
        arrays = [np.asarray(node.values[key]) for key in MODELS[node.type].parameters if node.has(key)]
        short = all(np.all(tau < NORSE_DT / 2) for tau in _taus(node))
        if not (_is(_gain(node), 1.0) and short and all(a.size == 1 for a in arrays)):
            return False
    return True


FITS = {"snntorch": _snntorch, "spikingjelly": _spikingjelly, "sinabs": _sinabs, "norse": _norse}
"""Whether marks are those of a dialect, the most telling first."""


def _step(name: str, marks: Marks) -> dict[str, float]:
    """Step of a dialect whose exporter lets the user choose one, as far as this graph tells it."""
    if name not in {"snntorch", "spikingjelly"}:
        return {}
    steps = [_step_of(node) for node in marks.neurons if not _is(_gain(node), 1.0)]
    found = {float(f"{step:.3g}") for step in steps if step is not None}
    return {"dt": found.pop()} if len(found) == 1 and None not in steps else {}


def _units(name: str, marks: Marks) -> dict[str, object]:
    """Seconds after all, where a per-step dialect meets time constants below a step."""
    taus = [tau for node in marks.neurons for tau in _taus(node)]
    if name in {"sinabs", "lava"} and any(np.any(tau < 1.0) for tau in taus):
        return {"integration": "time"}
    return {}


def _reason(name: str, fitting: list[str], stated: bool) -> str:
    title = DIALECTS[name].title
    if stated:
        return f"the dialect of {title}, as stated"
    told = {
        "snntorch": f"r dt / tau is 1 in every neuron for dt = {SNNTORCH_DT:g} s, as snnTorch writes it",
        "spikingjelly": "full-shape parameters in double precision beside single-precision weights, as SpikingJelly "
        "writes them",
        "sinabs": "all gains are 1 and every time constant, if any, is in steps, as sinabs writes them",
        "norse": "scalar parameters with gains of 1 and time constants times dt, as Norse writes them",
    }[name]
    others = [DIALECTS[other].title for other in fitting[1:]]
    also = f" (the file fits {' and '.join(others)} as well)" if others else ""
    return f"the dialect of {title}{also}, a guess to confirm with --dialect {name}: {told}"


def _unnamed(hints: _Hints, marks: Marks) -> None:
    """What can be said of the step where no dialect fits."""
    neurons = marks.neurons
    if neurons and all(node.type == "IF" and _is(_gain(node), 1.0) for node in neurons):
        reason = "all neurons are IF with r = 1: one unit of charge per step and input, as sinabs writes them"
        hints.add(reason, integration="step")
        hints.add("per-step network; 1 ms is the usual step of its data", dt=1e-3)
        return
    steps = [None if _is(_gain(node), 1.0) else _step_of(node) for node in neurons]
    step = next((ten for ten in TENTHS if all(s is not None and np.isclose(s, ten, rtol=1e-3) for s in steps)), None)
    if neurons and step is not None:
        hints.add(f"r dt / tau (of IF: r dt) is 1 in every neuron for dt = {step:g} s", dt=step)


def _without_infinity(graph: Graph, marks: Marks, dt: float) -> tuple[Graph, list[str]]:
    """Neurons that never leak as IF; where only some of a layer do not, or there is a current, with next to no leak."""
    changed: dict[str, Node] = {}
    repairs: list[str] = []
    for node in marks.neurons:
        values = dict(node.values)
        endless = False
        for tau_key, gain_key in (("tau", "r"), ("tau_mem", "r"), ("tau_syn", "w_in")):
            tau, gain = _array(node, tau_key), _array(node, gain_key)
            if tau is None or not np.any(np.isinf(tau)):
                continue
            if gain is None or gain.size != tau.size or not np.array_equal(np.isinf(gain), np.isinf(tau)):
                raise InputError(
                    f"{tau_key} of {node.title} is infinite, so the neuron never leaks: this is an IF, whose gain per "
                    f"step {gain_key} does not tell; write it as an IF node"
                )
            endless = True
            shape = np.asarray(values[tau_key]).shape
            values[tau_key] = np.where(np.isinf(tau), FOREVER * dt, tau).reshape(shape)
            values[gain_key] = np.where(np.isinf(gain), FOREVER, gain).reshape(shape)
        if not endless:
            continue
        if node.type == "LIF" and np.all(values["tau"] == FOREVER * dt):
            kept = {key: value for key, value in values.items() if key in MODELS["IF"].parameters}
            changed[node.name] = Node(node.name, "IF", {**kept, "r": np.full(np.shape(values["tau"]), 1 / dt)})
            repairs.append(f"{node.title}: tau and r are infinite: this is an IF, read with r = 1 / dt = {1 / dt:g}")
        else:
            changed[node.name] = Node(node.name, node.type, values)
            repairs.append(f"{node.title}: an infinite time constant was read as no leak (2^60 steps)")
    return replace(graph, nodes={**graph.nodes, **changed}), repairs


def _from_norse(graph: Graph, marks: Marks, dt: float) -> tuple[Graph, list[str]]:
    """Norse's exporter writes dt times its time constants, no weight of the synaptic input, and IF per step."""
    changed: dict[str, Node] = {}
    repairs: list[str] = []
    for node in (graph.nodes[node.name] for node in marks.neurons):
        values: dict[str, Any] = dict(node.values)
        keys = MODELS[node.type].time_constants
        if node.type == "IF" and _is(_gain(node), 1.0):
            values["r"] = np.asarray(values["r"]) / dt
            repairs.append(f"{node.title}: r = 1 is per step in Norse; read as 1 / dt")
        elif keys and len(_taus(node)) == len(keys) and all(np.all(tau < dt / 2) for tau in _taus(node)):
            values |= {key: np.asarray(values[key]) / dt for key in keys}
            values |= {"w_in": np.asarray(values["tau_syn"]) / dt} if "tau_syn" in keys else {}
            repairs.append(f"{node.title}: divided time constants by dt, by which Norse's exporter multiplies them")
        changed[node.name] = Node(node.name, node.type, values)
    return replace(graph, nodes={**graph.nodes, **changed}), repairs


def _stated(metadata: Mapping[str, Any], keys: tuple[str, ...]) -> _Hints:
    """Hints from the graph's own metadata."""
    hints = _Hints()
    note = metadata.get("semantics")
    source = "stated in the file's metadata" + (f" ({note})" if isinstance(note, str) else "")
    dt, reset = _numbers(metadata.get("dt")), metadata.get("reset")
    if dt is not None and dt.size == 1 and PLAUSIBLE[0] < dt[0] < PLAUSIBLE[1]:
        hints.add(source, dt=float(dt[0]))
    if "reset" in keys and isinstance(reset, str) and reset in CHOICES["reset"]:
        hints.add(source, reset=reset)
    return hints
