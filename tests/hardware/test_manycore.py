"""Many-core machines and the list of all machines without crossbars: what files say, and what is refused."""

from pathlib import Path

import pytest

from snnmap.core.errors import InfeasibleError, InputError
from snnmap.hardware import load_hardware
from snnmap.hardware.targets.brainscales2 import load_target
from snnmap.hardware.targets.catalogue import is_target, load_machine, target_names
from snnmap.hardware.targets.manycore import load_manycore

ROOT = Path(__file__).parents[2] / "hwmodels"
IPU = load_manycore("ipu-gc200")


def test_numbers_of_the_ipu_agree_with_published_totals() -> None:
    assert (IPU.count("tiles"), IPU.count("threads"), IPU.count("memory")) == (1472, 6, 612_000)
    assert IPU["tiles"] * IPU["memory"] == pytest.approx(900e6, rel=2e-3)
    assert IPU["tiles"] * IPU["exchange_bytes"] * IPU["clock"] == pytest.approx(8e12, rel=0.03)
    fastest = 1 / IPU.values["product_float16"].band[0]
    assert IPU["tiles"] * fastest * 2 * IPU["clock"] == pytest.approx(250e12, rel=5e-3)


def test_chips_are_counted() -> None:
    assert IPU.tiles(3) == 3 * 1472
    with pytest.raises(InputError, match="chips must be at least 1, not 0"):
        IPU.tiles(0)
    with pytest.raises(InfeasibleError, match="chips: need 65, have 64"):
        IPU.tiles(65)


def test_every_machine_says_which_command_takes_it() -> None:
    assert target_names() == ["brainscales2", "ipu-gc200"]
    machines = {name: load_machine(name) for name in target_names()}
    assert machines["ipu-gc200"].command == "snnmap manycore SOURCE --hw ipu-gc200"
    assert machines["brainscales2"].command == "snnmap mac SOURCE --hw brainscales2"
    assert "1,472 tiles of 6 threads and 612,000 bytes" in machines["ipu-gc200"].limits[0]


def test_a_machine_is_told_from_a_chip() -> None:
    assert is_target("ipu-gc200")
    assert is_target(str(ROOT / "targets" / "brainscales2.toml"))
    assert not is_target("pcm-mesh")
    assert not is_target(str(ROOT / "chips" / "pcm-mesh.toml"))


def test_each_kind_says_what_the_other_is_for() -> None:
    with pytest.raises(
        InputError, match="nothing is compiled for it; estimate a network on it with snnmap manycore --hw"
    ):
        load_hardware("ipu-gc200")
    with pytest.raises(InputError, match=r"'ipu-gc200' is no machine for integer networks: .* snnmap manycore --hw"):
        load_target("ipu-gc200")
    with pytest.raises(InputError, match=r"'brainscales2' is no many-core machine: .* snnmap mac --hw brainscales2"):
        load_manycore("brainscales2")
    with pytest.raises(InputError, match="'pcm-mesh' is a chip, not a machine without crossbars"):
        load_manycore("pcm-mesh")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "manycore"', 'kind = "gpu"', "kind"),
        ("value = 1472", "value = 1472.5", "must be a whole number"),
        ("value = 6,", "value = 0,", "must be positive"),
        ('unit = "GHz"', 'unit = "ns"', "is of another dimension"),
        ("event = {", "incident = {", "incident"),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_key(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = (ROOT / "targets" / "ipu-gc200.toml").read_text()
    assert old in text
    path = tmp_path / "m.toml"
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError, match=said):
        load_manycore(str(path))
