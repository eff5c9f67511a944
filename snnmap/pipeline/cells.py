"""What the cells of a mapping on one chip make of any weights of its network: for training on just these cells.

Where only cells are stuck and columns have gains and offsets, the weight that a synapse really has is linear in the one
that is programmed, apart from its sign: w_eff = rest + up max(w, 0) + down min(w, 0). `rest` is that of all crossings,
synapse or not: a cell that is stuck on is a weight whatever was wanted. The three are read off the device model with
all weights at 0, at the largest and at the least, so nothing is said here of how cells hold a sign.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from snnmap.analysis.cells import largest_weights
from snnmap.analysis.view import View
from snnmap.core.arrays import F64, I64, row_of_entry
from snnmap.core.errors import InputError
from snnmap.core.run import Progress
from snnmap.formats.mapping import sealed
from snnmap.frontend import load_network
from snnmap.frontend.chips import digest_of, load_chip
from snnmap.frontend.networks.parsed import Imported
from snnmap.hardware import Hardware
from snnmap.ir import Dynamics, Mapping, Network, Population, SpikeGraph
from snnmap.pipeline.effective import crossings
from snnmap.pipeline.reopen import reopen
from snnmap.pipeline.simulated import must_be_its_own
from snnmap.simulate.imperfect.chips import Chip
from snnmap.simulate.imperfect.options import ImperfectOptions
from snnmap.simulate.imperfect.programmed import effective, programmed
from snnmap.simulate.imperfect.run import ImperfectNetwork

if TYPE_CHECKING:
    from scipy.sparse import csr_array

FIXED = frozenset({"stuck", "off"})
"""Effects that stay while cells are programmed anew."""
PAIR = 96
"""Bytes of a source and a neuron that hears its population: numbers of its cell, and copies of a weight in training."""


@dataclass(frozen=True, slots=True, eq=False)
class LayerCells:
    """The cells between one population and what it hears; in units of weights, `rest` and `offset` over the largest.

    H sources heard, N neurons, S synapses between them, K crossbars that read columns of the population.
    """

    heard: Population
    own: Population
    synapse: I64
    """(S,) index in the network's weights."""
    at: tuple[I64, I64]
    """Source (S,) and neuron (S,) of every synapse, counted from 0 in their populations."""
    rest: F64
    """(H, N) weight of every crossing when 0 is programmed; 0 where there is no cell."""
    up: F64
    """(S,) weight per programmed weight above 0."""
    down: F64
    """(S,) below 0."""
    constant: tuple[F64, F64]
    """What rows of biases come to in every step (N,): in units of weights; and what is over the largest weight."""
    offset: F64
    """(K, N) what a reading of the columns of a crossbar adds."""
    rows: F64
    """(H, K) 1 where a source has a row in a crossbar."""
    always: F64
    """(K,) 1 where a crossbar has a row of a bias, and so is read in every step."""
    largest_bias: float
    """Largest size of what rows of biases are programmed to."""


@dataclass(frozen=True, slots=True, eq=False)
class ChipCells:
    """A mapped network and the cells it has on a chip."""

    read: Imported
    """The network, as its file says."""
    dynamics: Dynamics
    """How its neurons were stepped when it was mapped."""
    hardware: Hardware
    layers: tuple[LayerCells, ...]
    """Of every population of neurons, in order."""
    strays: int
    """Stuck cells that join populations between which the network has no synapse; nothing is said of them."""
    digests: tuple[str, str]
    """SHA-256 of mapping (as sealed) and chip file."""


def chip_cells(file: Path | str, chip: Path | str, room: int, progress: Progress | None = None) -> ChipCells:
    """The cells that a mapping gives its network on a chip.

    Parameters
    ----------
    file
        Mapping file.
    chip
        Chip file.
    room
        Bytes that may be taken, by what is made here and by a training with it.

    Raises
    ------
    InputError
        If a file cannot be read, the chip is of another mesh, weights are spread over several cells, layers are no
        chain, or all pairs of sources and neurons take more memory than there is room.
    """
    mapping, graph, hardware = reopen(Path(file), progress=progress)
    must_be_its_own(mapping, graph, hardware)
    dynamics = _trained_so(mapping, graph, hardware, file)
    known = load_chip(chip)
    read = load_network(mapping.workload.source)
    if read.network.digest() != graph.network.digest():
        raise InputError(
            f"{file}: maps another network than {mapping.workload.source} holds (quantised or unrolled as it was "
            "compiled?); save that network with snnmap convert and compile it"
        )
    heard = _chain(graph.network, str(file))
    need = PAIR * sum(before.size * own.size for before, own in heard)
    if need > room:
        raise InputError(
            f"{file}: all pairs of what is heard and neurons, layer by layer, take about {need / 2**30:,.1f} GiB of "
            f"memory, {room / 2**30:,.1f} are free; train a smaller network"
        )
    view = View(mapping, graph, hardware)
    ambient = np.full(mapping.clustering.clusters, hardware["ambient_temperature"])
    imperfect = ImperfectNetwork(view, ImperfectOptions(FIXED), ambient)
    drawn = imperfect.chip(0, known)
    probes = _Probes.of(imperfect, drawn)
    layers = tuple(_layer(probes, imperfect, drawn, pair) for pair in heard)
    digests = sealed(mapping).origin.verified, digest_of(known)
    return ChipCells(read, dynamics, hardware, layers, _strays(probes, heard), digests)


def _trained_so(mapping: Mapping, graph: SpikeGraph, hardware: Hardware, file: Path | str) -> Dynamics:
    """How the neurons of a mapping are stepped whose weights each have one cell of a sign; others are refused."""
    if mapping.clustering.uses is not None:
        raise InputError(
            f"{file}: its crossbars hold kernels once for several positions, whose synapses cannot be trained each by "
            "itself; compile with --conv unrolled"
        )
    if hardware.weights.slices > 1 and hardware.weights.levels:
        raise InputError(
            f"{file}: its chip spreads a weight over {hardware.weights.slices} cells of "
            f"{hardware.weights.levels} states, which is not linear; compile for one cell of a sign"
        )
    if graph.dynamics is None:
        raise InputError(f"{file}: maps recorded activity, of which no weights are known; compile its network")
    return graph.dynamics


@dataclass(frozen=True, slots=True, eq=False)
class _Probes:
    """Effective weights (N sources, neurons), over the largest of their population, and of every synapse (S,)."""

    network: Network
    rest: "csr_array"
    up: F64
    down: F64
    largest: F64
    """Of every synapse's population."""

    @classmethod
    def of(cls, imperfect: ImperfectNetwork, chip: Chip) -> "_Probes":
        network = imperfect.view.graph.network
        pre, post = row_of_entry(network.indptr), network.post - network.externals
        zero, most, least = (_matrix(imperfect, chip, r) for r in (0.0, 1.0, -1.0))
        at_rest = np.asarray(zero[pre, post]).reshape(-1)
        up = np.asarray(most[pre, post]).reshape(-1) - at_rest
        down = at_rest - np.asarray(least[pre, post]).reshape(-1)
        return cls(network, zero, up, down, _largest(network))


def _largest(network: Network) -> F64:
    """Of every population, 1 where all weights are 0."""
    found = largest_weights(network)
    return np.where(found > 0, found, 1.0)


def _matrix(imperfect: ImperfectNetwork, chip: Chip, relative: float) -> "csr_array":
    """What all crossings weigh, over the largest weight of the neuron's population, all synapses being `relative`."""
    from scipy.sparse import csr_array

    lines, network = imperfect.layout, imperfect.view.graph.network
    cells = replace(imperfect.cells, signed=np.full(network.synapses, relative))
    source, line = crossings(lines)
    gain, _ = imperfect.columns(chip)
    weight = effective(cells, lines, programmed(cells, lines, chip, 1.0, None, None))
    weight = weight * gain[line] / np.where(lines.largest > 0, lines.largest, 1.0)[line]
    return csr_array((weight, (source, lines.neuron[line])), shape=(network.sources, network.neurons))


def _chain(network: Network, called: str) -> list[tuple[Population, Population]]:
    """Every population of neurons behind the one that it hears.

    Raises
    ------
    InputError
        If one hears another than the one before it.
    """
    index = network.population_of()
    pre, post = index[row_of_entry(network.indptr)], index[network.post]
    parts = [p for p in network.populations if p.kind != "bias"]
    pairs = []
    for before, own in pairwise(parts):
        heard = np.unique(pre[post == network.populations.index(own)])
        names = [network.populations[k].name for k in heard if network.populations[k].kind != "bias"]
        if own.kind != "neuron" or names != [before.name]:
            raise InputError(
                f"{called}: chip trains layers of which each hears the one before it, but {own.name!r} hears "
                f"{', '.join(map(repr, names)) or 'none'}"
            )
        pairs.append((before, own))
    return pairs


def _layer(probes: _Probes, imperfect: ImperfectNetwork, chip: Chip, pair: tuple[Population, Population]) -> LayerCells:
    """The cells of one layer."""
    (heard, own), network = pair, probes.network
    first = own.first - network.externals
    pre = row_of_entry(network.indptr)
    into = (network.post >= own.first) & (network.post < own.stop)
    synapse = np.flatnonzero(into & (pre >= heard.first) & (pre < heard.stop))
    bias = np.flatnonzero(into & network.is_bias()[pre])
    columns = slice(first, first + own.size)
    signed = network.weight[bias].astype(np.float64)
    each = np.where(signed >= 0, probes.up[bias], probes.down[bias]) * signed
    told = np.zeros(own.size)
    np.add.at(told, network.post[bias] - own.first, each)
    rows = np.flatnonzero(network.is_bias())
    offset, crossbars = _offsets(imperfect, chip, own)
    clustering = imperfect.view.mapping.clustering
    has = np.zeros((network.sources, clustering.clusters))
    has[clustering.row_source, row_of_entry(clustering.row_ptr)] = 1.0
    return LayerCells(
        heard=heard,
        own=own,
        synapse=synapse,
        at=(pre[synapse] - heard.first, network.post[synapse].astype(np.int64) - own.first),
        rest=probes.rest[heard.first : heard.stop, columns].toarray(),
        up=probes.up[synapse],
        down=probes.down[synapse],
        constant=(told, np.asarray(probes.rest[rows][:, columns].sum(axis=0)).reshape(-1)),
        offset=offset,
        rows=has[heard.first : heard.stop, crossbars],
        always=has[rows][:, crossbars].max(axis=0, initial=0.0),
        largest_bias=float(np.abs(signed).max(initial=0.0)),
    )


def _offsets(imperfect: ImperfectNetwork, chip: Chip, own: Population) -> tuple[F64, I64]:
    """Offsets (K, N), over the largest weight, of the crossbars (K,) that read columns of a population."""
    lines, network = imperfect.layout, imperfect.view.graph.network
    neuron = lines.neuron + network.externals
    its = np.flatnonzero((neuron >= own.first) & (neuron < own.stop))
    crossbars, where = np.unique(lines.crossbar[its], return_inverse=True)
    found = np.zeros((len(crossbars), own.size))
    _, offset = imperfect.columns(chip)
    largest = np.where(lines.largest > 0, lines.largest, 1.0)
    np.add.at(found, (where, neuron[its] - own.first), offset[its] / largest[its])
    return found, crossbars.astype(np.int64)


def _strays(probes: _Probes, heard: list[tuple[Population, Population]]) -> int:
    """Crossings that weigh something at rest between populations of which one does not hear the other."""
    network, rest = probes.network, probes.rest.tocoo()
    row, column = rest.coords
    there = (rest.data != 0) & ~network.is_bias()[row]
    for before, own in heard:
        neuron = column + network.externals
        inside = (row >= before.first) & (row < before.stop) & (neuron >= own.first) & (neuron < own.stop)
        there &= ~inside
    return int(np.count_nonzero(there))
