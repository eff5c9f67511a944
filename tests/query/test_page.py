"""The HTML report: whole and self-contained, true to what `report` found, harmless whatever names say, bounded."""

import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import plotly.graph_objects
import pytest
from support import pages, small_workload

import snnmap
from snnmap.core.errors import InputError
from snnmap.evaluation import maps, scenes
from snnmap.ir import Chart
from snnmap.ir.scenes import Contents, Floor
from snnmap.query.page import gathered
from snnmap.render.page import build
from snnmap.render.page import told as words
from snnmap.render.page.crossbar import crossbars_plot
from snnmap.render.page.document import as_json
from snnmap.render.page.floor import LINKS, links_plot, tiles_plot
from snnmap.render.page.plot import packed, plain, shades, told

EVIL = '<script>window.pwned=1</script><img src=x onerror="window.pwned=2">'
PLOTS = {"tiles", "links", "crossbar", "schedule", "energy", "area", "raster", "sensitivity"}


@pytest.fixture(scope="module")
def mapping(tmp_path_factory: pytest.TempPathFactory, chip: Path) -> Path:
    """A small mapping, one of whose layers has a name that is markup."""
    folder = tmp_path_factory.mktemp("page")
    marked = small_workload.recipe().replace('"hidden"', json.dumps(EVIL))
    small_workload.saved_mapping(folder, chip, marked, seed=0)
    return folder / "mapping.json"


@pytest.fixture(scope="module")
def mapped(mapping: Path) -> snnmap.MappingReport:
    return snnmap.report(mapping)


@pytest.fixture(scope="module")
def page(mapped: snnmap.MappingReport, mapping: Path) -> pages.Page:
    path = snnmap.html_report(mapped, mapping.parent / "report.html")
    return pages.Page(path.read_text())


def test_it_is_one_file_that_loads_nothing(page):
    pages.must_load_nothing(page)


def test_no_script_runs_but_the_two_that_the_policy_names(page):
    pages.must_run_only_its_own(page)


def test_its_parts_are_named_and_reached(page):
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    inner = [a["href"] for tag, a in page.elements if tag == "a"]
    assert len(inner) >= 9
    assert {href[1:] for href in inner} <= set(ids)
    headings = [tag for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
    assert headings[0] == "h1"
    assert all(int(b[1]) <= int(a[1]) + 1 for a, b in pairwise(headings))
    order = ("What is guaranteed, and when", "Figures", "Tiles and links", "One crossbar", "Schedule")
    places = [page.text.index(words, 200) for words in order]
    assert places == sorted(places)
    charts = {a["data-plot"] for tag, a in page.elements if tag == "figure"}
    assert charts == set(page.data["plots"]) == PLOTS


def test_every_figure_is_one_that_plotly_knows(page):
    count = 0
    for plot in page.data["plots"].values():
        for figure in plot["figures"].values():
            plotly.graph_objects.Figure(pages.for_plotly(figure))
            assert figure["caption"]
            count += 1
    assert count > 30
    wrong = {"data": [{"type": "bar", "orientation": "sideways"}], "layout": {}}
    with pytest.raises(ValueError, match="orientation"):
        plotly.graph_objects.Figure(pages.for_plotly(wrong))


def test_a_name_that_is_markup_is_text(page, mapped):
    assert EVIL in page.text
    assert page.text.count("<script>") == page.text.count("window.pwned=1</script>") > 0
    document = json.dumps(page.data["shared"])
    for plot in page.data["plots"].values():
        document += json.dumps([{k: f[k] for k in ("data", "layout")} for f in plot["figures"].values()])
    assert "&lt;script&gt;" in document
    assert "<script" not in document, "Plotly would read a tag"
    assert "<" not in page.raw["script"][0]
    assert any(p.name == EVIL for p in mapped.mapping.workload.populations)


def test_control_characters_are_written_out(mapped):
    facts = mapped.mapping.workload
    import msgspec

    changed = replace(mapped.mapping, workload=msgspec.structs.replace(facts, name="\x1b[31mnet\u202e"))
    text = build.page(replace(gathered(mapped), mapping=changed)).decode()
    assert r"\x1b[31mnet\u202e" in pages.Page(text).text
    assert not {"\x1b", "\u202e"} & set(text)


def test_the_same_report_gives_the_same_bytes(mapped):
    assert build.page(gathered(mapped)) == build.page(gathered(mapped))


def test_guarantees_and_modes_are_said(page, mapped):
    start = page.text[: page.text.index("All figures")]
    assert "guaranteed Holds for data whose steps are no busier than those of the 2 profiled frames." in start
    assert "The modes are never mixed in one number." in start
    estimate = replace(gathered(mapped), reading=replace(mapped.reading, guaranteed=False), noc="best-effort")
    text = pages.Page(build.page(estimate).decode()).text
    assert "per step, estimated An estimate, no guarantee" in text
    assert "guaranteed Holds for" not in text


def test_what_makes_a_chip_useless_stands_first(mapped):
    bad = snnmap.Judgement("device_lifetime_s", "worn out early", 86400.0)
    severe = replace(gathered(mapped), reading=replace(mapped.reading, judgements=(bad,)))
    page = pages.Page(build.page(severe).decode())
    alerts = [a for _, a in page.elements if a.get("role") == "alert"]
    assert len(alerts) == 1
    assert page.text.index("Of no use as it is mapped") < page.text.index("Every rule of")
    assert [a["class"] for _, a in page.elements if "severe" in (a.get("class") or "")] == ["card device severe"]
    assert "within a day" in page.text
    mild = build.page(gathered(mapped)).decode()
    assert not [a for _, a in pages.Page(mild).elements if a.get("role") == "alert"]


def test_no_picker_mixes_the_modes(page):
    for plot in page.data["plots"].values():
        for picker in plot["pickers"]:
            for value, _, group in picker[1]:
                mode = group.removesuffix(" mode") if group.endswith(" mode") else ""
                if mode:
                    assert value.startswith(mode)
                elif group:
                    assert not value.startswith(("device", "espine"))
    groups = {option[2] for option in page.data["plots"]["tiles"]["pickers"][0][1]}
    assert groups == {"the mapping", "device mode", "espine mode"}


def test_the_maps_are_those_of_the_report(page, mapped):
    view = mapped.view
    width, tiles = view.hardware.mesh_width, view.hardware.tiles
    charts = {f"{c.mode}-{c.key}" if c.mode else c.key: c for c in maps.tile_maps(view)}
    shown = page.data["plots"]["tiles"]["figures"]
    assert set(charts) | {"layers", "spikes_per_frame"} == set(shown)
    used = pages.unpacked(shown["cell_utilisation"]["data"][0]["z"])
    for t in range(tiles):
        value = charts["cell_utilisation"].values[t]
        cell = used[t // width][t % width]
        assert cell == pytest.approx(100 * value, rel=1e-3, nan_ok=True)
    fired = pages.unpacked(shown["spikes_per_frame"]["data"][0]["z"])
    assert np.nansum(fired) == pytest.approx(mapped.figures["spikes"] / mapped.figures["frames"], rel=1e-3)


def test_the_table_says_what_the_maps_show(mapped):
    content = gathered(mapped)
    header, rows, left = words.tile_table(content)
    used = sorted(set(mapped.mapping.placement.tile.tolist()))
    assert [int(row[0].partition(" ")[0]) for row in rows] == used
    assert left == ""
    column = next(k for k, name in enumerate(header) if name == "cells in use, %")
    chart = next(c for c in content.maps if c.key == "cell_utilisation")
    for row, tile in zip(rows, used, strict=True):
        assert float(row[column]) == pytest.approx(100 * chart.values[tile], rel=1e-3)
        assert {int(k) for k in row[1].split(", ")} == set(np.flatnonzero(mapped.mapping.placement.tile == tile))
    assert all(len(row) == len(header) for row in rows)
    assert any("above 318.15" in name and name.startswith("device mode: temperature") for name in header)


def test_the_readout_of_a_tile_says_what_it_holds(page, mapped):
    readouts = np.array(page.data["shared"]["tiles"]).ravel()
    for t, text in enumerate(readouts.tolist()):
        held = snnmap.where(mapped.mapping, tile=t)
        assert f"tile {t} at ({held['position'][0]}, {held['position'][1]})" in text
        if not held["clusters"]:
            assert text.endswith("not in use")
            continue
        assert f"{sum(len(c['rows']) for c in held['clusters'])} rows in use" in text
        columns = [c for cluster in held["clusters"] for c in re.findall(r"output \((\d+)\)", cluster["contents"])]
        assert columns == re.findall(r"output: (\d+) columns", text)


def test_the_arrows_carry_every_hop(page, mapped):
    arrows = arrows_of(page.figure("links", ""))
    loads = [float(re.search(r"<b>([\d.,]+) ", text)[1].replace(",", "")) for a in arrows for text in a["text"]]
    hops = mapped.figures["hops"]
    assert sum(loads) * mapped.figures["frames"] == pytest.approx(hops, rel=1e-3)
    assert max(loads) * mapped.figures["frames"] == pytest.approx(mapped.figures["busiest_link"], rel=1e-3)


def test_an_arrow_leads_where_its_link_does():
    """A chip of 3 x 2 tiles, written out: links of tile 4 at (1, 1) to the right, to the left and up."""
    loads = np.zeros((6, 4), np.int64)
    loads[4] = 30, 20, 0, 10
    floor = Floor(3, 2, (0, 0), (Contents((), (), 0),) * 6, np.full(6, np.nan), ("layer",), loads, 10)
    marks = arrows_of(links_plot(floor).figures[""])
    found = {
        re.match(r"link (.*)<br><b>([\d.]+)", text).groups(): (symbol, np.sign(x - 1.0), np.sign(y - 1.0))
        for t in marks
        for text, symbol, x, y in zip(t["text"], t["marker"]["symbol"], t["x"], t["y"], strict=True)
    }
    assert {key: value[0] for key, value in found.items()} == {
        ("(1, 1) to (2, 1)", "3"): "triangle-right",
        ("(1, 1) to (0, 1)", "2"): "triangle-left",
        ("(1, 1) to (1, 0)", "1"): "triangle-up",
    }
    assert found["(1, 1) to (2, 1)", "3"][1] == 1
    assert found["(1, 1) to (0, 1)", "2"][1] == -1
    assert found["(1, 1) to (1, 0)", "1"][2] == -1


def test_the_port_is_a_mark_without_words_that_the_caption_names():
    """Words beside small tiles would run into the numbers of the axis."""
    held = (Contents((), (), 0),) * 6
    floor = Floor(3, 2, (2, 1), held, np.full(6, np.nan), ("layer",), np.zeros((6, 4), np.int64), 10)
    for plot in (links_plot(floor), tiles_plot(floor, [])[0]):
        for figure in plot.figures.values():
            mark = figure["data"][-1]
            assert (mark["mode"], mark["y"]) == ("markers", [1])
            assert mark["x"] == pytest.approx([2.78])
            assert "text" not in mark
            assert "The triangle at tile (2, 1) is the port, where inputs enter." in figure["caption"]


def arrows_of(figure):
    """Heads of the links of a figure; the port is a mark, too, and has no words."""
    return [trace for trace in figure["data"] if trace.get("mode") == "markers" and "text" in trace]


def test_borders_of_chips_are_on_the_maps_and_links_across_say_so():
    """4 x 2 tiles of 2 x 1 chips: tile 1 sends to the right and to the left."""
    loads = np.zeros((8, 4), np.int64)
    loads[1] = 30, 20, 0, 0
    held = (Contents((), (), 0),) * 8
    floor = Floor(4, 2, (0, 0), held, np.full(8, np.nan), ("layer",), loads, 10, (2, 1))
    plot = links_plot(floor).figures[""]
    assert [(s["x0"], s["x1"], s["y0"], s["y1"]) for s in plot["layout"]["shapes"]] == [(1.5, 1.5, -0.6, 1.6)]
    assert "the borders of the 2 x 1 chips" in plot["caption"]
    words = {text.partition("<br>")[0] for t in arrows_of(plot) for text in t["text"]}
    assert words == {"link (1, 0) to (2, 0), between chips", "link (1, 0) to (0, 0)"}
    tall = floor._replace(grid=(4, 2))
    assert len(links_plot(tall).figures[""]["layout"]["shapes"]) == 3 + 1
    assert "shapes" not in links_plot(floor._replace(grid=(1, 1))).figures[""]["layout"]


def test_the_crossbars_are_those_of_the_report(page, mapped):
    view, bars = mapped.view, page.data["plots"]["crossbar"]["pickers"][0][1]
    assert len(bars) == view.mapping.clustering.clusters, "there is room for all of so few"
    assert int(bars[0][0]) == mapped.weakest
    assert len({value for value, _, _ in bars}) == len(bars)
    cluster = int(bars[1][0])
    checked = 0
    for chart in maps.crossbar_maps(view, cluster):
        figure = page.figure("crossbar", cluster, f"{chart.mode}-{chart.key}" if chart.mode else chart.key)
        found, true = pages.unpacked(figure["data"][0]["z"]), chart.values
        assert found.shape == true.shape
        assert np.array_equal(np.isnan(found), np.isnan(true))
        found = 10**found if figure["data"][0]["customdata"]["decades"] else found
        if np.nanmax(true) > np.nanmin(true):
            shares = [(v - np.nanmin(v)) / (np.nanmax(v) - np.nanmin(v)) for v in (found, true)]
            assert shares[0] == pytest.approx(shares[1], abs=1e-3, nan_ok=True)
            checked += 1
    assert checked >= 6


def test_the_lines_of_a_crossbar_are_named_as_where_names_them(page, mapped):
    cluster = int(page.data["plots"]["crossbar"]["pickers"][0][1][0][0])
    tile = int(mapped.mapping.placement.tile[cluster])
    (held,) = [c for c in snnmap.where(mapped.mapping, tile=tile)["clusters"] if c["cluster"] == cluster]
    for side in ("rows", "columns"):
        names = page.data["shared"][f"{side}{cluster}"]
        for line, source in held[side].items():
            assert names[line] == plain(snnmap.where(mapped.mapping, source)["name"])
        assert sum(name != "not in use" for name in names) == len(held[side])
    bars = page.figure("crossbar", cluster, "wiring")["data"][1]
    for line, source in held["rows"].items():
        spikes = mapped.mapping.spikes[source] / mapped.mapping.workload.frames
        assert bars["x"][line] == pytest.approx(spikes, rel=1e-4)


def test_the_gantt_chart_is_the_schedule(page, mapped):
    schedule, flow = mapped.mapping.schedule, mapped.mapping.sdfg
    unit = {"us": 1e-6, "ns": 1e-9, "ms": 1e-3}[page.figure("schedule", "")["layout"]["xaxis"]["title"]["text"][6:]]
    bars = {}
    for trace in page.figure("schedule", "")["data"]:
        for name, start, seconds in zip(trace["hovertext"], trace["base"], trace["x"], strict=True):
            bars[re.search(r"<b>(.*?)</b>", name)[1]] = (start * unit, seconds * unit, "critical" in trace["name"])
    on_tile = [a for a in range(len(flow.name)) if flow.resource[a] >= 0]
    assert on_tile
    for a in on_tile:
        start, seconds, critical = bars[plain(flow.name[a])]
        assert start == pytest.approx(schedule.start[a] * flow.tick, rel=1e-5, abs=1e-15)
        assert seconds == pytest.approx(flow.time[a] * flow.tick, rel=1e-5)
        assert critical == (a in schedule.critical)
    ends = [shape["x0"] * unit for shape in page.figure("schedule", "")["layout"]["shapes"]]
    period = schedule.period_numerator / schedule.period_denominator * flow.tick
    assert ends == pytest.approx([period * k for k in range(1, len(ends) + 1)])


def test_parts_add_up_to_the_whole(page, mapped):
    for key, unit in (("energy_J", 1.0), ("device_energy_total_J", 1.0)):
        (bars,) = page.figure("energy", key)["data"]
        shares = [float(re.search(r"\(([\d.]+) %\)", text)[1]) for text in bars["text"]]
        assert sum(shares) == pytest.approx(100.0 * unit, abs=0.1 * len(shares))
    (bars,) = page.figure("area", "")["data"]
    assert sum(bars["x"]) == pytest.approx(1e6 * mapped.figures["area_m2"], rel=1e-3)
    assert all("device" not in word for word in page.figure("energy", "energy_J")["data"][0]["y"])


def test_the_raster_shows_the_spikes_of_its_frame(page, mapped):
    graph = mapped.view.graph
    heat, *lines = page.figure("raster", "")["data"]
    events = graph.events
    own = [
        (int(source), int(step))
        for e, (source, step) in enumerate(zip(events.source, events.step, strict=True))
        if events.frame[0] <= e < events.frame[1]
    ]
    assert sum(sum(line["y"]) for line in lines) == len(own) > 0
    lit = np.isfinite(pages.unpacked(heat["z"]))
    names = {plain(snnmap.where(mapped.mapping, s)["name"]): s for s in range(len(mapped.mapping.spikes))}
    shown = [names[name] for name in page.data["shared"]["sources"]]
    assert len(shown) == 35, "so few are all shown"
    assert {(shown[i], int(j)) for i, j in np.argwhere(lit)} == set(own)


def test_the_tornado_ends_where_the_report_does(page, mapped):
    swings = mapped.swings()["energy_J"]
    base = mapped.sensitivity.base["energy_J"]
    low, high = page.figure("sensitivity", "energy_J")["data"]
    unit = {"nJ": 1e-9, "pJ": 1e-12, "uJ": 1e-6}[
        page.figure("sensitivity", "energy_J")["layout"]["xaxis"]["title"]["text"]
    ]
    assert low["y"] == [s.quantity for s in swings[:12]][::-1]
    for swing in swings[:12]:
        place = low["y"].index(swing.quantity)
        for trace, end in zip((low, high), swing.ends, strict=True):
            assert (trace["base"][place] + trace["x"][place]) * unit == pytest.approx(end, rel=1e-4)
            assert trace["base"][place] * unit == pytest.approx(base)
    assert "device_limited_by" not in page.data["plots"]["sensitivity"]["figures"], "words have no bar"


def test_constants_that_nobody_measured_are_listed(page, mapped):
    assert mapped.constants
    for key, quantity in mapped.constants:
        assert key in page.text
        assert " ".join(quantity.citation.split()) in page.text
    assert f"these {len(mapped.constants)} constants" in page.text


@pytest.mark.parametrize(
    ("unit", "values", "flat"),
    [
        ("K", [318.15, 318.1501], True),
        ("K", [318.15, 318.35], False),
        ("K", [1e-5, 9e-5], True),
        ("A", [1.0, 1.005], True),
        ("A", [1.0, 1.02], False),
        ("s", [1.0, 1e6], False),
    ],
)
def test_a_spread_that_is_nothing_is_drawn_flat_and_said(unit, values, flat):
    shown = told(Chart("x", "words", unit, np.array(values)))
    assert (shown.flat is not None) == flat == ("nothing to tell apart" in shown.remark)
    if shown.flat:
        spread = np.ptp(shown.values)
        assert shown.flat[1] - shown.flat[0] > 1.5 * spread
        assert shown.flat[0] <= shown.values.min() <= shown.values.max() <= shown.flat[1]


def test_lifetimes_beyond_the_horizon_are_not_told_apart():
    years = Chart("lifetime_s", "lifetime", "s", np.array([11.0, 5e7]) * 31557600.0, "device")
    assert told(years).flat is None
    shown = told(years, 10 * 31557600.0)
    assert shown.flat is not None
    assert shown.flat[1] - shown.flat[0] >= 50 * np.ptp(shown.values)
    assert "All outlast the horizon of 10 years, beyond which none is claimed." in shown.caption(years)
    assert told(years, 12 * 31557600.0).flat is None, "one of them does not"
    assert told(Chart("x", "words", "J", np.array([11.0, 5e7])), 1.0).flat is None, "it is no time"


def test_maps_without_values_or_without_differences():
    assert "There is none" in told(Chart("x", "words", "K", np.array([np.nan, np.nan]))).remark
    assert told(Chart("x", "words", "A", np.array([2e-6, 2e-6]))).remark == "2 uA everywhere."


def test_packing_keeps_four_digits_and_what_is_missing():
    values = np.array([[0.0, 1.0], [np.nan, 123.456]])
    assert pages.unpacked(packed(values)) == pytest.approx(values, abs=123.456 / 65534, nan_ok=True)
    assert np.isnan(pages.unpacked(packed(np.full((2, 2), np.nan)))).all()
    assert (pages.unpacked(packed(np.full((1, 2), 7.0))) == 7.0).all()


def test_shades_go_from_dark_to_light():
    light = [sum(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in shades(9)]
    assert light == sorted(light)
    assert len(shades(1)) == 1


def test_thousands_of_tiles_still_fit():
    side = 71
    held = Contents((1, 2, 3), tuple((f"a layer with a long name {k}", 128) for k in range(6)), 128)
    layers = tuple(f"a layer with a long name {k}" for k in range(6))
    count = side * side
    loads = np.arange(4 * count).reshape(count, 4)
    floor = Floor(side, side, (0, 0), (held,) * count, np.zeros(count), layers, loads, 10)
    values = np.random.default_rng(1).random(count)
    charts = [Chart(f"key{k}", "words", "J", values * 1e-9, "device") for k in range(9)]
    plot, shared = tiles_plot(floor, charts)
    written = len(as_json(plot._asdict())) + len(as_json(shared))
    assert written < 1.3e6
    links = links_plot(floor)
    assert f"the {LINKS:,} busiest are drawn" in links.figures[""]["caption"]
    assert sum(len(t["text"]) for t in arrows_of(links.figures[""])) == LINKS


def test_large_arrays_are_drawn_by_their_greatest_values(mapped):
    (bar,) = list(scenes.opened(mapped.view, mapped.states, 0, asked=True, fits=lambda _: True))[:1]
    values = np.zeros((600, 300))
    values[599, 299] = values[5, 7] = 1.0
    large = bar._replace(
        charts=(Chart("current_A", "current", "A", values),),
        rows=("in[0]",) * 600,
        columns=("out[0]",) * 300,
        spikes=np.arange(600.0),
    )
    plot, shared = crossbars_plot([large])
    figure = plot.figures["0/current_A"]
    found = pages.unpacked(figure["data"][0]["z"])
    assert found.shape == (200, 150)
    assert np.argwhere(found > 0.5).tolist() == [[1, 3], [199, 149]]
    assert "the greatest of 3 x 2 cells, of 600 x 300 in all" in figure["caption"]
    assert len(shared["rows0"]) == 200
    assert figure["data"][1]["x"][0] == 2.0


def test_a_schedule_of_many_tiles_shows_the_critical_and_the_busiest(mapped, monkeypatch):
    monkeypatch.setattr(scenes, "LANES", 2)
    monkeypatch.setattr(scenes, "MESSAGES", 1)
    shown = scenes.timeline(mapped.view)
    flow, schedule = mapped.mapping.sdfg, mapped.mapping.schedule
    tiles = {f.tile for f in shown.firings if f.tile >= 0}
    critical = {int(flow.resource[a]) for a in schedule.critical if flow.resource[a] >= 0}
    work = {t: sum(flow.time[a] for a in range(len(flow.name)) if flow.resource[a] == t) for t in set(flow.resource)}
    del work[-1]
    assert critical <= tiles
    rest = [t for t in sorted(work, key=lambda t: (-work[t], t)) if t not in critical]
    assert tiles - critical == set(rest[: 2 - len(critical)])
    assert shown.tiles == (2, len(work))
    assert sum(f.tile < 0 for f in shown.firings) == shown.messages[0] == 1


def test_an_idle_tile_on_the_critical_cycle_is_shown_all_the_same(mapped, monkeypatch):
    monkeypatch.setattr(scenes, "LANES", 1)
    flow, mapping = mapped.mapping.sdfg, mapped.mapping
    work = np.bincount(flow.resource[flow.resource >= 0], flow.time[flow.resource >= 0])
    idle = int(np.argmin(np.where(work > 0, work, np.inf)))
    assert work[idle] < work.max()
    actor = int(np.flatnonzero(flow.resource == idle)[0])
    changed = replace(mapping, schedule=replace(mapping.schedule, critical=(actor,)))
    shown = scenes.timeline(mapped.view.at(mapped.view.hardware, changed))
    assert {f.tile for f in shown.firings if f.tile >= 0} == {idle}
    assert [f.actor for f in shown.firings if f.critical] == [flow.name[actor]]


def test_without_room_only_the_first_crossbar_is_opened(mapped):
    only = list(scenes.opened(mapped.view, mapped.states, 3, asked=True, fits=lambda bar: bar.cluster == 3))
    assert [(bar.cluster, bar.why.partition(";")[0]) for bar in only] == [(3, "asked for")]


def test_it_needs_the_workload_and_a_legal_mapping(mapped, tmp_path):
    path = tmp_path / "page.html"
    with pytest.raises(InputError, match="no page can be written: the workload is gone"):
        snnmap.html_report(replace(mapped, view=None, notes=("the workload is gone",)), path)
    with pytest.raises(InputError, match="crossbar 99 does not exist"):
        snnmap.html_report(mapped, path, 99)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupt_leaves_the_old_page(mapped, tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    path.write_text("old")
    path.chmod(0o640)

    def stopped(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.replace", stopped)
        with pytest.raises(KeyboardInterrupt):
            snnmap.html_report(mapped, path)
    assert (path.read_text(), [p.name for p in tmp_path.iterdir()]) == ("old", ["page.html"])
    snnmap.html_report(mapped, path)
    assert path.read_text().startswith("<!DOCTYPE html>")
    assert path.stat().st_mode & 0o777 == 0o640
