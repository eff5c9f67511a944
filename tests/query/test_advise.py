"""Advice: sums, the recommended mix and sizes, noise, and what is refused."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from support.kernel_nets import kernel_network, network_of

import snnmap
from snnmap.core.errors import InputError
from snnmap.frontend.networks.parsed import Imported
from snnmap.hardware import load_hardware

CNN = Imported("cnn", "here", kernel_network(), "")


def advised(source: Any, **options: Any) -> dict[str, Any]:
    return snnmap.advise(source, snnmap.AdviseOptions(**options))


def test_vgg16_is_read_off_its_recipe() -> None:
    found = advised("vgg16", sweep="crossbar=64,128,256")
    assert (found["source"], found["synapses"], found["step_s"]) == ("recipe", 98_882_000, 1e-3)
    assert [size["crossbar"] for size in found["sizes"]] == ["64x64", "128x128", "256x256"]
    first = found["sizes"][1]["layers"][1]
    assert (first["name"], first["rows"], first["columns"], first["positions"]) == ("conv1_2", 108, 12, 9216)
    dense, packed, unrolled = first["choices"]
    assert (dense["blocks"], dense["vectors"]) == (1, 9216)
    assert packed["positions_per_use"] == [1, 1]
    assert unrolled["crossbars"] >= unrolled["crossbars_at_least"] > 100 * dense["blocks"]


def test_pooling_outside_crossbars_takes_none() -> None:
    inside, outside = (advised("lenet", pooling=way)["sizes"][0] for way in ("array", "digital"))
    assert [layer["name"] for layer in inside["layers"] if layer["kind"] == "pool"] == ["pool1", "pool2"]
    assert [layer["name"] for layer in outside["layers"]] == ["conv1", "conv2", "fc1", "fc2", "fc3"]
    gone = sum(layer["choices"][0]["crossbars"] for layer in inside["layers"] if layer["kind"] == "pool")
    assert inside["totals"]["dense"]["crossbars"] - outside["totals"]["dense"]["crossbars"] == gone > 0


def test_sums_are_those_of_the_layers() -> None:
    (size,) = advised(CNN)["sizes"]
    for way in ("dense", "packed", "unrolled"):
        chosen = [next((c for c in x["choices"] if c["way"] == way), x["choices"][-1]) for x in size["layers"]]
        total = size["totals"][way]
        assert total["crossbars"] == sum(c["crossbars"] for c in chosen)
        assert total["energy_J"] == pytest.approx(sum(c["energy_J"] for c in chosen))
        assert total["period_s"] == max(c["period_s"] for c in chosen)
        assert total["reads"] == max(c["reads"] for c in chosen)
    picked = [next(c for c in x["choices"] if c["way"] == x["recommended"]) for x in size["layers"]]
    assert size["mix"]["crossbars"] == sum(c["crossbars"] for c in picked)


def test_the_mix_is_the_least_area_within_a_step() -> None:
    free = advised("nmnist-cnn", step=1.0)["sizes"][0]
    for layer in free["layers"]:
        chosen = next(c for c in layer["choices"] if c["way"] == layer["recommended"])
        assert chosen["area_m2"] == min(c["area_m2"] for c in layer["choices"])
    tight = advised("nmnist-cnn", step=2e-5)["sizes"][0]
    ways = {layer["name"]: (layer["recommended"], layer["why"]) for layer in tight["layers"]}
    assert ways["1"][0] == "unrolled"
    assert "dense and packed would take longer" in ways["1"][1]
    assert tight["mix"]["in_time"]
    never = advised("nmnist-cnn", step=1e-9)["sizes"][0]
    assert not never["mix"]["in_time"]
    assert never["layers"][0]["recommended"] == "unrolled"
    assert "no way is done within a step" in never["layers"][0]["why"]


def test_the_size_of_least_area_is_recommended() -> None:
    found = advised("nmnist-cnn", sweep=[32, 64, 256], step=1.0)
    least = min(found["sizes"], key=lambda size: size["mix"]["area_m2"])
    assert found["recommended"]["crossbar"] == least["crossbar"]
    quick = advised("mnist-bss2", sweep=[128, 1024])  # larger arrays pack all positions into one use
    assert quick["sizes"][0]["mix"]["period_s"] > quick["sizes"][1]["mix"]["period_s"]
    assert quick["recommended"]["crossbar"] == "128x128"
    assert advised("nmnist-cnn")["recommended"]["why"] == "the only size that was asked for"


def test_encodings_leave_fewer_columns() -> None:
    (size,) = advised("lenet", hardware="pcm-pair-columns")["sizes"]
    assert (size["rows"], size["columns"]) == (128, 64)
    (size,) = advised("lenet", hardware="pcm-pair-rows")["sizes"]
    assert (size["rows"], size["columns"]) == (64, 128)


def test_compiled_figures_stand_beside_the_closed_form() -> None:
    found = snnmap.advise("mnist-bss2", snnmap.AdviseOptions(compiled=True), load=snnmap.LoadOptions(samples=3))
    (size,) = found["sizes"]
    assert [(each["way"], each["basis"]) for each in size["compiled"]] == [
        (way, "compiled") for way in ("dense", "packed", "unrolled")
    ]
    dense, packed, unrolled = size["compiled"]
    assert size["totals"]["dense"]["crossbars"] == dense["crossbars"] == packed["crossbars"] == 6
    assert dense["uses"] == size["totals"]["dense"]["vectors"] == 25
    made = snnmap.compile("mnist-bss2", load=snnmap.LoadOptions(samples=3))
    assert unrolled["crossbars"] == made.report["crossbars"] <= size["totals"]["unrolled"]["crossbars"]
    assert unrolled["period_s"] == made.report["period_s"]


def test_noise_says_both_orders_with_intervals() -> None:
    load = snnmap.LoadOptions(samples=60)
    options = snnmap.AdviseOptions(noise=(0.0, 0.25), devices=3, sweep=[512])
    (size,) = snnmap.advise("mnist-bss2", options, load=load)["sizes"]
    ideal, with_off, without, off = size["noise"][0], size["noise"][1], size["noise"][2], size["noise"][3]
    assert [(r["spread"], r["off_cells"]) for r in size["noise"]] == [
        (0, False),
        (0, True),
        (0.25, False),
        (0.25, True),
    ]
    for record in (ideal, with_off):
        assert record["dense"]["mean"] == record["unrolled"]["mean"] == record["ideal"]
    assert without["dense"]["mean"] == pytest.approx(off["dense"]["mean"])  # its kernel matrix leaves no cell unused
    assert off["unrolled"]["mean"] < without["unrolled"]["mean"] - 0.1
    assert off["dense_less_unrolled"] == pytest.approx(off["dense"]["mean"] - off["unrolled"]["mean"])
    low, high = off["difference_interval"]
    assert 0 < low < off["dense_less_unrolled"] < high
    again = snnmap.advise("mnist-bss2", options, load=load)
    assert again["sizes"][0]["noise"] == size["noise"]


def test_what_is_no_network_with_layers_is_refused() -> None:
    silent = dataclasses.replace(CNN, network=network_of([{}], [(3,), (2,)]))
    with pytest.raises(InputError, match="cnn has no layer whose weights crossbars could hold"):
        advised(silent)
    dense = dataclasses.replace(CNN, network=network_of([{(i, 0): 1 for i in range(3)}], [(3,), (1,)]))
    images = np.ones((2, 3), np.float32)
    load = snnmap.LoadOptions(data=images, labels=np.zeros(2, np.int64), steps=2)
    with pytest.raises(InputError, match="no layer is a convolution: there is nothing to hold once"):
        snnmap.advise(dense, snnmap.AdviseOptions(noise=(0.1,)), load=load)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"activity": 0.0}, "activity is the share of rows that is on"),
        ({"activity": float("nan")}, "activity is the share of rows that is on"),
        ({"step": -1.0}, "the step must be a positive time"),
        ({"noise": (0.1, -0.1)}, "noise is a share of g_max"),
        ({"devices": 0}, "devices must be at least 1"),
        ({"pooling": "sum"}, "pooling is array or digital"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        snnmap.AdviseOptions(**options)


def test_an_unlimited_crossbar_has_no_size() -> None:
    chip = load_hardware("pcm-mesh:rows=unlimited")
    assert chip.rows_adapt
    with pytest.raises(InputError, match="no size to advise on: give --sweep"):
        advised("lenet", hardware="pcm-mesh:rows=unlimited")
