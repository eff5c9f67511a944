"""What a layer costs a mapping by how it is held, in closed form, of the activity that was profiled.

Which way is best depends on what is wanted, so each is told in the terms of the figures that objectives are for:
crossbars, messages, energy, time, reads of a row, cells, heat. Times and energies are those of `layer_costs`, with the
share of rows that the profile has on. Messages are spikes x crossbars that listen and sums of parts; a row of a kernel
is read for every position that it serves. These are models, to tell ways apart: figures are for a mapping.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from snnmap.analysis.arrangements import Arranged
from snnmap.core.arrays import F64, I64
from snnmap.evaluation.layer_costs import array_energy, layer_cost
from snnmap.hardware import Hardware
from snnmap.ir import Population, SpikeGraph
from snnmap.ir.forms import LayerForm
from snnmap.physics.leakage import Leakage


class Heard(NamedTuple):
    """What a layer hears over the profiled window."""

    spikes: I64
    """Of every input (channels, height, width)."""
    share: float
    """Of the inputs that are on in a step, mean."""
    busiest: float
    """The same in the step that has most."""
    steps: int
    """Of a frame."""
    frames: int
    dt: float
    """Seconds per step."""


class HeldCost(NamedTuple):
    """Of a layer held one way."""

    crossbars: int
    cells: int
    """Weights that are programmed."""
    messages: float
    """Over the window: spikes to every crossbar that listens, and sums of parts."""
    joules: float
    """Of a frame: reads, what messages take on their way, and leakage of its tiles where the mesh grows with them."""
    seconds: float
    """Of its busiest crossbar in the busiest step."""
    reads: float
    """Of its busiest row, over the window."""
    heat: float
    """Joules of a frame that are drawn in the array of one of its crossbars."""


def heard_by(form: LayerForm, graph: SpikeGraph) -> Heard:
    """Activity of what a layer hears, from the profile."""
    source = next(p for p in graph.network.populations if p.name == form.source)
    own = slice(source.first, source.stop)
    return Heard(
        spikes=graph.spikes[own].reshape(form.taken),
        share=float(graph.active_steps[own].mean()) / graph.window,
        busiest=_busiest(source, graph),
        steps=graph.steps,
        frames=graph.frames,
        dt=graph.dt,
    )


def _busiest(source: Population, graph: SpikeGraph) -> float:
    """Share of a population that is on in its busiest step; without events of all that ever are."""
    if graph.events is None:
        return float(np.count_nonzero(graph.active_steps[source.first : source.stop])) / source.size
    events = graph.events
    own = (events.source >= source.first) & (events.source < source.stop)
    at = events.frame_of_event()[own].astype(np.int64) * events.steps + events.step[own]
    return int(np.bincount(at, minlength=1).max()) / source.size


def held_cost(form: LayerForm, held: Arranged, heard: Heard, hardware: Hardware) -> HeldCost:
    """Cost of `form`, held as `held`, that hears `heard`."""
    seconds = layer_cost(form, held, hardware, heard.busiest).seconds
    messages, read = _messages(form, held, heard, hardware), layer_cost(form, held, hardware, heard.share).joules
    leaks = 0.0
    if hardware.adaptive and hardware.technology.mode == "device":
        leakage = Leakage.of(hardware.technology, hardware.leaking_width)
        leaks = held.crossbars * float(leakage.power(hardware["ambient_temperature"])) * max(heard.dt, seconds)
    sent = messages / heard.frames * hardware["hop_energy"] * max(1.0, np.sqrt(held.crossbars) * 2.0 / 3.0)
    drawn = held.vectors * array_energy(held, hardware, heard.share)
    return HeldCost(
        crossbars=held.crossbars,
        cells=held.cells,
        messages=messages,
        joules=heard.steps * (read + leaks) + sent,
        seconds=seconds,
        reads=_reads(form, held, heard),
        heat=heard.steps * drawn / held.crossbars,
    )


def _messages(form: LayerForm, held: Arranged, heard: Heard, hardware: Hardware) -> float:
    """Spikes of inputs x crossbars that each is a row of, and sums of all parts of neurons' inputs but one."""
    by_axis = [_listening(form, held, axis) for axis in (0, 1)]
    spikes = np.einsum("cyx,y,x->", heard.spikes.astype(np.float64), *by_axis)
    blocks = -(-form.columns * held.positions[0] * held.positions[1] // hardware.columns)
    channels = max(1, form.taken[0] // form.groups)
    cut = 1.0 + (held.parts - 1) / channels if channels > 1 or form.shared else float(held.parts)
    each = 1.0 - (1.0 - heard.share) ** (form.inputs / held.parts)
    sums = form.neurons * (held.parts - 1) * heard.steps * heard.frames * each
    return float(spikes * blocks * min(cut, held.parts) + sums)


def _listening(form: LayerForm, held: Arranged, axis: int) -> F64:
    """Windows, or copies, along an axis, that every input along it is a row of."""
    down, across = held.positions
    windows = replace(
        form,
        grid=(-(-form.grid[0] // down), -(-form.grid[1] // across)),
        kernel=(form.kernel[0] + (down - 1) * form.stride[0], form.kernel[1] + (across - 1) * form.stride[1]),
        stride=(form.stride[0] * down, form.stride[1] * across),
    )
    heard = windows.heard(axis)
    if held.way == "unrolled":
        return heard.astype(np.float64)
    copies = held.copies if axis == 0 else 1  # positions are shared out line by line
    return np.minimum(heard, 1) * np.minimum(copies, 1.0 + heard * (copies - 1) / windows.grid[axis])


def _reads(form: LayerForm, held: Arranged, heard: Heard) -> float:
    """Of the busiest row: of a kernel those at all positions that it serves, of a layer those of its busiest input."""
    window = heard.steps * heard.frames
    if held.way == "unrolled":
        return float(max(heard.spikes.max(initial=0), window if form.biases else 0))
    met = heard.spikes.sum(axis=(1, 2)).max(initial=0) / (form.stride[0] * form.stride[1])
    several = held.positions[0] * held.positions[1] * max(1, held.copies)
    return float(max(met / several, window * held.uses if form.biases else 0.0))
