r"""How large an HTML page is, how soon a browser shows it, and pictures of it: desktop, dark and phone; of a sweep one.

    snnmap compile nmnist-cnn -o mapping.json && snnmap report mapping.json --quiet --html report.html
    python benchmarks/page.py report.html --pictures reports/pictures
    snnmap sweep mnist-mlp braille-rsnn --crossbar 64,128,256 --technology pcm-65,pcm-16 --objective traffic,energy \
        --seeds 0,1 --samples 20 -o sweep.csv --quiet
    snnmap pareto sweep.csv --of energy,espine-lifetime --html sweep.html
    python benchmarks/page.py sweep.html --pictures reports/pictures

Needs playwright and Chromium (`apt-get install chromium`). Times are of one process after another on this machine:
from the call for the page until its text is there, and until its last chart is drawn.
"""

import argparse
import io
import shutil
import statistics
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

VIEWS = {
    "page": (1280, 1000, "light"),
    "page-dark": (1280, 1000, "dark"),
    "page-phone": (390, 844, "light"),
    "sweep": (1280, 1280, "light"),
}
"""Picture to width, height and colours of the window."""
PARTS = {"page": "#tiles", "page-dark": "#schedule", "page-phone": "#figures", "sweep": "#along"}
"""Picture to the section at its top, which the page must have."""
TRIES = 5
QUALITY = 72
NARROW = 960
"""Pixels across a picture, at most."""


def opened(browser: Browser, file: Path) -> tuple[float, float]:
    """Seconds until the text is there, and until every chart is drawn."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    begun = time.perf_counter()
    page.goto(file.as_uri(), wait_until="commit")
    page.wait_for_selector("main section")
    text = time.perf_counter() - begun
    page.wait_for_selector("html[data-ready=yes]")
    drawn = time.perf_counter() - begun
    page.context.close()
    return text, drawn


def picture(browser: Browser, file: Path, name: str, folder: Path) -> Path | None:
    """A picture of the page, `name`.webp; none if it has no such section."""
    width, height, scheme = VIEWS[name]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready=yes]")
    if page.locator(PARTS[name]).count() == 0:
        context.close()
        return None
    page.add_style_tag(content="html { scroll-behavior: auto !important; }")
    page.evaluate(f"() => document.querySelector('{PARTS[name]}').scrollIntoView()")
    shot = Image.open(io.BytesIO(page.screenshot()))
    context.close()
    if shot.width > NARROW:
        shot = shot.resize((NARROW, round(shot.height * NARROW / shot.width)), Image.Resampling.LANCZOS)
    path = folder / f"{name}.webp"
    shot.save(path, quality=QUALITY, method=6)
    return path


def main() -> None:
    """Print size and times; write pictures if asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--pictures", type=Path, metavar="DIR")
    given = parser.parse_args()
    file = given.file.resolve()
    print(f"{file.stat().st_size / 1e6:.2f} MB")
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        times = [opened(browser, file) for _ in range(TRIES)]
        for what, values in zip(("text after", "all charts after"), zip(*times, strict=True), strict=True):
            listed = ", ".join(f"{value:.2f}" for value in sorted(values))
            print(f"{what} {statistics.median(values):.2f} s, median of {TRIES} ({listed})")
        for name in VIEWS if given.pictures else ():
            path = picture(browser, file, name, given.pictures)
            if path is not None:
                print(f"{path}: {path.stat().st_size / 1e3:.0f} kB")
        browser.close()


if __name__ == "__main__":
    main()
