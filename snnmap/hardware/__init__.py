"""Targets: what a chip is, what it costs, where its numbers come from. Knows nothing of networks.

`model` and `technology` hold the records, `weights` says how arrays hold a weight, `topology` where tiles are and how
messages travel; `catalogue` finds and loads chips, `words` describes them, `reader` reads their files, `keys` says what
these must hold, `units` what `ns` and `K/uW` are.
"""

from snnmap.hardware.catalogue import chip_names, load_hardware, load_technology, package_names, technology_names
from snnmap.hardware.model import Hardware
from snnmap.hardware.technology import Quantity, Technology
from snnmap.hardware.topology import Mesh
from snnmap.hardware.weights import ENCODINGS, Encoding, Weights
from snnmap.hardware.words import describe, weights_told

__all__ = [
    "ENCODINGS",
    "Encoding",
    "Hardware",
    "Mesh",
    "Quantity",
    "Technology",
    "Weights",
    "chip_names",
    "describe",
    "load_hardware",
    "load_technology",
    "package_names",
    "technology_names",
    "weights_told",
]
