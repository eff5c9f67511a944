"""How much memory a training takes, before it starts: from above, what torch keeps for the backward pass."""

import math
import os
from pathlib import Path

from snnmap.core.errors import InputError
from snnmap.ir.models import ANALOG
from snnmap.train.recipe import TrainRecipe
from snnmap.train.stimuli import Stimuli

FLOAT = 4
KEPT = 6
"""Tensors that a neuron leaves per step and sample: arriving, two membranes, difference, spike, gradient."""
KEPT_GRADED = 14
"""Of one that sends values: its state before the step too, and what goes to the kernels, in double precision."""
COPIES = 6
"""Of a weight: latent, forward, gradient, two moments of Adam, checkpoint."""
CELLS = 8
"""Copies of a weight that cells need besides: goals, what they hold and writes, of two cells each, at once and anew."""
TORCH = 400 << 20
"""Bytes that the interpreter with torch takes by itself."""


def needed(recipe: TrainRecipe, stimuli: Stimuli) -> int:
    """Bytes that a training takes at most."""
    rows = recipe.unrolled * recipe.training.batch
    weights = activity = 0
    for k, layer in enumerate(recipe.layers):
        own = 1 if k == 0 and stimuli.held is not None else recipe.unrolled
        unfolded = math.prod(layer.shape[1:]) * math.prod(layer.weights[1:]) if layer.kind == "conv" else 0
        heard = math.prod(layer.taken) + (math.prod(layer.pool.heard) if layer.pool is not None else 0)
        kept = KEPT_GRADED if layer.neuron.model in ANALOG else KEPT
        activity += kept * rows * layer.neurons + own * recipe.training.batch * (heard + unfolded)
        weights += (COPIES if recipe.method.on_chip is None else COPIES + CELLS) * math.prod(layer.weights)
    data = stimuli.held.nbytes if stimuli.held is not None else 0
    if stimuli.spikes is not None:
        data += sum(array.nbytes for array in (stimuli.spikes.step, stimuli.spikes.source, stimuli.spikes.value))
    return TORCH + FLOAT * (activity + weights) + data


def available() -> int:
    """Bytes that are free or can be made so."""
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    except OSError:
        pass
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def must_fit(recipe: TrainRecipe, stimuli: Stimuli) -> None:
    """Refuse a training that would take more memory than there is.

    Raises
    ------
    InputError
        With both numbers.
    """
    need, there = needed(recipe, stimuli), available()
    if need > there:
        raise InputError(
            f"{recipe.path}: training takes about {need / 2**30:,.1f} GiB of memory, {there / 2**30:,.1f} are free; "
            f"lower the batch ({recipe.training.batch}) or the steps ({recipe.steps}) of the recipe, or --samples"
        )
