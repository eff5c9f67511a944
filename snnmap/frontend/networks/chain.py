"""A chain of linear layers and neurons as populations and blocks of weights; knows no program and no file.

Between two populations everything is affine: what arrives is factor (s W) + constant, of the spikes s. Weights stay the
numbers that the module has as long as only factors come before or behind them (batch normalisation, average pooling,
graded spikes): a factor goes into the neurons, which then count in other units (`ir.integers.in_units_of`), a negative
one turns the sign of its column, and constants are weights of a bias. Only where one linear layer follows another, or
factors differ from value to value in front of one, are weights multiplied, and a sentence says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.frontend.networks.assemble import Block, Draft, build_network
from snnmap.frontend.networks.linear import Shape, diagonal
from snnmap.frontend.networks.nir.fold import product
from snnmap.ir import Network
from snnmap.ir.integers import in_units_of


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """What flows from a population to the next layer: factor (s matrix) + constant."""

    source: int
    """Index of the draft whose spikes s are."""
    shape: Shape
    factor: F64
    """(size,)"""
    constant: F64
    """(size,)"""
    matrix: Any = None
    """csr_array (sources, size); none: the spikes themselves."""
    layers: tuple[str, ...] = ()
    """Linear layers that are in the matrix."""

    @property
    def size(self) -> int:
        """Number of values."""
        return int(np.prod(self.shape, dtype=np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class Neurons:
    """One layer of neurons."""

    name: str
    model: str
    """A key of `ir.MODELS`."""
    parameters: Mapping[str, F64]
    """Per parameter (size,)."""
    factor: F64
    """(size,) what a spike is worth to whoever hears it."""
    recurrent: Any = None
    """csr_array (size, size) of synapses to itself."""
    constant: F64 | None = None
    """(size,) bias of these."""


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """What is built so far; every step returns another one."""

    drafts: tuple[Draft, ...]
    blocks: tuple[Block, ...] = ()
    notes: tuple[str, ...] = ()
    """What had to be rounded, one sentence each."""
    constants: Mapping[int, F64] = field(default_factory=dict)
    """Bias (size,) of every draft that has one."""


def begun(name: str, shape: Shape) -> tuple[Chain, Signal]:
    """The chain of an input alone."""
    size = int(np.prod(shape, dtype=np.int64))
    return Chain((Draft(name, "input", "input", shape),)), Signal(0, shape, np.ones(size), np.zeros(size))


def linear(signal: Signal, name: str, matrix: Any, bias: npt.ArrayLike, shape: Shape) -> Signal:
    """Behind a layer with weights.

    Parameters
    ----------
    name
        What messages call it.
    matrix
        csr_array (arriving, leaving).
    bias
        (leaving,)
    shape
        Of what leaves.
    """
    size = int(np.prod(shape, dtype=np.int64))
    if matrix.shape != (signal.size, size):
        raise InputError(f"layer {name!r} takes {matrix.shape[0]:,} values, but {signal.size:,} arrive")
    uniform = bool(np.all(signal.factor == signal.factor[:1]))
    weighed = matrix if uniform else product(diagonal(signal.factor), matrix)
    return Signal(
        source=signal.source,
        shape=shape,
        factor=np.full(size, signal.factor[0] if uniform else 1.0),
        constant=_added(signal.constant, matrix) + np.asarray(bias, np.float64),
        matrix=weighed if signal.matrix is None else product(signal.matrix, weighed),
        layers=(*signal.layers, name),
    )


def scaled(signal: Signal, gain: F64, offset: F64) -> Signal:
    """Behind gain y + offset, (size,) each."""
    return replace(signal, factor=signal.factor * gain, constant=signal.constant * gain + offset)


def reshaped(signal: Signal, shape: Shape) -> Signal:
    """The same values in another shape."""
    return replace(signal, shape=shape)


def fired(chain: Chain, signal: Signal, neurons: Neurons) -> tuple[Chain, Signal]:
    """Behind a layer of neurons, which becomes a population.

    Raises
    ------
    InputError
        If a name occurs twice.
    """
    unit = np.where(signal.factor == 0.0, 1.0, np.abs(signal.factor))
    parameters = in_units_of(unit, neurons.model, neurons.parameters)
    assert parameters is not None
    target = len(chain.drafts)
    turned: F64 = np.sign(signal.factor)
    matrix = diagonal(np.ones(signal.size, np.float32)) if signal.matrix is None else signal.matrix
    if not np.all(turned == 1.0):
        matrix = _columns_times(matrix, turned)
    blocks = [Block(signal.source, target, matrix)]
    constant = signal.constant
    if neurons.recurrent is not None:
        blocks.append(Block(target, target, _columns_times(neurons.recurrent, 1.0 / unit)))
        constant = constant if neurons.constant is None else constant + neurons.constant
    notes = chain.notes
    if any(_is_rounded(block.matrix.data) for block in blocks):
        why = ", ".join(signal.layers) or "the factors in front of it"
        notes = (*notes, f"weights into {neurons.name!r} ({why}) are rounded to single precision")
    following = Chain(
        (*chain.drafts, Draft(neurons.name, "neuron", neurons.model, signal.shape, parameters)),
        (*chain.blocks, *blocks),
        notes,
        {**chain.constants, target: constant / unit},
    )
    return following, Signal(target, signal.shape, neurons.factor, np.zeros(signal.size))


def network_of(chain: Chain) -> Network:
    """The network, whose output is the last population; constants are weights of one bias source."""
    from scipy import sparse

    drafts, blocks = list(chain.drafts), list(chain.blocks)
    constants = {target: values for target, values in chain.constants.items() if np.any(values)}
    for target, values in constants.items():
        blocks.append(Block(len(drafts), target, sparse.csr_array(values[None, :])))
    if constants:
        drafts.append(Draft("bias", "bias", "bias", (1,)))
    return build_network(drafts, blocks, [len(chain.drafts) - 1])


def _added(constant: F64, matrix: Any) -> F64:
    """What constants become behind a matrix."""
    if not np.any(constant):
        return np.zeros(matrix.shape[1])
    behind: F64 = matrix.T.astype(np.float64) @ constant
    return behind


def _columns_times(matrix: Any, factor: F64) -> Any:
    """The matrix with column j times factor j; its pattern stays."""
    other = matrix.copy()
    other.data = matrix.data * factor[matrix.indices]
    return other


def _is_rounded(weights: npt.NDArray[Any]) -> bool:
    """Whether single precision has other numbers."""
    return weights.dtype != np.float32 and bool(np.any(weights.astype(np.float32) != weights))
