"""Damaged and odd files of every kind that snnmap reads: an answer or one error of ours, never anything else.

Bounded and seeded; `SNNMAP_FUZZ=10000 pytest tests/test_fuzz.py` tries so many of every kind. HDF5 is read in a process
of its own per file, so of networks a tenth is tried.
"""

import gzip
import os
import random
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support import small_workload

import snnmap
from snnmap.core.errors import SnnmapError
from snnmap.formats.mapping import encode, load
from snnmap.formats.profile import load_profile, save_profile
from snnmap.frontend import load_network, load_workload
from snnmap.frontend.data.read import read_recording
from snnmap.hardware import load_hardware, load_technology
from snnmap.pipeline.compile import Compiled
from snnmap.pipeline.reopen import violations
from snnmap.study.claims import read_study

DATA = Path(__file__).parent / "data"
ROOT = Path(__file__).parents[1]
TRIES = int(os.environ.get("SNNMAP_FUZZ", "60"))
SLOW = {"nir", "lava"}
MODELS = ROOT / "hwmodels"
CONFIG = b'[compile]\nseed = 3\nhw = "pcm-mesh"\n\n[place]\nalgorithm = "anneal"\n'
ODD = ("-1", "0", "1e999", "nan", "inf", "9" * 40, "2.5", '"x"', "[]", "{}", "null", "true", "1979-05-27", "")

Specimen = tuple[str, bytes, Callable[[Path], object]]


def flipped(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def doubled(data: bytes, rng: random.Random) -> bytes:
    a, b = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:b] + data[a:]


def odd(data: bytes, rng: random.Random) -> bytes:
    """A number or text of a readable file replaced by something odd; other files are cut."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return cut(data, rng)
    values = list(re.finditer(r'-?\d[\d.e+-]*|"[^"\n]*"|true|false', text))
    if not values:
        return cut(data, rng)
    for chosen in sorted(rng.sample(values, min(rng.randint(1, 2), len(values))), key=lambda m: -m.start()):
        text = text[: chosen.start()] + rng.choice(ODD) + text[chosen.end() :]
    return text.encode()


WAYS = (flipped, cut, doubled, odd)


def specimens(compiled: Compiled, folder: Path) -> dict[str, Specimen]:
    """A good file of every kind, and what reads it."""
    profile = folder / "p.npz"
    save_profile(compiled.graph, profile)
    values = np.arange(60, dtype=np.float32).reshape(3, 4, 5) / 60
    np.save(folder / "d.npy", values)
    np.savez_compressed(folder / "d.npz", spikes=values, labels=np.arange(3))
    np.savez(folder / "e.npz", x=np.arange(9), y=np.arange(9), p=np.zeros(9, int), t_us=np.arange(9), offsets=[0, 4, 9])
    table = "".join(f"{t},{t % 5},{t % 4},1\n" for t in range(60))
    idx = bytes([0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 5]) + bytes(range(60))

    def judged(path: Path) -> None:
        mapping = load(path)
        snnmap.diff(mapping, mapping)
        snnmap.where(mapping, tile=0)
        snnmap.where(mapping, 0)
        violations(mapping, compiled.graph, compiled.hardware)

    def mapped(path: Path) -> None:
        graph = load_profile(path)
        snnmap.activity(graph)

    return {
        "mapping": ("m.json", encode(compiled.mapping), judged),
        "mapping, compressed": ("m.json.gz", gzip.compress(encode(compiled.mapping)), judged),
        "profile": ("p.npz", profile.read_bytes(), mapped),
        "nir": ("n.nir", (DATA / "two_lif_neurons.nir").read_bytes(), load_network),
        "lava": ("n.net", (DATA / "mnist_mlp_784_128_64_10.net").read_bytes(), load_network),
        "recipe": ("r.toml", small_workload.recipe().encode(), load_workload),
        "chip": ("c.toml", (MODELS / "chips/pcm-mesh.toml").read_bytes(), lambda p: load_hardware(str(p))),
        "technology": ("t.toml", (MODELS / "technologies/pcm-65.toml").read_bytes(), lambda p: load_technology(str(p))),
        "study": ("s.toml", (ROOT / "reports/papers/study.toml").read_bytes(), read_study),
        "config": ("o.toml", CONFIG, snnmap.read_config),
        "npy": ("d.npy", (folder / "d.npy").read_bytes(), read_recording),
        "npz": ("d.npz", (folder / "d.npz").read_bytes(), read_recording),
        "events": ("e.npz", (folder / "e.npz").read_bytes(), read_recording),
        "csv": ("d.csv", f"t,x,y,p\n{table}".encode(), read_recording),
        "idx": ("images-idx3-ubyte", idx, read_recording),
        "idx, compressed": ("images-idx3-ubyte.gz", gzip.compress(idx), read_recording),
        "n-mnist": ("d.bin", bytes(range(250)), read_recording),
    }


KINDS = (
    *("mapping", "mapping, compressed", "profile", "nir", "lava", "recipe", "chip", "technology", "study", "config"),
    *("npy", "npz", "events", "csv", "idx", "idx, compressed", "n-mnist"),
)


@pytest.fixture(scope="module")
def good(compiled: Compiled, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Specimen]:
    return specimens(compiled, tmp_path_factory.mktemp("good"))


def test_every_kind_has_a_specimen_that_is_read(good: dict[str, Specimen], tmp_path: Path) -> None:
    assert tuple(good) == KINDS
    for name, data, read in good.values():
        (tmp_path / name).write_bytes(data)
        read(tmp_path / name)


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_gives_an_answer_or_one_error(good: dict[str, Specimen], tmp_path: Path, kind: str) -> None:
    name, data, read = good[kind]
    said: list[str] = []
    for trial in range(TRIES // 10 if kind in SLOW else TRIES):
        rng = random.Random(f"{kind} {trial}")
        damaged = rng.choice(WAYS)(data, rng)
        folder = tmp_path / str(trial)
        folder.mkdir()
        (folder / name).write_bytes(damaged)
        try:
            read(folder / name)
        except SnnmapError as error:
            said.append(str(error))
        except Exception as error:
            kept = tmp_path / f"{trial}-{name}"
            kept.write_bytes(damaged)
            raise AssertionError(f"{kept}: {type(error).__name__}: {error}") from error
        shutil.rmtree(folder)
    assert said, "nothing was refused"
    assert [message for message in said if not message or "\n" in message] == []
