"""snnmap: compile spiking neural networks onto memristor crossbar tiles.

    import snnmap

    compiled = snnmap.compile("mnist-mlp", snnmap.CompileOptions(hardware="pcm-mesh-64", seed=1))
    compiled.report["energy_J"]
    snnmap.save(compiled.mapping, "mapping.json")
    snnmap.verify(compiled.mapping, compiled.graph, compiled.hardware)   # [] if legal

The command line is a shell over the names below. `profile`, `verify`, `evaluate` and `report` are functions here; the
modules of the same names are reached by `from snnmap.verify import ...`.
"""

from snnmap.core.errors import InfeasibleError, InputError, SnnmapError
from snnmap.core.version import __version__
from snnmap.evaluation.figures import evaluate
from snnmap.formats.mapping import load, save
from snnmap.formats.profile import load_profile, save_profile
from snnmap.formats.schema import schema
from snnmap.frontend import LoadOptions, load_network, load_workload
from snnmap.hardware import Hardware, load_hardware
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
from snnmap.legality.rules import verify
from snnmap.pipeline.compile import Compiled, compile  # noqa: A004  as `snnmap.compile`
from snnmap.pipeline.objectives import OBJECTIVES
from snnmap.pipeline.options import CompileOptions
from snnmap.pipeline.plan import algorithms
from snnmap.pipeline.profile import profile
from snnmap.pipeline.reopen import verify_file
from snnmap.query.activity import activity
from snnmap.query.catalogue import list_hardware, list_workloads, show_hardware
from snnmap.query.diff import difference
from snnmap.query.fit import check
from snnmap.query.network import inspect
from snnmap.query.report import pictures, report
from snnmap.query.where import neuron, on_tile
from snnmap.study.cases import CompareOptions
from snnmap.study.compare import Comparison, compare
from snnmap.study.page import run_study

__all__ = [
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
    "__version__",
    "activity",
    "algorithms",
    "check",
    "compare",
    "compile",
    "difference",
    "evaluate",
    "inspect",
    "list_hardware",
    "list_workloads",
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
    "show_hardware",
    "verify",
    "verify_file",
]
