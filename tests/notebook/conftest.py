"""Every record that a notebook shows, small, and with names that try to be markup."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from support import integer_nets, small_workload

import snnmap

HOSTILE = "<script>alert('x')</script> & \"<b>"


@pytest.fixture(scope="session")
def records(compiled: snnmap.Compiled, chip: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Class name to a record of that class, as the public functions return them."""
    folder = tmp_path_factory.mktemp("notebook")
    recipe, file = folder / "net.toml", folder / "mapping.json"
    recipe.write_text(small_workload.recipe())
    base = snnmap.CompileOptions(hardware=str(chip), seed=3)
    snnmap.save(snnmap.compile(str(recipe), base).mapping, file)
    variants = (snnmap.parse_variant("anneal:"), snnmap.parse_variant("lazy:place=sequential"))
    grid = snnmap.Sweep(hardware=(str(chip), "pcm-mesh"), technology=("pcm-65", "pcm-16"), seed=(0, 1))
    swept = snnmap.sweep([str(recipe)], grid, snnmap.SweepWhere(folder / "sweep.csv", workers=1))
    fronts = snnmap.pareto(folder / "sweep.csv", snnmap.parse_aims("energy,area"))
    objectives = snnmap.CompareOptions(objectives=("traffic", "espine"), base=base)
    measured = snnmap.AccuracyOptions(devices=2, ages=("1s", "30d"), effects="programming,drift")
    drawn = snnmap.draw_chip(str(file), stuck_on=0.0, stuck_off=0.0)
    stuck = np.zeros_like(drawn.stuck)
    stuck[2].ravel()[:7] = 1
    return {
        "Accuracy": snnmap.accuracy_file(file, measured),
        "ChipMap": replace(drawn, stuck=stuck),
        "Comparison": snnmap.compare([str(recipe)], objectives),
        "Compiled": compiled,
        "Converted": snnmap.convert(recipe, folder / "net.npz", snnmap.LoadOptions(quantise="mse", bits=4)),
        "Contrasts": snnmap.compare_variants([str(recipe)], snnmap.VariantOptions(variants, (0, 1, 2), base=base)),
        "Front": fronts[0],
        "Fronts": fronts,
        "Hardware": compiled.hardware,
        "Imported": snnmap.load_network(recipe),
        "MacAccuracy": _integers(folder),
        "Manycore": snnmap.manycore(recipe),
        "Mapping": compiled.mapping,
        "MappingReport": snnmap.report(file),
        "Network": compiled.graph.network,
        "Report": compiled.report,
        "SpikeGraph": compiled.graph,
        "StepTrace": snnmap.step_trace(compiled.mapping, compiled.graph, compiled.hardware),
        "Swept": swept,
        "Violations": snnmap.verify(compiled.mapping, compiled.graph, compiled.hardware),
        "Workload": small_workload.workload(),
    }


def _integers(folder: Path) -> snnmap.MacAccuracy:
    snnmap.save_network(integer_nets.network(), folder / "integers.npz")
    options = snnmap.MacOptions(devices=2)
    return snnmap.mac_accuracy(folder / "integers.npz", options=options, data=integer_nets.images())


@pytest.fixture(scope="session")
def hostile(records: dict[str, Any]) -> dict[str, Any]:
    """The same with `HOSTILE` wherever a file or a user names something."""
    named = {"workload": HOSTILE, "technology": HOSTILE}
    mapping, graph, network = (records[name] for name in ("Mapping", "SpikeGraph", "Network"))
    layers = tuple(replace(p, name=HOSTILE) for p in network.populations)
    renamed = replace(network, populations=layers)
    facts = msgspec.structs.replace(mapping.workload, name=HOSTILE)
    mapped = replace(mapping, workload=facts, figures={**mapping.figures, HOSTILE: HOSTILE})
    front = replace(
        records["Front"], workload=HOSTILE, rows=tuple({**r, "run": HOSTILE} for r in records["Front"].rows)
    )
    comparison, report = records["Comparison"], records["MappingReport"]
    provenance = msgspec.structs.replace(graph.provenance, name=HOSTILE)
    metrics = (*records["Report"].metrics, snnmap.Metric(HOSTILE, HOSTILE, HOSTILE))
    rows = tuple({**row, "technology": HOSTILE} for row in records["Swept"].rows)
    compiled = replace(records["Compiled"], view=type(records["Compiled"].view)(mapped, graph, records["Hardware"]))
    read = replace(records["Imported"], name=HOSTILE, network=renamed, repairs=(HOSTILE,))
    return {
        "Accuracy": replace(records["Accuracy"], workload=HOSTILE),
        "ChipMap": replace(records["ChipMap"], chip=HOSTILE),
        "Converted": replace(records["Converted"], read=read),
        "Comparison": replace(comparison, entries=tuple(replace(e, **named) for e in comparison.entries)),
        "Compiled": compiled,
        "Contrasts": snnmap.Contrasts(replace(c, **named) for c in records["Contrasts"]),
        "Front": front,
        "Fronts": snnmap.Fronts((front,)),
        "Hardware": replace(records["Hardware"], name=HOSTILE, description=HOSTILE),
        "Imported": read,
        "MacAccuracy": replace(records["MacAccuracy"], workload=HOSTILE),
        "Manycore": replace(records["Manycore"], workload=HOSTILE),
        "Mapping": mapped,
        "MappingReport": replace(report, mapping=mapped, figures=mapped.figures, notes=(HOSTILE,)),
        "Network": renamed,
        "Report": replace(records["Report"], metrics=metrics, notes=(HOSTILE,)),
        "SpikeGraph": replace(graph, network=renamed, provenance=provenance),
        "StepTrace": replace(records["StepTrace"], columns={HOSTILE: [HOSTILE]}),
        "Swept": replace(records["Swept"], table=Path(HOSTILE.replace("/", "")), rows=rows),
        "Violations": snnmap.Violations([snnmap.Violation("rule", HOSTILE, HOSTILE, HOSTILE)]),
        "Workload": replace(records["Workload"], name=HOSTILE, network=renamed),
    }
