"""Whether a network can fit a chip, before any data."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypedDict, Unpack, cast

import numpy as np

from snnmap.analysis.bounds import lower_bounds, messages_at_least
from snnmap.analysis.view import ClusteringView
from snnmap.core.errors import InfeasibleError
from snnmap.evaluation.phases import Least, phases_at_least, phases_of
from snnmap.formats.profile import is_profile, load_profile
from snnmap.frontend import LoadOptions, Source, load_network
from snnmap.hardware import Hardware, Weights, load_hardware, weights_told
from snnmap.ir import Remarks, SpikeGraph
from snnmap.ir.integers import Quantiser
from snnmap.pipeline.demands import must_have_kernels, sized_for
from snnmap.pipeline.options import CompileOptions, Conv
from snnmap.pipeline.profile import FINISHED
from snnmap.query.kernel_fit import Way, kernel_fit
from snnmap.query.network import Pooling
from snnmap.query.trials import ALGORITHM, Case, once, sides, trials
from snnmap.transform.quantise import quantise


class Rounded(TypedDict, total=False):
    """Weights rounded to integers before they are counted; as in `LoadOptions`."""

    quantise: Quantiser | None
    bits: int | None
    levels: int | None


class Wanted(Rounded, total=False):
    """How convolutions are held, as in `CompileOptions`, and weights rounded."""

    conv: Conv
    copies: int


def check(
    source: Source,
    *,
    hardware: str = "pcm-mesh",
    technology: str | None = None,
    pooling: Pooling | Literal["both"] = "fold",
    strict: bool = False,
    sweep: str | Sequence[int] = (),
    **wanted: Unpack[Wanted],
) -> dict[str, Any]:
    """Whether a network can fit a chip, from its structure alone: crossbars at least, neurons that exceed the rows.

    Parameters
    ----------
    source
        What `load_network` takes, or a saved profile.
    pooling
        `both`: the answer is for folded pooling, and `trials` compares it with relay neurons.
    sweep
        Sides of square crossbars, `crossbar=32,64,128` or numbers: `trials` has a partition for each. Messages are
        those of a saved profile, else of one step in which every source spikes once.
    wanted
        `quantise`, `bits`, `levels` as in `LoadOptions`: biases may take more rows then; `quantised` has the errors.
        `conv`, `copies` as in `CompileOptions`: kernels are partitioned and counted, what is no convolution is bounded.

    Raises
    ------
    InputError
        If network or chip cannot be read, a size is out of range, or there are no kernels to hold.
    """
    sizes, chip = sides(sweep), load_hardware(hardware, technology)
    asked = CompileOptions(conv=wanted.pop("conv", "unrolled"), copies=wanted.pop("copies", 0))
    way, rounding = Way(asked.conv, asked.copies), cast("Rounded", wanted)
    ways: tuple[Pooling, ...] = ("fold", "relay") if pooling == "both" else (pooling,)
    options = LoadOptions(strict=strict, **rounding)
    read = [_graph(source, replace(options, pooling=way)) for way in ways]
    must_have_kernels(read[0][1].network, way.conv)
    cases = [Case(pool, graph, way) for pool, (_, graph) in zip(ways, read, strict=True)]
    tried = trials(cases, chip, sizes) if sizes or pooling == "both" else []
    is_run = isinstance(source, str | Path) and is_profile(source)
    return {
        "name": read[0][0],
        "hardware": chip.name,
        **_answer(cases[0], chip),
        "trials": tried,
        "trials_by": ALGORITHM if way.conv == "unrolled" else f"dense and {ALGORITHM}",
        "conv": way.conv,
        **read[0][1].remarks.told(),
        "messages_of": "over the profile" if is_run else "of one step in which every source spikes once",
    }


def _answer(case: Case, chip: Hardware) -> dict[str, Any]:
    """Whether a network can fit, and messages at least, which are not known of kernels."""
    network = case.graph.network
    if case.way.conv == "unrolled":
        bounds = lower_bounds(network, chip)
        least = phases_at_least(network, max(bounds.values(), default=0), chip)
        fit = _fit(case, chip, bounds, least)
        return {**fit, "messages_at_least": messages_at_least(case.graph, chip)}
    found = kernel_fit(case.graph, chip, case.way, ALGORITHM)
    least = None
    if found.clustering is not None:
        view = ClusteringView(case.graph, found.clustering)
        least = phases_of(view, max(found.bounds.values(), default=0), chip)
    fit = _fit(case, chip, found.bounds, least)
    if found.why:
        fit |= {"fits": False, "notes": [*fit["notes"], found.why]}
    return {**fit, "messages_at_least": None}


def _fit(case: Case, chip: Hardware, bounds: dict[str, int], least: Least | None) -> dict[str, Any]:
    """What follows from the structure alone; `least`: what it takes in phases."""
    network = case.graph.network
    fan_in = np.bincount(network.post, minlength=network.sources)[network.externals :]
    over = int(np.count_nonzero(fan_in > chip.fan_in))
    needed = max(bounds.values(), default=0)
    refusals = _too_few_tiles(case, chip, needed)
    if over and not chip.merge:
        lines = int(fan_in.max()) * chip.weights.lines_per_row
        larger = f"Use larger crossbars (at least {lines} rows), a chip that merges, or --split unroll."
        refusals.append(larger)
    notes = [] if chip.weights == Weights() else [weights_told(chip)]
    if over:
        split = (
            "their columns are split and the partial sums added digitally" if chip.merge else "the chip cannot merge"
        )
        notes.append(f"{over:,} of {network.neurons:,} neurons have more than {chip.fan_in} inputs: {split}")
    return {
        "fits": not refusals,
        "neurons": network.neurons,
        "synapses": network.synapses,
        "crossbars_at_least": needed,
        "bounds": bounds,
        "tiles": chip.max_tiles if chip.adaptive else chip.tiles,
        "neurons_over_rows": over,
        "largest_fan_in": int(fan_in.max(initial=0)),
        "rows": None if chip.rows_adapt else chip.rows,
        "columns": chip.columns,
        "word_lines": None if chip.rows_adapt else chip.word_lines,
        "bit_lines": chip.bit_lines,
        **chip.weights.table(),
        "phases_at_least": None if least is None else least._asdict(),
        "notes": [*notes, *refusals, *_in_phases(least, chip)],
    }


def _graph(source: Source, options: LoadOptions) -> tuple[str, SpikeGraph]:
    """Name and graph of a saved profile, or of anything that holds a network and does nothing yet."""
    if isinstance(source, str | Path) and is_profile(source):
        options.must_apply(where=source, why=FINISHED)
        graph = load_profile(source)
        return graph.provenance.name, graph
    read = load_network(source, pooling=options.pooling, strict=options.strict)
    if options.quantise is None:
        return read.name, once(read.network)
    made = quantise(read.network, options.quantise, options.weight_levels)
    return read.name, replace(once(made.network), remarks=Remarks(quantised=made.roundings))


def _in_phases(least: Least | None, chip: Hardware) -> list[str]:
    """What it takes to run a network that does not fit the tiles at once."""
    if least is None:
        return []
    life = "" if least.lifetime_frames is None else f", cells that last {least.lifetime_frames:,.0f} frames at most"
    writes = f"{least.cell_writes:,} cell writes a frame"
    return [f"In phases (snnmap phases): at least {least.phases} phases of {chip.tiles} tiles, {writes}{life}."]


def _too_few_tiles(case: Case, chip: Hardware, clusters: int) -> list[str]:
    try:
        sized_for(case.graph.network, chip, case.way.conv, clusters)
    except InfeasibleError as error:
        return [str(error)]
    return []
