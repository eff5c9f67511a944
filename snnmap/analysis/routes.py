"""What messages cross on their way: hops of every group's multicast tree, and loads of the links between tiles.

Routes are those of the chip's topology. Knows no timing and no energy.
"""

import numpy as np

from snnmap.core.arrays import I64
from snnmap.hardware import Hardware
from snnmap.ir import Placement, Traffic


def tree_hops(traffic: Traffic, placement: Placement, hardware: Hardware) -> I64:
    """Links between tiles that one message of every group crosses: the size of its multicast tree, int64 (G,).

    Network inputs enter at `hardware.port`; clusters on one tile are 0 links apart.
    """
    from snnmap.analysis.kernels.routes import group_hops

    hops = np.zeros(len(traffic.sender), np.int64)
    x, y = hardware.topology.xy(placement.tile)
    reach = np.zeros((2, hardware.topology.width), np.int64)
    group_hops(traffic.sender, traffic.target_ptr, traffic.target, x, y, hardware.port, reach, hops)
    return hops


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
