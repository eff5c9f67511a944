"""Where a neuron is, what a tile holds, how two mappings differ: against the record itself."""

from dataclasses import replace

import numpy as np
import pytest
from support.origins import replaced

import snnmap
from snnmap.core.errors import InputError
from snnmap.pipeline.compile import Compiled


def entries(compiled: Compiled, side: str) -> list[tuple[int, int, int]]:
    """(cluster, id, line) of every row or column entry."""
    clustering, wiring = compiled.mapping.clustering, compiled.mapping.wiring
    ptr, ids, lines = {
        "row": (clustering.row_ptr, clustering.row_source, wiring.row),
        "column": (clustering.column_ptr, clustering.column_neuron, wiring.column),
    }[side]
    return [(k, int(ids[e]), int(lines[e])) for k in range(clustering.clusters) for e in range(ptr[k], ptr[k + 1])]


def test_every_source_is_found_where_it_is(compiled: Compiled) -> None:
    mapping, network = compiled.mapping, compiled.graph.network
    tile = mapping.placement.tile.tolist()
    for source in range(network.sources):
        found = snnmap.where(mapping, str(source))
        for side in ("row", "column"):
            told = [(line["cluster"], line["tile"], line[side]) for line in found[f"{side}s"]]
            assert told == [(k, tile[k], line) for k, s, line in entries(compiled, side) if s == source]
        assert found["spikes"] == int(compiled.graph.spikes[source])
        homes = [line["cluster"] for line in found["columns"] if line["home"]]
        assert homes == (
            [] if source < network.externals else [int(mapping.clustering.home[source - network.externals])]
        )
        assert snnmap.where(mapping, found["name"]) == found


def test_an_input_says_that_it_has_no_column(compiled: Compiled) -> None:
    found = snnmap.where(compiled.mapping, "input[3]")
    assert found["source"] == 3
    assert (found["home"], found["tile"], found["columns"]) == (None, None, [])


def test_every_tile_holds_its_clusters(compiled: Compiled) -> None:
    mapping = compiled.mapping
    for tile in range(compiled.hardware.tiles):
        found = snnmap.where(mapping, tile=tile)
        assert [c["cluster"] for c in found["clusters"]] == np.flatnonzero(mapping.placement.tile == tile).tolist()
        for held in found["clusters"]:
            for side in ("row", "column"):
                there = {line: i for k, i, line in entries(compiled, side) if k == held["cluster"]}
                assert held[f"{side}s"] == there
        assert found["position"] == [tile % compiled.hardware.mesh_width, tile // compiled.hardware.mesh_width]
    busy = snnmap.where(mapping, tile=int(mapping.placement.tile[0]))
    assert "first (" in busy["clusters"][0]["contents"]


def test_a_mapping_is_as_itself(compiled: Compiled) -> None:
    found = snnmap.diff(compiled.mapping, compiled.mapping)
    assert found["moved_neurons"] == 0
    assert all(f["a"] == f["b"] and f["ratio"] in {1.0, None} for f in found["figures"])
    assert found["notes"][:2] == ["workload: the same", "hardware: the same"]


def test_differences_are_counted(compiled: Compiled) -> None:
    mapping = compiled.mapping
    tile = mapping.placement.tile.copy()
    tile[[0, 1]] = tile[[1, 0]]
    moved = int(np.isin(mapping.clustering.home, [0, 1]).sum())
    other = replace(
        mapping,
        placement=replace(mapping.placement, tile=tile),
        figures={**mapping.figures, "hops": 2 * mapping.figures["hops"], "extra": "x"},
        chip=replaced(mapping.chip, digest="other"),
    )
    found = snnmap.diff(mapping, other)
    assert found["moved_neurons"] == moved > 0
    by_name = {f["name"]: f for f in found["figures"]}
    assert by_name["hops"]["ratio"] == 2
    assert by_name["extra"] == {"name": "extra", "unit": "", "a": None, "b": "x", "ratio": None}
    assert "hardware: different" in found["notes"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("999", "ids run from 0 to 41"),
        ("-1", "neither a source id nor"),
        ("first", "neither a source id nor"),
        ("first[12]", r"outside first of shape \(12,\)"),
        ("first[0, 0]", "outside first"),
        ("third[0]", "there is no population 'third'; populations: input"),
        ("", "neither"),
    ],
)
def test_unknown_neurons_are_named(compiled: Compiled, asked: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        snnmap.where(compiled.mapping, asked)


@pytest.mark.parametrize("tile", [-1, 12])
def test_unknown_tiles_are_named(compiled: Compiled, tile: int) -> None:
    with pytest.raises(InputError, match="tiles 0 to 11"):
        snnmap.where(compiled.mapping, tile=tile)


def test_what_points_at_nothing_is_not_looked_up(compiled: Compiled) -> None:
    mapping = compiled.mapping
    clustering, placement = mapping.clustering, mapping.placement
    first_wrong = lambda ids, value: np.concatenate([[value], ids[1:]])  # noqa: E731
    broken = (
        replace(mapping, clustering=replace(clustering, home=first_wrong(clustering.home, 99))),
        replace(mapping, clustering=replace(clustering, home=clustering.home[1:])),
        replace(mapping, clustering=replace(clustering, row_source=first_wrong(clustering.row_source, 42))),
        replace(mapping, clustering=replace(clustering, column_neuron=first_wrong(clustering.column_neuron, 3))),
        replace(mapping, placement=replace(placement, tile=first_wrong(placement.tile, 12))),
        replace(mapping, spikes=mapping.spikes[1:]),
    )
    for one in broken:
        for ask in (
            lambda m=one: snnmap.where(m, "21"),
            lambda m=one: snnmap.where(m, tile=0),
            lambda m=one: snnmap.diff(m, mapping),
        ):
            with pytest.raises(InputError, match="snnmap verify"):
                ask()


def cells_of(compiled: Compiled, facts: dict[str, object]) -> list[tuple[object, ...]]:
    """(array, word line, bit line, sign, slice) of the cells of a synapse, at row 5 and column 3."""
    clustering, wiring = compiled.mapping.clustering, compiled.mapping.wiring
    row, column = wiring.row.copy(), wiring.column.copy()
    row[clustering.rows_of(0)], column[clustering.columns_of(0)] = (
        np.roll(np.arange(own.stop - own.start), -shift)
        for own, shift in ((clustering.rows_of(0), 5), (clustering.columns_of(0), 3))
    )
    wired = replace(wiring, row=row, column=column)
    mapping = replace(compiled.mapping, wiring=wired, chip=replaced(compiled.mapping.chip, **facts))
    source, neuron = int(clustering.row_source[0]), int(clustering.column_neuron[0])
    found = snnmap.where(mapping, neuron, source=source)
    assert (found["cluster"], found["tile"]) == (0, int(mapping.placement.tile[0]))
    assert (found["row"], found["column"]) == (5, 3)
    return [tuple(cell.values()) for cell in found["cells"]]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, [(0, 5, 3, "+", 0), (1, 5, 3, "-", 0)]),
        (
            {"levels": 4, "slices": 2},
            [(0, 5, 6, "+", 0), (0, 5, 7, "+", 1), (1, 5, 6, "-", 0), (1, 5, 7, "-", 1)],
        ),
        (
            {"encoding": "pair_columns", "levels": 4, "slices": 2},
            [(0, 5, 12, "+", 0), (0, 5, 13, "+", 1), (0, 5, 14, "-", 0), (0, 5, 15, "-", 1)],
        ),
        ({"encoding": "pair_rows"}, [(0, 10, 3, "+", 0), (0, 11, 3, "-", 0)]),
        (
            {"encoding": "offset_column", "levels": 2, "slices": 2},
            [(0, 5, 6, "+ less reference", 0), (0, 5, 7, "+ less reference", 1)],
        ),
    ],
)
def test_the_cells_of_a_synapse_are_told_with_their_signs_and_slices(
    compiled: Compiled, facts: dict[str, object], expected: list[tuple[object, ...]]
) -> None:
    assert cells_of(compiled, facts) == expected


def test_two_that_share_no_crossbar_have_no_synapse(compiled: Compiled) -> None:
    with pytest.raises(InputError, match=r"input\[0\] and out\[1\] share no crossbar"):
        snnmap.where(compiled.mapping, "out[1]", source="input[0]")
    with pytest.raises(InputError, match="needs the neuron that hears it"):
        snnmap.where(compiled.mapping, tile=0, source="input[0]")
