"""The HTML report as a reader has it, in headless Chromium: every chart is drawn, nothing is complained of, none asks
for anything. Skipped where there is no Chromium; CI installs one (`.ci/run`)."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from support import small_workload
from support.browser import SIZES, Seen, needs_chromium

import snnmap

pytestmark = needs_chromium
EVIL = "<script>window.pwned=1</script><img src=x onerror=window.pwned=2>"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, chip: Path) -> Path:
    folder = tmp_path_factory.mktemp("browser")
    marked = small_workload.recipe().replace('"hidden"', json.dumps(EVIL))
    small_workload.saved_mapping(folder, chip, marked, seed=0)
    return snnmap.html_report(snnmap.report(folder / "mapping.json"), folder / "report.html")


def test_every_chart_is_drawn_and_no_request_leaves(seen: Seen) -> None:
    charts = seen.charts()
    assert len(charts) == 8
    for chart in charts:
        box = seen.page.locator(f'figure[data-plot="{chart}"]')
        assert box.get_attribute("data-drawn") == "yes"
        assert seen.marks(chart) > 0, chart
        assert box.locator("figcaption").inner_text()


def test_a_request_would_be_noticed_and_is_forbidden(chromium: Any, file: Path) -> None:
    seen = Seen(chromium, file)
    seen.page.evaluate("() => fetch('http://127.0.0.1:9/').catch(() => null)")
    assert any("Content Security Policy" in complaint for complaint in seen.complaints)
    before = len(seen.complaints)
    seen.page.evaluate("() => document.body.insertAdjacentHTML('beforeend', '<b onclick=\"1\">x</b><img src=x>')")
    seen.settle()
    assert len(seen.complaints) > before
    seen.page.context.close()


def test_whatever_is_chosen_is_drawn(seen: Seen) -> None:
    drawn = 0
    for chart, value in seen.choices():
        assert seen.page.locator(".failed").count() == 0
        assert seen.marks(chart) > 0, (chart, value)
        drawn += 1
    assert drawn > 30


@pytest.mark.parametrize(
    ("chart", "at", "said"),
    [
        ("crossbar", (0.2, 0.2), r"row \d+: .*column \d+: "),
        ("raster", (0.5, 0.85), r"step \d+: [\d,]+ spikes"),
    ],
)
def test_pointing_at_something_tells_what_it_is(seen: Seen, chart: str, at: tuple[float, float], said: str) -> None:
    if chart == "crossbar":
        seen.page.locator('figure[data-plot="crossbar"] select').nth(1).select_option("espine-temperature_K")
        seen.settle()
    place = seen.page.locator(f'figure[data-plot="{chart}"] .plot')
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    for shift in range(40):
        seen.page.mouse.move(box["x"] + box["width"] * at[0] + shift, box["y"] + box["height"] * at[1] + shift / 2)
        seen.settle()
        words = place.locator(".hoverlayer").text_content()
        if words:
            break
    assert re.search(said, words), words


def point_at(seen: Seen, tile: int) -> None:
    """Move the mouse to the middle of a tile of the map."""
    seen.page.locator('figure[data-plot="tiles"] .plot').scroll_into_view_if_needed()
    z = "document.querySelector('figure[data-plot=tiles] .plot').data[0].z"
    width, height = seen.page.evaluate(f"() => [{z}[0].length, {z}.length]")
    box = seen.page.locator('figure[data-plot="tiles"] .hm image').first.bounding_box()
    x = box["x"] + box["width"] * (tile % width + 0.5) / width
    y = box["y"] + box["height"] * (tile // width + 0.5) / height
    for aside in (-8, -4, 0):
        seen.page.mouse.move(x + aside, y)
        seen.settle()


def test_pointing_at_a_tile_tells_what_it_holds(seen: Seen) -> None:
    seen.page.locator('figure[data-plot="tiles"] select').select_option("device-dynamic_power_W")
    for tile in seen.page.evaluate("() => Object.keys(JSON.parse(document.getElementById('data').textContent).opened)"):
        point_at(seen, int(tile))
        words = seen.page.locator('figure[data-plot="tiles"] .hoverlayer').text_content()
        assert re.search(rf"tile {tile} at \(\d, \d\), crossbar", words), words
        assert re.search(r"device mode: dynamic power: [\d.]+ .?W", words), words


def test_a_bar_of_the_schedule_names_its_actor(seen: Seen) -> None:
    seen.page.locator('figure[data-plot="schedule"] .plot').scroll_into_view_if_needed()
    seen.page.locator('figure[data-plot="schedule"] .point').first.hover(force=True)
    seen.settle()
    words = seen.page.locator('figure[data-plot="schedule"] .hoverlayer').text_content()
    assert re.search(r"from [\d.]+ .?s for [\d.]+ .?s", words), words


def test_markup_in_names_does_nothing(seen: Seen) -> None:
    assert EVIL.partition(">")[0] in seen.page.locator("main").inner_text() + seen.page.locator("main").inner_html()
    assert seen.page.evaluate("() => window.pwned") is None
    assert seen.page.locator("img").count() == 0
    assert seen.page.locator("script").count() == 3
    seen.page.locator('figure[data-plot="tiles"] .hm').first.hover(force=True)
    assert seen.page.evaluate("() => window.pwned") is None


def test_a_click_on_a_tile_opens_its_crossbar(seen: Seen) -> None:
    select = seen.page.locator('figure[data-plot="crossbar"] select').first
    tiles = seen.page.evaluate("() => JSON.parse(document.getElementById('data').textContent).opened")
    other = next(tile for tile, cluster in tiles.items() if str(cluster) != select.input_value())
    point_at(seen, int(other))
    seen.page.mouse.down()
    seen.page.mouse.up()
    seen.settle()
    assert select.input_value() == str(tiles[other])


def test_the_keyboard_reaches_and_changes_everything(seen: Seen) -> None:
    seen.page.keyboard.press("Tab")
    assert seen.page.evaluate("() => document.activeElement.className") == "skip"
    reached = set()
    for _ in range(60):
        seen.page.keyboard.press("Tab")
        reached.add(seen.page.evaluate("() => document.activeElement.tagName + (document.activeElement.id || '')"))
    assert {"BUTTONtheme", "BUTTONprint", "SELECT", "SUMMARY", "A"} <= reached
    select, caption = (seen.page.locator(f'figure[data-plot="energy"] {tag}') for tag in ("select", "figcaption"))
    before = caption.inner_text()
    select.focus()
    seen.page.keyboard.press("ArrowDown")
    seen.settle()
    assert caption.inner_text() != before
    assert "device mode" in caption.inner_text().lower()


def test_a_map_that_is_nothing_is_flat_until_stretched(seen: Seen) -> None:
    box = seen.page.locator('figure[data-plot="tiles"]')
    box.locator("select").select_option("device-temperature_K")
    seen.settle()
    ends = (
        "() => { const t = document.querySelector('figure[data-plot=tiles] .plot').data[0]; return [t.zmin, t.zmax]; }"
    )
    assert "nothing to tell apart" in box.locator("figcaption").inner_text()
    flat = seen.page.evaluate(ends)
    box.locator(".stretch input").check()
    seen.settle()
    stretched = seen.page.evaluate(ends)
    assert stretched[1] - stretched[0] < (flat[1] - flat[0]) / 2
    box.locator("select").select_option("layers")
    assert box.locator(".stretch").is_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_follow_the_reader_and_the_button(chromium: Any, file: Path, scheme: str) -> None:
    seen = Seen(chromium, file, scheme=scheme)
    ground = "() => getComputedStyle(document.body).backgroundColor"
    ink = "() => document.querySelector('figure[data-plot=energy] .plot').layout.font.color"
    light, dark = ("rgb(244, 246, 248)", "#17212b"), ("rgb(15, 22, 29)", "#e8edf2")
    own, other = (light, dark) if scheme == "light" else (dark, light)
    assert (seen.page.evaluate(ground), seen.page.evaluate(ink)) == own
    seen.page.locator("#theme").click()
    seen.settle()
    assert (seen.page.evaluate(ground), seen.page.evaluate(ink)) == other
    assert seen.complaints == []
    seen.page.context.close()


def test_a_phone_shows_it_without_sideways_scrolling(chromium: Any, file: Path) -> None:
    seen = Seen(chromium, file, "phone")
    assert seen.page.evaluate("() => document.documentElement.scrollWidth") == SIZES["phone"][0]
    assert all(seen.marks(chart) > 0 for chart in seen.charts())
    widest = seen.page.evaluate(
        "() => Math.max(...[...document.querySelectorAll('.main-svg')].map(svg => svg.getBoundingClientRect().right))"
    )
    assert widest <= SIZES["phone"][0]
    assert (seen.complaints, seen.requests) == ([], [file.as_uri()])
    seen.page.context.close()


def test_it_prints(seen: Seen, tmp_path: Path) -> None:
    seen.page.pdf(path=tmp_path / "report.pdf", format="A4")
    content = (tmp_path / "report.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", content)) >= 3
    seen.settle()
    assert seen.page.evaluate("() => document.documentElement.dataset.theme") is None
