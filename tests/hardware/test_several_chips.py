"""Several chips as one machine: what files and names say, what the mesh is then, and which of its links are borders."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import hops

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.core.toml import Table
from snnmap.hardware import Mesh, describe, load_hardware
from snnmap.hardware.chips import Chips
from snnmap.hardware.reader import read_chips

SMALL = st.integers(1, 3)

LINKS = """
[chips.links]
hop_energy = { value = 20, unit = "pJ", source = "estimate: test" }
hop_time = { value = 30, unit = "ns", source = "estimate: test" }
flit_time = { value = 50, unit = "ns", source = "estimate: test" }
"""


def written(tmp_path, text, extends="pcm-mesh"):
    path = tmp_path / "machine.toml"
    path.write_text(f'name = "machine"\ndescription = "test"\nextends = "{extends}"\n{text}')
    return str(path)


def test_a_grid_of_chips_is_one_mesh():
    four = load_hardware("pcm-four-chips")
    assert (four.mesh_width, four.mesh_height, four.tiles) == (16, 16, 256)
    assert (four.chips.grid, four.chips.count, four.chip_mesh) == ((2, 2), 4, (8, 8))
    assert four.topology == Mesh(16, 16, (8, 8))
    assert (four["chip_hop_energy"], four["chip_flit_time"], four.border_hop_time) == (13.5e-12, 35e-9, 40e-9)
    assert any("2 x 2 equal chips have 8 x 8 tiles, 256 in all" in line for line in describe(four))
    assert any("A hop between chips takes 13.5 pJ and 40 ns" in line for line in describe(four))


def test_a_name_may_say_how_many_chips_there_are():
    two = load_hardware("pcm-mesh:chips=2x1,tiles=3x4")
    assert (two.mesh_width, two.mesh_height, two.chip_mesh) == (6, 4, (3, 4))
    assert load_hardware("pcm-four-chips:chips=1x3").chip_mesh == (8, 8)
    assert load_hardware("pcm-four-chips:tiles=2x5").mesh_height == 10


def test_one_chip_is_what_it_was():
    for name in ("pcm-mesh", "pcm-mesh-shared"):
        chip = load_hardware(name)
        assert load_hardware(f"{name}:chips=1x1").digest() == chip.digest()
        assert "chips" not in chip.table()
        assert not any(key.startswith("chip_") for key in chip.quantities())
        assert chip.topology.chip == (0, 0)
        assert load_hardware(f"{name}:chips=2x1").digest() != chip.digest()
    alone = load_hardware("pcm-four-chips:chips=1x1")
    assert "chip_hop_time" not in alone.values
    assert alone.tiles == 64


def test_links_of_chips_are_the_same_at_every_node_and_in_the_constants():
    old, new = (load_hardware("pcm-four-chips", f"pcm-{node}") for node in (65, 16))
    assert old["hop_energy"] > new["hop_energy"]
    assert old["chip_hop_energy"] == new["chip_hop_energy"]
    assert "chip_hop_time" in {key for key, _ in old.recalled()}


def test_no_flit_goes_on_before_it_has_come_as_a_whole(tmp_path):
    slow = load_hardware(written(tmp_path, "[chips]\ngrid = [2, 1]\n" + LINKS))
    assert slow.border_hop_time == 50e-9


def test_a_file_may_change_one_value_of_the_links_that_it_extends(tmp_path):
    text = '[chips.links]\nflit_time = { value = 1, unit = "us", source = "estimate: test" }\n'
    found = load_hardware(written(tmp_path, "[chips]\ngrid = [1, 2]\n" + text))
    assert (found["chip_flit_time"], found["chip_hop_energy"]) == (1e-6, 13.5e-12)


def test_adaptive_chips_grow_alike():
    two = load_hardware("pcm-mesh:chips=2x1")
    assert two.adaptive
    assert (two.sized(9).chip_mesh, two.sized(9).tiles) == ((3, 2), 12)
    assert two.sized(1).tiles == 2
    assert load_hardware("pcm-mesh:chips=3x3").sized(9).chip_mesh == (1, 1)
    most = load_hardware("pcm-mesh").max_tiles
    assert (two.max_tiles, two.min_tiles) == (2 * most, 2)
    with pytest.raises(InfeasibleError, match=rf"need {2 * most + 1:,}, have {2 * most:,}"):
        two.sized(2 * most + 1)
    assert load_hardware("dynap-se-pcm:chips=2x2").sized(1).chip_mesh == (2, 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[chips]\ngrid = [0, 1]\n", "chips.grid: must be a list of integers of at least 1"),
        ("[chips]\ngrid = [2.5, 1]\n", "chips.grid"),
        ('[chips]\ngrid = "2x1"\n', "chips.grid"),
        ("[chips]\ngrid = [2]\n", r"must be two integers, \[chips across, chips down\]"),
        ("[chips]\ngrid = [2, 1, 1]\n", "must be two integers"),
        ("[chips]\ngrid = [4096, 4096]\n", "is 16,777,216 chips; at most 1,048,576"),
        ("[chips]\nnumber = 2\n", "chips.number: this key is not known here"),
        ("[chips]\nlinks = 3\n", "chips.links: must be a table"),
        ("[chips.links]\nhop = 3\n", "chips.links.hop: this key is not known here"),
        ('[chips.links]\nhop_time = { value = 1, unit = "pJ", source = "estimate: t" }\n', "another dimension"),
        ('[chips.links]\nflit_time = { value = -1, unit = "ns", source = "estimate: t" }\n', "must not be negative"),
        ('[chips.links]\nflit_time = { value = 1, unit = "ns", source = "nobody" }\n', "not a key of references.bib"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(tmp_path, text, message):
    with pytest.raises(InputError, match=message) as refused:
        load_hardware(written(tmp_path, text))
    assert "\n" not in str(refused.value)
    assert "machine.toml" in str(refused.value)


def test_chips_without_links_are_refused():
    silent = replace(load_hardware("pcm-mesh"), chips=Chips())
    assert silent.of_chips(1, 1).digest() == load_hardware("pcm-mesh").digest()
    with pytest.raises(InputError, match="2 x 1 chips need links between them, and the hardware file says nothing"):
        silent.of_chips(2, 1)
    with pytest.raises(InputError, match=r"chips.links: this table is missing"):
        read_chips(Table(Path("chip.toml"), {"grid": [2, 1]}, "chips"))


@pytest.mark.parametrize("size", ["0x1", "1x0", "2000000x1"])
def test_a_grid_without_chips_or_with_too_many_is_refused(size):
    with pytest.raises(InputError, match="a machine has 1 to 1,048,576 chips, not"):
        load_hardware(f"pcm-mesh:chips={size}")


@pytest.mark.parametrize("size", ["2", "2x", "x2", "2x1x1", "-1x2", "1.5x2", "two"])
def test_a_grid_that_is_none_is_refused(size):
    with pytest.raises(InputError, match="is not rows=N"):
        load_hardware(f"pcm-mesh:chips={size}")


def test_more_tiles_than_are_supported_are_refused():
    with pytest.raises(InputError, match=r"1000 x 1000 chips of 4 x 4 tiles are more than 1,048,576 tiles"):
        load_hardware("pcm-mesh:tiles=4x4,chips=1000x1000")


@given(SMALL, SMALL, SMALL, SMALL)
def test_borders_are_the_links_whose_ends_are_on_different_chips(across, down, wide, high):
    width, height = across * wide, down * high
    mesh = Mesh(width, height, (wide, high))

    def chip(x, y):
        return x // wide, y // high

    tiles = [(x, y) for y in range(height) for x in range(width)]
    link = np.arange(mesh.links)
    found = set(link[mesh.is_border(link)].tolist())
    expected = {
        4 * (y * width + x) + way
        for x, y in tiles
        for (dx, dy), way in hops.STEPS.items()
        if (x + dx, y + dy) in tiles and chip(x, y) != chip(x + dx, y + dy)
    }
    assert found == expected
    assert not Mesh(width, height).is_border(link).any()
    for a, start in enumerate(tiles):
        for b, end in enumerate(tiles):
            path = hops.xy_path(start, end)
            crossed = sum(chip(*p) != chip(*q) for p, q in pairwise(path))
            assert mesh.borders(a, b) == crossed
            assert mesh.away(a, b, 3, 50) == 3 * (len(path) - 1 - crossed) + 50 * crossed
            assert Mesh(width, height).away(a, b, 3, 50) == 3 * (len(path) - 1)
