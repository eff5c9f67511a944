"""A mapped chip made ready to run: its program, network and times as the kernels take them.

Times are in ticks of the mapping, which divide a picosecond; each constant is rounded up to a whole picosecond.
"""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from snnmap.core.arrays import I64
from snnmap.core.errors import InputError
from snnmap.hardware import Hardware
from snnmap.ir import Mapping, SpikeGraph
from snnmap.simulate.chip.program import Program, program_of
from snnmap.simulate.chip.streams import Trees, senders_of, slots_until, streams_of, trees_of
from snnmap.simulate.chip.trace import Trace, Workings, workings_of

Arbitration = Literal["round-robin", "fixed", "oldest", "youngest"]
ARBITRATIONS: tuple[Arbitration, ...] = ("round-robin", "fixed", "oldest", "youngest")
"""Whose flit a free link takes: of the next way in, of the lowest way in, the oldest or youngest by step, then time."""
PICOSECOND = 1e-12
MOST_PLACES = 1 << 28
"""Places of all buffers of routers together that are simulated: they are set aside beforehand, 32 bytes each."""


@dataclass(frozen=True, slots=True, eq=False)
class Gates:
    """When gates into the network open, and when whoever receives a message knows that no more of it comes; ticks."""

    period: int
    """From one step to the next; 0 without gates."""
    release: I64
    """(A,) of the first step; zeros without gates."""
    known: I64
    """(M,) of the first step; zeros where a flit ends a step, and without gates."""


@dataclass(frozen=True, slots=True, eq=False)
class Machine:
    """What does not change from run to run."""

    mapping: Mapping
    hardware: Hardware
    program: Program
    trees: Trees
    workings: Workings
    offset: I64
    """(V,) slots from entering the network to the link of every node; zeros without slots."""
    scale: int
    """Ticks per picosecond."""
    gates: Gates

    @property
    def tick(self) -> float:
        """Seconds per tick."""
        return self.mapping.sdfg.tick

    @property
    def block(self) -> int:
        """Steps of a firing."""
        return self.mapping.schedule.block

    @property
    def names(self) -> tuple[str, ...]:
        """Actors."""
        return self.program.cast.names()

    def ticks(self, key: str) -> int:
        """Time `key` of the hardware in ticks; less than 1e-6 ps too much is taken for noise of floats."""
        return int(np.ceil(self.hardware[key] / PICOSECOND - 1e-6)) * self.scale

    @property
    def border_ticks(self) -> tuple[int, int]:
        """Ticks of a flit on a link between chips, and from there to the next link, where it has come as a whole."""
        if not self.hardware.chips.several:
            return self.ticks("flit_time"), self.ticks("hop_time")
        flit = self.ticks("chip_flit_time")
        return flit, max(self.ticks("chip_hop_time"), flit)

    def times(self, trace: Trace) -> I64:
        """Ticks of every firing in every block of a trace, int64 (S, A)."""
        cast = self.program.cast
        clustering, network = self.mapping.clustering, self.workings.graph.network
        again = np.zeros(cast.reads, np.int64)
        if np.any(self.program.reprogrammed):
            rows = clustering.rows[cast.cluster[: cast.reads]]
            lines = rows * self.hardware.weights.lines_per_row
            again = np.where(self.program.reprogrammed, lines * self.ticks("program_time"), 0)
        homes = np.bincount(cast.producer[network.externals :] - cast.reads, minlength=self.workings.fires)
        steady = self.ticks("read_time") + self.ticks("adc_time") * self.hardware.turns
        uses = np.diff(clustering.use_ptr)[cast.cluster[: cast.reads]]
        read = steady * self.block * uses + self.ticks("row_time") * trace.rows + again
        fire = self.ticks("column_time") * homes * self.block + self.ticks("merge_time") * trace.sums
        return np.hstack([read, fire, np.zeros((trace.steps, 1), np.int64)])


def machine_of(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> Machine:
    """The chip under a mapping.

    Raises
    ------
    InputError
        If mapping, graph and chip do not fit each other, a buffer holds nothing, or slots are too short for the chip.
    """
    _check(mapping, graph, hardware)
    program = program_of(mapping, graph.network, hardware)
    senders = senders_of(program, graph.network, mapping.clustering)
    streams = streams_of(program, senders, mapping, hardware)
    trees = trees_of(program, streams, hardware)
    workings = workings_of(graph, mapping.clustering, program, senders, streams, hardware)
    scale = round(PICOSECOND / mapping.sdfg.tick)
    gates = _gates(mapping, hardware, program)
    machine = Machine(mapping, hardware, program, trees, workings, np.zeros_like(trees.link), scale, gates)
    table = mapping.schedule.slots
    if hardware.noc != "tdm" or table is None:
        return machine
    if table.slot < machine.ticks("flit_time") or table.hop * table.slot < machine.ticks("hop_time"):
        raise InputError(
            f"a slot of {table.slot * machine.tick:.4g} s and a hop of {table.hop} slots are faster than the chip's "
            f"flit_time {hardware['flit_time']:.4g} s and hop_time {hardware['hop_time']:.4g} s; verify the mapping"
        )
    border_hop, border_flit = table.border_hop or 0, table.border_flit or 0
    flit, hop = machine.border_ticks
    if hardware.chips.several and (border_flit * table.slot < flit or border_hop * table.slot < hop):
        raise InputError(
            f"{border_flit} slots of {table.slot * machine.tick:.4g} s for a flit between chips and {border_hop} for a "
            f"hop are faster than the links' {flit * machine.tick:.4g} s and {hop * machine.tick:.4g} s; verify the "
            "mapping"
        )
    return replace(machine, offset=slots_until(trees, table.hop, border_hop))


def _gates(mapping: Mapping, hardware: Hardware, program: Program) -> Gates:
    """Gates of a network that has them, which open when an actor ends in the mapping's schedule."""
    flow, schedule, names = mapping.sdfg, mapping.schedule, program.cast.names()
    release, known = np.zeros(len(names), np.int64), np.zeros(len(program.far), np.int64)
    if hardware.noc != "gated" or not np.any(program.far):
        return Gates(0, release, known)
    begin = schedule.start + schedule.lags() * schedule.period_numerator
    end = dict(zip(flow.name, (begin + flow.time).tolist(), strict=True))
    far = np.flatnonzero(program.far)
    pairs = [(names[program.message_producer[m]], int(program.message_cluster[m])) for m in far.tolist()]
    messages = [f"noc/{sender}>c{cluster}" for sender, cluster in pairs]
    missing = [name for name in (*names, *messages) if name not in end]
    if schedule.period_denominator != 1 or missing:
        raise InputError("the mapping does not say when the gates into the network open; compile it again")
    release[:] = [end[name] for name in names]
    if not hardware.end_of_step:
        known[far] = [end[name] for name in messages]
    return Gates(schedule.period_numerator, release, known)


def _check(mapping: Mapping, graph: SpikeGraph, hardware: Hardware) -> None:
    if hardware.buffer_tokens < 1:
        raise InputError(f"buffer_tokens is {hardware.buffer_tokens}; a channel must hold at least 1 message")
    sources = graph.network.sources
    if len(mapping.spikes) != sources:
        raise InputError(f"the mapping is of {len(mapping.spikes)} sources, the profile of {sources}")
    tile = mapping.placement.tile
    if tuple(mapping.chip.mesh) != (hardware.mesh_width, hardware.mesh_height) or tile.max(initial=0) >= hardware.tiles:
        raise InputError(
            f"the mapping is for {mapping.chip.name!r} with {mapping.chip.mesh[0]} x {mapping.chip.mesh[1]} tiles, not "
            f"for {hardware.name!r} with {hardware.mesh_width} x {hardware.mesh_height}"
        )
    ratio = PICOSECOND / mapping.sdfg.tick
    if ratio < 0.5 or abs(ratio - round(ratio)) > 1e-6 * ratio:
        raise InputError(f"the mapping's tick of {mapping.sdfg.tick!r} s does not divide a picosecond")
