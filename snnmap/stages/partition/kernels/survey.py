"""What it saves to put a lifted atom into each cluster that it has something to do with: candidates, exact.

Candidates are the clusters that share a row with the atom, hold another part of its piece, or listen to its neurons.
Savings are summed in `Scratch`, which is all zero between surveys. `state` has the rules and the records.
"""

from snnmap.core.arrays import I64
from snnmap.core.jit import njit
from snnmap.stages.partition.kernels.state import (
    LONG,
    Limits,
    Problem,
    Scratch,
    State,
    first_in,
    listeners,
    sums_at,
    wide,
)


@njit
def touch(shared: I64, touched: I64, k: int, found: int) -> int:
    """Open the entry of cluster k in `Scratch` arrays; returns the new number of entries."""
    if shared[k] >= 0:
        return found
    shared[k] = 0
    touched[found] = k
    return found + 1


@njit
def clear(scratch: Scratch, found: int) -> None:
    """Forget all entries."""
    for t in range(found):
        scratch.saving[scratch.touched[t]] = 0
        scratch.shared[scratch.touched[t]] = -1


@njit
def survey(problem: Problem, state: State, limits: Limits, scratch: Scratch, atom: int) -> int:
    """Fill `scratch` for the lifted `atom`: every cluster where it would save messages; returns how many."""
    saving, shared, touched = scratch.saving, scratch.shared, scratch.touched
    home, cluster, listed, holder = state.home, state.cluster, state.listed, state.holder
    row, net_ptr, net_weight = problem.row, problem.net_ptr, problem.weight
    piece = problem.piece[atom]
    size = problem.member_ptr[piece + 1] - problem.member_ptr[piece]
    found, long = wide(0), 0
    for r in range(problem.row_ptr[atom], problem.row_ptr[atom + 1]):
        source = wide(row[r])
        weight = net_weight[source] if home[source] != atom else 0
        nest = cluster[home[source]] if home[source] >= 0 else -1
        if nest >= 0 and weight > 0:
            found = touch(shared, touched, nest, found)
            saving[nest] += weight * size if limits.unicast else weight
        if listed[source] > LONG:
            long += 1
            continue
        gain = 0 if limits.unicast else weight
        for h in range(net_ptr[source], net_ptr[source] + listed[source]):
            k = wide(holder[h])
            if shared[k] < 0:
                shared[k] = 0
                touched[found] = k
                found += 1
            shared[k] += 1
            if k != nest:
                saving[k] += gain
    if state.homes[atom] > 0:
        found = survey_homes(problem, state, limits, scratch, atom, found)
    if problem.atom_ptr[piece + 1] - problem.atom_ptr[piece] > 1:
        found = survey_siblings(problem, state, limits, scratch, atom, found)
    if long > 0:
        for t in range(found):
            survey_long(problem, state, limits, scratch, atom, touched[t])
    return found


@njit
def survey_siblings(problem: Problem, state: State, limits: Limits, scratch: Scratch, atom: int, found: int) -> int:
    """Savings where other parts of the same neurons are: fewer partial sums travel."""
    piece = problem.piece[atom]
    size = problem.member_ptr[piece + 1] - problem.member_ptr[piece]
    foreign = (size - state.homes[atom]) * min(limits.window, problem.active[atom])
    for other in range(problem.atom_ptr[piece], problem.atom_ptr[piece + 1]):
        k = state.cluster[other]
        if k < 0 or first_in(problem.atom_ptr, state.cluster, piece, k) != other:
            continue
        steps, homes = sums_at(problem, state, atom, k)
        joined = (size - homes - state.homes[atom]) * min(limits.window, steps + problem.active[atom])
        found = touch(scratch.shared, scratch.touched, k, found)
        scratch.saving[k] += foreign - joined + (size - homes) * min(limits.window, steps)
    return found


@njit
def survey_homes(problem: Problem, state: State, limits: Limits, scratch: Scratch, atom: int, found: int) -> int:
    """Savings where neurons at home in `atom` would sit beside their listeners."""
    piece = problem.piece[atom]
    for m in range(problem.member_ptr[piece], problem.member_ptr[piece + 1]):
        neuron = problem.member[m]
        weight = problem.weight[neuron]
        if state.home[neuron] != atom or weight == 0:
            continue
        for h in range(problem.net_ptr[neuron], problem.net_ptr[neuron] + state.listed[neuron]):
            k = wide(state.holder[h])
            found = touch(scratch.shared, scratch.touched, k, found)
            scratch.saving[k] += weight * listeners(state.key, state.heard, k, neuron) if limits.unicast else weight
    return found


@njit
def survey_long(problem: Problem, state: State, limits: Limits, scratch: Scratch, atom: int, k: int) -> None:
    """Add the rows of `atom` that are in too many clusters to list, for candidate k."""
    for r in range(problem.row_ptr[atom], problem.row_ptr[atom + 1]):
        source = wide(problem.row[r])
        if state.listed[source] <= LONG or listeners(state.key, state.heard, k, source) == 0:
            continue
        scratch.shared[k] += 1
        home = state.home[source]
        if not limits.unicast and home != atom and (home < 0 or state.cluster[home] != k):
            scratch.saving[k] += problem.weight[source]
