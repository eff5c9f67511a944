"""What a mapping says of its split, and how long a text a violation quotes."""

from dataclasses import replace

import numpy as np
import pytest
from support.origins import replaced

from snnmap.ir import Clustering, Violation
from snnmap.legality.identity import identity_violations
from snnmap.pipeline.compile import Compiled


def found(compiled: Compiled, split: str, columns: int) -> list[Violation]:
    """What is said of a mapping whose clusters have `columns` more than one column for each neuron."""
    network = compiled.graph.network
    neurons = np.arange(network.externals, network.sources)
    column = np.concatenate([neurons, neurons[:columns]])
    none = np.zeros(0, np.int64)
    clustering = Clustering([0, 0, 0], none, [0, len(neurons), len(column)], column, np.zeros(len(neurons)))
    mapping = replace(compiled.mapping, clustering=clustering, origin=replaced(compiled.mapping.origin, split=split))
    return identity_violations(mapping, compiled.graph, compiled.hardware)


@pytest.mark.parametrize("split", ["none", "unroll", "partial_sum"])
@pytest.mark.parametrize("columns", [0, 1, 2])
def test_a_single_partial_column_is_one_too_many_where_none_is_said_to_be(
    compiled: Compiled, split: str, columns: int
) -> None:
    wrong = [(v.rule, v.available) for v in found(compiled, split, columns)]
    said = [("profile-facts", f"{columns} columns are partial sums")]
    assert wrong == said * (split != "partial_sum" and columns > 0)


def test_long_texts_are_cut_where_they_are_quoted(compiled: Compiled) -> None:
    for length, cut in ((79, ""), (80, ""), (81, "...")):
        name = "x" * length
        mapping = replace(compiled.mapping, workload=replaced(compiled.mapping.workload, name=name))
        (wrong,) = identity_violations(mapping, compiled.graph, compiled.hardware)
        assert wrong.asked == f"the mapping says {name[:80]}{cut}"
