"""When everything fires: a dataflow graph per time step, a static order per tile, and a throughput guarantee.

**Model** (`build`). Steps are the iteration. A cluster fires once per level present among its columns: `read` (decode
active rows, read the array), then `fire` (merge partial sums, update the neurons at home there). A spike reaches a
higher level in the same step; a synapse i -> j with level(j) <= level(i) is delayed by one step: one initial token.
Messages between tiles and from the chip's port are actors of their own (`network`); finite buffers are credit
channels; a tile runs its actors one at a time in a static order. Times are the worst step of the profile, from rows,
columns and spikes.

**Shared tiles.** Clusters that take turns on a tile are programmed once for a block of steps (`blocks`), and a tile may
work on a later block than the one that feeds it (`rounds`), so that no tile waits for another.

**Guarantee.** On a network of time slots every flit of a step has a slot of its own on every link (`connections`,
`slots`), and the period is the length of that table. On a best-effort network it is the maximum cycle ratio of the
graph (`sdf.ratio`) with estimated message times, so no guarantee; behind gates, with large enough buffers, the message
times are a bound (`gates`). All hold for data whose steps are no busier than
the profile's, and for steps that enter no faster than one a period.

**Rejected.** The public Drexel code gives every actor one constant time and every channel equal rates, so its
throughput is 1/tau for any mapping: `frame_level` builds that form for comparison, analysed by the same code after
`sdf.expand`. TDM wheels per tile would shorten no period here, as all actors of a tile fire equally often.

Sources: Das et al., DFSynthesizer, arXiv 2108.02023; Sriram & Bhattacharyya, Embedded Multiprocessors (2009).
"""

from snnmap.stages.schedule.build import build_sdfg
from snnmap.stages.schedule.frame_level import frame_level
from snnmap.stages.schedule.list_schedule import ListSchedule, tile_orders, with_orders

ALGORITHMS = {"list": ListSchedule}
"""Schedulers by name."""

__all__ = [
    "ALGORITHMS",
    "ListSchedule",
    "build_sdfg",
    "frame_level",
    "tile_orders",
    "with_orders",
]
