"""Results do not depend on how many chips there are; promises are kept between them, and mappings are files."""

import numpy as np
import pytest
from support import small_workload

import snnmap
from snnmap.evaluation.judgement import is_guaranteed
from snnmap.formats.mapping import decode, encode
from snnmap.hardware import load_hardware
from snnmap.legality.rules import verify
from snnmap.pipeline.plan import MOST_LINKS, plan_for
from snnmap.simulate.chip.rates import rates
from snnmap.simulate.mapped import deviation, replay

GRIDS = ("1x1", "2x1", "2x2", "1x3")
NOCS = ("tdm", "gated", "best-effort")


@pytest.fixture(scope="module")
def graph():
    return snnmap.profile(small_workload.workload())


@pytest.fixture(scope="module")
def made(graph, tmp_path_factory):
    """The small workload on every network and grid."""
    folder = tmp_path_factory.mktemp("chips")
    found = {}
    for noc in NOCS:
        path = folder / f"{noc}.toml"
        value = '{ value = 4096, unit = "1", source = "estimate: deep enough for a bound behind gates" }'
        path.write_text(f'{small_workload.CHIP}noc = "{noc}"\n[values]\nrouter_buffer_flits = {value}\n')
        for grid in GRIDS:
            options = snnmap.CompileOptions(hardware=f"{path}:chips={grid}", seed=3)
            found[noc, grid] = snnmap.compile(graph, options)
    return found


@pytest.mark.parametrize("noc", NOCS)
@pytest.mark.parametrize("grid", GRIDS)
def test_every_spike_is_the_same_on_any_number_of_chips(made, graph, noc, grid):
    mapped = made[noc, grid]
    assert verify(mapped.mapping, graph, mapped.hardware) == []
    played = replay(mapped.mapping, graph)
    assert deviation(graph, played) == 0
    alone = replay(made[noc, "1x1"].mapping, graph)
    for name in ("source", "step", "value"):
        assert np.array_equal(getattr(played, name), getattr(alone, name))


@pytest.mark.parametrize("noc", ["tdm", "gated"])
@pytest.mark.parametrize("grid", GRIDS)
def test_promises_are_kept_between_chips(made, noc, grid):
    mapped = made[noc, grid]
    assert is_guaranteed(mapped.mapping, mapped.hardware)
    found = rates(mapped.mapping, mapped.graph, mapped.hardware)
    for measured in (found.worst, found.frame, found.mean):
        assert measured.period <= found.promised
        assert measured.late.late == 0


@pytest.mark.parametrize("noc", NOCS)
def test_messages_between_chips_take_longer(made, noc):
    """The same tiles with other chips' borders: no message is faster, some are slower."""
    latencies = [made[noc, grid].mapping.figures["step_latency_s"] for grid in ("1x1", "2x2")]
    assert latencies[1] > latencies[0]


@pytest.mark.parametrize("noc", NOCS)
@pytest.mark.parametrize("grid", GRIDS)
def test_a_mapping_file_of_several_chips_is_read_back(made, noc, grid):
    mapped = made[noc, grid].mapping
    data = encode(mapped)
    assert encode(decode(data)) == data
    assert (b'"chips"' in data.partition(b'"clusters"')[0]) == (grid != "1x1")
    assert (b'"border_hop"' in data) == (grid != "1x1" and noc == "tdm")
    assert decode(data).chip.grid == tuple(map(int, grid.split("x")))


@pytest.fixture(scope="module")
def four(tmp_path_factory):
    """A network of 20 crossbars on four chips, under several objectives."""
    path = tmp_path_factory.mktemp("four") / "chip.toml"
    path.write_text(small_workload.CHIP.replace("rows = 16\ncolumns = 8", "rows = 12\ncolumns = 4"))
    graph = snnmap.profile(small_workload.workload())
    return {
        objective: snnmap.compile(graph, snnmap.CompileOptions(hardware=f"{path}:chips=2x2", objective=objective))
        for objective in ("traffic", "default", "energy")
    }


def test_links_between_chips_are_weighed_by_what_the_objective_is_for():
    machine, alone = load_hardware("pcm-four-chips"), load_hardware("pcm-mesh")
    weights = {name: plan_for(name).border(machine) for name in ("traffic", "default", "energy", "throughput")}
    assert weights == {"traffic": 1, "default": round(13.5 / 3), "energy": round(13.5 / 3), "throughput": round(75 / 6)}
    assert {plan_for(name).border(alone) for name in weights} == {1}
    free = machine.with_value("hop_energy", 0.0)
    assert plan_for("energy").border(free) == MOST_LINKS
    assert plan_for("energy").border(machine.with_value("chip_hop_energy", 0.0)) == 1


def test_fewer_messages_cross_where_that_costs(four):
    plain, weighed = (four[name].mapping.figures for name in ("traffic", "default"))
    assert weighed["hops_between_chips"] < plain["hops_between_chips"]
    assert weighed["energy_J"] < plain["energy_J"]
    assert four["energy"].mapping.figures["energy_J"] <= plain["energy_J"]


def test_who_compares_objectives_on_several_chips_gives_each_its_own_tiles(four):
    (pair,) = {made.mapping.chip.source for made in four.values()}
    options = snnmap.CompareOptions(objectives=("traffic", "default"), base=snnmap.CompileOptions(hardware=pair))
    found = snnmap.compare([small_workload.workload()], options)
    rows = [row for row in found.rows() if row["metric"] == "energy_J"]
    joules = {row["objective"]: row["value"] for row in rows}
    assert joules == {name: four[name].mapping.figures["energy_J"] for name in ("traffic", "default")}
    assert len(set(joules.values())) == 2
