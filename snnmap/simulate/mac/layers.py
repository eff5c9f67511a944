"""An integer network as a chain of matrices, each used once per frame or once per position of a convolution.

Whether weights are a convolution, is read off them (`analysis.convolution`); a layer that was trained without shared
weights is a plain matrix.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from snnmap.analysis.convolution import kernel_of
from snnmap.core.arrays import F64, I64, row_of_entry
from snnmap.core.errors import InputError
from snnmap.ir import Network, Population

UNITS = ("MacReLU", "MacLinear")
"""Models that a chain is made of."""


@dataclass(frozen=True, slots=True, eq=False)
class MacLayer:
    """A matrix, where its rows come from in each of its uses, and what becomes of its results."""

    name: str
    matrix: F64
    """(rows, columns) integers."""
    rows: I64
    """(uses, rows) index into what the layer before sends; -1: nothing, as beyond the edge of an image."""
    gain: float
    """Steps of the converter per unit of a sum."""
    shift: int
    least: int
    most: int

    @property
    def uses(self) -> int:
        """Vectors per frame."""
        return len(self.rows)

    @property
    def units(self) -> int:
        """Results per frame."""
        return self.uses * int(self.matrix.shape[1])


def layers_of(network: Network, largest: int) -> tuple[MacLayer, ...]:
    """The chain of a network's layers.

    Parameters
    ----------
    network
        One input population, then populations of `UNITS`, each fed by the one before.
    largest
        Magnitude of a weight at most.

    Raises
    ------
    InputError
        If the network is no such chain, a weight is no such integer, or units of a layer differ.
    """
    pops = network.populations
    _must_be_a_chain(network)
    pre, target = row_of_entry(network.indptr), network.population_of()[network.post]
    made = []
    for k in range(1, len(pops)):
        own = np.flatnonzero(target == k)
        source = pre[own].astype(np.int64) - pops[k - 1].first
        unit = network.post[own].astype(np.int64) - pops[k].first
        weight = network.weight[own].astype(np.float64)
        wrong = np.flatnonzero((weight != np.rint(weight)) | (np.abs(weight) > largest))
        if len(wrong):
            first = wrong[0]
            raise InputError(
                f"the weight from {pops[k - 1].name!r}[{source[first]}] to {pops[k].name!r}[{unit[first]}] is "
                f"{weight[first]:g}; weights are integers from {-largest} to {largest}: train with such, or round them"
            )
        given = _shared(pops[k])
        synapses, some = (source, unit, weight), weight != 0
        kernel = kernel_of(pops[k - 1].shape, pops[k].shape, *synapses)
        if kernel is None:  # zeros that were kept hold a place of the kernel; else they are none
            kernel = kernel_of(pops[k - 1].shape, pops[k].shape, *(part[some] for part in synapses))
        plain = (pops[k - 1].size, pops[k].size, *synapses)
        matrix, rows = _plain(*plain) if kernel is None else (kernel.matrix, kernel.rows)
        made.append(MacLayer(pops[k].name, matrix, rows, **given))
    return tuple(made)


def _must_be_a_chain(network: Network) -> None:
    """Refuse what is not one input population and layers of integer units one after the other."""
    pops = network.populations
    for p in pops[1:]:
        if p.kind == "bias":
            raise InputError(
                f"population {p.name!r} is a constant input, for which there is no row; train without bias"
            )
        if p.model not in UNITS:
            raise InputError(
                f"population {p.name!r} ({p.model}) is no integer unit; what is run here is one input "
                f"population, then layers of {' or '.join(UNITS)}"
            )
    if len(pops) < 2 or pops[0].kind != "input":
        raise InputError("the network needs one input population and layers of integer units after it")
    index = network.population_of()
    ends = np.unique(index[row_of_entry(network.indptr)].astype(np.int64) * len(pops) + index[network.post])
    for end in ends.tolist():
        source, target = divmod(end, len(pops))
        if target != source + 1:
            raise InputError(
                f"{pops[source].name!r} feeds {pops[target].name!r}; a layer must hear the one before it, and no other"
            )


def _shared(population: Population) -> dict[str, Any]:
    """Parameters of a layer, which all its units have in common."""
    for key, values in population.parameters.items():
        if np.any(values != values[0]):
            raise InputError(f"units of {population.name!r} differ in {key}; a layer has one")
    p = {key: float(values[0]) for key, values in population.parameters.items()}
    if "tau_alpha" in p:
        raise InputError(f"population {population.name!r} has an alpha synapse, which integer units do without")
    return {"gain": p["gain"]} | {key: int(p.get(key, 0)) for key in ("shift", "least", "most")}


def _plain(inputs: int, units: int, source: I64, unit: I64, weight: F64) -> tuple[F64, I64]:
    """The matrix of a layer whose weights are not shared."""
    matrix = np.zeros((inputs, units))
    matrix[source, unit] = weight
    return matrix, np.arange(inputs)[None, :]
