"""Runs of a mapped chip, and what they show: when every firing began and ended, steady periods, late firings."""

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from snnmap.core.arrays import I64
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.core.run import Progress
from snnmap.ir import Mapping
from snnmap.simulate.chip.machine import ARBITRATIONS, MOST_PLACES, Arbitration, Machine
from snnmap.simulate.chip.trace import Trace

if TYPE_CHECKING:
    from snnmap.simulate.chip.arrays import Arrays

CHUNK = 500_000
"""Events between two looks at the progress, and at the keyboard."""


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """How the chip is run."""

    arbitration: Arbitration = "round-robin"
    buffers: int | None = None
    """Flits of a router's buffer; none: as the chip says."""
    gate: Fraction | None = None
    """Ticks between two steps that the port lets in; none: as soon as there is room."""


@dataclass(frozen=True, slots=True, eq=False)
class Execution:
    """What happened. I firings of A actors, a block of steps each; ticks from when the schedule begins."""

    names: tuple[str, ...]
    """Actors, named as in the mapping."""
    start: I64
    end: I64
    """(I, A)"""
    tick: float
    """Seconds per tick."""
    link: I64
    """Links that were crossed, numbered as in the chip's topology."""
    crossed: I64
    """Flits that crossed each."""
    sent: int
    """Flits that producers sent; one to several clusters counts once."""
    received: int
    """Copies of flits that left the network."""
    events: int
    """Events handled."""

    @property
    def step_end(self) -> I64:
        """Tick at which the last firing of every step ends, int64 (I,)."""
        return np.asarray(self.end.max(axis=1), np.int64)

    def period(self, first: int, last: int) -> Fraction:
        """Ticks per step from the end of step `first` to the end of step `last`."""
        ends = self.step_end
        return Fraction(int(ends[last] - ends[first]), last - first)


@dataclass(frozen=True, slots=True, eq=False)
class Lateness:
    """Firings that began after the mapping says."""

    late: int
    firings: int
    largest: Fraction
    """Ticks by which the latest began too late; negative if all began earlier."""
    actor: str
    step: int
    """The latest."""


def run(
    machine: Machine,
    trace: Trace,
    row: I64,
    settings: Settings | None = None,
    *,
    times: I64 | None = None,
    progress: Progress | None = None,
) -> Execution:
    """Run the chip from rest.

    Parameters
    ----------
    machine
        The mapped chip.
    trace, row
        Steps of data, and which of them each step takes, int64 (I,).
    settings
        How the chip is run.
    times
        Ticks of every firing, int64 (I, A), if not those of the data.
    progress
        Called with ("simulate", steps done, steps, 0).

    Raises
    ------
    InputError
        If a buffer holds no flit, or two flits meet in a slot of a link.
    InfeasibleError
        If the run cannot go on, with who waits for whom.
    """
    from snnmap.simulate.chip.arrays import arrays_of, waiting_runs
    from snnmap.simulate.kernels.chip import Data

    settings = settings or Settings()
    buffers = _buffers(machine, settings)
    steps, actors = len(row), len(machine.names)
    taken = machine.times(trace)[row] if times is None else times
    if taken.shape != (steps, actors) or np.any(taken < 0):
        raise InputError(f"times of shape {taken.shape} given; ({steps}, {actors}) are needed, none negative")
    gate = gate_ticks(machine, settings.gate, steps)
    data = Data(np.ascontiguousarray(row), np.ascontiguousarray(taken), gate, trace.run_ptr, trace.stream, trace.flits)
    state = arrays_of(machine, data, waiting_runs(machine, trace), settings.arbitration, buffers)
    _to_its_end(machine, state, progress)
    return _execution(machine, state)


def _execution(machine: Machine, state: "Arrays") -> Execution:
    from snnmap.simulate.kernels import agenda, routers

    return Execution(
        names=machine.names,
        start=state.firing.start,
        end=state.firing.end,
        tick=machine.tick,
        link=machine.trees.number,
        crossed=state.moving.link[:, routers.CROSSED],
        sent=int(state.clock[agenda.SENT]),
        received=int(state.clock[agenda.RECEIVED]),
        events=int(state.clock[agenda.HANDLED]),
    )


def _to_its_end(machine: Machine, state: "Arrays", progress: Progress | None) -> None:
    """Run until every actor has fired as often as it shall, or nothing goes on."""
    from snnmap.simulate.kernels import agenda
    from snnmap.simulate.kernels.chip import ENDED, run_chip

    arguments = (state.chip, state.data, state.links, state.slots, state.firing, state.moving, state.rules)
    steps, actors = state.firing.end.shape
    rested = False
    while not rested:
        rested = run_chip(*arguments, state.heap, state.clock, CHUNK)
        if state.clock[agenda.FAULT] >= 0:
            number, slot = int(machine.trees.number[state.clock[agenda.FAULT]]), state.clock[agenda.FAULT_SLOT]
            raise InputError(f"two flits meet on link {number} in slot {slot}: the mapping's table of slots is wrong")
        if progress is not None:
            progress("simulate", int(state.firing.actor[ENDED, :actors].min()), steps, 0.0)
    if np.any(state.firing.end < 0):
        from snnmap.simulate.chip.stuck import stuck

        raise InfeasibleError("steps", steps, int(state.firing.actor[ENDED, :actors].min()), stuck(machine, state))


def gate_ticks(machine: Machine, gate: Fraction | None, steps: int) -> I64:
    """Tick before which the port does not send each step, int64 (steps,): the mapping's start, and a `gate` each."""
    names = machine.mapping.sdfg.name
    start = int(machine.mapping.schedule.start[names.index("input")]) if "input" in names else 0
    if gate is None:
        return np.full(steps, start, np.int64)
    top, bottom = gate.numerator, gate.denominator
    return np.array([start - (-n * top // bottom) for n in range(steps)], np.int64)


def lateness(mapping: Mapping, execution: Execution) -> Lateness:
    """Firings that began after start + (n + lag) x period of the mapping's schedule."""
    scaled = scaled_lateness(mapping, execution)
    step, actor = np.unravel_index(int(np.argmax(scaled)), scaled.shape)
    return Lateness(
        late=int(np.count_nonzero(scaled > 0)),
        firings=scaled.size,
        largest=Fraction(int(scaled[step, actor]), mapping.schedule.period_denominator),
        actor=execution.names[actor],
        step=int(step),
    )


def scaled_lateness(mapping: Mapping, execution: Execution) -> I64:
    """Ticks by which every firing began too late, times the denominator of the mapping's period, int64 (I, A)."""
    schedule = mapping.schedule
    number = {name: a for a, name in enumerate(mapping.sdfg.name)}
    own = [number[name] for name in execution.names]
    start, lag = schedule.start[own], schedule.lags()[own]
    steps = np.arange(len(execution.start))[:, None]
    late: I64 = schedule.period_denominator * (execution.start - start) - schedule.period_numerator * (steps + lag)
    return late


def _buffers(machine: Machine, settings: Settings) -> int:
    """Flits of a router's buffer."""
    if settings.arbitration not in ARBITRATIONS:
        raise InputError(f"there is no arbitration {settings.arbitration!r}; there is: {', '.join(ARBITRATIONS)}")
    if settings.gate is not None and settings.gate <= 0:
        raise InputError(f"a gate of {settings.gate} ticks lets no step in; it must be positive")
    asked = int(machine.hardware["router_buffer_flits"]) if settings.buffers is None else settings.buffers
    links = len(machine.trees.kind)
    most = MOST_PLACES // max(links, 1)
    if not 1 <= asked <= most:
        raise InputError(f"router buffers of {asked:,} flits on {links:,} links cannot be simulated; 1 to {most:,} can")
    return asked
