"""A mapping file run as a chip: its workload profiled anew, its chip, and the rates of what then happens."""

from dataclasses import replace
from pathlib import Path

from snnmap.core.errors import InputError
from snnmap.core.files import must_be_writable
from snnmap.core.run import Progress
from snnmap.evaluation.judgement import is_guaranteed
from snnmap.hardware import Hardware
from snnmap.ir import Mapping, SpikeGraph
from snnmap.pipeline.reopen import reopen
from snnmap.simulate.chip.rates import ExecuteOptions, Rates, rates
from snnmap.simulate.chip.steps import ENDINGS, step_trace


def simulate_file(
    file: Path,
    options: ExecuteOptions | None = None,
    *,
    workload: str | None = None,
    hardware: str | None = None,
    trace: Path | None = None,
    progress: Progress | None = None,
) -> Rates:
    """What the chip does with a mapping file, event by event, beside what the mapping promises.

    Parameters
    ----------
    file
        Mapping file.
    options
        How the chip is run.
    workload, hardware
        Where they are now, if not where the mapping says.
    trace
        CSV file with a row per step to write (`step_trace`), or none.
    progress
        Called with ("simulate", steps done, steps, 0), and for the stages before.

    Raises
    ------
    InputError
        If mapping, workload or chip cannot be read, are not those of the mapping, or cannot be run as asked.
    InfeasibleError
        If the chip comes to a deadlock.
    """
    if trace is not None:
        must_be_writable(Path(trace), ENDINGS, file)
    mapping, graph, chip = reopen(file, workload=workload, hardware=hardware, progress=progress)
    must_be_its_own(mapping, graph, chip)
    if trace is not None:
        step_trace(mapping, graph, chip, options, progress=progress).write(trace)
    found = rates(mapping, graph, chip, options, progress=progress)
    buffers = None if options is None else options.buffers
    run = chip if buffers is None else chip.with_value("router_buffer_flits", buffers)
    return replace(found, guaranteed=is_guaranteed(mapping, run))


def must_be_its_own(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> None:
    """Refuse a chip or a profile that the mapping was not made for.

    Raises
    ------
    InputError
        Naming the one that is another.
    """
    if mapping.chip.digest != hardware.digest():
        raise InputError(
            f"the mapping was made for another chip than this {hardware.name!r}; has its file changed? compile again"
        )
    if mapping.workload.digest != graph.digest():
        raise InputError(
            f"the mapping was made for another profile than this one of {graph.provenance.name!r}; compile again"
        )
