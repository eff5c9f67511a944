"""Trained networks of Lava (`.net`, the HDF5 exchange format of lava-dl) with Loihi's integer neuron.

The neuron, model "LavaCuba" of `ir.models`, as verified on the trained MNIST network of lava-dl: all values are
integers, x is the sum of weights of the spikes that arrive in a step, times 64:

    u <- decay(u, i_decay) + x, then v <- decay(v, v_decay) + u + bias
    decay(y, d) = sign(y) ((|y| (4096 - d)) >> 12)
    spike and v <- 0 if v > v_threshold = 64 vThMant

Weights carry the factor 64 already, so that the executor adds them as they are. Sources: lava-dl `netx/hdf5.py`
(du = iDecay - 1 with an offset of 1 in the process, dv = vDecay), `slayer/neuron/cuba.py` ("Loihi spikes if voltage >
vth"), lava `proc/lif/models.py` (synaptic input shifted left by 6).

A bias is added to v (bias mantissa, exponent 6), so it is a constant-current row only where the current does not last
from step to step; elsewhere it is the neuron's own parameter and takes no row.

Refused, because it would be another computation: sigma-delta and resonator neurons, graded spikes, complex weights.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.frontend.hdf5.tree import Tree, read_tree
from snnmap.frontend.networks.assemble import Block, Draft, build_network
from snnmap.frontend.networks.linear import Shape, convolution, dense, diagonal, window
from snnmap.frontend.networks.nir.layers import count, fitted
from snnmap.frontend.networks.nir.nodes import Node
from snnmap.frontend.networks.parsed import Imported

SHIFT = 64
"""Synaptic input and threshold mantissa are shifted left by 6 bits."""

SIGMA_DELTA = ("SD", "SIGMA", "DELTA")
"""How types of sigma-delta neurons begin (SDNN, SD_ReLU, Delta, ...)."""

STEP = 1e-3
"""Seconds per step that delays, counted in steps, are written with; Loihi has no fixed step."""


@dataclass(slots=True)
class Chain:
    """The network so far: layers follow one another, each fed by the last population."""

    drafts: list[Draft] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)
    biases: dict[int, F64] = field(default_factory=dict)
    repairs: list[str] = field(default_factory=list)
    shape: Shape = ()
    """Shape in which the next layer sees the last population."""

    def add(self, draft: Draft, matrix: Any = None) -> int:
        """Append a population, fed by the last one through `matrix`; returns its index."""
        self.drafts.append(draft)
        if matrix is not None:
            self.blocks.append(Block(len(self.drafts) - 2, len(self.drafts) - 1, matrix))
        self.shape = draft.shape
        return len(self.drafts) - 1


def read_lava(path: Path, *, strict: bool = False) -> Imported:
    """Network of a Lava `.net` file: input, dense, conv, pool, flatten, average and recurrent layers of CUBA neurons.

    Parameters
    ----------
    path
        HDF5 file as lava-dl exports it.
    strict
        Refuse what would need a repair.

    Raises
    ------
    InputError
        If the file is damaged or foreign, a layer is not supported, or `strict` and something needs a repair.
    """
    tree, digest = read_tree(path, "Lava .net file")
    try:
        chain = _chain(_layers(tree))
        if strict and chain.repairs:
            raise InputError(f"{chain.repairs[0]} (--strict refuses what needs a repair)")
        last = len(chain.drafts) - 1
        _add_biases(chain)
        network = build_network(chain.drafts, chain.blocks, [last])
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    except MemoryError:
        raise InputError(f"{path}: the network needs more memory than there is") from None
    why = "Loihi's integer neuron counts in steps"
    hints: dict[str, object] = {"integration": "step", "reset": "zero", "comparison": ">", "dt": STEP}
    reasons = {
        "integration": why,
        "reset": "Loihi's neuron returns to 0",
        "comparison": "Loihi's neuron spikes above its threshold",
        "dt": f"{why}; 1 ms each is the convention of its data, and delays are written with it",
    }
    return Imported(path.stem, "lava", network, digest, tuple(chain.repairs), hints, reasons)


def _layers(tree: Tree) -> list[Node]:
    """Layers in order, as nodes of their type."""
    layers = tree.get("layer")
    if not isinstance(layers, Mapping) or not layers:
        raise InputError("an HDF5 file, but not a Lava .net file: it has no group 'layer' with layers")
    names = [str(i) for i in range(len(layers))]
    if sorted(layers) != sorted(names):
        raise InputError(f"layers must be numbered from 0 to {len(layers) - 1}, not {', '.join(sorted(layers))}")
    nodes = []
    for name in names:
        values = layers[name]
        kind = _word(values.get("type")) if isinstance(values, Mapping) else ""
        if not kind:
            raise InputError(f"layer {name} has no type")
        nodes.append(Node(f"{kind}{name}", kind, {k: v for k, v in values.items() if k != "type"}))
    return nodes


def _word(value: Any) -> str:
    """A stored string, also as an array of one; "" if it is something else."""
    words = np.asarray(value, object).ravel()
    return str(words[0]) if len(words) == 1 and isinstance(words[0], str) else ""


def _chain(layers: list[Node]) -> Chain:
    """Populations and synapses of all layers."""
    chain = Chain()
    for k, node in enumerate(layers):
        if k and k == len(layers) - 1 and node.type == "dense" and not node.has("neuron"):
            _readout(chain, node)
        elif node.type == "input":
            _input(chain, node)
        elif node.type == "flatten":
            chain.shape = (count(chain.shape),) if chain.shape else ()
        elif node.type in {"dense", "dense_rec", "recurrent"}:
            _dense(chain, node)
        elif node.type in {"conv", "pool"}:
            _conv(chain, node)
        elif node.type == "average":
            _average(chain, node)
        else:
            raise InputError(
                f"{node.title} is of a type that is not supported; supported are input, dense, dense_rec, conv, pool, "
                "flatten, average"
            )
    return chain


def _input(chain: Chain, node: Node) -> None:
    """Network input; with a neuron, x arrives there as weight x + bias, one to one (slayer `block/base.py`)."""
    if chain.drafts:
        raise InputError(f"{node.title} is not the first layer")
    shape = _size(node)
    if shape is None:
        raise InputError(f"{node.title} lacks 'shape'")
    chain.add(Draft("input", "input", "input", shape))
    if not node.has("neuron"):
        return
    weight = float(node.array("weight").ravel()[0]) if node.has("weight") else 1.0
    size = count(shape)
    _population(chain, node, shape, diagonal(np.full(size, SHIFT * weight, np.float32)))
    if node.has("bias"):
        chain.biases[1] = np.full(size, SHIFT * float(node.array("bias").ravel()[0]))


def _dense(chain: Chain, node: Node) -> None:
    """All to all, and in a recurrent layer also from the layer to itself, one step later."""
    weight = _weights(chain, node, "weight")
    if weight.ndim == 1 and chain.shape:
        weight = weight.reshape(-1, count(chain.shape)) if weight.size % count(chain.shape) == 0 else weight
    if weight.ndim != 2:
        raise InputError(f"weight of {node.title} has shape {weight.shape}; (outputs, inputs) is needed")
    if not chain.drafts:
        chain.add(Draft("input", "input", "input", (weight.shape[1],)))
    if count(chain.shape) != weight.shape[1]:
        raise InputError(f"{node.title} takes {weight.shape[1]} values, but {chain.shape} arrives")
    recurrent = next((key for key in ("weight_rec", "recurrent_weight") if node.has(key)), None)
    if recurrent is None and node.type != "dense":
        raise InputError(f"{node.title} lacks 'weight_rec'")
    index = _population(chain, node, (weight.shape[0],), dense(weight), delayed=False)
    _bias(chain, node, index)
    if recurrent is not None:
        loop = _weights(chain, node, recurrent)
        if loop.shape != (weight.shape[0],) * 2:
            raise InputError(f"{recurrent} of {node.title} has shape {loop.shape} for {weight.shape[0]} neurons")
        chain.blocks.append(Block(index, index, dense(loop)))
    _delay(chain, node)


def _readout(chain: Chain, node: Node) -> None:
    """A last layer without neurons (slayer's and bootstrap's `Affine`): its weighted sums are what the network says."""
    weight = _weights(chain, node, "weight")
    weight = weight.reshape(weight.shape[:2]) if weight.ndim > 2 and weight[0, 0].size == 1 else weight
    if weight.ndim != 2 or weight.shape[1] != count(chain.shape):
        raise InputError(f"{node.title} takes {weight.shape[1:]} values, but {chain.shape} arrives")
    chain.add(Draft(node.name, "neuron", "relay", (weight.shape[0],), {"gain": np.array(1 / SHIFT)}), dense(weight))
    chain.repairs.append(f"{node.title} has no neuron; its weighted sums are the output")


def _conv(chain: Chain, node: Node) -> None:
    """Convolution of channels, or the same kernel on every channel (pool)."""
    weight = _weights(chain, node, "weight")
    if weight.ndim == 5 and weight.shape[4] == 1:
        weight = weight[..., 0]
    if weight.ndim != 4:
        raise InputError(f"weight of {node.title} has shape {weight.shape}; (outputs, inputs, height, width) is needed")
    groups = node.integers("groups")[0] if node.has("groups") else 1
    options = {key: node.integers(key) if node.has(key) else ell for key, ell in (("stride", 1), ("padding", 0))}
    over = window(weight.shape[2:], **options, dilation=node.integers("dilation") if node.has("dilation") else 1)
    if not chain.drafts:
        chain.add(Draft("input", "input", "input", (weight.shape[1] * groups, *_smallest(node, over))))
        chain.repairs.append(f"{node.title}: no input layer; took the smallest input that fits, {chain.shape}")
    if len(chain.shape) != 3:
        raise InputError(f"{node.title} takes (channels, height, width), but {chain.shape} arrives")
    if node.type == "pool":
        if weight.shape[:2] != (1, 1):
            raise InputError(f"weight of {node.title} has shape {weight.shape}; (1, 1, height, width) is needed")
        groups = chain.shape[0]
        weight = np.repeat(weight, groups, axis=0)
    if chain.shape[0] != weight.shape[1] * groups:
        raise InputError(f"{node.title} takes {weight.shape[1] * groups} channels, but {chain.shape} arrives")
    shape = (weight.shape[0], *over.output(chain.shape[1:]))
    declared = _size(node)
    if declared is not None and declared != shape:
        chain.repairs.append(f"{node.title} declares shape {declared}; its kernel gives {shape}, which was taken")
    index = _population(chain, node, shape, convolution(weight, chain.shape[1:], over, groups), delayed=False)
    _bias(chain, node, index)
    _delay(chain, node)


def _smallest(node: Node, over: Any) -> Shape:
    """Smallest input (height, width) from which a convolution makes its declared shape."""
    declared = _size(node)
    if declared is None or len(declared) != 3:
        raise InputError(f"{node.title} is the first layer; without an input layer it needs its 'shape'")
    axes = zip(declared[1:], over.kernel, over.stride, over.before, over.dilation, strict=True)
    return tuple(max(1, (n - 1) * s - 2 * p + d * (k - 1) + 1) for n, k, s, p, d in axes)


def _average(chain: Chain, node: Node) -> None:
    """Mean of equal groups of neurons, kept as graded relays."""
    groups = (_size(node) or (0,))[0]
    values = count(chain.shape) if chain.shape else 0
    if groups < 1 or values < 1 or values % groups:
        raise InputError(f"{node.title} cannot split {values} values into {groups} equal groups")
    weight = np.kron(np.eye(groups, dtype=np.float32), np.full((1, values // groups), groups / values, np.float32))
    chain.add(Draft(node.name, "neuron", "relay", (groups,), {"gain": np.array(1.0)}), dense(weight))


def _population(chain: Chain, node: Node, shape: Shape, matrix: Any, delayed: bool = True) -> int:
    """Append the neurons of a layer, and the axonal delays of an input layer."""
    index = chain.add(Draft(node.name, "neuron", "LavaCuba", shape, _neuron(chain, node, shape)), matrix)
    if delayed:
        _delay(chain, node)
    return index


def _neuron(chain: Chain, node: Node, shape: Shape) -> dict[str, F64]:
    """Parameters of Loihi's CUBA neuron."""
    given = node.values.get("neuron")
    if not isinstance(given, Mapping):
        raise InputError(f"{node.title} has no neuron")
    kind = _word(given.get("type"))
    if kind.upper().startswith(SIGMA_DELTA):
        raise InputError(
            f"{node.title} has sigma-delta neurons ({kind}), which send graded changes of an activation, no spikes; "
            "snnmap maps spiking neurons: train the network with CUBA neurons"
        )
    if kind not in {"CUBA", "LOIHI"}:
        raise InputError(f"{node.title} has neurons of type {kind!r}; only CUBA (LOIHI) is supported")
    neuron = Node(node.name, kind, {k: v for k, v in given.items() if k != "type"})
    if neuron.has("gradedSpike") and np.any(neuron.array("gradedSpike")):
        raise InputError(f"{node.title} sends graded spikes, which is not supported")
    if neuron.has("weight_exp") and np.any(neuron.array("weight_exp")):
        raise InputError(f"{node.title} scales its weights by weight_exp, which is not supported")
    ranges = {"iDecay": (0, 4096), "vDecay": (0, 4096), "vThMant": (1, 1 << 17), "refDelay": (1, 1 << 16)}
    parameters: dict[str, F64] = {}
    for key, (low, high) in ranges.items():
        if key == "refDelay" and not neuron.has(key):
            parameters[key] = np.array(1.0)
            continue
        numbers = np.array(neuron.integers(key), np.float64)
        if numbers.min() < low or numbers.max() > high:
            raise InputError(f"{key} of {node.title} must lie in {low}..{high}, not {int(numbers[0])}")
        numbers, repair = fitted(numbers, shape) if numbers.size > 1 else (numbers, "")
        if repair:
            chain.repairs.append(f"{node.title}: {key} was {repair}")
        parameters[key] = numbers
    names = {"i_decay": "iDecay", "v_decay": "vDecay", "v_threshold": "vThMant", "ref_delay": "refDelay"}
    scaled = {new: parameters[old] * (SHIFT if old == "vThMant" else 1) for new, old in names.items()}
    return {**scaled, "bias": np.array(0.0)}


def _delay(chain: Chain, node: Node) -> None:
    """Axonal delays: a population that hands spikes on later, if any delay is not zero."""
    if not node.has("delay"):
        return
    steps = np.floor(node.array("delay").astype(np.float64)).ravel()
    if not np.any(steps):
        return
    shape = chain.shape
    values, repair = fitted(steps if steps.size != count(shape) else steps.reshape(shape), shape)
    if np.min(values) < 0 or np.max(values) > 1 << 16:
        raise InputError(f"delays of {node.title} must lie in 0..65536 steps")
    if repair:
        chain.repairs.append(f"{node.title}: delay was {repair}")
    one_to_one = diagonal(np.ones(count(shape), np.float32))
    chain.add(Draft(f"{node.name}.delay", "neuron", "Delay", shape, {"delay": values * STEP}), one_to_one)


def _weights(chain: Chain, node: Node, key: str) -> npt.NDArray[np.float32]:
    """Integer weights in the executor's units, float32."""
    if isinstance(node.values.get(key), Mapping):
        raise InputError(f"{node.title} has complex weights, which is not supported")
    weight = node.array(key)
    if np.any(weight != np.trunc(weight)):
        chain.repairs.append(f"{node.title}: {key} was cut to integers")
    return (np.trunc(weight) * SHIFT).astype(np.float32)


def _size(node: Node) -> Shape | None:
    """Declared shape without trailing ones beyond three dimensions."""
    shape = node.shape("shape")
    return shape[:3] if shape is not None and len(shape) > 3 and set(shape[3:]) == {1} else shape


def _bias(chain: Chain, node: Node, index: int) -> None:
    """Constant of a layer: one per neuron or channel; a row where the current keeps nothing, else added to v itself."""
    if not node.has("bias") or not np.any(node.array("bias")):
        return
    draft = chain.drafts[index]
    values, _ = fitted(np.trunc(node.array("bias").astype(np.float64)).ravel(), draft.shape)
    if np.all(draft.parameters["i_decay"] == 4096):
        chain.biases[index] = values * SHIFT
        return
    chain.drafts[index] = replace(draft, parameters={**draft.parameters, "bias": values * SHIFT})


def _add_biases(chain: Chain) -> None:
    """One bias source for all constants."""
    from scipy import sparse

    rows = {index: values for index, values in chain.biases.items() if np.any(values)}
    if rows:
        source = chain.add(Draft("bias", "bias", "bias", (1,)))
        chain.blocks += [Block(source, index, sparse.csr_array(row[None, :])) for index, row in rows.items()]
