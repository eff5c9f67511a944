"""Files that say how often a training has written every cell: numpy arrays in an `.npz`, nothing pickled.

Members: `format` (the text `snnmap-writes-1`), `recipe` (SHA-256 of the recipe), `seed`, `batches`, and an array
`writes.LAYER` of integers for every layer, (cells of a weight, *shape of its weights).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from snnmap.core.arrays import I64, frozen
from snnmap.core.errors import InputError
from snnmap.core.files import must_be_writable, write_atomically
from snnmap.core.npz import npz
from snnmap.frontend.data.archive import integers, marked_arrays

FORMAT = "snnmap-writes-1"
LAYER = "writes."


@dataclass(frozen=True, slots=True, eq=False)
class Writes:
    """Write pulses of every cell in a training, its first programming included.

    Raises
    ------
    InputError
        If there is no cell, or a count is negative.
    """

    recipe: str
    """SHA-256 of the recipe."""
    seed: int
    batches: int
    """That were trained on."""
    layers: Mapping[str, I64]
    """By name: (cells of a weight, *shape of its weights), of a pair that of the positive half first."""

    def __post_init__(self) -> None:
        held = {name: frozen(array, np.int64) for name, array in self.layers.items()}
        object.__setattr__(self, "layers", held)
        if not sum(array.size for array in held.values()):
            raise InputError("writes are of cells, and there is none")
        for name, array in held.items():
            if array.size and array.min() < 0:
                raise InputError(f"a cell of {name} was written {array.min()} times; counts are 0 or more")

    @property
    def every(self) -> I64:
        """Writes of all cells (cells,), layer by layer."""
        return np.concatenate([array.reshape(-1) for array in self.layers.values()])


def save_writes(writes: Writes, path: Path | str) -> None:
    """Write a file of writes; the same writes give the same bytes.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    path = Path(path)
    must_be_writable(path, (".npz",))
    facts = {
        "recipe": np.array([writes.recipe]),
        "seed": np.array([writes.seed]),
        "batches": np.array([writes.batches]),
    }
    counts = {LAYER + name: array for name, array in writes.layers.items()}
    write_atomically(path, npz({"format": np.array([FORMAT]), **facts, **counts}))


def load_writes(path: Path | str) -> Writes:
    """Writes of a file.

    Raises
    ------
    InputError
        If it is damaged, or not such a file.
    """
    path = Path(path)
    hint = f"not a file of writes; make one with `snnmap train ... --trace {path.name}`"
    arrays = marked_arrays(path, FORMAT, hint)
    facts = {name: arrays[name] for name in ("recipe", "seed", "batches") if name in arrays}
    layers = {name.removeprefix(LAYER): array for name, array in arrays.items() if name.startswith(LAYER)}
    if len(facts) < 3 or len(facts) + len(layers) + 1 != len(arrays) or any(fact.size != 1 for fact in facts.values()):
        raise InputError(f"{path}: must hold format, recipe, seed, batches and {LAYER}LAYER, not {', '.join(arrays)}")
    numbers = {name: int(integers(facts[name], f"{path}: {name}").item()) for name in ("seed", "batches")}
    counts = {name: integers(array, f"{path}: {LAYER}{name}") for name, array in layers.items()}
    try:
        return Writes(str(facts["recipe"].item()), numbers["seed"], numbers["batches"], counts)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
