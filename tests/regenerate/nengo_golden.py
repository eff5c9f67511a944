"""Regenerate tests/data/golden_nengo.npz by running Nengo's LIF.

    python -m venv V; V/bin/pip install nengo==4.1.0
    V/bin/python tests/regenerate/nengo_golden.py

Voltages begin at 0, where Nengo by default draws them.
"""

import sys
from pathlib import Path

import nengo
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from oracles import nengo_nets

rasters = {}
for case, (tau, rest, least, dt) in enumerate(nengo_nets.CASES):
    neurons = nengo.neurons.LIF(tau_rc=tau, tau_ref=rest, min_voltage=least)
    x = nengo_nets.currents(case)
    voltage, refractory, out = np.zeros(x.shape[1]), np.zeros(x.shape[1]), np.zeros(x.shape)
    for t, current in enumerate(x):
        neurons.step(dt, current, out[t], voltage, refractory)
    rasters[f"case_{case}"] = np.packbits(out > 0)
np.savez_compressed(Path(__file__).parents[1] / "data" / "golden_nengo.npz", **rasters)
