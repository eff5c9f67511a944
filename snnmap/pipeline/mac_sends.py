"""How often the inputs of every layer are best sent to a chip: layer after layer, each with what those before it got.

A chip sees the same noise for every number of sends, so that numbers are compared in pairs, frame by frame. A number is
*flat* if it is not worse than the layer's best beyond chance: the mean over frames of the difference in correctness
(mean over chips) is within 1.96 standard errors of 0. It is *saturated* if more than `CLAMPED` of its blocks' results
stand at an end of the converter. Chosen is the least flat number that is not saturated, as it is the fastest; of
none such, the flat one that saturates least. Layers behind are as asked for until it is their turn. Which number is the
best is chosen by the same data: few frames make a wide region. Small losses of layers may add up, so what was chosen is
compared with what was asked for, and where it is worse beyond chance, the latter is recommended.

Rejected: all layers chosen alone, the others as asked for. Less of everything left the last layer of `mnist-bss2` with
too little: 4, 6 and 4 sends are flat one by one, and together cost 2.3 points (1,000 training images, three chips).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Unpack

import numpy as np

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.core.run import Progress
from snnmap.frontend import LoadOptions, Source
from snnmap.ir import Workload
from snnmap.pipeline.mac import MacOptions, prepared_run
from snnmap.pipeline.profile import Inputs

CANDIDATES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
"""Numbers of sends that are tried, beside the ones that the network asks for."""
CLAMPED = 0.01
"""Share of results at an end of the converter beyond which a layer is called saturated."""
CHANCE = 1.96
"""Standard errors within which a difference is chance."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One number of sends of one layer."""

    sends: int
    mean: float
    """Right answers, share of frames, mean over chips."""
    saturated: float
    """Share of the layer's results at an end of the converter."""
    flat: bool
    """Not worse than the best of the layer, beyond chance."""

    @property
    def clamps(self) -> bool:
        """Whether it is flagged."""
        return self.saturated > CLAMPED


@dataclass(frozen=True, slots=True)
class LayerSends:
    """One layer, varied."""

    name: str
    asked: int
    """As the network or the user says."""
    tried: tuple[Tried, ...]
    """By rising number."""
    chosen: int

    @property
    def best(self) -> Tried:
        """The most accurate; of equals the fewest sends."""
        return max(self.tried, key=lambda each: (each.mean, -each.sends))


@dataclass(frozen=True, slots=True)
class MacSends:
    """What to say as `--num-sends`."""

    workload: str
    target: str
    scaling: str
    """Of inputs: `fixed` or `sample`."""
    measured: str
    devices: int
    frames: int
    layers: tuple[LayerSends, ...]
    before: float
    """Accuracy with the numbers asked for."""
    after: float
    """With those chosen."""
    worse: bool
    """Whether that is less beyond chance: then the numbers asked for are recommended."""

    @property
    def advised(self) -> tuple[int, ...]:
        """Of every layer."""
        return tuple(layer.asked if self.worse else layer.chosen for layer in self.layers)

    def document(self) -> dict[str, Any]:
        """Everything, JSON-able; shares 0 to 1."""
        return {
            "workload": self.workload,
            "target": self.target,
            "scaling": self.scaling,
            "measured": self.measured,
            "devices": self.devices,
            "frames": self.frames,
            "saturated_above": CLAMPED,
            "layers": [
                {
                    "name": layer.name,
                    "asked": layer.asked,
                    "best": layer.best.sends,
                    "chosen": layer.chosen,
                    "tried": [
                        {"num_sends": t.sends, "mean": t.mean, "saturated": t.saturated, "flat": t.flat}
                        | {"flagged": t.clamps}
                        for t in layer.tried
                    ],
                }
                for layer in self.layers
            ],
            "advised": list(self.advised),
            "mean_as_asked": self.before,
            "mean_as_chosen": self.after,
            "chosen_is_worse": self.worse,
        }


def mac_sends(
    source: Source | Workload,
    hardware: str = "brainscales2",
    options: MacOptions | None = None,
    load: LoadOptions | None = None,
    *,
    candidates: Sequence[int] = CANDIDATES,
    progress: Progress | None = None,
    **inputs: Unpack[Inputs],
) -> MacSends:
    """Vary how often every layer's inputs are sent, and recommend numbers.

    Parameters
    ----------
    source, hardware, options, load, inputs
        As of `mac_accuracy`.
    candidates
        Numbers of sends, from 1.
    progress
        Called with ("sends", runs done, runs, 0).

    Raises
    ------
    InputError
        As `mac_accuracy`; or if a candidate is no number from 1.
    """
    if not candidates or any(count < 1 or count != int(count) for count in candidates):
        raise InputError(f"candidates are whole numbers from 1, not {', '.join(map(str, candidates))}")
    ran = prepared_run(source, hardware, options or MacOptions(), load, inputs)
    every = [sorted({int(c) for c in candidates} | {own}) for own in ran.sends]
    total, done = sum(map(len, every)), 0
    layers: list[LayerSends] = []
    for k, numbers in enumerate(every):
        found: list[tuple[F64, float]] = []
        before = tuple(layer.chosen for layer in layers)
        for sends in numbers:
            correct, saturated = ran.correct((*before, sends, *ran.sends[k + 1 :]))
            found.append((correct.mean(axis=0), float(saturated[k])))
            done += 1
            if progress is not None:
                progress("sends", done, total, 0.0)
        layers.append(_layer(ran.layers[k].name, ran.sends[k], numbers, found))
    chosen = tuple(layer.chosen for layer in layers)
    asked, after = (ran.correct(sends)[0].mean(axis=0) for sends in (ran.sends, chosen))
    return MacSends(
        *(ran.workload, ran.target.name, ran.options.scaling, ran.measured, ran.options.devices, len(ran.right)),
        *(tuple(layers), float(asked.mean()), float(after.mean()), worse(asked, after)),
    )


def _layer(name: str, asked: int, numbers: Sequence[int], found: Sequence[tuple[F64, float]]) -> LayerSends:
    """What a layer's numbers came to: correctness (frames,) and share of clamped results of each."""
    best = max(range(len(numbers)), key=lambda k: (found[k][0].mean(), -numbers[k]))
    tried = tuple(
        Tried(sends, float(right.mean()), clamped, not worse(found[best][0], right))
        for sends, (right, clamped) in zip(numbers, found, strict=True)
    )
    return LayerSends(name, asked, tried, _chosen(tried))


def _chosen(tried: Sequence[Tried]) -> int:
    """The number to take (module docstring)."""
    flat = [each for each in tried if each.flat]
    return min(flat, key=lambda each: (each.saturated if each.clamps else 0.0, each.sends)).sends


def worse(best: F64, other: F64) -> bool:
    """Whether correctness `other` (frames,) is worse than `best`, frame by frame, by more than chance."""
    lost = best - other
    error = lost.std(ddof=1) / np.sqrt(len(lost)) if len(lost) > 1 else 0.0
    return bool(lost.mean() > CHANCE * error)
