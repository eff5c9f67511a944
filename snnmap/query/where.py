"""Where a neuron went, and what a tile holds. Reads mappings only; needs neither workload nor hardware."""

import re
from typing import Any

import numpy as np

from snnmap.core.errors import InputError
from snnmap.hardware import Mesh, Weights
from snnmap.ir import Clustering, Mapping, PopulationFacts


def where(
    mapping: Mapping, neuron: str | int | None = None, *, tile: int | None = None, source: str | int | None = None
) -> dict[str, Any]:
    """Where a neuron or a synapse went, or what a tile holds.

    Parameters
    ----------
    mapping
        Of a mapping file; neither workload nor chip is needed.
    neuron
        A source id, or `population[index]` with one index per dimension of the population.
    tile
        A tile instead.
    source
        With a neuron: what it hears, to find the cells of the synapse between both.

    Raises
    ------
    InputError
        If not exactly one of both is asked for, it does not exist, or the mapping contradicts itself.
    """
    must_hang_together(mapping)
    if (neuron is None) == (tile is None):
        raise InputError("give either a neuron or a tile")
    if source is not None:
        if neuron is None:
            raise InputError("a source needs the neuron that hears it")
        return _synapse(mapping, str(source), str(neuron))
    return _neuron(mapping, str(neuron)) if tile is None else _on_tile(mapping, tile)


def _neuron(mapping: Mapping, asked: str) -> dict[str, Any]:
    """Columns of a neuron and the rows that carry its spikes; for an external source, its rows."""
    source = _source(mapping, asked)
    clustering, externals = mapping.clustering, mapping.workload.externals
    columns = np.flatnonzero(clustering.column_neuron == source) if source >= externals else np.empty(0, np.int64)
    rows = np.flatnonzero(clustering.row_source == source)
    home = int(clustering.home[source - externals]) if len(columns) else None
    return {
        "source": source,
        "name": _name(mapping, source),
        "home": home,
        "tile": None if home is None else _tile(mapping, home),
        "columns": [_line(mapping, "column", int(c)) for c in columns],
        "rows": [_line(mapping, "row", int(r)) for r in rows],
        "spikes": int(mapping.spikes[source]),
    }


def _synapse(mapping: Mapping, source: str, neuron: str) -> dict[str, Any]:
    """Cells where the row of a source crosses the column of a neuron, by array, lines, sign and slice."""
    clustering, ids = mapping.clustering, (_source(mapping, source), _source(mapping, neuron))
    rows, columns = np.flatnonzero(clustering.row_source == ids[0]), np.flatnonzero(clustering.column_neuron == ids[1])
    of_row = np.searchsorted(clustering.use_row_ptr, rows, side="right") - 1
    of_column = np.searchsorted(clustering.use_column_ptr, columns, side="right") - 1
    both = np.intersect1d(of_row, of_column)
    names = {"source": _name(mapping, ids[0]), "neuron": _name(mapping, ids[1])}
    if len(both) == 0:
        raise InputError(f"{names['source']} and {names['neuron']} share no crossbar: there is no synapse between them")
    use = int(both[0])
    cluster = int(np.searchsorted(clustering.use_ptr, use, side="right")) - 1
    row = int(mapping.wiring.row[rows[of_row == use][0]])
    column = int(mapping.wiring.column[columns[of_column == use][0]])
    cells = _cells(Weights(mapping.chip.encoding, mapping.chip.levels, mapping.chip.slices), row, column)
    place = {"cluster": cluster, "tile": _tile(mapping, cluster), "row": row, "column": column}
    return {**names, **place, "encoding": mapping.chip.encoding, "cells": cells}


def _cells(weights: Weights, row: int, column: int) -> list[dict[str, Any]]:
    """Cells of a crossing: array, word line, bit line, sign that it adds with, and slice, 0 the most significant."""
    word, bit = weights.word_lines([row])[:, 0], weights.bit_lines([column])[:, :, 0]
    planes = range(weights.planes) if weights.arrays == 1 else (0,) * weights.halves
    return [
        {
            "array": half * (weights.arrays - 1),
            "word_line": int(word[plane]),
            "bit_line": int(bit[plane, s]),
            "sign": "+-"[half] if weights.halves > 1 else "+ less reference",
            "slice": s,
        }
        for half, plane in enumerate(planes)
        for s in range(weights.slices)
    ]


def _on_tile(mapping: Mapping, tile: int) -> dict[str, Any]:
    """Clusters of a tile with their populations, row by row and column by column."""
    mesh = Mesh(*mapping.chip.mesh)
    if not 0 <= tile < mesh.tiles:
        size = f"{mesh.width} x {mesh.height}"
        raise InputError(f"tile {tile} is not on the chip; it has tiles 0 to {mesh.tiles - 1} ({size})")
    clustering = mapping.clustering
    clusters = [int(k) for k in np.flatnonzero(mapping.placement.tile == tile)]
    held: list[dict[str, Any]] = []
    for k in clusters:
        rows, columns = (slice(p[k], p[k + 1]) for p in (clustering.row_ptr, clustering.column_ptr))
        held.append(
            {
                "cluster": k,
                **_uses(clustering, k),
                "rows": _by_line(mapping.wiring.row[rows], clustering.row_source[rows]),
                "columns": _by_line(mapping.wiring.column[columns], clustering.column_neuron[columns]),
                "contents": _contents(mapping, clustering.column_neuron[columns]),
            }
        )
    return {"tile": tile, "position": list(mesh.xy(tile)), "clusters": held}


def _uses(clustering: Clustering, cluster: int) -> dict[str, int]:
    """How often a crossbar is used in a step, where that is more than once."""
    count = int(np.diff(clustering.use_ptr)[cluster])
    return {"uses": count} if count > 1 else {}


def _by_line(line: Any, what: Any) -> dict[int, int | list[int]]:
    """What stands on every line: a source or neuron, or of a crossbar that is used several times one for each use."""
    found: dict[int, list[int]] = {}
    for at, own in sorted(zip(line.tolist(), what.tolist(), strict=True)):
        found.setdefault(at, []).append(own)
    return {at: own[0] if len(own) == 1 else own for at, own in found.items()}


def must_hang_together(mapping: Mapping) -> None:
    """Refuse what `verify` would list at length: numbers that point at nothing."""
    clustering, sources = mapping.clustering, len(mapping.spikes)
    externals = mapping.workload.externals
    named = sum(int(np.prod(p.shape, dtype=object)) for p in mapping.workload.populations)
    tiles = int(np.prod(mapping.chip.mesh, dtype=object))
    pointers = (
        (clustering.home, 0, clustering.clusters),
        (clustering.row_source, 0, sources),
        (clustering.column_neuron, externals, sources),
        (mapping.placement.tile, 0, tiles),
    )
    dangling = any(len(ids) and not low <= ids.min() <= ids.max() < stop for ids, low, stop in pointers)
    if dangling or named != sources or len(clustering.home) != sources - externals:
        raise InputError("the mapping contradicts itself; `snnmap verify` lists what is wrong, or compile it again")


def _source(mapping: Mapping, asked: str) -> int:
    populations = mapping.workload.populations
    if re.fullmatch(r"\d+", asked):
        if int(asked) >= len(mapping.spikes):
            raise InputError(f"source {asked} does not exist; ids run from 0 to {len(mapping.spikes) - 1}")
        return int(asked)
    match = re.fullmatch(r"(.+)\[([\d, ]+)\]", asked)
    names = ", ".join(f"{p.name}[{', '.join(str(n) for n in p.shape)}]" for p in populations)
    if match is None:
        raise InputError(f"{asked!r} is neither a source id nor population[index]; populations: {names}")
    for p in populations:
        if p.name != match[1].strip():
            continue
        index = [int(part) for part in match[2].split(",") if part.strip()]
        if len(index) != len(p.shape) or any(i >= n for i, n in zip(index, p.shape, strict=True)):
            raise InputError(f"{asked!r} is outside {p.name} of shape {p.shape}")
        return p.first + int(np.ravel_multi_index(index, p.shape))
    raise InputError(f"there is no population {match[1]!r}; populations: {names}")


def _population(mapping: Mapping, source: int) -> PopulationFacts:
    return max((p for p in mapping.workload.populations if p.first <= source), key=lambda p: p.first)


def _name(mapping: Mapping, source: int) -> str:
    p = _population(mapping, source)
    index = np.unravel_index(source - p.first, p.shape)
    return f"{p.name}[{', '.join(str(int(i)) for i in index)}]"


def _tile(mapping: Mapping, cluster: int) -> int:
    return int(mapping.placement.tile[cluster])


def _line(mapping: Mapping, side: str, entry: int) -> dict[str, Any]:
    clustering = mapping.clustering
    ptr = clustering.row_ptr if side == "row" else clustering.column_ptr
    cluster = int(np.searchsorted(ptr, entry, side="right")) - 1
    line = {"cluster": cluster, "tile": _tile(mapping, cluster), side: int(getattr(mapping.wiring, side)[entry])}
    if side == "column":
        externals = mapping.workload.externals
        line["home"] = int(clustering.home[clustering.column_neuron[entry] - externals]) == cluster
    return line


def _contents(mapping: Mapping, neurons: Any) -> str:
    names = [_population(mapping, int(n)).name for n in neurons]
    return ", ".join(f"{name} ({names.count(name)})" for name in dict.fromkeys(names))
