"""A view derives each fact once, and one compilation does too."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import snnmap
from snnmap.analysis import view as views
from snnmap.analysis.view import ClusteringView, View
from snnmap.pipeline.compile import Compiled

FACTS = (
    *("programmed_cells", "weight_share", "row_company", "partial_messages", "columns_read"),
    *("traffic", "tree_hops", "link_loads"),
)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each fact is derived, wherever it is asked for."""
    counted: Counter[str] = Counter()

    def counting(name: str) -> object:
        derive = getattr(views, name)

        def derived(*arguments: object) -> object:
            counted[name] += 1
            return derive(*arguments)

        return derived

    for name in FACTS:
        monkeypatch.setattr(views, name, counting(name))
    return counted


TRADED = ("programmed_cells", "weight_share")
"""Facts that a search which trades rows between crossbars asks for once, of the clusters that it starts from."""


@pytest.mark.parametrize(("objective", "mappings", "traded"), [("default", 1, 0), ("espine", 2, 0), ("leakage", 2, 1)])
def test_one_compilation_derives_each_fact_once(
    compiled: Compiled,
    chip: Path,
    calls: Counter[str],
    monkeypatch: pytest.MonkeyPatch,
    objective: str,
    mappings: int,
    traded: int,
) -> None:
    """Of each of its mappings: its own and, where that is compared, the one of `traffic`, which has other clusters."""
    paces: list[int] = []
    period = View.__dict__["period"].func
    monkeypatch.setattr(View.__dict__["period"], "func", lambda view: paces.append(1) or period(view))
    options = snnmap.CompileOptions(hardware=str(chip), objective=objective)
    snnmap.compile(compiled.graph, options)
    assert calls == {fact: mappings + traded * (fact in TRADED) for fact in FACTS}
    assert len(paces) == mappings


APART = {("stages/place/cool.py", "link_loads("), ("simulate/chip/program.py", "programmed_cells(")}
"""Of placements that are tried, of which only the one kept is a mapping's; and of a program that knows no activity."""


def test_no_other_module_derives_them() -> None:
    package = Path(snnmap.__file__).parent
    outside = [
        path for path in package.rglob("*.py") if path.parent.name != "analysis" and "legality" not in path.parts
    ]
    for path in outside:
        source = path.read_text()
        for name in (f"{fact}(" for fact in FACTS if fact not in {"row_company", "tree_hops"}):
            for at, line in enumerate(source.splitlines(), 1):
                if (path.relative_to(package).as_posix(), name) in APART:
                    continue
                code = line.partition("#")[0]
                assert f" {name}" not in f" {code}" or "def " in code or '"""' in code, (
                    f"{path}:{at} derives {name[:-1]}"
                )


def test_another_chip_or_pace_keeps_the_clusters(compiled: Compiled, calls: Counter[str]) -> None:
    view = View(compiled.mapping, compiled.graph, compiled.hardware)
    assert view.traffic is view.at(compiled.hardware).traffic is view.at_pace(0.0).traffic
    assert calls["traffic"] == 1
    assert view.at_pace(0.0).seconds_per_step == view.period
    assert view.at_pace(1e3).seconds_per_step == 1e3
    assert view.seconds == compiled.graph.window * view.seconds_per_step


def test_the_facts_are_those_of_the_functions(compiled: Compiled) -> None:
    view, mapping = compiled.view, compiled.mapping
    alone = ClusteringView(compiled.graph, mapping.clustering)
    assert np.array_equal(view.clusters.partial_messages, mapping.partial_messages)
    assert np.array_equal(alone.partial_messages, mapping.partial_messages)
    assert view.traffic.delivered == alone.traffic.delivered == mapping.figures["messages"]
    assert int(np.sum(view.hops * view.traffic.messages)) == mapping.figures["hops"]
    assert int(view.link_loads.sum()) == mapping.figures["hops"]
    shared = replace(mapping, placement=replace(mapping.placement, tile=mapping.placement.tile * 0))
    assert View(shared, compiled.graph, compiled.hardware).clusters_on_tile[0] == mapping.clustering.clusters


@pytest.mark.parametrize("seed", range(4))
def test_clusters_are_listed_by_the_tile_that_they_take_turns_on(compiled: Compiled, seed: int) -> None:
    mapping, hardware = compiled.mapping, compiled.hardware
    tile = np.random.default_rng(seed).integers(0, (2, 4, 12, 1)[seed], mapping.clustering.clusters)
    view = View(replace(mapping, placement=replace(mapping.placement, tile=tile)), compiled.graph, hardware)
    by_tile = [[k for k, t in enumerate(tile) if t == at] for at in range(hardware.tiles)]
    assert [own.tolist() for own in view.clusters_by_tile] == [own for own in by_tile if own]
    assert view.clusters_on_tile.tolist() == [len(own) for own in by_tile]


def test_the_period_is_the_schedules_fraction_of_ticks_a_step(compiled: Compiled) -> None:
    mapping = compiled.mapping
    slow = replace(mapping, schedule=replace(mapping.schedule, period_numerator=7, period_denominator=4, block=2))
    view = View(slow, compiled.graph, compiled.hardware)
    assert view.period == pytest.approx(0.875 * mapping.sdfg.tick)
    assert view.seconds == pytest.approx(compiled.graph.window * max(compiled.graph.dt, view.period))
