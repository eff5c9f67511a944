import contextlib
import io
import json
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from snnmap.core.errors import InputError
from snnmap.formats import profile as store
from snnmap.formats.profile import is_profile, load_profile, save_profile
from snnmap.ir import (
    MODELS,
    Dynamics,
    Network,
    OutputDeviation,
    Population,
    Provenance,
    Remarks,
    Rounding,
    SpikeGraph,
    Spikes,
    Unrolled,
)


def graph(seed: int = 0, events: bool = True) -> SpikeGraph:
    """A small graph with every kind of population, uniform and individual parameters."""
    rng = np.random.default_rng(seed)
    populations = [Population("Eingang ä", "input", "input", 0, (2, 3), 0), Population("b", "bias", "bias", 6, (1,), 0)]
    for k, model in enumerate(m for m in MODELS if m not in {"input", "bias"}):
        size = int(rng.integers(2, 5))
        parameters = {key: rng.random(size) for key in MODELS[model].parameters}
        if k % 2:
            parameters = {key: np.broadcast_to(values[:1], (size,)) for key, values in parameters.items()}
        populations.append(Population(model, "neuron", model, populations[-1].stop, (size,), k + 1, parameters))
    n = populations[-1].stop
    there = rng.random((n, n)) < 0.3
    there[:, :7] = False
    source, post = np.nonzero(there)
    indptr = np.concatenate([[0], np.cumsum(np.bincount(source, minlength=n))])
    grid = 2.0 ** -rng.integers(20, 30, len(populations))
    of_target = grid[np.repeat(np.arange(len(populations)), [p.size for p in populations])[post]]
    weight = (rng.integers(-999, 999, len(post)) * of_target).astype(np.float32)
    network = Network(tuple(populations), indptr, post, weight, grid, (2, 3))
    spikes = Spikes([0, 2, 3], [0, 4, 1], [0, 8, 9], [1.0, 2.0, -0.3], 5, 1e-3) if events else None
    once = np.bincount([6] * 10 + [0, 8, 9], minlength=n)
    counts = once + np.bincount([8], minlength=n)
    activity = [counts, np.minimum(counts, 5), np.minimum(counts - once + 1, once), once]
    provenance = Provenance(name="größe", source="x.nir", options={"steps": 5, "reset": None})
    graph = SpikeGraph(network, *activity, 2, 5, 1e-3, spikes, 0.5 if events else None, provenance)
    if not events:
        return graph
    remarks = Remarks(("dt = 1",), dead=("LIF",), unrolled=Unrolled(1, (OutputDeviation("LIF", 2, 3),), None, 0.5))
    return replace(graph, dynamics=Dynamics(clamp=1.0), labels=[1, 2], predictions=[2, 2], remarks=remarks)


def test_levels_of_weights_are_kept_and_cost_nothing_without_them(tmp_path: Path) -> None:
    plain, names = tmp_path / "plain.npz", ("levels", "step", "quantised")
    save_profile(graph(), plain)
    with zipfile.ZipFile(plain) as archive:
        header = archive.read(f"{store.HEADER}.npy").decode(errors="replace")
    assert not any(f'"{name}":' in header for name in names[:1] + names[2:])
    assert header.count('"step":') == 0
    g = graph()
    populations = list(g.network.populations)
    populations[2] = replace(populations[2], levels=255, step=0.5)
    weight = np.where(g.network.population_of()[g.network.post] == 2, 3.5, g.network.weight)
    network = replace(g.network, populations=tuple(populations), weight=weight)
    rounding = Rounding("LIF", 255, 0.51, 0.02, (0.7, 0.6), 0.1, 3)
    save_profile(replace(g, network=network, remarks=Remarks(quantised=(rounding,))), tmp_path / "p.npz")
    again = load_profile(tmp_path / "p.npz")
    assert again.network.digest() == network.digest() != g.network.digest()
    assert again.remarks.quantised == (rounding,)
    assert [p.levels for p in again.network.populations[1:4]] == [0, 255, 0]


def same(a: SpikeGraph, b: SpikeGraph) -> None:
    assert a.digest() == b.digest()
    assert a.network.digest() == b.network.digest()
    assert (a.frames, a.steps, a.dt, a.accuracy) == (b.frames, b.steps, b.dt, b.accuracy)
    assert (a.provenance, a.dynamics, a.remarks) == (b.provenance, b.dynamics, b.remarks)
    for name in ("labels", "predictions"):
        assert np.array_equal(getattr(a, name), getattr(b, name))
    assert a.network.outputs == b.network.outputs
    for p, q in zip(a.network.populations, b.network.populations, strict=True):
        assert (p.name, p.kind, p.model, p.first, p.shape, p.level) == (
            q.name,
            q.kind,
            q.model,
            q.first,
            q.shape,
            q.level,
        )
        for key in MODELS[p.model].parameters:
            assert np.array_equal(p.parameters[key], q.parameters[key])
            assert q.parameters[key].shape == (q.size,)
    assert (a.events is None) == (b.events is None)
    if a.events is not None and b.events is not None:
        assert (a.events.steps, a.events.dt) == (b.events.steps, b.events.dt)
        for name in ("frame", "step", "source", "value"):
            x, y = getattr(a.events, name), getattr(b.events, name)
            assert x.dtype == y.dtype
            assert np.array_equal(x, y)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_round_trip(tmp_path_factory: pytest.TempPathFactory, seed: int, events: bool) -> None:
    path = tmp_path_factory.mktemp("store") / "p.npz"
    before = graph(seed, events)
    save_profile(before, path)
    assert is_profile(path)
    same(before, load_profile(path))


def test_loaded_arrays_are_read_only_and_uniform_parameters_stay_small(tmp_path: Path) -> None:
    save_profile(graph(), tmp_path / "p.npz")
    after = load_profile(tmp_path / "p.npz")
    assert not after.network.weight.flags.writeable
    uniform = next(p for p in after.network.populations if p.model == "CubaLIF")
    assert uniform.parameters["tau_mem"].strides == (0,)


def test_one_graph_has_one_byte_sequence(tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        save_profile(graph(3), tmp_path / name)
    data = (tmp_path / "a.npz").read_bytes()
    assert data == (tmp_path / "b.npz").read_bytes()
    save_profile(load_profile(tmp_path / "a.npz"), tmp_path / "c.npz")
    assert data == (tmp_path / "c.npz").read_bytes()
    save_profile(graph(4), tmp_path / "d.npz")
    assert data != (tmp_path / "d.npz").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.npz", "b.npz", "c.npz", "d.npz"]


def test_numpy_opens_it_without_pickle(tmp_path: Path) -> None:
    save_profile(graph(), tmp_path / "p.npz")
    with np.load(tmp_path / "p.npz", allow_pickle=False) as file:
        header = json.loads(file["snnmap_profile"].tobytes())
        assert np.array_equal(file["spikes"], graph().spikes)
    assert header["format"] == "snnmap-profile"
    assert header["version"] == 2


def test_any_flipped_byte_and_any_cut_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.npz"
    save_profile(graph(), path)
    data = path.read_bytes()
    rng = np.random.default_rng(1)
    harmless = 0
    for at in rng.integers(0, len(data), 300):
        path.write_bytes(data[:at] + bytes([data[at] ^ int(rng.integers(1, 256))]) + data[at + 1 :])
        with contextlib.suppress(InputError):
            same(graph(), load_profile(path))
            harmless += 1  # a date or attribute of the archive
    assert harmless < 100
    for length in (0, 3, 100, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:length])
        with pytest.raises(InputError):
            load_profile(path)


def rewrite(path: Path, **changes: object) -> None:
    """The file with members replaced (or, if None, removed) and checksums of the archive in order."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for name, value in changes.items():
        if value is None:
            del members[f"{name}.npy"]
            continue
        buffer = io.BytesIO()
        np.save(buffer, np.asarray(value), allow_pickle=True)
        members[f"{name}.npy"] = buffer.getvalue()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def header_with(path: Path, **facts: object) -> np.ndarray:
    with np.load(path) as file:
        header = json.loads(file["snnmap_profile"].tobytes())
    return np.frombuffer(json.dumps({**header, **facts}).encode(), np.uint8)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda p: {"spikes": graph().spikes + 1}, "digest does not match"),
        (lambda p: {"weight": None}, "digest does not match"),
        (lambda p: {"extra": [1]}, "digest does not match"),
        (lambda p: {"snnmap_profile": header_with(p, frames=3)}, "digest does not match"),
        (lambda p: {"snnmap_profile": header_with(p, dt=float("inf"))}, "digest does not match"),
        (lambda p: {"snnmap_profile": header_with(p, version=3)}, "version 3 and this snnmap reads version 2"),
        (lambda p: {"snnmap_profile": header_with(p, format="other")}, "is not a saved profile"),
        (lambda p: {"snnmap_profile": np.frombuffer(b"[1]", np.uint8)}, "is not a saved profile"),
        (lambda p: {"snnmap_profile": np.frombuffer(b"{", np.uint8)}, "not a readable profile"),
        (lambda p: {"snnmap_profile": None}, "is not a saved profile"),
        (lambda p: {"spikes": np.array([{}], object)}, "not a readable profile"),
    ],
)
def test_edited_files_are_refused(tmp_path: Path, change, message: str) -> None:
    path = tmp_path / "p.npz"
    save_profile(graph(), path)
    rewrite(path, **change(path))
    with pytest.raises(InputError, match=message):
        load_profile(path)


@pytest.mark.parametrize("drop", ["frames", "populations", "outputs"])
def test_a_well_signed_file_that_makes_no_sense_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, drop: str
) -> None:
    facts = store._facts
    monkeypatch.setattr(store, "_facts", lambda g: {k: v for k, v in facts(g).items() if k != drop})
    save_profile(graph(), tmp_path / "p.npz")
    with pytest.raises(InputError, match="not a usable profile"):
        load_profile(tmp_path / "p.npz")


CHANGES = {
    "indptr": lambda a: a[::-1],
    "post": lambda a: np.concatenate([a[:1], a[:-1]]),
    "weight": lambda a: a + 1e-9,
    "grid": lambda a: 3 * a,
    "spikes": lambda a: -a,
    "worst_frame": lambda a: a + 10,
    "worst_step": lambda a: a + 10,
    "active_steps": lambda a: a + 1,
    "event_frame": lambda a: a[::-1].copy(),
    "event_step": lambda a: a[[1, 0, 2]],
    "event_source": lambda a: a + 1000,
    "event_value": lambda a: np.full(a.shape, 1e300),
    "labels": lambda a: a[:-1],
    "predictions": lambda a: a.astype(float),
}


@pytest.mark.parametrize("name", CHANGES)
def test_well_signed_arrays_that_contradict_the_rest_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    arrays = store._arrays
    monkeypatch.setattr(store, "_arrays", lambda g: {**arrays(g), name: CHANGES[name](arrays(g)[name])})
    save_profile(graph(), tmp_path / "p.npz")
    with pytest.raises(InputError, match="not a usable profile"):
        load_profile(tmp_path / "p.npz")


FALSE_FACTS = [
    *({"frames": value} for value in (0, -1, "2", 2.5, 3, None)),
    *({"steps": value} for value in (0, 6, "x")),
    *({"dt": value} for value in (0.0, -1e-3, "1ms", None)),
    *({"accuracy": value} for value in (1.5, -0.1, "all")),
    *({"outputs": value} for value in ([99], [-1], [0], ["LIF"], 3)),
    *({"events": value} for value in ({}, {"steps": 4, "dt": 1e-3}, 5)),
    *({"remarks": value} for value in ({"assumed": [1]}, [], None)),
    {"extra": 1},
]


@pytest.mark.parametrize("change", FALSE_FACTS, ids=str)
def test_well_signed_facts_that_contradict_the_rest_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    facts = store._facts
    monkeypatch.setattr(store, "_facts", lambda g: {**facts(g), **change})
    save_profile(graph(), tmp_path / "p.npz")
    with pytest.raises(InputError, match="not a usable profile"):
        load_profile(tmp_path / "p.npz")


FALSE_POPULATIONS = [
    *({"shape": value} for value in ([0, 6], [-2, -3], [], "6", [2**40, 2**40], [7])),
    *({"model": value} for value in ("LIF", "bias", "no such", 3)),
    *({"kind": value} for value in ("neuron", "bias", "other")),
    *({"first": value} for value in (1, "0")),
    *({"level": value} for value in (1, -1, None)),
    *({"name": value} for value in ("b", 5)),
]


@pytest.mark.parametrize("change", FALSE_POPULATIONS, ids=str)
def test_well_signed_populations_that_contradict_the_rest_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, object]
) -> None:
    facts = store._facts

    def changed(g: SpikeGraph) -> dict[str, object]:
        told = facts(g)
        return {**told, "populations": [{**told["populations"][0], **change}, *told["populations"][1:]]}

    monkeypatch.setattr(store, "_facts", changed)
    save_profile(graph(), tmp_path / "p.npz")
    with pytest.raises(InputError, match="not a usable profile"):
        load_profile(tmp_path / "p.npz")


def test_foreign_files_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "foreign.npz", x=[0], y=[1])
    (tmp_path / "text.npz").write_text("spikes")
    (tmp_path / "empty.npz").write_bytes(b"")
    for name in ("foreign.npz", "text.npz", "empty.npz", "absent.npz", "."):
        assert not is_profile(tmp_path / name)
        with pytest.raises(InputError) as caught:
            load_profile(tmp_path / name)
        assert "\n" not in str(caught.value)


def test_a_failed_save_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "p.npz"
    save_profile(graph(), path)
    data = path.read_bytes()
    bad = replace(graph(), provenance=Provenance(options={"when": object()}))
    with pytest.raises(InputError, match="not plain data"):
        save_profile(bad, path)
    with pytest.raises(InputError, match="cannot write"):
        save_profile(graph(), tmp_path / "missing" / "p.npz")
    assert path.read_bytes() == data
    assert [p.name for p in tmp_path.iterdir()] == ["p.npz"]


def test_a_pipe_or_device_is_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="device or pipe"):
        save_profile(graph(), pipe)
    assert pipe.is_fifo()
