"""Dataflow graphs as XML files of SDF3, read and written.

Read is what throughput depends on: actors, ports with rates, channels with initial tokens, and the execution time on
the default processor. Rates and times are whole numbers, lists of them for the phases, and `n*x` for n phases in a row:
`18*0,3*1`. Lists of one actor may differ in length; it then has as many phases as all of them fit into.

Files are not trusted: document types and entities are refused (they can grow without bound), and so is what would
unfold into more than `phases.LIMIT` numbers. Nothing outside the file is ever opened.

Format: Stuijk, Geilen & Basten, SDF3: SDF For Free, ACSD 2006.
"""

import re
from math import lcm
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

import numpy as np

from snnmap.core.arrays import I64, frozen, offsets
from snnmap.core.errors import InputError
from snnmap.core.files import must_be_content, must_be_writable, write_atomically
from snnmap.sdf.elements import LARGEST, Elements, Found, shown, whole
from snnmap.sdf.phases import LIMIT, PhasedGraph

ITEM = re.compile(r"\s*(?:(\d{1,19})\s*\*\s*)?(\d{1,19})\s*")
UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML file may hold."""


def read_sdf3(path: Path | str) -> PhasedGraph:
    """Read a synchronous or cyclo-static graph from an SDF3 file.

    Raises
    ------
    InputError
        If the file cannot be read, is no XML or none of SDF3, declares a document type or entities, or what it says of
        the graph is missing, contradictory or not taken; the message names the place.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"cannot read {path}: it is not a plain file")
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from None
    must_be_content(path, data)
    return decode_sdf3(data, str(path))


def decode_sdf3(data: bytes, where: str = "graph") -> PhasedGraph:
    """Graph from the bytes of an SDF3 file; `where` names it in errors. Raises `InputError` as `read_sdf3` does."""
    elements = Elements(where)
    parser = expat.ParserCreate()
    parser.StartElementHandler = elements.begin
    parser.EndElementHandler = elements.end
    parser.StartDoctypeDeclHandler = elements.refuse_type
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, UnicodeError) as error:
        raise InputError(f"{where} is not a whole XML file ({error})") from None
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{where} is not an XML file that can be read ({error})") from None
    return Assembly(where, elements.found).graph()


class Assembly:
    """Turns what was found into a graph, and refuses what does not belong together."""

    def __init__(self, where: str, found: Found) -> None:
        self.where = where
        self.found = found
        self.lists: dict[str, I64] = {}
        self.moving: dict[str, I64] = {}
        self.unfolded = 0

    def graph(self) -> PhasedGraph:
        """The graph."""
        found = self.found
        if not found.graphs:
            self._wrong("holds no <sdf> or <csdf> in an <applicationGraph>")
        for name in found.times:
            if name not in found.ports:
                self._wrong(f"has properties of an actor {shown(name)} that the graph has not")
        actors = {name: k for k, name in enumerate(found.ports)}
        ends = [self._ends(name) for name in found.channels]
        times = [self._numbers(self._time(name), f"the execution time of actor {shown(name)}") for name in actors]
        phases = [len(time) for time in times]
        rates: list[list[I64]] = [[], []]
        for name, (source, target) in zip(found.channels, ends, strict=True):
            for side, (actor, port) in enumerate((source, target)):
                rate = self._rate(actor, port, name)
                rates[side].append(rate)
                phases[actors[actor]] = lcm(phases[actors[actor]], len(rate))
        producer, consumer = ([actors[end[side][0]] for end in ends] for side in (0, 1))
        total = sum(phases) + sum(phases[a] for a in (*producer, *consumer))
        if total > LIMIT:
            self._wrong(f"unfolds into {total:,} rates and times of phases; at most {LIMIT:,} are taken")
        return PhasedGraph(
            name=found.name,
            actor=tuple(actors),
            channel=tuple(found.channels),
            ptr=frozen(offsets(phases), np.int64),
            time=_repeated(times, phases),
            producer=frozen(producer, np.int32),
            consumer=frozen(consumer, np.int32),
            tokens=frozen([tokens for *_, tokens in found.channels.values()], np.int64),
            production=_repeated(rates[0], [phases[a] for a in producer]),
            consumption=_repeated(rates[1], [phases[a] for a in consumer]),
            remarks=self._remarks(),
        )

    def _wrong(self, message: str) -> NoReturn:
        raise InputError(f"{self.where} {message}")

    def _remarks(self) -> tuple[str, ...]:
        remarks = []
        loose = [
            f"{port} of {actor}"
            for actor, ports in self.found.ports.items()
            for port, p in ports.items()
            if p.channel is None
        ]
        if loose:
            remarks.append(
                f"ports that no channel uses: {len(loose):,}, the first {loose[0]}; their rates do not count"
            )
        if self.found.buffers:
            remarks.append(
                f"{self.found.buffers:,} buffer sizes are stated and, as in SDF3's throughput analysis, do not count; "
                "a buffer that bounds the rate is a channel back with its size as tokens"
            )
        return tuple(remarks)

    def _ends(self, name: str) -> tuple[tuple[str, str], tuple[str, str]]:
        """Actor and port at both ends of a channel."""
        source, out, target, into, _ = self.found.channels[name]
        for actor, port, kind in ((source, out, "out"), (target, into, "in")):
            if actor not in self.found.ports:
                self._wrong(f"lets channel {shown(name)} end at {shown(actor)}; the graph has no such actor")
            found = self.found.ports[actor].get(port)
            if found is None:
                self._wrong(f"lets channel {shown(name)} end at port {shown(port)}, which actor {shown(actor)} has not")
            if found.kind != kind:
                of = f"port {shown(port)} of actor {shown(actor)}"
                self._wrong(f"lets channel {shown(name)} use {of} as {kind}; it is {found.kind}")
            if found.channel is not None:
                self._wrong(
                    f"joins both {shown(found.channel)} and {shown(name)} to port {shown(port)} of actor {shown(actor)}"
                )
            found.channel = name
        return (source, out), (target, into)

    def _time(self, actor: str) -> str:
        """Execution time of an actor on its default processor, as written."""
        stated = self.found.times.get(actor, [])
        chosen = [time for default, _, time in stated if default] or [time for _, _, time in stated]
        if not stated:
            self._wrong(f"states no execution time of actor {shown(actor)}")
        if len(chosen) > 1:
            kinds = ", ".join(kind for _, kind, _ in stated)
            self._wrong(
                f'has several execution times of actor {shown(actor)} ({kinds}); mark one processor default="true"'
            )
        return chosen[0]

    def _rate(self, actor: str, port: str, channel: str) -> I64:
        text = self.found.ports[actor][port].rate
        if text not in self.moving:
            place = f"the rate of port {shown(port)} of actor {shown(actor)}"
            rate = self._numbers(text, place)
            if not rate.any():
                self._wrong(
                    f"says that {place} is always 0, so that channel {shown(channel)} never moves a token there"
                )
            self.moving[text] = rate
        return self.moving[text]

    def _numbers(self, text: str, place: str) -> I64:
        """List of numbers, unfolded."""
        if text not in self.lists:
            self.lists[text] = self._unlisted(text, place)
        return self.lists[text]

    def _unlisted(self, text: str, place: str) -> I64:
        if ";" in text:
            self._wrong(
                f"has initial phases in {place} ({shown(text)}), which are not taken; only lists without ';' are"
            )
        counts, values = [], []
        for item in text.split(","):
            match = ITEM.fullmatch(item)
            value = None if match is None else whole(match[2])
            if match is None or value is None or match[1] == "0":
                self._wrong(
                    f"says {shown(text)} of {place}; whole numbers from 0 to {LARGEST:,} are needed, as 2,18*0,3*1"
                )
            counts.append(int(match[1] or 1))
            values.append(value)
        self.unfolded += sum(counts)
        if self.unfolded > LIMIT:
            self._wrong(
                f"unfolds into {self.unfolded:,} rates and times of phases or more; at most {LIMIT:,} are taken"
            )
        return np.repeat(np.array(values, np.int64), counts)


def _repeated(lists: list[I64], lengths: list[int]) -> I64:
    """All lists one after the other, each repeated to its length."""
    whole_lists = [np.tile(one, n // len(one)) if n > len(one) else one for one, n in zip(lists, lengths, strict=True)]
    return frozen(np.concatenate(whole_lists) if whole_lists else np.zeros(0, np.int64), np.int64)


def write_sdf3(graph: PhasedGraph, path: Path | str) -> None:
    """Write `graph` as an SDF3 file, in which it is synchronous or cyclo-static.

    Raises
    ------
    InputError
        If the file cannot be written, or a name holds characters that XML cannot.
    """
    path = Path(path)
    must_be_writable(path, (".xml",))
    write_atomically(path, encode_sdf3(graph))


def encode_sdf3(graph: PhasedGraph) -> bytes:
    """Bytes of an SDF3 file; raises as `write_sdf3`."""
    for name in (graph.name, *graph.actor, *graph.channel):
        if UNPRINTABLE.search(name):
            raise InputError(f"the name {shown(name)} holds a character that XML cannot")
    kind = "csdf" if len(graph.time) > len(graph.actor) else "sdf"
    name, actor = quoteattr(graph.name or "graph"), [quoteattr(name) for name in graph.actor]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<sdf3 type="{kind}" version="1.0">',
        f"  <applicationGraph name={name}>",
        f"    <{kind} name={name} type={name}>",
    ]
    ports: list[list[str]] = [[] for _ in actor]
    producer, consumer = graph.producer.tolist(), graph.consumer.tolist()
    for side, ends, rates in (("out", producer, graph.production), ("in", consumer, graph.consumption)):
        at = offsets(graph.phases[np.array(ends, np.int64)]).tolist() if ends else [0]
        for k, end in enumerate(ends):
            rate = listed(rates[at[k] : at[k + 1]].tolist())
            ports[end].append(f'        <port name="{side}{k}" type="{side}" rate="{rate}"/>')
    for one, own in zip(actor, ports, strict=True):
        lines += [f"      <actor name={one} type={one}>", *own, "      </actor>"]
    columns = zip(graph.channel, producer, consumer, graph.tokens.tolist(), strict=True)
    for k, (channel, source, target, tokens) in enumerate(columns):
        ends_of = f'srcActor={actor[source]} srcPort="out{k}" dstActor={actor[target]} dstPort="in{k}"'
        lines.append(f'      <channel name={quoteattr(channel)} {ends_of} initialTokens="{tokens}"/>')
    lines += [f"    </{kind}>", f"    <{kind}Properties>"]
    starts = graph.ptr.tolist()
    for k, one in enumerate(actor):
        time = listed(graph.time[starts[k] : starts[k + 1]].tolist())
        lines += [
            f"      <actorProperties actor={one}>",
            f'        <processor type="tile" default="true"><executionTime time="{time}"/></processor>',
            "      </actorProperties>",
        ]
    lines += [f"    </{kind}Properties>", "  </applicationGraph>", "</sdf3>", ""]
    return "\n".join(lines).encode()


def listed(values: list[int]) -> str:
    """`0,0,0,1`, the spelling that every reader knows."""
    return ",".join(map(str, values))
