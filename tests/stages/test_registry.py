"""Algorithms by name, by entry point, by import path and as objects; what comes from outside is judged and blamed."""

import json
import subprocess
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from support.origins import PLAN

import snnmap
from snnmap.cli import main
from snnmap.core import plug_ins
from snnmap.core.errors import InfeasibleError, InputError, SnnmapError
from snnmap.formats.profile import save_profile
from snnmap.ir import AlgorithmRecord, Clustering, Placement, Violation, Wiring
from snnmap.pipeline.judged import blamed
from snnmap.pipeline.plan import plan_for
from snnmap.stages import registry
from snnmap.stages.place import Anneal
from snnmap.stages.registry import REGISTRIES, STAGES, algorithm_class, name_of, package_of, record_of, restored

SCRATCH = '''
"""Algorithms of a package that knows snnmap and that snnmap does not know."""

from dataclasses import dataclass, replace

import numpy as np

from snnmap.ir import Clustering, Placement
from snnmap.stages.partition import FirstFit


@dataclass(frozen=True)
class Backwards:
    """The first cluster on the last tile."""

    shift: int = 0

    def __call__(self, problem, run):
        tiles = problem.hardware.tiles
        return Placement((tiles - 1 - np.arange(problem.clusters) - self.shift) % tiles)


@dataclass(frozen=True)
class Borrowed:
    """First fit, through another package."""

    def __call__(self, problem, run):
        return FirstFit()(problem, run)


@dataclass(frozen=True)
class Pile:
    """Every cluster on tile 0."""

    def __call__(self, problem, run):
        return Placement(np.zeros(problem.clusters, np.int32))


@dataclass(frozen=True)
class Lossy:
    """First fit that forgets the last row of the last cluster, so that synapses are left out."""

    def __call__(self, problem, run):
        whole = FirstFit()(problem, run)
        ptr = whole.row_ptr.copy()
        ptr[-1] -= 1
        return replace(whole, row_ptr=ptr, row_source=whole.row_source[:-1])


@dataclass(frozen=True)
class Crash:
    """Raises."""

    def __call__(self, problem, run):
        raise ZeroDivisionError("by design")


class Plain:
    """No dataclass."""

    def __call__(self, problem, run):
        return None


@dataclass(frozen=True)
class Demanding:
    """An option without default."""

    depth: int

    def __call__(self, problem, run):
        return None
'''
ENTRY_POINTS = """
[snnmap.placers]
backwards = scratch_mappers:Backwards
pile = scratch_mappers:Pile
crash = scratch_mappers:Crash

[snnmap.partitioners]
borrowed = scratch_mappers:Borrowed
lossy = scratch_mappers:Lossy
"""
PACKAGE = "scratch-mappers 1.2"
CHIP = """

CHIP = Path(__file__).with_name("scratch-chip.toml")
GONE = CHIP.with_name("gone.toml")
"""


def installed(folder: Path, entry_points: str) -> None:
    """A distribution as pip leaves an editable one: metadata, entry points, and no list of its modules."""
    (folder / "scratch_mappers.py").write_text(SCRATCH)
    metadata = folder / "scratch_mappers-1.2.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: scratch-mappers\nVersion: 1.2\n")
    (metadata / "entry_points.txt").write_text(entry_points)


@pytest.fixture
def offer(tmp_path, monkeypatch):
    """Install the scratch package for one test, by default with `ENTRY_POINTS`."""

    def install(entry_points: str = ENTRY_POINTS) -> None:
        installed(tmp_path, entry_points)
        monkeypatch.syspath_prepend(tmp_path)
        plug_ins.plug_ins.cache_clear()

    yield install
    sys.modules.pop("scratch_mappers", None)
    plug_ins.plug_ins.cache_clear()


@pytest.fixture(scope="module")
def activity(compiled, tmp_path_factory):
    """Saved profile of the small workload."""
    path = tmp_path_factory.mktemp("profile") / "small.npz"
    save_profile(compiled.graph, path)
    return path


def test_a_scratch_package_is_listed_and_used(activity, chip, tmp_path):
    """The whole way, each command in a process of its own: list, compile by both names, verify."""
    package = tmp_path / "package"
    package.mkdir()
    installed(package, ENTRY_POINTS)

    def ran(*arguments):
        command = [
            sys.executable,
            "-c",
            f"import sys; sys.path.append({str(package)!r}); import snnmap.cli as c; c.main()",
        ]
        return subprocess.run([*command, *arguments], cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    stages = json.loads(ran("algorithms", "--json"))["stages"]
    offered = {(stage, a["algorithm"]): a for stage in stages for a in stages[stage] if a["package"] == PACKAGE}
    assert sorted(offered) == [("partition", "borrowed"), ("partition", "lossy")] + [
        ("place", name) for name in ("backwards", "crash", "pile")
    ]
    assert offered["place", "backwards"]["options"] == {"shift": 0}
    chosen = ("--set", "place=backwards", "--set", "place.shift=1", "--set", "partition=borrowed")
    ran("compile", str(activity), "--hw", str(chip), *chosen, "-o", "m.json")
    assert "legal" in ran("verify", "m.json", "--workload", str(activity))
    plan = snnmap.load(tmp_path / "m.json").origin.plan
    assert plan.place == AlgorithmRecord("backwards", {"shift": 1}, PACKAGE)
    assert plan.partition == AlgorithmRecord("borrowed", {}, PACKAGE)


def test_a_placer_of_a_scratch_package_is_compared_with_ours(offer, activity, chip, capsys):
    """Six seeds are the fewest that can find a difference at 5 %: two-sided, 2 / 2^6."""
    offer()
    both = ("--variant", "ours:", "--variant", "theirs:place=backwards")
    with pytest.raises(SystemExit) as stopped:
        main(["compare", str(activity), "--hw", str(chip), *both, "--seeds", "0..5", "--json", "-q"])
    assert not stopped.value.code
    contrasts = json.loads(capsys.readouterr().out)["contrasts"]
    hops = {each["variant"]: each for each in contrasts if each["figure"] == "hops"}
    assert hops["theirs"]["mean"] > hops["ours"]["mean"]
    assert (hops["theirs"]["verdict"], hops["theirs"]["chance"]) == ("worse", 2 / 2**6)
    crossbars = next(c for c in contrasts if c["figure"] == "crossbars" and c["variant"] == "theirs")
    assert crossbars["verdict"] == "="


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("place=pile", "place algorithm 'pile' of scratch-mappers 1.2 returned an illegal result: tile-shared"),
        ("partition=lossy", "partition algorithm 'lossy' of scratch-mappers 1.2 returned an illegal result: synapse-"),
        ("place=crash", "place algorithm 'crash' of scratch-mappers 1.2 failed: ZeroDivisionError: by design"),
        ("place=scratch_mappers:Pile", "'pile' of scratch-mappers 1.2 returned an illegal result"),
        ("place=scratch_mappers:Plain", "must be a dataclass of its options"),
        ("place=scratch_mappers:Nothing", "cannot be imported: AttributeError"),
        ("place=no_such_module:Placer", "cannot be imported: ModuleNotFoundError"),
        ("place=scratch_mappers:Demanding", "options without defaults"),
        ("place=backward", "did you mean 'backwards'"),
    ],
)
def test_what_is_wrong_is_refused_by_name(offer, activity, chip, capsys, tmp_path, setting, words):
    offer()
    with pytest.raises(SystemExit) as stopped:
        main(["compile", str(activity), "--hw", str(chip), "--set", setting, "-o", str(tmp_path / "m.json"), "-q"])
    assert stopped.value.code == 2
    error = capsys.readouterr().err
    assert words in error
    assert "Traceback" not in error
    assert not (tmp_path / "m.json").exists()


def test_unusable_entry_points_are_named(offer):
    refusals = {
        "Plain": "must be a dataclass",
        "Lost": "wire algorithm 'Lost' of scratch-mappers 1.2 cannot be imported",
        "Demanding": "option 'depth' must have a default",
    }
    offer("\n".join(["[snnmap.wirers]", *(f"{name} = scratch_mappers:{name}" for name in refusals)]))
    for name, words in refusals.items():
        with pytest.raises(InputError, match=words):
            REGISTRIES["wire"][name]
        with pytest.raises(InputError, match=words):
            plan_for(settings={"wire": name})
    with pytest.raises(InputError, match=r"wire algorithm"):
        snnmap.algorithms()


def test_a_package_offers_a_chip(offer, activity, tmp_path, capsys):
    offer("[snnmap.hardware]\nscratch = scratch_mappers:CHIP")
    (tmp_path / "scratch-chip.toml").write_text('extends = "pcm-mesh"\nname = "scratch"\nrows = 64\n[values]\n')
    (tmp_path / "scratch_mappers.py").write_text("from pathlib import Path" + CHIP)
    assert "scratch" in [chip["name"] for chip in snnmap.list_hardware()["chips"]]
    mapping = tmp_path / "m.json"
    for arguments in (
        ["compile", str(activity), "--hw", "scratch", "-o", str(mapping), "-q"],
        ["verify", str(mapping), "--workload", str(activity)],
    ):
        with pytest.raises(SystemExit) as stopped:
            main(arguments)
        assert not stopped.value.code
    assert "legal" in capsys.readouterr().out
    assert json.loads(mapping.read_text())["chip"]["source"] == "scratch"


@pytest.mark.parametrize(
    ("value", "words"),
    [("GONE", "must be the path of a chip's TOML file"), ("NOTHING", "of scratch-mappers 1.2 cannot be imported")],
)
def test_an_unusable_chip_of_a_package_is_named(offer, tmp_path, value, words):
    offer(f"[snnmap.hardware]\nscratch = scratch_mappers:{value}")
    (tmp_path / "scratch_mappers.py").write_text("from pathlib import Path" + CHIP)
    with pytest.raises(InputError, match=words):
        snnmap.load_hardware("scratch")
    with pytest.raises(InputError, match=r"did you mean 'scratch'\?"):
        snnmap.load_hardware("scratsh")


def test_an_unusable_objective_of_a_package_is_named(offer):
    offer("[snnmap.objectives]\nlost = scratch_mappers:Lost")
    with pytest.raises(InputError, match=r"objective 'lost' of scratch-mappers 1.2 cannot be imported"):
        plan_for()


@pytest.mark.parametrize("stage", STAGES)
def test_registries_offer_snnmaps_own_first_and_no_other_name(stage):
    listed = REGISTRIES[stage]
    own = registry.built_in(stage)
    assert list(listed)[: len(own)] == list(own)
    for name, kind in own.items():
        assert listed[name] is kind
        assert (name_of(stage, kind), package_of(kind)) == (name, "")
    with pytest.raises(KeyError):
        listed["nothing"]
    with pytest.raises(KeyError):
        algorithm_class(stage, "nothing")


@dataclass(frozen=True)
class Shifted:
    """Placer of this test module: a rotation of the numbering; its field has no default."""

    shift: int

    def __call__(self, problem: snnmap.PlacementProblem, run: snnmap.Run) -> Placement:
        return Placement((np.arange(problem.clusters) + self.shift) % problem.hardware.tiles)


def test_the_package_is_the_one_whose_files_hold_the_class(offer):
    """pyswarms 1.3 installs a package `tests`, as which this module is imported."""
    assert package_of(Shifted) == f"{__name__} (not installed)"
    assert package_of(type(np.random.default_rng())).startswith("numpy ")
    offer("[snnmap.placers]\nbackwards = scratch_mappers:Backwards")
    assert package_of(algorithm_class("wire", "scratch_mappers:Lossy")) == PACKAGE
    assert name_of("place", algorithm_class("place", "scratch_mappers:Backwards")) == "backwards"
    assert name_of("wire", algorithm_class("wire", "scratch_mappers:Lossy")) == "scratch_mappers:Lossy"


def test_an_object_is_used_and_recorded_by_its_import_path(compiled, chip):
    ours = snnmap.compile(compiled.graph, snnmap.CompileOptions(hardware=str(chip)), placer=Shifted(2))
    record = ours.mapping.origin.plan.place
    assert record == AlgorithmRecord(f"{__name__}:Shifted", {"shift": 2}, f"{__name__} (not installed)")
    tiles = ours.hardware.tiles
    assert ours.mapping.placement.tile.tolist() == [(k + 2) % tiles for k in range(ours.mapping.clustering.clusters)]
    assert restored("place", record) == Shifted(2)


@dataclass(frozen=True)
class Returning:
    """Algorithm of any stage that returns what it was given."""

    result: int = 0

    def __call__(self, problem: object, run: snnmap.Run) -> object:
        return RESULTS[self.result](problem)


RESULTS = [
    lambda problem: None,
    lambda problem: Placement(np.zeros(1, np.int32)),
    lambda problem: Placement(np.arange(problem.clusters) + 10_000),
    lambda problem: Wiring(np.zeros(3, np.int32), np.zeros(3, np.int32)),
    lambda problem: Clustering([0], [], [0], [], []),
    lambda problem: (1, 2),
]


@pytest.mark.parametrize(
    ("stage", "result", "words"),
    [
        ("partitioner", 0, "cluster-shape"),
        ("partitioner", 4, "cluster-shape"),
        ("placer", 0, r"tile: result: it is a NoneType"),
        ("placer", 1, "tiles for 1 clusters"),
        ("placer", 2, "tile 10000"),
        ("wirer", 0, "wiring"),
        ("wirer", 1, "it is a Placement"),
        ("wirer", 3, "3 lines"),
        ("scheduler", 0, "schedule-shape"),
        ("scheduler", 5, r"\(Sdfg, Schedule\)"),
    ],
)
def test_results_that_are_no_results_are_refused(compiled, chip, stage, result, words):
    with pytest.raises(SnnmapError, match=rf"Returning' of .* returned an illegal result: .*{words}"):
        snnmap.compile(compiled.graph, snnmap.CompileOptions(hardware=str(chip)), **{stage: Returning(result)})


@dataclass(frozen=True)
class Unfit:
    """Says on purpose that there is no placement."""

    def __call__(self, problem: object, run: snnmap.Run) -> Placement:
        raise InfeasibleError("patience", 2, 1, "Try later.")


def test_what_an_algorithm_says_on_purpose_stands(compiled, chip):
    with pytest.raises(InfeasibleError, match="patience"):
        snnmap.compile(compiled.graph, snnmap.CompileOptions(hardware=str(chip)), placer=Unfit())


@dataclass(frozen=True)
class Odd:
    """Options that no file can hold."""

    value: object = field(default_factory=list)

    def __call__(self, problem: object, run: snnmap.Run) -> None:
        return None


@pytest.mark.parametrize("value", [[1], np.float32(1), float("nan"), float("inf")])
def test_options_that_a_file_cannot_hold_are_refused(compiled, chip, value):
    with pytest.raises(InputError, match="'value' must be a finite number, a text or none"):
        snnmap.compile(compiled.graph, snnmap.CompileOptions(hardware=str(chip)), placer=Odd(value))


def test_what_is_no_algorithm_is_refused(compiled, chip):
    options = snnmap.CompileOptions(hardware=str(chip))
    with pytest.raises(InputError, match="must be a dataclass of its options"):
        snnmap.compile(compiled.graph, options, placer=lambda problem, run: None)
    with pytest.raises(InputError, match="'placr' is no argument of compile; did you mean 'placer'"):
        snnmap.compile(compiled.graph, options, placr=Shifted(1))


def test_records_restore_what_they_were_made_of():
    for algorithm in (Anneal(heat=2.0), replace(plan_for("espine").wire)):
        stage = "place" if isinstance(algorithm, Anneal) else "wire"
        again = msgspec.json.decode(msgspec.json.encode(record_of(stage, algorithm)), type=AlgorithmRecord)
        assert restored(stage, again) == algorithm
    with pytest.raises(InputError, match=r"'gone' of lost-package 3 is not installed"):
        restored("place", AlgorithmRecord("gone", {}, "lost-package 3"))
    with pytest.raises(InputError, match="has other options here"):
        restored("place", AlgorithmRecord("anneal", {"fever": 1}))
    with pytest.raises(InputError, match="has no option 'fever'"):
        plan_for(settings={"place.fever": 1})


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("synapse-twice", "internal error"),
        ("tile-shared", "place algorithm 'theirs' of package 1"),
        ("figures", "internal error"),
        ("workload-digest", "internal error"),
        ("schedule-order", "schedule algorithm 'theirs' of package 1"),
        ("network-slots", "schedule algorithm 'theirs' of package 1"),
    ],
)
def test_only_the_stage_that_decides_is_blamed(rule, words):
    theirs = AlgorithmRecord("theirs", {}, "package 1")
    plan = msgspec.structs.replace(PLAN, place=theirs, schedule=theirs)
    assert words in str(blamed(Violation(rule, "here", "asked", "available"), plan))
