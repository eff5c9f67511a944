"""Operating points and limits by hand."""

from dataclasses import replace

import numpy as np
import pytest
from support.figure_cases import view_of

from snnmap.evaluation.limits import first_failure_bound, limits
from snnmap.ir import Placement
from snnmap.physics.leakage import Leakage
from snnmap.reliability.crossbars import tile_variation
from snnmap.reliability.device import device_state


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


@pytest.mark.parametrize("air", [318.15, 500.0])
def test_no_tiles_outlast_the_bound_of_the_first_failure(air: float) -> None:
    """Where the air is hot cells lose their state first, and the bound is not reached."""
    view = view_of("pcm-16", "alone", 5)
    view = view.at(view.hardware.with_value("ambient_temperature", air))
    bound = first_failure_bound(view)
    assert bound is not None
    rng = np.random.default_rng(2)
    lasts = []
    for _ in range(6):
        placed = replace(view.mapping, placement=Placement(rng.permutation(8)[: view.mapping.clustering.clusters]))
        lasts.append(device_state(view.at(view.hardware, placed)).band[1])
    assert len(set(lasts)) > 1
    assert max(lasts) <= bound
    same = view.at(view.hardware.with_value("retention_time", 1e30), view_of("pcm-16", "alone").mapping)
    assert bound == pytest.approx(device_state(same).band[1] * tile_variation(view.hardware, 5).max())
    assert (max(lasts) > 0.5 * bound) == (air < 400.0)


@pytest.mark.parametrize(("technology", "places"), [("pcm-16", "pair"), ("oxram-22", "alone")])
def test_there_is_no_bound_where_turns_or_reads_wear_cells(technology: str, places: str) -> None:
    assert first_failure_bound(view_of(technology, places)) is None
