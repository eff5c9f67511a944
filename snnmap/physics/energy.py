"""Energy of array reads and writes (PHYSICS M7). Knows currents and pulses, no counts of a mapping."""

import numpy.typing as npt

from snnmap.core.arrays import F64
from snnmap.physics.checks import Values, not_negative, numbers, positive
from snnmap.physics.pcm import pulse_energy


def row_read_energy(current: npt.ArrayLike, voltage: float, time: float) -> F64:
    """Energy of reading each row once alone (gated), J (M,): V t sum over columns of the row's cell currents, A (M, N).

    The driver delivers the sum of the row's cell currents, so this is cells and wires together.
    """
    positive(voltage=voltage, time=time)
    amperes = numbers("current", current, least=0.0, ndim=2)
    energy: F64 = voltage * time * amperes.sum(axis=1)
    return energy


def write_energy(technology: Values, pulses: float) -> float:
    """Energy, J, of programming a cell with `pulses`: program and verify alternates RESET and SET pulses."""
    not_negative(pulses=pulses)
    resistance = technology["dynamic_resistance"]
    reset = pulse_energy(technology["reset_current"], resistance, technology["reset_time"])
    set_ = pulse_energy(technology["set_current"], resistance, technology["set_time"])
    return pulses * 0.5 * (reset + set_)
