"""Rows of a sweep as files: whole after a kill, the same from Parquet, CSV and JSON, never those of something else."""

import json

import pytest

from snnmap.core.errors import InputError
from snnmap.core.tables import columns_of
from snnmap.study.grid import FORMAT
from snnmap.study.rows import ENDINGS, Journal, journal_of, journalled, rows_in, written

ROWS = [
    {"run": "a", "seed": 0, "settings": "", "hops": 3, "energy_J": 1.5e-9, "lifetime": 2.0, "version": "1"},
    {
        "run": "b",
        "seed": 1,
        "settings": "place=swarm",
        "hops": 4,
        "energy_J": 0.1 + 0.2,
        "lifetime": "never",
        "more": 7,
    },
]


def test_words_among_numbers_are_said_beside_them() -> None:
    columns = columns_of(ROWS)
    assert columns["lifetime"] == [2.0, None]
    assert columns["said"] == ["", "lifetime: never"]
    assert columns["hops"] == [3, 4]
    assert columns["more"] == [None, 7]
    assert all(isinstance(value, float) for value in columns["energy_J"])


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_table_reads_as_it_was_written(tmp_path, ending) -> None:
    table = tmp_path / f"sweep{ending}"
    written(table, ROWS)
    found = rows_in(table)
    assert list(found) == ["a", "b"]
    again = tmp_path / f"again{ending}"
    written(again, list(found.values()))
    assert again.read_bytes() == table.read_bytes()
    assert found["b"]["energy_J"] == 0.1 + 0.2
    assert (found["a"]["settings"], found["b"]["settings"]) == ("", "place=swarm")
    assert type(found["a"]["hops"]) is int
    assert found["a"]["version"] == "1"
    if ending != ".json":
        assert found["b"]["said"] == "lifetime: never"


def test_a_parquet_table_opens_in_what_people_use(tmp_path) -> None:
    from pyarrow import parquet

    written(tmp_path / "sweep.parquet", ROWS)
    table = parquet.read_table(tmp_path / "sweep.parquet")
    assert table.column("energy_J").to_pylist() == [1.5e-9, 0.1 + 0.2]
    assert str(table.schema.field("seed").type) == "int64"


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("content", [b"", b"{}", b"a,b\n1,2\n", b"PAR1 and no more", b"[1, 2]", b"\xff\xfe\x00"])
def test_another_file_is_no_table(tmp_path, ending, content) -> None:
    table = tmp_path / f"sweep{ending}"
    table.write_bytes(content)
    with pytest.raises(InputError, match="not the table of a sweep, or it is damaged; name another file"):
        rows_in(table)


def test_a_table_of_another_format_is_refused(tmp_path) -> None:
    from pyarrow import parquet
    from pyarrow import table as arrow_table

    (tmp_path / "sweep.json").write_text(json.dumps({"format": FORMAT + 1, "rows": ROWS}))
    table = arrow_table({"run": ["a"]}).replace_schema_metadata({b"snnmap": b'{"format": 99}'})
    parquet.write_table(table, tmp_path / "sweep.parquet")
    for name in ("sweep.json", "sweep.parquet"):
        with pytest.raises(InputError, match=f"this snnmap writes format {FORMAT}"):
            rows_in(tmp_path / name)


def test_a_torn_line_of_the_journal_costs_one_run(tmp_path) -> None:
    table = tmp_path / "sweep.csv"
    journal = Journal(table)
    for row in ROWS:
        journal.add(row)
    journal.close()
    whole = journal_of(table).read_bytes()
    journal_of(table).write_bytes(whole[:-9])
    assert journalled(table) == {"a": ROWS[0]}
    journal = Journal(table)
    journal.add({"run": "c"})
    journal.close()
    assert list(journalled(table)) == ["a", "c"]
    assert b"\n\n" not in journal_of(table).read_bytes()


def test_parquet_without_pyarrow_names_the_extra(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow.parquet", None)
    with pytest.raises(InputError, match=r"pip install 'snnmap\[sweep\]'"):
        written(tmp_path / "sweep.parquet", ROWS)
    assert not list(tmp_path.iterdir())
