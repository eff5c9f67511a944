"""Every neuron model is one complete record: units, meanings, an equation that names its parameters, ranges."""

import re

import numpy as np
import pytest

from snnmap.ir import ANALOG, FILTERS, MODELS, declared
from snnmap.ir.models import Model, Parameter

STEPPED = [model for model in MODELS.values() if model.stepped]


def gaps(model: Model) -> list[str]:
    """What a record lacks."""
    wanting = [] if model.summary else ["summary"]
    if model.kind == "neuron" and model.parameters and not model.stepped:
        wanting.append("equation")
    if model.stepped and not re.search(r"\b(send|spike)\b", model.equation):
        wanting.append("what it sends")
    for key, parameter in model.parameters.items():
        if not parameter.unit or not parameter.meaning:
            wanting.append(f"unit or meaning of {key}")
        if not re.search(rf"\b{key}\b", model.equation):
            wanting.append(f"{key} in the equation")
    return wanting


@pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))
def test_a_record_is_complete(model: Model) -> None:
    assert gaps(model) == []
    assert MODELS[model.name] is model
    assert (model.name in ANALOG) == model.graded == ("send" in model.equation)
    assert model.stepped == (model.kind == "neuron" and model.name != "recorded")


def test_an_incomplete_record_is_found() -> None:
    unnamed = {"tau": Parameter("", "m"), "r": Parameter("ohm", "")}
    assert gaps(Model("x", "", "v <- v + x", {"tau": Parameter("s", "m")})) == [
        "summary", "what it sends", "tau in the equation",
    ]  # fmt: skip
    assert gaps(Model("x", "s", "tau, r: spike", unnamed)) == ["unit or meaning of tau", "unit or meaning of r"]
    assert gaps(Model("x", "s", "", {"tau": Parameter("s", "m")})) == ["equation", "tau in the equation"]


def test_what_follows_from_the_parameters() -> None:
    assert [m.name for m in STEPPED if m.resets] == ["IF", "LIF", "CubaLIF"]
    constants = {m.name: m.time_constants for m in STEPPED if m.time_constants}
    assert constants == {
        "LIF": ("tau",), "CubaLIF": ("tau_syn", "tau_mem"), "LI": ("tau",), "CubaLI": ("tau_syn", "tau_mem"),
        "RefractoryLIF": ("tau",), "SoftLIF": ("tau",), "MIF": ("tau_x",),
    }  # fmt: skip
    assert {m.name for m in STEPPED if m.exact} < {m.name for m in STEPPED if m.own_reset}


def test_filters_are_declared_where_they_are_given_and_something_is_stepped() -> None:
    assert all(parameter.unit and parameter.meaning for parameter in FILTERS.values())
    assert list(declared("LIF", {"r", "tau_alpha"})) == [*MODELS["LIF"].parameters, "tau_alpha"]
    assert declared("LIF", {"r", "other"}) is MODELS["LIF"].parameters
    assert declared("input", {"tau_alpha"}) == declared("recorded", {"tau_alpha"}) == {}


@pytest.mark.parametrize(
    ("parameter", "good", "bad", "said"),
    [
        (Parameter("V", "any"), [-1e300, 0.0], np.nan, "is not finite"),
        (Parameter("V", "any"), [], np.inf, "is not finite"),
        (Parameter("s", "tau", low=0.0, above=True), [1e-9, 1.0], 0.0, "must be positive"),
        (Parameter("s", "delay", low=0.0), [0.0, 1.0], -1e-9, "must not be negative"),
        (Parameter("1", "decay", low=0.0, high=4096.0), [0.0, 4096.0], 4097.0, "must lie in 0..4096"),
        (Parameter("1", "decay", low=0.0, high=4096.0), [0.0, 4096.0], -1.0, "must lie in 0..4096"),
        (Parameter("1", "count", whole=True), [-3.0, 2.0], 0.5, "must be integers"),
    ],
)
def test_ranges(parameter: Parameter, good: list[float], bad: float, said: str) -> None:
    assert parameter.refusal(np.array(good)) == ""
    assert parameter.refusal(np.array([*good, bad])) == said
