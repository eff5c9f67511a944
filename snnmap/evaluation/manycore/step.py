"""What a time step takes: per level of the network an exchange, a barrier and the computation of the slowest tile.

Levels follow one another within a step, as spikes pass through all layers in the same step. A tile with V products,
S looked-up synapses and n neurons on t threads computes for

    t (product ceil(V / t) + event ceil(S / t) + update ceil(n / t))

cycles: synapses are shared among threads, and neurons are not split. *Dense* arithmetic goes through all of them in
every step and moves a number per source; *active* arithmetic goes through the synapses of sources that were active,
mean of the profile, and moves an index for each. Training takes three times the computation and twice the barriers and
exchanges, for errors go back as values came. Loading inputs and reading outputs are not counted.
"""

from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F64, I64, Bool
from snnmap.evaluation.manycore.layers import Layers, Projection, events_of
from snnmap.evaluation.manycore.tiles import Stored, Tiles, heard_elsewhere, pairs
from snnmap.hardware.targets.manycore import BYTES, INDEX_BYTES, ManyCore

BACKWARD_COMPUTE, BACKWARD_EXCHANGE = 3, 2
"""Of training, in units of a step without it: a product forward, and one each for errors and gradients behind it."""


class StepTime(NamedTuple):
    """Seconds of a time step, by what they are spent on, and what was moved."""

    compute: float
    barrier: float
    exchange: float
    """Within chips."""
    links: float
    """Between chips."""
    moved: float
    """Bytes that tiles receive."""
    utilisation: float
    """Cycles in which tiles issue an instruction, of those that all tiles have; shares 0 to 1."""

    @property
    def total(self) -> float:
        """Seconds."""
        return self.compute + self.barrier + self.exchange + self.links


def step_time(tiles: Tiles, target: ManyCore, stored: Stored, rate: F64 | None = None) -> StepTime:
    """Time of a step: dense, or of what is active, where `rate` (N,) is the share of steps in which a source is."""
    layers = tiles.layers
    cycles, issued = _compute(tiles, target, stored, rate)
    worth = np.full(layers.network.sources, BYTES[stored.number], np.float64) if rate is None else INDEX_BYTES * rate
    level = np.array([p.level for p in layers.network.populations])[tiles.population]
    home = tiles.of_source()
    chip = np.arange(len(tiles.population)) // target.count("tiles")
    compute = exchange = links = moved = 0.0
    levels = np.unique(level)
    for now in levels:
        inside = level == now
        compute += float(cycles[inside].max())
        into, out = _moved(tiles, home, worth, inside)
        exchange += max(float(into.max()), float(out.max())) / target["exchange_bytes"]
        links += _between(tiles, home, chip, worth, inside) / target["link_bytes"]
        moved += float(into.sum())
    barrier = target["barrier_cycles" if chip[-1] == 0 else "far_barrier_cycles"]
    many, twice = (BACKWARD_COMPUTE, BACKWARD_EXCHANGE) if stored.training else (1, 1)
    clock = target["clock"]
    spent = (many * compute, twice * len(levels) * barrier, twice * exchange)
    whole = (sum(spent) + twice * links * clock) * target.tiles(stored.chips)
    return StepTime(
        compute=spent[0] / clock,
        barrier=spent[1] / clock,
        exchange=spent[2] / clock,
        links=twice * links,
        moved=twice * moved,
        utilisation=many * float(issued.sum()) / whole,
    )


def _compute(tiles: Tiles, target: ManyCore, stored: Stored, rate: F64 | None) -> tuple[F64, F64]:
    """Cycles of every tile, and instructions that it issues."""
    layers, threads = tiles.layers, target["threads"]
    updates = tiles.neurons.astype(np.float64)
    work = [(target["update"], updates, np.ceil(updates / threads))]
    if rate is None:
        products, single = tiles.per_tile(layers.products), tiles.per_tile(layers.looked_up)
        work.append((target[f"product_{stored.number}"], products, np.ceil(products / threads)))
        work.append((target["event"], single, np.ceil(single / threads)))
    else:
        events = tiles.per_tile(events_of(layers, rate))
        work.append((target["event"], events, events / threads))  # a mean has fractions
    cycles: F64 = threads * np.sum([cost * turns for cost, _, turns in work], axis=0)
    issued: F64 = np.sum([cost * count for cost, count, _ in work], axis=0)
    return cycles, issued


def _moved(tiles: Tiles, home: I64, worth: F64, inside: Bool) -> tuple[F64, F64]:
    """Bytes that every tile receives and sends for the tiles `inside`; a source is sent once, whoever hears it."""
    count = len(tiles.population)
    into = np.zeros(count)
    sent = np.zeros(len(home), np.bool_)
    for p in _projections(tiles.layers, tiles, inside):
        into += heard_elsewhere(p, tiles, home, worth)
        sent[_leaving(p, tiles, home)] = True
    sent &= home >= 0
    return into, np.bincount(home[sent], weights=worth[sent], minlength=count).astype(np.float64)


def _leaving(projection: Projection, tiles: Tiles, home: I64) -> I64:
    """Sources that some tile hears which does not hold them; may repeat."""
    if not projection.block:
        return pairs(projection, home)[0]
    hearing = np.flatnonzero(tiles.population == projection.population)
    alone = home[projection.heard] == hearing[0] if len(hearing) == 1 else np.zeros(len(projection.heard), np.bool_)
    leaving: I64 = projection.heard[~alone]
    return leaving


def _between(tiles: Tiles, home: I64, chip: I64, worth: F64, inside: Bool) -> float:
    """Bytes that enter the chip that most enter; a source enters a chip once. Inputs come from the host."""
    chips = int(chip[-1]) + 1
    if chips == 1:
        return 0.0
    entered = np.zeros(chips)
    for k in range(chips):
        heard = np.zeros(len(home), np.bool_)
        for p in _projections(tiles.layers, tiles, inside & (chip == k)):
            if p.block:
                heard[p.heard] = True
            else:
                source, tile = pairs(p, home)
                heard[source[chip[tile] == k]] = True
        heard &= home >= 0
        outside = np.flatnonzero(heard)
        entered[k] = worth[outside[chip[home[outside]] != k]].sum()
    return float(entered.max())


def _projections(layers: Layers, tiles: Tiles, inside: Bool) -> list[Projection]:
    """What the populations of the tiles `inside` hear."""
    there = set(tiles.population[inside].tolist())
    return [p for p in layers.projections if p.population in there]
