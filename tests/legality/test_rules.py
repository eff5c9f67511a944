"""The verifier says yes to a compiled mapping and no, by the right rule, to every way of breaking one."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from support import small_workload
from support.origins import replaced

import snnmap
from snnmap.core.arrays import offsets
from snnmap.hardware import Hardware, load_hardware
from snnmap.ir import Clustering, Mapping, SpikeGraph
from snnmap.legality.recount import recount
from snnmap.legality.rules import verify
from snnmap.pipeline.compile import Compiled


def rules(mapping: Mapping, compiled: Compiled, hardware: Hardware | None = None) -> set[str]:
    return {v.rule for v in verify(mapping, compiled.graph, hardware or compiled.hardware)}


def lists(clustering: Clustering) -> tuple[list[list[int]], list[list[int]]]:
    """Rows and columns per cluster."""
    return tuple(
        [ids[ptr[k] : ptr[k + 1]].tolist() for k in range(clustering.clusters)]
        for ptr, ids in (
            (clustering.row_ptr, clustering.row_source),
            (clustering.column_ptr, clustering.column_neuron),
        )
    )


def rebuilt(mapping: Mapping, rows: list[list[int]], columns: list[list[int]], **changes: np.ndarray) -> Mapping:
    """`mapping` with other rows and columns, lines taken in order, no partial sums counted."""
    clustering = replace(
        mapping.clustering,
        row_ptr=offsets([len(r) for r in rows]),
        row_source=np.concatenate(rows),
        column_ptr=offsets([len(c) for c in columns]),
        column_neuron=np.concatenate(columns),
        **changes,
    )
    wiring = replace(
        mapping.wiring,
        row=np.concatenate([np.arange(len(r)) for r in rows]),
        column=np.concatenate([np.arange(len(c)) for c in columns]),
    )
    partial = np.zeros(sum(map(len, columns)), np.int64)
    return replace(mapping, clustering=clustering, wiring=wiring, partial_messages=partial)


def actor(mapping: Mapping, start: str, end: str) -> int:
    return next(a for a, name in enumerate(mapping.sdfg.name) if name.startswith(start) and name.endswith(end))


def set_at(values: np.ndarray, index: int | np.ndarray, value: int) -> np.ndarray:
    changed = values.copy()
    changed[index] = value
    return changed


def without_channel(mapping: Mapping, keep: np.ndarray) -> Mapping:
    flow = mapping.sdfg
    fields = ("producer", "consumer", "production", "consumption", "tokens")
    return replace(mapping, sdfg=replace(flow, **{name: getattr(flow, name)[keep] for name in fields}))


def figured(mapping: Mapping, **figures: object) -> Mapping:
    return replace(mapping, figures={**mapping.figures, **figures})


def test_the_small_mapping_has_every_feature(compiled: Compiled) -> None:
    mapping, network = compiled.mapping, compiled.graph.network
    level = network.level_of()
    _, columns = lists(mapping.clustering)
    assert np.any(mapping.partial_messages > 0)
    assert any(len(set(level[c].tolist())) > 1 for c in columns)
    assert np.any(level[network.post] <= np.repeat(level, np.diff(network.indptr)))
    assert len(set(mapping.placement.tile.tolist())) < compiled.hardware.tiles


def test_a_compiled_mapping_is_legal(compiled: Compiled) -> None:
    assert verify(compiled.mapping, compiled.graph, compiled.hardware) == []


def test_a_profile_without_events_is_mapped_legally(compiled: Compiled, chip: object) -> None:
    graph = replace(compiled.graph, events=None)
    again = snnmap.compile(graph, snnmap.CompileOptions(hardware=str(chip)))
    assert verify(again.mapping, graph, again.hardware) == []


def test_shared_tiles_are_mapped_legally(compiled: Compiled, tmp_path) -> None:
    path = tmp_path / "shared.toml"
    path.write_text(
        small_workload.CHIP + "clusters_per_tile = 3\nsample_registers = 3\n[mesh]\nwidth = 3\nheight = 2\n"
    )
    again = snnmap.compile(compiled.graph, snnmap.CompileOptions(hardware=str(path)))
    assert verify(again.mapping, compiled.graph, again.hardware) == []
    reads = [a for a, name in enumerate(again.mapping.sdfg.name) if name.endswith("/read")]
    slow = reads[int(np.argmax(again.mapping.sdfg.time[reads]))]
    hurried = replace(again.mapping.sdfg, time=set_at(again.mapping.sdfg.time, slow, 200_000))
    assert "schedule-time" in rules(replace(again.mapping, sdfg=hurried), again)


def test_synapse_missing(compiled: Compiled) -> None:
    rows, columns = lists(compiled.mapping.clustering)
    rows[0] = rows[0][1:]
    found = verify(rebuilt(compiled.mapping, rows, columns), compiled.graph, compiled.hardware)
    assert {v.rule for v in found} == {"synapse-missing"}
    network, source = compiled.graph.network, int(lists(compiled.mapping.clustering)[0][0][0])
    heard = network.post[network.indptr[source] : network.indptr[source + 1]].tolist()
    lost = [n for n in heard if n in columns[0]]
    assert [v.where for v in found] == [f"synapse {source} -> {n}" for n in lost[:3]]
    assert {v.available for v in found} == {f"{len(lost)} such synapses, each must be realised once"}


def test_synapse_twice(compiled: Compiled) -> None:
    rows, columns = lists(compiled.mapping.clustering)
    short = next(k for k, c in enumerate(columns) if len(c) < compiled.hardware.columns)
    network = compiled.graph.network
    heard = set(network.post[network.indptr[rows[short][0]] : network.indptr[rows[short][0] + 1]].tolist())
    columns[short] = sorted({*columns[short], min(heard - set(columns[short]))})
    assert rules(rebuilt(compiled.mapping, rows, columns), compiled) == {"synapse-twice"}


@pytest.mark.parametrize(("side", "lines"), [("rows", "word_lines"), ("columns", "bit_lines")])
def test_too_many_lines(compiled: Compiled, side: str, lines: str) -> None:
    smaller = replace(compiled.hardware, **{lines: getattr(compiled.hardware, lines) - 1})
    found = verify(compiled.mapping, compiled.graph, smaller)
    assert {v.rule for v in found} == {"hardware-digest", "hardware-facts", "cluster-shape"}
    assert any(side in v.asked and str(getattr(smaller, side)) in v.available for v in found)


@pytest.mark.parametrize("row", [-1, 42])
def test_ids_outside_the_network(compiled: Compiled, row: int) -> None:
    rows, columns = lists(compiled.mapping.clustering)
    rows[2] = sorted([row, *rows[2]])
    assert rules(rebuilt(compiled.mapping, rows, columns), compiled) == {"cluster-shape"}


def test_an_input_in_a_column(compiled: Compiled) -> None:
    rows, columns = lists(compiled.mapping.clustering)
    columns[3] = sorted([5, *columns[3]])
    assert rules(rebuilt(compiled.mapping, rows, columns), compiled) == {"cluster-shape"}


def test_one_source_on_two_rows(compiled: Compiled) -> None:
    rows, columns = lists(compiled.mapping.clustering)
    rows[2] = [rows[2][0], *rows[2]]
    assert rules(rebuilt(compiled.mapping, rows, columns), compiled) == {"cluster-shape"}


def test_homes_and_counts_of_another_length(compiled: Compiled) -> None:
    clustering = replace(compiled.mapping.clustering, home=compiled.mapping.clustering.home[1:])
    assert rules(replace(compiled.mapping, clustering=clustering), compiled) == {"cluster-shape"}
    short = replace(compiled.mapping, partial_messages=compiled.mapping.partial_messages[1:])
    assert rules(short, compiled) == {"cluster-shape"}


def test_synapse_limit(compiled: Compiled) -> None:
    cells = recount(compiled.graph, compiled.mapping.clustering).cells
    limited = replace(compiled.hardware, synapse_limit=int(cells.max()) - 1)
    found = verify(compiled.mapping, compiled.graph, limited)
    assert [v.where for v in found if v.rule == "synapse-limit"] == [
        f"cluster {k}" for k in np.flatnonzero(cells == cells.max())
    ]
    exact = replace(compiled.hardware, synapse_limit=int(cells.max()))
    assert rules(compiled.mapping, compiled, exact) == {"hardware-digest"}


@pytest.mark.parametrize("tile", [-1, 12, 10**6])
def test_tile_off_the_chip(compiled: Compiled, tile: int) -> None:
    moved = replace(compiled.mapping.placement, tile=set_at(compiled.mapping.placement.tile, 4, tile))
    assert rules(replace(compiled.mapping, placement=moved), compiled) == {"tile"}


def test_a_cluster_without_tile(compiled: Compiled) -> None:
    short = replace(compiled.mapping.placement, tile=compiled.mapping.placement.tile[:-1])
    assert rules(replace(compiled.mapping, placement=short), compiled) == {"tile"}


def test_two_clusters_on_one_tile(compiled: Compiled) -> None:
    tile = compiled.mapping.placement.tile
    moved = replace(compiled.mapping.placement, tile=set_at(tile, 4, int(tile[5])))
    assert rules(replace(compiled.mapping, placement=moved), compiled) == {"tile-shared"}


@pytest.mark.parametrize("side", ["row", "column"])
@pytest.mark.parametrize("line", ["taken", -1, 16])
def test_a_cell_used_twice_or_absent(compiled: Compiled, side: str, line: str | int) -> None:
    lines = getattr(compiled.mapping.wiring, side)
    changed = set_at(lines, 0, int(lines[1]) if line == "taken" else int(line))
    wiring = replace(compiled.mapping.wiring, **{side: changed})
    found = verify(replace(compiled.mapping, wiring=wiring), compiled.graph, compiled.hardware)
    assert {v.rule for v in found} == {"wiring"}
    assert side in found[0].asked


def test_wiring_of_another_length(compiled: Compiled) -> None:
    wiring = replace(compiled.mapping.wiring, row=compiled.mapping.wiring.row[1:])
    assert rules(replace(compiled.mapping, wiring=wiring), compiled) == {"wiring"}


def test_home_without_a_column(compiled: Compiled) -> None:
    clustering = compiled.mapping.clustering
    _, columns = lists(clustering)
    neuron = compiled.graph.network.externals
    elsewhere = next(k for k, c in enumerate(columns) if neuron not in c)
    changed = replace(clustering, home=set_at(clustering.home, 0, elsewhere))
    found = verify(replace(compiled.mapping, clustering=changed), compiled.graph, compiled.hardware)
    assert [(v.rule, v.where) for v in found] == [("home", f"neuron {neuron}")]


def test_home_outside_the_clusters(compiled: Compiled) -> None:
    for home in (99, compiled.mapping.clustering.clusters, -1):
        changed = replace(compiled.mapping.clustering, home=set_at(compiled.mapping.clustering.home, 0, home))
        assert rules(replace(compiled.mapping, clustering=changed), compiled) == {"home"}


def test_partial_columns_on_a_chip_that_cannot_merge(compiled: Compiled) -> None:
    assert "partial-sums" in rules(compiled.mapping, compiled, replace(compiled.hardware, merge=False))


def test_another_workload(compiled: Compiled) -> None:
    graph = snnmap.profile(small_workload.workload(rate=0.2))
    found = {v.rule for v in verify(compiled.mapping, graph, compiled.hardware)}
    assert "workload-digest" in found
    assert found <= {"workload-digest", "workload-facts"}


def test_another_chip(compiled: Compiled) -> None:
    other = replace(compiled.hardware, values=load_hardware("pcm-mesh").with_value("hop_energy", 1e-12).values)
    assert rules(compiled.mapping, compiled, other) == {"hardware-digest"}


@pytest.mark.parametrize("name", ["frames", "steps", "dt", "externals"])
def test_false_facts_of_the_workload(compiled: Compiled, name: str) -> None:
    changed = replaced(compiled.mapping.workload, **{name: 7})
    assert rules(replace(compiled.mapping, workload=changed), compiled) == {"workload-facts"}


def test_false_populations_and_activity(compiled: Compiled) -> None:
    mapping = compiled.mapping
    renamed = tuple(replaced(p, name="x") for p in mapping.workload.populations)
    for changed in (
        replace(mapping, workload=replaced(mapping.workload, populations=renamed)),
        replace(mapping, spikes=mapping.spikes + 1),
        replace(mapping, active_steps=mapping.active_steps[1:]),
    ):
        assert rules(changed, compiled) == {"workload-facts"}


@pytest.mark.parametrize("name", ["rows", "columns", "mesh", "port", "name", "technology", "mode", "clusters_per_tile"])
def test_false_facts_of_the_chip(compiled: Compiled, name: str) -> None:
    changed = replace(compiled.mapping, chip=replaced(compiled.mapping.chip, **{name: "x"}))
    assert rules(changed, compiled) == {"hardware-facts"}


def test_partial_sums_out_of_bounds(compiled: Compiled) -> None:
    counts = compiled.mapping.partial_messages
    away = int(np.argmax(counts))
    for value in (0, compiled.graph.window + 1):
        changed = replace(compiled.mapping, partial_messages=set_at(counts, away, value))
        assert "partial-sums" in rules(changed, compiled)
    home = int(np.flatnonzero(counts == 0)[0])
    assert "partial-sums" in rules(replace(compiled.mapping, partial_messages=set_at(counts, home, 1)), compiled)


@pytest.mark.parametrize(
    "name",
    [
        *("crossbars", "tiles", "spikes", "row_utilisation", "column_utilisation", "cell_utilisation"),
        *("messages", "messages_spikes", "messages_inputs", "messages_partial_sums", "hops"),
        *("energy_J", "energy_array_J", "energy_neuron_J", "energy_noc_J", "energy_merge_J"),
        *("energy_adc_J", "energy_dac_J", "energy_buffer_J", "synaptic_operations", "operations_per_J"),
        *("period_s", "throughput_steps_per_s", "throughput_frames_per_s", "step_latency_s", "latency_s"),
    ],
)
def test_a_reported_figure_that_is_off(compiled: Compiled, name: str) -> None:
    told = compiled.mapping.figures[name]
    for value in (told + 1 if isinstance(told, int) else told * 1.0001, None, "many"):
        found = verify(figured(compiled.mapping, **{name: value}), compiled.graph, compiled.hardware)
        assert [(v.rule, v.where) for v in found] == [("figures", name)]


def test_a_tile_order_without_one_of_its_actors(compiled: Compiled) -> None:
    order = compiled.mapping.schedule.order
    busy = next(t for t, actors in enumerate(order) if len(actors) > 1)
    changed = tuple(actors[1:] if t == busy else actors for t, actors in enumerate(order))
    assert "schedule-order" in rules(with_schedule(compiled.mapping, order=changed), compiled)


def test_a_tile_order_against_the_starts(compiled: Compiled) -> None:
    order = tuple(actors[::-1] for actors in compiled.mapping.schedule.order)
    assert rules(with_schedule(compiled.mapping, order=order), compiled) == {"schedule-order"}


def test_firings_that_overlap_by_one_tick(compiled: Compiled) -> None:
    schedule, time = compiled.mapping.schedule, compiled.mapping.sdfg.time
    a, b = next(pair for order in schedule.order for pair in pairwise(order) if time[pair[0]] > 1)
    for start, overlaps in ((schedule.start[a] + time[a], False), (schedule.start[a] + time[a] - 1, True)):
        moved = with_schedule(compiled.mapping, start=set_at(schedule.start, b, int(start)))
        found = verify(moved, compiled.graph, compiled.hardware)
        assert any(v.rule == "schedule-order" and v.asked == "firings overlap" for v in found) == overlaps


def test_orders_of_other_tiles(compiled: Compiled) -> None:
    tiles = compiled.mapping.schedule.tiles
    assert rules(with_schedule(compiled.mapping, tiles=set_at(tiles, 0, 99)), compiled) == {"schedule-order"}
    assert rules(with_schedule(compiled.mapping, tiles=set_at(tiles, 0, int(tiles[1]))), compiled) == {"schedule-order"}


def test_an_actor_that_escapes_its_tile(compiled: Compiled) -> None:
    flow = replace(compiled.mapping.sdfg, resource=set_at(compiled.mapping.sdfg.resource, 0, -1))
    assert "schedule-order" in rules(replace(compiled.mapping, sdfg=flow), compiled)


def with_schedule(mapping: Mapping, **changes: object) -> Mapping:
    return replace(mapping, schedule=replace(mapping.schedule, **changes))


def test_a_firing_that_starts_too_early(compiled: Compiled) -> None:
    mapping = compiled.mapping
    fire = actor(mapping, "c", "/fire")
    start = set_at(mapping.schedule.start, fire, int(mapping.schedule.start[fire]) - 1_000_000)
    assert "schedule-start" in rules(with_schedule(mapping, start=start), compiled)


def test_starts_that_would_overflow_are_judged(compiled: Compiled) -> None:
    start = set_at(compiled.mapping.schedule.start, 0, 2**62)
    assert "schedule-start" in rules(with_schedule(compiled.mapping, start=start), compiled)


def test_a_missing_dependency(compiled: Compiled) -> None:
    flow = compiled.mapping.sdfg
    message = actor(compiled.mapping, "noc/c", "")
    for keep in (flow.producer != message, flow.consumer != message):
        assert "schedule-dependency" in rules(without_channel(compiled.mapping, keep), compiled)
    fire = actor(compiled.mapping, "c", "/fire")
    assert "schedule-dependency" in rules(without_channel(compiled.mapping, flow.consumer != fire), compiled)


def test_a_dependency_with_one_token_too_many(compiled: Compiled) -> None:
    flow = compiled.mapping.sdfg
    relaxed = replace(flow, tokens=np.where(flow.tokens == 0, 1, flow.tokens))
    assert "schedule-dependency" in rules(replace(compiled.mapping, sdfg=relaxed), compiled)


def test_a_message_that_takes_a_short_cut(compiled: Compiled) -> None:
    """A channel between tiles without a message actor, from the producer straight to the consumer."""
    flow = compiled.mapping.sdfg
    message = actor(compiled.mapping, "noc/c", "")
    producer = int(flow.producer[(flow.consumer == message) & (flow.producer != message)][0])
    direct = replace(flow, producer=np.where(flow.producer == message, producer, flow.producer))
    assert "schedule-dependency" in rules(replace(compiled.mapping, sdfg=direct), compiled)


def test_a_receiver_without_back_pressure(compiled: Compiled) -> None:
    flow = compiled.mapping.sdfg
    port = actor(compiled.mapping, "input", "")
    keep = (flow.consumer != port) | (flow.producer == port)
    assert "schedule-buffer" in rules(without_channel(compiled.mapping, keep), compiled)
    more = replace(flow, tokens=flow.tokens + (flow.consumer == port) * (flow.producer != port))
    assert "schedule-buffer" in rules(replace(compiled.mapping, sdfg=more), compiled)


@pytest.mark.parametrize(("start", "end"), [("c", "/read"), ("c", "/fire"), ("noc/input", ""), ("noc/c", "")])
def test_an_actor_that_is_too_fast(compiled: Compiled, start: str, end: str) -> None:
    flow = compiled.mapping.sdfg
    hasty = replace(flow, time=set_at(flow.time, actor(compiled.mapping, start, end), 1))
    rule = "network-time" if start.startswith("noc") else "schedule-time"
    assert rule in rules(replace(compiled.mapping, sdfg=hasty), compiled)


def test_reads_are_as_short_as_they_may_be(compiled: Compiled) -> None:
    """The bound is the scheduler's own time: one tick less is refused, for every read and fire."""
    flow = compiled.mapping.sdfg
    for a, name in enumerate(flow.name):
        if name.startswith("c"):
            hasty = replace(flow, time=set_at(flow.time, a, int(flow.time[a]) - 1))
            assert "schedule-time" in rules(replace(compiled.mapping, sdfg=hasty), compiled), name


def test_a_period_that_is_not_the_critical_cycles(compiled: Compiled) -> None:
    schedule = compiled.mapping.schedule
    longer = with_schedule(compiled.mapping, period_numerator=schedule.period_numerator + 1)
    assert "network-slots" in rules(longer, compiled)
    shorter = with_schedule(compiled.mapping, period_numerator=schedule.period_numerator // 2)
    assert {"schedule-period", "schedule-start", "network-slots"} <= rules(shorter, compiled)


def test_a_critical_cycle_that_is_none(compiled: Compiled) -> None:
    critical = compiled.mapping.schedule.critical
    for changed in (critical[:-1], (), (*critical, critical[0])):
        assert "schedule-period" in rules(with_schedule(compiled.mapping, critical=changed), compiled)


def test_a_latency_that_is_too_short(compiled: Compiled) -> None:
    latency = compiled.mapping.schedule.latency - 1
    assert "schedule-latency" in rules(with_schedule(compiled.mapping, latency=latency), compiled)


def test_dataflow_that_makes_no_sense(compiled: Compiled) -> None:
    mapping, flow = compiled.mapping, compiled.mapping.sdfg
    for changed in (
        with_schedule(mapping, period_numerator=0),
        with_schedule(mapping, start=mapping.schedule.start[1:]),
        with_schedule(mapping, critical=(len(flow.name),)),
        *(
            replace(mapping, sdfg=replace(flow, **change))
            for change in (
                {"tick": 0.0},
                {"name": (*flow.name[:-1], flow.name[0])},
                {"name": (*flow.name[:-1], "c99/l1/read")},
                {"name": (*flow.name[:-1], "somebody")},
                {"time": flow.time[1:]},
                {"time": set_at(flow.time, 0, -1)},
                {"tokens": set_at(flow.tokens, 0, -1)},
                {"tokens": flow.tokens[1:]},
                {"consumer": set_at(flow.consumer, 0, -1)},
                {"production": set_at(flow.production, 0, 2)},
            )
        ),
    ):
        assert "schedule-shape" in rules(changed, compiled)


def test_offenders_are_counted_not_listed(compiled: Compiled) -> None:
    rows, columns = lists(compiled.mapping.clustering)
    found = verify(rebuilt(compiled.mapping, [[] for _ in rows], columns), compiled.graph, compiled.hardware)
    assert len(found) == 3
    assert str(compiled.graph.network.synapses) in found[0].available
    assert str(found[0]).startswith("synapse-missing: synapse ")


def test_recount_against_sets(compiled: Compiled) -> None:
    graph: SpikeGraph = compiled.graph
    network, clustering = graph.network, compiled.mapping.clustering
    pre = np.repeat(np.arange(network.sources), np.diff(network.indptr)).tolist()
    synapses = set(zip(pre, network.post.tolist(), strict=True))
    rows, columns = lists(clustering)
    level, bias = network.level_of(), network.is_bias()
    counted = recount(graph, clustering)
    held = [{(s, n) for s in r for n in c} & synapses for r, c in zip(rows, columns, strict=True)]
    assert counted.cells.tolist() == [len(h) for h in held]
    assert sum(counted.realised) == sum(len(h) for h in held)
    heard = sorted({(k, s, int(level[n])) for k, h in enumerate(held) for s, n in h})
    told = zip(*(getattr(counted, f"heard_{x}").tolist() for x in ("cluster", "source", "level")), strict=True)
    assert list(told) == heard
    steps = [
        [int(graph.active_steps[s]) for s, m in h if m == n and not bias[s]]
        for h, c in zip(held, columns, strict=True)
        for n in c
    ]
    assert counted.busiest_input.tolist() == [max(s, default=0) for s in steps]
    assert counted.all_inputs.tolist() == [sum(s) for s in steps]


def test_at_most_three_clusters_or_neurons_of_a_kind_are_named(compiled: Compiled) -> None:
    clustering, placement = compiled.mapping.clustering, compiled.mapping.placement
    away = replace(placement, tile=placement.tile + 99)
    found = verify(replace(compiled.mapping, placement=away), compiled.graph, compiled.hardware)
    assert [v.where for v in found if v.rule == "tile"] == ["cluster 0", "cluster 1", "cluster 2"]
    homeless = replace(clustering, home=np.roll(clustering.home, 12))
    found = verify(replace(compiled.mapping, clustering=homeless), compiled.graph, compiled.hardware)
    assert len([v for v in found if v.rule == "home"]) == 3
