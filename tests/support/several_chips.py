"""Machines of several chips for tests: any mesh divided among chips, with links between them of stated times."""

from dataclasses import replace

from snnmap.hardware import Quantity
from snnmap.hardware.chips import Chips

LINK = {"hop_time": 11, "flit_time": 9}
"""Nanoseconds of a link between chips; energy in picojoules."""
ENERGY = 50.0


def divided(hardware, across, down, *, energy=ENERGY, **nano):
    """The same mesh, as one of `across` x `down` equal chips; times of links in nanoseconds."""
    assert hardware.mesh_width % across == 0
    assert hardware.mesh_height % down == 0
    links = {f"chip_{key}": Quantity(ns * 1e-9, "s", "estimate: test") for key, ns in {**LINK, **nano}.items()}
    links["chip_hop_energy"] = Quantity(energy * 1e-12, "J", "estimate: test")
    several = across * down > 1
    values = {**hardware.values, **(links if several else {})}
    return replace(hardware, chips=Chips(across, down, links), values=values)
