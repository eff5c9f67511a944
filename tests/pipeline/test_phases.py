"""Networks in phases: what they compute, what waits, what is promised, what is written, and what is refused."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import msgspec
import numpy as np
import pytest
from support import small_workload
from support.phased import CHIPS, parts_of, phased

import snnmap
from snnmap.analysis.phases import Waits, chunk_of, chunks, exchange_time, phase_times, waits
from snnmap.analysis.view import View
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.evaluation.phases import writes_of_places
from snnmap.evaluation.phases import written as written_by
from snnmap.formats.phases import encode_phases, load_phases, save_phases
from snnmap.hardware import load_hardware
from snnmap.legality.phases import phase_violations
from snnmap.pipeline.phases_file import whole_clustering
from snnmap.simulate.chip.rates import ExecuteOptions, rates
from snnmap.simulate.mapped import deviation, replay

CASES = list(CHIPS)


@pytest.fixture(params=CASES)
def case(request):
    return phased(request.param)


def test_there_is_something_to_test():
    """Sums wait, spikes wait, kernels are used several times, and somebody is resident."""
    for name in CASES:
        found, graph, chip = phased(name)
        assert len(found.rows) > 3
        waiting = waits(found.phased.phases, graph, chip)
        assert any(wait.sums.any() for wait in waiting)
    assert any(row.residents for row in phased("unrolled")[0].rows)
    assert any(p.mapping.clustering.uses is not None for p in phased("dense")[0].phased.phases)


def test_the_phases_spike_as_the_network_does(case):
    found, graph, _ = case
    clustering, _ = whole_clustering(found.phased, graph)
    whole = replace(found.phased.phases[0].mapping, clustering=clustering)
    assert int(graph.spikes[graph.network.externals :].sum()) > 0
    assert deviation(graph, replay(whole, graph)) == 0


def test_what_waits_counted_source_by_source(case):
    found, graph, chip = case
    phases = found.phased.phases
    last = {int(i): n for n, phase in enumerate(phases) for i in phase.neurons}
    for number, (phase, wait) in enumerate(zip(phases, waits(phases, graph, chip), strict=True)):
        out, into = np.zeros(chip.tiles, int), np.zeros(chip.tiles, int)
        for n, i in enumerate(phase.neurons.tolist()):
            tile = phase.mapping.placement.tile[phase.mapping.clustering.home[n]]
            if last[i] > number:
                out[tile] += 32
                continue
            if any(i in later.inputs for later in phases[number + 1 :]):
                out[tile] += len(f"{max(1, graph.worst_step[i]):b}")
            into[tile] += 32 * sum(i in before.neurons for before in phases[:number])
        np.testing.assert_array_equal(wait.out, out)
        np.testing.assert_array_equal(wait.into, into)
        np.testing.assert_array_equal(wait.sums * 32, into)


def test_cells_are_written_once_a_phase(case):
    found, graph, chip = case
    parts, writes = parts_of(found, graph), 0
    often = np.zeros((chip.tiles, chip.rows, chip.columns), int)
    used = np.bincount(np.concatenate([phase.mapping.placement.tile for phase in found.phased.phases]))
    for phase, part in zip(found.phased.phases, parts, strict=True):
        mapping, clustering = phase.mapping, phase.mapping.clustering
        written = np.zeros(often.shape, bool)
        for use, k in enumerate(np.repeat(np.arange(clustering.clusters), np.diff(clustering.use_ptr)).tolist()):
            tile = mapping.placement.tile[k]
            if used[tile] == 1:
                continue
            rows = range(*clustering.use_row_ptr[use : use + 2])
            columns = range(*clustering.use_column_ptr[use : use + 2])
            line = {int(clustering.column_neuron[c]): int(mapping.wiring.column[c]) for c in columns}
            for row in rows:
                source = clustering.row_source[row]
                targets = part.network.post[part.network.indptr[source] : part.network.indptr[source + 1]]
                for target in targets.tolist():
                    if target in line:
                        written[tile, mapping.wiring.row[row], line[target]] = True
        often += written
        writes += int(written.sum())
    figures = found.phased.figures
    assert figures["cell_writes"] == 2 * writes  # a cell in either array
    assert figures["writes_of_one_cell"] == often.max()
    pairs = zip(found.phased.phases, parts, strict=True)
    counted = writes_of_places(found.phased, [written_by(View(p.mapping, part, chip)) for p, part in pairs], chip)
    np.testing.assert_array_equal(counted, often.ravel())
    assert graph.steps * graph.dt > figures["frame_s"]  # the chip keeps up: frames come in real time
    lived = figures["device_lifetime_frames"] * graph.steps * graph.dt
    assert figures["device_lifetime_s"] == pytest.approx(lived)
    assert figures["cell_writes"] >= figures["cell_writes_bound"] > 0


def test_the_time_of_a_frame_is_that_of_its_phases(case):
    found, graph, chip = case
    assert found.guaranteed
    assert any("wears cells out before the horizon of 10 years" in note for note in found.notes)
    total = 0.0
    for phase, wait, resident, row in zip(
        found.phased.phases, waits(found.phased.phases, graph, chip), found.phased.residents(), found.rows, strict=True
    ):
        times = phase_times(phase, wait, resident, chip)
        assert times == row.times
        mapping = phase.mapping
        step = float(mapping.figures["period_s"])
        assert times.period == pytest.approx(step)
        most = max((r for r, stays in zip(mapping.clustering.rows, resident, strict=True) if not stays), default=0)
        assert times.program == pytest.approx(most * chip["program_time"])
        total += times.program + (graph.steps - 1) * step + float(mapping.figures["step_latency_s"]) + times.exchange
    assert found.phased.figures["frame_s"] == pytest.approx(total)


def test_no_phase_is_slower_than_promised(case):
    found, graph, chip = case
    for phase, part in zip(found.phased.phases, parts_of(found, graph), strict=True):
        measured = rates(phase.mapping, part, chip, ExecuteOptions())
        assert not measured.slower


def test_residents_keep_their_tiles():
    found, *_ = phased("unrolled")
    tiles = [phase.mapping.placement.tile for phase in found.phased.phases]
    taken = [int(t) for tile, stays in zip(tiles, found.phased.residents(), strict=True) for t in tile[stays]]
    assert len(taken) == sum(row.residents for row in found.rows)
    assert np.bincount(np.concatenate(tiles))[taken].tolist() == [1] * len(taken)


HAND = {"out": [0, 40, 0, 8], "into": [0, 0, 64, 0], "sums": [0, 0, 2, 0], "state": [0, 0, 0, 500]}


def by_hand():
    """What waits on four tiles, and their chip, whose port is at tile 0."""
    wait = Waits(**{name: np.array(values) for name, values in HAND.items()})
    return wait, load_hardware("pcm-mesh:tiles=2x2").with_value("memory_bits", 648.0)


def test_chunks_are_what_the_memories_hold():
    wait, chip = by_hand()
    assert chunk_of(wait, 64, chip) == 10  # tile 2: 648 / 64; tile 1: 16; tile 3: 18
    assert chunk_of(wait, 6, chip) == 6
    assert chunks(64, 10) == [10] * 6 + [4]
    stateless = wait._replace(state=np.zeros(4, int))
    with pytest.raises(InfeasibleError, match="memory on tile 2 for what waits between phases: need 64, have 63"):
        chunk_of(stateless, 64, chip.with_value("memory_bits", 63.0))
    with pytest.raises(InfeasibleError, match=r"tile 3 .*need 508, have 507"):
        chunk_of(wait, 64, chip.with_value("memory_bits", 507.0))


def test_the_exchange_by_hand():
    """10 steps: 400 bits are 13 flits over 1 link, 80 bits 3 over 2, 640 bits 20 over 1; each has an end."""
    wait, chip = by_hand()
    flits = (13 + 1) + (3 + 1) + (20 + 1)
    seconds = flits * chip["flit_time"] + (1 + 2 + 1) * chip["hop_time"] + 10 * 2 * chip["merge_time"]
    assert exchange_time(wait, 10, chip) == pytest.approx(seconds)


def judged(found, graph, machine, phases, **changed):
    other = replace(found.phased, phases=tuple(phases), **changed)
    return {v.rule for v in phase_violations(other, graph, machine, parts_of(found, graph))}


def test_the_judge_refuses_phases_that_are_wrong():
    found, graph, chip = phased("unrolled")
    phases = list(found.phased.phases)
    assert not judged(found, graph, chip, phases)
    swapped = [phases[1], phases[0], *phases[2:]]
    assert judged(found, graph, chip, swapped) == {"phase-shape"}
    assert "phase-shape" in judged(found, graph, chip, [replace(phases[0], chunk=99), *phases[1:]])
    ids = phases[0].source.copy()
    ids[[0, 1]] = ids[[1, 0]]
    assert "phase-synapse" in judged(found, graph, chip, [replace(phases[0], source=ids), *phases[1:]])
    ids[0] = graph.network.sources
    assert "phase-shape" in judged(found, graph, chip, [replace(phases[0], source=ids), *phases[1:]])
    figures = {**found.phased.figures, "frame_s": float(found.phased.figures["frame_s"]) * 0.99}
    assert judged(found, graph, chip, phases, figures=figures) == {"figures"}
    small = chip.with_value("memory_bits", 300.0)
    facts = msgspec.structs.replace(found.phased.chip, digest=small.digest())
    told = [
        replace(
            p,
            mapping=replace(p.mapping, chip=msgspec.structs.replace(p.mapping.chip, digest=small.digest())),
        )
        for p in phases
    ]
    assert "phase-memory" in judged(found, graph, small, told, chip=facts)


def test_the_judge_wants_every_synapse_once_and_nobody_heard_before_it_fires():
    found, graph, chip = phased("unrolled")
    phases, parts = list(found.phased.phases), parts_of(found, graph)
    fewer = replace(found.phased, phases=tuple(phases[1:]))
    said = {v.rule: v for v in phase_violations(fewer, graph, chip, parts[1:])}
    assert "in no phase" in said["phase-synapse"].asked
    twice = replace(found.phased, phases=(phases[0], *phases))
    said = {v.rule: v for v in phase_violations(twice, graph, chip, (parts[0], *parts))}
    assert "in several phases" in said["phase-synapse"].asked
    reverse = replace(found.phased, phases=tuple(reversed(phases)))
    assert "phase-order" in {v.rule for v in phase_violations(reverse, graph, chip, tuple(reversed(parts)))}
    loud = replace(parts[0], spikes=parts[0].spikes + 1)
    said = {v.rule for v in phase_violations(found.phased, graph, chip, (loud, *parts[1:]))}
    assert "phase-activity" in said


def test_a_file_of_phases(tmp_path: Path):
    found, *_ = phased("dense")
    for name in ("phases.json", "phases.json.gz"):
        save_phases(found.phased, tmp_path / name)
        assert encode_phases(load_phases(tmp_path / name)) == encode_phases(found.phased)
        assert snnmap.is_phases(tmp_path / name)
    jsonschema.Draft202012Validator(snnmap.schema(phases=True)).validate(json.loads(encode_phases(found.phased)))
    text = (tmp_path / "phases.json").read_text()
    with pytest.raises(InputError, match="holds a network in phases: verify and simulate read it"):
        snnmap.load(tmp_path / "phases.json")
    changed = json.loads(text)
    wrong = {
        "cut.json": (text[:-100], "not a whole JSON document"),
        "other.json": ('{"format": "else"}', "no file of phases"),
        "schema.json": (json.dumps({**changed, "schema": 9}), "schema 9"),
        "none.json": (json.dumps({**changed, "phases": []}), "phases is empty"),
        "word.json": (json.dumps({**changed, "phases": [{**changed["phases"][0], "chunk": "x"}]}), "chunk"),
        "less.json": (
            json.dumps({**changed, "phases": [{**changed["phases"][0], "sources": [1]}]}),
            "differ in length",
        ),
    }
    for name, (content, said) in wrong.items():
        (tmp_path / name).write_text(content)
        with pytest.raises(InputError, match=said):
            load_phases(tmp_path / name)
    assert not snnmap.is_phases(tmp_path / "cut.json")
    assert not snnmap.is_phases(tmp_path / "no.json")


def test_what_phases_are_not_for():
    work = small_workload.workload()
    for name, said in (
        ("pcm-mesh", "give --tiles WxH"),
        ("pcm-mesh:tiles=2x2,chips=2x1", "phases are for one chip"),
    ):
        with pytest.raises(InputError, match=said):
            snnmap.phases(work, snnmap.CompileOptions(hardware=name))
    ring = "pcm-mesh:rows=16,columns=8,tiles=2x2"
    with pytest.raises(InfeasibleError, match="need each other in one phase: need 6, have 4"):
        snnmap.phases(work, snnmap.CompileOptions(hardware=ring))
    with pytest.raises(InputError, match="within is -1"):
        snnmap.phases(work, snnmap.CompileOptions(hardware=ring), within=-1)
