"""Kills commands at random moments and looks at what they leave behind: every file whole, the old one, or none.

python benchmarks/kill.py [--runs 80] [--seed 1]

Every command runs once undisturbed first, which gives its duration and its results. Each run then starts it in a fresh
copy of its folder, half of the time with older results there, and kills it with SIGKILL at a moment drawn from its
duration. After that inputs must be as they were, every output must be as of the undisturbed run or as it was before,
and the same command must go on to the undisturbed run's results; a study must not begin anew. Exit code 1 if not.
"""

import argparse
import hashlib
import json
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import snnmap

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from support import small_workload

STUDY = """
title = "a small study"
summary = "for the benchmark"
workloads = ["net.toml", "other.toml", "third.toml"]
objectives = ["traffic", "espine"]
technologies = ["pcm-65"]
hardware = "chip.toml"
"""
COMMANDS = {
    "compile": ["compile", "net.toml", "--hw", "chip.toml", "-o", "out.json"],
    "compile, compressed": ["compile", "p.npz", "--hw", "chip.toml", "-o", "out.json.gz"],
    "profile": ["profile", "net.toml", "-o", "out.npz"],
    "report": ["report", "m.json", "--plot", "pictures"],
    "compare": [
        "compare",
        "net.toml",
        "--hw",
        "chip.toml",
        "--objectives",
        "traffic,espine",
        "--csv",
        "out.csv",
        "--plot",
        "out.svg",
    ],
    "study": ["study", "study.toml"],
}
ROW_BY_ROW = {("study", "results.csv")}
"""Files that are written as rows come: whole rows of the undisturbed run's are whole."""


def folder_of_inputs(folder):
    for name, rate in (("net", 200.0), ("other", 150.0), ("third", 100.0)):
        (folder / f"{name}.toml").write_text(small_workload.recipe(rate))
    (folder / "chip.toml").write_text(small_workload.CHIP)
    (folder / "study.toml").write_text(STUDY)
    start(folder, [*COMMANDS["profile"][:2], "-o", "p.npz"]).wait()
    start(folder, [*COMMANDS["compile"][:4], "-o", "m.json"]).wait()


def start(folder, command):
    words = [sys.executable, "-m", "snnmap", *command]
    return subprocess.Popen(words, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def contents(folder):
    """Digest of every file but temporary ones, and the names of those."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    left = {path.name for path in files if path.name.startswith(".") and path.name != ".results.partial.json"}
    told = {str(p.relative_to(folder)): digest(p) for p in files if not p.name.startswith(".")}
    return told, left


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def undisturbed(good, command):
    """Seconds that a command takes and the files that it makes."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "run"
        shutil.copytree(good, folder)
        begun = time.perf_counter()
        if start(folder, command).wait():
            sys.exit(f"snnmap {' '.join(command)} fails undisturbed")
        seconds = time.perf_counter() - begun
        before, after = contents(good)[0], contents(folder)[0]
        made = {name: (folder / name).read_bytes() for name in after if name not in before}
        return seconds, made


def faults(name, folder, inputs, made, old):
    """What is not as it must be, in words."""
    growing = {file for command, file in ROW_BY_ROW if command == name}
    found, _ = contents(folder)
    wrong = [f"input {name} changed" for name, value in inputs.items() if found.get(name) != value]
    for file in sorted(set(found) - set(inputs)):
        whole = {hashlib.sha256(data).hexdigest() for data in (made.get(file), old.get(file)) if data is not None}
        if found[file] not in whole and not (file in growing and are_rows((folder / file).read_bytes(), made[file])):
            wrong.append(f"{file} is neither whole nor as it was")
    wrong += [f"the older {file} is gone" for file in old if file not in found]
    return wrong


def are_rows(data, of):
    """Whether `data` are the head and whole rows of a table."""
    lines, all_lines = data.splitlines(keepends=True), of.splitlines(keepends=True)
    return lines[:1] == all_lines[:1] and set(lines) <= set(all_lines)


def killed_run(good, name, seconds, made, rng):
    """Faults of one killed run and of the one that goes on; whether it was killed in time; temporary files left."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "run"
        shutil.copytree(good, folder)
        inputs = contents(folder)[0]
        old = dict.fromkeys(made, b"older results") if rng.random() < 0.5 else {}
        for file, data in old.items():
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_bytes(data)
        process = start(folder, COMMANDS[name])
        time.sleep(rng.uniform(0.0, 1.1 * seconds))
        process.send_signal(signal.SIGKILL)
        in_time = process.wait() == -signal.SIGKILL
        wrong = faults(name, folder, inputs, made, old)
        _, left = contents(folder)
        kept = folder / ".results.partial.json"
        done = len(rows(folder)) if kept.exists() else 0
        if start(folder, COMMANDS[name]).wait():
            wrong.append("the same command fails afterwards")
        wrong += [f"afterwards: {fault}" for fault in faults(name, folder, inputs, made, {})]
        wrong += [f"afterwards: no {file}" for file in made if not (folder / file).exists()]
        return wrong, in_time, len(left), done


def rows(folder):
    """Workloads whose figures a stopped study has kept."""
    return json.loads((folder / ".results.partial.json").read_bytes())["workloads"]


def main():
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--runs", type=int, default=80)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    rng = random.Random(given.seed)
    lost = 0
    with tempfile.TemporaryDirectory() as place:
        good = Path(place)
        folder_of_inputs(good)
        told = {name: undisturbed(good, command) for name, command in COMMANDS.items()}
        print(f"{'command':20} {'seconds':>8} {'runs':>5} {'in time':>8} {'went on':>8} {'left':>5} {'lost':>5}")
        for position, name in enumerate(COMMANDS):
            runs = given.runs // len(COMMANDS) + (position < given.runs % len(COMMANDS))
            outcomes = [killed_run(good, name, *told[name], rng) for _ in range(runs)]
            bad = [fault for faulty, *_ in outcomes for fault in faulty]
            in_time, left = sum(o[1] for o in outcomes), sum(o[2] for o in outcomes)
            went_on = sum(o[3] > 0 for o in outcomes)
            print(f"{name:20} {told[name][0]:8.1f} {runs:5} {in_time:8} {went_on:8} {left:5} {len(bad):5}")
            for fault in bad:
                print(f"  {fault}")
            lost += len(bad)
    print(f"snnmap {snnmap.__version__}: {given.runs} runs, seed {given.seed}, {lost} faults")
    sys.exit(bool(lost))


if __name__ == "__main__":
    main()
