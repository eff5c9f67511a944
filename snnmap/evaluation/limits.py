"""Limits that no mapping of some clusters can pass, and the operating point that they are for."""

from dataclasses import replace

import msgspec
import numpy as np

from snnmap.analysis.view import View
from snnmap.physics.leakage import Leakage
from snnmap.reliability.crossbars import tile_variation
from snnmap.reliability.device import device_state
from snnmap.reliability.espine import espine_twin

FOREVER = 1e30
"""Seconds that a state is kept, to take loss of state out of the wear."""


def limits(view: View, average: float | None, cooler: float) -> dict[str, float]:
    """Operating point and limits by name, SI.

    Parameters
    ----------
    view
        Of a mapping.
    average
        Its average crossbar in `device` mode, K; none without that mode.
    cooler
        Temperature difference at which leakage is asked for, K.
    """
    hardware, technology = view.hardware, view.hardware.technology
    figures = {
        "ambient_K": hardware["ambient_temperature"],
        "heat_path_K_per_W": hardware["convection_resistance"] + hardware["spreader_resistance"],
    }
    twin = espine_twin(technology)
    if twin is not None:
        figures["espine_ambient_K"] = twin["espine_ambient"]
    if average is None:
        return figures
    law = Leakage.of(technology, hardware.leaking_width)
    return {
        **figures,
        "device_lifetime_bound_s": float(device_state(_unfading(view)).lifetime.min()),
        "device_leakage_at_ambient_W": hardware.tiles * float(law.power(hardware["ambient_temperature"])),
        "device_leakage_if_cooler_W": hardware.tiles * float(law.power(average + cooler)),
    }


def first_failure_bound(view: View) -> float | None:
    """Median time to the first failure that no wiring and no tiles of these clusters pass, s; none if none is known.

    Of phase-change cells that are only read and refreshed: places decide how warm they are, and with that the loss of
    state, which is left out, and which tiles endure most, where all are put. Who takes turns on a tile is written for
    another reason, and reads of resistive cells wear them by where they are: then there is no such bound.
    """
    hardware, chip = view.hardware, view.mapping.chip
    if hardware.technology.device != "PCM" or int(view.clusters_on_tile.max(initial=0)) > 1:
        return None
    most = float(np.max(tile_variation(hardware, chip.variation_seed)))
    alike = replace(view.mapping, chip=msgspec.structs.replace(chip, variation_seed=None))
    return device_state(_unfading(view.at(hardware, alike))).band[1] * most


def _unfading(view: View) -> View:
    """The same mapping on cells that keep their state."""
    return view.at(view.hardware.with_value("retention_time", FOREVER))
