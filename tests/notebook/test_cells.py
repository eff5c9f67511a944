"""Records in a cell: well-formed HTML with units, nothing run or loaded, whatever names say; every record has one."""

import inspect
import re
import subprocess
import sys
import typing
from html import escape
from html.parser import HTMLParser

import pytest
from notebook.conftest import HOSTILE

import snnmap
from snnmap.core.shown import Shown
from snnmap.render.cell import Cell
from snnmap.render.sheets import Sheet, sheet

KINDS = (
    *("ChipMap", "Converted"),
    *("Accuracy", "Comparison", "Compiled", "Contrasts", "Front", "Fronts", "Hardware", "Imported", "Mapping"),
    *("MacAccuracy", "Manycore"),
    *("MappingReport", "Network", "Report", "SpikeGraph", "StepTrace", "Swept", "Violations", "Workload"),
)
ELEMENTS = {
    *("div", "style", "p", "strong", "table", "caption", "thead", "tbody", "tr", "th", "td", "details", "summary"),
    "code",
}
VOID = {"br", "hr", "img", "input", "link", "meta"}
UNITS = {
    "Accuracy": ["30 days", "95 % interval", "change, points"],
    "ChipMap": [r"\(halves, slices, rows, columns\)", "stuck at g_max: 7 cells", " %", "most of them on tile 2"],
    "Comparison": ["dynamic energy, nJ", "latency of one frame, us", "x ", "hotter|K"],
    "Converted": ["15 neurons", "synapses", "rms error", "4 levels|levels"],
    "Compiled": [" nJ", " us", " mm2", " K", " years"],
    "Contrasts": [" nJ", " us", " mm2", " %", " K", " ms| s"],
    "Front": [" nJ", " mm2"],
    "Fronts": [" nJ", " mm2"],
    "Hardware": [" pJ", " ns", " uS", " K/W", "nm"],
    "Imported": ["15 neurons"],
    "MacAccuracy": ["agreement: ", " us", " uJ| nJ"],
    "Manycore": ["bytes in all", " us| ns", "steps per second", "tiles: "],
    "Mapping": [" nJ", " us", " mm2", " K", "espine mode", "device mode"],
    "MappingReport": [" nJ", " us", " mm2", " K"],
    "Network": ["21 neurons", "407 synapses"],
    "Report": [" nJ", " us", " mm2", " K", " uW| nW"],
    "SpikeGraph": ["spikes per sample", "rate per step", "3 samples of 12 steps of 1 ms"],
    "StepTrace": ["36 rows", "12 more rows", " us| ns", "spikes first|spikes input"],
    "Swept": [" nJ", " us| ns", " mm2", " K"],
    "Violations": ["every rule holds"],
    "Workload": ["3 frames of 12 steps of 1 ms"],
}
"""What must stand in a record's cell: one of the alternatives."""


class Judge(HTMLParser):
    """Whether elements are closed in order, and what there is."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def judged(html: str) -> Judge:
    judge = Judge()
    judge.feed(html)
    judge.close()
    assert judge.open == []
    return judge


@pytest.mark.parametrize("kind", KINDS)
def test_a_cell_is_well_formed_and_has_units(records, kind: str) -> None:
    judge = judged(records[kind]._repr_html_())
    assert set(judge.seen) <= ELEMENTS
    assert {name for name, _ in judge.attributes} <= {"class", "colspan", "scope"}
    for said in UNITS[kind]:
        assert re.search(said, judge.text), f"{said} is not in {judge.text}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_cell_runs_and_loads_nothing(records, kind: str) -> None:
    html = records[kind]._repr_html_()
    assert not re.search(r"<script|javascript:|url\(|@import|https?://|\son\w+=", html)


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_that_is_markup_is_text(hostile, kind: str) -> None:
    html = hostile[kind]._repr_html_()
    judge = judged(html)
    assert not {"script", "b"} & set(judge.seen)
    said = HOSTILE.replace("/", "") if kind == "Swept" else HOSTILE
    assert said in judge.text
    assert escape(said, quote=False).partition("'")[0] in html


def test_a_judge_says_no() -> None:
    for wrong in ("<p><b>x</p></b>", "</p>", "<table><tr>x</table>"):
        with pytest.raises(AssertionError):
            judged(wrong)
    with pytest.raises(AssertionError):
        judged("<p>x")


def test_control_characters_are_written_out() -> None:
    html = Cell("a\x1b[31mb\u202ec", [sheet("", ("x",), [("d\x00e",)])]).html()
    assert "a\\x1b[31mb\\u202ec" in html
    assert "d\\x00e" in html


def test_headings_parts_and_numbers_of_a_table() -> None:
    groups = [(("energy", "of a frame"), [("  whole", 3), ("    part", "12")]), ("time", [("  step", 5)])]
    judge = judged(Cell("t", [Sheet("title", ("figure", "value"), groups, ("below `x`",))]).html())
    html = Cell("t", [Sheet("title", ("figure", "value"), groups, ("below `x`",))]).html()
    assert judge.seen.count("tr") == 6
    assert html.count('class="snnmap-number"') == 4
    assert '<th scope="row" class="snnmap-part">part</th>' in html
    assert "<code>x</code>" in html
    assert '<th colspan="2">time</th>' in html


def test_a_mapping_that_is_no_use_says_so(records) -> None:
    html = Cell("t", alerts=["worn out"]).html()
    assert '<p class="snnmap-alert"><strong>Warning:</strong> worn out</p>' in html
    illegal = snnmap.Violations([snnmap.Violation("tile", "cluster 3", "tile 9", "the chip has 4")])
    text = judged(illegal._repr_html_()).text
    assert "not legal" in text
    assert "cluster 3" in text
    assert "every rule holds" not in text


def returned() -> dict[str, type]:
    """Public function to the class of what it returns, if that is one of snnmap's."""
    found = {}
    for name in snnmap.__all__:
        public = getattr(snnmap, name)
        if inspect.isfunction(public):
            for kind in _kinds(inspect.signature(public).return_annotation):
                if kind.__module__.startswith("snnmap."):
                    found[f"{name}:{kind.__name__}"] = kind
    return found


def _kinds(hint: object) -> list[type]:
    parts = typing.get_args(hint)
    if isinstance(hint, type) and not parts:
        return [hint]
    return [kind for part in parts for kind in _kinds(part)]


SHOWN = {
    *("accuracy_file:MappedAccuracy", "compare:Comparison", "compare_variants:Contrasts", "compile:Compiled"),
    *("evaluate:Report", "from_nir:Imported", "from_snntorch:Imported", "load:Mapping", "load_hardware:Hardware"),
    *("load_network:Imported", "load_profile:SpikeGraph", "load_workload:SpikeGraph", "load_workload:Workload"),
    *("mac_accuracy:MacAccuracy", "manycore:Manycore"),
    *("pareto:Fronts", "profile:SpikeGraph", "report:MappingReport", "sweep:Swept", "verify:Violations"),
    *("verify_file:Violations", "convert:Converted", "draw_chip:ChipMap", "load_chip:ChipMap", "step_trace:StepTrace"),
}
"""Functions with whose results a cell ends; other records show their fields, as Python does."""


def test_what_public_functions_return_is_shown() -> None:
    found = returned()
    assert set(found) >= SHOWN
    assert [name for name in sorted(SHOWN) if not issubclass(found[name], Shown)] == []
    assert [name for name, kind in found.items() if issubclass(kind, Shown) and name not in SHOWN] == []


def test_showing_is_imported_when_something_is_shown() -> None:
    code = (
        "import sys, snnmap\n"
        "assert 'snnmap.notebook' not in sys.modules and 'jinja2' not in sys.modules\n"
        "snnmap.Violations()._repr_html_()\n"
        "print(sorted(m for m in ('IPython', 'pandas', 'matplotlib', 'snnmap.study') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
