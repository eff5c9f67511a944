"""Fixtures that several files share: a small chip file and a small compiled workload."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from support import browser, small_workload

import snnmap

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # in the background of a shell, where no child would hear Ctrl-C
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("untimed", deadline=None)  # a kernel may be compiled or read within any example
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def chip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Path of a chip file with 16 x 8 crossbars."""
    path = tmp_path_factory.mktemp("chip") / "small.toml"
    path.write_text(small_workload.CHIP)
    return path


@pytest.fixture(scope="session")
def compiled(chip: Path) -> snnmap.Compiled:
    """The small workload on the small chip."""
    options = snnmap.CompileOptions(hardware=str(chip), seed=3)
    return snnmap.compile(small_workload.workload(), options)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Headless Chromium; playwright drives it."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=browser.CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def seen(chromium: Any, file: Path) -> Iterator[browser.Seen]:
    """The page `file` of the test's module, opened; it must complain of nothing and ask for nothing."""
    opened = browser.Seen(chromium, file)
    yield opened
    opened.page.context.close()
    assert opened.complaints == []
    assert opened.requests == [file.as_uri()]
