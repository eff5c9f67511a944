"""What the elements of an SDF3 file say, as the parser meets them; `xml` makes a graph of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from snnmap.core.errors import InputError

LARGEST = 10**12
"""Largest rate, time and number of tokens that is taken: beyond every published graph, and exact in 64 bits."""
NUMBER = re.compile(r"\s*(\d{1,19})\s*", re.ASCII)
KINDS = ("sdf", "csdf")
"""Types of graphs that are read."""

Attributes = dict[str, str]


@dataclass(slots=True)
class Port:
    """A port of an actor."""

    kind: str
    rate: str
    channel: str | None = None


@dataclass(slots=True)
class Found:
    """What the elements of a file say."""

    name: str = ""
    graphs: int = 0
    ports: dict[str, dict[str, Port]] = field(default_factory=dict)
    channels: dict[str, tuple[str, str, str, str, int]] = field(default_factory=dict)
    """Source actor and port, target actor and port, initial tokens, by name."""
    times: dict[str, list[tuple[bool, str, str]]] = field(default_factory=dict)
    """Per actor its processors: whether it is the default, its type, its execution time."""
    buffers: int = 0


class Elements:
    """Listens to the parser and keeps what the elements of a graph say."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.found = Found()
        self.path: list[str] = []
        self.actor = ""
        self.processor = (False, "")
        self.known: dict[tuple[str, ...], Callable[[Attributes], None]] = {}
        for kind in KINDS:
            graph = ("sdf3", "applicationGraph", kind)
            actor = ("sdf3", "applicationGraph", f"{kind}Properties", "actorProperties")
            self.known |= {
                graph: self._graph,
                (*graph, "actor"): self._actor,
                (*graph, "actor", "port"): self._port,
                (*graph, "channel"): self._channel,
                actor: self._properties,
                (*actor, "processor"): self._processor,
                (*actor, "processor", "executionTime"): self._time,
                (*actor[:-1], "channelProperties", "bufferSize"): self._buffer,
            }

    def begin(self, tag: str, attributes: Attributes) -> None:
        """An element opens."""
        if not self.path:
            self._root(tag, attributes)
        self.path.append(tag)
        if len(self.path) > 8:
            return  # nothing that counts stands so deep
        known = self.known.get(tuple(self.path))
        if known is not None:
            known(attributes)

    def end(self, _: str) -> None:
        """An element closes."""
        self.path.pop()

    def refuse_type(self, *_: object) -> NoReturn:
        """A document type: the door to entities."""
        self._wrong("declares a document type (<!DOCTYPE>), which is refused; delete it")

    def _wrong(self, message: str) -> NoReturn:
        raise InputError(f"{self.where} {message}")

    def _need(self, attributes: Attributes, name: str, of: str) -> str:
        if name not in attributes:
            self._lacks(attributes, (name,), of)
        return attributes[name]

    def _lacks(self, attributes: Attributes, names: tuple[str, ...], of: str) -> NoReturn:
        missing = next(name for name in names if name not in attributes)
        self._wrong(f"lacks the attribute {missing!r} of {of}")

    def _root(self, tag: str, attributes: Attributes) -> None:
        if tag != "sdf3":
            self._wrong(f"is no SDF3 file: its root is <{tag[:40]}>, not <sdf3>")
        kind = attributes.get("type", "sdf")
        if kind not in KINDS:
            self._wrong(f"holds a graph of type {shown(kind)}; {' and '.join(KINDS)} are read")

    def _graph(self, attributes: Attributes) -> None:
        self.found.graphs += 1
        self.found.name = attributes.get("name", "")
        if self.found.graphs > 1:
            self._wrong("holds several graphs; put each into a file of its own")

    def _actor(self, attributes: Attributes) -> None:
        self.actor = self._need(attributes, "name", "an <actor>")
        if self.actor in self.found.ports:
            self._wrong(f"has two actors called {shown(self.actor)}")
        self.found.ports[self.actor] = {}

    def _port(self, attributes: Attributes) -> None:
        name, kind, rate = attributes.get("name"), attributes.get("type"), attributes.get("rate")
        if name is None or kind is None or rate is None:
            known = "a <port>" if name is None else f"port {shown(name)}"
            self._lacks(attributes, ("name", "type", "rate"), f"{known} of actor {shown(self.actor)}")
        ports = self.found.ports[self.actor]
        if name in ports:
            self._wrong(f"has two ports called {shown(name)} at actor {shown(self.actor)}")
        if kind not in {"in", "out"}:
            self._wrong(
                f"says type {shown(kind)} of port {shown(name)} of actor {shown(self.actor)}; in and out are known"
            )
        ports[name] = Port(kind, rate)

    def _channel(self, attributes: Attributes) -> None:
        name = attributes.get("name")
        source, out = attributes.get("srcActor"), attributes.get("srcPort")
        target, into = attributes.get("dstActor"), attributes.get("dstPort")
        if name is None or source is None or out is None or target is None or into is None:
            known = "a <channel>" if name is None else f"channel {shown(name)}"
            self._lacks(attributes, ("name", "srcActor", "srcPort", "dstActor", "dstPort"), known)
        if name in self.found.channels:
            self._wrong(f"has two channels called {shown(name)}")
        tokens = whole(attributes.get("initialTokens", "0"))
        if tokens is None:
            said = shown(attributes["initialTokens"])
            self._wrong(f"says initialTokens {said} of channel {shown(name)}; a number from 0 to {LARGEST:,} is needed")
        self.found.channels[name] = (source, out, target, into, tokens)

    def _properties(self, attributes: Attributes) -> None:
        self.actor = self._need(attributes, "actor", "<actorProperties>")
        if self.actor in self.found.times:
            self._wrong(f"has properties of actor {shown(self.actor)} twice")
        self.found.times[self.actor] = []

    def _processor(self, attributes: Attributes) -> None:
        self.processor = (attributes.get("default") == "true", attributes.get("type", ""))

    def _time(self, attributes: Attributes) -> None:
        time = self._need(attributes, "time", f"the execution time of actor {shown(self.actor)}")
        self.found.times[self.actor].append((*self.processor, time))

    def _buffer(self, _: Attributes) -> None:
        self.found.buffers += 1


def whole(text: str) -> int | None:
    """A number from 0 to `LARGEST`; none if it is none."""
    found = NUMBER.fullmatch(text)
    return int(found[1]) if found and int(found[1]) <= LARGEST else None


def shown(text: str) -> str:
    """`text` quoted, not longer than a line."""
    return repr(text if len(text) <= 40 else f"{text[:30]}...")
