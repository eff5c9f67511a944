"""What a run needs besides its problem: whom to tell, how long it may take, and a random stream per stage."""

import time
from collections.abc import Callable

import numpy as np

Progress = Callable[[str, int, int, float], None]
"""Called as progress(stage, done, total, best cost so far)."""


def stream(seed: int, stage: str) -> np.random.Generator:
    """Random stream of one stage: a function of the seed and the stage alone."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *stage.encode()])))


def is_over(deadline: float | None) -> bool:
    """Whether the time `deadline` (`time.monotonic`), if there is one, has come."""
    return deadline is not None and time.monotonic() >= deadline
