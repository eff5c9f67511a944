"""How much each headline figure depends on what is not known: every banded quantity at its ends, one at a time.

The mapping stays as it is; temperatures, leakage, wear, energies and times are computed anew at each end. What a
quantity cannot change is not computed: the quantities that each model looks up are recorded while the figures are
computed once, so that nothing has to be declared and nothing can be forgotten. Method: PHYSICS section 7, item 8.

Of more crossbars than `reliability.sample.DRAWN` a sample is evaluated at the ends, and the figures as they are, which
they are compared with, are of the same sample.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from snnmap.analysis.view import View
from snnmap.core.arrays import F64, Bool
from snnmap.core.errors import SnnmapError
from snnmap.core.run import Progress, stream
from snnmap.evaluation.dynamic import dynamic_energy
from snnmap.evaluation.figures import timing, total_energy
from snnmap.evaluation.what_if import rescheduled
from snnmap.hardware import Hardware, Quantity, Technology
from snnmap.reliability import device as of_device
from snnmap.reliability import espine as of_espine
from snnmap.reliability.device import DeviceState, device_state
from snnmap.reliability.espine import EspineState, espine_state, espine_twin
from snnmap.reliability.heat import Heated, completed, heat, written_cells
from snnmap.reliability.metrics import device_metrics, espine_metrics
from snnmap.reliability.sample import DRAWN, Known, Sample, sample_of
from snnmap.stages.protocols import Scheduler
from snnmap.stages.registry import restored

HEADLINES = (
    *("energy_J", "latency_s", "throughput_frames_per_s"),
    *("device_temperature_average_K", "device_temperature_hottest_K", "device_leakage_W", "device_energy_total_J"),
    *("device_refresh_interval_s", "device_lifetime_s", "device_first_failure_s", "device_limited_by"),
    *("espine_lifetime_frames", "espine_temperature_average_K", "espine_leakage_W"),
)
"""Figures whose dependence is reported."""

MEANS = (
    *("device_temperature_average_K", "device_leakage_W", "device_energy_total_J"),
    *("espine_temperature_average_K", "espine_leakage_W"),
)
"""Headlines that are means or sums over crossbars: of a sample they have an interval; extremes are the sample's."""

TIES = 1e-9
"""Relative difference below which two crossbars rank alike."""


RANKED = 1000
"""Crossbars whose order is compared."""


class Watched(dict[str, Quantity]):
    """Quantities that note in `log` which of them are looked up."""

    def __init__(self, values: Mapping[str, Quantity], log: dict[str, None]) -> None:
        super().__init__(values)
        self.log = log

    def __getitem__(self, key: str) -> Quantity:
        self.log[key] = None
        return super().__getitem__(key)


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """Everything that the figures are read off."""

    view: View
    heated: Heated | None
    device: DeviceState | None
    espine: EspineState | None


PARTS = ("times", "heat", "device", "espine", "energy")
"""What is computed, in this order; `energy` needs no state."""


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """The figures with one quantity at one end of its band."""

    quantity: str
    """Key of the hardware file; of the espine twin's file with its name in front."""
    at: float
    """SI."""
    figures: Mapping[str, Any]
    """Headline figures; none where leakage and temperature run away, or a model has no solution."""
    ranks: Mapping[str, F64]
    """Mode to lifetime of every crossbar, or of those in the sample (K,)."""
    margins: Mapping[str, float] = field(default_factory=dict)
    """Half of the 95 % interval of every one of `MEANS`, if a sample was evaluated."""


@dataclass(frozen=True, slots=True, eq=False)
class Sensitivity:
    """The headline figures, and what becomes of them at the ends of every band."""

    base: Mapping[str, Any]
    ranks: Mapping[str, F64]
    quantities: Mapping[str, Quantity]
    """Banded quantities that a figure depends on."""
    points: tuple[Point, ...]
    used: tuple[str, ...]
    """Every quantity that was looked up, banded or not."""
    sample: Sample | None = None
    """Crossbars that were evaluated; none: all."""

    def margins(self) -> dict[str, float]:
        """Largest half of the 95 % interval of every one of `MEANS` at any end of any band, none without a sample."""
        found = [point.margins for point in self.points]
        return {name: max(each.get(name, 0.0) for each in found) for name in MEANS if any(name in e for e in found)}


def sensitivity(view: View, *, progress: Progress | None = None) -> Sensitivity:
    """Headline figures at both ends of every band, one quantity at a time.

    Parameters
    ----------
    view
        Of a mapping, its graph and its chip.
    progress
        Called with ("sensitivity", done, total, 0).

    Raises
    ------
    InfeasibleError
        If leakage and temperature run away with the values as they are.
    InputError
        If the scheduler that the mapping names is not installed.
    """
    hardware = view.hardware
    sweep, logs, base = _watched_base(view)
    known = dict(hardware.quantities())
    if sweep.twin is not None and sweep.twin is not hardware.technology:
        known |= {f"{sweep.twin.name}: {key}": quantity for key, quantity in sweep.twin.values.items()}
    used = tuple(key for key in known if any(key in log for log in logs.values()))
    banded = {key: known[key] for key in used if known[key].band is not None}
    points, done = [], 0
    for key, quantity in banded.items():
        stale = tuple(part for part in PARTS if key in logs[part])
        stale = (*stale, "device") if "heat" in stale else stale
        for at in quantity.band or ():
            if at != quantity.value:
                points.append(sweep.point(key, at, base, stale))
            done += 1
            if progress is not None:
                progress("sensitivity", done, 2 * len(banded), 0.0)
    return Sensitivity(
        sweep.figures(base, hardware), _ranks(base, sweep.sample), banded, tuple(points), used, sweep.sample
    )


class Swing(NamedTuple):
    """One headline figure at the ends of the band of one quantity."""

    quantity: str
    band: tuple[float, float]
    """SI."""
    unit: str
    ends: tuple[Any, Any]
    """Figure at the low and at the high end of the band; none where it runs away or never happens."""
    size: float
    """Largest |ln(figure / base)|; kelvins for temperatures; 1 where a word changes; infinite for none."""
    margins: tuple[float | None, float | None] = (None, None)
    """Half of the 95 % interval of either end, if it is the estimate of a sample."""


def swings(depends: Sensitivity, figure: str) -> list[Swing]:
    """What moves a headline figure, the largest effect first; quantities that do not move it are left out."""
    base = depends.base[figure]
    listed = []
    for key, quantity in depends.quantities.items():
        low, high = quantity.band or (quantity.value, quantity.value)
        mine = [point for point in depends.points if point.quantity == key]
        at = {point.at: point.figures.get(figure) for point in mine}
        ends = (at.get(low, base), at.get(high, base))
        margin = {point.at: point.margins.get(figure) for point in mine}
        size = max(_distance(end, base, figure) for end in ends)
        if size > TIES:
            margins = (margin.get(low), margin.get(high))
            listed.append(Swing(key, (low, high), quantity.unit, ends, size, margins))
    return sorted(listed, key=lambda swing: -swing.size)


def _distance(value: Any, base: Any, figure: str) -> float:
    if isinstance(value, str) or isinstance(base, str):
        return float(value != base)
    if not (_finite(value) and _finite(base)):
        return 0.0 if value == base else math.inf
    if figure.endswith("_K"):
        return float(abs(value - base))
    if min(value, base) <= 0:
        return 0.0 if value == base else math.inf
    return float(abs(math.log(value / base)))


def _finite(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def conclusions(depends: Sensitivity) -> list[str]:
    """What survives the bands: the limiting mechanism, the weakest crossbar, the order of the crossbars."""
    lines = []
    limit = depends.base.get("device_limited_by")
    if limit is not None:
        others = [f"{p.figures['device_limited_by'] or 'runaway'} at {_said(depends, p)}" for p in depends.points
                  if p.figures["device_limited_by"] != limit]  # fmt: skip
        held = "at every end of every band" if not others else "except: " + "; ".join(others)
        lines.append(f"device: limited by {limit} {held}")
    lines += [f"{mode}: {_order(depends, mode)}" for mode in depends.ranks]
    return lines


def _said(depends: Sensitivity, point: Point) -> str:
    unit = depends.quantities[point.quantity].unit
    return f"{point.quantity} = {point.at:.4g} {'' if unit == '1' else unit}".rstrip()


def _order(depends: Sensitivity, mode: str) -> str:
    base = depends.ranks[mode]
    if len(base) == 1:
        return "one crossbar, nothing to rank"
    if float(base.max()) <= float(base.min()) * (1 + TIES):
        return "all crossbars last equally long"
    weakest = int(np.argmin(base))
    ranked = [(point, point.ranks[mode]) for point in depends.points if mode in point.ranks]
    beaten = [_said(depends, point) for point, lasts in ranked if lasts[weakest] > lasts.min() * (1 + TIES)]
    point, most = max(((p, swapped_pairs(base, lasts)) for p, lasts in ranked), key=lambda pair: pair[1])
    held = "at every end of every band" if not beaten else f"except at {'; '.join(beaten)}"
    if depends.sample is not None:
        weakest = int(np.flatnonzero(depends.sample.drawn)[weakest])
    order = "and the order of lifetimes never changes" if most == 0 else (
        f"and at most {100 * most:.3g} % of the pairs of crossbars swap (at {_said(depends, point)})"
    )  # fmt: skip
    return f"crossbar {weakest} is the weakest {held}, {order}"


def swapped_pairs(before: F64, after: F64) -> float:
    """Share of the pairs of crossbars, of different lifetime before, that stand in the opposite order after.

    Of very many crossbars, only the weakest `RANKED` before are compared.
    """
    few = np.argsort(before, kind="stable")[:RANKED]
    before, after = before[few], after[few]
    less, more = _less(before), _less(after).T
    strict = int(np.count_nonzero(less))
    return float(np.count_nonzero(less & more)) / strict if strict else 0.0


def _less(lasts: F64) -> Bool:
    """Whether crossbar i lasts shorter than j, ties apart (K, K)."""
    shorter: Bool = lasts[:, None] * (1 + TIES) < lasts[None, :]
    return shorter


@dataclass(frozen=True, slots=True, eq=False)
class _Sweep:
    view: View
    twin: Technology | None
    scheduler: Scheduler
    sample: Sample | None

    def parts(self, hardware: Hardware, twin: Technology | None, old: Parts, stale: tuple[str, ...]) -> Parts:
        """All states at `hardware` and `twin`; those not `stale` are taken from `old`."""
        view, heated, device, espine = self.view.at(hardware, old.view.mapping), old.heated, old.device, old.espine
        if "times" in stale:
            view = rescheduled(self.view, hardware, self.scheduler)
        if view.seconds_per_step != old.view.seconds_per_step:
            stale = PARTS
        if "heat" in stale and hardware.technology.mode == "device":
            heated = heat(view, self.sample)
        if "device" in stale and hardware.technology.mode == "device":
            device = device_state(view, heated)
        if twin is not None and "espine" in stale:
            espine = espine_state(view, twin, bounds=False, sample=self.sample)
        return Parts(view, heated, device, espine)

    def point(self, key: str, at: float, base: Parts, stale: tuple[str, ...]) -> Point:
        """Figures with `key` at `at`."""
        own = self.view.hardware
        hardware, twin = own, self.twin
        of_twin = twin is not None and key.startswith(f"{twin.name}: ")
        if twin is not None and of_twin:
            twin = twin.with_value(key.partition(": ")[2], at)
        else:
            hardware = hardware.with_value(key, at)
            twin = hardware.technology if twin is own.technology else twin
        try:
            parts = self.parts(hardware, twin, base, stale)
            margins = self.margins(parts, hardware, twin)
        except SnnmapError:
            return Point(key, at, dict.fromkeys(HEADLINES), {})
        return Point(key, at, self.figures(parts, hardware), _ranks(parts, self.sample), margins)

    def margins(self, parts: Parts, hardware: Hardware, twin: Technology | None) -> dict[str, float]:
        """Half of what lies between `MEANS` with all sums at either end of their 95 % interval; none without sample."""
        if self.sample is None:
            return {}
        ends = []
        for shift in (-1.0, 1.0):
            sample, device, espine = replace(self.sample, shift=shift), parts.device, parts.espine
            if device is not None and parts.heated is not None:
                device = of_device.warmed(parts.view, device, completed(parts.heated, sample))
            if espine is not None and twin is not None:
                espine = of_espine.warmed(parts.view, twin, espine, sample)
            ends.append(self.figures(replace(parts, device=device, espine=espine), hardware))
        low, high = ends
        return {name: abs(high[name] - low[name]) / 2.0 for name in MEANS if name in low}

    def figures(self, parts: Parts, hardware: Hardware) -> dict[str, Any]:
        """Headline figures of a state."""
        graph = self.view.graph
        metrics = timing(parts.view)
        if parts.device is not None:
            metrics += device_metrics(parts.device, graph.steps * parts.view.seconds_per_step, graph.frames)
        if parts.espine is not None:
            metrics += espine_metrics(parts.espine)
        values = {**self.view.mapping.figures, **{metric.name: metric.value for metric in metrics}}
        values |= dynamic_energy(values, self.view.hardware, hardware)
        values |= {metric.name: metric.value for metric in total_energy(values)}
        return {name: values[name] for name in HEADLINES if name in values}


def _ranks(parts: Parts, sample: Sample | None) -> dict[str, F64]:
    states = {"device": parts.device, "espine": parts.espine}
    lasts = {mode: state.lifetime for mode, state in states.items() if state is not None}
    return lasts if sample is None else {mode: values[sample.drawn] for mode, values in lasts.items()}


def _sampled(view: View, twin: Technology | None) -> Sample | None:
    """The crossbars to evaluate, after all were once; none: all, also where crossbars take turns on a tile."""
    if view.mapping.clustering.clusters <= DRAWN or view.clusters_on_tile.max() > 1:
        return None
    heated = heat(view) if view.hardware.technology.mode == "device" else None
    device = None if heated is None else device_state(view, heated)
    espine = None if twin is None else espine_state(view, twin, bounds=False)
    extremes = () if device is None else (device.lifetime, device.refresh, -device.off, -device.temperature)
    extremes = extremes if espine is None else (*extremes, espine.lifetime)
    none = np.zeros(view.mapping.clustering.clusters)
    energy = none if heated is None else heated.energy
    rewritten = none if heated is None or device is None else written_cells(heated) / device.refresh
    rise, power = (none, none) if espine is None else of_espine.rise_and_power(view, espine)
    return sample_of(Known(energy, rise, power, rewritten), extremes, stream(view.mapping.origin.seed, "sample"), DRAWN)


def _watched_base(view: View) -> tuple[_Sweep, dict[str, dict[str, None]], Parts]:
    """Everything once, noting per part which quantities it looks up."""
    hardware = view.hardware
    twin = espine_twin(hardware.technology)
    logs: dict[str, dict[str, None]] = {part: {} for part in PARTS}

    def watch(part: str) -> tuple[Hardware, Technology | None]:
        log = logs[part]
        seen = replace(hardware.technology, values=Watched(hardware.technology.values, log))
        chip = replace(hardware, values=Watched(hardware.values, log), technology=seen)
        if twin is None or twin is hardware.technology:
            return chip, None if twin is None else seen
        return chip, replace(twin, values=_Named(twin.values, log, f"{twin.name}: "))

    sweep = _Sweep(view, twin, restored("schedule", view.mapping.origin.plan.schedule), _sampled(view, twin))
    rescheduled(view, watch("times")[0], sweep.scheduler)
    dynamic_energy(view.mapping.figures, hardware, watch("energy")[0])
    parts = Parts(view, None, None, None)
    for part in ("heat", "device", "espine"):
        parts = sweep.parts(*watch(part), parts, (part,))
    return sweep, logs, parts


class _Named(Watched):
    """Quantities of the espine twin, which are noted with the name of its file."""

    def __init__(self, values: Mapping[str, Quantity], log: dict[str, None], name: str) -> None:
        super().__init__(values, log)
        self.name = name

    def __getitem__(self, key: str) -> Quantity:
        self.log[self.name + key] = None
        return dict.__getitem__(self, key)
