"""Objective accuracy from end to end: never worse than traffic, the same bytes again, off the stuck cells of a chip."""

from dataclasses import replace

import numpy as np
import pytest
from support import small_workload

import snnmap
from snnmap.core.errors import InputError
from snnmap.evaluation.disturbance import FIGURE, error_share
from snnmap.ir.devices import ChipMap
from snnmap.simulate.imperfect.chips import places_of


@pytest.fixture(scope="module")
def graph():
    return snnmap.profile(small_workload.workload())


def compiled(graph, machine, objective="accuracy", **more):
    options = snnmap.CompileOptions(hardware=str(machine), technology="pcm-16", objective=objective, seed=3, **more)
    return snnmap.compile(graph, options)


def drawn(hardware, share, seed=0):
    """A chip with stuck cells, on and off alike."""
    lot = np.random.default_rng(seed).random((hardware.tiles, *places_of(hardware)))
    stuck = np.where(lot < share / 2, 1, np.where(lot < share, -1, 0)).astype(np.int8)
    lines = (hardware.tiles, hardware.columns * hardware.weights.slices)
    return ChipMap(hardware.name, (hardware.mesh_width, hardware.mesh_height), stuck, np.ones(lines), np.zeros(lines))


def test_the_figure_is_less_than_under_traffic_and_recounted(graph, chip):
    mine, base = (compiled(graph, chip, name) for name in ("accuracy", "traffic"))
    assert FIGURE not in base.mapping.figures
    assert mine.mapping.figures[FIGURE] == pytest.approx(error_share(mine.view), rel=1e-8)
    assert mine.mapping.figures[FIGURE] < 0.95 * error_share(base.view)
    assert (mine.verdict.figure, mine.verdict.traffic) == (FIGURE, pytest.approx(error_share(base.view), rel=1e-8))
    assert mine.mapping.placement.tile.tolist() == base.mapping.placement.tile.tolist()


def test_the_same_seed_gives_the_same_bytes(graph, chip, tmp_path):
    for name in ("a.json", "b.json"):
        snnmap.save(compiled(graph, chip).mapping, tmp_path / name)
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_a_file_verifies_and_a_forged_figure_does_not(graph, chip, tmp_path):
    snnmap.save_profile(graph, tmp_path / "p.npz")
    mapping = compiled(graph, chip).mapping
    snnmap.save(mapping, tmp_path / "m.json")
    assert snnmap.verify_file(tmp_path / "m.json", workload=str(tmp_path / "p.npz")) == []
    forged = replace(mapping, figures={**mapping.figures, FIGURE: 0.0})
    snnmap.save(forged, tmp_path / "m.json")
    wrong = snnmap.verify_file(tmp_path / "m.json", workload=str(tmp_path / "p.npz"))
    assert any(FIGURE in str(each) for each in wrong)


def test_a_kept_mapping_of_traffic_has_the_figure_too(graph, chip, monkeypatch):
    from snnmap.stages.wire import LeastError
    from snnmap.stages.wire.sorting import Identity

    monkeypatch.setattr(LeastError, "__call__", Identity.__call__)
    mine = compiled(graph, chip)
    assert mine.mapping.figures[FIGURE] == pytest.approx(error_share(mine.view), rel=1e-8)
    assert any("nothing to gain here" in line for line in mine.remarks())
    assert snnmap.verify(mine.mapping, mine.graph, mine.hardware) == []


def test_wiring_for_a_chip_disturbs_less_on_it(graph, chip):
    blind = compiled(graph, chip)
    known = drawn(blind.hardware, 0.03)
    seeing, traffic = compiled(graph, chip, chip=known), compiled(graph, chip, "traffic")
    on_it = {name: error_share(c.view, known) for name, c in (("blind", blind), ("own", seeing), ("t", traffic))}
    assert on_it["own"] < 0.8 * on_it["blind"]
    assert on_it["own"] < 0.8 * on_it["t"]
    assert seeing.verdict.value == pytest.approx(on_it["own"], rel=1e-8)
    assert seeing.mapping.figures[FIGURE] == pytest.approx(error_share(seeing.view), rel=1e-8)
    assert any("on the chip that was given, by wires and stuck cells" in line for line in seeing.remarks())
    assert snnmap.verify(seeing.mapping, seeing.graph, seeing.hardware) == []


def test_a_stuck_row_is_left_free_where_there_is_room(graph, chip):
    """One word line of every tile is stuck on: clusters that do not fill their crossbar leave it."""
    blind = compiled(graph, chip)
    known = drawn(blind.hardware, 0.0)
    stuck = known.stuck.copy()
    stuck[:, :, :, 15, :] = 1
    mine = compiled(graph, chip, chip=replace(known, stuck=stuck))
    clustering, wiring = mine.mapping.clustering, mine.mapping.wiring
    sparing = [k for k in range(clustering.clusters) if np.diff(clustering.row_ptr)[k] < mine.hardware.rows]
    assert sparing
    spikes = mine.graph.spikes[clustering.row_source]
    for k in sparing:
        rows = clustering.rows_of(k)
        at = np.flatnonzero(wiring.row[rows] == 15)
        assert not spikes[rows][at].any(), k


def test_a_chip_is_for_wiring_that_looks_at_it(graph, chip):
    known = drawn(compiled(graph, chip).hardware, 0.01)
    with pytest.raises(InputError, match="does not wire for one chip"):
        compiled(graph, chip, "thermal", chip=known)
    ordered = compiled(graph, chip, "default", chip=known, settings=(("wire", "least_error"),))
    assert ordered.mapping.origin.plan.wire.algorithm == "least_error"
    assert ordered.verdict is None


def test_a_chip_of_another_mesh_is_refused(graph, chip):
    known = drawn(compiled(graph, chip).hardware, 0.01)
    width, height = known.mesh
    wide = replace(
        known,
        mesh=(width + 1, height),
        stuck=np.zeros(((width + 1) * height, *known.stuck.shape[1:]), np.int8),
        gain=np.ones(((width + 1) * height, known.gain.shape[1])),
        offset=np.zeros(((width + 1) * height, known.gain.shape[1])),
    )
    with pytest.raises(InputError, match="draw or measure a chip of that mesh"):
        compiled(graph, chip, chip=wide)


def test_recorded_activity_and_espine_cells_are_wired_too(graph, chip):
    bare = replace(graph, events=None, dynamics=None)
    mine = compiled(bare, chip)
    assert mine.mapping.figures[FIGURE] < error_share(compiled(bare, chip, "traffic").view)
    other = snnmap.CompileOptions(hardware=str(chip), technology="espine-pcm-65", objective="accuracy", seed=3)
    assert snnmap.compile(graph, other).mapping.figures[FIGURE] > 0.0
