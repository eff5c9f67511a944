"""Atoms: how large the row table of a cluster must be."""

from itertools import combinations, pairwise

import numpy as np
import pytest
from support.partition_cases import dense, graph_of

from snnmap.stages.partition.atoms import Activity, most_rows, problem, reach, twins
from snnmap.stages.partition.kernels.state import Limits
from snnmap.stages.partition.split import chunks


def atoms_of(graph, *, inputs, grain):
    lists = twins(graph.network)
    return problem(graph, lists, chunks(lists, inputs), Activity(graph), grain, 10**6)


def limits(rows, columns):
    return Limits(rows, columns, 10**6, 10, 0, False)


def runs_of(atoms):
    """Number of every piece's run of pieces with equal rows, by comparing them."""
    rows = [tuple(atoms.row[atoms.row_ptr[a] : atoms.row_ptr[b]]) for a, b in pairwise(atoms.atom_ptr)]
    return np.cumsum([0, *(rows[p] != rows[p - 1] for p in range(1, len(rows)))])


@pytest.mark.parametrize("seed", range(40))
def test_no_choice_of_pieces_has_more_rows(seed):
    rng = np.random.default_rng(seed)
    edges = rng.integers([0, 12], [12, 21], size=(rng.integers(1, 40), 2))
    atoms = atoms_of(graph_of([12, 9], edges), inputs=3, grain=2)
    columns = int(rng.integers(1, 9))
    size, rows, run = np.diff(atoms.member_ptr), np.diff(atoms.row_ptr[atoms.atom_ptr]), runs_of(atoms)
    choices = [list(c) for n in range(len(size) + 1) for c in combinations(range(len(size)), n)]
    fitting = [c for c in choices if size[c].sum() <= columns]
    most = max(sum({run[piece]: rows[piece] for piece in c}.values()) for c in fitting)
    assert most <= most_rows(atoms, columns) <= most + rows.max()


def test_lists_with_most_inputs_for_their_neurons_come_first_and_the_last_in_part():
    """One neuron of 8 inputs, seven of the same 4, four pairs of 6 of their own: in pieces of 2."""
    edges = [(s, 40 + n) for n in range(7) for s in range(4)] + [(s, 47) for s in range(8)]
    edges += [(10 + 6 * p + s, 48 + 2 * p + n) for p in range(4) for n in range(2) for s in range(6)]
    atoms = atoms_of(graph_of([40, 16], edges), inputs=8, grain=2)
    assert most_rows(atoms, 1) == 8
    assert most_rows(atoms, 2) == 8 + 4  # the seventh is alone in its piece, and the others bring nothing new
    assert most_rows(atoms, 4) == 8 + 4 + 6
    assert most_rows(atoms, 5) == 8 + 4 + 6 + 3
    assert most_rows(atoms, 100) == 8 + 4 + 4 * 6


def test_tables_follow_what_columns_can_bring_where_rows_are_unlimited():
    """592 neurons have the same 300 inputs, however many of them a crossbar takes."""
    atoms = atoms_of(dense(300, 592), inputs=100, grain=16)
    assert most_rows(atoms, 128) == 300
    assert reach(atoms, limits(1 << 24, 128)) == 512  # 300 sources, a quarter to spare
    assert reach(atoms, limits(128, 128)) == 256
    wide = atoms_of(graph_of([4000, 100], [(40 * n + s, 4000 + n) for n in range(100) for s in range(40)]),
                    inputs=40, grain=16)  # fmt: skip
    assert reach(wide, limits(1 << 24, 10)) == 512  # 400 rows: 40 times the columns
    assert reach(wide, limits(1 << 24, 50)) == 4096
