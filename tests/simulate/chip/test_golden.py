"""The same seed gives the same answer as ever, by every algorithm (`regenerate/stages_golden.py`)."""

import pytest
from support.stage_cases import cases, golden, names


@pytest.mark.parametrize("name", names("simulate"))
def test_the_answer_is_as_it_was(name):
    assert cases()["simulate", name]() == golden()["simulate"][name]


def test_no_answer_is_held_without_a_case():
    assert sorted(golden()["simulate"]) == sorted(names("simulate"))
