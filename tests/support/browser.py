"""A page in headless Chromium, and what it complains of or asks for."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium: apt-get install chromium")
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}


class Seen:
    """A page that was opened, and everything it complained of or asked for."""

    def __init__(self, chromium: Any, file: Path, size: str = "desktop", scheme: str = "light") -> None:
        width, height = SIZES[size]
        phone = {"has_touch": True, "is_mobile": True} if size == "phone" else {}
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **phone)
        self.page = context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(dialog.message))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(file.as_uri())
        self.page.wait_for_selector("html[data-ready=yes]", timeout=60_000)

    def charts(self) -> list[str]:
        """Charts of the page."""
        return self.page.eval_on_selector_all("figure.chart", "boxes => boxes.map(box => box.dataset.plot)")

    def marks(self, chart: str) -> int:
        """Things that are drawn in a chart: pictures of heat maps, bars, lines, points."""
        within = f'figure[data-plot="{chart}"] .main-svg'
        return self.page.locator(
            ", ".join(f"{within} {mark}" for mark in (".hm image", ".point path", ".js-line"))
        ).count()

    def choices(self) -> Iterator[tuple[str, str]]:
        """Choose every option of every picker; the chart it is of, and the option."""
        for select in self.page.locator("figure.chart select").all():
            chart = select.locator("xpath=ancestor::figure").get_attribute("data-plot")
            for value in select.locator("option").evaluate_all("options => options.map(option => option.value)"):
                select.select_option(value)
                self.settle()
                yield chart, value

    def settle(self) -> None:
        """Wait until what was asked for is drawn."""
        self.page.evaluate("() => new Promise(done => setTimeout(done, 150))")
