"""A file of phases again with all it was made from: judged, replayed, and run phase by phase."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from snnmap.analysis.phases import joined, part_of_phase, phase_times, waits
from snnmap.core.arrays import I64, row_of_entry
from snnmap.core.errors import InputError
from snnmap.core.run import Progress, as_stage
from snnmap.formats.phases import load_phases
from snnmap.hardware import Hardware
from snnmap.ir import Clustering, SpikeGraph, Uses, Violation, Violations
from snnmap.ir.phases import Phased
from snnmap.legality.phases import phase_violations
from snnmap.pipeline.phases import named
from snnmap.pipeline.reopen import graph_of, hardware_of
from snnmap.simulate.chip.rates import ExecuteOptions, Rates, rates
from snnmap.simulate.mapped import deviation
from snnmap.simulate.mapped import replay as run_replay


@dataclass(frozen=True, slots=True, eq=False)
class Reopened:
    """Phases with the graphs and the chip that they were made for."""

    phased: Phased
    graph: SpikeGraph
    hardware: Hardware
    clustering: Clustering
    """All clusters of all phases, of the whole network."""
    parts: tuple[SpikeGraph, ...]
    """Graph of every phase."""


def reopen_phases(
    file: Path | str, *, workload: str | None = None, hardware: str | None = None, progress: Progress | None = None
) -> Reopened:
    """Phases of a file with all they were made from: the workload, profiled anew, and the chip.

    Raises
    ------
    InputError
        If file, workload or chip cannot be read, or the phases are not of that workload.
    """
    phased = load_phases(file)
    first = replace(phased.phases[0].mapping, workload=phased.workload, origin=phased.origin)
    chip = hardware_of(first, hardware)
    graph = graph_of(first, chip, workload=workload, progress=progress)
    if phased.workload.digest != graph.digest():
        raise InputError(
            f"{file} was made for another profile than this one of {graph.provenance.name!r}; compile it again"
        )
    if any(phase.source.size and phase.source.max() >= graph.network.sources for phase in phased.phases):
        raise InputError(f"{file} names sources that {graph.provenance.name!r} has not; compile it again")
    clustering, of_phase = whole_clustering(phased, graph)
    return Reopened(phased, graph, chip, clustering, parts_of_phases(graph, clustering, of_phase))


def parts_of_phases(graph: SpikeGraph, clustering: Clustering, of_phase: I64) -> tuple[SpikeGraph, ...]:
    """Graph of every phase, of clusters whose phase is `of_phase` (K,)."""
    count = int(of_phase.max(initial=-1)) + 1
    own = (np.flatnonzero(of_phase == number) for number in range(count))
    return tuple(
        named(part_of_phase(graph, clustering, clusters)[0], graph, (number, count))
        for number, clusters in enumerate(own)
    )


def whole_clustering(phased: Phased, graph: SpikeGraph) -> tuple[Clustering, I64]:
    """Clusters of all phases, of the whole network, one phase after the other, and the phase of each (K,).

    A neuron's home is where it fires: in the last phase that has columns of it.
    """
    network, parts = graph.network, []
    for phase in phased.phases:
        inside, wiring, ids = phase.mapping.clustering, phase.mapping.wiring, phase.source
        source = ids[inside.row_source]
        order = np.lexsort((source, row_of_entry(inside.use_row_ptr)))
        lines = inside.use_ptr, inside.use_row_ptr, inside.use_column_ptr, wiring.row[order], wiring.column
        part = replace(inside, row_source=source[order], column_neuron=ids[inside.column_neuron], uses=Uses(*lines))
        parts.append(part)
    whole, of_phase = joined(parts, network), np.repeat(np.arange(len(parts)), [part.clusters for part in parts])
    home = whole.home.astype(np.int64)
    for number, phase in enumerate(phased.phases):
        first = int(np.flatnonzero(of_phase == number)[0])
        home[phase.neurons - network.externals] = phase.mapping.clustering.home + first
    return replace(whole, home=home.astype(np.int32)), of_phase


def verify_phases(
    file: Path | str,
    *,
    workload: str | None = None,
    hardware: str | None = None,
    replay: bool = False,
    progress: Progress | None = None,
) -> Violations:
    """Judge a file of phases: each as a mapping, and that together they are the network.

    Parameters and errors as for `verify_file`.
    """
    found = reopen_phases(file, workload=workload, hardware=hardware, progress=progress)
    arguments = (found.phased, found.graph, found.hardware, found.parts)
    wrong = as_stage(progress, "verify", phase_violations, *arguments)
    if replay and not wrong:
        whole = replace(found.phased.phases[0].mapping, clustering=found.clustering)
        differ = deviation(found.graph, run_replay(whole, found.graph, progress=progress))
        if differ:
            asked, there = f"{differ} events differ", "the phases must spike as the profile did"
            wrong.append(Violation("replay", "spikes", asked, there))
    return wrong


@dataclass(frozen=True, slots=True, eq=False)
class PhaseRates:
    """What the chip does in one phase, beside what is promised."""

    rates: Rates
    promised: float
    """Seconds of the phase, programming included, as the phases promise."""
    measured: float
    """Seconds of the phase at the slowest rate that was measured."""


def simulate_phases(
    file: Path | str,
    options: ExecuteOptions | None = None,
    *,
    workload: str | None = None,
    hardware: str | None = None,
    progress: Progress | None = None,
) -> tuple[PhaseRates, ...]:
    """What the chip does in every phase of a file, event by event; parameters and errors as for `simulate_file`.

    Only steps are run; programming and the exchange between phases take what they are counted to take.
    """
    found = reopen_phases(file, workload=workload, hardware=hardware, progress=progress)
    phased, chip = found.phased, found.hardware
    answers = []
    for phase, part, wait, resident in zip(
        phased.phases, found.parts, waits(phased.phases, found.graph, chip), phased.residents(), strict=True
    ):
        ran = rates(phase.mapping, part, chip, options, progress=progress)
        times = phase_times(phase, wait, resident, chip)
        slowest = max((float(m.period) for m in ran.measured.values()), default=float(ran.promised)) * ran.tick
        gained = (times.period - slowest) * (part.steps - -(-part.steps // phase.chunk))
        answers.append(PhaseRates(ran, times.total, times.total - gained))
    return tuple(answers)
