"""Accuracy of a mapping file: right by labels or by ideal devices, one seed one answer, no effects no deviation."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support import small_workload

import snnmap
from snnmap.analysis.view import View
from snnmap.core.errors import InputError
from snnmap.pipeline.drawn import DrawnChips
from snnmap.pipeline.refresh import YEAR, refreshed
from snnmap.pipeline.reopen import reopen
from snnmap.reliability.device import device_state, temperatures


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, chip: Path) -> Path:
    """A compiled recipe, `mapping.json`, and other data for it: `data.npz`, with labels."""
    path = tmp_path_factory.mktemp("accuracy")
    small_workload.saved_mapping(path, chip)
    frames = np.random.default_rng(0).random((6, 20, 4, 5)) < 0.3
    np.savez(path / "data.npz", data=frames.astype(np.float32))
    np.save(path / "labels.npy", np.array([0, 1, 2, 0, 1, 2]))
    return path


def options(**given: object) -> snnmap.AccuracyOptions:
    return snnmap.AccuracyOptions(**{"devices": 3, "ages": ("1s", "1y"), **given})


def test_without_effects_no_event_deviates(folder: Path) -> None:
    found = snnmap.accuracy_file(folder / "mapping.json", options(effects="none"))
    assert found.deviating == 0
    assert found.events > 0
    assert (len(found.ages), found.ages[0].accuracy.chips) == (1, 1)
    assert found.ages[0].accuracy.mean == found.ages[0].accuracy.ideal == 1.0
    assert found.ages[0].counts_off == 0.0
    assert found.assumed == ()


def test_what_compile_returned_says_what_its_file_says(chip: Path, tmp_path: Path) -> None:
    workload = tmp_path / "net.toml"
    workload.write_text(small_workload.recipe())
    compiled = snnmap.compile(str(workload), snnmap.CompileOptions(hardware=str(chip), seed=0))
    snnmap.save(compiled.mapping, tmp_path / "mapping.json")
    both = [snnmap.accuracy_file(source, options()).document() for source in (compiled, tmp_path / "mapping.json")]
    assert both[0] == both[1]
    assert both[0]["ages"][1]["counts_off"] > 0.0


def test_a_chip_that_spikes_otherwise_deviates(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = DrawnChips.outcome

    def less(self, chip, age, progress=None, *, keep_events=False):
        outcome = whole(self, chip, age, progress, keep_events=keep_events)
        events = outcome.events
        value = events.value.copy()
        value[0] += 1
        return replace(outcome, events=replace(events, value=value))

    monkeypatch.setattr(DrawnChips, "outcome", less)
    assert snnmap.accuracy_file(folder / "mapping.json", options(effects="none")).deviating == 2


def test_one_seed_gives_one_document_and_chips_follow_by_one(folder: Path) -> None:
    first, again, next_ = (
        snnmap.accuracy_file(folder / "mapping.json", options(seed=seed, devices=4)) for seed in (0, 0, 1)
    )
    assert first.document() == again.document()
    for k in range(2):
        assert first.ages[k].each[1:] == next_.ages[k].each[:3]


def test_without_labels_right_is_what_ideal_devices_say(folder: Path) -> None:
    found = snnmap.accuracy_file(folder / "mapping.json", options())
    assert found.measured == "agreement"
    assert found.ages[0].accuracy.ideal == 1.0
    assert found.ages[1].counts_off > 0
    assert [key for key, quantity in found.assumed if not quantity.recalled] == []


def test_other_data_with_labels_are_judged_by_these(folder: Path) -> None:
    given = {"data": folder / "data.npz", "labels": folder / "labels.npy"}
    found = snnmap.accuracy_file(folder / "mapping.json", options(**given))
    assert found.measured == "accuracy"
    assert found.ages[0].accuracy.frames == 6
    graph = snnmap.profile(folder / "net.toml", snnmap.LoadOptions(**given))
    assert found.ages[0].accuracy.ideal == graph.accuracy
    fewer = snnmap.accuracy_file(folder / "mapping.json", options(**given, samples=4))
    assert fewer.ages[0].accuracy.frames == 4


def test_labels_of_another_length_are_refused(folder: Path) -> None:
    np.save(folder / "short.npy", np.arange(3))
    with pytest.raises(InputError, match="3 labels"):
        snnmap.accuracy_file(folder / "mapping.json", options(data=folder / "data.npz", labels=folder / "short.npy"))


def test_another_network_or_chip_or_one_without_outputs_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text(small_workload.recipe().replace("seed = 3", "seed = 4"))
    with pytest.raises(InputError, match="another profile"):
        snnmap.accuracy_file(folder / "mapping.json", options(), workload=str(tmp_path / "other.toml"))
    with pytest.raises(InputError, match="another chip"):
        snnmap.accuracy_file(folder / "mapping.json", options(), hardware="pcm-mesh-64")


def test_data_of_another_network_and_networks_without_outputs_are_refused(compiled: snnmap.Compiled) -> None:
    view = compiled.view
    other = snnmap.profile(small_workload.workload(seed=2))
    with pytest.raises(InputError, match="not the one that was mapped"):
        DrawnChips.of(view, other, options())
    with pytest.raises(InputError, match="no outputs"):
        DrawnChips.of(view, replace(view.graph, predictions=None), options())


def test_chips_are_as_warm_as_the_report_says(compiled: snnmap.Compiled) -> None:
    view = compiled.view
    warm = DrawnChips.of(view, view.graph, options()).network.temperature
    np.testing.assert_array_equal(warm, device_state(view).temperature)
    np.testing.assert_array_equal(warm, temperatures(view))
    cold = DrawnChips.of(view, view.graph, options(effects="drift")).network.temperature
    np.testing.assert_array_equal(cold, view.hardware["ambient_temperature"])


def test_counts_are_those_of_the_chip_without_effects(folder: Path) -> None:
    mapping, graph, hardware = reopen(folder / "mapping.json")
    chips = DrawnChips.of(View(mapping, graph, hardware), graph, options(effects="none"))
    np.testing.assert_array_equal(chips.counts(), chips.outcome(0, 1.0).counts)
    assert chips.counts().sum() > 0
    gone = replace(chips, data=replace(graph, events=None))
    with pytest.raises(InputError, match="a profile with its events"):
        gone.counts()


def test_refresh_by_accuracy_stands_beside_refresh_by_drift(folder: Path) -> None:
    found = snnmap.accuracy_file(folder / "mapping.json", options(refresh=True, keep=40.0))
    assert [each.compensated for each in found.refresh] == [True, False]
    mapping = snnmap.load(folder / "mapping.json")
    for each in found.refresh:
        drift = each.by_drift
        assert drift.writes_per_year == pytest.approx(20 * YEAR / drift.interval)
        if each.by_accuracy is not None:
            assert each.by_accuracy.interval <= each.longest.age
            assert each.by_accuracy.lifetime / drift.lifetime == pytest.approx(
                each.by_accuracy.interval / drift.interval
            )
            assert each.again is not None
    interval = mapping.figures["device_refresh_interval_s"]
    assert found.refresh[0].by_drift.interval == pytest.approx(interval, rel=1e-6)
    assert len(snnmap.accuracy_file(folder / "mapping.json", options(refresh=True, compensated=False)).refresh) == 1


def test_chips_that_are_wrong_when_fresh_have_no_interval(
    compiled: snnmap.Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    def correct(self, age, progress=None, *, first=0):
        return np.full((3, 20), age <= 1.0)

    monkeypatch.setattr(DrawnChips, "correct", correct)
    chips = DrawnChips.of(compiled.view, compiled.graph, options(refresh=True, compensated=True))
    (found,) = refreshed(compiled.view, chips)
    assert (found.longest.age, found.by_accuracy, found.again) == (0.0, None, None)
    assert found.document()["by_accuracy"] is None


def test_the_interval_by_accuracy_is_the_longest_age_and_other_chips_see_it(
    compiled: snnmap.Compiled, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []

    def correct(self, age, progress=None, *, first=0):
        seen.append((age, first))
        return np.repeat(np.arange(20)[np.newaxis] >= 10 * (age > 1000.0), 3, axis=0)

    monkeypatch.setattr(DrawnChips, "correct", correct)
    chips = DrawnChips.of(compiled.view, compiled.graph, options(refresh=True, compensated=True))
    (found,) = refreshed(
        compiled.view, replace(chips, data=replace(compiled.graph, predictions=np.ones(20), labels=np.ones(20)))
    )
    assert found.longest.age == 1000.0
    assert found.by_accuracy is not None
    assert found.by_accuracy.interval == pytest.approx(1000.0)
    assert found.by_drift.interval < 1000.0
    assert seen[-1] == (1000.0, 3)
    assert {first for _, first in seen[:-1]} == {0}


def test_counts_are_off_by_the_mean_difference_over_the_mean(folder: Path) -> None:
    found = snnmap.accuracy_file(folder / "mapping.json", options(ages=("1y",)))
    mapping, graph, hardware = reopen(folder / "mapping.json")
    chips = DrawnChips.of(View(mapping, graph, hardware), graph, options())
    off = [np.abs(chips.outcome(k, YEAR).counts - chips.counts()).mean() for k in range(3)]
    assert found.ages[0].counts_off == pytest.approx(np.mean(off) / chips.counts().mean())


def test_a_technology_of_espine_mode_knows_no_refresh(compiled: snnmap.Compiled) -> None:
    hardware = snnmap.load_hardware(compiled.mapping.chip.source, "espine-pcm-65")
    view = View(compiled.mapping, compiled.graph, replace(compiled.hardware, technology=hardware.technology))
    chips = DrawnChips.of(compiled.view, compiled.graph, options(refresh=True))
    with pytest.raises(InputError, match="knows no refresh"):
        refreshed(view, chips)
