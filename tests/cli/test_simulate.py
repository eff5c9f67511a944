"""The command `simulate`: three rates beside the promise, and what it refuses in one line."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import snnmap

Ran = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def mapping(recipe: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mapping file of the small workload on a chip with a best-effort network."""
    folder = tmp_path_factory.mktemp("simulate")
    chip = folder / "chip.toml"
    chip.write_text(
        'name = "small"\nextends = "pcm-mesh"\ndescription = "for tests"\nrows = 16\ncolumns = 8\nnoc = "best-effort"\n'
    )
    compiled = snnmap.compile(str(recipe), snnmap.CompileOptions(hardware=str(chip), seed=3))
    snnmap.save(compiled.mapping, folder / "mapping.json")
    return folder / "mapping.json"


def test_the_three_rates_are_printed_with_what_they_are_of(run: Ran, mapping: Path) -> None:
    code, out, _ = run("simulate", mapping, "--quiet")
    assert code == 0
    assert "the mapping estimates a step every" in " ".join(out.split())  # long paths break the line
    for words in ("every read, fire and producer at its busiest step", "the slowest, again and again", "2 frames"):
        assert words in " ".join(out.split())


def test_json_holds_them_and_what_python_says(run: Ran, mapping: Path) -> None:
    code, out, _ = run("simulate", mapping, "--json", "--arbitration", "oldest", "--buffers", 2, "--frames", 3)
    assert code == 0
    document = json.loads(out)
    options = snnmap.ExecuteOptions(arbitration="oldest", buffers=2, frames=3)
    assert document == json.loads(json.dumps(snnmap.simulate_file(mapping, options).document()))
    assert document["frames"] == 3
    assert document["worst"]["seconds_per_step"] >= document["frame"]["seconds_per_step"]
    assert document["frame"]["seconds_per_step"] >= document["mean"]["seconds_per_step"] * 0.999


def test_a_guarantee_behind_gates_is_one_for_enough_buffers_only(recipe: Path, tmp_path: Path) -> None:
    chip = tmp_path / "chip.toml"
    room = '[values]\nrouter_buffer_flits = { value = 400, unit = "1", source = "estimate: for tests" }\n'
    chip.write_text(f'name = "small"\nextends = "pcm-mesh"\nrows = 16\ncolumns = 8\nnoc = "gated"\n{room}')
    compiled = snnmap.compile(str(recipe), snnmap.CompileOptions(hardware=str(chip), seed=3))
    snnmap.save(compiled.mapping, tmp_path / "mapping.json")
    for arbitration in snnmap.ARBITRATIONS:
        options = snnmap.ExecuteOptions(worst=True, arbitration=arbitration)
        answer = snnmap.simulate_file(tmp_path / "mapping.json", options)
        assert (answer.guaranteed, answer.slower) == (True, ())
        fewer = replace(options, buffers=(compiled.mapping.schedule.buffers or 0) - 1)
        assert snnmap.simulate_file(tmp_path / "mapping.json", fewer).guaranteed is False


def test_only_the_worst_and_gates(run: Ran, mapping: Path) -> None:
    document = json.loads(run("simulate", mapping, "--json", "--worst", "--gate", 1000)[1])
    assert document["frame"] is document["mean"] is None
    assert document["worst"]["seconds_per_step"] == pytest.approx(1e-3)
    slow = json.loads(run("simulate", mapping, "--json", "--worst", "--gate", "realtime")[1])
    assert slow["worst"]["seconds_per_step"] == pytest.approx(snnmap.load(mapping).workload.dt)
    assert (slow["worst"]["late"], slow["slower"]) == (None, [])  # the port is slow, not the chip


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--buffers", 0), "router buffers of 0 flits on "),
        (("--frames", 0), "0 frames cannot be simulated; give at least 1"),
        (("--gate", "soon"), "'soon' is not realtime, guaranteed, or steps per second above 0"),
        (("--gate", "0"), "'0' is not realtime, guaranteed, or steps per second above 0"),
        (("--arbitration", "lottery"), "'lottery' is not one of"),
        (("--hw", "pcm-mesh-64"), "the mapping was made for another chip than this 'pcm-mesh-64'"),
        (("--workload", "braille-rsnn"), "the mapping was made for another profile"),
    ],
)
def test_bad_input_is_one_line(run: Ran, mapping: Path, options: tuple[object, ...], said: str) -> None:
    code, out, err = run("simulate", mapping, *options, "--quiet")
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_what_is_slower_than_promised_is_said(run: Ran, mapping: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = snnmap.simulate_file(mapping, snnmap.ExecuteOptions(worst=True))
    assert answer.worst is not None
    estimate = replace(answer, promised=answer.worst.period - 1)
    for slow, said, exit_code in (
        (estimate, "slower than estimated: worst", 0),
        (replace(estimate, guaranteed=True), "the guarantee is broken: worst", 1),
        (replace(answer, guaranteed=True), "", 0),
    ):
        monkeypatch.setattr(snnmap, "simulate_file", lambda *_, found=slow, **__: found)
        code, out, _ = run("simulate", mapping, "--worst", "--quiet")
        assert code == exit_code
        assert said in out
        assert ("broken" in out or "slower" in out) == bool(said)
        assert run("simulate", mapping, "--worst", "--quiet", "--json")[0] == exit_code
