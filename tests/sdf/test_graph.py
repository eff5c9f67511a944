"""What is no dataflow graph of rate 1 is refused, and of parallel channels only the tightest is kept."""

from dataclasses import replace

import numpy as np
import pytest
from support.dataflow_graphs import sdfg

from snnmap.core.errors import InputError
from snnmap.sdf.graph import channels_of


@pytest.mark.parametrize(
    ("time", "channel", "said"),
    [
        ([1, 2], (0, 2, 1, 1, 0), "outside the 2"),
        ([1, -2], (0, 1, 1, 1, 0), "negative"),
        ([1, 2], (0, 1, 1, 1, -1), "negative"),
        ([1, 2], (0, 1, 0, 1, 0), "rate below 1"),
        ([1, 2], (0, 1, 2, 1, 0), "expand"),
    ],
)
def test_malformed_graphs_are_refused(time, channel, said):
    with pytest.raises(InputError, match=said):
        channels_of(sdfg(time, [channel]))


def test_arrays_that_do_not_belong_together_are_refused():
    graph = sdfg([1, 2], [(0, 1, 1, 1, 0)])
    with pytest.raises(InputError, match="2 actors are named, but 1 have times"):
        channels_of(replace(graph, time=graph.time[:1]))
    with pytest.raises(InputError, match="tokens of the dataflow graph"):
        channels_of(replace(graph, tokens=np.zeros(2, np.int64)))


def test_of_parallel_channels_the_one_with_fewest_tokens_is_kept():
    channels = channels_of(sdfg([1, 2], [(1, 0, 1, 1, 3), (0, 1, 1, 1, 2), (0, 1, 1, 1, 0), (1, 0, 1, 1, 1)]))
    assert channels.ptr.tolist() == [0, 1, 2]
    assert (channels.producer.tolist(), channels.consumer.tolist()) == ([0, 1], [1, 0])
    assert channels.tokens.tolist() == [0, 1]
    assert channels.order.tolist() == [0, 1]
