"""How the timing depends on the profiled data: margins by the scheduler itself, frames left out counted by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support import small_workload

import snnmap
from snnmap.core.errors import InputError
from snnmap.evaluation.fragility import fragility, left_out
from snnmap.legality.rules import verify
from snnmap.pipeline.compile import Compiled, Given
from snnmap.render.timing import depends_on_data, holds_for


def test_busier_steps_take_longer_up_to_any_data(compiled: Compiled) -> None:
    found = fragility(compiled.view)
    assert [margin for margin, _ in found.periods] == [0.1, 1e9]
    seconds = [compiled.view.period, *(period for _, period in found.periods)]
    assert seconds == sorted(seconds)
    assert seconds[-1] > seconds[0]
    said = depends_on_data(found, compiled.view.period)
    assert "10 % busier" in said[0]
    assert "any data" in said[1]


@pytest.mark.parametrize("noc", ["tdm", "best-effort"])
@pytest.mark.parametrize("margin", [0.1, 0.5, 1e9])
def test_a_margin_is_legal_and_makes_every_actor_slower_or_as_slow(
    compiled: Compiled, chip: object, margin: float, noc: str, tmp_path: object
) -> None:
    path = str(chip)
    if noc == "best-effort":
        own = tmp_path / "chip.toml"
        own.write_text(f'extends = "{chip}"\nnoc = "best-effort"\n')
        path = str(own)
    plain, wide = (
        snnmap.compile(compiled.graph, snnmap.CompileOptions(hardware=path, settings=(("schedule.margin", m),)))
        for m in (0.0, margin)
    )
    assert wide.mapping.margin == margin
    assert verify(wide.mapping, wide.graph, wide.hardware) == []
    for name, ticks in zip(plain.mapping.sdfg.name, plain.mapping.sdfg.time.tolist(), strict=True):
        if name.endswith("/read"):
            assert wide.mapping.sdfg.time[wide.mapping.sdfg.name.index(name)] >= ticks


def test_any_data_means_every_row_on(compiled: Compiled, chip: object) -> None:
    everything = snnmap.compile(
        compiled.graph, snnmap.CompileOptions(hardware=str(chip), settings=(("schedule.margin", 1e9),))
    )
    clustering, flow = everything.mapping.clustering, everything.mapping.sdfg
    chip_ = everything.hardware
    worst = np.where(compiled.graph.network.is_bias(), 1, np.maximum(compiled.graph.worst_step, 1))
    single = [a for a, name in enumerate(flow.name) if name.endswith("/read")]
    levels = [name.split("/")[0] for name in flow.name if name.endswith("/read")]
    for a in single:
        cluster = flow.name[a].split("/")[0]
        if levels.count(cluster) > 1:
            continue
        rows = clustering.row_source[clustering.rows_of(int(cluster[1:]))]
        seconds = chip_["read_time"] + chip_.turns * chip_["adc_time"] + chip_["row_time"] * int(worst[rows].sum())
        assert flow.time[a] * flow.tick == pytest.approx(seconds)


@pytest.mark.parametrize("margin", [-0.1, 2e9, float("nan")])
def test_a_margin_out_of_range_is_refused(compiled: Compiled, margin: float) -> None:
    with pytest.raises(InputError, match=r"schedule\.margin"):
        snnmap.compile(compiled.graph, snnmap.CompileOptions(settings=(("schedule.margin", margin),)))


def test_frames_left_out_are_counted_by_hand(compiled: Compiled) -> None:
    graph, clustering = compiled.graph, compiled.mapping.clustering
    events, bias = graph.events, graph.network.is_bias()
    assert events is not None
    busiest = np.zeros((graph.frames, clustering.clusters), int)
    for f in range(graph.frames):
        for t in range(graph.steps):
            here = slice(int(events.frame[f]), int(events.frame[f + 1]))
            on = {int(s) for s, at in zip(events.source[here], events.step[here], strict=True) if at == t}
            for k in range(clustering.clusters):
                rows = clustering.row_source[clustering.rows_of(k)].tolist()
                busiest[f, k] = max(busiest[f, k], sum(s in on and not bias[s] for s in rows))
    half = graph.frames // 2
    expected = int(sum(bool(np.any(busiest[f] > busiest[:half].max(axis=0))) for f in range(half, graph.frames)))
    assert left_out(compiled.view) == (graph.frames - half, expected)
    assert left_out(replace(compiled.view, graph=replace(graph, events=None))) == (0, 0)


def test_what_gates_would_guarantee_is_what_a_chip_with_them_does(compiled: Compiled, tmp_path: Path) -> None:
    chips = {noc: tmp_path / f"{noc}.toml" for noc in ("best-effort", "gated")}
    for noc, path in chips.items():
        path.write_text(f'{small_workload.CHIP}noc = "{noc}"\n')
    free, gated = (snnmap.compile(compiled.graph, snnmap.CompileOptions(hardware=str(path))) for path in chips.values())
    kept = snnmap.compile(
        compiled.graph,
        snnmap.CompileOptions(hardware=str(chips["gated"])),
        given=Given(free.mapping.clustering, free.mapping.placement),
    )
    found = fragility(free.view).gated
    assert found == (kept.view.period, kept.mapping.schedule.buffers)
    own = fragility(gated.view)
    assert own.gated == (gated.view.period, gated.mapping.schedule.buffers)  # its routers are too small
    enough = replace(gated.view, hardware=gated.hardware.with_value("router_buffer_flits", own.gated[1]))
    assert fragility(enough).gated is None
    assert fragility(compiled.view).gated is None
    said = depends_on_data(own, gated.view.period)
    assert any(f"router_buffer_flits = {own.gated[1]}" in line for line in said)
    assert "routers hold fewer flits" in holds_for(3, "gated", guaranteed=False)


def test_words_for_margins() -> None:
    assert "no busier by more than 10 %" in holds_for(30, "tdm", guaranteed=True, margin=0.1)
    assert holds_for(30, "tdm", guaranteed=True, margin=1e9) == "holds for any data"
