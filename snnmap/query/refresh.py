"""How often a verified mapping must be refreshed: by what its weights keep, and by what its accuracy does."""

from snnmap.core.errors import InputError
from snnmap.core.run import Progress
from snnmap.pipeline.chips import AccuracyOptions
from snnmap.pipeline.drawn import DrawnChips
from snnmap.pipeline.refresh import Refreshed, refreshed
from snnmap.query.report import MappingReport

EFFECTS_OF_AGE = AccuracyOptions(ages=("1s",), refresh=True)
"""All effects on ten chips, half a point to lose."""


def refresh_intervals(
    found: MappingReport, options: AccuracyOptions = EFFECTS_OF_AGE, progress: Progress | None = None
) -> tuple[Refreshed, ...]:
    """Both refresh intervals of a reported mapping, with drift compensation and without, and what each costs.

    Parameters
    ----------
    found
        What `report` found, with the workload at hand.
    options
        Which chips, effects and loss of accuracy; the data are the mapping's own.
    progress
        Called with ("refresh", ages run, ages that a search usually runs, 0).

    Raises
    ------
    InputError
        If the workload was not at hand or the mapping not legal, or the technology knows no refresh.
    """
    if found.view is None:
        raise InputError("a refresh interval by accuracy runs the mapped network: the workload must be at hand")
    return refreshed(found.view, DrawnChips.of(found.view, found.view.graph, options, progress), progress)
