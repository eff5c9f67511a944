"""The dataflow graph of a placed clustering, one iteration per time step.

Actors `c<cluster>/l<level>/read` and `.../fire` (see `actors`), `input` (the chip's port), and one message actor
`noc/<producer>><cluster>` per producer and distant cluster. Channels, with initial tokens:

- every actor to itself, 1: no firing overtakes another;
- read -> fire of the same cluster and level, 0, and back, 1: a column holds one sampled value;
- spikes, fire -> read, 1 if delayed (level of the target <= level of the source), else 0; network inputs 0;
- partial sums, read -> fire of the neuron's home at the same level, 0;
- spikes, inputs and partial sums go back with `buffer_tokens` minus the tokens forward: credit for the buffer at the
  receiver. Its return takes no time (credits ride on their own wires).

Between tiles a message actor stands in the middle of a channel. **No deadlock**: order actors by (level, read before
message of partial sums before fire before message of spikes). Every channel without tokens goes up in that order:
spikes of 0 tokens rise a level, read -> fire stays in one; a credit channel has no tokens only where the buffer is
full at the start, which is a delayed channel with a buffer of one, and then leads from a read to a fire of the same
or a higher level.
"""

import numpy as np

from snnmap.core.arrays import I64, frozen, row_of_entry
from snnmap.core.errors import InputError
from snnmap.hardware import Hardware
from snnmap.ir import Clustering, Placement, Sdfg, SpikeGraph, Traffic
from snnmap.stages.schedule.actors import Actors, busiest_steps, by_source
from snnmap.stages.schedule.connections import connections_of, own_times
from snnmap.stages.schedule.links import Placed, actor_names, channels_between, placed_on
from snnmap.stages.schedule.network import TICK, flit_loads, shared_times, sums_per_step, ticks


def build_sdfg(
    graph: SpikeGraph, hardware: Hardware, clustering: Clustering, placement: Placement, traffic: Traffic
) -> Sdfg:
    """Dataflow graph at step granularity, with worst-case times of the profile; no order on the tiles yet.

    Times in ticks of 1 ps, rounded up: read = uses x (read_time + adc_time x columns that share a converter) + row_time
    x most active rows in a step, in all uses together (biases always are); fire = column_time x home neurons +
    merge_time x partial columns that arrive; messages as in `network`, on a network of time slots without the waiting
    for their slots, which `slots` adds. On a tile that several clusters share, each read first re-programs its
    crossbar: program_time x word lines.

    Raises
    ------
    InputError
        If the hardware's buffers hold no message, a time is missing, or a cluster is on no tile.
    """
    placed = placed_on(graph, hardware, clustering, placement)
    sums = sums_per_step(placed.messages, traffic)
    if hardware.noc == "tdm":
        times = own_times(hardware, placed, connections_of(graph, hardware, placed, sums))
    else:
        times = shared_times(hardware, placed, flit_loads(graph, hardware, placed, sums))
    return sdfg_of(graph, hardware, placed, clustering, times)


def sdfg_of(graph: SpikeGraph, hardware: Hardware, placed: Placed, clustering: Clustering, times: I64) -> Sdfg:
    """As `build_sdfg`, of a clustering that is placed already and of messages that take `times` (M,), ticks."""
    if hardware.buffer_tokens < 1:
        raise InputError(f"buffer_tokens is {hardware.buffer_tokens}; a channel must hold at least 1 message")
    actors, messages = placed.actors, placed.messages
    time = (
        _read_ticks(graph, hardware, placed, clustering) * placed.block
        + program_ticks(hardware, clustering, placed.tile_of_cluster)[actors.read_cluster],
        _fire_ticks(hardware, actors) * placed.block,
        np.zeros(1, np.int64),
        times,
    )
    channel = channels_between(actors, placed.links, messages, hardware.buffer_tokens)
    ones = frozen(np.ones(len(channel.producer)), np.int64)
    return Sdfg(
        name=actor_names(actors, messages),
        time=frozen(np.concatenate(time), np.int64),
        resource=frozen(np.concatenate([placed.tile[:-1], np.full(len(messages.goal) + 1, -1)]), np.int32),
        producer=frozen(channel.producer, np.int32),
        consumer=frozen(channel.consumer, np.int32),
        production=ones,
        consumption=ones,
        tokens=frozen(channel.tokens, np.int64),
        tick=TICK,
    )


def program_ticks(hardware: Hardware, clustering: Clustering, tile: I64) -> I64:
    """Time to program every cluster into its crossbar, int64 (K,); 0 where it has a tile to itself and stays there."""
    sharing = np.bincount(tile)[tile] > 1
    if not np.any(sharing):
        return np.zeros(clustering.clusters, np.int64)
    lines = clustering.rows * hardware.weights.lines_per_row
    return np.where(sharing, lines * ticks(hardware, "program_time"), 0)


def _read_ticks(graph: SpikeGraph, hardware: Hardware, placed: Placed, clustering: Clustering) -> I64:
    """Execution time of every read without programming, int64 (reads,): that of all uses of its cluster in turn."""
    actors, heard = placed.actors, placed.heard
    ptr, read = by_source(heard.source, heard.read, graph.network.sources, once=clustering.uses is None)
    level = np.append(actors.level(), -1)[actors.producer]  # of who sends: -1 for the port, as for nobody
    late = actors.read_level[read] <= level[row_of_entry(ptr)]
    active = busiest_steps(graph, ptr, read, actors.reads, late, placed.margin)
    active += np.bincount(heard.read[graph.network.is_bias()[heard.source]], minlength=actors.reads)
    converting = ticks(hardware, "adc_time") * hardware.turns
    uses = np.diff(clustering.use_ptr)[actors.read_cluster]
    return (ticks(hardware, "read_time") + converting) * uses + ticks(hardware, "row_time") * active


def _fire_ticks(hardware: Hardware, actors: Actors) -> I64:
    """Execution time of every fire, int64 (fires,)."""
    here = actors.read_cluster[actors.column_read] == actors.fire_cluster[actors.column_fire]
    home = np.bincount(actors.column_fire[here], minlength=actors.fires)
    arriving = np.bincount(actors.column_fire[~here], minlength=actors.fires)
    return home * ticks(hardware, "column_time") + arriving * ticks(hardware, "merge_time")
