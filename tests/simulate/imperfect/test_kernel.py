"""Reads of lines, one by one: sums, variances, noise by counter, codes of converters."""

import numpy as np
import pytest

from snnmap.simulate.imperfect.run import normal_quantiles
from snnmap.simulate.kernels.imperfect import TABLE_BITS, Array, drawn, drive, merge

NORMAL = normal_quantiles()


def array(*, weight=(1.0, -2.0), variance=(), grid=(), gain=(), offset=(), step=0.0, limit=1.0, pulse=0.0) -> Array:
    """One source on one row of a crossbar with two lines, one for each of two neurons."""
    none = np.zeros(0, np.int64)
    return Array(
        row_ptr=np.array([0, 1]),
        row=np.zeros(1, np.int64),
        first=np.zeros(1, np.int64),
        base=np.zeros(1, np.int64),
        width=np.array([2]),
        weight=np.array(weight, np.float32),
        variance=np.array(variance, np.float32),
        grid=np.array(grid, np.float64),
        gain=np.array(gain, np.float64),
        offset=np.array(offset, np.float64),
        step=np.full(2, step),
        limit=np.full(2, limit),
        crossbar=np.zeros(2, np.int64),
        line_ptr=np.array([0, 1, 2]),
        line=np.array([0, 1]),
        biases=none,
        pulse=np.array([pulse]),
    )


def read(of: Array, total, spread=(0.0, 0.0), key=7, counter=0, bins=0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    acc, peak, sizes = np.zeros(2), np.zeros(2), np.zeros((1, bins), np.int64)
    sums = (np.array(total, float), np.array(spread, float), acc)
    merge(of, (0, 2), (key, counter, NORMAL), sums, (peak, sizes))
    assert not sums[0].any()
    assert not sums[1].any()
    return acc, peak, sizes


def test_rows_add_up_and_so_do_the_variances_of_their_reads() -> None:
    total, spread = np.zeros(2), np.zeros(2)
    noisy = array(variance=(0.5, 0.25))
    drive(noisy, 0, 2.0, total, spread)
    drive(noisy, 0, 1.0, total, spread)
    assert total.tolist() == [3.0, -6.0]
    assert spread.tolist() == [0.5 * (4 + 1), 0.25 * (4 + 1)]


def test_graded_values_are_driven_in_steps_and_products_keep_to_the_grid() -> None:
    total, spread = np.zeros(2), np.zeros(2)
    drive(array(pulse=0.25), 0, 0.6, total, spread)
    assert total.tolist() == [0.5, -1.0]
    total[:] = 0.0
    drive(array(weight=(1.0, 0.5), grid=(0.25, 0.25)), 0, 0.7, total, spread)
    assert total.tolist() == [0.75, 0.25]


@pytest.mark.parametrize(("x", "code"), [(0.0, 0.0), (0.9, 1.0), (-1.4, -1.0), (10.0, 3.0), (-10.0, -3.0)])
def test_a_converter_rounds_and_ends_on_both_sides(x: float, code: float) -> None:
    assert read(array(step=1.0, limit=3.0), (x, -x))[0].tolist() == [code, -code]


def test_the_largest_sum_is_seen_before_it_is_digitised_and_sizes_are_counted() -> None:
    _, peak, sizes = read(array(limit=4.0), (-4.0, 1.5), bins=4)
    assert peak.tolist() == [4.0, 1.5]
    assert sizes.tolist() == [[0, 1, 0, 1]]


def test_only_lines_that_are_read_have_gain_and_offset() -> None:
    known = array(gain=(2.0, 2.0), offset=(0.5, 0.5))
    assert read(known, (1.0, 0.0))[0].tolist() == [2.5, 0.0]
    assert read(known, (0.0, 0.0), spread=(1e-30, 0.0))[0].tolist() == pytest.approx([0.5, 0.0])


def test_noise_is_normal_with_the_summed_variance_and_new_in_every_step() -> None:
    of = array(variance=(1.0, 1.0))
    found = np.array([read(of, (3.0, 0.0), (4.0, 0.25), counter=2 * t)[0] for t in range(20_000)])
    np.testing.assert_allclose(found.mean(axis=0), [3.0, 0.0], atol=0.05)
    np.testing.assert_allclose(found.std(axis=0), [2.0, 0.5], rtol=0.02)
    assert abs(np.corrcoef(found[:, 0], found[:, 1])[0, 1]) < 0.03
    assert abs(np.corrcoef(found[:-1, 0], found[1:, 0])[0, 1]) < 0.03
    other = np.array([read(of, (3.0, 0.0), (4.0, 0.25), key=8, counter=2 * t)[0] for t in range(2000)])
    assert abs(np.corrcoef(found[:2000, 0], other[:, 0])[0, 1]) < 0.08


def test_the_table_is_a_normal_distribution() -> None:
    assert len(NORMAL) == 1 << TABLE_BITS
    assert abs(NORMAL.mean()) < 1e-12
    assert NORMAL.var() == pytest.approx(1.0, abs=1e-12)
    assert np.mean(NORMAL**4) == pytest.approx(3.0, rel=2e-3)
    assert len({drawn(3, k, NORMAL) for k in range(1000)}) > 980
