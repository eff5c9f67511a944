"""Wiring for accuracy against wiring for traffic, on the same drawn chips: the table of reports/accuracy/wiring.md.

nice python benchmarks/accuracy_wiring.py [--cases nmnist-cnn:pcm-16 mnist-mlp:pcm-16 mnist-mlp:oxram-22]
                                          [--devices 20] [--ages 1s 1d] [--effects all ir] [--out reports/accuracy]

One profile, one partition, one placement, two wirings; chip number n is the same chip for both, cell by cell.
Differences are paired, chip by chip and frame by frame. Results are kept in wiring.json as they come: a run that was
stopped goes on.
"""

import argparse
import json
from pathlib import Path

import numpy as np

import snnmap
from snnmap.core.run import stream
from snnmap.evaluation.accuracy import change_interval, student
from snnmap.evaluation.disturbance import error_share
from snnmap.pipeline.drawn import DrawnChips

OBJECTIVES = ("traffic", "accuracy")
CASES = ("nmnist-cnn:pcm-16", "mnist-mlp:pcm-16", "mnist-mlp:oxram-22")
HEADER = """# Wiring for accuracy against wiring for traffic

Made by `nice python benchmarks/accuracy_wiring.py` (snnmap {version}); `wiring.json` holds every chip and frame.
Shipped networks on `pcm-mesh`, `--ir linear`. One partition and one placement, two wirings, {devices} chips, each the
same for both; another wiring puts a weight on another cell, so what a chip's drawn errors do to it is drawn anew.
Accuracy in %; differences in points, accuracy wiring less traffic wiring, pairs of one chip and one frame, with 95 %
intervals over chips and frames, and over chips alone (these frames). *Counts off* is how far the counts of the outputs
are from those of ideal devices, over their mean. The closed form is `accuracy_error_share`. With wires alone all chips
are alike, and one is run.
"""
SECTION = """
## {case}: {frames} frames, ideal devices {ideal:.1f} %

Closed form: traffic {traffic:.4f}, accuracy {accuracy:.4f}.

| effects, age | traffic | accuracy | difference | over chips and frames | over chips | chips better, alike, worse \
| counts off, traffic | counts off, accuracy | difference, over chips |
|---|---:|---:|---:|---|---|---|---:|---:|---|
"""


def found(views, graph, effects, age, given):
    """Right or wrong of every chip and frame under both wirings, and how far counts are off on every chip."""
    devices = 1 if effects == "ir" else given.devices
    options = snnmap.AccuracyOptions(effects=effects, devices=devices, ages=(age,))
    told = {}
    for name, view in views.items():
        chips = DrawnChips.of(view, graph, options)
        ideal, right, off = chips.counts(), [], []
        for chip in range(devices):
            outcome = chips.outcome(chip, options.seconds[0])
            right.append((outcome.predictions == chips.right).astype(int).tolist())
            off.append(float(np.abs(outcome.counts - ideal).mean() / ideal.mean()))
            print(name, effects, age, chip, f"{100 * np.mean(right[-1]):.2f} % {off[-1]:.4f}", flush=True)
        told[name] = {"right": right, "off": off}
    return told


def line(key, told):
    """One row of the table."""
    right = [np.array(told[name]["right"]) for name in OBJECTIVES]
    off = [np.array(told[name]["off"]) for name in OBJECTIVES]
    gain = right[1] - right[0]
    each, less = gain.mean(axis=1), off[1] - off[0]
    low, high = change_interval(gain, rng=stream(0, "wiring"))
    spread = student(each, (-1.0, 1.0)) if len(each) > 1 else (0.0, 0.0)
    ends = student(less, (-np.inf, np.inf)) if len(less) > 1 else (0.0, 0.0)
    better, alike = int(np.sum(each > 0)), int(np.sum(each == 0))
    cells = [
        key,
        *(f"{100 * r.mean():.2f}" for r in right),
        f"{100 * gain.mean():+.2f}",
        f"{100 * low:+.2f} to {100 * high:+.2f}",
        f"{100 * spread[0]:+.2f} to {100 * spread[1]:+.2f}" if len(each) > 1 else "-",
        f"{better}, {alike}, {len(each) - better - alike}",
        *(f"{o.mean():.4f}" for o in off),
        f"{less.mean():+.4f}" + (f" ({ends[0]:+.4f} to {ends[1]:+.4f})" if len(each) > 1 else ""),
    ]
    return f"| {' | '.join(cells)} |"


def compiled_views(case, graph):
    """Views of both mappings of a case, and what the page says of them."""
    views, said = {}, {"frames": graph.frames, "ideal": 100 * (graph.accuracy or 0.0)}
    for name in OBJECTIVES:
        options = snnmap.CompileOptions(technology=case.partition(":")[2], objective=name)
        views[name] = snnmap.compile(graph, options).view
        said[name] = error_share(views[name])
    rows, tiles = ([np.asarray(part(v)) for v in views.values()] for part in (clusters_of, tiles_of))
    assert np.array_equal(*rows)
    assert np.array_equal(*tiles)
    print(case, said, flush=True)
    return views, said


def clusters_of(view):
    """Row entries of a mapping."""
    return view.mapping.clustering.row_source


def tiles_of(view):
    """Tiles of a mapping."""
    return view.mapping.placement.tile


def page(kept, about):
    """The report, of what there is."""
    parts = [HEADER.format(**about)]
    for case, entry in kept.items():
        lines = [line(key, told) for key, told in entry["runs"].items()]
        parts.append(SECTION.format(case=case.replace(":", ", "), **entry["said"]) + "\n".join(lines) + "\n")
    return "".join(parts)


def main(given):
    given.out.mkdir(parents=True, exist_ok=True)
    about = {"devices": given.devices, "version": snnmap.__version__}
    results = given.out / "wiring.json"
    kept = json.loads(results.read_text()) if results.exists() else {}
    kept = kept["cases"] if kept.get("about") == about else {}
    wanted = [(effects, age) for effects in given.effects for age in given.ages]
    wanted = [(effects, age) for effects, age in wanted if effects != "ir" or age == given.ages[0]]  # wires do not age
    for case in given.cases:
        runs = kept.setdefault(case, {"said": {}, "runs": {}})["runs"]
        if all(f"{effects}, {age}" in runs for effects, age in wanted):
            continue
        graph = snnmap.profile(case.partition(":")[0])
        views, kept[case]["said"] = compiled_views(case, graph)
        for effects, age in wanted:
            key = f"{effects}, {age}"
            if key not in runs:
                runs[key] = found(views, graph, effects, age, given)
                print(line(key, runs[key]), flush=True)
            results.write_text(json.dumps({"about": about, "cases": kept}) + "\n")
            (given.out / "wiring.md").write_text(page(kept, about))
    (given.out / "wiring.md").write_text(page(kept, about))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", nargs="+", default=CASES, help="NETWORK:TECHNOLOGY")
    parser.add_argument("--devices", type=int, default=20)
    parser.add_argument("--ages", nargs="+", default=["1s", "1d"])
    parser.add_argument("--effects", nargs="+", default=["all", "ir"], help="each as `snnmap accuracy` takes them")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "reports" / "accuracy")
    main(parser.parse_args())
