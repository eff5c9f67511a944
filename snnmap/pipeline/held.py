"""What was decided on how convolutions are held, and why: the words of it. Decides nothing."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from snnmap.pipeline.own_figure import text_of


class LayerWays(NamedTuple):
    """A layer, and what each way to hold it costs in closed form."""

    name: str
    way: str
    """That it is held."""
    costs: dict[str, float]
    """Of every way that the chip allows, in the unit of what was weighed."""


class Tried(NamedTuple):
    """Ways for all layers that were compiled."""

    ways: str
    """`dense`, `packed`, `unrolled`: all layers alike; `mix`: as the closed form has it; `traffic's mix`."""
    value: float | None
    """The objective's own figure; none is never."""
    refused: str = ""
    """Why there is no mapping."""


@dataclass(frozen=True, slots=True)
class Held:
    """How convolutions are held under an objective."""

    objective: str
    weighed: str
    """What the closed form counts, in words with its unit."""
    layers: tuple[LayerWays, ...]
    figure: str
    """The objective's own; empty if nothing was compiled for comparison."""
    tried: tuple[Tried, ...]
    kept: str
    """Of `tried`, or `mix`."""
    left: str = ""
    """Why ways were not compiled, if any was not."""

    def said(self) -> list[str]:
        """A line for every layer, and one for what was compiled."""
        lines = []
        for layer in self.layers:
            costs = ", ".join(f"{way} {cost:,.4g}" for way, cost in layer.costs.items())
            lines.append(f"conv auto for {self.objective}: {layer.name} {layer.way}; {self.weighed}: {costs}")
        if self.tried:
            each = ", ".join(
                f"{trial.ways} {'does not fit' if trial.refused else text_of(trial.value)}" for trial in self.tried
            )
            lines.append(f"conv auto, compiled, {self.figure}: {each}; {self.kept} is kept")
        return [*lines, f"conv auto: {self.left}"] if self.left else lines

    def document(self) -> dict[str, Any]:
        """JSON-able record."""
        return {
            "objective": self.objective,
            "weighed": self.weighed,
            "layers": [layer._asdict() for layer in self.layers],
            "figure": self.figure,
            "tried": [trial._asdict() for trial in self.tried],
            "kept": self.kept,
            "left": self.left,
        }
