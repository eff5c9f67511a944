"""The file of a network in phases: one canonical JSON document that holds the mapping of every phase.

Written and read like the mapping file: sorted keys, exact integers, strict to read, atomic to write, `.gz` compressed.
"""

import gzip
from pathlib import Path

import msgspec
import numpy as np

from snnmap.core.errors import InputError
from snnmap.core.files import write_atomically
from snnmap.formats.mapping import content_of, document_of, head_of, mapping_of
from snnmap.formats.schema import PHASES, PHASES_SCHEMA, PhaseRecord, PhasesDocument
from snnmap.ir.phases import Phase, Phased


def save_phases(phased: Phased, path: Path | str) -> None:
    """Write a network in phases to `path` (`.json`, or `.json.gz` compressed without a time stamp)."""
    path = Path(path)
    data = encode_phases(phased)
    write_atomically(path, gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)


def encode_phases(phased: Phased) -> bytes:
    """Canonical bytes: sorted keys, no spaces, one final newline."""
    records = [PhaseRecord(p.source.tolist(), p.chunk, document_of(p.mapping)) for p in phased.phases]
    named = (phased.workload, phased.chip, phased.origin, dict(phased.figures))
    document = PhasesDocument(PHASES, PHASES_SCHEMA, *named, phases=records)
    return msgspec.json.encode(document, order="sorted") + b"\n"


def is_phases(path: Path | str) -> bool:
    """Whether a file holds a network in phases, by its first words; not if it cannot be read."""
    try:
        head = head_of(content_of(Path(path)), str(path))
    except InputError:
        return False
    return isinstance(head, dict) and head.get("format") == PHASES


def load_phases(path: Path | str) -> Phased:
    """Read a file of phases.

    Raises
    ------
    InputError
        If the file is missing, truncated, edited out of shape, or another; the message names the place.
    """
    where = str(path)
    head = head_of(content_of(Path(path)), where)
    if not isinstance(head, dict) or head.get("format") != PHASES:
        raise InputError(f'{where} is no file of phases: it lacks "format": "{PHASES}"')
    if head.get("schema") != PHASES_SCHEMA:
        raise InputError(
            f"{where} has schema {head.get('schema')!r}; this snnmap reads schema {PHASES_SCHEMA} of phases"
        )
    try:
        document = msgspec.convert(head, PhasesDocument)
    except msgspec.ValidationError as error:
        raise InputError(f"{where}: {error}") from None
    if not document.phases:
        raise InputError(f"{where}: $.phases is empty; a network has a phase at least")
    try:
        phases = [_phase(record, f"{where}: $.phases[{k}]") for k, record in enumerate(document.phases)]
    except OverflowError:
        raise InputError(f"{where}: a number is too large for its field") from None
    return Phased(tuple(phases), document.workload, document.chip, document.origin, document.figures)


def _phase(record: PhaseRecord, where: str) -> Phase:
    mapping = mapping_of(record.mapping, where)
    if len(record.sources) != len(mapping.spikes):
        asked = f"sources has {len(record.sources)}, its mapping {len(mapping.spikes)}"
        raise InputError(f"{where}: lists that belong together differ in length: {asked}")
    if not mapping.workload.externals <= len(mapping.spikes):
        raise InputError(f"{where}: $.mapping.workload.externals is more than its sources")
    return Phase(mapping, np.array(record.sources, np.int32), record.chunk)
