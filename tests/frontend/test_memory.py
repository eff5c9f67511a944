"""Networks and data in memory give what their files give; torch is neither needed nor imported."""

import subprocess
import sys
from pathlib import Path

import nir
import numpy as np
import pytest

import snnmap
from snnmap.core.errors import InputError
from snnmap.frontend import memory
from snnmap.frontend.data.read import array_of, recording_in_memory

CASES = Path(__file__).parents[1] / "data" / "cases"
NETWORK, DATA = CASES / "snntorch_leaky.nir", CASES / "snntorch_leaky_f32.npz"


class Tensor:
    """What is used of a tensor of torch: it has a gradient, lies on another device, and numpy takes only its copy."""

    def __init__(self, values, at="device"):
        self.values, self.at = values, at

    def detach(self):
        return Tensor(self.values, self.at + " detached")

    def cpu(self):
        return Tensor(self.values, "cpu" if self.at == "device detached" else "nowhere")

    def __array__(self, dtype=None, copy=None):
        if self.at != "cpu":
            raise TypeError(f"can't convert a tensor that is {self.at}")
        return np.asarray(self.values, dtype)


def spikes(graph):
    return graph.spikes.tolist(), graph.accuracy, graph.dynamics


def test_a_graph_and_arrays_give_what_their_files_give(tmp_path):
    stored = np.load(DATA)
    graph = nir.read(CASES / "j_if.nir")
    data = np.load(CASES / "j_if.npz")["data"]
    from_files = snnmap.profile(CASES / "j_if.nir", snnmap.LoadOptions(data=CASES / "j_if.npz"))
    for source in (graph, snnmap.from_nir(graph), snnmap.load_network(CASES / "j_if.nir")):
        assert spikes(snnmap.profile(source, data=data)) == spikes(from_files)
    assert spikes(snnmap.profile(graph, snnmap.LoadOptions(data=Tensor(data)))) == spikes(from_files)
    turned = snnmap.profile(graph, data=Tensor(data.swapaxes(0, 1)), layout="TBCHW")
    assert spikes(turned) == spikes(from_files)
    labelled = snnmap.profile(NETWORK, data=stored["data"], labels=Tensor(stored["labels"]))
    assert labelled.accuracy == 0.9
    assert snnmap.profile(NETWORK, data=dict(stored)).accuracy == 0.9
    assert labelled.provenance.files["data"] != turned.provenance.files["data"]


def test_tensors_inside_a_graph_are_read(tmp_path):
    graph = nir.read(CASES / "j_if.nir")
    expected = snnmap.from_nir(graph)
    tree = graph.to_dict()
    for node in tree["nodes"].values():
        for key in ("weight", "r", "v_threshold"):
            if key in node:
                node[key] = Tensor(node[key])
    graph.to_dict = lambda: tree
    again = snnmap.from_nir(graph)
    assert again.digest == expected.digest == expected.network.digest()
    assert again.hints == expected.hints


def test_compile_takes_them_and_verifies_from_a_saved_profile(tmp_path):
    graph, data = nir.read(CASES / "j_if.nir"), np.load(CASES / "j_if.npz")["data"][:2]
    options = snnmap.CompileOptions(settings=(("place", "sequential"),))
    compiled = snnmap.compile(graph, options, data=data, layout="BTCHW")
    assert compiled.mapping.workload.name == "network"
    snnmap.save(compiled.mapping, tmp_path / "m.json")
    snnmap.save_profile(compiled.graph, tmp_path / "p.npz")
    assert snnmap.verify_file(tmp_path / "m.json", workload=str(tmp_path / "p.npz")) == []
    with pytest.raises(InputError, match="names no workload file; say where it is with --workload"):
        snnmap.verify_file(tmp_path / "m.json")
    for source in (compiled.graph, tmp_path / "p.npz"):
        with pytest.raises(InputError, match="--layout would change nothing"):
            snnmap.compile(source, options, layout="BTF")
    with pytest.raises(InputError, match="'dta' is no argument of compile; did you mean"):
        snnmap.compile(graph, options, dta=data)
    for source in (tmp_path / "p.npz", graph, snnmap.from_nir(graph)):
        assert snnmap.check(source)["neurons"] == compiled.graph.network.neurons
    assert snnmap.inspect(graph)["neurons"] == compiled.graph.network.neurons


@pytest.mark.parametrize(
    ("source", "given", "message"),
    [
        (3, {}, "a int is no workload; give a name, a file, an nir.NIRGraph or a torch module"),
        (None, {}, "network: brings no input data"),
        (None, {"data": [[1, 2], [3]]}, "cannot be made an array"),
        (None, {"data": [object()]}, "are not numbers"),
        (None, {"data": np.ones((2, 3, 4))}, "the data: a sample of the data has shape"),
        (None, {"data": DATA, "labels": np.ones(3)}, "labels are in memory, and so must the data be"),
        (None, {"data": np.ones((2, 3)), "labels": "l.npy"}, "data are in memory, and so must the labels be"),
    ],
)
def test_what_cannot_be_used_is_refused(source, given, message):
    source = nir.read(CASES / "j_if.nir") if source is None else source
    with pytest.raises(InputError, match=message):
        snnmap.profile(source, **given)


def test_what_is_no_graph_is_refused():
    with pytest.raises(InputError, match="a str is no NIR graph"):
        snnmap.from_nir("network.nir")


def module(package):
    """A module whose only part is a class of a package."""
    part = type("Leaky", (), {"__module__": f"{package}.neurons"})()
    return type("Net", (), {"modules": lambda _: iter([part]), "state_dict": lambda _: {}})()


def test_a_module_is_exported_by_its_program_in_its_dialect(monkeypatch):
    seen = {}

    def export(net, sample):
        seen["sample"] = sample
        return nir.read(CASES / "j_if.nir")

    monkeypatch.setitem(memory.EXPORTERS, "spikingjelly", export)
    monkeypatch.setitem(sys.modules, "torch", type("torch", (), {"as_tensor": staticmethod(lambda a: a)}))
    data = np.load(CASES / "j_if.npz")["data"]
    graph = snnmap.profile(module("spikingjelly"), data=data)
    assert spikes(graph) == spikes(snnmap.profile(CASES / "j_if.nir", data=data))
    assert any("the dialect of SpikingJelly, as stated" in line for line in graph.remarks.assumed)
    assert seen["sample"].shape == (1, 2, 8, 8)
    assert snnmap.profile(module("spikingjelly"), data=data, layout="BTCHW").spikes.tolist() == graph.spikes.tolist()
    monkeypatch.setitem(memory.EXPORTERS, "sinabs", export)
    snnmap.profile(module("sinabs"), data=data)
    assert seen["sample"].shape == (1, 20, 2, 8, 8)


def test_modules_that_cannot_be_exported_are_refused(monkeypatch):
    with pytest.raises(InputError, match="a Net of none of snntorch, sinabs, spikingjelly, norse: export it"):
        snnmap.profile(module("other"), data=np.ones((1, 2, 3)))
    with pytest.raises(InputError, match="a Net needs data"):
        snnmap.profile(module("norse"))

    def fails(net, sample):
        raise RuntimeError("soft reset")

    monkeypatch.setitem(memory.EXPORTERS, "norse", fails)
    monkeypatch.setitem(sys.modules, "torch", type("torch", (), {"as_tensor": staticmethod(lambda a: a)}))
    with pytest.raises(InputError, match=r"norse cannot export this Net to NIR \(soft reset\)"):
        snnmap.profile(module("norse"), data=np.ones((1, 2, 3)))
    with pytest.raises(InputError, match="needs an array of samples as data, not events"):
        snnmap.profile(module("norse"), data={"t": np.ones(2), "i": np.ones(2, int)})


def test_torch_is_not_imported():
    code = "import sys, snnmap, snnmap.frontend.memory; print(sorted({'torch', 'nir'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_arrays_and_recordings():
    assert array_of([[1, 2], [3, 4]]).shape == (2, 2)
    assert array_of(Tensor([1.0])).tolist() == [1.0]
    events = np.array([(1, 2, 30, 1)], [("x", "i2"), ("y", "i2"), ("t", "i8"), ("p", "?")])
    assert recording_in_memory(events, None, None).data.samples == 1


def test_a_network_keeps_the_dialect_that_it_was_read_in():
    graph, data = nir.read(CASES / "s_iaf.nir"), np.load(CASES / "s_iaf.npz")["data"][:1]
    stated = snnmap.profile(snnmap.from_nir(graph, dialect="norse"), data=data)
    assert (stated.dynamics.comparison, stated.dynamics.multispike) == (">", False)
    assert any("the dialect of Norse, as stated" in line for line in stated.remarks.assumed)
    assert stated.provenance.options["dialect"] == "norse"
    other = snnmap.profile(snnmap.from_nir(graph, dialect="sinabs"), snnmap.LoadOptions(reset="value"), data=data)
    assert (other.dynamics.comparison, other.dynamics.reset) == (">=", "value")  # as stated, not as guessed
    with pytest.raises(InputError, match="was not read in the dialect sinabs"):
        snnmap.profile(snnmap.from_nir(graph), snnmap.LoadOptions(dialect="sinabs"), data=data)
