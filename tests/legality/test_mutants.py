"""Whatever a mapping file says is true or refused: every single value changed, the digest made to fit again."""

import copy
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from snnmap.core.errors import InputError
from snnmap.formats.mapping import decode, encode, sealed
from snnmap.pipeline.compile import Compiled
from snnmap.pipeline.reopen import violations

UNTOLD = (
    ("origin", "snnmap"),
    ("origin", "seed"),
    *(("origin", "plan", stage, "options") for stage in ("partition", "place", "wire", "schedule")),
    ("origin", "verified"),
    ("origin", "profile", "provenance", "source"),
    ("origin", "profile", "provenance", "snnmap"),
    ("workload", "source"),
    ("chip", "source"),
    ("chip", "variation_seed"),
)
"""What no result depends on, or that cannot be told from it: `legality.rules.UNCHECKED`."""

MEANT = ("workload", "chip", "origin", "figures", "clusters", "home")
"""Parts in which every value has one right setting. A schedule may be changed and stay legal: its rules have tests."""

Path = tuple[str | int, ...]


@pytest.fixture(scope="module")
def document(compiled: Compiled) -> dict[str, Any]:
    return json.loads(encode(compiled.mapping))


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """Paths of all values that are no list or table, and of empty ones."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not inner or not value:
        yield path
    for key, part in inner:
        yield from leaves(part, (*path, key))


def changed(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case float():  # by more than the nine digits that are compared
            return value * 1.001 if value else 1.0
        case str():
            return f"{value}x"
        case None:
            return 1
        case list():
            return [1]
        case _:
            return {"x": 1}


def mutant(document: dict[str, Any], path: Path) -> dict[str, Any]:
    mutated = copy.deepcopy(document)
    holder = mutated
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = changed(holder[path[-1]])
    return mutated


def refused(document: dict[str, Any], compiled: Compiled) -> bool:
    try:
        mapping = sealed(decode(json.dumps(document).encode()))
    except InputError:
        return True
    return bool(violations(mapping, compiled.graph, compiled.hardware))


def test_the_file_itself_is_legal(document: dict[str, Any], compiled: Compiled) -> None:
    assert not refused(document, compiled)


@pytest.mark.parametrize("part", MEANT)
def test_no_changed_value_is_let_pass(document: dict[str, Any], compiled: Compiled, part: str) -> None:
    paths = [(part, *path) for path in leaves(document[part])]
    paths = [path for path in paths if not any(path[: len(u)] == u for u in UNTOLD)]
    sample = random.Random(1).sample(paths, min(60, len(paths)))
    assert [path for path in sample if not refused(mutant(document, path), compiled)] == []


def test_every_count_of_partial_sums_is_exact(compiled: Compiled) -> None:
    mapping = compiled.mapping
    for column in range(len(mapping.partial_messages)):
        for by in (-1, 1):
            counts = mapping.partial_messages.copy()
            counts[column] += by
            if counts[column] >= 0:
                wrong = violations(replace(mapping, partial_messages=counts), compiled.graph, compiled.hardware)
                assert "partial-sums" in {v.rule for v in wrong}


def test_a_broken_seal_is_a_violation_of_its_own(document: dict[str, Any], compiled: Compiled) -> None:
    edited = copy.deepcopy(document)
    edited["origin"]["seed"] += 1
    mapping = decode(json.dumps(edited).encode())
    assert [v.rule for v in violations(mapping, compiled.graph, compiled.hardware)] == ["seal"]
    edited["origin"]["verified"] = ""
    assert violations(decode(json.dumps(edited).encode()), compiled.graph, compiled.hardware) == []


def test_columns_may_not_be_split_where_the_mapping_says_that_none_is(
    document: dict[str, Any], compiled: Compiled
) -> None:
    for split in ("none", "unroll"):
        edited = copy.deepcopy(document)
        edited["origin"]["split"] = split
        assert refused(edited, compiled)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("objective",), "unknown"),
        (("place", "algorithm"), "unknown"),
        (("place", "package"), "somebody 1.0"),
        (("place", "options", "heat"), "warm"),
        (("place", "options", "unknown"), 1),
        (("partition", "options", "cost"), "unknown"),
        (("quality",), "endurance"),
        (("terms",), {"unknown": 1.0}),
        (("terms",), {"thermal": -1.0}),
    ],
)
def test_a_plan_names_what_exists(document: dict[str, Any], compiled: Compiled, path: Path, value: Any) -> None:
    edited = copy.deepcopy(document)
    holder = edited["origin"]["plan"]
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    mapping = sealed(decode(json.dumps(edited).encode()))
    assert {v.rule for v in violations(mapping, compiled.graph, compiled.hardware)} == {"plan"}
    edited["origin"]["snnmap"] = "0.0.1"  # which may have had such
    mapping = sealed(decode(json.dumps(edited).encode()))
    assert violations(mapping, compiled.graph, compiled.hardware) == []


def test_algorithms_of_packages_that_are_not_here_are_not_judged(document: dict[str, Any], compiled: Compiled) -> None:
    edited = copy.deepcopy(document)
    edited["origin"]["plan"]["place"] |= {"algorithm": "elsewhere:Placer", "package": "elsewhere 1.0"}
    assert not refused(edited, compiled)


def test_remarks_of_another_version_may_be_worded_differently(document: dict[str, Any], compiled: Compiled) -> None:
    edited = copy.deepcopy(document)
    edited["origin"]["profile"]["remarks"]["assumed"] = ["something else"]
    assert refused(edited, compiled)
    edited["origin"]["profile"]["provenance"]["snnmap"] = "0.0.1"
    assert not refused(edited, compiled)
