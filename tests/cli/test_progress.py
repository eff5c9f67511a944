"""Stages say how far they are and that they are over, on a terminal and elsewhere."""

import io
import re

import pytest
import rich.console

from snnmap.cli import progress, terminal

real = rich.console.Console
COMPILATION = [  # seconds between, stage, done, of, best cost
    (0.5, "profile", 1, 2, 0.0),
    (0.4, "profile", 2, 2, 0.0),
    (3.0, "partition", 0, 12, 0.0),
    (1.0, "partition kernels", 1, 43, 0.0),
    (3.5, "partition kernels", 2, 43, 0.0),
    (2.5, "partition", 1, 12, 12345.6),
    (1.0, "place", 1, 100, 7.45e-7),
    (0.1, "place", 100, 100, 7.4e-7),
]


def clock(times):
    """Every reading is the next of the sums of `times`; the first is 0."""
    now = [0.0]

    def read():
        return now[0]

    def wait(seconds):
        now[0] += seconds

    return read, wait


def told_to(display, wait, course):
    with display as told:
        for seconds, *what in course:
            wait(seconds)
            told(*what)


def test_lines_where_there_is_no_terminal():
    read, wait = clock(COMPILATION)
    said = []
    told_to(progress.lines(said.append, read), wait, COMPILATION)
    assert said == [
        "partition: 0 of 12, 3 s",
        "partition kernels: 2 of 43, 4 s",
        "partition: 1 of 12, best 12,346, 10 s",
        "partition: done, best 12,346, 10 s",
        "partition kernels: done, 4 s",
    ]


def test_what_takes_long_says_so_every_two_seconds_and_at_the_end():
    course = [(1.0, "place", done, 9, best) for done, best in enumerate([0.0, 12345.6, 1.0, 1.0, 7.45e-7])]
    read, wait = clock(course)
    said = []
    told_to(progress.lines(said.append, read), wait, course)
    assert said == [
        "place: 1 of 9, best 12,346, 2 s",
        "place: 3 of 9, best 1, 4 s",
        "place: done, best 7.45e-07, 5 s",
    ]


def test_a_stage_that_comes_again_begins_anew():
    course = [(3.0, "wire", 1, 1, 0.0), (1.0, "partition", 1, 4, 0.0), (1.0, "wire", 1, 1, 0.0)]
    read, wait = clock(course)
    said = []
    told_to(progress.lines(said.append, read), wait, course)
    assert said == ["wire: done, 3 s"]


def test_what_goes_on_alongside_is_over_at_the_end():
    course = [(3.0, "compare", 0, 2, 0.0), (3.0, "place", 1, 1, 0.0), (3.0, "compare", 2, 2, 0.0)]
    read, wait = clock(course)
    said = []
    told_to(progress.lines(said.append, read), wait, course)
    assert said == ["compare: 0 of 2, 3 s", "compare: done, 9 s", "place: done, 3 s"]


def test_an_error_ends_nothing():
    read, wait = clock([])
    said = []

    def broken():
        with progress.lines(said.append, read) as told:
            wait(3.0)
            told("profile", 1, 1, 0.0)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert said == []


def test_bars_of_stages_that_are_over_are_full_and_marked(monkeypatch):
    screen = io.StringIO()
    monkeypatch.setattr(rich.console, "Console", lambda **_: real(file=screen, force_terminal=True, width=100))
    with progress.bars() as told:
        told("partition", 1, 12, 12345.6)
        assert "done" not in screen.getvalue()
        told("place", 1, 100, 5.0)
    shown = " ".join(re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", screen.getvalue()).split())
    assert "1/1 done best 12,346 0:00:00 place" in shown


def test_quiet_shows_nothing():
    with terminal.progress(quiet=True) as nothing:
        assert nothing is None
