"""Chips that are known: drawn as accuracy draws them, kept in files, refused where they do not fit."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from snnmap.analysis.view import View
from snnmap.core.arrays import row_of_entry
from snnmap.core.errors import InputError
from snnmap.frontend.chips import load_chip, save_chip
from snnmap.hardware import load_hardware
from snnmap.hardware.weights import ENCODINGS, Weights
from snnmap.ir.devices import ChipMap
from snnmap.simulate.imperfect.chips import drawn_chip, must_fit
from snnmap.simulate.imperfect.options import ImperfectOptions, parsed
from snnmap.simulate.imperfect.run import ImperfectNetwork
from snnmap.simulate.mapped import deviation

NONE = (None, None)


def network_of(compiled, effects, weights=None, **options) -> ImperfectNetwork:
    hardware = compiled.hardware if weights is None else replace(compiled.hardware, weights=weights)
    warm = np.full(compiled.mapping.clustering.clusters, 318.0)
    view = View(compiled.mapping, compiled.graph, hardware)
    return ImperfectNetwork(view, ImperfectOptions(parsed(effects), **options), warm)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_chip_of_a_seed_is_the_one_that_is_drawn_for_it(compiled, encoding) -> None:
    network = network_of(compiled, "programming,stuck,off", Weights(encoding), stuck_on=0.02, stuck_off=0.03)
    known = drawn_chip(network.view.hardware, 6, (0.02, 0.03), (0.0, 0.0))
    drawn, given = (network.weights(chip, 0.0) for chip in (network.chip(6), network.chip(6, known)))
    np.testing.assert_array_equal(drawn, given)
    other = drawn_chip(network.view.hardware, 7, (0.02, 0.03), (0.0, 0.0))
    assert not np.array_equal(network.weights(network.chip(6, other), 0.0), drawn)


def test_gains_scale_what_columns_read_and_offsets_are_added_only_then(compiled) -> None:
    network = network_of(compiled, "off")
    known = drawn_chip(compiled.hardware, 0, (0.0, 0.0), (0.0, 0.0))
    assert deviation(compiled.graph, network.run(network.chip(0, known), 0.0, keep_events=True).events) == 0
    doubled = replace(known, gain=known.gain * 2.0)
    plain, twice = (network.run(network.chip(0, chip), 0.0, keep_events=True).peak for chip in (known, doubled))
    first = network.layout.crossbar == 0  # the first crossbar hears inputs alone, which stay as they are
    assert np.any(plain[first] > 0)
    rows = compiled.mapping.clustering.row_source[compiled.mapping.clustering.rows_of(0)]
    if np.all(rows < compiled.graph.network.externals):
        np.testing.assert_allclose(twice[first], 2.0 * plain[first])
    moved = replace(known, offset=known.offset + 3.0)
    silent = replace(compiled.graph.events, value=compiled.graph.events.value * 0.0)
    peak = network.run(network.chip(0, moved), 0.0, graph=replace(compiled.graph, events=silent), keep_events=True).peak
    bias = compiled.graph.network.is_bias()[compiled.mapping.clustering.row_source]
    heard = np.bincount(row_of_entry(compiled.mapping.clustering.row_ptr), bias) > 0
    assert np.any(heard)
    assert np.any(peak[heard[network.layout.crossbar]] > 3.0 * network.layout.unit.max() / 2)


def test_a_chip_survives_its_file(compiled, tmp_path: Path) -> None:
    known = drawn_chip(compiled.hardware, 1, (0.1, 0.2), (0.05, 0.5))
    path = tmp_path / "chip.npz"
    save_chip(known, path)
    again = load_chip(path)
    for name in ("stuck", "gain", "offset"):
        np.testing.assert_array_equal(getattr(again, name), getattr(known, name))
    assert (again.chip, again.mesh) == (known.chip, known.mesh)
    first = path.read_bytes()
    save_chip(again, path)
    assert path.read_bytes() == first
    facts = again.facts()
    assert facts["stuck_on_share"] == pytest.approx(0.1, abs=0.02)
    assert facts["stuck_off_share"] == pytest.approx(0.2, abs=0.02)
    assert facts["gain_spread"] == pytest.approx(0.05, rel=0.2)


def arrays_of(compiled) -> dict[str, np.ndarray]:
    known = drawn_chip(compiled.hardware, 1, NONE, (0.0, 0.0))
    return {
        "format": np.array("snnmap-chip-1"),
        "chip": np.array("small"),
        "mesh": np.array(known.mesh),
        "stuck": known.stuck,
        "gain": known.gain,
        "offset": known.offset,
    }


def test_gains_and_offsets_may_be_missing(compiled, tmp_path: Path) -> None:
    arrays = arrays_of(compiled)
    del arrays["gain"], arrays["offset"]
    np.savez(tmp_path / "chip.npz", **arrays)
    assert np.all(load_chip(tmp_path / "chip.npz").gain == 1.0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": np.array("other")}, "not a chip file"),
        ({"stuck": None}, "lacks stuck"),
        ({"more": np.zeros(1)}, "holds more"),
        ({"mesh": np.array([1, 1])}, "arrays of"),
        ({"mesh": np.array([0, 4])}, "mesh two sides"),
        ({"stuck": 2}, "other values than"),
        ({"gain": np.nan}, "gain of tile 0, column 0"),
        ({"gain": 0.0}, "must be positive"),
        ({"offset": np.inf}, "offset of tile 0, column 0"),
        ({"gain": np.ones(3)}, "must be numbers"),
    ],
)
def test_a_file_that_makes_no_sense_is_refused(compiled, tmp_path: Path, change, said: str) -> None:
    arrays = arrays_of(compiled)
    for name, value in change.items():
        if value is None:
            del arrays[name]
        elif isinstance(value, int | float):
            arrays[name] = np.full_like(arrays[name], value)
        else:
            arrays[name] = value
    np.savez(tmp_path / "chip.npz", **arrays)
    with pytest.raises(InputError, match=said):
        load_chip(tmp_path / "chip.npz")


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "chip.npz").write_text("stuck")
    with pytest.raises(InputError, match="not a readable numpy file"):
        load_chip(tmp_path / "chip.npz")


def test_a_chip_of_another_kind_is_refused(compiled) -> None:
    known = drawn_chip(compiled.hardware, 1, NONE, (0.0, 0.0))
    with pytest.raises(InputError, match="draw or measure a chip of that mesh"):
        must_fit(known, replace(compiled.hardware, mesh_width=compiled.hardware.mesh_width + 1))
    with pytest.raises(InputError, match="of that kind"):
        must_fit(known, replace(compiled.hardware, weights=Weights("offset_column")))
    network = network_of(compiled, "stuck", Weights("offset_column"))
    with pytest.raises(InputError, match="of that kind"):
        network.chip(0, known)


@pytest.mark.parametrize(
    ("stuck", "spreads", "said"),
    [((0.7, 0.7), (0.0, 0.0), "add up"), (NONE, (0.5, 0.0), "gain spreads"), (NONE, (0.0, -1.0), "offset by")],
)
def test_what_cannot_be_drawn_is_refused(compiled, stuck, spreads, said: str) -> None:
    with pytest.raises(InputError, match=said):
        drawn_chip(compiled.hardware, 0, stuck, spreads)
    with pytest.raises(InputError, match="has no tiles yet"):
        drawn_chip(load_hardware("pcm-mesh"), 0, NONE, (0.0, 0.0))


def test_a_record_keeps_to_its_shapes() -> None:
    with pytest.raises(InputError, match="tiles, halves"):
        ChipMap("x", (1, 1), np.zeros((1, 2, 3)), np.ones((1, 3)), np.zeros((1, 3)))
