"""Blocks of all layers packed side by side into a chip, beside hxtorch's rule, by which layers never share one.

Matrices are cut as by the rule. A hemisphere's rows are common to its columns, but blocks take turns on them: what a
block's columns hear while another's inputs are sent is not read. So a hemisphere holds any blocks whose outputs fit
beside each other, of whatever layers, and packing is bin packing of widths: first fit by falling width (Johnson et al.,
SIAM J. Comput. 3, 299, 1974). Bins are never more than blocks, so executions are never more than the rule's, which
rounds up layer by layer. The price are turns: blocks of a layer on one hemisphere with other inputs are sent and
converted one after the other. Knows no network.
"""

from collections.abc import Sequence
from typing import NamedTuple

from snnmap.hardware.targets.brainscales2 import Block, BrainScaleS2


class Packed(NamedTuple):
    """A block of a layer, and where it is held."""

    layer: int
    block: Block
    """With the execution and the hemisphere of the packing."""
    column: int
    """First of its columns in the hemisphere."""


def packed(chip: BrainScaleS2, shapes: Sequence[tuple[int, int]]) -> tuple[Packed, ...]:
    """Blocks of layers of (signed inputs, outputs), by layer and then by the rule's order."""
    blocks = [(layer, block) for layer, shape in enumerate(shapes) for block in chip.blocks(*shape)]
    used: list[int] = []
    made: dict[int, Packed] = {}
    for k in sorted(range(len(blocks)), key=lambda k: (-_width(blocks[k][1]), k)):
        layer, block = blocks[k]
        width = _width(block)
        bin_ = next((b for b, taken in enumerate(used) if taken + width <= chip.outputs), len(used))
        if bin_ == len(used):
            used.append(0)
        execution, hemisphere = divmod(bin_, chip.hemispheres)
        made[k] = Packed(layer, block._replace(execution=execution, hemisphere=hemisphere), used[bin_])
        used[bin_] += width
    return tuple(made[k] for k in range(len(blocks)))


def executions(held: Sequence[Packed]) -> int:
    """How often a chip is filled."""
    return 1 + max(each.block.execution for each in held)


def least_executions(chip: BrainScaleS2, shapes: Sequence[tuple[int, int]]) -> int:
    """No packing of these blocks fills a chip less often: all columns that they take, over those of a chip."""
    columns = sum(_width(block) for shape in shapes for block in chip.blocks(*shape))
    return -(-columns // (chip.hemispheres * chip.outputs))


def turns(held: Sequence[Packed], layer: int) -> int:
    """How often a vector of the layer is sent in parts: hemispheres at once, other inputs of one after the other."""
    own = {(h.block.execution, h.block.hemisphere, h.block.inputs) for h in held if h.layer == layer}
    sides = [(execution, hemisphere) for execution, hemisphere, _ in own]
    return sum(
        max(sides.count(side) for side in set(sides) if side[0] == execution) for execution in {e for e, _ in sides}
    )


def _width(block: Block) -> int:
    return block.outputs[1] - block.outputs[0]
