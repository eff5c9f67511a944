"""Damaged and odd files of every kind that snnmap reads: an answer or one error of ours, never anything else.

No traceback, nothing that takes longer than 20 s or more than 1 GiB, measured per file in a process of its own. Bounded
and seeded: `SNNMAP_FUZZ=10000 pytest tests/test_fuzz.py` tries so many over all kinds; `SNNMAP_FUZZ_SEED` draws others.
"""

import json
import os
import queue
import subprocess
import sys
import threading
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from support import small_workload
from support.fuzz import campaign
from support.fuzz.specimens import SLOW, specimens

import snnmap

TRIES = int(os.environ.get("SNNMAP_FUZZ", "900"))
SEED = os.environ.get("SNNMAP_FUZZ_SEED", "1")
SECONDS, MIB = 20, 1024
FEW = 10
"""Of so few damaged files all may be readable."""
SCRIPT = Path(campaign.__file__)
FILES = (
    "mapping",
    "mapping, compressed",
    "profile",
    "small chip",
    "chip",
    "technology",
    "package",
    "study",
    "config",
    "sdf3",
)
NETWORKS = ("nir", "lava", "recipe", "network", "activity", "edges", "spikes")
DATA = (
    *("npy", "npz", "events", "structured", "csv", "tsv", "idx", "idx, compressed", "n-mnist", "shd", "nir data"),
    *("labels", "ecg header", "ecg"),
)
KINDS = (*FILES, *NETWORKS, *DATA)
Trial = dict[str, Any]


@pytest.fixture(scope="module")
def good(compiled: snnmap.Compiled, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("good")
    snnmap.save(compiled.mapping, folder / "m.json")
    snnmap.save_profile(compiled.graph, folder / "p.npz")
    (folder / "small.toml").write_text(small_workload.CHIP)
    return folder


def share(kind: str) -> int:
    """Trials of one kind: slow ones get an eighth of the others'."""
    weights = {name: 1 if name in SLOW else 8 for name in KINDS}
    return -(-TRIES * weights[kind] // sum(weights.values()))


def run(good: Path, spans: list[str]) -> list[Trial]:
    """What became of every trial; after one that the process did not survive, another goes on with the next."""
    trials: list[Trial] = []
    while spans:
        command = [sys.executable, str(SCRIPT), str(good), SEED, *spans]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            trials += followed(process)
        if process.returncode == 0 or not trials:
            assert process.returncode == 0, "the campaign itself failed"
            return trials
        spans = left(spans, trials[-1])
    return trials


def followed(process: "subprocess.Popen[str]") -> list[Trial]:
    """Trials of one process, the last of them marked if it ended or hung in it."""
    told: queue.Queue[str] = queue.Queue()

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            told.put(line)
        told.put("")

    threading.Thread(target=listen, daemon=True).start()
    trials: list[Trial] = []
    patience = 10 * SECONDS  # the first line comes after the imports
    while True:
        try:
            line = told.get(timeout=patience)
        except queue.Empty:
            process.kill()
            trials[-1]["error"] = f"hangs for more than {patience} s"
            return trials
        if not line:
            if trials and "seconds" not in trials[-1]:
                trials[-1]["error"] = f"ended the process ({process.wait()})"
            return trials
        found = json.loads(line)
        patience = SECONDS
        if isinstance(found, list):
            trials.append({"kind": found[0], "trial": found[1], "said": None})
        else:
            trials[-1] |= found


def left(spans: list[str], last: Trial) -> list[str]:
    """Spans after a trial."""
    at = next(k for k, span in enumerate(spans) if span.startswith(f"{last['kind']}:"))
    return [f"{last['kind']}:{last['trial'] + 1}:{spans[at].rpartition(':')[2]}", *spans[at + 1 :]]


@pytest.fixture(scope="module")
def trials(good: Path) -> list[Trial]:
    return run(good, [f"{kind}:0:{share(kind)}" for kind in KINDS])


def test_every_kind_has_a_specimen_that_is_read(good: Path, tmp_path: Path) -> None:
    known = specimens(good)
    assert tuple(known) == KINDS
    for kind, specimen in known.items():
        folder = tmp_path / kind
        folder.mkdir()
        assert campaign.outcome(specimen, specimen.data, folder) == {"said": None}, kind


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_gives_an_answer_or_one_error(trials: list[Trial], kind: str) -> None:
    own = [trial for trial in trials if trial["kind"] == kind]
    assert len(own) == share(kind)
    assert [trial for trial in own if "error" in trial] == []
    said = [trial["said"] for trial in own if trial["said"] is not None]
    assert said or len(own) < FEW, "nothing was refused"
    assert [message for message in said if not message or "\n" in message] == []


def test_no_file_takes_long_or_much_memory(trials: list[Trial]) -> None:
    slow = [trial for trial in trials if trial.get("seconds", 0) > SECONDS]
    large = [(a, b) for a, b in pairwise(trials) if a.get("peak", 0) <= MIB < b.get("peak", 0)]
    assert (slow, large) == ([], [])
    print(f"\n{len(trials):,} files, seed {SEED}:", *summary(trials))


def summary(trials: list[Trial]) -> list[str]:
    refused = sum(trial["said"] is not None for trial in trials)
    slowest = max(trials, key=lambda trial: trial["seconds"])
    return [
        f"{refused:,} refused, the rest read;",
        f"slowest {slowest['seconds']:.1f} s ({slowest['kind']} {slowest['trial']}),",
        f"peak {max(trial['peak'] for trial in trials):.0f} MiB",
    ]
