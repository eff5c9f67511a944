"""snnmap: compile spiking neural networks onto memristor crossbar tiles.

    import snnmap

    compiled = snnmap.compile("mnist-mlp", snnmap.CompileOptions(hardware="pcm-mesh-64", seed=1))
    compiled.report["energy_J"]
    snnmap.save(compiled.mapping, "mapping.json")
    snnmap.verify(compiled.mapping, compiled.graph, compiled.hardware)   # [] if legal

The command line is a shell over the names below; packages of the same project that are not listed here are private.
"""

from snnmap.core.errors import InfeasibleError, InputError, SnnmapError
from snnmap.core.version import __version__
from snnmap.evaluation.figures import evaluate
from snnmap.evaluation.sensitivity import Swing
from snnmap.formats.mapping import load, save
from snnmap.formats.profile import load_profile, save_profile
from snnmap.formats.schema import schema
from snnmap.frontend import LoadOptions, from_nir, load_network, load_workload, parse_seconds
from snnmap.hardware import Hardware, load_hardware
from snnmap.ir import (
    Chart,
    ChipFacts,
    Clustering,
    Dynamics,
    Judgement,
    Mapping,
    Metric,
    Network,
    OperatingPoint,
    Origin,
    Placement,
    Population,
    Provenance,
    Reading,
    Remarks,
    Report,
    Schedule,
    Sdfg,
    SpikeGraph,
    Spikes,
    Traffic,
    Violation,
    Wiring,
    Workload,
    WorkloadFacts,
)
from snnmap.legality.rules import verify
from snnmap.pipeline.compile import Compiled, compile  # noqa: A004  as `snnmap.compile`
from snnmap.pipeline.objectives import OBJECTIVES, Goal, Preset
from snnmap.pipeline.operating import OperatingOptions
from snnmap.pipeline.options import SPLITS, CompileOptions
from snnmap.pipeline.profile import profile
from snnmap.pipeline.reopen import verify_file
from snnmap.pipeline.settings import parse_settings, parse_terms, read_config
from snnmap.pipeline.warm_up import WarmedUp, warm_up
from snnmap.query.activity import activity
from snnmap.query.catalogue import algorithms, list_hardware, list_workloads, show_hardware
from snnmap.query.diff import diff
from snnmap.query.fit import check
from snnmap.query.network import inspect
from snnmap.query.report import MappingReport, pictures, report
from snnmap.query.where import where
from snnmap.stages.protocols import (
    Partitioner,
    PartitionProblem,
    PlacementProblem,
    Placer,
    Run,
    ScheduleProblem,
    Scheduler,
    Term,
    Wirer,
    WiringProblem,
)
from snnmap.study.cases import CompareOptions
from snnmap.study.compare import Comparison, compare
from snnmap.study.page import run_study

__all__ = [
    "OBJECTIVES",
    "SPLITS",
    "Chart",
    "ChipFacts",
    "Clustering",
    "CompareOptions",
    "Comparison",
    "CompileOptions",
    "Compiled",
    "Dynamics",
    "Goal",
    "Hardware",
    "InfeasibleError",
    "InputError",
    "Judgement",
    "LoadOptions",
    "Mapping",
    "MappingReport",
    "Metric",
    "Network",
    "OperatingOptions",
    "OperatingPoint",
    "Origin",
    "PartitionProblem",
    "Partitioner",
    "Placement",
    "PlacementProblem",
    "Placer",
    "Population",
    "Preset",
    "Provenance",
    "Reading",
    "Remarks",
    "Report",
    "Run",
    "Schedule",
    "ScheduleProblem",
    "Scheduler",
    "Sdfg",
    "SnnmapError",
    "SpikeGraph",
    "Spikes",
    "Swing",
    "Term",
    "Traffic",
    "Violation",
    "WarmedUp",
    "Wirer",
    "Wiring",
    "WiringProblem",
    "Workload",
    "WorkloadFacts",
    "__version__",
    "activity",
    "algorithms",
    "check",
    "compare",
    "compile",
    "diff",
    "evaluate",
    "from_nir",
    "inspect",
    "list_hardware",
    "list_workloads",
    "load",
    "load_hardware",
    "load_network",
    "load_profile",
    "load_workload",
    "parse_seconds",
    "parse_settings",
    "parse_terms",
    "pictures",
    "profile",
    "read_config",
    "report",
    "run_study",
    "save",
    "save_profile",
    "schema",
    "show_hardware",
    "verify",
    "verify_file",
    "warm_up",
    "where",
]
