"""The mapping file: one canonical JSON document, strict to read, atomic to write.

Keys are sorted, integers exact, reported figures rounded to nine significant digits when they are made (`evaluate`),
so one mapping has one byte sequence on every machine. The layout is declared once, as the structs below: they give the
reader's checks, the writer's shape and the published JSON Schema (`schema()`). A path that ends in `.gz` is compressed.
Knows the records and nothing of how they came about.
"""

import gzip
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from snnmap.core.arrays import offsets
from snnmap.core.errors import InputError
from snnmap.core.files import gunzipped, must_be_content, write_atomically
from snnmap.formats.schema import (
    FORMAT,
    PHASES,
    PLAIN,
    REUSED,
    SCHEMA,
    Cluster,
    Connection,
    Dataflow,
    Document,
    Order,
    Slots,
    Workload,
)
from snnmap.ir import Clustering, Mapping, Placement, Schedule, Sdfg, SlotTable, Uses, Wiring
from snnmap.ir.origin import WorkloadFacts


def _split(values: Any, ptr: Any, cluster: int) -> list[int]:
    part: list[int] = values[ptr[cluster] : ptr[cluster + 1]].tolist()
    return part


def _uses_of(clustering: Clustering, cluster: int) -> dict[str, list[int]]:
    """Sizes of the uses of a cluster; nothing where there is one."""
    uses = clustering.uses
    if uses is None or uses.count[cluster] == 1:
        return {}
    own = slice(int(uses.ptr[cluster]), int(uses.ptr[cluster + 1]) + 1)
    return {"use_rows": np.diff(uses.row_ptr[own]).tolist(), "use_columns": np.diff(uses.column_ptr[own]).tolist()}


def document_of(mapping: Mapping) -> Document:
    """What the file of a mapping holds."""
    clustering, sdfg, schedule = mapping.clustering, mapping.sdfg, mapping.schedule
    workload = Workload(
        **msgspec.structs.asdict(mapping.workload),
        spikes=mapping.spikes.tolist(),
        active_steps=mapping.active_steps.tolist(),
    )
    clusters = [
        Cluster(
            tile=int(mapping.placement.tile[k]),
            sources=_split(clustering.row_source, clustering.row_ptr, k),
            rows=_split(mapping.wiring.row, clustering.row_ptr, k),
            neurons=_split(clustering.column_neuron, clustering.column_ptr, k),
            columns=_split(mapping.wiring.column, clustering.column_ptr, k),
            partial_messages=_split(mapping.partial_messages, clustering.column_ptr, k),
            **_uses_of(clustering, k),
        )
        for k in range(clustering.clusters)
    ]
    edges = {
        name: getattr(sdfg, name).tolist()
        for name in ("time", "resource", "producer", "consumer", "production", "consumption", "tokens")
    }
    order = Order(
        tiles=schedule.tiles.tolist(),
        order=[list(actors) for actors in schedule.order],
        start=schedule.start.tolist(),
        period_numerator=schedule.period_numerator,
        period_denominator=schedule.period_denominator,
        critical=list(schedule.critical),
        latency=schedule.latency,
        slots=_slots_record(schedule.slots),
        block=schedule.block,
        lag=None if schedule.lag is None else schedule.lag.tolist(),
        buffers=msgspec.UNSET if schedule.buffers is None else schedule.buffers,
    )
    return Document(
        format=FORMAT,
        schema=REUSED if clustering.uses is not None else PLAIN if mapping.chip.plain else SCHEMA,
        workload=workload,
        chip=mapping.chip,
        clusters=clusters,
        home=clustering.home.tolist(),
        dataflow=Dataflow(tick=sdfg.tick, actors=list(sdfg.name), **edges),
        schedule=order,
        figures=dict(mapping.figures),
        origin=mapping.origin,
    )


def _slots_record(table: SlotTable | None) -> Slots | None:
    if table is None:
        return None
    connections = [
        Connection(
            producer=producer,
            targets=_split(table.target, table.target_ptr, q),
            first=_split(table.first, table.run_ptr, q),
            flits=_split(table.flits, table.run_ptr, q),
        )
        for q, producer in enumerate(table.producer.tolist())
    ]
    borders = (msgspec.UNSET if slots is None else slots for slots in (table.border_hop, table.border_flit))
    return Slots(table.length, table.slot, table.hop, connections, *borders)


def encode(mapping: Mapping) -> bytes:
    """Canonical bytes of a mapping: sorted keys, no spaces, one final newline.

    Raises
    ------
    InputError
        If a figure or an option is what JSON cannot say.
    """
    try:
        return msgspec.json.encode(document_of(mapping), order="sorted") + b"\n"
    except (TypeError, UnicodeEncodeError) as error:
        raise InputError(f"figures and options of a mapping must be JSON: {error}") from None


def sealed(mapping: Mapping) -> Mapping:
    """`mapping` with the digest of all it holds in its origin: who seals it has found it legal."""
    return replace(mapping, origin=msgspec.structs.replace(mapping.origin, verified=_content(mapping)))


def is_sealed(mapping: Mapping) -> bool:
    """Whether nothing has changed since `sealed`; otherwise `verify` has to say what the mapping is worth."""
    return mapping.origin.verified == _content(mapping)


def _content(mapping: Mapping) -> str:
    """SHA-256 of the mapping file without the seal."""
    bare = msgspec.structs.replace(mapping.origin, verified="")
    return hashlib.sha256(encode(replace(mapping, origin=bare))).hexdigest()


def save(mapping: Mapping, path: Path | str) -> None:
    """Write a mapping to `path` (`.json`, or `.json.gz` compressed without a time stamp)."""
    path = Path(path)
    data = encode(mapping)
    write_atomically(path, gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def load(path: Path | str) -> Mapping:
    """Read a mapping file.

    Raises
    ------
    InputError
        If the file is missing, truncated, edited out of shape, of another format or a newer schema; the message names
        the place.
    """
    return decode(content_of(Path(path)), str(path))


def content_of(path: Path) -> bytes:
    """Bytes of a mapping file, or a file of phases, unpacked. Raises `InputError` as `load` does."""
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"cannot read mapping {path}: it is not a plain file")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read mapping {path}: {error.strerror}") from None
    must_be_content(path, data)
    return gunzipped(path, data) if data[:2] == b"\x1f\x8b" else data


def head_of(data: bytes, where: str) -> Any:
    """The document in `data`, whatever it is. Raises `InputError` if it is none."""
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(f"{where} is not a whole JSON document ({error}); compile it again") from None


def decode(data: bytes, where: str = "mapping") -> Mapping:
    """Mapping from the bytes of a mapping file; `where` names it in errors. Raises `InputError` as `load` does."""
    head = head_of(data, where)
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        if isinstance(head, dict) and head.get("format") == PHASES:
            raise InputError(f"{where} holds a network in phases: verify and simulate read it, this does not")
        raise InputError(f'{where} is not a mapping file: it lacks "format": "{FORMAT}"')
    if head.get("schema") not in (PLAIN, SCHEMA, REUSED):
        raise InputError(f"{where} has schema {head.get('schema')!r}; this snnmap reads schema {PLAIN} to {REUSED}")
    try:
        return mapping_of(msgspec.convert(head, Document), where)
    except msgspec.ValidationError as error:
        raise InputError(f"{where}: {error}") from None
    except OverflowError:
        raise InputError(f"{where}: a number is too large for its field") from None


def mapping_of(document: Document, where: str) -> Mapping:
    """Mapping of a document; `where` names it in errors. Raises `InputError` if its parts do not go together."""
    if document.schema == PLAIN and not document.chip.plain:
        raise InputError(f"{where} has schema {PLAIN}, which knows no encoding of weights; it must be {SCHEMA}")
    if document.schema != REUSED and any(_sizes(c) is not None for c in document.clusters):
        raise InputError(
            f"{where} has schema {document.schema}, which knows one use of a crossbar; it must be {REUSED}"
        )
    _must_hang_together(document, where)
    return _mapping(document)


def _joined(parts: list[list[int]], dtype: Any) -> Any:
    return np.array([value for part in parts for value in part], dtype)


def _same_length(where: str, **columns: list[Any]) -> None:
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        raise InputError(f"{where}: lists that belong together differ in length: {said}")


def _must_hang_together(document: Document, where: str) -> None:
    """Refuse lists that belong together and differ in length, and actors that do not exist."""
    flow, order, workload = document.dataflow, document.schedule, document.workload
    for k, cluster in enumerate(document.clusters):
        place = f"{where}: $.clusters[{k}]"
        _same_length(place, sources=cluster.sources, rows=cluster.rows)
        _uses_must_fit(cluster, place)
        sent = cluster.partial_messages
        _same_length(place, neurons=cluster.neurons, columns=cluster.columns, partial_messages=sent)
    _same_length(f"{where}: $.workload", spikes=workload.spikes, active_steps=workload.active_steps)
    place = f"{where}: $.dataflow"
    _same_length(place, actors=flow.actors, time=flow.time, resource=flow.resource, start=order.start)
    if order.lag is not None:
        _same_length(f"{where}: $.schedule", start=order.start, lag=order.lag)
    ends = {name: getattr(flow, name) for name in ("producer", "consumer", "production", "consumption", "tokens")}
    _same_length(place, **ends)
    _same_length(f"{where}: $.schedule", tiles=order.tiles, order=order.order)
    actors = len(flow.actors)
    named = [*flow.producer, *flow.consumer, *order.critical, *(a for part in order.order for a in part)]
    if order.slots is not None:
        named += [connection.producer for connection in order.slots.connections]
        for q, connection in enumerate(order.slots.connections):
            _same_length(f"{where}: $.schedule.slots.connections[{q}]", first=connection.first, flits=connection.flits)
    if any(actor >= actors for actor in named):
        raise InputError(f"{place} names an actor that is not among its {actors} actors")


def _sizes(cluster: Cluster) -> tuple[list[int], list[int]] | None:
    """Rows and columns of every use of a cluster, or none where there is one."""
    rows, columns = cluster.use_rows, cluster.use_columns
    if isinstance(rows, msgspec.UnsetType) and isinstance(columns, msgspec.UnsetType):
        return None
    return [] if isinstance(rows, msgspec.UnsetType) else rows, [] if isinstance(
        columns, msgspec.UnsetType
    ) else columns


def _uses_must_fit(cluster: Cluster, place: str) -> None:
    sizes = _sizes(cluster)
    if sizes is None:
        return
    rows, columns = sizes
    _same_length(place, use_rows=rows, use_columns=columns)
    if len(rows) < 2 or sum(rows) != len(cluster.sources) or sum(columns) != len(cluster.neurons):
        raise InputError(f"{place}: its {len(rows)} uses do not make up its rows and columns")


def _uses(document: Document) -> Uses | None:
    """Uses of the clusters; rows and columns of the crossbars are their lines."""
    clusters = document.clusters
    sizes = [_sizes(c) or ([len(c.sources)], [len(c.neurons)]) for c in clusters]
    if document.schema != REUSED:
        return None
    return Uses(
        ptr=offsets([len(rows) for rows, _ in sizes]),
        row_ptr=offsets([size for rows, _ in sizes for size in rows]),
        column_ptr=offsets([size for _, columns in sizes for size in columns]),
        row_line=_joined([c.rows for c in clusters], np.int32),
        column_line=_joined([c.columns for c in clusters], np.int32),
    )


def _mapping(document: Document) -> Mapping:
    clusters, workload = document.clusters, document.workload
    clustering = Clustering(
        row_ptr=offsets([len(c.sources) for c in clusters]),
        row_source=_joined([c.sources for c in clusters], np.int32),
        column_ptr=offsets([len(c.neurons) for c in clusters]),
        column_neuron=_joined([c.neurons for c in clusters], np.int32),
        home=np.array(document.home, np.int32),
        uses=_uses(document),
    )
    named = {name: getattr(workload, name) for name in WorkloadFacts.__struct_fields__}
    return Mapping(
        clustering=clustering,
        placement=Placement(np.array([c.tile for c in clusters], np.int32)),
        wiring=Wiring(_joined([c.rows for c in clusters], np.int32), _joined([c.columns for c in clusters], np.int32)),
        sdfg=_sdfg(document.dataflow),
        schedule=_schedule(document.schedule),
        spikes=np.array(workload.spikes, np.int64),
        active_steps=np.array(workload.active_steps, np.int64),
        partial_messages=_joined([c.partial_messages for c in clusters], np.int64),
        figures=document.figures,
        chip=document.chip,
        workload=WorkloadFacts(**named),
        origin=document.origin,
    )


def _sdfg(flow: Dataflow) -> Sdfg:
    return Sdfg(
        name=tuple(flow.actors),
        time=np.array(flow.time, np.int64),
        resource=np.array(flow.resource, np.int32),
        producer=np.array(flow.producer, np.int32),
        consumer=np.array(flow.consumer, np.int32),
        production=np.array(flow.production, np.int64),
        consumption=np.array(flow.consumption, np.int64),
        tokens=np.array(flow.tokens, np.int64),
        tick=flow.tick,
    )


def _schedule(order: Order) -> Schedule:
    return Schedule(
        order=tuple(tuple(part) for part in order.order),
        tiles=np.array(order.tiles, np.int32),
        start=np.array(order.start, np.int64),
        period_numerator=order.period_numerator,
        period_denominator=order.period_denominator,
        critical=tuple(order.critical),
        latency=order.latency,
        slots=_slots(order.slots),
        block=order.block,
        lag=None if order.lag is None else np.array(order.lag, np.int32),
        buffers=None if isinstance(order.buffers, msgspec.UnsetType) else order.buffers,
    )


def _slots(record: Slots | None) -> SlotTable | None:
    if record is None:
        return None
    sent = record.connections
    return SlotTable(
        length=record.length,
        slot=record.slot,
        hop=record.hop,
        producer=np.array([c.producer for c in sent], np.int32),
        target_ptr=offsets([len(c.targets) for c in sent]),
        target=_joined([c.targets for c in sent], np.int32),
        run_ptr=offsets([len(c.first) for c in sent]),
        first=_joined([c.first for c in sent], np.int64),
        flits=_joined([c.flits for c in sent], np.int64),
        border_hop=None if isinstance(record.border_hop, msgspec.UnsetType) else record.border_hop,
        border_flit=None if isinstance(record.border_flit, msgspec.UnsetType) else record.border_flit,
    )
