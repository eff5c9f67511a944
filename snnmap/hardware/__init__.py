"""Targets: what a chip is, what it costs, where its numbers come from. Knows nothing of networks.

`model` holds the records, `catalogue` finds and loads them, `reader` reads the files, `keys` says what these must hold,
`units` what `ns` and `K/uW` are.
"""

from snnmap.hardware.catalogue import list_hardware, list_packages, list_technologies, load_hardware, load_technology
from snnmap.hardware.model import Hardware, Quantity, Technology

__all__ = [
    "Hardware",
    "Quantity",
    "Technology",
    "list_hardware",
    "list_packages",
    "list_technologies",
    "load_hardware",
    "load_technology",
]
