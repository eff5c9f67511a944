"""What the synapses of a layer say of its kernel: where they stand, and whether one kernel is all of them."""

import numpy as np

from snnmap.core.arrays import F64, I32, I64, Bool
from snnmap.core.jit import njit

SAME, DIFFERS, OUTSIDE = 0, 1, 2
"""What `fill_kernel` finds."""


@njit
def pairs_met(source: I32, unit: I32, taken: I64, shape: I64, channel: int, down: Bool, across: Bool) -> None:
    """Mark which rows and columns of a layer `taken` meet which of a layer `shape`, both (channels, height, width).

    `down` (taken height, height) and `across` (taken width, width); of output `channel` alone, unless it is negative.
    """
    plane, positions = taken[1] * taken[2], shape[1] * shape[2]
    least, most = (0, shape[0] * positions) if channel < 0 else (channel * positions, (channel + 1) * positions)
    for s in range(len(source)):
        into = np.int64(unit[s])
        if least <= into < most:
            given, into = np.int64(source[s]) % plane, into % positions
            down[given // taken[2], into // shape[2]] = True
            across[given % taken[2], into % shape[2]] = True


@njit
def fill_kernel(
    source: I32, unit: I32, weight: F64, taken: I64, shape: I64, step: I64, first: I64, kernel: F64, there: Bool
) -> int:
    """Put every synapse into `kernel` (inputs, height, width, outputs) and mark it, until one differs or lies outside.

    Output position p meets inputs from `first` + `step` p on, down and across. Returns SAME, DIFFERS or OUTSIDE.
    """
    high, wide = kernel.shape[1], kernel.shape[2]
    plane, positions = taken[1] * taken[2], shape[1] * shape[2]
    for s in range(len(source)):
        given, into = np.int64(source[s]), np.int64(unit[s])
        c, o = given // plane, into // positions
        given, into = given % plane, into % positions
        y = given // taken[2] - step[0] * (into // shape[2]) - first[0]
        x = given % taken[2] - step[1] * (into % shape[2]) - first[1]
        if y < 0 or x < 0 or y >= high or x >= wide:
            return OUTSIDE
        if not there[c, y, x, o]:
            there[c, y, x, o] = True
            kernel[c, y, x, o] = weight[s]
        elif kernel[c, y, x, o] != weight[s]:
            return DIFFERS
    return SAME
