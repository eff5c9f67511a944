"""Crossbars of another size than the file's, and without a limit of rows."""

import pytest
from support.machines import mesh

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.hardware import describe, load_hardware
from snnmap.hardware.keys import MAX_SIDE
from snnmap.hardware.model import UNLIMITED


def test_a_name_may_end_in_a_size():
    small = load_hardware("pcm-mesh:columns=32,rows=64")
    assert (small.rows, small.columns, small.rows_adapt, small.crossbar) == (64, 32, False, "64x32")
    free = load_hardware("pcm-mesh:rows=unlimited")
    assert (free.rows, free.columns, free.rows_adapt, free.crossbar) == (UNLIMITED, 128, True, "unlimitedx128")
    assert load_hardware("pcm-mesh:rows=128").digest() == load_hardware("pcm-mesh").digest()


@pytest.mark.parametrize(
    "size",
    [
        "rows=",
        "rows=-1",
        "rows=8,rows=8",
        "columns=unlimited",
        "rows=8,height=2",
        "rows=8.0",
        "tiles=4",
        "tiles=4x",
        "tiles=2x2x2",
    ],
)
def test_a_size_that_is_none_is_refused(size):
    with pytest.raises(InputError, match=r"is not rows=N, rows=unlimited, columns=N, tiles=WxH or chips=AxD"):
        load_hardware(f"pcm-mesh:{size}")


@pytest.mark.parametrize("size", ["rows=0", "rows=4097", "columns=1", "rows=unlimited,columns=0"])
def test_a_size_out_of_range_is_refused(size):
    with pytest.raises(InputError, match="must be 2 to 4096, not"):
        load_hardware(f"pcm-mesh:{size}")


def test_a_name_may_end_in_a_mesh():
    grows, fixed = load_hardware("pcm-mesh"), load_hardware("pcm-mesh:tiles=3x2")
    assert (fixed.mesh_width, fixed.mesh_height, fixed.tiles, fixed.adaptive) == (3, 2, 6, False)
    assert fixed.sized(6) is fixed
    with pytest.raises(InfeasibleError, match=r"tiles: need 7, have 6.* 2 such chips \(--chips 2x1\)"):
        fixed.sized(7)
    assert fixed.of_chips(2, 1).sized(7).tiles == 12
    with pytest.raises(InfeasibleError, match=r"6 such chips \(--chips 3x2\)"):
        fixed.sized(31)
    with pytest.raises(InfeasibleError) as enough:
        fixed.sized(2**21)  # more than a machine may have
    assert "--chips" not in str(enough.value)
    assert fixed.crossbar == grows.crossbar
    both = load_hardware("pcm-mesh:columns=16,tiles=1x1,rows=32")
    assert (both.tiles, both.crossbar) == (1, "32x16")
    far = mesh(4, 4).of_mesh(4, 1)
    assert far.port[1] == 0


@pytest.mark.parametrize("size", ["0x4", "4x0", "100000x100000"])
def test_a_mesh_without_tiles_or_with_too_many_is_refused(size):
    with pytest.raises(InputError, match="a mesh has 1 to 1,048,576 tiles, not"):
        load_hardware(f"pcm-mesh:tiles={size}")


def test_a_file_may_say_unlimited(tmp_path):
    file = tmp_path / "free.toml"
    file.write_text('name = "free"\nextends = "pcm-mesh"\ndescription = "d"\nrows = "unlimited"\n')
    free = load_hardware(str(file))
    assert free.rows_adapt
    assert load_hardware(f"{file}:columns=16").crossbar == "unlimitedx16"
    assert load_hardware(f"{file}:rows=16").crossbar == "16x128"
    words = " ".join(describe(free))
    assert "as many rows (inputs) as the fullest cluster takes, 128 columns" in words
    assert str(UNLIMITED) not in words.replace(",", "")
    file.write_text('name = "free"\nextends = "pcm-mesh"\ndescription = "d"\nrows = "many"\n')
    with pytest.raises(InputError, match="rows"):
        load_hardware(str(file))
    file.write_text('name = "free"\nextends = "pcm-mesh"\ndescription = "d"\ncolumns = "unlimited"\n')
    with pytest.raises(InputError, match="columns"):
        load_hardware(str(file))


def test_rows_are_those_of_the_fullest_cluster():
    free = mesh(2, 2).resized(None, 8)
    assert (free.fitted(300).rows, free.fitted(300).columns) == (300, 8)
    assert free.fitted(0).rows == 2
    assert mesh(2, 2, rows=16).fitted(300).rows == 16
    with pytest.raises(InfeasibleError, match=rf"crossbar rows: need 5,000, have {MAX_SIDE:,}\. Limit them"):
        free.fitted(5000)
