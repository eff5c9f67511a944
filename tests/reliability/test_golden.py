"""Every figure of a mapping by hand is what it was (`regenerate/figures_golden.py`)."""

import pytest
from support.figure_cases import NAMES, differing, golden, work


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_is_what_it_was(name):
    assert differing(work("reliability", name), golden()["reliability"][name]) == []


def test_what_differs_is_named():
    held = {"a": [1.0, None], "b": "drift", "c": [3.0]}
    assert differing(held, held) == []
    assert differing(held | {"a": [1.00001, None]}, held) == ["a"]
    assert differing(held | {"a": [1.0, 2.0], "b": "none"}, held) == ["a", "b"]
    assert differing({"a": [1.0], "b": "drift", "d": [3.0]}, held) == ["a", "c", "d"]
