"""The cut into phases against enumeration: all residents, all cuts of the order, and the bound on writes."""

from itertools import combinations, product

import numpy as np
import pytest

from snnmap.analysis.phases import least_writes
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.stages.phase import PhaseProblem, cut_into_phases


def problem(seed, clusters=6, tiles=3, steps=4, ring=False):
    """A random acyclic problem; with `ring`, clusters 1 and 2 need each other."""
    rng = np.random.default_rng(seed)
    pairs = [(a, b) for a, b in combinations(range(clusters), 2) if rng.random() < 0.4]
    pairs += [(1, 2), (2, 1)] if ring else []
    return PhaseProblem(
        tiles=tiles,
        pairs=np.array(sorted(set(pairs)), np.int64).reshape(-1, 2).T,
        order=np.arange(clusters),
        cells=rng.integers(1, 30, clusters),
        program=rng.integers(1, 9, clusters) * 1.0,
        step=rng.integers(1, 9, clusters) * 1.0,
        stored=rng.integers(0, 3, clusters) * 1.0,
        steps=steps,
    )


def seconds(asked, phase, resident):
    """Time of a frame, phase by phase in plain loops."""
    total = 0.0
    for number in range(max(phase) + 1):
        own = [k for k in range(len(phase)) if phase[k] == number]
        later = {a for a, b in asked.pairs.T.tolist() if phase[b] > number}
        away = sum(asked.stored[k] for k in own if k in later)
        total += max((asked.program[k] for k in own if not resident[k]), default=0.0)
        total += asked.steps * (max(asked.step[k] for k in own) + away)
    return total


def is_legal(asked, phase, resident):
    """Whether nobody runs before whom it waits for, and the tiles suffice."""
    seats = asked.tiles - sum(resident)
    counts = [sum(p == number and not r for p, r in zip(phase, resident, strict=True)) for number in set(phase)]
    return all(phase[a] <= phase[b] for a, b in asked.pairs.T.tolist()) and all(count <= seats for count in counts)


def plans(asked):
    """Every legal plan: phases without a gap, and residents."""
    clusters = len(asked.cells)
    for phase in product(range(clusters), repeat=clusters):
        if set(phase) != set(range(max(phase) + 1)):
            continue
        for resident in product((False, True), repeat=clusters):
            if sum(resident) < asked.tiles and is_legal(asked, phase, resident):
                yield phase, resident


@pytest.mark.parametrize("ring", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_against_all_plans_of_few_clusters(seed, ring):
    asked = problem(seed, clusters=5, tiles=3, ring=ring)
    every = [
        (sum(c for c, r in zip(asked.cells, resident, strict=True) if not r), seconds(asked, phase, resident))
        for phase, resident in plans(asked)
    ]
    found = cut_into_phases(asked, 0.0)
    assert is_legal(asked, found.phase.tolist(), found.resident.tolist())
    assert found.seconds == pytest.approx(seconds(asked, found.phase.tolist(), found.resident.tolist()))
    assert found.writes == int(asked.cells[~found.resident].sum())
    assert min(writes for writes, _ in every) >= found.bound == least_writes(asked.cells, asked.tiles)
    assert not ring or found.phase[1] == found.phase[2]
    fast = cut_into_phases(asked, float("inf"))
    assert fast.seconds >= min(took for _, took in every)
    assert fast.seconds <= found.seconds


@pytest.mark.parametrize("seed", range(20))
def test_no_cut_of_the_order_is_faster(seed):
    """Of a chain there is one order, and with no resident the dynamic program must find its best cut."""
    asked = problem(seed, clusters=7, tiles=3)
    chain = np.array([(k, k + 1) for k in range(6)]).T
    asked = PhaseProblem(3, chain, asked.order, np.ones(7, np.int64), *(asked.program, asked.step, asked.stored), 4)
    found = cut_into_phases(asked, float("inf"))
    best = np.inf
    for cuts in product((0, 1), repeat=6):
        phase = np.concatenate([[0], np.cumsum(cuts)]).tolist()
        for count in range(3):
            largest = np.lexsort((np.arange(7), -asked.program))[:count]
            resident = np.isin(np.arange(7), largest).tolist()
            if is_legal(asked, phase, resident):
                best = min(best, seconds(asked, phase, resident))
    assert found.seconds == pytest.approx(best)


def test_who_fits_stays_for_good():
    asked = problem(0, clusters=3, tiles=3)
    found = cut_into_phases(asked)
    assert (found.writes, found.bound) == (0, 0)
    assert found.resident.all()
    assert not found.phase.any()


def test_the_fastest_within_what_is_allowed():
    asked = problem(4, clusters=12, tiles=4)
    found = [cut_into_phases(asked, within) for within in (0.0, 0.2, 0.5, np.inf)]
    assert [plan.seconds for plan in found] == sorted((plan.seconds for plan in found), reverse=True)
    assert found[0].writes == found[0].bound
    assert all(plan.writes <= (1 + share) * plan.bound for plan, share in zip(found, (0.0, 0.2, 0.5), strict=False))
    assert found[-1].seconds < found[0].seconds


def test_a_ring_that_is_larger_than_the_chip_is_refused():
    asked = problem(0, clusters=5, tiles=2)
    ring = np.array([(0, 1), (1, 2), (2, 0), (3, 4)]).T
    changed = PhaseProblem(2, ring, *(getattr(asked, n) for n in ("order", "cells", "program", "step", "stored")), 4)
    with pytest.raises(InfeasibleError, match="need each other in one phase: need 3, have 2"):
        cut_into_phases(changed)
    with pytest.raises(InputError, match=r"within is -0\.1"):
        cut_into_phases(asked, -0.1)
