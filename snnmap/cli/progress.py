"""How the work is going, on stderr: a bar per stage on a terminal, plain lines for long stages elsewhere.

A stage is over when another begins, although a search may have stopped before its last try, and when all is done. Both
displays say so: a full bar marked `done`, or one line with the time if it took long.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from snnmap.core.run import Progress

ALONGSIDE = ("compare", "study", "sweep", " kernels")
"""Endings of what goes on while stages come and go."""
QUIET_SECONDS = 2.0
"""A stage that lasts longer than this says so, even when stderr is not a terminal."""


@dataclass(slots=True)
class Stage:
    """One stage, as far as it has come."""

    name: str
    begun: float
    told: float
    done: int = 0
    total: int = 0
    best: float = 0.0


@dataclass(slots=True)
class Stages:
    """The stages that run now; `over` is called with each that is over."""

    over: Callable[[Stage], None]
    clock: Callable[[], float] = time.monotonic
    last: float = field(init=False)
    """When anything was told last: what is told first after it began then."""
    running: dict[str, Stage] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.last = self.clock()

    def told(self, name: str, done: int, total: int, best: float) -> Stage:
        """The stage that is told of; ends the ones before it if it has just begun."""
        now = self.clock()
        if name not in self.running:
            if not name.endswith(ALONGSIDE):
                self.end(keep=ALONGSIDE[:3])
            self.running[name] = Stage(name, self.last, now)
        stage = self.running[name]
        stage.told, stage.done, stage.total, stage.best = now, done, total, best
        self.last = now
        return stage

    def end(self, keep: tuple[str, ...] = ()) -> None:
        """Everything that runs is over, but for `keep`."""
        for name in [name for name in self.running if name not in keep]:
            self.over(self.running.pop(name))


@contextmanager
def lines(say: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> Iterator[Progress]:
    """A line per `QUIET_SECONDS` of a stage, and one when it is over if it took as long."""
    said: dict[str, float] = {}

    def over(stage: Stage) -> None:
        said.pop(stage.name, None)
        if stage.told - stage.begun >= QUIET_SECONDS:
            tell(stage, "done")

    def tell(stage: Stage, how_far: str) -> None:
        parts = (how_far, best_so_far(stage.best), f"{stage.told - stage.begun:.0f} s")
        say(f"{stage.name}: {', '.join(part for part in parts if part)}")

    stages = Stages(over, clock)

    def told(name: str, done: int, total: int, best: float) -> None:
        stage = stages.told(name, done, total, best)
        if done < total and stage.told - said.get(name, stage.begun) >= QUIET_SECONDS:
            said[name] = stage.told
            tell(stage, f"{done} of {total}")

    yield told
    stages.end()


@contextmanager
def bars() -> Iterator[Progress]:
    """A live bar per stage, which vanishes at the end."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Task, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars
    from rich.text import Text

    class Left(TimeRemainingColumn):
        """Time left, while anything is known of it."""

        def render(self, task: Task) -> Text:
            """`0:01:20 left`."""
            known = not task.finished and task.time_remaining is not None
            return super().render(task) + " left" if known else Text()

    layout = (
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[best]}"),
        TimeElapsedColumn(),
        Left(),
    )
    with Bars(*layout, console=Console(stderr=True), transient=True) as shown:
        known: dict[str, Any] = {}

        def over(stage: Stage) -> None:
            tries = max(1, stage.done)
            said = " ".join(part for part in ("done", best_so_far(stage.best)) if part)
            shown.update(known[stage.name], completed=tries, total=tries, best=said)

        stages = Stages(over)

        def told(name: str, done: int, total: int, best: float) -> None:
            stages.told(name, done, total, best)
            if name not in known:
                known[name] = shown.add_task(name, total=total, best="")
            shown.update(known[name], completed=done, total=total, best=best_so_far(best))

        yield told
        stages.end()


def best_so_far(cost: float) -> str:
    """Best cost so far, in words: counts in full, small numbers by their digits; nothing if there is none."""
    return "" if not cost else f"best {cost:,.0f}" if cost >= 1000 else f"best {cost:.4g}"
