"""Every figure of a mapping by hand is what it was (`regenerate/figures_golden.py`)."""

import pytest
from support.figure_cases import NAMES, differing, golden, work


@pytest.mark.parametrize("name", NAMES)
def test_every_figure_is_what_it_was(name):
    assert differing(work("evaluation", name), golden()["evaluation"][name]) == []
