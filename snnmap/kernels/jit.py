"""The one place that imports numba: a typed `njit` with the project's settings.

No fastmath and no parallel loops: results must be the same bytes on every machine and thread count. `nogil` lets
callers run independent samples on several threads. Compiled code is cached next to the source, or in the user's
cache folder.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

import numba

P = ParamSpec("P")
T = TypeVar("T")


def njit(function: Callable[P, T]) -> Callable[P, T]:
    """Compile `function` with numba (cached on disk, releases the GIL, IEEE arithmetic)."""
    return cast("Callable[P, T]", numba.njit(cache=True, nogil=True, fastmath=False)(function))
