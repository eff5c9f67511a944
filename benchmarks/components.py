"""Our components beside those of hwcomponents-neurosim and hwcomponents-adc: energy, area, leakage, and the ratios.

python3.12 -m venv /tmp/hwcomponents && /tmp/hwcomponents/bin/pip install hwcomponents-neurosim hwcomponents-adc
python benchmarks/components.py /tmp/hwcomponents/bin/python [--nodes 65 22]

The packages need Python 3.12 and are no dependency; they run in that interpreter. NeuroSim's program in its wheel needs
a new C library: where it does not start, it is built from the sources in the wheel (make, g++). Its converter is set to
successive approximation, as ours is; by default it is a flash converter. Where two figures differ by more than 3x, the
source of the key in the hardware file must name NeuroSim or hwcomponents, which it is compared with: else exit code 1.
"""

import argparse
import json
import subprocess
import sys

from snnmap.hardware import Hardware, load_hardware

FAR = 3.0
"""Ratio from which on the hardware file says why."""
ROWS = 128
FLIP_FLOPS = 640
"""Of a router: 5 ports x 4 flits x 32 bits."""

THEIRS = """
import json, pathlib, shutil, subprocess, sys, tempfile
import hwcomponents_neurosim as ns
from hwcomponents_adc import ADC
from hwcomponents_neurosim import neurointerface as ni

asked = json.loads(sys.stdin.read())
home, made = pathlib.Path(ni.SCRIPT_DIR), pathlib.Path(tempfile.mkdtemp())
config = made / "sar.cfg"
config.write_text(pathlib.Path(ni.DEFAULT_CONFIG).read_text().replace("SARADC:                        0", "SARADC: 1"))
if subprocess.run([ni.NEUROSIM_PATH, "none"], capture_output=True).stderr.find(b"GLIBC") >= 0:
    shutil.copytree(home / "DNN_NeuroSim_V1.3/Inference_pytorch/NeuroSIM", made / "build")
    shutil.copytree(home / "drop_in", made / "build", dirs_exist_ok=True)
    subprocess.run(["make", "CXXFLAGS=-O1 -std=c++0x -w"], cwd=made / "build", check=True, capture_output=True)
    ni.NEUROSIM_PATH = str(made / "build/main")

def told(part, count=1):
    return {"energy": part.read().energy, "area": part.area / count, "leak": part.leak_power / count}

answers = {}
for node, ask in asked.items():
    at = {"tech_node": float(node) * 1e-9, "cycle_period": 1e-8}
    array = {**at, "rows": ask["rows"], "cols": ask["columns"], "cols_active_at_once": ask["converters"]}
    array |= {"cell_config": str(home / "cells/nvsim_PCRAM.cell"), "read_pulse_width": 1e-7}
    array |= {"average_input_value": 1, "average_cell_value": 0.5}
    ni.DEFAULT_CONFIG = str(config)
    survey = ADC(n_bits=ask["bits"], tech_node=at["tech_node"], throughput=ask["throughput"])
    answers[node] = {
        "sar": told(ns.ADC(**array, adc_resolution=ask["bits"]), ask["converters"]),
        "survey": {"energy": survey.get_energy(), "area": survey.area},
        "driver": told(ns.RowDrivers(**array), ask["rows"]),
        "shift_add": told(ns.ShiftAdd(**at, n_bits=ask["bits"], shift_register_n_bits=16)),
        "adder": told(ns.Adder(**at, n_bits=32)),
        "flip_flops": told(ns.FlipFlop(**at, n_bits=ask["flip_flops"])),
    }
print(json.dumps(answers))
"""

COMPARED = (
    ("converter, a conversion", "adc_energy", "survey", "energy"),
    ("converter, a conversion", "adc_energy", "sar", "energy"),
    ("converter", "adc_area", "survey", "area"),
    ("converter", "adc_area", "sar", "area"),
    ("row driver, a pulse", "dac_energy", "driver", "energy"),
    ("row driver", "driver_area", "driver", "area"),
    ("row driver", "driver_width", "driver", "leak"),
    ("shift-and-add, once", "shift_add_energy", "shift_add", "energy"),
    ("shift-and-add", "shift_add_area", "shift_add", "area"),
    ("shift-and-add", "shift_add_width", "shift_add", "leak"),
    ("32-bit adder, once", "merge_energy", "adder", "energy"),
    ("router, its flip-flops", "router_area", "flip_flops", "area"),
    ("router, its flip-flops", "router_width", "flip_flops", "leak"),
)
"""What is compared: words, our key, their component and its figure."""
UNITS = {"energy": (1e-12, "pJ"), "area": (1e-12, "um2"), "leak": (1e-9, "nW")}


def ours(chip: Hardware, key: str, figure: str) -> float:
    """Energy, J; area, m2; leakage at 300 K, W."""
    if figure == "area":
        return chip[key] * chip.feature**2
    technology = chip.technology
    per_feature = chip.feature * technology["leakage_current"] * technology["supply_voltage"]
    return chip[key] * (per_feature if figure == "leak" else 1.0)


def explained(chip: Hardware, key: str) -> bool:
    """Whether the hardware file says what a key was compared with."""
    source = chip.values[key].citation.lower()
    return "neurosim" in source or "hwcomponents" in source


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("python", help="interpreter that has the two packages")
    parser.add_argument("--nodes", type=int, nargs="+", default=[65, 22])
    options = parser.parse_args()
    chips = {node: load_hardware("pcm-mesh", f"pcm-{node}") for node in options.nodes}
    asked = {
        str(node): {
            "rows": ROWS,
            "columns": chip.columns,
            "converters": chip.columns // chip.turns,
            "bits": int(chip["adc_bits"]),
            "throughput": 1.0 / chip["adc_time"],
            "flip_flops": FLIP_FLOPS,
        }
        for node, chip in chips.items()
    }
    answer = subprocess.run(
        [options.python, "-c", THEIRS], input=json.dumps(asked), text=True, stdout=subprocess.PIPE, check=True
    )
    theirs, silent = json.loads(answer.stdout), []
    for node, chip in chips.items():
        print(f"\n{node} nm                  figure   unit       ours   theirs    ratio")
        for words, key, component, figure in COMPARED:
            scale, unit = UNITS[figure]
            mine, other = ours(chip, key, figure), theirs[str(node)][component][figure]
            source = "hwcomponents-adc" if component == "survey" else "hwcomponents-neurosim"
            far = not 1 / FAR <= mine / other <= FAR
            silent += [key] * (far and not explained(chip, key))
            row = f"{words:24} {figure:6} {unit:4} {mine / scale:10.4g} {other / scale:8.4g} {mine / other:8.3g}"
            print(f"{row}  {source}{f'; {key}: {chip.values[key].citation}' if far else ''}")
    if silent:
        sys.exit(f"the hardware file does not say why these differ: {', '.join(dict.fromkeys(silent))}")


if __name__ == "__main__":
    main()
