"""A network from wherever it is to a file of our own, its weights rounded on the way if that is asked for."""

from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from snnmap.core.files import must_be_writable
from snnmap.core.shown import Shown
from snnmap.frontend import LoadOptions, Source, load_network, save_network
from snnmap.frontend.networks.parsed import Imported
from snnmap.ir import Remarks
from snnmap.transform.quantise import quantise

USED = ("pooling", "strict", "dialect", "quantise", "bits", "levels")


@dataclass(frozen=True, slots=True, eq=False)
class Converted(Shown):
    """What was written."""

    read: Imported
    """The network, and what its file says of the stepping."""
    remarks: Remarks
    """What rounding did, if it was asked for, and repairs."""


def convert(source: Source, path: str | Path, options: LoadOptions | None = None) -> Converted:
    """Write a network as `.npz` or `.nir`, which every command takes as a source; needs no data.

    Parameters
    ----------
    source
        What `load_network` takes.
    path
        File to write.
    options
        `pooling`, `strict`, `dialect`, `quantise`, `bits` and `levels` count; others do not apply.

    Raises
    ------
    InputError
        If the source cannot be read, the weights not be rounded as asked, or the file not be written.
    """
    wanted = options or LoadOptions()
    wanted.must_apply(*USED, where="convert", why="a network alone has neither data nor steps; leave them out")
    must_be_writable(Path(path), (".npz", ".nir"), source)
    read = load_network(source, pooling=wanted.pooling, strict=wanted.strict, dialect=wanted.dialect)
    remarks = Remarks(repairs=tuple(read.repairs))
    if wanted.quantise is not None:
        made = quantise(read.network, wanted.quantise, wanted.weight_levels)
        read, remarks = replace(read, network=made.network), msgspec.structs.replace(remarks, quantised=made.roundings)
    save_network(read, path)
    return Converted(read, remarks)
