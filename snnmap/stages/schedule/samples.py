"""Sample registers: what a column's read has sampled waits in the tile until its neuron fires.

On a shared tile other clusters may be read in between; each needs a set of registers of its own (a set holds one sample
per column of a crossbar). Sums that go to another home leave with the read and hold none. The samples of a block of
several steps wait in the tile's memory (`blocks`), not in registers.
"""

import numpy as np

from snnmap.stages.schedule.actors import Actors

Orders = tuple[tuple[int, ...], ...]
"""Per tile, its actors in the order in which it runs them."""


class Held:
    """Which cluster's set every read takes and every fire frees."""

    def __init__(self, actors: Actors, sets: int | None = None) -> None:
        self.sets = sets
        """Sets of a tile; none: as many as it takes."""
        fires = zip(actors.fire_cluster.tolist(), actors.fire_level.tolist(), strict=True)
        at_home = actors.read_cluster[actors.column_read] == actors.fire_cluster[actors.column_fire]
        held = set(np.unique(actors.column_read[at_home]).tolist())
        reads = zip(actors.read_cluster.tolist(), actors.read_level.tolist(), strict=True)
        self._taken = {a: cluster for a, (cluster, _) in enumerate(reads) if a in held}
        pairs = {(self._taken[a], int(actors.read_level[a])) for a in held}
        self._freed = {actors.reads + f: key[0] for f, key in enumerate(fires) if key in pairs}

    def fits(self, orders: Orders) -> bool:
        """Whether no tile needs more sets than it has."""
        return self.sets is None or self.busiest(orders)[1] <= self.sets

    def most(self, order: tuple[int, ...]) -> int:
        """Sets in use at once while a tile runs a step in `order`; each read comes before its fire."""
        waiting: dict[int, int] = {}
        most = 0
        for actor in order:
            if actor in self._taken:
                cluster = self._taken[actor]
                waiting[cluster] = waiting.get(cluster, 0) + 1
                most = max(most, sum(count > 0 for count in waiting.values()))
            elif actor in self._freed:
                waiting[self._freed[actor]] -= 1
        return most

    def busiest(self, orders: Orders) -> tuple[int, int]:
        """The tile that needs most sets, by its place in `orders`, and how many."""
        needs = [self.most(order) for order in orders]
        at = int(np.argmax(needs)) if needs else 0
        return at, max(needs, default=0)
