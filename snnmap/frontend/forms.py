"""Forms of a recipe's layers, read off its connections: nothing is built, however many synapses they have."""

from typing import Literal

from snnmap.frontend.networks.recipe import Recipe
from snnmap.frontend.networks.topology import Connection, planes, synapse_count
from snnmap.ir.forms import LayerForm

Shape = tuple[int, ...]
Pooled = Literal["array", "digital"]
"""Whether averages are cells of crossbars, or taken on the way to them."""


def recipe_forms(recipe: Recipe, pooling: Pooled = "array") -> tuple[LayerForm, ...]:
    """Form of every connection, in the order of the recipe; with `digital` pooling, kernels see what is pooled."""
    shape = {member.name: member.shape for member in recipe.members}
    return tuple(_form(c, shape[c.pre], shape[c.post], pooling) for c in recipe.connections)


def _form(connection: Connection, pre: Shape, post: Shape, pooling: Pooled) -> LayerForm:
    c = connection
    if c.topology in ("conv", "local", "pool"):
        channels, *size = planes(pre)
        outputs, *grid = planes(post)
        folded = (1, 1) if pooling == "digital" else c.pool
        scale = c.pool if pooling == "digital" else (1, 1)
        return LayerForm(
            c.post,
            c.pre,
            c.topology,
            (channels, size[0] // scale[0], size[1] // scale[1]),
            outputs,
            grid=(grid[0], grid[1]),
            kernel=(c.kernel[0] * folded[0], c.kernel[1] * folded[1]),
            stride=(c.stride[0] * folded[0], c.stride[1] * folded[1]),
            padding=(c.padding[0] * folded[0], c.padding[1] * folded[1]),
            groups=c.groups,
        )
    inputs, outputs = _size(pre), _size(post)
    if c.topology == "one-to-one":
        return LayerForm(c.post, c.pre, "one-to-one", (inputs, 1, 1), outputs, groups=inputs)
    drawn = synapse_count(c, pre, post)
    kind: Literal["random", "dense"] = "random" if c.topology == "random" else "dense"
    return LayerForm(c.post, c.pre, kind, (inputs, 1, 1), outputs, drawn=None if drawn == inputs * outputs else drawn)


def _size(shape: Shape) -> int:
    size = 1
    for side in shape:
        size *= side
    return size
