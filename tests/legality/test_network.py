"""A network's promises are recounted: tables in which flits meet or miss, and messages too fast, are refused."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from oracles import hops
from support import small_workload
from support.executed import BITS
from support.schedule_cases import Case, mapping_of, random_case
from support.several_chips import divided

import snnmap
from snnmap.core.arrays import offsets
from snnmap.hardware import Quantity
from snnmap.ir import Mapping, Network, Schedule, Sdfg, SlotTable, Spikes, Violation, Workload
from snnmap.legality.dataflow import dataflow_violations
from snnmap.legality.network import network_violations
from snnmap.legality.recount import recount
from snnmap.legality.rules import verify
from snnmap.legality.sent import ending_hops
from snnmap.pipeline.compile import Compiled
from snnmap.stages.protocols import Run
from snnmap.stages.schedule import ListSchedule


def rules(mapping: Mapping, compiled: Compiled) -> set[str]:
    return {v.rule for v in verify(mapping, compiled.graph, compiled.hardware)}


def tabled(mapping: Mapping, table: SlotTable | None) -> Mapping:
    return replace(mapping, schedule=replace(mapping.schedule, slots=table))


def without(table: SlotTable, gone: int) -> SlotTable:
    """The table without one of its connections."""
    kept = [q for q in range(len(table.producer)) if q != gone]
    targets = [table.target[table.target_ptr[q] : table.target_ptr[q + 1]] for q in kept]
    runs = [slice(table.run_ptr[q], table.run_ptr[q + 1]) for q in kept]
    return replace(
        table,
        producer=table.producer[kept],
        target_ptr=np.cumsum([0, *map(len, targets)]),
        target=np.concatenate(targets),
        run_ptr=np.cumsum([0, *(len(table.first[run]) for run in runs)]),
        first=np.concatenate([table.first[run] for run in runs]),
        flits=np.concatenate([table.flits[run] for run in runs]),
    )


def set_at(values: np.ndarray, index: int, value: int) -> np.ndarray:
    changed = values.copy()
    changed[index] = value
    return changed


@pytest.fixture(scope="module")
def table(compiled: Compiled) -> SlotTable:
    assert compiled.mapping.schedule.slots is not None
    return compiled.mapping.schedule.slots


def compiled_for(noc: str, compiled: Compiled, tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    path = tmp_path_factory.mktemp("noc") / "chip.toml"
    path.write_text(small_workload.CHIP + f'noc = "{noc}"\n')
    return snnmap.compile(compiled.graph, snnmap.CompileOptions(hardware=str(path)))


@pytest.fixture(scope="module")
def best_effort(compiled: Compiled, tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return compiled_for("best-effort", compiled, tmp_path_factory)


@pytest.fixture(scope="module")
def gated(compiled: Compiled, tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    return compiled_for("gated", compiled, tmp_path_factory)


def test_the_table_is_as_long_as_the_period(compiled: Compiled, table: SlotTable) -> None:
    assert table.length * table.slot == compiled.mapping.schedule.period_numerator


def test_where_links_are_crowded_some_messages_wait_between_others(compiled: Compiled, tmp_path: Path) -> None:
    chip = tmp_path / "chip.toml"
    chip.write_text(small_workload.CHIP.replace("rows = 16", "rows = 12").replace("columns = 8", "columns = 4"))
    crowded = snnmap.compile(compiled.graph, snnmap.CompileOptions(hardware=str(chip), seed=3))
    table = crowded.mapping.schedule.slots
    assert table is not None
    assert len(table.first) > len(table.producer)
    assert rules(crowded.mapping, crowded) == set()


def test_no_table_and_every_missing_connection_is_refused(compiled: Compiled, table: SlotTable) -> None:
    assert "network-slots" in rules(tabled(compiled.mapping, None), compiled)
    only = np.bincount(table.producer)[table.producer] == 1  # another of its sender's might hold all its clusters
    assert np.sum(only) > 3
    for gone in np.flatnonzero(only):
        assert "network-slots" in rules(tabled(compiled.mapping, without(table, gone)), compiled)


def test_a_target_that_is_dropped_is_refused(compiled: Compiled, table: SlotTable) -> None:
    q = int(np.argmax(np.diff(table.target_ptr)))
    assert table.target_ptr[q + 1] - table.target_ptr[q] > 1
    ptr = table.target_ptr - (np.arange(len(table.target_ptr)) > q)
    fewer = replace(table, target_ptr=ptr, target=np.delete(table.target, table.target_ptr[q]))
    assert "network-slots" in rules(tabled(compiled.mapping, fewer), compiled)


def test_one_slot_fewer_is_refused_wherever_it_is_taken(compiled: Compiled, table: SlotTable) -> None:
    for run in np.flatnonzero(table.flits > 1):
        fewer = replace(table, flits=set_at(table.flits, run, int(table.flits[run]) - 1))
        assert "network-slots" in rules(tabled(compiled.mapping, fewer), compiled)


def test_all_contention_taken_out_is_refused(compiled: Compiled, table: SlotTable) -> None:
    """Every connection sends at once, and messages are promised to take no longer than their own flits."""
    total = np.add.reduceat(table.flits, table.run_ptr[:-1])
    each = np.arange(len(table.producer) + 1)
    at_once = replace(table, run_ptr=each, first=np.zeros(len(total)), flits=total)
    assert "network-slots" in rules(tabled(compiled.mapping, at_once), compiled)


def test_one_slot_used_twice_is_refused(compiled: Compiled, table: SlotTable) -> None:
    several = np.flatnonzero(np.bincount(table.producer) > 1)[0]
    one, other = (int(q) for q in np.flatnonzero(table.producer == several)[:2])
    clash = set_at(table.first, table.run_ptr[other], int(table.first[table.run_ptr[one]]))
    found = verify(tabled(compiled.mapping, replace(table, first=clash)), compiled.graph, compiled.hardware)
    assert any(v.rule == "network-slots" for v in found)
    run = int(table.run_ptr[one])
    twice = replace(
        table,
        run_ptr=table.run_ptr + (np.arange(len(table.run_ptr)) > one),
        first=np.insert(table.first, run, table.first[run]),
        flits=np.insert(table.flits, run, 1),
    )
    assert "network-slots" in rules(tabled(compiled.mapping, twice), compiled)


@pytest.mark.parametrize("change", [{"length": 1}, {"slot": -1}, {"hop": -1}])
def test_a_table_of_another_length_slot_or_hop_is_refused(
    compiled: Compiled, table: SlotTable, change: dict[str, int]
) -> None:
    changed = replace(table, **{name: getattr(table, name) + by for name, by in change.items()})
    assert "network-slots" in rules(tabled(compiled.mapping, changed), compiled)


def test_slots_targets_and_senders_must_exist(compiled: Compiled, table: SlotTable) -> None:
    message = next(a for a, name in enumerate(compiled.mapping.sdfg.name) if name.startswith("noc/"))
    for changed in (
        replace(table, first=set_at(table.first, 0, table.length)),
        replace(table, first=set_at(table.first, 0, -1)),
        replace(table, target=set_at(table.target, 0, 99)),
        replace(table, producer=set_at(table.producer, 0, message)),
    ):
        assert "network-slots" in rules(tabled(compiled.mapping, changed), compiled)


def silent(mapped: Compiled, message: str) -> bool:
    """Whether a message holds only spikes of sources that the profile never saw spike: nothing is promised of it."""
    sender, _, receiver = message.removeprefix("noc/").partition(">c")
    if not sender.endswith("/fire"):
        return False
    clustering, network = mapped.mapping.clustering, mapped.graph.network
    rows = clustering.row_source[clustering.rows_of(int(receiver))]
    neurons = rows[rows >= network.externals]
    home = clustering.home[neurons - network.externals]
    cluster, level = (int(part[1:]) for part in sender.split("/")[:2])
    sent = neurons[(home == cluster) & (network.level_of()[neurons] == level)]
    return not np.any(mapped.graph.worst_step[sent])


@pytest.mark.parametrize("kind", ["compiled", "best_effort", "gated"])
def test_every_message_is_as_fast_as_it_may_be(kind: str, request: pytest.FixtureRequest) -> None:
    """The bound is the scheduler's own time: one tick less is refused, for every message."""
    mapped: Compiled = request.getfixturevalue(kind)
    flow = mapped.mapping.sdfg
    assert verify(mapped.mapping, mapped.graph, mapped.hardware) == []
    for a, name in enumerate(flow.name):
        if name.startswith("noc/") and not silent(mapped, name):
            hasty = replace(flow, time=set_at(flow.time, a, int(flow.time[a]) - 1))
            assert "network-time" in rules(replace(mapped.mapping, sdfg=hasty), mapped), name


def test_a_period_beside_the_table_is_refused(compiled: Compiled) -> None:
    schedule = compiled.mapping.schedule
    for by in (1, -1):
        other = replace(schedule, period_numerator=schedule.period_numerator + by)
        assert "network-slots" in rules(replace(compiled.mapping, schedule=other), compiled)


def test_a_cycle_that_is_not_the_longest_is_refused(compiled: Compiled) -> None:
    """Each actor's channel to itself is a cycle; only the critical one has the longest time per token."""
    mapping = compiled.mapping
    longest = mapping.sdfg.time[list(mapping.schedule.critical)].sum()
    for actor in range(len(mapping.sdfg.name)):
        if mapping.sdfg.time[actor] < longest and actor not in mapping.schedule.critical:
            claimed = replace(mapping.schedule, critical=(actor,))
            assert "schedule-period" in rules(replace(mapping, schedule=claimed), compiled)


@pytest.mark.parametrize("noc", ["tdm", "best-effort", "gated"])
def test_flits_that_end_a_step_cost_energy_and_slots_and_both_are_recounted(
    compiled: Compiled, noc: str, tmp_path: Path
) -> None:
    chip = tmp_path / "chip.toml"
    for ends in ("false", "true"):
        chip.write_text(f'{small_workload.CHIP}noc = "{noc}"\nend_of_step = {ends}\n')
        mapped = snnmap.compile(compiled.graph, snnmap.CompileOptions(hardware=str(chip)))
        assert verify(mapped.mapping, mapped.graph, mapped.hardware) == []
        if ends == "false":
            silent = mapped
    crossed, between = ending_hops(mapped.mapping, mapped.graph, mapped.hardware)
    assert between == 0
    assert crossed > 0
    assert ending_hops(silent.mapping, silent.graph, silent.hardware) == (0, 0)
    joules = [float(m.mapping.figures["energy_noc_J"] or 0) for m in (silent, mapped)]
    assert joules[1] - joules[0] == pytest.approx(crossed * mapped.hardware["hop_energy"] / mapped.graph.frames)
    if mapped.mapping.schedule.slots is None or silent.mapping.schedule.slots is None:
        return
    flits = [int(m.mapping.schedule.slots.flits.sum()) for m in (silent, mapped)]
    assert flits[1] > flits[0]
    fewer = mapped.mapping.schedule.slots
    run = int(np.argmax(fewer.flits > 1))
    dropped = replace(fewer, flits=set_at(fewer.flits, run, int(fewer.flits[run]) - 1))
    assert "network-slots" in rules(tabled(mapped.mapping, dropped), mapped)


def test_more_clusters_waiting_to_fire_than_there_are_registers_is_refused(compiled: Compiled, tmp_path: Path) -> None:
    chip = tmp_path / "shared.toml"
    shared = "clusters_per_tile = 6\nsample_registers = 6\n[mesh]\nwidth = 2\nheight = 1\n"
    chip.write_text(small_workload.CHIP + shared)
    mapped = snnmap.compile(compiled.graph, snnmap.CompileOptions(hardware=str(chip)))
    assert verify(mapped.mapping, mapped.graph, mapped.hardware) == []
    counted = recount(mapped.graph, mapped.mapping.clustering)
    fewer = replace(mapped.hardware, sample_registers=1)
    found = dataflow_violations(mapped.mapping, mapped.graph, fewer, counted)
    assert {v.rule for v in found} == {"schedule-samples"}


@pytest.mark.parametrize(
    ("spikes", "sums", "ends", "refused"),
    [(0, 0, False, False), (1, 0, False, True), (0, 1, False, True), (0, 0, True, True), (1, 1, True, True)],
)
def test_a_table_may_be_left_out_only_where_nothing_is_ever_sent(
    compiled: Compiled, spikes: int, sums: int, ends: bool, refused: bool
) -> None:
    mapping = tabled(compiled.mapping, None)
    mapping = replace(mapping, partial_messages=mapping.partial_messages * sums)
    graph = replace(compiled.graph, worst_step=compiled.graph.worst_step * spikes)
    hardware = replace(compiled.hardware, end_of_step=ends)
    found = network_violations(mapping, graph, hardware, recount(graph, mapping.clustering))
    assert [(v.rule, v.where) for v in found] == [("network-slots", "schedule")] * refused


def alone() -> Workload:
    """The first population of the small workload, which hears a bias that makes it spike, and itself a little."""
    whole = small_workload.workload()
    old = whole.network
    pre = np.repeat(np.arange(old.sources), np.diff(old.indptr))
    keep = (old.post < 33) & (pre >= 20) & (pre < 33)
    network = Network(
        old.populations[:3],
        offsets(np.bincount(pre[keep], minlength=33)),
        old.post[keep],
        np.where(pre == 20, 20.0, old.weight / 8)[keep],
        np.full(3, 1 / 8),
        (2,),
    )
    none = np.zeros(0)
    return replace(whole, network=network, stimulus=Spikes([0, 0], none, none, none, steps=6, dt=1e-3))


@pytest.mark.parametrize("ends", ["false", "true"])
@pytest.mark.parametrize("noc", ["tdm", "best-effort"])
def test_one_cluster_that_hears_only_itself_sends_nothing_and_needs_no_table(
    tmp_path: Path, noc: str, ends: str
) -> None:
    chip = tmp_path / "chip.toml"
    size = small_workload.CHIP.replace("columns = 8", "columns = 16")
    chip.write_text(f'{size}noc = "{noc}"\nend_of_step = {ends}\n')
    mapped = snnmap.compile(alone(), snnmap.CompileOptions(hardware=str(chip), split="none"))
    assert mapped.mapping.clustering.clusters == 1
    assert mapped.mapping.schedule.slots is None
    assert verify(mapped.mapping, mapped.graph, mapped.hardware) == []
    assert mapped.mapping.figures["hops"] == 0


@pytest.mark.parametrize(("noc", "seed"), [("tdm", 2), ("tdm", 5), ("best-effort", 5)])
@pytest.mark.parametrize(("bits", "ends"), [((70, 32), "false"), ((32, 100), "true")])
def test_messages_of_several_flits_are_as_fast_as_they_may_be(
    tmp_path: Path, noc: str, bits: tuple[int, int], ends: str, seed: int
) -> None:
    chip = tmp_path / "chip.toml"
    chip.write_text(f'{small_workload.CHIP}noc = "{noc}"\nend_of_step = {ends}\n[values]\n{in_bits(*bits)}')
    mapped = snnmap.compile(small_workload.workload(seed), snnmap.CompileOptions(hardware=str(chip), seed=seed))
    assert verify(mapped.mapping, mapped.graph, mapped.hardware) == []
    flow, counted = mapped.mapping.sdfg, recount(mapped.graph, mapped.mapping.clustering)
    for a, name in list(enumerate(flow.name))[::3]:
        if name.startswith("noc/") and (ends == "true" or not silent(mapped, name)):
            hasty = replace(mapped.mapping, sdfg=replace(flow, time=set_at(flow.time, a, int(flow.time[a]) - 1)))
            found = network_violations(hasty, mapped.graph, mapped.hardware, counted)
            assert name in {v.where for v in found}
    table = mapped.mapping.schedule.slots
    reads = (
        [q for q, p in enumerate(table.producer) if flow.name[p].endswith("/read")] if table and ends == "true" else []
    )
    refused = []
    for run in (int(table.run_ptr[q]) for q in reads):
        fewer = replace(table, flits=set_at(table.flits, run, int(table.flits[run]) - 1))
        found = network_violations(tabled(mapped.mapping, fewer), mapped.graph, mapped.hardware, counted)
        refused.append(found != [])
    assert 2 * sum(refused) >= len(reads), "all but connections of sums that the profile never saw sent"


def in_bits(spike: int, partial: int) -> str:
    """Bits of a spike and of a partial sum, in a chip file."""
    return "".join(
        f'{key} = {{ value = {bits}, unit = "1", source = "estimate: test" }}\n'
        for key, bits in (("spike_bits", spike), ("sum_bits", partial))
    )


def test_a_table_at_its_edges(compiled: Compiled, table: SlotTable) -> None:
    """Runs that touch, a run up to the last slot, and no connection at all."""
    mapping = compiled.mapping
    long = int(np.argmax(table.flits > 1))
    halves = replace(
        table,
        run_ptr=table.run_ptr + (table.run_ptr > long),
        first=np.insert(table.first, long + 1, table.first[long] + 1),
        flits=np.insert(set_at(table.flits, long, 1), long + 1, int(table.flits[long]) - 1),
    )
    assert rules(tabled(mapping, halves), compiled) == set()
    ends = int(table.length - table.flits[table.run_ptr[1:-1] - 1][0])
    run = int(table.run_ptr[1]) - 1
    for by, where in ((0, False), (1, True)):
        late = replace(table, first=set_at(table.first, run, ends + by))
        found = verify(tabled(mapping, late), compiled.graph, compiled.hardware)
        assert any("outside the table" in v.asked for v in found) is where
    for target, beyond in ((mapping.clustering.clusters, True), (mapping.clustering.clusters - 1, False)):
        other = replace(table, target=set_at(table.target, 0, target))
        found = verify(tabled(mapping, other), compiled.graph, compiled.hardware)
        assert any("target that does not exist" in v.asked for v in found) is beyond
    ticks = round(compiled.hardware["hop_time"] / mapping.sdfg.tick)
    for slot, hop, hasty in ((1, ticks, False), (1, ticks - 1, True), (0, ticks, False), (0, ticks - 1, True)):
        short = verify(tabled(mapping, replace(table, slot=slot, hop=hop)), compiled.graph, compiled.hardware)
        assert any("fewer slots than a hop takes" in v.asked for v in short) is hasty
    none = np.zeros(0, np.int64)
    empty = replace(
        table, producer=none, target_ptr=np.zeros(1), target=none, run_ptr=np.zeros(1), first=none, flits=none
    )
    hollow = replace(table, run_ptr=set_at(table.run_ptr, 1, 0))
    aimless = replace(table, target_ptr=set_at(table.target_ptr, 1, 0))
    for nothing in (empty, hollow, aimless):
        found = verify(tabled(mapping, nothing), compiled.graph, compiled.hardware)
        assert any("without slots or targets" in v.asked for v in found)


def test_at_most_three_of_a_kind_are_named(compiled: Compiled, best_effort: Compiled, table: SlotTable) -> None:
    few = replace(table, flits=np.minimum(table.flits, 1))
    assert (
        len([v for v in verify(tabled(compiled.mapping, few), compiled.graph, compiled.hardware) if "slots" in v.rule])
        == 3
    )
    first = replace(table, first=np.where(np.isin(np.arange(len(table.first)), table.run_ptr), 0, table.first))
    clash = verify(tabled(compiled.mapping, first), compiled.graph, compiled.hardware)
    assert len([v for v in clash if v.where.startswith("link")]) == 3
    flow = best_effort.mapping.sdfg
    hasty = replace(best_effort.mapping, sdfg=replace(flow, time=flow.time // 3))
    found = verify(hasty, best_effort.graph, best_effort.hardware)
    assert len([v for v in found if v.rule == "network-time"]) == 3


def scheduled(seed: int, noc: str, grid: tuple[int, int] = (1, 1)) -> tuple[Case, Sdfg, Schedule]:
    """A random network on a chip of many kinds, or a grid of several, and its schedule."""
    case = random_case(seed, noc=noc, shared=bool(seed % 2), buffer_tokens=1 + seed % 3)
    bits = {**BITS, "spike_bits": (32, 70)[seed // 2 % 2], "sum_bits": (32, 100)[seed // 3 % 2]}
    values = {**case.hardware.values, **{key: Quantity(float(n), "1", "test") for key, n in bits.items()}}
    hardware = replace(case.hardware, values=values, end_of_step=bool(seed // 4 % 2), sample_registers=9)
    case = replace(case, hardware=divided(hardware, *grid))
    return case, *ListSchedule(swaps=5)(case.problem, Run(np.random.default_rng(0)))


def judged(case: Case, sdfg: Sdfg, schedule: Schedule) -> list[Violation]:
    counted = recount(case.graph, case.clustering)
    return network_violations(mapping_of(case, sdfg, schedule), case.graph, case.hardware, counted)


GRIDS = [(1, 1), (3, 1), (1, 3), (3, 3)]


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("noc", ["tdm", "best-effort"])
@pytest.mark.parametrize("seed", [0, 2, 3, 5, 6, 7, 8, 9, 11, 12, 13])
def test_messages_of_random_networks_take_the_schedulers_own_times(seed: int, noc: str, grid: tuple[int, int]) -> None:
    """One tick less for any message is refused by its name, and so is one slot less on a network of slots."""
    case, sdfg, schedule = scheduled(seed, noc, grid)
    assert judged(case, sdfg, schedule) == []
    for message in (a for a, name in enumerate(sdfg.name) if name.startswith("noc/") and sdfg.time[a]):
        hasty = replace(sdfg, time=set_at(sdfg.time, message, int(sdfg.time[message]) - 1))
        assert sdfg.name[message] in {v.where for v in judged(case, hasty, schedule)}
    table = schedule.slots
    for run in np.flatnonzero(table.flits > 1) if table else ():
        fewer = replace(table, flits=set_at(table.flits, run, int(table.flits[run]) - 1))
        assert "network-slots" in {v.rule for v in judged(case, sdfg, replace(schedule, slots=fewer))}


def meetings(case: Case, sdfg: Sdfg, table: SlotTable) -> int:
    """Slots of links that several connections take, each tree walked tile by tile."""
    width, height = case.hardware.mesh_width, case.hardware.mesh_height
    across, down = case.hardware.chips.grid

    def chip(x: int, y: int) -> tuple[int, int]:
        return x // (width // across), y // (height // down)

    tile, tiles = case.placement.tile.tolist(), width * height
    taken: dict[tuple[int, int], int] = {}
    for q, producer in enumerate(table.producer.tolist()):
        name = sdfg.name[producer]
        x, y = case.hardware.port
        start = y * width + x if name == "input" else tile[int(name[1:].partition("/")[0])]
        links = {(6 * tiles if name == "input" else 4 * tiles + start, 0, 1)}
        for cluster in table.target[table.target_ptr[q] : table.target_ptr[q + 1]].tolist():
            path = hops.xy_path((start % width, start // width), (tile[cluster] % width, tile[cluster] // width))
            shift = 0
            for (a, b), (c, d) in pairwise(path):
                crosses = chip(a, b) != chip(c, d)
                held = (table.border_flit or 0) if crosses else 1
                links.add((4 * (b * width + a) + hops.STEPS[c - a, d - b], shift, held))
                shift += (table.border_hop or 0) if crosses else table.hop
            links.add((5 * tiles + tile[cluster], shift, 1))
        for run in range(table.run_ptr[q], table.run_ptr[q + 1]):
            for slot in range(table.first[run], table.first[run] + table.flits[run]):
                for link, shift, held in links:
                    for later in range(held):
                        key = (link, int(slot + shift + later) % table.length)
                        taken[key] = taken.get(key, 0) + 1
    return sum(n > 1 for n in taken.values())


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("seed", range(10))
def test_flits_that_meet_are_found_wherever_a_run_is_moved(seed: int, grid: tuple[int, int]) -> None:
    case, sdfg, schedule = scheduled(seed, "tdm", grid)
    table = schedule.slots
    assert table is not None
    assert meetings(case, sdfg, table) == 0
    met = 0
    for run in range(len(table.first)):
        for by in (-3, -1, 1, 2):
            moved = replace(table, first=set_at(table.first, run, int(table.first[run]) + by))
            found = judged(case, sdfg, replace(schedule, slots=moved))
            if any(v.where == "table" for v in found):
                continue
            links = [v for v in found if v.where.startswith("link")]
            assert len(links) == min(3, meetings(case, sdfg, moved))
            met += len(links)
    assert met or seed in {2, 6}


@pytest.mark.parametrize("seed", [0, 3, 5, 7])
def test_slots_of_links_between_chips_are_no_fewer_than_these_take(seed: int) -> None:
    case, sdfg, schedule = scheduled(seed, "tdm", (3, 1))
    table = schedule.slots
    assert table is not None
    assert (table.border_hop, table.border_flit) == (3, 3)  # 11 and 9 ns in slots of 4
    none = {"border_hop": None, "border_flit": None}
    for change in ({"border_hop": 2}, {"border_flit": 2}, {"border_hop": None}, none):
        wrong = judged(case, sdfg, replace(schedule, slots=replace(table, **change)))
        assert {v.where for v in wrong} == {"table"}
    alone, flow, own = scheduled(seed, "tdm")
    assert own.slots is not None
    assert {v.where for v in judged(alone, flow, replace(own, slots=replace(own.slots, border_hop=3)))} == {"table"}
