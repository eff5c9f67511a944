"""Batch normalisation as a scale and a bias is what it was."""

import numpy as np
import pytest

from snnmap.core.errors import InputError
from snnmap.transform.batch_norm import fold_batch_norm

STATISTICS = np.array([[2.0, -1.5, 0.0], [0.1, 0.2, 0.3], [4.0, -5.0, 6.0], [0.25, 4.0, 9.0]])


def test_the_folded_layer_gives_the_same() -> None:
    rng = np.random.default_rng(2)
    whole, x = rng.integers(-7, 8, (3, 5)), rng.normal(size=5)
    scale, bias = np.array([0.1, 0.2, 0.3]), np.array([1.0, -1.0, 2.0])
    gain, offset, mean, variance = STATISTICS
    expected = gain * (scale * (whole @ x) + bias - mean) / np.sqrt(variance + 1e-5) + offset
    new_scale, new_bias = fold_batch_norm(scale, bias, STATISTICS)
    assert np.allclose(new_scale * (whole @ x) + new_bias, expected, rtol=1e-12)
    assert np.sign(new_scale).tolist() == [1, -1, 0]


def test_one_scale_for_all_outputs() -> None:
    assert fold_batch_norm(0.5, 0.0, STATISTICS, 0.0)[0].tolist() == [2.0, -0.375, 0.0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"statistics": STATISTICS[:3]}, r"rows of gain, offset, mean, variance, not an array of shape \(3, 3\)"),
        ({"scale": [1, 2]}, "scale has 2 values for 3 outputs"),
        ({"bias": [1, 2]}, "bias has 2 values for 3 outputs"),
        ({"scale": np.nan}, "must be finite"),
        ({"bias": np.inf}, "must be finite"),
        ({"statistics": np.where(STATISTICS == 9.0, -1e-5, STATISTICS)}, "variances above -epsilon"),
    ],
)
def test_what_divides_by_zero_or_does_not_fit_is_refused(change: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        fold_batch_norm(**({"scale": 1.0, "bias": 0.0, "statistics": STATISTICS} | change))
