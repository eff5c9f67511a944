"""Inputs as neurons: the same synapses and spikes, other ids for what comes from outside."""

import numpy as np
import pytest
from support import small_workload

import snnmap
from snnmap.ir import SpikeGraph
from snnmap.simulate.profile import profile
from snnmap.transform.columns import with_input_columns


@pytest.fixture(scope="module")
def graph() -> SpikeGraph:
    return profile(small_workload.workload())


def listed(graph: SpikeGraph) -> set[tuple[str, int, str, int, float]]:
    """Synapses by population and place in it."""
    network = graph.network
    name = [(p.name, k) for p in network.populations for k in range(p.size)]
    source = np.repeat(np.arange(network.sources), np.diff(network.indptr))
    ends = zip(source.tolist(), network.post.tolist(), network.weight.tolist(), strict=True)
    return {(*name[i], *name[j], w) for i, j, w in ends}


def test_synapses_spikes_and_events_are_the_same(graph: SpikeGraph) -> None:
    changed = with_input_columns(graph)
    assert listed(changed) == listed(graph)
    for key in ("spikes", "worst_frame", "worst_step", "active_steps"):
        values = [
            {p.name: getattr(g, key)[p.first : p.stop].tolist() for p in g.network.populations}
            for g in (graph, changed)
        ]
        assert values[0] == values[1]
    assert graph.events is not None
    assert changed.events is not None
    fired = []
    for g in (graph, changed):
        name = [(p.name, k) for p in g.network.populations for k in range(p.size)]
        columns = (g.events.frame_of_event(), g.events.step, g.events.source, g.events.value)
        fired.append({(f, s, *name[i], v) for f, s, i, v in zip(*(c.tolist() for c in columns), strict=True)})
        counted = np.bincount(g.events.source, weights=g.events.value > 0, minlength=g.network.sources)
        free = g.network.is_bias()
        assert np.array_equal(counted[~free], g.active_steps[~free])
    assert fired[0] == fired[1]
    frame, step = changed.events.frame_of_event(), changed.events.step
    assert np.all(np.diff(frame * 10_000 + step) >= 0)


def test_inputs_take_columns_and_biases_stay_outside(graph: SpikeGraph) -> None:
    network = with_input_columns(graph).network
    assert [(p.name, p.kind) for p in network.populations][:2] == [("bias", "bias"), ("input", "neuron")]
    assert network.externals == 1
    assert network.neurons == graph.network.neurons + 20
    assert [p.level for p in network.populations] == [0, 1, 2, 3, 4]
    assert [network.populations[k].name for k in network.outputs] == ["out"]


def test_a_mapping_with_inputs_as_columns_reopens(tmp_path) -> None:
    recipe = tmp_path / "net.toml"
    recipe.write_text(small_workload.recipe())
    load = snnmap.LoadOptions(inputs="column")
    compiled = snnmap.compile(str(recipe), load=load)
    outside = snnmap.compile(str(recipe))
    snnmap.save(compiled.mapping, tmp_path / "m.json")
    assert snnmap.verify_file(tmp_path / "m.json") == []
    assert len(compiled.mapping.clustering.home) == len(outside.mapping.clustering.home) + 20
    assert compiled.mapping.workload.externals == 0
    with pytest.raises(snnmap.InputError, match="inputs"):
        snnmap.LoadOptions(inputs="row")
