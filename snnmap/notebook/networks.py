"""Networks, what they are fed, and what they do."""

from collections.abc import Callable
from typing import Any

from snnmap.frontend.networks.parsed import Imported, sentences
from snnmap.ir import Network, SpikeGraph, Workload
from snnmap.notebook.frames import columns_of, table
from snnmap.pipeline.convert import Converted
from snnmap.query.activity import notes_of, populations_of
from snnmap.query.network import layers
from snnmap.render.cell import Cell
from snnmap.render.drawings import draw_activity
from snnmap.render.networks import activity_sheet, layers_sheet, roundings_sheet, size_told
from snnmap.render.numbers import number
from snnmap.render.sheets import Sheet


def network_cell(network: Network, title: str = "network", step: float | None = None) -> Cell:
    """Layers of a network; `step` are the seconds that its time constants are compared with."""
    inputs = sum(p.size for p in network.populations if p.kind == "input")
    size = size_told(inputs, network.neurons, network.synapses)
    return Cell(title, [layers_sheet("", layers(network, step))], size)


def imported_cell(read: Imported) -> Cell:
    """Layers of a network that was read, what was repaired, and what its file says."""
    hints = [] if not read.hints else sentences(read.hints, read.why)
    step = read.hints.get("dt")
    cell = network_cell(read.network, f"{read.name} ({read.format})", float(step) if isinstance(step, float) else None)
    return cell._replace(lines=[*(f"repaired: {line}" for line in read.repairs), *hints])


def converted_cell(made: Converted) -> Cell:
    """Layers of a network that was written, and what rounding did to its weights."""
    cell = imported_cell(made.read)
    rounded = made.remarks.told().get("quantised", ())
    repaired = [f"repaired: {line}" for line in made.remarks.repairs if line not in made.read.repairs]
    sheets = [*cell.sheets, *([roundings_sheet(rounded)] if rounded else [])]
    return cell._replace(sheets=sheets, lines=[*cell.lines, *repaired])


def workload_cell(workload: Workload) -> Cell:
    """Layers, and what the network is fed."""
    fed = workload.stimulus
    cell = network_cell(workload.network, workload.name, fed.dt)
    labels = "labelled" if workload.labels is not None else "without labels"
    events = (
        f"{fed.frames:,} frames of {fed.steps:,} steps of {number(fed.dt, 's')}, {labels}: {len(fed.step):,} events"
    )
    return cell._replace(lines=[events, *workload.remarks.assumed])


def profile_cell(graph: SpikeGraph) -> Cell:
    """Activity of every population."""
    window = f"{graph.frames:,} samples of {graph.steps:,} steps of {number(graph.dt, 's')}"
    right = "" if graph.accuracy is None else f"; accuracy {100 * graph.accuracy:.1f} %"
    rounded = graph.remarks.told().get("quantised", ())
    more: list[Sheet] = [roundings_sheet(rounded)] if rounded else []
    tables = [activity_sheet("", populations_of(graph)), *more]
    return Cell(graph.provenance.name or "profile", tables, f"{window}{right}", lines=notes_of(graph))


def _profile_figure(graph: SpikeGraph) -> Any:
    title = f"{graph.provenance.name}: {graph.frames:,} samples of {graph.steps:,} steps"
    return draw_activity(title, populations_of(graph))


def _profile_frame(graph: SpikeGraph) -> Any:
    return table(columns_of(populations_of(graph)))


def _layers_frame(network: Network, step: float | None = None) -> Any:
    names = ("name", "kind", "model", "neurons", "size", "synapses", "tau_over_dt", "output")
    return table({name: [layer[name] for layer in layers(network, step)] for name in names})


CELLS: dict[str, Callable[[Any], Cell]] = {
    "Converted": converted_cell,
    "Imported": imported_cell,
    "Network": network_cell,
    "SpikeGraph": profile_cell,
    "Workload": workload_cell,
}
FIGURES: dict[str, Callable[..., Any]] = {"SpikeGraph": _profile_figure}
FRAMES: dict[str, Callable[[Any], Any]] = {"Network": _layers_frame, "SpikeGraph": _profile_frame}
