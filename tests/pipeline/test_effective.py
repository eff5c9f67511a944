"""Weights that a mapped network has on a chip, as matrices."""

from pathlib import Path

import numpy as np
import pytest

import snnmap
from snnmap.core.errors import InputError


@pytest.fixture(scope="module")
def mapped(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, snnmap.SpikeGraph]:
    compiled = snnmap.compile("mnist-mlp", snnmap.CompileOptions(settings=(("place", "sequential"),)))
    path = tmp_path_factory.mktemp("mapped") / "mapping.json"
    snnmap.save(compiled.mapping, path)
    return path, compiled.graph


def test_ideal_cells_give_the_network_back(mapped) -> None:
    path, graph = mapped
    network = graph.network
    found = snnmap.effective_weights(path, effects="levels")
    assert list(found) == [("input", "dense0"), ("dense0", "dense1"), ("dense1", "dense2")]
    for (pre, post), matrix in found.items():
        a, b = (next(p for p in network.populations if p.name == name) for name in (pre, post))
        dense = np.zeros((a.size, b.size))
        for i in range(a.size):
            own = slice(int(network.indptr[a.first + i]), int(network.indptr[a.first + i + 1]))
            at = network.post[own] - b.first
            dense[i, at[(at >= 0) & (at < b.size)]] = network.weight[own][(at >= 0) & (at < b.size)]
        np.testing.assert_array_equal(matrix.toarray(), dense)


def test_a_chip_changes_weights_and_is_read_from_its_file(mapped, tmp_path: Path) -> None:
    path, _ = mapped
    chip = snnmap.draw_chip(str(path), 2, gain_spread=0.05)
    snnmap.save_chip(chip, tmp_path / "chip.npz")
    ideal = snnmap.effective_weights(path, effects="levels")["dense1", "dense2"].toarray()
    known, again = (
        snnmap.effective_weights(path, given, effects="levels")["dense1", "dense2"].toarray()
        for given in (chip, tmp_path / "chip.npz")
    )
    np.testing.assert_array_equal(known, again)
    np.testing.assert_allclose(known[ideal != 0] / ideal[ideal != 0], 1.0, atol=0.25)
    assert np.std((known / np.where(ideal == 0, 1.0, ideal))[ideal != 0]) == pytest.approx(0.05, rel=0.7)


def test_noise_is_no_weight(mapped) -> None:
    with pytest.raises(InputError, match="no weight stands for adc, read"):
        snnmap.effective_weights(mapped[0], effects="read,adc,drift")
