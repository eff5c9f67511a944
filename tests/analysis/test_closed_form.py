"""Crossbars and uses in closed form are those that the partitioner makes, layer by layer."""

from typing import Literal

import numpy as np
import pytest
from support.kernel_nets import kernel_network

from snnmap.analysis.arrangements import arranged, dense, packed, unrolled
from snnmap.analysis.forms import network_forms
from snnmap.core.run import stream
from snnmap.frontend.networks.assemble import Block, Draft, build_network
from snnmap.frontend.networks.linear import convolution, window
from snnmap.frontend.networks.linear import dense as full
from snnmap.hardware import Hardware, load_hardware
from snnmap.ir import Clustering, Network
from snnmap.ir.forms import LayerForm
from snnmap.query.trials import once
from snnmap.stages.partition.dense import Dense
from snnmap.stages.protocols import PartitionProblem, Run


def clustered(network: Network, chip: Hardware, mode: Literal["dense", "packed"]) -> Clustering:
    return Dense(mode)(PartitionProblem(once(network), chip), Run(stream(0, "partition")))


def alone(form: LayerForm) -> Network:
    """A network of that one layer, every weight another."""
    rng = np.random.default_rng(0)
    if form.shared:
        weight = rng.uniform(1, 2, (form.outputs, form.taken[0] // form.groups, *form.kernel)).astype(np.float32)
        over = window(form.kernel, form.stride, form.padding)
        matrix = convolution(weight, form.taken[1:], over, form.groups)
    else:
        matrix = full(rng.uniform(1, 2, (form.outputs, form.taken[0])).astype(np.float32))
    shape = (form.outputs, *form.grid) if form.shared else (form.outputs,)
    neuron = {key: np.ones(1) for key in ("r", "v_threshold", "v_reset")}
    drafts = [Draft("in", "input", "input", form.taken), Draft(form.name, "neuron", "IF", shape, neuron)]
    return build_network(drafts, [Block(0, 1, matrix)], [1])


def conv(side: int, taken: int, outputs: int, kernel: int) -> LayerForm:
    out = side - kernel + 1
    return LayerForm("c", "in", "conv", (taken, side, side), outputs, grid=(out, out), kernel=(kernel, kernel))


def flat(inputs: int, outputs: int) -> LayerForm:
    return LayerForm("f", "in", "dense", (inputs, 1, 1), outputs)


NETS = {
    "LeNet-5": ([conv(28, 1, 6, 5), conv(12, 6, 16, 5), flat(256, 120), flat(120, 84), flat(84, 10)], 10),
    "CSNN": ([conv(28, 1, 16, 5), conv(12, 16, 64, 5), flat(1024, 10)], 13),
}


@pytest.mark.parametrize("name", NETS)
def test_published_tiles_and_uses_are_those_of_the_partitioner(name: str) -> None:
    chip = load_hardware("pcm-pair-columns").with_value("memory_bits", 1e9)
    forms, tiles = NETS[name]
    crossbars = uses = 0
    for form in forms:
        network = alone(form)
        found = clustered(network, chip, "dense") if form.shared else None
        blocks = arranged(form, chip)[0].crossbars if found is None else found.clusters
        assert network_forms(network)[0] == form
        assert arranged(form, chip)[0].crossbars == blocks
        crossbars += blocks
        uses += 0 if found is None else int(np.diff(found.use_ptr).max())
    assert (crossbars, uses) == (tiles, 640)


@pytest.mark.parametrize("size", [(16, 12), (24, 7), (40, 40), (128, 64)])
@pytest.mark.parametrize("memory", [1e9, 2000.0, 5000.0])
def test_random_kernels_take_the_crossbars_and_uses_of_the_closed_form(size: tuple[int, int], memory: float) -> None:
    chip = load_hardware("pcm-mesh").resized(*size).with_value("memory_bits", memory)
    for seed in range(8):
        rng = np.random.default_rng(seed)
        groups = int(rng.integers(1, 4))
        taken, outputs = groups * int(rng.integers(1, 4)), groups * int(rng.integers(1, 4))
        kernel, stride = tuple(rng.integers(1, 4, 2).tolist()), tuple(rng.integers(1, 4, 2).tolist())
        grid = tuple(rng.integers(2, 6, 2).tolist())
        high, wide = ((n - 1) * s + k for n, s, k in zip(grid, stride, kernel, strict=True))
        form = LayerForm("c", "in", "conv", (taken, high, wide), outputs, grid=grid, kernel=kernel, stride=stride,
                         groups=groups)  # fmt: skip
        network = alone(form)
        for mode, closed in (("dense", dense(form, chip)), ("packed", packed(form, chip))):
            if not closed.copies:
                continue
            found = clustered(network, chip, mode)  # type: ignore[arg-type]
            assert found.clusters == closed.crossbars
            assert int(np.diff(found.use_ptr).max()) == closed.uses


def test_a_whole_network_with_constants_takes_what_its_layers_take() -> None:
    network = kernel_network(2)
    chip = load_hardware("pcm-mesh").resized(16, 12).with_value("memory_bits", 1e9)
    first, second, last = network_forms(network)
    assert [form.biases for form in (first, second, last)] == [1, 1, 0]
    found = clustered(network, chip, "dense")
    home = network.population_of()[found.column_neuron[found.column_ptr[:-1]]]
    names = [network.populations[k].name for k in home.tolist()]
    for form in (first, second):
        assert names.count(form.name) == dense(form, chip).crossbars
    assert names.count(last.name) <= unrolled(last, chip).crossbars
