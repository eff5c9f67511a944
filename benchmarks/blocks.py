"""Blocks of steps and rounds on shared tiles: time per step, how far it is from what no order can beat, and the price.

Run: python benchmarks/blocks.py [WORKLOAD:SIDE ...]. A workload is compiled for side x side tiles that clusters share,
step by step (`schedule.block=1`) and in the blocks that the tiles' memory allows, and each mapping is executed at its
worst: `worst` is its simulated rate over the promised one, which must not be below 1.
"""

import argparse
import tempfile
from pathlib import Path

import snnmap

CASES = ("mnist-mlp:2", "nmnist-cnn:4", "nmnist-cnn:2")
CHIP = """
name = "shared"
extends = "pcm-mesh-shared"
description = "Tiles that clusters share"
[mesh]
width = {side}
height = {side}
"""
COLUMNS = (
    f"{'workload':<13} {'tiles':>5} {'steps a block':>13} {'a step':>12} {'above bound':>11} {'rounds':>6} "
    f"{'a frame':>10} {'worst':>7} {'late':>5} {'first failure':>14}"
)


def line(workload: str, side: int, folder: Path, block: int) -> str:
    """What blocks of that many steps (0: as the memory allows) come to."""
    chip = folder / f"{side}.toml"
    chip.write_text(CHIP.format(side=side))
    settings = {"schedule.block": str(block)}
    compiled = snnmap.compile(workload, snnmap.CompileOptions(hardware=str(chip), settings=settings))
    figure, schedule = compiled.mapping.figures, compiled.mapping.schedule
    executed = (compiled.mapping, compiled.graph, compiled.hardware, snnmap.ExecuteOptions(worst=True))
    found = snnmap.rates(*executed)
    worst, behind = found.worst, int(schedule.lags().max())
    return (
        f"{workload:<13} {side:>2}x{side:<2} {schedule.block:>13} {figure['period_s'] * 1e6:9.2f} us "
        f"{100 * figure['period_gap_share']:9.2f} % {behind:>6} {figure['latency_s'] * 1e3:7.1f} ms "
        f"{found.ratio(worst):7.4f} {worst.late.late:>5} {figure['device_first_failure_s']:12.3g} s"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", default=CASES)
    print(COLUMNS)
    with tempfile.TemporaryDirectory() as folder:
        for case in parser.parse_args().cases:
            workload, _, side = case.partition(":")
            for block in (1, 0):
                print(line(workload, int(side), Path(folder), block), flush=True)


if __name__ == "__main__":
    main()
