"""What wires leave of the currents of a mapping's cells, against nodal analysis of each array as it stands."""

from dataclasses import replace

import numpy as np
import pytest
from oracles import nodal

from snnmap.analysis.view import View
from snnmap.hardware.weights import ENCODINGS, Weights
from snnmap.physics.crossbar import Wires
from snnmap.simulate.imperfect.options import ImperfectOptions, parsed
from snnmap.simulate.imperfect.run import ImperfectNetwork
from snnmap.simulate.imperfect.wires import kept_currents


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("slices", [1, 2])
def test_every_cell_keeps_what_nodal_analysis_says(compiled, encoding: str, slices: int) -> None:
    hardware = compiled.hardware.with_value("r_wordline", 200.0).with_value("r_bitline", 300.0)
    hardware = replace(hardware, weights=Weights(encoding, 4, slices))
    mapping = compiled.mapping
    view = View(mapping, compiled.graph, hardware)
    warm = np.full(mapping.clustering.clusters, 340.0)
    network = ImperfectNetwork(view, ImperfectOptions(parsed("ir,levels")), warm)
    cluster = 1
    rows, columns = mapping.clustering.rows_of(cluster), mapping.clustering.columns_of(cluster)
    share = network.cells.target(cluster).share
    kept = kept_currents(view, cluster, share, 340.0)
    technology, volts = hardware.technology, hardware["read_voltage"]
    g = technology["g_min"] + share * (technology["g_max"] - technology["g_min"])
    wires = Wires.of(technology, 340.0)
    halves = len(share)
    own = mapping.wiring.column[columns].tolist() + ([-1] if encoding == "offset_column" else [])
    per = slices * (2 if encoding == "pair_columns" else 1)
    words, bits = hardware.word_lines, hardware.bit_lines
    arrays: dict[int, np.ndarray] = {}
    place = {}
    for h in range(halves):
        key = h if encoding == "pair_arrays" else 0
        field = arrays.setdefault(key, np.zeros((words, bits)))
        for i, row in enumerate(mapping.wiring.row[rows].tolist()):
            word = 2 * row + h if encoding == "pair_rows" else row
            for s in range(slices):
                for j, column in enumerate(own):
                    bit = (
                        column * per + (h * slices if encoding == "pair_columns" else 0) + s
                        if column >= 0
                        else bits - 1
                    )
                    field[word, bit] = g[h, s, i, j]
                    place[h, s, i, j] = (key, word, bit)
    share_on, paired = np.zeros(words), encoding == "pair_rows"
    for row, company in zip(mapping.wiring.row[rows].tolist(), view.clusters.row_company[rows].tolist(), strict=True):
        share_on[[2 * row, 2 * row + 1] if paired else [row]] = company
    current = {
        key: np.abs(nodal.shared_currents(G=field, volts=volts, wires=wires, share=share_on, paired=paired))
        for key, field in arrays.items()
    }
    for (h, s, i, j), (key, word, bit) in place.items():
        assert kept[h, s, i, j] == pytest.approx(current[key][word, bit] / (volts * g[h, s, i, j]), rel=1e-6)
    assert kept.min() < 0.97
