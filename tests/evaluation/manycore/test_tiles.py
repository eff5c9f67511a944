"""Bytes, copies and times of a many-core machine, against loops over neurons, synapses and tiles."""

from dataclasses import replace
from itertools import combinations, pairwise
from math import ceil

import numpy as np
import pytest
from support import small_workload
from support.executed import network_of

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.evaluation.manycore.layers import STATES, layers_of
from snnmap.evaluation.manycore.step import StepTime, step_time
from snnmap.evaluation.manycore.tiles import COMPONENTS, Stored, Tiles, spread
from snnmap.hardware.targets.manycore import ManyCore, load_manycore
from snnmap.ir import Network
from snnmap.ir.models import MODELS

IPU = load_manycore("ipu-gc200")
PLAIN = Stored("float32", False, 7, 1)


def machine(**values: float) -> ManyCore:
    """The IPU with other numbers."""
    return replace(IPU, values={k: replace(q, value=values.get(k, q.value)) for k, q in IPU.values.items()})


def random_network(seed: int) -> Network:
    """The small recurrent network: biases, skips, recurrence; sparse so that some projections are looked up."""
    network = small_workload.network(seed)
    kept = np.random.default_rng(seed).random(network.synapses) < (0.25, 0.6, 1.0)[seed % 3]
    pre = np.repeat(np.arange(network.sources), np.diff(network.indptr))[kept]
    indptr = np.concatenate([[0], np.cumsum(np.bincount(pre, minlength=network.sources))])
    return replace(network, indptr=indptr, post=network.post[kept], weight=network.weight[kept])


def synapses(network: Network) -> list[tuple[int, int]]:
    pre = np.repeat(np.arange(network.sources), np.diff(network.indptr))
    return list(zip(pre.tolist(), network.post.tolist(), strict=True))


def slow(network: Network, tiles: Tiles, size: int) -> dict[str, list[int]]:
    """Weights, indices and copies of every tile, neuron by neuron."""
    index, edges = network.population_of().tolist(), synapses(network)
    kinds = [p.kind for p in network.populations]
    home = {network.externals + n: t for t in range(len(tiles.population)) for n in range(*tiles.first[t : t + 2])}
    made: dict[str, list[int]] = {"weights": [], "indices": [], "copies": []}
    for t in range(len(tiles.population)):
        own = [n for n, at in home.items() if at == t]
        weights = indices = 0
        copies: set[int] = set()
        k = int(tiles.population[t])
        neurons = network.populations[k].size
        for j, kind in enumerate(kinds):
            between = [(s, n) for s, n in edges if index[s] == j and index[n] == k]
            if not between:
                continue
            if kind == "bias":
                weights += len(own)
                continue
            heard = {s for s, _ in between}
            if 4 * len(heard) * neurons <= 8 * len(between):
                weights += len(heard) * len(own)
                copies |= heard
            else:
                mine = [(s, n) for s, n in between if n in own]
                weights += len(mine)
                indices += len(mine)
                copies |= {s for s, _ in mine}
        made["weights"].append(size * weights)
        made["indices"].append(4 * indices)
        made["copies"].append(len([s for s in copies if home.get(s) != t]))
    return made


@pytest.mark.parametrize("seed", range(9))
@pytest.mark.parametrize("number", ["float32", "float16"])
def test_bytes_are_those_of_a_slow_count(seed: int, number: str) -> None:
    network, size = random_network(seed), {"float32": 4, "float16": 2}[number]
    target = machine(tiles=(3, 5, 9)[seed % 3])
    tiles = spread(layers_of(network), target, Stored(number, False, 7, 1))
    expected = slow(network, tiles, size)
    assert tiles.used["weights"].tolist() == expected["weights"]
    assert tiles.used["indices"].tolist() == expected["indices"]
    assert tiles.received.tolist() == expected["copies"]
    assert tiles.used["buffers"].tolist() == [size * n for n in expected["copies"]]
    assert tiles.used["state"].tolist() == [2 * size * n for n in tiles.neurons]  # LIF: a membrane and what it sends
    assert tiles.used["code"].tolist() == [32_768] * len(tiles.population)
    assert tiles.first[0] == 0
    assert tiles.first[-1] == network.neurons
    assert np.all(np.diff(tiles.population) >= 0)
    for t, k in enumerate(tiles.population):  # a tile holds one layer, and consecutive tiles hold a layer
        p = network.populations[k]
        assert p.first <= network.externals + tiles.first[t] < network.externals + tiles.first[t + 1] <= p.stop


def test_both_ways_of_storing_occur() -> None:
    kinds = {p.block for seed in range(9) for p in layers_of(random_network(seed)).projections}
    assert kinds == {True, False}


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 6, 9, 12, 15])
def test_the_fullest_tile_holds_as_little_as_any_cut_allows(seed: int) -> None:
    network, supply = random_network(seed), 3 + seed % 7
    layers = layers_of(network)
    tiles = spread(layers, machine(tiles=supply), PLAIN)
    per_neuron = 4 * (layers.weights + layers.states) + 4 * layers.looked_up
    fixed = 4 * layers.heard_in_blocks() + 32_768
    assert max(per_neuron[a:b].sum() + fixed[k] for a, b, k in _tiles(tiles)) == _least(
        network, per_neuron, fixed, supply
    )
    assert len(tiles.population) <= supply


def _tiles(tiles: Tiles) -> list[tuple[int, int, int]]:
    return list(zip(tiles.first[:-1].tolist(), tiles.first[1:].tolist(), tiles.population.tolist(), strict=True))


def _least(network: Network, per_neuron: np.ndarray, fixed: np.ndarray, supply: int) -> int:
    """Of all cuts of all layers, the least bytes on the fullest tile."""
    options: list[dict[int, int]] = []
    for k, p in enumerate(network.populations):
        if p.kind == "neuron":
            own = per_neuron[p.first - network.externals : p.stop - network.externals].tolist()
            options.append({n: _least_of(own, n) + int(fixed[k]) for n in range(1, p.size + 1)})
    a, b, c = options
    return min(max(a[i], b[j], c[k]) for i in a for j in b for k in c if i + j + k <= supply)


def _least_of(own: list[int], parts: int) -> int:
    """The same of one layer in so many runs."""
    ends = ([0, *cut, len(own)] for cut in combinations(range(1, len(own)), parts - 1))
    return min(max(sum(own[a:b]) for a, b in pairwise(cut)) for cut in ends)


def slow_step(network: Network, tiles: Tiles, target: ManyCore, stored: Stored, rate: np.ndarray | None) -> StepTime:
    """A step level by level, tile by tile, source by source."""
    size = {"float32": 4, "float16": 2}[stored.number]
    layers, edges, bias = tiles.layers, synapses(network), network.is_bias()
    home = {network.externals + n: t for t in range(len(tiles.population)) for n in range(*tiles.first[t : t + 2])}
    worth = [size if rate is None else 4 * rate[s] for s in range(network.sources)]
    level = [network.populations[k].level for k in tiles.population]
    copies = _copies(network, tiles, home)
    busy = issued = moved = into_chip = exchange = compute = 0.0
    threads, per_chip = target["threads"], target.count("tiles")
    for now in sorted(set(level)):
        cycles, received, sent = [], [], dict.fromkeys(range(len(level)), 0.0)
        chips: dict[int, set[int]] = {}
        leaving = set()
        for t in [t for t in range(len(level)) if level[t] == now]:
            own = range(tiles.first[t], tiles.first[t + 1])
            if rate is None:
                a, b = sum(int(layers.products[n]) for n in own), sum(int(layers.looked_up[n]) for n in own)
                turns = target[f"product_{stored.number}"] * ceil(a / threads) + target["event"] * ceil(b / threads)
                work = target[f"product_{stored.number}"] * a + target["event"] * b
            else:
                ids = {network.externals + n for n in own}
                events = sum(rate[s] for s, n in edges if n in ids and not bias[s])
                turns, work = target["event"] * events / threads, target["event"] * events
            cycles.append(threads * (turns + target["update"] * ceil(len(own) / threads)))
            issued += work + target["update"] * len(own)
            received.append(sum(worth[s] for s in copies[t]))
            leaving |= {s for s in copies[t] if s in home}
            chips.setdefault(t // per_chip, set()).update(s for s in copies[t] if s in home)
        for s in leaving:
            sent[home[s]] += worth[s]
        compute += max(cycles)
        exchange += max(*received, *sent.values()) / target["exchange_bytes"]
        moved += sum(received)
        into_chip += max(sum(worth[s] for s in heard if home[s] // per_chip != c) for c, heard in chips.items())
    barrier = target["barrier_cycles" if len(level) <= per_chip else "far_barrier_cycles"] * len(set(level))
    many, twice = (3, 2) if stored.training else (1, 1)
    clock = target["clock"]
    parts = (many * compute / clock, twice * barrier / clock, twice * exchange / clock)
    links = twice * into_chip / target["link_bytes"]
    busy = many * issued / ((sum(parts) + links) * clock * per_chip * stored.chips)
    return StepTime(*parts, links, twice * moved, busy)


def _copies(network: Network, tiles: Tiles, home: dict[int, int]) -> list[set[int]]:
    """Sources that every tile keeps copies of."""
    found = []
    for t, k in enumerate(tiles.population):
        heard: set[int] = set()
        for p in tiles.layers.projections:
            if p.population == k:
                own = zip(p.source.tolist(), p.target.tolist(), strict=True)
                heard |= set(p.heard.tolist()) if p.block else {s for s, n in own if home[n] == t}
        found.append({s for s in heard if home.get(s) != t})
    return found


@pytest.mark.parametrize("seed", range(9))
@pytest.mark.parametrize("active", [False, True])
def test_a_step_takes_what_a_slow_count_says(seed: int, active: bool) -> None:
    network = random_network(seed)
    chips = 1 + seed % 2
    target = machine(tiles=(3, 4, 8)[seed % 3], threads=(1, 2, 6)[seed // 3])
    stored = Stored("float16" if seed % 2 else "float32", seed % 4 == 0, 7, chips)
    tiles = spread(layers_of(network), target, stored)
    rate = np.random.default_rng(seed).random(network.sources) if active else None
    assert step_time(tiles, target, stored, rate) == pytest.approx(slow_step(network, tiles, target, stored, rate))


def test_chips_exchange_over_links() -> None:
    network = random_network(2)
    stored = Stored("float32", False, 7, 2)
    target = machine(tiles=3)
    assert step_time(spread(layers_of(network), target, stored), target, stored).links > 0


def test_what_a_lone_tile_says_to_itself_is_not_sent() -> None:
    populations = small_workload.network().populations
    names = {"input": 1, "first": 5}
    made, first = [], 0
    for p in populations:
        if p.name in names:
            size = names[p.name]
            values = {key: v[:size] for key, v in p.parameters.items()}
            made.append(replace(p, first=first, shape=(size,), parameters=values))
            first += size
    post = np.tile(np.arange(1, 6), 6)
    network = Network(tuple(made), 5 * np.arange(7), post, np.ones(30), np.ones(2), (1,))
    target = machine(tiles=1)
    tiles = spread(layers_of(network), target, PLAIN)
    assert [p.block for p in tiles.layers.projections] == [True, True]
    step = step_time(tiles, target, PLAIN)
    assert (step.moved, step.exchange) == (4.0, 1 / 1.33e9)


def test_training_adds_a_tape_that_grows_with_the_steps() -> None:
    layers = layers_of(random_network(2))
    held = {steps: spread(layers, IPU, Stored("float32", True, steps, 1)) for steps in (1, 10, 100)}
    sums = {steps: {name: int(each.sum()) for name, each in held[steps].used.items()} for steps in held}
    assert sums[10]["tape"] == 10 * sums[1]["tape"]
    assert sums[100]["tape"] == 100 * sums[1]["tape"]
    assert sums[1]["tape"] == sums[1]["state"]
    assert sums[1]["gradients"] == sums[1]["weights"] + sums[1]["state"]
    assert sums[1]["optimiser"] == 2 * sums[1]["weights"]
    assert set(sums[1]) == set(COMPONENTS)


def test_every_model_that_is_stepped_has_states() -> None:
    assert set(STATES) | {"Delay"} == {name for name, model in MODELS.items() if model.kind == "neuron"}


def test_what_does_not_fit_says_what_there_is_and_what_to_change() -> None:
    layers = layers_of(random_network(2))
    with pytest.raises(InfeasibleError, match="tiles: need 3, have 2"):
        spread(layers, machine(tiles=2), PLAIN)
    with pytest.raises(InfeasibleError, match=r"bytes of the fullest tile: need .* Use --chips 2 or more, or --dtype"):
        spread(layers, machine(tiles=3, memory=33_100), PLAIN)
    with pytest.raises(InfeasibleError, match=r"one neuron: need .* not split; use --dtype float16 or fewer --steps"):
        spread(layers, machine(memory=33_000), Stored("float32", True, 1000, 1))
    with pytest.raises(InfeasibleError, match=r"one neuron: need .* not split; use a network of less fan-in"):
        spread(layers, machine(memory=32_790), Stored("float16", False, 1, 1))


def test_a_network_without_neurons_is_refused() -> None:
    with pytest.raises(InputError, match="the network has no neurons"):
        layers_of(network_of(2, [], []))
