"""The one strict TOML reader: every reading, every way in which it says no, and what all readers make of bad files."""

import os
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.refusals import error_of

from snnmap.core.errors import InputError
from snnmap.core.toml import Table, read_toml
from snnmap.frontend.networks.recipe import read_workload_file
from snnmap.hardware import load_hardware
from snnmap.pipeline.settings import read_config
from snnmap.study.asked import read_study

READERS = {
    "hardware": lambda path: load_hardware(str(path)),
    "workload": read_workload_file,
    "config": read_config,
    "study": read_study,
}


def table(folder, text) -> Table:
    path = folder / "some.toml"
    path.write_text(text)
    return read_toml(path)[0]


def test_what_stands_there_is_read(tmp_path):
    root = table(
        tmp_path,
        't = "a"\ne = ""\nn = 2\ni = 3\nf = true\nnn = [1, 2.5]\nii = [1, 2]\np = [0, 4]\ntt = ["x", ""]\n'
        "[sub]\nx = [[1], 2]\n[[many]]\ny = 1\n[[many]]\n",
    )
    assert (root.text("t"), root.text("t", choices=("a", "b")), root.text("e", blank=True)) == ("a", "a", "")
    assert root.number("n") == 2.0
    assert isinstance(root.number("n"), float)
    assert (root.integer("i"), root.flag("f")) == (3, True)
    assert (root.numbers("nn"), root.integers("ii"), root.texts("tt")) == ((1.0, 2.5), (1, 2), ("x", ""))
    assert root.pair("p", low=0) == (0, 4)
    assert root.table("sub").value("x") == [[1], 2]
    first, second = root.tables("many")
    assert (first.integer("y"), second.integer("y", 7), list(second)) == (1, 7, [])
    root.end()
    assert "t" in root
    assert list(root)[:2] == ["t", "e"]


def test_defaults_stand_for_what_is_missing(tmp_path):
    root = table(tmp_path, "empty = []\n")
    readers = (root.text, root.number, root.integer, root.flag, root.numbers, root.integers, root.texts, root.pair)
    assert [read("none", None) for read in (*readers, root.table, root.value)] == [None] * 10
    assert root.tables("none", ()) == root.tables("empty", ()) == []
    for read in (*readers, root.table, root.tables, root.value):
        with pytest.raises(InputError, match=r"some\.toml: none: this key is missing"):
            read("none")


@pytest.mark.parametrize(
    ("value", "read", "said"),
    [
        ("3", lambda t: t.text("k"), "must be text, not 3"),
        ("' '", lambda t: t.text("k"), "must be text, but is empty"),
        ("'c'", lambda t: t.text("k", choices=("a", "b")), "'c' is not one of a, b"),
        ("'3'", lambda t: t.number("k"), "must be a finite number, not '3'"),
        ("true", lambda t: t.number("k"), "must be a finite number, not True"),
        ("nan", lambda t: t.number("k"), "must be a finite number, not nan"),
        ("-inf", lambda t: t.number("k"), "must be a finite number, not -inf"),
        ("1", lambda t: t.number("k", low=2.5), "must be a finite number of at least 2.5, not 1"),
        (f"0x{'f' * 400}", lambda t: t.number("k"), "must be a finite number, not 4446241"),
        ("1.0", lambda t: t.integer("k"), "must be an integer of at least 0, not 1.0"),
        ("true", lambda t: t.integer("k"), "must be an integer of at least 0, not True"),
        ("-1", lambda t: t.integer("k"), "must be an integer of at least 0, not -1"),
        ("5", lambda t: t.integer("k", high=4), "must be at most 4, not 5"),
        (str(2**63), lambda t: t.integer("k"), f"must be at most {2**63 - 1}"),
        (
            f"0x{'f' * 6000}",
            lambda t: t.integer("k"),
            f"must be at most {2**63 - 1}, not an integer of",
        ),
        ("1", lambda t: t.flag("k"), "must be true or false, not 1"),
        ("1", lambda t: t.numbers("k"), "must be a list of finite numbers, not 1"),
        ("[1, inf]", lambda t: t.numbers("k"), "must be a list of finite numbers"),
        ("[]", lambda t: t.integers("k"), "must be a list of integers of at least 1, not []"),
        ("[1, 2.0]", lambda t: t.integers("k"), "must be a list of integers of at least 1"),
        ("[true]", lambda t: t.integers("k"), "must be a list of integers of at least 1"),
        (f"[{2**63}]", lambda t: t.integers("k"), "must be a list of integers"),
        ("[0, 1]", lambda t: t.pair("k"), "must be a list of integers of at least 1"),
        ("[1, 2, 3]", lambda t: t.pair("k", names="x, y"), "must be two integers, [x, y], not [1, 2, 3]"),
        ("['a', 1]", lambda t: t.texts("k"), "must be a list of texts, not ['a', 1]"),
        ("1979-05-27", lambda t: t.table("k"), "must be a table, not datetime.date(1979, 5, 27)"),
        ("{}", lambda t: t.tables("k"), "must be an array of tables ([[k]])"),
        ("[]", lambda t: t.tables("k"), "must be an array of tables ([[k]])"),
        ("[{}, 1]", lambda t: t.tables("k", ()), "must be an array of tables ([[k]])"),
    ],
)
def test_a_wrong_value_is_refused_with_file_key_and_reason(tmp_path, value, read, said):
    message = error_of(lambda: read(table(tmp_path, f"k = {value}\n")))
    assert message is not None
    assert f"some.toml: k: {said}" in message
    assert len(message) < 300


def test_unknown_keys_are_refused_with_the_closest(tmp_path):
    root = table(tmp_path, "rows = 1\n[sub]\ncolumms = 2\n")
    root.only(("rows", "sub"))
    with pytest.raises(InputError, match=r"sub: this key is not known here; There is: rows"):
        root.only(("rows",))
    root.integer("rows")
    sub = root.table("sub")
    root.end()
    sub.integer("columns", 3)
    with pytest.raises(InputError, match=r"sub\.columms: this key is not known here; did you mean 'columns'\?"):
        sub.end()


def test_messages_are_one_printable_line_of_bearable_length(tmp_path):
    root = table(tmp_path, f'"a\\nb\\u001b[2J" = 1\n"{"x" * 10_000}" = 2\n')
    message = error_of(lambda: root.only(()))
    assert "a\\nb\\x1b[2J: this key is not known here" in message
    assert message.isprintable()
    long = error_of(lambda: root.text("x" * 10_000))
    assert len(long) < 300


BAD = {
    "nested arrays": ("a = " + "[" * 100_000, "nested too deep"),
    "nested tables": ("a = " + "{a = " * 100_000, "nested too deep"),
    "a dotted key": (".".join("a" * 50_000) + " = 1", "nested too deep"),
    "a dotted table": ("[" + " . ".join(["'a'"] * 50_000) + "]", "nested too deep"),
    "5000 digits": ("a = " + "1" * 5000, "5000 digits"),
    "not UTF-8": (b"a = '\xff'", "utf-8"),
    "UTF-16": ("a = 1".encode("utf-16"), "utf-8"),
    "no value": ("a =", "Invalid value"),
    "twice": ("a = 1\na = 2", "overwrite"),
    "control characters": (b"a = '\x1b[2J\x00'", "invalid character"),
    "a word": ("hello", "after a key"),
}


@pytest.mark.parametrize("reader", READERS.values(), ids=list(READERS))
@pytest.mark.parametrize(("content", "said"), BAD.values(), ids=list(BAD))
def test_every_reader_refuses_what_is_not_toml(tmp_path, reader, content, said):
    path = tmp_path / "bad.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    message = error_of(lambda: reader(path))
    assert message is not None
    assert message.startswith(f"{path}: not a TOML file: ")
    assert said in message
    assert message.isprintable()


@pytest.mark.parametrize("reader", [read for name, read in READERS.items() if name != "hardware"])
def test_a_file_that_is_not_there_is_one_error(tmp_path, reader):
    for path in (tmp_path / "none.toml", tmp_path):
        assert error_of(lambda path=path: reader(path)).startswith(f"{path}: cannot be read: ")


def test_long_files_that_are_not_nested_are_read(tmp_path):
    text = "".join(f"a{k}.b.c.d = 'x.y.z'\n" for k in range(2000))
    text += f"t = '{'w' * 500_000}'\nd = '{'. ' * 100_000}'\n"
    assert len(list(table(tmp_path, text))) == 2002


WORD = st.sampled_from(["compile", "place", "network", "claim", "values", "extends", "summary", "a b", ""])
LEAF = st.one_of(
    st.sampled_from(["nan", "-inf", "1e999", "0x" + "f" * 5000, str(2**70), "1979-05-27", "07:32:00", "''", "'x'"]),
    st.sampled_from(["true", "-1", "0.5", "[]", "[[]]", "{}", "[1, 'a']", "[{}]", "[nan]", "{x = {}}", "'pcm-mesh'"]),
)


@settings(deadline=None, max_examples=150)
@given(reader=st.sampled_from(list(READERS)), content=st.dictionaries(WORD, LEAF, max_size=5))
def test_any_keys_and_values_give_one_error_or_are_read(reader, content, tmp_path_factory):
    path = tmp_path_factory.mktemp("toml") / "any.toml"
    path.write_text("".join(f'"{key}" = {value}\n' for key, value in content.items()))
    message = error_of(lambda: READERS[reader](path))
    assert message is None or re.match(r".*any\.toml: |no chip is called", message)
    assert message is None or message.isprintable()


FULL = {
    "hardware": 'extends = "pcm-mesh"\n{}\nname = "x"\n',
    "config": '{}\n[compile]\nseed = 1\n[place]\nalgorithm = "swarm"\n',
    "study": '{}\ntitle = "t"\nsummary = "s"\nworkloads = ["w"]\nobjectives = ["o"]\ntechnologies = ["t"]\n',
    "workload": '{}\nsummary = "s"\norigin = "o"\nlicence = "l"\n'
    '[network]\nfile = "n.nir"\ninputs = 1\nneurons = 1\nsynapses = 1\n',
}


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_refuses_keys_that_nobody_knows(tmp_path, reader):
    path = tmp_path / "full.toml"
    path.write_text(FULL[reader].format(""))
    assert error_of(lambda: READERS[reader](path)) is None
    path.write_text(FULL[reader].format("tittle = 1"))
    assert "full.toml: tittle: this key is not known here; " in error_of(lambda: READERS[reader](path))


def test_a_pipe_is_refused_and_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(InputError, match="it is a folder, device or pipe; give a plain file"):
            read_toml(path)
