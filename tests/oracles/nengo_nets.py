"""Neurons and their input for the comparison with Nengo's LIF, for the tests and `regenerate/nengo_golden.py`."""

import numpy as np

NEURONS, STEPS = 48, 500
CASES = (
    (0.02, 0.002, 0.0, 1e-3),
    (0.01, 0.0, 0.0, 1e-3),
    (0.02, 0.0035, -0.5, 1e-3),
    (0.05, 0.004, 0.0, 5e-4),
    (0.003, 0.0012, -1e9, 2e-3),
)
"""tau_rc, tau_ref, min_voltage, dt; seconds."""


def currents(case: int) -> np.ndarray:
    """Input (STEPS, NEURONS): constant and up to 40 for a third of the neurons, noise with pauses for the others."""
    rng = np.random.Generator(np.random.PCG64(case))
    x = 8 * rng.random((STEPS, NEURONS)) - 2
    x[rng.random((STEPS, NEURONS)) < 0.4] = 0.0
    x[:, : NEURONS // 3] = 40 * rng.random(NEURONS // 3) ** 2
    return x
