"""Timelines of tiny chips, worked out by hand, in nanoseconds: reads 20 + 1 per row, fires 2 per neuron, 3 per sum."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from support.executed import chip, clustering_of, executed, graph_of, mapping_of, network_of, spans
from support.several_chips import divided

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.simulate.chip.execution import Settings, lateness, run
from snnmap.simulate.chip.machine import machine_of
from snnmap.simulate.chip.trace import trace_of

CHAIN = network_of(1, [1, 2], {(0, 1), (1, 2)})
"""An input, a neuron that listens to it, and one that listens to that."""
PLACED = ([({0}, {1}), ({1}, {2})], [0, 1])


def test_a_chain_over_one_link():
    execution, _, _ = executed(CHAIN, [[{0: 1, 1: 1}]], *PLACED, chip())
    assert spans(execution) == {
        ("input", 0): (0, 0),
        ("c0/l1/read", 0): (4, 25),  # the input crosses the way out of the network only
        ("c0/l1/fire", 0): (25, 27),
        ("c1/l2/read", 0): (36, 57),  # 5 from link to link, 4 on the way out
        ("c1/l2/fire", 0): (57, 59),
    }
    assert execution.sent == execution.received == 2


def test_a_flit_ends_every_step_if_the_chip_says_so():
    execution, _, _ = executed(CHAIN, [[{0: 1, 1: 1}, {}]], *PLACED, chip(end_of_step=True))
    at = spans(execution)
    assert at["c0/l1/read", 0] == (8, 29)  # behind the spike
    assert at["c1/l2/read", 0] == (31 + 4 + 5 + 4, 65)
    # the second step carries nothing but the end: the port sends it at once, and it is there before the first is read
    assert at["input", 1] == (0, 0)
    assert at["c0/l1/read", 1] == (31, 51)  # waits for the column, which the fire holds; no row is on
    assert at["c1/l2/read", 1] == (67, 87)
    assert execution.sent == 6


def test_without_flits_a_message_is_there_at_once_where_a_tick_ends_the_step():
    execution, _, _ = executed(CHAIN, [[{}]], *PLACED, chip())
    assert spans(execution)["c1/l2/read", 0] == (22, 42)
    assert execution.sent == 0


def test_long_spikes_take_several_flits():
    execution, _, _ = executed(CHAIN, [[{0: 1, 1: 2}]], *PLACED, chip(spike_bits=65))
    assert spans(execution)["c0/l1/read", 0][0] == 3 * 4
    assert spans(execution)["c1/l2/read", 0][0] == 12 + 21 + 2 + 5 + 6 * 4


def test_a_link_between_chips_takes_times_of_its_own():
    four = divided(chip(), 4, 1)  # a tile each; 11 ns a hop, 9 ns a flit
    execution, _, _ = executed(CHAIN, [[{0: 1, 1: 1}]], *PLACED, four)
    at = spans(execution)
    assert at["c0/l1/read", 0] == (4, 25)
    assert at["c1/l2/read", 0] == (27 + 11 + 4, 63)
    several, _, _ = executed(CHAIN, [[{0: 1, 1: 2}]], *PLACED, divided(chip(spike_bits=65), 4, 1))
    assert spans(several)["c1/l2/read", 0][0] == 12 + 21 + 2 + 5 * 9 + 11 + 4  # six flits, 9 ns apart
    whole, _, _ = executed(CHAIN, [[{0: 1, 1: 1}]], *PLACED, divided(chip(), 4, 1, hop_time=2))
    assert spans(whole)["c1/l2/read", 0][0] == 27 + 9 + 4  # goes on when it has come as a whole
    within, _, _ = executed(CHAIN, [[{0: 1, 1: 1}]], *PLACED, divided(chip(), 2, 1))
    assert spans(within)["c1/l2/read", 0] == (36, 57)  # tiles 0 and 1 are on one chip


def test_clusters_of_one_tile_hand_over_at_once_and_are_programmed_in_turn():
    clusters, _ = PLACED
    execution, _, _ = executed(CHAIN, [[{0: 1, 1: 1}]], clusters, [0, 0], chip())
    assert spans(execution) == {
        ("input", 0): (0, 0),
        ("c0/l1/read", 0): (4, 4 + 50 + 21),
        ("c0/l1/fire", 0): (75, 77),
        ("c1/l2/read", 0): (77, 77 + 50 + 21),
        ("c1/l2/fire", 0): (148, 150),
    }


def test_a_delayed_spike_is_read_in_the_next_step_and_never_in_the_next_frame():
    ring = network_of(1, [1], {(0, 1), (1, 1)})
    frames = [[{0: 1, 1: 1}, {1: 1}], [{}, {}]]
    execution, _, trace = executed(ring, frames, [({0, 1}, {1})], [0], chip())
    assert trace.rows[:, 0].tolist() == [1, 1, 0, 0]
    at = spans(execution)
    assert at["c0/l1/read", 0] == (4, 25)
    assert at["c0/l1/read", 1] == (27, 48)


def test_biases_are_rows_that_are_always_on_and_never_travel():
    network = network_of(1, [1], {(0, 2), (1, 2)}, biases=1)
    execution, _, _ = executed(network, [[{0: 1}, {}]], [({0, 1}, {2})], [0], chip())
    at = spans(execution)
    assert at["c0/l1/read", 0] == (4, 26)
    assert at["c0/l1/read", 1] == (28, 49)
    assert execution.sent == 1


def test_partial_sums_are_sent_where_an_input_was_on_and_merged_one_by_one():
    network = network_of(2, [1, 1], {(0, 2), (1, 2), (0, 3), (1, 3)})
    clusters = [({0}, {2, 3}), ({1}, {2, 3})]
    execution, _, trace = executed(network, [[{1: 1}, {0: 1}]], clusters, [0, 1], chip(), home={2: 0, 3: 0})
    assert trace.sums[:, 0].tolist() == [2, 0]
    at = spans(execution)
    assert at["c0/l1/read", 0] == (0, 20)
    assert at["c1/l1/read", 0] == (9, 30)  # no fire of its own
    assert at["c0/l1/fire", 0] == (30 + 5 + 2 * 4, 43 + 2 * 2 + 2 * 3)
    assert at["c1/l1/read", 1] == (30, 50)
    assert at["c0/l1/fire", 1][1] - at["c0/l1/fire", 1][0] == 4  # nothing was sent, nothing is added


def two_producers(sent, **changed):
    """Neurons a on tile 0 and b on tile 1 fire at 22 and send to tiles 2 and 3, over the link between 1 and 2."""
    network = network_of(0, [1, 1, 2, 2], {(0, 0), (1, 1), (0, 2), (1, 3)})
    clusters = [({0}, {0}), ({1}, {1}), ({0}, {2}), ({1}, {3})]
    settings = changed.pop("settings", None)
    return executed(network, [[sent]], clusters, [0, 1, 2, 3], chip(**changed), settings=settings)[0]


@pytest.mark.parametrize(
    ("arbitration", "a", "b"),
    # b at 22, 26; then both ask: in turn a, b, a, b, a, a; or a, which comes in over the lowest way, until it is done
    [("round-robin", 50, 42), ("fixed", 42, 50), ("oldest", 42, 50), ("youngest", 42, 50)],
)
def test_two_producers_meet_on_a_link(arbitration, a, b):
    at = spans(two_producers({0: 4, 1: 4}, settings=Settings(arbitration=arbitration)))
    assert at["c0/l1/fire", 0] == at["c1/l1/fire", 0] == (20, 22)
    assert at["c2/l2/read", 0][0] == a + 5 + 4
    assert at["c3/l2/read", 0][0] == b + 5 + 5 + 4


@pytest.mark.parametrize(("arbitration", "a", "b"), [("oldest", 40, 52), ("youngest", 52, 36)])
def test_age_decides_by_the_time_of_production(arbitration, a, b):
    # b fires two neurons, at 24, and has the link from then to 28; a, which was produced at 22, is there at 27
    network = network_of(0, [1, 1, 1, 2, 2], {(0, 0), (1, 1), (2, 2), (0, 3), (1, 4)})
    clusters = [({0}, {0}), ({1, 2}, {1, 2}), ({0}, {3}), ({1}, {4})]
    settings = Settings(arbitration=arbitration)
    execution, _, _ = executed(network, [[{0: 4, 1: 4}]], clusters, [0, 1, 2, 3], chip(), settings=settings)
    assert spans(execution)["c2/l2/read", 0][0] == a + 5 + 4
    assert spans(execution)["c3/l2/read", 0][0] == b + 5 + 5 + 4


def behind_a_busy_link(targets, emitted, buffers):
    """Neurons 0 and 1 fire on tile 0 at 24 and send to tile 2, east of tile 1, and tile 5, north of it.

    Neuron 2 on tile 1 fires at 22 and has the link from 1 to 2 until 62, for ten older flits to tile 3.
    """
    network = network_of(0, [1, 1, 1, 2, 2, 2], {(0, 0), (1, 1), (2, 2), (2, 5)} | targets)
    rows = [{s for s, n in targets if n == neuron} for neuron in (3, 4)]
    clusters = [({0, 1}, {0, 1}), ({2}, {2}), (rows[0], {3}), (rows[1], {4}), ({2}, {5})]
    settings = Settings(arbitration="oldest", buffers=buffers)
    hardware = chip(4, 2)
    execution, _, _ = executed(network, [[emitted | {2: 10}]], clusters, [0, 1, 2, 5, 3], hardware, settings=settings)
    at = spans(execution)
    assert at["c0/l1/fire", 0] == (20, 24)
    return at["c2/l2/read", 0][0], at["c3/l2/read", 0][0]


@pytest.mark.parametrize(("buffers", "east", "north"), [(1, 82, 87), (8, 70, 70), (100_000, 70, 70)])
def test_a_full_buffer_blocks_who_would_go_elsewhere(buffers, east, north):
    # three flits of neuron 0 go east, one of neuron 1 north, which could start at 41 if it were alone; with a place per
    # buffer the ten older ones take until 72, and a flit follows another over a link every 5
    assert behind_a_busy_link({(0, 3), (1, 4)}, {0: 3, 1: 1}, buffers) == (east + 5 + 4, north + 5 + 4)


def test_a_copy_that_waits_delays_the_flits_behind_it_and_not_its_sibling():
    # both go east and north: the first goes north at 29 and waits for the east until 62, the second until then for it
    assert behind_a_busy_link({(0, 3), (0, 4)}, {0: 2}, 8) == (66 + 5 + 4, 62 + 5 + 4)
    assert behind_a_busy_link({(0, 3), (0, 4)}, {0: 1}, 8) == (62 + 5 + 4, 29 + 5 + 4)


def test_firings_wait_for_room_and_the_port_runs_as_far_ahead_as_there_is_any():
    execution, _, _ = executed(CHAIN, [[{0: 1, 1: 1}] * 5], *PLACED, chip(buffer_tokens=1))
    at = spans(execution)
    assert at["input", 1] == (25, 25)  # when the read has ended, which had the only place
    assert at["c0/l1/read", 1] == (29, 50)
    assert at["c0/l1/fire", 1] == (57, 59)  # until the read of the other cluster has ended
    free, _, _ = executed(CHAIN, [[{0: 1, 1: 1}] * 5], *PLACED, chip(buffer_tokens=3))
    assert [spans(free)["input", n][0] for n in range(4)] == [0, 0, 0, 25]


def test_a_gate_lets_in_a_step_a_period():
    settings = Settings(gate=100_000)
    execution, _, _ = executed(CHAIN, [[{0: 1, 1: 1}] * 4], *PLACED, chip(), settings=settings)
    assert [spans(execution)["input", n][0] for n in range(4)] == [0, 100, 200, 300]
    assert execution.period(1, 3) == 100_000
    thirds, _, _ = executed(CHAIN, [[{0: 1, 1: 1}] * 4], *PLACED, chip(), settings=Settings(gate=Fraction(200_000, 3)))
    assert thirds.start[:, -1].tolist() == [0, 66_667, 133_334, 200_000]  # never before its time


def behind_gates(frames, release, message, period, **changed):
    """The chain, run; gates open at `release` and messages are known at `message`, nanoseconds of the first step."""
    clustering, graph, hardware = clustering_of(CHAIN, PLACED[0]), graph_of(CHAIN, frames), chip(noc="gated", **changed)
    mapping = mapping_of(CHAIN, clustering, PLACED[1], hardware)
    names = [*mapping.sdfg.name, "noc/input>c0", "noc/c0/l1/fire>c1"]
    start, time = np.zeros(len(names), np.int64), np.zeros(len(names), np.int64)
    for name, ns in (release | message).items():
        start[names.index(name)] = 1000 * ns
    sdfg = replace(mapping.sdfg, name=tuple(names), time=time)
    schedule = replace(mapping.schedule, start=start, period_numerator=1000 * period, buffers=1)
    machine = machine_of(replace(mapping, sdfg=sdfg, schedule=schedule), graph, hardware)
    trace = trace_of(machine.workings, graph.events, [0])
    return spans(run(machine, trace, np.arange(trace.steps)))


def test_what_is_sent_waits_for_a_gate_that_opens_once_a_period():
    release, known = {"input": 10, "c0/l1/fire": 90}, {"noc/input>c0": 12, "noc/c0/l1/fire>c1": 130}
    at = behind_gates([[{0: 1, 1: 1}, {}, {0: 1, 1: 1}]], release, known, 200)
    assert [at["c0/l1/read", n][0] for n in range(3)] == [
        14,
        212,
        414,
    ]  # a flit takes 4; that none comes is known at 12
    assert at["c0/l1/fire", 0] == (35, 37)
    assert [at["c1/l2/read", n][0] for n in range(3)] == [130, 330, 530]
    ended = behind_gates([[{0: 1, 1: 1}, {}, {0: 1, 1: 1}]], release, known, 200, end_of_step=True)
    assert [ended["c0/l1/read", n][0] for n in range(3)] == [18, 214, 418]
    assert [ended["c1/l2/read", n][0] for n in range(3)] == [103, 299, 503]  # from 90 on: a hop, a flit or two, the end


def test_who_ends_behind_its_gate_sends_at_once():
    release, known = {"input": 10, "c0/l1/fire": 20}, {"noc/input>c0": 12, "noc/c0/l1/fire>c1": 30}
    at = behind_gates([[{0: 1, 1: 1}] * 3], release, known, 15)
    assert [at["c1/l2/read", n][0] for n in range(2)] == [37 + 5 + 4, 37 + 5 + 4 + 23]


def test_steady_period_is_that_of_the_slowest_actor():
    execution, _, _ = executed(CHAIN, [[{0: 1, 1: 1}] * 20], *PLACED, chip(buffer_tokens=4))
    assert execution.period(10, 18) == 23_000  # read and fire of a cluster, 21 + 2


def test_lateness_is_counted_against_the_schedule_of_the_mapping():
    execution, machine, _ = executed(CHAIN, [[{0: 1, 1: 1}] * 3], *PLACED, chip())
    late = lateness(machine.mapping, execution)  # that schedule promises everything at 0, and a tick per step
    assert late.firings == 15
    assert (late.late, late.actor, late.step) == (13, "c1/l2/fire", 2)
    assert late.largest == execution.start[2].max() - 2


def test_a_run_that_cannot_go_on_says_who_waits_for_whom():
    clustering, graph = clustering_of(CHAIN, PLACED[0]), graph_of(CHAIN, [[{0: 1}]])
    hardware = chip()
    mapping = mapping_of(CHAIN, clustering, [0, 0], hardware)
    order = (tuple(reversed(mapping.schedule.order[0])),)
    object.__setattr__(mapping.schedule, "order", order)  # the second neuron before the first
    machine = machine_of(mapping, graph, hardware)
    trace = trace_of(machine.workings, graph.events, [0])
    with pytest.raises(InfeasibleError, match="step 0 of c1/l2/fire waits for c1/l2/read of the same cluster"):
        run(machine, trace, np.arange(1))


def test_who_waits_for_a_message_or_for_room_is_said():
    clustering, graph = clustering_of(CHAIN, PLACED[0]), graph_of(CHAIN, [[{0: 1}] * 3])
    mapping = mapping_of(CHAIN, clustering, [0, 1], chip())
    order = (tuple(reversed(mapping.schedule.order[0])), mapping.schedule.order[1])
    object.__setattr__(mapping.schedule, "order", order)  # the first neuron fires before it is read
    machine = machine_of(mapping, graph, chip())
    trace = trace_of(machine.workings, graph.events, [0])
    with pytest.raises(InfeasibleError) as stopped:
        run(machine, trace, np.arange(3))
    said = str(stopped.value)
    assert "steps: need 3, have 0" in said
    assert "step 0 of c0/l1/fire waits for c0/l1/read of the same cluster" in said
    assert "step 0 of c1/l2/read waits for what c0/l1/fire sends" in said
    assert "step 2 of input waits for room at c0/l1/read" in said


@pytest.mark.parametrize(
    ("changed", "settings", "said"),
    [
        ({"buffer_tokens": 0}, Settings(), "buffer_tokens is 0"),
        ({}, Settings(buffers=0), "router buffers of 0 flits"),
        ({}, Settings(buffers=1 << 28), r"flits on 5 links cannot be simulated; 1 to 53,687,091 can"),
        ({}, Settings(gate=0), "lets no step in"),
        ({}, Settings(arbitration="lottery"), "no arbitration 'lottery'"),
        ({"noc": "tdm"}, Settings(), "no connection of the mapping's slots"),
        ({"noc": "gated"}, Settings(), "does not say when the gates into the network open"),
    ],
)
def test_what_cannot_be_run_is_refused(changed, settings, said):
    with pytest.raises(InputError, match=said):
        executed(CHAIN, [[{0: 1, 1: 1}]], *PLACED, chip(**changed), settings=settings)
