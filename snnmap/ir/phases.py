"""A network that is larger than the machine, in phases that fit: who is programmed when, and what waits in between.

In a phase every tile holds one cluster at most. All steps of a frame run in it; then the tiles are programmed anew for
the next phase, which hears what the neurons before it have spiked. A cluster that has a tile to itself in all phases
stays there: it is *resident*, and programmed once for good.
"""

from collections.abc import Mapping as MappingType
from dataclasses import dataclass

import numpy as np

from snnmap.core.arrays import I32, I64, Bool, frozen
from snnmap.ir.mapping import Mapping
from snnmap.ir.origin import ChipFacts, Origin, WorkloadFacts


@dataclass(frozen=True, slots=True, eq=False)
class Phase:
    """What the machine does between two programmings: an ordinary mapping of a part of the network.

    Neurons of the part have columns in the phase. One that has columns in a later phase too fires there, in its *last*
    phase: here its columns are added up at one of them, and the sum waits outside.
    """

    mapping: Mapping
    """Of the part: clusters on tiles of their own, times for one step."""
    source: I32
    """(N,) id in the whole network of every source of the part: inputs first, each ascending."""
    chunk: int
    """Steps that run one after the other before what must wait goes out of the tiles' memories."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "source", frozen(self.source, np.int32))

    @property
    def neurons(self) -> I32:
        """(neurons of the part,) their ids in the whole network."""
        externals = self.mapping.workload.externals
        return self.source[externals:]

    @property
    def inputs(self) -> I32:
        """(inputs of the part,) their ids in the whole network: what was spiked before, network inputs, biases."""
        externals = self.mapping.workload.externals
        return self.source[:externals]


@dataclass(frozen=True, slots=True, eq=False)
class Phased:
    """A workload in phases: what a file of phases holds."""

    phases: tuple[Phase, ...]
    """In their order."""
    workload: WorkloadFacts
    """The whole network."""
    chip: ChipFacts
    origin: Origin
    figures: MappingType[str, float | int | str | None]
    """Reported figures by name."""

    def residents(self) -> tuple[Bool, ...]:
        """Per phase, whether each of its clusters (K,) has its tile to itself in all phases."""
        tiles = [phase.mapping.placement.tile for phase in self.phases]
        count = np.bincount(np.concatenate(tiles)) if tiles else np.zeros(0, np.int64)
        return tuple(count[tile] == 1 for tile in tiles)

    def last(self) -> I64:
        """Phase in which every source fires, int64 (N of the whole,): -1 of inputs and biases."""
        sources = self.workload.externals + sum(
            int(np.prod(p.shape)) for p in self.workload.populations if p.kind == "neuron"
        )
        found = np.full(sources, -1, np.int64)
        for number, phase in enumerate(self.phases):
            found[phase.neurons] = number
        return found
