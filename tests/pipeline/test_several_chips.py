"""Results do not depend on how many chips there are; promises are kept between them, and mappings are files."""

import numpy as np
import pytest
from support import small_workload

import snnmap
from snnmap.evaluation.judgement import is_guaranteed
from snnmap.formats.mapping import decode, encode
from snnmap.legality.rules import verify
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
