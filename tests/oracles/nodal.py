"""Nodal analysis of a crossbar, slow and obvious: a netlist, merged nodes for zero resistances, one linear system.

Shares no snnmap code. `exact=True` computes in rational numbers, so ill-conditioned circuits have a true answer.
"""

from fractions import Fraction
from typing import NamedTuple

import numpy as np
import scipy.optimize
import scipy.sparse
import scipy.sparse.linalg

GROUND = 0


class Wires(NamedTuple):
    """Resistances in ohm; the functions here take anything that has these names."""

    r_wl: float
    r_bl: float
    r_source: float
    r_sense: float


class Circuit:
    """Nodes, wires and cells of one pattern; zero resistances merge their two nodes."""

    def __init__(self, G, lines, on, inactive):
        r_wl, r_bl, r_source, r_sense = lines
        m, n = G.shape
        self.source = [1 + i for i in range(m)]
        self.word = [[1 + m + i * n + j for j in range(n)] for i in range(m)]
        self.bit = [[1 + m + m * n + i * n + j for j in range(n)] for i in range(m)]
        wires = []
        for i in range(m):
            if on[i] or inactive != "floating":
                wires.append((self.source[i], self.word[i][0], r_wl + r_source))
            wires += [(self.word[i][j], self.word[i][j + 1], r_wl) for j in range(n - 1)]
        for j in range(n):
            wires += [(self.bit[i][j], self.bit[i + 1][j], r_bl) for i in range(m - 1)]
            wires.append((self.bit[m - 1][j], GROUND, r_bl + r_sense))
        self.parent = list(range(1 + m + 2 * m * n))
        for a, b, r in wires:
            if r == 0:
                self.parent[self.root(a)] = self.root(b)
        self.wires = [(self.root(a), self.root(b), r) for a, b, r in wires if r != 0]
        self.cells = [
            (i, j, self.root(self.word[i][j]), self.root(self.bit[i][j]))
            for i in range(m)
            for j in range(n)
            if G[i, j] > 0 and (on[i] or inactive != "gated")
        ]

    def root(self, node):
        while self.parent[node] != node:
            node = self.parent[node]
        return node

    def fixed(self, V):
        """Node -> known voltage."""
        known = {self.root(node): v for node, v in zip(self.source, V, strict=True)}
        return {**known, self.root(GROUND): 0}

    def unknown(self, known):
        """Nodes to solve for: those with a path to a known voltage. Isolated parts carry no current."""
        near = {}
        for a, b, _ in self.wires:
            near.setdefault(a, []).append(b)
            near.setdefault(b, []).append(a)
        for _, _, a, b in self.cells:
            near.setdefault(a, []).append(b)
            near.setdefault(b, []).append(a)
        reached, stack = dict.fromkeys(known), list(known)
        while stack:
            for node in near.get(stack.pop(), []):
                if node not in reached:
                    reached[node] = None
                    stack.append(node)
        return [node for node in reached if node not in known]


def currents(*, G, V, wires, active, inactive, exact=False):
    """Cell currents (M, N, P), same meaning of the arguments as the solver under test."""
    number = Fraction if exact else float
    m, n = G.shape
    result = np.zeros((m, n, V.shape[1]))
    lines = tuple(number(r) for r in (wires.r_wl, wires.r_bl, wires.r_source, wires.r_sense))
    for p in range(V.shape[1]):
        circuit = Circuit(G, lines, active[:, p], inactive)
        volts = [number(V[i, p]) if active[i, p] else number(0) for i in range(m)]
        known = circuit.fixed(volts)
        branches = [(a, b, 1 / r) for a, b, r in circuit.wires]
        branches += [(a, b, number(G[i, j])) for i, j, a, b in circuit.cells]
        voltage = _solve(branches, known, circuit.unknown(known), exact)
        for i, j, a, b in circuit.cells:
            result[i, j, p] = number(G[i, j]) * (voltage.get(a, 0) - voltage.get(b, 0))
    return result


def _solve(branches, known, unknown, exact):
    index = {node: k for k, node in enumerate(unknown)}
    matrix = {}
    right = [0 * next(iter(known.values()))] * len(unknown)
    for a, b, g in branches:
        for here, there in ((a, b), (b, a)):
            if here not in index or here == there:
                continue
            row = index[here]
            matrix[row, row] = matrix.get((row, row), 0) + g
            if there in index:
                matrix[row, index[there]] = matrix.get((row, index[there]), 0) - g
            else:
                right[row] += g * known.get(there, 0)
    solve = _rational if exact else _sparse
    return {**known, **dict(zip(unknown, solve(matrix, right), strict=True))}


def _sparse(matrix, right):
    if not right:
        return []
    rows, columns = zip(*matrix, strict=True)
    system = scipy.sparse.csc_matrix((list(matrix.values()), (rows, columns)))
    return scipy.sparse.linalg.spsolve(system, np.array(right, float))


def _rational(matrix, right):
    """Gaussian elimination on sparse rows; no pivoting, the matrix is positive definite."""
    size = len(right)
    rows = [{} for _ in range(size)]
    for (i, j), g in matrix.items():
        rows[i][j] = g
    right = [Fraction(value) for value in right]
    for k in range(size):
        for i in range(k + 1, size):
            if k not in rows[i]:
                continue
            share = rows[i].pop(k) / rows[k][k]
            for j, g in rows[k].items():
                if j > k:
                    rows[i][j] = rows[i].get(j, Fraction(0)) - share * g
            right[i] -= share * right[k]
    x = [Fraction(0)] * size
    for k in reversed(range(size)):
        x[k] = (right[k] - sum(g * x[j] for j, g in rows[k].items() if j > k)) / rows[k][k]
    return x


def shared_currents(*, G, volts, wires, share, paired=False):
    """Mean current of every cell, (M, N), of rows that are on while row k is on in `share`[k] of their reads.

    One dense system: each cell's current through its own resistance, its word line, and its bit line, which carries
    the row's own current in full and `share` of everybody else's. `paired`: every second row is driven at -`volts`,
    always together with the one before it.
    """
    m, n = G.shape
    closed = [(i, j) for i in range(m) for j in range(n) if G[i, j] > 0]
    matrix = np.zeros((len(closed), len(closed)))
    for a, (i, j) in enumerate(closed):
        for b, (k, h) in enumerate(closed):
            if i == k:
                matrix[a, b] += wires.r_source + wires.r_wl * (min(j, h) + 1)
            if j == h:
                together = i == k or (paired and i // 2 == k // 2)
                matrix[a, b] += (1.0 if together else share[k]) * (wires.r_sense + wires.r_bl * (m - max(i, k)))
        matrix[a, a] += 1 / G[i, j]
    result = np.zeros((m, n))
    driven = np.array([-volts if paired and i % 2 else volts for i, _ in closed])
    for cell, current in zip(closed, np.linalg.solve(matrix, driven), strict=True):
        result[cell] = current
    return result


def nonlinear_currents(*, G, V, k, wires, active, inactive):
    """Cell currents (M, N, P) of cells I = G sinh(k v) / k, by MINPACK on all node voltages at once."""
    m, n = G.shape
    result = np.zeros((m, n, V.shape[1]))
    lines = (wires.r_wl, wires.r_bl, wires.r_source, wires.r_sense)
    for p in range(V.shape[1]):
        circuit = Circuit(G, lines, active[:, p], inactive)
        known = circuit.fixed([V[i, p] if active[i, p] else 0.0 for i in range(m)])
        unknown = circuit.unknown(known)

        def leak(x, circuit=circuit, known=known, unknown=unknown):
            voltage = {**known, **dict(zip(unknown, x, strict=True))}
            total = dict.fromkeys(voltage, 0.0)
            flows = [(a, b, (voltage.get(a, 0) - voltage.get(b, 0)) / r) for a, b, r in circuit.wires]
            flows += [
                (a, b, G[i, j] * np.sinh(k * (voltage.get(a, 0) - voltage.get(b, 0))) / k)
                for i, j, a, b in circuit.cells
            ]
            for a, b, flow in flows:
                total[a] = total.get(a, 0.0) - flow
                total[b] = total.get(b, 0.0) + flow
            return [total[node] * 1e4 for node in unknown]

        x = np.zeros(len(unknown))
        with np.errstate(over="ignore", invalid="ignore"):
            if unknown:
                x, _, _, message = scipy.optimize.fsolve(leak, x, xtol=1e-13, full_output=True)
            if not np.max(np.abs(leak(x)), initial=0.0) <= 1e-13 * 1e4:
                raise ArithmeticError(message)
        voltage = {**known, **dict(zip(unknown, x, strict=True))}
        for i, j, a, b in circuit.cells:
            result[i, j, p] = G[i, j] * np.sinh(k * (voltage.get(a, 0) - voltage.get(b, 0))) / k
    return result
