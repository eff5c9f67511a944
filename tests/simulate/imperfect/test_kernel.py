"""Reads of crossbars, one by one: sums, variances, noise by counter, codes of converters."""

import numpy as np
import pytest
from scipy import stats

from snnmap.simulate.imperfect.frames import normal_pool
from snnmap.simulate.kernels.noise import POOL, mixed, read_codes, read_sums, stretches
from snnmap.simulate.kernels.reads import (
    Array,
    Live,
    Reads,
    drive_graded,
    follow,
    gather,
    listed,
    mark,
    nothing,
    ones,
    settle,
)

NORMAL = normal_pool(64)
NONE = np.zeros(0)


def reads(width: int = 2, size: int = 2) -> Reads:
    """One source on one row of a crossbar whose lines belong to one neuron each."""
    return Reads(
        drive_ptr=np.array([0, 1]),
        slot=np.zeros(1, np.int64),
        read=np.zeros(1, np.int64),
        word_ptr=np.array([0, 1]),
        base=np.zeros(1, np.int64),
        width=np.array([width]),
        cell=np.zeros(1, np.int64),
        area=np.array([0, size]),
        level_ptr=np.array([0, 1]),
        part_ptr=np.array([0, width]),
        line=np.arange(width),
        neuron=np.arange(width),
        together=np.array([True]),
        biases=np.zeros(0, np.int64),
    )


def array(cell=(1, -2), width=2, **given: object) -> Array:
    """Its cells."""
    step = np.array(given.pop("step", ()), float)
    fields = {
        "unit": np.ones(width),
        "noise_unit": NONE,
        "shared": NONE,
        "grid": NONE,
        "gain": NONE,
        "offset": NONE,
        "limit": NONE,
        "pulse": np.zeros(1),
    }
    fields |= {name: np.array(value, float) for name, value in given.items()}
    padded = np.array([*cell, *np.zeros(len(cell))], np.int32)
    return Array(cell=padded, counted=True, crossbar=np.zeros(width, np.int64), step=step, codes=1.0 / step, **fields)


def read(of: Array, total, spread=(0.0, 0.0), shared=0.0, key=7, t=0, bins=0, watched=True):
    """What neurons hear of lines that carry `total`, the largest sums, and how many have which size."""
    width = len(total)
    acc, peak, sizes = np.zeros(width), np.zeros(width if watched else 0), np.zeros((1, bins), np.int64)
    carried = (np.array(total, float), np.array(spread, np.float32), shared)
    settle(reads(width), of, 0, carried, (key, t, NORMAL), acc, (peak, sizes))
    return acc, peak, sizes


@pytest.mark.parametrize("rows", [1, 5, 64, 65, 150])
@pytest.mark.parametrize("size", [1, 3, 40])
def test_sums_are_those_of_the_rows_that_are_on(rows: int, size: int) -> None:
    rng = np.random.default_rng(rows * size)
    cell = rng.integers(-1000, 1000, (rows + 3, size)).astype(np.int32)
    cell[-1] = 0  # two rows of another crossbar before
    words = -(-rows // 64)
    on, held, sums = np.zeros(words + 2, np.uint64), np.zeros(words + 2, np.uint64), np.full(size + 5, 7, np.int32)
    sums[4 : 4 + size] = 0
    before = np.zeros(rows, bool)
    for share in (0.1, 0.1, 0.9, 0.88, 0.0, 0.5, 0.02, 1.0, 1.0):
        changed = rng.random(rows) < 0.1
        wanted = np.where(changed, rng.random(rows) < 0.5, before) if share == 0.88 else rng.random(rows) < share
        for row in np.flatnonzero(wanted):
            on[1 + row // 64] |= np.uint64(1) << np.uint64(row % 64)
        follow(cell.reshape(-1), 2 * size, size, on, held, (1, words + 1), sums, 4, np.zeros(128 * words, np.int64))
        np.testing.assert_array_equal(sums[4 : 4 + size], cell[2:-1][wanted].sum(axis=0))
        assert sums[:4].tolist() + sums[4 + size :].tolist() == [7, 7, 7, 7, 7]  # those of others
        assert not on.any()
        before = wanted


def test_bits_are_counted_and_listed() -> None:
    rng = np.random.default_rng(4)
    for word in [0, 1, 2**63, 2**64 - 1, *rng.integers(0, 2**63, 50).tolist()]:
        places = [bit for bit in range(64) if word >> bit & 1]
        assert ones(np.uint64(word)) == len(places)
        starts = np.full(70, -1)
        assert listed(np.uint64(word), 5, 3, starts, 2) == 2 + len(places)
        assert starts[2 : 2 + len(places)].tolist() == [5 + 3 * bit for bit in places]


def test_a_unit_is_marked_for_all_its_reads() -> None:
    on, touched = np.zeros(3, np.uint64), np.zeros(3, bool)
    mark(np.array([7, 3, 64, 191, 9]), np.array([0, 0, 1, 2, 0]), 1, 4, on, touched)
    assert on.tolist() == [8, 1, 2**63]
    assert touched.all()


def driven(of: Array, *values: float) -> tuple[np.ndarray, np.ndarray, float, Live]:
    """Lines, variances and that of the reference after values that are no units, cells with variances."""
    size = len(of.cell) // 2
    at, width = reads(len(of.unit), size), len(of.unit)
    live = nothing(at)
    for value in values:
        drive_graded(at, of, 0, value, live)
    assert live.touched[0]
    x, spread = np.zeros(width), np.zeros(width, np.float32)
    shared = gather(at, of, 0, live, x, spread)
    assert not live.total.any()
    assert not live.graded.any()
    return x, spread, shared, live


def test_rows_add_up_and_so_do_the_variances_of_their_reads() -> None:
    noisy = array((1, -2, 6, 3, 9), noise_unit=(0.5, 0.25), shared=(1.0, 1.0), unit=(2.0, 0.5))
    x, spread, shared, _ = driven(noisy, 2.0, 0.5)
    assert x.tolist() == [1 * 2.0 * 2.5, -2 * 0.5 * 2.5]
    assert spread.tolist() == [6 * (4 + 0.25), 3 * (4 + 0.25)]
    assert shared == 9 * (4 + 0.25)


def test_units_and_graded_values_of_one_read_add_up() -> None:
    at, of = reads(2, 5), array((1, -2, 6, 3, 9), noise_unit=(1.0, 1.0), shared=(1.0, 1.0))
    live = nothing(at)
    live.sums[:] = of.cell[:5]
    drive_graded(at, of, 0, 3.0, live)
    x, spread = np.zeros(2), np.zeros(2, np.float32)
    assert gather(at, of, 0, live, x, spread) == 9 * 10
    assert x.tolist() == [4.0, -8.0]
    assert spread.tolist() == [60.0, 30.0]
    assert gather(at, of, 0, live, x, spread) == 9  # what was graded is read once
    assert x.tolist() == [1.0, -2.0]


def test_graded_values_are_driven_in_steps_and_products_keep_to_the_grid() -> None:
    assert driven(array(pulse=(0.25,)), 0.6)[0].tolist() == [0.5, -1.0]
    assert driven(array((2, 1), unit=(0.5, 0.5), grid=(0.25, 0.25)), 0.7)[0].tolist() == [0.75, 0.25]


@pytest.mark.parametrize(("x", "code"), [(0.0, 0.0), (0.9, 1.0), (-1.4, -1.0), (10.0, 3.0), (-10.0, -3.0)])
def test_a_converter_rounds_and_ends_on_both_sides(x: float, code: float) -> None:
    of = array(step=(1.0, 0.5), limit=(3.0, 1.5))
    assert read(of, (x, -x / 2))[0].tolist() == [code, -code / 2]


def test_the_largest_sum_is_seen_before_it_is_digitised_and_sizes_are_counted() -> None:
    of = array(limit=(4.0, 4.0), step=(100.0, 100.0))
    _, peak, sizes = read(of, (-4.0, 1.5), bins=4)
    assert peak.tolist() == [4.0, 1.5]
    assert sizes.tolist() == [[0, 1, 0, 1]]
    assert read(of, (0.0, 0.5), bins=4)[2].tolist() == [[1, 0, 0, 0]]


def test_lines_that_are_read_have_gain_and_offset() -> None:
    known = array(gain=(2.0, 3.0), offset=(0.5, 0.25))
    assert read(known, (1.0, 0.0))[0].tolist() == [2.5, 0.25]


def test_noise_is_normal_with_the_summed_variance_and_new_in_every_step() -> None:
    of = array(noise_unit=(1.0, 0.5))
    found = np.array([read(of, (3.0, 0.0), (4.0, 1.0), t=t)[0] for t in range(20_000)])
    np.testing.assert_allclose(found.mean(axis=0), [3.0, 0.0], atol=0.05)
    np.testing.assert_allclose(found.std(axis=0), [2.0, 0.5], rtol=0.02)
    assert stats.kstest((found[:, 0] - 3.0) / 2.0, "norm").pvalue > 1e-3
    assert abs(np.corrcoef(found[:, 0], found[:, 1])[0, 1]) < 0.03
    assert abs(np.corrcoef(found[:-1, 0], found[1:, 0])[0, 1]) < 0.03
    assert abs(np.corrcoef(found[:-1, 0] ** 2, found[1:, 0] ** 2)[0, 1]) < 0.03
    other = np.array([read(of, (3.0, 0.0), (4.0, 1.0), key=8, t=t)[0] for t in range(20_000)])
    assert abs(np.corrcoef(found[:, 0], other[:, 0])[0, 1]) < 0.03


def test_two_reads_of_a_step_have_noise_of_their_own() -> None:
    of = array(noise_unit=(1.0, 1.0, 1.0, 1.0), width=4)
    two = reads(2)._replace(
        base=np.array([0, 2]), width=np.array([2, 2]), part_ptr=np.array([0, 2, 4]), line=np.array([0, 1, 0, 1])
    )
    two = two._replace(neuron=np.arange(4), together=np.array([True, True]))
    found = []
    for t in range(5000):
        acc = np.zeros(4)
        for r in (0, 1):
            settle(two, of, r, (np.zeros(2), np.ones(2, np.float32), 0.0), (3, t, NORMAL), acc, (NONE, EMPTY))
        found.append(acc)
    between = np.corrcoef(np.array(found).T) - np.eye(4)
    assert np.abs(between).max() < 0.06
    shifted = np.corrcoef(np.array(found)[:-1, 2], np.array(found)[1:, 0])[0, 1]
    assert abs(shifted) < 0.06


EMPTY = np.zeros((0, 0), np.int64)


def test_the_noise_of_a_reference_is_the_same_on_all_lines_of_a_read() -> None:
    of = array(noise_unit=(1.0, 1.0), shared=(-2.0, -0.5))
    found = np.array([read(of, (1.0, 0.0), (0.0, 0.0), 9.0, t=t)[0] for t in range(20_000)])
    np.testing.assert_allclose((found[:, 0] - 1.0) / 4.0, found[:, 1], atol=1e-12)
    assert np.std(found[:, 0]) == pytest.approx(2.0 * 3.0, rel=0.02)
    assert np.mean(found[:, 1]) == pytest.approx(0.0, abs=0.05)
    own = np.array([read(of, (0.0, 0.0), (4.0, 4.0), 9.0, t=t)[0] for t in range(20_000)])
    assert np.std(own[:, 0]) == pytest.approx(np.sqrt(4 + 36), rel=0.02)
    assert np.std(own[:, 1]) == pytest.approx(np.sqrt(4 + 9 / 4), rel=0.02)
    assert np.corrcoef(own.T)[0, 1] == pytest.approx(2 * 0.5 * 9 / np.sqrt((4 + 36) * (4 + 9 / 4)), abs=0.03)
    alone = np.array([read(of, (0.0, 0.0), (4.0, 4.0), 0.0, t=t)[0] for t in range(20_000)])
    for line in (0, 1):  # neither drawn from what the lines' own noise is
        assert abs(np.corrcoef(alone[:, line] ** 2, found[:, 1] ** 2)[0, 1]) < 0.04


@pytest.mark.parametrize("step", [(), (0.25, 0.5)])
def test_what_is_done_at_once_is_what_is_done_step_by_step(step) -> None:
    cell = (3, -2, 1, 4)
    of = array(cell, noise_unit=(0.5, 0.25), step=step, limit=(3.0, 2.0), unit=(0.5, 0.25))
    at, live = reads(2, 4), nothing(reads(2, 4))
    heard = set()
    for t in range(200):
        live.sums[:] = np.array(cell) * (t % 5)
        x, spread, acc, home = np.zeros(2), np.zeros(2, np.float32), np.ones(2), np.ones(2)
        shared = gather(at, of, 0, live, x, spread)
        settle(at, of, 0, (x, spread, shared), (5, t, NORMAL), acc, (NONE, EMPTY))
        lines = of.unit, of.noise_unit, of.step, of.codes, of.limit
        (read_codes if step else read_sums)(live.sums, 0, lines, 0, 2, (np.uint64(mixed(5, t)), NORMAL), home, 0)
        np.testing.assert_array_equal(acc, home)
        heard |= set(home.tolist())
    assert len(heard) > (10 if step else 300)
    assert not step or {1.0 + 3.0, 1.0 - 2.0} <= heard  # both ends of a range


def test_the_pool_is_a_normal_distribution_in_no_order() -> None:
    pool = NORMAL[:POOL].astype(np.float64)
    np.testing.assert_array_equal(NORMAL[POOL:], NORMAL[: len(NORMAL) - POOL])
    assert abs(pool.mean()) < 1e-7
    assert pool.var() == pytest.approx(1.0, abs=1e-6)
    assert np.mean(pool**4) == pytest.approx(3.0, rel=3e-3)
    assert stats.kstest(pool, "norm").statistic < 1e-4
    spectrum = np.abs(np.fft.rfft(pool)) ** 2
    neighbours = np.fft.irfft(spectrum)[1:513] / POOL  # how alike noise of columns so far apart is
    assert np.abs(neighbours).max() < 0.025


def test_stretches_differ_in_place_and_sign() -> None:
    found = [stretches(np.uint64(mixed(11, k)), NORMAL, 3) for k in range(4000)]
    signs = {(float(np.sign(a)), float(np.sign(b))) for _, _, a, b in found}
    assert len(signs) == 4
    assert all(abs(a) == abs(b) == np.float32(np.sqrt(0.5)) for _, _, a, b in found)
    assert len({float(one[0]) for one, *_ in found}) > 3600
    assert len({float(two[0]) for _, two, *_ in found}) > 3600
    assert not any(one[0] == two[0] for one, two, *_ in found[:100])
    first, second = (np.array([float(f[k][0]) for f in found]) for k in (0, 1))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.06
