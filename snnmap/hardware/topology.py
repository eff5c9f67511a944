"""Where tiles are, how far apart, and over which links messages travel between them. Knows no tile's contents.

Only meshes so far; whatever another topology has to offer is what `Mesh` offers.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from snnmap.core.arrays import I32, I64, Bool

Tiles = TypeVar("Tiles", int, I32, I64)
"""Numbers of tiles, or coordinates: one, or an array of any shape."""


@dataclass(frozen=True, slots=True)
class Mesh:
    """Tiles in rows and columns, each linked both ways to its neighbours; messages go along x first, then along y.

    Tile t is at x = t mod width, y = t div width. With T tiles there are 6 T + 1 directed links: 4 t + d out of tile t
    to x + 1, x - 1, y + 1, y - 1 for d = 0 .. 3 (at the edges some lead nowhere and are never crossed), 4 T + t from
    tile t into the network, 5 T + t out of the network into tile t, and 6 T from the chip's port into the network.
    """

    width: int
    height: int

    @property
    def tiles(self) -> int:
        """T."""
        return self.width * self.height

    @property
    def links(self) -> int:
        """Directed links, with those into and out of the network."""
        return 6 * self.tiles + 1

    def entry(self, tile: Tiles) -> Tiles:
        """Link from `tile` into the network."""
        return 4 * self.tiles + tile

    def exit(self, tile: Tiles) -> Tiles:
        """Link out of the network into `tile`."""
        return 5 * self.tiles + tile

    @property
    def port_entry(self) -> int:
        """Link from the chip's port into the network."""
        return 6 * self.tiles

    def xy(self, tile: Tiles) -> tuple[Tiles, Tiles]:
        """Position (x, y) of `tile`."""
        return tile % self.width, tile // self.width

    def tile(self, x: Tiles, y: Tiles) -> Tiles:
        """Tile at (x, y)."""
        return y * self.width + x

    def hops(self, a: Tiles, b: Tiles) -> Tiles:
        """Links between the tiles `a` and `b`."""
        (x, y), (to_x, to_y) = self.xy(a), self.xy(b)
        return abs(to_x - x) + abs(to_y - y)

    def entries(self, tile: I64, from_port: Bool) -> I64:
        """Links over which messages from `tile`, or from the port, enter the network."""
        return np.where(from_port, self.port_entry, self.entry(tile))

    def where(self, link: I64) -> I64:
        """Tile at which a link starts, or at which it enters or leaves the network; of the port's own, 0."""
        between = 4 * self.tiles
        return np.where(link < between, link // 4, (link - between) % self.tiles)

    def ends(self, link: I64, port_tile: int) -> tuple[I64, I64]:
        """Tiles at whose routers links start and end; -1 where they come from outside or lead there."""
        between = link < self.entry(0)
        ahead = np.array([1, -1, self.width, -self.width])[link % 4]
        begin = np.where(between, link // 4, np.where(link >= self.exit(0), link - self.exit(0), -1))
        end = np.where(between, link // 4 + ahead, np.where(link < self.exit(0), link - self.entry(0), -1))
        at_port = link == self.port_entry
        return np.where(at_port, -1, begin), np.where(at_port, port_tile, end)

    def trees(self, origin: I64, entry: I64, ptr: I64, goal: I64) -> tuple[I64, I64]:
        """Links that each of G multicast messages crosses, each once: CSR offsets (G + 1,) and links.

        Message g enters at tile `origin[g]` over link `entry[g]` (`entry`, `port_entry`) and leaves at the tiles
        `goal[ptr[g]:ptr[g + 1]]`; its links are the union of the routes to them. Without any, it crosses none.
        """
        from snnmap.hardware.kernels.mesh import tree_links

        pattern = (ptr, goal, origin, entry, self.width, self.tiles)
        out = tree_links(*pattern, False, np.empty(self.links, np.int64))
        link = np.empty(out[-1], np.int64)
        tree_links(*pattern, True, link)
        return out, link
