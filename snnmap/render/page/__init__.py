"""The report as one HTML file: opened from a disk, a mail or a paper's supplement, it shows what `report` found out.

Method: Jinja2 templates (`assets/`, autoescape on) make the page; its charts are plain Plotly figures, made here as
data and drawn by plotly.js, which the file holds. Plotly because readers know its charts and can hover, zoom and save;
its *cartesian* bundle because that is a third of the whole library, and because a page needs no Python package of
Plotly's to be written: figures are JSON, and a test has Plotly's own schema judge them. Vega-Lite was rejected: its
runtime is as large, and heat maps with a readout per cell need signals of its own.

Three rules. A page computes no figure: it takes records (`content`) and gives them words, units and colours. No request
leaves it: a content security policy forbids all, and allows no script but the two whose hashes it names, so that a
layer called `<script>` would be harmless even if something had forgotten to escape it. Colours answer a question: where
the values of a map hardly differ, it is drawn flat and says so, and only who asks sees the spread.
"""

from pathlib import Path

from snnmap.core.files import must_be_writable


def must_be_page(path: Path, *inputs: object) -> None:
    """Refuse a page that cannot be written, before the work that goes into it.

    Raises
    ------
    InputError
        If `core.files.must_be_writable` says no.
    """
    must_be_writable(path, (".html", ".htm"), *inputs)
