"""What each effect costs in accuracy, and how long chips keep it: the tables of reports/accuracy.

nice python benchmarks/accuracy.py [--networks mnist-mlp nmnist-cnn] [--technologies pcm-65 pcm-16 oxram-22]
                                   [--devices 10] [--refresh pcm-65] [--out reports/accuracy]

Every network is profiled once and compiled for every technology with the default objective. Results are kept in
results.json as they come: a run that was stopped goes on, one with other numbers of chips begins again. `--devices`
chips of networks that take less than a second a chip, a third as many of others. The page is made from the results.
"""

import argparse
import json
import tempfile
from pathlib import Path

import snnmap
from snnmap.render.numbers import number

NETWORKS = ("mnist-mlp", "nmnist-cnn")
LARGE = 500_000
"""Synapses from which on a third of the chips are drawn."""
TECHNOLOGIES = ("pcm-65", "pcm-16", "oxram-22")
ALONE, AGES = "1d", ("1s", "1d", "1y")
"""Age of each effect alone, and those of all together."""
CHANGES = ("levels", "programming", "stuck", "drift", "read", "off", "ir", "adc", "dac", "temperature")
HEADER = """# Accuracy on real cells

Made by `nice python benchmarks/accuracy.py` (snnmap {version}); `results.json` holds every figure, chip by chip.
Shipped networks on `pcm-mesh`, default objective, `--ir linear`, drift compensated as the chip says. Accuracy is the
mean over chips and the profiled frames; the change is in points against ideal devices on the same frames, in brackets
its 95 % interval over chips and frames. With 300 and 30 frames the intervals are mostly those of the frames.
"""


COLUMNS = (
    "| network, technology | compensated | rule | refreshed after | 95 % | writes per cell and year "
    "| lifetime, median | first failure | at that age |"
)


def rows(given, kept):
    """All runs that the tables need, those that are kept already left out; each as (key, network, mapping, options)."""
    for name in given.networks:
        with tempfile.TemporaryDirectory() as folder:
            wanted = [(name, technology) for technology in given.technologies]
            missing = [pair for pair in wanted if any(key not in kept for key, _ in runs(*pair, 0, given))]
            if not missing:
                continue
            graph = snnmap.profile(name)
            devices = given.devices if len(graph.network.post) < LARGE else -(-given.devices // 3)
            profile = Path(folder) / "profile.npz"
            snnmap.save_profile(graph, profile)
            for _, technology in missing:
                mapping = Path(folder) / f"{technology}.json"
                compiled = snnmap.compile(graph, snnmap.CompileOptions(technology=technology))
                snnmap.save(compiled.mapping, mapping)
                for key, options in runs(name, technology, devices, given):
                    if key not in kept:
                        yield key, snnmap.accuracy_file(mapping, options, workload=str(profile)).document()


def runs(name, technology, devices, given):
    """Key and options of every run of one network at one technology."""
    devices = max(devices, 2)
    for effect in CHANGES:
        options = snnmap.AccuracyOptions(effects=effect, devices=devices, ages=(ALONE,))
        yield f"{name} {technology} {effect}", options
    yield f"{name} {technology} none", snnmap.AccuracyOptions(effects="none", devices=devices)
    yield f"{name} {technology} all", snnmap.AccuracyOptions(devices=devices, ages=AGES)
    if technology in given.refresh:
        options = snnmap.AccuracyOptions(devices=devices, ages=("1s",), refresh=True, keep=given.keep)
        yield f"{name} {technology} refresh", options


def cell(document, age):
    """Accuracy and change at one of a document's ages."""
    at = document["ages"][age]
    low, high = (100 * end for end in at["change_interval"])
    return f"{100 * at['mean']:.1f} | {100 * at['change']:+.1f} ({low:+.1f} to {high:+.1f})"


def page(kept, given):
    """The report, of what there is."""
    lines = [HEADER.format(version=snnmap.__version__)]
    for name in given.networks:
        there = [t for t in given.technologies if f"{name} {t} all" in kept]
        if not there:
            continue
        one = kept[f"{name} {there[0]} all"]
        title = f"{name}: {one['devices']} chips, {one['frames']} frames, ideal devices {100 * one['ideal']:.1f} %"
        lines += [f"## {title}", "", "| effects, age | " + " | ".join(f"{t}, % | change" for t in there) + " |"]
        lines.append("|---|" + "---:|---|" * len(there))
        for effect in CHANGES:
            cells = [cell(kept[key], 0) if (key := f"{name} {t} {effect}") in kept else "- | -" for t in there]
            lines.append(f"| {effect}, {ALONE} | " + " | ".join(cells) + " |")
        for k, age in enumerate(AGES):
            cells = [cell(kept[f"{name} {t} all"], k) for t in there]
            lines.append(f"| all, {age} | " + " | ".join(cells) + " |")
        silent = [
            (kept[key]["deviating_events"], kept[key]["events"]) for t in there if (key := f"{name} {t} none") in kept
        ]
        lines += ["", *(f"Without effects {d:,} of {e:,} events deviate from the profile." for d, e in silent[:1]), ""]
    lines += refresh_table(kept, given)
    return "\n".join(lines).rstrip() + "\n"


def refresh_table(kept, given):
    """Both rules of refresh for every network that has them."""
    found = [(key, kept[key]) for key in kept if key.endswith(" refresh")]
    if not found:
        return []
    lines = [
        f"## Refresh: when a weight has drifted, when accuracy has by {given.keep:g} points",
        "",
        "All effects. By accuracy: the largest age that loses no more than that against fresh, its 95 % interval over",
        "chips, and the accuracy at that age of as many chips that took no part in the search (interval over chips and",
        "frames).",
        "",
        COLUMNS,
        "|---|---|---|---|---|---:|---|---|---|",
    ]
    for key, document in found:
        name = key.removesuffix(" refresh").replace(" ", ", ")
        for each in document["refresh"]:
            on = "yes" if each["compensated"] else "no"
            lines.append(f"| {name} | {on} | drift | {costs(each['by_drift'], '-')} | - |")
            if each["by_accuracy"] is None:
                lines.append(f"| {name} | {on} | accuracy | fresh chips alone | - | - | - | - | - |")
                continue
            last = each["longest_asked_s"]
            interval = " to ".join(until(end, last) for end in each["longest_interval_s"])
            low, high = (100 * end for end in each["other_chips"]["interval"])
            mean, fresh = 100 * each["other_chips"]["mean"], 100 * each["accuracy_fresh"]
            again = f"{mean:.1f} % ({low:.1f} to {high:.1f}), fresh {fresh:.1f} %"
            lines.append(f"| {name} | {on} | accuracy | {costs(each['by_accuracy'], interval, last)} | {again} |")
    return [*lines, ""]


def costs(rule, interval, last=None):
    """Interval, writes and lifetimes of a rule as cells of the table."""
    after = rule["said"] or until(rule["interval_s"], last)
    lives = " | ".join(until(rule[key], None) for key in ("lifetime_s", "first_failure_s"))
    return f"{after} | {interval} | {rule['writes_per_cell_and_year']:.3g} | {lives}"


def plain(value):
    """As JSON can say it: what never happens is none."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return None if isinstance(value, float) and value in (float("inf"), float("nan")) else value


def until(seconds, last):
    """A time in words; one as long as was looked at is the least."""
    if seconds is None:
        return "never"
    words = number(seconds, "s", 3) if seconds else "at once"
    return f"at least {words}" if seconds == last else words


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", default=NETWORKS)
    parser.add_argument("--technologies", nargs="+", default=TECHNOLOGIES)
    parser.add_argument("--devices", type=int, default=10)
    parser.add_argument("--refresh", nargs="*", default=("pcm-65",), help="technologies of which refresh is sought")
    parser.add_argument("--keep", type=float, default=0.5)
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[1] / "reports" / "accuracy")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    results = given.out / "results.json"
    about = {"devices": given.devices, "keep": given.keep, "version": snnmap.__version__}
    kept = json.loads(results.read_text()) if results.exists() else {}
    kept = kept["runs"] if kept.get("about") == about else {}
    for key, document in rows(given, kept):
        kept[key] = plain(document)
        results.write_text(json.dumps({"about": about, "runs": kept}, indent=1, allow_nan=False) + "\n")
        (given.out / "report.md").write_text(page(kept, given))
        print(key, f"{100 * document['ages'][-1]['mean']:.2f} %", flush=True)
    (given.out / "report.md").write_text(page(kept, given))
