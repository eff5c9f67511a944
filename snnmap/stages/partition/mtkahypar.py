"""Mt-KaHyPar: multilevel partitioning of hypergraphs; optional (`snnmap[mtkahypar]`)."""

from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any, Literal

import numpy as np

from snnmap.core.errors import InputError
from snnmap.ir import Clustering
from snnmap.stages.partition.legalise import legalised
from snnmap.stages.partition.vertices import clusters_for, extra, nets_of
from snnmap.stages.protocols import PartitionProblem, Run

PRESETS = ("deterministic", "deterministic_quality")
"""Those whose answer follows from graph and seed."""


@dataclass(frozen=True)
class MtKahypar:
    """Mt-KaHyPar on one net per source, cost the messages; what does not fit is broken up, then merged.

    It bounds the columns of a cluster and knows no rows. It runs on one thread with its deterministic presets alone:
    what the others answer depends on what they were asked before. A time budget cannot interrupt it. Needs
    `pip install 'snnmap[mtkahypar]'`.
    Source: Gottesbueren, Heuer, Maas, Sanders, Schlag, Scalable high-quality hypergraph partitioning, TALG 20(1), 2024.
    """

    preset: Literal["deterministic", "deterministic_quality"] = "deterministic_quality"
    """Its own name for how hard it searches."""
    spare: float = 0.024
    """Clusters beyond the fewest, as a share of them: room to move."""

    def __call__(self, problem: PartitionProblem, run: Run) -> Clustering:
        """Clusters of the graph that fit the crossbars.

        Raises
        ------
        InputError
            If the package is not installed, or has no such preset.
        InfeasibleError
            If a neuron has more inputs than rows and may not be split.
        """
        mtkahypar = extra("mtkahypar", "mtkahypar")
        neurons, columns = problem.graph.network.neurons, problem.hardware.columns
        preset = mtkahypar.PresetType.__members__.get(self.preset.upper())
        if preset is None or self.preset not in PRESETS:
            raise InputError(
                f"mtkahypar {version('mtkahypar')} repeats no preset {self.preset!r}; {' or '.join(PRESETS)}"
            )
        clusters = clusters_for(neurons, columns, self.spare)
        seed = int(run.rng.integers(2**31 - 1))
        nets = nets_of(problem.graph)
        if clusters == 1 or len(nets.weight) == 0:
            return legalised(problem, run, np.arange(neurons) // columns)
        run.tell("partition", 0, 2)
        mtkahypar.set_seed(seed)
        program = _program(mtkahypar)
        context = program.context_from_preset(preset)
        context.set_partitioning_parameters(clusters, columns / -(-neurons // clusters) - 1, mtkahypar.Objective.KM1)
        context.logging = False
        pins = [pins.tolist() for pins in np.split(nets.pin, nets.indptr[1:-1])]
        hypergraph = program.create_hypergraph(context, neurons, len(pins), pins, [1] * neurons, nets.weight.tolist())
        group = np.asarray(hypergraph.partition(context).get_partition(), np.int64)
        run.tell("partition", 1, 2)
        return legalised(problem, run, group)


@cache
def _program(mtkahypar: Any) -> Any:
    """The library, started once for a process: it warns when it is started again."""
    return mtkahypar.initialize(1)
