"""Arrays that the kernels run on, empty at the start, and as large as a run can ever fill them."""

from dataclasses import dataclass

import numpy as np

from snnmap.core.arrays import I64, offsets, row_of_entry
from snnmap.simulate.chip.machine import ARBITRATIONS, Arbitration, Machine
from snnmap.simulate.chip.program import grouped, grouped_once
from snnmap.simulate.chip.streams import messages_by_producer
from snnmap.simulate.chip.trace import Trace
from snnmap.simulate.kernels import agenda, routers
from snnmap.simulate.kernels import chip as tiles
from snnmap.simulate.kernels import slots as timed


@dataclass(frozen=True, slots=True, eq=False)
class Arrays:
    """Arguments of `kernels.chip.run_chip`."""

    chip: tiles.Chip
    data: tiles.Data
    links: routers.Links
    slots: timed.Slots
    firing: tiles.Firing
    moving: routers.Traffic
    rules: I64
    heap: I64
    clock: I64


def arrays_of(machine: Machine, data: tiles.Data, runs: int, arbitration: Arbitration, buffers: int) -> Arrays:
    """A chip at rest; `runs` is the most runs of flits that can wait, `buffers` the flits of a router's buffer."""
    chip, links = _chip(machine), _links(machine)
    steps, actors = data.time.shape
    tokens, messages = machine.hardware.buffer_tokens, len(machine.program.far)
    places, streams, used = len(chip.order_ptr) - 1, len(links.stream_ptr) - 1, len(links.ways)
    rules = np.zeros(routers.RULES, np.int64)
    rules[routers.BUFFER], rules[routers.ARBITRATION] = buffers, ARBITRATIONS.index(arbitration)
    rules[routers.WINDOW], rules[routers.TOKENS], rules[routers.STEPS] = tokens + 1, tokens, steps
    rules[routers.PERIOD] = machine.gates.period
    slots = _slots(machine, rules)
    clock = np.zeros(agenda.CLOCKS, np.int64)
    clock[agenda.FAULT] = routers.NONE
    clock[agenda.PLACES] = places
    events = places + 2 * used + (messages + actors) * (tokens + 1) + streams + 1
    return Arrays(
        chip=chip,
        data=data,
        links=links,
        slots=slots,
        firing=tiles.Firing(
            actor=np.zeros((tiles.ACTOR_FIELDS, max(actors, places)), np.int64),
            held=machine.program.delayed.copy(),
            arrived=np.zeros(messages, np.int64),
            complete=np.zeros(messages * (tokens + 1), np.int64),
            start=np.full((steps, actors), -1, np.int64),
            end=np.full((steps, actors), -1, np.int64),
            listed=np.stack([np.arange(places)[::-1], np.ones(places, np.int64)]),
        ),
        moving=_traffic(machine.trees.kind, runs, messages * (tokens + 1), 0 if rules[routers.TIMED] else buffers),
        rules=rules,
        heap=np.zeros((events, 2), np.int64),
        clock=clock,
    )


def waiting_runs(machine: Machine, trace: Trace) -> int:
    """The most runs of flits that can wait to enter the network: those of as many steps as a channel holds messages."""
    most = np.diff(trace.run_ptr).reshape(trace.steps, -1).max(axis=0, initial=0)
    blank = len(machine.trees.stream_ptr)  # slots that pass without a flit: a run per connection and step
    return (int(most.sum()) + blank) * machine.hardware.buffer_tokens + 1


def _chip(machine: Machine) -> tiles.Chip:
    program = machine.program
    cast, actors, channels = program.cast, len(program.tile), len(program.producer)
    place = np.full(actors, len(program.order), np.int64)
    for k, order in enumerate(program.order):
        place[order] = k
    every, channel = np.arange(actors), np.arange(channels)
    near = np.flatnonzero(~program.far)
    near_channel = ~program.far[program.carrier]
    producer, consumer = program.producer, program.consumer
    who = np.concatenate([every, consumer, producer[near_channel]])
    where = np.concatenate([place, place[producer], place[consumer[near_channel]]])  # a partner has its place beside it
    ahead = np.zeros(actors, np.int64)
    ahead[cast.reads : -1] = 1
    return tiles.Chip(
        offsets([*(len(order) for order in program.order), 1]),
        np.concatenate([*program.order, [cast.port]]).astype(np.int64),
        place,
        program.partner,
        ahead,
        program.lag,
        *grouped(consumer, channel, actors),
        *grouped(producer, channel, actors),
        program.delayed,
        program.carrier,
        *grouped_once(who, where, actors),
        *grouped(program.message_producer[near], near, actors),
        *messages_by_producer(program),
        *grouped_once(program.carrier, place[consumer], len(program.far)),
        machine.gates.release,
        machine.gates.known,
    )


def _links(machine: Machine) -> routers.Links:
    trees = machine.trees
    behind = np.flatnonzero(trees.parent >= 0)
    child_ptr, child = grouped(trees.parent[behind], behind, len(trees.link))
    nodes = np.zeros((len(trees.link) + 1, routers.NODE_FIELDS), np.int64)
    nodes[:-1, routers.LINK], nodes[:-1, routers.OFFSET] = trees.link, machine.offset
    nodes[:, routers.CHILD], nodes[:, routers.LEAVING] = child_ptr, trees.message_ptr
    border, (flit, hop) = trees.border, machine.border_ticks
    lasting, reaching = (
        np.where(border, flit, machine.ticks("flit_time")),
        np.where(border, hop, machine.ticks("hop_time")),
    )
    ways = np.column_stack([trees.kind, trees.way, lasting, reaching, held_slots(machine), trees.feed]).astype(np.int64)
    return routers.Links(np.ascontiguousarray(ways), nodes, child, trees.message, trees.stream_ptr)


def held_slots(machine: Machine) -> I64:
    """Slots of a flit on every link, int64 (O,); ones without a table."""
    table = machine.mapping.schedule.slots
    border = 1 if table is None or table.border_flit is None else table.border_flit
    return np.where(machine.trees.border, border, 1)


def _traffic(kind: I64, runs: int, messages: int, buffers: int) -> routers.Traffic:
    links = len(kind)
    link = np.zeros((links, routers.LINK_FIELDS), np.int64)
    link[:, [routers.WOKEN, routers.LAST]] = routers.NONE
    link[:, routers.FIRST] = np.where(
        kind == routers.ENTRY, routers.NONE, 0
    )  # lists without entries, rings at their start
    pool = np.zeros((runs + 1, routers.RUN_FIELDS), np.int64)
    pool[:, routers.NEXT] = np.arange(1, runs + 2)
    none = np.zeros(links, np.int64)
    ring = np.zeros((links * buffers, routers.RING_FIELDS), np.int64)
    return routers.Traffic(link, ring, pool, np.zeros(messages, np.int64), np.stack([none, none]))


def _slots(machine: Machine, rules: I64) -> timed.Slots:
    """The slots of every connection; fills in what the kernels must know of the table."""
    table, streams = machine.mapping.schedule.slots, len(machine.trees.stream_ptr) - 1
    queue = np.zeros((streams, timed.QUEUE_FIELDS), np.int64)
    queue[:, timed.HEAD_RUN] = routers.NONE
    none, actors = np.zeros(0, np.int64), len(machine.names)
    if machine.hardware.noc != "tdm" or table is None:
        nobody = np.zeros(actors + 1, np.int64)
        return timed.Slots(none, none, none, queue, np.zeros_like(queue), none, nobody, none)
    rules[routers.TIMED], rules[routers.SLOT_TICKS], rules[routers.TABLE] = 1, table.slot, table.length
    connection = row_of_entry(table.run_ptr)
    past = table.first + table.flits - table.length  # runs that go on at the beginning of the table are cut in two
    over = np.flatnonzero(past > 0)
    owner = np.append(connection, connection[over])
    first = np.append(table.first, np.zeros_like(over))
    flits = np.append(table.flits - np.maximum(past, 0), past[over])
    order = np.lexsort((first, owner))
    ptr = offsets(np.bincount(owner, minlength=streams))
    span = int(machine.offset.max(initial=0)) + int(held_slots(machine).max(initial=1))
    taken = np.full((len(machine.trees.kind), span), -1, np.int64)
    total = np.zeros(streams, np.int64)
    np.add.at(total, owner, flits)
    counted = np.zeros_like(total) if machine.hardware.end_of_step else total
    own = grouped(machine.trees.producer, np.arange(streams), actors)
    return timed.Slots(ptr, first[order], flits[order], queue, taken, counted, *own)
