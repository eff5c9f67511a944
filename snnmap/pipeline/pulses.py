"""What a budget of verified write pulses buys in accuracy, and what it costs in energy and wear.

More pulses bring a cell nearer to its target, until what is left is the error that was published for cells that were
written until they stayed (`physics.pcm.written`). Every pulse takes energy, and every refresh takes them all again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from snnmap.analysis.view import View
from snnmap.core.errors import InputError
from snnmap.core.run import Progress, stream
from snnmap.evaluation.accuracy import Accuracy, accuracy
from snnmap.hardware import Hardware
from snnmap.physics import pcm
from snnmap.physics.energy import write_energy
from snnmap.pipeline.drawn import DrawnChips
from snnmap.pipeline.refresh import Rule
from snnmap.reliability.device import device_state
from snnmap.reliability.heat import heat, written_cells


@dataclass(frozen=True, slots=True)
class WriteBudget:
    """A number of write pulses per cell and programming."""

    pulses: float
    left: float
    """Standard deviation of the error that writing no longer leaves with more pulses, share of g_max."""
    seconds: float
    """Age of the chips, s."""
    accuracy: Accuracy
    energy: float
    """To program every cell of the mapping once, J."""
    by_drift: Rule
    """What refreshing costs, when weights have drifted."""

    def document(self) -> dict[str, Any]:
        """Everything, JSON-able; shares 0 to 1, SI."""
        found = self.accuracy
        return {
            "pulses": self.pulses,
            "error_left": self.left,
            "age_s": self.seconds,
            "mean": found.mean,
            "interval": list(found.interval),
            "change": found.change,
            "change_interval": list(found.change_interval),
            "programming_energy_J": self.energy,
            "by_drift": self.by_drift.document(),
        }


def budgets(
    view: View, drawn: Callable[[View], DrawnChips], asked: tuple[int, ...], progress: Progress | None = None
) -> tuple[WriteBudget, ...]:
    """Accuracy at the first age asked for, energy and wear with every number of pulses, the same chips at each.

    Parameters
    ----------
    view
        The mapping.
    drawn
        The chips of a view of the same mapping on hardware that writes otherwise.
    asked
        Pulses per cell, at least 1 each.

    Raises
    ------
    InputError
        If the technology has no noise model, and so no error of writing, or is of the espine mode.
    """
    technology = view.hardware.technology
    if technology.mode != "device" or technology.noise == "none":
        raise InputError(
            f"technology {technology.name!r} says nothing of how cells miss their target; "
            "--program-pulses needs one of device mode with a noise model"
        )
    found = []
    for k, pulses in enumerate(asked):
        if progress is not None:
            progress("write pulses", k, len(asked), 0.0)
        found.append(_budget(view.at(view.hardware.with_value("program_pulses", float(pulses))), drawn))
    return tuple(found)


def _budget(view: View, drawn: Callable[[View], DrawnChips]) -> WriteBudget:
    chips, hardware, heated = drawn(view), view.hardware, heat(view)
    age = chips.options.seconds[0]
    told = accuracy(chips.correct(age), chips.ideal, rng=stream(chips.options.seed, "accuracy"))
    energy = write_energy(hardware.technology, hardware["program_pulses"]) * float(np.sum(written_cells(heated)))
    by_drift = Rule.of(device_state(view, heated), hardware)
    return WriteBudget(hardware["program_pulses"], _left(hardware), age, told, energy, by_drift)


def _left(hardware: Hardware) -> float:
    model = pcm.written(hardware.technology.noise, hardware.technology, hardware["program_pulses"])
    return 0.0 if model is None else model.unverified
