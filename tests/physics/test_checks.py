"""What the physics refuses to be given: each check once with what it accepts and what it does not."""

import numpy as np
import pytest

from snnmap.core.errors import InputError
from snnmap.physics.checks import not_negative, numbers, positive, same_shape, scalar


def test_what_is_accepted():
    assert scalar("x", np.int64(3), above=2.0) == 3.0
    assert isinstance(scalar("x", np.float32(0.5), least=0.5), float)
    assert numbers("x", [[1, 2]], least=1.0, ndim=2).dtype == np.float64
    assert numbers("x", [], least=1.0).size == 0
    positive(a=1.0, b=1e-300)
    not_negative(a=0.0)
    same_shape(a=np.ones(3), b=np.zeros(3))


@pytest.mark.parametrize("value", [np.nan, np.inf, "1", None, True, [1.0], 1j])
def test_not_one_number(value):
    with pytest.raises(InputError, match="x must be one finite number"):
        scalar("x", value)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: scalar("x", 2.0, above=2.0), "x must be more than 2"),
        (lambda: scalar("x", 1.5, least=2.0), "x must be at least 2"),
        (lambda: positive(a=1.0, b=0.0), "b must be more than 0"),
        (lambda: not_negative(a=-1e-300), "a must be at least 0"),
        (lambda: numbers("x", ["a"]), "x must be an array of numbers"),
        (lambda: numbers("x", [[1.0], [1.0, 2.0]]), "x must be an array of numbers"),
        (lambda: numbers("x", [1.0], ndim=2), "x must have 2 dimensions, has 1"),
        (lambda: numbers("x", [1.0, np.inf]), "x holds a value that is not finite"),
        (lambda: numbers("x", [1.0, -1.0], least=0.0), "x must be at least 0, holds -1"),
        (lambda: same_shape(a=np.ones(3), b=np.ones((3, 1))), r"shapes differ: a \(3,\), b \(3, 1\)"),
    ],
)
def test_what_is_refused(call, words):
    with pytest.raises(InputError, match=words):
        call()
