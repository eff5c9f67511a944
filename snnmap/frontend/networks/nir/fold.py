"""From NIR layers to populations and blocks of synapses: chains of linear layers are multiplied out, or relayed.

Between two populations everything is linear, so a path of layers is one matrix and parallel paths add. Multiplying out
a narrow waist would turn thousands of weights into millions of synapses (Nengo's 2000 -> 3 -> 2000); there the values
in the middle become a population of analog relays instead. Pooling is the user's choice: "fold" multiplies it into its
neighbours, "relay" keeps its values. Constants pass through everything and end as currents of one bias source.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.frontend.networks.assemble import Block, Draft, added
from snnmap.frontend.networks.linear import diagonal
from snnmap.frontend.networks.nir.integers import Held, after, in_the_neurons, rows_of, together
from snnmap.frontend.networks.nir.layers import Layer, count, input_layer, layer_of
from snnmap.frontend.networks.nir.nodes import Graph
from snnmap.frontend.options import Pooling

GROWTH = 2
"""A product may have this many times the entries of its factors; beyond, the values in the middle are relayed."""

CHUNK = 1 << 22
"""Multiplications per slice when the entries of a product are counted."""


@dataclass(frozen=True, slots=True, eq=False)
class Folded:
    """What `assemble.build_network` takes, and what was repaired on the way."""

    drafts: tuple[Draft, ...]
    blocks: tuple[Block, ...]
    outputs: tuple[int, ...]
    repairs: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """What a node emits: a sum of populations, each through a matrix, and a constant."""

    terms: Mapping[int, Any]
    """Draft index to csr_array (draft size, size), or none for the identity."""
    bias: F64 | None
    """(size,) or none for zero."""
    pooled: bool
    """Whether every matrix is a product of pooling layers only."""
    held: Held | None = None
    """Integers that the matrices are made of."""


def layers_of(graph: Graph) -> dict[str, Layer]:
    """Every node as a layer, in the order of the graph.

    Raises
    ------
    InputError
        For an unsupported node, missing ends, shapes that contradict one another or cannot be known.
    """
    _check_ends(graph)
    known = {
        name: input_layer(node, [graph.nodes[n] for n in graph.after(name)])
        for name, node in graph.nodes.items()
        if node.type == "Input"
    }
    waiting = [name for name in graph.nodes if name not in known]
    while waiting:
        fed = _resolved(graph, known, [name for name in waiting if any(n in known for n in graph.before(name))])
        # shapes that nothing reaches (cycles without input) must be told by the node itself
        known |= fed or _resolved(graph, known, waiting, limit=1)
        left = [name for name in waiting if name not in known]
        if len(left) == len(waiting):
            raise InputError(
                f"the shape of {graph.nodes[left[0]].title} cannot be known: nothing of known shape feeds it"
            )
        waiting = left
    for source, target in graph.edges:
        if count(known[source].shape) != known[target].size:
            raise InputError(
                f"{graph.nodes[target].title} takes {known[target].size} values, but {graph.nodes[source].title} gives "
                f"{count(known[source].shape)} of shape {known[source].shape}"
            )
    return {name: known[name] for name in graph.nodes}


def _resolved(graph: Graph, known: Mapping[str, Layer], names: Sequence[str], limit: int = 0) -> dict[str, Layer]:
    """Layers of those of `names` whose shape is known by now; at most `limit` of them unless that is 0."""
    layers: dict[str, Layer] = {}
    for name in names:
        arriving = next((known[n].shape for n in graph.before(name) if n in known), None)
        layer = layer_of(graph.nodes[name], arriving)
        if layer is not None:
            layers[name] = layer
        if limit and len(layers) == limit:
            break
    return layers


def _check_ends(graph: Graph) -> None:
    """Inputs and outputs are there, and edges respect them."""
    types = {name: node.type for name, node in graph.nodes.items()}
    for word in ("Input", "Output"):
        if word not in types.values():
            raise InputError(f"the network has no {word} node")
    for source, target in graph.edges:
        if types[target] == "Input" or types[source] == "Output":
            raise InputError(f"edge {source} -> {target} leads into an Input or out of an Output")
    for name, kind in types.items():
        if kind == "Output" and not graph.before(name):
            raise InputError(f"nothing leads to {graph.nodes[name].title}")


def fold(graph: Graph, pooling: Pooling) -> Folded:
    """Populations, blocks and outputs of a graph.

    Raises
    ------
    InputError
        As `layers_of`; also for a cycle that passes no population.
    """
    layers = layers_of(graph)
    drafts: list[Draft] = [_draft(layer) for layer in layers.values() if layer.role in {"input", "population"}]
    index = {draft.name: k for k, draft in enumerate(drafts)}
    values = {name: Value({index[name]: None}, None, pooled=True) for name in index}
    blocks: list[Block] = []
    biases: dict[int, F64] = {}
    held: dict[int, Held] = {}
    for name in _order(graph, layers):
        layer = layers[name]
        value = _applied(_total([values[n] for n in graph.before(name)], layer.size), layer)
        if _relayed(graph, layers, name, value, pooling):
            drafts.append(Draft(name, "neuron", "relay", layer.shape, {"gain": np.array(1.0)}))
            blocks += _blocks(value, len(drafts) - 1, drafts)
            held |= {} if value.held is None else {len(drafts) - 1: value.held}
            value = Value({len(drafts) - 1: None}, value.bias, pooled=True)
        values[name] = value
    outputs: list[int] = []
    for name, layer in layers.items():
        if layer.role not in {"population", "output"}:
            continue
        total = _total([values[n] for n in graph.before(name)], layer.size)
        read = _population_read(total, drafts)
        if layer.role == "output" and read is not None:
            outputs.append(read)
            continue
        target = index.get(name, len(drafts))
        if layer.role == "output":
            drafts.append(Draft(name, "neuron", "relay", layer.shape, {"gain": np.array(1.0)}))
            outputs.append(target)
        blocks += _blocks(total, target, drafts)
        held |= {} if total.held is None else {target: total.held}
        if total.bias is not None:
            biases[target] = total.bias
    whole = in_the_neurons(drafts, blocks, biases, held)
    _add_bias(whole.drafts, whole.blocks, whole.biases)
    told = (*graph.repairs, *_repairs(graph, layers), *whole.repairs)
    return Folded(tuple(whole.drafts), tuple(whole.blocks), tuple(dict.fromkeys(outputs)), told)


def _repairs(graph: Graph, layers: Mapping[str, Layer]) -> list[str]:
    """What was not as it should be in the layers, or of no use."""
    lost = [
        f"{layer.node.title} leads nowhere and was left out"
        for name, layer in layers.items()
        if layer.role in {"linear", "pool", "pass"} and not graph.after(name)
    ]
    return [*(repair for layer in layers.values() for repair in layer.repairs), *lost]


def _draft(layer: Layer) -> Draft:
    """Population of an input or neuron node."""
    if layer.role == "input":
        return Draft(layer.node.name, "input", "input", layer.shape)
    return Draft(layer.node.name, "neuron", layer.node.type, layer.shape, layer.parameters)


def _order(graph: Graph, layers: Mapping[str, Layer]) -> list[str]:
    """Linear nodes so that each follows what feeds it."""
    linear = [name for name, layer in layers.items() if layer.role in {"linear", "pool", "pass"}]
    order: list[str] = []
    waiting = linear
    while waiting:
        ready = [name for name in waiting if not any(n in waiting for n in graph.before(name))]
        if not ready:
            raise InputError(
                f"a cycle through {graph.nodes[waiting[0]].title} passes no neuron, so its values are undefined"
            )
        order += ready
        waiting = [name for name in waiting if name not in ready]
    return order


def _total(values: Sequence[Value], size: int) -> Value:
    """Sum of what arrives at a node of `size` values."""
    if len(values) == 1:
        return values[0]
    terms: dict[int, list[Any]] = {}
    for value in values:
        for key, matrix in value.terms.items():
            terms.setdefault(key, []).append(matrix)
    given = [value.bias for value in values if value.bias is not None]
    summed = {k: m[0] if len(m) == 1 else added([_matrix(one, size) for one in m]) for k, m in terms.items()}
    bias = sum(given[1:], start=given[0]) if given else None
    return Value(summed, bias, all(value.pooled for value in values), together([value.held for value in values]))


def _matrix(matrix: Any, size: int) -> Any:
    """The identity written out."""
    return diagonal(np.ones(size, np.float32)) if matrix is None else matrix


def _applied(value: Value, layer: Layer) -> Value:
    """`value` after a linear layer."""
    bias = value.bias
    terms = value.terms
    pooled = value.pooled and layer.role != "linear"
    if layer.matrix is not None:
        terms = {key: layer.matrix if m is None else product(m, layer.matrix) for key, m in terms.items()}
        bias = None if bias is None else layer.matrix.T.astype(np.float64) @ bias
    if layer.bias is not None:
        bias = layer.bias if bias is None else bias + layer.bias
    return Value(terms, bias, pooled, after(layer, list(value.terms.values()), value.held))


def product(left: Any, right: Any) -> Any:
    """Canonical product in double precision; sums that cancel exactly are no synapses."""
    result = left.astype(np.float64) @ right.astype(np.float64)
    result.sort_indices()
    return result


def grows(left: Any, right: Any) -> bool:
    """Whether a product has more than `GROWTH` times the entries of its factors."""
    limit = GROWTH * (left.nnz + right.nnz)
    work = np.concatenate([[0], np.cumsum(np.diff(right.indptr).astype(np.int64)[left.indices])])
    if work[-1] <= limit:
        return False
    entries, low, rows = 0, 0, left.shape[0]
    steps = work[left.indptr]
    while low < rows and entries <= limit:
        high = min(max(int(np.searchsorted(steps, steps[low] + CHUNK, side="right")) - 1, low + 1), rows)
        entries += product(abs(left[low:high]), abs(right)).nnz
        low = high
    return bool(entries > limit)


def _relayed(graph: Graph, layers: Mapping[str, Layer], name: str, value: Value, pooling: Pooling) -> bool:
    """Whether the values of a linear node become a population rather than being multiplied on."""
    layer = layers[name]
    written = [matrix for matrix in value.terms.values() if matrix is not None]
    if layer.role == "pass" or not written:
        return False
    for follower in _ahead(graph, layers, name):
        pools = value.pooled or follower.role == "pool"
        if pools and pooling == "relay":
            return True
        if not pools and any(grows(matrix, follower.matrix) for matrix in written):
            return True
    return False


def _ahead(graph: Graph, layers: Mapping[str, Layer], name: str) -> list[Layer]:
    """The next layers with a matrix, seen through nodes that only hand on."""
    ahead, waiting = [], graph.after(name)
    while waiting:
        following = [layers[n] for n in waiting]
        ahead += [layer for layer in following if layer.role in {"linear", "pool"}]
        waiting = [n for layer in following if layer.role == "pass" for n in graph.after(layer.node.name)]
    return ahead


def _blocks(value: Value, target: int, drafts: Sequence[Draft]) -> list[Block]:
    """Synapses of everything that `value` sums."""
    size = drafts[target].size
    return [Block(source, target, _matrix(matrix, size)) for source, matrix in value.terms.items()]


def _population_read(value: Value, drafts: Sequence[Draft]) -> int | None:
    """The one neuron population that `value` is, if it is nothing else."""
    if len(value.terms) != 1 or (value.bias is not None and np.any(value.bias)):
        return None
    key, matrix = next(iter(value.terms.items()))
    return key if matrix is None and drafts[key].kind == "neuron" else None


def _add_bias(drafts: list[Draft], blocks: list[Block], biases: Mapping[int, F64]) -> None:
    """A bias source with the constants of all populations, if any is not zero; more where cells hold integers."""
    from scipy import sparse

    name = "bias"
    while any(draft.name == name for draft in drafts):
        name += "_"
    rows = {target: rows_of(bias, drafts[target]) for target, bias in biases.items() if np.any(bias)}
    if rows:
        most = max(len(each) for each in rows.values())
        for target, each in rows.items():
            matrix = sparse.csr_array(np.pad(each, ((0, most - len(each)), (0, 0))))
            blocks.append(Block(len(drafts), target, matrix))
        drafts.append(Draft(name, "bias", "bias", (most,)))
