"""What messages cross on their way: hops of every group's multicast tree, and loads of the links between tiles.

Routes are those of the chip's topology. Knows no timing and no energy.
"""

import numpy as np

from snnmap.core.arrays import I64
from snnmap.hardware import Hardware
from snnmap.ir import Placement, Traffic


def tree_hops(traffic: Traffic, placement: Placement, hardware: Hardware, border: int = 1) -> I64:
    """Links between tiles that one message of every group crosses: the size of its multicast tree, int64 (G,).

    Network inputs enter at `hardware.port`; clusters on one tile are 0 links apart, a link between chips is `border`.
    """
    from snnmap.analysis.kernels.routes import group_hops

    hops = np.zeros(len(traffic.sender), np.int64)
    x, y = (along.astype(np.int32) for along in hardware.topology.stretched(border))
    port = int(x[hardware.port_tile]), int(y[hardware.port_tile])
    reach = np.zeros((2, int(x.max(initial=0)) + 1), np.int64)
    tile = placement.tile
    group_hops(traffic.sender, traffic.target_ptr, traffic.target, x[tile], y[tile], port, reach, hops)
    return hops


def tree_borders(traffic: Traffic, placement: Placement, hardware: Hardware) -> I64:
    """Links between chips among those of `tree_hops`, int64 (G,)."""
    return tree_hops(traffic, placement, hardware, 2) - tree_hops(traffic, placement, hardware)


def link_loads(traffic: Traffic, placement: Placement, hardware: Hardware) -> I64:
    """Messages over every directed link between tiles in the window, int64 (T, 4), in the order of `Mesh`.

    A message crosses each link of its tree once.
    """
    from snnmap.analysis.kernels.routes import group_links

    mesh = hardware.topology
    loads = np.zeros((mesh.tiles, 4), np.int64)
    groups = (traffic.sender, traffic.target_ptr, traffic.target, placement.tile, hardware.port_tile, mesh.width)
    group_links(*groups, traffic.messages, loads.reshape(-1))
    return loads
