"""Which integers weights can be, and neurons that count in units of one."""

from dataclasses import replace

import numpy as np
import pytest

from snnmap.core.errors import InputError
from snnmap.ir import MODELS, Network, Population
from snnmap.ir.integers import GAINS, foreign, in_units_of, largest, levels_of, nearest


@pytest.mark.parametrize(("bits", "values"), [(1, [-1, 1]), (2, [-1, 0, 1]), (3, range(-3, 4)), (8, range(-127, 128))])
def test_bits_have_their_integers(bits: int, values: object) -> None:
    levels = levels_of(bits)
    assert levels == len(list(values))
    every = np.arange(-300, 301)
    assert every[~foreign(every, levels)].tolist() == list(values)
    assert largest(levels) == max(values)


def test_an_even_number_of_levels_are_odd_integers() -> None:
    every = np.arange(-9, 10)
    assert every[~foreign(every, 6)].tolist() == [-5, -3, -1, 1, 3, 5]
    assert foreign([0.5, -7.0, 3.0], 6).tolist() == [True, True, False]


def test_the_nearest_level_is_taken_and_the_rest_is_clipped() -> None:
    x = np.array([-9.0, -7.4, -0.6, -0.5, 0.0, 0.5, 1.5, 6.6, 8.0])
    assert nearest(x, 15).tolist() == [-7, -7, -1, 0, 0, 0, 2, 7, 7]
    assert not np.any(np.signbit(nearest(x[3:5], 15)))
    assert nearest(x, 2).tolist() == [-1, -1, -1, -1, 1, 1, 1, 1, 1]
    assert nearest(x, 6).tolist() == [-5, -5, -1, -1, 1, 1, 1, 5, 5]


@pytest.mark.parametrize("model", [m for m in MODELS.values() if m.kind == "neuron"], ids=lambda m: m.name)
def test_every_model_takes_a_unit_or_says_that_it_cannot(model) -> None:
    unit = np.array([2.0, 3.0])
    given = {key: np.array([6.0, 12.0]) for key in model.parameters}
    found = in_units_of(unit, model.name, given)
    assert (found is None) == (model.name in {"recorded", "Delay", "LavaCuba", "MacReLU", "MacLinear"})
    if found is None:
        return
    changed = {key: values.tolist() for key, values in found.items() if values.tolist() != [6.0, 12.0]}
    if model.name in GAINS:
        assert changed == {GAINS[model.name]: [12.0, 36.0]}
    else:
        states = {"v_threshold", "v_reset", "v_leak", "threshold", "v_min"} & set(given)
        assert changed == {key: [3.0, 4.0] for key in states}


IF = {"r": np.ones(2), "v_threshold": np.ones(2), "v_reset": np.zeros(2)}
POPULATIONS = (
    Population("in", "input", "input", 0, (2,), 0),
    Population("bias", "bias", "bias", 2, (1,), 0),
    Population("n", "neuron", "IF", 3, (2,), 1, IF, 15, 0.5),
)


def network(weight: list[float], **change: object) -> Network:
    populations = (*POPULATIONS[:2], replace(POPULATIONS[2], **change))  # type: ignore[arg-type]
    return Network(populations, [0, 2, 4, 5, 5, 5], [3, 4, 3, 4, 4], weight, [1, 1, 2.0**-9], (2,))


def test_integers_are_recovered_and_biases_are_numbers() -> None:
    made = network([3.5, -3.5, 0.0, 0.5, 1.3])
    assert made.integers().tolist() == [7, -7, 0, 1, 3]
    assert made.populations[2].full == 3.5
    plain = network([3.5, -3.5, 0.0, 0.7, 20.3], levels=0)
    assert not plain.integers().any()
    assert plain.populations[2].full == 0.0


@pytest.mark.parametrize(
    ("weight", "change", "said"),
    [
        ([3.5, 4.0, 0, 0, 0], {}, r"from 'in'\[0\] to 'n'\[1\] is 8 times the step 0.5.* 15 levels up to 7"),
        ([0, 0, 0, 0, 3.6], {}, r"from 'bias'\[0\] to 'n'\[1\] is 7.2 times the step"),
        ([0, 0, 0.25, 0, 0], {}, r"from 'in'\[1\] to 'n'\[0\] is 0.5 times the step"),
        ([0.5, 0, 0.5, 0.5, 0], {"levels": 2}, r"from 'in'\[0\] to 'n'\[1\] is 0 times the step"),
        ([0, 0, 0, 0, 0], {"levels": 1}, "has 1 levels"),
        ([0, 0, 0, 0, 0], {"levels": 257}, "has 257 levels"),
        ([0, 0, 0, 0, 0], {"step": 0.0}, "a step of 0.0"),
        ([0, 0, 0, 0, 0], {"step": float("nan")}, "a step of nan"),
    ],
)
def test_weights_that_are_no_levels_are_refused_by_place(weight: list[float], change: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        network(weight, **change)


def test_the_digest_sees_levels_and_nothing_new_without_them() -> None:
    weight = [3.5, 3.5, 0.5, 0.5, 0.0]
    digests = {network(weight, levels=levels, step=step).digest() for levels, step in ((15, 0.5), (31, 0.5), (0, 1.0))}
    assert len(digests) == 3
    assert network(weight, levels=0, step=2.0).digest() in digests
