"""Layout of the mapping file, declared once: the reader's checks, the writer's shape and the published JSON Schema."""

from typing import Annotated, Any

import msgspec

FORMAT = "snnmap-mapping"


SCHEMA = 1


Count = Annotated[int, msgspec.Meta(ge=0)]


class Workload(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What was mapped: names, digests and the activity it was mapped for."""

    name: str
    source: str
    digest: str
    """SHA-256 of the spike-activity graph (network and activity)."""
    frames: Count
    steps: Count
    dt: float
    externals: Count
    """Number of sources that are inputs or biases; neuron ids start here."""
    spikes: list[Count]
    """Spikes of every source over the profiled window."""
    active_steps: list[Count]
    """Profiled steps in which each source emits."""


class Chip(msgspec.Struct, frozen=True):
    """What the chip is, so that a reader without its file can place tiles and lines; further keys are kept."""

    name: str
    source: str
    """Shipped name or path of the chip's file."""
    digest: str
    technology: str
    mode: str
    rows: Count
    columns: Count
    mesh: tuple[Count, Count]
    """Tiles in x and y."""
    port: tuple[Count, Count]
    clusters_per_tile: Count


class Members(msgspec.Struct, frozen=True):
    """One population: sources `first` .. `first` + product of `shape` - 1."""

    name: str
    kind: str
    model: str
    first: Count
    shape: list[Count]


class Provenance(msgspec.Struct, frozen=True):
    """How the mapping came about; further keys are kept."""

    snnmap: str
    """Version that wrote it."""
    seed: int
    split: str
    plan: dict[str, Any]
    """`repr` of the algorithm of every stage."""
    profile: dict[str, Any]
    """What repeats the profile: source, options, dynamics, digests of files."""
    populations: list[Members]
    verified: str = ""
    """SHA-256 of the file without this entry, written once the mapping was verified; empty: not verified."""


class Cluster(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One crossbar: its tile, its rows and its columns."""

    tile: Count
    sources: list[Count]
    """Source id of every row, ascending."""
    rows: list[Count]
    """Physical word line of every entry of `sources`."""
    neurons: list[Count]
    """Neuron of every column, ascending."""
    columns: list[Count]
    """Physical bit line of every entry of `neurons`."""
    partial_messages: list[Count]
    """Partial sums that each column sends to its neuron's home over the window; 0 at home."""


class Dataflow(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
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


class Order(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Static order per tile and the guaranteed period."""

    tiles: list[Count]
    order: list[list[Count]]
    start: list[int]
    period_numerator: Annotated[int, msgspec.Meta(ge=1)]
    period_denominator: Annotated[int, msgspec.Meta(ge=1)]
    critical: list[Count]
    latency: Count


class Document(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A whole mapping file."""

    format: str
    schema: int
    workload: Workload
    hardware: Chip
    clusters: list[Cluster]
    home: list[Count]
    """Home cluster of every neuron, by neuron id minus `externals`."""
    dataflow: Dataflow
    schedule: Order
    figures: dict[str, Any]
    provenance: Provenance


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the mapping file."""
    document = msgspec.json.schema(Document)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"{FORMAT} {SCHEMA}", **document}
