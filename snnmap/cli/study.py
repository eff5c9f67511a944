"""The study command."""

import sys
from pathlib import Path

import click

import snnmap
from snnmap.cli import options, terminal


@click.command(cls=options.Command, epilog="\b\nExample:\n  snnmap study reports/papers/study.toml")
@click.argument("file", metavar="STUDY.toml", type=options.FILE)
@options.quiet
@options.as_json
def study(file: Path, quiet: bool, json_: bool) -> None:
    """Run a study: published figures beside ours, written beside its file (report.md, results.csv, results.json)."""
    try:
        with terminal.progress(quiet) as progress:
            written = snnmap.run_study(file, progress=progress)
    except KeyboardInterrupt:
        terminal.say("snnmap: stopped; finished workloads are kept, and the same command goes on with the next")
        sys.exit(130)
    if json_:
        terminal.as_json({"written": [str(path) for path in written]})
        return
    for path in written:
        terminal.line(f"wrote {path}")
