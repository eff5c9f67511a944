"""Networks of snnTorch, sinabs, SpikingJelly and Norse as they export them, and the spikes that they give themselves.

Writes `tests/data/dialects.npz`: per network `NAME|data` (samples, steps, ...), `NAME|spikes|K` (neurons of layer K,
spikes of each over all samples) and `NAME|nir|...`, the values of the exported NIR graph. Run once per program, each in
an environment that has it (torch 2.13, snntorch 1.0.0 and nirtorch 2.6 with nir 1.0.7; sinabs 3.1.3 with nir 1.0.4 and
nirtorch 1.0; spikingjelly 2.0.0, norse 1.1.0 and nirtorch 2.6 with nir 1.0.8):

    python tests/regenerate/dialects.py snntorch
"""

import sys
from pathlib import Path

import nir
import numpy as np
import torch

FILE = Path(__file__).parents[1] / "data" / "dialects.npz"
SAMPLES, STEPS = 6, 25


def dense(inputs, outputs, gain=2.0):
    layer = torch.nn.Linear(inputs, outputs)
    with torch.no_grad():
        layer.weight *= gain
    return layer


def flattened(tree, prefix, into):
    for key, value in tree.items():
        if isinstance(value, dict):
            flattened(value, f"{prefix}|{key}", into)
        elif value is not None and key not in {"input_type", "output_type", "version"}:
            array = np.asarray(value)
            into[f"{prefix}|{key}"] = array.astype(str) if array.dtype.kind == "O" else array
    for kind in ("input_type", "output_type"):
        if tree.get("type") in {"Input", "Output"} and kind in tree:
            into[f"{prefix}|shape"] = np.asarray(next(iter(tree[kind].values())))


def stepped(layers, x, spiking, call):
    """Spikes per neuron of every spiking layer, over all samples and steps."""
    spikes = {i: 0 for i, layer in enumerate(layers) if spiking(layer)}
    with torch.no_grad():
        for t in range(STEPS):
            h = x[:, t]
            for i, layer in enumerate(layers):
                h = call(i, layer, h)
                if i in spikes:
                    spikes[i] = spikes[i] + h.sum(0).numpy().ravel()
    return list(spikes.values())


def snntorch_nets(flat, images):
    import snntorch as snn
    from snntorch.export_nir import export_to_nir

    nir.NIRGraph.infer_types = lambda _: None  # refuses the batch axis that its own exporter writes
    options = {"init_hidden": True}
    made = {
        "leaky": [snn.Leaky(beta=0.9, **options), snn.Leaky(beta=0.8, **options)],
        "leaky_vector": [
            snn.Leaky(beta=torch.rand(30), threshold=torch.ones(30), **options),
            snn.Leaky(beta=torch.rand(7), threshold=torch.ones(7), **options),
        ],
        "leaky_if": [snn.Leaky(beta=0.5, threshold=0.7, **options), snn.Leaky(beta=1.0, **options)],
        "synaptic": [snn.Synaptic(alpha=0.6, beta=0.9, **options), snn.Synaptic(alpha=0.5, beta=1.0, **options)],
        "beta_zero": [snn.Leaky(beta=0.0, **options), snn.Leaky(beta=0.0, **options)],
        "rleaky": [snn.RLeaky(beta=0.9, linear_features=30, **options), snn.Leaky(beta=0.8, **options)],
        "rleaky_one": [
            snn.RLeaky(beta=0.9, V=torch.rand(30) / 2, all_to_all=False, **options),
            snn.Leaky(beta=0.8, **options),
        ],
        "rsynaptic": [
            snn.RSynaptic(alpha=0.5, beta=0.9, linear_features=30, **options),
            snn.Leaky(beta=0.8, **options),
        ],
    }
    for name, (first, second) in made.items():
        layers = [dense(20, 30), first, dense(30, 7), second]
        graph = export_to_nir(torch.nn.Sequential(*layers), flat[:1, 0])
        for layer in (first, second):
            layer.reset_mem()
        yield name, graph, flat, stepped(layers, flat, lambda m: isinstance(m, snn.SpikingNeuron), lambda _, m, h: m(h))
    first, second = snn.Leaky(beta=0.9, **options), snn.Leaky(beta=0.8, **options)
    front = [torch.nn.Conv2d(2, 4, 3, padding=1), first, torch.nn.AvgPool2d(2), torch.nn.Flatten()]
    layers = [*front, dense(100, 7, 8.0), second]
    graph = export_to_nir(torch.nn.Sequential(*layers), images[:1, 0])
    for layer in (first, second):
        layer.reset_mem()
    spiking = stepped(layers, images, lambda m: isinstance(m, snn.SpikingNeuron), lambda _, m, h: m(h))
    yield "conv", graph, images, spiking


def sinabs_nets(flat, images):
    import sinabs.layers as sl
    from sinabs.nir import to_nir

    made = {
        "iaf": [dense(20, 30), sl.IAF(spike_threshold=torch.tensor(0.6)), dense(30, 7), sl.IAF()],
        "lif": [dense(20, 30, 6), sl.LIF(tau_mem=8.0), dense(30, 7, 20), sl.LIF(tau_mem=20.0)],
        "lif_vector": [
            dense(20, 30, 6),
            sl.LIF(tau_mem=torch.rand(30) * 10 + 2, spike_threshold=torch.ones(30)),
            dense(30, 7, 6),
            sl.LIF(tau_mem=torch.rand(7) * 10 + 3, spike_threshold=torch.ones(7)),
        ],
        "conv": [
            torch.nn.Conv2d(2, 4, 3, padding=1), sl.IAFSqueeze(batch_size=SAMPLES), sl.SumPool2d(2), torch.nn.Flatten(),
            dense(100, 7), sl.IAFSqueeze(batch_size=SAMPLES),
        ],
    }  # fmt: skip
    for name, layers in made.items():
        x = images.flatten(0, 1) if name == "conv" else flat
        net = torch.nn.Sequential(*layers)
        with torch.no_grad():
            net(x)
        graph = to_nir(net, x)
        spikes, h = [], x
        with torch.no_grad():
            for layer in layers:
                if hasattr(layer, "reset_states"):
                    layer.reset_states()
                h = layer(h)
                if isinstance(layer, sl.LIF | sl.IAFSqueeze):
                    spikes.append(h.reshape(SAMPLES * STEPS, -1).sum(0).numpy())
        yield name, graph, images if name == "conv" else flat, spikes


def spikingjelly_nets(flat, images):
    from spikingjelly.activation_based import functional, layer, neuron, nir_exchange

    made = {
        "if": ([neuron.IFNode(), neuron.IFNode()], 2, 1e-4),
        "if_ms": ([neuron.IFNode(), neuron.IFNode()], 2, 1e-3),
        "lif": ([neuron.LIFNode(tau=2.0), neuron.LIFNode(tau=3.0)], 6, 1e-4),
        "lif_undecayed": ([neuron.LIFNode(tau=2.0, decay_input=False), neuron.LIFNode(decay_input=False)], 2, 1e-4),
        "lif_reset": ([neuron.LIFNode(tau=2.0, v_reset=-0.2), neuron.LIFNode(tau=10.0, v_reset=0.1)], 10, 1e-4),
        "parametric": ([neuron.ParametricLIFNode(init_tau=2.5), neuron.ParametricLIFNode()], 6, 1e-4),
        "cuba": ([neuron.CUBALIFNode(0.5, 0.75), neuron.CUBALIFNode(0.5, 0.5)], 2, 1e-4),
        "conv": ([neuron.IFNode(), neuron.LIFNode()], 10, 1e-4),
        "if_reset": ([neuron.IFNode(v_reset=-0.7), neuron.IFNode(v_reset=0.3)], 2, 1e-4),
    }
    for name, ((first, second), gain, dt) in made.items():
        layers, x = [dense(20, 30, gain), first, dense(30, 7, gain), second], flat
        if name == "conv":
            front = [layer.Conv2d(2, 4, 3, padding=1, bias=False), first, layer.AvgPool2d(2), layer.Flatten()]
            layers, x = [*front, dense(100, 7, gain), second], images
        net = torch.nn.Sequential(*layers)
        functional.reset_net(net)
        graph = nir_exchange.export_to_nir(net, x[:1, 0], dt=dt)
        functional.reset_net(net)
        yield name, graph, x, stepped(layers, x, lambda m: isinstance(m, neuron.BaseNode), lambda _, m, h: m(h))


def norse_nets(flat, images):
    import norse.torch as norse
    from norse.torch.module import iaf
    from norse.torch.module.sequential import SequentialState

    slow = norse.LIFParameters(tau_mem_inv=torch.tensor(200.0), tau_syn_inv=torch.tensor(100.0))
    made = {
        "box": ([norse.LIFBoxCell(), norse.LIFBoxCell()], 20),
        "lif": ([norse.LIFCell(slow), norse.LIFCell()], 4),
        "iaf": ([iaf.IAFCell(), iaf.IAFCell()], 2),
    }
    made["conv"] = ([norse.LIFBoxCell(), norse.LIFBoxCell()], 20)
    plain = torch.nn.Linear | torch.nn.Conv2d  # all else it leaves out of the export
    for name, ((first, second), gain) in made.items():
        layers, x = [dense(20, 30, gain), first, dense(30, 7, gain), second], flat
        if name == "conv":
            layers = [torch.nn.Conv2d(2, 4, 3, padding=1), first, torch.nn.Conv2d(4, 3, 3, stride=2), second]
            x = images
            with torch.no_grad():
                layers[0].weight *= gain
                layers[2].weight *= gain
        graph = norse.to_nir(SequentialState(*layers), x[:1, 0])
        state = {}

        def call(i, layer, h, state=state):
            if isinstance(layer, plain):
                return layer(h)
            h, state[i] = layer(h, state.get(i))
            return h

        yield name, graph, x, stepped(layers, x, lambda m: not isinstance(m, plain), call)


def main(program):
    torch.manual_seed(1)
    flat = (torch.rand(SAMPLES, STEPS, 20) < 0.3).float()
    images = (torch.rand(SAMPLES, STEPS, 2, 10, 10) < 0.2).float()
    stored = dict(np.load(FILE)) if FILE.exists() else {}
    stored = {key: value for key, value in stored.items() if not key.startswith(f"{program}.")}
    for name, graph, x, spikes in globals()[f"{program}_nets"](flat, images):
        title = f"{program}.{name}"
        stored[f"{title}|data"] = x.numpy().astype(np.uint8)
        stored |= {f"{title}|spikes|{k}": counts for k, counts in enumerate(spikes)}
        flattened(graph.to_dict(), f"{title}|nir", stored)
        print(title, [float(counts.sum()) for counts in spikes])
    np.savez_compressed(FILE, **{key: stored[key] for key in sorted(stored)})


if __name__ == "__main__":
    main(sys.argv[1])
