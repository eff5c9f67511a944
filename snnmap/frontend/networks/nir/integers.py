"""Integers in NIR files: NIR has no place for them, so they stand in the metadata of a node with weights.

=============  ========================================================================================================
`weight_int`   integers of the shape of `weight`
`scale`        what 1 stands for, one number or one per output (channel): `weight` = `scale` x `weight_int`
`bits`         width, 1 to 8; or `levels`, how many integers there are (`ir.integers`)
=============  ========================================================================================================

They are kept wherever the weights of a population are one matrix of integers: scales, of a `Scale` node or of pooling
by equal parts too, go into the neurons (`ir.integers.in_units_of`) and the constants; a negative one, of batch
normalisation for example, turns the signs of its column. What is left of a scale beside a power of two never touches a
weight, so that sums of integers stay exact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.frontend.networks.assemble import Block, Draft
from snnmap.frontend.networks.nir.nodes import Node
from snnmap.ir.integers import BITS, LEVELS, foreign, in_units_of, largest, levels_of

KEY = "weight_int"

ROUNDED = 1e-3
"""How far, in units of the scale, a weight that is written beside its integer may be off: single precision, 8 bits."""


EXACT = 1e-9
"""How far a weight in double precision may be off, in units of the scale, to be its integer."""

MOST_ROWS = 4096
"""Rows that a constant may take."""


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """Weights that are integers, up to a scale for every value that leaves."""

    levels: int
    scale: F64 | None
    """(leaving,) what 1 stands for, 0 or more; none if the weights are no longer integers times one number each."""
    nodes: tuple[str, ...]
    """What messages call the nodes that have the integers."""


def with_integers(node: Node) -> tuple[Node, Held | None]:
    """A node with weights, in double precision the products of its integers; and the integers' scale per output.

    Raises
    ------
    InputError
        If the metadata have integers that are incomplete, out of their range, or not those of the weights.
    """
    if KEY not in node.metadata:
        return node, None
    told = Node(node.name, node.type, node.metadata)
    for key in ("scale",) if told.has("bits") or told.has("levels") else ("scale", "bits"):
        if not told.has(key):
            raise InputError(f"{node.title} has {KEY} in its metadata, but no {key}")
    whole = told.array(KEY).astype(np.float64)
    levels = _levels(told)
    scale = told.array("scale").astype(np.float64)
    if whole.ndim < 2 or (node.has("weight") and node.array("weight").shape != whole.shape):
        raise InputError(f"{KEY} of {node.title} has shape {whole.shape}, which is not that of its weight")
    outputs = whole.shape[0] if node.type.startswith("Conv") else whole.shape[-2]
    if scale.size not in {1, outputs}:
        raise InputError(f"scale of {node.title} has {scale.size} values for {outputs} outputs")
    _check_range(told, whole, levels)
    each = np.resize(scale, outputs)
    per_output = each.reshape(-1, *(1,) * (whole.ndim - 1)) if node.type.startswith("Conv") else each[:, None]
    weight = per_output * whole
    if node.has("weight"):
        off = np.abs(node.array("weight") - weight) > ROUNDED * np.abs(per_output)
        if np.any(off):
            at = _place(off)
            raise InputError(
                f"weight of {node.title} is {node.array('weight')[at]:g} at {at}, but scale x {KEY} is {weight[at]:g}; "
                f"write both anew, or leave out {KEY}"
            )
    return replace(node, values={**node.values, "weight": weight}), Held(levels, np.abs(each), (node.title,))


def _levels(told: Node) -> int:
    """Levels, as `bits` or `levels` say.

    Raises
    ------
    InputError
        If it is no whole number in range.
    """
    key, (low, high) = ("bits", BITS) if told.has("bits") else ("levels", LEVELS)
    number = told.array(key).ravel()
    if number.size != 1 or number[0] != np.rint(number[0]) or not low <= number[0] <= high:
        raise InputError(f"{key} of {told.title} must be {low} to {high}, not {number[:4].tolist()}")
    return levels_of(int(number[0])) if key == "bits" else int(number[0])


def _check_range(told: Node, whole: F64, levels: int) -> None:
    """Refuse integers that are none of the levels; zeros of a tensor that is mostly zero are no synapses."""
    wrong = foreign(whole, levels)
    if 2 * np.count_nonzero(whole) <= whole.size:
        wrong &= whole != 0
    if not np.any(wrong):
        return
    at = _place(wrong)
    most = largest(levels)
    held = f"-{most} .. {most}" if levels % 2 else f"odd numbers from -{most} to {most}"
    width = f"{int(told.array('bits').ravel()[0])} bits" if told.has("bits") else f"{levels} levels"
    raise InputError(f"{KEY} of {told.title} is {whole[at]:g} at {at}, but {width} are {held}; give more bits")


def _place(where: Any) -> tuple[int, ...]:
    """Index of the first true element."""
    return tuple(int(n) for n in np.unravel_index(int(np.argmax(where)), where.shape))


def leaving(held: Held, node: Node, size: int) -> Held:
    """The same for the `size` values that leave a node: a channel has many places, a layer may stand side by side."""
    if held.scale is None:
        return held
    times = size // len(held.scale)
    each = np.repeat(held.scale, times) if node.type.startswith("Conv") else np.tile(held.scale, times)
    return replace(held, scale=each)


def after(layer: Any, terms: Sequence[Any], held: Held | None) -> Held | None:
    """What is known of the integers behind a linear layer that is fed through the matrices `terms`."""
    if layer.held is not None:
        parts = [np.ones(1) if matrix is None else matrix.data for matrix in terms]
        factors = np.unique(np.abs(np.concatenate([*parts, np.zeros(0)])))
        even = len(factors) == 1 and held is None and layer.held.scale is not None
        nodes = (*(held.nodes if held else ()), *layer.held.nodes)
        return Held(layer.held.levels, layer.held.scale * float(factors[0]) if even else None, nodes)
    if held is None or layer.matrix is None:
        return held
    diagonal = layer.node.type == "Scale" and held.scale is not None
    return replace(held, scale=held.scale * np.abs(layer.matrix.data) if diagonal else None)


def together(held: Sequence[Held | None]) -> Held | None:
    """What is known of the integers in a sum: they may stay if all terms have them; the sums must say at what scale."""
    there = [one for one in held if one is not None]
    if not there:
        return None
    first = there[0]
    same = all(one is not None and one.levels == first.levels and one.scale is not None for one in held)
    nodes = tuple(dict.fromkeys(node for one in there for node in one.nodes))
    return Held(first.levels, first.scale if same else None, nodes)


@dataclass(frozen=True, slots=True, eq=False)
class Whole:
    """Populations, blocks and constants once the scales of integers are in the neurons."""

    drafts: list[Draft]
    blocks: list[Block]
    biases: dict[int, F64]
    repairs: list[str]
    """Integers that could not be kept, one sentence each."""


def in_the_neurons(
    drafts: Sequence[Draft], blocks: Sequence[Block], biases: Mapping[int, F64], held: Mapping[int, Held]
) -> Whole:
    """Integers, times a power of two, for the weights into every population that hears nothing else.

    Parameters
    ----------
    drafts, blocks, biases
        As they are without.
    held
        Population to the integers that it hears.
    """
    made = Whole(list(drafts), list(blocks), dict(biases), [])
    for target, integers in held.items():
        scale = None if integers.scale is None else np.where(integers.scale > 0, integers.scale, 1.0)
        own = [k for k, block in enumerate(blocks) if block.post == target]
        draft, top = drafts[target], 1.0 if scale is None else float(scale.max(initial=0.0))
        step = float(2.0 ** np.floor(np.log2(top)))
        unit = np.ones(draft.size) if scale is None else scale / step
        full = {key: np.broadcast_to(np.ravel(values), (draft.size,)) for key, values in draft.parameters.items()}
        parameters = draft.parameters if np.all(unit == 1.0) else in_units_of(unit, draft.model, full)
        exact = [] if scale is None else [blocks[k].matrix.data / scale[blocks[k].matrix.indices] for k in own]
        whole = [np.rint(each) + 0.0 for each in exact]
        off = any(np.any(np.abs(a - b) > EXACT) for a, b in zip(exact, whole, strict=True))
        off |= any(np.any(foreign(each, integers.levels)) for each in whole)
        if scale is None or parameters is None or off:
            why = "other numbers arrive there too, or they do not stay integers on the way"
            why = f"a {draft.model} can take no scale" if parameters is None else why
            made.repairs.append(
                f"the integers of {', '.join(integers.nodes)} are read as numbers at {draft.name!r}: {why}"
            )
            continue
        made.drafts[target] = replace(draft, parameters=parameters, levels=integers.levels, step=step)
        for k, each in zip(own, whole, strict=True):
            made.blocks[k] = replace(blocks[k], matrix=_like(blocks[k].matrix, each * step))
        if target in biases:
            made.biases[target] = biases[target] / unit
    return made


def _like(matrix: Any, data: F64) -> Any:
    """The matrix with other entries in the same places."""
    other = matrix.copy()
    other.data = data
    return other


def rows_of(bias: F64, draft: Draft) -> F64:
    """Constants (n,) of a population as rows of cells, (rows, n): several where one is more than a cell holds."""
    if not draft.levels:
        return bias[None, :]
    full = draft.step * largest(draft.levels)
    left, rows = bias.copy(), []
    while np.any(left):
        rows.append(np.clip(left, -full, full))
        left -= rows[-1]
        if len(rows) > MOST_ROWS:
            raise InputError(f"a constant of {draft.name!r} takes more than {MOST_ROWS:,} rows of its integers")
    return np.array(rows)
