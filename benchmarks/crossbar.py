"""Array currents: snnmap against badcrossbar in one process. `python benchmarks/crossbar.py [--quick | --large]`.

Prints process CPU seconds (wall time means little on a shared machine) with BLAS pinned to one thread, the ratio, and
the largest difference between the two answers. badcrossbar is optional: `pip install badcrossbar` (needs cairo).
1000 patterns with badcrossbar are reported twice: as 1000 single calls (100 calls timed, extrapolated) and as one call
with 1000 columns, where it factors once; its memory limits that call to the patterns named.
"""

import argparse
import importlib.util
import logging
import os
import platform
import time
from collections.abc import Callable

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # read once, when numpy is imported

import numpy as np  # noqa: E402 must follow the setting above

from snnmap.physics.crossbar import (  # noqa: E402 must follow the setting above
    Wires,
    cell_currents,
    cell_currents_nonlinear,
    gated_row_map,
    shared_row_map,
    transfer_tensor,
)

OHM = 2.0
PATTERNS = 1000


def seconds(function: Callable[[], object], repeats: int = 5) -> tuple[float, object]:
    """Least CPU seconds of `repeats` runs, and the last answer."""
    best, answer = np.inf, None
    for _ in range(repeats):
        answer = None
        start = time.process_time()
        answer = function()
        best = min(best, time.process_time() - start)
    return best, answer


def line(task: str, ours: float, theirs: float | None, difference: float | None = None) -> None:
    right = "        -        -" if theirs is None else f"{theirs * 1e3:11.2f}{theirs / ours:9.0f}x"
    tail = "" if difference is None else f"   {difference:.1e}"
    print(f"{task:58s}{ours * 1e3:11.3f}{right}{tail}", flush=True)


def difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(np.max(np.abs(ours - theirs)) / np.max(np.abs(theirs)))


def badcrossbar_currents(G: np.ndarray, V: np.ndarray) -> np.ndarray:
    import badcrossbar

    logging.disable(logging.INFO)
    with np.errstate(divide="ignore"):
        resistances = 1.0 / G
    return np.asarray(badcrossbar.compute(V, resistances, r_i=OHM).currents.device)


def compare(size: int, theirs: bool, quick: bool) -> None:
    rng = np.random.default_rng(0)
    G = rng.uniform(0.1e-6, 25e-6, (size, size))
    on = rng.random((size, PATTERNS)) < 0.7
    V = 0.2 * on
    wires = Wires(OHM, OHM, 0.0, 0.0)
    print(f"\n{size} x {size}, {OHM} ohm per segment, 0.1 to 25 uS, 70 % of the rows on")
    print(f"{'':58s}{'snnmap ms':>11s}{'badcr. ms':>11s}{'ratio':>10s}   difference")

    def many(inactive: str, patterns: int) -> np.ndarray:
        return cell_currents(G=G, V=V[:, :patterns], active=on[:, :patterns], inactive=inactive, wires=wires)

    one, ours = seconds(lambda: many("grounded", 1), 20)
    single = None
    if theirs:
        single, answer = seconds(lambda: badcrossbar_currents(G, V[:, :1]))
        line("one pattern", one, single, difference(ours[:, :, 0], answer))
    else:
        line("one pattern", one, None)

    total, ours = seconds(lambda: many("grounded", PATTERNS), 3)
    line(f"{PATTERNS} patterns, per pattern; badcrossbar: single calls", total / PATTERNS, single)
    if theirs:
        columns = 100 if quick or size > 128 else PATTERNS
        block, answer = seconds(lambda: badcrossbar_currents(G, V[:, :columns]), 1)
        name = f"{PATTERNS} patterns, per pattern; badcrossbar: one call of {columns}"
        line(name, total / PATTERNS, block / columns, difference(ours[:, :, :columns], answer))
        del answer
    del ours
    gated, _ = seconds(lambda: many("gated", PATTERNS), 2)
    line(f"{PATTERNS} patterns, every one with its own gated rows, each", gated / PATTERNS, single)
    floating, _ = seconds(lambda: many("floating", 100), 2)
    line("100 patterns, every one with its own floating rows, each", floating / 100, None)
    few = on & (rng.random(on.shape) < 0.1)
    sparse, _ = seconds(lambda: cell_currents(G=G, V=V, active=few, inactive="gated", wires=wires), 2)
    line(f"{PATTERNS} patterns, 7 % of the rows on, gated, each", sparse / PATTERNS, single)

    row_map, ours = seconds(lambda: gated_row_map(G=G, V_r=0.2, wires=wires), 20)
    if theirs:
        picked = range(0, size, max(1, size // 4))
        start = time.process_time()
        answers = [
            badcrossbar_currents(np.where(np.arange(size)[:, None] == i, G, 0.0), 0.2 * np.eye(size)[:, [i]])[i]
            for i in picked
        ]
        each = (time.process_time() - start) / len(answers)
        worst = difference(ours[list(picked)], np.array(answers))
        line(
            f"all cells, each row read alone; badcrossbar: {len(answers)} rows x {size / len(answers):g}",
            row_map,
            each * size,
            worst,
        )
    else:
        line("all cells, each row read alone", row_map, None)
    together, _ = seconds(lambda: shared_row_map(G=G, V_r=0.2, wires=wires, share=rng.random(size)), 20)
    line("all cells, each row read beside others, on half of its reads", together, None)
    tensor, _ = seconds(lambda: transfer_tensor(G=G, wires=wires), 2)
    line("transfer tensor (all cells, every row)", tensor, None)
    nonlinear, _ = seconds(
        lambda: cell_currents_nonlinear(G=G, V=V[:, :1], active=on[:, :1], inactive="grounded", k=5.0, wires=wires)
    )
    line("one pattern, cells I = G sinh(5 v) / 5", nonlinear, None)


def compare_large(size: int, theirs: bool) -> None:
    """1000 patterns on an array whose transfer tensor would be too large; snnmap in wall seconds too."""
    rng = np.random.default_rng(0)
    G = rng.uniform(0.1e-6, 25e-6, (size, size))
    on = rng.random((size, PATTERNS)) < 0.7
    V = 0.2 * on
    wires = Wires(OHM, OHM, 0.0, 0.0)
    cell_currents(G=G, V=V[:, :64], active=on[:, :64], inactive="grounded", wires=wires)
    began, start = time.perf_counter(), time.process_time()
    ours = cell_currents(G=G, V=V, active=on, inactive="grounded", wires=wires)
    total, wall = time.process_time() - start, time.perf_counter() - began
    print(
        f"\n{size} x {size}: {PATTERNS} patterns in {wall:.1f} s of wall time, {total:.1f} s of CPU time, on all cores"
    )
    print(f"{'':58s}{'snnmap ms':>11s}{'badcr. ms':>11s}{'ratio':>10s}   difference")
    if not theirs:
        line(f"{PATTERNS} patterns, per pattern", total / PATTERNS, None)
        return
    single, answer = seconds(lambda: badcrossbar_currents(G, V[:, :1]), 1)
    name = f"{PATTERNS} patterns, per pattern; badcrossbar: single calls"
    line(name, total / PATTERNS, single, difference(ours[:, :, 0], answer))
    block, answer = seconds(lambda: badcrossbar_currents(G, V[:, :100]), 1)
    name = f"{PATTERNS} patterns, per pattern; badcrossbar: one call of 100"
    line(name, total / PATTERNS, block / 100, difference(ours[:, :, :100], answer))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="128 x 128 only, fewer badcrossbar columns")
    parser.add_argument("--large", action="store_true", help="1000 patterns at 512 x 512 only")
    asked = parser.parse_args()
    theirs = importlib.util.find_spec("badcrossbar") is not None
    print(f"Python {platform.python_version()}, numpy {np.__version__}, CPU time, one BLAS thread")
    if not theirs:
        print("badcrossbar is not importable here: its columns stay empty (pip install badcrossbar)")
    warm = np.full((3, 3), 1e-6)
    wires = Wires(1.0, 1.0, 1.0, 1.0)
    cell_currents_nonlinear(G=warm, V=warm[:, :1], active=warm[:, :1] > 0, inactive="gated", k=1.0, wires=wires)
    if asked.large:
        compare_large(512, theirs)
        return
    for size in (128,) if asked.quick else (128, 256):
        compare(size, theirs, asked.quick)


if __name__ == "__main__":
    main()
