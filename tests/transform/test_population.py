"""Population codes: every copy of an output has its synapses, and nothing else changes."""

import numpy as np
import pytest
from support import small_workload
from support.dense import dense_of

from snnmap.core.errors import InputError
from snnmap.transform.population import with_population_code


@pytest.mark.parametrize("copies", [1, 2, 5])
def test_the_matrix_has_as_many_copies_of_the_outputs_columns(copies: int) -> None:
    network = small_workload.network()
    outputs = [network.populations[k] for k in network.outputs]
    assert [p.name for p in outputs] == ["out"]
    before, after = dense_of(network), dense_of(with_population_code(network, copies))
    last = outputs[0].first
    assert after.shape == (last + 3 * copies, last + 3 * copies)
    assert np.array_equal(after[:last, :last], before[:last, :last])
    for k in range(copies):
        assert np.array_equal(after[:last, last + 3 * k : last + 3 * k + 3], before[:last, last:])


def test_parameters_are_repeated_too() -> None:
    network = with_population_code(small_workload.network(), 4)
    assert network.populations[-1].shape == (12,)
    assert all(len(values) == 12 for values in network.populations[-1].parameters.values())


def test_no_copy_and_outputs_that_feed_neurons_are_refused() -> None:
    from dataclasses import replace

    network = small_workload.network()
    with pytest.raises(InputError, match="at least 1 neuron for every output, not 0"):
        with_population_code(network, 0)
    with pytest.raises(InputError, match="output 'second' feeds neurons"):
        with_population_code(replace(network, outputs=(3,)), 2)
    with pytest.raises(InputError, match="names no output"):
        with_population_code(replace(network, outputs=()), 2)
