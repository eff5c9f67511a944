"""Placement cost and optimum by plain recount and enumeration. Shares no snnmap code."""

from itertools import permutations

from oracles.hops import tree


def cost(tiles, groups, width, port, terms=(), chip=None, border=1):
    """Messages x tree links plus terms: groups (sender or -1, targets, messages), (flow, distance, preference).

    A link from one `chip` of so many tiles across and down to another counts `border` times.
    """

    def length(link):
        (x, y), (to_x, to_y) = link
        same = chip is None or (x // chip[0], y // chip[1]) == (to_x // chip[0], to_y // chip[1])
        return 1 if same else border

    where = [(tile % width, tile // width) for tile in tiles]
    total = 0
    for sender, targets, messages in groups:
        start = port if sender < 0 else where[sender]
        total += messages * sum(map(length, tree(start, [where[k] for k in targets])))
    for flow, distance, preference in terms:
        if len(flow):
            total += sum(
                int(flow[i][j]) * int(distance[a][b]) for i, a in enumerate(tiles) for j, b in enumerate(tiles)
            )
        if len(preference):
            total += sum(int(preference[i][a]) for i, a in enumerate(tiles))
    return total


def optimum(clusters, slots, per_tile, judge):
    """Least `judge(tiles)` over all assignments of clusters to distinct slots."""
    return min(judge([slot // per_tile for slot in chosen]) for chosen in permutations(range(slots), clusters))
