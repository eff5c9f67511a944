"""Variants of algorithms: a worse one is found out, chance is not taken for a difference, names are checked first."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support import small_workload
from support.kernel_nets import graph_of, kernel_network

import snnmap
from snnmap.core.errors import InfeasibleError, InputError
from snnmap.study import workers
from snnmap.study.variants import (
    FIGURES,
    MORE,
    SECONDS,
    Contrast,
    Variant,
    VariantOptions,
    compare_variants,
    difference_by_chance,
    parse_variant,
    verdict_lines,
)
from snnmap.study.workers import Made

SEEDS = tuple(range(6))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory, chip: Path) -> tuple[Contrast, ...]:
    """Annealing, an annealing that may not move anything, and annealing again, on the small chip."""
    recipe = tmp_path_factory.mktemp("variants") / "net.toml"
    recipe.write_text(small_workload.recipe())
    variants = (
        parse_variant("anneal:place=anneal"),
        parse_variant("lazy:place=sequential"),
        parse_variant("again:place=anneal,objective=traffic"),
    )
    base = snnmap.CompileOptions(hardware=str(chip), objective="traffic")
    return compare_variants([str(recipe)], VariantOptions(variants, SEEDS, base=base))


def of(found, variant, figure):
    return next(c for c in found if (c.variant, c.figure) == (variant, figure))


def test_a_placer_that_does_not_place_is_worse_in_hops(found) -> None:
    lazy = of(found, "lazy", "hops")
    assert lazy.verdict == "worse"
    assert lazy.change > 0
    assert lazy.chance == pytest.approx(2 / 2**6)  # all six pairs point the same way
    assert of(found, "lazy", "crossbars").verdict == "="
    assert of(found, "anneal", "hops").verdict == ""
    assert of(found, "anneal", "hops").deviation >= 0
    assert of(found, "lazy", "crossbars").deviation == 0


@pytest.mark.parametrize(
    ("base", "text", "held"),
    [
        ({}, "a:", ("unrolled", 0)),
        ({}, "a:conv=dense,copies=4", ("dense", 4)),
        ({}, "a:conv=packed,copies=auto", ("packed", 0)),
        ({"conv": "dense", "copies": 3}, "a:", ("dense", 3)),
        ({"conv": "dense", "copies": 3}, "a:copies=auto", ("dense", 0)),
        ({"conv": "dense", "copies": 3}, "a:conv=unrolled", ("unrolled", 0)),
    ],
)
def test_a_variant_says_how_convolutions_are_held(base, text, held) -> None:
    variants = parse_variant(text), parse_variant("b:")
    asked = VariantOptions(variants, base=snnmap.CompileOptions(**base)).options_of(variants[0])
    assert (asked.conv, asked.copies) == held
    assert asked.settings == ()


def test_copies_of_what_is_held_by_synapses_are_refused_before_any_work() -> None:
    variants = parse_variant("a:copies=2"), parse_variant("b:")
    with pytest.raises(InputError, match="variant 'a': copies are of kernels that are held once: give conv=dense"):
        compare_variants(["mnist-mlp"], VariantOptions(variants))


def test_kernels_held_once_are_compared_with_synapses() -> None:
    graph = graph_of(kernel_network(0))
    variants = (
        parse_variant("unrolled:"),
        parse_variant("dense:conv=dense"),
        parse_variant("copied:conv=dense,copies=2"),
    )
    base = snnmap.CompileOptions(hardware="pcm-mesh:rows=32,columns=16")
    found = compare_variants([graph], VariantOptions(variants, (0,), base=base))
    crossbars = [of(found, name, "crossbars").mean for name in ("unrolled", "dense", "copied")]
    alone = [
        snnmap.compile(graph, replace(base, conv=conv, copies=copies)).mapping.figures["crossbars"]
        for conv, copies in (("unrolled", 0), ("dense", 0), ("dense", 2))
    ]
    assert crossbars == alone
    assert len(set(alone)) == 3


def test_seconds_are_not_those_of_loading_kernels(found, chip, tmp_path, monkeypatch) -> None:
    loaded, calls = set(), []
    compile_once = workers.compile

    def slow_at_first(graph, options):
        calls.append(options.seed)
        if options.settings not in loaded:
            loaded.add(options.settings)
            begun = time.process_time()
            while time.process_time() - begun < 1.0:
                pass
        return compile_once(graph, options)

    monkeypatch.setattr(workers, "compile", slow_at_first)
    monkeypatch.setattr(workers, "_made", set())
    (tmp_path / "net.toml").write_text(small_workload.recipe())
    variants = parse_variant("anneal:place=anneal"), parse_variant("lazy:place=sequential")
    base = snnmap.CompileOptions(hardware=str(chip), objective="traffic")
    again = compare_variants([str(tmp_path / "net.toml")], VariantOptions(variants, (0, 1), base=base))
    assert calls == [0, 0, 1] * 2, "the first run of each variant is made anew"
    assert max(of(again, name, SECONDS).mean for name in ("anneal", "lazy")) < 0.4


def test_the_same_algorithm_is_no_other(found) -> None:
    own = [c for c in found if c.variant == "again" and c.figure != SECONDS]
    assert {c.figure for c in own} <= set(FIGURES)
    assert all((c.change, c.chance, c.verdict) == (0.0, 1.0, "=") for c in own)


def test_figures_are_those_of_a_compilation(found, chip, tmp_path) -> None:
    (tmp_path / "net.toml").write_text(small_workload.recipe())
    hops = [
        snnmap.compile(
            str(tmp_path / "net.toml"),
            snnmap.CompileOptions(
                hardware=str(chip), objective="traffic", seed=seed, settings=(("place", "sequential"),)
            ),
        ).mapping.figures["hops"]
        for seed in SEEDS
    ]
    assert of(found, "lazy", "hops").mean == pytest.approx(np.mean(hops))
    assert of(found, "lazy", "hops").deviation == pytest.approx(np.std(hops, ddof=1))


def test_verdicts_know_which_way_is_better() -> None:
    assert {"espine_lifetime_frames", "throughput_frames_per_s"} <= MORE
    more = Contrast("net", "pcm-65", "b", "espine_lifetime_frames", 2.0, 0.1, 1.0, 0.01)
    less = Contrast("net", "pcm-65", "b", "energy_J", 2.0, 0.1, 1.0, 0.01)
    unsure = Contrast("net", "pcm-65", "b", "hops", 2.0, 0.1, 1.0, 0.05)
    tiny = Contrast("net", "pcm-65", "b", "latency_s", 2.0, 0.0, 9e-4, 0.01)
    warm = Contrast("net", "pcm-65", "b", "device_temperature_average_K", 300.0, 0.1, -0.5, 0.01)
    assert [c.verdict for c in (more, less, unsure, tiny, warm)] == ["better", "worse", "=", "=", "better"]
    (line,) = verdict_lines([more, less, unsure, tiny, warm], {"energy_J": "energy"})
    assert line == (
        "net on pcm-65, b: better: espine_lifetime_frames +100 %, device_temperature_average_K -0.5 K; "
        "worse: energy +100 %; no difference that matters in 2 of 5 figures"
    )


def test_chance_is_taken_for_a_difference_as_rarely_as_it_says() -> None:
    rng = np.random.default_rng(0)
    wrong = np.mean([difference_by_chance(*rng.standard_normal((2, 10))) < 0.05 for _ in range(2000)])
    assert 0.03 < wrong < 0.06
    shifted = [difference_by_chance(a + 1.5, b) < 0.05 for a, b in rng.standard_normal((500, 2, 10))]
    assert np.mean(shifted) > 0.7
    assert difference_by_chance(np.ones(1), np.zeros(1)) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("place=swarm", "is not NAME:STAGE=VALUE"),
        (":place=swarm", "is not NAME"),
        ("a:swarm", "is not stage.option=value"),
        ("a:conv=dens", "conv 'dens' is unknown; did you mean 'dense'"),
        ("a:conv=dense,copies=0", "'0' is no number of copies; give a whole number from 1, or auto"),
        ("a:conv=dense,copies=two", "'two' is no number of copies"),
    ],
)
def test_what_is_no_variant_is_refused(text, said) -> None:
    with pytest.raises(InputError, match=said):
        parse_variant(text)


@pytest.mark.parametrize(
    ("variants", "options", "said"),
    [
        ((Variant("a"),), {}, "two or more"),
        ((Variant("a"), Variant("a")), {}, "a name of its own"),
        ((Variant("a"), Variant("b", (("place", "aneal"),))), {}, "anneal"),
        ((Variant("a"), Variant("b", (("plce", "anneal"),))), {}, "place"),
        ((Variant("a"), Variant("b", (), "trafic")), {}, "traffic"),
        ((Variant("a"), Variant("b")), {"seeds": (1, 1)}, "each once"),
        ((Variant("a"), Variant("b")), {"technologies": ("pcm-66",)}, "pcm-65"),
    ],
)
def test_names_are_looked_at_before_any_work(variants, options, said) -> None:
    with pytest.raises(InputError, match=said):
        compare_variants(["mnist-mlp"], VariantOptions(variants, **options))


def test_what_does_not_fit_says_so(chip, tmp_path) -> None:
    (tmp_path / "net.toml").write_text(small_workload.recipe())
    base = snnmap.CompileOptions(hardware=f"{chip}:tiles=1x1")
    with pytest.raises(InfeasibleError, match="tiles: need"):
        compare_variants([str(tmp_path / "net.toml")], VariantOptions((Variant("a"), Variant("b")), (0,), base=base))


def test_a_figure_that_a_run_lacks_is_left_out(found) -> None:
    assert Made("0", {}, "", None, 1.0, 1.0, None).figures.get("hops") is None
    assert len({(c.variant, c.figure) for c in found}) == len(found)
