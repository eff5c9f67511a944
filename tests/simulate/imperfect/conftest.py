"""The small compiled workload on arrays that are large enough for whatever encoding a test gives them."""

from dataclasses import replace

import pytest

import snnmap


@pytest.fixture(scope="session")
def compiled(compiled: snnmap.Compiled) -> snnmap.Compiled:
    """Two word lines for every row, four bit lines for every column and one more; the mapping as it was."""
    chip = compiled.hardware
    roomy = replace(chip, word_lines=2 * chip.word_lines, bit_lines=4 * chip.bit_lines + 1)
    return replace(compiled, view=compiled.view.at(roomy))
