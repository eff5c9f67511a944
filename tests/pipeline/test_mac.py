"""`mac_accuracy`: what a chip without noise says is what the network says; figures follow from blocks and constants."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support import integer_nets

import snnmap
from snnmap.core.errors import InputError
from snnmap.hardware.targets.brainscales2 import load_target

QUIET = snnmap.MacOptions(devices=1, noise=0, gain_spread=0, offset_spread=0, synapse_spread=0)


@pytest.fixture(scope="module")
def net(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("mac") / "net.npz"
    snnmap.save_network(integer_nets.network(), path)
    return path


def ran(net: Path, options: snnmap.MacOptions, labels: object = None, **given: object) -> snnmap.MacAccuracy:
    inputs = {"data": integer_nets.images()} | ({} if labels is None else {"labels": labels})
    return snnmap.mac_accuracy(net, options=options, load=snnmap.LoadOptions(**given), **inputs)


def classes(net: Path) -> np.ndarray:
    """What the profiler says the network says: one block per layer, so that a silent chip agrees."""
    images = integer_nets.images()
    graph = snnmap.profile(net, snnmap.LoadOptions(steps=1, encode="uint5"), data=images)
    sent = np.zeros((len(images), graph.network.sources))
    sent[graph.events.frame_of_event(), graph.events.source] = graph.events.value
    return sent[:, -3:].argmax(axis=1)


def test_a_silent_chip_says_what_the_network_says(net: Path) -> None:
    labels = classes(net)
    found = ran(net, QUIET, labels)
    assert len(set(labels.tolist())) == 3
    assert (found.measured, found.accuracy.mean, found.accuracy.ideal) == ("accuracy", 1.0, 1.0)
    assert ran(net, QUIET, (labels + 1) % 3).accuracy.mean == 0.0


def test_packing_beside_the_rule(net: Path) -> None:
    found = ran(net, QUIET)
    own = found.document()["packed"]
    assert (own["executions"], own["executions_hxtorch"], own["executions_least"]) == (1, 2, 1)
    assert own["time_s"] == pytest.approx(found.time)  # one block a layer: nothing waits
    assert [(block["layer"], block["column"]) for block in own["blocks"]] == [("conv", 0), ("out", 6)]


def test_without_labels_right_is_what_a_silent_chip_says(net: Path) -> None:
    found = ran(net, snnmap.MacOptions(devices=3))
    assert found.measured == "agreement"
    assert found.accuracy.ideal == 1.0
    assert 0.3 < found.accuracy.mean < 1.0


def test_seeds_draw_and_noise_costs(net: Path) -> None:
    labels, usual = classes(net), snnmap.MacOptions(devices=2, seed=5)
    one, again = ran(net, usual, labels), ran(net, usual, labels)
    assert one.document() == again.document()
    assert ran(net, replace(usual, seed=6), labels).each[0] == one.each[1]
    assert ran(net, replace(usual, noise=60.0), labels).accuracy.mean < one.accuracy.mean


def test_blocks_time_and_energy_follow_from_the_constants(net: Path) -> None:
    found, target = ran(net, QUIET), load_target("brainscales2")
    assert [(each.inputs, each.outputs, each.uses, each.sends) for each in found.layers] == [
        (16, 6, 9, 6),
        (54, 3, 1, 6),
    ]
    assert [(len(each.blocks), each.executions) for each in found.layers] == [(1, 1), (1, 1)]
    expected = 9 * (6 * 2 * 16 * 8e-9 + 3e-6) + (6 * 2 * 54 * 8e-9 + 3e-6)
    assert found.time == pytest.approx(expected, rel=1e-12)
    assert found.energy == pytest.approx(expected * target["power"], rel=1e-12)
    assert {key for key, _ in found.assumed} == {"event_time", "conversion_time"}
    assert {key for key, _ in ran(net, snnmap.MacOptions(devices=1)).assumed} > {"gain_spread", "synapse_spread"}


def test_sends_are_those_asked_for_and_more_of_them_saturate(net: Path) -> None:
    one, each = (ran(net, replace(QUIET, num_sends=sends)) for sends in ((40,), (6, 40)))
    assert [layer.sends for layer in one.layers] == [40, 40]
    assert [layer.sends for layer in each.layers] == [6, 40]
    assert one.layers[0].saturated > ran(net, QUIET).layers[0].saturated
    with pytest.raises(InputError, match="3 num_sends for 2 layers; give one for all, or one each"):
        ran(net, replace(QUIET, num_sends=(1, 2, 3)))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"devices": 0}, "devices must be at least 1"),
        ({"noise": -1.0}, "noise must not be negative, but is -1"),
        ({"synapse_spread": float("nan")}, "synapse_spread must not be negative"),
        ({"num_sends": (0,)}, "num_sends are whole numbers from 1, not 0"),
    ],
)
def test_options_out_of_range_are_refused(given: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        snnmap.MacOptions(**given)  # type: ignore[arg-type]


def test_what_does_not_fit_is_refused_in_words(net: Path) -> None:
    with pytest.raises(InputError, match="inputs are integers from 0 to 31"):
        ran(net, QUIET, encode="current")
    with pytest.raises(InputError, match=r"is no integer unit; what is run here is one input population"):
        snnmap.mac_accuracy("mnist-mlp")
    with pytest.raises(InputError, match="'pcm-mesh' is a chip, not a machine without crossbars"):
        snnmap.mac_accuracy(net, "pcm-mesh")
