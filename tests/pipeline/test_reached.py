"""The published temperature and leakage gains at one operating point, and pulses that there are not."""

import pytest

import snnmap
from snnmap.pipeline.reached import reached

AVERAGE = "espine_temperature_average_K"


@pytest.fixture(scope="module")
def pair() -> tuple[snnmap.Compiled, snnmap.Compiled]:
    """mnist-mlp at 16 nm: few messages with lines in order, and busy rows spread and on cells that endure."""
    graph = snnmap.profile("mnist-mlp")
    options = (snnmap.CompileOptions(technology="pcm-16", objective=name) for name in ("traffic", "espine"))
    base, other = (snnmap.compile(graph, option) for option in options)
    return base, other


def test_both_published_gains_appear_at_one_pulse(pair: tuple[snnmap.Compiled, snnmap.Compiled]) -> None:
    """Thermal-aware paper (arXiv 2010.04773, abstract): 11.4 K cooler, leakage x 0.48; here by wiring and by rows
    spread over crossbars. The hottest crossbar of few messages leaks most, so less than a half is left.
    """
    found = reached(*pair, AVERAGE, -11.4)
    assert found.pulse == pytest.approx(23.7e-6, rel=0.1)
    assert found.pulse == float(f"{found.pulse:.2e}"), "it can be typed as it is printed"
    assert found.difference is not None
    assert -11.4 * 1.006 <= found.difference <= -11.4, "no less than was published, and a three-digit step more at most"
    assert found.leakage is not None
    assert 0.05 < found.leakage <= 0.52
    assert found.duty is not None
    assert 0.005 < found.duty < 0.05
    assert found.rise is not None
    assert found.rise * found.relative == pytest.approx(11.4, rel=0.02), "the share saved is that at the chip's pulse"


def test_the_share_saved_does_not_depend_on_what_is_asked(pair: tuple[snnmap.Compiled, snnmap.Compiled]) -> None:
    more, less = (reached(*pair, AVERAGE, kelvin) for kelvin in (-20.0, -1.0))
    assert more.relative == less.relative
    assert more.pulse is not None
    assert less.pulse is not None
    assert more.pulse > 15 * less.pulse


def test_no_pulse_makes_the_warmer_mapping_cooler(pair: tuple[snnmap.Compiled, snnmap.Compiled]) -> None:
    found = reached(*reversed(pair), AVERAGE, -11.4)
    assert found.relative < 0
    assert (found.pulse, found.duty, found.rise, found.difference, found.leakage) == (None,) * 5


@pytest.mark.parametrize("kelvin", [-1e4, -1e9])
def test_no_pulse_within_a_step_is_enough(pair: tuple[snnmap.Compiled, snnmap.Compiled], kelvin: float) -> None:
    assert reached(*pair, AVERAGE, kelvin).pulse is None
    assert reached(*pair, "device_temperature_average_K", -11.4).pulse is None
