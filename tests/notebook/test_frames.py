"""pandas tables: the numbers of the record itself, in types that keep them; one line where pandas is not there."""

import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

import snnmap
from snnmap.core.errors import InputError
from snnmap.notebook.frames import table

NUMBERS = {"int64", "float64", "Int64", "bool"}


def kinds(frame: pd.DataFrame) -> dict[str, str]:
    return {name: str(kind) if str(kind) in NUMBERS else "text" for name, kind in frame.dtypes.items()}


def test_columns_keep_what_they_hold() -> None:
    frame = table(
        {"n": [1, 2], "some": [1, None], "x": [1.5, None], "b": [True, False], "s": ["a", ""], "no": [None, None]}
    )
    assert kinds(frame) == {"n": "int64", "some": "Int64", "x": "float64", "b": "bool", "s": "text", "no": "float64"}
    assert frame["some"].isna().tolist() == [False, True]
    assert np.isnan(frame["x"][1])
    assert list(table({"a": [], "b": []}).columns) == ["a", "b"]


def test_clusters_of_a_mapping(records: dict[str, Any]) -> None:
    mapping = records["Mapping"]
    frame, clustering = mapping.to_pandas(), mapping.clustering
    assert kinds(frame) == dict.fromkeys(frame.columns, "int64") | {"spikes_per_frame": "float64"}
    assert len(frame) == clustering.clusters > 1
    for k, row in enumerate(frame.itertuples()):
        assert (row.cluster, row.tile) == (k, mapping.placement.tile[k])
        assert row.x + row.y * mapping.chip.mesh[0] == row.tile
        assert row.rows == clustering.rows_of(k).stop - clustering.rows_of(k).start
        assert row.columns == clustering.columns_of(k).stop - clustering.columns_of(k).start
        homes = np.flatnonzero(clustering.home == k) + mapping.workload.externals
        assert row.neurons == len(homes)
        assert row.spikes_per_frame == mapping.spikes[homes].sum() / mapping.workload.frames
    assert frame["neurons"].sum() == mapping.figures["neurons"]
    assert frame["spikes_per_frame"].sum() * mapping.workload.frames == mapping.figures["spikes"]


@pytest.mark.parametrize("kind", ["Report", "Compiled", "MappingReport"])
def test_figures_are_those_of_the_record(records: dict[str, Any], kind: str) -> None:
    record = records[kind]
    own = {
        "Report": lambda: {metric.name: metric.value for metric in record.metrics},
        "Compiled": lambda: record.mapping.figures,
        "MappingReport": lambda: record.figures,
    }[kind]()
    frame = record.to_pandas()
    expected = {"figure": "text", "words": "text", "mode": "text", "value": "float64", "said": "text", "unit": "text"}
    assert kinds(frame) == expected
    assert frame["figure"].tolist() == list(own)
    for row in frame.itertuples():
        value = own[row.figure]
        if isinstance(value, str):
            assert row.said == value
            assert np.isnan(row.value)
        else:
            assert row.said == ""
            assert row.value == value or (value is None and np.isnan(row.value))
    by = frame.set_index("figure")
    assert (by["unit"]["energy_J"], by["unit"]["cell_utilisation"], by["unit"]["hops"]) == ("J", "1", "")
    assert by["mode"]["device_leakage_W"] == "device"
    assert by["words"]["energy_adc_J"] == "dynamic energy: converting columns (ADC)"
    assert by["words"]["area_adc_m2"] == "area of all tiles: converters (ADC)"
    if kind == "Report":
        assert frame["unit"].tolist() == [metric.unit for metric in record.metrics]
        assert frame["mode"].tolist() == [metric.mode for metric in record.metrics]


def test_activity_of_a_profile(records: dict[str, Any]) -> None:
    graph = records["SpikeGraph"]
    frame = graph.to_pandas()
    assert kinds(frame)["neurons"] == kinds(frame)["silent"] == "int64"
    assert kinds(frame)["rate_per_step"] == "float64"
    for row in frame.itertuples():
        population = next(p for p in graph.network.populations if p.name == row.name)
        spikes = graph.spikes[population.first : population.stop]
        assert row.neurons == len(spikes)
        assert row.spikes_per_sample == spikes.sum() / graph.frames
        assert row.rate_per_step == pytest.approx(spikes.mean() / graph.window, rel=1e-12)
        assert row.silent == (spikes == 0).sum()


def test_entries_of_a_comparison(records: dict[str, Any]) -> None:
    comparison = records["Comparison"]
    frame = comparison.to_pandas()
    assert len(frame) == len(comparison.entries)
    assert kinds(frame)["value"] == kinds(frame)["ratio"] == kinds(frame)["difference"] == "float64"
    for row, entry in zip(frame.itertuples(), comparison.entries, strict=True):
        told = (row.workload, row.technology, row.objective, row.metric, row.mode, row.unit, row.doubt)
        own = (entry.workload, entry.technology, entry.objective, entry.metric, entry.mode, entry.unit, entry.doubt)
        assert told == own
        if isinstance(entry.value, str):
            assert row.said == entry.value
        elif entry.value is not None:
            assert row.value == entry.value
        assert row.ratio == entry.ratio or (entry.ratio is None and np.isnan(row.ratio))
        assert row.difference == entry.difference or (entry.difference is None and np.isnan(row.difference))


def test_runs_variants_fronts_ages_constants(records: dict[str, Any]) -> None:
    swept, fronts, accuracy, chip = (records[name] for name in ("Swept", "Fronts", "Accuracy", "Hardware"))
    frame = swept.to_pandas()
    assert frame["run"].tolist() == [row["run"] for row in swept.rows]
    assert frame["energy_J"].tolist() == [row["energy_J"] for row in swept.rows]
    assert (kinds(frame)["energy_J"], kinds(frame)["hops"], kinds(frame)["seed"]) == ("float64", "int64", "int64")
    contrasts = records["Contrasts"].to_pandas()
    assert contrasts["mean"].tolist() == [c.mean for c in records["Contrasts"]]
    assert contrasts["verdict"].tolist() == [c.verdict for c in records["Contrasts"]]
    assert set(contrasts["unit"][contrasts["figure"] == "cpu_seconds"]) == {"s"}
    front = fronts.to_pandas()
    assert front[["energy_J", "area_m2"]].to_numpy().tolist() == fronts[0].values.tolist()
    assert np.flatnonzero(front["knee"]).tolist() == [fronts[0].knee]
    assert fronts[0].to_pandas().equals(front)
    ages = accuracy.to_pandas()
    assert ages["age_s"].tolist() == [1.0, 30 * 86400.0]
    assert ages["mean"].tolist() == [age.accuracy.mean for age in accuracy.ages]
    assert ages["interval_low"].tolist() == [age.accuracy.interval[0] for age in accuracy.ages]
    assert ages["change_high"].tolist() == [age.accuracy.change_interval[1] for age in accuracy.ages]
    constants = chip.to_pandas().set_index("quantity")
    assert constants["value"]["read_time"] == chip["read_time"]
    assert constants["unit"]["read_time"] == "s"
    assert constants["recalled"].sum() == len(chip.recalled())


def test_layers_of_a_network_and_broken_rules(records: dict[str, Any]) -> None:
    network = records["Network"]
    frame = network.to_pandas()
    assert frame["name"].tolist() == [p.name for p in network.populations]
    assert frame["size"].tolist() == [p.size for p in network.populations]
    assert frame["synapses"].sum() == network.synapses
    broken = snnmap.Violations([snnmap.Violation("tile", "cluster 3", "tile 9", "the chip has 4")])
    assert broken.to_pandas().to_dict("records") == [
        {"rule": "tile", "where": "cluster 3", "asked": "tile 9", "available": "the chip has 4"}
    ]
    assert list(records["Violations"].to_pandas().columns) == ["rule", "where", "asked", "available"]


def test_without_pandas_a_line_says_what_to_install(records: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    for name in ("Mapping", "Report", "Comparison", "Swept"):
        with pytest.raises(InputError) as raised:
            records[name].to_pandas()
        assert str(raised.value) == 'to_pandas needs pandas, which is not installed: pip install "snnmap[notebook]"'
