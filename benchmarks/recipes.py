"""Build time and peak memory of the recipes, the 99-million-synapse VGG16-like network above all.

    python benchmarks/recipes.py [NAME ...]

Every recipe is built in a process of its own; memory is that process's peak. Target for vgg16: 60 s, 4 GiB.
"""

import json
import resource
import subprocess
import sys
import time

from snnmap.frontend import load_network, workload_table


def build(name: str) -> None:
    wall, processor = time.perf_counter(), time.process_time()
    network = load_network(name).network
    found = {
        "name": name,
        "neurons": network.neurons,
        "synapses": network.synapses,
        "wall_s": round(time.perf_counter() - wall, 2),
        "cpu_s": round(time.process_time() - processor, 2),
        "peak_GiB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }
    print(json.dumps(found))


def main() -> None:
    names = sys.argv[1:] or [row["name"] for row in workload_table() if row["kind"] == "recipe"]
    for name in names:
        subprocess.run([sys.executable, __file__, "--build", name], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--build"]:
        build(sys.argv[2])
    else:
        main()
