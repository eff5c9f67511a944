"""Frames through an integer network on one chip of BrainScaleS-2, block by block."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F64, I64
from snnmap.core.errors import InputError
from snnmap.core.run import stream
from snnmap.hardware.targets.brainscales2 import BrainScaleS2
from snnmap.ir import Network, Spikes
from snnmap.physics.mac import added, digitised, strengths
from snnmap.simulate.mac.layers import MacLayer

FRAMES = 512
"""Frames at a time: what bounds the memory. Results do not depend on it."""
WHOLE = 1e-6
"""By how much a gain may miss a whole number of sends."""


class Pattern(NamedTuple):
    """What is fixed about one chip."""

    gain: F64
    """(hemispheres, outputs) deviation of a column's gain, a share of it."""
    offset: F64
    """(hemispheres, outputs) steps of the converter."""
    synapse: F64
    """(hemispheres, 2, inputs, outputs) deviation of a synapse, a share of it: of those that excite, then inhibit."""


class Spreads(NamedTuple):
    """Standard deviations: of columns' gains, of their offsets (steps), of synapses, and of results from run to run."""

    gain: float
    offset: float
    synapse: float
    noise: float


@dataclass(frozen=True, slots=True, eq=False)
class Chip:
    """One chip, and how noisy it is."""

    target: BrainScaleS2
    pattern: Pattern
    noise: float
    """Standard deviation of a result, steps of the converter."""
    seed: int
    """Of the noise."""


@dataclass(frozen=True, slots=True, eq=False)
class MacOutcome:
    """What a chip said."""

    results: F64
    """(frames, outputs) of the last layer, whole numbers."""
    saturated: tuple[float, ...]
    """Of every layer, share of its blocks' results that are the least or the largest that the converter knows."""


def drawn_chip(target: BrainScaleS2, spreads: Spreads, seed: int) -> Chip:
    """The chip of a seed."""
    columns, synapses = (target.hemispheres, target.outputs), (target.hemispheres, 2, target.inputs, target.outputs)
    drawn = {
        name: stream(seed, f"{name} of columns and synapses").standard_normal(shape) * spread
        for name, shape, spread in (
            ("gain", columns, spreads.gain),
            ("offset", columns, spreads.offset),
            ("synapse", synapses, spreads.synapse),
        )
    }
    return Chip(target, Pattern(**drawn), spreads.noise, seed)


def sends_of(layer: MacLayer, target: BrainScaleS2) -> int:
    """How often a vector of the layer is sent, so that the chip has the layer's gain.

    Raises
    ------
    InputError
        If that is no whole number, or none.
    """
    sends = layer.gain / target["gain"]
    if round(sends) < 1 or abs(sends - round(sends)) > WHOLE * sends:
        raise InputError(
            f"{layer.name!r} has the gain {layer.gain:g}, which is {sends:g} times the {target['gain']:g} of "
            f"{target.name}; inputs are sent a whole number of times: say --num-sends"
        )
    return round(sends)


def inputs_of(network: Network, stimulus: Spikes, largest: int) -> F64:
    """What the input population sends, whole numbers (frames, inputs).

    Raises
    ------
    InputError
        If frames have several steps, or an input is no integer from 0 to `largest`: value and place.
    """
    if stimulus.steps != 1:
        raise InputError(f"a frame has {stimulus.steps} steps; integer networks take one: say --steps 1")
    wrong = np.flatnonzero(
        (stimulus.value < 0) | (stimulus.value > largest) | (stimulus.value != np.rint(stimulus.value))
    )
    if len(wrong):
        event = wrong[0]
        raise InputError(
            f"input {stimulus.source[event]} of frame {stimulus.frame_of_event()[event]} is {stimulus.value[event]:g}; "
            f"inputs are integers from 0 to {largest}: scale the data, or say --encode uint5"
        )
    given = np.zeros((stimulus.frames, network.populations[0].size))
    given[stimulus.frame_of_event(), stimulus.source] = stimulus.value
    return given


def run(layers: tuple[MacLayer, ...], sends: tuple[int, ...], inputs: F64, chip: Chip) -> MacOutcome:
    """Results of all frames.

    Parameters
    ----------
    layers, sends
        Of a network, and how often each layer's vectors are sent.
    inputs
        (frames, inputs), whole numbers that the chip takes.
    chip
        What runs them.
    """
    held = [_Held(layer, count, chip, f"layer {k}") for k, (layer, count) in enumerate(zip(layers, sends, strict=True))]
    results = []
    for start in range(0, len(inputs), FRAMES):
        heard = inputs[start : start + FRAMES]
        for layer in held:
            heard = layer(heard)
        results.append(heard)
    saturated = tuple(layer.extreme / max(1, layer.digitised) for layer in held)
    return MacOutcome(np.concatenate(results), saturated)


class _Held:
    """A layer in the blocks of a chip, with a stream of noise for each."""

    def __init__(self, layer: MacLayer, sends: int, chip: Chip, name: str) -> None:
        target, pattern = chip.target, chip.pattern
        self.layer, self.sends, self.chip = layer, sends, chip
        self.blocks = target.blocks(*layer.matrix.shape)
        self.noise = [stream(chip.seed, f"noise of {name}, block {b}") for b in range(len(self.blocks))]
        self.synapses, self.scale, self.offset = [], [], []
        for block in self.blocks:
            part = layer.matrix[slice(*block.inputs), slice(*block.outputs)]
            rows, columns = part.shape
            excite, inhibit = pattern.synapse[block.hemisphere, :, :rows, :columns]
            self.synapses.append(strengths(part, np.where(part < 0, inhibit, excite)))
            self.scale.append(1 / target["gain"] / (1.0 + pattern.gain[block.hemisphere, :columns]))
            self.offset.append(pattern.offset[block.hemisphere, :columns])
        self.extreme = self.digitised = 0

    def __call__(self, heard: F64) -> F64:
        """What the layer sends, (frames, units), of what it hears (frames, inputs)."""
        layer, span = self.layer, self.chip.target.span
        padded = np.concatenate([heard, np.zeros((len(heard), 1))], axis=1)
        vectors = padded[:, layer.rows].reshape(len(heard) * layer.uses, -1)
        columns: dict[tuple[int, int], list[F64]] = {}
        for b, block in enumerate(self.blocks):
            sums = vectors[:, slice(*block.inputs)] @ self.synapses[b]
            noise = self.noise[b].standard_normal(sums.shape) * self.chip.noise if self.chip.noise else 0.0
            found = digitised(sums * self.sends, self.scale[b], self.offset[b], noise, span)
            self.extreme += int(np.count_nonzero((found == span[0]) | (found == span[1])))
            self.digitised += found.size
            columns.setdefault(block.outputs, []).append(found)
        total = np.concatenate([added(parts, span) for parts in columns.values()], axis=1)
        sent = np.clip(np.floor(total / 2.0**layer.shift), layer.least, layer.most)
        return sent.reshape(len(heard), layer.uses, -1).transpose(0, 2, 1).reshape(len(heard), layer.units)


def results_of(found: F64) -> I64:
    """The class of every frame: the unit that says most, the first of equals."""
    said: I64 = np.argmax(found, axis=1).astype(np.int64)
    return said
