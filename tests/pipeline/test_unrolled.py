"""Unrolling runs the changed network on the profiled stimulus and states how far it is from the original."""

from dataclasses import replace

import numpy as np
import pytest

import snnmap
from snnmap.core.errors import InputError
from snnmap.frontend import LoadOptions
from snnmap.hardware import Hardware
from snnmap.ir import OutputDeviation, Unrolled
from snnmap.legality.rules import verify
from snnmap.pipeline.compile import Compiled
from snnmap.pipeline.options import CompileOptions
from snnmap.pipeline.unrolled import deviation, external_events, unrolled
from snnmap.simulate.mapped import deviation as replay_deviation
from snnmap.simulate.mapped import replay


def fan_in(compiled: Compiled) -> int:
    return int(np.bincount(compiled.graph.network.post).max())


def test_the_stimulus_is_that_of_the_profile(compiled: Compiled) -> None:
    graph = compiled.graph
    stimulus = external_events(graph)
    outside = graph.events.source < graph.network.externals
    assert np.array_equal(stimulus.source, graph.events.source[outside])
    assert np.array_equal(stimulus.step, graph.events.step[outside])
    assert np.array_equal(stimulus.frame_of_event(), graph.events.frame_of_event()[outside])
    assert (stimulus.steps, stimulus.frames) == (graph.steps, graph.frames)


def test_nothing_to_unroll_returns_the_graph(compiled: Compiled) -> None:
    wide = replace(compiled.hardware, word_lines=64)
    assert unrolled(compiled.graph, wide) is compiled.graph


def test_a_network_that_needs_no_unrolling_is_mapped_legally(compiled: Compiled) -> None:
    again = snnmap.compile(compiled.graph, CompileOptions(split="unroll", hardware="pcm-mesh-64"))
    assert again.mapping.origin.split == "unroll"
    assert again.graph.provenance.unrolled_to is None
    assert verify(again.mapping, again.graph, again.hardware) == []


def test_unrolled_neurons_fit_the_rows(compiled: Compiled) -> None:
    assert fan_in(compiled) > compiled.hardware.rows
    again = unrolled(compiled.graph, compiled.hardware)
    assert int(np.bincount(again.network.post).max()) <= compiled.hardware.rows
    told = again.remarks.unrolled
    assert told is not None
    assert told.added_neurons == again.network.neurons - compiled.graph.network.neurons > 0
    assert [o.population for o in told.outputs] == ["out"]
    limited: Hardware = replace(compiled.hardware, synapse_limit=9)
    assert int(np.bincount(unrolled(compiled.graph, limited).network.post).max()) <= 9


def test_deviation_counts_output_spikes(compiled: Compiled) -> None:
    graph = compiled.graph
    busier = replace(graph, spikes=graph.spikes + 2, accuracy=0.5)
    told = deviation(graph, busier)
    out = graph.network.populations[-1]
    spikes = int(graph.spikes[out.first : out.stop].sum())
    assert told == Unrolled(0, (OutputDeviation("out", spikes, spikes + 2 * out.size),), None, 0.5)


def test_an_unrolled_compilation_is_legal_and_says_how_far_it_deviates(compiled: Compiled, chip: object) -> None:
    again = snnmap.compile(compiled.graph, CompileOptions(hardware=str(chip), split="unroll"))
    assert verify(again.mapping, again.graph, again.hardware) == []
    assert again.report["partial_columns"] == 0
    assert replay_deviation(again.graph, replay(again.mapping, again.graph)) == 0
    assert any(line.startswith("unrolling is approximate: ") for line in again.remarks())
    assert again.mapping.origin.profile.remarks.unrolled is not None


def test_a_chip_that_cannot_merge_takes_an_unrolled_network(compiled: Compiled, tmp_path) -> None:
    path = tmp_path / "simple.toml"
    path.write_text(
        'extends = "pcm-mesh"\nname = "simple"\ndescription = "no merging"\nrows = 16\ncolumns = 8\nmerge = false\n'
    )
    again = snnmap.compile(compiled.graph, CompileOptions(hardware=str(path), split="unroll"))
    assert verify(again.mapping, again.graph, again.hardware) == []


def test_a_trained_network_stays_useful() -> None:
    graph = snnmap.profile("mnist-mlp", LoadOptions(samples=20))
    hardware = snnmap.compile(graph, CompileOptions(settings=(("place", "sequential"),))).hardware
    again = unrolled(graph, hardware)
    assert again.remarks.unrolled is not None
    assert again.remarks.unrolled.accuracy_unrolled == again.accuracy is not None


def test_unrolling_needs_events_and_equations(compiled: Compiled) -> None:
    for graph in (replace(compiled.graph, events=None), replace(compiled.graph, dynamics=None)):
        with pytest.raises(InputError, match="use partial_sum"):
            unrolled(graph, compiled.hardware)
    with pytest.raises(InputError, match="keeps no events"):
        external_events(replace(compiled.graph, events=None))
