"""Figures of machines of several chips: counted by hand, added up, recounted, and refused where they are forged."""

import math
from dataclasses import replace

import numpy as np
import pytest
from oracles import hops
from support import small_workload
from support.hand_counted import activity, machine, mapping

import snnmap
from snnmap.evaluation.dynamic import dynamic_energy
from snnmap.evaluation.figures import ENERGIES, evaluate, figures
from snnmap.legality.rules import verify
from snnmap.reliability.device import chip_thermal

GRIDS = ("2x1", "1x2", "2x2", "4x1")


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    """The small workload on one chip and on several, by grid; flits end a step, so that they cross too."""
    path = tmp_path_factory.mktemp("chips") / "chip.toml"
    path.write_text(small_workload.CHIP + "end_of_step = true\n")
    graph = snnmap.profile(small_workload.workload())
    options = snnmap.CompileOptions(hardware=str(path), seed=3)
    names = {"1x1": str(path), **{grid: f"{path}:chips={grid}" for grid in GRIDS}}
    return {grid: snnmap.compile(graph, replace(options, hardware=name)) for grid, name in names.items()}


def test_two_chips_counted_by_hand():
    two = replace(machine(), mesh_width=1).of_chips(2, 1)
    assert (two.mesh_width, two.mesh_height, two.chip_mesh) == (2, 2, (1, 2))
    found = figures(evaluate(mapping(), activity(), two))
    # neuron 2 goes east to the other chip, then up; neuron 3 east; the partial sum of its column up, on that chip
    assert found["hops"] == 3 * 2 + 4 * 1 + 4 * 1
    assert found["hops_between_chips"] == 3 + 4
    assert found["chips"] == 2
    assert found["energy_chip_links_J"] == pytest.approx(7 * 13.5e-12 / 2)
    assert found["energy_noc_J"] == pytest.approx(7 * 3e-12 / 2)
    alone = figures(evaluate(mapping(), activity(), machine()))
    assert "energy_chip_links_J" not in alone
    assert "hops_between_chips" not in alone
    assert alone["energy_noc_J"] == pytest.approx(14 * 3e-12 / 2)
    assert found["energy_J"] - alone["energy_J"] == pytest.approx(7 * (13.5e-12 - 3e-12) / 2)


@pytest.mark.parametrize("grid", GRIDS)
def test_parts_of_the_energy_add_up(machines, grid):
    found = machines[grid].mapping.figures
    parts = [found[f"energy_{name}_J"] for name in ENERGIES]
    assert math.isclose(math.fsum(parts), found["energy_J"], rel_tol=1e-9)
    assert found["energy_chip_links_J"] > 0


@pytest.mark.parametrize("grid", GRIDS)
def test_hops_between_chips_are_those_of_walked_messages(machines, grid):
    made = machines[grid]
    chip, graph, clustering = made.hardware, made.graph, made.mapping.clustering
    wide, high = chip.chip_mesh
    where = [divmod(t, chip.mesh_width)[::-1] for t in made.mapping.placement.tile.tolist()]
    crossed = 0
    rows = [set(clustering.row_source[clustering.rows_of(k)].tolist()) for k in range(clustering.clusters)]
    columns = [clustering.column_neuron[clustering.columns_of(k)].tolist() for k in range(clustering.clusters)]
    sent = clustering.column_ptr

    def borders(start, ends):
        return sum((a // wide, b // high) != (c // wide, d // high) for (a, b), (c, d) in hops.tree(start, ends))

    externals, bias = graph.network.externals, graph.network.is_bias()
    for source in np.flatnonzero(~bias).tolist():
        home = -1 if source < externals else int(clustering.home[source - externals])
        goals = [where[k] for k in range(clustering.clusters) if source in rows[k] and k != home]
        crossed += int(graph.spikes[source]) * borders(chip.port if home < 0 else where[home], goals)
    for k, neurons in enumerate(columns):
        for at, neuron in enumerate(neurons):
            home = int(clustering.home[neuron - externals])
            if home != k:
                crossed += int(made.mapping.partial_messages[sent[k] + at]) * borders(where[k], [where[home]])
    assert made.mapping.figures["hops_between_chips"] == crossed


@pytest.mark.parametrize("grid", GRIDS)
def test_figures_of_links_between_chips_are_recounted(machines, grid):
    made = machines[grid]
    assert verify(made.mapping, made.graph, made.hardware) == []
    for name, value in (("hops_between_chips", 1), ("energy_chip_links_J", 1e-15), ("chips", 3)):
        forged = replace(made.mapping, figures={**made.mapping.figures, name: value})
        assert name in {v.where for v in verify(forged, made.graph, made.hardware) if v.rule == "figures"}


def test_another_grid_than_the_mapping_says_is_refused(machines):
    made = machines["2x2"]
    wrong = verify(made.mapping, made.graph, machines["4x1"].hardware)
    assert {"hardware-digest", "hardware-facts"} <= {v.rule for v in wrong}
    lied = replace(made.mapping, chip=replace_facts(made.mapping.chip, chips=(1, 4)))
    assert [(v.rule, v.where) for v in verify(lied, made.graph, made.hardware)] == [("hardware-facts", "grid")]


def replace_facts(facts, **changed):
    return type(facts)(**{**{name: getattr(facts, name) for name in facts.__struct_fields__}, **changed})


def test_energy_at_other_constants_is_what_is_evaluated_there(machines):
    made = machines["2x2"]
    other = made.hardware.with_value("chip_hop_energy", 99e-12)
    ours = dynamic_energy(made.mapping.figures, made.hardware, other)
    fresh = figures(evaluate(made.mapping, made.graph, other))
    assert ours["energy_chip_links_J"] == pytest.approx(fresh["energy_chip_links_J"], rel=1e-8)
    assert ours["energy_J"] == pytest.approx(fresh["energy_J"], rel=1e-8)
    assert "energy_chip_links_J" not in dynamic_energy(
        machines["1x1"].mapping.figures, machines["1x1"].hardware, machines["1x1"].hardware
    )


def test_a_chip_warms_itself_alone(machines):
    made = machines["2x2"]
    heat, chip = chip_thermal(made.hardware, made.hardware.technology), made.hardware
    (wide, high), tiles = chip.chip_mesh, np.arange(chip.tiles)
    number = tiles // chip.mesh_width // high * 2 + tiles % chip.mesh_width // wide
    rng = np.random.default_rng(0)
    power = rng.random(chip.tiles)
    rises = heat.rise(power)
    for k in range(4):
        one = chip_thermal(replace(chip, mesh_width=wide, mesh_height=high, chips=type(chip.chips)()), chip.technology)
        np.testing.assert_allclose(rises[number == k], one.rise(power[number == k]), rtol=1e-12)
    np.testing.assert_allclose(heat.matrix() @ power, rises, rtol=1e-9)
    assert not heat.matrix()[np.ix_(number == 0, number == 3)].any()
