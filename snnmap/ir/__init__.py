"""All records: what the stages hand to one another. Nouns only; no stage, no file format, no machine.

Every record is frozen and owns read-only arrays. Constructors check what would otherwise fail far away (shapes, ranges,
order) and nothing else. Symbols: N sources, S synapses, K clusters, T tiles, E events, F frames (samples).

Sources are numbered so that every *external* source (network input, then bias) comes first and neurons follow, and
populations are contiguous, in ascending level. `level` is the longest path from an input through the graph whose
cycles are cut: a synapse i -> j is **delayed** by one step exactly if level(j) <= level(i); otherwise j sees the spike
of i in the same step.
"""

from snnmap.ir.activity import SpikeGraph, Spikes, Workload
from snnmap.ir.dataflow import Schedule, Sdfg, SlotTable
from snnmap.ir.dynamics import Dynamics
from snnmap.ir.mapping import Clustering, Mapping, Placement, Traffic, Uses, Wiring
from snnmap.ir.models import ANALOG, FILTERS, MODELS, Kind, declared
from snnmap.ir.network import Network, Population
from snnmap.ir.origin import (
    AlgorithmRecord,
    ChipFacts,
    OperatingPoint,
    Origin,
    OutputDeviation,
    PlanRecord,
    PopulationFacts,
    ProfileRecord,
    Provenance,
    Remarks,
    Rounding,
    Scalar,
    Unrolled,
    WorkloadFacts,
)
from snnmap.ir.results import (
    ANY_DATA,
    Bottleneck,
    Chart,
    Fragility,
    Judgement,
    LowerBound,
    Metric,
    PartitionBounds,
    Reading,
    Report,
    Violation,
    Violations,
)

__all__ = [
    "ANALOG",
    "ANY_DATA",
    "FILTERS",
    "MODELS",
    "AlgorithmRecord",
    "Bottleneck",
    "Chart",
    "ChipFacts",
    "Clustering",
    "Dynamics",
    "Fragility",
    "Judgement",
    "Kind",
    "LowerBound",
    "Mapping",
    "Metric",
    "Network",
    "OperatingPoint",
    "Origin",
    "OutputDeviation",
    "PartitionBounds",
    "Placement",
    "PlanRecord",
    "Population",
    "PopulationFacts",
    "ProfileRecord",
    "Provenance",
    "Reading",
    "Remarks",
    "Report",
    "Rounding",
    "Scalar",
    "Schedule",
    "Sdfg",
    "SlotTable",
    "SpikeGraph",
    "Spikes",
    "Traffic",
    "Unrolled",
    "Uses",
    "Violation",
    "Violations",
    "Wiring",
    "Workload",
    "WorkloadFacts",
    "declared",
]
