"""Partition."""

from snnmap.partition.first_fit import FirstFit
from snnmap.partition.homes import BalancedHomes
from snnmap.partition.kernighan_lin import KernighanLin

ALGORITHMS: dict[str, type] = {"first_fit": FirstFit, "kernighan_lin": KernighanLin, "balanced_homes": BalancedHomes}
"""Partitioners by name."""
