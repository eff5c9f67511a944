"""What a board refuses to count."""

import numpy as np
import pytest
from support.machines import mesh

from snnmap.core.errors import InputError
from snnmap.ir import Placement, Traffic
from snnmap.stages.place.board import board_of, check_start
from snnmap.stages.protocols import LIMIT, linear


@pytest.mark.parametrize("terms", [(), (linear(np.full((2, 16), 4)),)])
def test_messages_times_tiles_and_terms_stay_below_the_limit(terms) -> None:
    """16 tiles: one message costs 16 at most; the term 4 + 4 more."""
    for messages, fits in ((LIMIT // 16, False), (LIMIT // 32, True), (LIMIT // 17, True)):
        problem = (Traffic([0], [0, 1], [1], [messages], [0]), 2, mesh(4, 4), terms)
        if fits:
            assert board_of(*problem).messages.tolist() == [messages]
        else:
            with pytest.raises(InputError, match="would leave 64-bit integers"):
                board_of(*problem)


@pytest.mark.parametrize(("sender", "targets", "named"), [(0, [1, 7], 7), (7, [1], 7), (-1, [0, 2], 2)])
def test_traffic_of_clusters_that_are_not_there_is_refused(sender, targets, named) -> None:
    traffic = Traffic([sender], [0, len(targets)], targets, [1], [0])
    with pytest.raises(InputError, match=f"names cluster {named}, there are 2"):
        board_of(traffic, 2, mesh(4, 4), ())
    assert board_of(traffic, named + 1, mesh(4, 4), ()).messages.tolist() == [1]


@pytest.mark.parametrize("tile", [[-1, 3], [0, 16]])
def test_a_start_off_the_mesh_is_refused(tile) -> None:
    with pytest.raises(InputError, match="uses tiles"):
        check_start(Placement(tile), 2, mesh(4, 4))
