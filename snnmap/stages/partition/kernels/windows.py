"""Windows of a grid of positions: the distinct sites each listens to, and the cheapest way to tile the grid."""

import numpy as np

from snnmap.core.arrays import F64, I32, I64
from snnmap.core.jit import njit

FAR = 2**60


@njit
def measure(
    at: I64, site_ptr: I64, site: I32, weight: I64, rows: int, columns: int, tall: int, wide: int
) -> tuple[I64, I64]:
    """Distinct sites of every window, and the sum of their weights; both (H, tall, W, wide).

    Entry [y, i, x, j] is that of the window of i + 1 by j + 1 positions whose first corner is (y, x). Windows of more
    than `columns` positions or more than `rows` sites, and all that hold them, keep FAR.

    Parameters
    ----------
    at
        (H, W) row of `site_ptr` at every position.
    weight
        (sites,) of every site.
    """
    height, width = at.shape
    size = np.full((height, tall, width, wide), FAR, np.int64)
    load = np.zeros((height, tall, width, wide), np.int64)
    seen, epoch = np.zeros(len(weight), np.int64), np.int64(0)
    for y in range(height):
        for i in range(min(tall, height - y)):
            for x in range(width):
                epoch += 1
                count, total = 0, np.int64(0)
                for j in range(min(wide, width - x)):
                    if (i + 1) * (j + 1) > columns:
                        break
                    for v in range(y, y + i + 1):
                        place = at[v, x + j]
                        for k in range(site_ptr[place], site_ptr[place + 1]):
                            if seen[site[k]] != epoch:
                                seen[site[k]] = epoch
                                count += 1
                                total += weight[site[k]]
                    if count > rows:
                        break
                    size[y, i, x, j], load[y, i, x, j] = count, total
    return size, load


@njit
def tile(size: I64, load: I64, share: float, price: F64, most: I64, kind: I64, sums: F64, label: I64) -> float:
    """Cheapest tiling by strips of windows, each strip cut on its own: exact over all such tilings, by two programs.

    A window of s sites costs `share` of its load, `price[s]`, and what its positions cost by themselves, and may have
    `most[s]` positions; none may have sites beyond these lists. Fills `label` (H, W) with the number of the window of
    every position, in order; returns the cost, at least FAR if there is no tiling.

    Parameters
    ----------
    size, load
        Of `measure`.
    kind, sums
        `sums[kind[s]]` (H + 1, W + 1) is what all positions above and left of one cost in windows of s sites.
    """
    height, tall, width, wide = size.shape
    strip = np.full((height, tall), float(FAR))
    cut = np.zeros((height, tall, width + 1), np.int64)
    best = np.empty(width + 1)
    for y in range(height):
        for i in range(min(tall, height - y)):
            best[0] = 0.0
            for x in range(1, width + 1):
                best[x] = float(FAR)
                for j in range(min(wide, x)):
                    sites, places = size[y, i, x - j - 1, j], (i + 1) * (j + 1)
                    if sites >= len(price) or places > most[sites]:
                        break
                    cost = best[x - j - 1] + price[sites] + share * load[y, i, x - j - 1, j]
                    own = sums[kind[sites]]
                    cost += own[y + i + 1, x] - own[y, x] - own[y + i + 1, x - j - 1] + own[y, x - j - 1]
                    if cost < best[x]:
                        best[x], cut[y, i, x] = cost, j + 1
            strip[y, i] = best[width]
    total, high = np.full(height + 1, float(FAR)), np.zeros(height + 1, np.int64)
    total[0] = 0.0
    for y in range(1, height + 1):
        for i in range(min(tall, y)):
            cost = total[y - i - 1] + strip[y - i - 1, i]
            if cost < total[y]:
                total[y], high[y] = cost, i + 1
    y, number = height, 0
    while y > 0 and total[height] < FAR:
        x, top = width, y - high[y]
        while x > 0:
            left = x - cut[top, high[y] - 1, x]
            label[top:y, left:x] = number
            number += 1
            x = left
        y = top
    return float(total[height])
