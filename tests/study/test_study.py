"""Comparison of objectives and studies: shared stages change nothing, ratios are right, files are refused or remade."""

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support import small_workload

import snnmap
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.evaluation.chance import BesideChance, Gamma
from snnmap.evaluation.disturbance import FIGURE, error_metric
from snnmap.render.labels import LABELS, mode_of
from snnmap.study import claims, kept
from snnmap.study.asked import read_study
from snnmap.study.cases import Case, cases
from snnmap.study.compare import COLUMNS, METRICS
from snnmap.study.measured import METRICS as ACCURACIES
from snnmap.study.page import panels, run_study

UNMEASURED = tuple(metric for metric in METRICS if metric not in ACCURACIES[1:])
"""Rows of a comparison that runs no drawn chips."""
WANTED = ("traffic", "espine", "thermal", "energy", "throughput")


@pytest.fixture(scope="module")
def graph():
    return snnmap.profile(small_workload.workload())


@pytest.fixture(scope="module")
def options(chip):
    base = snnmap.CompileOptions(hardware=str(chip), seed=3)
    return snnmap.CompareOptions(WANTED, ("pcm-65", "pcm-16"), base)


@pytest.fixture(scope="module")
def found(graph, options):
    return list(cases([graph], options))


def test_every_case_equals_its_own_compilation(graph, options, found):
    """Clusters and tiles taken from another objective must be those that this one would have found."""
    assert [(case.technology, case.objective) for case in found] == [
        (t, o) for t in options.technologies for o in WANTED
    ]
    for case in found:
        told = replace(options.base, objective=case.objective, technology=case.technology)
        alone = snnmap.compile(graph, told)
        assert case.compiled.mapping.figures == alone.mapping.figures
        for part in ("clustering", "placement", "wiring"):
            for name in getattr(alone.mapping, part).__dataclass_fields__:
                mine, its = (getattr(getattr(m, part), name) for m in (case.compiled.mapping, alone.mapping))
                assert np.array_equal(mine, its), (case.objective, part, name)


def test_the_partitioner_runs_once_per_algorithm(graph, options, monkeypatch):
    calls = []
    kept = snnmap.compile

    def watched(*args, given, **more):
        calls.append((given.clustering is not None, given.placement is not None))
        return kept(*args, given=given, **more)

    monkeypatch.setattr("snnmap.study.cases.compile", watched)
    list(cases([graph], options))
    fresh = [position for position, (clustered, _) in enumerate(calls) if not clustered]
    own = [WANTED.index(name) for name in ("espine", "thermal", "energy", "throughput")]
    assert fresh == [0, *own], "these have partitioners of their own"
    assert calls[len(WANTED) + WANTED.index("energy")] == (True, True)


def test_ratios_and_differences_are_to_the_first_objective(graph, options, found):
    table = snnmap.compare([graph], options)
    told = {
        (c.technology, c.objective): {**c.figures("real-time"), FIGURE: error_metric(c.compiled.view).value}
        for c in found
    }
    assert {entry.metric for entry in table.entries} == set(UNMEASURED)
    for entry in table.entries:
        value = told[entry.technology, entry.objective][entry.metric]
        base = told[entry.technology, "traffic"][entry.metric]
        assert entry.value == value
        assert entry.mode == mode_of(entry.metric)
        if isinstance(value, str):
            assert (entry.ratio, entry.difference) == (None, None)
        elif entry.unit == "K" and "gradient" not in entry.metric:
            assert entry.ratio is None
            assert entry.difference == pytest.approx(value - base)
        else:
            assert entry.difference is None
            assert entry.ratio == pytest.approx(value / base if base else 1.0)


def test_wiring_for_the_weakest_cell_helps_in_espine_mode_alone(found):
    for technology in ("pcm-65", "pcm-16"):
        traffic, espine = (
            next(c for c in found if (c.technology, c.objective) == (technology, name)).figures("real-time")
            for name in ("traffic", "espine")
        )
        assert espine["espine_lifetime_frames"] > 1.2 * traffic["espine_lifetime_frames"]
        assert espine["espine_lifetime_frames"] <= espine["espine_lifetime_bound_frames"] * (1 + 1e-9)
        assert espine["device_lifetime_s"] == pytest.approx(traffic["device_lifetime_s"], rel=1e-3)


def test_flat_out_is_hotter_and_changes_no_count(found):
    slow, fast = (found[0].figures(pace) for pace in ("real-time", "flat-out"))
    assert fast["device_power_dynamic_W"] > 10 * slow["device_power_dynamic_W"]
    assert fast["device_temperature_average_K"] > slow["device_temperature_average_K"]
    for name in ("messages", "hops", "energy_J", "latency_s", "crossbars"):
        assert fast[name] == slow[name]


def test_csv_holds_the_same_as_the_rows(graph, options):
    table = snnmap.compare([graph], replace(options, objectives=("traffic", "espine")))
    read = list(csv.DictReader(io.StringIO(table.csv())))
    rows = table.rows()
    assert len(read) == len(rows) == 2 * 2 * len(UNMEASURED)
    for text, row in zip(read, rows, strict=True):
        for name in COLUMNS:
            kept = "" if row[name] is None else row[name]
            assert str(kept) == text[name]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"objectives": ("traffic", "espin")}, "did you mean 'espine'"),
        ({"objectives": ("traffic", "traffic")}, "listed twice"),
        ({"objectives": ()}, "nothing to compare"),
        ({"technologies": ("pcm-65", "oxram-22")}, "espine"),
        ({"technologies": ("pcm-6",)}, "pcm-65"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_any_work(options, changes, said, monkeypatch):
    monkeypatch.setattr("snnmap.study.cases.profile", lambda *_, **__: pytest.fail("work was done"))
    with pytest.raises(InputError, match=said):
        snnmap.compare(["mnist-mlp"], replace(options, **changes))


def test_every_metric_has_words():
    assert set(METRICS) <= set(LABELS)


STUDY = """
title = "a small study"
summary = "for tests"
workloads = ["net.toml"]
objectives = ["traffic", "espine", "thermal"]
technologies = ["pcm-65"]
hardware = "CHIP"
bands = ["net.toml"]
chance = 20
ratios = ["espine_gradient_K", "hops"]

[[claim]]
paper = "somebody"
figure = "effective lifetime"
published = 3.5
basis = "recalled"
kind = "ratio"
objective = "espine"
metric = "espine_lifetime_frames"
bound = "espine_lifetime_bound_frames"
needs = "a needed point"
remark = "a remark"

[[claim]]
paper = "somebody else"
figure = "temperature"
published = -11.4
basis = "abstract"
kind = "difference"
objective = "thermal"
metric = "device_temperature_average_K"
bound = "ambient_K"
"""


def less(workload="net.toml", objectives='["traffic", "espine"]', technologies='["pcm-65"]'):
    """A `[[fewer]]`, before the first claim."""
    words = f'workload = "{workload}"\nobjectives = {objectives}\ntechnologies = {technologies}\nchance = 3\n'
    return f"[[fewer]]\n{words}\n[[claim]]"


@pytest.fixture
def file(tmp_path, chip, monkeypatch) -> Path:
    (tmp_path / "net.toml").write_text(small_workload.recipe())
    path = tmp_path / "study.toml"
    path.write_text(STUDY.replace("CHIP", str(chip)))
    monkeypatch.chdir(tmp_path)
    return path


def test_a_study_is_remade_byte_for_byte(file):
    file.write_text(file.read_text().replace('bands = ["net.toml"]', ""))
    written = run_study(file)
    assert {path.name for path in written} == {
        *("results.json", "results.csv", "report.md", "gains-real-time.png", "gains-flat-out.png"),
    }
    first = {path.name: path.read_bytes() for path in written}
    for path in written:
        path.unlink()
    run_study(file)
    assert {path.name: path.read_bytes() for path in written} == first


def test_a_study_finds_the_pulse_of_a_published_difference(file):
    """A millikelvin, which these small arrays reach; 11.4 K, which no pulse within their steps does."""
    claim = STUDY[STUDY.index('paper = "somebody else"') :].replace("device_", "espine_").replace("ambient_K", "")
    extra = claim.replace("-11.4", "-1e-3").replace('bound = ""', "")
    text = file.read_text().replace('bands = ["net.toml"]', 'pulses = ["net.toml"]')
    file.write_text(f"{text}\n[[claim]]\n{extra}")
    run_study(file)
    found = json.loads((file.parent / "results.json").read_text())["reached"]
    assert [(point["metric"][:6], point["objective"]) for point in found] == [
        (mode, objective) for mode in ("device", "espine") for objective in ("espine", "thermal")
    ]
    assert all(point["pulse"] is None for point in found[:2])
    point = found[2]
    assert point["difference"] == pytest.approx(-1e-3, rel=0.01)
    assert 0 < point["duty"] < 1
    assert point["rise"] * point["relative"] == pytest.approx(1e-3, rel=0.15)
    assert point["leakage"] < 1
    page = (file.parent / "report.md").read_text()
    assert "## Pulse and duty at which a published difference is reached" in page
    assert "no pulse within a step" in page


def test_a_study_puts_the_published_figure_beside_ours(file):
    run_study(file)
    outcome = json.loads((file.parent / "results.json").read_text())
    told = {(r["pace"], r["objective"], r["metric"]): r for r in outcome["figures"]}
    ours = told["real-time", "espine", "espine_lifetime_frames"]["ratio"]
    limit = told["real-time", "traffic", "espine_lifetime_bound_frames"]["value"]
    limit /= told["real-time", "traffic", "espine_lifetime_frames"]["value"]
    text = (file.parent / "report.md").read_text()
    assert "**Published:** x 3.5, effective lifetime (somebody, recalled)." in text
    assert f"| net.toml, real-time | x {ours:.4g} |" in text
    assert f"| net.toml, real-time, limit | x {limit:.4g} |" in text
    assert "a needed point" in text
    assert "a remark" in text
    evened, hops = (told["real-time", "thermal", m]["ratio"] for m in ("espine_gradient_K", "hops"))
    assert f"| net.toml, thermal | x {evened:.3g} | x {hops:.3g} |" in text
    (chance,) = outcome["chance"]
    assert chance["ordered"] == pytest.approx(ours, rel=1e-7)
    assert chance["median"] > 1.0
    assert f"| net.toml, pcm-65, espine | x {chance['ordered']:.3g} | x {chance['median']:.3g} |" in text
    air = told["real-time", "traffic", "ambient_K"]["value"]
    warm = told["real-time", "traffic", "device_temperature_average_K"]["value"]
    cooled = told["real-time", "thermal", "device_temperature_average_K"]["difference"]
    assert cooled > air - warm, "nothing gets cooler than the air"
    band = next(row for row in outcome["bands"] if row["metric"] == "espine_lifetime_frames")
    assert band["least"] <= band["gain"] == pytest.approx(ours, rel=1e-7)
    assert band["gain"] <= band["largest"]
    assert band["least"] < band["largest"]


def test_a_stopped_study_goes_on_with_the_next_workload(file, monkeypatch):
    (file.parent / "other.toml").write_text(small_workload.recipe(rate_hz=150.0))
    text = file.read_text().replace('workloads = ["net.toml"]', 'workloads = ["net.toml", "other.toml"]')
    file.write_text(text.replace('bands = ["net.toml"]', 'pulses = ["net.toml"]'))
    whole = {path.name: path.read_bytes() for path in run_study(file)}
    for name in whole:
        (file.parent / name).unlink()
    assert not (file.parent / kept.NAME).exists()
    profile, asked = claims.profile, []

    def interrupted(workload, *arguments, **options):
        asked.append(workload)
        if asked == ["net.toml", "other.toml"]:
            raise KeyboardInterrupt
        return profile(workload, *arguments, **options)

    monkeypatch.setattr(claims, "profile", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run_study(file)
    rows = (file.parent / "results.csv").read_text()
    assert "net.toml" in rows
    assert "other.toml" not in rows
    assert not (file.parent / "report.md").exists()
    written = run_study(file)
    assert asked == ["net.toml", "other.toml", "other.toml"]
    assert {path.name: path.read_bytes() for path in written} == whole
    assert not (file.parent / kept.NAME).exists()


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"digest": "x", "workloads": {}}', b"\xff"])
def test_what_was_kept_of_another_study_is_not_taken(file, damage):
    (file.parent / kept.NAME).write_bytes(damage)
    assert kept.kept(file) == {}
    figures = {"real-time": [("a", "b", "c", {"x": 1.5})], "flat-out": []}
    beside = [claims.Chance("a", "b", "c", BesideChance(3.0, 2.0, g)) for g in (None, Gamma(1e3, 1e4, 2.0))]
    part = claims.Part(figures, [], [], beside, [claims.LeftOut("a", "b", "c", "flat-out", "too hot")])
    kept.keep(file, {"net.toml": part})
    assert kept.kept(file)["net.toml"] == part
    file.write_text(file.read_text() + "\n")
    assert kept.kept(file) == {}


@pytest.mark.parametrize(("hot", "there"), [("thermal", {"traffic", "espine"}), ("traffic", set())])
def test_what_runs_away_at_a_pace_is_left_out_and_the_rest_is_told(file, monkeypatch, hot, there):
    """A run of half an hour is not lost because a chip cannot be cooled flat out."""
    figures = Case.figures

    def hotter(case, pace):
        if (case.objective, pace) == (hot, "flat-out"):
            raise InfeasibleError("cooling in espine mode (loop gain)", 900.0, 1.0, "Use a better package.")
        return figures(case, pace)

    monkeypatch.setattr(Case, "figures", hotter)
    file.write_text(file.read_text().replace('bands = ["net.toml"]', "").replace("chance = 20", "chance = 0"))
    run_study(file)
    found = json.loads((file.parent / "results.json").read_text())
    objectives = {pace: {r["objective"] for r in found["figures"] if r["pace"] == pace} for pace in claims.PACES}
    assert objectives == {"real-time": {"traffic", "espine", "thermal"}, "flat-out": there}
    assert [(left["objective"], left["pace"]) for left in found["left_out"]] == [(hot, "flat-out")]
    page = (file.parent / "report.md").read_text()
    assert f"Left out: net.toml under `{hot}` at pcm-65, flat-out: cooling in espine mode" in page
    assert page.count("| net.toml, flat-out | - |") == (2 if hot == "traffic" else 1)


def test_of_a_workload_that_takes_long_fewer_mappings_are_made(file, monkeypatch):
    text = file.read_text().replace('["pcm-65"]', '["pcm-65", "pcm-16"]')
    file.write_text(text.replace("[[claim]]", less(), 1))
    drawn = []
    monkeypatch.setattr(claims, "_chance", lambda count, *_: drawn.append(count) or BesideChance(1.0, 1.0, None))
    outcome = claims.run(read_study(file))
    assert {(e.technology, e.objective) for e in outcome.tables["flat-out"].entries} == {
        ("pcm-65", "traffic"),
        ("pcm-65", "espine"),
    }
    assert drawn == [3]
    lines = panels(outcome, "flat-out")[0].lines["net.toml"]
    assert lines[0] > 1.0, "what is known is drawn, though another node is not"
    assert np.isnan(lines[1])
    run_study(file)
    page = (file.parent / "report.md").read_text()
    assert "| net.toml, real-time | - | - |" in page
    assert re.search(r"\| net\.toml, flat-out \| x [\d.e+]+ \| - \|", page)


def test_of_a_workload_that_takes_long_lines_alone_may_differ(file, monkeypatch):
    """With partitioner and placer given, the other objectives have the baseline's clusters, tiles and times."""
    settings = 'settings = ["partition=first_fit", "place=hill_climb"]\n'
    only = less(objectives='["traffic", "thermal"]').replace("[[claim]]", settings + "[[claim]]")
    file.write_text(file.read_text().replace("[[claim]]", only, 1))
    made, cases = [], claims.cases

    def seen(*arguments, **options):
        for case in cases(*arguments, **options):
            made.append(case.compiled)
            yield case

    monkeypatch.setattr(claims, "cases", seen)
    outcome = claims.run(read_study(file))
    traffic, thermal = (compiled.mapping for compiled in made)
    assert thermal.clustering is traffic.clustering
    assert thermal.placement is traffic.placement
    assert thermal.schedule is traffic.schedule
    assert made[0].view.clusters is made[1].view.clusters
    assert not np.array_equal(thermal.wiring.row, traffic.wiring.row)
    plans = [mapping.origin.plan for mapping in (traffic, thermal)]
    assert [(p.partition.algorithm, p.place.algorithm) for p in plans] == [("first_fit", "hill_climb")] * 2
    assert {e.objective for e in outcome.tables["real-time"].entries} == {"traffic", "thermal"}


def test_a_study_without_claims_has_tables_and_no_pictures(file):
    text = file.read_text()
    file.write_text(text[: text.index("[[claim]]")].replace('bands = ["net.toml"]', ""))
    assert {path.name for path in run_study(file)} == {"results.json", "results.csv", "report.md"}
    assert "## Operating point" in (file.parent / "report.md").read_text()


def test_all_names_of_a_study_are_looked_up_before_any_work(file, monkeypatch):
    monkeypatch.setattr(claims, "profile", lambda *_, **__: pytest.fail("work was done"))
    for old, new, said in (
        ('workloads = ["net.toml"]', 'workloads = ["net.toml", "no-such"]', "neither a file nor a shipped workload"),
        ('["pcm-65"]', '["pcm-65", "pcm-7"]', "no technology is called"),
        ('"thermal"]', '"thermal", "thermal"]', "listed twice"),
        ("[[claim]]", less().replace("chance", 'settings = ["place=swrm"]\nchance'), "did you mean 'swarm'"),
    ):
        text = file.read_text()
        file.write_text(text.replace(old, new))
        with pytest.raises(InputError, match=said):
            run_study(file)
        file.write_text(text)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('bands = ["net.toml"]', 'bands = ["nett.toml"]', "not among the workloads; did you mean"),
        ('bands = ["net.toml"]', 'pulses = ["x"]', "pulses: 'x' is not among the workloads"),
        ('title = "a small study"', "", "title"),
        ('title = "a small study"', 'titel = "x"\ntitle = "y"', "titel: this key is not known here; did you mean"),
        ('basis = "recalled"', "", r"claim\[0\]\.basis: this key is missing"),
        ('metric = "espine_lifetime_frames"', 'metric = "lifetime"', "not compared"),
        ('objective = "espine"', 'objective = "energy"', "not compared"),
        ('ratios = ["espine_gradient_K"', 'ratios = ["gradient"', "not compared"),
        ("[[claim]]", "[[claim", "not a TOML file"),
        ("[[claim]]", less("nut.toml"), "fewer: workload 'nut.toml' is not among the study's; did you mean"),
        ("[[claim]]", less(objectives='["traffic", "energy"]'), "objectives 'energy' is not among the study's"),
        ("[[claim]]", less(technologies='["pcm-16"]'), "technologies 'pcm-16' is not among the study's"),
        ("[[claim]]", less(technologies="[]"), "technologies of net.toml must be some of the study's, each once"),
        ("[[claim]]", less(objectives='["traffic", "traffic"]'), "must be some of the study's, each once"),
        ("[[claim]]", less(objectives='["espine"]'), "objectives of net.toml must begin with 'traffic'"),
        ("[[claim]]", less().replace("chance", 'settings = ["swarm"]\nchance'), "'swarm' is not stage.option=value"),
        ("[[claim]]", less().replace("chance", "seed = 1\nchance"), r"fewer\[0\]\.seed: this key is not known here"),
        ("[[claim]]", '[accuracy]\nage = "1s,1d"\n[[claim]]', "accuracy: age is '1s,1d'"),
        ("[[claim]]", "[accuracy]\ndevices = 0\n[[claim]]", "accuracy.devices"),
        ("[[claim]]", '[accuracy]\neffects = "drft"\n[[claim]]', "accuracy: .*did you mean 'drift'"),
        ("[[claim]]", "[accuracy]\nages = 1\n[[claim]]", "accuracy.ages: this key is not known here"),
    ],
)
def test_a_bad_study_file_is_refused(file, old, new, said):
    file.write_text(file.read_text().replace(old, new, 1))
    with pytest.raises(InputError, match=said):
        read_study(file)
    with pytest.raises(InputError, match="cannot be read"):
        read_study(file.parent / "absent.toml")


def test_the_shipped_study_can_be_read():
    asked = read_study(Path(__file__).parents[2] / "reports" / "papers" / "study.toml")
    assert asked.technologies == ("pcm-65", "pcm-16")
    assert len(asked.workloads) == 11
    assert {claim.published for claim in asked.claims} == {3.5, 1.075, -11.4, 0.48, 0.89}


def test_a_study_measures_accuracy_on_the_chips_that_compare_draws(file):
    text = file.read_text().replace('bands = ["net.toml"]', "")
    file.write_text(
        text.replace(
            "[[claim]]", '[accuracy]\ndevices = 3\nage = "30d"\neffects = "read,levels,drift"\nseed = 5\n\n[[claim]]', 1
        )
    )
    asked = read_study(file)
    run_study(file)
    options = snnmap.CompareOptions(
        asked.objectives,
        asked.technologies,
        snnmap.CompileOptions(hardware=asked.hardware),
        measure=snnmap.AccuracyOptions(effects="read,levels,drift", devices=3, ages=("30d",), seed=5),
    )
    theirs = {(e.objective, e.metric): e.value for e in snnmap.compare(["net.toml"], options).entries}
    rows = json.loads((file.parent / "results.json").read_text())["figures"]
    ours = {(r["objective"], r["metric"]): r["value"] for r in rows if r["pace"] == "real-time"}
    assert not any(r["metric"] in ACCURACIES[1:] for r in rows if r["pace"] == "flat-out")
    page = (file.parent / "report.md").read_text()
    assert "Chips: 3, drawn, aged 30d, the same for all objectives; effects: levels, drift, read." in page
    for objective in asked.objectives:
        mean, low, high, gain, worst, best = (ours[objective, metric] for metric in ACCURACIES[1:])
        assert [ours[objective, m] for m in ACCURACIES[1:]] == [theirs[objective, m] for m in ACCURACIES[1:]]
        told = f"{100 * mean:.2f} % ({100 * low:.2f} to {100 * high:.2f})"
        assert (
            f"| net.toml, {objective} | {told} | {100 * gain:+.2f} ({100 * worst:+.2f} to {100 * best:+.2f}) |" in page
        )
