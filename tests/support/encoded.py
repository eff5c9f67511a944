"""The random mapping of `figure_cases` with signed weights, on a chip that holds them in another way."""

from dataclasses import replace

import numpy as np
from support.figure_cases import view_of

from snnmap.analysis.view import View
from snnmap.hardware import ENCODINGS, Weights

CASES = [Weights(e, *held) for e in ENCODINGS for held in ((0, 1), (2, 1), (3, 2), (256, 1))]
"""Every encoding: analog, one bit, two digits, and more states than weights."""


def name(weights):
    return f"{weights.encoding}-{weights.levels}-{weights.slices}"


def encoded(hardware, weights, spare=0):
    """The chip with as many rows and columns, whose weights are held so; `spare` lines more."""
    return replace(
        hardware,
        weights=weights,
        word_lines=hardware.rows * weights.lines_per_row + spare,
        bit_lines=hardware.columns * weights.lines_per_column + weights.reference_lines + spare,
    )


def encoded_view(weights, technology="pcm-16", places="alone", *, wires=True, spare=0):
    """Eight clusters on arrays that are as large as 16 rows and 12 columns need, and `spare` lines more."""
    view = view_of(technology, places)
    rng = np.random.default_rng(5)
    signed = view.graph.network.weight * np.where(rng.random(view.graph.network.synapses) < 0.4, -1, 1)
    graph = replace(view.graph, network=replace(view.graph.network, weight=signed))
    chip = encoded(view.hardware, weights, spare)
    for key in () if wires else ("r_wordline", "r_bitline", "r_source", "r_sense"):
        chip = chip.with_value(key, 0.0)
    return View(view.mapping, graph, chip)


def relative(view):
    """Weight over the largest of its population, by (source, neuron)."""
    network = view.graph.network
    population, pre = network.population_of(), np.repeat(np.arange(network.sources), np.diff(network.indptr))
    largest = {
        p: np.abs(network.weight[population[network.post] == p]).max() for p in set(population[network.post].tolist())
    }
    pairs = zip(pre.tolist(), network.post.tolist(), network.weight.tolist(), strict=True)
    return {(i, j): w / largest[population[j]] for i, j, w in pairs}


def at(weights, row, column):
    """(word line, bit line, sign, place value) of all cells of a crossing, written out; signs of a pair of arrays
    are the weight's."""
    s, n = weights.slices, max(weights.levels, 1)
    value = [n ** (s - 1 - d) if weights.levels else 1 for d in range(s)]
    if weights.encoding == "pair_columns":
        return [(row, 2 * s * column + s * h + d, 1 - 2 * h, value[d]) for h in (0, 1) for d in range(s)]
    if weights.encoding == "pair_rows":
        return [(2 * row + h, s * column + d, 1 - 2 * h, value[d]) for h in (0, 1) for d in range(s)]
    return [(row, s * column + d, 1, value[d]) for d in range(s)]
