"""Temperature field of an array while its lines are exchanged: gradient, and what makes an exchange cheap to judge.

The field is that of the sheet (PHYSICS M4) under time-averaged power, with all neighbours: what surrounds the cells. A
cell's own excess over its surroundings is M3's, and no arrangement of neighbours changes it. Knows no mapping.

Exchanging two lines changes the power of these two alone. `Exchanges` holds, for rows and for columns, what
`kernels.sheet` needs to follow that change in O(N) (variance) or O(R N) (field) in place of a transform of the whole:
the cosine modes along a line, the response across lines as a table over distances (method of images), and the map of
how much each place draws as a sum of few products (row factor) x (column factor).
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.physics.checks import numbers
from snnmap.physics.kernels.lines import Lines
from snnmap.physics.thermal import Sheet

MOST_TERMS = 24
"""Products that a place map may take; maps of wires, smooth in row and column, take 5 to 8."""
TOLERANCE = 1e-11
"""Of the place map's largest value, left out by its products."""
BITS = 44
"""Tables are rounded to 2^-BITS of their largest value, so that searches do not hang on the last bits of cosines,
which differ between machines."""


def gradient(rise: npt.ArrayLike) -> float:
    """Hottest minus coolest cell of a field, K."""
    return float(np.ptp(numbers("rise", rise)))


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One orientation of an array: R lines of N cells."""

    scale: F64
    """(Q, R) line factor of every product of the place map."""
    factor: F64
    """(Q, N) factor along the line."""
    mode: F64
    """(N, N) orthonormal DCT-II modes, one per row."""
    table: F64
    """(2 R, N) response of the field, over distance, in units of 1 / vertical conductance."""
    square: F64
    """(2 R, N) the response applied twice, without the mean: <P, A P> is the sum of squared deviations."""

    def lines(self, content: F64) -> Lines:
        """What the kernels read, for `content` (R, N): what each content draws per unit of the place map, W."""
        from snnmap.physics.kernels.sheet import along

        terms = [along(np.ascontiguousarray(content * factor), self.mode) for factor in self.factor]
        return Lines(np.stack(terms), self.scale, self.mode, self.table, self.square)


class Exchanges(NamedTuple):
    """Exchanges of rows and of columns in arrays with one sheet and one place map."""

    rows: Side
    columns: Side


def exchanges(sheet: Sheet, place: npt.ArrayLike) -> Exchanges:
    """What exchanges of lines need in arrays whose cells draw as `place` (M, N) says, up to a factor.

    Raises
    ------
    InputError
        If `place` is negative, or so ragged that MOST_TERMS products do not give it.
    """
    drawn = rounded(numbers("place", place, least=0.0, ndim=2))
    rows, columns = products(drawn)
    lateral, turned = (sheet.row, sheet.column), (sheet.column, sheet.row)
    return Exchanges(
        _side(rows, columns, sheet.vertical, lateral),
        _side(columns, rows, sheet.vertical, turned),
    )


def _side(scale: F64, factor: F64, vertical: float, lateral: tuple[float, float]) -> Side:
    """Side whose lines have `lateral` = (along, across) conductances."""
    lines, cells = scale.shape[1], factor.shape[1]
    return Side(
        scale=scale,
        factor=factor,
        mode=rounded(cosine_modes(cells)),
        table=rounded(_response((lines, cells), vertical, lateral, squared=False)),
        square=rounded(_response((lines, cells), vertical, lateral, squared=True)),
    )


def cosine_modes(n: int) -> F64:
    """Orthonormal DCT-II modes of `n` cells, (n modes, n cells)."""
    mode: F64 = np.cos(np.pi * np.outer(np.arange(n), np.arange(n) + 0.5) / n) * np.sqrt(2.0 / n)
    mode[0] = np.sqrt(1.0 / n)
    return mode


def _response(shape: tuple[int, int], vertical: float, lateral: tuple[float, float], *, squared: bool) -> F64:
    """g (2 R, N): line y answers to line i in mode k of the lines with g[|y - i|, k] + g[y + i + 1, k].

    From psi_m(y) psi_m(i) = [cos(w (y - i)) + cos(w (y + i + 1))] / R for m > 0, and half of that for m = 0, w = pi m /
    R, summed over m with the inverse eigenvalues of the sheet.
    """
    lines, cells = shape
    across, along = np.pi * np.arange(lines) / lines, np.pi * np.arange(cells) / cells
    along_part = 2.0 * lateral[0] * (1.0 - np.cos(along))[None, :]
    eigenvalue = (vertical + 2.0 * lateral[1] * (1.0 - np.cos(across))[:, None] + along_part) / vertical
    inverse = eigenvalue ** (-2.0 if squared else -1.0) / lines
    inverse[0] *= 0.5
    if squared:
        inverse[0, 0] = 0.0
    table: F64 = np.cos(np.outer(np.arange(2 * lines), across)) @ inverse
    return table


def products(place: F64) -> tuple[F64, F64]:
    """`place` (M, N) as a sum of products: row factors (Q, M) and column factors (Q, N), by cross approximation.

    Each product takes the row and the column of the largest value left; exact arithmetic rules alone, so the same
    everywhere. (The singular value decomposition would need fewer products, but not the same on every machine.)

    Raises
    ------
    InputError
        If MOST_TERMS products leave more than TOLERANCE.
    """
    left, largest = place.copy(), float(np.abs(place).max(initial=0.0))
    rows, columns = [], []
    while not rows or np.abs(left).max() > TOLERANCE * largest:
        if len(rows) == MOST_TERMS:
            raise InputError(f"the map of places is no sum of {MOST_TERMS} products; give one smooth in row and column")
        i, j = np.unravel_index(int(np.abs(left).argmax()), left.shape)
        pivot = left[i, j] or 1.0
        rows.append(left[:, j] / pivot)
        columns.append(left[i].copy())
        left = left - np.outer(rows[-1], columns[-1])
    return np.array(rows), np.array(columns)


def rounded(values: F64) -> F64:
    """`values` to 2^-BITS of the power of two at or above their largest."""
    largest = float(np.abs(values).max(initial=0.0))
    if largest == 0.0:
        return values
    grid = 2.0 ** (np.ceil(np.log2(largest)) - BITS)
    return np.ascontiguousarray(np.rint(values / grid) * grid)
