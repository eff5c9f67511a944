"""Temperature field of an array while its lines are exchanged: gradient, and what makes an exchange cheap to judge.

The field is that of the sheet (PHYSICS M4) under time-averaged power, with all neighbours: what surrounds the cells. A
cell's own excess over its surroundings is M3's, and no arrangement of neighbours changes it. Knows no mapping.

Exchanging two lines changes the power of these two alone. `Exchanges` holds, for rows and for columns, what
`kernels.sheet` needs to follow that change in O(N) (variance) or O(R N) (field) in place of a transform of the whole:
the cosine modes along a line, the response across lines as a table over distances (method of images), and the map of
how much each place draws as a sum of few products (row factor) x (column factor).
"""

from dataclasses import dataclass
from decimal import Decimal, localcontext
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from snnmap.core.arrays import F64, I64
from snnmap.core.errors import InputError
from snnmap.physics.checks import numbers
from snnmap.physics.kernels.lines import Lines
from snnmap.physics.thermal import Sheet

PI = Decimal("3.14159265358979323846264338327950288419716939937510")
MOST_TERMS = 24
"""Products that a place map may take; maps of wires, smooth in row and column, take 5 to 8."""
TOLERANCE = 1e-11
"""Of the place map's largest value, left out by its products."""


class Field(NamedTuple):
    """Rise of every cell of an array above the silicon below it, averaged over time, K (M, N) each."""

    around: F64
    """Of what surrounds the cell: the sheet, with all neighbours (PHYSICS M4)."""
    own: F64
    """Of the cell above that, by its own power (PHYSICS M3)."""

    @property
    def gradient(self) -> float:
        """Hottest minus coolest place of the array, K.

        The cells' own excess is left out: it belongs to a cell's activity, wherever its neighbours are.
        """
        return float(np.ptp(self.around))

    @property
    def spot(self) -> float:
        """Rise of the hottest cell, K."""
        return float((self.around + self.own).max())

    @property
    def mean(self) -> float:
        """Mean rise of the cells, K."""
        return float((self.around + self.own).mean())


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
        return Lines(np.stack(terms, axis=1), kinds(content), self.scale, self.mode, self.table, self.square)


def kinds(content: npt.NDArray[Any]) -> I64:
    """Number of every row of `content` (R, N), equal rows having one, int64 (R,)."""
    known: dict[bytes, int] = {}
    return np.array([known.setdefault(row.tobytes(), len(known)) for row in content], np.int64)


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
    drawn = numbers("place", place, least=0.0, ndim=2)
    rows, columns = products(drawn)
    lateral, turned = (sheet.row, sheet.column), (sheet.column, sheet.row)
    return Exchanges(
        _side(rows, columns, sheet.vertical, lateral),
        _side(columns, rows, sheet.vertical, turned),
    )


def _side(scale: F64, factor: F64, vertical: float, lateral: tuple[float, float]) -> Side:
    """Side whose lines have `lateral` = (along, across) conductances."""
    shape = (scale.shape[1], factor.shape[1])
    return Side(
        scale=scale,
        factor=factor,
        mode=cosine_modes(shape[1]),
        table=_response(shape, vertical, lateral, squared=False),
        square=_response(shape, vertical, lateral, squared=True),
    )


def cosine_modes(n: int) -> F64:
    """Orthonormal DCT-II modes of `n` cells, (n modes, n cells)."""
    angle = np.outer(np.arange(n), 2 * np.arange(n) + 1)
    mode: F64 = _cosines(n)[angle % (4 * n)] * np.sqrt(2.0 / n)
    mode[0] = np.sqrt(1.0 / n)
    return mode


def _response(shape: tuple[int, int], vertical: float, lateral: tuple[float, float], *, squared: bool) -> F64:
    """G (2 R, N): line y answers to line i in mode k of the lines with g[|y - i|, k] + g[y + i + 1, k].

    From psi_m(y) psi_m(i) = [cos(w (y - i)) + cos(w (y + i + 1))] / R for m > 0, and half of that for m = 0, w = pi m /
    R, summed over m with the inverse eigenvalues of the sheet. Added up in one order, so the same on every machine.
    """
    lines, cells = shape
    cosine, along = _cosines(lines), 2.0 * lateral[0] * (1.0 - _cosines(cells)[: 2 * cells : 2])
    distance = np.arange(2 * lines)
    table = np.zeros((2 * lines, cells))
    for m in range(lines):
        eigenvalue = (vertical + 2.0 * lateral[1] * (1.0 - cosine[2 * m]) + along) / vertical
        answer = 1.0 / (eigenvalue * eigenvalue if squared else eigenvalue) / (lines if m else 2 * lines)
        if squared and m == 0:
            answer[0] = 0.0
        table += cosine[(2 * m * distance) % (4 * lines)][:, None] * answer
    return table


@cache
def _cosines(n: int) -> F64:
    """cos(pi j / (2 n)) for j = 0 .. 4 n - 1, to the last bit: libraries and processors differ there."""
    with localcontext() as context:
        context.prec = 40
        quarter = [float(_cosine(PI * j / (2 * n))) for j in range(n)]
    values = np.array([*quarter, 0.0, *(-v for v in reversed(quarter[1:]))])
    return np.concatenate([values, -values])


def _cosine(angle: Decimal) -> Decimal:
    """Taylor series, for angles up to pi / 2."""
    term = total = Decimal(1)
    for power in range(2, 60, 2):
        term *= -angle * angle / (power * (power - 1))
        total += term
    return total


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
    rows: list[F64] = []
    columns: list[F64] = []
    while not rows or np.abs(left).max() > TOLERANCE * largest:
        if len(rows) == MOST_TERMS:
            raise InputError(f"the map of places is no sum of {MOST_TERMS} products; give one smooth in row and column")
        i, j = np.unravel_index(int(np.abs(left).argmax()), left.shape)
        pivot = left[i, j] or 1.0
        rows.append(left[:, j] / pivot)
        columns.append(left[i].copy())
        left = left - np.outer(rows[-1], columns[-1])
    return np.array(rows), np.array(columns)
