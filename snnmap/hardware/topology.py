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

    The mesh may be that of several chips: links that leave one for the next are its *borders*, links like the others
    to a route, and others in energy and time.

    Tile t is at x = t mod width, y = t div width. With T tiles there are 6 T + 1 directed links: 4 t + d out of tile t
    to x + 1, x - 1, y + 1, y - 1 for d = 0 .. 3 (at the edges some lead nowhere and are never crossed), 4 T + t from
    tile t into the network, 5 T + t out of the network into tile t, and 6 T from the chip's port into the network.
    """

    width: int
    height: int
    chip: tuple[int, int] = (0, 0)
    """Tiles in x and y of each chip; zeros where there is one."""

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

    def borders(self, a: Tiles, b: Tiles) -> Tiles:
        """Links from chip to chip on the route between the tiles `a` and `b`."""
        if self.chip == (0, 0):
            return 0 * self.hops(a, b)
        (x, y), (to_x, to_y) = self.xy(a), self.xy(b)
        wide, high = self.chip
        return abs(to_x // wide - x // wide) + abs(to_y // high - y // high)

    def away(self, a: Tiles, b: Tiles, hop: int, border: int) -> Tiles:
        """What the route between the tiles `a` and `b` takes: `hop` a link on a chip, `border` one between chips."""
        crossed = self.borders(a, b)
        return (self.hops(a, b) - crossed) * hop + crossed * border

    def is_border(self, link: I64) -> Bool:
        """Whether each link leads from chip to chip."""
        if self.chip == (0, 0):
            return np.zeros(np.shape(link), bool)
        between = link < self.entry(0)
        tile = np.where(between, link // 4, 0)
        (x, y), (wide, high), way = self.xy(tile), self.chip, link % 4
        last = np.stack([x % wide == wide - 1, x % wide == 0, y % high == high - 1, y % high == 0])
        inner = np.stack([x < self.width - 1, x > 0, y < self.height - 1, y > 0])
        taken = np.take_along_axis(last & inner, way[np.newaxis], axis=0)[0]
        crossing: Bool = taken & between
        return crossing

    def stretched(self, border: int) -> "tuple[I64, I64]":
        """Positions (T,), (T,) between which a link from chip to chip is `border` links long, along x and y."""
        x, y = self.xy(np.arange(self.tiles))
        if self.chip == (0, 0):
            return x, y
        return x + (border - 1) * (x // self.chip[0]), y + (border - 1) * (y // self.chip[1])

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
