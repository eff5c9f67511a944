"""The command `sweep`: what it prints and refuses, and that a kill loses what is in flight and nothing else."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from snnmap.cli.sweep import parse_seeds
from snnmap.core.errors import InputError
from snnmap.study.rows import journal_of, rows_in
from snnmap.study.sweep import TIMES


def test_seeds_are_numbers_and_ranges():
    assert parse_seeds("0..3,7") == (0, 1, 2, 3, 7)
    assert parse_seeds("5") == (5,)
    for text in ("", "a", "3..1", "1..", "-1", "0..99999999"):
        with pytest.raises(InputError, match="like 0"):
            parse_seeds(text)


def test_the_table_says_what_varies_and_where_all_of_it_is(run, recipe, chip, tmp_path):
    table = tmp_path / "sweep.csv"
    asked = ("sweep", recipe, "--hw", chip, "--tiles", "6x6,1x1", "--technology", "pcm-65,pcm-16", "-o", table, "-q")
    code, out, err = run(*asked)
    text = " ".join(out.split())
    assert (code, err) == (0, "")
    for words in (
        "tiles",
        "technology",
        "energy per frame",
        "does not fit: tiles: need",
        "4 runs, 2 of them do not",
    ):
        assert words in text
    assert "objective" not in out
    assert "4 made now; wrote" in text
    page = tmp_path / "sweep.html"
    document = json.loads(run(*asked, "--json", "--html", page)[1])
    assert (document["runs"], document["made"], len(document["rows"]), document["html"]) == (4, 0, 4, str(page))
    assert "runs that do not fit" in page.read_text()
    code, out, _ = run("pareto", table, "--of", "energy,area", "-q", "--html", page)
    assert (code, f"wrote {page}" in out) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--crossbar", "32", "--rows", "8"], "leave rows and columns out"),
        (["--set", "place=aneal"], "anneal"),
        (["--set", "place="], "--set place has no value"),
        (["--seeds", "x"], "seeds are numbers and ranges"),
        (["--objective", "trafic"], "traffic"),
        (["--rows", ","], "--rows ',' lists nothing"),
        (["--workers", "0"], "0 workers make no run"),
        (["--html", "page.txt"], "must end in .html"),
    ],
)
def test_what_is_no_sweep_is_refused_in_one_line(run, recipe, tmp_path, arguments, said):
    code, out, err = run("sweep", recipe, "-q", "-o", tmp_path / "sweep.csv", *arguments)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err
    assert list(tmp_path.iterdir()) == []


CONFIG = """
[sweep]
workloads = ["{recipe}"]
hw = "{chip}"
technology = ["pcm-65", "pcm-16"]
seeds = "0..1"
workers = 1
output = "{table}"
quiet = true

[sweep.set]
place = ["anneal", "swarm"]
"""


def test_a_file_says_what_options_say_and_options_win(run, recipe, chip, tmp_path):
    config, table = tmp_path / "sweep.toml", tmp_path / "sweep.csv"
    config.write_text(CONFIG.format(recipe=recipe, chip=chip, table=table))
    code, _, err = run("sweep", "--config", config, "--seeds", "3")
    assert (code, err) == (0, "")
    by_file = rows_in(table)
    table.unlink()
    asked = ("--technology", "pcm-65,pcm-16", "--seeds", "3", "--set", "place=anneal,swarm", "--workers", 1)
    assert run("sweep", recipe, "--hw", chip, *asked, "-o", table, "-q")[0] == 0
    assert list(by_file) == list(rows_in(table))
    assert {(row["technology"], row["settings"], row["seed"]) for row in by_file.values()} == {
        (technology, f"place={place}", 3) for technology in ("pcm-65", "pcm-16") for place in ("anneal", "swarm")
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[sweep]\ncrosbar = 64\n", "did you mean 'crossbar'"),
        ("[sweeps]\n", "sweep"),
        ("[sweep]\nset = 3\n", "must be a table"),
        ("[sweep]\nsamples = 'x'\n", "'x' is not a valid integer"),
        ("[sweep]\n[sweep.set]\nplace = []\n", "place has no value"),
        ("[sweep]\nrows = []\n", "lists nothing"),
        ("[sweep]\nseeds = ", "TOML"),
    ],
)
def test_a_file_that_is_no_sweep_is_refused_in_one_line(run, recipe, tmp_path, content, said):
    config = tmp_path / "sweep.toml"
    config.write_text(content)
    code, out, err = run("sweep", recipe, "--config", config, "-o", tmp_path / "sweep.csv")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err
    assert list(tmp_path.iterdir()) == [config]


def test_a_sweep_of_nothing_says_what_it_needs(run, recipe):
    for given in ((), (recipe,), ("-o", "sweep.csv")):
        code, out, err = run("sweep", *given)
        assert (code, out, "needs workloads and a table" in err) == (2, "", True)


def test_three_kills_lose_nothing_that_was_finished(recipe, chip, tmp_path):
    table, whole = tmp_path / "killed.csv", tmp_path / "whole.csv"

    def command(path):
        given = ["--hw", chip, "--technology", "pcm-65,pcm-16", "--seeds", "0..3", "--workers", 2, "-q", "-o", path]
        return [sys.executable, "-m", "snnmap", "sweep", *map(str, [recipe, *given])]

    def lines():
        return len(journal_of(table).read_bytes().splitlines()) if journal_of(table).exists() else 0

    seen = 0
    for _ in range(3):
        running = subprocess.Popen(command(table), start_new_session=True, stdout=subprocess.DEVNULL)
        until = time.monotonic() + 120
        while lines() <= seen and running.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
        assert lines() > seen, "no run was finished in two minutes"
        seen = lines()
        while time.monotonic() < until:  # its processes end with it
            try:
                os.killpg(running.pid, 0)
            except ProcessLookupError:
                break
            time.sleep(0.05)
        else:
            pytest.fail("processes of a killed sweep go on")
        if table.exists():
            break
    done = subprocess.run(command(table), capture_output=True, text=True, check=True).stdout
    made = int(done.rsplit("runs; ", 1)[1].split(" made now", 1)[0])
    assert made <= 8 - 3 or table.exists()
    subprocess.run(command(whole), check=True, stdout=subprocess.DEVNULL)
    killed, alone = ({run: {k: v for k, v in row.items() if k not in TIMES} for run, row in rows_in(path).items()}
                     for path in (table, whole))  # fmt: skip
    assert list(killed) == list(alone)
    assert killed == alone
    assert not journal_of(table).exists()


def test_pareto_prints_draws_and_verifies_the_front(run, recipe, chip, tmp_path):
    table, mappings = tmp_path / "sweep.csv", tmp_path / "mappings"
    asked = ("--hw", chip, "--technology", "pcm-65,pcm-16", "--seeds", "0,1", "--workers", 1, "-q")
    assert run("sweep", recipe, *asked, "-o", table, "--mappings", mappings)[0] == 0
    code, out, _ = run("pareto", table, "--of", "energy,espine-lifetime", "--mappings", mappings, "-q",
                       "--plot", tmp_path / "front.png")  # fmt: skip
    text = " ".join(out.split())
    assert code == 0
    assert "of 4 runs are not dominated; hypervolume" in text
    assert "espine-lifetime, espine mode (more)" in text
    assert "knee" in text
    assert "legal: all" in text
    assert (tmp_path / "front.png").read_bytes().startswith(b"\x89PNG")
    document = json.loads(run("pareto", table, "--of", "energy,area,latency", "-q", "--json")[1])
    assert set(document) == {"table", "fronts"}
    forged = mappings / f"{document['fronts'][0]['front'][0]['run']}.json"
    content = json.loads(forged.read_text())
    content["figures"]["hops"] += 1
    forged.write_text(json.dumps(content))
    code, out, _ = run("pareto", table, "--of", "energy,area,latency", "--mappings", mappings, "-q")
    assert (code, "not legal" in out) == (1, True)
    forged.unlink()
    code, out, err = run("pareto", table, "--of", "energy,area,latency", "--mappings", mappings, "-q")
    assert (code, out, "has no" in err, err.count("\n")) == (2, "", True, 1)
    assert run("pareto", table, "--of", "energy,area", "--plot", tmp_path / "front.bmp", "-q")[0] == 2
