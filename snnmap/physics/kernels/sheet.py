"""Heat of an array whose lines are exchanged: its field in modes along the lines, kept up to date; raw arrays only.

One orientation: "lines" are the rows (or, transposed, the columns) of an array of R x N cells. Power along a line is
transformed once, by DCT-II, and the response across the lines is a sum of two table entries, because a sheet with
adiabatic edges answers at y to a source at i by g(|y - i|) + g(y + i + 1) (method of images). Exchanging two lines then
costs O(N) for every quadratic measure of the field and O(R N) for the field itself: no transform of the whole.

The content e of a line at i draws, in cell x, sum over q of scale[q, i] x content[e, q](x): what stands on the line
times how much the place draws, a map of low rank. `at` (R,) is the content of every line.
"""

import numpy as np

from snnmap.core.arrays import F64, I64
from snnmap.core.jit import njit
from snnmap.physics.kernels.lines import Lines


@njit
def along(values: F64, mode: F64) -> F64:
    """Modes (R, N) of `values` (R, N) along the lines; `mode` (N, N) holds one mode per row."""
    out = np.zeros(values.shape)
    turned = np.ascontiguousarray(mode.T)
    for y in range(values.shape[0]):
        for x in range(values.shape[1]):
            value = values[y, x]
            if value != 0.0:
                for k in range(values.shape[1]):
                    out[y, k] += value * turned[x, k]
    return out


@njit
def back(modes: F64, mode: F64, out: F64) -> None:
    """Fill `out` (N,) with the values of one line from its `modes` (N,): the inverse of `along`.

    Modes are alike at both ends if even and opposite if odd, so that half of the line gives the other.
    """
    count, half = len(modes), len(modes) // 2
    whole = count - count % 4
    alike, opposite = out[:half], out[count - half :]
    out[:] = 0.0
    for k in range(0, whole, 4):
        a0, a1, a2, a3 = modes[k], modes[k + 1], modes[k + 2], modes[k + 3]
        for x in range(half):
            alike[x] += a0 * mode[k, x] + a2 * mode[k + 2, x]
            opposite[x] += a1 * mode[k + 1, x] + a3 * mode[k + 3, x]
    for k in range(whole, count):
        part = opposite if k % 2 else alike
        for x in range(half):
            part[x] += modes[k] * mode[k, x]
    for x in range((half + 1) // 2):
        y = half - 1 - x
        first, second = alike[x] + opposite[x], alike[y] + opposite[y]
        after, before = alike[x] - opposite[x], alike[y] - opposite[y]
        out[x], out[y] = first, second
        out[count - 1 - x], out[count - 1 - y] = after, before
    if count % 2:
        out[half] = 0.0
        for k in range(0, count, 2):
            out[half] += modes[k] * mode[k, half]


@njit
def across(table: F64, power: F64) -> F64:
    """Response (R, N) of all lines to `power` (R, N), in modes; `table` (2 R, N) holds g."""
    lines, modes = power.shape
    out = np.zeros((lines, modes))
    for y in range(lines):
        for i in range(lines):
            near, far = abs(y - i), y + i + 1
            for k in range(modes):
                out[y, k] += (table[near, k] + table[far, k]) * power[i, k]
    return out


@njit
def power_modes(content: F64, scale: F64, at: I64) -> F64:
    """Power of every line, in modes (R, N)."""
    out = np.zeros((len(at), content.shape[2]))
    for i in range(len(at)):
        for q in range(content.shape[1]):
            for k in range(content.shape[2]):
                out[i, k] += scale[q, i] * content[at[i], q, k]
    return out


@njit
def exchange(content: F64, scale: F64, at: I64, a: int, b: int, first: F64, second: F64) -> None:
    """Fill `first`, `second` (N,) with what lines a and b draw more, in modes, if exchanged.

    The contents stay where they are.
    """
    first[:] = 0.0
    second[:] = 0.0
    here, there = at[a], at[b]
    old, new = content[here], content[there]
    whole = content.shape[1] - content.shape[1] % 4
    for q in range(0, whole, 4):
        a0, a1, a2, a3 = scale[q, a], scale[q + 1, a], scale[q + 2, a], scale[q + 3, a]
        b0, b1, b2, b3 = scale[q, b], scale[q + 1, b], scale[q + 2, b], scale[q + 3, b]
        if a0 == 0.0 and a1 == 0.0 and a2 == 0.0 and b0 == 0.0 and b1 == 0.0 and b2 == 0.0 and a3 == b3 == 0.0:
            continue
        for k in range(content.shape[2]):  # added in the order of the products
            d0, d1 = new[q, k] - old[q, k], new[q + 1, k] - old[q + 1, k]
            d2, d3 = new[q + 2, k] - old[q + 2, k], new[q + 3, k] - old[q + 3, k]
            first[k] = (((first[k] + a0 * d0) + a1 * d1) + a2 * d2) + a3 * d3
            second[k] = (((second[k] - b0 * d0) - b1 * d1) - b2 * d2) - b3 * d3
    for q in range(whole, content.shape[1]):
        for k in range(content.shape[2]):
            difference = new[q, k] - old[q, k]
            first[k] += scale[q, a] * difference
            second[k] -= scale[q, b] * difference


@njit
def summed(parts: F64) -> float:
    """Sum of `parts` (N,) in four strands, which do not wait for one another, in a fixed order."""
    one = two = three = four = 0.0
    whole = len(parts) - len(parts) % 4
    for k in range(0, whole, 4):
        one += parts[k]
        two += parts[k + 1]
        three += parts[k + 2]
        four += parts[k + 3]
    for k in range(whole, len(parts)):
        one += parts[k]
    return (one + two) + (three + four)


@njit
def linear_change(force: F64, a: int, b: int, first: F64, second: F64) -> float:
    """The part of `quadratic_change` that can be negative: the rest is a square."""
    parts = np.empty(len(first))
    for k in range(len(first)):
        parts[k] = first[k] * force[a, k] + second[k] * force[b, k]
    return 2.0 * summed(parts)


@njit
def warmth(table: F64, line: F64, y: int, a: int, b: int, first: F64, second: F64, cell: F64, parts: F64) -> float:
    """Temperature of one cell of line y, now `line` (N,) in modes, after what `answer` adds.

    `cell` (N,) are the modes in the cell; `parts` (N,) is room.
    """
    to_a, to_b, from_a, from_b = abs(y - a), abs(y - b), y + a + 1, y + b + 1
    for k in range(len(parts)):
        more = (table[to_a, k] + table[from_a, k]) * first[k] + (table[to_b, k] + table[from_b, k]) * second[k]
        parts[k] = cell[k] * (line[k] + more)
    return summed(parts)


@njit
def quadratic_change(table: F64, force: F64, a: int, b: int, first: F64, second: F64) -> float:
    """Change of <P, A P> if lines a and b draw `first` and `second` more; `force` (R, N) is A P, `table` that of A."""
    parts = np.empty(len(first))
    near, far, own_a, own_b = abs(a - b), a + b + 1, 2 * a + 1, 2 * b + 1
    for k in range(len(first)):
        one, two = first[k], second[k]
        parts[k] = (
            2.0 * (one * force[a, k] + two * force[b, k])
            + one * one * (table[0, k] + table[own_a, k])
            + two * two * (table[0, k] + table[own_b, k])
            + 2.0 * one * two * (table[near, k] + table[far, k])
        )
    return summed(parts)


@njit
def answer(table: F64, y: int, a: int, b: int, first: F64, second: F64, line: F64) -> None:
    """Add to `line` (N,), the field on line y in modes, the response to `first` more on line a, `second` on line b."""
    to_a, to_b, from_a, from_b = abs(y - a), abs(y - b), y + a + 1, y + b + 1
    for k in range(len(line)):
        line[k] += (table[to_a, k] + table[from_a, k]) * first[k] + (table[to_b, k] + table[from_b, k]) * second[k]


@njit
def respond(table: F64, field: F64, a: int, b: int, first: F64, second: F64) -> None:
    """`answer` on every line of `field` (R, N)."""
    for y in range(field.shape[0]):
        answer(table, y, a, b, first, second, field[y])


@njit
def exchanged(lines: Lines, at: I64, field: F64, pairs: I64) -> None:
    """Exchange `pairs` (n, 2) of lines one after the other: `at` and `field` (R, N) in modes are kept up to date."""
    first, second = np.zeros(field.shape[1]), np.zeros(field.shape[1])
    for a, b in pairs:
        exchange(lines.content, lines.scale, at, a, b, first, second)
        if np.any(first) or np.any(second):
            respond(lines.table, field, a, b, first, second)
        at[a], at[b] = at[b], at[a]
