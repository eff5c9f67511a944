"""Recorded activity to a spike-activity graph, without simulation: an edge list and the spikes that were recorded.

Layouts
-------
=================== =================================================================================================
one `.npz`          `pre`, `post`, optional `weight`; spikes: `spike_ids` (or `neuron`, `id`, `i`) with `spike_times`
                    or `t` (seconds), `t_ms`, `t_us` or `step`; optional `frame` per spike, `dt`, `duration` or `steps`
a folder, or a pair `edges.csv` (first line `pre,post[,weight]`) and `spikes.csv` (first line such as `neuron,t_ms`)
SpiNeMap            `connections.txt` with lines `src dst dst ...`, `spikes.txt` with lines `neuron t t ...` (in ms)
NIR data            `spikes.nir` or `spikes.h5` of one node (`nir.write_data`) beside `edges.csv`; or, without an edge
                    list, NIR data of every population as `--data` of a NIR file (`recorded_network`)
=================== =================================================================================================

How to write them from Brian2, PyNN, CARLsim, SpikingJelly: `workloads/RECORDING.md`.

Numbering
---------
Recorded neuron numbers are arbitrary; a `Network` wants inputs first and neurons by level. A neuron without incoming
synapses becomes an input. The others get the length of the longest path to them, strongly connected neurons counting as
one place, and every level is a population of model "recorded". Within a population the recorded order is kept, so
layers recorded in order keep their numbers. The provenance holds the recorded numbers as runs (`recorded_ids`).
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from snnmap.core.arrays import F32, F64, I64, offsets, ranges
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.frontend.data.encode import LONGEST, ROUNDING, EncodeRules, binned, encode_recording, steps_of
from snnmap.frontend.data.samples import Recording
from snnmap.frontend.networks.parsed import Imported
from snnmap.frontend.options import LoadOptions
from snnmap.frontend.recorded.files import Edges, Firing, read_recorded
from snnmap.ir import ANALOG, Network, Provenance, Remarks, SpikeGraph, Spikes

STEP = 1e-3
"""Seconds per step where nothing says so."""

RUNS = 10_000
"""Runs of recorded numbers that the provenance keeps at most."""


def read_activity(path: Path, options: LoadOptions | None = None) -> SpikeGraph:
    """Spike-activity graph of recorded activity.

    Parameters
    ----------
    path
        An npz, a folder, or the edge file of a pair (module docstring).
    options
        `dt` and `steps` count; others do not apply.

    Raises
    ------
    InputError
        If a file is damaged or incomplete, or there is nothing to map.
    """
    options = options or LoadOptions()
    recorded = read_recorded(path)
    try:
        network, ids, notes = _network(recorded.edges)
        events, more = _events(recorded.firing, ids, options)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    runs = _runs(ids)
    provenance = Provenance(
        name=path.stem or path.resolve().name,
        source=str(path),
        format="activity",
        files=dict(recorded.digests),
        options=options.given(),
        licence="as the recording's",
        recorded_ids=tuple((start, count) for start, count in runs) if len(runs) <= RUNS else None,
    )
    return spike_graph(network, events, provenance, Remarks((*recorded.firing.notes, *notes, *more)))


def activity_network(path: Path) -> Imported:
    """The network of a recording alone, for inspection."""
    recorded = read_recorded(path)
    try:
        network, _, notes = _network(recorded.edges)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    digest = recorded.digests[0][1]
    return Imported(path.stem or path.resolve().name, "activity", network, digest, notes)


def spike_graph(network: Network, events: Spikes, provenance: Provenance, remarks: Remarks) -> SpikeGraph:
    """Graph of a network whose every input and neuron was recorded; values are numbers of spikes."""
    graded = np.zeros(network.sources, np.bool_)
    for population in network.populations:
        graded[population.first : population.stop] = population.model in ANALOG
    count = np.where(graded[events.source], 1, np.rint(events.value)).astype(np.int64)
    n, frames, steps = network.sources, events.frames, events.steps
    per_frame = np.zeros(n, np.int64)
    for k in range(frames):
        span = slice(int(events.frame[k]), int(events.frame[k + 1]))
        per_frame = np.maximum(per_frame, np.bincount(events.source[span], count[span], n).astype(np.int64))
    worst_step = np.zeros(n, np.int64)
    np.maximum.at(worst_step, events.source, count)
    spikes = np.bincount(events.source, count, n).astype(np.int64)
    active = np.bincount(events.source, minlength=n).astype(np.int64)
    bias = network.is_bias()
    spikes[bias] = active[bias] = frames * steps
    per_frame[bias], worst_step[bias] = steps, 1
    return SpikeGraph(
        network,
        spikes,
        per_frame,
        worst_step.astype(np.int32),
        active,
        frames,
        steps,
        events.dt,
        events,
        None,
        provenance,
        remarks=remarks,
    )


def recorded_network(read: Imported, recordings: Mapping[str, Recording], rules: EncodeRules) -> tuple[Network, Spikes]:
    """Network whose spikes were all recorded, population by population; its neurons become model "recorded".

    Raises
    ------
    InputError
        If a recording does not match its population or the recordings differ in length.
    """
    steps, parts = rules.steps, []
    for population in read.network.populations:
        if population.kind == "bias":
            continue
        try:
            spikes = encode_recording(recordings[population.name], population.shape, replace(rules, steps=steps)).spikes
        except InputError as error:
            raise InputError(f"data of {population.name!r}: {error}") from None
        steps = spikes.steps
        parts.append((population.first, spikes))
    if len({part.frames for _, part in parts}) > 1:
        raise InputError("the populations were recorded for different numbers of samples")
    frame = np.concatenate([part.frame_of_event() for _, part in parts])
    step = np.concatenate([part.step for _, part in parts])
    source = np.concatenate([part.source + first for first, part in parts])
    value = np.concatenate([part.value for _, part in parts])
    extent = (parts[0][1].frames, steps or 1, read.network.sources)
    spikes = binned(frame, step.astype(np.int64), source.astype(np.int64), value.astype(np.float64), extent, rules.dt)
    populations = tuple(
        replace(p, model="recorded", parameters={}) if p.kind == "neuron" and p.model not in ANALOG else p
        for p in read.network.populations
    )
    return replace(read.network, populations=populations), spikes


def _network(edges: Edges) -> tuple[Network, I64, tuple[str, ...]]:
    """Network, recorded number of every source, and what was done to the edges."""
    from scipy import sparse

    from snnmap.frontend.networks.assemble import Block, Draft, build_network

    if not len(edges.pre):
        raise InfeasibleError("synapses", 1, 0, "The edge list is empty: give one with at least one synapse.")
    ids, compact = np.unique(np.concatenate((edges.pre, edges.post)), return_inverse=True)
    pre, post = compact[: len(edges.pre)].astype(np.int64), compact[len(edges.pre) :].astype(np.int64)
    level = recorded_levels(pre, post, len(ids))
    order = np.lexsort((np.arange(len(ids)), level))
    place = np.empty(len(ids), np.int64)
    place[order] = np.arange(len(ids))
    sizes = np.bincount(level)
    first = offsets(sizes)
    weight: F32 = np.ones(len(pre), np.float32) if edges.weight is None else edges.weight
    used = np.flatnonzero(sizes)
    names = {int(k): ("inputs", "input", "input") if k == 0 else (f"level{k}", "neuron", "recorded") for k in used}
    drafts = [Draft(name, kind, model, (int(sizes[k]),)) for k, (name, kind, model) in names.items()]  # type: ignore[arg-type]
    index = {k: i for i, k in enumerate(names)}
    blocks = []
    pair = level[pre] * len(sizes) + level[post]
    for key in np.unique(pair):
        low, high = (int(k) for k in divmod(int(key), len(sizes)))
        mine = np.flatnonzero(pair == key)
        coordinates = (place[pre[mine]] - first[low], place[post[mine]] - first[high])
        matrix = sparse.coo_array((weight[mine], coordinates), shape=(int(sizes[low]), int(sizes[high])))
        blocks.append(Block(index[low], index[high], sparse.csr_array(matrix)))
    senders = {block.pre for block in blocks if block.pre != block.post}
    outputs = [i for i, draft in enumerate(drafts) if i not in senders and draft.kind == "neuron"]
    network = build_network(drafts, blocks, outputs or [len(drafts) - 1])
    doubled = len(pre) - network.synapses
    notes = (f"{doubled:,} synapses were listed more than once; their weights are added",) if doubled else ()
    return network, ids[order], notes


def recorded_levels(pre: I64, post: I64, n: int) -> I64:
    """Level of every neuron, int64 (n,): 0 without incoming synapses, else the longest path (module docstring)."""
    from scipy import sparse
    from scipy.sparse import csgraph

    pattern = sparse.csr_array(sparse.coo_array((np.ones(len(pre), np.int8), (pre, post)), shape=(n, n)))
    count, part = csgraph.connected_components(pattern, directed=True, connection="strong")
    outer = part[pre] != part[post]
    tail, head = part[pre][outer].astype(np.int64), part[post][outer].astype(np.int64)
    order = np.argsort(tail, kind="stable")
    tail, head = tail[order], head[order]
    indptr = offsets(np.bincount(tail, minlength=count))
    waiting = np.bincount(head, minlength=count)
    level = np.zeros(count, np.int64)
    level[part[post]] = 1
    frontier = np.flatnonzero(waiting == 0)
    while len(frontier):
        fan = np.diff(indptr)[frontier]
        targets = head[ranges(indptr[frontier], fan)]
        np.maximum.at(level, targets, np.repeat(level[frontier], fan) + 1)
        np.subtract.at(waiting, targets, 1)
        reached = np.unique(targets)
        frontier = reached[waiting[reached] == 0]
    result: I64 = level[part]
    return result


def _events(firing: Firing, ids: I64, options: LoadOptions) -> tuple[Spikes, list[str]]:
    """Recorded spikes in steps, by the network's numbers."""
    notes: list[str] = []
    dt = options.dt or firing.dt
    if dt is None:
        dt = STEP
        notes.append(f"dt = {STEP:g} s: the default, as neither the recording nor an option states a step")
    order = np.argsort(ids)
    at = np.minimum(np.searchsorted(ids[order], firing.neuron), len(ids) - 1)
    known = ids[order][at] == firing.neuron
    if not known.all():
        notes.append(f"{int((~known).sum()):,} spikes come from neurons without synapses and are left out")
    source = order[at][known]
    time: F64 = firing.time[known]
    step = time.astype(np.int64) if firing.stepped else steps_of(time, dt)
    frame = np.zeros(len(step), np.int64) if firing.frame is None else firing.frame[known]
    steps = options.steps or _steps(firing, step, dt, notes)
    inside = step < steps
    if not inside.all():
        notes.append(f"{int((~inside).sum()):,} spikes come after the last step, {steps}, and are left out")
    frames = int(frame.max(initial=0)) + 1
    if frames > LONGEST:
        raise InputError(f"the column 'frame' counts up to {frames - 1:,}; number the frames from 0")
    ones = np.ones(int(inside.sum()))
    return binned(frame[inside], step[inside], source[inside], ones, (frames, steps, len(ids)), dt), notes


def _steps(firing: Firing, step: I64, dt: float, notes: list[str]) -> int:
    """Steps per frame where nobody said."""
    if firing.duration is not None:
        return max(1, int(np.ceil(firing.duration if firing.stepped else firing.duration / dt - ROUNDING)))
    steps = int(step.max(initial=0)) + 1
    if steps > LONGEST:
        raise InputError(f"at dt = {dt:g} s the recording lasts {steps:,} steps; check the unit of its times")
    notes.append(f"steps = {steps}: up to the last spike, as neither the recording nor an option states a duration")
    return steps


def _runs(ids: I64) -> list[list[int]]:
    """Runs [first recorded number, length] of consecutive numbers, in the network's order."""
    breaks = np.flatnonzero(np.diff(ids) != 1) + 1
    starts = np.concatenate(([0], breaks))
    lengths = np.diff(np.concatenate((starts, [len(ids)])))
    return [[int(ids[start]), int(length)] for start, length in zip(starts, lengths, strict=True)]
