"""Dialects: what the programs that write networks mean by them. NIR leaves the step, the reset and more open.

Each dialect sets the step, the unit of the time constants, the decay, the reset, the comparison and whether a neuron
may spike several times per step, all together. What a certain file says of its own step, and how its numbers are
converted, is `networks.nir.dialects`. Values follow from the source of the programs: snnTorch 1.0 (`_neurons/leaky.py`,
`export_nir.py`), sinabs 3.1 (`layers/functional/lif.py`, `nir.py`; no clamp: `min_v_mem` is none by default),
SpikingJelly 2.0 (`nir_exchange/to_nir.py`, `surrogate.py`), Norse 1.1 (`functional/lif.py`, `functional/iaf.py`,
`utils/export_nir.py`), lava-dl (`slayer/neuron`). `tests/regenerate/dialects.py` compares spikes with the programs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

DialectName = Literal["snntorch", "sinabs", "spikingjelly", "norse", "lava", "nir"]
NAMES: tuple[DialectName, ...] = get_args(DialectName)

UNITS = ("dt", "integration")
"""Settings that say what the numbers of a file mean; the others are the neurons' own behaviour."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One program's reading of a network."""

    title: str
    settings: Mapping[str, object]
    """Values of `ir.Dynamics`, as far as the dialect sets them; `dt` is what it is unless the file says otherwise."""


DIALECTS: Mapping[str, Dialect] = {
    "snntorch": Dialect("snnTorch", {"dt": 1e-4, "integration": "time", "reset": "subtract-next", "comparison": ">"}),
    "sinabs": Dialect(
        "sinabs",
        {
            "dt": 1e-3,
            "integration": "step",
            "decay": "exponential",
            "reset": "subtract",
            "comparison": ">=",
            "multispike": True,
        },
    ),
    "spikingjelly": Dialect("SpikingJelly", {"dt": 1e-4, "integration": "time", "reset": "value", "comparison": ">="}),
    "norse": Dialect("Norse", {"dt": 1e-3, "integration": "time", "reset": "value", "comparison": ">"}),
    "lava": Dialect("Lava", {"dt": 1e-3, "integration": "step", "reset": "zero", "comparison": ">"}),
    "nir": Dialect("NIR", {"integration": "time", "reset": "value", "comparison": ">"}),
}
"""Every dialect by name; `dt` of per-step dialects (sinabs, lava) is the usual length of a step of their data."""


def compatible(settings: Mapping[str, object], reset: object) -> dict[str, object]:
    """`settings` that still hold where the reset is `reset`: the units alone, if it is not the dialect's own."""
    if reset is None or reset == settings.get("reset"):
        return dict(settings)
    return {key: value for key, value in settings.items() if key in UNITS}
