"""The first run after an installation: processor seconds with an empty and with a full cache, and per kernel.

    python benchmarks/cold_start.py [WORKLOAD]

Each run is a process of its own. A kernel's seconds are those of its own compilation, without the kernels it calls.
The target is 25 s of processor time for the first `snnmap compile mnist-mlp`.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from typing import Any

TARGET = 25.0
SHOWN = 40


def compiled(source: str) -> None:
    """Compile a workload and print the seconds of every kernel."""
    from numba.core import event

    class Seconds(event.Listener):
        """Exclusive processor seconds and specialisations per kernel."""

        def __init__(self) -> None:
            self.open: list[list[Any]] = []
            self.own: defaultdict[str, float] = defaultdict(float)
            self.count: Counter[str] = Counter()

        def on_start(self, event: Any) -> None:
            kernel = event.data["dispatcher"].py_func
            self.open.append([f"{kernel.__module__}.{kernel.__name__}", time.process_time(), 0.0])

        def on_end(self, event: Any) -> None:  # noqa: ARG002  numba names the argument
            name, start, inner = self.open.pop()
            seconds = time.process_time() - start
            self.own[name] += seconds - inner
            self.count[name] += 1
            if self.open:
                self.open[-1][2] += seconds

    import snnmap

    kernels = Seconds()
    with event.install_listener("numba:compile", kernels):
        snnmap.compile(source)
    listed = sorted(kernels.own.items(), key=lambda pair: -pair[1])
    total, several = sum(kernels.own.values()), kernels.count.total()
    print(f"{total:8.1f} s in {len(listed)} kernels, {several} specialisations")
    for name, seconds in listed[:SHOWN]:
        print(f"{seconds:8.2f} s {kernels.count[name]:3d} x {name.removeprefix('snnmap.')}")


def run(source: str, cache: str) -> tuple[float, str]:
    """Processor seconds of a compilation in a process of its own, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, __file__, "--inside", source]
    environment = {**os.environ, "NUMBA_CACHE_DIR": cache, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, done.stdout


def main() -> None:
    source = sys.argv[1] if len(sys.argv) > 1 else "mnist-mlp"
    with tempfile.TemporaryDirectory() as cache:
        cold, kernels = run(source, cache)
        warm, _ = run(source, cache)
    print(f"compile {source}: first run {cold:.1f} s of processor time (target {TARGET:.0f}), later runs {warm:.1f} s")
    print(kernels, end="")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        compiled(sys.argv[2])
    else:
        main()
