"""Heat sheet by a sparse solve, assembled cell by cell: obvious and slow. Shares no code with snnmap."""

import numpy as np
from scipy.sparse import lil_matrix
from scipy.sparse.linalg import spsolve


def conductance_matrix(shape, vertical, row, column):
    """Nodal conductance matrix, W/K: `row` joins (i, j) and (i, j + 1), `column` joins (i, j) and (i + 1, j)."""
    height, width = shape
    matrix = lil_matrix((height * width, height * width))
    for i in range(height):
        for j in range(width):
            here = i * width + j
            matrix[here, here] += vertical
            for there, conductance, exists in (
                (here + 1, row, j + 1 < width),
                (here + width, column, i + 1 < height),
            ):
                if exists:
                    matrix[here, here] += conductance
                    matrix[there, there] += conductance
                    matrix[here, there] -= conductance
                    matrix[there, here] -= conductance
    return matrix.tocsc()


def rise(power, vertical, row, column):
    """Temperature rise, K, of an array of `power` per cell, W."""
    matrix = conductance_matrix(power.shape, vertical, row, column)
    return np.asarray(spsolve(matrix, power.reshape(-1))).reshape(power.shape)
