"""How fast a dataflow graph runs: any graph in an SDF3 file, or that of a mapping."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from snnmap.core.files import must_be_writable
from snnmap.formats.mapping import load
from snnmap.ir import Mapping, Sdfg
from snnmap.sdf.phases import PhasedGraph, phased
from snnmap.sdf.throughput import Throughput, analyse
from snnmap.sdf.xml import read_sdf3, write_sdf3

XML_BEGINS = (b"<", b"\xef\xbb\xbf<", b"\xff\xfe<", b"\xfe\xff\0<")
"""How an XML file begins, after spaces: without a byte order mark, or with that of UTF-8 or UTF-16."""


def throughput(
    source: Path | str | Mapping | Sdfg | PhasedGraph,
    *,
    auto_concurrency: bool = False,
    export: Path | str | None = None,
) -> Throughput:
    """Exact throughput of a dataflow graph, with its proof.

    Parameters
    ----------
    source
        An SDF3 file, a mapping file, a mapping (its graph with the orders of its tiles), or a graph.
    auto_concurrency
        Whether firings of one actor may overlap where no channel of the graph forbids it. In the graph of a mapping
        channels forbid it everywhere.
    export
        SDF3 file to write the graph to, so that other programs can analyse it; as it is, without what
        `auto_concurrency` adds.

    Raises
    ------
    InputError
        If the source cannot be read or the file not be written, or the graph exceeds what can be expanded. Inconsistent
        and deadlocked graphs are answers.
    """
    if export is not None:
        must_be_writable(Path(export), (".xml",), source)
    graph = _graph(source)
    if export is not None:
        write_sdf3(graph, export)
    return analyse(graph, auto_concurrency=auto_concurrency)


def _graph(source: Path | str | Mapping | Sdfg | PhasedGraph) -> PhasedGraph:
    if isinstance(source, PhasedGraph):
        return source
    if isinstance(source, Sdfg):
        return phased(source, "graph")
    if isinstance(source, Mapping):
        return _of_mapping(source)
    return read_sdf3(source) if is_sdf3(Path(source)) else _of_mapping(load(source))


def _of_mapping(mapping: Mapping) -> PhasedGraph:
    graph, schedule = phased(mapping.sdfg, mapping.workload.name), mapping.schedule
    block = schedule.block
    if block > 1:
        graph = replace(
            graph, remarks=(f"an iteration is a block of {block} steps: a cluster is programmed once for all",)
        )
    if schedule.slots is None:
        return graph
    promised = Fraction(schedule.period_numerator, schedule.period_denominator)
    remark = f"messages wait for their time slots: the mapping promises {promised} ticks, the length of its slot table"
    return replace(graph, remarks=(*graph.remarks, f"{remark}, which is not in the graph"))


def is_sdf3(path: Path) -> bool:
    """Whether a file begins as XML; by its name, if it is none."""
    if not path.is_file():
        return path.suffix.lower() == ".xml"
    try:
        with path.open("rb") as file:
            return file.read(4096).lstrip().startswith(XML_BEGINS)
    except OSError:
        return path.suffix.lower() == ".xml"
