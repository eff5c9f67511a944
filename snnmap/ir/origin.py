"""How a profile and a mapping came about, as records that files hold as they are.

The structs here are both: what the code reads back, and the layout of the file, unknown keys refused. What somebody has
to know to repeat a result stands in a field; nothing load-bearing hides in a dictionary.
"""

from typing import Annotated, Any, Literal

import msgspec

from snnmap.ir.dynamics import Dynamics

Count = Annotated[int, msgspec.Meta(ge=0)]
Positive = Annotated[int, msgspec.Meta(ge=1)]

Scalar = bool | int | float | str | None
"""What an option of an algorithm or of a profile can be."""


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A struct that is stored as it is; keys that it does not have are refused."""


class OutputDeviation(Record, frozen=True):
    """One output population before and after unrolling."""

    population: str
    spikes: int
    unrolled: int
    """Spikes of the unrolled network."""


class Unrolled(Record, frozen=True):
    """How far an unrolled network is from the original."""

    added_neurons: int
    outputs: tuple[OutputDeviation, ...]
    accuracy: float | None
    accuracy_unrolled: float | None


class Rounding(Record, frozen=True):
    """What quantising did to the weights into one population."""

    population: str
    levels: int
    """Values that a weight can take; see `ir.integers`."""
    scale: float
    """Weight that the integer 1 stands for, in the units of the network as it was."""
    relative_rms: float
    """Root mean square of the errors over that of the weights."""
    worst: tuple[float, float]
    """The weight that moved furthest, and where to."""
    zeroed: float
    """Share of the weights that were not zero and are."""
    bias_rows: int
    """Most rows that the bias of a neuron takes, each an integer too."""


class Remarks(Record, frozen=True):
    """What a reader of a profile must know, one sentence or population each."""

    assumed: tuple[str, ...] = ()
    """What nobody stated."""
    repairs: tuple[str, ...] = ()
    """What was not as its format demands."""
    dead: tuple[str, ...] = ()
    """Populations that never spike."""
    saturated: tuple[str, ...] = ()
    """Populations that spike nearly every step."""
    unrolled: Unrolled | None = None
    """Deviation of a network that was unrolled."""
    quantised: tuple[Rounding, ...] | msgspec.UnsetType = msgspec.UNSET
    """What quantising did, population by population; unset if nobody asked for it, so that files say nothing of it."""

    def told(self) -> dict[str, list[dict[str, Any]]]:
        """`quantised` as a part of a JSON document, which is empty if nobody asked for it."""
        return {} if self.quantised is msgspec.UNSET else {"quantised": msgspec.to_builtins(self.quantised)}


class Provenance(Record, frozen=True):
    """What repeats a workload: source, files, options, encoding."""

    name: str = ""
    source: str = ""
    """Shipped name or path."""
    format: str = ""
    """`nir`, `lava`, `recipe`, `network`, `activity`."""
    files: dict[str, str] = msgspec.field(default_factory=dict)
    """What a file is to SHA-256 of its bytes."""
    origin: str = ""
    """Where a shipped workload is from."""
    licence: str = "not stated"
    options: dict[str, Scalar] = msgspec.field(default_factory=dict)
    """What the user said about data and stepping."""
    stimulus: dict[str, Scalar] = msgspec.field(default_factory=dict)
    """How input spikes were made."""
    recorded_ids: tuple[tuple[int, int], ...] | None = None
    """Runs (first number, count) of the numbers that a recording gives its neurons, if they are few."""
    unrolled_to: int | None = None
    """Most inputs of a neuron after unrolling, or none."""
    snnmap: str = ""
    """Version that profiled."""


class ProfileRecord(Record, frozen=True):
    """How the activity that a mapping was made for was found."""

    provenance: Provenance
    dynamics: Dynamics | None
    """How the neurons were stepped; none for recorded activity."""
    remarks: Remarks
    labels: tuple[int, ...] | None
    predictions: tuple[int, ...] | None
    """Class of every frame, as labelled and as the network says; of equals the lowest."""


class PopulationFacts(Record, frozen=True):
    """One population: sources `first` .. `first` + product of `shape` - 1."""

    name: str
    kind: Literal["input", "bias", "neuron"]
    model: str
    first: Count
    shape: tuple[Count, ...]


class WorkloadFacts(Record, frozen=True):
    """What was mapped, so that a reader without its files can name every source."""

    name: str
    source: str
    digest: str
    """SHA-256 of the spike-activity graph (network and activity)."""
    frames: Count
    steps: Count
    dt: float
    externals: Count
    """Number of sources that are inputs or biases; neuron ids start here."""
    accuracy: float | None
    populations: tuple[PopulationFacts, ...]


class ChipFacts(Record, frozen=True, omit_defaults=True):
    """What the chip is, so that a reader without its file can place tiles and lines."""

    name: str
    source: str
    """Shipped name or path of the chip's file."""
    digest: str
    technology: str
    mode: Literal["espine", "device"]
    rows: Count
    """Inputs of a crossbar."""
    columns: Count
    """Neurons of a crossbar."""
    mesh: tuple[Count, Count]
    """Tiles in x and y."""
    port: tuple[Count, Count]
    clusters_per_tile: Count
    variation_seed: int | None
    """Seed of tile-to-tile process variation, or none."""
    technology_source: str = ""
    """Path of the technology's file, where one was named besides the chip."""
    encoding: Literal["pair_arrays", "pair_columns", "pair_rows", "offset_column"] = "pair_arrays"
    """How an array holds a weight: `rows` and `columns` are what that leaves of its word and bit lines."""
    levels: Annotated[int, msgspec.Meta(ge=0, le=256)] = 0
    """States of a cell; 0: any."""
    slices: Annotated[int, msgspec.Meta(ge=1)] = 1
    """Cells of a magnitude."""
    chips: tuple[Positive, Positive] | msgspec.UnsetType = msgspec.UNSET
    """Equal chips across and down that the mesh is divided among; absent: there is one."""

    @property
    def grid(self) -> tuple[int, int]:
        """Chips across and down."""
        return (1, 1) if isinstance(self.chips, msgspec.UnsetType) else self.chips

    @property
    def plain(self) -> bool:
        """Whether weights are pairs of analog arrays, which a file need not say."""
        return (self.encoding, self.levels, self.slices) == ("pair_arrays", 0, 1)


class AlgorithmRecord(Record, frozen=True):
    """One configured algorithm."""

    algorithm: str
    """Name in the registry, or `package.module:Class`."""
    options: dict[str, Scalar]
    package: str = ""
    """Distribution and version that it comes from; empty: snnmap itself."""


class PlanRecord(Record, frozen=True):
    """The algorithms of a compilation."""

    objective: str
    partition: AlgorithmRecord
    place: AlgorithmRecord
    wire: AlgorithmRecord
    schedule: AlgorithmRecord
    quality: Literal["current", "endurance"]
    terms: dict[str, float]
    """Placement terms beside the traffic, with their weights."""


class OperatingPoint(Record, frozen=True):
    """At which pulse, pace and air the figures of a mapping are; none: as chip and network say."""

    pulse: float | None = None
    """Length of a read pulse and of eSpine's spike, s."""
    step_time: float | None = None
    """Seconds between two steps, never less than the guaranteed period; 0: back to back; none: the network's dt."""
    ambient: float | None = None
    """Air, K."""


class WiredFor(Record, frozen=True):
    """The one chip whose stuck cells a wiring keeps sensitive weights off."""

    source: str
    """Path of its file; empty: it was in memory."""
    digest: str
    """SHA-256 of the file that holds it (`snnmap.save_chip`)."""


class Origin(Record, frozen=True):
    """How a mapping came about."""

    snnmap: str
    """Version that wrote it."""
    seed: Count
    split: Literal["partial_sum", "unroll", "none"]
    plan: PlanRecord
    profile: ProfileRecord
    point: OperatingPoint = OperatingPoint()
    """What the figures are for."""
    verified: str = ""
    """SHA-256 of the file without this entry, written once the mapping was verified; empty: not verified."""
    wired_for: WiredFor | msgspec.UnsetType = msgspec.UNSET
    """The chip that was given; unset if none was, so that files say nothing of it."""
    cells_of: str | msgspec.UnsetType = msgspec.UNSET
    """SHA-256 (as `verified`) of the mapping whose clusters, tiles and lines these are; unset: found by the plan."""
