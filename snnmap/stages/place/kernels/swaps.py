"""Moves of a placement search with exact integer deltas: swap, descent, annealing; raw arrays only.

A *slot* is a place for one cluster; tile = slot // per_tile. Every move exchanges the occupants of two slots, one of
which may be empty (-1), so that every state is a legal placement. Only groups with a moved cluster are routed anew, and
of these a group that holds both clusters among its targets keeps its tree.
"""

import numpy as np

from snnmap.analysis.kernels.routes import group_hops
from snnmap.core.arrays import F64, I32, I64
from snnmap.core.jit import njit
from snnmap.hardware.kernels.mesh import hops_of
from snnmap.stages.place.kernels.records import Board, State


@njit
def put(board: Board, state: State, cluster: int, slot: int) -> None:
    """Set the position of `cluster` (-1: nothing) to `slot`; the slot's occupant is left to the caller."""
    if cluster < 0:
        return
    tile = slot // board.per_tile
    state.slot[cluster] = slot
    state.tile[cluster] = tile
    state.x[cluster] = board.far_x[tile]
    state.y[cluster] = board.far_y[tile]


@njit
def term_cost(board: Board, tile: I32) -> int:
    """Cost of all terms for the clusters at `tile` (K,)."""
    total = 0
    for m in range(board.flow.shape[0]):
        for i in range(board.flow.shape[1]):
            for j in range(board.flow.shape[1]):
                total += board.flow[m, i, j] * board.distance[m, tile[i], tile[j]]
    for i in range(board.preference.shape[0]):
        total += board.preference[i, tile[i]]
    return total


@njit
def share_of(board: Board, tile: I32, a: int, skip: int) -> int:
    """Part of `term_cost` that depends on cluster `a`, without its pairs with `skip`."""
    total = 0
    for m in range(board.flow.shape[0]):
        for k in range(board.flow.shape[1]):
            if k == skip:
                continue
            total += board.flow[m, a, k] * board.distance[m, tile[a], tile[k]]
            if k != a:
                total += board.flow[m, k, a] * board.distance[m, tile[k], tile[a]]
    if board.preference.shape[0] > 0:
        total += board.preference[a, tile[a]]
    return total


@njit
def moved_terms(board: Board, tile: I32, a: int, b: int) -> int:
    """Part of `term_cost` that depends on cluster `a` or `b`, either of which may be -1."""
    total = 0
    if a >= 0:
        total += share_of(board, tile, a, int(np.int32(-1)))
    if b >= 0:
        total += share_of(board, tile, b, a)
    return total


@njit
def reroute(board: Board, state: State, cluster: int, move: int) -> int:
    """Change in messages x hops over the groups of `cluster` stamped `move`; fills their `trial`, marks them done."""
    change = 0
    for at in range(board.touch_ptr[cluster], board.touch_ptr[cluster + 1]):
        group = board.touch[at]
        if state.stamp[group] != move:
            continue
        sender = board.sender[group]
        origin = board.far_port if sender < 0 else (int(state.x[sender]), int(state.y[sender]))
        first, last = board.target_ptr[group], board.target_ptr[group + 1]
        state.trial[group] = hops_of(origin, first, last, board.target, state.x, state.y, state.reach)
        change += board.messages[group] * (state.trial[group] - state.hops[group])
    return change


@njit
def mark(board: Board, state: State, a: int, b: int, move: int) -> None:
    """Stamp with `move` each group of `a` and, with -`move`, each of `b` only; 0 where both are targets."""
    if a >= 0:
        for at in range(board.touch_ptr[a], board.touch_ptr[a + 1]):
            state.stamp[board.touch[at]] = move
    if b >= 0:
        for at in range(board.touch_ptr[b], board.touch_ptr[b + 1]):
            group = board.touch[at]
            if state.stamp[group] != move:
                state.stamp[group] = -move
            elif board.sender[group] != a and board.sender[group] != b:
                state.stamp[group] = 0


@njit
def swap(board: Board, state: State, p: int, q: int) -> int:
    """Exchange the occupants of slots `p` and `q`; returns the exact change in cost. Undo with `revert`."""
    a, b = state.occupant[p], state.occupant[q]
    with_terms = board.flow.shape[0] > 0 or board.preference.shape[0] > 0
    change = -moved_terms(board, state.tile, a, b) if with_terms else 0
    state.moves[0] += 1
    move = state.moves[0]
    mark(board, state, a, b, move)
    state.occupant[p], state.occupant[q] = b, a
    put(board, state, a, q)
    put(board, state, b, p)
    if a >= 0:
        change += reroute(board, state, a, move)
    if b >= 0:
        change += reroute(board, state, b, -move)
    if with_terms:
        change += moved_terms(board, state.tile, a, b)
    return change


@njit
def keep(board: Board, state: State, p: int, q: int) -> None:
    """Make the last `swap` of `p` and `q` permanent: take over the tree sizes of its groups."""
    take_over(board, state, state.occupant[p])
    take_over(board, state, state.occupant[q])


@njit
def take_over(board: Board, state: State, cluster: int) -> None:
    """Set the tree sizes of the groups of `cluster` (-1: none) that the last `swap` routed anew."""
    if cluster < 0:
        return
    for at in range(board.touch_ptr[cluster], board.touch_ptr[cluster + 1]):
        group = board.touch[at]
        if abs(state.stamp[group]) == state.moves[0]:
            state.hops[group] = state.trial[group]


@njit
def revert(board: Board, state: State, p: int, q: int) -> None:
    """Undo the last `swap` of `p` and `q`."""
    a, b = state.occupant[q], state.occupant[p]
    state.occupant[p], state.occupant[q] = a, b
    put(board, state, a, p)
    put(board, state, b, q)


@njit
def next_level(board: Board, state: State, pairs: I64, first: int) -> int:
    """Exchange the first of the slot pairs (n, 2) from `first` on that does not raise the cost; its number, or -1.

    What `undo` takes back.
    """
    for n in range(first, len(pairs)):
        p, q = pairs[n, 0], pairs[n, 1]
        a, b = state.occupant[p], state.occupant[q]
        if (a < 0 and b < 0) or p // board.per_tile == q // board.per_tile:
            continue
        if swap(board, state, p, q) <= 0:
            keep(board, state, p, q)
            return n
        revert(board, state, p, q)
    return -1


@njit
def undo(board: Board, state: State, pair: I64) -> int:
    """Exchange a pair (2,) of slots back; returns the change in cost."""
    change = swap(board, state, pair[0], pair[1])
    keep(board, state, pair[0], pair[1])
    return change


@njit
def recount(board: Board, state: State) -> int:
    """Cost of the placement from scratch; fills `state.hops`."""
    targets = board.target_ptr, board.target
    group_hops(board.sender, targets[0], targets[1], state.x, state.y, board.far_port, state.reach, state.hops)
    return int(np.sum(board.messages * state.hops)) + term_cost(board, state.tile)


@njit
def arrange(board: Board, state: State, slots: I64) -> int:
    """Put cluster k into `slots[k]` (K,); returns the cost, counted from scratch."""
    state.occupant[:] = -1
    for cluster in range(len(slots)):
        state.occupant[slots[cluster]] = cluster
        put(board, state, int(np.int32(cluster)), slots[cluster])
    return recount(board, state)


@njit
def costs(board: Board, state: State, slots: I64, out: I64) -> None:
    """Fill `out` (P,) with the cost of P placements `slots` (P, K); `state` holds the last one afterwards."""
    for particle in range(len(out)):
        out[particle] = arrange(board, state, slots[particle])


@njit
def near(board: Board, x: int, y: int, turn: I64, first: int, radius: int, found: I64) -> int:
    """Fill `found` with (turn, slot) of slots up to `radius` links from (x, y), by turn from `first` on; how many.

    `turn` (slots,) holds a different number for every slot.
    """
    height, width = board.tile.shape
    count = 0
    for row in range(max(0, y - radius), min(height, y + radius + 1)):
        reach = radius - abs(row - y)
        for column in range(max(0, x - reach), min(width, x + reach + 1)):
            tile = board.tile[row, column]
            for slot in range(tile * board.per_tile, (tile + 1) * board.per_tile):
                if turn[slot] < first:
                    continue
                at = count
                while at > 0 and found[at - 1, 0] > turn[slot]:  # one by one: a row takes seconds to compile
                    found[at, 0], found[at, 1] = found[at - 1, 0], found[at - 1, 1]
                    at -= 1
                found[at, 0], found[at, 1] = turn[slot], slot
                count += 1
    return count


@njit
def descend(board: Board, state: State, clusters: I64, slots: I64, radius: int) -> int:
    """Try each of `clusters` on each of `slots` up to `radius` links away; keep each swap that lowers the cost.

    A pair of clusters is tried once, from the one with the lower number. Returns the change in cost, at most 0.
    """
    around = 2 * radius * (radius + 1) + 1
    whole = around >= len(board.x)
    found = np.empty((len(slots) if whole else around * board.per_tile, 2), np.int64)
    turn = np.empty(len(slots), np.int64)
    for at in range(len(slots)):
        turn[slots[at]] = at
        if whole:
            found[at, 0], found[at, 1] = at, slots[at]
    count = len(slots)
    total = 0
    for a in clusters:
        first = int(np.int64(0))
        while first < len(slots):
            at = first
            if not whole:
                at = 0
                here = state.tile[a]
                count = near(board, int(board.x[here]), int(board.y[here]), turn, first, radius, found)
            first = len(slots)
            while at < count and first == len(slots):
                q = found[at, 1]
                p = int(np.int64(state.slot[a]))
                b = state.occupant[q]
                tile = q // board.per_tile
                at += 1
                if tile == state.tile[a] or 0 <= b < a:
                    continue
                here = state.tile[a]
                if abs(board.x[tile] - board.x[here]) + abs(board.y[tile] - board.y[here]) > radius:
                    continue
                change = swap(board, state, p, q)
                if change < 0:
                    keep(board, state, p, q)
                    total += change
                    first = found[at - 1, 0] + 1  # from the new position on
                else:
                    revert(board, state, p, q)
    return total


@njit
def propose(board: Board, state: State, a: int, radius: int, draw: I64) -> int:
    """Slot for cluster `a`: uniform in the window of `radius` around it, or near a cluster it exchanges messages with.

    `draw` (5,) holds integers in [0, 2^31): whether to follow a message and which, x, y, slot within the tile.
    """
    x, y = board.x[state.tile[a]], board.y[state.tile[a]]
    groups = board.touch_ptr[a + 1] - board.touch_ptr[a]
    if draw[0] % 4 != 0 and groups > 0:
        group = board.touch[board.touch_ptr[a] + (draw[0] // 4) % groups]
        other = board.sender[group]
        if other == a:
            first = board.target_ptr[group]
            other = board.target[first + draw[1] % (board.target_ptr[group + 1] - first)]
        x, y = (board.x[state.tile[other]], board.y[state.tile[other]]) if other >= 0 else board.port
        radius = 1 + radius // 4
    height, width = board.tile.shape
    left, low = max(0, x - radius), max(0, y - radius)
    x = left + draw[2] % (min(width - 1, x + radius) - left + 1)
    y = low + draw[3] % (min(height - 1, y + radius) - low + 1)
    return int(board.tile[y, x] * board.per_tile + draw[4] % board.per_tile)


@njit
def anneal(
    board: Board, state: State, clusters: I64, draws: I64, exponential: F64, temperature: float, radius: int
) -> tuple[int, int]:
    """Metropolis moves of `clusters` (n,) at one `temperature`; returns (change in cost, moves kept).

    A move is kept if its change is at most temperature x `exponential` (n,), standard exponential draws: the usual
    rule exp(-change / temperature) > uniform, with the logarithm taken beforehand.
    """
    total = 0
    kept = 0
    for n in range(len(clusters)):
        p = int(np.int64(state.slot[clusters[n]]))
        q = propose(board, state, clusters[n], radius, draws[n])
        if p // board.per_tile == q // board.per_tile:
            continue
        change = swap(board, state, p, q)
        if change <= temperature * exponential[n]:
            keep(board, state, p, q)
            total += change
            kept += 1
        else:
            revert(board, state, p, q)
    return total, kept


@njit
def probe(board: Board, state: State, clusters: I64, draws: I64, radius: int) -> int:
    """Sum of |change in cost| of the moves that `anneal` would propose; none is kept."""
    total = 0
    for n in range(len(clusters)):
        p = int(np.int64(state.slot[clusters[n]]))
        q = propose(board, state, clusters[n], radius, draws[n])
        total += abs(swap(board, state, p, q))
        revert(board, state, p, q)
    return total


@njit
def grow(
    ptr: I64, neighbour: I32, weight: I64, from_port: I64, x: I32, y: I32, port: tuple[int, int], per_tile: int
) -> I32:
    """Slots (K,) built up one cluster at a time: the one with most messages to those placed, on its cheapest free tile.

    `ptr`, `neighbour`, `weight` hold the messages between pairs of clusters (CSR, symmetric), `from_port` (K,) those
    from the port. The cost of a tile is messages x distance to all placed partners, which splits into x and y parts.
    """
    clusters = len(ptr) - 1
    slot = np.full(clusters, -1, np.int32)
    used = np.zeros(len(x), np.int64)
    pull = from_port.copy()
    along_x = np.empty(np.max(x) + 1, np.int64)
    along_y = np.empty(np.max(y) + 1, np.int64)
    for _ in range(clusters):
        chosen = -1
        for k in range(clusters):
            if slot[k] < 0 and (chosen < 0 or pull[k] > pull[chosen]):
                chosen = k
        for column in range(len(along_x)):
            along_x[column] = from_port[chosen] * abs(column - port[0])
        for row in range(len(along_y)):
            along_y[row] = from_port[chosen] * abs(row - port[1])
        for at in range(ptr[chosen], ptr[chosen + 1]):
            k = neighbour[at]
            pull[k] += weight[at]
            if slot[k] < 0:
                continue
            tile = slot[k] // per_tile
            for column in range(len(along_x)):
                along_x[column] += weight[at] * abs(column - x[tile])
            for row in range(len(along_y)):
                along_y[row] += weight[at] * abs(row - y[tile])
        best = -1
        for tile in range(len(x)):
            if used[tile] == per_tile:
                continue
            if best < 0 or along_x[x[tile]] + along_y[y[tile]] < along_x[x[best]] + along_y[y[best]]:
                best = tile
        slot[chosen] = best * per_tile + used[best]
        used[best] += 1
    return slot
