"""Costs of a layer by how it is held: messages spike by spike and use by use, the rest beside sums by hand."""

from itertools import product

import numpy as np
import pytest
from support.kernel_nets import graph_of, kernel_network

from snnmap.analysis.arrangements import Arranged, dense, packed, unrolled
from snnmap.analysis.forms import network_forms
from snnmap.analysis.view import ClusteringView
from snnmap.core.run import stream
from snnmap.evaluation.held_costs import Heard, heard_by, held_cost
from snnmap.evaluation.layer_costs import layer_cost
from snnmap.hardware import load_hardware
from snnmap.ir.forms import LayerForm
from snnmap.physics.leakage import Leakage
from snnmap.stages.partition.dense import Dense
from snnmap.stages.protocols import PartitionProblem, Run

CHIP = load_hardware("pcm-mesh:rows=32,columns=16")
FORM = LayerForm("n", "p", "conv", (2, 6, 6), 4, grid=(4, 4), kernel=(3, 3))
SPIKES = np.random.default_rng(0).integers(0, 30, (2, 6, 6))
HEARD = Heard(SPIKES, share=0.1, busiest=0.4, steps=10, frames=2, dt=1e-3)


@pytest.fixture(scope="module")
def graph():
    return graph_of(kernel_network())


@pytest.mark.parametrize("mode", ["dense", "packed"])
def test_messages_of_whole_kernels_are_those_of_the_partition(graph, mode):
    clustering = Dense(mode, rest="first_fit")(PartitionProblem(graph, CHIP), Run(stream(0, "partition")))
    moved = ClusteringView(graph, clustering).traffic
    home = graph.network.population_of()[clustering.column_neuron[clustering.column_ptr[:-1]]]
    delivered = np.repeat(moved.messages, np.diff(moved.target_ptr))
    by_layer = np.bincount(home[moved.target], delivered, len(graph.network.populations))
    for form, index in zip(network_forms(graph.network)[:2], (3, 4), strict=True):
        held = {"dense": dense, "packed": packed}[mode](form, CHIP)
        assert graph.network.populations[index].name == form.name
        assert held_cost(form, held, heard_by(form, graph), CHIP).messages == by_layer[index] > 0


def test_messages_of_windows_are_spikes_times_windows_that_hear_them():
    held = unrolled(FORM, CHIP)._replace(positions=(2, 2), parts=1)
    total = 0
    for c, y, x in product(range(2), range(6), range(6)):
        hearing = {(i // 2, j // 2) for i, j in product(range(4), range(4)) if 0 <= y - i < 3 and 0 <= x - j < 3}
        total += int(SPIKES[c, y, x]) * len(hearing)
    assert held_cost(FORM, held, HEARD, CHIP).messages == total


def test_parts_of_a_kernel_send_sums_in_the_steps_in_which_they_hear_anything():
    chip = CHIP.resized(12, 16)  # 18 rows in two parts of 9
    held = dense(FORM, chip)
    assert held.parts == 2
    sums = 64 * 20 * (1.0 - 0.9**9)
    assert held_cost(FORM, held, HEARD, chip).messages == pytest.approx(SPIKES.sum() * 1.5 + sums)


def test_energy_is_of_reads_messages_and_tiles_and_time_of_the_busiest_step():
    held = dense(FORM, CHIP)
    cost = held_cost(FORM, held, HEARD, CHIP)
    leaks = float(Leakage.of(CHIP.technology, CHIP.leaking_width).power(CHIP["ambient_temperature"])) * 1e-3
    read = layer_cost(FORM, held, CHIP, 0.1).joules
    assert cost.joules == pytest.approx(10 * (read + leaks) + SPIKES.sum() / 2 * CHIP["hop_energy"])
    assert cost.seconds == layer_cost(FORM, held, CHIP, 0.4).seconds
    assert (cost.crossbars, cost.cells) == (1, 72)
    fixed = load_hardware("pcm-mesh:rows=32,columns=16,tiles=2x2")
    assert held_cost(FORM, held, HEARD, fixed).joules == pytest.approx(cost.joules - 10 * leaks)


def test_a_row_of_a_kernel_is_read_at_all_positions_that_it_serves():
    def reads(held: Arranged, form: LayerForm = FORM) -> float:
        return held_cost(form, held, HEARD, CHIP).reads

    busiest = SPIKES.sum(axis=(1, 2)).max()
    assert reads(dense(FORM, CHIP)) == busiest
    assert reads(dense(FORM, CHIP)._replace(copies=4)) == busiest / 4
    assert reads(dense(FORM, CHIP)._replace(positions=(2, 1))) == busiest / 2
    assert reads(unrolled(FORM, CHIP)) == SPIKES.max()
    steady = LayerForm("n", "p", "conv", (2, 6, 6), 4, grid=(4, 4), kernel=(3, 3), biases=1)
    assert reads(dense(steady, CHIP), steady) == max(busiest, 20 * 16)
