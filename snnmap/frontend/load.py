"""From a name or a file, and what the user said, to a `Workload`: the one place where the front end's parts meet.

Precedence of every setting: explicit option, workload file, what the data file says, default (of the dynamics:
`stepping`). Whatever was not stated by the user or a workload file becomes a sentence under `assumed` in the
provenance: nothing is guessed silently.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from snnmap.core import library
from snnmap.core.arrays import F64, I64
from snnmap.core.errors import InputError
from snnmap.core.suggest import suggestion
from snnmap.frontend.data import nirdata
from snnmap.frontend.data.archive import read_bytes
from snnmap.frontend.data.encode import DELTA, STEPS, Encoded, EncodeRules, encode_recording, synthetic_poisson
from snnmap.frontend.data.read import ACCEPTED, Wanted, read_recording, recording_in_memory
from snnmap.frontend.data.samples import Dense, Recording, first_samples
from snnmap.frontend.dialects import DIALECTS, DialectName
from snnmap.frontend.hdf5.tree import SIGNATURE, read_tree
from snnmap.frontend.memory import Module, NirGraph, from_module, from_nir
from snnmap.frontend.networks.nir.read import Wish, read_nir
from snnmap.frontend.networks.npz import is_network, read_network
from snnmap.frontend.networks.parsed import Imported
from snnmap.frontend.networks.recipe import Recipe, WorkloadFile, build_recipe, read_workload_file
from snnmap.frontend.options import LoadOptions, Pooling
from snnmap.frontend.recorded.activity import activity_network, read_activity, recorded_network, spike_graph
from snnmap.frontend.recorded.files import is_activity
from snnmap.frontend.stepping import stepping_of
from snnmap.ir import Network, Provenance, Remarks, SpikeGraph, Workload

Source = str | Path | Imported | NirGraph | Module
"""What a network can be given as."""

STIMULUS = ("steps", "encode", "samples", "max_rate", "window", "delta")


def load_network(
    source: Source, *, pooling: Pooling = "fold", strict: bool = False, dialect: DialectName | None = None
) -> Imported:
    """The network alone: shipped name, workload, NIR, Lava, network or activity file, `nir.NIRGraph`; no data needed.

    A bare name means the shipped workload of that name; write `./name` for a file or folder called so. `pooling`,
    `strict` and `dialect` as in `LoadOptions`.

    Raises
    ------
    InputError
        If there is no such source, or it cannot be read.
    """
    if not isinstance(source, str | Path):
        return _in_memory(source, LoadOptions(pooling=pooling, strict=strict, dialect=dialect))
    return _network_of(located_source(source), Wish(pooling, strict, dialect))


def load_workload(source: Source, options: LoadOptions | None = None) -> Workload | SpikeGraph:
    """Network, input spikes and stepping; or, for recorded activity, the finished spike-activity graph.

    Parameters
    ----------
    source
        As `load_network`; or a network in memory: an `nir.NIRGraph`, what `from_nir` or `load_network` returned, or a
        torch module of snnTorch, sinabs, SpikingJelly or Norse.
    options
        Data, encoding and stepping where they differ from the workload's own.

    Raises
    ------
    InputError
        If source, data or options cannot be used, or data are needed and none are given.
    """
    options = options or LoadOptions()
    if not isinstance(source, str | Path):
        read = _in_memory(source, options)
        return _workload("", read, None, replace(options, dialect=read.dialect))
    located = located_source(source)
    if isinstance(located, Path) and is_activity(located) and not is_network(located):
        if options.data is not None:
            raise InputError(f"{source}: recorded activity brings its own spikes; leave out --data")
        options.must_apply("dt", "steps", where=source, why="recorded activity is not simulated; leave them out")
        return read_activity(located, options)
    read = _network_of(located, Wish(options.pooling, options.strict, options.dialect))
    return _workload(str(source), read, located if isinstance(located, WorkloadFile) else None, options)


def _in_memory(source: Imported | NirGraph | Module, options: LoadOptions) -> Imported:
    """Network that somebody has in memory."""
    if isinstance(source, Imported):
        if options.dialect not in {None, source.dialect}:
            raise InputError(
                f"the network was not read in the dialect {options.dialect}; say it to from_nir, load_network"
            )
        return source
    if isinstance(source, NirGraph):
        return from_nir(source, pooling=options.pooling, strict=options.strict, dialect=options.dialect)
    if isinstance(source, Module):
        return from_module(source, options)
    raise InputError(
        f"a {type(source).__name__} is no workload; give a name, a file, an nir.NIRGraph or a torch module"
    )


def _workload(source: str, read: Imported, file: WorkloadFile | None, options: LoadOptions) -> Workload | SpikeGraph:
    """The network with its input, read and encoded, and its stepping; or the graph of what was recorded of it."""
    stimulus = _stimulus(options, file, read.stimulus)
    if options.data_file is not None and (graph := _recorded(source, read, options)) is not None:
        return graph
    recording = _recording(source, read, options, file, stimulus)
    own = None if recording is None else getattr(recording.data, "dt", None)
    stepping = stepping_of(read, options, {} if file is None else file.dynamics, own)
    dynamics = stepping.dynamics
    assumed = list(stepping.assumed)
    if file is not None and recording is None:
        encoded = _synthetic(read.network, file, stimulus, options, dynamics.dt)
    else:
        assert recording is not None
        try:
            recording = first_samples(recording, stimulus["samples"])
            encoded = encode_recording(recording, input_shape(read.network), _rules(stimulus, options, dynamics.dt))
        except InputError as error:
            raise InputError(f"{_where(source, options)}: {error}") from None
    assumed += [*(recording.notes if recording else ()), *encoded.notes]
    made = {**stimulus, "encode": encoded.encode, "steps": encoded.spikes.steps, "samples": encoded.spikes.frames}
    provenance = msgspec.structs.replace(_provenance(source, read, file, recording, options), stimulus=made)
    remarks = Remarks(tuple(assumed), tuple(read.repairs))
    trained = file is None or not isinstance(file.network, Recipe) or options.labels is not None
    labels = recording.labels if recording is not None and trained else None  # random weights classify nothing
    _check_classes(labels, read.network, _where(source, options))
    return Workload(read.name, read.network, encoded.spikes, labels, dynamics, provenance, remarks)


def _where(source: str, options: LoadOptions) -> str:
    """What messages about data call them."""
    return str(options.data_file or (source if options.data is None else "") or "the data")


def _check_classes(labels: I64 | None, network: Network, where: str) -> None:
    """Refuse labels that no output stands for."""
    classes = sum(network.populations[k].size for k in network.outputs)
    if labels is None or not len(labels) or (labels.min() >= 0 and labels.max() < classes):
        return
    first = int(np.flatnonzero((labels < 0) | (labels >= classes))[0])
    raise InputError(
        f"{where}: sample {first} has label {labels[first]}, but the network has {classes} outputs, classes 0 to "
        f"{classes - 1}; give the labels of these data, counted from 0"
    )


def input_shape(network: Network) -> tuple[int, ...]:
    """Shape of the network's input; flat if it has several."""
    inputs = [p for p in network.populations if p.kind == "input"]
    return inputs[0].shape if len(inputs) == 1 else (sum(p.size for p in inputs),)


def workload_table() -> list[dict[str, Any]]:
    """Shipped workloads: name, kind, inputs, neurons, synapses, sizes papers print (or `None`), summary, licence.

    `counted` are the sizes of a recipe as papers count them (`Recipe.counted`).
    """
    rows = []
    for name, path in library.shipped("workloads").items():
        file = read_workload_file(path)
        sizes = file.network if isinstance(file.network, Recipe) else file
        rows.append(
            {
                "name": name,
                "kind": "recipe" if isinstance(file.network, Recipe) else "trained",
                "inputs": sizes.inputs,
                "neurons": sizes.neurons,
                "synapses": sizes.synapses,
                "paper_neurons": file.paper.neurons if file.paper else None,
                "paper_synapses": file.paper.synapses if file.paper else None,
                "paper_weights": file.paper.weights if file.paper else None,
                "counted": file.network.counted if isinstance(file.network, Recipe) else None,
                "summary": file.summary,
                "licence": file.licence,
            }
        )
    return rows


def located_source(source: str | Path) -> WorkloadFile | Path:
    """Workload file, shipped or given, or the path of a network or recording.

    Raises
    ------
    InputError
        If there is neither, or the workload file is not usable.
    """
    names = {
        **library.shipped("workloads"),
        **{f"benchmark/{name}": path for name, path in library.shipped("workloads", "benchmark").items()},
    }
    if str(source) in names:
        return read_workload_file(names[str(source)])
    path = Path(source).expanduser()
    if not path.exists():
        raise InputError(f"{str(source)!r} is neither a file nor a shipped workload; {suggestion(str(source), names)}")
    if not path.is_file() and not path.is_dir():
        raise InputError(f"{path}: is a device or pipe, not a file; write it to a file first")
    return read_workload_file(path) if path.suffix == ".toml" else path


def _network_of(located: WorkloadFile | Path, wish: Wish) -> Imported:
    """Network of a workload file or of a file of its own."""
    if isinstance(located, Path):
        return _network_file(located, wish)
    if isinstance(located.network, Recipe):
        return _spoken(build_recipe(located), wish.dialect)
    read = _network_file(located.network, wish)
    return replace(read, name=located.name)


def _spoken(read: Imported, dialect: DialectName | None) -> Imported:
    """A network whose file has no dialect of its own, in the one that is stated."""
    if dialect is None:
        return read
    spoken = DIALECTS[dialect]
    why = dict.fromkeys(spoken.settings, f"the dialect of {spoken.title}, as stated")
    return replace(read, hints=spoken.settings, why=why)


def _network_file(path: Path, wish: Wish) -> Imported:
    """Network by the content of its file."""
    if is_network(path):
        if wish.dialect is not None:
            raise InputError(f"{path}: the file says how its network is stepped; leave out --dialect")
        return read_network(path)
    if is_activity(path):
        return activity_network(path)
    kind = _kind(path)
    if kind == "lava":
        from snnmap.frontend.networks.lava import read_lava

        if wish.dialect not in {None, "lava"}:
            raise InputError(f"{path}: a Lava file is in the dialect lava, not {wish.dialect}; leave out --dialect")
        return read_lava(path, strict=wish.strict)
    if kind == "nir":
        return read_nir(path, wish)
    if kind == "data":
        raise InputError(f"{path}: holds NIR data, not a network; give it as --data beside the network")
    raise InputError(
        f"{path}: not a kind of source that can be read; give NIR (.nir), Lava (.net), a workload file (.toml), "
        "a saved network or recorded activity (.npz, edges.csv, a folder), a saved profile, or a shipped name"
    )


def _kind(path: Path) -> str:
    """`nir`, `lava`, `data`, or nothing if the file is not HDF5 and is not named like one of them."""
    content = read_bytes(path)
    by_name = {".nir": "nir", ".net": "lava"}.get(path.suffix, "")
    if SIGNATURE not in content:
        return by_name
    if nirdata.ROOT.encode() in content:
        return "data"
    return by_name or ("lava" if "layer" in read_tree(path, "network file")[0] else "nir")


def _stimulus(options: LoadOptions, file: WorkloadFile | None, own: Mapping[str, Any]) -> dict[str, Any]:
    """How to make input spikes: options over the workload file, whose `samples` goes with its own data only, over the
    network's own.
    """
    stimulus: dict[str, Any] = dict.fromkeys(STIMULUS) | dict(own)
    if file is not None:
        stimulus |= file.stimulus
        if options.data is not None:
            stimulus["samples"] = None
    return options.merged(stimulus)


def _rules(stimulus: Mapping[str, Any], options: LoadOptions, dt: float) -> EncodeRules:
    return EncodeRules(
        dt=dt,
        steps=stimulus["steps"],
        encode=stimulus["encode"],
        seed=options.seed,
        max_rate=stimulus["max_rate"] or 1.0,
        delta=stimulus["delta"] or DELTA,
    )


def _recording(
    source: str, read: Imported, options: LoadOptions, file: WorkloadFile | None, stimulus: Mapping[str, Any]
) -> Recording | None:
    """Input data; `None` if the workload file asks for synthetic input."""
    nodes = [p.name for p in read.network.populations if p.kind == "input"]
    labels = Path(options.labels).expanduser() if isinstance(options.labels, str | Path) else None
    if options.data is not None and options.data_file is None:
        if labels is not None:
            raise InputError(f"the data are in memory, and so must the labels be; load {labels} first")
        return recording_in_memory(options.data, options.labels, options.layout)
    if options.labels is not None and labels is None:
        raise InputError("the labels are in memory, and so must the data be; load them first")
    if options.data_file is not None:
        path = options.data_file
    elif file is not None and file.data is not None:
        path, labels = file.data, labels or file.labels
    elif file is not None and file.synthetic is not None:
        refused = [
            key for key in ("labels", "encode", "max_rate", "window", "delta") if getattr(options, key) is not None
        ]
        if refused:
            raise InputError(f"{source}: its input is synthetic, so {refused[0]} does not apply; give --data too")
        return None
    else:
        raise InputError(f"{source or read.name}: brings no input data; give --data FILE ({ACCEPTED})")
    return read_recording(path, labels=labels, wanted=Wanted(stimulus["window"], nodes, options.layout))


def _synthetic(
    network: Network, file: WorkloadFile, stimulus: Mapping[str, Any], options: LoadOptions, dt: float
) -> Encoded:
    """Seeded Poisson input of the stated mean rate; the rates of sources come from the recipe's seed alone."""
    wish = file.synthetic
    assert wish is not None
    sources = int(np.prod(input_shape(network)))
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([*file.name.encode()])))
    factor: F64 = np.exp(wish.spread * rng.standard_normal(sources) - wish.spread**2 / 2)
    rates = np.minimum(wish.rate_hz * dt * factor, 1.0)
    rules = EncodeRules(dt=dt, steps=stimulus["steps"] or STEPS, seed=options.seed)
    spikes = synthetic_poisson(sources, rates, rules, stimulus["samples"] or wish.samples)
    note = f"the input is synthetic: seeded Poisson spikes of {wish.rate_hz:g} Hz on average"
    return Encoded(spikes, "synthetic poisson", [note])


def _recorded(source: str, read: Imported, options: LoadOptions) -> SpikeGraph | None:
    """Graph of NIR data that hold the spikes of every population; `None` if the data are anything else."""
    path = options.data_file
    if path is None or not path.is_file() or not nirdata.is_nirdata(path):
        return None
    recordings, digest = nirdata.read_nirdata(path)
    names = [p.name for p in read.network.populations if p.kind != "bias"]
    if not set(names) <= set(recordings):
        return None
    used = ("data", "dt", "steps", "samples", "dialect", "pooling", "strict")
    options.must_apply(*used, where=path, why="the data hold the spikes of every population; leave them out")
    assumed = ["the data hold the spikes of every population, so nothing is simulated"]
    cut = {name: first_samples(recordings[name], options.samples) for name in names}
    dt = options.dt or next((r.data.dt for r in cut.values() if isinstance(r.data, Dense) and r.data.dt), None)
    if dt is None:
        dt = 1e-3
        assumed.append("dt = 0.001 s: the default, as nothing states a step")
    network, spikes = recorded_network(read, cut, EncodeRules(dt=float(dt), steps=options.steps))
    recorded = Recording(cut[names[0]].data, digests=(("data", digest),))
    provenance = _provenance(source, read, None, recorded, options)
    return spike_graph(network, spikes, provenance, Remarks(tuple(assumed), tuple(read.repairs)))


def _provenance(
    source: str, read: Imported, file: WorkloadFile | None, recording: Recording | None, options: LoadOptions
) -> Provenance:
    """Provenance of network, files and options."""
    digests = {"network": read.digest}
    if file is not None:
        digests["workload"] = file.digest
    if recording is not None:
        digests |= dict(recording.digests)
    return Provenance(
        name=read.name,
        source=source,
        format=read.format,
        files=digests,
        origin="; ".join(filter(None, ("" if file is None else file.origin, read.trained_by))),
        licence="not stated" if file is None else file.licence,
        options=options.given(),
    )
