"""NIR graphs as the trees that readers take."""

import numpy as np

from snnmap.frontend.networks.nir.read import Wish, imported


def read(tree, **options):
    return imported(tree, "test", "", Wish(**options))


def graph(edges, **nodes):
    """Tree of a NIR graph; edges as "a b" strings, nodes as (type, values)."""
    members = {name: {"type": kind, **values} for name, (kind, values) in nodes.items()}
    return {"type": "NIRGraph", "nodes": members, "edges": [tuple(edge.split()) for edge in edges]}


def ends(inputs, outputs):
    return {"i": ("Input", {"shape": np.array(inputs)}), "o": ("Output", {"shape": np.array(outputs)})}


def lif(n):
    one = np.ones(n)
    return "LIF", {"tau": 0.01 * one, "r": one, "v_leak": 0 * one, "v_threshold": one, "v_reset": 0 * one}


def linear(weight):
    return "Linear", {"weight": np.asarray(weight, np.float32)}


def affine(weight, bias):
    return "Affine", {"weight": np.asarray(weight, np.float32), "bias": np.asarray(bias, np.float32)}


def conv(weight, **options):
    values = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "input_shape": None} | options
    weight = np.asarray(weight, np.float32)
    return f"Conv{weight.ndim - 2}d", {"weight": weight, "bias": np.zeros(len(weight), np.float32)} | values
