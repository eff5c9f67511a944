"""Modules of snnTorch, brought in exactly: the one place of the front end that imports torch, and only when asked.

Method. `torch.fx` traces the module, so that `nn.Sequential`, nested modules and a `forward` that is a plain chain are
one and the same; the traced copy runs once on the example, which shows every shape and whether snnTorch takes it at
all. Layers then become populations and weights (`networks.chain`). How a neuron resets is not read off its arguments:
a copy of every layer is run on a probe, and the rule of `ir.models` that spikes as it does is taken; if none does, the
layer is refused. So whatever is installed decides, not its documentation, which says otherwise here and there
(`RSynaptic(reset_delay=False)` never resets at once; a residue above the threshold is taken before the next test).

Refused: whatever is no chain of known layers, or would be an approximation.
"""

import copy
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from snnmap.core.errors import InputError
from snnmap.frontend.networks import chain
from snnmap.frontend.networks.parsed import Imported
from snnmap.frontend.networks.torch_layers import LINEAR, WEIGHED, class_of, titled
from snnmap.frontend.networks.torch_neurons import NEURONS, neurons_of
from snnmap.frontend.options import CHOICES, Encoding

EXTRA = "needs torch and snntorch, which are not installed: pip install 'snnmap[train]'"
LINE = "snnmap line"
"""Key of a node's line."""
HERE = Path(__file__).parent
INPUT = "input"
"""What the input population is called."""

ADVICE = {
    "MaxPool": "a crossbar has no maximum; train with AvgPool or a stride",
    "SLSTM": "its gates multiply signals, which no crossbar does; train with RSynaptic or RLeaky",
    "SConv2dLSTM": "its gates multiply signals, which no crossbar does; train with RSynaptic or RLeaky",
    "Parallel": "it is run over all steps at once; train with Leaky",
    "StateLeaky": "it is run over all steps at once; train with Leaky",
    "ReLU": "it sends values; train with a spiking neuron in its place",
}
"""What to do instead of a class whose name holds the key."""

_VIEWS = {"flatten", "view", "reshape", "contiguous"}
_FACTS = {"size", "dim"}


def from_snntorch(
    module: Any, example_input: Any, *, steps: int | None = None, encode: Encoding | None = None
) -> Imported:
    """Network of a module of snnTorch, which `compile`, `profile` and `save_network` take.

    Parameters
    ----------
    module
        In eval mode, its hidden state cleared; `forward` takes one step.
    example_input
        What one step of it takes, (samples, ...) of any values, which decide nothing; or a tuple of that and the states
        that `forward` takes besides.
    steps, encode
        How data are made into spikes, unless `LoadOptions` says otherwise.

    Raises
    ------
    InputError
        If torch is missing, the module does not take the input, is no chain of layers that are known, or says something
        that a network cannot hold.
    """
    try:
        import snntorch
        import torch
    except ImportError:
        raise InputError(f"from_snntorch {EXTRA}") from None
    if not isinstance(module, torch.nn.Module):
        raise InputError(f"a {type(module).__name__} is no torch.nn.Module; give the module itself")
    if steps is not None and not (isinstance(steps, int) and steps > 0):
        raise InputError(f"steps must be a positive number, not {steps}")
    if encode is not None and encode not in CHOICES["encode"]:
        raise InputError(f"encode {encode!r} is not known; choose one of {', '.join(CHOICES['encode'])}")
    given = example_input if isinstance(example_input, tuple | list) else (example_input,)
    arguments = [torch.as_tensor(each) for each in given]
    _check_numbers(module, arguments)
    _check_state(module, arguments[1:])
    own = copy.deepcopy(module)
    if class_of(own) in {*LINEAR, *NEURONS}:  # a layer alone is a chain of one
        own = torch.nn.Sequential(own)
    graph = _traced(own)
    made, notes = _network(own, graph, _shapes(copy.deepcopy(own), graph, arguments), str(snntorch.__version__))
    stimulus = {key: value for key, value in (("steps", steps), ("encode", encode)) if value is not None}
    name = type(module).__name__.lower()
    return Imported(name, "snntorch", made, made.digest(), tuple(notes), stimulus=stimulus)


def _check_numbers(module: Any, arguments: Sequence[Any]) -> None:
    """Refuse numbers that are neither single nor double precision, modules in training mode, and hooks."""
    import torch

    named = [*module.named_parameters(), *module.named_buffers(), *(("example_input", each) for each in arguments)]
    for name, tensor in named:
        other = tensor.is_complex() or (tensor.is_floating_point() and tensor.element_size() < 4)
        if other or tensor.is_quantized:
            raise InputError(f"{name} is {tensor.dtype}; give single or double precision, for example module.float()")
    for name, part in module.named_modules():
        random = isinstance(part, torch.nn.modules.dropout._DropoutNd) and part.p > 0  # noqa: SLF001 their one parent
        batch = isinstance(part, torch.nn.modules.batchnorm._BatchNorm)  # noqa: SLF001
        if part.training and (random or batch):
            raise InputError(
                f"{titled(name, part)} is in training mode, so that spikes depend on the batch; call module.eval()"
            )
        if part._forward_hooks or part._forward_pre_hooks:  # noqa: SLF001 there is no public name
            raise InputError(
                f"{titled(name, part)} has hooks, which may change what it does; remove them (pruning: "
                "torch.nn.utils.prune.remove)"
            )


def _check_state(module: Any, states: Sequence[Any]) -> None:
    """Refuse hidden state that an earlier run left over."""
    import snntorch
    import torch

    for name, part in module.named_modules():
        if not isinstance(part, snntorch.SpikingNeuron):
            continue
        for key in ("mem", "syn", "spk", "syn_exc", "syn_inh"):
            state = getattr(part, key, None)
            if torch.is_tensor(state) and bool(torch.any(state != 0)):
                raise InputError(
                    f"{titled(name, part)} has hidden state left over ({key}); call reset_mem() of every layer of "
                    "neurons first (snntorch.utils.reset leaves some out)"
                )
    if any(bool(torch.any(state != 0)) for state in states):
        raise InputError("a state in example_input is not zero; runs start at rest, so give zeros")


def _traced(module: Any) -> Any:
    """The graph of one step."""
    import snntorch
    from torch import fx

    class Tracer(fx.Tracer):  # type: ignore[misc, unused-ignore]
        def create_node(self, *arguments: Any, **named: Any) -> Any:
            """A node that knows its line; torch's own record of it loads its compiler, for seconds."""
            node = super().create_node(*arguments, **named)
            node.meta[LINE] = _line(traceback.extract_stack())
            return node

        def is_leaf_module(self, m: Any, module_qualified_name: str) -> bool:
            known = isinstance(m, snntorch.SpikingNeuron) or type(m).__module__.startswith("snntorch")
            return known or bool(super().is_leaf_module(m, module_qualified_name))

    try:
        return Tracer().trace(module)
    except Exception as error:  # whatever a forward does that is no chain
        said, where = " ".join(str(error).split())[:160], _line(traceback.extract_tb(error.__traceback__))
        raise InputError(
            f"forward of {type(module).__name__} is no plain chain{where}: {said}; write one step of it without "
            "conditions on values, and keep the loop over time outside"
        ) from None


def _line(frames: Sequence[traceback.FrameSummary]) -> str:
    """Where in the user's code a stack ends: ` (FILE, line N)`; empty if it never was there."""
    import snntorch
    import torch

    elsewhere = [str(Path(each.__file__).parent) for each in (torch, snntorch)] + [str(HERE)]
    for frame in reversed(frames):
        if not frame.filename.startswith(("<", *elsewhere)):
            return f" ({frame.filename}, line {frame.lineno})"
    return ""


def _shapes(module: Any, graph: Any, arguments: Sequence[Any]) -> Mapping[Any, tuple[int, ...]]:
    """Shape of what every node of the graph gives, without the samples, from a run of the copy on the example."""
    import torch
    from torch import fx

    shapes: dict[Any, tuple[int, ...]] = {}

    class Watch(fx.Interpreter):  # type: ignore[misc, unused-ignore]
        def run_node(self, n: Any) -> Any:
            result = super().run_node(n)
            first = result[0] if isinstance(result, tuple) and result else result
            if torch.is_tensor(first):
                shapes[n] = tuple(first.shape)
            return result

    inputs = sum(node.op == "placeholder" for node in graph.nodes)
    if arguments[0].dim() < 2 or arguments[0].shape[0] < 1:
        raise InputError(
            f"example_input has shape {tuple(arguments[0].shape)}; give one step of samples, (samples, ...), for "
            "example torch.zeros(1, 784)"
        )
    try:
        watch = Watch(fx.GraphModule(module, graph))
        watch.extra_traceback = False  # which loads torch's compiler, for seconds
        with torch.no_grad():
            watch.run(*arguments, *[None] * (inputs - len(arguments)))
    except Exception as error:  # whatever torch raises
        said = " ".join(str(error).split())[:200]
        raise InputError(
            f"the module cannot be run on example_input of shape {tuple(arguments[0].shape)}, {arguments[0].dtype}: "
            f"{said}"
        ) from None
    return shapes


def _network(module: Any, graph: Any, shapes: Mapping[Any, tuple[int, ...]], version: str) -> tuple[Any, list[str]]:
    """The network of a graph, and what was rounded."""
    walk = _Walk(module, shapes, version)
    for node in graph.nodes:
        walk.step(node)
    if walk.pending:
        raise InputError(
            f"{walk.pending} is not followed by neurons: what the module sends are values, not spikes; end it with "
            "neurons, for example Leaky(reset_mechanism='none')"
        )
    return chain.network_of(walk.chain), list(walk.chain.notes)


class _Walk:
    """Through a graph, node by node; the state is what is built so far."""

    def __init__(self, module: Any, shapes: Mapping[Any, tuple[int, ...]], version: str) -> None:
        self.parts = dict(module.named_modules())
        self.shapes, self.version = shapes, version
        self.chain: chain.Chain
        self.signals: dict[Any, chain.Signal] = {}
        """By node; nodes that are no signals are states, sizes and shapes."""
        self.calls = [node for node in shapes if node.op == "call_module"]
        self.pending = "the input"
        """What the last layer is, unless it is neurons."""

    def step(self, node: Any) -> None:
        """One node more."""
        where = node.meta.get(LINE, "")
        if node.op == "placeholder":
            if not self.signals:
                self.chain, self.signals[node] = chain.begun(INPUT, self.shapes[node][1:])
        elif node.op == "call_module":
            self._layer(node, where)
        elif node.op == "output":
            self._output(node)
        elif node.op != "get_attr":
            self._operation(node, where)

    def _layer(self, node: Any, where: str) -> None:
        part = self.parts[node.target]
        title = titled(node.target, part)
        if any(other.target == node.target and other is not node for other in self.calls):
            raise InputError(
                f"{title} is called more than once{where}: forward must take one step; keep the loop over time outside"
            )
        if not node.args or node.args[0] not in self.signals:
            raise InputError(f"{title} takes something that is not the chain of layers{where}")
        signal = self._taken(node.args[0], title, where)
        shape = self.shapes[node][1:]
        if class_of(part) in NEURONS:
            states = [state for state in (*node.args[1:], *node.kwargs.values()) if state is not None]
            if any(state in self.signals or state.op != "placeholder" or len(state.users) > 1 for state in states):
                raise InputError(
                    f"{title} is handed a state that is not its own, or is made anew in every step{where}; hand over "
                    "what forward took as an argument for it alone, or use init_hidden=True"
                )
            read = neurons_of(part, node.target, _name(node.target, part), signal.shape, bool(states))
            self.chain, self.signals[node] = chain.fired(self.chain, signal, read)
            self.pending = ""
            return
        if class_of(part) not in LINEAR:
            raise InputError(f"{title} cannot be imported{where}: {advice(part, self.version)}")
        self.signals[node] = LINEAR[class_of(part)](part, title, signal, shape)
        if class_of(part) in WEIGHED:
            self.pending = title

    def _operation(self, node: Any, where: str) -> None:
        """A function or method: views keep the order of values, anything else is refused."""
        name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", str(node.target))
        first: Any = node.args[0] if node.args else None
        if first not in self.signals:
            if name not in {"getitem", *_FACTS}:
                raise InputError(f"forward uses {name} beside the chain of layers{where}; leave it out")
            return
        if name == "getitem" and first.op == "call_module":
            if node.args[1] == 0:
                self.signals[node] = self.signals[first]
            return
        if name in _FACTS or (name == "getattr" and node.args[1] == "shape"):
            return
        before, after = self.shapes[first], self.shapes.get(node, ())
        if name not in _VIEWS or not after or before[0] != after[0] or np.prod(before) != np.prod(after):
            raise InputError(
                f"forward uses {name}{where}, which is no layer; build it of modules: {', '.join(names())}"
            )
        self.signals[node] = chain.reshaped(self._taken(first, name, where), after[1:])

    def _taken(self, node: Any, by: str, where: str) -> chain.Signal:
        """The signal of a node that nobody else may take."""
        takers = [user for source in _same(node) for user in source.users if self._takes(user, source)]
        if len(takers) > 1:
            raise InputError(f"{by} is not the only one to hear {node.name}{where}: only a plain chain can be imported")
        return self.signals[node]

    @staticmethod
    def _takes(user: Any, source: Any) -> bool:
        """Whether a node works on the values of another, rather than naming, returning or measuring them."""
        name = user.target if isinstance(user.target, str) else getattr(user.target, "__name__", "")
        return user.op != "output" and user.args[:1] == (source,) and name not in {"getitem", "getattr", *_FACTS}

    def _output(self, node: Any) -> None:
        """The spikes of the last layer must be what is returned."""
        last = next(reversed(self.signals))
        returned = node.args[0] if isinstance(node.args[0], tuple | list) else (node.args[0],)
        if not any(each in self.signals and self.signals[each] is self.signals[last] for each in returned):
            raise InputError("forward does not return the spikes of its last layer; return them, alone or with states")
        uneven = len(np.unique(self.signals[last].factor)) > 1 or self.signals[last].factor[0] < 0
        if uneven and not self.pending:
            raise InputError("graded_spikes_factor of the last layer must be one positive number: spikes are counted")


def _same(node: Any) -> list[Any]:
    """The nodes that are the same spikes: a layer of neurons and the first of what it returns."""
    root = node.args[0] if node.op == "call_function" and getattr(node.target, "__name__", "") == "getitem" else node
    named = [u for u in root.users if getattr(u.target, "__name__", "") == "getitem" and u.args[1] == 0]
    return [root, *named] if root.op == "call_module" else [node]


def _name(target: str, part: Any) -> str:
    """Name of a population: the module's; its class before a mere number."""
    parent, _, last = target.rpartition(".")
    own = f"{type(part).__name__.lower()}{last}" if last.isdigit() else last
    return f"{parent}.{own}" if parent else own


def names() -> list[str]:
    """Classes that can be imported."""
    return [kind.partition(".")[2] for kind in (*LINEAR, *NEURONS)]


def advice(part: Any, version: str) -> str:
    """What to do about a layer of an unknown class."""
    kind = type(part).__name__
    known = next((said for key, said in ADVICE.items() if key in kind), "")
    return known or f"known are {', '.join(names())} of torch and snntorch {version}"
