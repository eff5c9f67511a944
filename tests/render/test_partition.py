"""Crossbars and messages beside their bounds, in words and as a document."""

from snnmap.ir import PartitionBounds
from snnmap.render.partition import bounded_below, partition_document


def test_lines_say_value_bound_and_gap():
    assert bounded_below(PartitionBounds(9, 8, 6_386_598, 1_274_392)) == [
        "crossbars: 9, 12.5 % above the 8 that any partition needs at least",
        "messages: 6,386,598, 401.1 % above the 1,274,392 that any partition sends at least",
    ]


def test_where_nothing_must_be_sent_there_is_no_gap():
    assert bounded_below(PartitionBounds(2, 2, 3, 0))[1] == "messages: 3"
    assert partition_document(PartitionBounds(2, 2, 3, 0)) == {
        "crossbars": 2,
        "crossbars_at_least": 2,
        "crossbars_gap_share": 0.0,
        "messages": 3,
        "messages_at_least": 0,
        "messages_gap_share": None,
    }


def test_without_the_workload_nothing_is_said():
    assert bounded_below(None) == []
    assert partition_document(None) is None
