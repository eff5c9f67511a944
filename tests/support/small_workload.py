"""A small recurrent workload and a small chip, so that a compilation has every feature of a large one.

20 inputs and a bias feed 12 recurrent neurons, those 6 more (with a skip from the inputs), those 3 outputs. Fan-in is
above the chip's 16 rows, so neurons are split; 8 columns, so that clusters hold several levels.
"""

from pathlib import Path

import numpy as np

import snnmap
from snnmap.core.arrays import offsets
from snnmap.ir import Dynamics, Network, Population, Provenance, Spikes, Workload

SIZES = {"input": 20, "bias": 1, "first": 12, "second": 6, "out": 3}
LEVELS = {"input": 0, "bias": 0, "first": 1, "second": 2, "out": 3}
EDGES = {
    ("input", "first"): 0.8,
    ("bias", "first"): 1.0,
    ("first", "first"): 0.5,
    ("input", "second"): 0.5,
    ("first", "second"): 0.9,
    ("second", "first"): 0.3,
    ("second", "out"): 1.0,
    ("first", "out"): 0.5,
}
FRAMES, STEPS = 3, 12

CHIP = """
name = "small"
extends = "pcm-mesh"
description = "a small chip for tests"
rows = 16
columns = 8
"""


def network(seed: int = 1) -> Network:
    """Integer weights on a grid of 1; LIF neurons that a few inputs make spike."""
    rng = np.random.default_rng(seed)
    names = list(SIZES)
    first = dict(zip(names, offsets(list(SIZES.values())).tolist(), strict=False))
    total = sum(SIZES.values())
    weight = np.zeros((total, total))
    for (pre, post), density in EDGES.items():
        block = rng.integers(-4, 6, (SIZES[pre], SIZES[post])) * (rng.random((SIZES[pre], SIZES[post])) < density)
        weight[first[pre] : first[pre] + SIZES[pre], first[post] : first[post] + SIZES[post]] = block
    source, target = np.nonzero(weight)
    populations = tuple(
        Population(
            name,
            name if name in {"input", "bias"} else "neuron",
            name if name in {"input", "bias"} else "LIF",
            first[name],
            (size,),
            LEVELS[name],
            {} if name in {"input", "bias"} else parameters(size),
        )
        for name, size in SIZES.items()
    )
    return Network(
        populations,
        offsets(np.bincount(source, minlength=total)),
        target,
        weight[source, target],
        np.ones(len(names)),
        (len(names) - 1,),
    )


def parameters(size: int) -> dict[str, np.ndarray]:
    """LIF: half of the membrane potential leaks per step, threshold 14."""
    values = {"tau": 2e-3, "r": 2.0, "v_leak": 0.0, "v_threshold": 14.0, "v_reset": 0.0}
    return {key: np.full(size, value) for key, value in values.items()}


def stimulus(seed: int = 2, rate: float = 0.25, frames: int = FRAMES, steps: int = STEPS) -> Spikes:
    """Random input spikes, at most one per input and step."""
    on = np.random.default_rng(seed).random((frames, steps, SIZES["input"])) < rate
    frame, step, source = np.nonzero(on)
    return Spikes(
        offsets(np.bincount(frame, minlength=frames)), step, source, np.ones(len(frame)), steps=steps, dt=1e-3
    )


def workload(seed: int = 1, rate: float = 0.25) -> Workload:
    """The network on its stimulus."""
    return Workload("small", network(seed), stimulus(rate=rate), None, Dynamics(), Provenance(source="small"))


RECIPE = """
summary = "a small recurrent recipe for tests"
origin = "made up"
licence = "Apache-2.0"

[network]
seed = 3

[dynamics]
dt = 1e-3
integration = "step"
reset = "zero"
comparison = ">"

[neuron]
model = "IF"
parameters = { r = 1.0, v_threshold = 1.0, v_reset = 0.0 }

[[population]]
name = "input"
shape = [4, 5]
model = "input"

[[population]]
name = "hidden"
shape = [12]

[[population]]
name = "output"
shape = [3]

[[connection]]
from = "input"
to = "hidden"
topology = "dense"
weights = { distribution = "uniform", low = 0.0, high = 0.5 }

[[connection]]
from = "hidden"
to = "hidden"
topology = "random"
synapses = 30
weights = { distribution = "uniform", low = -0.2, high = 0.2 }

[[connection]]
from = "hidden"
to = "output"
topology = "dense"
weights = { distribution = "uniform", low = 0.0, high = 0.4 }

[stimulus]
rate_hz = RATE
spread = 0.5
samples = 2
steps = 20
"""


def recipe(rate_hz: float = 200.0) -> str:
    """Workload file of 35 sources with synthetic input of `rate_hz` per source."""
    return RECIPE.replace("RATE", str(rate_hz))


def saved_mapping(folder: Path, chip: Path, text: str | None = None, seed: int = 3) -> Path:
    """The compiled recipe, or another's text, as `mapping.json` in `folder`, the recipe beside it."""
    (folder / "net.toml").write_text(recipe() if text is None else text)
    compiled = snnmap.compile(str(folder / "net.toml"), snnmap.CompileOptions(hardware=str(chip), seed=seed))
    snnmap.save(compiled.mapping, folder / "mapping.json")
    return folder / "mapping.json"
