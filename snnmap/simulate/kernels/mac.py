"""Units of integer networks: a converter, a right shift, saturation. They have no state; one step is one frame."""

from math import ldexp

import numpy as np

from snnmap.core.arrays import F64
from snnmap.core.jit import njit


@njit
def converted(gain: F64, shift: F64, bounds: tuple[F64, F64], x: F64, out: F64) -> int:
    """Write what units send that hear `x`, which is set to 0; returns how many send something.

    floor(`gain` x) is shifted right by `shift` bits as an integer of two's complement is, towards minus infinity, then
    held within `bounds`, the least and the most. All (n,); results are integers that single precision holds.
    """
    least, most = bounds
    count = 0
    for j in range(len(x)):
        shifted = np.floor(np.floor(gain[j] * x[j]) * ldexp(1.0, -int(shift[j])))
        x[j] = 0.0
        out[j] = min(max(shifted, least[j]), most[j])
        count += out[j] != 0.0
    return count
