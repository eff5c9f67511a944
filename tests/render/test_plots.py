"""Pictures: units and bases of the drawn maps, files that are pictures, and what is refused."""

import re
import struct
from pathlib import Path

import numpy as np
import pytest

from snnmap.analysis.view import View
from snnmap.core.errors import InputError
from snnmap.evaluation import maps
from snnmap.render import plots, ratios
from snnmap.render.numbers import difference, in_one_unit, number
from snnmap.render.plots import Chart, readable
from snnmap.render.ratios import Panel


def png_size(path: Path) -> tuple[int, int]:
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


def chart(values, unit="K", mode=""):
    return Chart("key", "words", unit, np.array(values, float), mode)


def test_a_map_that_hardly_differs_is_drawn_as_differences():
    drawn = readable(chart([318.1506, 318.1508, np.nan], mode="device"))
    assert drawn.title == "device mode: words\nabove 318.1506 K"
    assert drawn.unit == "uK"
    assert drawn.values[:2] == pytest.approx([0.0, 200.0], abs=1e-3)
    assert np.isnan(drawn.values[2])


def test_a_map_that_differs_is_drawn_as_it_is():
    drawn = readable(chart([300.0, 400.0]))
    assert (drawn.title, drawn.unit, drawn.decades) == ("words", "K", False)
    assert drawn.values.tolist() == [300.0, 400.0]
    small = readable(chart([1e-5, 5e-5]))
    assert (small.unit, small.values.tolist()) == ("uK", pytest.approx([10.0, 50.0]))


def test_decades_get_logarithmic_colours_in_the_unit_of_the_median():
    drawn = readable(chart([3.2e7, 3.2e9, 3.2e12], "s"))
    assert drawn.decades
    assert drawn.unit == "years"
    assert drawn.values[1] == pytest.approx(101.4, abs=0.1)
    assert not readable(chart([0.0, 3.2e12], "s")).decades, "zero has no logarithm"


def test_equal_and_empty_maps_say_so():
    assert readable(chart([5e-6, 5e-6], "A")).title == "words: 5 uA everywhere"
    assert readable(chart([np.nan, np.nan], "A")).title == "words: none"


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (1.5e-9, "J", "1.5 nJ"),
        (3.685e-19, "J", "2.3 eV"),
        (0.847, "1", "84.7 %"),
        (318.150756, "K", "318.1508 K"),
        (713432.1, "", "713,430"),
        (7173030, "", "7,173,030"),
        (5.2442754e13, "s", "1.6618 million years"),
        (10488550.8, "s", "121.4 days"),
        (2e-5, "m", "20 um"),
        (6706.0, "1/s", "6.706 k/s"),
        (None, "J", "-"),
        ("drift", "", "drift"),
        (0.0, "J", "0 J"),
    ],
)
def test_numbers_read_well(value, unit, said):
    assert number(value, unit) == said


@pytest.mark.parametrize(
    ("value", "base", "said"),
    [(318.1502, 318.15, "+200 uK"), (300.0, 311.4, "-11.4 K"), (1.0, 1.0, "0 K"), (0.0, 9.999e-7, "-1 uK")],
)
def test_differences_carry_a_sign_and_a_prefix(value, base, said):
    assert difference(value, base) == said


def test_several_values_share_one_unit():
    assert in_one_unit([1e-9, 2.5e-6, None], "J") == (["1", "2,500", "-"], "nJ")
    assert in_one_unit([63317.0, 5890100.0], "") == (["0.06332", "5.89"], "million")
    assert in_one_unit([0, 12], "") == (["0", "12"], "")


def test_tile_maps_agree_with_the_figures(compiled):
    mapping, graph, hardware = compiled.mapping, compiled.graph, compiled.hardware
    found = {(c.mode, c.key): c.values for c in maps.tile_maps(View(mapping, graph, hardware))}
    told = mapping.figures
    assert np.nanmin(found["espine", "lifetime_frames"]) == pytest.approx(told["espine_lifetime_frames"])
    assert np.nanmin(found["device", "lifetime_s"]) == pytest.approx(told["device_lifetime_s"])
    assert found["device", "dynamic_power_W"].sum() == pytest.approx(told["device_power_dynamic_W"])
    assert found["", "messages_per_frame"].sum() * graph.frames == pytest.approx(told["hops"])
    assert found["device", "temperature_K"].max() <= told["device_temperature_cell_peak_K"]
    cells = hardware.rows * hardware.columns
    assert np.nansum(found["", "cell_utilisation"]) * cells == pytest.approx(graph.network.synapses)
    for values in found.values():
        assert values.shape == (hardware.tiles,)


def test_crossbar_maps_agree_with_the_figures(compiled):
    mapping, graph, hardware = compiled.mapping, compiled.graph, compiled.hardware
    weakest = maps.weakest_crossbar(View(mapping, graph, hardware))
    worst, used = 0.0, 0
    for k in range(mapping.clustering.clusters):
        found = {(c.mode, c.key): c.values for c in maps.crossbar_maps(View(mapping, graph, hardware), k)}
        assert {values.shape for values in found.values()} == {(hardware.rows, hardware.columns)}
        spent = found["espine", "spent_per_million_frames"]
        worst = max(worst, float(np.nanmax(np.append(spent, 0.0))))
        off = found["device", "off_share"]
        if np.isfinite(off).any():
            assert np.nanmean(off) == pytest.approx(hardware["refresh_share"], rel=1e-2)
        used += int(np.isfinite(found["", "conductance_S"]).sum())
        current = found["", "current_A"]
        ideal = found["", "conductance_S"] * hardware["read_voltage"]
        programmed = np.isfinite(current)
        assert np.all(current[programmed] <= ideal[programmed] * (1 + 1e-12)), "wires only lose"
    assert 1e6 / worst == pytest.approx(mapping.figures["espine_lifetime_frames"])
    assert used == graph.network.synapses
    assert 0 <= weakest < mapping.clustering.clusters


def test_a_crossbar_that_does_not_exist_is_refused(compiled):
    with pytest.raises(InputError, match="crossbar 999 does not exist"):
        maps.crossbar_maps(View(compiled.mapping, compiled.graph, compiled.hardware), 999)


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_tiles_and_crossbars_are_drawn_alike_twice(compiled, tmp_path, suffix):
    mapping, graph, hardware = compiled.mapping, compiled.graph, compiled.hardware
    mesh = (hardware.mesh_width, hardware.mesh_height)
    charts = maps.tile_maps(View(mapping, graph, hardware))
    cells = maps.crossbar_maps(View(mapping, graph, hardware), 0)
    for name in ("a", "b"):
        plots.plot_tiles(charts, mesh, tmp_path / f"{name}-tiles{suffix}", title="tiles")
        plots.plot_crossbar(cells[:4], tmp_path / f"{name}-cells{suffix}", title="cells")
    for what in ("tiles", "cells"):
        first, second = ((tmp_path / f"{name}-{what}{suffix}").read_bytes() for name in "ab")
        assert first == second
        assert len(first) > 10_000
        assert not re.search(rb"dc:date|CreationDate", first), "a picture would differ from day to day"
    if suffix == ".png":
        width, height = png_size(tmp_path / "a-tiles.png")
        assert width > height > 300
    if suffix == ".svg":
        text = (tmp_path / "a-tiles.svg").read_text()
        assert text.count("<svg") == 1


def test_comparison_and_nodes_are_drawn(tmp_path):
    rows = [
        {"workload": w, "objective": o, "metric": m, "unit": "", "ratio": ratio}
        for w in ("one", "two")
        for o, ratio in (("traffic", 1.0), ("espine", 2.0))
        for m in ("energy", "lifetime")
    ]
    path = ratios.plot_comparison(rows, tmp_path / "c.png", title="ratios")
    assert png_size(path)[0] > 500
    panel = Panel("lifetime", "ratio", ("a", "b"), {"net": [1.0, 30.0]}, {"net": [2.0, 40.0]}, 3.5)
    path = ratios.plot_nodes([panel], tmp_path / "n.png", title="nodes")
    assert png_size(path)[1] > 300


def test_every_network_is_drawn_however_many(tmp_path):
    lines = {f"network {n}": [1.0 + n, 30.0 + n] for n in range(12)}
    path = ratios.plot_nodes([Panel("lifetime", "ratio", ("a", "b"), lines, lines, 3.5)], tmp_path / "n.svg", title="")
    text = path.read_text()
    assert all(f"<!-- {name} -->" in text for name in lines)
    assert text.count("<!-- limit -->") == 1


def test_an_unknown_format_is_refused_before_matplotlib_loads(tmp_path):
    with pytest.raises(InputError, match=r"must end in .png, .svg, .pdf"):
        plots.must_be_drawable(tmp_path / "picture.bmp")
    with pytest.raises(InputError, match="must end in"):
        plots.plot_tiles([chart([1.0])], (1, 1), tmp_path / "picture", title="")
