"""From whatever a user names to a spike-activity graph."""

from pathlib import Path

from snnmap.core.run import Progress
from snnmap.formats.profile import is_profile, load_profile
from snnmap.frontend import LoadOptions, load_workload
from snnmap.ir import SpikeGraph, Workload
from snnmap.simulate.profile import profile as run_profile


def profile(
    source: str | Path | Workload, options: LoadOptions | None = None, *, progress: Progress | None = None
) -> SpikeGraph:
    """Spike-activity graph of a workload: run it on its data, or read a saved profile or a recording.

    Parameters
    ----------
    source
        Shipped name, NIR, Lava, recipe or activity file, saved profile, or a `Workload`.
    options
        Data, encoding, time step and reset; `None` takes the workload's own.
    progress
        Called with ("profile", frames done, frames, 0).

    Raises
    ------
    InputError
        If a file or option is not usable.
    """
    if isinstance(source, Workload):
        workload = source
    elif is_profile(source):
        return load_profile(Path(source))
    else:
        loaded = load_workload(source, options or LoadOptions())
        if isinstance(loaded, SpikeGraph):
            return loaded
        workload = loaded
    per_frame = None if progress is None else lambda done, total: progress("profile", done, total, 0.0)
    return run_profile(workload, progress=per_frame)
