"""What weights take in an array, recounted for the judge: lines of rows and columns, and the charge of their cells.

Shares no code with `hardware.weights` and `physics.encoding`, from whose words it is written anew: digits of a
magnitude to the base of a cell's levels, most significant first; pairs of cells, or one beside a reference.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from snnmap.hardware import Hardware
from snnmap.ir import Mapping, Network, Violation

Reals = npt.NDArray[np.float64]


def crossing(hardware: Hardware) -> tuple[int, int]:
    """Inputs and neurons that a crossbar takes: lines of its array over those of one row and one column."""
    weights = hardware.weights
    rows, columns = {
        "pair_arrays": (hardware.word_lines, hardware.bit_lines // weights.slices),
        "pair_columns": (hardware.word_lines, hardware.bit_lines // (2 * weights.slices)),
        "pair_rows": (hardware.word_lines // 2, hardware.bit_lines // weights.slices),
        "offset_column": (hardware.word_lines, (hardware.bit_lines - 1) // weights.slices),
    }[weights.encoding]
    return (rows, columns)


def word_lines_per_row(hardware: Hardware) -> int:
    """Lines that are programmed for one row."""
    return 2 if hardware.weights.encoding == "pair_rows" else 1


def encoding_violations(mapping: Mapping, hardware: Hardware) -> list[Violation]:
    """`weight-encoding`: the file says how the chip holds weights."""
    said = (mapping.chip.encoding, mapping.chip.levels, mapping.chip.slices)
    real = (hardware.weights.encoding, hardware.weights.levels, hardware.weights.slices)
    if said == real:
        return []
    return [Violation("weight-encoding", "chip", f"the mapping says {_told(said)}", f"it is {_told(real)}")]


def _told(weights: tuple[Any, int, int]) -> str:
    encoding, levels, slices = weights
    return f"{encoding}, {levels or 'analog'} levels, {slices} slices"


def level_violations(network: Network, hardware: Hardware) -> list[Violation]:
    """`weight-level`: an integer that a population's weights may be is a state of the cells; constants are left out."""
    weights = hardware.weights
    if not weights.levels or not any(p.levels for p in network.populations):
        return []
    states, into = weights.levels**weights.slices, network.population_of()[network.post]
    source = np.searchsorted(network.indptr, np.arange(network.synapses), side="right") - 1
    heard, wrong = ~network.is_bias()[source], []
    for index, p in enumerate(network.populations):
        if not p.levels:
            continue
        most = p.levels - 1 if p.levels % 2 == 0 else (p.levels - 1) // 2
        own = np.flatnonzero(heard & (into == index))
        number = np.rint(network.weight[own] / p.step).astype(np.int64)
        top, unit = (number + most, 2 * most) if weights.encoding == "offset_column" else (np.abs(number), most)
        lost = own[top * (states - 1) % unit != 0]
        if len(lost):
            asked = f"{len(lost)} weights, the first {number[own == lost[0]][0]} of {most}, are no state of their cells"
            there = f"{states} states of {weights.encoding}"
            wrong.append(Violation("weight-level", f"{p.name}[{network.post[lost[0]] - p.first}]", asked, there))
    return wrong


def charge(relative: Reals, hardware: Hardware) -> Reals:
    """What the cells of weights hold beyond an absent synapse's, in units of a whole cell; same shape as `relative`.

    Beside a reference an absent synapse stands half-way; in pairs it is at the least conductance.
    """
    weights = hardware.weights
    if weights.encoding == "offset_column":
        return _held((1.0 + relative) / 2.0, weights.levels, weights.slices) - 0.5 * weights.slices
    return _held(np.abs(relative), weights.levels, weights.slices)


def _held(magnitude: Reals, levels: int, slices: int) -> Reals:
    """Sum of the digits of magnitudes, 0 to 1, each over the largest digit."""
    if not levels:
        return slices * magnitude
    number = np.rint(magnitude * float(levels**slices - 1))
    total = np.zeros(magnitude.shape)
    for _ in range(slices):
        total += np.mod(number, levels)
        number = np.floor(number / levels)
    return total / (levels - 1)


def background(hardware: Hardware, columns: Reals) -> Reals:
    """Conductance, S, that a read of one row finds in all cells of `columns` used columns without any synapse."""
    weights, low, high = hardware.weights, hardware.technology["g_min"], hardware.technology["g_max"]
    if weights.encoding == "offset_column":
        return (weights.slices * columns + 1.0) * (low + high) / 2.0
    return 2.0 * weights.slices * columns * low
