"""Random arrays of memory cells, and how far two answers for their currents are apart."""

import numpy as np

from snnmap.physics.crossbar import Wires

MODES = ("gated", "grounded", "floating")
"""What rows that are not read may do."""
WIRES = Wires(r_wl=2.5, r_bl=1.5, r_source=30.0, r_sense=20.0)


def array(seed, m=24, n=17, patterns=3, open_share=0.1):
    """Arguments of `cell_currents`, all but `inactive`: m x n cells, of which `open_share` are open, S, V, ohm."""
    rng = np.random.default_rng(seed)
    return {
        "G": rng.uniform(0.1e-6, 200e-6, (m, n)) * (rng.random((m, n)) >= open_share),
        "V": rng.uniform(0.05, 0.3, (m, patterns)),
        "active": rng.random((m, patterns)) < 0.6,
        "wires": WIRES,
    }


def error(found, expected):
    """Largest difference as a share of the largest current."""
    assert found.shape == expected.shape
    difference = np.max(np.abs(found - expected))
    return difference / np.max(np.abs(expected)) if np.any(expected) else difference
