"""Targets: what a chip is, what it costs, where its numbers come from. Knows nothing of networks.

`model` holds the records, `catalogue` finds and loads them, `reader` reads the files, `keys` says what these must hold,
`units` what `ns` and `K/uW` are.
"""

from snnmap.hardware.catalogue import chip_names, load_hardware, load_technology, package_names, technology_names
from snnmap.hardware.model import Hardware, Quantity, Technology

__all__ = [
    "Hardware",
    "Quantity",
    "Technology",
    "chip_names",
    "load_hardware",
    "load_technology",
    "package_names",
    "technology_names",
]
