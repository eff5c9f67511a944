"""What benchmarks work out themselves: the exponent of cost over size, components in the units of others."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from snnmap.hardware import load_hardware


def benchmark(name: str) -> ModuleType:
    path = Path(__file__).parents[1] / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"{name}_benchmark", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def compile_benchmark() -> ModuleType:
    return benchmark("compile")


@pytest.mark.parametrize("slope", [0.5, 1.0, 1.3])
def test_the_exponent_of_a_power_is_found(compile_benchmark: ModuleType, slope: float) -> None:
    sizes = [1e5, 3e6, 1e8]
    assert compile_benchmark.exponent(sizes, [2.5 * size**slope for size in sizes]) == pytest.approx(slope)


def test_noise_that_does_not_lean_leaves_the_exponent(compile_benchmark: ModuleType) -> None:
    """By hand: three decades off by factors 2, 1/4 and 2, whose logarithms have mean 0 and do not lean."""
    seconds = [10 * 2.0, 100 / 4.0, 1000 * 2.0]
    assert compile_benchmark.exponent([10.0, 100.0, 1000.0], seconds) == pytest.approx(1.0)


def test_stages_that_take_no_time_have_no_exponent(compile_benchmark: ModuleType) -> None:
    """A stage called twice counts with both; one that the smallest network lacks, or that is short, does not."""

    def result(synapses: int, *stages: tuple[str, float]) -> dict[str, object]:
        lines = [(name, 9.9, seconds, 0.1) for name, seconds in stages]
        return {"synapses": synapses, "stages": lines, "whole": ("compile", 9.9, synapses / 1e5)}

    small = result(10**5, ("place", 1.0), ("place", 1.0), ("load", 0.1))
    large = result(10**7, ("place", 20.0), ("load", 0.2), ("verify", 7.0))
    found = compile_benchmark.exponents([large, small])
    assert found == {"place": pytest.approx(0.5), "compile": pytest.approx(1.0)}


def test_components_are_compared_in_si() -> None:
    """At 22 nm: logic_energy 0.2, 0.1 nA/um at 0.85 V."""
    components, chip = benchmark("components"), load_hardware("pcm-mesh", "pcm-22")
    assert components.ours(chip, "adc_area", "area") == pytest.approx(373000 * (22e-9) ** 2, rel=1e-9, abs=0)
    assert components.ours(chip, "adc_energy", "energy") == pytest.approx(0.8e-12, rel=1e-9, abs=0)
    assert components.ours(chip, "driver_width", "leak") == pytest.approx(70 * 22e-9 * 1e-4 * 0.85, rel=1e-9, abs=0)
    for _, key, _, figure in components.COMPARED:
        assert components.ours(chip, key, figure) > 0


def test_a_component_whose_file_names_neither_is_not_explained() -> None:
    components, chip = benchmark("components"), load_hardware("pcm-mesh")
    assert components.explained(chip, "adc_area")
    assert not components.explained(chip, "hop_energy")


def test_the_stages_that_are_timed_are_functions_of_the_pipeline(compile_benchmark: ModuleType) -> None:
    from snnmap.pipeline import compile as pipeline

    assert [name for name in compile_benchmark.STAGES if not callable(getattr(pipeline, name, None))] == []
