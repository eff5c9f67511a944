"""Links that messages cross: hops and loads of XY multicast trees.

A message is routed along x first, then along y, so the union of its paths is a tree and a link is crossed once per
message. Knows no timing and no energy.
"""

import numpy as np

from snnmap.core.arrays import I32, I64, row_of_entry
from snnmap.hardware import Hardware
from snnmap.ir import Placement, Traffic

EAST, WEST, NORTH, SOUTH = 0, 1, 2, 3
"""Direction of a link out of a tile: x + 1, x - 1, y + 1, y - 1."""


def tree_hops(traffic: Traffic, placement: Placement, hardware: Hardware) -> I64:
    """Links crossed by one message of every group: the size of its XY multicast tree, int64 (G,).

    Network inputs enter at `hardware.port`; clusters on one tile are 0 links apart.
    """
    from snnmap.analysis.kernels.routes import group_hops

    hops = np.zeros(len(traffic.sender), np.int64)
    group_hops(*_route(traffic, placement, hardware), _scratch(hardware), hops)
    return hops


def link_loads(traffic: Traffic, placement: Placement, hardware: Hardware, *, multicast: bool = True) -> I64:
    """Messages over every directed link in the window, int64 (T, 4): out of tile t to `EAST`, `WEST`, `NORTH`, `SOUTH`.

    With `multicast` a message crosses each link of its tree once; without, every target is sent a message of its own.
    """
    from snnmap.analysis.kernels.routes import group_links

    loads = np.zeros((hardware.mesh_height, hardware.mesh_width, 4), np.int64)
    sent = traffic if multicast else _separate(traffic)
    group_links(*_route(sent, placement, hardware), sent.messages, _scratch(hardware), loads)
    return loads.reshape(-1, 4)


def _separate(traffic: Traffic) -> Traffic:
    """`traffic` with one group per target."""
    of = row_of_entry(traffic.target_ptr)
    ptr = np.arange(len(of) + 1, dtype=np.int64)
    return Traffic(traffic.sender[of], ptr, traffic.target, traffic.messages[of], traffic.kind[of])


def _route(
    traffic: Traffic, placement: Placement, hardware: Hardware
) -> tuple[I32, I64, I32, I32, I32, tuple[int, int]]:
    """Senders, target offsets, targets, mesh x and y of every cluster, port."""
    x, y = placement.tile % hardware.mesh_width, placement.tile // hardware.mesh_width
    return traffic.sender, traffic.target_ptr, traffic.target, x, y, hardware.port


def _scratch(hardware: Hardware) -> I64:
    """Reach of a tree above and below its sender's row, per mesh column; zero between groups."""
    return np.zeros((2, hardware.mesh_width), np.int64)
