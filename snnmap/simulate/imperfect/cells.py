"""The cells of one crossbar as they are made, age and are read: what each row adds to each line, and how noisily.

Arrays are logical: (halves, slices, rows, columns) of the entries of a cluster, wherever wiring puts them; what is
drawn belongs to places of a tile, so that another wiring meets the same cells.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from snnmap.analysis.view import View
from snnmap.core.arrays import F64, I64, Bool
from snnmap.physics import pcm
from snnmap.physics.checks import BOLTZMANN
from snnmap.physics.crossbar import Wires
from snnmap.physics.encoding import halves, rest, shares, significance
from snnmap.simulate.imperfect.chips import Chip, numbers_of, stuck_of
from snnmap.simulate.imperfect.options import ImperfectOptions
from snnmap.simulate.imperfect.wires import places, transferred

REMEMBERED = 1 << 23
"""Cells of a mapping whose laws are worked out once for all chips and ages, 32 bytes each; those of more are not."""
ANALOG = frozenset({"programming", "stuck", "drift", "read", "off", "ir", "temperature"})
"""Effects that change what a cell conducts; without any, sums are exact."""


class Target(NamedTuple):
    """What one crossbar is programmed to; the reference of an offset encoding is its last column."""

    share: F64
    """(halves, slices, rows, columns), 1 more column with a reference."""
    used: Bool
    """(rows, columns of share) where a synapse or the reference is."""


class Law(NamedTuple):
    """What follows from the targets of cells alone, S; shaped as their shares."""

    goal: F64
    """Conductance."""
    missed: F64
    """Standard deviation from it as programmed; empty: cells do not miss."""
    drift: tuple[F64, F64]
    """Mean and standard deviation of the drift exponent; empty: cells do not drift."""


class State(NamedTuple):
    """Cells of one crossbar on one chip at one age, shaped as the target's shares."""

    now: F64
    """Conductance, S."""
    spread: F64
    """Standard deviation of it from read to read, S."""
    gain: float
    """By which drift compensation scales whatever is read."""


class Place(NamedTuple):
    """Cells of a tile: those of a cluster, or of all that use its crossbar in turn."""

    cluster: int
    """One of them; they are on one crossbar."""
    row: npt.NDArray[np.signedinteger[Any]]
    column: npt.NDArray[np.signedinteger[Any]]
    """Lines of the array; the reference, if there is one, behind them."""


class Read(NamedTuple):
    """What a unit on a row adds to a line, over the largest weight of the line's neuron, (rows, columns, slices)."""

    mean: F64
    variance: F64
    """Of one read; zeros if reads are not noisy; that of a reference apart."""
    shared: F64
    """Variance of the share of the reference's cell in every row, (rows,); empty if there is none.

    It enters all lines of a read at once, by `Cells.reference_share`.
    """


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The cells of a mapping's crossbars on any chip at any age."""

    view: View
    options: ImperfectOptions
    signed: F64
    """r of every synapse: weight over the largest of its population, float64 (S,)."""
    temperature: F64
    """Of every crossbar, K (K,)."""
    crossbar: I64 | None = None
    """(K,) crossbar of every cluster of the view, which several may use in turn (`analysis.apart`); none: its own."""
    _laws: dict[int, tuple[Target, Law]] = field(default_factory=dict, init=False, repr=False)
    """Of crossbars that were asked for."""
    _gains: dict[int, tuple[Chip, float, float]] = field(default_factory=dict, init=False, repr=False)
    """Of crossbars that several clusters use: the chip and age that were asked for last, and the gain."""

    @property
    def _span(self) -> tuple[float, float]:
        """Conductances of share 0 and 1, S."""
        technology = self.view.hardware.technology
        return technology["g_min"], technology["g_max"]

    def target(self, cluster: int) -> Target:
        """What the crossbar of a cluster is programmed to."""
        clustering, cells, weights = self.view.mapping.clustering, self.view.cells, self.view.hardware.weights
        rows, columns = clustering.rows_of(cluster), clustering.columns_of(cluster)
        ptr = cells.ptr[rows.start : rows.stop + 1]
        own = slice(int(ptr[0]), int(ptr[-1]))
        at = np.repeat(np.arange(rows.stop - rows.start), np.diff(ptr)), cells.column[own] - columns.start
        levels = weights.levels if self.options.has("levels") else 0
        size = (rows.stop - rows.start, columns.stop - columns.start + weights.reference_lines)
        used = np.zeros(size, bool)
        used[at] = True
        used[:, columns.stop - columns.start :] = True
        share = np.full((halves(weights.encoding), weights.slices, *size), rest(weights.encoding))
        share[:, :, at[0], at[1]] = shares(self.signed[cells.synapse[own]], weights.encoding, levels, weights.slices)
        return Target(share, used)

    def read(self, cluster: int, chip: Chip, age: float, kept: F64 | None) -> Read:
        """Crossbar of a cluster on a chip, `age` seconds after its first read.

        kept
            Share of the ideal current that wires leave each cell, shaped as the target's shares; none: all of it.
        """
        target, law = self._known(cluster)
        now, spread, gain = self._state(cluster, target.share, law, (chip, age))
        low, high = self._span
        if kept is not None:
            now, spread = now * kept, spread * kept
        elif self.options.has("ir") and self.options.inactive == "grounded":
            return self._grounded(cluster, target, State(now, spread, gain))
        value, noise = (now * gain - low) / (high - low), np.square(spread * (gain / (high - low)))
        if not self.options.has("off"):
            value = np.where(target.used, value, rest(self.view.hardware.weights.encoding))
            noise = np.where(target.used, noise, 0.0)
        return self._lines(value, noise)

    def _grounded(self, cluster: int, target: Target, state: State) -> Read:
        """A crossbar whose rows are held at 0 V while they are not driven: what each adds, with wires, exactly."""
        low, high = self._span
        now = (
            state.now
            if self.options.has("off")
            else np.where(target.used, state.now, low + target.share * (high - low))
        )
        wires = Wires.of(self.view.hardware.technology, self._warm(cluster))
        reached = transferred(self.view, places(self.view, cluster), now, wires)
        spread = state.spread * np.divide(reached, now, out=np.zeros(now.shape), where=now > 0)
        noise = np.square(spread * (state.gain / (high - low)))
        if not self.options.has("off"):
            noise = np.where(target.used, noise, 0.0)
        return self._lines((reached * state.gain - low) / (high - low), noise)

    def _warm(self, cluster: int) -> float:
        """Temperature of the wires of a crossbar, K."""
        warm = self.options.has("temperature")
        return float(self.temperature[cluster]) if warm else self.view.hardware["ambient_temperature"]

    def _lines(self, value: F64, noise: F64) -> Read:
        """Halves, or cells and reference, subtracted; a digit counts as much as it stands for."""
        weights = self.view.hardware.weights
        place = significance(weights.levels, weights.slices)[:, np.newaxis, np.newaxis]
        if len(value) == 2:
            mean, variance = value[0] - value[1], noise.sum(axis=0)
        else:  # one reference for all slices, which all lines of a read see with the same noise
            mean, variance = 2.0 * (value[0, :, :, :-1] - value[0, :, :, -1:]), 4.0 * noise[0, :, :, :-1]
        shared = noise[0, 0, :, -1] if weights.reference_lines else np.zeros(0)
        return Read(np.moveaxis(mean * place, 0, 2), np.moveaxis(variance * np.square(place), 0, 2), shared)

    @property
    def reference_share(self) -> F64:
        """What the share of a reference's cell adds to the lines of every slice of a weight, (slices,)."""
        weights = self.view.hardware.weights
        return -2.0 * significance(weights.levels, weights.slices)

    def _known(self, cluster: int) -> tuple[Target, Law]:
        """Targets of a crossbar's cells and what follows from them, remembered unless there are too many."""
        if cluster in self._laws:
            return self._laws[cluster]
        target = self.target(cluster)
        found = target, self.law(target.share)
        clustering, weights = self.view.mapping.clustering, self.view.hardware.weights
        cells = int(np.diff(clustering.row_ptr) @ np.diff(clustering.column_ptr)) * weights.slices
        if cells * halves(weights.encoding) <= REMEMBERED:
            self._laws[cluster] = found
        return found

    def law(self, held: F64) -> Law:
        """What follows for cells programmed to the shares `held`."""
        options, (low, high), model, none = self.options, self._span, self._model, np.zeros(0)
        goal = low + held * (high - low)
        misses = options.has("programming") and (model is not None or options.programming_sd is not None)
        drifts = model is not None and options.has("drift")
        return Law(
            goal,
            self._missed(model, goal, 0.0) if misses else none,
            pcm.drift_exponent(model, goal, high) if drifts and model is not None else (none, none),
        )

    def state(self, cluster: int, held: F64, chip: Chip, age: float) -> State:
        """The cells of a cluster programmed to the shares `held`, `age` seconds after the chip's first read."""
        return self._state(cluster, held, self.law(held), (chip, age))

    def _state(self, cluster: int, held: F64, law: Law, at: tuple[Chip, float]) -> State:
        """As `state`, of cells whose law is known."""
        options, (_, high), model, age = self.options, self._span, self._model, at[1]
        made, now = self._conductances(self._place(cluster), law, at)
        spread = np.zeros(held.shape)
        if model is not None and options.has("read"):
            spread = pcm.read_noise_sd(model, made, now, high, age)
        gain = self._gain(cluster, (made, now), at) if self._compensated and options.has("drift") else 1.0
        warmth = self._warmth(cluster, held)
        return State(now * warmth, spread * warmth, gain)

    def _conductances(self, place: Place, law: Law, at: tuple[Chip, float]) -> tuple[F64, F64]:
        """Cells as they were programmed, and as they are, S; without temperature."""
        options, model, (chip, age) = self.options, self._model, at
        goal, missed, (mean, sd) = law
        made = now = goal
        if len(missed):
            normal = self._drawn("programming", place, chip)
            made = now = np.maximum(goal + missed * normal, 0.0)
            if options.has("drift") and model is not None and model.relaxed:
                now = np.maximum(goal + self._missed(model, goal, age) * normal, 0.0)
        if model is not None and len(mean):
            now = pcm.drifted(now, np.abs(mean + sd * self._drawn("drift", place, chip)), age, model.t_0)
        return self._stuck((made, now), place, chip) if options.has("stuck") else (made, now)

    def _gain(self, cluster: int, own: tuple[F64, F64], at: tuple[Chip, float]) -> float:
        """By which what a crossbar reads is scaled: all of its cells as programmed over all as they are.

        `own` are those of the cluster, which are all unless the crossbar is used by others too.
        """
        crossbar = cluster if self.crossbar is None else int(self.crossbar[cluster])
        users = np.zeros(1, np.int64) if self.crossbar is None else np.flatnonzero(self.crossbar == crossbar)
        if len(users) == 1:
            return float(own[0].sum() / own[1].sum())
        if crossbar in self._gains and self._gains[crossbar][:2] == at:
            return self._gains[crossbar][2]
        place, held = self._together(users)
        made, now = self._conductances(place, self.law(held), at)
        gain = float(made.sum() / now.sum())
        self._gains[crossbar] = (*at, gain)
        return gain

    def _together(self, users: I64) -> tuple[Place, F64]:
        """The cells of all clusters that use a crossbar, and the shares that they are programmed to."""
        places, weights = [self._place(int(k)) for k in users], self.view.hardware.weights
        row, column = (np.unique(np.concatenate([place[axis] for place in places])) for axis in (1, 2))
        shape = (halves(weights.encoding), weights.slices, len(row), len(column))
        held = np.full(shape, rest(weights.encoding))
        for place, user in zip(places, users, strict=True):
            target = self._known(int(user))[0]
            r, c = np.nonzero(target.used)
            held[:, :, np.searchsorted(row, place.row[r]), np.searchsorted(column, place.column[c])] = target.share[
                :, :, r, c
            ]
        return Place(places[0].cluster, row, column), held

    def _place(self, cluster: int) -> Place:
        """Where the cells of a cluster are."""
        clustering, wiring = self.view.mapping.clustering, self.view.mapping.wiring
        column = wiring.column[clustering.columns_of(cluster)]
        if self.view.hardware.weights.reference_lines:
            column = np.append(column, self.view.hardware.columns)
        return Place(cluster, wiring.row[clustering.rows_of(cluster)], column)

    @property
    def _model(self) -> pcm.NoiseModel | None:
        """How cells are noisy; none: not at all, or nobody asks."""
        hardware = self.view.hardware
        if not self.options.effects & {"programming", "drift", "read"}:
            return None
        return pcm.written(hardware.technology.noise, hardware.technology, hardware["program_pulses"])

    def _missed(self, model: pcm.NoiseModel | None, goal: F64, age: float) -> F64:
        """Standard deviation from their target of cells programmed to `goal` (S), `age` seconds after, S."""
        high, asked = self._span[1], self.options.programming_sd
        if asked is not None or model is None:
            return np.full(goal.shape, (asked or 0.0) * high)
        return pcm.state_sd(model, goal, high, age)

    def _warmth(self, cluster: int, held: F64) -> F64:
        """Factor of the conductance of cells of shares `held` by their temperature; programmed at the ambient one.

        exp(-(E / k)(1 / T - 1 / T_ambient)) with an activation energy E that falls from the technology's at g_min to 0
        at g_max.
        """
        hardware = self.view.hardware
        if not self.options.has("temperature"):
            return np.ones(held.shape)
        colder = 1.0 / float(self.temperature[cluster]) - 1.0 / hardware["ambient_temperature"]
        energy = hardware.technology["conductance_energy"] * (1.0 - held)
        factor: F64 = np.exp(-energy / BOLTZMANN * colder)
        return factor

    @property
    def _compensated(self) -> bool:
        asked = self.options.compensated
        return self.view.hardware.drift_compensation if asked is None else asked

    def _stuck(self, states: tuple[F64, F64], place: Place, chip: Chip) -> tuple[F64, F64]:
        """Conductances (S) of the same cells at two times with those that are stuck on this chip."""
        (low, high), technology, options = self._span, self.view.hardware.technology, self.options
        tile = int(self.view.mapping.placement.tile[place.cluster])
        on = technology["stuck_on_share"] if options.stuck_on is None else options.stuck_on
        off = technology["stuck_off_share"] if options.stuck_off is None else options.stuck_off
        of_tile = stuck_of(self.view.hardware, chip.seed, tile, on, off) if chip.map is None else chip.map.stuck[tile]
        how = self._at_places(of_tile, place)
        first, second = (np.where(how > 0, high, np.where(how < 0, low, state)) for state in states)
        return first, second

    def _drawn(self, what: str, place: Place, chip: Chip) -> F64:
        """Standard normal numbers of cells, (halves, slices, rows, columns)."""
        tiles, cluster = self.view.mapping.placement.tile, place.cluster
        tile, own = int(tiles[cluster]), np.arange(len(tiles)) if self.crossbar is None else self.crossbar
        turn = len(np.unique(own[(own < own[cluster]) & (tiles == tile)]))
        return self._at_places(numbers_of(self.view.hardware, chip.seed, what, tile, turn), place)

    def _at_places(self, of_tile: npt.NDArray[Any], place: Place) -> F64:
        """What stands at the places of cells, of what stands at all places of their tile."""
        chosen = np.asarray(of_tile.take(place.row, axis=2).take(place.column, axis=3), np.float64)
        if self.view.hardware.weights.reference_lines:  # one for all slices: the places of the others are none
            chosen[:, 1:, :, -1] = chosen[:, :1, :, -1]
        return chosen
