"""Convolution and pooling by the definition, one multiplication at a time. Shares no code with snnmap."""

import itertools

import numpy as np


def places(size, kernel, stride, before, after, dilation):
    """Window positions along one axis, counted by sliding."""
    count, start = 0, -before
    while start + dilation * (kernel - 1) < size + after:
        count, start = count + 1, start + stride
    return count


def convolve(x, weight, stride, before, after, dilation, groups):
    """Cross-correlation of x (C, *size) with weight (O, C / groups, *kernel); every option one value per axis."""
    kernel = weight.shape[2:]
    axes = range(len(kernel))
    size = x.shape[1:]
    out = [places(size[a], kernel[a], stride[a], before[a], after[a], dilation[a]) for a in axes]
    result = np.zeros((weight.shape[0], *out))
    outputs_per_group = weight.shape[0] // groups
    for o in range(weight.shape[0]):
        for at in itertools.product(*(range(n) for n in out)):
            for c in range(weight.shape[1]):
                channel = (o // outputs_per_group) * weight.shape[1] + c
                for k in itertools.product(*(range(n) for n in kernel)):
                    seen = tuple(at[a] * stride[a] - before[a] + k[a] * dilation[a] for a in axes)
                    if all(0 <= seen[a] < size[a] for a in axes):
                        result[(o, *at)] += weight[(o, c, *k)] * x[(channel, *seen)]
    return result


def pool(x, kernel, stride, padding, average):
    """Sum or average (over the whole window, padding included) of x (C, H, W)."""
    weight = np.ones((x.shape[0], 1, *kernel))
    result = convolve(x, weight, stride, padding, padding, (1, 1), x.shape[0])
    return result / (kernel[0] * kernel[1]) if average else result
