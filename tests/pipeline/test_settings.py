"""Options of a plan as people write them: read as meant, and refused where two of them contradict one another."""

import pytest

import snnmap
from snnmap.core.errors import InputError


def test_settings_and_terms_are_read_in_order():
    assert snnmap.parse_settings(("place=swarm", "place.particles = 20")) == {"place": "swarm", "place.particles": "20"}
    assert snnmap.parse_terms(("thermal=0.5", "leakage=1")) == (("thermal", 0.5), ("leakage", 1.0))


@pytest.mark.parametrize(
    ("parse", "texts", "words"),
    [
        (snnmap.parse_settings, ("place=swarm", "place=anneal"), "--set place is given twice, as swarm and anneal"),
        (snnmap.parse_settings, ("place=swarm", "place =swarm"), "--set place is given twice"),
        (snnmap.parse_terms, ("thermal=1", "leakage=1", "thermal=2"), "--term thermal is given twice, as 1 and 2"),
        (snnmap.parse_settings, ("=swarm",), "'=swarm' is not stage.option=value"),
        (snnmap.parse_settings, (" =swarm",), "' =swarm' is not stage.option=value"),
        (snnmap.parse_terms, ("thermal",), "'thermal' is not name=weight"),
    ],
)
def test_what_cannot_be_meant_is_refused(parse, texts, words):
    with pytest.raises(InputError, match=words):
        parse(texts)
