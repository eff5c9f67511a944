"""The report as one HTML file: what `report` found, gathered for the page."""

from collections.abc import Callable
from pathlib import Path

from snnmap.core.errors import InputError
from snnmap.core.files import write_atomically
from snnmap.evaluation.maps import spikes_of_tiles, tile_maps
from snnmap.evaluation.scenes import floor, opened, raster, timeline
from snnmap.evaluation.sensitivity import Swing
from snnmap.hardware import Quantity
from snnmap.ir import Chart
from snnmap.ir.scenes import Opened
from snnmap.query.report import MappingReport
from snnmap.render.numbers import number, span
from snnmap.render.page import must_be_page
from snnmap.render.page.build import page
from snnmap.render.page.content import Constant, Content
from snnmap.render.page.tornado import Moved

CELLS = 1_200_000
"""Values of all maps of the crossbars that a page opens: about two megabytes of it."""


def html_report(mapped: MappingReport, path: Path, crossbar: int | None = None) -> Path:
    """Write everything that `report` found out as one HTML file that loads nothing; needs the workload.

    Parameters
    ----------
    mapped
        What `report` gives.
    path
        File to write, `.html`.
    crossbar
        Crossbar to open first, the weakest if none is named.

    Raises
    ------
    InputError
        If the workload was not at hand, the mapping is not legal, the crossbar does not exist, or the file cannot be
        written.
    """
    must_be_page(path)
    write_atomically(path, page(gathered(mapped, crossbar)))
    return path


def gathered(mapped: MappingReport, crossbar: int | None = None) -> Content:
    """All that a page shows; nothing that `report` computed is computed again."""
    view, known, read = mapped.view, mapped.states, mapped.reading
    if view is None or known is None or read is None:
        why = "the mapping is not legal" if mapped.violations else "; ".join(mapped.notes)
        raise InputError(f"no page can be written: {why}")
    depends = mapped.sensitivity
    fired = Chart("spikes_per_frame", "spikes fired per frame", "", spikes_of_tiles(view))
    chosen = mapped.weakest if crossbar is None else crossbar
    return Content(
        mapping=mapped.mapping,
        reading=read,
        noc=view.hardware.noc,
        bounds=mapped.partition_bounds,
        bottleneck=mapped.bottleneck,
        fragility=mapped.fragility,
        floor=floor(view),
        maps=[fired, *tile_maps(view, known)],
        crossbars=tuple(opened(view, known, chosen, asked=crossbar is not None, fits=_room())),
        timeline=timeline(view),
        raster=raster(view),
        base={} if depends is None else depends.base,
        moved={name: [_moved(swing) for swing in listed] for name, listed in mapped.swings().items()},
        conclusions=mapped.conclusions(),
        constants=[_constant(key, quantity) for key, quantity in mapped.constants],
        notes=mapped.notes,
    )


def _room() -> Callable[[Opened], bool]:
    """Whether there is room for one more crossbar; there always is for the first."""
    taken = 0

    def fits(bar: Opened) -> bool:
        nonlocal taken
        first = taken == 0
        taken += sum(chart.values.size for chart in bar.charts)
        return first or taken <= CELLS

    return fits


def _moved(swing: Swing) -> Moved:
    unit = "" if swing.unit == "1" else swing.unit
    low, high = (number(float(end), unit) for end in swing.band)
    return Moved(swing.quantity, (low, high), swing.ends)


def _constant(key: str, quantity: Quantity) -> Constant:
    return Constant(key, quantity.written.removesuffix(" 1"), span(quantity.band, quantity.unit), quantity.citation)
