"""A small convolutional network in phases on few tiles: kernels held once, sums that wait, residents."""

from functools import cache

from support.kernel_nets import graph_of, kernel_network

import snnmap
from snnmap.hardware import load_hardware
from snnmap.pipeline.phases_file import whole_clustering

CHIPS = {
    "unrolled": "pcm-mesh:rows=16,columns=16,tiles=3x3",
    "dense": "pcm-mesh:rows=8,columns=16,tiles=2x1",
}


@cache
def phased(case):
    """Phases of the network, its graph and its chip."""
    graph = graph_of(kernel_network(0))
    asked = snnmap.CompileOptions(hardware=CHIPS[case], conv=case, settings=(("partition", "first_fit"),), seed=2)
    return snnmap.phases(graph, asked, within=0.15), graph, load_hardware(CHIPS[case])


def parts_of(found, graph):
    """Graphs of all phases."""
    from snnmap.pipeline.phases_file import parts_of_phases

    clustering, of_phase = whole_clustering(found.phased, graph)
    return parts_of_phases(graph, clustering, of_phase)
