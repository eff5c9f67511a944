"""What-if: exact against a compilation for the other chip, curves, and all that is refused."""

import pytest
from support import small_workload

import snnmap
from snnmap.core.errors import InputError
from snnmap.pipeline.compile import Compiled, Given


@pytest.mark.parametrize(("key", "text", "value"), [("merge_time", "1ns", 1e-9), ("flit_bits", "16", 16.0)])
def test_it_is_the_period_that_a_compilation_for_that_chip_finds(
    compiled: Compiled, tmp_path, chip, key, text, value
) -> None:
    unit = "s" if key.endswith("_time") else "1"
    own = tmp_path / "other.toml"
    own.write_text(
        f'extends = "{chip}"\n[values.{key}]\nvalue = {value!r}\nunit = "{unit}"\nsource = "estimate: test"\n'
    )
    mapping = compiled.mapping
    placed = Given(mapping.clustering, mapping.placement)
    other = snnmap.compile(compiled.graph, snnmap.CompileOptions(hardware=str(own), seed=3), given=placed)
    answer = snnmap.what_if(compiled, {key: text})
    assert answer.before.period == compiled.view.period
    assert answer.after[0].period == other.view.period
    assert answer.after[0].period != answer.before.period
    assert answer.after[0].bottleneck == other.bottleneck
    assert answer.after[0].values == {key: value}


def test_a_file_answers_as_the_mapping_in_memory_and_a_forged_one_not_at_all(tmp_path, chip, run_free) -> None:
    compiled, path = run_free
    answer, same = (snnmap.what_if(source, {"row_time": "2ns"}) for source in (path, compiled))
    assert answer.document() == same.document()
    assert answer.document()["legal"] is True
    text = path.read_text().replace('"period_s":', '"period_s":9')
    path.write_text(text)
    forged = snnmap.what_if(path, {"row_time": "2ns"})
    assert forged.violations
    assert forged.after == ()
    assert forged.document()["legal"] is False


@pytest.fixture
def run_free(tmp_path, chip):
    """A compiled recipe, and its file."""
    recipe = tmp_path / "net.toml"
    recipe.write_text(small_workload.recipe())
    compiled = snnmap.compile(recipe, snnmap.CompileOptions(hardware=str(chip)))
    snnmap.save(compiled.mapping, tmp_path / "mapping.json")
    return compiled, tmp_path / "mapping.json"


def test_a_range_is_a_curve_that_never_falls(compiled: Compiled) -> None:
    answer = snnmap.what_if(compiled, {"merge_time": "1ns:10ns:3ns", "row_time": 2e-9})
    assert [timed.values["merge_time"] for timed in answer.after] == [1e-9, 4e-9, 7e-9, 1e-8]
    assert {timed.values["row_time"] for timed in answer.after} == {2e-9}
    periods = [timed.period for timed in answer.after]
    assert periods == sorted(periods)
    assert periods[0] < periods[-1]
    alone = [snnmap.what_if(compiled, {"merge_time": v, "row_time": 2e-9}).after[0].period for v in (1e-9, 1e-8)]
    assert alone == [periods[0], periods[-1]]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "names no quantity"),
        ({"flit_tim": 1e-9}, "did you mean 'flit_time'"),
        ({"hop_energy": 1e-9}, "no quantity that the timing depends on"),
        ({"read_time": 0.0}, "makes no sense"),
        ({"flit_time": float("nan")}, "makes no sense"),
        ({"flit_time": "-1ns"}, "makes no sense"),
        ({"flit_time": "1nm"}, "write it like 1ns"),
        ({"flit_bits": "8ns"}, "write it like 32"),
        ({"flit_time": 2.1e-7}, "2e-09 s on this chip; 2.1e-07 is too far from it, 2e-11 to 2e-07 is taken"),
        ({"flit_time": "1e12"}, "too far"),
        ({"flit_time": "1ns:2ns"}, "is no range"),
        ({"flit_time": "2ns:1ns:1ns"}, "leads nowhere"),
        ({"flit_time": "1ns:2ns:0"}, "leads nowhere"),
        ({"flit_time": "1ns:1s:1ns"}, "more than 100 values"),
        ({"flit_time": "1ns:3ns:1ns", "row_time": "1ns:3ns:1ns"}, "one at a time"),
    ],
)
def test_what_makes_no_sense_is_one_line(compiled: Compiled, changes, said) -> None:
    with pytest.raises(InputError, match=said) as refused:
        snnmap.what_if(compiled, changes)
    assert "\n" not in str(refused.value)


def test_texts_of_the_command_line() -> None:
    assert snnmap.parse_changes(["a=1ns, b = 2ns", "c=3"]) == {"a": "1ns", "b": "2ns", "c": "3"}
    for text, said in (("a", "not quantity=value"), ("a=", "not quantity=value"), ("a=1,a=2", "given twice")):
        with pytest.raises(InputError, match=said):
            snnmap.parse_changes([text])
