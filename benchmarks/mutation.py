"""Mutation testing: how many random one-line faults do the tests of a room notice?

    python benchmarks/mutation.py [--count 20] [--seed 0] [--only ROOM ...] [--limit SECONDS] [--share K/N]
                                  [--results FILE]

`--count` mutants of every room. Each is made in a copy of the tracked files, never in the working tree; the tests of
its room run with -x: its module's mirror first, then held answers and the files that name it. Killed: a test fails, or
the tests need more processor time than the limit, which is far above what they need unchanged. With `--results`,
verdicts are appended to a file and those that stand there are not judged again: a run can be cut and resumed. With
`--share 2/4`, only the second, sixth, ... mutant is judged: four processes with files of their own share a campaign.
Mutants that change nothing stand in mutation_equivalents.txt: `path: old line -> new line  # reason`.
"""

import argparse
import ast
import copy
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {
    "partition": "stages/partition", "place": "stages/place", "wire": "stages/wire", "schedule": "stages/schedule",
    "legality": "legality", "traffic": "analysis", "evaluation": "evaluation", "reliability": "reliability",
    "physics": "physics", "simulate": "simulate",
}  # fmt: skip
COMPILED = "snnmap/**/__pycache__/*.nb[ci]"
COMPARED = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq}
COUNTED = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
NAMED = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum"}


def changed(node: ast.AST) -> ast.AST | None:
    """The node with one fault, None where it has none to offer; precedence stays, so the text around it does too."""
    new = copy.deepcopy(node)
    match new:
        case ast.Compare(ops=[op]) if type(op) in COMPARED:
            new.ops = [COMPARED[type(op)]()]
        case ast.BinOp(op=op) if type(op) in COUNTED:
            new.op = COUNTED[type(op)]()
        case ast.BoolOp(op=op):
            new.op = ast.Or() if isinstance(op, ast.And) else ast.And()
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            new = operand
        case ast.Call(func=ast.Name(id=name)) if name in NAMED:
            new.func.id = NAMED[name]
        case ast.Call(func=ast.Attribute(attr=name)) if name in NAMED:
            new.func.attr = NAMED[name]
        case ast.Constant(value=int() as value) if not isinstance(value, bool):
            new.value = value + 1
        case _:
            return None
    return new


def walk(node: ast.AST):
    """Nodes whose change is a fault of behaviour: no messages, no annotations."""
    yield node
    for name, value in ast.iter_fields(node):
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, ast.Raise | ast.JoinedStr) and name != "annotation":
                yield from walk(child)


def mutants(path: str) -> list[tuple[str, int, str, str]]:
    """(path, line, old line, new line) of every one-line fault of a file."""
    text = (ROOT / path).read_text()
    lines, found = text.splitlines(), []
    for node in walk(ast.parse(text)):
        if getattr(node, "lineno", 0) == 0 or node.lineno != node.end_lineno or (new := changed(node)) is None:
            continue
        raw, part = lines[node.lineno - 1].encode(), ast.unparse(new)
        part = f"({part})" if isinstance(node, ast.BoolOp) or isinstance(getattr(node, "op", None), ast.Not) else part
        line = (raw[: node.col_offset] + part.encode() + raw[node.end_col_offset :]).decode()
        found.append((path, node.lineno, lines[node.lineno - 1], line))
    return found


def carried(source: Path, target: Path, copy_file: Callable[[Path, Path], object]) -> None:
    """Compiled kernels of one tree in another."""
    for file in source.glob(COMPILED):
        (target / file.relative_to(source)).parent.mkdir(parents=True, exist_ok=True)
        copy_file(file, target / file.relative_to(source))


class Bench:
    """A copy of the tracked files, in which one file at a time is changed."""

    def __init__(self, folder: Path, tracked: list[str]) -> None:
        self.tree, self.kernels = folder / "tree", folder / "kernels"
        for path in tracked:
            (self.tree / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, self.tree / path)
        carried(ROOT, self.kernels, shutil.copy2)

    def judge(self, room: str, path: str, number: int, line: str, limit: float) -> str:
        """What the tests say of a file with another line."""
        file = self.tree / path
        text, time = file.read_text(), file.stat().st_mtime
        lines = text.split("\n")
        lines[number - 1] = line
        file.write_text("\n".join(lines))
        verdict = self.tested(room, path, limit, keep=False)
        file.write_text(text)
        os.utime(file, (time, time))
        return verdict

    def tested(self, room: str, path: str, limit: float, *, keep: bool) -> str:
        """Verdict of the tests of a room; `keep` the bytecode and the kernels that they compiled."""
        for old in self.tree.glob(COMPILED):
            old.unlink()
        carried(self.kernels, self.tree, os.link)  # numba replaces files and never writes into them
        shutil.rmtree(self.tree / ".hypothesis", ignore_errors=True)
        env = {**os.environ, "PYTHONPATH": str(self.tree), "PYTHONDONTWRITEBYTECODE": "" if keep else "1"}
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *self.order(room, path)]
        most = (int(limit), int(limit) + 5)
        done = subprocess.run(
            command, cwd=self.tree, env=env, capture_output=True, check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, most),
        )  # fmt: skip
        if done.returncode in {-signal.SIGXCPU, -signal.SIGKILL}:
            return "timed out"
        if keep:
            shutil.rmtree(self.kernels)
            carried(self.tree, self.kernels, shutil.copy2)
        if done.returncode in {-signal.SIGTERM, -signal.SIGINT}:
            sys.exit("interrupted")
        if done.returncode > 2:  # 1: a test failed; 2: a module that cannot be imported; negative: a crash
            sys.exit(done.stdout.decode()[-2000:])
        return "killed" if done.returncode else "survived"

    def order(self, room: str, path: str) -> list[str]:
        """Test files of a room: the mirror of a module first, then those that name it, then the others."""
        stem = Path(path).stem
        files = sorted(self.tree.glob(f"tests/{ROOMS[room]}/**/test_*.py"))
        first = (f"test_{stem}", "test_golden")
        files.sort(key=lambda file: (file.stem not in first, stem not in file.read_text()))
        return [str(file.relative_to(self.tree)) for file in files]


def drawn(rooms: list[str], count: int, seed: int, tracked: list[str]) -> list[tuple[str, str, int, str, str]]:
    """(room, path, line, old line, new line) of `count` mutants of every room."""
    found = []
    for room in rooms:
        paths = [path for path in tracked if path.startswith(f"snnmap/{ROOMS[room]}/") and path.endswith(".py")]
        pool = [(room, *mutant) for path in sorted(paths) for mutant in mutants(path)]
        found += sorted(random.Random(f"{seed} {room}").sample(pool, min(count, len(pool))))
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=20, help="mutants of a room")
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--only", nargs="+", choices=ROOMS, default=list(ROOMS))
    options.add_argument("--limit", type=float, default=120.0, help="processor time of a mutant, s")
    options.add_argument("--share", default="1/1", metavar="K/N", help="judge the K-th of every N mutants")
    options.add_argument("--results", type=Path, help="file that verdicts are appended to, and resumed from")
    chosen = options.parse_args()
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    tracked = [path for path in listed.split("\0") if path]
    known = (ROOT / "benchmarks/mutation_equivalents.txt").read_text().splitlines()
    known = {line.split("  # ")[0] for line in known if "  # " in line}
    before = chosen.results.read_text().splitlines() if chosen.results and chosen.results.exists() else []
    judged = {text[10:].strip(): text[:10].strip() for text in before}
    share, shares = (int(part) for part in chosen.share.split("/"))
    counts, started = Counter(), set()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), tracked)
        for room, path, number, old, new in drawn(chosen.only, chosen.count, chosen.seed, tracked)[share - 1 :: shares]:
            key = f"{path}:{number}: {old.strip()} -> {new.strip()}"
            verdict = judged.get(key)
            if f"{path}: {old.strip()} -> {new.strip()}" in known:
                verdict = "equivalent"
            elif verdict is None:
                if room not in started and bench.tested(room, path, 4 * chosen.limit, keep=True) != "survived":
                    sys.exit(f"the tests of {room} do not pass unchanged within {4 * chosen.limit:g} s")
                started.add(room)
                verdict = bench.judge(room, path, number, new, chosen.limit)
                if chosen.results:
                    with chosen.results.open("a") as file:
                        file.write(f"{verdict:10} {key}\n")
            counts[room, verdict] += 1
            print(f"{verdict:10} {key}", flush=True)
    for room in [*chosen.only, None]:
        of = Counter()
        for (own, verdict), n in counts.items():
            of[verdict] += n if room in {own, None} else 0
        print(f"{room or 'all':12}" + ", ".join(f"{n} {verdict}" for verdict, n in sorted(of.items())))


if __name__ == "__main__":
    main()
