"""Names that installed packages offer: a name that is taken is told, not decided in silence."""

import sys

import pytest

import snnmap
from snnmap.core import plug_ins
from snnmap.core.errors import InputError
from snnmap.pipeline.objectives import objectives
from snnmap.pipeline.plan import plan_for

GROUPS = {
    "snnmap.partitioners": "kernighan_lin",
    "snnmap.placers": "anneal",
    "snnmap.wirers": "identity",
    "snnmap.schedulers": "list",
    "snnmap.objectives": "default",
    "snnmap.hardware": "pcm-mesh",
}
"""Group to a name that snnmap has itself."""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a package that offers an entry point; `install(package, group, name, value)`."""

    def installed(package: str, group: str, name: str, value: str) -> None:
        folder = tmp_path / package / f"{package}-1.2.dist-info"
        folder.mkdir(parents=True)
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n")
        (folder / "entry_points.txt").write_text(f"[{group}]\n{name} = {value}\n")
        monkeypatch.syspath_prepend(tmp_path / package)
        plug_ins.plug_ins.cache_clear()

    yield installed
    plug_ins.plug_ins.cache_clear()


def _asked(group: str) -> object:
    """Something that looks a name of the group up, in the way that a compilation does."""
    if group == "snnmap.hardware":
        return snnmap.load_hardware("pcm-mesh")
    return objectives() if group == "snnmap.objectives" else plan_for()


@pytest.mark.parametrize(("group", "name"), GROUPS.items())
def test_a_name_of_snnmaps_own_is_refused(install, group, name):
    _asked(group)
    install("scratch", group, name, "json:dumps")
    with pytest.raises(InputError) as refused:
        _asked(group)
    words = f"the name {name!r} in {group} is offered by snnmap itself and by scratch 1.2 (json:dumps)"
    assert str(refused.value).startswith(words)


@pytest.mark.parametrize("group", GROUPS)
def test_a_name_that_two_packages_offer_is_refused(install, group):
    install("scratch", group, "mine", "json:dumps")
    install("other", group, "mine", "json:loads")
    with pytest.raises(InputError, match=r"by scratch 1.2 \(json:dumps\) and by other 1.2 \(json:loads\); uninstall"):
        _asked(group)


def test_one_object_that_two_packages_offer_is_one(install):
    install("scratch", "snnmap.placers", "mine", "json:dumps")
    install("other", "snnmap.placers", "mine", "json:dumps")
    assert list(plug_ins.plug_ins("snnmap.placers")) == ["mine"]
    assert "json" in sys.modules
    with pytest.raises(InputError, match="must be a dataclass"):
        plan_for(settings={"place": "mine"})
