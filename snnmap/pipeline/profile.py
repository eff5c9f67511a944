"""From whatever a user names to a spike-activity graph."""

from dataclasses import replace
from pathlib import Path
from typing import TypedDict, Unpack

from snnmap.core.run import Progress
from snnmap.formats.profile import is_profile, load_profile
from snnmap.frontend import Data, LoadOptions, Source, load_workload, located_source
from snnmap.ir import SpikeGraph, Workload
from snnmap.pipeline.quantised import quantised
from snnmap.simulate.profile import profile as run_profile
from snnmap.transform.columns import with_input_columns

__all__ = ["located_source", "prepared", "profile"]

FINISHED = "it is a saved profile, run already; leave them out, or profile the network again with them"


class Inputs(TypedDict, total=False):
    """What a network in memory is fed; as in `LoadOptions`."""

    data: Data
    labels: Data
    layout: str


def prepared(
    source: Source | Workload | SpikeGraph, options: LoadOptions | None, inputs: Inputs
) -> Workload | SpikeGraph:
    """What `profile` would run, or the graph that is finished already; arguments as there.

    Raises
    ------
    InputError
        If a file or option is not usable, or would change nothing because the source is loaded or profiled already.
    """
    wanted = replace(options or LoadOptions(), **inputs)
    if isinstance(source, Workload | SpikeGraph):
        wanted.must_apply(where="the workload", why="it has its input and its stepping already; load it with them")
        return source if isinstance(source, SpikeGraph) else quantised(source)
    if isinstance(source, str | Path) and is_profile(source):
        wanted.must_apply(where=source, why=FINISHED)
        return load_profile(Path(source))
    loaded = load_workload(source, wanted)
    return loaded if isinstance(loaded, SpikeGraph) else quantised(loaded)


def profile(
    source: Source | Workload,
    options: LoadOptions | None = None,
    *,
    progress: Progress | None = None,
    **inputs: Unpack[Inputs],
) -> SpikeGraph:
    """Spike-activity graph of a workload: run it on its data, or read a saved profile or a recording.

    Parameters
    ----------
    source
        Shipped name, NIR, Lava, recipe or activity file, saved profile; a `Workload`, an `nir.NIRGraph`, what
        `from_nir` returned, or a torch module of snnTorch, sinabs, SpikingJelly or Norse.
    options
        Data, encoding, time step and reset; `None` takes the workload's own.
    progress
        Called with ("profile", frames done, frames, 0).
    inputs
        `data`, `labels`, `layout` in the place of those of `options`: files, or arrays or tensors in memory.

    Raises
    ------
    InputError
        If a file or option is not usable.
    """
    workload = prepared(source, options, inputs)
    if isinstance(workload, SpikeGraph):
        return workload
    columns = workload.provenance.options.get("inputs") == "column"
    per_frame = None if progress is None else lambda done, total: progress("profile", done, total, 0.0)
    graph = run_profile(workload, progress=per_frame)
    return with_input_columns(graph) if columns else graph
