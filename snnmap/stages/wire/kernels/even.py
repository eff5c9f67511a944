"""Loops of the search for an even temperature: exchanges of two lines of one crossbar; raw arrays only.

A crossbar may be heated in several modes, whose fields are told apart: M of them. Temperatures are in units of power
over the sheet's vertical conductance, so that the mean rise is the mean power. Contents and tables of every mode are as
in `physics.kernels.sheet`.

The exact descent knows of every line a temperature that none of its cells passes, upwards and downwards. After an
exchange no cell of a line moves by more than the sum over its modes; only lines that could then hold the extremes of
the array are transformed back, about one in ten, and the gradient is exact all the same.
"""

from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F64, I64
from snnmap.core.jit import njit
from snnmap.physics.kernels.sheet import (
    across,
    answer,
    back,
    exchange,
    linear_change,
    power_modes,
    quadratic_change,
    respond,
    summed,
    warmth,
)
from snnmap.stages.wire.kernels.fields import Fields

GAIN = 1e-9
"""Share of the cost that an exchange must gain: less is rounding."""
PROBES = 20
"""Most extreme lines of which one cell is looked at before whole lines are."""
SLACK = 1e-12
"""Share of a temperature that sums in another order may differ by: 1e-14 for 128 modes, and room."""
RAMP = 12.0**0.5
"""Gradient over standard deviation of a uniform ramp."""


@njit
def total_power(field_power: F64) -> float:
    """Power of all cells from the power of the lines in modes (R, N): only the constant mode has a sum."""
    total: float = np.sum(field_power[:, 0]) * np.sqrt(field_power.shape[1])
    return total


@njit
def too_much(fields: Fields, at: I64, a: int, b: int, total: F64, more: F64, first: F64, second: F64) -> bool:
    """Whether exchanging lines a and b passes a limit.

    Fills what the array then draws more, `more` (M,), from the constant modes alone; if it passes none, also what line
    a and line b draw more, `first` and `second` (M, N) in modes.
    """
    root, here, there = np.sqrt(fields.mode.shape[0]), at[a], at[b]
    for m in range(len(total)):
        on_a = on_b = 0.0
        for q in range(fields.content.shape[2]):
            difference = fields.content[m, there, q, 0] - fields.content[m, here, q, 0]
            on_a += fields.scale[m, q, a] * difference
            on_b -= fields.scale[m, q, b] * difference
        more[m] = (on_a + on_b) * root
        if total[m] + more[m] > fields.limit[m]:
            return True
    for m in range(len(total)):
        exchange(fields.content[m], fields.scale[m], at, a, b, first[m], second[m])
    return False


@njit
def smooth(fields: Fields, at: I64, order: I64) -> int:
    """Descend on RAMP x standard deviation + mean, summed over the fields; returns how many exchanges were kept.

    The deviation of the temperature stands for the gradient, because its change takes O(N) to know. An exchange that
    would lift the power of the array above a limit is refused. Each of `order` is tried with the lines after it.
    """
    count, modes = len(fields.limit), fields.mode.shape[0]
    power, force = np.zeros((count, len(at), modes)), np.zeros((count, len(at), modes))
    total, variance, change, more = np.zeros(count), np.zeros(count), np.zeros(count), np.zeros(count)
    first, second = np.zeros((count, modes)), np.zeros((count, modes))
    for m in range(count):
        power[m] = power_modes(fields.content[m], fields.scale[m], at)
        force[m] = across(fields.square[m], power[m])
        total[m], variance[m] = total_power(power[m]), max(0.0, float(np.sum(power[m] * force[m])))
    deviation = np.sqrt(variance)
    to_gradient = fields.worth * RAMP / np.sqrt(len(at) * modes)
    to_mean = fields.worth * fields.mean / (len(at) * modes)
    cost, kept = np.sum(to_gradient * deviation + to_mean * total), 0
    if np.sum(deviation) == 0.0:
        return 0
    for at_a in range(len(at)):
        for at_b in range(at_a + 1, len(at)):
            a, b = order[at_a], order[at_b]
            if fields.kind[at[a]] == fields.kind[at[b]] or too_much(fields, at, a, b, total, more, first, second):
                continue
            least = 0.0
            for m in range(count):
                falls = linear_change(force[m], a, b, first[m], second[m])
                least += to_gradient[m] * np.sqrt(max(0.0, variance[m] + falls)) + to_mean[m] * (total[m] + more[m])
            if least >= cost:
                continue
            after = 0.0
            for m in range(count):
                change[m] = quadratic_change(fields.square[m], force[m], a, b, first[m], second[m])
                spread = np.sqrt(max(0.0, variance[m] + change[m]))
                after += to_gradient[m] * spread + to_mean[m] * (total[m] + more[m])
            if after < cost * (1.0 - GAIN):
                for m in range(count):
                    respond(fields.square[m], force[m], a, b, first[m], second[m])
                at[a], at[b] = at[b], at[a]
                variance += change
                total += more
                cost = after
                kept += 1
    return kept


@njit
def extremes(mode: F64, field: F64, high: F64, low: F64, hot: I64, cool: I64) -> None:
    """Fill (R,) the hottest and coolest temperature of every line of `field` (R, N), in modes, and where they are."""
    values = np.zeros(field.shape[1])
    for y in range(len(high)):
        back(field[y], mode, values)
        hot[y], cool[y] = values.argmax(), values.argmin()
        high[y], low[y] = values[hot[y]], values[cool[y]]


@njit
def by_extremity(high: F64, low: F64) -> I64:
    """Lines, those first that reach farthest up or down: they decide soonest that an exchange is no good."""
    middle = 0.5 * (high.max() + low.min())
    return np.argsort(-np.maximum(high - middle, middle - low))


@njit
def judge(fields: Fields, at: I64) -> tuple[F64, F64]:
    """Gradient + weighted mean of every field, and the power of all cells in it; (M,) each."""
    fields_count, count = len(fields.limit), len(at)
    cost, total = np.zeros(fields_count), np.zeros(fields_count)
    high, low, where = np.zeros(count), np.zeros(count), np.zeros(count, np.int64)
    for m in range(fields_count):
        power = power_modes(fields.content[m], fields.scale[m], at)
        extremes(fields.mode, across(fields.table[m], power), high, low, where, where.copy())
        total[m] = total_power(power)
        cost[m] = high.max() - low.min() + fields.mean * total[m] / (count * power.shape[1])
    return cost, total


class Seen(NamedTuple):
    """Fields as they are, where they are hottest and coolest, and room to try an exchange."""

    field: F64
    """(2, M, R, N) in modes along the line: as it is, and room to try an exchange."""
    now: I64
    """(1,) which of the two is as it is."""
    high: F64
    low: F64
    """(M, R) temperatures that no cell of a line passes; reached by the hottest and the coolest line."""
    hot: I64
    cool: I64
    """(M, R) cells where the line was hottest and coolest when it was last worked out."""
    ranked: I64
    """(M, R) lines, most extreme first."""
    up: I64
    down: I64
    """(M,) the hottest and the coolest line."""
    trial_high: F64
    trial_low: F64
    trial_hot: I64
    trial_cool: I64
    """(M, R) of the field that was tried, where it was worked out exactly."""
    values: F64
    parts: F64
    """(N,)"""
    bound: F64
    top: F64
    bottom: F64
    """(M,)"""
    cell: F64
    """(N, N) modes by cell."""
    largest: float
    """No mode is larger in any cell."""


@njit
def seen_of(fields: Fields, at: I64) -> Seen:
    """Fields of lines `at`; not looked at yet."""
    count, lines, modes = len(fields.worth), len(at), fields.mode.shape[0]
    field = np.zeros((2, count, lines, modes))
    for m in range(count):
        field[0, m] = across(fields.table[m], power_modes(fields.content[m], fields.scale[m], at))
    shape = count, lines
    return Seen(
        field,
        np.zeros(1, np.int64),
        np.zeros(shape),
        np.zeros(shape),
        np.zeros(shape, np.int64),
        np.zeros(shape, np.int64),
        np.zeros(shape, np.int64),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.zeros(shape),
        np.zeros(shape),
        np.zeros(shape, np.int64),
        np.zeros(shape, np.int64),
        np.zeros(modes),
        np.zeros(modes),
        np.zeros(count),
        np.zeros(count),
        np.zeros(count),
        np.ascontiguousarray(fields.mode.T),
        np.abs(fields.mode).max() * (1.0 + SLACK),
    )


@njit
def look(fields: Fields, seen: Seen) -> float:
    """Rank the lines by their extremes; returns the gradients of the fields, each times its worth, summed."""
    cost = 0.0
    for m in range(len(fields.worth)):
        seen.ranked[m] = by_extremity(seen.high[m], seen.low[m])
        seen.up[m], seen.down[m] = seen.high[m].argmax(), seen.low[m].argmin()
        cost += fields.worth[m] * (seen.high[m].max() - seen.low[m].min())
    return cost


@njit
def keep(seen: Seen, m: int) -> None:
    """Try field m as it is."""
    now = seen.now[0]
    seen.field[1 - now, m], seen.trial_high[m], seen.trial_low[m] = seen.field[now, m], seen.high[m], seen.low[m]
    seen.trial_hot[m], seen.trial_cool[m] = seen.hot[m], seen.cool[m]


@njit
def take(seen: Seen) -> None:
    """Go over to the fields that were tried."""
    seen.now[0] = 1 - seen.now[0]
    seen.high[:], seen.low[:] = seen.trial_high, seen.trial_low
    seen.hot[:], seen.cool[:] = seen.trial_hot, seen.trial_cool


@njit
def at_first_sight(fields: Fields, seen: Seen, a: int, b: int, first: F64, second: F64) -> float:
    """Lower bound of the gradients, times their worth: from the cells that are hottest and coolest now.

    `seen.bound` (M,) has that of every field, not below 0, and `seen.top`, `seen.bottom` (M,) the two temperatures.
    """
    bound = 0.0
    for m in range(len(fields.worth)):
        table, field, up, down = fields.table[m], seen.field[seen.now[0], m], seen.up[m], seen.down[m]
        top = warmth(table, field[up], up, a, b, first[m], second[m], seen.cell[seen.hot[m, up]], seen.parts)
        bottom = warmth(table, field[down], down, a, b, first[m], second[m], seen.cell[seen.cool[m, down]], seen.parts)
        seen.top[m], seen.bottom[m], seen.bound[m] = top, bottom, fields.worth[m] * max(0.0, top - bottom)
        bound += seen.bound[m]
    return bound


@njit
def at_least(fields: Fields, seen: Seen, m: int, a: int, b: int, first: F64, second: F64, most: float) -> float:
    """Lower bound of the gradient of field m after lines a and b draw `first` and `second` more.

    From the more extreme cell of each of the most extreme lines, beginning with what was seen at first sight; given up
    as soon as it is `most`.
    """
    table, field, top, bottom = fields.table[m], seen.field[seen.now[0], m], seen.top[m], seen.bottom[m]
    top, bottom = max(top, bottom), min(top, bottom)
    middle = 0.5 * (seen.high[m, seen.up[m]] + seen.low[m, seen.down[m]])
    for y in seen.ranked[m, :PROBES]:
        if top - bottom >= most:
            break
        if y in (seen.up[m], seen.down[m]):
            continue
        warm = seen.high[m, y] - middle > middle - seen.low[m, y]
        cell = seen.cell[seen.hot[m, y] if warm else seen.cool[m, y]]
        value = warmth(table, field[y], y, a, b, first, second, cell, seen.parts)
        top, bottom = max(top, value), min(bottom, value)
    between: float = top - bottom
    return between


@njit
def farthest(table: F64, y: int, a: int, b: int, first: F64, second: F64, moved: F64, parts: F64) -> float:
    """Fill `moved` (N,) with what `answer` adds to line y; returns the sum of its modes, all taken as positive."""
    moved[:] = 0.0
    answer(table, y, a, b, first, second, moved)
    for k in range(len(moved)):
        parts[k] = abs(moved[k])
    return summed(parts)


@njit
def exactly(fields: Fields, seen: Seen, m: int, a: int, b: int, first: F64, second: F64, most: float) -> float:
    """The gradient after lines a and b draw `first` and `second` more; given up as soon as it is `most`.

    The room of `seen.field` is left with the field. Lines that cannot be hottest or coolest are not worked out.
    """
    table, field, high, low, hot, cool = (
        fields.table[m],
        seen.field[seen.now[0], m],
        seen.high[m],
        seen.low[m],
        seen.hot[m],
        seen.cool[m],
    )
    trial, values, parts, mode, largest = (
        seen.field[1 - seen.now[0], m],
        seen.values,
        seen.parts,
        fields.mode,
        seen.largest,
    )
    new_high, new_low, new_hot, new_cool = seen.trial_high[m], seen.trial_low[m], seen.trial_hot[m], seen.trial_cool[m]
    top, bottom = -np.inf, np.inf
    for y in seen.ranked[m]:
        reach = largest * farthest(table, y, a, b, first, second, values, parts)
        reach += SLACK * max(abs(high[y]), abs(low[y]))
        line = trial[y]
        for k in range(len(values)):
            line[k] = field[y, k] + values[k]
        if high[y] + reach <= top and low[y] - reach >= bottom:
            new_high[y], new_low[y], new_hot[y], new_cool[y] = high[y] + reach, low[y] - reach, hot[y], cool[y]
            continue
        back(line, mode, values)
        new_hot[y], new_cool[y] = values.argmax(), values.argmin()
        new_high[y], new_low[y] = values[new_hot[y]], values[new_cool[y]]
        top, bottom = max(top, new_high[y]), min(bottom, new_low[y])
        if top - bottom >= most:
            break
    return top - bottom


@njit
def gains(fields: Fields, seen: Seen, a: int, b: int, first: F64, second: F64, most: float) -> bool:
    """Whether the gradients, times their worth, are less than `most` together if lines a and b draw so much more.

    Every field is worked out where it decides soonest, and all is given up as soon as `most` is reached.
    """
    sure = at_first_sight(fields, seen, a, b, first, second)
    if sure >= most:
        return False
    for m in range(len(fields.worth)):
        others = sure - seen.bound[m]
        if np.any(first[m]):
            left = (most - others) / fields.worth[m]
            seen.bound[m] = fields.worth[m] * at_least(fields, seen, m, a, b, first[m], second[m], left)
        else:
            seen.bound[m] = fields.worth[m] * (seen.high[m].max() - seen.low[m].min())
            keep(seen, m)
        sure = others + seen.bound[m]
        if sure >= most:
            return False
    for m in range(len(fields.worth)):
        if not np.any(first[m]):
            continue
        left = most - sure + seen.bound[m]
        after = fields.worth[m] * exactly(fields, seen, m, a, b, first[m], second[m], left / fields.worth[m])
        if after >= left:
            return False
        sure += after - seen.bound[m]
    return True


@njit
def even(fields: Fields, at: I64, order: I64) -> float:
    """Descend on gradient + weighted mean, summed over the fields, exactly; returns that cost.

    Each of `order` is tried with the lines after it.
    """
    count, modes = len(fields.worth), fields.mode.shape[0]
    seen, to_mean = seen_of(fields, at), fields.worth * fields.mean / (len(at) * modes)
    total, more = np.zeros(count), np.zeros(count)
    first, second = np.zeros((count, modes)), np.zeros((count, modes))
    for m in range(count):
        total[m] = total_power(power_modes(fields.content[m], fields.scale[m], at))
    for m in range(count):
        extremes(fields.mode, seen.field[0, m], seen.high[m], seen.low[m], seen.hot[m], seen.cool[m])
    cost: float = look(fields, seen) + np.sum(to_mean * total)
    for at_a in range(len(at)):
        for at_b in range(at_a + 1, len(at)):
            a, b = order[at_a], order[at_b]
            if fields.kind[at[a]] == fields.kind[at[b]] or too_much(fields, at, a, b, total, more, first, second):
                continue
            most = cost * (1.0 - GAIN) - np.sum(to_mean * (total + more))
            if gains(fields, seen, a, b, first, second, most):
                take(seen)
                at[a], at[b] = at[b], at[a]
                total += more
                cost = look(fields, seen) + np.sum(to_mean * total)
    return cost
