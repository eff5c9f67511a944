"""What a run needs besides its problem: whom to tell, how long it may take, and a random stream per stage."""

import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numpy as np

Progress = Callable[[str, int, int, float], None]
"""Called as progress(stage, done, total, best cost so far)."""
P = ParamSpec("P")
T = TypeVar("T")


def as_stage(progress: Progress | None, stage: str, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Result of `work`, whose beginning and end are told as a stage of one step."""
    if progress is not None:
        progress(stage, 0, 1, 0.0)
    result = work(*given, **named)
    if progress is not None:
        progress(stage, 1, 1, 0.0)
    return result


def stream(seed: int, stage: str) -> np.random.Generator:
    """Random stream of one stage: a function of the seed and the stage alone."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *stage.encode()])))


def is_over(deadline: float | None) -> bool:
    """Whether the time `deadline` (`time.monotonic`), if there is one, has come."""
    return deadline is not None and time.monotonic() >= deadline
