"""The time per step with other times of the chip: the recorded scheduler runs again, all else stays as it is mapped.

Exact, not a derivative: orders, slots and message times are found anew for the clusters, tiles and wiring of the
mapping, as `compile` would find them there.
"""

from collections.abc import Mapping
from dataclasses import replace

from snnmap.analysis.view import View
from snnmap.core.run import stream
from snnmap.hardware import Hardware
from snnmap.stages.protocols import Run, ScheduleProblem, Scheduler
from snnmap.stages.registry import restored

TIMED = (
    *("read_time", "row_time", "column_time", "merge_time", "program_time", "adc_time", "adc_columns"),
    *("hop_time", "flit_time", "flit_bits", "spike_bits", "sum_bits"),
)
"""Quantities of a chip that its timing can depend on."""
BETWEEN = ("chip_hop_time", "chip_flit_time")
"""Those of links between chips, where there are several."""


def rescheduled(view: View, hardware: Hardware, scheduler: Scheduler | None = None) -> View:
    """The same mapping with the actor times of `hardware` and a schedule for them, by the plan's scheduler, or another.

    Raises
    ------
    InputError
        If the plan's scheduler is not installed.
    """
    mapping = view.mapping
    scheduler = scheduler or restored("schedule", mapping.origin.plan.schedule)
    problem = ScheduleProblem(view.clusters, mapping.placement, hardware)
    sdfg, schedule = scheduler(problem, Run(stream(mapping.origin.seed, "schedule")))
    return view.at(hardware, replace(mapping, sdfg=sdfg, schedule=schedule))


def retimed(view: View, changes: Mapping[str, float]) -> View:
    """The same mapping, scheduled for a chip with other values (SI) of some of these; raises as `rescheduled`."""
    hardware = view.hardware
    for key, value in changes.items():
        hardware = hardware.with_value(key, value)
    return rescheduled(view, hardware)
