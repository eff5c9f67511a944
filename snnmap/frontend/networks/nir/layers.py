"""What each NIR node is: a population, a linear map, or a mere name, once it is known what arrives at it.

Shapes are taken from what arrives, not from what a node declares; wherever the two differ (batch and time dimensions,
parameters of one value or one per channel, missing or wrong input shapes) the difference is written down as a repair.
One function per family of nodes, all in the table `READERS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.frontend.networks.linear import (
    Shape,
    Window,
    convolution,
    dense,
    diagonal,
    pool,
    repeated,
    window,
    without_structural_zeros,
)
from snnmap.frontend.networks.nir.integers import Held, leaving, with_integers
from snnmap.frontend.networks.nir.nodes import PASS, Node, empty
from snnmap.ir import MODELS

Role = Literal["input", "output", "population", "linear", "pool", "pass"]

NEURONS = tuple(model.name for model in MODELS.values() if model.standard == "NIR")
"""NIR types that become populations."""

DEFAULTS = {"v_reset": 0.0, "w_in": 1.0}
"""Parameters that earlier versions of NIR did not have, and what they mean when absent."""

RANKS = {"Conv1d": 2, "Conv2d": 3, "SumPool2d": 3, "AvgPool2d": 3, "Linear": 1, "Affine": 1}
"""Number of dimensions a node takes, channels included."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One node, interpreted."""

    node: Node
    role: Role
    size: int
    """Number of values that must arrive."""
    shape: Shape
    """Shape of what leaves."""
    matrix: Any = None
    """csr_array (arriving, leaving) of a linear map; none for the identity."""
    bias: F64 | None = None
    """(leaving,) constant added by a linear map."""
    parameters: Mapping[str, F64] = field(default_factory=dict)
    """Of a population; () or (size,)."""
    repairs: tuple[str, ...] = ()
    held: Held | None = None
    """Integers that the matrix is made of."""


def count(shape: Shape) -> int:
    """Number of values of a shape."""
    return int(np.prod(shape, dtype=np.int64))


def squeezed(shape: Shape) -> Shape:
    """Shape without leading ones."""
    while len(shape) > 1 and shape[0] == 1:
        shape = shape[1:]
    return shape


def layer_of(node: Node, arriving: Shape | None) -> Layer | None:
    """The node as a layer; none if its shape needs to be known from what arrives and `arriving` is none.

    Raises
    ------
    InputError
        If the type is not supported, or the node contradicts itself or what arrives.
    """
    reader = READERS.get(node.type)
    if reader is None:
        hint = " (max pooling is not a crossbar operation)" if "max" in node.type.lower() else ""
        raise InputError(f"{node.title} is of a type that is not supported{hint}; supported are {', '.join(READERS)}")
    try:
        node, held = with_integers(node)
        layer = reader(node, arriving)
        return layer if held is None or layer is None else replace(layer, held=leaving(held, node, count(layer.shape)))
    except InputError as error:
        text = str(error)
        raise InputError(text if node.title in text else f"{node.title}: {text}") from None


def input_layer(node: Node, followers: list[Node]) -> Layer:
    """A network input; batch and time dimensions are those that the first node it feeds cannot take."""
    shape = node.shape("shape")
    repairs = []
    follower = next((f for f in followers if f.type in RANKS), None)
    if shape is None:
        if follower is None or RANKS[follower.type] != 1:
            raise InputError(f"{node.title} declares no shape, and nothing that it feeds tells it")
        shape = (follower.array("weight").shape[-1],)
        repairs.append(f"{node.title} declares no shape; took {shape} from {follower.title}")
    drop = _surplus(shape, follower) if follower else 0
    if drop:
        repairs.append(f"{node.title}: dropped batch or time dimensions {shape[:drop]} of {shape}")
        shape = shape[drop:]
    return Layer(node, "input", 0, shape, repairs=tuple(repairs))


def _surplus(shape: Shape, follower: Node) -> int:
    """Leading dimensions of an input that `follower` has no use for."""
    drop = max(len(shape) - RANKS[follower.type], 0)
    if RANKS[follower.type] > 1 or drop == 0:
        return drop
    weight = follower.array("weight")
    if count(weight.shape[:-2]) > 1:
        return 0
    return drop if shape[-1:] == weight.shape[-1:] else 0


def _handed_on(node: Node, arriving: Shape | None) -> Layer | None:
    """Output of the network, input or output of a nested graph, or an identity: declares a shape, changes nothing."""
    if arriving is None:
        return None
    declared = node.shape("shape") or node.shape("input_type")
    differs = declared is not None and declared != arriving
    repair = f"{node.title} declares shape {declared}; {arriving} arrives and was kept"
    role: Role = "output" if node.type == "Output" else "pass"
    return Layer(node, role, count(arriving), arriving, repairs=(repair,) if differs else ())


def _flatten(node: Node, arriving: Shape | None) -> Layer | None:
    """Flatten dimensions start..end; a declared shape with one dimension more counts the batch as dimension 0."""
    if arriving is None:
        return None
    start = node.integers("start_dim")[0] if node.has("start_dim") else 1
    end = node.integers("end_dim")[0] if node.has("end_dim") else -1
    declared = node.integers("input_type") if node.has("input_type") and not empty(node.values["input_type"]) else None
    repairs = []
    if declared is not None and declared != arriving:
        repairs.append(f"{node.title} declares input {declared}; {arriving} arrives and was taken")
        if len(declared) == len(arriving) + 1:
            start, end = max(start - 1, 0), end - 1 if end > 0 else end
    rank = len(arriving)
    first, last = (d + rank if d < 0 else d for d in (start, end))
    if rank == 1:
        first = last = 0
    if not 0 <= first <= last < rank:
        raise InputError(f"cannot flatten dimensions {start} to {end} of {arriving}")
    shape = (*arriving[:first], count(arriving[first : last + 1]), *arriving[last + 1 :])
    return Layer(node, "pass", count(arriving), shape, repairs=tuple(repairs))


def _linear(node: Node, arriving: Shape | None) -> Layer:
    """Linear or Affine: weight (outputs, inputs), or a stack of them for leading dimensions."""
    weight = node.array("weight")
    repairs = []
    if weight.ndim < 2:
        raise InputError(f"weight has shape {weight.shape}; (outputs, inputs) is needed")
    if weight.ndim > 2 and squeezed(weight.shape[:-2]) == (1,):
        repairs.append(f"{node.title}: dropped leading dimensions of weight {weight.shape}")
        weight = weight.reshape(weight.shape[-2:])
    outputs, inputs = weight.shape[-2:]
    lead = weight.shape[:-2]
    if lead:
        matrix, shape = _stacked(weight), (*lead, outputs)
    elif arriving is not None and count(arriving) != inputs and arriving[-1] == inputs:
        repairs.append(f"{node.title} takes {inputs} values; applied along the last dimension of {arriving}")
        matrix, shape = repeated(dense(weight), count(arriving[:-1])), (*arriving[:-1], outputs)
    else:
        matrix, shape = dense(weight), (outputs,)
        if arriving is not None and count(arriving) == inputs and arriving != (inputs,):
            repairs.append(f"{node.title}: {arriving} arrives and was flattened")
    bias = None
    if node.type == "Affine":
        bias, repaired = _bias(node, outputs if not lead else count(shape))
        repairs += repaired
        bias = np.tile(bias, count(shape) // len(bias))
    return Layer(node, "linear", matrix.shape[0], shape, matrix, bias, repairs=tuple(repairs))


def _stacked(weight: npt.NDArray[Any]) -> Any:
    """Block-diagonal matrix of a stack of weights (..., outputs, inputs)."""
    from scipy import sparse

    blocks = [dense(one) for one in weight.reshape(-1, *weight.shape[-2:])]
    return without_structural_zeros(sparse.csr_array(sparse.block_diag(blocks, format="csr")), weight)


def _bias(node: Node, values: int) -> tuple[F64, list[str]]:
    """One constant per output (channel)."""
    if not node.has("bias"):
        return np.zeros(values), [f"{node.title} has no bias; took 0"]
    bias = node.array("bias").astype(np.float64).ravel()
    if bias.size not in {1, values}:
        raise InputError(f"bias has {bias.size} values for {values} outputs")
    repairs = [f"{node.title}: one bias for all {values} outputs"] if bias.size != values else []
    return np.resize(bias, values), repairs


def _scale(node: Node, arriving: Shape | None) -> Layer:
    """Element-wise product."""
    scale = node.array("scale")
    shape = scale.shape if arriving is None else arriving
    values, repair = fitted(scale, shape)
    matrix = diagonal(np.ascontiguousarray(values))
    repairs = (f"{node.title}: scale of shape {scale.shape} was {repair}",) if repair else ()
    return Layer(node, "linear", count(shape), shape, matrix, repairs=repairs)


def _convolution(node: Node, arriving: Shape | None) -> Layer | None:
    """Conv1d or Conv2d."""
    weight = node.array("weight")
    axes = RANKS[node.type] - 1
    if weight.ndim != axes + 2:
        raise InputError(f"weight has shape {weight.shape}; {axes + 2} dimensions are needed")
    groups = node.integers("groups")[0] if node.has("groups") else 1
    channels = weight.shape[1] * groups
    declared = node.shape("input_shape")
    if arriving is None and declared is None:
        return None
    shape, repairs = _planes(node, arriving, channels, declared)
    over = _window(node, weight.shape[2:])
    bias, more = _bias(node, weight.shape[0])
    places = over.output(shape[1:])
    matrix = convolution(weight, shape[1:], over, groups)
    spread = np.repeat(bias, count(places))
    return Layer(node, "linear", count(shape), (weight.shape[0], *places), matrix, spread, repairs=(*repairs, *more))


def _planes(node: Node, arriving: Shape | None, channels: int, declared: Shape | None) -> tuple[Shape, list[str]]:
    """(channels, *size) that a convolution gets."""
    axes = RANKS[node.type] - 1
    if declared is not None and len(declared) != axes:
        declared = declared * axes if len(declared) == 1 else declared[-axes:]
    if arriving is None:
        return (channels, *(declared or ())), []
    shape = squeezed(arriving) if len(arriving) > axes + 1 else arriving
    if len(shape) == axes and channels == 1:
        shape = (1, *shape)
    if len(shape) != axes + 1 and declared is not None and count(arriving) == channels * count(declared):
        shape = (channels, *declared)
    if len(shape) != axes + 1 or shape[0] != channels:
        raise InputError(f"takes {channels} channels of {axes} dimensions, but {arriving} arrives")
    repairs = [f"{node.title}: {arriving} arrives and was read as {shape}"] if shape != arriving else []
    if declared is None:
        repairs.append(f"{node.title} has no input_shape; took {shape[1:]} from what arrives")
    elif declared != shape[1:]:
        repairs.append(f"{node.title} declares input_shape {declared}; {shape[1:]} arrives and was taken")
    return shape, repairs


def _window(node: Node, kernel: Shape) -> Window:
    """Stride, padding and dilation as one number, one per axis, or absent (1, 0, 1)."""
    stride = node.integers("stride") if node.has("stride") else 1
    dilation = node.integers("dilation") if node.has("dilation") else 1
    padding: Any = node.values.get("padding", 0)
    if not isinstance(padding, str):
        padding = node.integers("padding") if node.has("padding") else 0
    return window(kernel, stride, padding, dilation)


def _pool(node: Node, arriving: Shape | None) -> Layer | None:
    """SumPool2d or AvgPool2d."""
    if arriving is None:
        return None
    shape = squeezed(arriving) if len(arriving) > 3 else arriving
    if len(shape) != 3:
        raise InputError(f"pools (channels, height, width), but {arriving} arrives")
    kernel = node.integers("kernel_size")
    kernel = kernel * 2 if len(kernel) == 1 else kernel
    repairs = [f"{node.title}: {arriving} arrives and was read as {shape}"] if shape != arriving else []
    values = dict(node.values)
    if not node.has("stride"):
        values["stride"] = np.array(kernel)
        repairs.append(f"{node.title} has no stride; took its kernel size")
    over = _window(Node(node.name, node.type, values), kernel)
    matrix = pool(shape[0], shape[1:], over, average=node.type == "AvgPool2d")
    leaving = (shape[0], *over.output(shape[1:]))
    return Layer(node, "pool", count(shape), leaving, matrix, repairs=tuple(repairs))


def _neuron(node: Node, arriving: Shape | None) -> Layer | None:
    """A population: parameters of one shape, of one value, or one per channel."""
    known = MODELS[node.type].parameters
    given = {key: node.array(key) for key in known if node.has(key) or key not in DEFAULTS}
    own = max((value.shape for value in given.values()), key=count)
    if arriving is None and own == ():
        return None
    shape = own if arriving is None else arriving
    repairs: dict[str, None] = {}
    parameters: dict[str, F64] = {key: np.array(value) for key, value in DEFAULTS.items() if key in known}
    for key, value in given.items():
        refusal = known[key].refusal(value)
        if refusal:
            raise InputError(f"{key} {refusal}; its smallest value is {value.min()}")
        fit, repair = fitted(value, shape)
        parameters[key] = fit.astype(np.float64)
        if repair:
            repairs[f"{node.title}: parameters of shape {value.shape} were {repair}"] = None
    return Layer(node, "population", count(shape), shape, parameters=parameters, repairs=tuple(repairs))


def fitted(values: npt.NDArray[Any], shape: Shape) -> tuple[npt.NDArray[Any], str]:
    """`values` for every element of `shape`, flat, and what had to be done to them ("" for nothing).

    Raises
    ------
    InputError
        If no reading of the values fits.
    """
    n = count(shape)
    if values.shape == shape:
        return values.ravel(), ""
    if values.size == n and squeezed(values.shape) == squeezed(shape):
        return values.ravel(), f"read as {shape} (batch or time dimensions dropped)"
    if values.size == 1:
        return np.broadcast_to(values.ravel(), (n,)), f"applied to all {n} values of {shape}"
    if values.size == n:
        return values.ravel(), f"read as {shape} in C order"
    short = squeezed(values.shape)
    if len(short) == 1 and len(shape) > 1 and short[0] == shape[0]:
        short = (short[0], *(1 for _ in shape[1:]))
    if len(short) == len(shape) and all(a in {1, b} for a, b in zip(short, shape, strict=True)):
        return np.broadcast_to(values.reshape(short), shape).ravel(), f"repeated over {shape}, one value per channel"
    raise InputError(f"values of shape {values.shape} do not fit {shape}, which arrives")


READERS: dict[str, Callable[[Node, Shape | None], Layer | None]] = {
    "Input": _handed_on,
    "Output": _handed_on,
    "Linear": _linear,
    "Affine": _linear,
    "Conv1d": _convolution,
    "Conv2d": _convolution,
    "SumPool2d": _pool,
    "AvgPool2d": _pool,
    "Flatten": _flatten,
    "Scale": _scale,
    **dict.fromkeys(NEURONS, _neuron),
    "Identity": _handed_on,
    PASS: _handed_on,
}
"""How every supported type of node is read."""
