"""A network on the cells of another mapping: just these cells, its own activity, and no other network."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

import snnmap
from snnmap.core.errors import InputError

SETTINGS = (("place", "sequential"), ("wire", "identity"))
LOAD = snnmap.LoadOptions(samples=2)


@pytest.fixture(scope="module")
def base():
    return snnmap.compile(
        "braille-rsnn", snnmap.CompileOptions(hardware="pcm-mesh:rows=32,columns=32", settings=SETTINGS), load=LOAD
    )


def spoken_up(factor=1.5):
    """The network with weights of its own, and so other spikes."""
    read = snnmap.load_network("braille-rsnn")
    grid = read.network.grid[read.network.population_of()[read.network.post]]
    return replace(read, network=replace(read.network, weight=np.rint(read.network.weight * factor / grid) * grid))


def fed(read, samples=2):
    """A profile of it on the data of the shipped one."""
    given = snnmap.load_workload("braille-rsnn", snnmap.LoadOptions(samples=samples))
    return snnmap.profile(replace(given, network=read.network))


def test_cells_are_those_of_the_other_mapping_and_spikes_its_own(base, tmp_path):
    assert base.mapping.clustering.clusters > 2
    snnmap.save(base.mapping, tmp_path / "base.json")
    graph = fed(spoken_up())
    found = snnmap.compile(graph, like=tmp_path / "base.json")
    mapping, before = found.mapping, base.mapping
    for record in ("clustering", "placement", "wiring"):
        own, other = getattr(mapping, record), getattr(before, record)
        for name in own.__dataclass_fields__:
            np.testing.assert_array_equal(getattr(own, name), getattr(other, name), err_msg=name)
    assert not np.array_equal(mapping.spikes, before.spikes)
    np.testing.assert_array_equal(mapping.spikes, graph.spikes)
    assert snnmap.verify(mapping, graph, found.hardware) == []
    assert mapping.origin.cells_of == before.origin.verified
    assert mapping.origin.verified not in {"", before.origin.verified}
    assert mapping.figures["spikes"] == int(graph.spikes[graph.network.externals :].sum())
    snnmap.save(mapping, tmp_path / "like.json")
    assert snnmap.load(tmp_path / "like.json").origin == mapping.origin


def test_the_same_network_gives_the_same_figures(base):
    """Schedule and figures are worked out as a compilation does."""
    again = snnmap.compile("braille-rsnn", like=base.mapping, load=LOAD)
    assert again.mapping.figures == base.mapping.figures
    np.testing.assert_array_equal(again.mapping.schedule.start, base.mapping.schedule.start)


def test_a_file_of_a_mapping_without_others_says_nothing_of_them(base, tmp_path):
    snnmap.save(base.mapping, tmp_path / "base.json")
    assert '"cells_of":' not in (tmp_path / "base.json").read_text()
    assert base.mapping.origin.cells_of is msgspec.UNSET


def test_other_populations_are_refused_by_name(base):
    with pytest.raises(InputError, match=r"population 'input' is input input \(784,\), there 'input' .*\(12,\)"):
        snnmap.compile("mnist-mlp", like=base.mapping, load=snnmap.LoadOptions(samples=1))


def test_a_missing_population_is_refused(base):
    fewer = replace(
        base.mapping,
        workload=msgspec.structs.replace(base.mapping.workload, populations=base.mapping.workload.populations[:-1]),
    )
    with pytest.raises(InputError, match=r"has 4 populations and the network that the mapping maps 3"):
        snnmap.compile("braille-rsnn", like=fewer, load=LOAD)


def test_a_synapse_without_a_cell_is_refused(base):
    """An input that is connected to fewer crossbars in the mapping than it would have to be."""
    clustering = base.mapping.clustering
    last = int(clustering.row_ptr[-1]) - 1
    row_ptr = np.append(clustering.row_ptr[:-1], last)
    poorer = replace(
        base.mapping, clustering=replace(clustering, row_ptr=row_ptr, row_source=clustering.row_source[:last])
    )
    with pytest.raises(InputError, match="the synapses of braille-rsnn are not those that the mapping has cells for"):
        snnmap.compile("braille-rsnn", like=poorer, load=LOAD)


def test_unrolled_mappings_are_refused(base):
    unrolled = replace(base.mapping, origin=msgspec.structs.replace(base.mapping.origin, split="unroll"))
    with pytest.raises(InputError, match="neurons were unrolled"):
        snnmap.compile("braille-rsnn", like=unrolled, load=LOAD)


def test_options_are_those_of_the_mapping(base):
    with pytest.raises(InputError, match="leave options and algorithms out"):
        snnmap.compile("braille-rsnn", snnmap.CompileOptions(), like=base.mapping, load=LOAD)
