"""The page of a sweep: true to its table, whole, harmless whatever names say, and drawn in headless Chromium."""

import json
import statistics
from itertools import product
from pathlib import Path
from typing import Any

import plotly.graph_objects
import pytest
from support import pages
from support.browser import SIZES, Seen, needs_chromium
from support.swept import row

import snnmap
from snnmap.core.errors import InputError
from snnmap.study.rows import written
from snnmap.study.sweep_page import gathered

EVIL = "<script>window.pwned=1</script><img src=x onerror=window.pwned=2>"
HORIZON = "device_lifetime_s: beyond horizon (315576000.0)"
SIZE_OF = {64: 3.0, 128: 2.0, 256: 1.0}


def grid() -> list[dict[str, Any]]:
    """Two workloads, three sizes, two technologies, three seeds; one run does not fit, and some outlast the horizon."""
    rows = []
    for workload, (size, factor), technology, seed in product(
        ("net", EVIL), SIZE_OF.items(), ("pcm-65", "pcm-16"), (0, 1, 5)
    ):
        small = technology == "pcm-16"
        energy = factor * (1.0 if small else 7.0) * 1e-9 + seed * 1e-10
        place = {"rows": size, "columns": size, "technology": technology, "seed": seed, "workload": workload}
        name = f"{workload[:3]}-{size}-{technology}-{seed}"
        row_of = row(name, energy, size * 1e-9, lifetime=1e8 * factor, doubts="" if small else HORIZON, **place)
        rows.append(row_of)
    refused = row("none", None, None, lifetime=None, status="does not fit", why=f"tiles: need 9, {EVIL}", rows=8)
    return [*rows, refused]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("swept") / "sweep.csv"
    written(path, grid())
    return path


@pytest.fixture(scope="module")
def file(table: Path) -> Path:
    return snnmap.html_sweep(table, table.parent / "sweep.html")


@pytest.fixture(scope="module")
def page(file: Path) -> pages.Page:
    return pages.Page(file.read_text())


def by_workload(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    return {name: [r for r in rows if r["workload"] == name] for name in dict.fromkeys(r["workload"] for r in rows)}


def test_it_is_one_file_that_loads_nothing(page: pages.Page) -> None:
    pages.must_load_nothing(page)
    pages.must_run_only_its_own(page)


def test_every_figure_is_one_that_plotly_knows(page: pages.Page) -> None:
    shared = page.data["shared"]
    figures = [figure for plot in page.data["plots"].values() for figure in plot["figures"].values()]
    assert len(figures) > 50
    for figure in figures:
        plotly.graph_objects.Figure(pages.for_plotly(figure, shared))
        assert figure["caption"]


def test_points_are_the_runs_and_lines_their_medians(page: pages.Page) -> None:
    runs = gathered(by_workload(grid()))
    assert runs.axes() == ["crossbar", "technology", "seed"]
    shared, figure = page.data["shared"], page.figure("along", 0, "energy_J", 0, 1)
    lines = [trace for trace in figure["data"] if trace["mode"] == "lines"]
    dots = [trace for trace in figure["data"] if trace["mode"] == "markers"]
    assert [trace["name"] for trace in dots] == ["pcm-65", "pcm-16"]
    mine = [r for r in grid() if r["workload"] == "net" and r["status"] == "mapped"]
    for technology, line, dot in zip(("pcm-65", "pcm-16"), lines, dots, strict=True):
        chosen = [r for r in mine if r["technology"] == technology]
        drawn = list(zip(pages.column(shared, dot["x"]), pages.column(shared, dot["y"]), strict=True))
        assert drawn == [(f"{r['rows']}x{r['rows']}", pytest.approx(r["energy_J"] * 1e9)) for r in chosen]
        for place, middle in zip(pages.column(shared, line["x"]), line["y"], strict=True):
            there = [r["energy_J"] for r in chosen if f"{r['rows']}x{r['rows']}" == place]
            assert middle == pytest.approx(statistics.median(there) * 1e9)
    assert figure["layout"]["yaxis"]["title"]["text"] == "dynamic energy, nJ"
    assert "less is better" in figure["caption"]


def test_fronts_are_those_of_a_brute_force(page: pages.Page) -> None:
    mine = [r for r in grid() if r["workload"] == "net" and r["status"] == "mapped"]
    worth = [(r["energy_J"], -(315576000.0 if r["doubts"] else r["device_lifetime_s"])) for r in mine]
    best = {
        mine[k]["energy_J"]
        for k, own in enumerate(worth)
        if not any(all(a <= b for a, b in zip(o, own, strict=True)) and o != own for o in worth)
    }
    figure = page.figure("front", 0, "energy_J", "device_lifetime_s")
    (front,) = [trace for trace in figure["data"] if trace["name"] == "front"]
    assert sorted(front["x"]) == pytest.approx(sorted(energy * 1e9 for energy in best))
    assert f"{len(best)} of {len(mine)} runs" in figure["caption"]
    assert "lie beyond the horizon of 10 years" in figure["caption"]
    turned = page.figure("front", 0, "device_lifetime_s", "energy_J")
    (other,) = [trace for trace in turned["data"] if trace["name"] == "front"]
    assert (other["x"], other["y"]) == (front["y"], front["x"])


def test_only_the_aims_that_are_asked_for_have_fronts(table: Path, tmp_path: Path) -> None:
    few = snnmap.html_sweep(table, tmp_path / "few.html", snnmap.parse_aims("area,energy"))
    figures = pages.Page(few.read_text()).data["plots"]["front"]["figures"]
    assert set(figures) == {f"{w}/{pair}" for w in (0, 1) for pair in ("area_m2/energy_J", "energy_J/area_m2")}


def test_words_and_tables_say_what_the_table_holds(page: pages.Page) -> None:
    assert "runs that fit 36" in page.text
    assert "runs that do not fit 1" in page.text
    assert "crossbar 64x64, 128x128, 256x256" in page.text
    cells = [
        attributes["data-value"] for tag, attributes in page.elements if tag == "td" and "data-value" in attributes
    ]
    assert len(cells) == 36 * (1 + 3 + 3 + 1)
    assert cells[1:4] == ["64.0", "pcm-65", "0.0"]
    assert float(cells[4]) == pytest.approx(21e-9)
    assert "> 10 years" in page.text
    assert "best of worst" in page.text
    assert "> 10 years crossbar 64x64, technology pcm-65, seed 0 and 8 more 3.169 years" in page.text
    assert "1 nJ crossbar 256x256, technology pcm-16, seed 0 21.5 nJ" in page.text


def test_a_name_that_is_markup_is_text(page: pages.Page) -> None:
    assert EVIL in page.text
    assert "<" not in page.raw["script"][0]
    assert "<script" not in json.dumps(page.data["shared"])
    assert not any(tag == "img" for tag, _ in page.elements)


def test_the_same_table_gives_the_same_bytes(table: Path, file: Path, tmp_path: Path) -> None:
    assert snnmap.html_sweep(table, tmp_path / "again.html").read_bytes() == file.read_bytes()


def test_an_axis_of_many_values_colours_nothing(tmp_path: Path) -> None:
    many = [
        row(f"r{k}", (k % 7) * 1e-9, 1e-9 * k, seed=k, technology="pcm-65" if k % 2 else "pcm-16") for k in range(40)
    ]
    written(tmp_path / "many.json", many)
    page = pages.Page(snnmap.html_sweep(tmp_path / "many.json", tmp_path / "many.html").read_text())
    assert "Coloured by no axis technology" in page.text
    figure = page.figure("along", 0, "energy_J", 1, 0)
    (line,) = [trace for trace in figure["data"] if trace["mode"] == "lines" and trace["legendgroup"] == "pcm-16"]
    assert pages.column(page.data["shared"], line["x"]) == [str(k) for k in range(40)]
    assert line["y"] == [pytest.approx(k % 7) if k % 2 == 0 else None for k in range(40)]


def test_one_run_has_neither_axes_nor_anything_to_choose_from(tmp_path: Path) -> None:
    written(tmp_path / "one.json", [row("a", 1e-9, 2e-9)])
    page = pages.Page(snnmap.html_sweep(tmp_path / "one.json", tmp_path / "one.html").read_text())
    assert set(page.data["plots"]) == {"front"}
    assert "all runs that have it" in page.text


def test_what_cannot_be_drawn_is_refused(tmp_path: Path, table: Path) -> None:
    written(tmp_path / "unfit.csv", [row("a", None, None, status="does not fit")])
    with pytest.raises(InputError, match="no run of net fits its chip"):
        snnmap.html_sweep(tmp_path / "unfit.csv", tmp_path / "unfit.html")
    with pytest.raises(InputError, match=r"\.html"):
        snnmap.html_sweep(table, tmp_path / "page.txt")
    with pytest.raises(InputError, match="no such file"):
        snnmap.html_sweep(tmp_path / "none.csv", tmp_path / "page.html")
    assert [path.name for path in tmp_path.iterdir()] == ["unfit.csv"]


@needs_chromium
def test_whatever_is_chosen_is_drawn(seen: Seen) -> None:
    assert seen.charts() == ["along", "front"]
    drawn = 0
    for chart, value in seen.choices():
        caption = seen.page.locator(f'figure[data-plot="{chart}"] figcaption').inner_text()
        assert seen.marks(chart) > 0 or caption == "There is nothing to draw for this choice.", (chart, value)
        drawn += 1
    assert drawn > 12
    assert seen.page.locator(".failed").count() == 0
    assert seen.page.evaluate("() => window.pwned") is None


@needs_chromium
def test_pointing_at_a_run_tells_where_it_stands(seen: Seen) -> None:
    place = seen.page.locator('figure[data-plot="along"] .plot')
    place.scroll_into_view_if_needed()
    place.locator(".point").first.hover(force=True)
    seen.settle()
    drawn = (
        "() => document.querySelector('figure[data-plot=along] .plot').data.map(t => [t.mode, t.x.length, t.y.length])"
    )
    assert seen.page.evaluate(drawn) == [["lines", 3, 3], ["markers", 9, 9]] * 2
    words = place.locator(".hoverlayer").text_content()
    assert "nJ" in words
    assert "crossbar 64x64, technology pcm-65, seed" in words


@needs_chromium
def test_a_heading_sorts_and_sorts_back(seen: Seen) -> None:
    column = "() => [...document.querySelectorAll('table.sortable tbody tr')].map(r => +r.cells[4].dataset.value)"
    heading = seen.page.locator("table.sortable th").nth(4)
    before = seen.page.evaluate(column)
    heading.locator("button").click()
    assert seen.page.evaluate(column) == sorted(before) != before
    assert heading.get_attribute("aria-sort") == "ascending"
    heading.locator("button").click()
    assert seen.page.evaluate(column) == sorted(before, reverse=True)
    seen.page.locator("table.sortable th button").first.click()
    assert heading.get_attribute("aria-sort") is None


@needs_chromium
def test_a_phone_shows_it_without_sideways_scrolling(chromium: Any, file: Path) -> None:
    seen = Seen(chromium, file, "phone", "dark")
    assert seen.page.evaluate("() => document.documentElement.scrollWidth") == SIZES["phone"][0]
    assert all(seen.marks(chart) > 0 for chart in seen.charts())
    seen.page.context.close()
