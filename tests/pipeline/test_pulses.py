"""What write pulses buy and cost: more are more accurate, take more energy and wear more."""

from dataclasses import replace
from pathlib import Path

import pytest
from support import small_workload

import snnmap
from snnmap.core.errors import InputError
from snnmap.physics.energy import write_energy


@pytest.fixture(scope="module")
def mapping(tmp_path_factory: pytest.TempPathFactory, chip: Path) -> Path:
    """A compiled recipe."""
    return small_workload.saved_mapping(tmp_path_factory.mktemp("pulses"), chip)


OPTIONS = snnmap.AccuracyOptions(effects="programming", devices=4, ages=("1s",), program_pulses=(1, 3, 20))


def test_more_pulses_leave_less_error_for_more_energy_and_wear(mapping: Path) -> None:
    found = snnmap.accuracy_file(mapping, OPTIONS)
    few, some, many = found.budgets
    assert [each.left for each in found.budgets] == pytest.approx([0.2, 0.2 * 0.6**2, 0.2 * 0.6**19])
    assert few.accuracy.mean < many.accuracy.mean
    assert many.accuracy == found.ages[0].accuracy  # the chip's own number of pulses
    assert some.energy == pytest.approx(3 * few.energy)
    cells = 2 * len(snnmap.profile(str(mapping.parent / "net.toml")).network.post)
    each = write_energy(found.hardware.technology, 1.0)
    assert few.energy >= each * cells  # two arrays; crossbars are written whole
    assert few.by_drift.said  # a fifth of g_max off is no state
    assert not many.by_drift.said
    assert many.by_drift.writes_per_year == pytest.approx(20 * 365.25 * 86400 / many.by_drift.interval)
    assert found.document()["program_pulses"][1]["pulses"] == 3


@pytest.mark.parametrize("asked", [(0,), (5, -1), (2.5,)])
def test_pulses_are_whole_numbers_from_one(asked: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match="whole numbers from 1"):
        replace(OPTIONS, program_pulses=asked)


@pytest.mark.parametrize("text", ["", "5,", "1.5", "-2", "0", "five", "²"])
def test_text_that_is_no_list_of_pulses_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="whole numbers from 1"):
        snnmap.parse_pulses(text)


def test_a_technology_without_noise_has_nothing_to_tell(mapping: Path, tmp_path: Path) -> None:
    espine = snnmap.compile(
        str(mapping.parent / "net.toml"), snnmap.CompileOptions(hardware="pcm-mesh", technology="espine-pcm-65")
    )
    snnmap.save(espine.mapping, tmp_path / "espine.json")
    with pytest.raises(InputError, match="device mode with a noise model"):
        snnmap.accuracy_file(tmp_path / "espine.json", replace(OPTIONS, effects="stuck"))
