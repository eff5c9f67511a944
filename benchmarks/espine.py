"""What eSpine's lifetime gain rests on: lines by chance as a second baseline, and the gamma of the published gain.

python benchmarks/espine.py [--networks mnist-mlp] [--technology pcm-65] [--wirings 200]
"""

import argparse

import numpy as np

import snnmap
from snnmap.core.errors import InputError
from snnmap.evaluation.chance import gamma_of, lifetimes_by_chance
from snnmap.physics.espine import EspineCell
from snnmap.reliability.espine import espine_twin

PUBLISHED = 3.5
"""Effective lifetime over SpiNeMap, recalled from eSpine's abstract."""


def network(name, technology, count):
    graph = snnmap.profile(name)
    options = [snnmap.CompileOptions(objective=o, technology=technology) for o in ("traffic", "espine")]
    base, other = (snnmap.compile(graph, each).view for each in options)
    cell = EspineCell.of(espine_twin(base.hardware.technology))
    ordered, wired = (view.mapping.figures["espine_lifetime_frames"] for view in (base, other))
    chance = np.median(lifetimes_by_chance(base, cell, count, rng=np.random.default_rng(0)))
    print(
        f"{name}, {technology}: espine x {wired / ordered:.3g} of lines in order, x {wired / chance:.3g} of the median",
        end="",
    )
    print(f" of {count} wirings by chance, which last x {chance / ordered:.3g} of lines in order")
    try:
        found = gamma_of(PUBLISHED, base, other, cell)
    except InputError as error:
        print(f"  {error}")
        return
    print(f"  x {PUBLISHED} takes gamma = {found.gamma:.4g} K, calibrated {found.calibrated:.5g} K; ", end="")
    print(f"the cell nearest to driver and sense then survives {found.corner:.3g} spikes, not 1e6")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", default="mnist-mlp")
    parser.add_argument("--technology", default="pcm-65")
    parser.add_argument("--wirings", type=int, default=200)
    asked = parser.parse_args()
    for each in asked.networks.split(","):
        for node in asked.technology.split(","):
            network(each, node, asked.wirings)
