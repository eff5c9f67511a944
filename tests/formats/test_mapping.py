"""The mapping file: field-equal round trip, one byte sequence, strict reading, no half-written file."""

import dataclasses
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import msgspec
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.origins import replaced

import snnmap
from snnmap.core.errors import InputError
from snnmap.formats.mapping import decode, encode, is_sealed
from snnmap.ir import Mapping
from snnmap.pipeline.compile import Compiled

FEW = settings(max_examples=150, deadline=None)


def equal(a: object, b: object) -> bool:
    """Field by field, arrays by dtype and value."""
    if dataclasses.is_dataclass(a):
        names = [f.name for f in dataclasses.fields(a)]
        return type(a) is type(b) and all(equal(getattr(a, n), getattr(b, n)) for n in names)
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and np.array_equal(a, b)
    return type(a) is type(b) and a == b


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def data(compiled: Compiled) -> bytes:
    return encode(compiled.mapping)


@pytest.mark.parametrize("name", ["m.json", "m.json.gz"])
def test_round_trip(compiled: Compiled, tmp_path: Path, name: str) -> None:
    snnmap.save(compiled.mapping, tmp_path / name)
    again = snnmap.load(tmp_path / name)
    assert equal(again, decode(encode(again)))
    assert equal(again, compiled.mapping)
    assert names(tmp_path) == [name]


def test_room_behind_gates_stands_in_the_file_only_where_there_are_gates(compiled: Compiled, data: bytes) -> None:
    assert b'"buffers"' not in data
    schedule = dataclasses.replace(compiled.mapping.schedule, buffers=17)
    gated = encode(dataclasses.replace(compiled.mapping, schedule=schedule))
    assert decode(gated).schedule.buffers == 17
    with pytest.raises(InputError, match=r"schedule\.buffers"):
        decode(gated.replace(b'"buffers":17', b'"buffers":0'))


def test_equality_can_say_no(compiled: Compiled) -> None:
    mapping = compiled.mapping
    other = dataclasses.replace(mapping.schedule, latency=mapping.schedule.latency + 1)
    assert not equal(mapping, dataclasses.replace(mapping, schedule=other))
    assert not equal(mapping, dataclasses.replace(mapping, spikes=mapping.spikes + 1))


def test_bytes_are_canonical(data: bytes) -> None:
    def in_order(pairs: list[tuple[str, object]]) -> dict[str, object]:
        assert [key for key, _ in pairs] == sorted(key for key, _ in pairs)
        return dict(pairs)

    document = json.loads(data, object_pairs_hook=in_order)
    bare = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    assert not set(b" \n") & set(data[:-1]) - set(bare.encode())
    assert data.endswith(b"}\n")
    assert encode(decode(data)) == data


def test_gzip_has_no_time_stamp(compiled: Compiled, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "m.json.gz"
    snnmap.save(compiled.mapping, path)
    first = path.read_bytes()
    os.utime(path, (0, 0))
    snnmap.save(compiled.mapping, path)
    assert path.read_bytes() == first
    assert gzip.decompress(first) == data


SCRIPT = """
import sys
sys.path.insert(0, sys.argv[3])
from support import small_workload
import snnmap
options = snnmap.CompileOptions(hardware=sys.argv[1], seed=3)
snnmap.save(snnmap.compile(small_workload.workload(), options).mapping, sys.argv[2])
"""


def test_another_process_with_one_thread_writes_the_same_bytes(data: bytes, chip: Path, tmp_path: Path) -> None:
    out = tmp_path / "again.json"
    arguments = [sys.executable, "-c", SCRIPT, str(chip), str(out), str(Path(__file__).parents[1])]
    environment = {**os.environ, "NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "7"}
    subprocess.run(arguments, check=True, env=environment)
    assert out.read_bytes() == data


def test_another_seed_writes_other_bytes(compiled: Compiled, data: bytes, chip: Path) -> None:
    again = snnmap.compile(compiled.graph, snnmap.CompileOptions(hardware=str(chip), seed=4))
    assert encode(again.mapping) != data


def loads_or_refuses(data: bytes) -> None:
    try:
        found = decode(data, "m.json")
    except InputError as error:
        said = str(error)
    else:
        said = f"m.json holds a {type(found).__name__}"
        assert isinstance(found, Mapping)
    assert "m.json" in said
    assert "\n" not in said


@FEW
@given(at=st.integers(0, 10**6), new=st.binary(min_size=0, max_size=4), length=st.integers(0, 4))
def test_edited_bytes_give_one_clear_error_or_a_mapping(data: bytes, at: int, new: bytes, length: int) -> None:
    at %= len(data)
    loads_or_refuses(data[:at] + new + data[at + length :])


@FEW
@given(cut=st.integers(0, 10**6))
def test_truncated_bytes_are_refused(data: bytes, cut: int) -> None:
    with pytest.raises(InputError, match=r"m\.json is not a whole JSON document"):
        decode(data[: cut % (len(data) - 2)], "m.json")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@FEW
@given(
    path=st.lists(st.integers(0, 30), min_size=1, max_size=5), value=JSON | st.sampled_from([-1, 2**31, 2**63, 2**70])
)
@example(path=[0, 0, 0], value=2**40)
def test_edited_values_give_one_clear_error_or_a_mapping(data: bytes, path: list[int], value: object) -> None:
    document = json.loads(data)
    where = document
    for step in path:
        keys = sorted(where) if isinstance(where, dict) else list(range(len(where)))
        if not keys:
            break
        parent, key = where, keys[step % len(keys)]
        where = parent[key]
        if not isinstance(where, dict | list):
            break
    parent[key] = value
    loads_or_refuses(json.dumps(document).encode())


@FEW
@given(data=st.binary(max_size=60))
@example(data=b"")
@example(data=b"[]")
@example(data=b"[" * 100_000)
@example(data=b'{"format":"snnmap-mapping"}')
@example(data=b'{"format":"snnmap-mapping","schema":2}')
@example(data=b'{"format":"snnmap-mapping","schema":true}')
@example(data=b"\x1f\x8b")
def test_foreign_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        decode(data)


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        (("clusters", 0, "tile"), "x", r"\$\.clusters\[0\]\.tile"),
        (("clusters", 1, "rows"), [0], r"\$\.clusters\[1\].*sources has \d+, rows has 1"),
        (("dataflow", "tick"), 0, r"\$\.dataflow\.tick"),
        (("schedule", "critical"), [10**6], r"\$\.dataflow names an actor"),
        (("chip",), {"name": "x"}, r"\$\.chip"),
        (("workload", "populations"), 3, r"\$\.workload\.populations"),
        (("clusters", 0, "tile"), 2**40, "too large"),
        (("extra",), 1, "extra"),
    ],
)
def test_the_error_names_the_place(data: bytes, path: tuple[str | int, ...], value: object, place: str) -> None:
    document = json.loads(data)
    parent = document
    for step in path[:-1]:
        parent = parent[step]
    parent[path[-1]] = value
    with pytest.raises(InputError, match=place):
        decode(json.dumps(document).encode())


def test_another_format_or_schema_is_named(data: bytes) -> None:
    document = json.loads(data)
    with pytest.raises(InputError, match="schema 5; this snnmap reads schema 2 to 4"):
        decode(json.dumps({**document, "schema": 5}).encode())
    with pytest.raises(InputError, match="not a mapping file"):
        decode(json.dumps({**document, "format": "other"}).encode())


def test_missing_and_damaged_files_are_named(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(InputError, match=r"cannot read mapping .*absent\.json"):
        snnmap.load(tmp_path / "absent.json")
    with pytest.raises(InputError, match="cannot read mapping"):
        snnmap.load(tmp_path)
    packed = gzip.compress(data)
    for name, damaged in (("cut", packed[:-20]), ("edit", packed[:50] + b"xx" + packed[52:])):
        (tmp_path / name).write_bytes(damaged)
        with pytest.raises(InputError, match="gzip file is truncated or damaged"):
            snnmap.load(tmp_path / name)


def test_the_published_schema_describes_the_file(data: bytes) -> None:
    schema = snnmap.schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    checker = jsonschema.Draft202012Validator(schema)
    document = json.loads(data)
    checker.validate(document)
    for edited in (
        {**document, "extra": 1},
        {key: value for key, value in document.items() if key != "home"},
        {**document, "home": [-1]},
        {**document, "chip": {"name": "x"}},
        {**document, "dataflow": {**document["dataflow"], "tick": 0}},
    ):
        assert not checker.is_valid(edited)


def test_an_interrupted_save_leaves_the_old_file(
    compiled: Compiled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "m.json"
    path.write_text("old")

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    for name in ("replace", "chmod"):
        with monkeypatch.context() as patch:
            patch.setattr(Path, name, stop)
            with pytest.raises(KeyboardInterrupt):
                snnmap.save(compiled.mapping, path)
        assert path.read_text() == "old"
        assert names(tmp_path) == ["m.json"]


def test_a_full_disk_is_an_input_error(compiled: Compiled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(InputError, match="No space left"):
        snnmap.save(compiled.mapping, tmp_path / "m.json")
    assert names(tmp_path) == []


def test_saving_into_a_missing_folder_says_so(compiled: Compiled, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="choose a folder that exists"):
        snnmap.save(compiled.mapping, tmp_path / "none" / "m.json")


def test_saving_over_a_folder_says_so(compiled: Compiled, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot write"):
        snnmap.save(compiled.mapping, tmp_path)


def test_a_seed_of_any_size_survives(compiled: Compiled) -> None:
    origin = replaced(compiled.mapping.origin, seed=2**80)
    again = decode(encode(dataclasses.replace(compiled.mapping, origin=origin)))
    assert again.origin.seed == 2**80


def test_what_is_no_json_is_refused(compiled: Compiled) -> None:
    for value in (object(), "\ud800"):
        figures = {**compiled.mapping.figures, "extra": value}
        with pytest.raises(InputError, match="must be JSON"):
            encode(dataclasses.replace(compiled.mapping, figures=figures))


@pytest.mark.parametrize("place", ["chip", "origin", "workload", "dataflow"])
def test_an_unknown_key_is_refused_at_any_place(data: bytes, place: str) -> None:
    document = json.loads(data)
    document[place]["extra"] = 1
    with pytest.raises(InputError, match=rf"extra.*\$\.{place}"):
        decode(json.dumps(document).encode())


def test_the_seal_breaks_with_any_change(compiled: Compiled, data: bytes) -> None:
    assert is_sealed(compiled.mapping)
    assert is_sealed(decode(data))
    document = json.loads(data)
    for edited in (
        {**document, "figures": {**document["figures"], "hops": 0}},
        {**document, "origin": {**document["origin"], "verified": ""}},
        {**document, "home": [*document["home"][:-1], 0]},
    ):
        assert not is_sealed(decode(json.dumps(edited).encode()))


def test_a_file_of_schema_2_says_nothing_of_weights_and_keeps_its_bytes(data: bytes) -> None:
    """So does one that was written before there was an encoding: read as it was meant, written as it was."""
    document = json.loads(data)
    assert document["schema"] == 2
    assert not {"encoding", "levels", "slices"} & set(document["chip"])
    mapping = decode(data)
    assert (mapping.chip.encoding, mapping.chip.levels, mapping.chip.slices) == ("pair_arrays", 0, 1)
    assert encode(mapping) == data


def test_a_file_of_an_older_snnmap_is_still_read() -> None:
    """`data/mapping-schema-2.json.gz` was written by the last version that knew pairs of analog arrays alone."""
    path = Path(__file__).parents[1] / "data" / "mapping-schema-2.json.gz"
    mapping = snnmap.load(path)
    assert mapping.chip.plain
    assert encode(mapping) == gzip.decompress(path.read_bytes())


@pytest.mark.parametrize(
    "weights",
    [
        ("pair_columns", 0, 1),
        ("pair_rows", 2, 1),
        ("offset_column", 16, 2),
        ("pair_arrays", 2, 1),
        ("pair_arrays", 4, 2),
    ],
)
def test_a_file_names_encoding_levels_and_slices(data: bytes, weights: tuple[str, int, int]) -> None:
    mapping = decode(data)
    chip = msgspec.structs.replace(mapping.chip, **dict(zip(("encoding", "levels", "slices"), weights, strict=True)))
    written = encode(dataclasses.replace(mapping, chip=chip))
    document = json.loads(written)
    assert document["schema"] == 3
    assert decode(written).chip == chip
    jsonschema.Draft202012Validator(snnmap.schema()).validate(document)
    with pytest.raises(InputError, match="schema 2, which knows no encoding"):
        decode(json.dumps({**document, "schema": 2}).encode())


@pytest.mark.parametrize(
    "edit", [{"encoding": "pair"}, {"levels": 257}, {"levels": -1}, {"slices": 0}, {"slices": 1.5}]
)
def test_weights_that_make_no_sense_are_refused(data: bytes, edit: dict[str, object]) -> None:
    document = json.loads(data)
    document = {**document, "schema": 3, "chip": {**document["chip"], **edit}}
    with pytest.raises(InputError, match=r"\$\.chip"):
        decode(json.dumps(document).encode())
