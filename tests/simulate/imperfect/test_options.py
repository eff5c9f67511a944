"""Which effects there are."""

import pytest

from snnmap.core.errors import InputError
from snnmap.simulate.imperfect.options import EFFECTS, ImperfectOptions, parsed


def test_lists_of_effects() -> None:
    assert parsed("all") == frozenset(EFFECTS)
    assert parsed("none") == frozenset()
    assert parsed(" drift, read") == {"drift", "read"}
    assert parsed(["adc"]) == {"adc"}


@pytest.mark.parametrize(("asked", "said"), [("drft", "'drift'"), ("all,read", "'all'"), ("", "''")])
def test_an_unknown_effect_is_refused_with_the_nearest(asked: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        parsed(asked)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"effects": frozenset({"dirft"})}, "did you mean 'drift'"),
        ({"ir": "some"}, "linear or exact"),
        ({"stuck_on": 1.5}, "stuck_on"),
        ({"stuck_off": float("nan")}, "stuck_off"),
        ({"inactive": "open"}, "gated, grounded or floating"),
        ({"inactive": "floating"}, "must be worked out exact"),
        ({"programming_sd": -0.1}, "programming_sd"),
        ({"programming_sd": float("inf")}, "programming_sd"),
        ({"stuck_on": 0.6, "stuck_off": 0.6}, "more than all cells"),
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        ImperfectOptions(**options)
