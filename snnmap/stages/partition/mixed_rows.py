"""Crossbars of a dense layer that are alike, so that each has good cells for its few busy rows."""

from dataclasses import dataclass

from snnmap.stages.partition.kernighan_lin import MIXING, KernighanLin


@dataclass(frozen=True)
class MixedRows(KernighanLin):
    """`KernighanLin` that pays with messages for busy rows spread over the crossbars of a dense layer.

    Fewest messages are sent where the busiest inputs share a crossbar. But then all of its rows are busy, those on the
    weakest cells too.
    """

    mixing: float = MIXING
