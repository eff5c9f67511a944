"""From populations and sparse blocks of weights to one `Network`: levels, numbering, CSR, weight grid.

Every network reader ends here. Nothing is known of file formats or of what a neuron computes.

Method. The population graph is walked depth first from the inputs, in the order given; an edge back to a population on
the current path is *delayed* and leaves the graph acyclic. A population's level is the longest path to it over the
remaining edges, at least 1 for neurons. A delayed edge closes a cycle of forward edges, so its target never has the
higher level: exactly the rule by which `snnmap.ir` tells delayed synapses from immediate ones.

Memory. Blocks hold 8 bytes per synapse and so does the network; the fill works in slices of a few million entries, so
10^8 synapses take 1.6 GB and little more.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F32, F64, I32, I64, offsets, ranges
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.core.exact import grid_of, on_grid
from snnmap.ir import Kind, Network, Population, declared

if TYPE_CHECKING:
    from scipy.sparse import csr_array

SLICE = 1 << 22
"""Entries written at a time."""

RANK: dict[Kind, int] = {"input": 0, "bias": 1, "neuron": 2}


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """A population before it has a place in a network."""

    name: str
    kind: Kind
    model: str
    """A key of `ir.MODELS`."""
    shape: tuple[int, ...]
    parameters: Mapping[str, F64] = field(default_factory=dict)
    """Per parameter a scalar or one value per source in C order; SI units."""
    levels: int = 0
    """As in `ir.Population`, and so is the step."""
    step: float = 1.0

    @property
    def size(self) -> int:
        """Number of sources."""
        return int(np.prod(self.shape, dtype=np.int64))


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """All synapses from one population to another (blocks with equal ends add)."""

    pre: int
    """Index of the sending draft."""
    post: int
    """Index of the receiving draft, a neuron population."""
    matrix: "csr_array"
    """(pre size, post size) weights; every stored entry is a synapse, also a stored zero. Not modified."""


def build_network(drafts: Sequence[Draft], blocks: Sequence[Block], outputs: Sequence[int]) -> Network:
    """Number the sources, order the synapses, round the weights to the grid of their target population.

    Parameters
    ----------
    drafts
        Populations in any order; the order breaks ties within a level.
    blocks
        Synapses; indices refer to `drafts`.
    outputs
        Indices of the drafts that the network's outputs read.

    Raises
    ------
    InputError
        For a repeated name, a block of the wrong shape or target, or a weight that is not finite.
    InfeasibleError
        If there are no neurons.
    """
    _check(drafts, blocks)
    level = levels([draft.kind for draft in drafts], [(block.pre, block.post) for block in blocks])
    order = sorted(range(len(drafts)), key=lambda d: (RANK[drafts[d].kind], level[d], d))
    place = {d: p for p, d in enumerate(order)}
    first = offsets([drafts[d].size for d in order])
    if first[-1] > np.iinfo(np.int32).max:
        raise InputError(f"the network has {first[-1]:,} sources; at most 2^31 - 1 can be numbered")
    populations = tuple(
        Population(d.name, d.kind, d.model, int(first[p]), d.shape, level[order[p]], _parameters(d), d.levels, d.step)
        for p, d in enumerate(drafts[k] for k in order)
    )
    merged = _merged(blocks, place)
    largest = np.zeros(len(populations))
    for (_, post), matrix in merged.items():
        largest[post] = max(largest[post], _largest(matrix.data, populations[post].name))
    grid = np.array([grid_of(value) for value in largest])
    indptr, post_id, weight = _fill(populations, merged, grid)
    return Network(populations, indptr, post_id, weight, grid, tuple(place[d] for d in outputs))


def levels(kinds: Sequence[Kind], edges: Sequence[tuple[int, int]]) -> list[int]:
    """Level of every population: 0 for externals, else the longest path to it once cycles are cut (module docstring).

    Parameters
    ----------
    kinds
        Kind of every population.
    edges
        Pairs (pre, post) of population indices; repeats and self-loops are allowed.
    """
    successors: list[list[int]] = [sorted({post for pre, post in edges if pre == p}) for p in range(len(kinds))]
    external = [kind != "neuron" for kind in kinds]
    roots = sorted(range(len(kinds)), key=lambda p: (RANK[kinds[p]], p))
    finished, back = _depth_first(roots, successors)
    level = [0 if outside else 1 for outside in external]
    for p in reversed(finished):
        for q in successors[p]:
            if (p, q) not in back:
                level[q] = max(level[q], level[p] + 1)
    assert all(level[q] <= level[p] for p, q in back)
    return level


def _depth_first(roots: Sequence[int], successors: Sequence[Sequence[int]]) -> tuple[list[int], set[tuple[int, int]]]:
    """Nodes in the order in which a depth-first search leaves them, and its edges back to the path it is on."""
    state = [0] * len(successors)  # 0 unseen, 1 on the path, 2 left
    finished: list[int] = []
    back: set[tuple[int, int]] = set()
    for root in roots:
        path: list[tuple[int, Iterator[int]]] = []
        if state[root] == 0:
            state[root] = 1
            path.append((root, iter(successors[root])))
        while path:
            node, rest = path[-1]
            following = next(rest, -1)
            if following < 0:
                state[node] = 2
                finished.append(node)
                path.pop()
            elif state[following] == 1:
                back.add((node, following))
            elif state[following] == 0:
                state[following] = 1
                path.append((following, iter(successors[following])))
    return finished, back


def _check(drafts: Sequence[Draft], blocks: Sequence[Block]) -> None:
    """Refuse what `Network` could not express."""
    names = [draft.name for draft in drafts]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise InputError(f"population name {twice[0]!r} is used more than once")
    if not any(draft.kind == "neuron" and draft.size for draft in drafts):
        raise InfeasibleError("neurons", 1, 0, "The network is empty: give one with at least one neuron.")
    for block in blocks:
        pre, post = drafts[block.pre], drafts[block.post]
        if post.kind != "neuron":
            raise InputError(f"synapses from {pre.name!r} lead to {post.name!r}, which is not a neuron population")
        if block.matrix.shape != (pre.size, post.size):
            rows, columns = block.matrix.shape
            raise InputError(
                f"weights from {pre.name!r} to {post.name!r} are {rows} x {columns}, but the populations have "
                f"{pre.size} and {post.size} sources"
            )


def _parameters(draft: Draft) -> dict[str, F64]:
    """Parameters of the model as read-only float64 (size,); scalars as zero-stride views."""
    result: dict[str, F64] = {}
    for key in declared(draft.model, draft.parameters):
        if key not in draft.parameters:
            raise InputError(f"population {draft.name!r} ({draft.model}) lacks {key}")
        values = np.asarray(draft.parameters[key], np.float64).ravel()
        if values.size not in {1, draft.size}:
            raise InputError(f"{key} of {draft.name!r} has {values.size} values for {draft.size} neurons")
        uniform = values.size == 1 or (values.size > 0 and bool(np.all(values == values[0])))
        result[key] = np.broadcast_to(values[:1].copy() if uniform else values.copy(), (draft.size,))
    return result


def _merged(blocks: Sequence[Block], place: Mapping[int, int]) -> dict[tuple[int, int], Any]:
    """One canonical matrix per (pre, post) pair of places, pairs in ascending order."""
    groups: dict[tuple[int, int], list[Any]] = {}
    for block in blocks:
        groups.setdefault((place[block.pre], place[block.post]), []).append(block.matrix)
    return {key: added(groups[key]) for key in sorted(groups)}


def added(matrices: Sequence[Any]) -> Any:
    """Sum of sparse matrices of one shape as canonical CSR; unlike `+` it keeps stored zeros."""
    from scipy import sparse

    if len(matrices) > 1:
        parts = [matrix.tocoo() for matrix in matrices]
        rows, columns = (np.concatenate([part.coords[axis] for part in parts]) for axis in (0, 1))
        data = np.concatenate([part.data.astype(np.float64, copy=False) for part in parts])
        total = sparse.csr_array(sparse.coo_array((data, (rows, columns)), shape=matrices[0].shape))
    else:
        total = matrices[0].tocsr()
    if not total.has_canonical_format:
        total = total.copy() if total is matrices[0] else total
        total.sum_duplicates()
    return total


def _largest(values: npt.NDArray[Any], target: str) -> float:
    """Largest magnitude of weights, by slices.

    Raises
    ------
    InputError
        If one is not finite.
    """
    largest = 0.0
    for start in range(0, len(values), SLICE):
        high = float(np.max(np.abs(values[start : start + SLICE]), initial=0.0))
        if not high < float(np.finfo(np.float32).max):
            raise InputError(f"a weight into {target!r} is not a finite single-precision number")
        largest = max(largest, high)
    return largest


def _fill(populations: Sequence[Population], merged: Mapping[tuple[int, int], Any], grid: F64) -> tuple[I64, I32, F32]:
    """CSR arrays of the whole network."""
    counts = np.zeros(populations[-1].stop, np.int64)
    for (pre, _), matrix in merged.items():
        counts[populations[pre].first : populations[pre].stop] += np.diff(matrix.indptr)
    indptr = offsets(counts)
    free = indptr[:-1].copy()
    post = np.empty(indptr[-1], np.int32)
    weight = np.empty(indptr[-1], np.float32)
    for (pre, to), matrix in merged.items():
        rows = slice(populations[pre].first, populations[pre].stop)
        entries = np.diff(matrix.indptr).astype(np.int64)
        for low, high in _slices(matrix.indptr):
            span = slice(int(matrix.indptr[low]), int(matrix.indptr[high]))
            at = ranges(free[rows][low:high], entries[low:high])
            post[at] = matrix.indices[span] + np.int32(populations[to].first)
            weight[at] = on_grid(matrix.data[span], float(grid[to]))
        free[rows] += entries
    for array in (indptr, post, weight):
        array.flags.writeable = False  # `Network` need not copy what nobody can write
    return indptr, post, weight


def _slices(indptr: npt.NDArray[Any]) -> Iterator[tuple[int, int]]:
    """Row ranges (low, high) that hold about `SLICE` entries each, at least one row."""
    low, rows = 0, len(indptr) - 1
    while low < rows:
        high = int(np.searchsorted(indptr, indptr[low] + SLICE, side="right")) - 1
        high = min(max(high, low + 1), rows)
        yield low, high
        low = high
