"""Records of an origin with nothing in them that a test is about."""

import msgspec

from snnmap.ir import (
    AlgorithmRecord,
    ChipFacts,
    Origin,
    PlanRecord,
    ProfileRecord,
    Provenance,
    Remarks,
    WorkloadFacts,
)

ALGORITHM = AlgorithmRecord("none", {})
CHIP = ChipFacts("chip", "chip.toml", "", "pcm-65", "device", 1, 1, (1, 1), (0, 0), 1, None)
WORKLOAD = WorkloadFacts("net", "net.nir", "", 1, 1, 1e-3, 0, None, ())
PLAN = PlanRecord("default", ALGORITHM, ALGORITHM, ALGORITHM, ALGORITHM, "current", {})
ORIGIN = Origin("0", 0, "partial_sum", PLAN, ProfileRecord(Provenance(), None, Remarks(), None, None))
replaced = msgspec.structs.replace
"""A record with some fields changed."""
