"""A good file of every kind that snnmap reads, and what reads it, as far as a user would go with it."""

import gzip
import io
from dataclasses import dataclass
from pathlib import Path

import h5py
import nir
import numpy as np
from support import small_workload

import snnmap
from snnmap.formats.mapping import load
from snnmap.formats.profile import load_profile
from snnmap.hardware import load_hardware, load_technology
from snnmap.pipeline.reopen import violations
from snnmap.study.asked import read_study

ROOT = Path(__file__).parents[3]
CASES = ROOT / "tests" / "data" / "cases"
MODELS = ROOT / "hwmodels"
CONFIG = b'[compile]\nseed = 3\nhw = "pcm-mesh"\n\n[place]\nalgorithm = "anneal"\n'
RECORD = bytes(byte for t in range(60) for byte in (t % 50, 0, t % 30))
"""60 samples of two channels in WFDB's format 212."""
HEADER = "100 2 360 60\n" + "".join(
    f"100.dat 212 200 11 1024 0 {sum(t % period for t in range(60))} 0 {lead}\n"
    for period, lead in ((50, "I"), (30, "V"))
)
SDF3 = """<?xml version="1.0"?><sdf3 type="csdf" version="1.0"><applicationGraph name="g"><csdf name="g" type="g">
<actor name="a" type="a"><port name="o" type="out" rate="18*0,3*1"/></actor>
<actor name="b" type="b"><port name="i" type="in" rate="1,2"/></actor>
<channel name="c" srcActor="a" srcPort="o" dstActor="b" dstPort="i" initialTokens="2"/></csdf><csdfProperties>
<actorProperties actor="a"><processor type="p" default="true"><executionTime time="7"/></processor></actorProperties>
<actorProperties actor="b"><processor type="p" default="true"><executionTime time="2,3"/></processor></actorProperties>
</csdfProperties></applicationGraph></sdf3>"""
STEPS = 30
SLOW = ("nir", "lava", "shd", "nir data")
"""HDF5 is read in a process of its own, 0.3 s each time."""


@dataclass(frozen=True)
class Specimen:
    name: str
    """Of the file."""
    data: bytes
    read: object
    """Called with the path."""
    beside: tuple = ()
    """Names and contents of good files beside it."""


def fed(shape, **options):
    """Reads data as the input of a network of that input shape, and runs it."""

    def read(path):
        recipe = path.with_name("net.toml")
        recipe.write_text(small_workload.recipe().replace("shape = [4, 5]", f"shape = {list(shape)}"))
        snnmap.profile(recipe, snnmap.LoadOptions(data=path, **{"steps": STEPS, "samples": 2} | options))

    return read


def run_nir(path):
    snnmap.inspect(path)
    snnmap.check(path)
    snnmap.profile(path, snnmap.LoadOptions(data=CASES / "j_if.npz", samples=1, steps=5))


def profiled(path):
    snnmap.activity(load_profile(path))
    snnmap.check(path)


def run_network(path):
    snnmap.inspect(path)
    snnmap.check(path)
    spikes = np.arange(2 * 5 * 20).reshape(2, 5, 20) % 3 == 0
    snnmap.profile(path, snnmap.LoadOptions(dt=1e-3), data=spikes.astype(np.uint8), layout="BTF")


def integers(folder):
    snnmap.save_network(snnmap.quantise(small_workload.network(), "mse", 15).network, folder / "n.npz")
    return (folder / "n.npz").read_bytes()


def compiled(path, chip):
    graph = snnmap.profile(path, snnmap.LoadOptions(samples=1, steps=5))
    snnmap.check(path, hardware=str(chip))
    snnmap.activity(graph)


def labelled(path):
    fed((4, 5), labels=path)(path.with_name("d.npz"))


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def shd():
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, dtype in (("times", np.float16), ("units", np.uint16)):
            stored = file.create_dataset(f"spikes/{name}", (3,), dtype=h5py.vlen_dtype(dtype))
            for k in range(3):
                stored[k] = np.arange(k, k + 5).astype(dtype) * (dtype(0.01) if name == "times" else 1)
        file["labels"] = np.array([0, 1, 2], np.uint16)
        file["extra/keys"] = np.array([b"zero", b"one"])
    return buffer.getvalue()


def nir_data(folder):
    observed = {"spikes": nir.TimeGriddedData(np.eye(20, dtype=bool)[None].repeat(2, 0), 1e-3)}
    nir.write_data(folder / "data.nir", nir.NIRGraphData({"input": nir.NIRNodeData(observed)}))
    return (folder / "data.nir").read_bytes()


def of_files(folder):
    """Kinds whose good files `folder` holds: m.json, p.npz and small.toml of one compilation."""
    mapping, saved, chip = ((folder / name).read_bytes() for name in ("m.json", "p.npz", "small.toml"))
    graph, hardware = load_profile(folder / "p.npz"), load_hardware(str(folder / "small.toml"))

    def judged(path):
        found = load(path)
        snnmap.diff(found, found)
        snnmap.where(found, tile=0)
        snnmap.where(found, 0)
        violations(found, graph, hardware)

    def built(path):
        snnmap.check(folder / "p.npz", hardware=str(path))

    def packaged(path):
        load_hardware("pcm-mesh", package=str(path))

    technology, package = MODELS / "technologies/pcm-65.toml", MODELS / "packages/edge-passive.toml"
    study = ROOT / "reports/papers/study.toml"
    return {
        "mapping": Specimen("m.json", mapping, judged),
        "mapping, compressed": Specimen("m.json.gz", gzip.compress(mapping), judged),
        "profile": Specimen("p.npz", saved, profiled),
        "small chip": Specimen("c.toml", chip, built),
        "chip": Specimen("c.toml", (MODELS / "chips/pcm-mesh.toml").read_bytes(), built),
        "technology": Specimen("t.toml", technology.read_bytes(), lambda p: load_technology(str(p))),
        "package": Specimen("k.toml", package.read_bytes(), packaged),
        "study": Specimen("s.toml", study.read_bytes(), read_study),
        "config": Specimen("o.toml", CONFIG, snnmap.read_config),
        "sdf3": Specimen("g.xml", SDF3.encode(), snnmap.read_sdf3),
    }


def of_networks(folder):
    lava = ROOT / "tests/data/mnist_mlp_784_128_64_10.net"
    edges = b"pre,post,weight\n" + b"".join(b"%d,%d,0.5\n" % (i, 5 + i % 3) for i in range(5))
    spikes = b"neuron,t_ms\n" + b"".join(b"%d,%d\n" % (i % 8, 1 + i) for i in range(20))
    recorded = npz(pre=[0, 1, 2], post=[3, 4, 4], spike_ids=[0, 1, 3, 4], t_ms=[1.0, 2.0, 3.0, 4.0], dt=1e-3)
    chip = folder / "small.toml"
    return {
        "nir": Specimen("n.nir", (CASES / "j_if.nir").read_bytes(), run_nir),
        "lava": Specimen("n.net", lava.read_bytes(), snnmap.check),
        "recipe": Specimen("r.toml", small_workload.recipe().encode(), lambda p: compiled(p, chip)),
        "network": Specimen("n.npz", integers(folder), run_network),
        "activity": Specimen("a.npz", recorded, snnmap.profile),
        "edges": Specimen("edges.csv", edges, snnmap.profile, (("spikes.csv", spikes),)),
        "spikes": Specimen("spikes.csv", spikes, lambda p: snnmap.profile(p.parent), (("edges.csv", edges),)),
    }


def of_data(folder):
    values = np.arange(3 * 30 * 20).reshape(3, 30, 4, 5) % 7 == 0
    k = np.arange(9)
    table = "".join(f"{t},{t % 5},{t % 4},1\n" for t in range(60))
    idx = bytes([0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5]) + bytes(range(60))
    structured = np.array([(t, t % 5, t % 4) for t in range(40)], [("t", "i8"), ("x", "i2"), ("y", "i2")])
    dense = npz(spikes=values, labels=[0, 1, 2])
    ecg = fed((2,), window=0.05, encode="current", samples=1, steps=10)
    header = HEADER.encode()
    return {
        "npy": Specimen("d.npy", npy(values.astype(np.float32)), fed((4, 5))),
        "npz": Specimen("d.npz", dense, fed((4, 5))),
        "events": Specimen(
            "e.npz", npz(x=k % 5, y=k % 4, t_us=k * 1000, offsets=[0, 4, 9], labels=[0, 2]), fed((4, 5))
        ),
        "structured": Specimen("s.npy", npy(structured), fed((4, 5), samples=1)),
        "csv": Specimen("d.csv", f"t,x,y,p\n{table}".encode(), fed((2, 4, 5), samples=1)),
        "tsv": Specimen("d.tsv", f"t,x,y,p\n{table}".replace(",", "\t").encode(), fed((2, 4, 5), samples=1)),
        "idx": Specimen("images-idx3-ubyte", idx, fed((4, 5))),
        "idx, compressed": Specimen("images-idx3-ubyte.gz", gzip.compress(idx), fed((4, 5))),
        "n-mnist": Specimen("d.bin", bytes(b % 34 for b in range(250)), fed((2, 34, 34), samples=1)),
        "shd": Specimen("d.h5", shd(), fed((700,))),
        "nir data": Specimen("d.nir", nir_data(folder), fed((20,), steps=20)),
        "labels": Specimen("l.txt", b"0\n1\n2\n", labelled, (("d.npz", npz(spikes=values)),)),
        "ecg header": Specimen("100.hea", header, ecg, (("100.dat", RECORD),)),
        "ecg": Specimen("100.dat", RECORD, ecg, (("100.hea", header),)),
    }


def specimens(folder):
    return {**of_files(folder), **of_networks(folder), **of_data(folder)}
