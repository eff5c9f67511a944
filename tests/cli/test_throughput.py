"""The command `throughput`: answers with their proof, a mapping's graph for others, one line for what is wrong."""

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from oracles.dataflow import proves
from support.phased_graphs import phased_graph

import snnmap

Ran = Callable[..., tuple[int, str, str]]
TIME = [[1], [4, 2], [2]]
CHANNELS = [(0, 1, [2], [3, 0], 0), (1, 2, [1, 1], [1], 0), (2, 0, [3], [4], 9)]


@pytest.fixture
def graph(tmp_path: Path) -> Path:
    """A cyclo-static graph of three actors; an iteration fires a0 3, a1 4 and a2 4 times."""
    path = tmp_path / "g.xml"
    snnmap.write_sdf3(phased_graph(TIME, CHANNELS, name="three"), path)
    return path


@pytest.fixture(scope="module")
def mapping(recipe: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A mapping file of the small workload, several clusters on some tiles."""
    folder = tmp_path_factory.mktemp("throughput")
    chip = folder / "chip.toml"
    chip.write_text('name = "small"\nextends = "pcm-mesh"\ndescription = "for tests"\nrows = 16\ncolumns = 8\n')
    snnmap.save(
        snnmap.compile(str(recipe), snnmap.CompileOptions(hardware=str(chip), seed=3)).mapping, folder / "m.json"
    )
    return folder / "m.json"


def test_the_answer_is_printed(run: Ran, graph: Path) -> None:
    code, out, err = run("throughput", graph)
    assert (code, err) == (0, "")
    assert "three: cyclo-static, 3 actors, 3 channels, 11 firings an iteration; auto-concurrency off" in out
    assert "consistent: yes; live: yes" in out
    answer = snnmap.throughput(graph)
    assert f"throughput: {answer.throughput} iterations per tick" in out
    assert f"period: {answer.period} ticks" in out
    assert "critical cycle" in out
    assert "a1" in out.split("repetition vector")[1]


@pytest.mark.parametrize("overlap", ["on", "off"])
def test_json_proves_itself(run: Ran, graph: Path, overlap: str) -> None:
    document = json.loads(run("throughput", graph, "--json", "--auto-concurrency", overlap)[1])
    assert (document["consistent"], document["live"], document["reason"]) == (True, True, None)
    assert Fraction(document["throughput"]) * Fraction(document["period"]) == 1
    assert document["repetition_vector"] == {"a0": 3, "a1": 4, "a2": 4}
    assert document["phases"] == {"a0": 1, "a1": 2, "a2": 1}
    scale = document["start_times_per_tick"]
    period = int(Fraction(document["period"]) * scale)
    cycle = [(int(hop["actor"][1:]), hop["firing"], hop["tokens"]) for hop in document["critical_cycle"]]
    one_at_a_time = [(a, a, [1] * len(t), [1] * len(t), 1) for a, t in enumerate(TIME)] if overlap == "off" else []
    given = TIME, CHANNELS + one_at_a_time, [3, 4, 4], list(document["start_times"].values())
    assert proves(*given, period, scale, cycle)
    assert not proves(*given, period - 1, scale, cycle)


def test_graphs_that_never_run_are_answers(run: Ran, tmp_path: Path) -> None:
    cases = {
        "deadlock": ([(0, 1, [1], [1], 0), (1, 0, [1], [1], 0)], "off", (True, False, "0/1")),
        "inconsistent": ([(0, 1, [1], [2], 0), (1, 0, [1], [1], 9)], "off", (False, None, None)),
        "unbounded": ([(0, 1, [1], [2], 0)], "on", (True, True, None)),
    }
    for word, (channels, overlap, said) in cases.items():
        path = tmp_path / f"{word}.xml"
        snnmap.write_sdf3(phased_graph([[1], [1]], channels), path)
        code, out, _ = run("throughput", path, "--auto-concurrency", overlap)
        assert code == 0
        assert word in out
        document = json.loads(run("throughput", path, "--auto-concurrency", overlap, "--json")[1])
        assert (document["consistent"], document["live"], document["throughput"]) == said
        assert word in document["reason"]


def test_the_graph_of_a_mapping_is_written_for_others(run: Ran, mapping: Path, tmp_path: Path) -> None:
    path = tmp_path / "out.xml"
    code, out, _ = run("throughput", mapping, "--export", path)
    assert code == 0
    assert f"wrote {path}" in out
    written, kept = snnmap.read_sdf3(path), snnmap.load(mapping).sdfg
    assert (written.actor, written.time.tolist()) == (kept.name, kept.time.tolist())
    assert (written.producer.tolist(), written.tokens.tolist()) == (kept.producer.tolist(), kept.tokens.tolist())
    assert set(written.production) == set(written.consumption) == {1}
    answers = [json.loads(run("throughput", file, "--json")[1]) for file in (mapping, path)]
    assert answers[0]["period"] == answers[1]["period"]
    assert answers[0]["seconds_per_tick"] == kept.tick
    schedule = snnmap.load(mapping).schedule
    assert schedule.slots is not None
    assert "the mapping promises" in answers[0]["remarks"][0]
    assert answers[1]["remarks"] == []
    assert Fraction(answers[0]["period"]) <= Fraction(schedule.period_numerator, schedule.period_denominator)
    assert snnmap.throughput(snnmap.load(mapping), auto_concurrency=True).period == Fraction(answers[0]["period"])
    assert snnmap.throughput(kept).period == Fraction(answers[0]["period"])


def test_long_lists_are_cut_and_say_so(run: Ran, tmp_path: Path) -> None:
    ring = [(k, (k + 1) % 50, [1], [1], int(k == 49)) for k in range(50)]
    snnmap.write_sdf3(phased_graph([[1]] * 50, ring), tmp_path / "ring.xml")
    out = run("throughput", tmp_path / "ring.xml")[1]
    assert "... (42 more)" in out
    assert "... 10 more; --json has all" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("none.xml",), "cannot read none.xml: No such file or directory"),
        (("none.json",), "cannot read mapping none.json: No such file or directory"),
        (("words.txt",), "words.txt is not a whole JSON document"),
        (("broken.xml",), "broken.xml is not a whole XML file"),
        (("g.xml", "--export", "g.xml"), "cannot write g.xml: it is what is read"),
        (("g.xml", "--export", "g.txt"), "cannot write g.txt: the name must end in .xml"),
        (("g.xml", "--auto-concurrency", "maybe"), "'maybe' is not one of"),
    ],
)
def test_bad_input_is_one_line(
    run: Ran, graph: Path, arguments: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(graph.parent)
    Path("words.txt").write_text("hello")
    Path("broken.xml").write_text("<sdf3>")
    code, out, err = run("throughput", *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
