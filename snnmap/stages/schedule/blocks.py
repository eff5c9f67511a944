"""Blocks of steps: how many steps a firing takes, so that clusters that share a tile are programmed less often.

An actor takes k steps in one firing and a message carries k steps, so a cluster is programmed once in k steps. What
waits then is k times as large: messages (`buffer_tokens` of each channel) and the samples of columns from their read to
their fire must fit the tile's memory. A network whose neurons hear each other a step later must go step by step: there
k is 1. Chunks of steps against the cost of a context switch: Lee & Messerschmitt, Proc. IEEE 75(9), 1987, section V.
"""

import numpy as np

from snnmap.core.arrays import I64
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.hardware import Hardware
from snnmap.ir import SpikeGraph
from snnmap.stages.schedule.actors import busiest_steps, by_source
from snnmap.stages.schedule.links import Placed


def block_of(asked: int, graph: SpikeGraph, hardware: Hardware, placed: Placed) -> int:
    """Steps of a block: as `asked`, or for 0 as many as the memory holds where clusters take turns on a tile.

    Raises
    ------
    InputError
        If blocks of `asked` steps do not make up a frame, or neurons hear each other a step later.
    InfeasibleError
        If what waits in such a block does not fit a tile's memory.
    """
    turns = bool(np.any(np.bincount(placed.tile_of_cluster) > 1))
    delayed = bool(np.any(placed.links.delayed))
    if asked == 1 or (asked == 0 and (delayed or not turns)):
        return 1
    if delayed:
        raise InputError(
            f"schedule.block is {asked}, but neurons hear each other a step later in this network, which must go step "
            "by step; give 1"
        )
    fitting = [k for k in range(1, graph.steps + 1) if graph.steps % k == 0]
    if asked and asked not in fitting:
        shown = ", ".join(str(k) for k in fitting)
        raise InputError(f"schedule.block is {asked}; a frame of {graph.steps} steps has blocks of {shown}")
    bits = waiting_bits(graph, hardware, placed)
    tile, room = int(np.argmax(bits)), int(hardware["memory_bits"])
    if asked and asked * int(bits[tile]) > room:
        raise InfeasibleError(
            f"bits of memory on tile {tile}",
            asked * int(bits[tile]),
            room,
            f"Set schedule.block to at most {max(1, room // int(bits[tile]))}, or use a chip with more memory_bits.",
        )
    return asked or max((k for k in fitting if k * int(bits[tile]) <= room), default=1)


def waiting_bits(graph: SpikeGraph, hardware: Hardware, placed: Placed) -> I64:
    """Bits that may wait on every tile for each step of a block, int64 (tiles,): messages as they come, samples."""
    actors, links, heard = placed.actors, placed.links, placed.heard
    travels = actors.producer[heard.source] >= 0
    span = actors.port + 1
    spikes = links.columns == 0
    wanted = links.producer[spikes] * span + links.consumer[spikes]
    ptr, read = by_source(heard.source[travels], heard.read[travels], graph.network.sources)
    source = np.repeat(np.arange(graph.network.sources), np.diff(ptr))
    link = np.searchsorted(wanted, actors.producer[source] * span + read)
    count = links.columns * int(hardware["sum_bits"])
    most = busiest_steps(graph, ptr, link, len(wanted), margin=placed.margin)
    count[spikes] = most * int(hardware["spike_bits"])
    bits = np.zeros(hardware.tiles, np.int64)
    np.add.at(bits, placed.tile[links.consumer], count * hardware.buffer_tokens)
    at_home = actors.read_cluster[actors.column_read] == actors.fire_cluster[actors.column_fire]
    np.add.at(bits, placed.tile[actors.column_read[at_home]], int(hardware["sum_bits"]))
    return bits
