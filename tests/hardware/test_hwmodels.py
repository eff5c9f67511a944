"""Every shipped hardware file is tested: it parses, its sources exist, its bands hold, its numbers make sense."""

import re
import tomllib
from pathlib import Path

import pytest

from snnmap.hardware import chip_names, load_hardware, load_technology, package_names, technology_names
from snnmap.hardware.targets.catalogue import target_names

ROOT = Path(__file__).parents[2] / "hwmodels"
BIB = (Path(__file__).parents[2] / "snnmap" / "references.bib").read_text()
REFERENCES = re.findall(r"^@\w+\{([^,\s]+),", BIB, re.MULTILINE)
FILES = sorted(ROOT.glob("*/*.toml"))
NODES = (65, 45, 32, 22, 16)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_is_reachable_under_its_own_name(path):
    names = {"chips": chip_names(), "technologies": technology_names(), "packages": package_names()}
    names["targets"] = target_names()
    assert path.stem in names[path.parent.name]
    assert tomllib.loads(path.read_text())["name"] == path.stem


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_sources_are_cited_or_marked(path):
    for key, quantity in tomllib.loads(path.read_text()).get("values", {}).items():
        source = quantity["source"]
        cited = source.split(":")[0]
        assert cited in {"recalled", "estimate"} or cited in REFERENCES, f"{key}: {source}"
        assert ":" in source, f"{key}: the source does not say what was taken from it"


def test_references_are_unique():
    assert len(REFERENCES) == len(set(REFERENCES))


def test_chips_the_issue_asks_for():
    assert {"dynap-se-pcm", "pcm-mesh", "pcm-mesh-64", "pcm-mesh-256", "pcm-mesh-shared"} <= set(chip_names())
    for n in (64, 256):
        assert load_hardware(f"pcm-mesh-{n}").rows == load_hardware(f"pcm-mesh-{n}").columns == n
    assert load_hardware("pcm-mesh-shared").clusters_per_tile > 1
    assert load_hardware("dynap-se-pcm").technology.mode == "espine"
    assert load_hardware("pcm-mesh").adaptive


def test_technologies_the_issue_asks_for():
    wanted = {f"pcm-{n}" for n in NODES} | {f"espine-pcm-{n}" for n in NODES} | {"oxram-22"}
    assert wanted <= set(technology_names())
    for name in technology_names():
        technology = load_technology(name)
        assert technology.mode == ("espine" if name.startswith("espine") else "device")
        assert str(technology.node_nm) == name.rsplit("-", 1)[1]


@pytest.mark.parametrize("node", NODES)
def test_defaults_of_physics_section_6(node):
    technology = load_technology(f"pcm-{node}")
    wire = dict(zip(NODES, (0.54, 1.2, 1.8, 2.5, 4.0), strict=True))
    assert technology["r_wordline"] == technology["r_bitline"] == wire[node]
    assert technology.values["r_wordline"].band == pytest.approx((0.3 * wire[node], 2 * wire[node]), rel=0.01)
    assert technology["cell_pitch"] == pytest.approx(4e-9 * node)
    assert technology["thermal_resistance"] == pytest.approx(3e6 * 90 / node, rel=0.01)
    assert technology["reset_current"] == pytest.approx(300e-6 * node / 90, rel=0.01)
    assert (technology["g_min"], technology["g_max"]) == (1e-7, 2.5e-5)
    energy = dict(zip(NODES, (0.203, 0.221, 0.238, 0.258, 0.440), strict=True))
    assert technology["leakage_energy"] / 1.602176634e-19 == pytest.approx(energy[node])


@pytest.mark.parametrize("node", NODES)
def test_reset_pulse_just_melts(node):
    technology = load_technology(f"pcm-{node}")
    power = technology["reset_current"] ** 2 * technology["dynamic_resistance"]
    assert 318.15 + power * technology["thermal_resistance"] == pytest.approx(technology["melt_temperature"], rel=0.02)


@pytest.mark.parametrize("node", NODES)
def test_paper_constants_of_physics_section_9(node):
    technology = load_technology(f"espine-pcm-{node}")
    paper = {key: value for key, value in technology.values.items() if key.startswith("espine_")}
    assert all(quantity.recalled for quantity in paper.values())
    assert technology.values["r_wordline"].recalled
    if node in (65, 16):
        assert (technology["r_wordline"], technology["r_bitline"]) == {65: (2.5, 1.0), 16: (10.0, 3.8)}[node]
    resistance = technology["espine_cell_length"] ** 2 / (
        technology["espine_conductivity"] * technology["espine_cell_volume"]
    )
    assert resistance == pytest.approx(0.72e6)
    assert technology["leakage_energy"] == load_technology(f"pcm-{node}")["leakage_energy"]


def test_wires_get_worse_when_scaled():
    for prefix in ("pcm", "espine-pcm"):
        ohms = [load_technology(f"{prefix}-{node}")["r_wordline"] for node in NODES]
        assert ohms == sorted(ohms)
        assert len(set(ohms)) == len(NODES)
