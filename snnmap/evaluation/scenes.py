"""What a page shows of a mapping besides its figures: floor, crossbars, schedule, spikes; each bounded in size.

Picks and names, computes no figure: what is too much for a page is left out by a rule that the record lets a reader
check. Draws nothing.
"""

from collections.abc import Callable, Iterator

import numpy as np

from snnmap.analysis.view import View
from snnmap.core.arrays import F64, I32, I64, row_of_entry
from snnmap.evaluation.maps import States, crossbar_maps, weakest_crossbars
from snnmap.ir import Mapping, PopulationFacts
from snnmap.ir.scenes import Contents, Firing, Floor, Opened, Raster, Timeline

Ids = I32 | I64

LANES, MESSAGES = 24, 12
"""Tiles and messages of a schedule that are shown."""
ROWS = 320
"""Sources of a raster."""
OPENED = 12
"""Crossbars that may be looked into."""


def floor(view: View) -> Floor:
    """What every tile holds, and what goes over the links between them."""
    mapping, chip = view.mapping, view.hardware
    clustering, layers = mapping.clustering, [p for p in mapping.workload.populations if p.kind == "neuron"]
    of_column = np.searchsorted([p.first for p in layers], clustering.column_neuron, side="right") - 1
    tile = mapping.placement.tile.astype(np.int64)
    counts = np.zeros((chip.tiles, len(layers)), np.int64)
    np.add.at(counts, (tile[row_of_entry(clustering.column_ptr)], of_column), 1)
    rows = np.bincount(tile, clustering.rows, minlength=chip.tiles)
    held: list[list[int]] = [[] for _ in range(chip.tiles)]
    for cluster, at in enumerate(tile.tolist()):
        held[at].append(cluster)
    tiles = tuple(
        Contents(
            tuple(held[t]), tuple((layers[k].name, int(counts[t, k])) for k in np.flatnonzero(counts[t])), int(rows[t])
        )
        for t in range(chip.tiles)
    )
    depth = np.where(counts.any(axis=1), counts.argmax(axis=1), np.nan)
    port = chip.topology.xy(chip.port_tile)
    names = tuple(p.name for p in layers)
    mesh, loads = (chip.mesh_width, chip.mesh_height), view.link_loads
    return Floor(*mesh, port, tiles, depth, names, loads, view.graph.frames, chip.chips.grid)


def opened(
    view: View, found: States, chosen: int | None, *, asked: bool, fits: Callable[[Opened], bool]
) -> Iterator[Opened]:
    """Crossbars worth a look, the chosen one first, for as long as `fits` says yes; `asked`: whether a user chose it.

    Raises
    ------
    InputError
        If there is no crossbar `chosen`.
    """
    for cluster, why in list(_worth_a_look(view, found, chosen, asked).items())[:OPENED]:
        shown = _opened(view, found, cluster, why)
        if not fits(shown):
            return
        yield shown


def _worth_a_look(view: View, found: States, chosen: int | None, asked: bool) -> dict[int, str]:
    """Crossbar to what it is shown for, by rank; then the others by number."""
    clustering = view.mapping.clustering
    reasons: list[tuple[int, str]] = [] if chosen is None else [(chosen, "asked for" if asked else "")]
    weakest = weakest_crossbars(view, found)
    for mode, state in found._asdict().items():
        if state is None:
            continue
        lasts, warm, steep = state.lifetime, state.temperature, state.gradient
        reasons += [
            (weakest[mode], f"weakest, {mode} mode") if lasts.min() < lasts.max() else (-1, ""),
            (int(np.argmax(warm)), f"hottest, {mode} mode"),
            (int(np.argmax(steep)), f"steepest gradient, {mode} mode"),
        ]
    rows, columns = clustering.rows, clustering.columns
    reasons.append((int(np.argmax(rows * columns)), "fullest"))
    why: dict[int, list[str]] = {}
    for cluster, reason in reasons:
        if cluster >= 0:
            why.setdefault(cluster, []).extend([reason] if reason else [])
    told = {cluster: "; ".join(listed) for cluster, listed in why.items()}
    return told | {k: "" for k in range(min(clustering.clusters, OPENED + len(told))) if k not in told}


def _opened(view: View, found: States, cluster: int, why: str) -> Opened:
    mapping, weights = view.mapping, view.hardware.weights
    charts = tuple(crossbar_maps(view, cluster, found))
    clustering, wiring = mapping.clustering, mapping.wiring
    own, across = clustering.rows_of(cluster), clustering.columns_of(cluster)
    spikes = np.zeros(view.hardware.word_lines)
    source = clustering.row_source[own]
    words, bits = weights.word_lines(wiring.row[own]), weights.bit_lines(wiring.column[across])
    for lines in words:
        np.add.at(spikes, lines, view.graph.spikes[source] / view.graph.frames)
    neurons = list(names(mapping, clustering.column_neuron[across]))
    rows = _named(words, list(names(mapping, source)), view.hardware.word_lines)
    columns = _named(bits.reshape(-1, len(neurons)), neurons, view.hardware.bit_lines)
    return Opened(cluster, int(mapping.placement.tile[cluster]), why, charts, rows, columns, spikes)


def _named(lines: I64, entries: list[str], count: int) -> tuple[str, ...]:
    """What stands on each of `count` lines, of entries and their `lines` (planes, entries): the first of some."""
    found: list[list[str]] = [[] for _ in range(count)]
    for plane in lines:
        for line, name in zip(plane.tolist(), entries, strict=True):
            found[line].append(name)
    return tuple(f"{own[0]} and {len(own) - 1} more" if len(own) > 1 else "".join(own) for own in found)


def names(mapping: Mapping, sources: Ids) -> Iterator[str]:
    """`population[index]` of source ids."""
    populations = mapping.workload.populations
    for source, p in zip(sources.tolist(), _populations(populations, sources), strict=True):
        index = np.unravel_index(source - p.first, p.shape)
        yield f"{p.name}[{', '.join(str(int(i)) for i in index)}]"


def _populations(populations: tuple[PopulationFacts, ...], sources: Ids) -> Iterator[PopulationFacts]:
    known = sorted((p for p in populations if np.prod(p.shape)), key=lambda p: p.first)
    for place in np.searchsorted([p.first for p in known], sources, side="right").tolist():
        yield known[place - 1]


def timeline(view: View) -> Timeline:
    """The schedule of the tiles of the critical cycle and of the busiest ones, and its longest messages."""
    flow, schedule = view.mapping.sdfg, view.mapping.schedule
    critical = np.zeros(len(flow.name), bool)
    critical[list(schedule.critical)] = True
    on_tile = flow.resource >= 0
    work = np.bincount(flow.resource[on_tile], flow.time[on_tile], minlength=view.hardware.tiles)
    work[flow.resource[critical & on_tile]] += work.sum()
    used = np.unique(flow.resource[on_tile])
    lanes = np.sort(used[np.argsort(-work[used], kind="stable")[:LANES]])
    messages = np.flatnonzero(~on_tile & (flow.time > 0))
    first = np.lexsort((messages, -flow.time[messages], ~critical[messages]))
    shown = [
        *np.flatnonzero(np.isin(flow.resource, lanes) & on_tile).tolist(),
        *messages[first[:MESSAGES]].tolist(),
    ]
    shown.sort(key=lambda a: (not on_tile[a], int(flow.resource[a]), int(schedule.start[a]), a))
    firings = tuple(
        Firing(
            flow.name[a],
            int(flow.resource[a]),
            float(schedule.start[a]) * flow.tick,
            float(flow.time[a]) * flow.tick,
            bool(critical[a]),
        )
        for a in shown
    )
    return Timeline(
        firings,
        view.period * schedule.block,
        schedule.block,
        (len(lanes), len(used)),
        (min(len(messages), MESSAGES), len(messages)),
        tuple(flow.name[a] for a in schedule.critical),
    )


def raster(view: View, frame: int = 0) -> Raster | None:
    """Spikes of one frame: all that some sources of every population emit; none if the profile kept no events."""
    graph = view.graph
    if graph.events is None or graph.events.frames == 0:
        return None
    populations = [p for p in graph.network.populations if p.kind != "bias" and p.size]
    sizes = np.array([p.size for p in populations])
    share = np.minimum(np.rint(ROWS * np.sqrt(sizes) / np.sqrt(sizes).sum()).astype(np.int64), sizes)
    shown: I64 = np.concatenate(
        [p.first + np.arange(n) * p.size // n for p, n in zip(populations, share.tolist(), strict=True)]
    )
    own = slice(int(graph.events.frame[frame]), int(graph.events.frame[frame + 1]))
    source, step = graph.events.source[own].astype(np.int64), graph.events.step[own].astype(np.int64)
    place = np.full(graph.network.sources, -1, np.int64)
    place[shown] = np.arange(len(shown))
    on = np.zeros((len(shown), graph.steps), bool)
    seen = place[source] >= 0
    on[place[source[seen]], step[seen]] = True
    layer = np.full(graph.network.sources, -1, np.int64)
    for k, p in enumerate(populations):
        layer[p.first : p.stop] = k
    total: F64 = np.zeros((len(populations), graph.steps))
    np.add.at(total, (layer[source], step), 1.0)
    return Raster(
        frame, graph.frames, graph.dt, tuple(names(view.mapping, shown)), layer[shown],
        tuple(p.name for p in populations), on, sizes, total,
    )  # fmt: skip
