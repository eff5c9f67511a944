"""Modules of snnTorch spike here as they do there; what would not is refused in one line that says what to do."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
snn = pytest.importorskip("snntorch")
nn = torch.nn

from support.torch_runs import CLASSES, by_snnmap, by_snntorch, dyadic, step_at_zero  # noqa: E402

import snnmap  # noqa: E402
from snnmap.core.errors import InputError  # noqa: E402
from snnmap.simulate.mapped import deviation, replay  # noqa: E402

STEPS = 1000
SIZE = 8


def neurons(name, reset, size=SIZE, seed=3, **more):
    """A layer of a class, every neuron with parameters of its own."""
    rng = np.random.default_rng(seed)

    def each(low, high):
        return torch.tensor(rng.uniform(low, high, size))

    given = {"threshold": each(0.5, 1.5), "reset_mechanism": reset, "spike_grad": step_at_zero, "init_hidden": True}
    if name == "Lapicque":
        return snn.Lapicque(R=2.0, C=1.75, time_step=0.75, **given, **more).double()
    given["beta"] = each(0.3, 0.9)
    if name in {"Synaptic", "RSynaptic"}:
        given["alpha"] = each(0.2, 0.8)
    if name == "Alpha":
        given |= {"alpha": each(0.8, 0.95), "beta": each(0.4, 0.7)}
    if name in {"RLeaky", "RSynaptic"} and "V" not in more:
        more["linear_features"] = size
    if "V" in more:
        more["all_to_all"] = False
    layer = getattr(snn, name)(**given, **more)
    layer = layer.double()
    if more.get("linear_features"):
        layer.recurrent.weight.data = dyadic((size, size), rng, 0.4)
        layer.recurrent.bias.data = dyadic(size, rng, 0.1)
    return layer


def behind(layer, seed=4, inputs=6, size=SIZE):
    """The layer behind a dense one whose sums are exact."""
    rng = np.random.default_rng(seed)
    dense = nn.Linear(inputs, size).double()
    dense.weight.data, dense.bias.data = dyadic((size, inputs), rng, 0.7), dyadic(size, rng, 0.2)
    return nn.Sequential(dense, layer).eval()


def driven(samples=2, steps=STEPS, inputs=6, seed=5):
    rng = np.random.default_rng(seed)
    return torch.tensor(np.rint(rng.normal(0.3, 1.0, (samples, steps, inputs)) * 16) / 16)


CASES = [
    (name, reset, delay, how)
    for name in CLASSES
    for reset in ("subtract", "zero", "none")
    for delay in ((True,) if name in {"Lapicque", "Alpha"} else (True, False))
    for how in (("all-to-all", "one-to-one") if name.startswith("R") else ("",))
    if (name, delay) != ("RSynaptic", False)  # snnTorch cannot run it unless it is handed its states, see below
]


@pytest.mark.parametrize(("name", "reset", "delay", "how"), CASES)
def test_every_class_spikes_as_in_snntorch(name: str, reset: str, delay: bool, how: str) -> None:
    more = {"reset_delay": delay} if name not in {"Lapicque", "Alpha"} else {}
    if how == "one-to-one":
        more["V"] = torch.linspace(-1, 1, SIZE, dtype=torch.float64)
    net, data = behind(neurons(name, reset, **more)), driven()
    expected = by_snntorch(net, data)[0]
    found = by_snnmap(snnmap.from_snntorch(net, data[:, 0], encode="current"), data)[0]
    assert expected.shape == (2, STEPS, SIZE)
    assert 200 < expected.sum() < 2 * STEPS * SIZE
    assert np.count_nonzero(expected != found) == 0


class Handed(nn.Module):
    """A forward that hands the states over."""

    def __init__(self, layer, states):
        super().__init__()
        self.dense, self.layer, self.states = behind(layer)[0], layer, states

    def forward(self, x, a=None, b=None, c=None):
        states = (a, b, c)[: self.states]
        return self.layer(self.dense(x), *states)


@pytest.mark.parametrize("reset", ["subtract", "zero", "none"])
@pytest.mark.parametrize(
    ("name", "states"), [("Leaky", 1), ("Synaptic", 2), ("Alpha", 3), ("RLeaky", 2), ("RSynaptic", 3)]
)
@pytest.mark.parametrize("delay", [True, False])
def test_a_forward_that_hands_states_over_spikes_as_in_snntorch(
    name: str, states: int, reset: str, delay: bool
) -> None:
    """`RSynaptic(reset_delay=False)`, handed its states, resets as with the delay: its result is thrown away."""
    layer = neurons(name, reset, **({} if name == "Alpha" else {"reset_delay": delay}))
    layer.init_hidden = False
    net, data = Handed(layer, states).eval(), driven()
    zero = (torch.zeros(2, SIZE, dtype=torch.float64),) * states
    held, expected = zero, []
    with torch.no_grad():
        for t in range(STEPS):
            returned = net(data[:, t], *held)
            held = returned[-states:]
            expected.append(returned[0].numpy())
    layer.reset_mem()
    found = by_snnmap(snnmap.from_snntorch(net, (data[:, 0], *zero), encode="current"), data)[0]
    assert np.count_nonzero(np.stack(expected, 1) != found) == 0


def test_one_layer_after_the_other_and_a_mapping_of_them(tmp_path: Path) -> None:
    """Resets differ from layer to layer; the saved network is the same, and its mapping spikes as it does."""
    torch.manual_seed(1)
    net = nn.Sequential(
        nn.Flatten(),
        nn.Linear(16, 12),
        snn.Leaky(beta=0.9, init_hidden=True, reset_mechanism="zero"),
        nn.Dropout(0.5),
        nn.Sequential(nn.Linear(12, 9), snn.Synaptic(alpha=0.6, beta=0.8, init_hidden=True, reset_delay=False)),
        nn.Linear(9, 5),
        snn.RLeaky(beta=0.7, linear_features=5, init_hidden=True, output=True),
    ).eval()
    with torch.no_grad():
        for k in (1, 5):
            net[k].weight *= 4
        net[4][0].weight *= 4
    data = torch.rand(3, 60, 1, 4, 4)
    expected = by_snntorch(net, data, ["2", "4.1"])
    read = snnmap.from_snntorch(net, data[:, 0], steps=60, encode="current")
    assert [p.name for p in read.network.populations] == ["input", "bias", "leaky2", "4.synaptic1", "rleaky6"]
    found = by_snnmap(read, data, "leaky2", "4.synaptic1")
    for here, there in zip(found, expected, strict=True):
        assert there.sum() > 30
        assert np.array_equal(here, there)
    snnmap.save_network(read, tmp_path / "net.npz")
    saved = snnmap.load_network(tmp_path / "net.npz")
    assert saved.network.digest() == read.network.digest()
    assert saved.stimulus == read.stimulus == {"steps": 60, "encode": "current"}
    options = snnmap.CompileOptions(hardware="pcm-mesh-64")
    compiled = snnmap.compile(tmp_path / "net.npz", options, load=snnmap.LoadOptions(data=data.numpy(), layout="BTCHW"))
    assert snnmap.verify(compiled.mapping, compiled.graph, compiled.hardware) == []
    assert deviation(compiled.graph, replay(compiled.mapping, compiled.graph)) == 0


def test_graded_spikes_weigh_on_and_count_as_one() -> None:
    torch.manual_seed(8)
    rng = np.random.default_rng(8)
    factors = torch.tensor([0.5, -2.0, 0.25, 1.0])
    first = snn.Leaky(beta=0.8, init_hidden=True, graded_spikes_factor=factors, reset_delay=False)
    net = nn.Sequential(nn.Linear(6, 4), first, nn.Linear(4, 3), snn.Leaky(beta=0.5, init_hidden=True)).eval()
    net[2].weight.data = dyadic((3, 4), rng, 3.0).float()
    net[2].bias.data = dyadic(3, rng, 0.1).float()
    data = driven(steps=300).float()
    last, hidden = by_snntorch(net, data, ["1"])
    found = by_snnmap(snnmap.from_snntorch(net, data[:, 0], encode="current"), data, "leaky1")
    assert np.array_equal(found[1], hidden / factors.numpy())
    assert np.array_equal(found[0], last)
    assert last.sum() > 20


@pytest.mark.parametrize("how", ["all-to-all", "one-to-one"])
def test_graded_spikes_weigh_on_their_own_layer_too(how: str) -> None:
    """A recurrent layer takes no factor as an argument, but heeds one that is set."""
    more = {"V": torch.linspace(-1, 1, SIZE, dtype=torch.float64)} if how == "one-to-one" else {}
    layer = neurons("RLeaky", "subtract", **more)
    layer.graded_spikes_factor = torch.tensor(2.0, dtype=torch.float64)
    net, data = behind(layer), driven(steps=300)
    expected = by_snntorch(net, data)[0]
    found = by_snnmap(snnmap.from_snntorch(net, data[:, 0], encode="current"), data)[0]
    assert np.array_equal(found, expected / 2)
    assert found.sum() > 200


def convolutional():
    torch.manual_seed(5)
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1, bias=False),
        nn.BatchNorm2d(4),
        snn.Leaky(beta=0.7, threshold=torch.tensor([0.4, 0.5, 0.6, 0.7]).reshape(4, 1, 1), init_hidden=True),
        nn.AvgPool2d(2),
        nn.Conv2d(4, 6, 3, stride=2, groups=2),
        nn.BatchNorm2d(6),
        snn.RLeaky(beta=0.5, threshold=0.2, conv2d_channels=6, kernel_size=3, init_hidden=True),
        nn.Flatten(),
        nn.Linear(24, 5),
        nn.BatchNorm1d(5),
        snn.Leaky(beta=0.6, threshold=0.2, init_hidden=True),
    )
    with torch.no_grad():
        for part in net:
            if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
                part.weight.uniform_(-1.5, 1.5)
                part.bias.uniform_(-0.2, 0.5)
                part.running_mean.uniform_(-0.3, 0.3)
                part.running_var.uniform_(0.1, 0.6)
    return net.eval()


def test_convolutions_pooling_and_batch_norm_spike_as_in_snntorch() -> None:
    """In double precision there; weights here are the same single ones, whatever stands before and behind them."""
    net = convolutional().double()
    for part in net:
        if hasattr(part, "spike_grad"):
            part.spike_grad = step_at_zero
    data = torch.rand(2, 200, 1, 12, 12, dtype=torch.float64).float().double()
    expected = by_snntorch(net, data, ["2", "6"])
    read = snnmap.from_snntorch(net, data[:, 0], encode="current")
    assert read.repairs == (
        "weights into 'rleaky6' (layer '3' (AvgPool2d), layer '4' (Conv2d)) are rounded to single precision",
    )
    for here, there in zip(by_snnmap(read, data, "leaky2", "rleaky6"), expected, strict=True):
        assert there.sum() > 50
        assert np.array_equal(here, there)


@pytest.mark.parametrize(
    "layer",
    [
        nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False),
        nn.AvgPool2d((2, 3), stride=(2, 1), padding=(1, 1)),
        nn.AvgPool2d(2, divisor_override=3),
        nn.Conv2d(2, 3, 3, padding="same", dilation=2),
        nn.Conv2d(2, 4, (3, 2), stride=(2, 1), padding=(1, 0), groups=2),
    ],
    ids=str,
)
def test_windows_are_torch_s(layer: object) -> None:
    torch.manual_seed(2)
    if hasattr(layer, "reset_parameters"):
        layer.reset_parameters()
    net = nn.Sequential(layer, snn.Leaky(beta=0.9, threshold=0.2, init_hidden=True)).eval()
    data = torch.rand(2, 50, 2, 6, 6)
    expected = by_snntorch(net, data)[0]
    assert expected.sum() > 50
    assert np.array_equal(by_snnmap(snnmap.from_snntorch(net, data[:, 0], encode="current"), data)[0], expected)


def test_one_dimension_and_neurons_behind_neurons() -> None:
    torch.manual_seed(2)
    net = nn.Sequential(
        nn.Conv1d(2, 3, 3),
        nn.BatchNorm1d(3),
        snn.Leaky(beta=0.9, threshold=0.4, init_hidden=True),
        nn.AvgPool1d(2),
        snn.Leaky(beta=0.9, threshold=0.7, init_hidden=True),
        snn.Lapicque(beta=0.5, threshold=0.6, init_hidden=True),
    ).eval()
    data = torch.rand(2, 80, 2, 10)
    expected = by_snntorch(net, data, ["2", "4"])
    found = by_snnmap(snnmap.from_snntorch(net, data[:, 0], encode="current"), data, "leaky2", "leaky4")
    for here, there in zip(found, expected, strict=True):
        assert there.sum() > 20
        assert np.array_equal(here, there)


class Tutorial(nn.Module):
    """As in snnTorch's tutorials, one step of it."""

    def __init__(self):
        super().__init__()
        self.fc1, self.lif1 = nn.Linear(9, 7), snn.Leaky(beta=0.9)
        self.fc2, self.lif2 = nn.Linear(7, 4), snn.Leaky(beta=torch.rand(4), learn_beta=True, learn_threshold=True)

    def forward(self, x, mem1=None, mem2=None):
        flat = x.view(x.size(0), -1)
        spk1, mem1 = self.lif1(self.fc1(torch.flatten(flat, 1)), mem1)
        cur2 = self.fc2(spk1.reshape(x.shape[0], 7))
        spk2, mem2 = self.lif2(cur2, mem2)
        return mem1, mem2, spk2


def test_a_forward_that_is_a_plain_chain_is_imported() -> None:
    torch.manual_seed(2)
    net = Tutorial().eval()
    with torch.no_grad():
        net.fc2.weight *= 8
    data = torch.rand(2, 60, 1, 3, 3) * 2
    found = by_snnmap(snnmap.from_snntorch(net, data[:, 0], encode="current"), data, "lif1")
    held, expected = (None, None), []
    with torch.no_grad():
        for t in range(60):
            *held, spikes = net(data[:, t], *held)
            expected.append(spikes.numpy())
    assert np.array_equal(found[0], np.stack(expected, 1))
    assert found[0].sum() > 20
    assert found[1].sum() > 20


def old_leaky(immediate):
    """A class from before `reset_delay`; `immediate`: one that resets at once, which no rule does that way."""

    class Leaky(snn.SpikingNeuron):
        def __init__(self):
            super().__init__(init_hidden=True)
            self.beta, self.mem = torch.tensor(0.8), torch.zeros(0)

        def forward(self, x):
            mem = self.mem if self.mem.shape == x.shape else torch.zeros_like(x)
            mem = self.beta * mem + x - (0 if immediate else self.mem_reset(mem) * self.threshold)
            spikes = self.fire(mem)
            self.mem = mem - spikes * self.threshold if immediate else mem
            return spikes

    Leaky.__module__ = "snntorch._neurons.leaky"
    return Leaky()


def test_an_old_signature_is_what_its_class_does() -> None:
    net = nn.Sequential(nn.Linear(6, 3), old_leaky(immediate=False)).eval()
    read = snnmap.from_snntorch(net, torch.zeros(1, 6))
    assert read.network.populations[-1].parameters["reset"].tolist() == [1.0, 1.0, 1.0]
    with pytest.raises(InputError, match=r"layer '1' \(Leaky\) does not spike as any rule that is known"):
        snnmap.from_snntorch(nn.Sequential(nn.Linear(6, 3), old_leaky(immediate=True)).eval(), torch.zeros(1, 6))


def small(*layers):
    return nn.Sequential(nn.Linear(4, 3), snn.Leaky(beta=0.5, init_hidden=True), *layers).eval()


def left_over():
    net = small()
    net(torch.ones(1, 4) * 9)
    return net


def pruned():
    from torch.nn.utils import prune

    net = small()
    prune.random_unstructured(net[0], "weight", 0.5)
    return net


def behaving(**changed):
    return nn.Sequential(nn.Linear(4, 3), snn.Leaky(**{"beta": 0.5, "init_hidden": True, **changed})).eval()


class Forward(nn.Module):
    """A forward to be refused."""

    def __init__(self, forward):
        super().__init__()
        self.fc, self.lif = nn.Linear(4, 4), snn.Leaky(beta=0.5, init_hidden=True)
        self.other, self.own = nn.Linear(4, 4), forward

    def forward(self, x):
        return self.own(self, x)


def loop(self, x):
    spikes = [self.lif(self.fc(x)) for _ in range(5)]
    return torch.stack(spikes)


def decides(self, x):
    y = self.fc(x)
    if y.sum() > 0:
        y = y * 2
    return self.lif(y)


def handed(self, x, state):
    self.lif.init_hidden = False
    return self.lif(self.other(x), state)


class Derived(nn.Linear):
    pass


HERE = r"\(.*test_snntorch\.py, line \d+\)"


@pytest.mark.parametrize(
    ("module", "said"),
    [
        (lambda: small(nn.MaxPool1d(3)), r"layer '2' \(MaxPool1d\) cannot be imported.*AvgPool"),
        (lambda: nn.Sequential(nn.Linear(4, 3), snn.SLSTM(3, 2, init_hidden=True)).eval(), r"'1' \(SLSTM\).*RSynaptic"),
        (lambda: nn.Sequential(nn.Linear(4, 3), nn.ReLU()).eval(), r"'1' \(ReLU\) cannot be imported.*spiking neuron"),
        (lambda: nn.Sequential(nn.Linear(4, 3), nn.Softsign()).eval(), r"'1' \(Softsign\).*known are Linear, .*Alpha"),
        (lambda: small(Derived(3, 2), snn.Leaky(beta=0.5, init_hidden=True)), "forward uses linear.*build it of"),
        (lambda: small(nn.Linear(3, 2)), r"layer '2' \(Linear\) is not followed by neurons"),
        (lambda: nn.Sequential(nn.Flatten()).eval(), "the input is not followed by neurons"),
        (lambda: small(nn.BatchNorm1d(3)).train(), r"layer '2' \(BatchNorm1d\) is in training mode.*module\.eval\(\)"),
        (lambda: small(nn.Dropout(0.5)).train(), r"layer '2' \(Dropout\) is in training mode"),
        (lambda: small(nn.BatchNorm1d(3, track_running_stats=False)), "Expected more than 1 value per channel"),
        (left_over, r"layer '1' \(Leaky\) has hidden state left over \(mem\); call reset_mem\(\)"),
        (pruned, r"layer '0' \(Linear\) has hooks.*prune\.remove"),
        (lambda: small().half(), r"0\.weight is torch\.float16; give single or double precision"),
        (lambda: small().bfloat16(), r"0\.weight is torch\.bfloat16"),
        (lambda: behaving(threshold=0.0), r"threshold of layer '1' \(Leaky\) must be positive"),
        (lambda: behaving(threshold=torch.ones(4)), r"cannot be run on example_input of shape \(1, 4\)"),
        (lambda: behaving(beta=float("nan")), r"beta of layer '1' \(Leaky\) is not finite"),
        (lambda: behaving(state_quant=torch.round), "has state_quant"),
        (lambda: behaving(graded_spikes_factor=0.0), "graded_spikes_factor of layer '1' .* must be finite and not 0"),
        (lambda: behaving(graded_spikes_factor=-1.0), "of the last layer must be one positive number"),
        (lambda: behaving(spike_grad=torch.sigmoid), r"does not spike as any rule that is known"),
        (lambda: nn.Sequential(nn.Linear(4, 3), snn.RSynaptic(alpha=0.5, beta=0.5, linear_features=3, init_hidden=True,
            reset_delay=False)).eval(), "the module cannot be run on example_input"),
        (lambda: nn.Sequential(nn.Conv1d(1, 2, 2, padding_mode="circular", padding=1),
            snn.Leaky(beta=0.5, init_hidden=True)).eval(), r"'0' \(Conv1d\) pads with 'circular'; train it with zeros"),
        (lambda: Forward(loop).eval(), rf"'fc' .Linear. is called more than once {HERE}: forward must"),
        (lambda: Forward(decides).eval(), rf"forward of Forward is no plain chain {HERE}: symbolically traced"),
        (lambda: Forward(lambda self, x: self.lif(self.fc(x)) + x).eval(), rf"forward uses add {HERE}, which is no"),
        (lambda: Forward(lambda self, x: handed(self, x, x)).eval(), rf".Leaky. is handed a state .* {HERE}"),
        (lambda: Forward(lambda self, x: self.lif(self.fc(x) * 2)).eval(), rf"forward uses mul {HERE}"),
        (lambda: Forward(lambda self, x: (self.lif(self.fc(x)), self.other(x))).eval(), "not the only one to hear x"),
        (lambda: Forward(lambda self, x: self.lif(self.fc(x)).sum(1)).eval(), rf"forward uses sum {HERE}"),
        (lambda: Forward(lambda self, x: x.flatten(0)).eval(), rf"forward uses flatten {HERE}"),
        (lambda: Forward(lambda self, x: (self.lif(self.fc(x)), x)[1]).eval(), "does not return the spikes"),
        (lambda: "net", "a str is no torch.nn.Module"),
    ],
)  # fmt: skip
def test_what_cannot_be_imported_is_refused_in_one_line(module, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        snnmap.from_snntorch(module(), torch.zeros(1, 4))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (torch.zeros(1, 5), r"cannot be run on example_input of shape \(1, 5\), torch\.float32: .*shapes"),
        (torch.zeros(4), r"example_input has shape \(4,\); give one step of samples, \(samples, \.\.\.\)"),
        (torch.zeros(0, 4), "give one step of samples"),
        (torch.zeros(1, 2, 4), r"layer '0' \(Linear\) is applied along the last axis of \(2, 4\); put a Flatten"),
        (torch.zeros(1, 4).half(), r"example_input is torch\.float16"),
        (torch.zeros(1, 4, dtype=torch.complex64), r"example_input is torch\.complex64"),
        (torch.zeros(1, 4).double(), r"example_input of shape \(1, 4\), torch\.float64"),
        ((torch.zeros(1, 4), torch.ones(1, 3)), "a state in example_input is not zero"),
    ],
)
def test_another_input_is_refused(given, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        snnmap.from_snntorch(small(), given)
    assert "\n" not in str(caught.value)


def test_batch_statistics_of_several_samples_are_refused_too() -> None:
    with pytest.raises(InputError, match=r"layer '2' \(BatchNorm1d\) keeps no running statistics"):
        snnmap.from_snntorch(small(nn.BatchNorm1d(3, track_running_stats=False)), torch.zeros(3, 4))


def test_inhibition_is_refused() -> None:
    with pytest.warns(UserWarning, match="Inhibition"):
        net = behaving(inhibition=True)
    with pytest.raises(InputError, match=r"layer '1' \(Leaky\) has inhibition"):
        snnmap.from_snntorch(net, torch.zeros(1, 4))


@pytest.mark.parametrize(("key", "value"), [("steps", 0), ("steps", 2.5), ("encode", "loud")])
def test_a_wish_that_cannot_be_is_refused(key: str, value: object) -> None:
    with pytest.raises(InputError, match=key):
        snnmap.from_snntorch(small(), torch.zeros(1, 4), **{key: value})


@pytest.mark.parametrize("option", [{"reset": "zero"}, {"comparison": ">="}, {"clamp": 1.0}, {"multispike": True}])
def test_a_reset_that_neurons_would_not_follow_is_refused(option: dict[str, object]) -> None:
    read = snnmap.from_snntorch(small(), torch.zeros(1, 4), steps=3, encode="rate")
    with pytest.raises(InputError, match=f"--{next(iter(option))} would change nothing: 'leaky1'"):
        snnmap.profile(read, snnmap.LoadOptions(data=np.zeros((1, 4)), **option))


def test_the_module_is_left_as_it_was() -> None:
    net = small()
    before = {key: value.clone() for key, value in net.state_dict().items()}
    snnmap.from_snntorch(net, torch.ones(1, 4))
    assert net[1].mem.numel() == 0
    assert all(torch.equal(value, before[key]) for key, value in net.state_dict().items())


@pytest.mark.parametrize("name", CLASSES)
def test_the_values_of_the_example_decide_nothing(name: str) -> None:
    net = behind(neurons(name, "subtract"))
    silent, loud = (snnmap.from_snntorch(net, torch.full((1, 6), value).double()) for value in (0.0, 9.0))
    assert silent.network.digest() == loud.network.digest()


@pytest.mark.parametrize("made", [lambda self: torch.zeros(1, 4), lambda self: self.lif.init_leaky()])
def test_a_state_that_every_step_makes_anew_is_no_memory(made) -> None:
    """Such a module forgets from step to step; it is refused, and left as it was: tracing keeps constants in it."""
    net = Forward(lambda self, x: handed(self, x, made(self))).eval()
    with pytest.raises(InputError, match=rf"or is made anew in every step {HERE}; hand over what forward took"):
        snnmap.from_snntorch(net, torch.zeros(1, 4))
    assert not [name for name in vars(net) if name.startswith("_tensor_constant")]
    assert net.lif.init_hidden


class Shared(Tutorial):
    def forward(self, x, mem):
        return self.lif2(self.fc2(self.lif1(self.fc1(x), mem)[0]), mem[:, :4])


class Same(Tutorial):
    def __init__(self):
        super().__init__()
        self.fc2 = nn.Linear(7, 7)
        self.lif2 = snn.Leaky(beta=0.5)

    def forward(self, x, mem):
        return self.lif2(self.fc2(self.lif1(self.fc1(x), mem)[0]), mem)


@pytest.mark.parametrize("kind", [Shared, Same])
def test_a_state_of_two_layers_is_refused(kind: type) -> None:
    with pytest.raises(InputError, match=rf"handed a state that is not its own, .* {HERE}"):
        snnmap.from_snntorch(kind().eval(), (torch.zeros(1, 9), torch.zeros(1, 7)))


def test_how_it_is_fed_gives_way_to_what_is_said() -> None:
    read = snnmap.from_snntorch(small(), torch.zeros(1, 4), steps=7, encode="rate")
    data = np.ones((2, 4), np.float32)
    own = snnmap.profile(read, snnmap.LoadOptions(data=data))
    assert (own.steps, own.provenance.stimulus["encode"]) == (7, "rate")
    said = snnmap.profile(read, snnmap.LoadOptions(data=data, steps=5, encode="current"))
    assert (said.steps, said.provenance.stimulus["encode"]) == (5, "current")


def test_without_torch_one_line_names_the_extra() -> None:
    code = "import sys; sys.modules['torch'] = None\nimport snnmap\n"
    code += "try:\n    snnmap.from_snntorch(1, 2)\nexcept snnmap.InputError as error:\n    print(error)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (
        done.stdout == "from_snntorch needs torch and snntorch, which are not installed: pip install 'snnmap[train]'\n"
    )
