"""Atoms: how large the row table of a cluster must be."""

from itertools import combinations

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


@pytest.mark.parametrize("seed", range(40))
def test_no_choice_of_pieces_has_more_rows(seed):
    rng = np.random.default_rng(seed)
    edges = rng.integers([0, 12], [12, 21], size=(rng.integers(1, 40), 2))
    atoms = atoms_of(graph_of([12, 9], edges), inputs=3, grain=2)
    columns = int(rng.integers(1, 9))
    size, rows = np.diff(atoms.member_ptr), np.diff(atoms.row_ptr[atoms.atom_ptr])
    pieces = range(len(size))
    choices = [list(c) for n in range(len(size) + 1) for c in combinations(pieces, n)]
    most = max(rows[c].sum() for c in choices if size[c].sum() <= columns)
    assert most <= most_rows(atoms, columns) <= most + rows.max()


def test_pieces_with_most_inputs_for_their_neurons_come_first_and_the_last_in_part():
    """Seven neurons of 4 inputs, one of 8 in pieces of 2: 8 rows and then three pairs of 4, and half a pair."""
    edges = [(s, 10 + n) for n in range(7) for s in range(4)] + [(s, 17) for s in range(8)]
    atoms = atoms_of(graph_of([10, 8], edges), inputs=8, grain=2)
    assert most_rows(atoms, 1) == 8
    assert most_rows(atoms, 2) == 8 + 4  # the seventh is alone in its piece
    assert most_rows(atoms, 5) == 8 + 4 + 4 + 2
    assert most_rows(atoms, 100) == 8 + 4 * 4


def test_tables_follow_what_columns_can_bring_where_rows_are_unlimited():
    """Of 592 neurons with the same 300 inputs, in pieces of 16, a crossbar of 128 columns takes 8 pieces."""
    atoms = atoms_of(dense(300, 592), inputs=100, grain=16)
    assert most_rows(atoms, 128) == 8 * 300
    assert reach(atoms, limits(1 << 24, 128)) == 512  # 300 sources, a quarter to spare
    assert reach(atoms, limits(128, 128)) == 256
    wide = atoms_of(graph_of([4000, 100], [(40 * n + s, 4000 + n) for n in range(100) for s in range(40)]),
                    inputs=40, grain=16)  # fmt: skip
    assert reach(wide, limits(1 << 24, 10)) == 512  # 400 rows: 40 times the columns
    assert reach(wide, limits(1 << 24, 50)) == 4096
