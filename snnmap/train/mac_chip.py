"""`mac` on one chip: a trained integer network goes on with the fixed pattern of a chip of BrainScaleS-2 in the loop.

In the forward pass every block of a layer is what that chip makes of it (`physics.mac`),

    y_b = clamp(floor(num_sends gain (1 + g) (sum of x k (1 + s)) + o + noise), -128, 127),

with the gains g, offsets o and synapses s of the columns and rows that `snnmap mac` would put the block on, and noise
drawn anew for every result; blocks of inputs are digitised, then added and clamped again. In the backward pass floors
and the rounding of integers pass gradients as if they were not there. Sums are in double precision, so that without
noise training sees what the machine's emulator computes, to the last step of the converter.

What is written is the network without the chip, as by `mac`: its weights make up for that chip, and others know nothing
of it. Sources: hardware in the loop of BrainScaleS-2, Weis et al., arXiv 2006.13177.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from snnmap.core.errors import InputError
from snnmap.core.toml import Table
from snnmap.frontend import load_network
from snnmap.hardware.targets.brainscales2 import Block, BrainScaleS2, load_target
from snnmap.physics.mac import GRID
from snnmap.simulate.mac.layers import MacLayer, layers_of
from snnmap.simulate.mac.run import Chip, Spreads, drawn_chip
from snnmap.train import mac
from snnmap.train.mac import Mac, Units
from snnmap.train.tensors import normal, straight
from snnmap.train.usual import OnOneChip

if TYPE_CHECKING:
    from snnmap.train.recipe import Layer

Tensors = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Read(Units):
    """Units whose sums the chip has digitised, noise and all: what arrives are results."""

    def of_layer(self, table: Table, *, last: bool) -> "Units":
        """With the `num_sends` of a layer; noise is that of a block, the same for all.

        Raises
        ------
        InputError
            If the layer has a noise of its own.
        """
        if "noise" in table:
            raise table.error("noise", "every block has that of [method] on a chip; leave it out")
        return Units.of_layer(self, table, last=last)

    def scaled(self, sums: Any) -> Any:
        """Results are what they are."""
        return sums


@dataclass(frozen=True, slots=True, eq=False)
class TunedMac(OnOneChip, Mac):
    """Integer weights on one chip, from those of a network on."""

    start: str = field(kw_only=True)
    """Digest of the network that training begins with."""
    spreads: Spreads = field(kw_only=True)
    """Of the chip, which `snnmap mac --seed` draws as its seed says."""
    seed: int = field(kw_only=True)
    chip: Chip = field(repr=False, kw_only=True)
    begun: tuple[MacLayer, ...] = field(repr=False, kw_only=True)

    @property
    def sources(self) -> Mapping[str, str]:
        """What the network was trained from."""
        return {"start_digest": self.start}

    def neurons(self, table: Table) -> Units:
        """Units of a recipe's `[neuron]`, behind the chip's converters."""
        told = Mac.neurons(self, table)
        return Read(told.gain, 0.0, told.shift, told.most)

    def cells(self, trained: Tensors, seed: int) -> Tensors:  # noqa: ARG002  nothing is drawn
        """None that change; `trained` begins as the network.

        Raises
        ------
        InputError
            If the network has other layers than the recipe.
        """
        import torch

        if len(trained) != len(self.begun):
            raise InputError(f"the network to start from has {len(self.begun)} layers, the recipe {len(trained)}")
        for k, layer in enumerate(self.begun):
            latent = trained[f"weight{k}"]
            if layer.matrix.size != latent.numel() or layer.matrix.shape[1] != len(latent):
                raise InputError(
                    f"{layer.name!r} of the network to start from has {layer.matrix.shape[0]} inputs and "
                    f"{layer.matrix.shape[1]} outputs, the recipe {latent[0].numel()} and {len(latent)}"
                )
            latent.copy_(torch.from_numpy(layer.matrix.T / mac.UNIT).view(latent.shape))
        return {}

    def written(self, cells: Tensors, k: int, latent: Any) -> tuple[Any, Any]:  # noqa: ARG002  there are none
        """Integers that layer k is written with."""
        return self.weight(latent)

    def sums(
        self,
        layer: "Layer",
        k: int,  # noqa: ARG002  all that tells layers apart is in the others
        sent: Any,
        tensors: tuple[Any, Tensors],
        rng: np.random.Generator | None,
    ) -> Any:
        """Results of a layer for (rows, *taken), whole steps of the converter; without noise where `rng` is none."""
        import torch

        whole = self.weight(tensors[0])[0].flatten(1).double().T
        vectors, shape = _vectors(layer, sent.double())
        assert isinstance(layer.neuron, Read)
        sends = layer.neuron.sends
        columns: dict[tuple[int, int], Any] = {}
        for block in self.chip.target.blocks(*whole.shape):
            found = self._read(block, vectors, whole, sends, rng)
            columns[block.outputs] = columns[block.outputs] + found if block.outputs in columns else found
        total = torch.cat(list(columns.values()), dim=-1)  # clamped by the units
        return total.transpose(1, 2).reshape(shape).to(sent.dtype)

    def _read(self, block: Block, vectors: Any, whole: Any, sends: int, rng: np.random.Generator | None) -> Any:
        """Results of one block for vectors (rows, uses, inputs)."""
        import torch

        chip, pattern = self.chip, self.chip.pattern
        part = whole[slice(*block.inputs), slice(*block.outputs)]
        rows, outputs = part.shape
        excite, inhibit = (torch.from_numpy(s[:rows, :outputs]) for s in pattern.synapse[block.hemisphere])
        exact = part * (1.0 + torch.where(part < 0, inhibit, excite))
        strength = straight(exact, (exact * GRID).round() / GRID)
        gain = torch.from_numpy(1 / chip.target["gain"] / (1.0 + pattern.gain[block.hemisphere, :outputs]))
        offset = torch.from_numpy(pattern.offset[block.hemisphere, :outputs])
        result = (vectors[..., slice(*block.inputs)] @ strength * sends) / gain + offset
        if rng is not None and chip.noise > 0:
            result = result + chip.noise * normal(rng, result.shape)
        return straight(result, result.floor()).clamp(*chip.target.span)


def _vectors(layer: "Layer", sent: Any) -> tuple[Any, tuple[int, ...]]:
    """What rows of a layer's matrix hear, (rows, uses, inputs), and the shape of all results."""
    import torch

    if layer.kind == "dense":
        return sent.flatten(1)[:, None], (len(sent), layer.shape[0])
    spread = torch.nn.functional.unfold(sent, layer.kernel, padding=layer.padding, stride=layer.stride)
    return spread.transpose(1, 2), (len(sent), *layer.shape)


def read(table: Table, layers: int) -> Mac:
    """The method of a recipe's `[method]`: with a `[method.chip]` that of one chip, from the network `start` on.

    Raises
    ------
    InputError
        If a key makes no sense, or the network cannot be used.
    """
    plain, chip, start = mac.read(table, layers), table.table("chip", None), table.text("start", None)
    if chip is None or start is None:
        if chip is not None or start is not None:
            raise table.error("start", "and a [method.chip] belong together: a network, and the chip it goes on with")
        return plain
    target = load_target(chip.text("machine", "brainscales2"))
    seed = chip.integer("seed", low=0)
    drawn = (chip.number(key, target[key], low=0.0) for key in ("gain_spread", "offset_spread", "synapse_spread"))
    gain_spread, offset_spread, synapse_spread = drawn
    spreads = Spreads(gain_spread, offset_spread, synapse_spread, plain.noise)
    chip.end()
    _must_be_of(target, plain, table)
    file = table.path.parent / Path(start).expanduser()
    found = load_network(file if file.is_file() else start)
    begun = layers_of(found.network, target.largest_weight)
    same = (plain.bits, plain.gain, plain.noise)
    known = drawn_chip(target, spreads, seed)
    return TunedMac(*same, start=found.digest, spreads=spreads, seed=seed, chip=known, begun=begun)


def _must_be_of(target: BrainScaleS2, method: Mac, table: Table) -> None:
    """Refuse numbers that are not the machine's."""
    if method.gain != target["gain"]:
        raise table.error("gain", f"{method.gain:g} is not the {target['gain']:g} of {target.name}")
    if method.bits != target.weight_bits:
        raise table.error("bits", f"{method.bits} is not the {target.weight_bits} of {target.name}")
