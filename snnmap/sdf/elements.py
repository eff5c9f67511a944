"""What the elements of an SDF3 file say, as the parser meets them; `xml` makes a graph of it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from snnmap.core.errors import InputError

LARGEST = 10**12
"""Largest rate, time and number of tokens that is taken: beyond every published graph, and exact in 64 bits."""
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
            self._wrong(f"lacks the attribute {name!r} of {of}")
        return attributes[name]

    def _root(self, tag: str, attributes: Attributes) -> None:
        if tag != "sdf3":
            self._wrong(f"is no SDF3 file: its root is <{tag}>, not <sdf3>")
        kind = attributes.get("type", "sdf")
        if kind not in KINDS:
            self._wrong(f"holds a graph of type {kind!r}; {' and '.join(KINDS)} are read")

    def _graph(self, attributes: Attributes) -> None:
        self.found.graphs += 1
        self.found.name = attributes.get("name", "")
        if self.found.graphs > 1:
            self._wrong("holds several graphs; put each into a file of its own")

    def _actor(self, attributes: Attributes) -> None:
        self.actor = self._need(attributes, "name", "an <actor>")
        if self.actor in self.found.ports:
            self._wrong(f"has two actors called {self.actor!r}")
        self.found.ports[self.actor] = {}

    def _port(self, attributes: Attributes) -> None:
        name = self._need(attributes, "name", f"a <port> of actor {self.actor!r}")
        of = f"port {name!r} of actor {self.actor!r}"
        if name in self.found.ports[self.actor]:
            self._wrong(f"has two ports called {name!r} at actor {self.actor!r}")
        kind = self._need(attributes, "type", of)
        if kind not in {"in", "out"}:
            self._wrong(f"says type {kind!r} of {of}; in and out are known")
        self.found.ports[self.actor][name] = Port(kind, self._need(attributes, "rate", of))

    def _channel(self, attributes: Attributes) -> None:
        name = self._need(attributes, "name", "a <channel>")
        if name in self.found.channels:
            self._wrong(f"has two channels called {name!r}")
        ends = [
            self._need(attributes, key, f"channel {name!r}") for key in ("srcActor", "srcPort", "dstActor", "dstPort")
        ]
        tokens = whole(attributes.get("initialTokens", "0"))
        if tokens is None:
            said = attributes["initialTokens"]
            self._wrong(f"says initialTokens {said!r} of channel {name!r}; a number from 0 to {LARGEST:,} is needed")
        self.found.channels[name] = (*ends, tokens)  # type: ignore[assignment]  # of four ends

    def _properties(self, attributes: Attributes) -> None:
        self.actor = self._need(attributes, "actor", "<actorProperties>")
        if self.actor in self.found.times:
            self._wrong(f"has properties of actor {self.actor!r} twice")
        self.found.times[self.actor] = []

    def _processor(self, attributes: Attributes) -> None:
        self.processor = (attributes.get("default") == "true", attributes.get("type", ""))

    def _time(self, attributes: Attributes) -> None:
        time = self._need(attributes, "time", f"the execution time of actor {self.actor!r}")
        self.found.times[self.actor].append((*self.processor, time))

    def _buffer(self, _: Attributes) -> None:
        self.found.buffers += 1


def whole(text: str) -> int | None:
    """A number from 0 to `LARGEST`; none if it is none."""
    found = re.fullmatch(r"\s*(\d{1,19})\s*", text, re.ASCII)
    return int(found[1]) if found and int(found[1]) <= LARGEST else None


def shown(text: str) -> str:
    """`text` quoted, not longer than a line."""
    return repr(text if len(text) <= 40 else f"{text[:30]}...")
