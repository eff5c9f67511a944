"""An integer network on drawn chips of BrainScaleS-2: blocks, accuracy, time and energy, and what they rest on."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, Unpack, cast

import numpy as np

from snnmap.core.arrays import F64, I64, Bool
from snnmap.core.errors import InputError
from snnmap.core.run import Progress, stream
from snnmap.core.shown import Shown
from snnmap.evaluation.accuracy import Accuracy, accuracy
from snnmap.frontend import LoadOptions, Source, load_network
from snnmap.frontend.options import Encoding
from snnmap.hardware import Quantity
from snnmap.hardware.targets.brainscales2 import Block, BrainScaleS2, load_target
from snnmap.hardware.targets.packing import executions, least_executions, packed, turns
from snnmap.ir import SpikeGraph, Workload
from snnmap.pipeline.profile import Inputs, prepared
from snnmap.simulate.mac.layers import MacLayer, layers_of
from snnmap.simulate.mac.run import MacOutcome, Spreads, drawn_chip, inputs_of, results_of, run, sends_of

SPREADS = ("gain_spread", "offset_spread", "synapse_spread", "noise")
"""Of `MacOptions`, as the file of the machine calls them."""
Scaling = Literal["fixed", "sample"]
SCALINGS: tuple[Scaling, ...] = ("fixed", "sample")
SILENT = Spreads(0.0, 0.0, 0.0, 0.0)
"""Of a chip without pattern and noise."""


@dataclass(frozen=True, slots=True)
class MacOptions:
    """Which chips are drawn, and how they are driven.

    Raises
    ------
    InputError
        If a value is out of its range.
    """

    devices: int = 5
    """Chips, each with a fixed pattern and noise of its own."""
    seed: int = 0
    """Seed of the first chip; the others follow by one."""
    noise: float | None = None
    """Standard deviation of a result from run to run, steps of the converter; none: as the machine's file says."""
    gain_spread: float | None = None
    """Standard deviation of the gain from column to column, a share; none: as the file says."""
    offset_spread: float | None = None
    """Standard deviation of the offset from column to column, steps; none: as the file says."""
    synapse_spread: float | None = None
    """Standard deviation of the strength from synapse to synapse, a share; none: as the file says."""
    num_sends: Sequence[int] = ()
    """How often inputs are sent, for every layer or one for all; none: as the gains of the network say."""
    scaling: Scaling = "fixed"
    """`fixed`: inputs as they are encoded; `sample`: frame by frame, the largest up to the machine's largest."""

    def __post_init__(self) -> None:
        if self.scaling not in SCALINGS:
            raise InputError(f"scaling must be {' or '.join(SCALINGS)}, not {self.scaling!r}")
        if self.devices < 1 or self.seed < 0:
            raise InputError(f"devices must be at least 1 and seed not negative, not {self.devices} and {self.seed}")
        for key in SPREADS:
            value = getattr(self, key)
            if value is not None and not 0 <= value < float("inf"):
                raise InputError(f"{key} must not be negative, but is {value:g}")
        if any(count < 1 or count != int(count) for count in self.num_sends):
            raise InputError(f"num_sends are whole numbers from 1, not {', '.join(map(str, self.num_sends))}")

    def spreads(self, target: BrainScaleS2) -> Spreads:
        """What is asked for, else what the file of the machine says."""
        given = (getattr(self, key) for key in SPREADS)
        return Spreads(*(target[key] if value is None else value for key, value in zip(SPREADS, given, strict=True)))


@dataclass(frozen=True, slots=True, eq=False)
class HeldLayer:
    """A layer as a chip holds it."""

    name: str
    inputs: int
    outputs: int
    uses: int
    """Vectors per frame."""
    sends: int
    blocks: tuple[Block, ...]
    """In the order of hxtorch."""
    time: float
    """Seconds per frame."""
    saturated: float
    """Share of the blocks' results at either end of the converter, mean of the chips."""

    @property
    def executions(self) -> int:
        """How often a chip is filled."""
        return self.blocks[-1].execution + 1

    def document(self) -> dict[str, Any]:
        """Everything, JSON-able."""
        return {
            "name": self.name,
            "inputs": self.inputs,
            "outputs": self.outputs,
            "uses": self.uses,
            "num_sends": self.sends,
            "executions": self.executions,
            "saturated": self.saturated,
            "time_s": self.time,
            "blocks": [block._asdict() for block in self.blocks],
        }


@dataclass(frozen=True, slots=True, eq=False)
class MacAccuracy(Shown):
    """How accurate chips are, and what a frame costs."""

    workload: str
    target: BrainScaleS2
    options: MacOptions
    layers: tuple[HeldLayer, ...]
    accuracy: Accuracy
    each: tuple[float, ...]
    """Of every chip."""
    measured: str
    """`accuracy`; `agreement` with a chip without noise and pattern, where there are no labels."""
    largest_input: int
    """That any frame has, of those that the machine takes."""

    @property
    def time(self) -> float:
        """Seconds per frame; without loading weights and moving data to and from the chip."""
        return sum(layer.time for layer in self.layers)

    @property
    def energy(self) -> float:
        """Joules per frame: mean power of the chip during inference, times the time."""
        return self.target["power"] * self.time

    @property
    def assumed(self) -> tuple[tuple[str, Quantity], ...]:
        """Recalled and estimated quantities that figures rest on; spreads that the user gave are none."""
        given = {key for key in SPREADS if getattr(self.options, key) is not None}
        return tuple((key, q) for key, q in self.target.values.items() if q.recalled and key not in given)

    def packing(self) -> dict[str, Any]:
        """Blocks side by side, whatever their layers (`hardware.targets.packing`), beside the rule's, JSON-able.

        Accuracy is that of the rule's places. The time sends a layer's shorter blocks as its longest.
        """
        shapes = [(layer.inputs, layer.outputs) for layer in self.layers]
        held = packed(self.target, shapes)
        vectors = [layer.uses * turns(held, k) for k, layer in enumerate(self.layers)]
        sent = zip(vectors, self.layers, strict=True)
        return {
            "executions": executions(held),
            "executions_hxtorch": sum(layer.executions for layer in self.layers),
            "executions_least": least_executions(self.target, shapes),
            "time_s": sum(count * self.target.vector_time(layer.inputs, layer.sends) for count, layer in sent),
            "blocks": [
                {"layer": self.layers[each.layer].name, "column": each.column} | each.block._asdict() for each in held
            ],
        }

    def document(self) -> dict[str, Any]:
        """Everything, JSON-able; SI units, shares 0 to 1."""
        found, spreads = self.accuracy, self.options.spreads(self.target)
        return {
            "workload": self.workload,
            "target": self.target.name,
            "measured": self.measured,
            "devices": found.chips,
            "seed": self.options.seed,
            "scaling": self.options.scaling,
            "largest_input": self.largest_input,
            "largest_input_taken": self.target.largest_input,
            "frames": found.frames,
            "spreads": {key: value for key, value in zip(SPREADS, spreads, strict=True)},  # noqa: C416  clearer
            "ideal": found.ideal,
            "mean": found.mean,
            "deviation": found.deviation,
            "interval": list(found.interval),
            "each": list(self.each),
            "layers": [layer.document() for layer in self.layers],
            "packed": self.packing(),
            "time_s": self.time,
            "energy_J": self.energy,
            "assumed": [
                {"quantity": key, "value": q.value, "unit": q.unit, "source": q.citation} for key, q in self.assumed
            ],
        }


def mac_accuracy(
    source: Source | Workload,
    hardware: str = "brainscales2",
    options: MacOptions | None = None,
    load: LoadOptions | None = None,
    *,
    progress: Progress | None = None,
    **inputs: Unpack[Inputs],
) -> MacAccuracy:
    """How accurate drawn chips of a machine are that runs an integer network, and what a frame costs.

    Parameters
    ----------
    source
        A network of MacReLU and MacLinear: a shipped name, a file, or a `Workload`.
    hardware
        A machine without crossbars: a shipped name, or a TOML file.
    options, load
        Which chips, and how they are driven; data and encoding, as for `profile`.
    progress
        Called with ("accuracy", chips done, chips, 0).
    inputs
        `data`, `labels`, `layout` in the place of those of `load`.

    Raises
    ------
    InputError
        If a file cannot be used, the network is no chain of integer layers, or a weight or input is none it takes.
    """
    made = prepared_run(source, hardware, options or MacOptions(), load, inputs)
    outcomes = made.outcomes(made.sends, progress)
    correct = np.array([results_of(found.results) == made.right for found in outcomes])
    share: F64 = np.mean([found.saturated for found in outcomes], axis=0)
    held = zip(made.layers, made.sends, share, strict=True)
    return MacAccuracy(
        workload=made.workload,
        target=made.target,
        options=made.options,
        layers=tuple(_held(layer, sends, made.target, float(clamped)) for layer, sends, clamped in held),
        accuracy=accuracy(correct, made.perfect == made.right, rng=stream(made.options.seed, "accuracy")),
        each=tuple(correct.mean(axis=1).tolist()),
        measured=made.measured,
        largest_input=int(made.inputs.max(initial=0.0)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class MacRun:
    """A network and its frames, ready for chips."""

    workload: str
    target: BrainScaleS2
    options: MacOptions
    layers: tuple[MacLayer, ...]
    sends: tuple[int, ...]
    """As asked for, of every layer."""
    inputs: F64
    """(frames, inputs), whole numbers."""
    perfect: I64
    """(frames,) classes that a chip without noise and pattern says."""
    right: I64
    """(frames,) labels, else `perfect`."""
    measured: str
    """`accuracy`; `agreement` where there are no labels."""

    def outcomes(self, sends: tuple[int, ...], progress: Progress | None = None) -> list[MacOutcome]:
        """What every chip that is drawn says, if layers send so often; same chips and noise for any `sends`."""
        found = []
        for k in range(self.options.devices):
            chip = drawn_chip(self.target, self.options.spreads(self.target), self.options.seed + k)
            found.append(run(self.layers, sends, self.inputs, chip))
            if progress is not None:
                progress("accuracy", k + 1, self.options.devices, 0.0)
        return found

    def correct(self, sends: tuple[int, ...]) -> tuple[Bool, F64]:
        """Whether chips are right (chips, frames), and each layer's share of clamped results, mean of the chips."""
        outcomes = self.outcomes(sends)
        right = np.array([results_of(found.results) == self.right for found in outcomes])
        return right, np.mean([found.saturated for found in outcomes], axis=0)


def prepared_run(
    source: Source | Workload, hardware: str, options: MacOptions, load: LoadOptions | None, inputs: Inputs
) -> MacRun:
    """What `mac_accuracy` and `mac_sends` run; parameters and errors are theirs."""
    target = load_target(hardware)
    workload = _workload(source, load, inputs)
    layers = layers_of(workload.network, target.largest_weight)
    sends = _sends(layers, options, target)
    given = inputs_of(workload.network, workload.stimulus, target.largest_input)
    if options.scaling == "sample":
        given = scaled(given, target.largest_input)
    perfect = results_of(run(layers, sends, given, drawn_chip(target, SILENT, 0)).results)
    labels = workload.labels
    right, measured = (perfect, "agreement") if labels is None else (np.asarray(labels, np.int64), "accuracy")
    return MacRun(workload.name, target, options, layers, sends, given, perfect, right, measured)


def scaled(inputs: F64, largest: int) -> F64:
    """Inputs (frames, inputs) of which every frame's largest is `largest`, rounded; a frame of zeros stays so."""
    most = inputs.max(axis=1, keepdims=True, initial=0.0)
    result: F64 = np.rint(inputs * (largest / np.where(most > 0, most, largest)))
    return result


def _workload(source: Source | Workload, load: LoadOptions | None, inputs: Inputs) -> Workload:
    """One step a frame, and integers of data whose encoding neither the user nor the network states."""
    if isinstance(source, Workload):
        return source
    load = load or LoadOptions()
    encode = load.encode
    if encode is None and (load.data is not None or inputs.get("data") is not None):
        encode = cast("Encoding", load_network(source).stimulus.get("encode", "uint5"))
    made = prepared(source, replace(load, steps=1 if load.steps is None else load.steps, encode=encode), inputs)
    if isinstance(made, SpikeGraph):
        raise InputError("a recording or a profile has no integer units to run; give the network and its data")
    return made


def _sends(layers: tuple[MacLayer, ...], options: MacOptions, target: BrainScaleS2) -> tuple[int, ...]:
    """How often the inputs of every layer are sent."""
    asked = tuple(int(count) for count in options.num_sends)
    if not asked:
        return tuple(sends_of(layer, target) for layer in layers)
    if len(asked) not in {1, len(layers)}:
        raise InputError(f"{len(asked)} num_sends for {len(layers)} layers; give one for all, or one each")
    return asked * len(layers) if len(asked) == 1 else asked


def _held(layer: MacLayer, sends: int, target: BrainScaleS2, saturated: float) -> HeldLayer:
    inputs, outputs = layer.matrix.shape
    blocks = target.blocks(inputs, outputs)
    each = [
        target.vector_time(max(b.inputs[1] - b.inputs[0] for b in blocks if b.execution == e), sends)
        for e in range(blocks[-1].execution + 1)
    ]
    return HeldLayer(layer.name, inputs, outputs, layer.uses, sends, blocks, layer.uses * sum(each), saturated)
