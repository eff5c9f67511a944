"""`buffers` on the command line."""

import json

import pytest
from support.published_graphs import MODEM

import snnmap
from snnmap.cli import main


@pytest.fixture(scope="module")
def mapping(recipe, chip):
    path = recipe.parent / "mapping.json"
    with pytest.raises(SystemExit) as stopped:
        main(["compile", str(recipe), "--hw", str(chip), "-o", str(path), "--quiet"])
    assert stopped.value.code == 0
    return path


def test_a_mapping_in_messages_and_bits(run, mapping):
    code, out, err = run("buffers", mapping, "--curve", "-q")
    assert (code, err) == (0, "")
    for words in ("messages that keep", "buffers by tile", "bits needed", "what fewer cost", "memory of a tile"):
        assert words in out
    code, out, _ = run("buffers", mapping, "--json", "-q")
    document = json.loads(out)
    assert code == 0
    assert document["unit"] == "bits"
    assert document["curve"] == []
    assert sum(tile["bits"] for tile in document["tiles"]) == document["total"]


def test_a_graph_in_tokens(run, tmp_path):
    snnmap.write_sdf3(MODEM, tmp_path / "modem.xml")
    code, out, _ = run("buffers", tmp_path / "modem.xml", "--curve")
    assert code == 0
    assert "all channels: 40 tokens; no smaller total keeps it" in out
    assert "exact: nothing of that size is faster" in out
    assert "32 ticks" in out


def test_what_is_neither_is_refused(run, tmp_path):
    (tmp_path / "x.json").write_text("{}")
    code, out, err = run("buffers", tmp_path / "x.json", "-q")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert run("buffers", tmp_path / "none.xml", "-q")[0] == 2
