"""How a workload is stepped: every setting of `ir.Dynamics` from whoever says most about it.

Precedence: explicit option, stated dialect, workload file, what the network file implies (its hints), the step of the
data, default. Whatever neither the user nor a workload file stated becomes a sentence. Knows no file format.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from snnmap.core.errors import InputError
from snnmap.frontend.dialects import compatible
from snnmap.frontend.networks.parsed import Imported, sentences
from snnmap.frontend.options import LoadOptions
from snnmap.ir import MODELS, Dynamics, Network


@dataclass(frozen=True, slots=True)
class Stepping:
    """The settings and what had to be assumed for them, one sentence each."""

    dynamics: Dynamics
    assumed: tuple[str, ...]


def stepping_of(read: Imported, options: LoadOptions, of_file: Mapping[str, object], data_dt: float | None) -> Stepping:
    """Settings for a network.

    Parameters
    ----------
    read
        The network, with its hints.
    options
        What the user said.
    of_file
        What the workload file says.
    data_dt
        Seconds per step of the data, where they say.

    Raises
    ------
    InputError
        If the user said what neurons with a reset of their own would not follow.
    """
    said = {f.name: getattr(options, f.name) for f in fields(Dynamics) if getattr(options, f.name) is not None}
    _must_matter(read.network, said)
    if options.dialect is None:
        said = {**of_file, **said}
        hints = compatible(read.hints, said.get("reset"))
    else:
        multispike = said.get("reset", "subtract") == "subtract"
        hints = {key: value for key, value in read.hints.items() if key != "multispike" or multispike}
        of_file = {key: value for key, value in of_file.items() if key not in hints}
        said = {**of_file, **said}
    implied = {key: value for key, value in hints.items() if key not in said}
    assumed = sentences(implied, read.why)
    chosen: dict[str, Any] = {**implied, **said}
    if "dt" not in chosen and data_dt is not None:
        chosen["dt"] = data_dt
        assumed.append(f"dt = {data_dt:g} s: the data's own step")
    if "dt" not in chosen:
        assumed.append(f"dt = {Dynamics().dt:g} s: the default, as nothing states a step")
    if "reset" not in chosen and any(MODELS[p.model].resets for p in read.network.populations):
        assumed.append("reset = value (v becomes v_reset): the default, as nothing states a reset")
    dynamics = Dynamics(**chosen)
    return Stepping(dynamics, (*assumed, *_overshooting(read.network, dynamics)))


def _must_matter(network: Network, said: Mapping[str, object]) -> None:
    """Refuse settings where all neurons have a reset of their own and would not follow them."""
    idle = [key for key in said if key not in {"dt", "integration"}]
    own = [p for p in network.populations if p.kind == "neuron"]
    if idle and own and all(MODELS[p.model].own_reset for p in own):
        named = ", ".join(f"--{key}" for key in idle)
        raise InputError(f"{named} would change nothing: {own[0].name!r} ({own[0].model}) resets as its layer says")


def _overshooting(network: Network, dynamics: Dynamics) -> list[str]:
    """Time constants shorter than a step of forward Euler."""
    if dynamics.decay != "euler":
        return []
    unit = "s" if dynamics.integration == "time" else "steps"
    warnings = []
    for p in network.populations:
        for key in () if MODELS[p.model].exact else MODELS[p.model].time_constants:
            shortest = float(np.min(p.parameters[key], initial=np.inf))
            if shortest < dynamics.step * (1 - 1e-6):
                warnings.append(
                    f"dt = {dynamics.step:g} {unit} although {key} of {p.name!r} is {shortest:g} {unit}: the leak "
                    "overshoots; give a smaller --dt if that is not meant"
                )
    return warnings
