"""Mutation testing: how many random one-line faults do the tests of a room notice?

    python benchmarks/mutation.py [--count 20] [--seed 0] [--only ROOM] [--limit SECONDS]

Every mutant is made in a copy of the tracked files, never in the working tree. The tests of its room run with -x.
A mutant inside a `kernels` folder runs without the compiler (NUMBA_DISABLE_JIT) and with three times the limit: numba's
cache does not know that a callee in another file has changed, and would run the old code. A room whose unchanged tests
fail or run out of time that way is judged with an empty kernel cache instead.
Mutants that change nothing stand in mutation_equivalents.txt: `path: old line -> new line  # reason`.
"""

import argparse
import ast
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {
    "partition": "stages/partition", "place": "stages/place", "wire": "stages/wire", "schedule": "stages/schedule",
    "legality": "legality", "traffic": "analysis", "evaluation": "evaluation", "reliability": "reliability",
    "physics": "physics",
}  # fmt: skip
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


def passes(tree: Path, room: str, limit: float, extra: dict[str, str]) -> bool | None:
    """Whether the tests of a room pass in a copy of the tree; None past the limit, s."""
    tests = f"tests/{ROOMS[room]}"
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", tests]
    env = {**os.environ, "PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1", **extra}
    try:
        done = subprocess.run(command, cwd=tree, env=env, timeout=limit, capture_output=True, check=False)
    except subprocess.TimeoutExpired:
        return None
    if done.returncode > 1:  # 1: a test failed; 2: a module that cannot be imported
        return False if done.returncode == 2 else sys.exit(done.stdout.decode()[-2000:])
    return done.returncode == 0


def mode(tree: Path, room: str, kernel: bool, limit: float) -> dict[str, str] | None:
    """Environment in which the unchanged tests of a room pass; None for an empty kernel cache at every run."""
    extra = {"NUMBA_DISABLE_JIT": "1"} if kernel else {}
    good = passes(tree, room, limit, extra)
    if not good and not kernel:
        sys.exit(f"the tests of {room} do not pass unchanged within {limit:g} s")
    return extra if good else None


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=20)
    options.add_argument("--seed", type=int, default=0)
    options.add_argument("--only", choices=ROOMS)
    options.add_argument("--limit", type=float, default=120.0, help="seconds for a mutant")
    chosen = options.parse_args()
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    known = (ROOT / "benchmarks/mutation_equivalents.txt").read_text().splitlines()
    known = {line.split("  # ")[0] for line in known if "  # " in line}
    rooms = [chosen.only] if chosen.only else list(ROOMS)
    pool = [
        (room, *mutant)
        for room in rooms
        for path in sorted(listed)
        if path.startswith(f"snnmap/{ROOMS[room]}/") and path.endswith(".py")
        for mutant in mutants(path)
    ]
    drawn = random.Random(chosen.seed).sample(pool, min(chosen.count, len(pool)))
    counts, modes = Counter(), {}
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        for path in filter(None, listed):
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, tree / path)
        for room, path, number, old, new in sorted(drawn):
            change = f"{path}: {old.strip()} -> {new.strip()}"
            kernel = "/kernels/" in path
            limit = chosen.limit * (3 if kernel else 1)
            if change in known:
                verdict = "equivalent"
            else:
                if (room, kernel) not in modes:
                    modes[room, kernel] = mode(tree, room, kernel, 3 * chosen.limit)
                extra = modes[room, kernel]
                with tempfile.TemporaryDirectory() as cache:
                    text = (tree / path).read_text()
                    lines = text.split("\n")
                    lines[number - 1] = new
                    (tree / path).write_text("\n".join(lines))
                    good = passes(tree, room, limit, {"NUMBA_CACHE_DIR": cache} if extra is None else extra)
                    (tree / path).write_text(text)
                verdict = {True: "survived", False: "killed", None: "timed out"}[good]
            counts[verdict] += 1
            print(f"{verdict:10} {path}:{number}: {old.strip()} -> {new.strip()}", flush=True)
    print(", ".join(f"{n} {verdict}" for verdict, n in sorted(counts.items())), f"of {len(drawn)}, seed {chosen.seed}")


if __name__ == "__main__":
    main()
