"""The mapped network spikes exactly as the profile did, on every shipped network; a broken mapping does not."""

from dataclasses import replace

import numpy as np
import pytest
from support.small_workload import workload

import snnmap
from snnmap.analysis.cells import programmed_cells
from snnmap.core.arrays import offsets
from snnmap.core.errors import InputError
from snnmap.frontend import LoadOptions
from snnmap.ir import MODELS, Dynamics, Network, Population, SpikeGraph, Spikes, Workload
from snnmap.ir.dynamics import Reset
from snnmap.legality.rules import verify
from snnmap.pipeline.compile import Compiled
from snnmap.pipeline.options import CompileOptions
from snnmap.simulate.mapped import deviation, replay
from snnmap.stages.registry import REGISTRIES

CHIPS = ("pcm-mesh", "pcm-mesh-64")
QUICK = {
    "anneal": (("place.min_moves", 2000), ("place.moves_per_cluster", 20)),
    "swarm": (("place.particles", 5), ("place.iterations", 5)),
    "hill_climb": (("place.restarts", 1), ("place.sweeps", 2)),
    "exact": (("place.most", 64), ("place.effort", 0.001)),
}
"""Short searches: what they find does not matter here."""
PAIRS = [
    (partition, place)
    for partition in REGISTRIES["partition"]
    for place in REGISTRIES["place"]
    if partition != "dense" or place == "anneal"  # without convolutions its clusters are those of kernighan_lin
]
SAMPLES = {"mnist-mlp": 3, "nmnist-cnn": 1, "braille-rsnn": 2}


@pytest.fixture(scope="module")
def graphs() -> dict[str, SpikeGraph]:
    return {name: snnmap.profile(name, LoadOptions(samples=count)) for name, count in SAMPLES.items()}


def compile_and_replay(graph: SpikeGraph, chip: str, partition: str, place: str) -> int:
    """Events that differ between profile and replay of a legal mapping."""
    chosen = (("partition", partition), ("place", place), *QUICK.get(place, ()))
    compiled = snnmap.compile(graph, CompileOptions(hardware=chip, settings=chosen))
    assert verify(compiled.mapping, graph, compiled.hardware) == []
    return deviation(graph, replay(compiled.mapping, graph))


@pytest.mark.parametrize("chip", CHIPS)
@pytest.mark.parametrize(("partition", "place"), PAIRS)
@pytest.mark.parametrize("workload", ["mnist-mlp", "braille-rsnn"])
def test_every_algorithm_preserves_every_spike(
    graphs: dict[str, SpikeGraph], workload: str, partition: str, place: str, chip: str
) -> None:
    assert compile_and_replay(graphs[workload], chip, partition, place) == 0


@pytest.mark.parametrize("chip", CHIPS)
def test_a_convolutional_network_keeps_every_spike(graphs: dict[str, SpikeGraph], chip: str) -> None:
    assert compile_and_replay(graphs["nmnist-cnn"], chip, "kernighan_lin", "anneal") == 0


@pytest.mark.parametrize("partition", REGISTRIES["partition"])
def test_the_small_recurrent_network_keeps_every_spike(compiled: Compiled, chip: object, partition: str) -> None:
    assert compile_and_replay(compiled.graph, str(chip), partition, "sequential") == 0


def test_replay_emits_what_the_profile_did(compiled: Compiled) -> None:
    events, again = compiled.graph.events, replay(compiled.mapping, compiled.graph)
    for name in ("frame", "step", "source", "value"):
        assert np.array_equal(getattr(events, name), getattr(again, name))
    assert np.any(again.source >= compiled.graph.network.externals)


@pytest.mark.parametrize("reset", ["subtract-next", "none"])
def test_replay_steps_as_the_profile_did(chip: object, reset: Reset) -> None:
    dynamics = Dynamics(reset=reset, decay="exponential")
    compiled = snnmap.compile(replace(workload(), dynamics=dynamics), CompileOptions(hardware=str(chip)))
    assert deviation(compiled.graph, replay(compiled.mapping, compiled.graph)) == 0
    other = replace(compiled.graph, dynamics=Dynamics(reset="subtract", decay="exponential"))
    assert deviation(compiled.graph, replay(compiled.mapping, other)) > 0
    other = replace(compiled.graph, dynamics=Dynamics(reset=reset))
    assert deviation(compiled.graph, replay(compiled.mapping, other)) > 0


def test_a_lost_row_changes_spikes(compiled: Compiled) -> None:
    """Without the row of an input that a neuron hears, the mapped network spikes otherwise."""
    clustering = compiled.mapping.clustering
    cells = np.diff(programmed_cells(compiled.graph.network, clustering).ptr)
    row = int(np.argmax(cells * compiled.graph.spikes[clustering.row_source]))
    cluster = int(np.searchsorted(clustering.row_ptr, row, side="right")) - 1
    ptr = clustering.row_ptr.copy()
    ptr[cluster + 1 :] -= 1
    broken = replace(clustering, row_ptr=ptr, row_source=np.delete(clustering.row_source, row))
    again = replay(replace(compiled.mapping, clustering=broken), compiled.graph)
    assert deviation(compiled.graph, again) > 0


def test_a_synapse_realised_twice_changes_spikes(compiled: Compiled) -> None:
    clustering = compiled.mapping.clustering
    twice = replace(
        clustering,
        row_ptr=np.append(clustering.row_ptr, clustering.row_ptr[-1] + clustering.row_ptr[1]),
        row_source=np.append(clustering.row_source, clustering.row_source[: clustering.row_ptr[1]]),
        column_ptr=np.append(clustering.column_ptr, clustering.column_ptr[-1] + clustering.column_ptr[1]),
        column_neuron=np.append(clustering.column_neuron, clustering.column_neuron[: clustering.column_ptr[1]]),
    )
    again = replay(replace(compiled.mapping, clustering=twice), compiled.graph)
    assert deviation(compiled.graph, again) > 0


def test_deviation_counts_missing_extra_and_changed_events(compiled: Compiled) -> None:
    graph, events = compiled.graph, compiled.graph.events
    assert deviation(graph, events) == 0
    assert deviation(graph, replace(events, value=np.append(events.value[:-1], 7.0))) == 2
    fewer = Spikes(
        np.append(events.frame[:-1], events.frame[-1] - 1),
        events.step[:-1],
        events.source[:-1],
        events.value[:-1],
        events.steps,
        events.dt,
    )
    assert deviation(graph, fewer) == 1


def test_replay_tells_its_progress(compiled: Compiled) -> None:
    told: list[tuple[str, int, int, float]] = []
    replay(compiled.mapping, compiled.graph, progress=lambda *facts: told.append(facts))
    assert told == [("replay", frame, 3, 0.0) for frame in (1, 2, 3)]


def test_replay_needs_events_and_neurons(compiled: Compiled) -> None:
    with pytest.raises(InputError, match="fewer samples"):
        replay(compiled.mapping, replace(compiled.graph, events=None))
    with pytest.raises(InputError, match="simulated"):
        replay(compiled.mapping, replace(compiled.graph, dynamics=None))
    with pytest.raises(InputError, match="no events"):
        deviation(replace(compiled.graph, events=None), compiled.graph.events)


OWN = {"alpha": (0.5, 0.9), "beta": (0.2, 0.9), "gain": (0.5, 2.0), "v_threshold": (0.5, 1.5)}


def random_network(seed: int) -> Network:
    """Inputs, a bias, then a population of every model that resets as its parameter says, which hears itself too."""
    rng = np.random.default_rng(seed)
    models = [model for model in MODELS.values() if "reset" in model.parameters]
    populations = [
        Population("in", "input", "input", 0, (20,), 0),
        Population("bias", "bias", "bias", 20, (1,), 0),
    ]
    for level, model in enumerate(models, start=1):
        values = {key: rng.uniform(*OWN[key], 15) for key in model.parameters if key in OWN}
        values["reset"] = rng.integers(int(model.parameters["reset"].high) + 1, size=15).astype(float)
        populations.append(Population(model.name, "neuron", model.name, populations[-1].stop, (15,), level, values))
    n = populations[-1].stop
    there = rng.random((n, n)) < 0.4
    there[:, :21] = False
    grid = 2.0**-6
    weight = np.rint(rng.normal(0.15, 0.4, (n, n)) / grid) * grid
    pre, post = np.nonzero(there)
    indptr = offsets(np.bincount(pre, minlength=n))
    return Network(tuple(populations), indptr, post, weight[there], np.full(len(populations), grid), (len(models) + 1,))


@pytest.mark.parametrize("seed", range(3))
def test_neurons_with_a_reset_of_their_own_replay_to_the_last_event(chip: object, seed: int) -> None:
    network = random_network(seed)
    rng = np.random.default_rng(seed + 10)
    step, source = np.nonzero(rng.random((80, 20)) < 0.2)
    stimulus = Spikes(np.array([0, len(step)]), step, source, np.ones(len(step)), 80, 1e-3)
    compiled = snnmap.compile(
        Workload("random", network, stimulus, None, Dynamics()), CompileOptions(hardware=str(chip))
    )
    assert np.all(compiled.graph.spikes[network.externals :].reshape(-1, 15).sum(axis=1) > 20)
    assert verify(compiled.mapping, compiled.graph, compiled.hardware) == []
    again = replay(compiled.mapping, compiled.graph)
    assert deviation(compiled.graph, again) == 0
    for k in range(2, 5):  # another reset would be seen
        p = network.populations[k]
        other = replace(p, parameters={**p.parameters, "reset": (p.parameters["reset"] + 1) % 3})
        populations = (*network.populations[:k], other, *network.populations[k + 1 :])
        changed = replace(compiled.graph, network=replace(network, populations=populations))
        assert deviation(compiled.graph, replay(compiled.mapping, changed)) > 0
