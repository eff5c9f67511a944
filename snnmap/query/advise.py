"""Which layers to hold once and use often, on which size of array, before anything is mapped.

For every layer and every size of crossbar the three ways to hold it (`analysis.arrangements`), what each costs
(`evaluation.layer_costs`), and a mix of them; a recipe is never built for it. On demand what the compiler makes of the
network either way, and how accurate both ways stay on cells that miss (`noisy_reuse`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from snnmap.analysis.arrangements import Arranged, arranged
from snnmap.analysis.convolution import is_shared
from snnmap.analysis.forms import network_forms
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.core.run import Progress
from snnmap.evaluation.layer_costs import LayerCost, layer_cost
from snnmap.formats.profile import is_profile
from snnmap.frontend import LoadOptions, Source, load_network, located_source
from snnmap.frontend.forms import Pooled, recipe_forms
from snnmap.frontend.networks.recipe import Recipe, WorkloadFile
from snnmap.hardware import Hardware, load_hardware
from snnmap.ir import SpikeGraph, Workload
from snnmap.ir.forms import LayerForm
from snnmap.pipeline.compile import compile as compiled
from snnmap.pipeline.options import CompileOptions, Conv
from snnmap.pipeline.profile import prepared
from snnmap.query.noisy_reuse import Asked, noisy_reuse
from snnmap.query.trials import sides

STEP = 1e-3
"""Seconds between steps, where nothing says them."""


@dataclass(frozen=True, slots=True)
class AdviseOptions:
    """What is advised about.

    Raises
    ------
    InputError
        If a value is out of its range.
    """

    hardware: str = "pcm-mesh"
    """Shipped chip or path of a TOML file."""
    technology: str | None = None
    """Another device technology for that chip."""
    sweep: str | Sequence[int] = ()
    """Sides of square arrays, `crossbar=64,128,256` or numbers; none: the chip's own size."""
    pooling: Pooled = "array"
    """`array`: averages are cells, as mappings have them; `digital`: they are taken outside, and take no crossbar."""
    activity: float = 0.1
    """Share of the rows that is on in a use."""
    step: float | None = None
    """Seconds from step to step, within which a layer must be done; none: as the workload says, else 1 ms."""
    compiled: bool = False
    """Whether the network is compiled at every size, too."""
    noise: Sequence[float] = ()
    """Standard deviations of cells, shares of g_max: accuracy is simulated for each."""
    devices: int = 5
    """Chips that are drawn for it."""
    seed: int = 0

    def __post_init__(self) -> None:
        if self.pooling not in ("array", "digital"):
            raise InputError(f"pooling is array or digital, not {self.pooling!r}")
        if not 0 < self.activity <= 1:
            raise InputError(f"activity is the share of rows that is on, above 0 and at most 1, not {self.activity:g}")
        if self.step is not None and not 0 < self.step < float("inf"):
            raise InputError(f"the step must be a positive time, not {self.step:g} s")
        if any(not (isfinite(spread) and spread >= 0) for spread in self.noise):
            raise InputError(f"noise is a share of g_max, 0 or more, not {', '.join(f'{s:g}' for s in self.noise)}")
        if self.devices < 1 or self.seed < 0:
            raise InputError(f"devices must be at least 1 and seed not negative, not {self.devices} and {self.seed}")


class Choice(NamedTuple):
    """A layer in one arrangement, with what it costs."""

    held: Arranged
    cost: LayerCost


class Read(NamedTuple):
    """What is known of the source."""

    name: str
    forms: tuple[LayerForm, ...]
    kind: str
    """`network`, or `recipe`, which was not built."""
    step: float | None


def advise(
    source: Source,
    options: AdviseOptions | None = None,
    *,
    load: LoadOptions | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """How every layer can be held, on every size of array, with a recommended mix.

    Parameters
    ----------
    source
        What `load_network` takes. A recipe is read off, not built.
    options
        Chip, sizes, conventions, and what is compiled or simulated besides.
    load
        Data of the simulation, as for `profile`; pooling, strictness and dialect of the network.
    progress
        Called with ("accuracy", chips done, chips, 0), and for the stages of compilation.

    Returns
    -------
    dict
        JSON-able, SI units: `sizes`, each with `layers`, `totals`, `mix`, `compiled` and `noise`; `recommended`.

    Raises
    ------
    InputError
        If the source has no layer, or a file, size or option is not usable.
    InfeasibleError
        If an array is too small for one weight.
    """
    asked, load = options or AdviseOptions(), load or LoadOptions()
    chip = load_hardware(asked.hardware, asked.technology)
    chips = _chips(chip, asked)
    read = _read(source, asked, load)
    step = asked.step or read.step or STEP
    found = [_size(read.forms, each, asked, step) for each in chips]
    if asked.noise or asked.compiled:
        ready = prepared(source, load, {})
        for record, each in zip(found, chips, strict=True):
            record.update(_tried(ready, each, asked, progress))
    told = {"name": read.name, "hardware": chip.name, "technology": chip.technology.name, **chip.weights.table()}
    told |= {"pooling": asked.pooling, "activity": asked.activity, "step_s": step}
    told |= {"source": read.kind, "synapses": sum(form.synapses for form in read.forms)}
    return told | {"sizes": found, "recommended": _recommended(found)}


def _chips(chip: Hardware, asked: AdviseOptions) -> list[Hardware]:
    """The chip with every size of array that is asked for."""
    sizes = sides(asked.sweep or ())
    if chip.rows_adapt and not sizes:
        raise InputError("crossbars without a limit of rows have no size to advise on: give --sweep crossbar=64,128")
    return [chip.resized(side, side) for side in sizes] or [chip]


def _read(source: Source, asked: AdviseOptions, load: LoadOptions) -> Read:
    """Forms of the source's layers."""
    step: float | None = None
    located = located_source(source) if isinstance(source, str) or hasattr(source, "suffix") else None  # type: ignore[arg-type]
    if isinstance(located, WorkloadFile):
        step = located.dynamics.get("dt")
        if isinstance(located.network, Recipe):
            forms = recipe_forms(located.network, asked.pooling)
            return _held(Read(located.name, forms, "recipe", load.dt or step), asked)
    if located is not None and not isinstance(located, WorkloadFile) and is_profile(located):
        raise InputError(f"{source}: is a saved profile; give the network that was profiled")
    read = load_network(source, pooling=load.pooling, strict=load.strict, dialect=load.dialect)
    hint = read.hints.get("dt")
    step = load.dt or step or (float(hint) if isinstance(hint, int | float) else None)
    return _held(Read(read.name, network_forms(read.network), "network", step), asked)


def _held(read: Read, asked: AdviseOptions) -> Read:
    """Without what takes no crossbar.

    Raises
    ------
    InputError
        If nothing is left.
    """
    forms = tuple(form for form in read.forms if asked.pooling == "array" or form.kind != "pool")
    if not forms:
        raise InputError(f"{read.name} has no layer whose weights crossbars could hold: it has no synapses")
    return read._replace(forms=forms)


def _size(forms: tuple[LayerForm, ...], chip: Hardware, asked: AdviseOptions, step: float) -> dict[str, Any]:
    """Everything about one size of array."""
    choices = [[Choice(h, layer_cost(form, h, chip, asked.activity)) for h in arranged(form, chip)] for form in forms]
    picked = [min(each, key=lambda c: _rank(c, step)) for each in choices]
    layers = [_layer(*each, step) for each in zip(forms, choices, picked, strict=True)]
    totals = {way: _total([_of_way(each, way) for each in choices]) for way in ("dense", "packed", "unrolled")}
    mix = _total(picked)
    slowest = max(range(len(picked)), key=lambda k: picked[k].cost.seconds)
    return {
        "crossbar": chip.crossbar,
        "rows": chip.rows,
        "columns": chip.columns,
        "tile_area_m2": chip.tile_pitch**2,
        "layers": layers,
        "totals": totals,
        "mix": mix | {"in_time": mix["period_s"] <= step, "slowest": forms[slowest].name},
        "compiled": [],
        "noise": [],
    }


def _rank(choice: Choice, step: float) -> tuple[bool, bool, float, float]:
    """What is better comes first: what can be held, what is done within a step, the least area, the shortest time."""
    held, cost = choice
    late = cost.seconds > step
    return held.copies == 0, late, cost.seconds if late else cost.area, cost.seconds


def _of_way(choices: list[Choice], way: str) -> Choice:
    """The choice of that name; the only one, where a layer has no kernel that is used several times."""
    return next((choice for choice in choices if choice.held.way == way), choices[-1])


def _total(choices: list[Choice]) -> dict[str, Any]:
    """Sums over layers; the period and the reads of a cell are those of the largest."""
    kept = [choice.cost for choice in choices]
    return {
        "blocks": sum(c.held.blocks for c in choices),
        "crossbars": sum(c.held.crossbars for c in choices),
        "vectors": sum(c.held.vectors for c in choices if c.held.way != "unrolled"),
        "uses": max(c.held.uses for c in choices),
        "period_s": max(cost.seconds for cost in kept),
        "energy_J": sum(cost.joules for cost in kept),
        "reads": max(cost.reads for cost in kept),
        "area_m2": sum(cost.area for cost in kept),
        "fits": all(c.held.copies for c in choices),
        "basis": "closed form",
    }


def _layer(form: LayerForm, choices: list[Choice], picked: Choice, step: float) -> dict[str, Any]:
    """A layer with all ways to hold it."""
    return {
        "name": form.name,
        "from": form.source,
        "kind": form.kind,
        "groups": form.groups,
        "rows": form.inputs + form.biases,
        "columns": form.columns,
        "positions": form.positions,
        "synapses": form.synapses,
        "choices": [_choice(choice, step) for choice in choices],
        "recommended": picked.held.way,
        "why": _why(choices, picked, step),
    }


def _choice(choice: Choice, step: float) -> dict[str, Any]:
    held, cost = choice
    return {
        "way": held.way,
        "crossbars": held.crossbars if held.copies else None,
        "blocks": held.blocks,
        "copies": held.copies,
        "crossbars_at_least": held.least,
        "positions_per_use": list(held.positions),
        "vectors": held.vectors,
        "uses": held.uses,
        **{key: value for key, value in zip(COSTS, cost, strict=True)},  # noqa: C416  clearer
        "off_cells": max(0, held.crossings - held.cells),
        "in_time": cost.seconds <= step,
        "basis": "closed form",
    }


COSTS = ("period_s", "energy_J", "reads", "area_m2", "cell_utilisation")


def _why(choices: list[Choice], picked: Choice, step: float) -> str:
    """Why a layer is best held so."""
    if len(choices) == 1:
        return "no kernel is used at several positions: every synapse has a cell, in one use"
    others = [c for c in choices if c.held.positions != picked.held.positions or c.held.vectors != picked.held.vectors]
    late = picked.cost.seconds > step
    if late:
        return "no way is done within a step; this one is the fastest"
    missed = [c.held.way for c in others if c.cost.seconds > step and c.cost.area < picked.cost.area]
    if missed:
        return f"least area of those done within a step; {' and '.join(missed)} would take longer"
    least = min(others, key=lambda c: c.cost.area)
    if least.cost.area == picked.cost.area:
        return f"least area, and {least.cost.seconds / picked.cost.seconds:.3g} times as fast as {least.held.way}"
    fewer = least.held.crossbars / max(1, picked.held.crossbars)
    return f"least area: {fewer:.3g} times fewer crossbars than {least.held.way}"


def _recommended(found: list[dict[str, Any]]) -> dict[str, str]:
    """The size whose mix is done within a step and takes the least area."""
    best = min(found, key=lambda record: (not record["mix"]["in_time"], record["mix"]["area_m2"]))
    timely = "" if best["mix"]["in_time"] else "no size is done within a step; "
    why = f"{timely}least area of the sizes asked for, with the mix of each"
    return {"crossbar": best["crossbar"], "why": "the only size that was asked for" if len(found) == 1 else why}


def _tried(
    ready: Workload | SpikeGraph, chip: Hardware, asked: AdviseOptions, progress: Progress | None
) -> dict[str, Any]:
    """What is not closed form: a compilation, and runs on noisy cells.

    Raises
    ------
    InputError
        If there is no network to run, or nothing to compare.
    """
    tried: dict[str, Any] = {}
    if asked.noise:
        if not isinstance(ready, Workload):
            raise InputError("recorded activity has no network to run on noisy cells; give the network and its data")
        wanted = Asked(tuple(asked.noise), asked.devices, asked.seed)
        tried["noise"] = noisy_reuse(ready, (_sized(asked, chip), asked.technology), wanted, progress)
    if asked.compiled:
        network = ready.network
        ways: tuple[Conv, ...] = ("dense", "packed", "unrolled") if is_shared(network) else ("unrolled",)
        tried["compiled"] = [_compiled(ready, chip, (asked, way), progress) for way in ways]
    return tried


def _sized(asked: AdviseOptions, chip: Hardware) -> str:
    """The chip that was asked for with arrays of a size, as the compiler takes it."""
    joint = "," if ":" in asked.hardware else ":"
    return f"{asked.hardware}{joint}rows={chip.word_lines},columns={chip.bit_lines}"


def _compiled(
    ready: Workload | SpikeGraph, chip: Hardware, wish: tuple[AdviseOptions, Conv], progress: Progress | None
) -> dict[str, Any]:
    """What the compiler makes of the network, held one way; energies are those of its own data."""
    asked, way = wish
    options = CompileOptions(hardware=_sized(asked, chip), technology=asked.technology, seed=asked.seed, conv=way)
    try:
        made = compiled(ready, options, progress=progress)
    except InfeasibleError as error:
        return {"way": way, "fits": False, "why": str(error), "basis": "compiled"}
    figure = {metric.name: metric.value for metric in made.report.metrics}
    joules = [figure[f"energy_{part}_J"] for part in ("array", "adc", "dac", "merge")]
    clustering = made.mapping.clustering
    uses = np.diff(clustering.use_ptr)
    return {
        "way": way,
        "fits": True,
        "crossbars": clustering.clusters,
        "uses": int(uses[uses > 1].sum()),
        "cell_utilisation": figure["cell_utilisation"],
        "period_s": figure["period_s"],
        "energy_J": sum(part for part in joules if isinstance(part, float)) / made.graph.steps,
        "area_m2": made.hardware.tile_pitch**2 * clustering.clusters,
        "basis": "compiled",
    }
