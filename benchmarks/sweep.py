"""A sweep killed three times and one on a Dask cluster against one that was left alone; two workers against one.

pip install 'snnmap[sweep]'
nice python benchmarks/sweep.py [--samples 20] [--seeds 0..2]

mnist-mlp over four sizes of crossbar, three nodes, two objectives and the seeds: alone with one worker, alone with two,
killed with -9 after a third of the runs each time, and on a Dask LocalCluster of two workers. Rows are compared but for
the seconds they took; wall seconds of the first two are the scaling, honest on an idle machine alone.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import distributed

from snnmap.study.rows import journal_of, rows_in
from snnmap.study.sweep import TIMES


def command(table, given, *more):
    """The sweep into a table."""
    grid = ["--crossbar", "64,96,128,256", "--technology", "pcm-65,pcm-32,pcm-16", "--objective", "traffic,energy"]
    own = ["--seeds", given.seeds, "--samples", str(given.samples), "-q", "-o", str(table)]
    return [sys.executable, "-m", "snnmap", "sweep", "mnist-mlp", *grid, *own, *more]


def ran(table, given, *more):
    """Rows without seconds, and the wall seconds of the sweep."""
    begun = time.monotonic()
    subprocess.run(command(table, given, *more), check=True, stdout=subprocess.DEVNULL)
    return timeless(table), time.monotonic() - begun


def timeless(table):
    """Rows by run, but for what differs from one time to the next."""
    return {run: {k: v for k, v in row.items() if k not in TIMES} for run, row in rows_in(table).items()}


def killed(table, given, total):
    """The sweep, killed three times on its way; how many runs each of them had finished."""
    finished = []
    for part in (0.25, 0.5, 0.75):
        running = subprocess.Popen(command(table, given), stdout=subprocess.DEVNULL, start_new_session=True)
        while running.poll() is None and lines(table) < part * total:
            time.sleep(0.05)
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
        finished.append(lines(table))
    done = subprocess.run(command(table, given), check=True, capture_output=True, text=True).stdout
    made = int(done.rsplit("runs; ", 1)[1].split(" made now")[0])
    return finished, made


def lines(table):
    """Runs in the journal."""
    path = journal_of(table)
    return path.read_bytes().count(b"\n") if path.exists() else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--seeds", default="0..2")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        tables = {name: Path(folder) / f"{name}.parquet" for name in ("one", "two", "killed", "cluster")}
        whole, one = ran(tables["one"], given, "--workers", "1")
        other, two = ran(tables["two"], given, "--workers", "2")
        print(f"{len(whole)} runs: 1 worker {one:.0f} s, 2 workers {two:.0f} s, ratio {one / two:.2f}; rows equal: "
              f"{whole == other}", flush=True)  # fmt: skip
        finished, made = killed(tables["killed"], given, len(whole))
        same = list(timeless(tables["killed"]).items()) == list(whole.items())
        print(f"killed after {', '.join(map(str, finished))} runs, then {made} made; rows equal: {same}", flush=True)
        with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
            there, wall = ran(tables["cluster"], given, "--scheduler", cluster.scheduler_address)
        print(f"Dask LocalCluster of 2 workers: {wall:.0f} s; rows equal: {there == whole}")


if __name__ == "__main__":
    main()
