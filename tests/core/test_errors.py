"""Errors carry their facts, say them in words, and survive pickling."""

import pickle

import pytest

from snnmap.core.errors import InfeasibleError, InputError, SnnmapError


def test_one_root() -> None:
    assert issubclass(InputError, SnnmapError)
    assert issubclass(InputError, ValueError)
    assert issubclass(InfeasibleError, SnnmapError)
    assert not issubclass(InfeasibleError, InputError)


def test_infeasible_says_need_have_change() -> None:
    error = InfeasibleError("tiles", 1200, 64, "Use larger crossbars.")
    assert str(error) == "tiles: need 1,200, have 64. Use larger crossbars."
    assert (error.resource, error.asked, error.available, error.remedy) == ("tiles", 1200, 64, "Use larger crossbars.")


@pytest.mark.parametrize("error", [InputError("a word"), InfeasibleError("rows", 3, 2, "Split.")])
def test_errors_cross_processes(error: SnnmapError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)


def test_a_message_is_one_line_whatever_it_quotes():
    assert str(InputError("there is no 'a\nlegal'")) == "there is no 'a\\nlegal'"
    assert "\n" not in str(InfeasibleError("til\nes", 2, 1, "buy"))
