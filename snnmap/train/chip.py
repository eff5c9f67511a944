"""`chip`: a mapped network trained on, in the cells that its mapping has on one chip: stuck cells, gains, offsets.

Every synapse has a cell of its own, so every synapse is trained by itself, whatever kernel it came from. In the forward
pass a weight is what its cell makes of it on that chip (`pipeline.cells`): rest + up max(w, 0) + down min(w, 0), with
noise drawn anew in every batch, since cells are programmed anew with what is learned and are read noisily. In the
backward pass it is the weight itself, straight through: so a weight whose positive cell is stuck may still go below 0.
Thresholds and biases stay, and so do zeros that are synapses: the network that is written has the populations and
synapses of the mapped one, and goes onto its cells (`pipeline.like`).

What is not in it: IR drop, drift, converters, and stuck cells between populations without synapses. Straight-through:
Bengio, Leonard, Courville, arXiv 1308.3432; training with the faults of one chip known: fault-aware retraining, as of
Xia et al., DAC 2017 (recalled, not re-read), the equations are ours.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import hypot, sqrt
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from snnmap.core.arrays import F32, F64, I64
from snnmap.core.errors import InputError
from snnmap.core.toml import Table
from snnmap.frontend.networks.parsed import Imported
from snnmap.frontend.options import Encoding
from snnmap.ir import Population
from snnmap.ir.integers import largest
from snnmap.ir.models import SUBTRACT_NEXT, ZERO_NEXT
from snnmap.train.cim import noise_of
from snnmap.train.neurons import Spiking
from snnmap.train.quantised import rounded
from snnmap.train.surrogate import Gradient, read_gradient
from snnmap.train.tensors import normal, straight
from snnmap.train.usual import Numbers, OnOneChip

if TYPE_CHECKING:
    from snnmap.pipeline.cells import ChipCells, LayerCells
    from snnmap.train.recipe import Layer

NAME = "chip"
ANALOG_STATES = 32
"""States at which the noise of cells without states is looked at."""
Tensors = dict[str, Any]


class Part(NamedTuple):
    """The cells of one layer as its forward pass multiplies them: H heard, N neurons, in steps of its weights."""

    levels: int
    full: float
    """Largest weight that its cells stand for, of integers; of numbers the largest there was."""
    least_full: float
    """The same of biases alone, below which it cannot fall."""
    start: F32
    """(N, H) weights of the mapped network."""
    mask: F32
    """(N, H) 1 where there is a synapse."""
    place: I64
    """(S,) where that is, in all N x H."""
    rest: F32
    """(N, H) over `full`."""
    up: F32
    down: F32
    """(N, H) each"""
    constant: tuple[F32, F32]
    """(N,) each, the second over `full`."""
    offset: F32
    """(K, N) over `full`; empty: none."""
    rows: F32
    """(H, K)"""
    always: F32
    """(K,)"""
    scale: F32
    """(N,) what a step of a weight is of the threshold."""


@dataclass(frozen=True, slots=True, eq=False)
class Chip(OnOneChip, Numbers):
    """Training in the cells of one chip."""

    gradient: Gradient
    noise: float
    """Standard deviation of what a cell holds or is read as, anew in every batch, share of the largest weight."""
    digests: tuple[str, str]
    """Of mapping and chip."""
    given: "ChipCells" = field(repr=False)
    parts: tuple[Part, ...] = field(repr=False)
    neuron: Spiking = field(repr=False)

    @property
    def sources(self) -> Mapping[str, str]:
        """SHA-256 of the files of mapping and chip."""
        return dict(zip(("mapping_sha256", "chip_sha256"), self.digests, strict=True))

    def neurons(self, table: Table) -> Spiking:  # noqa: ARG002  nothing of a recipe
        """Neurons of the mapped network; thresholds are in `Part.scale`."""
        return self.neuron

    @property
    def fed(self) -> tuple[tuple[int, ...], int, Encoding]:
        """Shape of the input, steps and encoding."""
        said = self.given.read.stimulus
        return self.given.layers[0].heard.shape, int(said["steps"]), cast("Encoding", said["encode"])

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """Sources heard and neurons of every layer."""
        return [(part.start.shape[1], part.start.shape[0]) for part in self.parts]

    def cells(self, trained: Tensors, seed: int) -> Tensors:  # noqa: ARG002  nothing is drawn
        """None that change; `trained` begins as the mapped network."""
        import torch

        for k, part in enumerate(self.parts):
            trained[f"weight{k}"].copy_(torch.from_numpy(part.start))
        return {}

    def written(self, cells: Tensors, k: int, latent: Any) -> tuple[Any, Any]:  # noqa: ARG002  there are none
        """Weights that layer k is programmed to, and their step over the threshold of every neuron."""
        import torch

        part = self.parts[k]
        inside = rounded(latent, part.levels) if part.levels else latent.clamp(-part.full, part.full)
        return inside * torch.from_numpy(part.mask), torch.from_numpy(part.scale)

    def sums(
        self,
        layer: "Layer",  # noqa: ARG002  all it says is in the part
        k: int,
        sent: Any,
        tensors: tuple[Any, Tensors],
        rng: np.random.Generator | None,
    ) -> Any:
        """Sums of layer k for (rows, *heard), biases and offsets too; without noise where `rng` is none."""
        import torch

        part, heard = self.parts[k], sent.flatten(1)
        weight, _ = self.written({}, k, tensors[0])
        seen, full = held(part, weight.detach())
        if rng is not None and self.noise:
            noisy = torch.zeros(seen.numel())
            noisy[torch.from_numpy(part.place)] = normal(rng, part.place.shape) * (self.noise * full)
            seen = seen + noisy.view(seen.shape)
        told, rest = (torch.from_numpy(values) for values in part.constant)
        sums = heard @ straight(weight, seen).T + (told + rest * full)
        if part.offset.size:
            read = (heard.detach() != 0).float() @ torch.from_numpy(part.rows) + torch.from_numpy(part.always)
            sums = sums + (read > 0).float() @ torch.from_numpy(part.offset) * full
        return sums

    def network(self, weights: Sequence[Any], name: str, training: Mapping[str, str | int]) -> Imported:
        """The mapped network with weights (N, H) of every layer, and what trained them."""
        read = self.given.read
        made = read.network.weight.copy()
        for part, own in zip(weights, self.given.layers, strict=True):
            source, neuron = own.at
            made[own.synapse] = part[neuron, source] * _step(own.own) + 0.0
            if not own.own.levels:
                grid = read.network.grid[read.network.population_of()[own.own.first]]
                made[own.synapse] = np.rint(made[own.synapse] / grid) * grid
        network = replace(read.network, weight=made)
        return replace(read, name=name, format="network", network=network, digest=network.digest(), training=training)


def held(part: Part, weight: Any) -> tuple[Any, float]:
    """What cells programmed to `weight` (N, H) stand for on the chip, and the largest weight, which scales them."""
    import torch

    full = part.full if part.levels else max(float(weight.abs().max()), part.least_full)
    slope = torch.where(weight >= 0, torch.from_numpy(part.up), torch.from_numpy(part.down))
    return torch.from_numpy(part.rest) * full + slope * weight, full


def read(table: Table, layers: int) -> Chip:  # noqa: ARG001  as every method's; here they are the network's
    """The method of a recipe's `[method]`: mapping and chip file by paths relative to the recipe.

    Raises
    ------
    InputError
        If a key makes no sense, a file cannot be used, they do not fit, or the network cannot be trained so.
    """
    from snnmap.pipeline.cells import chip_cells
    from snnmap.train.memory import available

    files = [table.path.parent / table.text(key) for key in ("mapping", "chip")]
    for key, file in zip(("mapping", "chip"), files, strict=True):
        if not file.is_file():
            raise table.error(key, f"there is no file {file}")
    given = chip_cells(files[0], files[1], available())
    hardware, called = given.hardware, str(files[0])
    if not {"steps", "encode"} <= set(given.read.stimulus):
        raise table.error(
            "mapping", f"{given.read.name} does not say how it is fed (steps, encode), as networks of snnmap train do"
        )
    write, noisy = noise_of(hardware, hardware.weights.levels or ANALOG_STATES)
    of_cell = hypot(write, noisy) / ((hardware.weights.levels or ANALOG_STATES) - 1)
    usual = of_cell * (2.0 if hardware.weights.halves == 1 else sqrt(2.0))
    noise = table.number("noise", usual)
    if not 0.0 <= noise < 1.0:
        raise table.error("noise", f"is a share of the largest weight, 0 to 1, not {noise:g}")
    neuron = _same_neurons(given, called)
    parts = tuple(_part(own, given) for own in given.layers)
    return Chip(read_gradient(table), noise, given.digests, given, parts, neuron)


def _step(own: Population) -> float:
    """Weight that a step of the latent weights stands for."""
    return own.step if own.levels else 1.0


def _part(own: "LayerCells", given: "ChipCells") -> Part:
    """The cells of a layer as arrays of the forward pass."""
    step, shape = _step(own.own), own.rest.T.shape
    source, neuron = own.at
    weights = given.read.network.weight[own.synapse].astype(np.float64) / step

    def dense(values: F64) -> F32:
        made = np.zeros(shape, np.float32)
        made[neuron, source] = values
        return made

    told, rest = own.constant
    full = float(largest(own.own.levels)) if own.own.levels else float(np.abs(weights).max(initial=0.0))
    least_full = own.largest_bias / step
    used = bool(np.any(own.offset))
    return Part(
        levels=own.own.levels,
        full=max(full, least_full),
        least_full=least_full or 1e-12,
        start=dense(weights),
        mask=dense(np.ones(len(weights))),
        place=neuron * shape[1] + source,
        rest=np.ascontiguousarray(own.rest.T, np.float32),
        up=dense(own.up),
        down=dense(own.down),
        constant=((told / step).astype(np.float32), rest.astype(np.float32)),
        offset=(own.offset if used else np.zeros((0, 0))).astype(np.float32),
        rows=own.rows.astype(np.float32),
        always=own.always.astype(np.float32),
        scale=(step / own.own.parameters["v_threshold"]).astype(np.float32),
    )


def _same_neurons(given: "ChipCells", called: str) -> Spiking:
    """Neurons of all layers, which are alike but for their thresholds.

    Raises
    ------
    InputError
        If they are none that are trained here, or differ.
    """
    found: list[Spiking] = []
    for own in (layer.own for layer in given.layers):
        made = _neuron(own, given)
        if made is None or (found and made != found[0]):
            raise InputError(
                f"{called}: chip trains layers of IF with r = 1 that reset to 0 or by the threshold, or of Leaky with "
                f"one beta and gain 1, all alike but for their thresholds; {own.name!r} ({own.model}) is another"
            )
        found.append(made)
    return found[0]


def _neuron(own: Population, given: "ChipCells") -> Spiking | None:
    """Neurons of one population with a threshold of 1; none if they are not trained here."""
    parameters, dynamics = own.parameters, given.dynamics
    if "tau_alpha" in parameters or "v_threshold" not in parameters or np.any(parameters["v_threshold"] <= 0):
        return None
    if own.model == "IF":
        plain = np.all(parameters["r"] == 1) and np.all(parameters["v_reset"] == 0) and dynamics.comparison == ">"
        reset = {"subtract": "subtract", "zero": "zero", "value": "zero"}.get(dynamics.reset)
        odd = dynamics.multispike or dynamics.clamp is not None or reset is None
        return Spiking("IF", 1.0, cast("Any", reset)) if plain and not odd else None
    if own.model != "Leaky":
        return None
    beta, kind = parameters["beta"], parameters["reset"]
    resets = {float(SUBTRACT_NEXT): "subtract", float(ZERO_NEXT): "zero"}
    alike = np.all(beta == beta[0]) and np.all(kind == kind[0]) and np.all(parameters["gain"] == 1)
    reset = resets.get(float(kind[0]))
    return Spiking("Leaky", 1.0, cast("Any", reset), float(beta[0])) if alike and reset is not None else None
