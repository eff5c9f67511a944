"""The judge's own arithmetic of weights, and the rule that a file says how its chip holds them."""

from dataclasses import replace

import numpy as np
import pytest
from support.encoded import CASES, encoded_view, name
from support.origins import replaced

import snnmap
from snnmap.core.errors import InfeasibleError
from snnmap.hardware import ENCODINGS, Hardware, Weights, load_hardware
from snnmap.ir.integers import largest, nearest
from snnmap.legality.rules import verify
from snnmap.legality.weights import (
    background,
    charge,
    crossing,
    encoding_violations,
    level_violations,
    word_lines_per_row,
)
from snnmap.physics import encoding as cells
from snnmap.pipeline.compile import Compiled
from snnmap.reliability.crossbars import row_energy


def chip(weights: Weights, word_lines: int = 128, bit_lines: int = 128) -> Hardware:
    return replace(load_hardware("pcm-mesh"), weights=weights, word_lines=word_lines, bit_lines=bit_lines)


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        (Weights(), (128, 128)),
        (Weights("pair_arrays", 4, 3), (128, 42)),
        (Weights("pair_columns"), (128, 64)),
        (Weights("pair_columns", 4, 3), (128, 21)),
        (Weights("pair_rows"), (64, 128)),
        (Weights("pair_rows", 2, 5), (64, 25)),
        (Weights("offset_column"), (128, 127)),
        (Weights("offset_column", 2, 127), (128, 1)),
    ],
)
def test_a_crossbar_takes_what_an_encoding_leaves(weights: Weights, expected: tuple[int, int]) -> None:
    hardware = chip(weights)
    assert crossing(hardware) == expected == (hardware.rows, hardware.columns)
    assert word_lines_per_row(hardware) == hardware.weights.lines_per_row


def test_the_charge_of_a_weight_is_the_sum_of_its_digits() -> None:
    """1/3 of a weight in two digits of four levels is 5 of 15 = 11 to the base of 4: a third of each of two cells."""
    relative = np.array([0.0, 1 / 3, -1 / 3, 0.4, 1.0])
    assert charge(relative, chip(Weights("pair_rows", 4, 2))) == pytest.approx([0, 2 / 3, 2 / 3, 1, 2])
    assert charge(relative, chip(Weights())) == pytest.approx(np.abs(relative))
    assert charge(np.array([-1.0, 0.2, 1.0]), chip(Weights("offset_column", 2, 1))).tolist() == [-0.5, 0.5, 0.5]
    assert charge(np.array([-1.0, 0.0, 1.0]), chip(Weights("offset_column"))).tolist() == [-0.5, 0.0, 0.5]


@pytest.mark.parametrize("weights", CASES, ids=name)
def test_the_judge_finds_the_energy_of_the_reads(weights: Weights) -> None:
    view = encoded_view(weights)
    network, clustering, hardware = view.graph.network, view.mapping.clustering, view.hardware
    population, low, high = network.population_of(), hardware.technology["g_min"], hardware.technology["g_max"]
    largest = np.array([np.abs(network.weight[population[network.post] == p]).max(initial=0.0) or 1 for p in range(9)])
    pre = np.repeat(np.arange(network.sources), np.diff(network.indptr))
    held = charge(network.weight / largest[population[network.post]], hardware)
    columns = np.repeat(np.diff(clustering.column_ptr), np.diff(clustering.row_ptr)).astype(float)
    charges = float(view.graph.spikes[pre] @ held) * (high - low)
    charges += float(view.graph.spikes[clustering.row_source] @ background(hardware, columns))
    energy = hardware["read_voltage"] ** 2 * hardware["read_time"] * charges
    assert row_energy(view.clusters, hardware).sum() == pytest.approx(energy)


@pytest.mark.parametrize("edit", [{"encoding": "pair_rows"}, {"levels": 4}, {"slices": 2}])
def test_a_file_that_names_other_weights_than_its_chip_has_is_refused(
    compiled: Compiled, edit: dict[str, object]
) -> None:
    assert encoding_violations(compiled.mapping, compiled.hardware) == []
    forged = replace(compiled.mapping, chip=replaced(compiled.mapping.chip, **edit))
    found = [v for v in verify(forged, compiled.graph, compiled.hardware) if v.rule == "weight-encoding"]
    assert len(found) == 1
    assert "pair_arrays, analog levels, 1 slices" in found[0].available


@pytest.fixture(scope="module")
def paired(chip_of_pairs: str) -> Compiled:
    from support import small_workload

    return snnmap.compile(small_workload.workload(), snnmap.CompileOptions(hardware=chip_of_pairs, seed=3))


@pytest.fixture(scope="module")
def chip_of_pairs(tmp_path_factory: pytest.TempPathFactory) -> str:
    from support import small_workload

    path = tmp_path_factory.mktemp("pairs") / "pairs.toml"
    path.write_text(f'{small_workload.CHIP}\n[weights]\nencoding = "pair_rows"\nlevels = 8\n')
    return str(path)


def test_a_mapping_on_pairs_of_rows_is_legal_and_on_lone_rows_is_not(paired: Compiled) -> None:
    assert verify(paired.mapping, paired.graph, paired.hardware) == []
    lone = replace(paired.hardware, weights=Weights())
    rules = {v.rule for v in verify(paired.mapping, paired.graph, lone)}
    assert {"weight-encoding", "hardware-digest", "hardware-facts"} <= rules


def test_rows_past_what_pairs_leave_are_refused(paired: Compiled) -> None:
    """The array has 16 word lines, so that a wiring could name row 8; with pairs there are rows 0 to 7."""
    assert paired.hardware.word_lines == 16
    row = paired.mapping.wiring.row.copy()
    row[0] = 8
    wrong = replace(paired.mapping, wiring=replace(paired.mapping.wiring, row=row))
    assert [v.available for v in verify(wrong, paired.graph, paired.hardware)] == ["rows 0 to 7"]


def test_levels_change_the_energy_that_is_recounted(paired: Compiled) -> None:
    coarse = replace(paired.hardware, weights=replace(paired.hardware.weights, levels=2))
    said = replaced(paired.mapping.chip, levels=2, digest=coarse.digest())
    wrong = verify(replace(paired.mapping, chip=said), paired.graph, coarse)
    assert "energy_array_J" in {v.where for v in wrong}


def of_integers(compiled: Compiled, levels: int) -> Compiled:
    """The network with weights that are every integer of so many levels in turn."""
    network = compiled.graph.network
    every = nearest(np.arange(-largest(levels), largest(levels) + 1), levels)
    weight = np.resize(np.unique(every), network.synapses) * 0.5
    populations = tuple(replace(p, levels=levels, step=0.5) if p.kind == "neuron" else p for p in network.populations)
    whole = replace(network, weight=weight, grid=np.full(len(network.grid), 0.5), populations=populations)
    return replace(compiled, view=replace(compiled.view, graph=replace(compiled.graph, network=whole)))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("levels", [2, 3, 7, 8, 15])
def test_integers_are_held_where_they_are_states_and_else_refused(
    compiled: Compiled, encoding: str, levels: int
) -> None:
    """Against the identity integer -> cells -> integer, for all chips of up to 17 states, in one cell or two."""
    network = of_integers(compiled, levels).graph.network
    every = np.unique(network.weight) / 0.5 / largest(levels)
    for states, slices in [(n, 1) for n in range(2, 18)] + [(2, 2), (2, 3), (4, 2)]:
        weights = Weights(encoding, states, slices)
        held = cells.weights(cells.shares(every, encoding, states, slices), encoding, states)
        kept = np.allclose(held, every, atol=1e-9)
        found = level_violations(network, chip(weights))
        assert (found == []) == kept, weights
        assert {v.rule for v in found} <= {"weight-level"}
    assert level_violations(network, chip(Weights(encoding))) == []
    assert level_violations(compiled.graph.network, chip(Weights(encoding, 2))) == []


def test_a_mapping_of_integers_on_too_few_states_is_refused_by_that_rule(compiled: Compiled) -> None:
    made = of_integers(compiled, 15)
    coarse = replace(made.hardware, weights=Weights("pair_arrays", 5))
    found = [v for v in verify(made.mapping, made.graph, coarse) if v.rule == "weight-level"]
    assert [v.where.partition("[")[0] for v in found] == ["first", "second", "out"]
    assert "of 7, are no state of their cells" in found[0].asked
    assert found[0].available == "5 states of pair_arrays"


@pytest.mark.parametrize(("bits", "chip_", "needed"), [(8, "pcm-pair-columns", 128), (8, "pcm-offset-column", 255)])
def test_integers_that_a_chip_has_no_states_for_do_not_compile(bits: int, chip_: str, needed: int) -> None:
    load = snnmap.LoadOptions(quantise="max", bits=bits)
    with pytest.raises(InfeasibleError, match=rf"states of an integer weight into '.*': need {needed}, have \d+\."):
        snnmap.compile("braille-rsnn", load=load, options=snnmap.CompileOptions(hardware=chip_))


@pytest.mark.parametrize("chip_", ["pcm-pair-columns", "pcm-offset-column"])
def test_integers_of_four_bits_compile_on_the_chips_for_them(chip_: str) -> None:
    load, options = snnmap.LoadOptions(quantise="max", bits=4), snnmap.CompileOptions(hardware=chip_)
    done = snnmap.compile("braille-rsnn", load=load, options=options)
    assert snnmap.verify(done.mapping, done.graph, done.hardware) == []
