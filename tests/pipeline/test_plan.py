"""Plans: presets, settings by name, configuration files, and what is refused."""

from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path

import numpy as np
import pytest

from snnmap.core.errors import InputError
from snnmap.ir import Placement
from snnmap.pipeline.objectives import OBJECTIVES, TERM_NAMES
from snnmap.pipeline.plan import plan_for
from snnmap.pipeline.settings import parse_settings, parse_terms, read_config
from snnmap.stages.protocols import PlacementProblem, Run
from snnmap.stages.registry import REGISTRIES, restored


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_is_a_plan(objective: str) -> None:
    plan = plan_for(objective)
    for stage, registry in REGISTRIES.items():
        assert type(getattr(plan, stage)) in registry.values()
    assert plan.record().objective == objective
    assert OBJECTIVES[objective].summary


@pytest.mark.parametrize(("stage", "name"), [(s, n) for s, registry in REGISTRIES.items() for n in registry])
def test_every_algorithm_is_a_frozen_record_of_its_options(stage: str, name: str) -> None:
    algorithm = getattr(plan_for(settings={stage: name}), stage)
    assert is_dataclass(algorithm)
    assert type(algorithm).__dataclass_params__.frozen
    assert algorithm.__doc__
    again = {f"{stage}.{f.name}": getattr(algorithm, f.name) for f in fields(algorithm)}
    assert getattr(plan_for(settings={stage: name, **again}), stage) == algorithm
    texts = tuple(f"{key}={value}" for key, value in again.items())
    assert getattr(plan_for(settings={stage: name, **parse_settings(texts)}), stage) == algorithm


def test_settings_change_one_field() -> None:
    before, after = plan_for(), plan_for(settings={"place.heat": "2", "place.finish": "false"})
    assert (after.place.heat, after.place.finish) == (2.0, False)
    assert after.place.window == before.place.window
    assert after.partition == before.partition
    record = after.record().place
    assert (record.algorithm, record.options["heat"], record.package) == ("anneal", 2.0, "")
    assert restored("place", record) == after.place


def test_terms_join_those_of_the_objective() -> None:
    assert plan_for("lifetime", terms=(("thermal", 0.5),)).terms == (("lifetime", 1.0), ("thermal", 0.5))
    assert plan_for("lifetime", terms=(("lifetime", 2.0),)).terms == (("lifetime", 2.0),)
    assert parse_terms(("thermal=0.5", "leakage = 2")) == (("thermal", 0.5), ("leakage", 2.0))


def test_a_number_after_the_name_weighs_what_the_objective_says() -> None:
    assert plan_for("thermal").wire.mean_weight == 0.0
    plan = plan_for("thermal:0.5")
    assert (plan.objective, plan.wire.mean_weight) == ("thermal:0.5", 0.5)
    assert plan.record().objective == "thermal:0.5"
    assert plan_for("thermal:0.5", {"wire.mean_weight": "2"}).wire.mean_weight == 2.0


@pytest.mark.parametrize(
    ("objective", "words"),
    [
        ("thermal:-1", "must be 0 or more, not -1"),
        ("thermal:nan", "must be 0 or more"),
        ("thermal:", "wire.mean_weight=''"),
        ("thermal:much", "wire.mean_weight='much'"),
        ("thremal:1", "did you mean 'thermal'"),
        ("traffic:1", "takes no number; these do: thermal:X"),
    ],
)
def test_a_wrong_number_is_refused(objective: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        plan_for(objective)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"place": "swrm"}, "did you mean 'swarm'"),
        ({"plaice": "swarm"}, "names no stage"),
        ({"plaice.heat": 1}, "did you mean 'place'"),
        ({"place.haet": 1}, "did you mean 'heat'"),
        ({"place.heat": "hot"}, "place.heat='hot'"),
        ({"schedule.block": "x"}, r"^schedule\.block='x' is not usable; give a whole number$"),
        ({"place.window": "1.5"}, "place.window='1.5' is not usable; give a whole number$"),
        ({"place.window": 1.5}, "place.window=1.5 is not usable; give a whole number$"),
        ({"place.window": True}, "place.window=True is not usable; give a whole number$"),
        ({"place.finish": "perhaps"}, "place.finish='perhaps' is not usable; give true or false$"),
        ({"place.heat": [1]}, r"place.heat=\[1\] is not usable; give a number$"),
        ({"partition.cost": "broadcast"}, "There is: multicast, unicast"),
        ({"partition.split": 3}, "has no option 'split'"),
        ({"place.particles": 3}, r"'anneal' has no option 'particles'; `swarm` has it \(--set place=swarm\)"),
    ],
)
def test_bad_settings_are_named(settings: dict, words: str) -> None:
    with pytest.raises(InputError, match=words):
        plan_for(settings=settings)


@dataclass(frozen=True)
class Odd:
    """Placer of this test module, with an option that it checks itself."""

    shift: int = 1

    def __post_init__(self) -> None:
        if self.shift % 2 == 0:
            raise ValueError("it is even")

    def __call__(self, problem: PlacementProblem, run: Run) -> Placement:
        return Placement((np.arange(problem.clusters) + self.shift) % problem.hardware.tiles)


def test_what_an_algorithm_says_of_its_option_is_passed_on() -> None:
    with pytest.raises(InputError, match=r"^place\.shift='2' is not usable \(it is even\)$"):
        plan_for(settings={"place": f"{__name__}:Odd", "place.shift": "2"})


def test_bad_objectives_and_terms_are_named() -> None:
    with pytest.raises(InputError, match="did you mean 'traffic'"):
        plan_for("trafic")
    with pytest.raises(InputError, match="did you mean 'thermal'"):
        plan_for(terms=(("therml", 1.0),))
    for weight in (-1.0, float("nan"), float("inf")):
        with pytest.raises(InputError, match="0 or more"):
            plan_for(terms=((TERM_NAMES[0], weight),))
    for text in ("thermal", "thermal=much"):
        with pytest.raises(InputError, match="name=weight"):
            parse_terms((text,))
    for text in ("place", "=3"):
        with pytest.raises(InputError, match=r"stage\.option=value"):
            parse_settings((text,))


def test_a_configuration_file(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(
        '[compile]\nseed = 3\n[place]\nalgorithm = "swarm"\nparticles = 20\n[wire]\nalgorithm = "identity"\n'
    )
    assert read_config(path) == ({"seed": 3}, {"place": "swarm", "place.particles": 20, "wire": "identity"})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[compile", "not a TOML file"),
        (b"\xff\xfe", "not a TOML file"),
        (b"[rout]\nx = 1", "rout: this key is not known here; .*There is: compile, partition"),
        (b"place = 1", "place: must be a table"),
        (b"compile = 1", "must be a table"),
    ],
)
def test_bad_configuration_files_are_named(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words) as caught:
        read_config(path)
    assert "plan.toml" in str(caught.value)


def test_options_of_an_objective_are_those_of_its_own_algorithms():
    assert plan_for("thermal").partition.mixing > plan_for("energy").partition.mixing == 0.0
    assert plan_for("energy", {"partition.mixing": "0.2"}).partition.mixing == 0.2
    assert plan_for("energy", {"partition": "mixed_rows"}).partition == plan_for("espine").partition
    assert (
        plan_for("energy", {"partition": "first_fit"}).partition
        == plan_for(settings={"partition": "first_fit"}).partition
    )
