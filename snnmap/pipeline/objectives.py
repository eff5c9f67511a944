"""Objectives by name: presets of a plan, and the placement terms that can be weighed into any of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from snnmap.core.errors import InputError
from snnmap.core.plug_ins import loaded, plug_ins

GROUP = "snnmap.objectives"
"""Entry points whose value is a `Preset`."""

TERM_NAMES = ("thermal", "leakage", "lifetime")
"""Placement terms of `pipeline.terms`, which is imported when one is used."""


Quality = Literal["current", "endurance"]
"""What makes a cell good: little read current (device mode), or eSpine's endurance (espine mode)."""


@dataclass(frozen=True, slots=True)
class Preset:
    """What an objective stands for."""

    summary: str
    partition: str = "kernighan_lin"
    place: str = "anneal"
    wire: str = "activity_sort"
    schedule: str = "list"
    quality: Quality = "current"
    terms: tuple[tuple[str, float], ...] = ()
    """Placement terms beside the traffic, with their weights."""
    weighs: str = ""
    """Option that a number after the objective's name sets, `thermal:0.5`; none if it takes no number."""


OBJECTIVES: dict[str, Preset] = {
    "default": Preset("few messages, and busy rows where cells carry little current"),
    "traffic": Preset("few messages alone, lines in order: SpiNeMap's objective", wire="identity"),
    "espine": Preset("the weakest cell by eSpine's endurance (espine mode)", wire="weakest_cell", quality="endurance"),
    "thermal": Preset(
        "an even temperature inside crossbars; thermal:X adds X times the mean rise to the gradient",
        wire="even_heat",
        weighs="wire.mean_weight",
    ),
    "lifetime": Preset(
        "the weakest cell by read current; busy clusters on enduring tiles",
        wire="weakest_cell",
        terms=(("lifetime", 1.0),),
    ),
    "leakage": Preset("little leakage", place="hill_climb", terms=(("leakage", 0.2),)),
    "energy": Preset("little energy: few hops, busy rows on little current", wire="activity_sort"),
    "throughput": Preset("a short guaranteed period: merging shared out", partition="balanced_homes"),
}
"""snnmap's own objectives by name."""


def objectives() -> Mapping[str, Preset]:
    """Objectives of snnmap and of installed packages, by name.

    Raises
    ------
    InputError
        If a package offers something that cannot be imported or is not a `Preset`.
    """
    presets = dict(OBJECTIVES)
    for name, point in plug_ins(GROUP).items():
        preset = loaded("objective", point)
        if not isinstance(preset, Preset):
            raise InputError(f"objective {name!r} of {point.value} must be a snnmap.Preset")
        presets.setdefault(name, preset)
    return presets
