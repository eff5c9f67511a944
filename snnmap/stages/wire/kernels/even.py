"""Loops of the search for an even temperature: exchanges of two lines of one crossbar; raw arrays only.

Temperatures are in units of power over the sheet's vertical conductance, so that the mean rise is the mean power. Lines
and contents are as in `physics.kernels.sheet`.
"""

import numpy as np

from snnmap.core.arrays import F64, I64
from snnmap.core.jit import njit
from snnmap.physics.kernels.lines import Lines
from snnmap.physics.kernels.sheet import across, answer, back, exchange, power_modes, quadratic_change, respond

GAIN = 1e-9
"""Share of the cost that an exchange must gain: less is rounding."""
PROBES = 12
"""Most extreme lines whose extreme cells are looked at before whole lines are."""
RAMP = 12.0**0.5
"""Gradient over standard deviation of a uniform ramp."""


@njit
def total_power(field_power: F64) -> float:
    """Power of all cells from the power of the lines in modes (R, N): only the constant mode has a sum."""
    total: float = np.sum(field_power[:, 0]) * np.sqrt(field_power.shape[1])
    return total


@njit
def smooth(lines: Lines, at: I64, limit: float, weight: float, order: I64) -> int:
    """Descend on RAMP x standard deviation + weight x mean; returns how many exchanges were kept.

    The deviation of the temperature stands for the gradient, because its change takes O(N) to know. An exchange that
    would lift the power of the array above `limit` is refused. Each of `order` is tried with the lines after it.
    """
    modes = lines.content.shape[2]
    power = power_modes(lines.content, lines.scale, at)
    force = across(lines.square, power)
    total, variance = total_power(power), max(0.0, float(np.sum(power * force)))
    first, second, root = np.zeros(modes), np.zeros(modes), np.sqrt(modes)
    deviation = np.sqrt(variance)
    if deviation == 0.0:
        return 0
    to_gradient, to_mean = RAMP / np.sqrt(len(at) * modes), weight / (len(at) * modes)
    kept = 0
    for at_a in range(len(at)):
        for at_b in range(at_a + 1, len(at)):
            a, b = order[at_a], order[at_b]
            if lines.kind[at[a]] == lines.kind[at[b]]:
                continue
            exchange(lines.content, lines.scale, at, a, b, first, second)
            more = (first[0] + second[0]) * root
            if total + more > limit:
                continue
            change = quadratic_change(lines.square, force, a, b, first, second)
            after = np.sqrt(max(0.0, variance + change))
            cost = to_gradient * deviation + to_mean * total
            if to_gradient * (after - deviation) + to_mean * more < -GAIN * cost:
                respond(lines.square, force, a, b, first, second)
                at[a], at[b] = at[b], at[a]
                variance += change
                total += more
                deviation = after
                kept += 1
    return kept


@njit
def extremes(lines: Lines, field: F64, high: F64, low: F64, hot: I64, cool: I64) -> None:
    """Fill (R,) the hottest and coolest temperature of every line of `field` (R, N), in modes, and where they are."""
    values = np.zeros(field.shape[1])
    for y in range(len(high)):
        back(field[y], lines.mode, values)
        hot[y], cool[y] = values.argmax(), values.argmin()
        high[y], low[y] = values[hot[y]], values[cool[y]]


@njit
def at_cell(line: F64, cell: F64) -> float:
    """Temperature of one cell from its line (N,) in modes; `cell` (N,) are the modes there."""
    total = 0.0
    for k in range(len(line)):
        total += line[k] * cell[k]
    return total


@njit
def by_extremity(high: F64, low: F64) -> I64:
    """Lines, those first that reach farthest up or down: they decide soonest that an exchange is no good."""
    middle = 0.5 * (high.max() + low.min())
    return np.argsort(-np.maximum(high - middle, middle - low))


@njit
def judge(lines: Lines, at: I64, weight: float) -> tuple[float, float]:
    """Gradient + weight x mean, and the power of all cells."""
    power, count = power_modes(lines.content, lines.scale, at), len(at)
    field, high, low = across(lines.table, power), np.zeros(count), np.zeros(count)
    extremes(lines, field, high, low, np.zeros(count, np.int64), np.zeros(count, np.int64))
    total = total_power(power)
    return high.max() - low.min() + weight * total / (count * power.shape[1]), total


@njit
def even(lines: Lines, at: I64, limit: float, weight: float, order: I64) -> float:
    """Descend on gradient + weight x mean, exactly; returns that cost.

    Each of `order` is tried with the lines after it. The field of an exchange is worked out where it decides soonest,
    and given up as soon as its gradient can no longer gain: the extreme cells of the most extreme lines, then whole
    lines.
    """
    modes, count = lines.content.shape[2], len(at)
    power = power_modes(lines.content, lines.scale, at)
    field, cells = across(lines.table, power), np.ascontiguousarray(lines.mode.T)
    total, first, second, root = total_power(power), np.zeros(modes), np.zeros(modes), np.sqrt(modes)
    high, low, hot, cool = np.zeros(count), np.zeros(count), np.zeros(count, np.int64), np.zeros(count, np.int64)
    trial, values = np.zeros(field.shape), np.zeros(modes)
    extremes(lines, field, high, low, hot, cool)
    ranked = by_extremity(high, low)
    to_mean = weight / (count * modes)
    cost: float = high.max() - low.min() + to_mean * total
    for at_a in range(count):
        for at_b in range(at_a + 1, count):
            a, b = order[at_a], order[at_b]
            if lines.kind[at[a]] == lines.kind[at[b]]:
                continue
            exchange(lines.content, lines.scale, at, a, b, first, second)
            more = (first[0] + second[0]) * root
            if total + more > limit:
                continue
            allowed = cost * (1.0 - GAIN) - to_mean * (total + more)
            top, bottom, known = -np.inf, np.inf, min(count, PROBES)
            for y in ranked[:known]:
                trial[y] = field[y]
                answer(lines.table, y, a, b, first, second, trial[y])
                top, bottom = max(top, at_cell(trial[y], cells[hot[y]])), min(bottom, at_cell(trial[y], cells[cool[y]]))
                if top - bottom >= allowed:
                    break
            if top - bottom >= allowed:
                continue
            for rank in range(count):
                y = ranked[rank]
                if rank >= known:
                    trial[y] = field[y]
                    answer(lines.table, y, a, b, first, second, trial[y])
                back(trial[y], lines.mode, values)
                top, bottom = max(top, values.max()), min(bottom, values.min())
                if top - bottom >= allowed:
                    break
            if top - bottom < allowed:
                field[:] = trial
                at[a], at[b] = at[b], at[a]
                total += more
                extremes(lines, field, high, low, hot, cool)
                ranked = by_extremity(high, low)
                cost = high.max() - low.min() + to_mean * total
    return cost
