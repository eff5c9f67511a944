"""The `[weights]` table of chip files: what it means, and every way in which it is refused."""

import pytest

from snnmap.core.errors import InputError
from snnmap.hardware import ENCODINGS, Weights, chip_names, load_hardware


def chip(folder, weights, base="pcm-mesh", name="mine.toml"):
    """Chip file with a `[weights]` table."""
    path = folder / name
    path.write_text(f'extends = "{base}"\n{weights}\n')
    return str(path)


def test_a_file_without_the_table_has_pairs_of_analog_arrays(tmp_path):
    base = load_hardware("pcm-mesh")
    assert base.weights == Weights() == Weights("pair_arrays", 0, 1)
    for said in ('[weights]\nencoding = "pair_arrays"', '[weights]\nlevels = "analog"\nslices = 1', "[weights]"):
        same = load_hardware(chip(tmp_path, said))
        assert (same.weights, same.digest()) == (base.weights, base.digest())


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_is_read(tmp_path, encoding):
    chosen = load_hardware(chip(tmp_path, f'[weights]\nencoding = "{encoding}"\nlevels = 8\nslices = 2')).weights
    assert chosen == Weights(encoding, 8, 2)
    assert chosen.states == 64


def test_lines_of_a_weight():
    lines = {
        w: (w.arrays, w.lines_per_row, w.lines_per_column, w.reference_lines)
        for w in (Weights(encoding, 4, slices) for encoding in ENCODINGS for slices in (1, 3))
    }
    assert lines == {
        Weights("pair_arrays", 4, 1): (2, 1, 1, 0),
        Weights("pair_arrays", 4, 3): (2, 1, 3, 0),
        Weights("pair_columns", 4, 1): (1, 1, 2, 0),
        Weights("pair_columns", 4, 3): (1, 1, 6, 0),
        Weights("pair_rows", 4, 1): (1, 2, 1, 0),
        Weights("pair_rows", 4, 3): (1, 2, 3, 0),
        Weights("offset_column", 4, 1): (1, 1, 1, 1),
        Weights("offset_column", 4, 3): (1, 1, 3, 1),
    }


def test_a_file_that_extends_another_states_only_what_differs(tmp_path):
    base = chip(tmp_path, '[weights]\nencoding = "pair_columns"\nlevels = 4', name="base.toml")
    mine = load_hardware(chip(tmp_path, "[weights]\nslices = 3", base=base))
    assert mine.weights == Weights("pair_columns", 4, 3)
    assert load_hardware(chip(tmp_path, "", base=base)).weights == Weights("pair_columns", 4, 1)


def test_the_digest_sees_every_part(tmp_path):
    told = [
        'encoding = "offset_column"',
        'encoding = "pair_rows"',
        "levels = 2",
        "levels = 3",
        "levels = 2\nslices = 2",
    ]
    digests = {load_hardware(chip(tmp_path, f"[weights]\n{said}")).digest() for said in told}
    assert len(digests | {load_hardware("pcm-mesh").digest()}) == len(told) + 1


@pytest.mark.parametrize(
    ("weights", "parts"),
    [
        ('encoding = "pair_column"', ("weights.encoding", "did you mean 'pair_columns'?", "offset_column")),
        ("encoding = 2", ("weights.encoding", "must be text")),
        ("levels = 1", ("weights.levels", "2 to 256", "'1'")),
        ("levels = 0", ("weights.levels", "2 to 256")),
        ("levels = 257", ("weights.levels", "2 to 256", "'257'")),
        ("levels = 4.0", ("weights.levels", "2 to 256")),
        ("levels = true", ("weights.levels", "2 to 256")),
        ('levels = "many"', ("weights.levels", "'analog'", "'many'")),
        ("levels = nan", ("weights.levels", "'nan'")),
        ("slices = 2", ("weights.slices", "give the levels")),
        ('levels = "analog"\nslices = 2', ("weights.slices", "give the levels")),
        ("levels = 4\nslices = 0", ("weights.slices", "at least 1")),
        ("levels = 2\nslices = 25", ("weights.slices", "at most 24")),
        ("levels = 256\nslices = 4", ("weights.slices", "16,777,216 values; at most 3")),
        ("levels = 4\nslice = 2", ("weights.slice", "did you mean 'slices'?")),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path, weights, parts):
    with pytest.raises(InputError) as caught:
        load_hardware(chip(tmp_path, f"[weights]\n{weights}"))
    message = str(caught.value)
    assert "\n" not in message
    assert all(part in message for part in ("mine.toml", *parts)), message


def test_weights_that_are_no_table_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"weights: must be a table"):
        load_hardware(chip(tmp_path, "weights = 4"))


@pytest.mark.parametrize("levels", [2, 256])
def test_limits_are_within(tmp_path, levels):
    assert load_hardware(chip(tmp_path, f"[weights]\nlevels = {levels}\nslices = 3")).weights.states == levels**3


def test_shipped_chips_keep_to_the_limits():
    for name in chip_names():
        weights = load_hardware(name).weights
        assert weights.levels == 0 or 2 <= weights.levels <= 256
