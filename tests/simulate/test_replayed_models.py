"""Every neuron model, with and without an alpha synapse, is replayed on a chip to the last event, and kept by files."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support import small_workload

import snnmap
from snnmap.core.errors import InputError
from snnmap.ir import MODELS, Workload
from snnmap.legality.rules import verify
from snnmap.simulate.mapped import deviation, replay
from snnmap.simulate.neurons import CODES

RANGES = {
    "tau": (2e-3, 9e-3), "tau_mem": (2e-3, 9e-3), "tau_syn": (2e-3, 5e-3), "r": (0.5, 2.0), "w_in": (0.5, 2.0),
    "v_leak": (-0.2, 0.4), "v_reset": (-0.5, 0.3), "v_threshold": (1.0, 3.0), "threshold": (1.0, 3.0),
    "delay": (0.0, 4e-3), "gain": (0.01, 0.05), "alpha": (0.3, 0.9), "beta": (0.2, 0.9), "tau_ref": (0.0, 4e-3),
    "v_min": (-2.0, 0.0), "gamma": (0.02, 0.5), "i_decay": (1000.0, 4000.0), "v_decay": (0.0, 4000.0),
    "c": (50e-9, 2e-7), "e_1": (0.03, 0.06), "e_2": (-0.06, -0.03), "r_on": (500, 2000), "r_off": (5e4, 2e5),
    "v_on": (0.08, 0.12), "v_off": (0.0, 0.01), "v_t": (3e-3, 3e-2), "tau_x": (1e-4, 3e-4), "substeps": (10, 10.5),
    "shift": (0.0, 2.0), "least": (-9.0, 0.0), "most": (5.0, 40.0),
    "ref_delay": (1.0, 3.0), "bias": (-1.0, 2.0), "reset": (0.0, 2.9),
}  # fmt: skip


def workload(model: str, filtered: bool) -> Workload:
    """The small recurrent network with neurons of `model` that differ from one another."""
    rng, made = np.random.default_rng(7), small_workload.workload(rate=0.4)

    def drawn(size: int) -> dict[str, np.ndarray]:
        found = {}
        for key, parameter in MODELS[model].parameters.items():
            low, high = RANGES[key] if (model, key) not in SCALES else np.array(RANGES[key]) * SCALES[model, key]
            found[key] = np.floor(rng.uniform(low, high, size)) if parameter.whole else rng.uniform(low, high, size)
        return found | ({"tau_alpha": rng.uniform(1e-3, 4e-3, size)} if filtered else {})

    populations = tuple(
        replace(p, model=model, parameters=drawn(p.size)) if p.kind == "neuron" else p for p in made.network.populations
    )
    return replace(made, network=replace(made.network, populations=populations))


SCALES = {
    ("IF", "r"): 1000.0, ("Leaky", "gain"): 40.0, ("Alpha", "gain"): 40.0, ("LI", "r"): 0.05, ("MIF", "gain"): 1e-4,
    ("MacReLU", "gain"): 100.0, ("MacLinear", "gain"): 100.0,
}  # fmt: skip
"""Factors that keep a model alive, or from growing without end."""


@pytest.mark.parametrize("filtered", [False, True])
@pytest.mark.parametrize("model", CODES)
def test_every_model_is_replayed_to_the_last_event(model: str, filtered: bool, chip: Path) -> None:
    compiled = snnmap.compile(workload(model, filtered), snnmap.CompileOptions(hardware=str(chip), seed=1))
    graph = compiled.graph
    assert np.count_nonzero(graph.spikes[graph.network.externals :]) > 5
    assert verify(compiled.mapping, graph, compiled.hardware) == []
    assert deviation(graph, replay(compiled.mapping, graph)) == 0


def test_another_filter_is_another_network_with_other_events() -> None:
    plain, filtered = workload("RefractoryLIF", False), workload("RefractoryLIF", True)
    slower = replace(
        filtered.network,
        populations=tuple(
            replace(p, parameters={**p.parameters, "tau_alpha": p.parameters["tau_alpha"] * 2}) if p.parameters else p
            for p in filtered.network.populations
        ),
    )
    cases = [plain, filtered, replace(filtered, network=slower)]
    assert len({case.network.digest() for case in cases}) == 3
    assert len({snnmap.profile(case).digest() for case in cases}) == 3


def test_a_filter_survives_files_of_networks_and_profiles_and_nir_refuses_it(tmp_path: Path) -> None:
    case = workload("LIF", True)
    snnmap.save_network(case.network, tmp_path / "n.npz")
    assert snnmap.load_network(tmp_path / "n.npz").network.digest() == case.network.digest()
    graph = snnmap.profile(case)
    snnmap.save_profile(graph, tmp_path / "p.npz")
    assert snnmap.load_profile(tmp_path / "p.npz").digest() == graph.digest()
    with pytest.raises(InputError, match="NIR has no alpha synapse as 'first' has it; NIR cannot hold it"):
        snnmap.save_network(case.network, tmp_path / "n.nir")
    with pytest.raises(InputError, match="NIR has no RefractoryLIF as in 'first'"):
        snnmap.save_network(workload("RefractoryLIF", False).network, tmp_path / "n.nir")


def test_a_filter_of_no_time_is_refused_by_name() -> None:
    case = workload("LIF", True)
    broken = tuple(
        replace(p, parameters={**p.parameters, "tau_alpha": np.zeros(p.size)}) if p.parameters else p
        for p in case.network.populations
    )
    with pytest.raises(InputError, match="parameter tau_alpha of a LIF population must be positive"):
        snnmap.profile(replace(case, network=replace(case.network, populations=broken)))


def test_a_recipe_gives_its_neurons_a_filter(tmp_path: Path) -> None:
    one = "parameters = { r = 1.0, v_threshold = 1.0, v_reset = 0.0 }"
    text = small_workload.recipe()
    assert one in text
    for made in (text, text.replace("v_reset = 0.0 }", "v_reset = 0.0, tau_alpha = 3.0 }")):
        (tmp_path / "net.toml").write_text(made)
        network = snnmap.load_network(str(tmp_path / "net.toml")).network
        assert ("tau_alpha" in network.populations[1].parameters) == (made is not text)
