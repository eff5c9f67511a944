"""The order of the stages: every objective is legal, streams are separate, refusals say what to change."""

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import small_workload

import snnmap
from snnmap.core.errors import InfeasibleError, InputError, SnnmapError
from snnmap.core.run import stream
from snnmap.formats.mapping import decode, encode
from snnmap.formats.profile import save_profile
from snnmap.ir import OutputDeviation, Remarks, Unrolled, Violation
from snnmap.legality.rules import verify
from snnmap.pipeline import compile as pipeline
from snnmap.pipeline.compile import Compiled
from snnmap.pipeline.objectives import OBJECTIVES
from snnmap.pipeline.options import CompileOptions
from snnmap.pipeline.plan import plan_violations
from snnmap.simulate.mapped import deviation, replay
from snnmap.stages import protocols
from snnmap.stages.registry import REGISTRIES

QUICK = (("place.sweeps", 2), ("place.restarts", 1)), (("place.min_moves", 500), ("place.moves_per_cluster", 5))


def quick(objective: str) -> tuple[tuple[str, int], ...]:
    return QUICK[0] if OBJECTIVES[objective].place == "hill_climb" else QUICK[1]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_gives_a_legal_mapping(compiled: Compiled, chip: Path, objective: str) -> None:
    options = CompileOptions(hardware=str(chip), objective=objective, settings=quick(objective), variation=1)
    again = snnmap.compile(compiled.graph, options)
    assert verify(again.mapping, again.graph, again.hardware) == []
    assert again.mapping.origin.plan.objective == objective
    assert plan_violations(again.mapping.origin.plan) == []
    assert again.mapping.chip.variation_seed == 1


@pytest.mark.parametrize("name", ["dynap-se-pcm", "pcm-mesh", "pcm-mesh-64", "pcm-mesh-256", "pcm-mesh-shared"])
@pytest.mark.parametrize("technology", [None, "oxram-22"])
def test_every_chip_takes_the_small_network(compiled: Compiled, name: str, technology: str | None) -> None:
    again = snnmap.compile(compiled.graph, CompileOptions(hardware=name, technology=technology))
    assert verify(again.mapping, again.graph, again.hardware) == []


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    rate=st.floats(0.02, 0.9),
    rows=st.integers(4, 48),
    columns=st.integers(2, 24),
    limit=st.none() | st.integers(12, 60),
    partition=st.sampled_from(sorted(REGISTRIES["partition"])),
    place=st.sampled_from(["sequential", "random"]),
)
def test_any_small_network_on_any_small_chip_is_legal_and_keeps_its_spikes(
    chip: Path, seed: int, rate: float, rows: int, columns: int, limit: int | None, partition: str, place: str
) -> None:
    sizes = f"rows = {rows}\ncolumns = {columns}\n" + ("" if limit is None else f"synapse_limit = {limit}\n")
    path = chip.with_name("any.toml")
    path.write_text(f'name = "any"\nextends = "pcm-mesh"\ndescription = "any size"\n{sizes}')
    chosen = (("partition", partition), ("place", place))
    again = snnmap.compile(
        small_workload.workload(seed, rate), CompileOptions(hardware=str(path), seed=seed, settings=chosen)
    )
    assert verify(again.mapping, again.graph, again.hardware) == []
    assert deviation(again.graph, replay(again.mapping, again.graph)) == 0
    assert encode(decode(encode(again.mapping))) == encode(again.mapping)


def test_another_partitioner_does_not_shift_the_placers_draws(compiled: Compiled) -> None:
    first, second = (stream(3, "place").random(4) for _ in range(2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, stream(3, "partition").random(4))
    assert not np.array_equal(first, stream(4, "place").random(4))


def test_progress_names_the_stages(chip: Path) -> None:
    told: list[tuple[str, int, int]] = []
    options = CompileOptions(hardware=str(chip), settings=quick("default"))
    snnmap.compile(small_workload.workload(), options, progress=lambda *said: told.append(said[:3]))
    assert told[0][0] == "profile"
    assert {"profile", "partition", "place"} <= {stage for stage, *_ in told}
    assert told[-4:] == [(stage, done, 1) for stage in ("evaluate", "verify") for done in (0, 1)]


def test_a_spent_time_budget_still_gives_a_legal_mapping(compiled: Compiled, chip: Path) -> None:
    again = snnmap.compile(compiled.graph, CompileOptions(hardware=str(chip), time_budget=0.0))
    assert verify(again.mapping, again.graph, again.hardware) == []
    assert again.remarks()[-1] == (
        "the time budget ran out by the end of partition, which keeps the best it had found; placement took what it had"
        " at once; wiring took what it had at once; profile, schedule, evaluation and verification are never cut short"
    )


def test_a_time_budget_that_suffices_is_not_spoken_of(compiled: Compiled, chip: Path) -> None:
    again = snnmap.compile(compiled.graph, CompileOptions(hardware=str(chip), seed=3, time_budget=1e6))
    assert encode(again.mapping) == encode(compiled.mapping)
    assert not any("budget" in line for line in again.remarks())


@pytest.mark.parametrize(("stage", "ended"), [("placed", "placement"), ("wired", "wiring")])
def test_a_time_budget_says_in_which_search_it_ran_out(
    compiled: Compiled, chip: Path, monkeypatch: pytest.MonkeyPatch, stage: str, ended: str
) -> None:
    """The clock is past every deadline from that search on."""
    search, over = getattr(pipeline, stage), []
    monkeypatch.setattr(pipeline, stage, lambda *given: over.append(1) or search(*given))
    monkeypatch.setattr(protocols, "is_over", lambda deadline: deadline is not None and bool(over))
    again = snnmap.compile(compiled.graph, CompileOptions(hardware=str(chip), time_budget=1e6))
    assert f"ran out by the end of {ended}, which keeps" in again.remarks()[-1]
    assert ("; wiring took" in again.remarks()[-1]) == (ended == "placement")


def test_a_saved_profile_gives_the_same_mapping(compiled: Compiled, chip: Path, tmp_path: Path) -> None:
    save_profile(compiled.graph, tmp_path / "p.npz")
    again = snnmap.compile(tmp_path / "p.npz", CompileOptions(hardware=str(chip), seed=3))
    assert encode(again.mapping) == encode(compiled.mapping)
    snnmap.save(again.mapping, tmp_path / "m.json")
    assert snnmap.verify_file(tmp_path / "m.json", workload=str(tmp_path / "p.npz"), replay=True) == []


def test_a_broken_replay_is_a_violation(compiled: Compiled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_profile(compiled.graph, tmp_path / "p.npz")
    snnmap.save(compiled.mapping, tmp_path / "m.json")
    monkeypatch.setattr(
        "snnmap.simulate.mapped.replay",
        lambda *_, **__: replace(compiled.graph.events, value=compiled.graph.events.value * 2),
    )
    found = snnmap.verify_file(tmp_path / "m.json", workload=str(tmp_path / "p.npz"), replay=True)
    assert [v.rule for v in found] == ["replay"]


def test_an_illegal_result_is_never_returned(compiled: Compiled, chip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "verify", lambda *_: [Violation("tile", "cluster 0", "tile 9", "none")])
    with pytest.raises(SnnmapError, match=r"internal error.*tile: cluster 0"):
        snnmap.compile(compiled.graph, CompileOptions(hardware=str(chip)))


def test_nothing_to_map_is_refused(compiled: Compiled, chip: Path) -> None:
    network, options = compiled.graph.network, CompileOptions(hardware=str(chip))
    silent = replace(compiled.graph, spikes=np.where(network.is_bias(), compiled.graph.spikes, 0))
    with pytest.raises(InfeasibleError, match="spikes: need 1, have 0"):
        snnmap.compile(silent, options)
    bare = replace(network, indptr=np.zeros_like(network.indptr), post=network.post[:0], weight=network.weight[:0])
    with pytest.raises(InfeasibleError, match="synapses: need 1, have 0"):
        snnmap.compile(replace(compiled.graph, network=bare), options)
    externals = network.externals
    inputs = replace(
        bare, populations=network.populations[:2], grid=network.grid[:2], outputs=(), indptr=[0] * (externals + 1)
    )
    activity = {
        n: getattr(compiled.graph, n)[:externals] for n in ("spikes", "worst_frame", "worst_step", "active_steps")
    }
    with pytest.raises(InfeasibleError, match="neurons: need 1, have 0"):
        snnmap.compile(replace(compiled.graph, network=inputs, **activity), options)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"seed": -1}, "seeds"),
        ({"variation": -1}, "seeds"),
        ({"split": "half"}, "partial_sum"),
        ({"time_budget": -1.0}, "time budget"),
        ({"time_budget": float("nan")}, "time budget"),
    ],
)
def test_options_out_of_range_are_named(wrong: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        CompileOptions(**wrong)


def test_remarks_say_what_was_assumed(compiled: Compiled) -> None:
    unrolled = Unrolled(3, (OutputDeviation("out", 10, 12),), 0.9, 0.8)
    said = Remarks(("dt = 1",), ("a name",), ("out",), ("first",), unrolled)
    lines = replace(compiled, view=replace(compiled.view, graph=replace(compiled.graph, remarks=said))).remarks()
    assert lines[:4] == [
        "assumed dt = 1",
        "repaired a name",
        "population 'out' never spikes",
        "population 'first' is saturated",
    ]
    assert lines[4] == "unrolling is approximate: 3 neurons added, out 10 -> 12 spikes, accuracy 90.0 % -> 80.0 %"


def test_a_mapping_without_workload_asks_for_it(compiled: Compiled, tmp_path: Path) -> None:
    nameless = replace(compiled.mapping, workload=msgspec.structs.replace(compiled.mapping.workload, source=""))
    snnmap.save(nameless, tmp_path / "m.json")
    with pytest.raises(InputError, match="--workload"):
        snnmap.verify_file(tmp_path / "m.json")


def test_what_cannot_fit_is_refused_before_the_profile(tmp_path: Path) -> None:
    """With the number that `check` gives."""
    (tmp_path / "tiny.toml").write_text(
        'name = "tiny"\nextends = "pcm-mesh"\ndescription = "1"\n[mesh]\nwidth = 2\nheight = 1\n'
    )
    chip = str(tmp_path / "tiny.toml")
    steps: list[str] = []
    with pytest.raises(InfeasibleError) as refused:
        snnmap.compile("mnist-mlp", CompileOptions(hardware=chip), progress=lambda stage, *_: steps.append(stage))
    assert steps == []
    assert refused.value.asked == snnmap.check("mnist-mlp", hardware=chip)["crossbars_at_least"]
