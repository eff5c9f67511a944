"""`manycore` on 784-1000-10: bytes of tiles by a formula of its own, types of numbers, tape, population codes."""

from math import ceil
from pathlib import Path

import numpy as np
import pytest
from support import small_workload

import snnmap
from snnmap.core.errors import InfeasibleError, InputError

BARE = snnmap.ManycoreOptions(profile=False)
CODE = 32_768


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("manycore") / "net.toml"
    path.write_text(small_workload.recipe())
    return path


def document(**options: object) -> dict:
    return snnmap.manycore("mnist-tutorial", options=snnmap.ManycoreOptions(profile=False, **options)).document()


@pytest.mark.parametrize(("dtype", "size"), [("float32", 4), ("float16", 2)])
def test_bytes_per_tile_equal_a_formula(dtype: str, size: int) -> None:
    found = document(dtype=dtype)
    each = {key: np.array(values) for key, values in found["bytes_per_tile"].items()}
    # a hidden neuron has 784 weights and a bias, an output 1000 and a bias; a Leaky keeps v and sends a spike; a tile
    # keeps a copy of what its layer hears. So many neurons fit a tile as keep the fullest below one output's bytes, or
    # two hidden neurons' where those are fewer
    output, hidden = size * (1001 + 2 + 1000), size * (785 + 2)
    a_tile = max(1, (output - 784 * size) // hidden)
    tiles = ceil(1000 / a_tile)
    assert a_tile == 1
    assert found["tiles"] == tiles + 10 == len(each["weights"])
    assert each["weights"].tolist() == [size * 785] * tiles + [size * 1001] * 10
    assert each["state"].tolist() == [size * 2] * (tiles + 10)
    assert each["buffers"].tolist() == [size * 784] * tiles + [size * 1000] * 10
    assert sum(each.values()).tolist() == [hidden + size * 784 + CODE] * tiles + [output + CODE] * 10


def test_float16_halves_weights_and_state_exactly() -> None:
    single, half = document(training=True), document(training=True, dtype="float16")
    for name in ("weights", "state", "buffers", "gradients", "optimiser", "tape"):
        assert single["bytes"][name] == 2 * half["bytes"][name] > 0
    assert single["bytes"]["code"] == half["bytes"]["code"]
    assert half["bytes"]["weights"] == 2 * (1000 * 785 + 10 * 1001)


def test_the_tape_grows_linearly_in_the_steps() -> None:
    tape = {steps: document(training=True, steps=steps)["bytes"]["tape"] for steps in (1, 25, 50, 1000)}
    assert tape == {steps: 4 * steps * 2 * 1010 for steps in tape}
    assert document(training=True)["steps"] == 25  # as the network says
    assert document(steps=1000)["bytes"]["tape"] == 0


def test_a_population_code_divides_the_steps() -> None:
    found = document(population=50)
    plain = found["plain"]
    assert (plain["steps"], found["steps"]) == (25, 1)
    assert [layer["neurons"] for layer in found["layers"]] == [1000, 500]
    assert found["bytes"]["weights"] == 4 * (1000 * 785 + 500 * 1001)
    assert plain["bytes"] == document()["bytes"]
    assert plain["sample_s"] == 25 * plain["step"]["dense"]["total_s"]
    assert found["sample_s"] == found["step"]["dense"]["total_s"]
    assert found["step"]["active"] is None
    assert document(population=1)["bytes"] == plain["bytes"]


def test_a_step_equals_a_formula() -> None:
    step = document()["step"]["dense"]
    clock = 1.33e9
    cycles = [6 * (0.5 * ceil(785 / 6) + 10), 6 * (0.5 * ceil(1001 / 6) + 10)]
    assert step["compute_s"] == pytest.approx(sum(cycles) / clock)
    assert step["barrier_s"] == pytest.approx(2 * 126 / clock)
    assert step["exchange_s"] == pytest.approx((784 + 1000) / clock)  # 4 bytes each, 4 bytes a cycle
    assert step["moved_bytes"] == 4 * (1000 * 784 + 10 * 1000)
    assert step["steps_per_s"] == pytest.approx(1 / (step["compute_s"] + step["barrier_s"] + step["exchange_s"]))
    trained = document(training=True)["step"]["dense"]
    assert trained["compute_s"] == pytest.approx(3 * step["compute_s"])
    assert trained["exchange_s"] == pytest.approx(2 * step["exchange_s"])


def test_activity_comes_from_the_profile(recipe: Path, tmp_path: Path) -> None:
    graph = snnmap.profile(recipe)
    found = snnmap.manycore(recipe).document()
    rate = graph.active_steps / graph.window
    events = sum(
        rate[s] * (graph.network.indptr[s + 1] - graph.network.indptr[s])
        for s in range(graph.network.sources)
        if not graph.network.is_bias()[s]
    )
    assert events > 0
    assert found["steps"] == graph.steps
    active = found["step"]["active"]
    cycles = active["utilisation"] * active["total_s"] * 1.33e9 * 1472
    assert cycles == pytest.approx(4 * events + 10 * graph.network.neurons)
    snnmap.save_profile(graph, tmp_path / "net.profile.npz")
    saved = snnmap.manycore(tmp_path / "net.profile.npz", options=BARE).document()
    assert saved["step"] == found["step"] == snnmap.manycore(graph).document()["step"]


def test_what_cannot_be_is_refused(recipe: Path) -> None:
    for key in ("steps", "population", "chips"):
        with pytest.raises(InputError, match=f"{key} must be at least 1, not 0"):
            snnmap.ManycoreOptions(**{key: 0})
    with pytest.raises(InputError, match="dtype 'int8' is none of float32, float16"):
        snnmap.ManycoreOptions(dtype="int8")
    with pytest.raises(InputError, match="does not say how many steps"):
        snnmap.manycore(recipe, options=BARE)
    with pytest.raises(InfeasibleError, match=r"bytes of a tile for one neuron: need .*, have 612,000\."):
        document(training=True, steps=1_000_000)


def test_where_only_the_code_fits_the_plain_network_is_none() -> None:
    found = document(training=True, steps=1_000_000, population=3)
    assert found["plain"] is None
    assert found["steps"] == 1
