"""All that a run leaves behind, in one folder: mapping, page, pictures, and a log of what was said."""

import io
import platform
import shlex
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, TextIO

import snnmap
from snnmap.cli import terminal
from snnmap.cli.progress import lines
from snnmap.core.files import must_be_folder, write_atomically
from snnmap.core.run import Progress
from snnmap.core.version import __version__

MAPPING, PAGE, PICTURES, LOG = "mapping.json", "report.html", "pictures", "log.txt"


class Tee(io.TextIOBase):
    """Standard output that is also kept."""

    def __init__(self, shown: TextIO) -> None:
        self.shown = shown
        self.kept: list[str] = []

    def write(self, text: str) -> int:
        """Show it and keep it; bytes are refused, by which click tells streams of text."""
        written = self.shown.write(text)
        self.kept.append(text)
        return written

    def flush(self) -> None:
        """Nothing is held back."""
        self.shown.flush()

    def isatty(self) -> bool:
        """What it is without being kept."""
        return self.shown.isatty()

    @property
    def encoding(self) -> str:  # type: ignore[override]  # io has a variable there
        """Of what is shown."""
        return self.shown.encoding


class Folder:
    """Where everything about one compilation goes.

    Raises
    ------
    InputError
        If it cannot be made, or written into.
    """

    def __init__(self, path: Path) -> None:
        must_be_folder(path)
        must_be_folder(path / PICTURES)
        self.path = path
        self.said: list[str] = []
        self.begun = time.strftime("%Y-%m-%d %H:%M:%S%z")
        self.clock = time.monotonic()

    @contextmanager
    def progress(self, quiet: bool) -> Iterator[Progress]:
        """As `terminal.progress`; every long stage is a line of the log too."""
        with terminal.progress(quiet) as shown, lines(self.said.append) as logged:

            def both(name: str, done: int, total: int, best: float) -> None:
                logged(name, done, total, best)
                if shown is not None:
                    shown(name, done, total, best)

            yield both

    def keep(self, compiled: snnmap.Compiled, progress: Progress | None) -> list[Path]:
        """Mapping, page and pictures; what was written."""
        self.path.mkdir(parents=True, exist_ok=True)
        mapping = self.path / MAPPING
        snnmap.save(compiled.mapping, mapping)
        found = snnmap.report(compiled, progress=progress)
        return [mapping, snnmap.html_report(found, self.path / PAGE), *snnmap.pictures(found, self.path / PICTURES)]

    @contextmanager
    def logged(self, notes: list[str]) -> Iterator[None]:
        """Keep what the answer says, and write the log when it is over, with the notes for the reader."""
        self.said += notes
        tee = Tee(sys.stdout)
        with redirect_stdout(tee):
            yield
        write_atomically(self.path / LOG, self.log("".join(tee.kept)).encode())

    def log(self, answer: str) -> str:
        """The log: what ran where, how it went, what came of it."""
        head = (
            f"snnmap {__version__}, Python {platform.python_version()}, {platform.platform()}",
            f"$ {shlex.join(['snnmap', *sys.argv[1:]])}",
            f"begun {self.begun}",
        )
        took = f"finished after {time.monotonic() - self.clock:.1f} s"
        return "\n".join((*head, "", *self.said, "", answer.rstrip("\n"), "", took)) + "\n"


def documented(written: list[Path]) -> dict[str, Any]:
    """Where page and pictures are, JSON-able; nothing if the mapping was all that was written."""
    return {"html": str(written[1]), "pictures": [str(path) for path in written[2:]]} if len(written) > 1 else {}
