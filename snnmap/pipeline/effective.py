"""What the weights of a mapped network are on a chip, and the chip of a mapping, drawn: for use in other programs."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from snnmap.analysis.view import View
from snnmap.core.arrays import I64, row_of_entry
from snnmap.core.errors import InputError
from snnmap.core.run import Progress
from snnmap.formats.mapping import load
from snnmap.hardware import Hardware, load_hardware
from snnmap.ir.devices import ChipMap
from snnmap.pipeline.chips import AccuracyOptions
from snnmap.pipeline.drawn import DrawnChips
from snnmap.pipeline.reopen import hardware_of, reopen
from snnmap.pipeline.simulated import must_be_its_own
from snnmap.simulate.imperfect.chips import drawn_chip
from snnmap.simulate.imperfect.layout import Layout
from snnmap.simulate.imperfect.options import EFFECTS

if TYPE_CHECKING:
    from scipy.sparse import csr_array

STEADY = tuple(name for name in EFFECTS if name not in {"read", "adc", "dac"})
"""Effects that are the same in every step, which a matrix can stand for."""


def draw_chip(
    source: str,
    seed: int = 0,
    *,
    stuck_on: float | None = None,
    stuck_off: float | None = None,
    gain_spread: float = 0.0,
    offset_spread: float = 0.0,
) -> ChipMap:
    """The chip that `accuracy` draws for a seed, as a record that can be kept, changed and given back.

    Parameters
    ----------
    source
        A chip of fixed size, by name or file, or a mapping file (`.json`, `.json.gz`) for its chip as it is sized.
    stuck_on, stuck_off
        Shares of cells; none: as the technology says.
    gain_spread, offset_spread
        Standard deviations of the columns' gains, and of their offsets in currents of a full cell.

    Raises
    ------
    InputError
        If the source cannot be read or has no size yet, or a share or spread makes no sense.
    """
    hardware: Hardware = (
        hardware_of(load(source)) if source.lower().endswith((".json", ".json.gz")) else load_hardware(source)
    )
    return drawn_chip(hardware, seed, (stuck_on, stuck_off), (gain_spread, offset_spread))


def effective_weights(
    file: Path | str,
    chip: ChipMap | Path | str | None = None,
    *,
    seed: int = 0,
    age: float | str = "1s",
    effects: str = ",".join(STEADY),
    progress: Progress | None = None,
) -> dict[tuple[str, str], "csr_array"]:
    """Weights that a mapped network really has on a chip, float64, by pair of population names (sending, receiving).

    Matrices are (size of sending, size of receiving population), in the unit of the network's own weights; cells
    without a synapse that act as weights stand in them too, so pairs may appear that the network does not connect.
    Noise from read to read and converters are not in them: they are no weights.

    Parameters
    ----------
    file
        Mapping file.
    chip
        What is known of the chip, or its file; none: all is drawn.
    seed
        Of what is drawn.
    age
        Since the first read, seconds or text with a unit.

    Raises
    ------
    InputError
        If mapping or chip cannot be read or do not fit, or an effect is none that a matrix can stand for.
    """
    options = AccuracyOptions(effects=effects, devices=1, ages=(age,), seed=seed, chip=chip)
    unsteady = sorted(options.imperfect.effects - set(STEADY))
    if unsteady:
        raise InputError(f"no weight stands for {', '.join(unsteady)}; choose of {', '.join(STEADY)}")
    mapping, graph, hardware = reopen(Path(file), progress=progress)
    must_be_its_own(mapping, graph, hardware)
    chips = DrawnChips.of(View(mapping, graph, hardware), graph, options, progress)
    return _matrices(chips, options.seconds[0])


def crossings(lines: Layout) -> tuple[I64, I64]:
    """Source and line of all that `simulate.imperfect.programmed.effective` gives, row entry by row entry (cells,)."""
    source = np.empty(len(lines.row), np.int64)
    source[lines.row] = row_of_entry(lines.row_ptr)
    row = np.repeat(np.arange(len(lines.width)), lines.width)
    return source[row], lines.base[row] + np.arange(len(row)) - lines.first[row]


def _matrices(chips: DrawnChips, age: float) -> dict[tuple[str, str], "csr_array"]:
    """The weights of the first chip at `age`, population by population."""
    from scipy.sparse import csr_array

    network, imperfect = chips.data.network, chips.network
    chip, lines = imperfect.chip(chips.options.seed, chips.known), imperfect.layout
    source, line = crossings(lines)
    gain, _ = imperfect.columns(chip)
    size = (network.sources, network.neurons)
    weight = imperfect.weights(chip, age) * (gain[line] if len(gain) else 1.0)
    whole = csr_array((weight, (source, lines.neuron[line])), shape=size)
    whole.eliminate_zeros()
    found = {}
    for pre in network.populations:
        rows = whole[pre.first : pre.stop]
        for post in (p for p in network.populations if p.kind == "neuron"):
            part = rows[:, post.first - network.externals : post.stop - network.externals]
            if part.nnz:
                found[pre.name, post.name] = part
    return found
