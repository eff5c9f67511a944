"""Times as people write them."""

import pytest

from snnmap.core.errors import InputError
from snnmap.frontend import parse_seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1e-3", 1e-3), ("1ms", 1e-3), (" 0.5 ms ", 5e-4), ("250us", 2.5e-4), ("3µs", 3e-6), ("3 μs", 3e-6), ("7ns", 7e-9),
     ("2s", 2.0), ("1E-4s", 1e-4), (".5", 0.5)],
)  # fmt: skip
def test_times_with_and_without_a_unit(text, seconds):
    assert parse_seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "ms", "1min", "-1ms", "0", "nan", "1e999", "1 m s", "1,5ms", "++1", "1e"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(InputError, match="is no positive time; give seconds"):
        parse_seconds(text)
