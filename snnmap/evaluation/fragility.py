"""How far the time per step depends on the data that was profiled, with busier steps, and with frames left out.

And what would guarantee it where it is an estimate.
"""

from dataclasses import replace

import msgspec
import numpy as np

from snnmap.analysis.view import View
from snnmap.core.arrays import I64, offsets, ranges, transpose_csr
from snnmap.evaluation.judgement import is_guaranteed
from snnmap.evaluation.what_if import rescheduled
from snnmap.ir import ANY_DATA, Fragility
from snnmap.stages.registry import restored

MARGINS = (0.1, ANY_DATA)
"""Ten per cent more, and whatever the network can be given."""


def fragility(view: View) -> Fragility:
    """Periods for busier steps, by the mapping's own scheduler if it has a margin, and the frames left out."""
    periods = tuple((margin, seconds) for margin in MARGINS for seconds in _period(view, margin))
    return Fragility(periods, *left_out(view), behind_gates(view))


def behind_gates(view: View) -> tuple[float, int] | None:
    """Of an estimate: seconds per step that gates would guarantee, and the flits that routers would have to hold."""
    if view.mapping.origin.plan.schedule.package or is_guaranteed(view.mapping, view.hardware):
        return None
    gated = view if view.hardware.noc == "gated" else rescheduled(view, replace(view.hardware, noc="gated"))
    return gated.period, gated.mapping.schedule.buffers or 1


def _period(view: View, margin: float) -> list[float]:
    """Seconds per step with a margin; none if the scheduler has none, or has a larger one already."""
    record = view.mapping.origin.plan.schedule
    if record.package or not float(record.options.get("margin") or 0.0) < margin:
        return []
    options = {**record.options, "margin": margin}
    scheduler = restored("schedule", msgspec.structs.replace(record, options=options))
    return [rescheduled(view, view.hardware, scheduler).period]


def left_out(view: View) -> tuple[int, int]:
    """Frames of the second half of the profile, and how many have a step busier than any of the first somewhere.

    Both 0 if the profile kept no events or has one frame only.
    """
    graph, clustering = view.graph, view.mapping.clustering
    half = graph.frames // 2
    if graph.events is None or half == 0:
        return 0, 0
    travels = ~graph.network.is_bias()[clustering.row_source]
    cluster = np.repeat(np.arange(clustering.clusters), np.diff(clustering.row_ptr))[travels]
    rows = clustering.row_source[travels]
    ptr, _, entry = transpose_csr(offsets(np.ones(len(rows))), rows, graph.network.sources)
    most = np.stack([_busiest(view, frame, ptr, cluster[entry]) for frame in range(graph.frames)])
    known = most[:half].max(axis=0)
    return graph.frames - half, int(np.sum(np.any(most[half:] > known, axis=1)))


def _busiest(view: View, frame: int, ptr: I64, cluster: I64) -> I64:
    """Most rows on in a step of one frame by cluster, int64 (K,); `ptr`, `cluster`: clusters with a row, by source."""
    events, clusters = view.graph.events, view.mapping.clustering.clusters
    if events is None:
        return np.zeros(clusters, np.int64)
    here = slice(int(events.frame[frame]), int(events.frame[frame + 1]))
    source, step = events.source[here], events.step[here].astype(np.int64)
    times = np.diff(ptr)[source]
    reached = cluster[ranges(ptr[source], times)]
    counted = np.bincount(np.repeat(step, times) * clusters + reached, minlength=events.steps * clusters)
    busiest: I64 = counted.reshape(events.steps, clusters).max(axis=0)
    return busiest
