"""Grids: every combination once, in order; what makes no grid is refused before any work."""

import pytest

import snnmap
from snnmap.core.errors import InputError
from snnmap.study.grid import Point, Sweep, key_of, sized


def test_points_are_all_combinations_with_the_seed_fastest() -> None:
    grid = Sweep(
        hardware=("pcm-mesh", "pcm-mesh-64"),
        rows=("64", "unlimited"),
        technology=("pcm-65", "pcm-16"),
        objective=("traffic", "energy"),
        settings=(("place", ("anneal", "swarm")),),
        seed=(0, 1, 2),
        base=snnmap.CompileOptions(pace="flat-out", settings=(("schedule", "list"),)),
    )
    points = grid.checked()
    assert len(points) == len(set(points)) == 2 * 2 * 2 * 2 * 2 * 3
    assert [p.seed for p in points[:4]] == [0, 1, 2, 0]
    assert [dict(p.settings)["place"] for p in points[:6]] == ["anneal"] * 3 + ["swarm"] * 3
    assert points[0].hardware == "pcm-mesh:rows=64"
    assert points[-1].hardware == "pcm-mesh-64:rows=unlimited"
    assert {dict(p.settings)["schedule"] for p in points} == {"list"}
    assert {p.pace for p in points} == {"flat-out"}


def test_an_empty_grid_is_the_base_alone() -> None:
    base = snnmap.CompileOptions(hardware="pcm-mesh-64", objective="traffic", technology="pcm-16", seed=7)
    assert Sweep(base=base).checked() == (base,)


def test_square_crossbars_and_meshes() -> None:
    points = Sweep(crossbar=("32", "64"), tiles=("2x2", "3x1")).checked()
    assert [p.hardware.removeprefix("pcm-mesh:") for p in points] == [
        f"rows={n},columns={n},tiles={mesh}" for n in (32, 64) for mesh in ("2x2", "3x1")
    ]
    assert sized("a.toml", {}) == "a.toml"
    assert sized("a.toml", {"columns": "8", "rows": ""}) == "a.toml:columns=8"


@pytest.mark.parametrize(
    ("grid", "said"),
    [
        ({"crossbar": ("32",), "rows": ("64",)}, "leave rows and columns out, or crossbar"),
        ({"crossbar": ("32",), "columns": ("64",)}, "leave rows and columns out, or crossbar"),
        ({"seed": (1, 2, 1)}, "seed lists 1 twice"),
        ({"objective": ("traffic", "traffic")}, "objective lists traffic twice"),
        ({"settings": (("place", ("anneal", "anneal")),)}, "place lists anneal twice"),
        ({"settings": (("place", ("anneal",)), ("place", ("swarm",)))}, "given twice"),
        ({"settings": (("place", ()),)}, "the grid is empty"),
        ({"rows": ("many",)}, "rows=N, rows=unlimited"),
        ({"tiles": ("4",)}, "tiles=WxH"),
        ({"technology": ("pcm-64",)}, "pcm-65"),
        ({"objective": ("trafic",)}, "traffic"),
        ({"settings": (("place", ("aneal",)),)}, "anneal"),
        ({"settings": (("plce", ("anneal",)),)}, "place"),
        ({"settings": (("place.sweps", ("3",)),)}, "has no option 'sweps'"),
        ({"hardware": ("pcm-mash",)}, "pcm-mesh"),
        ({"seed": (-1,)}, "must not be negative"),
    ],
)
def test_what_is_no_grid_is_refused_and_the_nearest_offered(grid, said) -> None:
    with pytest.raises(InputError, match=said):
        Sweep(**grid).checked()


def test_a_run_is_named_by_all_that_it_depends_on(compiled) -> None:
    base = snnmap.CompileOptions()
    others = [
        base,
        snnmap.CompileOptions(seed=1),
        snnmap.CompileOptions(hardware="pcm-mesh:rows=64"),
        snnmap.CompileOptions(technology="pcm-16"),
        snnmap.CompileOptions(objective="traffic"),
        snnmap.CompileOptions(settings=(("place", "swarm"),)),
        snnmap.CompileOptions(terms=(("thermal", 1.0),)),
        snnmap.CompileOptions(pace="flat-out"),
        snnmap.CompileOptions(pulse="1us"),
        snnmap.CompileOptions(ambient=300.0),
        snnmap.CompileOptions(variation=1),
        snnmap.CompileOptions(time_budget=3.0),
        snnmap.CompileOptions(split="unroll"),
    ]
    names = {key_of(Point.of(compiled.graph, options).identity()) for options in others}
    assert len(names) == len(others)
    again = Point.of(compiled.graph, snnmap.CompileOptions(technology="pcm-65")).identity()
    assert key_of(again) == key_of(Point.of(compiled.graph, base).identity())  # the chip's own technology, by name
