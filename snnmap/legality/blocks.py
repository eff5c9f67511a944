"""The `schedule-block` rule of `verify`: blocks of steps make up frames, need no step of their own, and fit the memory.

A firing that takes several steps must not need what it makes itself a step later. While a block waits, a tile's memory
holds all messages that its channels may hold, at their busiest step, and one sample per column at home.
"""

import numpy as np

from snnmap.hardware import Hardware
from snnmap.ir import Mapping, SpikeGraph, Violation
from snnmap.legality.recount import Recount
from snnmap.legality.times import busiest


def block_violations(mapping: Mapping, graph: SpikeGraph, hardware: Hardware, counted: Recount) -> list[Violation]:
    """Violations of the rule, of a mapping whose schedule has a sensible shape."""
    block, network = mapping.schedule.block, graph.network
    if block == 1:
        return []
    if graph.steps % block:
        asked = f"blocks of {block} steps"
        return [Violation("schedule-block", "schedule", asked, f"a frame of {graph.steps} steps is not made of them")]
    level = network.level_of().astype(np.int64)
    inside = counted.heard_source >= network.externals
    if np.any(counted.heard_level[inside] <= level[counted.heard_source[inside]]):
        asked = f"blocks of {block} steps"
        return [Violation("schedule-block", "schedule", asked, "neurons hear each other a step later: 1 is needed")]
    room = int(hardware["memory_bits"])
    return [
        Violation("schedule-block", f"tile {tile}", f"{block * bits} bits wait", f"its memory holds {room}")
        for tile, bits in sorted(_waiting(mapping, graph, hardware, counted).items())
        if block * bits > room
    ][:3]


def _waiting(mapping: Mapping, graph: SpikeGraph, hardware: Hardware, counted: Recount) -> dict[int, int]:
    """Bits that may wait on every tile for each step of a block."""
    network, clustering, tile = graph.network, mapping.clustering, mapping.placement.tile.astype(np.int64)
    level = network.level_of().astype(np.int64)
    home = np.concatenate([np.full(network.externals, -1, np.int64), clustering.home])
    spoken = ~network.is_bias()[counted.heard_source]
    source = counted.heard_source[spoken]
    sender_level = np.where(home[source] < 0, 0, level[source])
    keys = [home[source], sender_level, counted.heard_cluster[spoken], counted.heard_level[spoken]]
    bits = dict.fromkeys(tile.tolist(), 0)
    for (_, _, cluster, _), most in busiest(keys, source, graph).items():
        bits[int(tile[cluster])] += hardware.buffer_tokens * most * int(hardware["spike_bits"])
    entry = np.repeat(np.arange(clustering.clusters), np.diff(clustering.column_ptr))
    at = home[clustering.column_neuron]
    held = np.where(entry == at, 1, hardware.buffer_tokens)
    sums = np.bincount(tile[at], held, hardware.tiles) * int(hardware["sum_bits"])
    return {t: n + int(sums[t]) for t, n in bits.items()}
