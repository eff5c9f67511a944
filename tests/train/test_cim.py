"""Training on the crossbar: which cells are written when, how noisily, and what converters do, by independent loops."""

import itertools
import math
import re

import numpy as np
import pytest
from support import training

torch = pytest.importorskip("torch")

import snnmap  # noqa: E402
from snnmap.core.errors import InputError  # noqa: E402
from snnmap.frontend.writes import load_writes  # noqa: E402
from snnmap.ir.integers import foreign  # noqa: E402
from snnmap.train import cim, crossbar  # noqa: E402
from snnmap.train.recipe import read_recipe  # noqa: E402

CELLS = "levels = 8\nadc_bits = 8\ndac_bits = 8\nwrite_noise = 0.3\n"


def method(update="gated", more="", cells=CELLS):
    return f'[method]\nname = "cim"\nupdate = "{update}"\n{cells}{more}gradient = "fast-sigmoid"\nslope = 2.0\n'


def recipe(folder, name="small", **given):
    return training.recipe(folder, name, method=method(**given))


def trained(folder, path, name="net", **options):
    images, labels = training.samples()
    wanted = snnmap.TrainOptions(data=images, labels=labels, trace=folder / f"{name}.writes.npz", **options)
    return snnmap.train_network(path, folder / f"{name}.npz", wanted)


@pytest.fixture
def watched(monkeypatch):
    """Latent weights before every call that writes cells, and all cells after it: lists, a call each."""
    seen = []
    begun, write = cim.Cim.cells, cim.Cim.write

    def copied(tensors):
        return {name: tensor.detach().numpy().copy() for name, tensor in tensors.items()}

    def first(self, tensors, seed):
        made = begun(self, tensors, seed)
        seen.append((copied(tensors), copied(made)))
        return made

    def later(self, tensors, cells, seed, iteration):
        latent = copied(tensors)
        write(self, tensors, cells, seed, iteration)
        seen.append((latent, copied(cells)))

    monkeypatch.setattr(cim.Cim, "cells", first)
    monkeypatch.setattr(cim.Cim, "write", later)
    return seen


def cells_of(whole, pairs, states):
    """Steps of the cells of a weight, by the definition of the encoding."""
    if pairs:
        return [max(whole, 0), max(-whole, 0)]
    return [(whole + states - 1) // 2 if states % 2 == 0 else whole + (states - 1) // 2]


@pytest.mark.parametrize(("encoding", "states"), [("pair_columns", 8), ("offset_column", 15), ("offset_column", 16)])
@pytest.mark.parametrize("update", ["gated", "direct"])
def test_cells_are_written_when_the_change_has_passed_a_step(tmp_path, watched, update, encoding, states):
    """Every write of every cell, counted by a loop over weights that knows the latent weights alone."""
    cells = CELLS.replace("levels = 8", f'levels = {states}\nencoding = "{encoding}"')
    made = trained(tmp_path, recipe(tmp_path, update=update, cells=cells))
    pairs = encoding != "offset_column"
    most = states - 1 if pairs or states % 2 == 0 else states // 2
    step = 2 if not pairs and states % 2 == 0 else 1
    for k, (name, fan_in) in enumerate((("conv1", 9), ("dense2", 36))):
        unit = 3.0 / math.sqrt(fan_in) / most
        latents = [latent[f"weight{k}"].reshape(-1) / np.float32(unit) for latent, _ in watched]
        counts = []
        for device in range(latents[0].size):
            whole = round(float(latents[0][device]))
            now, count = cells_of(whole, pairs, states), [1] * (2 if pairs else 1)
            before = float(latents[0][device])
            for latent in latents[1:]:
                wanted = min(max(float(latent[device]), -most), most)
                change = (wanted - whole) / step
                target = whole + step * (math.trunc(change) if update == "gated" else round(change))
                then = cells_of(target, pairs, states)
                for c in range(len(then)):
                    bears = not pairs or (c == 0) == (target >= 0)
                    count[c] += then[c] != now[c] or (update == "direct" and bears and wanted != before)
                now, whole, before = then, target, wanted
            counts.append(count)
            np.testing.assert_array_equal(watched[-1][1][f"goal{k}"].reshape(len(now), -1)[:, device], now)
        counted = np.array(counts).T.reshape(made.writes.layers[name].shape)
        np.testing.assert_array_equal(made.writes.layers[name], counted)
        np.testing.assert_array_equal(watched[-1][1][f"writes{k}"], counted)
    told = load_writes(tmp_path / "net.writes.npz")
    np.testing.assert_array_equal(told.every, made.writes.every)
    assert (told.recipe, told.seed, told.batches) == (read_recipe(tmp_path / "small.toml").digest, 0, 30)
    moved = int(made.writes.every.sum() - made.writes.every.size)
    assert moved > (20 * made.writes.every.size / 2 if update == "direct" else 10)


def test_a_write_lands_beside_its_goal_and_stays(tmp_path, watched):
    """Errors are normal, of 30 % of a step, drawn anew by a write and by nothing else."""
    trained(tmp_path, recipe(tmp_path), epochs=8)
    errors = []
    for (_, old), (_, new) in itertools.pairwise(watched):
        for k in range(2):
            same = new[f"writes{k}"] == old[f"writes{k}"]
            np.testing.assert_array_equal(new[f"held{k}"][same], old[f"held{k}"][same])
            np.testing.assert_array_equal(new[f"goal{k}"][same], old[f"goal{k}"][same])
            high = ~same & (new[f"goal{k}"] >= 2)
            errors.append((new[f"held{k}"] - new[f"goal{k}"])[high])
            assert new[f"held{k}"].min() >= 0.0
    for k in range(2):
        high = watched[0][1][f"goal{k}"] >= 2
        errors.append((watched[0][1][f"held{k}"] - watched[0][1][f"goal{k}"])[high])
    drawn = np.concatenate(errors)
    assert len(drawn) > 150
    assert len(np.unique(drawn)) == len(drawn)
    assert abs(drawn.mean()) < 4 * 0.3 / math.sqrt(len(drawn))
    assert drawn.std() == pytest.approx(0.3, rel=4 / math.sqrt(2 * len(drawn)))


def test_the_stochastic_rule_writes_in_proportion_to_the_change_and_forgets_the_rest(tmp_path):
    read = read_recipe(recipe(tmp_path, update="stochastic")).method
    latent = torch.zeros(200, 100)
    unit = 3.0 / math.sqrt(100) / 7
    tensors = {"weight0": latent}
    cells = read.cells(tensors, 1)
    for change, iteration in ((0.3, 0), (-0.05, 1), (1.4, 2)):
        latent.zero_()
        cells["goal0"].zero_()
        latent += change * unit
        read.write(tensors, cells, 1, iteration)
        whole = (latent / unit).round()
        np.testing.assert_allclose(latent.numpy(), (whole * unit).numpy(), rtol=1e-6)
        np.testing.assert_array_equal((cells["goal0"][0] - cells["goal0"][1]).numpy(), whole.numpy())
        sizes = {0.3: {0.0, 1.0}, -0.05: {0.0, -1.0}, 1.4: {1.0, 2.0}}[change]
        assert {float(value) for value in whole.unique()} == sizes
        assert float(whole.mean()) == pytest.approx(change, abs=4 * 0.5 / math.sqrt(20_000))


def test_rows_are_driven_and_sums_digitised_in_steps():
    """By hand: 2 bits drive 3 steps up to the largest; 3 bits of a converter have the codes -3 to 3."""
    given = torch.tensor([0.0, 0.1, 0.26, -0.6, 0.9])
    assert crossbar.driven(given, 2).tolist() == pytest.approx([0.0, 0.0, 0.3, -0.6, 0.9])
    assert crossbar.driven(given, 1) is given
    assert crossbar.driven(torch.zeros(3), 8).tolist() == [0.0] * 3
    sums = torch.tensor([-9.0, -2.6, -0.9, 0.4, 1.6, 6.0])
    assert crossbar.digitised(sums, 3, torch.tensor([6.0])).tolist() == pytest.approx([-6, -2, 0, 0, 2, 6])


class Layer:
    """What `crossbar` asks of a layer."""

    def __init__(self, kind):
        self.kind, self.stride, self.padding = kind, (2, 2), (1, 1)


def reference(kind, x, w):
    """Sums of a layer, by torch."""
    if kind == "conv":
        return torch.nn.functional.conv2d(x, w, stride=2, padding=1)
    return x.flatten(1) @ w.T


SHAPES = {"conv": ((6, 2, 5, 5), (3, 2, 3, 3)), "dense": ((6, 2, 5, 5), (4, 50))}


@pytest.mark.parametrize("kind", SHAPES)
def test_products_are_those_of_what_cells_hold_through_converters(kind):
    """Forward with `held`, errors back through `held`, the weights' gradient digital; converters as steps say."""
    rng = np.random.default_rng(3)
    x, w = (torch.tensor(rng.normal(size=shape), dtype=torch.float32, requires_grad=True) for shape in SHAPES[kind])
    held = torch.tensor(rng.normal(size=SHAPES[kind][1]), dtype=torch.float32)
    product, peak = crossbar.product(), torch.zeros(1)
    exact = reference(kind, x, held).detach()
    arriving = torch.tensor(rng.normal(size=exact.shape), dtype=torch.float32)
    for bits, near in ((24, 1e-5), (5, None)):
        peak.zero_()
        found = product(x, w, held, Layer(kind), crossbar.Converters(bits, bits, 0.0), peak, np.random.default_rng(0))
        back = torch.autograd.grad(found, (x, w), arriving)
        if near is not None:
            expected = torch.autograd.grad(reference(kind, x, held), x, arriving)[0]
            of_w = torch.autograd.grad(reference(kind, x, w), w, arriving)[0]
            for one, other in ((found, exact), (back[0], expected), (back[1], of_w)):
                assert (one - other).abs().max() < near * other.abs().max()
            assert float(peak) == pytest.approx(float(exact.abs().max()))
            continue
        step = float(x.detach().abs().max()) / 31
        given = torch.round(x.detach() / step) * step
        sums = reference(kind, given, held)
        code = float(sums.abs().max()) / 15
        np.testing.assert_allclose(found.detach(), torch.round(sums / code) * code, atol=1e-5)
        assert len(found.unique()) <= 31
        assert len(back[0].unique()) <= 31
        given.requires_grad_(True)
        step = float(arriving.abs().max()) / 31
        error = torch.round(arriving / step) * step
        rows = torch.autograd.grad(reference(kind, given, held), given, error)[0]
        assert (back[0] - rows).abs().max() <= rows.abs().max() / 15 * 0.51


def test_sums_beyond_the_range_are_cut_and_hand_no_error_back():
    x = torch.tensor([[1.0], [3.0]], requires_grad=True)
    w = held = torch.ones((1, 1), requires_grad=True)
    peak = torch.tensor([2.0])
    found = crossbar.product()(
        x, w, held.detach(), Layer("dense"), crossbar.Converters(8, 1, 0.0), peak, np.random.default_rng(0)
    )
    assert found.flatten().tolist() == pytest.approx([1.0, 2.0], abs=0.01)
    assert float(peak) == pytest.approx(0.9 * 2.0 + 0.1 * 3.0)
    assert torch.autograd.grad(found.sum(), w)[0].tolist() == [[1.0]]


@pytest.mark.parametrize("kind", SHAPES)
def test_reads_are_as_noisy_as_what_is_driven(kind):
    rng = np.random.default_rng(3)
    x = torch.ones((400, *SHAPES[kind][0][1:]), requires_grad=True)
    held = torch.tensor(rng.normal(size=SHAPES[kind][1]), dtype=torch.float32)
    found = crossbar.product()(
        x, held.clone().requires_grad_(True), held, Layer(kind), crossbar.Converters(24, 1, 0.2), torch.full((1,), 1e3),
        np.random.default_rng(0),
    )  # fmt: skip
    noise = (found - reference(kind, x, held)).detach()
    middle = noise[:, :, 1, 1] if kind == "conv" else noise
    assert float(middle.std()) == pytest.approx(0.2 * math.sqrt(18 if kind == "conv" else 50), rel=0.06)
    ones = torch.ones_like(found)
    back = torch.autograd.grad(found, x, ones)[0] - torch.autograd.grad(reference(kind, x, held), x, ones)[0]
    driven = reference(kind, torch.zeros_like(x), held).shape[1]  # of a row: that many columns, kernels aside
    part = back[:, :, 1, 1] if kind == "conv" else back
    times = (
        3 if kind == "conv" else driven
    )  # stride 2 and padding 1: the pixel (1, 1) is heard from the 4 windows' sides
    assert float(part.std()) == pytest.approx(0.2 * math.sqrt(4 * times if kind == "conv" else times), rel=0.06)


def test_the_network_is_the_goals_and_is_what_was_seen(tmp_path):
    """Held out is the network that is written, run by snnmap: integers, ideal products."""
    images, labels = training.samples()
    path = recipe(tmp_path, more="read_noise = 0.1\n")
    wanted = snnmap.TrainOptions(data=images, labels=labels, epochs=12)
    made = snnmap.train_network(path, tmp_path / "net.npz", wanted)
    assert made.epochs[-1].held_out > 0.9
    network = made.read.network
    heard = ~network.is_bias()[np.repeat(np.arange(network.sources), np.diff(network.indptr))]
    assert not np.any(foreign(network.integers()[heard], 15))
    graph = snnmap.profile(tmp_path / "net.npz", data=images[200:], labels=labels[200:])
    assert graph.accuracy == made.epochs[-1].held_out


@pytest.mark.parametrize("update", cim.UPDATES)
def test_a_stopped_training_goes_on_to_the_same_bytes(tmp_path, update):
    path = recipe(tmp_path, update=update, more="read_noise = 0.1\n")
    trained(tmp_path, path)
    for count in (1, 5, 13, 99):

        def stop(*_, done=[], count=count):  # noqa: B006  counts its calls
            done.append(1)
            if len(done) == count:
                raise KeyboardInterrupt

        images, labels = training.samples()
        trace = tmp_path / "again.writes.npz"
        wanted = snnmap.TrainOptions(data=images, labels=labels, resume=True, checkpoint_every=0.0, trace=trace)
        try:
            snnmap.train_network(path, tmp_path / "again.npz", wanted, progress=stop)
        except KeyboardInterrupt:
            assert not trace.exists()
    for name in ("npz", "writes.npz"):
        assert (tmp_path / f"again.{name}").read_bytes() == (tmp_path / f"net.{name}").read_bytes()


def test_numbers_come_from_the_hardware_that_the_recipe_names(tmp_path):
    """States and converters of the chip; noise of its cells, in steps, from the published polynomials."""
    read = read_recipe(recipe(tmp_path, cells='hardware = "pcm-pair-columns"\n')).method
    chip = snnmap.load_hardware("pcm-pair-columns")
    assert (read.halves, read.states, read.levels) == (2, 8, 15)
    assert (read.converters.adc_bits, read.converters.dac_bits) == (8, 1)
    g = np.linspace(0.1, 25.0, 8)
    published = 0.26348 + 1.9650 * (g / 25) - 1.1731 * (g / 25) ** 2
    left = 0.2 * 0.6 ** (chip["program_pulses"] - 1) * 25
    step = 24.9 / 7
    assert read.write_noise == pytest.approx(np.sqrt(np.mean(published**2 + left**2)) / step, rel=1e-6)
    q = np.minimum(0.0088 / (g / 25) ** 0.65, 0.2)
    sd = g * q * np.sqrt(np.log((20.0 + 250e-9) / 500e-9))
    assert read.converters.read_noise == pytest.approx(np.sqrt(2 * np.mean(sd**2)) / step, rel=1e-6)
    other = read_recipe(
        recipe(tmp_path, cells='hardware = "pcm-offset-column"\nwrite_noise = 0.1\nadc_bits = 6\n')
    ).method
    assert (other.halves, other.levels, other.write_noise, other.converters.adc_bits) == (1, 15, 0.1, 6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"levels = 8\n": ""}, r"method\.levels: say how many states a cell has, or name a hardware"),
        ({"levels = 8": "levels = 200"}, r"method\.levels: a pair of 200 states has 399 weights; at most 256"),
        ({"levels = 8": "levels = 1"}, r"method\.levels: must be an integer of at least 2"),
        ({"adc_bits = 8\n": ""}, r"method\.adc_bits: this key is missing"),
        ({"adc_bits = 8": "adc_bits = 0"}, r"method\.adc_bits: must be an integer of at least 1"),
        ({"write_noise = 0.3\n": ""}, r"method\.write_noise: this key is missing"),
        ({"write_noise = 0.3": "write_noise = -0.1"}, r"method\.write_noise: must not be negative, but is -0\.1 steps"),
        ({"write_noise": "wriet_noise"}, r"method\.write_noise: this key is missing"),
        ({'update = "gated"': 'update = "gate"'}, r"method\.update: 'gate' is not one of gated, stochastic, direct"),
        ({"levels = 8": 'hardware = "pcm-mesh-63"'}, r"no chip .*pcm-mesh-63|pcm-mesh-64"),
        ({"levels = 8": 'levels = 8\nencoding = "pair"'}, r"method\.encoding: 'pair' is not one of pair_arrays"),
        ({"levels = 8": "levels = 8\nreach = 0"}, r"method\.reach: must be a few standard deviations"),
        ({"levels = 8": "levels = 8\nbits = 4"}, r"method\.bits: this key is not known here"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, change, said):
    path = recipe(tmp_path)
    for old, new in change.items():
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))
    with pytest.raises(InputError, match=said) as caught:
        read_recipe(path)
    assert "\n" not in str(caught.value)


def test_sliced_weights_are_refused(tmp_path):
    (tmp_path / "sliced.toml").write_text(
        'name = "sliced"\nextends = "pcm-mesh"\ndescription = "two digits"\n[weights]\nlevels = 4\nslices = 2\n'
    )
    cells = f'hardware = "{tmp_path / "sliced.toml"}"\n'
    with pytest.raises(InputError, match=r"method\.hardware: .* spreads a weight over 2 cells of a sign"):
        read_recipe(recipe(tmp_path, cells=cells))


def test_a_trace_needs_a_method_that_writes_cells(tmp_path):
    images, labels = training.samples()
    wanted = snnmap.TrainOptions(data=images, labels=labels, trace=tmp_path / "w.npz")
    with pytest.raises(InputError, match=r"quantised writes no cells while it trains; leave --trace out, or use cim"):
        snnmap.train_network(training.recipe(tmp_path), tmp_path / "net.npz", wanted)
    for place in ("net.npz", "net.checkpoint.npz"):
        other = snnmap.TrainOptions(data=images, labels=labels, trace=tmp_path / place)
        with pytest.raises(InputError, match=re.escape(f"{place}: the trace would replace")):
            snnmap.train_network(recipe(tmp_path, "cim"), tmp_path / "net.npz", other)
    assert not list(tmp_path.glob("*.npz"))


def test_a_checkpoint_of_another_hardware_file_is_refused(tmp_path):
    def stop(*_):
        raise KeyboardInterrupt

    def chip(levels):
        (tmp_path / "mine.toml").write_text(
            f'name = "mine"\nextends = "pcm-mesh"\ndescription = "mine"\n[weights]\nlevels = {levels}\n'
        )

    chip(8)
    path = recipe(tmp_path, cells=f'hardware = "{tmp_path / "mine.toml"}"\n')
    images, labels = training.samples()
    wanted = snnmap.TrainOptions(data=images, labels=labels, checkpoint_every=0.0, resume=True)
    with pytest.raises(KeyboardInterrupt):
        snnmap.train_network(path, tmp_path / "net.npz", wanted, tell=stop)
    chip(9)
    with pytest.raises(InputError, match="is of another method: a file that the recipe names has changed"):
        snnmap.train_network(path, tmp_path / "net.npz", wanted)
