"""Populations and synapses: the network itself, whoever built it. Knows no activity and no chip."""

import math
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from snnmap.core.arrays import F32, F64, I32, I64, Bool, digest, frozen, row_of_entry
from snnmap.core.errors import InputError
from snnmap.core.shown import Tabled
from snnmap.ir.integers import LEVELS, foreign, largest
from snnmap.ir.models import MODELS, Kind, declared


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """A contiguous run of sources of one kind and model."""

    name: str
    kind: Kind
    model: str
    """A key of `MODELS`."""
    first: int
    """Id of its first source."""
    shape: tuple[int, ...]
    """Shape of the population; its product is the number of sources, numbered in C order."""
    level: int
    """0 for inputs and biases; see the module docstring."""
    parameters: MappingType[str, F64] = field(default_factory=dict)
    """Per parameter of the model, and of `models.FILTERS` those that it has, float64 (size,); SI units; a zero-stride
    broadcast is welcome."""
    levels: int = 0
    """Values that a weight into it can take (`ir.integers`), each an integer times `step`; 0: any number. Biases may be
    any number that is no larger."""
    step: float = 1.0
    """Weight into it that the integer 1 stands for; a power of two, or an integer."""

    @property
    def full(self) -> float:
        """Magnitude that the largest integer stands for; 0 without levels."""
        return self.step * largest(self.levels) if self.levels else 0.0

    @property
    def size(self) -> int:
        """Number of sources."""
        return math.prod(self.shape)

    @property
    def stop(self) -> int:
        """One past its last source id."""
        return self.first + self.size


@dataclass(frozen=True, slots=True, eq=False)
class Network(Tabled):
    """Populations and the synapses between their sources, CSR by presynaptic source.

    `to_pandas()` has a row per population.

    Raises
    ------
    InputError
        If populations are not contiguous and in order, or the CSR arrays are inconsistent.
    """

    populations: tuple[Population, ...]
    indptr: I64
    """(N + 1,) first synapse of every source."""
    post: I32
    """(S,) target source id, ascending and distinct within a source; always a neuron."""
    weight: F32
    """(S,) weight, a multiple of the target population's grid."""
    grid: F64
    """(number of populations,) power-of-two grid of the weights into each population (`core.exact`)."""
    outputs: tuple[int, ...]
    """Indices of the populations that the network's outputs read."""

    def __post_init__(self) -> None:
        for name, dtype in (("indptr", np.int64), ("post", np.int32), ("weight", np.float32), ("grid", np.float64)):
            object.__setattr__(self, name, frozen(getattr(self, name), dtype))
        expected, level, neuron_seen = 0, 0, False
        for population in self.populations:
            if population.first != expected or population.level < level:
                raise InputError(f"population {population.name!r} is out of order in the network")
            if population.kind != "neuron" and neuron_seen:
                raise InputError(f"external population {population.name!r} comes after a neuron population")
            missing = [key for key in MODELS[population.model].parameters if key not in population.parameters]
            if missing:
                raise InputError(f"population {population.name!r} ({population.model}) lacks {', '.join(missing)}")
            expected, level = population.stop, population.level
            neuron_seen |= population.kind == "neuron"
        if len(self.indptr) != expected + 1 or self.indptr[-1] != len(self.post) or len(self.post) != len(self.weight):
            raise InputError("synapse arrays do not match the populations")
        if len(self.grid) != len(self.populations):
            raise InputError("one weight grid per population is needed")
        if len(self.post) and (self.post.min() < self.externals or self.post.max() >= expected):
            raise InputError("a synapse targets something that is not a neuron")
        self._check_integers()

    def _check_integers(self) -> None:
        """Refuse weights that are none of the levels of their population, by value and place."""
        whole = np.array([p.levels != 0 for p in self.populations], np.bool_)
        if not np.any(whole):
            return
        index, pre = self.population_of(), row_of_entry(self.indptr)
        target = index[self.post]
        sent = ~self.is_bias()[pre]
        for k in np.flatnonzero(whole):
            p = self.populations[k]
            if not LEVELS[0] <= p.levels <= LEVELS[1] or not 0.0 < p.step < np.inf:
                raise InputError(f"population {p.name!r} has {p.levels} levels of a step of {p.step}")
            into = np.flatnonzero(target == k)
            number = self.weight[into].astype(np.float64) / p.step
            wrong = into[np.where(sent[into], foreign(number, p.levels), np.abs(number) > largest(p.levels))]
            if len(wrong):
                source, neuron = int(pre[wrong[0]]), int(self.post[wrong[0]])
                sender = self.populations[index[source]]
                raise InputError(
                    f"the weight from {sender.name!r}[{source - sender.first}] to {p.name!r}[{neuron - p.first}] is "
                    f"{self.weight[wrong[0]] / p.step:g} times the step {p.step:g}, which is none of its "
                    f"{p.levels} levels up to {largest(p.levels)}"
                )

    def integers(self) -> I32:
        """The integer that every weight into a population with levels is, int32 (S,); 0 elsewhere.

        Biases are rounded, as cells would have to hold them.
        """
        step = np.array([p.step if p.levels else np.inf for p in self.populations])
        each: I32 = np.rint(self.weight / step[self.population_of()[self.post]]).astype(np.int32)
        return each

    @property
    def sources(self) -> int:
        """N, everything that can spike: inputs, biases, neurons."""
        return len(self.indptr) - 1

    @property
    def externals(self) -> int:
        """Number of sources that are not neurons; also the id of the first neuron."""
        return sum(p.size for p in self.populations if p.kind != "neuron")

    @property
    def neurons(self) -> int:
        """Number of neurons: sources that take a column."""
        return self.sources - self.externals

    @property
    def synapses(self) -> int:
        """S."""
        return len(self.post)

    def population_of(self) -> I32:
        """Population index of every source, int32 (N,)."""
        return np.repeat(np.arange(len(self.populations), dtype=np.int32), [p.size for p in self.populations])

    def level_of(self) -> I32:
        """Level of every source, int32 (N,)."""
        return np.repeat(np.array([p.level for p in self.populations], np.int32), [p.size for p in self.populations])

    def is_bias(self) -> Bool:
        """Which sources are constant-current rows, driven on the tile every step, never sent; bool (N,)."""
        return np.repeat(np.array([p.kind == "bias" for p in self.populations]), [p.size for p in self.populations])

    def digest(self) -> str:
        """SHA-256 of everything that defines the network."""
        parts: list[Any] = [self.indptr, self.post, self.weight, self.grid, repr(self.outputs)]
        for p in self.populations:
            parts.append(f"{p.name}|{p.kind}|{p.model}|{p.first}|{p.shape}|{p.level}")
            parts += [f"{p.levels}|{p.step!r}"] if p.levels else []
            for key in declared(p.model, p.parameters):
                parts += [key, np.asarray(p.parameters[key], np.float64)]
        return digest(parts)
