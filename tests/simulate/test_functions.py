"""The kernels' exponential and logarithm against decimal arithmetic."""

import decimal

import numpy as np
import pytest

from snnmap.simulate.kernels.functions import HIGHEST, LOWEST, exp, expm1, log1p

RNG = np.random.default_rng(4)
SIZES = 10.0 ** RNG.uniform(-13, 2.84, 1500)


def error(found: float, exact: decimal.Decimal) -> float:
    return abs(float((decimal.Decimal(found) - exact) / exact)) if exact else abs(found)


@pytest.mark.parametrize(
    ("function", "exactly", "arguments"),
    [
        (exp, lambda x: x.exp(), [*SIZES, *-SIZES, 0.0, HIGHEST, LOWEST]),
        (expm1, lambda x: x.exp() - 1, [*SIZES, *-SIZES, 0.0]),
        (log1p, lambda x: (1 + x).ln(), [*SIZES, *(-np.minimum(SIZES, 1) * (1 - 1e-15)), 1e300, -1 + 2.0**-53]),
    ],
)
def test_errors_are_below_what_is_stated(function, exactly, arguments) -> None:
    with decimal.localcontext(prec=60):
        assert max(error(function(float(x)), exactly(decimal.Decimal(float(x)))) for x in arguments) < 1e-15


def test_arguments_beyond_the_range_count_as_its_ends() -> None:
    assert exp(1e9) == exp(HIGHEST) < np.inf
    assert 0.0 < exp(-np.inf) == exp(LOWEST) < 1e-300
    assert expm1(-np.inf) == -1.0
