"""Operating points and limits by hand."""

import pytest
from support.figure_cases import view_of

from snnmap.evaluation.limits import limits
from snnmap.physics.leakage import Leakage


def test_the_heat_path_is_package_and_spreader_one_after_the_other() -> None:
    view = view_of("pcm-16", "alone")
    chip = view.hardware.with_value("convection_resistance", 7.0).with_value("spreader_resistance", 2.0)
    told = limits(view.at(chip), None, 10.0)
    assert told["heat_path_K_per_W"] == 9.0
    assert sorted(told) == ["ambient_K", "espine_ambient_K", "heat_path_K_per_W"]


def test_leakage_is_asked_at_ambient_and_at_the_cooler_average() -> None:
    chip = view_of("pcm-16", "alone").hardware
    law = Leakage.of(chip.technology, chip.leaking_width)
    told = limits(view_of("pcm-16", "alone"), 350.0, 10.0)
    assert told["device_leakage_at_ambient_W"] == pytest.approx(8 * float(law.power(chip["ambient_temperature"])))
    assert told["device_leakage_if_cooler_W"] == pytest.approx(8 * float(law.power(360.0)))
    assert told["device_lifetime_bound_s"] > 0
