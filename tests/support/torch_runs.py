"""Modules of snnTorch run by snnTorch itself, and the same network run by snnmap: the spikes of both."""

import numpy as np
import snntorch
import torch

import snnmap

CLASSES = ("Leaky", "Lapicque", "Synaptic", "Alpha", "RLeaky", "RSynaptic")


def step_at_zero(shift):
    """A surrogate whose spikes are double where the membrane is: snnTorch's own are single."""
    return (shift > 0).to(shift.dtype)


def dyadic(shape, rng, scale=1.0):
    """Numbers with few bits, whose sums are exact in any order."""
    return torch.tensor(np.rint(rng.normal(size=shape) * scale * 256) / 256, dtype=torch.float64)


def by_snntorch(module, data, heard=()):
    """Spikes (samples, steps, size) of what `module` returns first, and of its parts `heard`."""
    at_rest(module)
    parts, seen = dict(module.named_modules()), {name: [] for name in heard}
    hooks = [
        parts[name].register_forward_hook(lambda _, __, out, name=name: seen[name].append(first(out))) for name in heard
    ]
    with torch.no_grad():
        last = [first(module(data[:, t])) for t in range(data.shape[1])]
    for hook in hooks:
        hook.remove()
    at_rest(module)
    return [np.stack(each, axis=1) for each in (last, *seen.values())]


def at_rest(module):
    """`snntorch.utils.reset` leaves out what is nested, and RSynaptic."""
    for part in module.modules():
        if isinstance(part, snntorch.SpikingNeuron) and hasattr(part, "reset_mem"):
            part.reset_mem()


def first(returned):
    sent = returned[0] if isinstance(returned, tuple) else returned
    return sent.flatten(1).numpy().copy()


def by_snnmap(read, data, *names):
    """Spikes (samples, steps, size) of the output, and of the populations of those names."""
    data = data.flatten(2) if data.ndim == 4 else data  # no layout has a length alone
    layout = {3: "BTF", 5: "BTCHW"}[data.ndim]
    graph = snnmap.profile(read, snnmap.LoadOptions(data=data.numpy().astype(np.float32), layout=layout))
    events, network = graph.events, graph.network
    sent = np.zeros((graph.frames, graph.steps, network.sources))
    sent[events.frame_of_event(), events.step, events.source] = events.value
    populations = {p.name: p for p in network.populations}
    wanted = [network.populations[network.outputs[0]], *(populations[name] for name in names)]
    return [sent[:, :, p.first : p.stop] for p in wanted]
