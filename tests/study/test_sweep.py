"""Sweeps: in parallel as alone, resumed as uninterrupted, on a Dask cluster as here; nothing is written over."""

from pathlib import Path

import pytest
from support import small_workload

import snnmap
from snnmap.core.errors import InputError
from snnmap.pipeline.compile import compile as compiled_alone
from snnmap.study import workers
from snnmap.study.rows import Journal, journal_of, rows_in
from snnmap.study.sweep import TIMES


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("sweep") / "net.toml"
    path.write_text(small_workload.recipe())
    return str(path)


@pytest.fixture
def grid(chip: Path) -> snnmap.Sweep:
    """Two seeds, two technologies, and a mesh that is too small."""
    return snnmap.Sweep(hardware=(str(chip),), tiles=("6x6", "1x1"), technology=("pcm-65", "pcm-16"), seed=(0, 1))


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs in this process: what is tested is not where they are made."""
    monkeypatch.setattr(workers, "Processes", lambda graphs, processes: workers.Alone(graphs))


def timeless(rows):
    return [{key: value for key, value in row.items() if key not in TIMES} for row in rows]


def test_processes_find_what_one_compilation_finds(recipe, grid, tmp_path) -> None:
    told = []
    where = snnmap.SweepWhere(tmp_path / "sweep.parquet", workers=2, mappings=tmp_path / "mappings")
    swept = snnmap.sweep([recipe], grid, where, progress=lambda *state: told.append(state))
    assert (len(swept.rows), swept.made) == (8, 8)
    assert [row["seed"] for row in swept.rows] == [0, 1] * 4
    assert ("sweep", 8, 8, 0.0) in told
    for row in swept.rows:
        if "tiles=1x1" in row["hardware"]:
            assert (row["status"], "energy_J" in row) == ("does not fit", False)
            assert row["why"].startswith("tiles: need ")
            continue
        options = snnmap.CompileOptions(hardware=row["hardware"], technology=row["technology"], seed=row["seed"])
        alone = compiled_alone(recipe, options).mapping
        assert {name: row[name] for name in alone.figures} == dict(alone.figures)
        file = tmp_path / "mappings" / f"{row['run']}.json"
        assert snnmap.load(file).figures == alone.figures
        assert snnmap.verify_file(file) == []
        assert row["seconds"] > 0
    assert not journal_of(where.table).exists()


def test_a_sweep_that_was_stopped_makes_only_what_is_missing(recipe, grid, tmp_path, here, monkeypatch) -> None:
    whole = snnmap.sweep([recipe], grid, snnmap.SweepWhere(tmp_path / "whole.csv"))
    add, added = Journal.add, []

    def stopping(self, row):
        if len(added) == 3:
            raise KeyboardInterrupt
        add(self, row)
        added.append(row["run"])

    monkeypatch.setattr(Journal, "add", stopping)
    where = snnmap.SweepWhere(tmp_path / "parts.csv")
    with pytest.raises(KeyboardInterrupt):
        snnmap.sweep([recipe], grid, where)
    assert not where.table.exists()
    monkeypatch.setattr(Journal, "add", add)
    rest = snnmap.sweep([recipe], grid, where)
    assert rest.made == 5
    assert timeless(rest.rows) == timeless(whole.rows)
    again = snnmap.sweep([recipe], grid, where)
    assert again.made == 0
    assert list(rows_in(tmp_path / "whole.csv")) == list(rows_in(where.table))


def test_a_larger_grid_makes_what_is_new(recipe, chip, tmp_path, here) -> None:
    where = snnmap.SweepWhere(tmp_path / "sweep.parquet", mappings=tmp_path / "mappings")
    first = snnmap.sweep([recipe], snnmap.Sweep(hardware=(str(chip),), seed=(1,)), where)
    more = snnmap.Sweep(hardware=(str(chip),), seed=(0, 1, 2))
    swept = snnmap.sweep([recipe], more, where)
    assert swept.made == 2
    assert swept.rows[1]["run"] == first.rows[0]["run"]
    (tmp_path / "mappings" / f"{first.rows[0]['run']}.json").unlink()
    assert snnmap.sweep([recipe], more, where).made == 1  # its mapping is wanted too


@pytest.mark.parametrize("ending", [".csv", ".parquet", ".json"])
def test_rows_of_another_sweep_are_never_written_over(recipe, chip, tmp_path, here, ending) -> None:
    where = snnmap.SweepWhere(tmp_path / f"sweep{ending}")
    snnmap.sweep([recipe], snnmap.Sweep(hardware=(str(chip),), seed=(0, 1)), where)
    before = where.table.read_bytes()
    with pytest.raises(InputError, match="1 runs that are not of this sweep, of 2"):
        snnmap.sweep([recipe], snnmap.Sweep(hardware=(str(chip),), seed=(1, 2)), where)
    assert where.table.read_bytes() == before
    journal_of(where.table).write_text('{"run": "0"}\n')
    with pytest.raises(InputError, match=r"partial holds 1 runs that are not of this sweep"):
        snnmap.sweep([recipe], snnmap.Sweep(hardware=(str(chip),), seed=(0, 1)), where)
    assert where.table.read_bytes() == before


@pytest.mark.parametrize(
    ("sources", "given", "said"),
    [
        ((), {}, "at least one workload"),
        (("mnist-mpl",), {}, "mnist-mlp"),
        (("mnist-mlp",), {"table": "sweep.xlsx"}, "must end in .parquet or .csv or .json"),
        (("mnist-mlp",), {"table": "nowhere/sweep.csv"}, "choose a folder that exists"),
        (("mnist-mlp",), {"mappings": "file/mappings"}, "no folder that is writable"),
        (("mnist-mlp",), {"workers": 0}, "0 workers make no run"),
    ],
)
def test_what_cannot_be_swept_is_refused_before_any_work(tmp_path, sources, given, said) -> None:
    (tmp_path / "file").write_text("")
    paths = {name: tmp_path / value if isinstance(value, str) else value for name, value in given.items()}
    with pytest.raises(InputError, match=said):
        snnmap.sweep(sources, snnmap.Sweep(), snnmap.SweepWhere(**{"table": tmp_path / "sweep.csv", **paths}))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_dask_cluster_finds_the_same(recipe, grid, tmp_path, here) -> None:
    distributed = pytest.importorskip("distributed")
    alone = snnmap.sweep([recipe], grid, snnmap.SweepWhere(tmp_path / "alone.csv"))
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster:
        where = snnmap.SweepWhere(tmp_path / "cluster.csv", scheduler=cluster.scheduler_address)
        there = snnmap.sweep([recipe], grid, where)
    assert there.made == 8
    assert timeless(there.rows) == timeless(alone.rows)


def test_a_scheduler_that_does_not_answer_is_one_line(recipe, grid, tmp_path, here, monkeypatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(workers, "ANSWER_SECONDS", 1)
    where = snnmap.SweepWhere(tmp_path / "sweep.csv", scheduler="tcp://127.0.0.1:9")
    with pytest.raises(InputError, match=r"no scheduler answers at 'tcp://127.0.0.1:9' within 1 s"):
        snnmap.sweep([recipe], grid, where)
    with pytest.raises(InputError, match="no scheduler answers at 'nonsense://x'"):
        snnmap.sweep([recipe], grid, snnmap.SweepWhere(tmp_path / "sweep.csv", scheduler="nonsense://x"))
