"""Energy of reads, writes, spikes and leakage, part by part (PHYSICS M7). Knows counts and currents, no mapping."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
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


def read_energy(row_energy: npt.ArrayLike, spikes: npt.ArrayLike) -> float:
    """Energy, J, of `spikes` (M,) on rows that cost `row_energy` (M,) J each."""
    joules, counts = numbers("row_energy", row_energy, least=0.0, ndim=1), numbers("spikes", spikes, least=0.0, ndim=1)
    if joules.shape != counts.shape:
        raise InputError(f"row_energy has {len(joules)} rows, spikes {len(counts)}")
    return float(joules @ counts)


def write_energy(technology: Values, cells: float, pulses: float) -> float:
    """Energy, J, of programming `cells` with `pulses` each: program and verify alternates RESET and SET pulses."""
    not_negative(cells=cells, pulses=pulses)
    resistance = technology["dynamic_resistance"]
    reset = pulse_energy(technology["reset_current"], resistance, technology["reset_time"])
    set_ = pulse_energy(technology["set_current"], resistance, technology["set_time"])
    return cells * pulses * 0.5 * (reset + set_)


@dataclass(frozen=True, slots=True)
class EnergyParts:
    """Energy of a run by where it goes, J."""

    array: float
    """Cells and wires during reads."""
    neuron: float
    noc: float
    merge: float
    programming: float
    leakage: float

    def __post_init__(self) -> None:
        not_negative(**self.parts())

    def parts(self) -> dict[str, float]:
        """Every part by name, J."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @property
    def total(self) -> float:
        """Sum of the parts, J."""
        return sum(self.parts().values())

    def shares(self) -> dict[str, float]:
        """Every part over the total; all 0 if there is none."""
        total = self.total
        return {name: part / total if total else 0.0 for name, part in self.parts().items()}


@dataclass(frozen=True, slots=True)
class Events:
    """What happened in a run."""

    spikes: float
    """Output spikes of neurons."""
    hops: float
    """Messages x links."""
    merges: float
    """Partial sums added."""
    written_cells: float
    """Cells re-programmed, counted once per re-programming."""
    time: float
    """s."""

    def __post_init__(self) -> None:
        not_negative(**{name: getattr(self, name) for name in self.__dataclass_fields__})


def energy_parts(
    hardware: Values, technology: Values, events: Events, reads: float, leakage: npt.ArrayLike
) -> EnergyParts:
    """Energy of a run (M7): reads + spikes E_neuron + hops E_hop + merges E_merge + writes + t sum of P_leak.

    Parameters
    ----------
    hardware, technology
        Energies per event, SI.
    events
        Counts and duration.
    reads
        Energy of all array reads, J (`read_energy`, or `crossbar.array_power` x pulse time).
    leakage
        Leakage power of every tile at its temperature, W (T,).
    """
    watts = numbers("leakage", leakage, least=0.0)
    return EnergyParts(
        array=float(reads),
        neuron=events.spikes * hardware["neuron_energy"],
        noc=events.hops * hardware["hop_energy"],
        merge=events.merges * hardware["merge_energy"],
        programming=write_energy(technology, events.written_cells, hardware["program_pulses"]),
        leakage=events.time * float(np.sum(watts)),
    )
