"""The phases command, and what verify and simulate make of its file."""

import json
from pathlib import Path

import numpy as np
from support import small_workload

import snnmap


def test_from_the_shell_to_a_file_and_back(tmp_path: Path, run):
    file = tmp_path / "phases.json"
    asked = ["phases", "mnist-mlp", "--tiles", "2x2", "--samples", "2"]
    code, out, _ = run(*asked, "-o", file)
    assert code == 0
    assert "fits in" in out
    assert "phases of 4 tiles" in out
    assert f"legal; wrote {file}" in out
    assert run("verify", file, "--replay", "-q")[:2] == (0, "legal\n")
    assert "a frame, promised and at the slowest step measured" in run("simulate", file)[1]
    answer = json.loads(run("simulate", file, "--json")[1])
    assert answer["measured_s"] <= answer["promised_s"] * (1 + 1e-9)
    assert answer["slower"] == []
    figures = json.loads(run(*asked, "--json", "--within", "inf")[1])["figures"]
    assert figures["phases"] >= figures["phases_at_least"] > 1
    changed = json.loads(file.read_text())
    changed["figures"]["frame_s"] *= 0.5
    file.write_text(json.dumps(changed))
    code, out, _ = run("verify", file)
    assert code == 1
    assert "figures: frame_s: reported" in out
    code, _, err = run("simulate", file, "--trace", tmp_path / "t.csv")
    assert code == 2
    assert "--trace is for one mapping" in err
    net = tmp_path / "net.toml"
    net.write_text(small_workload.recipe())
    code, _, err = run("phases", net, "--rows", "8", "--columns", "8", "--tiles", "2x1", "--samples", "1")
    assert code == 3
    assert "clusters that need each other in one phase" in err
    assert run("verify", file, "--workload", tmp_path / "none.npz")[0] == 2
    code, _, err = run("verify", file, "--workload", "braille-rsnn")
    assert code == 2
    assert "was made for another profile than this one" in err


def test_check_says_what_it_takes_in_phases(run):
    """All weights but those of three full crossbars are written, in two arrays."""
    network = snnmap.load_network("mnist-mlp").network
    writes = 2 * (network.synapses - 3 * 128 * 128)
    code, out, _ = run("check", "mnist-mlp", "--tiles", "2x2")
    assert code == 3
    assert "(--chips 2x1); or run it in 2 phases or more (snnmap phases)" in out
    assert f"at least 2 phases of 4 tiles, {writes:,} cell writes a frame, cells that last 5,000,000 frames" in out
    assert "In phases" not in run("check", "mnist-mlp", "--tiles", "3x3")[1]
    assert "In phases" not in run("check", "mnist-mlp", "--tiles", "2x1", "--chips", "2x1")[1]


def test_check_says_it_of_kernels_too(run):
    """All crossbars but the largest eight are written, in two arrays."""
    answer = json.loads(run("check", "nmnist-cnn", "--tiles", "3x3", "--conv", "dense", "--json")[1])
    found = snnmap.compile("nmnist-cnn", snnmap.CompileOptions(conv="dense"), load=snnmap.LoadOptions(samples=1))
    cells = np.sort(np.diff(found.view.folded.cells.ptr[found.view.folded.mapping.clustering.row_ptr]))
    assert answer["phases_at_least"]["phases"] == 2
    assert answer["phases_at_least"]["cell_writes"] == 2 * int(cells[:-8].sum())
