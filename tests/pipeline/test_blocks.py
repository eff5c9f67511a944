"""A shipped network on tiles that its clusters share: blocks of steps are faster, wear less, and stay in the file."""

from pathlib import Path

import numpy as np
import pytest

import snnmap
from snnmap.legality.rules import verify
from snnmap.pipeline.compile import Compiled

CHIP = """
name = "two by two"
extends = "pcm-mesh-shared"
description = "four tiles that clusters share"
[mesh]
width = 2
height = 2
"""


@pytest.fixture(scope="module")
def by_block(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Compiled]:
    """mnist-mlp step by step, and in the blocks that the memory allows (0)."""
    chip = tmp_path_factory.mktemp("blocks") / "chip.toml"
    chip.write_text(CHIP)
    graph = snnmap.profile("mnist-mlp")
    options = {block: snnmap.CompileOptions(str(chip), settings={"schedule.block": block}) for block in (1, 0)}
    return {block: snnmap.compile(graph, chosen) for block, chosen in options.items()}


def test_a_frame_is_a_block_and_a_step_takes_a_twentieth(by_block: dict[int, Compiled]) -> None:
    slow, fast = (by_block[block].mapping for block in (1, 0))
    assert (slow.schedule.block, fast.schedule.block) == (1, 32)
    assert "block_steps" not in slow.figures
    assert fast.figures["block_steps"] == 32
    assert 20 * fast.figures["period_s"] < slow.figures["period_s"]
    assert fast.figures["period_gap_share"] == 0
    assert slow.figures["period_gap_share"] < 1e-6
    assert fast.figures["latency_s"] < slow.figures["latency_s"]
    first = fast.schedule.latency * fast.sdfg.tick + 31 * fast.figures["period_s"]
    assert fast.figures["step_latency_s"] == pytest.approx(first)


def test_what_is_programmed_once_for_a_block_costs_and_wears_as_often(by_block: dict[int, Compiled]) -> None:
    """In real time a step takes 1 ms or its period, so that programming goes down by 32, and by 3.8 in time."""
    slow, fast = (by_block[block].mapping.figures for block in (1, 0))
    each = "device_energy_programming_J"
    assert slow[each] == pytest.approx(32 * fast[each], rel=1e-6)
    paced = slow["period_s"] / 1e-3
    assert fast["device_first_failure_s"] / slow["device_first_failure_s"] == pytest.approx(32 / paced, rel=0.02)


def test_the_file_keeps_blocks_and_the_chip_executes_them(by_block: dict[int, Compiled], tmp_path: Path) -> None:
    compiled = by_block[0]
    path = tmp_path / "mapping.json"
    snnmap.save(compiled.mapping, path)
    again = snnmap.load(path)
    assert again.schedule.block == 32
    assert np.array_equal(again.schedule.lags(), compiled.mapping.schedule.lags())
    assert verify(again, compiled.graph, compiled.hardware) == []
    found = snnmap.rates(again, compiled.graph, compiled.hardware, snnmap.ExecuteOptions(worst=True))
    assert found.ratio(found.worst) == 1
    assert found.worst.late.late == 0
    assert float(found.promised) * found.tick == pytest.approx(compiled.mapping.figures["period_s"])
    assert any("a block of 32 steps" in remark for remark in snnmap.throughput(again).graph.remarks)
