"""What is written as NIR is read back the same, by snnmap and by nir; what NIR cannot hold is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support import small_workload
from support.nir_trees import affine, ends, graph, lif, linear, read

import snnmap
from snnmap.core.errors import InputError
from snnmap.ir import Network

RNG = np.random.default_rng(4)


def net():
    """Two layers, a bias, and a recurrent connection."""
    tree = graph(
        ["i w", "w a", "a x", "x b", "a r", "r a", "b o"],
        **ends([5], [3]),
        w=affine(RNG.normal(size=(4, 5)), RNG.normal(size=4)),
        a=lif(4),
        r=linear(RNG.normal(size=(4, 4))),
        x=linear(RNG.normal(size=(3, 4))),
        b=lif(3),
    )
    return read(tree)


def matrices(network: Network) -> dict:
    made = {}
    pre = np.repeat(np.arange(network.sources), np.diff(network.indptr))
    for p in network.populations:
        for q in network.populations:
            own = (pre >= p.first) & (pre < p.stop) & (network.post >= q.first) & (network.post < q.stop)
            matrix = np.zeros((p.size, q.size))
            matrix[pre[own] - p.first, network.post[own] - q.first] = network.weight[own]
            made[p.name, q.name] = matrix.sum(axis=0) if p.kind == "bias" else matrix
    return made


@pytest.mark.parametrize("levels", [0, 15, 2])
def test_a_network_comes_back_the_same(levels: int, tmp_path: Path) -> None:
    made = net()
    if levels:
        made = replace(made, network=snnmap.quantise(made.network, "max", levels).network)
    snnmap.save_network(made, tmp_path / "n.nir")
    again = snnmap.load_network(tmp_path / "n.nir", strict=True)
    before, after = matrices(made.network), matrices(again.network)
    assert before.keys() == after.keys()
    for key, matrix in before.items():
        assert np.allclose(matrix, after[key], rtol=0, atol=1e-6)
        assert key[0] == "bias" or np.array_equal(matrix, after[key])
    assert [(p.levels, p.step) for p in again.network.populations] == [
        (p.levels, p.step) for p in made.network.populations
    ]
    nir = pytest.importorskip("nir")
    nodes = nir.read(tmp_path / "n.nir").nodes
    assert isinstance(nodes["a"], nir.LIF)
    if levels:
        told = nodes["a to b"].metadata
        assert np.allclose(told["scale"] * told["weight_int"], nodes["a to b"].weight)


@pytest.mark.parametrize(
    ("network", "said"),
    [
        (small_workload.network(), "synapses from .* would be others"),
        (snnmap.load_network("mnist-mlp"), "NIR has no LavaCuba as in 'dense0'"),
    ],
)
def test_what_nir_cannot_hold_is_refused(network, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=rf"{said}.*NIR cannot hold it: write \.npz"):
        snnmap.save_network(network, tmp_path / "n.nir")
    assert not (tmp_path / "n.nir").exists()


def test_a_stepping_that_is_not_found_again_is_refused(tmp_path: Path) -> None:
    made = replace(net(), hints={"decay": "exponential"})
    with pytest.raises(InputError, match="its reader would not find that decay = exponential"):
        snnmap.save_network(made, tmp_path / "n.nir")
