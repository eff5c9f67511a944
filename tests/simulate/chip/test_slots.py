"""Flits in the slots of tables made by hand: a slot takes 4 ns, a hop two slots."""

from dataclasses import replace

import numpy as np
import pytest
from support.executed import chip, executed, network_of, spans
from support.several_chips import divided

from snnmap.core.errors import InputError
from snnmap.ir import SlotTable

CHAIN = network_of(1, [1, 2], {(0, 1), (1, 2)})
PLACED = ([({0}, {1}), ({1}, {2})], [0, 1])
INPUT, FIRE = 4, 2
"""Actors of the chain: reads 0 and 1, fires 2 and 3, the port."""


def table(*connections, length=10, slot=4000, hop=2):
    """Connections (producer, targets, [(first slot, slots)])."""
    producers, targets, runs = zip(*connections, strict=True)
    first, flits = zip(*(run for own in runs for run in own), strict=True)
    return SlotTable(
        length,
        slot,
        hop,
        np.array(producers),
        np.cumsum([0] + [len(t) for t in targets]),
        np.array([k for t in targets for k in t]),
        np.cumsum([0] + [len(r) for r in runs]),
        np.array(first),
        np.array(flits),
    )


SLOTS = table((INPUT, [0], [(1, 1)]), (FIRE, [1], [(3, 1)]))


def run(slots=SLOTS, frames=((({0: 1, 1: 1}),),), **changed):
    return executed(CHAIN, [list(f) for f in frames], *PLACED, chip(noc="tdm", **changed), slots=slots)


def test_flits_wait_for_their_slots_and_then_for_nothing():
    at = spans(run()[0])
    assert at["c0/l1/read", 0] == (8, 29)  # slot 1 begins at 4, the way out takes 4
    assert at["c0/l1/fire", 0] == (29, 31)
    # slot 3 of the table comes at 12, 52, ...; two slots to the way out, and one over it
    assert at["c1/l2/read", 0] == (52 + 3 * 4, 64 + 21)


def test_a_step_may_take_its_flits_over_several_runs_of_slots():
    # the second run goes on at the beginning of the table
    slots = table((INPUT, [0], [(2, 1), (8, 3)]), (FIRE, [1], [(3, 1)]))
    execution, _, _ = run(slots, frames=[[{0: 5, 1: 1}]])
    assert spans(execution)["c0/l1/read", 0][0] == 4 * (10 + 1)  # slots 0, 2, 8, 9 and 10
    execution, _, _ = run(slots, frames=[[{0: 4, 1: 1}]])
    assert spans(execution)["c0/l1/read", 0][0] == 4 * (9 + 1)


def test_whoever_receives_counts_slots_and_knows_at_their_end_that_no_more_comes():
    slots = table((INPUT, [0], [(2, 1), (8, 3)]), (FIRE, [1], [(3, 1)]))
    for sent in (0, 1, 3):  # of four slots, 0, 2, 8 and 9
        execution, _, _ = run(slots, frames=[[{0: sent, 1: 1} if sent else {1: 1}]])
        assert spans(execution)["c0/l1/read", 0][0] == 4 * (9 + 1)
        assert (execution.sent, execution.received) == (sent + 1, sent + 1)
    execution, _, _ = run(slots, frames=[[{}, {0: 1}, {}]])
    at = spans(execution)
    # a step takes four slots, used or not
    assert [at["c0/l1/read", n][0] for n in range(3)] == [40, 80, 120]
    assert at["c1/l2/read", 0][0] == 4 * (23 + 3)  # the fire ends at 62, its next slot is that at 92


def test_where_a_flit_ends_a_step_it_is_known_at_once():
    slots = table((INPUT, [0], [(2, 1), (8, 3)]), (FIRE, [1], [(3, 1)]))
    execution, _, _ = run(slots, frames=[[{1: 1}]], end_of_step=True)
    assert spans(execution)["c0/l1/read", 0][0] == 4 * (0 + 1)


def test_a_flit_that_is_ready_when_its_slot_begins_takes_it():
    slots = table((INPUT, [0], [(0, 1)]), (FIRE, [1], [(7, 1)]))
    at = spans(run(slots, column_time=3)[0])
    assert at["c0/l1/fire", 0][1] == 28
    assert at["c1/l2/read", 0][0] == 4 * (7 + 3)


def test_every_connection_ends_its_step_with_a_flit():
    execution, _, _ = run(end_of_step=True)
    assert spans(execution)["c0/l1/read", 0][0] == 4 * (11 + 1)  # the spike in slot 1, the end in slot 11
    assert execution.sent == 4
    silent, _, _ = run(end_of_step=True, frames=[[{}]])
    assert spans(silent)["c0/l1/read", 0][0] == 4 * (1 + 1)


def test_a_source_takes_the_connection_to_its_clusters_or_one_that_holds_them():
    network = network_of(2, [1, 1], {(0, 2), (1, 2), (1, 3)})
    clusters, tile, port = [({0, 1}, {2}), ({1}, {3})], [0, 1], 4
    both = table((port, [0, 1], [(0, 9)]))
    hardware = chip(noc="tdm")
    for slots, crossed in ((both, 3 + 3), (table((port, [0, 1], [(0, 5)]), (port, [0], [(5, 5)])), 1 + 2 * 2)):
        execution, _, _ = executed(network, [[{0: 1, 1: 2}]], clusters, tile, hardware, slots=slots)
        assert execution.received == crossed
    with pytest.raises(InputError, match="input sends, but no connection of the mapping's slots leads to all"):
        executed(network, [[{1: 1}]], clusters, tile, hardware, slots=table((port, [0], [(0, 5)])))
    with pytest.raises(InputError, match="slots of c0/l1/fire lead to cluster 0, to which it sends nothing"):
        run(table((INPUT, [0], [(1, 1)]), (FIRE, [0, 1], [(3, 1)])))


def test_two_flits_on_a_link_in_one_slot_are_an_error():
    # two clusters at home on tiles 0 and 1 send to tile 2: over the link between 1 and 2 two slots later, and at once
    network = network_of(0, [1, 1, 2, 2], {(0, 0), (1, 1), (0, 2), (1, 3)})
    clusters = [({0}, {0}), ({1}, {1}), ({0}, {2}), ({1}, {3})]
    fires = (4, 5)
    apart = table((fires[0], [2], [(6, 1)]), (fires[1], [3], [(9, 1)]), length=20)
    meeting = table((fires[0], [2], [(6, 1)]), (fires[1], [3], [(8, 1)]), length=20)
    hardware = chip(noc="tdm")
    executed(network, [[{0: 1, 1: 1}]], clusters, [0, 1, 2, 3], hardware, slots=apart)
    with pytest.raises(InputError, match="two flits meet on link 4 in slot 8"):
        executed(network, [[{0: 1, 1: 1}]], clusters, [0, 1, 2, 3], hardware, slots=meeting)


def test_flits_that_meet_on_the_first_of_all_links_are_an_error_too():
    """The port's flits and those of tile 0 go into the network by links of their own, and both east over link 0."""
    network = network_of(1, [1, 2], {(0, 1), (0, 2), (1, 2)})
    clusters, busy = [({0}, {1}), ({0, 1}, {2})], [[{0: 1, 1: 1}] * 6]
    for slot, meet in ((3, True), (4, False)):
        slots = table((INPUT, [0, 1], [(3, 1)]), (FIRE, [1], [(slot, 1)]))
        if meet:
            with pytest.raises(InputError, match=r"two flits meet on link 0 in slot \d*3:"):
                executed(network, busy, clusters, [0, 1], chip(noc="tdm"), slots=slots)
        else:
            executed(network, busy, clusters, [0, 1], chip(noc="tdm"), slots=slots)


def between_chips(slots, frames=((({0: 1, 1: 1}),),), hop=3, flit=3):
    """Run where every tile is a chip: links of 11 and 9 ns between them, in slots of 4."""
    joined = replace(slots, border_hop=hop, border_flit=flit)
    return executed(CHAIN, [list(f) for f in frames], *PLACED, divided(chip(noc="tdm"), 4, 1), slots=joined)


def test_a_flit_holds_a_link_between_chips_for_several_slots():
    at = spans(between_chips(SLOTS)[0])
    assert at["c1/l2/read", 0] == (52 + 3 * 4 + 4, 68 + 21)  # in slot 13, three slots later out of the network
    close, apart = (table((INPUT, [0], [(1, 1)]), (FIRE, [1], [(3, 1), (slot, 1)])) for slot in (5, 6))
    with pytest.raises(InputError, match="two flits meet on link 0 in slot 15:"):
        between_chips(close, frames=[[{0: 1, 1: 2}]])
    assert spans(between_chips(apart, frames=[[{0: 1, 1: 2}]])[0])["c1/l2/read", 0][0] == 4 * (16 + 3 + 1)


@pytest.mark.parametrize("changed", [{"hop": 2}, {"flit": 2}])
def test_slots_that_are_faster_than_the_links_between_chips_are_refused(changed):
    with pytest.raises(InputError, match=r"are faster than the links' 9e-09 s and 1\.1e-08 s; verify the mapping"):
        between_chips(SLOTS, **changed)


@pytest.mark.parametrize("changed", [{"slot": 3999}, {"hop": 1}])
def test_slots_that_are_faster_than_the_chip_are_refused(changed):
    given = table((INPUT, [0], [(1, 1)]), (FIRE, [1], [(3, 1)]), **changed)
    with pytest.raises(InputError, match="faster than the chip"):
        run(given)


def test_a_mapping_without_slots_is_refused_where_the_network_has_them():
    with pytest.raises(InputError, match="no connection of the mapping's slots"):
        run(None)
    alone, _, _ = executed(network_of(0, [1], {(0, 0)}), [[{}]], [({0}, {0})], [0], chip(noc="tdm"))
    assert spans(alone)["c0/l1/fire", 0] == (20, 22)  # nothing travels


def test_tables_without_slots_are_left_alone_by_a_best_effort_network():
    execution, machine, _ = executed(CHAIN, [[{0: 1, 1: 1}]], *PLACED, chip(), slots=SLOTS)
    assert spans(execution)["c0/l1/read", 0][0] == 4
    assert not machine.offset.any()
