"""snnmap: compile spiking neural networks onto memristor crossbar tiles.

    import snnmap

    compiled = snnmap.compile("mnist-mlp", snnmap.CompileOptions(hardware="pcm-mesh-64", seed=1))
    compiled.report["energy_J"]
    snnmap.save(compiled.mapping, "mapping.json")
    snnmap.verify(compiled.mapping, compiled.graph, compiled.hardware)   # [] if legal

The command line is a shell over the names below; packages of the same project that are not listed here are private.
"""

import importlib

from snnmap.core.public import HOMES
from snnmap.core.shown import shown_by
from snnmap.core.version import __version__

TYPE_CHECKING = False  # typing's own would cost half of the time that importing snnmap takes
if TYPE_CHECKING:  # what type checkers and readers see; at run time a name is imported when it is first used
    from snnmap.core.errors import InfeasibleError, InputError, SnnmapError
    from snnmap.evaluation.figures import evaluate
    from snnmap.evaluation.flops import Flops, flops
    from snnmap.evaluation.sensitivity import Swing
    from snnmap.formats.mapping import load, save
    from snnmap.formats.phases import is_phases, load_phases, save_phases
    from snnmap.formats.profile import load_profile, save_profile
    from snnmap.formats.schema import schema
    from snnmap.frontend import (
        LoadOptions,
        from_nir,
        from_snntorch,
        load_network,
        load_workload,
        parse_seconds,
        save_network,
    )
    from snnmap.frontend.chips import load_chip, save_chip
    from snnmap.frontend.writes import Writes, load_writes, save_writes
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
        Rounding,
        Schedule,
        Sdfg,
        SpikeGraph,
        Spikes,
        Traffic,
        Violation,
        Violations,
        Wiring,
        Workload,
        WorkloadFacts,
    )
    from snnmap.ir.devices import ChipMap
    from snnmap.legality.rules import UNCHECKED, verify
    from snnmap.pipeline.accuracy import MappedAccuracy, accuracy_file
    from snnmap.pipeline.chips import AGES, AccuracyOptions, parse_ages, parse_pulses
    from snnmap.pipeline.compile import Compiled, compile  # noqa: A004  as `snnmap.compile`
    from snnmap.pipeline.convert import Converted, convert
    from snnmap.pipeline.effective import draw_chip, effective_weights
    from snnmap.pipeline.mac import MacAccuracy, MacOptions, mac_accuracy
    from snnmap.pipeline.mac_sends import MacSends, mac_sends
    from snnmap.pipeline.manycore import Manycore, ManycoreOptions, manycore
    from snnmap.pipeline.objectives import OBJECTIVES, Goal, Preset
    from snnmap.pipeline.operating import OperatingOptions
    from snnmap.pipeline.options import CONVS, SPLITS, CompileOptions
    from snnmap.pipeline.phases import CompiledPhases, phases
    from snnmap.pipeline.phases_file import PhaseRates, simulate_phases
    from snnmap.pipeline.profile import profile
    from snnmap.pipeline.reopen import verify_file
    from snnmap.pipeline.settings import parse_settings, parse_terms, read_config
    from snnmap.pipeline.simulated import simulate_file
    from snnmap.pipeline.warm_up import WarmedUp, warm_up
    from snnmap.query.activity import activity
    from snnmap.query.advise import AdviseOptions, advise
    from snnmap.query.benchmark_set import BenchmarkCase, benchmark_set
    from snnmap.query.buffers import Buffers, buffers
    from snnmap.query.catalogue import algorithms, list_hardware, list_workloads, show_hardware
    from snnmap.query.check_algorithm import AlgorithmCheck, check_algorithm
    from snnmap.query.diff import diff
    from snnmap.query.fit import check
    from snnmap.query.network import inspect
    from snnmap.query.page import html_report
    from snnmap.query.refresh import refresh_intervals
    from snnmap.query.report import MappingReport, pictures, report
    from snnmap.query.throughput import throughput
    from snnmap.query.training_wear import TrainingWear, training_wear
    from snnmap.query.what_if import Timed, WhatIf, parse_changes, what_if
    from snnmap.query.where import where
    from snnmap.sdf.phases import PhasedGraph
    from snnmap.sdf.throughput import Throughput
    from snnmap.sdf.xml import read_sdf3, write_sdf3
    from snnmap.simulate.chip.execution import Execution, Lateness, lateness
    from snnmap.simulate.chip.machine import ARBITRATIONS
    from snnmap.simulate.chip.rates import ExecuteOptions, Measured, Rates, execute, rates
    from snnmap.simulate.chip.steps import StepTrace, step_trace
    from snnmap.simulate.imperfect.options import EFFECTS
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
    from snnmap.study.grid import Sweep
    from snnmap.study.page import run_study
    from snnmap.study.pareto import AIMS, Aim, Front, Fronts, pareto, parse_aims
    from snnmap.study.sweep import SweepWhere, Swept, sweep
    from snnmap.study.sweep_page import html_sweep
    from snnmap.study.variants import (
        Contrast,
        Contrasts,
        Variant,
        VariantOptions,
        compare_variants,
        parse_variant,
        verdict_lines,
    )
    from snnmap.train.checkpoint import Epoch
    from snnmap.train.run import Trained, TrainOptions, train_network
    from snnmap.transform.batch_norm import fold_batch_norm
    from snnmap.transform.quantise import Quantised, quantise

__all__ = [
    "AGES",
    "AIMS",
    "ARBITRATIONS",
    "CONVS",
    "EFFECTS",
    "OBJECTIVES",
    "SPLITS",
    "UNCHECKED",
    "AccuracyOptions",
    "AdviseOptions",
    "Aim",
    "AlgorithmCheck",
    "BenchmarkCase",
    "Buffers",
    "Chart",
    "ChipFacts",
    "ChipMap",
    "Clustering",
    "CompareOptions",
    "Comparison",
    "CompileOptions",
    "Compiled",
    "CompiledPhases",
    "Contrast",
    "Contrasts",
    "Converted",
    "Dynamics",
    "Epoch",
    "ExecuteOptions",
    "Execution",
    "Flops",
    "Front",
    "Fronts",
    "Goal",
    "Hardware",
    "InfeasibleError",
    "InputError",
    "Judgement",
    "Lateness",
    "LoadOptions",
    "MacAccuracy",
    "MacOptions",
    "MacSends",
    "Manycore",
    "ManycoreOptions",
    "MappedAccuracy",
    "Mapping",
    "MappingReport",
    "Measured",
    "Metric",
    "Network",
    "OperatingOptions",
    "OperatingPoint",
    "Origin",
    "PartitionProblem",
    "Partitioner",
    "PhaseRates",
    "PhasedGraph",
    "Placement",
    "PlacementProblem",
    "Placer",
    "Population",
    "Preset",
    "Provenance",
    "Quantised",
    "Rates",
    "Reading",
    "Remarks",
    "Report",
    "Rounding",
    "Run",
    "Schedule",
    "ScheduleProblem",
    "Scheduler",
    "Sdfg",
    "SnnmapError",
    "SpikeGraph",
    "Spikes",
    "StepTrace",
    "Sweep",
    "SweepWhere",
    "Swept",
    "Swing",
    "Term",
    "Throughput",
    "Timed",
    "Traffic",
    "TrainOptions",
    "Trained",
    "TrainingWear",
    "Variant",
    "VariantOptions",
    "Violation",
    "Violations",
    "WarmedUp",
    "WhatIf",
    "Wirer",
    "Wiring",
    "WiringProblem",
    "Workload",
    "WorkloadFacts",
    "Writes",
    "__version__",
    "accuracy_file",
    "activity",
    "advise",
    "algorithms",
    "benchmark_set",
    "buffers",
    "check",
    "check_algorithm",
    "compare",
    "compare_variants",
    "compile",
    "convert",
    "diff",
    "draw_chip",
    "effective_weights",
    "evaluate",
    "execute",
    "flops",
    "fold_batch_norm",
    "from_nir",
    "from_snntorch",
    "html_report",
    "html_sweep",
    "inspect",
    "is_phases",
    "lateness",
    "list_hardware",
    "list_workloads",
    "load",
    "load_chip",
    "load_hardware",
    "load_network",
    "load_phases",
    "load_profile",
    "load_workload",
    "load_writes",
    "mac_accuracy",
    "mac_sends",
    "manycore",
    "pareto",
    "parse_ages",
    "parse_aims",
    "parse_changes",
    "parse_pulses",
    "parse_seconds",
    "parse_settings",
    "parse_terms",
    "parse_variant",
    "phases",
    "pictures",
    "profile",
    "quantise",
    "rates",
    "read_config",
    "read_sdf3",
    "refresh_intervals",
    "report",
    "run_study",
    "save",
    "save_chip",
    "save_network",
    "save_phases",
    "save_profile",
    "save_writes",
    "schema",
    "show_hardware",
    "simulate_file",
    "simulate_phases",
    "step_trace",
    "sweep",
    "throughput",
    "train_network",
    "training_wear",
    "verdict_lines",
    "verify",
    "verify_file",
    "warm_up",
    "what_if",
    "where",
    "write_sdf3",
]

_HOME = {name: module for module, names in HOMES.items() for name in names.split()}


shown_by("snnmap.notebook")  # records in the last line of a cell; it is imported when the first is shown

if not TYPE_CHECKING:  # else any name at all would do

    def __getattr__(name: str) -> object:
        """A public name, from its module: importing snnmap alone costs nothing, so that Ctrl-C is soon answered."""
        if name not in _HOME:
            raise AttributeError(f"module 'snnmap' has no attribute {name!r}")
        globals()[name] = found = getattr(importlib.import_module(_HOME[name]), name)
        return found


def __dir__() -> list[str]:
    return __all__
