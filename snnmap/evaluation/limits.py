"""Limits that no mapping of some clusters can pass, and the operating point that they are for."""

from snnmap.analysis.view import View
from snnmap.physics.leakage import Leakage
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
    kept = view.at(hardware.with_value("retention_time", FOREVER))
    return {
        **figures,
        "device_lifetime_bound_s": float(device_state(kept).lifetime.min()),
        "device_leakage_at_ambient_W": hardware.tiles * float(law.power(hardware["ambient_temperature"])),
        "device_leakage_if_cooler_W": hardware.tiles * float(law.power(average + cooler)),
    }
