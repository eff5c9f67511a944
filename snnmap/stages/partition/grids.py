"""Geometry of target populations: which neurons sit where, and which sites of which source planes they listen to.

A *grid* is a set of twins (one per position) that listen to the same *planes* of sources, at sites that depend on the
position alone: a group of a convolution, a channel of a pooling or depthwise layer, a locally connected map. A list
that all neurons of a population share is a grid of one position, each of its inputs a plane. Shapes of populations say
where a neuron is; what it listens to is read from its synapses, so strides, padding, dilation and odd kernels need no
cases of their own. What has no such structure (random and recurrent connections) gives no grid.
"""

from dataclasses import dataclass

import numpy as np

from snnmap.core.arrays import I32, I64, offsets, ranges
from snnmap.ir import Network, Population
from snnmap.stages.partition.atoms import Twins


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Twins of one population by position."""

    at: I64
    """(H, W) list at every position."""
    members: int
    """Neurons of every list."""
    planes: int
    """Planes that every list listens to, one after the other."""
    before: int
    """Inputs of every list ahead of its planes: biases."""
    common: int
    """Inputs of every list besides its planes, `before` included."""
    site_ptr: I64
    """(H W + 1,) first site of every position, in the order of `at`."""
    site: I32
    """Sites, the same in each of the planes."""
    first: int
    """Source id of site 0 of the first plane."""
    area: int
    """Ids from one plane to the next."""


def grids(network: Network, lists: Twins) -> list[Grid]:
    """Grids of `lists`, which are one population and of which each is in one grid; empty if that cannot be."""
    if len(lists) == 1:
        return [_flat(lists, 0)]
    population = network.populations[int(lists.population[0])]
    for shape in _readings(population):
        found = _placed(network, lists, population, shape)
        if found:
            return found
    return []


def _flat(lists: Twins, index: int) -> Grid:
    """A grid of one position, every input a plane of its own."""
    fan_in, members = int(lists.fan_in[index]), int(np.diff(lists.member_ptr)[index])
    return Grid(np.array([[index]]), members, fan_in, 0, 0, np.array([0, 1]), np.zeros(1, np.int32), 0, 1)


def _readings(population: Population) -> list[tuple[int, int, int]]:
    """Shapes (planes, height, width) that a population may have: two dimensions are a map, or channels of a line."""
    shape = population.shape
    if len(shape) == 3:
        return [(shape[0], shape[1], shape[2])]
    if len(shape) == 2:
        return [(1, shape[0], shape[1]), (shape[0], 1, shape[1])]
    return []


def _placed(network: Network, lists: Twins, population: Population, shape: tuple[int, int, int]) -> list[Grid]:
    """Grids of `lists` if the population is of that shape, one per set of channels that agree."""
    _, height, width = shape
    area, members = height * width, np.diff(lists.member_ptr)
    member = lists.member.astype(np.int64) - population.first
    place = member[offsets(members)[:-1]]
    if not np.array_equal(member % area, np.repeat(place % area, members)):
        return []
    groups = np.argsort(place, kind="stable")
    if len(lists) % area or not np.array_equal(place[groups] % area, np.tile(np.arange(area), len(lists) // area)):
        return []
    found = []
    for chosen in groups.reshape(-1, area):
        grid = None
        if len(np.unique(members[chosen])) == 1:
            grid = _heard(network, lists, chosen.reshape(height, width), int(members[chosen[0]]))
        if grid is None:
            return []
        found.append(grid)
    return found


def _heard(network: Network, lists: Twins, at: I64, members: int) -> Grid | None:
    """The grid of the lists `at` if their inputs are the same sites of the same adjacent planes of one population."""
    own, bias = at.ravel(), network.is_bias()
    fan_in = lists.fan_in[own]
    source = lists.source[ranges(lists.ptr[own], fan_in)].astype(np.int64)
    constant, ptr = bias[source], offsets(fan_in)
    spikes = source[~constant]
    before = int(np.count_nonzero(constant[: fan_in[0]] & (source[: fan_in[0]] < spikes[:1])))
    commons = np.add.reduceat(constant, ptr[:-1]) if np.all(fan_in) else fan_in
    if len(spikes) == 0 or np.any(commons != commons[0]) or np.any(fan_in <= commons[0]):
        return None
    ends = np.array([p.stop for p in network.populations])
    heard = np.searchsorted(ends, spikes, side="right")
    if np.any(heard != heard[0]):
        return None
    population = network.populations[int(heard[0])]
    for planes, height, width in _sources(population):
        grid = _sited(spikes - population.first, fan_in - commons[0], height * width)
        if grid is not None:
            found, first, ptr, site = grid
            if found == planes or len(population.shape) == 3 or planes == 1:
                origin = population.first + first * height * width
                return Grid(at, members, found, before, int(commons[0]), ptr, site, origin, height * width)
    return None


def _sources(population: Population) -> list[tuple[int, int, int]]:
    """As `_readings`, channels of a line first, for only those are all heard; without shape, a line."""
    return _readings(population)[::-1] or [(1, 1, population.size)]


def _sited(source: I64, length: I64, area: int) -> tuple[int, int, I64, I32] | None:
    """Planes, the first plane, and the sites of every list (CSR) if all have the same planes and equal sites in each.

    source
        Inputs of one list after the other, ids within the population; `length` of each list.
    """
    ptr = offsets(length)
    plane, site = source // area, (source % area).astype(np.int32)
    first = plane[ptr[:-1]]
    planes = plane[ptr[1:] - 1] - first + 1
    if np.any(first != first[0]) or np.any(planes != planes[0]) or np.any(length % planes):
        return None
    share = length // planes
    turn = np.arange(len(source)) - np.repeat(ptr[:-1], length)
    each = np.repeat(share, length)
    if np.any(plane - np.repeat(first, length) != turn // each):
        return None
    if np.any(site != site[np.repeat(ptr[:-1], length) + turn % each]):
        return None
    return int(planes[0]), int(first[0]), offsets(share), site[turn < each]
