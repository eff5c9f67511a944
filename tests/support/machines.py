"""Machines for tests that need only sizes."""

from snnmap.hardware import Hardware, Technology
from snnmap.hardware.technology import Quantity

FLITS = {key: Quantity(32.0, "1", "estimate: test") for key in ("flit_bits", "spike_bits", "sum_bits", "memory_bits")}
"""One flit per message."""

ONES = {key: Quantity(1.0, "1", "estimate: test") for key in ("adc_columns",)}
"""A converter for each column."""

UNSCALED = {key: Quantity(1.0, "1", "estimate: test") for key in ("logic_energy", "logic_time")}


def mesh(width, height, *, rows=128, columns=128, clusters_per_tile=1, port=(0, 0)):
    """A chip of `width` x `height` tiles whose only quantities are the bits of its flits; logic as at 65 nm."""
    return Hardware(
        name="test mesh",
        description="",
        word_lines=rows,
        bit_lines=columns,
        synapse_limit=None,
        mesh_width=width,
        mesh_height=height,
        max_tiles=width * height,
        clusters_per_tile=clusters_per_tile,
        sample_registers=clusters_per_tile,
        merge=True,
        port=port,
        buffer_tokens=1,
        technology=Technology("none", "PCM", 65, "device", UNSCALED),
        values={**FLITS, **ONES},
    )
