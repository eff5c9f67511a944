"""Hops and link loads of every group of a traffic; raw arrays only. Routes are those of `hardware.kernels.mesh`."""

import numpy as np

from snnmap.core.arrays import I32, I64
from snnmap.core.jit import njit
from snnmap.hardware.kernels.mesh import branch, hops_of


@njit
def group_hops(
    sender: I32, target_ptr: I64, target: I32, x: I32, y: I32, port: tuple[int, int], reach: I64, hops: I64
) -> None:
    """Fill `hops` (G,) with the tree size of every group; sender -1 sits at `port`."""
    for group in range(len(hops)):
        cluster = sender[group]
        origin = port if cluster < 0 else (x[cluster], y[cluster])
        hops[group] = hops_of(origin, target_ptr[group], target_ptr[group + 1], target, x, y, reach)


@njit
def group_links(
    sender: I32, target_ptr: I64, target: I32, tile: I32, port: int, width: int, messages: I64, loads: I64
) -> None:
    """Add every group's messages to `loads` (links between tiles,); cluster k is on `tile[k]`, sender -1 on `port`."""
    stamp = np.full(len(loads), -1, np.int64)
    link = np.empty(len(loads), np.int64)
    for group in range(len(messages)):
        cluster = sender[group]
        origin = port if cluster < 0 else tile[cluster]
        count = int(np.int64(0))
        for k in range(target_ptr[group], target_ptr[group + 1]):
            count = branch(origin, int(np.int64(tile[target[k]])), width, stamp, group, link, count)
        for at in link[:count]:
            loads[at] += messages[group]
