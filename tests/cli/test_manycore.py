"""The command `manycore`, and machines in `hardware`: tables, JSON, and what is refused in one line."""

import json
from collections.abc import Callable

import pytest

import snnmap

Ran = Callable[..., tuple[int, str, str]]
BARE = ("manycore", "mnist-tutorial", "--no-profile", "-q")


def test_the_table_says_tiles_times_and_what_they_rest_on(run: Ran) -> None:
    code, out, _ = run(*BARE)
    assert code == 0
    text = " ".join(out.split())
    for words in (
        "mnist-tutorial on ipu-gc200, float32: estimates",
        "dense1 1,000 1,000 1 3,140 8 3,136 32,768 39,052",
        "tiles: 1,010 of 1,472; fullest 40,780 of 612,000 bytes",
        "a sample of 25 steps, dense:",
        "every figure is an estimate in closed form",
    ):
        assert words in text
    assert "active (" not in text


def test_training_and_a_population_code_say_what_they_change(run: Ran) -> None:
    code, out, _ = run(*BARE, "--training", "--dtype", "float16", "--population", 50)
    assert code == 0
    assert "Adam with 2 numbers a weight, a tape of 1 steps" in out
    assert "population code: 50 neurons for every output, 1 step; accuracy is not estimated" in out
    assert "without it: 25 steps," in out


def test_json_has_what_python_has(run: Ran) -> None:
    code, out, _ = run(*BARE, "--chips", 2, "--steps", 7, "--json")
    assert code == 0
    options = snnmap.ManycoreOptions(profile=False, chips=2, steps=7)
    assert json.loads(out) == json.loads(json.dumps(snnmap.manycore("mnist-tutorial", options=options).document()))


@pytest.mark.parametrize(
    ("options", "code", "said"),
    [
        (("--hw", "brainscales2"), 2, "'brainscales2' is no many-core machine: run an integer network on it with"),
        (("--hw", "pcm-mesh"), 2, "'pcm-mesh' is a chip, not a machine without crossbars"),
        (("--hw", "ipu"), 2, "no machine without crossbars is called 'ipu'"),
        (("--chips", "0"), 2, "chips must be at least 1, not 0"),
        (("--chips", "65"), 3, "chips: need 65, have 64"),
        (("--training", "--steps", "1000000"), 3, "bytes of a tile for one neuron: need"),
    ],
)
def test_bad_input_is_one_line(run: Ran, options: tuple[str, ...], code: int, said: str) -> None:
    found, out, err = run(*BARE, *options)
    assert found == code
    assert said in err
    assert err.count("\n") == 1
    assert out == ""


@pytest.mark.parametrize("name", ["ipu-gc200", "brainscales2"])
def test_compile_names_the_command_that_takes_a_machine(run: Ran, name: str) -> None:
    code, out, err = run("compile", "mnist-mlp", "--hw", name)
    assert (code, out) == (2, "")
    command = {"ipu-gc200": "snnmap manycore --hw ipu-gc200", "brainscales2": "snnmap mac --hw brainscales2"}[name]
    assert f"{name!r} is a machine without crossbars" in err
    assert command in err
    assert err.count("\n") == 1


def test_mac_names_the_command_that_takes_a_many_core_machine(run: Ran) -> None:
    code, _, err = run("mac", "mnist-bss2", "--hw", "ipu-gc200", "-q")
    assert code == 2
    assert "'ipu-gc200' is no machine for integer networks: estimate a network on it with snnmap manycore" in err


def test_hardware_lists_and_shows_machines(run: Ran) -> None:
    _, out, _ = run("hardware", "list")
    assert "snnmap manycore SOURCE --hw ipu-gc200" in out
    assert "snnmap mac SOURCE --hw brainscales2" in out
    listed = json.loads(run("hardware", "list", "--json")[1])["machines"]
    assert [(m["name"], m["kind"]) for m in listed] == [("brainscales2", "mac"), ("ipu-gc200", "manycore")]
    _, out, _ = run("hardware", "show", "ipu-gc200")
    assert "1,472 tiles of 6 threads and 612,000 bytes" in out
    assert "611413 to 638976" in out
    assert run("hardware", "ipu-gc200")[1] == out
    shown = json.loads(run("hardware", "show", "ipu-gc200", "--json")[1])
    assert shown["command"] == "snnmap manycore SOURCE --hw ipu-gc200"
    code, _, err = run("hardware", "show", "ipu-gc200", "--technology", "pcm-22")
    assert code == 2
    assert "has no technology to exchange" in err
