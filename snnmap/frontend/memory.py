"""Networks that are in memory: `nir.NIRGraph`, and modules of torch whose program can export them.

Neither `nir` nor torch is imported here: a graph says what it is by `to_dict`, and who has a module has torch already.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from typing import Any, Protocol, runtime_checkable

import numpy as np

from snnmap.core.errors import InputError
from snnmap.frontend.data.read import array_of, recording_in_memory
from snnmap.frontend.data.samples import Dense
from snnmap.frontend.dialects import DialectName
from snnmap.frontend.networks.nir.read import Wish, imported
from snnmap.frontend.networks.parsed import Imported
from snnmap.frontend.options import LoadOptions, Pooling

NAME = "network"
"""What a network without a file is called."""


@runtime_checkable
class NirGraph(Protocol):
    """What is used of `nir.NIRGraph`."""

    nodes: Any
    edges: Any

    def to_dict(self) -> dict[str, Any]:
        """The graph as nested dictionaries, the layout of NIR files."""


@runtime_checkable
class Module(Protocol):
    """What is used of `torch.nn.Module`."""

    def modules(self) -> Iterator[Any]:
        """The module and everything in it."""

    def state_dict(self) -> Mapping[str, Any]:
        """Its parameters."""


def from_nir(
    graph: NirGraph, *, pooling: Pooling = "fold", strict: bool = False, dialect: DialectName | None = None
) -> Imported:
    """Network of a NIR graph in memory, as `load_network` reads one from a file; `compile` takes it, or the graph.

    Parameters
    ----------
    graph
        An `nir.NIRGraph`; its values may be arrays or tensors.
    pooling, strict, dialect
        As in `LoadOptions`.

    Raises
    ------
    InputError
        If it is no graph, a node is not supported, or `strict` and something needs a repair.
    """
    if not isinstance(graph, NirGraph):
        raise InputError(f"a {type(graph).__name__} is no NIR graph; give an nir.NIRGraph, or its file to load_network")
    read = imported(_plain(graph.to_dict()), NAME, "", Wish(pooling, strict, dialect))
    return replace(read, digest=read.network.digest())


def from_module(module: Module, options: LoadOptions) -> Imported:
    """Network of a torch module of snnTorch, sinabs, SpikingJelly or Norse, exported by that program in its dialect.

    The program is asked with the first step of the first sample of the data, which it needs to see the shapes.

    Raises
    ------
    InputError
        If the module is of none or several of them, its program cannot export it, or there are no data in memory.
    """
    kind = type(module).__name__
    inside = dict.fromkeys(type(part).__module__.partition(".")[0] for part in module.modules())
    programs = [name for name in EXPORTERS if name in inside]
    if len(programs) != 1:
        raise InputError(
            f"a {kind} of {' and '.join(programs) or 'none'} of {', '.join(EXPORTERS)}: export it to NIR yourself and "
            "give the nir.NIRGraph"
        )
    if options.data is None:
        raise InputError(f"a {kind} needs data: the first step shows its program the shapes; give data=")
    name = programs[0]
    sample = _first_step(options, whole=name == "sinabs")
    try:
        graph = EXPORTERS[name](module, sys.modules["torch"].as_tensor(sample))
    except Exception as error:  # whatever the program raises
        said = " ".join(str(error).split())[:200]
        raise InputError(f"{name} cannot export this {kind} to NIR ({said}); export it yourself") from error
    dialect: Any = options.dialect or name
    return from_nir(graph, pooling=options.pooling, strict=options.strict, dialect=dialect)


def _first_step(options: LoadOptions, whole: bool) -> np.ndarray[Any, np.dtype[np.float32]]:
    """First sample (1, ...) of data in memory; of a series its first step, or all steps (1, steps, ...)."""
    recording = recording_in_memory(options.data, None, options.layout)
    if not isinstance(recording.data, Dense):
        raise InputError("a module needs an array of samples as data, not events")
    values = recording.data.values[:1].astype(np.float32)
    return values if whole or recording.data.timed is False or values.ndim < 3 else values[:, 0]


def _plain(tree: Mapping[str, Any]) -> dict[str, Any]:
    """The tree with arrays of numpy in the place of tensors."""
    plain: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            plain[str(key)] = _plain(value)
        else:
            plain[str(key)] = array_of(value) if hasattr(value, "detach") else value
    return plain


def _snntorch(module: Module, sample: Any) -> Any:
    """As `snntorch.export_nir.export_to_nir`, but for its last line: nir 1.0.8 finds its batch axes inconsistent."""
    snn, export = import_module("snntorch"), import_module("snntorch.export_nir")
    apart = [snn.RLeaky, snn.RSynaptic]
    mapping = export._extract_snntorch_module  # noqa: SLF001 there is no public name
    return import_module("nirtorch").extract_nir_graph(module, mapping, sample, ignore_submodules_of=apart)


def _sinabs(module: Module, sample: Any) -> Any:
    return import_module("sinabs.nir").to_nir(module, sample)


def _spikingjelly(module: Module, sample: Any) -> Any:
    return import_module("spikingjelly.activation_based.nir_exchange").export_to_nir(module, sample)


def _norse(module: Module, sample: Any) -> Any:
    return import_module("norse.torch").to_nir(module, sample)


EXPORTERS: Mapping[str, Callable[[Module, Any], Any]] = {
    "snntorch": _snntorch,
    "sinabs": _sinabs,
    "spikingjelly": _spikingjelly,
    "norse": _norse,
}
"""How each program exports a module, given a sample (1, features...), sinabs (1, steps, features...)."""
