"""Buffers by file, mapping and graph: totals by tile, curves, what is refused."""

from fractions import Fraction

import pytest
from support import small_workload
from support.phased_graphs import phased_graph
from support.published_graphs import MODEM, h263

import snnmap
from snnmap.core.errors import InputError
from snnmap.pipeline.compile import Compiled
from snnmap.query import buffers as room


def test_of_a_graph_the_least_total_with_its_curve(tmp_path) -> None:
    snnmap.write_sdf3(MODEM, tmp_path / "modem.xml")
    answer = snnmap.buffers(tmp_path / "modem.xml", curve=True)
    document = answer.document()
    assert (document["total"], document["unit"], document["exact"], document["curve_exact"]) == (
        40,
        "tokens",
        True,
        True,
    )
    assert [point["total"] for point in document["curve"]] == [38, 39, 40]
    assert [point["period"] for point in document["curve"]] == ["32", "18", "16"]
    assert sum(document["curve"][-1]["tokens"]) == 40
    assert document["tiles"] == []
    assert snnmap.buffers(MODEM).document() == {**snnmap.buffers(MODEM, curve=True).document(), "curve": []}


def test_where_the_exact_search_is_too_long_a_greedy_one_says_so(monkeypatch) -> None:
    monkeypatch.setattr(room, "ANALYSES", 10)
    answer = snnmap.buffers(h263(20), curve=True)
    assert answer.exact is False
    assert answer.curve_exact is False
    assert answer.period == 26018
    assert answer.curve[-1].period == answer.period
    assert answer.total == answer.curve[-1].total
    monkeypatch.setattr(room, "WORK", 100)
    assert snnmap.buffers(h263(20)).exact is False


def test_of_a_mapping_bits_by_tile_and_a_curve_that_ends_at_its_period(compiled: Compiled) -> None:
    answer = snnmap.buffers(compiled, curve=True)
    schedule = compiled.mapping.schedule
    assert answer.period == Fraction(schedule.period_numerator, schedule.period_denominator)
    assert sum(needs for needs, _ in answer.tiles.values()) == answer.total
    assert all(needs <= has for needs, has in answer.tiles.values())
    assert set(answer.tiles) <= set(compiled.mapping.placement.tile.tolist())
    assert all(1 <= c.tokens <= c.room == compiled.hardware.buffer_tokens for c in answer.channels)
    periods = [point.period for point in answer.curve]
    assert periods == sorted(periods, reverse=True)
    assert periods[-1] <= answer.period
    assert answer.curve[-1].total <= answer.total
    assert "slots" in answer.remarks[0]
    assert answer.document()["unit"] == "bits"


def test_firings_that_may_start_later_need_no_more(compiled: Compiled, chip, tmp_path) -> None:
    own = tmp_path / "routers.toml"
    own.write_text(f'extends = "{chip}"\nnoc = "best-effort"\n')
    mapped = snnmap.compile(compiled.graph, snnmap.CompileOptions(hardware=str(own), seed=3))
    answer = snnmap.buffers(mapped, curve=True)
    assert answer.remarks == ()
    exact = [point for point in answer.curve if point.period <= answer.period]
    assert exact
    assert answer.total >= exact[0].total


def test_files(tmp_path, chip) -> None:
    recipe = tmp_path / "net.toml"
    recipe.write_text(small_workload.recipe())
    compiled = snnmap.compile(recipe, snnmap.CompileOptions(hardware=str(chip)))
    snnmap.save(compiled.mapping, tmp_path / "mapping.json")
    assert snnmap.buffers(tmp_path / "mapping.json").document() == snnmap.buffers(compiled).document()
    forged = tmp_path / "forged.json"
    forged.write_text((tmp_path / "mapping.json").read_text().replace('"period_s":', '"period_s":9'))
    with pytest.raises(InputError, match="is not legal, its buffers say nothing"):
        snnmap.buffers(forged)


def test_graphs_that_never_run_have_no_buffers() -> None:
    with pytest.raises(InputError, match="deadlocks whatever its buffers hold"):
        snnmap.buffers(phased_graph([[1], [1]], [(0, 1, [1], [1], 0), (1, 0, [1], [1], 0)]))
