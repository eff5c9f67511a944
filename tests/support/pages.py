"""HTML reports read back without a browser and without any code that wrote them."""

import base64
import hashlib
import json
import re
import zlib
from html.parser import HTMLParser
from typing import Any

import numpy as np

VOID = {"meta", "link", "input", "br", "img", "hr"}
OPTIONAL = {"p", "li", "dt", "dd", "option", "tr", "td", "th"}


class Page(HTMLParser):
    """Elements of a page with their attributes, the text of its scripts and styles, and all other text."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == [], f"not closed: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag in self.raw:
            self.raw[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1] == tag, f"</{tag}> closes <{self.open[-1]}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.raw:
            self.raw[self.open[-1]][-1] += data
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        """All that a reader sees as text."""
        return " ".join(" ".join(self.words).split())

    @property
    def data(self) -> dict[str, Any]:
        """What the charts are drawn from."""
        found: dict[str, Any] = json.loads(self.raw["script"][0])
        return found

    def figure(self, plot: str, *chosen: object) -> dict[str, Any]:
        """One figure of a chart."""
        found: dict[str, Any] = self.data["plots"][plot]["figures"]["/".join(str(c) for c in chosen)]
        return found


def must_load_nothing(page: Page) -> None:
    """Hold that nothing of a page asks for anything outside it."""
    loading = {"src", "srcset", "data", "action", "poster", "background"}
    for tag, attributes in page.elements:
        assert not loading & set(attributes), (tag, attributes)
        assert tag not in {"iframe", "object", "embed", "base", "form", "img"}
        assert tag != "link" or attributes == {"rel": "icon", "href": "data:,"}
        assert not any(name.startswith("on") for name in attributes)
    assert not re.search(r"@import|url\(", "".join(page.raw["style"]))


def must_run_only_its_own(page: Page) -> None:
    """Hold that a page's policy forbids all scripts but its own two, by their hashes."""
    (policy,) = [a["content"] for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    scripts = [a for tag, a in page.elements if tag == "script"]
    assert [a.get("type") for a in scripts] == ["application/json", None, None]
    hashes = [base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() for code in page.raw["script"][1:]]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == " ".join(f"'sha256-{code}'" for code in hashes)
    assert rules["img-src"] == "data: blob:"
    assert "connect-src" not in rules
    assert "plotly.js (cartesian" in page.raw["script"][1]


def unpacked(z: dict[str, Any]) -> np.ndarray:
    """Values of a packed map, NaN where there is none."""
    codes = np.frombuffer(zlib.decompress(base64.b64decode(z["$packed"])), "<u2").reshape(z["shape"])
    return np.where(codes == 65535, np.nan, z["low"] + z["step"] * codes.astype(float))


def column(shared: dict[str, Any], asked: dict[str, Any]) -> list[Any]:
    """A column that figures share, or the part of it that one shows."""
    whole: list[Any] = shared[asked["$ref"]]
    return [whole[k] for k in shared[asked["$at"]]] if "$at" in asked else whole


def for_plotly(figure: dict[str, Any], shared: dict[str, Any] | None = None) -> dict[str, Any]:
    """A figure as Plotly sees it: themes' colours, packed arrays and shared columns in place."""

    def painted(value: Any, key: str = "") -> Any:
        if isinstance(value, dict) and "$ref" in value and shared is not None:
            return column(shared, value)
        if isinstance(value, dict) and "$packed" in value:
            return unpacked(value)
        if isinstance(value, dict):
            return {k: painted(v, k) for k, v in value.items() if k != "customdata"}
        if isinstance(value, list):
            return [painted(v) for v in value]
        return "#123456" if key.endswith("color") and isinstance(value, str) and value.startswith("@") else value

    return {"data": painted(figure["data"]), "layout": painted(figure["layout"])}
