"""A random mapping by hand on chips of several technologies, and every figure of it, held as numbers.

No stage takes part, so that only equations and constants can change them; `regenerate/figures_golden.py` writes them
anew.
"""

import json
from dataclasses import fields, replace
from functools import cache
from pathlib import Path

import numpy as np
from support.origins import CHIP, ORIGIN, WORKLOAD, replaced
from support.random_graphs import random_clustering, random_graph

from snnmap.analysis.view import View
from snnmap.hardware import load_hardware, load_technology
from snnmap.ir import Mapping, Placement, Schedule, Sdfg, Wiring
from snnmap.reliability.device import device_state
from snnmap.reliability.espine import espine_state, espine_twin
from snnmap.reliability.metrics import reliability_metrics

GOLDEN = Path(__file__).parents[1] / "data" / "golden_figures.json"
TECHNOLOGIES = ("pcm-16", "oxram-22", "espine-pcm-65")
PLACES = {"alone": (7, 0, 4, 2, 5, 1, 3, 6), "pair": (4, 4, 1, 0, 2, 5, 7, 3), "crowd": (6, 1, 6, 1, 6, 2, 0, 0)}
"""Tiles of clusters: each alone, exactly two on one tile, and three, two, two and one."""


@cache
def view_of(technology, places, variation=None):
    """View of a mapping of eight clusters, 4 x 2 tiles of 16 x 12 cells, with slow reads and long wires."""
    rng = np.random.default_rng(17)
    graph, synapses, _ = random_graph(rng)
    clustering, *_ = random_clustering(rng, synapses)
    network, weight = graph.network, rng.integers(1, 9, graph.network.synapses) / 8
    graph = replace(graph, network=replace(network, weight=weight, grid=np.full(len(network.grid), 1 / 8)))
    lines = (
        [int(x) for n in np.diff(ptr) for x in rng.permutation(limit)[:n]]
        for ptr, limit in ((clustering.row_ptr, 16), (clustering.column_ptr, 12))
    )
    chip = replace(load_hardware("pcm-mesh"), word_lines=16, bit_lines=12, mesh_width=4, mesh_height=2, port=(1, 0))
    chip = replace(chip, technology=load_technology(technology))
    for key, value in (("read_time", 2e-4), ("r_wordline", 300.0), ("r_bitline", 200.0)):
        chip = chip.with_value(key, value)
    none = np.zeros(0, np.int64)
    mapping = Mapping(
        clustering, Placement(PLACES[places][: clustering.clusters]), Wiring(*lines),
        Sdfg((), none, none, none, none, none, none, none, 1e-9), Schedule((), none, none, 2000, 3, (), 1750),
        graph.spikes, graph.active_steps, np.zeros(len(clustering.column_neuron), np.int64), {},
        replaced(CHIP, variation_seed=variation), WORKLOAD, ORIGIN,
    )  # fmt: skip
    view = View(mapping, graph, chip)
    return View(replace(mapping, partial_messages=view.clusters.partial_messages), graph, chip)


def told(value):
    """A value as the file holds it: words as they are, numbers to ten digits, never as none."""
    if isinstance(value, str):
        return value
    return [float(f"{x:.9e}") if np.isfinite(x) else None for x in np.ravel(np.asarray(value, float)).tolist()]


def reliability(technology, places):
    """Every headline figure and every field of the states, by name."""
    view = view_of(technology, places, 5 if places == "crowd" else None)
    found = {m.name: told(m.value) for m in reliability_metrics(view)}
    if view.hardware.technology.mode == "device":
        state = device_state(view)
        found |= {f"device {f.name}": told(getattr(state, f.name)) for f in fields(state)}
    twin = espine_twin(view.hardware.technology)
    if twin is not None:
        espine = espine_state(view, twin)
        found |= {f"espine {f.name}": told(getattr(espine, f.name)) for f in fields(espine)}
    return found


def evaluation(technology, places):
    """Every figure of the report, every map of tiles, of the weakest crossbar, and the fields of all crossbars."""
    from snnmap.evaluation import maps
    from snnmap.evaluation.figures import report_of

    view = view_of(technology, places)
    report = report_of(view)
    found = {m.name: told(np.nan if m.value is None else m.value) for m in report.metrics}
    found |= {f"tile {name}": told(values) for name, values in report.tiles.items()}
    weakest = maps.weakest_crossbar(view)
    charts = {"chip": maps.tile_maps(view), "cell": maps.crossbar_maps(view, weakest)}
    for of, drawn in charts.items():
        found |= {f"{of} {c.mode} {c.key}": told(shortened(c.values)) for c in drawn}
    for record in maps.crossbar_fields(view):
        found |= {f"crossbar {record['crossbar']} {name}": told(value) for name, value in record.items()}
    return found | {"weakest": told(weakest)}


def shortened(values):
    """Values (T,) as they are, of cells (R, C) how many there are, their sum and their sum by place."""
    if np.ndim(values) == 1:
        return values
    kept = np.isfinite(values)
    flat = np.where(kept, values, 0.0)
    return [kept.sum(), flat.sum(), (flat * np.arange(flat.size).reshape(flat.shape)).sum()]


WORK = {"reliability": reliability, "evaluation": evaluation}
NAMES = [f"{technology} {places}" for technology in TECHNOLOGIES for places in PLACES]


def work(room, name):
    """What a room says of a case."""
    return WORK[room](*name.split())


@cache
def golden():
    """What the file holds: {room: {case: {figure: value}}}."""
    return json.loads(GOLDEN.read_text())


def differing(found, held):
    """Names of figures that are missing, new, or differ by more than one part in 10^6."""
    names = sorted(set(found) ^ set(held))
    for name in set(found) & set(held):
        a, b = found[name], held[name]
        if isinstance(a, str) or isinstance(b, str) or len(a) != len(b):
            names += [name] if a != b else []
            continue
        pairs = zip(a, b, strict=True)
        if any(
            (x is None) != (y is None) or (x is not None and abs(x - y) > 1e-6 * max(abs(x), abs(y))) for x, y in pairs
        ):
            names.append(name)
    return sorted(names)
