"""`cim`: trained on the crossbar itself, in mixed precision: products are the chip's, changes are added up digitally.

The cells of a weight are the chip's encoding: a pair, one cell for each sign, or a single one beside a reference. Every
cell has a state (its goal, a whole number of steps) and what it really holds: a write lands at its goal plus a normal
error of `write_noise` steps, and stays there until the next one. Forward and backward products are made with what cells
hold, through converters (`crossbar`); the optimiser moves a number of full precision per weight, and that number less
the state is the change that has been accumulated. After every batch cells are written:

============ ==========================================================================================================
`gated`      where the accumulated change has passed a step: by as many whole steps as it holds; the rest stays
`stochastic` by a step with a probability of the batch's change in steps; what is not written is forgotten, so that
             nothing need be stored
`direct`     wherever the number moved at all, to the nearest state
============ ==========================================================================================================

What is written as the network are the goals: integers, which another chip is programmed to. Writes of every cell are
counted, its first programming included; a write is one pulse.

Source: mixed-precision training, Nandakumar et al., Front. Neurosci. 14, 406, 2020 (there for multilayer perceptrons
and unidirectional pulses; a write to a goal, whose error does not grow with their number, is ours). Rejected: counting
on a column's sums being read crossbar by crossbar, which depends on a mapping that is made later: a layer's column is
one sum.
"""

from dataclasses import dataclass, replace
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from snnmap.core.run import stream
from snnmap.core.toml import REQUIRED, Table
from snnmap.hardware import load_hardware
from snnmap.hardware.weights import ENCODINGS, MIN_LEVELS, Weights
from snnmap.ir.integers import LEVELS, largest, nearest
from snnmap.physics import pcm
from snnmap.train.crossbar import Converters, product
from snnmap.train.neurons import Spiking, read_spiking
from snnmap.train.quantised import whole_constant
from snnmap.train.surrogate import Gradient, read_gradient
from snnmap.train.tensors import normal
from snnmap.train.usual import Usual

if TYPE_CHECKING:
    from snnmap.train.recipe import Layer

UPDATES = ("gated", "stochastic", "direct")
Tensors = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cim(Usual):
    """Training on cells of so many states."""

    gradient: Gradient
    update: str
    halves: int
    """Cells of a weight: a pair, or 1 beside a reference."""
    states: int
    """Of a cell."""
    converters: Converters
    write_noise: float
    """Standard deviation of a write, in steps of a cell."""
    reach: float
    """The largest weight, in standard deviations of the weights at the beginning."""

    @property
    def levels(self) -> int:
        """Values of a weight."""
        return 2 * self.states - 1 if self.halves == 2 else self.states

    @property
    def step(self) -> int:
        """A step of a cell in units of weights."""
        return 2 if self.levels % 2 == 0 else 1

    @property
    def on_chip(self) -> "Cim":
        """Products and writes are its own."""
        return self

    @property
    def everywhere(self) -> bool:
        """What is written are goals, with exact products."""
        return False

    @property
    def counts_writes(self) -> bool:
        """They are."""
        return True

    def neurons(self, table: Table) -> Spiking:
        """Neurons of a recipe's `[neuron]`, which spike."""
        return read_spiking(table)

    def weight(self, latent: Any) -> tuple[Any, Any]:
        """The nearest weights, as cells are programmed to before training, and what 1 stands for, (1,)."""
        import torch

        scale = self._unit(latent)
        whole = nearest((latent.detach() / scale).numpy(), self.levels)
        return torch.from_numpy(whole.astype(np.float32)), scale

    def constant(self, value: Any) -> Any:
        """Constants (outputs,) as integers."""
        return whole_constant(value, self.levels)

    def cells(self, trained: Tensors, seed: int) -> Tensors:
        """Cells of all layers once they are programmed to the weights at the beginning; `trained` moves there."""
        import torch

        made: Tensors = {}
        rng = stream(seed, "cells")
        for name, k in _weights(trained):
            latent = trained[name]
            whole, scale = self.weight(latent)
            with torch.no_grad():
                latent.copy_(whole * scale)
            goal = self._goals(whole)
            made[f"goal{k}"] = goal
            made[f"held{k}"] = self._landed(goal, rng)
            made[f"writes{k}"] = torch.ones(goal.shape, dtype=torch.int32)
            made[f"peak{k}"] = torch.zeros(1)
            if self.update == "direct":
                made[f"before{k}"] = latent.detach().clone()
        return made

    def written(self, cells: Tensors, k: int, latent: Any) -> tuple[Any, Any]:
        """Weights of layer k that its cells are programmed to, and what 1 stands for."""
        return self._value(cells[f"goal{k}"]), self._unit(latent)

    def sums(
        self, layer: "Layer", k: int, sent: Any, tensors: tuple[Any, Tensors], rng: np.random.Generator | None
    ) -> Any:
        """Sums of a layer for (rows, *taken), in units of weights; `tensors` are its latent weights and all cells."""
        latent, cells = tensors
        held = self._value(cells[f"held{k}"])
        given = latent / self._unit(latent), held, layer, self.converters, cells[f"peak{k}"], rng
        return product()(sent, *given)

    def write(self, trained: Tensors, cells: Tensors, seed: int, iteration: int) -> None:
        """Write the cells that the update rule says, after the optimiser's step of an iteration."""
        import torch

        rng = stream(seed, f"writes {iteration}")
        with torch.no_grad():
            for name, k in _weights(trained):
                latent, goal, held = trained[name], cells[f"goal{k}"], cells[f"held{k}"]
                scale, most = self._unit(latent), float(largest(self.levels))
                latent.clamp_(-most * scale, most * scale)
                now = self._value(goal)
                change = (latent / scale - now) / self.step
                moved = self._moved(change, rng)
                whole = (now + self.step * moved).clamp(-most, most)
                wanted = self._goals(whole)
                asked = wanted != goal
                if self.update == "direct":
                    asked = asked | (self._bears(whole) & (latent != cells[f"before{k}"]))
                    cells[f"before{k}"].copy_(latent)
                elif self.update == "stochastic":
                    latent.copy_(whole * scale)
                held.copy_(torch.where(asked, self._landed(wanted, rng), held))
                goal.copy_(wanted)
                cells[f"writes{k}"] += asked

    def _moved(self, change: Any, rng: np.random.Generator) -> Any:
        """Whole steps of a change in steps."""
        import torch

        if self.update == "gated":
            return change.trunc()
        if self.update == "direct":
            return change.round()
        lot = torch.from_numpy(rng.random(tuple(change.shape), np.float32))
        return change.sign() * (change.abs() + lot).floor()

    def _unit(self, latent: Any) -> Any:
        """What a weight of 1 stands for, (1,): weights begin with a variance of 1 / fan-in."""
        fan_in = float(np.prod(latent.shape[1:]))
        return latent.new_full((1,), self.reach / np.sqrt(fan_in) / largest(self.levels))

    def _value(self, steps: Any) -> Any:
        """Weights of cells at `steps` (cells, ...) steps."""
        if self.halves == 2:
            return steps[0] - steps[1]
        return self.step * (steps[0] - (self.states - 1) / 2)

    def _goals(self, whole: Any) -> Any:
        """Steps (cells, ...) of the cells of weights."""
        import torch

        if self.halves == 2:
            return torch.stack([whole.clamp_min(0.0), (-whole).clamp_min(0.0)])
        return (whole / self.step + (self.states - 1) / 2).unsqueeze(0)

    def _bears(self, whole: Any) -> Any:
        """Which cells (cells, ...) hold a weight."""
        import torch

        return torch.stack([whole >= 0, whole < 0]) if self.halves == 2 else torch.ones_like(whole[None], dtype=bool)

    def _landed(self, goal: Any, rng: np.random.Generator) -> Any:
        """Where writes to `goal` land, in steps; no cell conducts less than nothing."""
        return (goal + self.write_noise * normal(rng, goal.shape)).clamp_min(0.0)


def _weights(trained: Tensors) -> list[tuple[str, int]]:
    """Names of trained weights with the numbers of their layers, in their order."""
    return [(name, int(name.removeprefix("weight"))) for name in trained if name.startswith("weight")]


def read(table: Table, layers: int) -> Cim:  # noqa: ARG001  as every method's
    """The method of a recipe's `[method]`: numbers of a hardware file, and what it says in their place.

    Raises
    ------
    InputError
        If a key makes no sense, a number is missing that no hardware file gives, or cells are not such.
    """
    name = table.text("hardware", None)
    chip = None if name is None else load_hardware(name)
    own = Weights() if chip is None else chip.weights
    if own.slices > 1:
        raise table.error("hardware", f"{name} spreads a weight over {own.slices} cells of a sign; cim trains one")
    encoding = table.text("encoding", own.encoding, ENCODINGS)
    states = table.integer("levels", own.levels or None, low=MIN_LEVELS, high=LEVELS[1])
    if states is None:
        raise table.error("levels", "say how many states a cell has, or name a hardware that does")
    halves = 1 if encoding == "offset_column" else 2
    if halves == 2 and 2 * states - 1 > LEVELS[1]:
        raise table.error("levels", f"a pair of {states} states has {2 * states - 1} weights; at most {LEVELS[1]} are")
    noise = (None, 0.0) if chip is None else noise_of(chip, states)
    bits = {
        key: table.integer(key, REQUIRED if chip is None else int(chip[key]), low=1, high=24)
        for key in ("adc_bits", "dac_bits")
    }
    write, read_noise = (
        _share(table, key, usual) for key, usual in zip(("write_noise", "read_noise"), noise, strict=True)
    )
    reach = table.number("reach", 3.0)
    if not 0 < reach <= 100:
        raise table.error("reach", f"must be a few standard deviations of a weight, not {reach:g}")
    update = table.text("update", "gated", UPDATES)
    made = Cim(read_gradient(table), update, halves, states, Converters(**bits, read_noise=0.0), write, reach)
    of_weight = read_noise * sqrt(halves) * made.step
    return replace(made, converters=replace(made.converters, read_noise=of_weight))


def _share(table: Table, key: str, usual: float | None) -> float:
    """A noise in steps."""
    given = table.number(key) if usual is None else table.number(key, usual)
    if given < 0:
        raise table.error(key, f"must not be negative, but is {given:g} steps")
    return given


def noise_of(chip: Any, states: int) -> tuple[float, float]:
    """Noise of a write and of a read of the chip's cells, in steps: root mean squares over their states."""
    technology = chip.technology
    low, high = technology["g_min"], technology["g_max"]
    model = pcm.written(technology.noise, technology, chip["program_pulses"])
    if model is None:
        return 0.0, 0.0
    goal = np.linspace(low, high, states)
    step = (high - low) / (states - 1)
    missed, noisy = pcm.state_sd(model, goal, high, 0.0), pcm.read_noise_sd(model, goal, goal, high, 0.0)
    return tuple(float(np.sqrt(np.mean(np.square(sd))) / step) for sd in (missed, noisy))  # type: ignore[return-value]
