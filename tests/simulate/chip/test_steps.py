"""The table of steps: counts are those of the profile, event by event; times are those of the run; it is read back."""

import csv
import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support import small_workload

import snnmap
from snnmap.cli import main
from snnmap.core.errors import InputError
from snnmap.simulate.chip.steps import COLUMNS


@pytest.fixture(scope="module")
def trace(compiled):
    return snnmap.step_trace(compiled.mapping, compiled.graph, compiled.hardware)


def counted(compiled, blocks=1):
    """(frame, row of the frame) to spikes by population and messages of spikes, by plain loops over the events."""
    graph, clustering = compiled.graph, compiled.mapping.clustering
    network, events = graph.network, graph.events
    rows = [
        set(clustering.row_source[clustering.row_ptr[k] : clustering.row_ptr[k + 1]].tolist())
        for k in range(clustering.clusters)
    ]
    spikes, messages = Counter(), Counter()
    for e, frame in enumerate(events.frame_of_event().tolist()):
        source, at = int(events.source[e]), (frame, int(events.step[e]) // blocks)
        name = next(p.name for p in network.populations if p.first <= source < p.stop)
        home = None if source < network.externals else int(clustering.home[source - network.externals])
        spikes[(*at, name)] += int(events.value[e])
        messages[at] += int(events.value[e]) * sum(source in own and k != home for k, own in enumerate(rows))
    return spikes, messages


def test_counts_are_those_of_the_events(compiled, trace):
    spikes, messages = counted(compiled)
    assert len(set(messages.values())) > 5
    for row in trace.rows():
        at = row["frame"], row["step"]
        for population in compiled.graph.network.populations:
            if population.kind != "bias":
                assert row[f"spikes_{population.name}"] == spikes[(*at, population.name)]
        assert row["messages"] - row["partial_sums"] == messages[at]
    assert "spikes_bias" not in trace.columns


def counted_sums(compiled):
    """(frame, step) to partial sums: columns away from home with an input that spiked, or, from a later level or the
    same, that spiked in the step before."""
    graph, clustering = compiled.graph, compiled.mapping.clustering
    network, events = graph.network, graph.events
    level = [p.level for p in network.populations for _ in range(p.size)]
    on = Counter(zip(events.frame_of_event().tolist(), events.step.tolist(), events.source.tolist(), strict=True))
    pre = np.repeat(np.arange(network.sources), np.diff(network.indptr)).tolist()
    synapses = set(zip(pre, network.post.tolist(), strict=True))
    sums = Counter()
    for k in range(clustering.clusters):
        rows = clustering.row_source[clustering.row_ptr[k] : clustering.row_ptr[k + 1]].tolist()
        for neuron in clustering.column_neuron[clustering.column_ptr[k] : clustering.column_ptr[k + 1]].tolist():
            if clustering.home[neuron - network.externals] == k:
                continue
            heard = [(i, i >= network.externals and level[i] >= level[neuron]) for i in rows if (i, neuron) in synapses]
            for frame in range(graph.frames):
                for step in range(graph.steps):
                    sums[frame, step] += any((frame, step - late, i) in on for i, late in heard)
    return sums


def test_totals_are_those_of_the_verified_mapping(compiled, trace):
    """But for sums that the last step of a frame would ask for in the step after it."""
    sums, wanted = trace.columns["partial_sums"], compiled.mapping.partial_messages.sum()
    assert trace.columns["messages"].sum() - sums.sum() == compiled.report["messages"] - wanted
    assert 0 < wanted - sums.sum() < compiled.graph.frames * np.count_nonzero(compiled.mapping.partial_messages)
    expected = counted_sums(compiled)
    assert {(row["frame"], row["step"]): row["partial_sums"] for row in trace.rows()} == expected
    assert len(trace.rows()) == compiled.graph.window
    assert trace.columns["flits"].sum() > 0


def test_times_are_those_of_the_run(compiled, trace):
    run = snnmap.execute(compiled.mapping, compiled.graph, compiled.hardware)
    rows = trace.rows()
    assert [row["end_s"] for row in rows] == (run.end.max(axis=1) * run.tick).tolist()
    assert [row["start_s"] for row in rows] == (run.start.min(axis=1) * run.tick).tolist()
    assert [row["last_actor"] for row in rows] == [run.names[a] for a in run.end.argmax(axis=1)]
    assert sum(row["since_last_s"] for row in rows) == pytest.approx(rows[-1]["end_s"], rel=1e-12, abs=0)
    said = snnmap.lateness(compiled.mapping, run)
    assert sum(row["late_firings"] for row in rows) == said.late
    worst = max(rows, key=lambda row: row["latest_s"])
    assert worst["latest_s"] == pytest.approx(float(said.largest) * run.tick, rel=1e-12, abs=0)


def test_late_firings_are_found(compiled):
    """A mapping that promises half of its period is late in the second step, and ever later."""
    schedule = replace(compiled.mapping.schedule, slots=None, period_denominator=3, period_numerator=1)
    hasty = replace(compiled.mapping, schedule=schedule)
    chip = replace(compiled.hardware, noc="best-effort")
    found = snnmap.step_trace(hasty, compiled.graph, chip, snnmap.ExecuteOptions(frames=1)).columns
    assert found["late_firings"][-1] > 0
    assert found["latest_s"][-1] > found["latest_s"][1] > 0
    run = snnmap.execute(hasty, compiled.graph, chip, snnmap.ExecuteOptions(frames=1))
    own = [hasty.sdfg.name.index(name) for name in run.names]
    promised = schedule.start[own] + (11 + schedule.lags()[own]) / 3
    assert found["latest_s"][11] == pytest.approx((run.start[11] - promised).max() * run.tick, rel=1e-9, abs=0)


def test_frames_come_again_and_slow_gates_promise_nothing(compiled):
    frames = compiled.graph.frames + 1
    gated = snnmap.ExecuteOptions(frames=frames, gate="realtime")
    found = snnmap.step_trace(compiled.mapping, compiled.graph, compiled.hardware, gated).columns
    steps = compiled.graph.steps
    assert found["run"].tolist() == np.repeat(np.arange(frames), steps).tolist()
    assert found["frame"][-1] == 0
    assert found["spikes_input"][-steps:].tolist() == found["spikes_input"][:steps].tolist()
    assert set(found["late_firings"]) == set(found["latest_s"]) == {None}
    assert np.diff(found["start_s"]).min() == pytest.approx(1e-3, rel=0.01)


def test_steps_that_are_scheduled_together_share_a_row(tmp_path):
    """Without recurrence, on tiles that are shared."""
    before, _, rest = small_workload.recipe().partition('[[connection]]\nfrom = "hidden"\nto = "hidden"')
    (tmp_path / "net.toml").write_text(before + rest[rest.index("[[connection]]") :])
    shared = "pcm-mesh-shared:rows=10,columns=6,tiles=1x2"
    options = snnmap.CompileOptions(hardware=shared, settings=(("schedule.block", "4"),))
    four = snnmap.compile(str(tmp_path / "net.toml"), options)
    found = snnmap.step_trace(four.mapping, four.graph, four.hardware)
    assert found.columns["steps"].tolist() == [4] * (four.graph.window // 4)
    assert found.columns["step"].tolist() == list(range(0, 20, 4)) * four.graph.frames
    assert found.columns["messages"].sum() == four.report["messages"]
    _, messages = counted(four, blocks=4)
    for row in found.rows():
        assert row["messages"] - row["partial_sums"] == messages[row["frame"], row["step"] // 4]


def test_the_file_is_what_pandas_reads(trace, tmp_path):
    pandas = pytest.importorskip("pandas")
    trace.write(tmp_path / "steps.csv")
    again = pandas.read_csv(tmp_path / "steps.csv")
    pandas.testing.assert_frame_equal(again, trace.to_pandas(), check_exact=True)


def test_every_column_is_explained(trace):
    names = ["spikes_NAME" if name.startswith("spikes_") else name for name in trace.columns]
    assert list(dict.fromkeys(names)) == list(COLUMNS)


def test_what_cannot_be_traced_is_refused(compiled, trace, tmp_path):
    worst = snnmap.ExecuteOptions(worst=True)
    with pytest.raises(InputError, match="the worst step is in none of them"):
        snnmap.step_trace(compiled.mapping, compiled.graph, compiled.hardware, worst)
    with pytest.raises(InputError, match="kept no events"):
        snnmap.step_trace(compiled.mapping, replace(compiled.graph, events=None), compiled.hardware)
    with pytest.raises(InputError, match=r"the name must end in .csv"):
        trace.write(tmp_path / "steps.txt")
    assert list(tmp_path.iterdir()) == []


def ran(capsys, *arguments):
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    return int(stopped.value.code or 0), capsys.readouterr()


def test_the_command_writes_it(chip, tmp_path, capsys):
    file = small_workload.saved_mapping(tmp_path, chip)
    path = tmp_path / "steps.csv"
    code, told = ran(capsys, "simulate", file, "--trace", path, "--frames", 1, "--quiet")
    assert (code, told.out.splitlines()[-1]) == (0, f"wrote {path}")
    with path.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [int(row["step"]) for row in rows] == list(range(20))
    code, told = ran(capsys, "simulate", file, "--trace", path, "--frames", 1, "--quiet", "--json")
    assert json.loads(told.out)["frames"] == 1
    code, told = ran(capsys, "simulate", file, "--trace", tmp_path / "steps.xlsx", "--quiet")
    assert code == 2
    assert "must end in .csv" in told.err
    code, told = ran(capsys, "simulate", file, "--trace", Path("/nowhere/steps.csv"), "--quiet")
    assert code == 2
    assert "cannot write" in told.err
