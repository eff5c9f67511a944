"""Small problems of the stages whose answers are held as fingerprints: the same seed gives the same mapping.

Options that nobody sets are held as they are.

A change of one of them is a change of behaviour, named in the changelog; `regenerate/stages_golden.py` writes them
anew.
"""

import hashlib
import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from support import partition_cases as parts
from support.crossbars import crossbars, wired
from support.executed import BITS, mapping_of
from support.machines import mesh
from support.placement_cases import random_problem, random_terms, random_traffic, run_of
from support.schedule_cases import random_case

from snnmap.analysis.view import ClusteringView
from snnmap.hardware import Quantity
from snnmap.ir import Placement
from snnmap.simulate.chip.rates import ExecuteOptions, execute, rates
from snnmap.stages import partition, place, schedule, wire
from snnmap.stages.protocols import PartitionProblem, PlacementProblem, Run, WiringProblem

GOLDEN = Path(__file__).parents[1] / "data" / "golden_stages.json"

GRAPHS = {
    "dense": (lambda: parts.dense(20, 12, 5), {"rows": 8, "columns": 6}),
    "wide": (lambda: parts.dense(30, 40, 30, 10), {"rows": 16, "columns": 16}),
    "convolution": (lambda: parts.convolution(3, 8, 4, 3), {"rows": 24, "columns": 16}),
    "recurrent": (
        lambda: parts.random_graph(1, inputs=20, hidden=40, out=10, density=0.2),
        {"rows": 12, "columns": 8},
    ),
    "limited": (
        lambda: parts.random_graph(2, inputs=10, hidden=30, out=6, density=0.3),
        {"rows": 10, "columns": 9, "synapse_limit": 40},
    ),
    "whole": (
        lambda: parts.random_graph(3, inputs=12, hidden=50, out=10, density=0.08),
        {"rows": 16, "columns": 8, "merge": False},
    ),
}
"""Name: graph, and the crossbars."""
PARTITIONERS = {
    "first_fit": partition.FirstFit(),
    "kernighan_lin": partition.KernighanLin(),
    "unicast": partition.KernighanLin(cost="unicast", crossbar_weight=5.0, orders=2),
    "balanced_homes": partition.BalancedHomes(crossbar_weight=0.0),
}
PLACERS = {
    "sequential": place.Sequential(),
    "random": place.Random(),
    "hill_climb": place.HillClimb(),
    "anneal": place.Anneal(moves_per_cluster=400, min_moves=10_000),
    "swarm": place.Swarm(particles=12, iterations=15),
    "start": place.HillClimb(restarts=0, sweeps=0),
    "first_sweep": place.HillClimb(restarts=1, sweeps=1, radius=2),
    "unfinished": place.Anneal(moves_per_cluster=30, min_moves=300, max_moves=1000, window=3, finish=False),
}


def fingerprint(*arrays):
    """The first 16 digits of the SHA-256 of integer arrays and their lengths."""
    whole = hashlib.sha256()
    for array in arrays:
        whole.update(f"{len(array)} ".encode() + np.asarray(array).astype("<i8").tobytes())
    return whole.hexdigest()[:16]


def partitioned(graph, algorithm):
    """Fingerprint of the clusters of a graph."""
    make, size = GRAPHS[graph]
    merges = size.get("merge", True)
    problem = PartitionProblem(make(), parts.machine(**size), merges)
    c = PARTITIONERS[algorithm](problem, Run(np.random.default_rng(5)))
    return fingerprint(c.row_ptr, c.row_source, c.column_ptr, c.column_neuron, c.home)


RANDOM = {**PARTITIONERS, "even_rows": partition.EvenRows()}
SCATTERED = {"first_fit": partition.FirstFit(), "kernighan_lin": partition.KernighanLin(passes=2)}


def drawn(algorithm):
    """Fingerprint of the clusters of 20 random graphs on crossbars of many sizes, half of them with events."""
    found = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        inputs, hidden, out = (int(n) for n in rng.integers((2, 6, 2), (40, 60, 20)))
        sizes = {"inputs": inputs, "hidden": hidden, "out": out, "bias": bool(rng.random() < 0.7)}
        graph = parts.random_graph(seed, density=(0.05, 0.1, 0.2, 0.4)[seed % 4], **sizes)
        if seed % 3:
            graph = parts.recorded(graph, rng.random(graph.network.sources) ** 2 * 0.5, seed)
        rows, columns = int(rng.integers(4, 24)), int(rng.integers(2, 20))
        limit = None if rng.random() < 0.6 else max(2, rows * columns // 3)
        problem = PartitionProblem(graph, parts.machine(rows, columns, synapse_limit=limit), True)
        c = RANDOM[algorithm](problem, Run(np.random.default_rng(seed)))
        found += [c.row_ptr, c.row_source, c.column_ptr, c.column_neuron, c.home]
    return fingerprint(*found)


def traded():
    """Fingerprint of the rows that sources of four layers trade, each layer a group of its own."""
    found = []
    for seed, (rows, columns, limit) in enumerate(((8, 6, None), (9, 5, 40), (16, 16, None), (12, 7, 60))):
        rng = np.random.default_rng(seed)
        graph = parts.dense(30, 22, 19, 12, window=(3, 12))
        graph = parts.recorded(graph, rng.random(graph.network.sources) ** 3 * 0.8, seed)
        hardware = parts.machine(rows, columns, synapse_limit=limit)
        c = partition.EvenRows()(PartitionProblem(graph, hardware, True), Run(rng))
        found += [c.row_ptr, c.row_source, c.column_ptr, c.column_neuron, c.home]
    return fingerprint(*found)


def spread(graph, algorithm):
    """Fingerprint of the clusters of a network whose sources are heard in very many."""
    rows, columns = {"scattered": (6, 2), "crowd": (12, 8)}[graph]
    problem = PartitionProblem(getattr(parts, graph)(), parts.machine(rows, columns), False)
    c = SCATTERED[algorithm](problem, Run(np.random.default_rng(3)))
    return fingerprint(c.row_ptr, c.row_source, c.column_ptr, c.column_neuron, c.home)


def placed(algorithm):
    """Fingerprint of the placements of seven small problems and of one of 40 clusters on 7 x 7 tiles."""
    rng = np.random.default_rng(11)
    problems = [random_problem(rng, shared=bool(seed % 2)) for seed in range(7)]
    machine = mesh(7, 7, port=(3, 0))
    problems.append(PlacementProblem(random_traffic(rng, 40, 120), 40, machine, random_terms(rng, 40, 49)[:1]))
    return fingerprint(*(PLACERS[algorithm](problem, run_of(seed)).tile for seed, problem in enumerate(problems)))


def wires(algorithm):
    """Fingerprint of the wirings of crossbars of six shapes, on maps of quality without and with ties."""
    found = []
    for seed, density in enumerate((0.3, 0.6, 1.1)):
        rng = np.random.default_rng(seed)
        graph, clustering, _ = crossbars(rng, [(6, 4), (8, 6), (4, 3), (1, 1), (5, 6), (8, 2)], density)
        for quality in (rng.random((8, 6)) + 0.1, rng.integers(1, 5, (8, 6)).astype(float)):
            wiring = wired(wire.ALGORITHMS[algorithm](), graph, clustering, quality, seed=seed)
            found += [wiring.row, wiring.column]
    return fingerprint(*found)


def stirred_wires():
    """Fingerprint of wirings for the weakest cell where cells beside a busy one last less, by powers of two."""
    found = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        graph, clustering, _ = crossbars(rng, [(6, 4), (8, 6), (5, 3), (7, 6)], (0.4, 0.7, 1.1)[seed % 3])
        quality = rng.random((8, 6)) + 0.1

        def stirred(through, quality=quality):
            beside = np.zeros_like(through)
            for axis in (0, 1):
                for way in (1, -1):
                    beside += np.roll(through, way, axis)
            return quality / (1.0 + beside / 64.0)

        problem = WiringProblem(
            ClusteringView(graph, clustering), mesh(2, 2, rows=8, columns=6), quality, stirred=stirred
        )
        wiring = wire.WeakestCell()(problem, Run(np.random.default_rng(seed)))
        found += [wiring.row, wiring.column]
    return fingerprint(*found)


SCHEDULES = {
    "tdm": {},
    "best-effort": {"noc": "best-effort"},
    "shared": {"shared": True, "buffer_tokens": 1},
    "blind": {"keep_events": False, "buffer_tokens": 3},
    "slow": {"shared": True, "program_time": 1, "hop_time": 9, "flit_time": 20},
    "shared best-effort": {"shared": True, "noc": "best-effort"},
    "gated": {"noc": "gated"},
    "shared gated": {"shared": True, "noc": "gated"},
    "blocks": {"shared": True, "forward": True, "program_time": 400, "memory_bits": 10**9},
    "small blocks": {"shared": True, "forward": True, "noc": "best-effort", "program_time": 400, "memory_bits": 1600},
}
"""Name: what `random_case` takes, and bits of memory on three tiles, for blocks of steps."""


def placed_case(seed, options):
    """`random_case`, where `memory_bits` are given on three tiles with as many sample registers as there are tiles."""
    options = dict(options)
    bits = options.pop("memory_bits", None)
    case = random_case(seed, **options)
    if bits is None:
        return case
    values = {**case.hardware.values, "memory_bits": Quantity(bits, "1", "test")}
    hardware = replace(case.hardware, values=values, sample_registers=9)
    return replace(case, hardware=hardware, placement=Placement(case.placement.tile % 3))


def scheduled(name):
    """Fingerprint of the dataflow graphs and schedules of 30 placed networks, a margin on every third."""
    found = []
    for seed in range(30):
        case = placed_case(seed, SCHEDULES[name])
        margin = 0.3 if seed % 3 == 2 else 0.0
        flow, made = schedule.ListSchedule(swaps=20, margin=margin)(case.problem, Run(np.random.default_rng(seed)))
        found += [flow.producer, flow.consumer, flow.tokens, flow.time, flow.resource, made.start, made.tiles]
        numbers = [made.period_numerator, made.period_denominator, made.latency, made.block]
        found += [numbers, made.lags(), made.critical, *made.order]
        found += [] if made.buffers is None else [[made.buffers]]
        table = made.slots
        if table is not None:
            found += [[table.length, table.slot, table.hop], table.producer, table.target_ptr, table.target]
            found += [table.run_ptr, table.first, table.flits]
        frame = schedule.frame_level(*case.stage)
        found += [frame.producer, frame.consumer, frame.production, frame.consumption, frame.tokens, frame.time]
    return fingerprint(*found)


EXECUTED = {
    "tdm": ({}, {}),
    "tdm ended": ({"end_of_step": True}, {"gate": "guaranteed"}),
    "shared": ({"shared": True, "buffer_tokens": 1}, {}),
    "shared gated": ({"noc": "gated", "shared": True}, {"buffers": 64}),
    "blocks": (SCHEDULES["blocks"], {}),
    "small blocks": (SCHEDULES["small blocks"], {"gate": "guaranteed"}),
    "round-robin": ({"noc": "best-effort", "end_of_step": True}, {"buffers": 1}),
    "fixed": ({"noc": "best-effort", "shared": True}, {"arbitration": "fixed"}),
    "oldest": ({"noc": "best-effort"}, {"arbitration": "oldest", "seed": 3}),
    "gated": ({"noc": "gated"}, {"buffers": 500}),
    "gated ended": ({"noc": "gated", "shared": True, "end_of_step": True}, {"arbitration": "fixed", "buffers": 500}),
    "youngest": ({"noc": "best-effort", "spike_bits": 70}, {"arbitration": "youngest", "gate": 3e-7}),
}
"""Name: the chip, and how it is run."""


def executed(name):
    """Fingerprint of the firings, crossings and rates of 20 scheduled networks, at their worst too."""
    machine, options = EXECUTED[name]
    machine = dict(machine)
    ends, bits = machine.pop("end_of_step", False), machine.pop("spike_bits", 32)
    found = []
    for seed in range(20):
        case = placed_case(seed, machine)
        values = {key: Quantity(float(n), "1", "test") for key, n in {**BITS, "spike_bits": bits}.items()}
        hardware = replace(case.hardware, values={**case.hardware.values, **values}, end_of_step=ends)
        problem = replace(case.problem, hardware=hardware)
        flow, made = schedule.ListSchedule(swaps=5)(problem, Run(np.random.default_rng(seed)))
        network = case.graph.network
        mapping = mapping_of(network, case.clustering, case.placement.tile.tolist(), hardware, made.slots)
        mapping = replace(mapping, sdfg=flow, schedule=made)
        told = execute(mapping, case.graph, hardware, ExecuteOptions(**options, frames=3))
        found += [told.start.ravel(), told.end.ravel(), told.link, told.crossed, [told.sent, told.received]]
        rated = rates(mapping, case.graph, hardware, ExecuteOptions(**options))
        for one in (rated.worst, rated.frame, rated.mean):
            found.append([one.period.numerator, one.period.denominator, one.steps, one.cyclic, one.events])
            found.append(
                [] if one.late is None else [one.late.late, one.late.firings, one.late.step, one.late.largest.numerator]
            )
    return fingerprint(*found)


FLOATING = {"swarm", "even_heat", "least_power"}
"""Their choices follow sums of other libraries, which may differ in the last bit between processors."""


def cases():
    """Stage and name of every case: what works out its fingerprint."""
    found = {}
    for graph in GRAPHS:
        for algorithm in PARTITIONERS:
            found["partition", f"{graph} {algorithm}"] = lambda g=graph, a=algorithm: partitioned(g, a)
    for algorithm in RANDOM:
        found["partition", f"drawn {algorithm}"] = lambda a=algorithm: drawn(a)
    for graph, algorithm in (("scattered", "first_fit"), ("scattered", "kernighan_lin"), ("crowd", "first_fit")):
        found["partition", f"{graph} {algorithm}"] = lambda g=graph, a=algorithm: spread(g, a)
    found["partition", "traded even_rows"] = traded
    found["wire", "stirred weakest_cell"] = stirred_wires
    for algorithm in PLACERS:
        found["place", algorithm] = lambda a=algorithm: placed(a)
    for name in EXECUTED:
        found["simulate", name] = lambda n=name: executed(n)
    for name in SCHEDULES:
        found["schedule", name] = lambda n=name: scheduled(n)
    for algorithm in wire.ALGORITHMS:
        found["wire", algorithm] = lambda a=algorithm: wires(a)
    for stage, algorithms in (("place", place), ("wire", wire), ("schedule", schedule)):
        for name, kind in algorithms.ALGORITHMS.items():  # as mapping files record them
            found[stage, f"options {name}"] = lambda k=kind: repr(k())
    return {key: case for key, case in found.items() if key[1] not in FLOATING}


def names(stage):
    """Cases of a stage."""
    return [name for own, name in cases() if own == stage]


@cache
def golden():
    """What the file holds: {stage: {case: fingerprint}}."""
    return json.loads(GOLDEN.read_text())
