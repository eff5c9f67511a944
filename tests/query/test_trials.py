"""`check` with a sweep and with both poolings: real partitions, and what does not fit is said."""

from pathlib import Path

import numpy as np
import pytest
from support import small_workload

import snnmap
from snnmap.core.errors import InputError
from snnmap.query.trials import once, sides


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("trials") / "net.toml"
    path.write_text(small_workload.recipe())
    return str(path)


def test_sides() -> None:
    assert sides("crossbar=32, 64,128") == (32, 64, 128)
    assert sides((8, 4)) == (8, 4)
    assert sides(()) == ()


@pytest.mark.parametrize(
    "text", ["rows=32", "crossbar", "crossbar=", "crossbar=32,", "crossbar=-8", "crossbar=8.0", ""]
)
def test_a_sweep_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="crossbar=32,64,128,256"):
        sides(text)


@pytest.mark.parametrize(
    ("sweep", "why"),
    [
        ("crossbar=0", "must be 2 to 4096, not 0"),
        ("crossbar=8,8", "size twice"),
        ((5000,), "must be 2 to 4096, not 5000"),
    ],
)
def test_sizes_that_there_are_not(recipe: str, sweep: object, why: str) -> None:
    with pytest.raises(InputError, match=why):
        snnmap.check(recipe, sweep=sweep)


def test_every_size_is_partitioned(recipe: str, chip: Path) -> None:
    """270 + 36 synapses of 12 + 3 neurons; one crossbar takes them all at 32, and messages are then the inputs."""
    found = snnmap.check(recipe, hardware=str(chip), sweep="crossbar=4,8,32")["trials"]
    assert [t["crossbar"] for t in found] == ["4x4", "8x8", "32x32"]
    assert all(t["crossbars"] >= t["crossbars_at_least"] and t["fits"] for t in found)
    assert all(t["messages"] >= t["messages_at_least"] > 0 for t in found)
    assert found[0]["crossbars"] > found[1]["crossbars"] > found[2]["crossbars"] == 1
    assert found[0]["messages"] > found[1]["messages"] > found[2]["messages"] == 20
    assert found[2]["cell_utilisation"] == pytest.approx((20 * 12 + 30 + 12 * 3) / 32**2)
    assert found[2]["gap_share"] == 0


def test_a_profile_counts_its_own_messages(compiled, tmp_path: Path) -> None:
    path = tmp_path / "net.profile.npz"
    snnmap.save_profile(compiled.graph, path)
    (found,) = snnmap.check(str(path), sweep=(128,))["trials"]
    network = compiled.graph.network
    inputs = np.arange(network.externals)[~network.is_bias()[: network.externals]]
    heard = np.diff(network.indptr)[inputs] > 0
    assert found["messages"] == compiled.graph.spikes[inputs][heard].sum()
    with pytest.raises(InputError, match="saved profile"):
        snnmap.check(str(path), pooling="both")


def test_without_data_every_source_spikes_once(compiled) -> None:
    graph = once(compiled.graph.network)
    assert graph.spikes.tolist() == graph.active_steps.tolist() == [1] * graph.network.sources
    assert graph.window == 1


def test_what_does_not_fit_says_need_have_and_remedy(recipe: str, tmp_path: Path) -> None:
    tiny = tmp_path / "tiny.toml"
    tiny.write_text(small_workload.CHIP + "merge = false\n")
    small, large = snnmap.check(recipe, hardware=str(tiny), sweep=(8, 64))["trials"]
    assert not small["fits"]
    assert small["crossbars"] is small["messages"] is None
    assert "crossbar rows: need 24, have 8" in small["why"]
    assert large["fits"]
    few = tmp_path / "few.toml"
    few.write_text(small_workload.CHIP + "[mesh]\nwidth = 1\nheight = 1\n")
    (crowded,) = snnmap.check(recipe, hardware=str(few), sweep=(8,))["trials"]
    assert "tiles: need" in crowded["why"]


def test_pooling_folded_and_relayed_stand_side_by_side() -> None:
    found = snnmap.check("nmnist-cnn", pooling="both", sweep=(256,))
    fold, relay = found["trials"]
    assert (fold["pooling"], relay["pooling"]) == ("fold", "relay")
    assert fold["neurons"] < relay["neurons"]
    assert fold["synapses"] > relay["synapses"]
    assert found["neurons"] == fold["neurons"]
    assert snnmap.check("nmnist-cnn")["trials"] == []
