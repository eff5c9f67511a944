"""Fronts: against a brute force and moocore; the horizon is worth the horizon; workloads are never mixed."""

import moocore
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from support.swept import row

import snnmap
from snnmap.core.errors import InputError
from snnmap.study.pareto import REFERENCE, hypervolume, knee, scaled, undominated
from snnmap.study.rows import written

ENERGY_AREA = snnmap.parse_aims("energy,area")


def points(dimensions):
    return arrays(np.float64, st.tuples(st.integers(1, 12), st.just(dimensions)), elements=st.integers(0, 6).map(float))


@given(st.integers(2, 4).flatmap(points))
def test_fronts_and_volumes_are_those_of_moocore(cost) -> None:
    expected = moocore.is_nondominated(cost, keep_weakly=True)
    np.testing.assert_array_equal(undominated(cost), expected)
    unit = scaled(cost, cost)
    volume = moocore.hypervolume(unit, ref=[REFERENCE] * cost.shape[1])
    assert hypervolume(cost) == pytest.approx(volume, rel=1e-9)


def test_the_knee_is_the_farthest_below_the_line_of_the_extremes() -> None:
    assert knee(np.array([[0.0, 10.0], [1.0, 4.0], [2.0, 1.0], [9.0, 0.5], [10.0, 0.0]])) == 2
    assert knee(np.array([[3.0, 5.0]])) == 0
    assert knee(np.array([[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]])) == 0  # on the line: none is a knee, the first is said
    narrow = np.array([[0.0, 1e9], [1e-12, 4e8], [2e-12, 1e8], [1e-11, 0.0]])
    assert knee(narrow) == 2


def test_the_front_of_every_workload(tmp_path) -> None:
    rows = [
        row("a", 1.0, 5.0),
        row("b", 2.0, 2.0),
        row("c", 3.0, 2.0),
        row("d", 5.0, 1.0),
        row("none", None, 1.0, status="does not fit"),
        row("other", 9.0, 9.0, workload="another"),
    ]
    written(tmp_path / "sweep.csv", rows)
    net, another = snnmap.pareto(tmp_path / "sweep.csv", ENERGY_AREA)
    assert [each["run"] for each in net.rows] == ["a", "b", "d"]
    assert net.rows[net.knee]["run"] == "b"
    np.testing.assert_array_equal(net.values, [[1, 5], [2, 2], [5, 1]])
    np.testing.assert_array_equal(net.others, [[3, 2]])
    assert net.left_out == 1
    unit = (np.array([[1, 5], [2, 2], [5, 1]]) - 1) / 4
    assert net.hypervolume == pytest.approx(moocore.hypervolume(unit, ref=[1.1, 1.1]))
    assert [each["run"] for each in another.rows] == ["other"]
    document = net.document()
    assert (document["runs"], document["knee"], document["front"][0]["energy"]) == (4, "b", 1.0)


def test_more_lifetime_is_better_but_beyond_the_horizon_it_is_worth_the_horizon(tmp_path) -> None:
    beyond = "device_lifetime_s: beyond horizon (100.0)"
    rows = [
        row("short", 1.0, 1.0, lifetime=5.0),
        row("long", 2.0, 1.0, lifetime=5000.0, doubts=beyond),
        row("longer", 3.0, 1.0, lifetime=9e9, doubts=f"energy_J: worn out early (1.0); {beyond}"),
        row("never", 4.0, 1.0, lifetime=None, doubts=beyond),
    ]
    written(tmp_path / "sweep.csv", rows)
    (front,) = snnmap.pareto(tmp_path / "sweep.csv", snnmap.parse_aims("energy,lifetime"))
    assert [each["run"] for each in front.rows] == ["short", "long"]
    np.testing.assert_array_equal(front.values, [[1, 5], [2, 100]])
    assert len(front.others) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("energy,aera", "did you mean 'area'"),
        ("energy", "two aims or more"),
        ("energy,energy", "each once"),
        ("", "two aims or more"),
    ],
)
def test_what_is_no_aim_is_refused(text, said) -> None:
    with pytest.raises(InputError, match=said):
        snnmap.parse_aims(text)


def test_tables_without_a_front_are_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="no such file"):
        snnmap.pareto(tmp_path / "none.csv", ENERGY_AREA)
    written(tmp_path / "unfit.csv", [row("a", None, None)])
    with pytest.raises(InputError, match="no run of net has all of energy, area; none has energy, area"):
        snnmap.pareto(tmp_path / "unfit.csv", ENERGY_AREA)
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="not the table of a sweep"):
        snnmap.pareto(tmp_path / "other.csv", ENERGY_AREA)
    (tmp_path / "empty.json").write_text('{"format": 1, "rows": []}')
    with pytest.raises(InputError, match="has no rows"):
        snnmap.pareto(tmp_path / "empty.json", ENERGY_AREA)
