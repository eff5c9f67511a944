"""Training recipes (`*.toml`): input, layers, neurons, method, schedule. Strict, like workload files; no torch here.

`docs/training.md` describes the keys for users.
"""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from snnmap.core import library
from snnmap.core.errors import InputError
from snnmap.core.suggest import suggestion
from snnmap.core.toml import Table, read_toml
from snnmap.frontend.networks.linear import window
from snnmap.frontend.options import CHOICES, Encoding
from snnmap.train import chip
from snnmap.train.methods import METHODS, Method
from snnmap.train.neurons import Neurons

Kind = Literal["conv", "dense"]
POOL = "pool"
"""What a layer without neurons is called."""
Loss = Literal["count", "membrane"]
Schedule = Literal["cosine", "constant"]
LARGEST = 1 << 24
"""Neurons of a layer at most."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Averages over windows, channel by channel; they have no neurons and go into the weights behind them."""

    heard: tuple[int, ...]
    """Shape of what is averaged."""
    kernel: tuple[int, int]
    stride: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Layer:
    """Weights, and the neurons that they lead to."""

    kind: Kind
    pool: Pool | None
    """In front of it."""
    taken: tuple[int, ...]
    """Shape of what its weights multiply, behind the pool."""
    shape: tuple[int, ...]
    """Shape of its neurons."""
    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int]
    batch_norm: bool
    bias: bool
    neuron: Neurons

    @property
    def weights(self) -> tuple[int, ...]:
        """Shape of its weights, outputs first."""
        return (self.shape[0], self.taken[0], *self.kernel) if self.kind == "conv" else (
            self.shape[0],
            math.prod(self.taken),
        )  # fmt: skip

    @property
    def neurons(self) -> int:
        """Number of its neurons."""
        return math.prod(self.shape)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long and how fast."""

    epochs: int
    batch: int
    learning_rate: float
    schedule: Schedule
    restart_every: float | None
    """Epochs after which a cosine begins anew."""
    loss: Loss
    temperature: float
    """What counts or membranes are divided by before the loss: potentials are small numbers."""
    held_out: int
    """The last so many samples are not trained on; their accuracy is shown after every epoch."""
    shift: int = 0
    """Images of a batch are moved by up to so many pixels, all of them alike; what moves in is 0."""


@dataclass(frozen=True, slots=True, eq=False)
class TrainRecipe:
    """One recipe, parsed and checked."""

    name: str
    path: Path
    text: str
    digest: str
    """SHA-256 of the file's bytes."""
    summary: str
    input: tuple[int, ...]
    steps: int
    encode: Encoding
    layers: tuple[Layer, ...]
    method_name: str
    method: Method
    training: Pace

    @property
    def classes(self) -> int:
        """Neurons of the last layer."""
        return self.layers[-1].neurons

    @property
    def unrolled(self) -> int:
        """Steps that training goes through: all, or one that stands for all."""
        return 1 if self.layers[-1].neuron.steady else self.steps


def located_recipe(source: str | Path) -> Path:
    """Path of a recipe: shipped by that name, or a file.

    Raises
    ------
    InputError
        If there is neither.
    """
    names = library.shipped("workloads", "recipes")
    if str(source) in names:
        return names[str(source)]
    path = Path(source).expanduser()
    if not path.is_file():
        raise InputError(f"{str(source)!r} is neither a file nor a shipped recipe; {suggestion(str(source), names)}")
    return path


def read_recipe(path: Path) -> TrainRecipe:
    """Parse and check a recipe.

    Raises
    ------
    InputError
        Naming file, key and reason.
    """
    root, content = read_toml(path)
    summary = root.text("summary", "")
    if "method" in root and root.table("method").text("name") == chip.NAME:
        return _of_mapping(root, path, content, summary)
    network = root.table("network")
    shape, steps = network.integers("input", low=1), network.integer("steps", low=1, high=100_000)
    encode = cast("Encoding", network.text("encode", choices=CHOICES["encode"]))
    network.end()
    if len(shape) not in {1, 3}:
        raise network.error("input", f"must be [features] or [channels, height, width], not {list(shape)}")
    tables = root.tables("layer")
    kinds = [table.text("kind", choices=(*get_args(Kind), POOL)) for table in tables]
    method_name, method = _method(root.table("method"), len(kinds) - kinds.count(POOL))
    shared = root.table("neuron")
    neuron = method.neurons(shared)
    shared.end()
    if kinds[-1] != "dense":
        raise root.error("layer", "the last one must be dense: its neurons are the classes")
    layers = _layers(tables, shape, neuron, whole=method.levels > 0)
    if neuron.steady and encode != "current":
        raise network.error("encode", f"{method_name} trains rates of input that is the same in every step: current")
    training = _training(root.table("training"))
    if training.shift and len(shape) != 3:
        raise root.table("training").error(
            "shift", f"moves images (channels, height, width), but the input is {list(shape)}"
        )
    root.end()
    return TrainRecipe(
        *(path.stem, path, content.decode(), hashlib.sha256(content).hexdigest(), summary, shape, steps),
        *(encode, layers, method_name, method, training),
    )


def _of_mapping(root: Table, path: Path, content: bytes, summary: str) -> TrainRecipe:
    """A recipe whose network is that of a mapping: every synapse is trained by itself, so layers are dense."""
    for key in ("network", "neuron", "layer"):
        if key in root:
            raise root.error(key, "chip trains the network of its mapping; leave it out")
    name, method = _method(root.table("method"), 0)
    assert isinstance(method, chip.Chip)
    training = _training(root.table("training"))
    if training.shift and len(method.fed[0]) != 3:
        raise root.table("training").error("shift", "moves images (channels, height, width), which the input is not")
    root.end()
    neuron, plain = method.neurons(root), ((1, 1), (1, 1), (0, 0), False, False)
    layers = tuple(Layer("dense", None, (heard,), (own,), *plain, neuron) for heard, own in method.sizes)
    return TrainRecipe(
        *(path.stem, path, content.decode(), hashlib.sha256(content).hexdigest(), summary, *method.fed),
        *(layers, name, method, training),
    )


def _layers(tables: Sequence[Table], shape: tuple[int, ...], neuron: Neurons, *, whole: bool) -> tuple[Layer, ...]:
    """All `[[layer]]`, for an input of the shape; `whole` if weights are integers."""
    layers: list[Layer] = []
    pool: Pool | None = None
    for k, table in enumerate(tables):
        if table.text("kind") == POOL:
            if pool is not None:
                raise table.error("kind", "one pool follows another; make them one")
            pool, shape = _pool(table, shape, whole=whole)
            continue
        layers.append(_layer(table, pool, shape, neuron.of_layer(table, last=k + 1 == len(tables))))
        pool, shape = None, layers[-1].shape
    return tuple(layers)


def _pool(table: Table, heard: tuple[int, ...], *, whole: bool) -> tuple[Pool, tuple[int, ...]]:
    """A `[[layer]]` that averages, and the shape of its averages."""
    if len(heard) != 3:
        raise table.error("kind", f"a pool hears (channels, height, width), but {heard} arrives")
    kernel = table.pair("kernel")
    stride = table.pair("stride", kernel)
    if whole and (stride[0] < kernel[0] or stride[1] < kernel[1]):
        raise table.error("stride", "windows overlap, whose weights add up to more than an integer of a cell holds")
    table.end()
    try:
        return Pool(heard, kernel, stride), (heard[0], *window(kernel, stride).output(heard[1:]))
    except InputError as error:
        raise table.error("kernel", str(error)) from None


def _layer(table: Table, pool: Pool | None, taken: tuple[int, ...], neuron: Neurons) -> Layer:
    """One `[[layer]]` whose weights multiply something of the shape `taken`."""
    kind = cast("Kind", table.text("kind"))
    kernel = stride = (1, 1)
    padding = (0, 0)
    if kind == "conv":
        if len(taken) != 3:
            raise table.error("kind", f"a convolution hears (channels, height, width), but {taken} arrives")
        kernel, stride = table.pair("kernel"), table.pair("stride", (1, 1))
        padding = table.pair("padding", (0, 0), low=0)
        try:
            places = window(kernel, stride, padding).output(taken[1:])
        except InputError as error:
            raise table.error("kernel", str(error)) from None
        shape: tuple[int, ...] = (table.integer("channels", low=1, high=LARGEST), *places)
    else:
        shape = (table.integer("neurons", low=1, high=LARGEST),)
    if math.prod(shape) > LARGEST:
        raise table.error("kind", f"the layer has {math.prod(shape):,} neurons; at most {LARGEST:,} can be trained")
    batch_norm = table.flag("batch_norm", False)
    bias = table.flag("bias", not batch_norm)
    if bias and batch_norm:
        raise table.error("bias", "batch normalisation has an offset of its own; leave one of the two out")
    table.end()
    return Layer(kind, pool, taken, shape, kernel, stride, padding, batch_norm, bias, neuron)


def _method(table: Table, layers: int) -> tuple[str, Method]:
    """`[method]`."""
    name = table.text("name")
    if name not in METHODS:
        raise table.error("name", f"{name!r} is no method; {suggestion(name, METHODS)}")
    method = METHODS[name](table, layers)
    table.end()
    return name, method


def _training(table: Table) -> Pace:
    """`[training]`."""
    schedule = cast("Schedule", table.text("schedule", "cosine", ("cosine", "constant")))
    restart = table.number("restart_every", None)
    if restart is not None and (restart <= 0 or schedule != "cosine"):
        raise table.error("restart_every", "is a positive number of epochs, and only a cosine begins anew")
    rate = table.number("learning_rate")
    if rate <= 0:
        raise table.error("learning_rate", f"must be positive, not {rate:g}")
    temperature = table.number("temperature", 1.0)
    if temperature <= 0:
        raise table.error("temperature", f"must be positive, not {temperature:g}")
    made = Pace(
        epochs=table.integer("epochs", low=1, high=1_000_000),
        batch=table.integer("batch", low=2, high=1_000_000),
        learning_rate=rate,
        schedule=schedule,
        restart_every=restart,
        loss=cast("Loss", table.text("loss", "count", ("count", "membrane"))),
        temperature=temperature,
        shift=table.integer("shift", 0, high=100),
        held_out=table.integer("held_out", 0),
    )
    table.end()
    return made
