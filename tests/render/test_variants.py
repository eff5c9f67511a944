"""Variants in words: deviations of temperatures are differences, with a prefix."""

from snnmap.render.variants import variants_sheets
from snnmap.study.variants import Contrast


def test_deviations_are_written_in_units_of_their_own_size() -> None:
    found = [
        Contrast("w", "t", "a", "device_temperature_average_K", 318.152, 1.378405e-6, None, None),
        Contrast("w", "t", "b", "device_temperature_average_K", 318.153, 0.0021, 0.001, 0.03),
        Contrast("w", "t", "a", "energy_J", 5.99e-7, 1.6e-9, None, None),
        Contrast("w", "t", "b", "energy_J", 5.99e-7, None, 0.0, 1.0),
    ]
    (table,) = variants_sheets(found, 6)
    cells = [str(cell) for _, rows in table.groups for row in rows for cell in row]
    assert "318.152 K +- 1.4 uK" in cells
    assert "318.153 K +- 2.1 mK" in cells
    assert "599 nJ +- 1.6 nJ" in cells
    assert "599 nJ" in cells
