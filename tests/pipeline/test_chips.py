"""What a user may say about chips: ages with units, counts, shares; each of them refused where it makes no sense."""

from pathlib import Path

import pytest

from snnmap.core.errors import InputError
from snnmap.pipeline.chips import AGES, AccuracyOptions, parse_ages


def test_ages_are_read_with_their_units():
    assert parse_ages("1s, 2.5h,30d") == ("1s", "2.5h", "30d")
    ages = AccuracyOptions(ages=("1s", "500ms", "1min", "1h", "1d", "2day", "1y", 7.0)).seconds
    assert ages == (1.0, 0.5, 60.0, 3600.0, 86400.0, 172800.0, 31557600.0, 7.0)
    assert AccuracyOptions().seconds == tuple(AccuracyOptions(ages=AGES).seconds)


@pytest.mark.parametrize(
    ("age", "said"),
    [
        ("0s", "'0s' is not after the first read"),
        ("-1h", "'-1h' is not after the first read"),
        ("5", "'5' has no unit"),
        ("1e3", "'1e3' has no unit"),
        ("", "'' has no unit"),
        ("1m", "write it like 1s, 1h, 1d, 30d or 1y"),
        ("1parsec", "write it like"),
        ("1s,", "'' has no unit"),
    ],
)
def test_an_age_that_is_none_is_refused_by_name(age, said):
    with pytest.raises(InputError, match=said):
        parse_ages(age)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"ages": (0.0,)}, "age 0.0 is not after the first read"),
        ({"ages": (float("nan"),)}, "age nan"),
        ({"ages": ()}, "no age is asked for"),
        ({"devices": 0}, "0 devices cannot be drawn"),
        ({"devices": -3}, "-3 devices"),
        ({"seed": -1}, "seed must not be negative"),
        ({"effects": "drfit"}, "did you mean 'drift'"),
        ({"effects": "all,none"}, "no effect is called 'all'"),
        ({"ir": "none"}, "linear or exact"),
        ({"stuck_on": 1.5}, "stuck_on is a share"),
        ({"keep": 0.0}, "keep is 0 points"),
        ({"keep": 100.0}, "keep is 100 points"),
        ({"refresh": True, "devices": 1}, "at least 2 devices"),
        ({"samples": 0}, "0 samples cannot be taken"),
    ],
)
def test_options_outside_their_range_are_refused(options, said):
    with pytest.raises(InputError, match=said):
        AccuracyOptions(**options)


def test_other_data_leave_behind_what_belongs_to_the_mappings_own():
    assert AccuracyOptions().given == {}
    assert AccuracyOptions(samples=5).given == {"samples": 5}
    assert AccuracyOptions(labels="l.npy").given == {"labels": "l.npy"}
    given = AccuracyOptions(data=Path("d.npz")).given
    assert given == {"data": "d.npz", "labels": None, "layout": None, "samples": None}
