"""Pictures of records: axes with units, values where they belong, no window, no file, no word of pyplot's."""

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from snnmap.core.errors import InputError
from snnmap.ir import Chart
from snnmap.render import plots
from snnmap.render.plots import draw_tiles

DRAWN = (
    "Accuracy",
    "Comparison",
    "Compiled",
    "Contrasts",
    "Front",
    "Fronts",
    "Mapping",
    "MappingReport",
    "SpikeGraph",
    "Swept",
)


def words(figure: Figure) -> str:
    """All text of a figure."""
    import matplotlib.text

    return "\n".join(text.get_text() for text in figure.findobj(matplotlib.text.Text))


@pytest.mark.parametrize("kind", DRAWN)
def test_a_picture_draws_without_a_warning(records: dict[str, Any], kind: str) -> None:
    figure = records[kind].plot()
    assert isinstance(figure, Figure)
    pixels, size = figure._repr_png_()
    assert pixels[:8] == b"\x89PNG\r\n\x1a\n"
    assert pixels == records[kind].plot()._repr_png_()[0], "the same record gives the same bytes"
    assert size["width"] > 200


@pytest.mark.parametrize("kind", DRAWN)
def test_a_picture_of_a_hostile_name_draws(hostile: dict[str, Any], kind: str) -> None:
    hostile[kind].plot()._repr_png_()


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("Accuracy", ["%", "age of the chip", "30 days", "ideal devices"]),
        ("Comparison", ["ratio to traffic", "device mode", "espine mode"]),
        ("Contrasts", ["change of the mean to anneal, %", "hops"]),
        ("Fronts", ["dynamic energy, nJ", "mm2", "less is better"]),
        ("Mapping", ["rows in use", "%", "spikes of neurons per frame"]),
        ("MappingReport", ["device mode", "espine mode", "cells in use"]),
        ("SpikeGraph", ["spikes per source and step", "spikes per frame"]),
        ("Swept", ["dynamic energy, nJ"]),
    ],
)
def test_pictures_say_what_they_show(records: dict[str, Any], kind: str, said: list[str]) -> None:
    text = words(records[kind].plot())
    for part in said:
        assert part in text


def test_tiles_of_a_mapping_are_its_own(records: dict[str, Any]) -> None:
    mapping = records["Mapping"]
    rows, columns, fired = (axis.images[0].get_array() for axis in mapping.plot().axes[:3])
    frame = mapping.to_pandas()
    for row in frame.itertuples():
        assert rows[row.y, row.x] == pytest.approx(100 * row.rows / mapping.chip.rows)
        assert columns[row.y, row.x] == pytest.approx(100 * row.columns / mapping.chip.columns)
    assert np.nansum(fired) == pytest.approx(mapping.figures["spikes"] / mapping.workload.frames)


def test_marks_of_a_comparison_are_its_ratios(records: dict[str, Any]) -> None:
    comparison = records["Comparison"]
    (axis,) = comparison.plot().axes
    marks = next(line for line in axis.lines if line.get_label() == "espine")
    own = {entry.metric: entry.ratio for entry in comparison.entries if entry.objective == "espine"}
    assert set(np.round(marks.get_xdata(), 9)) <= {round(ratio, 9) for ratio in own.values() if ratio is not None}
    names = [text.get_text().replace("\n", " ") for text in axis.get_yticklabels()]
    whole = "device mode: gradient inside crossbars, average"
    assert marks.get_xdata()[names.index(whole)] == own["device_gradient_K"] != 1.0
    assert marks.get_xdata()[names.index(f"{whole}: of the steepest crossbar")] == own["device_gradient_steepest_K"]


def test_a_map_that_has_nothing_to_tell_is_drawn_in_one_colour_and_says_so() -> None:
    alike, apart = np.array([300.0, 300.09]), np.array([300.0, 300.11])
    figure = draw_tiles([Chart("a", "heat", "K", alike), Chart("b", "warmth", "K", apart)], (2, 1), title="")
    first, last = (axis for axis in figure.axes if axis.images)
    assert (first.get_title(), last.get_title().split("\n")) == (
        "warmth\nabove 300 K",
        ["heat, mK", "above 300 K", "(differ by 90 mK: nothing to tell apart)"],
    )
    assert len(set(map(tuple, last.images[0].cmap(last.images[0].norm([0.0, 90.0]))))) == 1
    assert len(set(map(tuple, first.images[0].cmap(first.images[0].norm([0.0, 110.0]))))) == 2
    long = Chart("c", "lifetime", "s", np.array([1e9, 9e9]))
    for horizon, colours in ((1e8, 1), (2e9, 2)):
        (axis,) = (axis for axis in draw_tiles([long], (2, 1), title="", horizon=horizon).axes if axis.images)
        image = axis.images[0]
        shown = image.cmap(image.norm(np.asarray(image.get_array())[0]))
        assert len(set(map(tuple, shown))) == colours


def test_borders_of_chips_are_drawn_between_their_tiles() -> None:
    chart = Chart("a", "power", "W", np.linspace(0.0, 1.0, 24))

    def lines(grid: tuple[int, int]) -> tuple[list[float], list[float]]:
        figure = draw_tiles([chart], (6, 4), title="map", grid=grid)
        assert ("dashed: between 3 x 2 chips" in figure.get_suptitle()) == (grid == (3, 2))
        (axis,) = (axis for axis in figure.axes if axis.images)
        ends = [(line.get_xdata(), line.get_ydata()) for line in axis.lines]
        return [x[0] for x, _ in ends if x[0] == x[1]], [y[0] for _, y in ends if y[0] == y[1]]

    assert lines((3, 2)) == ([1.5, 3.5], [1.5])
    assert lines((1, 1)) == ([], [])


def test_of_many_tiles_a_map_that_has_nothing_to_tell_is_named_alone() -> None:
    tiles = np.linspace(0.0, 1.0, 100)
    charts = [Chart("a", "heat", "K", 300 + 1e-5 * tiles, "device"), Chart("b", "power", "W", tiles)]
    figure = draw_tiles(charts, (10, 10), title="")
    assert [axis.get_title() for axis in figure.axes if axis.images] == ["power"]
    said = "in one colour, and so left out:\ndevice mode: heat above 300 K (differ by 10 uK: nothing to tell apart)"
    assert figure.get_supxlabel() == said
    alone = draw_tiles(charts[:1], (10, 10), title="")
    assert sum(bool(axis.images) for axis in alone.axes) == 1


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0392, "0.0392"),
        (999.4, "999"),
        (1613.0, "1,613"),
        (9999.0, "9,999"),
        (9999.9, "10k"),
        (285_974_268.0, "286M"),
    ],
)
def test_numbers_of_tiles_are_short(value: float, said: str) -> None:
    assert plots._short(value) == said


def test_a_sweep_over_another_axis(records: dict[str, Any]) -> None:
    swept = records["Swept"]
    axis = swept.plot("area_m2", over="technology").axes[0]
    assert [text.get_text() for text in axis.get_xticklabels()] == ["pcm-65", "pcm-16"]
    assert axis.get_ylabel() == "area of all tiles, mm2"
    heights = sorted(y * 1e-6 for line in axis.lines for y in line.get_ydata())
    assert heights == pytest.approx(sorted(row["area_m2"] for row in swept.rows))
    with pytest.raises(InputError, match="did you mean 'energy_J'"):
        swept.plot("energy_j")
    with pytest.raises(InputError, match="did you mean 'technology'"):
        swept.plot(over="technolgy")


def test_one_crossbar_of_a_report(records: dict[str, Any]) -> None:
    report = records["MappingReport"]
    text = words(report.plot(crossbar=report.weakest))
    assert f"crossbar {report.weakest} on tile {report.mapping.placement.tile[report.weakest]}, the weakest in " in text
    lasts = {mode: state.lifetime for mode, state in report.states._asdict().items()}
    weakest = ", ".join(f"{int(np.argmin(values))} in {mode} mode" for mode, values in lasts.items())
    assert f"weakest crossbar: {weakest}" in words(report.plot())
    with pytest.raises(InputError, match="crossbar 99 does not exist"):
        report.plot(crossbar=99)


def test_pyplot_and_its_backend_are_left_alone(tmp_path: Any) -> None:
    code = (
        "import sys, pathlib, matplotlib, numpy as np\n"
        "from snnmap.ir import Chart\n"
        "from snnmap.render.plots import draw_tiles, plot_tiles\n"
        "chart = Chart('a', 'words', 'K', np.array([300.0, 400.0]))\n"
        "draw_tiles([chart], (2, 1), title='t')._repr_png_()\n"
        f"plot_tiles([chart], (2, 1), pathlib.Path({str(tmp_path)!r}) / 'a.svg', title='t')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "assert matplotlib.rcParams['svg.hashsalt'] is None\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
