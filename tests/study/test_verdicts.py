"""Verdict lines: value beside traffic's, bound, price; and a verdict that says no."""

from dataclasses import replace

import pytest

from snnmap.study.verdicts import verdicts

TRAFFIC = {"hops": 100, "espine_lifetime_frames": 10.0, "espine_lifetime_bound_frames": 80.0, "espine_gradient_K": 4e-3}
BETTER = {**TRAFFIC, "espine_lifetime_frames": 70.0, "espine_gradient_K": 6e-3, "hops": 120}
WORSE = {**TRAFFIC, "espine_gradient_K": 5e-3}


def test_value_traffic_ratio_bound_and_price():
    found = verdicts(("net", "pcm-65"), {"traffic": TRAFFIC, "espine": BETTER, "thermal": WORSE})
    assert [v.objective for v in found] == ["traffic", "espine", "thermal"]
    line = found[1].line()
    assert line.startswith("espine: effective lifetime, frames (espine mode) 70, traffic 10; x 7; bound 80")
    assert "price: hops (links crossed) x 1.2, gradient inside crossbars, average x 1.5" in line
    assert [tuple(p.values()) for p in found[1].row()["prices"]] == [
        ("hops", 1.2, None),
        ("espine_gradient_K", 1.5, None),
    ]
    assert [v.holds for v in found] == [True, True, False]
    assert "WORSE than traffic" in found[2].line()
    assert "nothing gained" in found[0].line()


def test_figures_that_never_end_or_are_not_there():
    endless = {"espine_lifetime_frames": None, "hops": 100}
    found = verdicts(("net", "t"), {"traffic": {**TRAFFIC, **endless}, "espine": {**TRAFFIC, **endless}})
    assert found[1].line().startswith("espine: effective lifetime, frames (espine mode) -, traffic -; nothing gained")
    assert verdicts(("net", "t"), {"espine": BETTER}) == []
    assert verdicts(("net", "t"), {"traffic": {"hops": 1}, "thermal": {"hops": 1}, "own": {"hops": 1}})[0].holds


def test_points_of_a_weighed_objective_are_judged_in_its_figure():
    found = verdicts(("net", "t"), {"traffic": TRAFFIC, "thermal:2": {**TRAFFIC, "espine_gradient_K": 2e-3}})
    assert found[1].figure == "espine_gradient_K"
    assert "x 0.5" in found[1].line()


def test_beyond_the_horizon_no_lifetime_is_claimed():
    year = 31_557_600.0
    figures = {"hops": 1, "device_first_failure_s": 600 * year}
    found = verdicts(("net", "t"), {"traffic": figures, "lifetime": {**figures, "device_first_failure_s": 1200 * year}})
    line = replace(found[1], horizon=10 * year).line()
    assert "50 % probability (device mode) > 10 years, traffic > 10 years; x 2" in line
    assert "600" in found[1].line()
    assert "horizon" not in found[1].row()


def test_a_warmer_average_is_a_price_and_a_shorter_period_its_reason():
    base = {**TRAFFIC, "device_temperature_average_K": 320.0, "throughput_steps_per_s": 1000.0}
    warmer = {**base, "espine_gradient_K": 1e-3, "device_temperature_average_K": 320.101}
    found = verdicts(("net", "t"), {"traffic": base, "thermal": warmer, "thermal:1": {**warmer, **base}})
    assert [tuple(p.values()) for p in found[1].row()["prices"]] == [
        ("device_temperature_average_K", None, pytest.approx(0.101))
    ]
    assert "price: average crossbar (device mode) 0.101 K warmer" in found[1].line()
    assert found[1].faster is None
    assert "fast" not in found[1].line()
    assert found[2].prices == ()
    swift = verdicts(("net", "t"), {"traffic": base, "thermal": {**warmer, "throughput_steps_per_s": 1120.0}})[1]
    assert swift.faster == 1.12
    assert swift.line().endswith(
        "0.101 K warmer; its steps may follow one another x 1.12 as fast, which warms it flat out"
    )
