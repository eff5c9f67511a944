"""Three rates of the mapped chip that must never be mixed: at its worst, on the slowest frame, on the average of all.

- worst: every read, fire and producer at its busiest profiled step, in every step. It refutes a guarantee that it does
  not reach, and shows how tight one is that it does.
- frame: the slowest profiled frame again and again; the second of three, from the end of the last step before it to the
  end of its last step. The slowest is the one that takes longest among all when they come one after the other.
- mean: all frames in order behind the last one as warm-up, from its end to theirs.
"""

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from snnmap.core.arrays import I64
from snnmap.core.errors import InputError
from snnmap.core.run import Progress, stream
from snnmap.hardware import Hardware
from snnmap.ir import Mapping, SpikeGraph, Spikes
from snnmap.simulate.chip.execution import Execution, Lateness, Settings, lateness, run
from snnmap.simulate.chip.machine import Arbitration, Machine, machine_of
from snnmap.simulate.chip.trace import Trace, Worst, in_blocks, joined, thinned, trace_of, worst_bound

WORST_STEPS, WARM_UP, TAIL = 200, 60, 30
"""Firings of a run at the worst; those before the measurement, and those behind it, where the chip runs empty."""
GUARANTEED, REAL_TIME = "guaranteed", "realtime"


@dataclass(frozen=True, slots=True)
class ExecuteOptions:
    """How the mapped chip is run."""

    frames: int | None = None
    """Frames, in the order of the profile, from the first again behind the last; none: each once."""
    worst: bool = False
    """Every read, fire and producer at its busiest step in every step, in place of the profile's steps."""
    arbitration: Arbitration = "round-robin"
    """Which flit a free link of a best-effort network takes."""
    buffers: int | None = None
    """Flits of a router's buffer; none: as the chip says."""
    gate: float | str | None = None
    """Seconds between two steps that the port lets in; `guaranteed`: the mapping's period; `realtime`: a step of the
    workload; none: as soon as there is room."""
    seed: int | None = None
    """Shorten every execution time by a random factor and drop a random share of the spikes; none: neither."""


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """A steady period, and the run that it was measured in."""

    period: Fraction
    """Ticks per step."""
    steps: int
    """Over how many steps."""
    cyclic: bool
    """Whether the ends of the steps repeat with a whole number of steps, so that the period is exact for ever."""
    late: Lateness | None
    """None if steps come in slower than the mapping's period: then it says nothing about when they end."""
    events: int
    """Events of the run."""


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """What the mapping promises, and what the chip does."""

    promised: Fraction
    """Ticks per step of the mapping's schedule."""
    tick: float
    """Seconds."""
    worst: Measured | None
    frame: Measured | None
    mean: Measured | None
    """None where not asked for, or the profile kept no events."""
    slowest: int | None
    """Frame of `frame`."""
    frames: int
    """Frames of `mean`."""
    guaranteed: bool | None = None
    """Whether the promise is a guarantee, not an estimate; none: not known."""

    @property
    def measured(self) -> dict[str, Measured]:
        """What was measured, by name."""
        every = {"worst": self.worst, "frame": self.frame, "mean": self.mean}
        return {name: found for name, found in every.items() if found is not None}

    @property
    def slower(self) -> tuple[str, ...]:
        """Rates below what is promised, or with late firings, though steps came in as fast as promised."""
        own = {name: found for name, found in self.measured.items() if found.late is not None}
        return tuple(name for name, m in own.items() if m.period > self.promised or (m.late and m.late.late))

    def document(self) -> dict[str, Any]:
        """Everything, JSON-able, in seconds."""
        return {
            "promised_seconds_per_step": float(self.promised) * self.tick,
            "guaranteed": self.guaranteed,
            "slower": list(self.slower),
            **{name: self._measured(getattr(self, name)) for name in ("worst", "frame", "mean")},
            "slowest_frame": self.slowest,
            "frames": self.frames,
        }

    def _measured(self, measured: Measured | None) -> dict[str, Any] | None:
        if measured is None:
            return None
        late = measured.late
        return {
            "seconds_per_step": float(measured.period) * self.tick,
            "ratio": self.ratio(measured),
            "steps": measured.steps,
            "cyclic": measured.cyclic,
            "late": None if late is None else late.late,
            "firings": None if late is None else late.firings,
            "latest_seconds": None if late is None else float(late.largest) * self.tick,
            "latest_actor": None if late is None else late.actor,
            "latest_step": None if late is None else late.step,
            "events": measured.events,
        }

    def ratio(self, measured: Measured) -> float:
        """Rate that was measured over the rate that is promised: below 1 the chip is slower than the mapping says."""
        return float(self.promised / measured.period)


def execute(
    mapping: Mapping,
    graph: SpikeGraph,
    hardware: Hardware,
    options: ExecuteOptions | None = None,
    *,
    progress: Progress | None = None,
) -> Execution:
    """Run the mapped chip, event by event: start and end of every firing.

    Parameters
    ----------
    mapping, graph, hardware
        A mapping, the profile and the chip that it was made for.
    options
        How it is run.
    progress
        Called with ("simulate", steps done, steps, 0).

    Raises
    ------
    InputError
        If they do not fit each other, or the run cannot be as asked.
    InfeasibleError
        If the chip comes to a deadlock.
    """
    chosen = options or ExecuteOptions()
    if not chosen.worst:
        return executed(mapping, graph, hardware, chosen, progress=progress).execution
    _check(chosen)
    machine = machine_of(mapping, graph, hardware)
    trace = worst_trace(machine, _events(graph, chosen), progress)
    return _run(machine, trace, np.zeros(WORST_STEPS, np.int64), chosen, progress)


@dataclass(frozen=True, slots=True, eq=False)
class Executed:
    """A run on the frames of the profile, with what it was of. I firings, each of a block of steps."""

    machine: Machine
    events: Spikes
    """Of all frames; thinned, if that was asked for."""
    trace: Trace
    """Firings of every frame that was shown, once."""
    row: I64
    """(I,) firing of `trace` that each was."""
    frame: I64
    """(I,) frame that it is of."""
    execution: Execution
    in_time: bool
    """Whether steps were let in as fast as the mapping promises, so that it says when each is over."""


def executed(
    mapping: Mapping,
    graph: SpikeGraph,
    hardware: Hardware,
    options: ExecuteOptions,
    *,
    progress: Progress | None = None,
) -> Executed:
    """Run the mapped chip on the frames of the profile; parameters and errors as for `execute`."""
    _check(options)
    machine = machine_of(mapping, graph, hardware)
    events = _events(graph, options)
    if events is None:
        raise InputError("the profile kept no events; simulate its worst steps, or profile fewer samples")
    shown = np.array(_shown(graph, options), np.int64)
    kinds = np.unique(shown)
    blocks = graph.steps // machine.block
    trace = in_blocks(trace_of(machine.workings, events, kinds.tolist(), progress), machine.block)
    row = (np.searchsorted(kinds, shown)[:, None] * blocks + np.arange(blocks)).ravel()
    execution = _run(machine, trace, row, options, progress)
    in_time = _in_time(machine, _gate(machine, options))
    return Executed(machine, events, trace, row, np.repeat(shown, blocks), execution, in_time)


def rates(
    mapping: Mapping,
    graph: SpikeGraph,
    hardware: Hardware,
    options: ExecuteOptions | None = None,
    *,
    progress: Progress | None = None,
) -> Rates:
    """The three rates of the mapped chip; with `options.worst` that at the worst only.

    Parameters and errors as for `execute`.
    """
    chosen = options or ExecuteOptions()
    _check(chosen)
    machine = machine_of(mapping, graph, hardware)
    events = _events(graph, chosen)
    worst = _worst(machine, worst_trace(machine, events, progress), chosen, progress)
    alone = Rates(_promised(mapping) / machine.block, machine.tick, worst, None, None, None, 0)
    if chosen.worst or events is None:
        return alone
    shown = _shown(graph, chosen)
    mean, ends = _mean(machine, events, shown, chosen, progress)
    slowest = int(np.argmax(np.diff(ends)))
    frame = _frame(machine, events, shown[slowest], chosen, progress)
    return replace(alone, frame=frame, mean=mean, slowest=shown[slowest], frames=len(shown))


def worst_trace(machine: Machine, events: Spikes | None, progress: Progress | None = None) -> Trace:
    """One firing in whose every step everything is as busy as in its busiest step."""
    if events is None:
        return in_blocks(joined([worst_bound(machine.workings)] * machine.block), machine.block)
    worst = Worst(machine.workings)
    for frame in range(events.frames):
        worst.see(trace_of(machine.workings, events, [frame]))
        if progress is not None:
            progress("read frames", frame + 1, events.frames, 0.0)
    return in_blocks(joined([worst.trace()] * machine.block), machine.block)


def cycle(ends: I64) -> int | None:
    """The least K so that step n + K ends a fixed time after step n, for all `ends` (I,); none up to half of them."""
    for steps in range(1, len(ends) // 2):
        gap = ends[steps:] - ends[:-steps]
        if np.all(gap == gap[0]):
            return steps
    return None


def _worst(machine: Machine, trace: Trace, chosen: ExecuteOptions, progress: Progress | None) -> Measured:
    execution = _run(machine, trace, np.zeros(WORST_STEPS, np.int64), chosen, progress)
    gate = _gate(machine, chosen)
    first, last = WARM_UP, WORST_STEPS - TAIL
    steps = cycle(execution.step_end[first : last + 1])
    start = first if steps is None else last - steps
    return _measured(machine, execution, (start, last), gate, steps is not None)


def _mean(
    machine: Machine, events: Spikes, shown: list[int], chosen: ExecuteOptions, progress: Progress | None
) -> tuple[Measured, I64]:
    """All frames behind the last, and when each ended, the last one first; ticks."""
    blocks = events.steps // machine.block
    kinds = sorted(set(shown))
    trace = in_blocks(trace_of(machine.workings, events, kinds, progress), machine.block)
    first = np.searchsorted(kinds, [shown[-1], *shown]) * blocks
    execution = _run(machine, trace, (first[:, None] + np.arange(blocks)).ravel(), chosen, progress)
    ends = execution.step_end[blocks - 1 :: blocks]
    span = (blocks - 1, len(execution.start) - 1)
    return _measured(machine, execution, span, _gate(machine, chosen), False), ends


def _frame(machine: Machine, events: Spikes, frame: int, chosen: ExecuteOptions, progress: Progress | None) -> Measured:
    blocks = events.steps // machine.block
    trace = in_blocks(trace_of(machine.workings, events, [frame]), machine.block)
    execution = _run(machine, trace, np.tile(np.arange(blocks), 3), chosen, progress)
    return _measured(machine, execution, (blocks - 1, 2 * blocks - 1), _gate(machine, chosen), False)


def _measured(
    machine: Machine, execution: Execution, span: tuple[int, int], gate: Fraction | None, cyclic: bool
) -> Measured:
    """Period from the end of the first firing of `span` to the end of the last."""
    late = lateness(machine.mapping, execution) if _in_time(machine, gate) else None
    steps = (span[1] - span[0]) * machine.block
    return Measured(execution.period(*span) / machine.block, steps, cyclic, late, execution.events)


def _in_time(machine: Machine, gate: Fraction | None) -> bool:
    """Whether the port lets steps in as fast as the mapping promises."""
    return gate is None or gate <= _promised(machine.mapping)


def _promised(mapping: Mapping) -> Fraction:
    """Ticks per firing, which takes a block of steps."""
    return Fraction(mapping.schedule.period_numerator, mapping.schedule.period_denominator)


def _run(machine: Machine, trace: Trace, row: I64, chosen: ExecuteOptions, progress: Progress | None) -> Execution:
    times = machine.times(trace)[row]
    if chosen.seed is not None:
        rng = stream(chosen.seed, "simulate times")
        times = np.floor(times * rng.random(times.shape)).astype(np.int64)
    settings = Settings(chosen.arbitration, chosen.buffers, _gate(machine, chosen))
    return run(machine, trace, row, settings, times=times, progress=progress)


def _gate(machine: Machine, chosen: ExecuteOptions) -> Fraction | None:
    """Ticks between two firings of the port."""
    if chosen.gate is None:
        return None
    if chosen.gate == GUARANTEED:
        return _promised(machine.mapping)
    seconds = machine.workings.graph.dt if chosen.gate == REAL_TIME else float(chosen.gate)
    return Fraction(round(seconds * machine.block / machine.tick))


def _events(graph: SpikeGraph, chosen: ExecuteOptions) -> Spikes | None:
    """The profile's events, or those that are left of them."""
    if graph.events is None or chosen.seed is None:
        return graph.events
    rng = stream(chosen.seed, "simulate events")
    return thinned(graph.events, rng, float(rng.random()))


def _shown(graph: SpikeGraph, chosen: ExecuteOptions) -> list[int]:
    """Frames in the order in which the chip sees them."""
    return [n % graph.frames for n in range(chosen.frames or graph.frames)]


def _check(chosen: ExecuteOptions) -> None:
    if chosen.frames is not None and chosen.frames < 1:
        raise InputError(f"{chosen.frames} frames cannot be simulated; give at least 1")
    if isinstance(chosen.gate, str) and chosen.gate not in {GUARANTEED, REAL_TIME}:
        raise InputError(f"gate is {chosen.gate!r}; it is guaranteed, realtime, or seconds between two steps")
