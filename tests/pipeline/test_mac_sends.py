"""`mac_sends`: saturation and flat regions of a network small enough to do by hand, chance, scaling of inputs."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support import integer_nets

import snnmap
from snnmap.core.errors import InputError
from snnmap.frontend.networks.assemble import Block, Draft, build_network
from snnmap.frontend.networks.linear import dense
from snnmap.pipeline.mac import scaled
from snnmap.pipeline.mac_sends import LayerSends, MacSends, Tried, _chosen, worse
from snnmap.render.mac import mac_sheet

QUIET = snnmap.MacOptions(devices=1, noise=0, gain_spread=0, offset_spread=0, synapse_spread=0)
SENDS = (1, 2, 3, 4, 6, 8, 12)


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """4 inputs, 2 outputs of weights 62 and 63: inputs of 31 give 15.4 and 15.6 steps a send, and at most 127."""
    path = tmp_path_factory.mktemp("sends") / "net.npz"
    own = {"gain": 0.008, "shift": 0.0, "least": -128.0, "most": 127.0}
    drafts = [
        Draft("input", "input", "input", (4,)),
        Draft("out", "neuron", "MacLinear", (2,), {key: np.full(1, value) for key, value in own.items()}, 127),
    ]
    matrix = np.array([[62] * 4, [63] * 4], np.float32)
    snnmap.save_network(build_network(drafts, [Block(0, 1, dense(matrix))], [1]), path)
    return path


def advice(net: Path, frames: int = 20) -> MacSends:
    data, labels = np.full((frames, 4), 31.0), np.ones(frames, np.int64)
    load = snnmap.LoadOptions(encode="current")
    return snnmap.mac_sends(net, options=QUIET, load=load, candidates=SENDS, data=data, labels=labels)


def test_saturation_and_the_flat_region_are_those_done_by_hand(net: Path) -> None:
    (layer,) = advice(net).layers
    sums = 4 * 31 * np.array([62, 63])
    for tried, sends in zip(layer.tried, SENDS, strict=True):
        first, second = (min(127, int(value * sends * 2) // 1000) for value in sums)
        assert tried.sends == sends
        assert tried.mean == float(second > first), sends
        assert tried.saturated == ((first == 127) + (second == 127)) / 2
        assert tried.clamps == (sends == 12)
    assert [t.sends for t in layer.tried if t.flat] == [2, 4, 6, 8]
    assert (layer.asked, layer.best.sends, layer.chosen) == (4, 2, 2)


def test_what_is_advised_is_run_and_said(net: Path) -> None:
    found = advice(net)
    assert (found.before, found.after, found.measured, found.scaling) == (1.0, 1.0, "accuracy", "fixed")
    assert (found.advised, found.worse) == ((2,), False)
    assert replace(found, worse=True).advised == (4,)
    document = found.document()
    assert document["layers"][0]["tried"][-1] == {
        "num_sends": 12,
        "mean": 0.0,
        "saturated": 1.0,
        "flat": False,
        "flagged": True,
    }
    assert [document["layers"][0][key] for key in ("asked", "best", "chosen")] == [4, 2, 2]


def test_numbers_that_saturate_are_not_advised_while_others_are_flat() -> None:
    few, many, wrong = Tried(8, 0.9, 0.0, flat=True), Tried(4, 0.9, 0.02, flat=True), Tried(2, 0.5, 0.0, flat=False)
    assert _chosen((wrong, many, few)) == 8
    assert _chosen((many, Tried(6, 0.9, 0.015, flat=True))) == 6
    assert LayerSends("a", 8, (wrong, many, few), 8).best.sends == 4


def test_chance_is_1_96_standard_errors_of_the_difference() -> None:
    best = np.ones(100)
    lost = [np.concatenate([np.zeros(n), np.ones(100 - n)]) for n in (0, 3, 4, 10)]
    assert [worse(best, each) for each in lost] == [False, False, True, True]
    mixed = np.tile([0.0, 1.0], 50)
    assert not worse(mixed, 1 - mixed)
    assert worse(np.ones(1), np.zeros(1))


def test_layers_are_varied_in_turn_on_the_chips_of_mac_accuracy(tmp_path: Path) -> None:
    snnmap.save_network(integer_nets.network(), tmp_path / "net.npz")
    data, labels = integer_nets.images(), np.arange(40) % 3
    options = snnmap.MacOptions(devices=2, seed=3)
    given = {"data": data, "labels": labels}
    found = snnmap.mac_sends(tmp_path / "net.npz", options=options, candidates=(2, 32), **given)
    assert [[t.sends for t in layer.tried] for layer in found.layers] == [[2, 6, 32]] * 2
    first = found.layers[0].chosen
    assert first != found.layers[0].asked  # else nothing shows that the second layer hears of it
    for k, layer in enumerate(found.layers):
        for tried in layer.tried:
            sends = (tried.sends, 6) if k == 0 else (first, tried.sends)
            once = snnmap.mac_accuracy(tmp_path / "net.npz", options=replace(options, num_sends=sends), **given)
            assert tried.mean == pytest.approx(once.accuracy.mean, abs=1e-12)
            assert tried.saturated == once.layers[k].saturated
    together = replace(options, num_sends=tuple(layer.chosen for layer in found.layers))
    assert found.after == pytest.approx(
        snnmap.mac_accuracy(tmp_path / "net.npz", options=together, **given).accuracy.mean
    )
    assert found.layers[0].tried[2].clamps


def test_inputs_of_a_sample_are_scaled_to_the_largest_and_zeros_stay() -> None:
    given = np.array([[0.0, 5.0, 10.0], [0.0, 0.0, 0.0], [31.0, 15.0, 1.0]])
    assert scaled(given, 31).tolist() == [[0, 16, 31], [0, 0, 0], [31, 15, 1]]


def test_scaling_reaches_the_chip(net: Path) -> None:
    load = snnmap.LoadOptions(encode="current")
    dim, ones = np.full((3, 4), 1.0), np.ones(3, np.int64)
    fixed, sample = (
        snnmap.mac_accuracy(net, options=replace(QUIET, num_sends=(5,), scaling=kind), load=load, data=dim, labels=ones)
        for kind in ("fixed", "sample")
    )
    assert (fixed.accuracy.mean, sample.accuracy.mean) == (0.0, 1.0)
    assert sample.document()["scaling"] == "sample"
    assert [found.largest_input for found in (fixed, sample)] == [1, 31]
    weak, strong = (mac_sheet(found.document()).lines for found in (fixed, sample))
    assert any(line.startswith("inputs reach 1 of 31") and "--scaling sample" in line for line in weak)
    assert not any(line.startswith("inputs reach") for line in strong)


def test_bad_options_are_refused_in_words(net: Path) -> None:
    with pytest.raises(InputError, match="candidates are whole numbers from 1, not 0"):
        snnmap.mac_sends(net, options=QUIET, candidates=(0,), data=np.ones((2, 4)))
    with pytest.raises(InputError, match="scaling must be fixed or sample, not 'own'"):
        snnmap.MacOptions(scaling="own")  # type: ignore[arg-type]
