"""Routing, the slow and obvious way: walk every path tile by tile and collect the links it crosses.

Shares no snnmap code.
"""

from collections import Counter, deque
from itertools import pairwise

STEPS = {(1, 0): 0, (-1, 0): 1, (0, 1): 2, (0, -1): 3}


def xy_path(start, end):
    """Tiles visited from `start` to `end`, x first, one step at a time."""
    (x, y), visited = start, [start]
    while x != end[0]:
        x += 1 if end[0] > x else -1
        visited.append((x, y))
    while y != end[1]:
        y += 1 if end[1] > y else -1
        visited.append((x, y))
    return visited


def links(start, end):
    visited = xy_path(start, end)
    return set(pairwise(visited))


def tree(start, ends):
    """All links of the paths from `start` to `ends`."""
    return set().union(*(links(start, end) for end in ends)) if ends else set()


def loads(streams, width):
    """Counter of (tile, direction) over streams (start, ends, messages): a message crosses a link of its tree once."""
    crossed = Counter()
    for start, ends, messages in streams:
        for (x, y), (to_x, to_y) in tree(start, ends):
            crossed[y * width + x, STEPS[to_x - x, to_y - y]] += messages
    return crossed


def shortest(start, width, height):
    """Breadth-first distance of every tile from `start` on the mesh."""
    distance, queue = {start: 0}, deque([start])
    while queue:
        x, y = queue.popleft()
        for dx, dy in STEPS:
            tile = (x + dx, y + dy)
            if 0 <= tile[0] < width and 0 <= tile[1] < height and tile not in distance:
                distance[tile] = distance[x, y] + 1
                queue.append(tile)
    return distance
