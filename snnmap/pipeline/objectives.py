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


Mode = Literal["espine", "device"]


Quality = Literal["current", "endurance"]
"""What makes a cell good: little read current (device mode), or eSpine's endurance (espine mode)."""


Crossing = Literal["energy", "time", "link"]
"""What a link between chips is weighed by in a placement, against one on a chip."""


FEW_MESSAGES = (("partition.mixing", "0"),)
"""Rows are traded from the clusters of fewest messages on: a trade never adds one, and often saves partial sums."""
HOTTEST = ("device_temperature_hottest_K",)


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure that an objective is for."""

    figure: str
    most: bool = False
    """Whether much of it is good, not little."""
    bound: str = ""
    """Figure that says what no mapping passes, if there is one."""
    beside: str = ""
    """Figure that the number after the objective's name weighs in."""
    not_above: tuple[str, ...] = ()
    """Figures that must not be above those of the reference."""


@dataclass(frozen=True, slots=True)
class Preset:
    """What an objective stands for."""

    summary: str
    partition: str = "kernighan_lin"
    place: str = "anneal"
    wire: str = "activity_sort"
    schedule: str = "list"
    quality: Quality = "current"
    options: tuple[tuple[str, str], ...] = ()
    """Options of its algorithms, where they are not what the algorithms have; not of others that take their place."""
    terms: tuple[tuple[str, float], ...] = ()
    """Placement terms beside the traffic, with their weights."""
    weighs: str = ""
    """Option that a number after the objective's name sets, `thermal:0.5`; none if it takes no number."""
    modes: tuple[Mode, ...] = ("espine",)
    """Whose power heats the cells in a search, of those that a technology has; the most important first."""
    goals: tuple[Goal, ...] = ()
    """What it is for; the first whose figure the technology has counts. None: it is not compared."""
    otherwise: tuple[tuple[str, str], ...] = ()
    """Settings that are tried too where the plan is no better than the reference; none if there are none."""
    reference: str = "traffic"
    """Objective whose mapping is returned where this one gains nothing."""
    crossing: Crossing = "energy"
    """How a placement weighs links between chips: by their energy, their time, or like all others."""


OBJECTIVES: dict[str, Preset] = {
    "default": Preset("few messages, and busy rows where cells carry little current", goals=(Goal("hops"),)),
    "traffic": Preset(
        "few messages alone, lines in order: SpiNeMap's objective",
        wire="identity",
        goals=(Goal("hops"),),
        crossing="link",
    ),
    "espine": Preset(
        "the weakest cell by eSpine's endurance (espine mode)",
        partition="mixed_rows",
        wire="weakest_cell",
        quality="endurance",
        goals=(Goal("espine_lifetime_frames", most=True, bound="espine_lifetime_bound_frames"),),
    ),
    "thermal": Preset(
        "an even temperature inside crossbars; thermal:X adds X times the mean rise to the gradient",
        partition="even_rows",
        place="cool",
        wire="even_heat",
        otherwise=(("partition", "kernighan_lin"),),
        weighs="wire.mean_weight",
        modes=("espine", "device"),
        goals=(
            Goal(
                "espine_gradient_K",
                beside="espine_temperature_average_K",
                not_above=(*HOTTEST, "device_gradient_K"),
            ),
            Goal("device_gradient_K", beside="device_temperature_average_K", not_above=HOTTEST),
        ),
    ),
    "lifetime": Preset(
        "the first failure: the weakest cell by read current, busy clusters on enduring tiles",
        wire="weakest_cell",
        terms=(("lifetime", 1.0),),
        goals=(
            Goal("device_first_failure_s", most=True, bound="device_first_failure_bound_s"),
            Goal("espine_lifetime_frames", most=True, bound="espine_lifetime_bound_frames"),
        ),
        reference="default",
    ),
    "leakage": Preset(
        "little leakage: little power, few hops",
        partition="even_rows",
        wire="least_power",
        options=FEW_MESSAGES,
        otherwise=(("partition", "kernighan_lin"),),
        goals=(Goal("espine_leakage_W", not_above=("device_leakage_W",)), Goal("device_leakage_W")),
    ),
    "energy": Preset(
        "little energy: few hops and partial sums, also by rows traded, reads where wires and cells take least",
        partition="even_rows",
        wire="least_power",
        options=FEW_MESSAGES,
        otherwise=(("partition", "kernighan_lin"),),
        modes=("device",),
        goals=(Goal("device_energy_total_J"), Goal("energy_J")),
    ),
    "accuracy": Preset(
        "little error where it flips spikes: sensitive lines where wires take little; off stuck cells with --chip",
        wire="least_error",
        modes=("device",),
        goals=(Goal("accuracy_error_share"),),
    ),
    "throughput": Preset(
        "a short guaranteed period: merging shared out",
        partition="balanced_homes",
        goals=(Goal("throughput_steps_per_s", most=True),),
        crossing="time",
    ),
}
"""snnmap's own objectives by name."""


def objectives() -> Mapping[str, Preset]:
    """Objectives of snnmap and of installed packages, by name.

    Raises
    ------
    InputError
        If a package offers something that cannot be imported or is not a `Preset`, or a name that is taken.
    """
    presets = dict(OBJECTIVES)
    for name, point in plug_ins(GROUP, tuple(OBJECTIVES)).items():
        preset = loaded("objective", point)
        if not isinstance(preset, Preset):
            raise InputError(f"objective {name!r} of {point.value} must be a snnmap.Preset")
        presets[name] = preset
    return presets
