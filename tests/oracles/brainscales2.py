"""BrainScaleS-2 without noise in Python's integers: one product at a time. Shares no code with snnmap.

Gain 1 / 500; blocks of 128 inputs and 256 outputs; every block's sum is floored and clamped, then blocks are added in
order, then clamped.
"""

PER_STEP, ROWS, LEAST, MOST = 500, 128, -128, 127


def clamped(x):
    return max(LEAST, min(MOST, x))


def matrix(inputs, weights, sends):
    """Results of a vector of integers and rows of weights (inputs x outputs)."""
    found = []
    for column in range(len(weights[0])):
        total = 0
        for first in range(0, len(inputs), ROWS):
            part = sum(inputs[r] * weights[r][column] for r in range(first, min(first + ROWS, len(inputs))))
            total += clamped((sends * part) // PER_STEP)
        found.append(clamped(total))
    return found
