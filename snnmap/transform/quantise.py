"""Weights rounded to a few integers per population, and the neurons that go with them; knows no cell and no data.

Every population gets one *scale* s, and each weight w into it becomes s k, where k is the nearest of its levels
(`ir.integers`) to w / s. How s is chosen:

`max`
    The largest weight becomes the largest integer: nothing is clipped.
`percentile`
    The weight that `PERCENTILE` per cent do not exceed does: outliers are clipped (Wu et al. 2020, arXiv 2004.09602,
    compare 99.9 to 99.9999 %; recalled).
`mse`
    The sum of the squared errors is least: the best of `CANDIDATES` scales between 0 and that of `max`, then the
    integers and the scale that is best for them in turn, as in Lloyd's algorithm, until neither changes.

Sums stay exact. The weights that a network then has are k times a power of two; what is left of s, 1 to 2, divides
the neurons' thresholds, resets and leak potentials (`ir.integers.in_units_of`). Where nothing can take it, s itself is
a power of two (delays, recordings) or an integer (Loihi's neurons), not below the s that was chosen.

A bias is rounded to a multiple of s and spread over as many bias rows as it takes, each of them one of the levels: as
rows of cells must hold it. Weights that are such integers already keep them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from snnmap.core.arrays import F64, I64, offsets, row_of_entry
from snnmap.core.errors import InputError
from snnmap.core.exact import grid_of
from snnmap.core.suggest import suggestion
from snnmap.ir import Network, Population, Rounding
from snnmap.ir.integers import LEVELS, QUANTISERS, Quantiser, foreign, in_units_of, largest, nearest

PERCENTILE = 99.9
CANDIDATES = 256
MOST_ROWS = 4096
"""Rows that the bias of one neuron may take; more are a scale that was chosen wrongly."""


Part = tuple[I64, I64, F64]
"""Some synapses: their number in the old network, the copy of their source (of a bias, else 0), and their weight."""


@dataclass(frozen=True, slots=True, eq=False)
class Quantised:
    """A network of integer weights and what rounding did."""

    network: Network
    roundings: tuple[Rounding, ...]
    """One for every population that hears something besides biases."""


def quantise(network: Network, quantiser: Quantiser, levels: int) -> Quantised:
    """`network` with the weights into every population rounded to `levels` integers times one scale.

    Parameters
    ----------
    quantiser
        How scales are chosen (module docstring).
    levels
        Values of a weight, as `ir.integers.levels_of` has them for a number of bits.

    Returns
    -------
    Quantised
        Populations keep their names and sizes, but for biases, which may become more rows.

    Raises
    ------
    InputError
        If there is no such quantiser, `levels` is out of range, or a bias would take more than `MOST_ROWS` rows.
    """
    if quantiser not in QUANTISERS:
        raise InputError(f"no quantiser is called {str(quantiser)!r}; {suggestion(str(quantiser), QUANTISERS)}")
    if not LEVELS[0] <= levels <= LEVELS[1]:
        raise InputError(f"weights take {LEVELS[0]} to {LEVELS[1]} levels, not {levels}")
    target = network.population_of()[network.post]
    constant = network.is_bias()[row_of_entry(network.indptr)]
    populations, roundings = list(network.populations), []
    parts: list[Part] = []
    for index, p in enumerate(network.populations):
        into = np.flatnonzero(target == index)
        own, biases = into[~constant[into]], into[constant[into]]
        weight = network.weight[own].astype(np.float64)
        if not len(own):  # nothing but a bias: there is no scale to share
            parts.append((biases, np.zeros(len(biases), np.int64), network.weight[biases].astype(np.float64)))
            continue
        count = min(p.levels or levels, levels)
        scale = _kept(weight, p, count) or _possible(_scale(np.abs(weight), quantiser, count), p)
        populations[index] = _in_levels(p, count, scale)
        step, whole = populations[index].step, nearest(weight / scale, count)
        parts.append((own, np.zeros(len(own), np.int64), whole * step))
        entry, turn, share = _rows(np.rint(network.weight[biases].astype(np.float64) / scale), count)
        parts.append((biases[entry], turn, share * step))
        rows = int(turn.max(initial=-1)) + 1
        roundings.append(_rounding(p.name, (count, scale, rows), weight, whole * scale))
    return Quantised(_assembled(network, populations, parts), tuple(roundings))


def _in_levels(p: Population, levels: int, scale: float) -> Population:
    """The population, once the integers into it stand for `scale` in the units that it had."""
    step = float(2.0 ** np.floor(np.log2(scale)))
    if step == scale:
        return replace(p, levels=levels, step=step)
    parameters = in_units_of(np.broadcast_to(scale / step, (p.size,)), p.model, p.parameters)
    if parameters is None:
        return replace(p, levels=levels, step=scale)
    return replace(p, levels=levels, step=step, parameters=parameters)


def _kept(weight: F64, population: Population, levels: int) -> float:
    """The scale of weights that are such integers already; 0 if they are not."""
    if population.levels and population.levels <= levels:
        return population.step
    top, exponent = float(np.abs(weight).max()), -149
    if top == 0.0:
        return 1.0
    exponent = int(np.floor(np.log2(top))) - 52
    whole = weight / 2.0**exponent
    if np.any(whole != np.rint(whole)):
        return 0.0
    common = int(np.gcd.reduce(np.abs(whole).astype(np.int64)))
    return 0.0 if np.any(foreign(whole / common, levels)) else common * 2.0**exponent


def _possible(scale: float, population: Population) -> float:
    """The scale, or the least above it that the population can do with."""
    if population.model == "LavaCuba":
        return max(1.0, float(np.ceil(scale)))
    unit = np.ones(population.size)
    if in_units_of(unit, population.model, population.parameters) is None:
        return float(2.0 ** np.ceil(np.log2(scale)))
    return scale


def _scale(size: F64, quantiser: Quantiser, levels: int) -> float:
    """Scale for weights of magnitudes `size`, not all zero."""
    ordered = np.sort(size)
    top = float(ordered[-1])
    if quantiser == "mse":
        return _least_squares(ordered, levels)
    if quantiser == "percentile":
        rank = int(np.ceil(PERCENTILE / 100 * len(ordered))) - 1
        top = float(ordered[rank]) or top
    return top / largest(levels)


def _least_squares(ordered: F64, levels: int) -> float:
    """Scale of the least sum of squared errors, from prefix sums over the ordered magnitudes."""
    magnitude = np.arange(levels % 2 == 0, largest(levels) + 1, 2 - levels % 2, dtype=np.float64)
    sums = np.concatenate([[0.0], np.cumsum(ordered)])
    squares = float(np.cumsum(ordered**2)[-1])

    def cut(scale: float) -> tuple[F64, F64]:
        """Count and sum of the weights that every magnitude takes."""
        bounds = (magnitude[1:] + magnitude[:-1]) / 2 * scale
        at = np.concatenate([[0], np.searchsorted(ordered, bounds), [len(ordered)]])
        return np.diff(at).astype(np.float64), np.diff(sums[at])

    def error(scale: float) -> float:
        count, total = cut(scale)
        return squares + float(np.cumsum(scale * magnitude * (scale * magnitude * count - 2 * total))[-1])

    first: F64 = ordered[-1] / largest(levels) * np.arange(1, CANDIDATES + 1) / CANDIDATES
    scale: float = min(first.tolist(), key=error)
    while True:
        count, total = cut(scale)
        better = float(np.cumsum(magnitude * total)[-1] / np.cumsum(magnitude**2 * count)[-1])
        if not error(better) < error(scale):
            return scale
        scale = better


def _rounding(name: str, chosen: tuple[int, float, int], before: F64, after: F64) -> Rounding:
    """Errors of the weights into a population; summed in order, the same on every machine."""
    levels, scale, rows = chosen
    error = after - before
    worst = int(np.argmax(np.abs(error)))
    power = float(np.cumsum(before**2)[-1])
    there = before != 0.0
    return Rounding(
        population=name,
        levels=levels,
        scale=scale,
        relative_rms=float(np.sqrt(np.cumsum(error**2)[-1] / power)) if power else 0.0,
        worst=(float(before[worst]), float(after[worst])),
        zeroed=int(np.count_nonzero(there & (after == 0.0))) / max(1, int(np.count_nonzero(there))),
        bias_rows=rows,
    )


def _rows(whole: F64, levels: int) -> tuple[I64, I64, F64]:
    """Biases `whole` (n,), integers, as sums of levels: which of them, row and value of every part.

    Raises
    ------
    InputError
        If one takes more than `MOST_ROWS` rows.
    """
    rows = np.ceil(np.abs(whole) / largest(levels))
    if levels % 2 == 0:
        rows += (rows + whole) % 2  # odd numbers add up to an even one in pairs alone
    most = int(rows.max(initial=0))
    if most > MOST_ROWS:
        raise InputError(f"a bias takes {most:,} rows of {levels} levels, more than {MOST_ROWS:,}; give more levels")
    left, parts = whole.copy(), []
    for row in range(most):
        own = np.flatnonzero(rows > row)
        share = nearest(left[own] / (rows[own] - row), levels)
        left[own] -= share
        parts.append((own, np.full(len(own), row), share))
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    entry, turn, value = (np.concatenate([part[k] for part in parts]) for k in range(3))
    return entry.astype(np.int64), turn.astype(np.int64), value.astype(np.float64)


def _assembled(network: Network, populations: Sequence[Population], parts: Sequence[Part]) -> Network:
    """The network of the synapses `parts`, with as many copies of every bias source as its rows."""
    entry, turn, weight = (np.concatenate([part[k] for part in parts]) for k in range(3))
    old = row_of_entry(network.indptr)[entry]
    copies = np.ones(network.sources, np.int64)
    np.maximum.at(copies, old, turn + 1)
    placed, first_id = [], 0
    for p in populations:
        size = int(copies[p.first : p.stop].sum())
        placed.append(replace(p, first=first_id, shape=p.shape if size == p.size else (size,)))
        first_id += size
    first = offsets(copies)
    source, post = first[old] + turn, first[network.post[entry]]
    order = np.lexsort((post, source))
    target = network.population_of()[network.post[entry]]
    most = np.zeros(len(placed))
    np.maximum.at(most, target, np.abs(weight))
    grid = [grid_of(float(m)) if p.levels else g for p, m, g in zip(placed, most, network.grid.tolist(), strict=True)]
    count = np.bincount(source, minlength=first_id)
    return Network(tuple(placed), offsets(count), post[order], weight[order], np.array(grid), network.outputs)
