"""Graphs that papers and SDF3 publish, rebuilt from their rates and times: names, times, channels with tokens.

Rates and times as in SDF3's test bench; the modem is from Bhattacharyya, Murthy & Lee, Software Synthesis from Dataflow
Graphs (1996), the satellite receiver from Ritz, Willems & Meyr, ICASSP 1995.
"""

from support.phased_graphs import phased_graph


def published(time, channels):
    """A graph of {actor: time} and (source, made, taken, target, tokens)."""
    number = {name: k for k, name in enumerate(time)}
    ends = [(number[s], number[t], [made], [taken], tokens) for s, made, taken, t, tokens in channels]
    return phased_graph([[t] for t in time.values()], ends)


EXAMPLE = published({"a": 1, "b": 2, "c": 2}, [("a", 2, 3, "b", 0), ("b", 1, 2, "c", 0)])

SAMPLE_RATE = published(
    {"a": 5, "b": 2, "c": 3, "d": 1, "e": 4, "f": 6},
    [("a", 1, 1, "b", 0), ("b", 2, 3, "c", 0), ("c", 2, 7, "d", 0), ("d", 8, 7, "e", 0), ("e", 5, 1, "f", 0)],
)

STAGES = ("fork1", "biq", "bi", "add", "ac", "fork2", "conj", "mul1", "in", "filt", "hil", "eq", "mul2", "deci")

MODEM = published(
    dict.fromkeys((*STAGES, "deco", "out"), 1),
    [
        ("fork1", 1, 1, "biq", 0),
        ("fork1", 1, 1, "bi", 0),
        ("biq", 1, 1, "add", 0),
        ("bi", 1, 1, "add", 0),
        ("add", 1, 1, "ac", 0),
        ("ac", 2, 1, "fork2", 0),
        ("fork2", 1, 2, "conj", 0),
        ("fork2", 1, 2, "mul1", 0),
        ("conj", 2, 2, "mul2", 0),
        ("mul1", 2, 2, "deci", 0),
        ("mul2", 2, 2, "eq", 2),
        ("in", 1, 1, "filt", 0),
        ("filt", 1, 8, "hil", 0),
        ("hil", 2, 4, "eq", 0),
        ("eq", 2, 2, "mul1", 0),
        ("deci", 2, 2, "mul2", 0),
        ("deci", 2, 2, "deco", 0),
        ("deco", 1, 1, "out", 0),
        ("deci", 1, 1, "fork1", 1),
    ],
)

SATELLITE = published(
    dict.fromkeys("abcdefghijklmnpqrstuvw", 1),
    [
        ("a", 1, 4, "b", 0),
        ("b", 1, 11, "c", 0),
        ("c", 1, 1, "g", 0),
        ("c", 10, 1, "p", 0),
        ("d", 1, 4, "e", 0),
        ("e", 1, 11, "f", 0),
        ("f", 1, 1, "k", 0),
        ("f", 10, 1, "p", 0),
        ("g", 1, 1, "h", 0),
        ("h", 11, 11, "i", 0),
        ("i", 10, 1, "j", 0),
        ("k", 1, 1, "l", 0),
        ("l", 11, 11, "m", 0),
        ("m", 10, 1, "n", 0),
        ("p", 1, 240, "q", 0),
        ("p", 1, 240, "r", 0),
        ("q", 240, 1, "w", 0),
        ("r", 240, 1, "w", 0),
        ("n", 1, 1, "p", 0),
        ("n", 1, 1, "s", 0),
        ("s", 1, 1, "u", 0),
        ("j", 1, 1, "p", 0),
        ("j", 1, 1, "t", 0),
        ("t", 1, 1, "u", 0),
        ("u", 1, 240, "v", 0),
        ("v", 240, 1, "w", 0),
    ],
)


def h263(blocks):
    """H.263 decoder of frames of that many blocks."""
    return published(
        {"vld": 26018, "iq": 559, "idct": 486, "mc": 10958},
        [("vld", blocks, 1, "iq", 0), ("iq", 1, 1, "idct", 0), ("idct", 1, blocks, "mc", 0)],
    )
