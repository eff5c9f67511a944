"""Layout of the mapping file, declared once: the reader's checks, the writer's shape and the published JSON Schema."""

from typing import Annotated, Any

import msgspec

from snnmap.ir.origin import ChipFacts, Count, Origin, Record, Scalar, WorkloadFacts

FORMAT = "snnmap-mapping"
PHASES = "snnmap-phases"
"""Format of files of networks in phases."""
PHASES_SCHEMA = 1
SCHEMA = 3
REUSED = 4
"""Schema of files with crossbars that are used several times a step."""
PLAIN = 2
"""Schema of files that do not say how weights are held, which are then pairs of analog arrays: written where they are,
so that such a mapping has the same bytes as before there was anything else."""


class Workload(WorkloadFacts, frozen=True):
    """What was mapped, with the activity it was mapped for."""

    spikes: list[Count]
    """Spikes of every source over the profiled window."""
    active_steps: list[Count]
    """Profiled steps in which each source emits."""


class Cluster(Record, frozen=True):
    """One crossbar: its tile, its rows and its columns."""

    tile: Count
    sources: list[Count]
    """Source id of every row, ascending within a use."""
    rows: list[Count]
    """Row of the crossbar of every entry of `sources`: a word line of the array, or a pair (`chip.encoding`)."""
    neurons: list[Count]
    """Neuron of every column, ascending within a use."""
    columns: list[Count]
    """Column of every entry of `neurons`; as many bit lines as its weights take (`chip.encoding`, `chip.slices`)."""
    partial_messages: list[Count]
    """Partial sums that each column sends to its neuron's home over the window; 0 at home."""
    use_rows: list[Count] | msgspec.UnsetType = msgspec.UNSET
    """Entries of `sources` and `rows` of each use in a step, one use after the other; absent: there is one use."""
    use_columns: list[Count] | msgspec.UnsetType = msgspec.UNSET
    """Entries of `neurons`, `columns` and `partial_messages` of each use."""


class Dataflow(Record, frozen=True):
    """The synchronous dataflow graph that was scheduled; times in ticks."""

    tick: Annotated[float, msgspec.Meta(gt=0)]
    actors: list[str]
    time: list[Count]
    resource: list[int]
    producer: list[Count]
    consumer: list[Count]
    production: list[Count]
    consumption: list[Count]
    tokens: list[Count]


class Connection(Record, frozen=True):
    """Slots of what one actor sends to one set of clusters, as runs of slots in a row."""

    producer: Count
    targets: list[Count]
    first: list[Count]
    """First slot of every run, ascending."""
    flits: list[Annotated[int, msgspec.Meta(ge=1)]]
    """Slots of every run."""


class Slots(Record, frozen=True):
    """Slot table of the network: contention-free, aligned along the routes, as long as the period."""

    length: Annotated[int, msgspec.Meta(ge=1)]
    slot: Annotated[int, msgspec.Meta(ge=1)]
    """Ticks per slot."""
    hop: Count
    """Slots from one link between tiles to the next."""
    connections: list[Connection]
    border_hop: Count | msgspec.UnsetType = msgspec.UNSET
    """The same of a link between chips; absent: there is one chip."""
    border_flit: Annotated[int, msgspec.Meta(ge=1)] | msgspec.UnsetType = msgspec.UNSET
    """Slots that a flit holds a link between chips."""


class Order(Record, frozen=True):
    """Static order per tile, the slots of the network, and the period."""

    tiles: list[Count]
    order: list[list[Count]]
    start: list[int]
    period_numerator: Annotated[int, msgspec.Meta(ge=1)]
    period_denominator: Annotated[int, msgspec.Meta(ge=1)]
    critical: list[Count]
    latency: Count
    slots: Slots | None = None
    block: Annotated[int, msgspec.Meta(ge=1)] = 1
    """Steps of a firing."""
    lag: list[Count] | None = None
    """Rounds by which every actor is behind the first."""
    buffers: Annotated[int, msgspec.Meta(ge=1)] | msgspec.UnsetType = msgspec.UNSET


class Document(Record, frozen=True):
    """A whole mapping file."""

    format: str
    schema: int
    workload: Workload
    chip: ChipFacts
    clusters: list[Cluster]
    home: list[Count]
    """Home cluster of every neuron, by neuron id minus `externals`."""
    dataflow: Dataflow
    schedule: Order
    figures: dict[str, Scalar]
    origin: Origin


class PhaseRecord(Record, frozen=True):
    """One phase: a mapping of a part of the network, and which part."""

    sources: list[Count]
    """Id in the whole network of every source of the part: its inputs, then its neurons, each ascending."""
    chunk: Annotated[int, msgspec.Meta(ge=1)]
    """Steps that run before what waits for other phases leaves the tiles."""
    mapping: Document


class PhasesDocument(Record, frozen=True):
    """A whole file of phases."""

    format: str
    schema: int
    workload: WorkloadFacts
    """The whole network."""
    chip: ChipFacts
    origin: Origin
    figures: dict[str, Scalar]
    phases: list[PhaseRecord]


def schema(*, phases: bool = False) -> dict[str, Any]:
    """JSON Schema (2020-12) of the mapping file, or of the file of `phases`."""
    kind, title = (PhasesDocument, f"{PHASES} {PHASES_SCHEMA}") if phases else (Document, f"{FORMAT} {SCHEMA}")
    document = msgspec.json.decode(msgspec.json.encode(msgspec.json.schema(kind)))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **document}
