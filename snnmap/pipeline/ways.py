"""How convolutions are held under an objective: layer by layer in closed form, and then by what is compiled.

What an objective is for, its own figure, says which of a layer's costs (`evaluation.held_costs`) is weighed: hops are
weighed as messages, leakage as crossbars, a period by the slowest layer, an energy as energy. A figure that adds up
over layers wants the least of each; one that the worst layer decides wants none worse than need be, and of those that
are good enough the fewest crossbars. That is a model. So the mix is compiled beside all layers dense, packed and
unrolled, and the best in the figure itself is returned; of a large network only the mix, or what comes near it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from snnmap.analysis.arrangements import Arranged, arranged
from snnmap.analysis.forms import network_forms
from snnmap.core.errors import InfeasibleError
from snnmap.evaluation.held_costs import HeldCost, heard_by, held_cost
from snnmap.hardware import Hardware
from snnmap.pipeline.compiled import Asked, Compiled, Given
from snnmap.pipeline.held import Held, LayerWays, Tried
from snnmap.pipeline.objectives import Goal, Preset
from snnmap.pipeline.own_figure import cost, goal_of, near
from snnmap.pipeline.plan import Plan, preset_of

SMALL, LARGE = 200_000, 4_000_000
"""Synapses up to which all ways are compiled, and above which none is but the mix."""
FACTOR = 2.0
"""Between: ways that cost at most so many times what the mix does, in closed form."""
UNIFORM = ("dense", "packed", "unrolled")


class Aim(NamedTuple):
    """What of a layer's costs stands for a figure."""

    key: str
    words: str
    slowest: bool = False
    """Whether the worst layer decides, not the sum."""


MESSAGES = Aim("messages", "messages")
ENERGY = Aim("joules", "J a frame")
CROSSBARS = Aim("crossbars", "crossbars")
PERIOD = Aim("seconds", "s of its busiest crossbar in a step", slowest=True)
READS = Aim("reads", "reads of its busiest row", slowest=True)
CELLS = Aim("cells", "cells, each of which may be the first to fail")
HEAT = Aim("heat", "J a frame in the array of a crossbar", slowest=True)
AIMS = {
    "hops": MESSAGES,
    "energy_J": ENERGY,
    "device_energy_total_J": ENERGY,
    "espine_leakage_W": CROSSBARS,
    "device_leakage_W": CROSSBARS,
    "throughput_steps_per_s": PERIOD,
    "espine_lifetime_frames": READS,
    "device_first_failure_s": CELLS,
    "espine_gradient_K": HEAT,
    "device_gradient_K": HEAT,
}
"""Figure to what stands for it; of the others crossbars are weighed."""


class Layer(NamedTuple):
    """A layer with what each way that the chip allows costs; one alone if it is no convolution."""

    name: str
    costs: dict[str, HeldCost]


def aim_of(preset: Preset, hardware: Hardware) -> Aim:
    """What is weighed under an objective; reads wear OxRAM, and writes PCM, in `device` mode."""
    figure = preset.goals[0].figure if preset.goals else ""
    if figure == "device_first_failure_s" and hardware.technology.device == "OxRAM":
        return READS
    return AIMS.get(figure, CROSSBARS)


def layers_of(asked: Asked) -> list[Layer]:
    """Every layer with its costs on the profiled activity."""
    found = []
    for form in network_forms(asked.graph.network):
        heard = heard_by(form, asked.graph)
        ways = [_copied(held, asked.options.copies) for held in arranged(form, asked.hardware)]
        costs = {
            held.way: held_cost(form, held, heard, asked.hardware)
            for held in ways
            if held.way == "unrolled" or _allowed(held, asked)
        }
        found.append(Layer(form.name, {way: costs[way] for way in UNIFORM if way in costs}))
    return found


def _copied(held: Arranged, copies: int) -> Arranged:
    """Blocks as often as is asked for, if it is."""
    if not copies or held.way == "unrolled":
        return held
    before = max(1, held.copies)
    uses = -(-held.vectors // copies)
    cells, crossings = (value // before * copies for value in (held.cells, held.crossings))
    many = copies if copies <= held.vectors and held.copies else 0
    return held._replace(copies=many, crossbars=held.blocks * copies, uses=uses, cells=cells, crossings=crossings)


def _allowed(held: Arranged, asked: Asked) -> bool:
    """Whether a chip, and the user, allow a layer's blocks."""
    hardware = asked.hardware
    merges = held.parts == 1 or (hardware.merge and asked.options.split == "partial_sum")
    fits = hardware.synapse_limit is None or held.rows * held.columns <= hardware.synapse_limit
    return bool(held.copies) and merges and fits


def chosen(layers: list[Layer], aim: Aim, room: int) -> dict[str, str]:
    """Way of every layer that has several: the least of a sum, or nothing worse than the worst must be.

    `room`: crossbars that there are; where they run short, layers give way that lose least for a crossbar.
    """
    least = max((min(_weigh(c, aim) for c in layer.costs.values()) for layer in layers), default=0.0)
    ways = {}
    for k, layer in enumerate(layers):
        enough = [w for w, c in layer.costs.items() if aim.slowest and _weigh(c, aim) <= least * (1.0 + 1e-9)]
        if enough:
            ways[k] = min(enough, key=lambda w: (layer.costs[w].crossbars, _weigh(layer.costs[w], aim)))
        else:
            ways[k] = min(layer.costs, key=lambda w: (_weigh(layer.costs[w], aim), layer.costs[w].crossbars))
    while sum(layers[k].costs[way].crossbars for k, way in ways.items()) > room:
        swaps = [
            ((_weigh(other, aim) - _weigh(layers[k].costs[way], aim)) / saved, k, name)
            for k, way in ways.items()
            for name, other in layers[k].costs.items()
            if (saved := layers[k].costs[way].crossbars - other.crossbars) > 0
        ]
        if not swaps:
            break
        _, k, ways_k = min(swaps)
        ways[k] = ways_k
    return {layers[k].name: way for k, way in ways.items() if len(layers[k].costs) > 1}


def _weigh(cost: HeldCost, aim: Aim) -> float:
    return float(getattr(cost, aim.key))


def _total(layers: list[Layer], ways: Mapping[str, str], aim: Aim) -> float:
    """Cost of all layers."""
    each = [_weigh(layer.costs[ways.get(layer.name, "unrolled")], aim) for layer in layers]
    return max(each, default=0.0) if aim.slowest else sum(each)


def best_held(asked: Asked, plan: Plan, make: Callable[[Asked, Plan, Given], Compiled]) -> Compiled:
    """The mapping that holds convolutions as serves the plan's objective best.

    Raises
    ------
    InfeasibleError
        If no way fits the chip.
    """
    preset, hardware = preset_of(plan.objective)[0], asked.hardware
    layers, aim = layers_of(asked), aim_of(preset, hardware)
    shared = [layer for layer in layers if len(layer.costs) > 1]
    if not shared:
        return make(asked, plan, Given())
    room = (hardware.max_tiles if hardware.adaptive else hardware.tiles) * hardware.clusters_per_tile
    mix = chosen(layers, aim, room)
    trials, left = _trials(layers, shared, (aim, mix, room), asked)
    made, refused = _made(trials, asked, plan, make)
    goal = goal_of(preset, next(iter(made.values())).mapping.figures)
    weight = float(plan.objective.partition(":")[2] or 0.0)
    kept = next(iter(made)) if goal is None else _least(made, goal, weight)
    values = {name: None if goal is None else _figures(one, goal)[goal.figure] for name, one in made.items()}
    costs = {one.name: {way: _weigh(c, aim) for way, c in one.costs.items()} for one in shared}
    held = Held(
        objective=plan.objective,
        weighed=aim.words,
        layers=tuple(LayerWays(name, trials[kept][name], each) for name, each in costs.items()),
        figure="" if goal is None else goal.figure,
        tried=tuple(Tried(name, values.get(name), refused.get(name, "")) for name in trials if len(trials) > 1),
        kept=kept,
        left=left,
    )
    first = next((name for name, ways in trials.items() if ways == chosen(layers, MESSAGES, room)), "")
    return replace(_beside_traffic(made, kept, first), held=held)


def _made(
    trials: Mapping[str, dict[str, str]], asked: Asked, plan: Plan, make: Callable[[Asked, Plan, Given], Compiled]
) -> tuple[dict[str, Compiled], dict[str, str]]:
    """Mappings of all trials that fit, by name, and why others do not; raises what the first does if none fits."""
    made: dict[str, Compiled] = {}
    refused: dict[str, InfeasibleError] = {}
    for name, ways in trials.items():
        told = asked._replace(ways="+".join(f"{layer}:{way}" for layer, way in ways.items()))
        try:
            made[name] = make(told, told.plan(plan.objective), Given())
        except InfeasibleError as error:
            refused[name] = error
    if not made:
        raise next(iter(refused.values()))
    return made, {name: str(error) for name, error in refused.items()}


def _trials(
    layers: list[Layer], shared: list[Layer], found: tuple[Aim, dict[str, str], int], asked: Asked
) -> tuple[dict[str, dict[str, str]], str]:
    """Ways that are compiled, by name, each once, and why others are not."""
    aim, mix, room = found
    synapses = asked.graph.network.synapses
    uniform = {way: {s.name: way if way in s.costs else "unrolled" for s in shared} for way in UNIFORM}
    name = next((way for way, ways in uniform.items() if ways == mix), "mix")
    if synapses > LARGE:
        return {name: mix}, f"more than {LARGE:,} synapses: by closed form alone"
    trials, left = {name: mix}, []
    for way, ways in {**uniform, "traffic's mix": chosen(layers, MESSAGES, room)}.items():
        if ways in trials.values():
            continue
        if synapses > SMALL and _total(layers, ways, aim) > FACTOR * _total(layers, mix, aim):
            left.append(way)
        else:
            trials[way] = ways
    return trials, f"{', '.join(left)} not compiled: more than {FACTOR:g} times worse in closed form" if left else ""


def _figures(compiled: Compiled, goal: Goal) -> dict[str, Any]:
    """Figures that an objective is judged by: its own as it was judged."""
    figures = dict(compiled.mapping.figures)
    return figures if compiled.verdict is None else figures | {goal.figure: compiled.verdict.value}


def _least(made: Mapping[str, Compiled], goal: Goal, weight: float) -> str:
    """The name of what costs least; of equals that with the fewest crossbars."""
    best = next(iter(made))
    for name, one in made.items():
        mine, its = (cost(goal, _figures(made[each], goal), weight) for each in (name, best))
        crossbars = [each.mapping.clustering.clusters for each in (one, made[best])]
        if crossbars[0] < crossbars[1] if near(mine, its) else mine < its:
            best = name
    return best


def _beside_traffic(made: Mapping[str, Compiled], kept: str, first: str) -> Compiled:
    """The mapping that is kept, beside that of `traffic` which crosses the fewest links of all that were made.

    `first`: what counts of equals, the way that `traffic` tries first.
    """
    compiled = made[kept]
    verdicts = {name: one.verdict for name, one in made.items() if one.verdict is not None}
    if compiled.verdict is None:
        return compiled
    fewest = min(verdicts, key=lambda name: (verdicts[name].traffic_size, name != first))
    return replace(compiled, verdict=replace(compiled.verdict, traffic=verdicts[fewest].traffic))
