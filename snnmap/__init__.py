"""snnmap: compile spiking neural networks onto memristor crossbar tiles.

    import snnmap

    compiled = snnmap.compile("mnist-mlp", snnmap.CompileOptions(hardware="pcm-mesh-64", seed=1))
    compiled.report["energy_J"]
    snnmap.save(compiled.mapping, "mapping.json")
    snnmap.verify(compiled.mapping, compiled.graph, compiled.hardware)   # [] if legal

The command line is a shell over the names below. `profile`, `verify`, `evaluate` and `report` are functions here; the
modules of the same names are reached by `from snnmap.verify import ...`.
"""

from snnmap.account import account as report
from snnmap.account import pictures
from snnmap.core.errors import InfeasibleError, InputError, SnnmapError
from snnmap.core.version import __version__
from snnmap.evaluate import evaluate
from snnmap.findings import study as run_study
from snnmap.formats.mapping import load, save
from snnmap.formats.profile import load_profile, save_profile
from snnmap.formats.schema import schema
from snnmap.frontend import LoadOptions, load_network, load_workload
from snnmap.hardware import Hardware, list_hardware, list_technologies, load_hardware
from snnmap.ir import (
    Clustering,
    Dynamics,
    Mapping,
    Metric,
    Network,
    Placement,
    Population,
    Report,
    Schedule,
    Sdfg,
    SpikeGraph,
    Spikes,
    Traffic,
    Violation,
    Wiring,
    Workload,
)
from snnmap.locate import difference, neuron, on_tile
from snnmap.pipeline import Compiled, CompileOptions, compile, profile, verify_file  # noqa: A004  as `snnmap.compile`
from snnmap.plan import OBJECTIVES, algorithms
from snnmap.study import CompareOptions, Comparison, compare
from snnmap.survey import activity, check, hardware_list, hardware_show, inspect, workloads
from snnmap.verify import verify

__all__ = [
    "__version__",
    "OBJECTIVES",
    "Clustering",
    "CompareOptions",
    "Comparison",
    "CompileOptions",
    "Compiled",
    "Dynamics",
    "Hardware",
    "InfeasibleError",
    "InputError",
    "LoadOptions",
    "Mapping",
    "Metric",
    "Network",
    "Placement",
    "Population",
    "Report",
    "Schedule",
    "Sdfg",
    "SnnmapError",
    "SpikeGraph",
    "Spikes",
    "Traffic",
    "Violation",
    "Wiring",
    "Workload",
    "activity",
    "algorithms",
    "check",
    "compare",
    "compile",
    "difference",
    "evaluate",
    "hardware_list",
    "hardware_show",
    "inspect",
    "list_hardware",
    "list_technologies",
    "load",
    "load_hardware",
    "load_network",
    "load_profile",
    "load_workload",
    "neuron",
    "on_tile",
    "pictures",
    "profile",
    "report",
    "run_study",
    "save",
    "save_profile",
    "schema",
    "verify",
    "verify_file",
    "workloads",
]
