"""How much wires, and stuck cells of one chip, disturb what drives neurons near their threshold: in closed form.

A cell that is off by the share dr of the largest weight changes the drive of neuron j by |dr| for every spike of its
source i, n_i over the window. Against the whole drive, D_j = sum over i of n_i |r_ij|, that is a relative disturbance,
and it flips the more spikes the nearer the neuron is to its threshold: near_j (`simulate.margins`). So a crossing of
row i and column j has the *effect* n_i near_j / D_j for each unit of dr, and a cell of weight r_ij the *sensitivity*
n_i |r_ij| near_j / D_j; those of all cells of a neuron add up to near_j. The figure is the sum of effect x |dr| over
all crossings of used rows and columns, with or without a synapse, over the sum of near_j: the mean relative disturbance
of neurons near their threshold.

What wires leave is that of the profile's mean step, to first order exact (`physics.crossbar.shared_row_map`). Signs are
not set off against each other: a neuron whose positive and negative inputs both lose a tenth is disturbed by a tenth.
Measures nothing: what a disturbance does to an accuracy is for `snnmap accuracy`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from snnmap.analysis.view import ClusteringView, View
from snnmap.core.arrays import F64, I64, row_of_entry
from snnmap.hardware import Hardware
from snnmap.ir import Metric
from snnmap.ir.devices import ChipMap
from snnmap.physics.encoding import halves, halves_of, rest, shares, significance
from snnmap.simulate.margins import near_threshold
from snnmap.stages.protocols import ErrorModel

FIGURE = "accuracy_error_share"
FINE = 2**16
"""Steps that contents and conductances are counted in, so that sums are exact and the same on every machine."""
Lines = tuple[I64, I64]
"""Physical rows and columns of the entries of one crossbar."""


@dataclass(frozen=True, eq=False)
class Disturbance:
    """What disturbs the neurons of a clustering on a chip."""

    view: ClusteringView
    hardware: Hardware
    near: F64
    """near_j, (neurons,)."""
    stuck: Callable[[int], F64] | None = None
    """Stuck cells where a cluster stands (halves, slices, rows, columns), 1 at g_max, -1 at g_min; none: no cell is."""

    @cached_property
    def signed(self) -> F64:
        """R of every synapse: weight over the largest of its population, float64 (S,)."""
        return np.copysign(self.view.share, self.view.graph.network.weight)

    @cached_property
    def drive(self) -> F64:
        """D_j, spikes x |r| into every neuron over the window (neurons,)."""
        network = self.view.graph.network
        passes = np.repeat(self.view.graph.spikes, np.diff(network.indptr)) * self.view.share
        driven = np.bincount(network.post - network.externals, weights=passes, minlength=network.neurons)
        return driven.astype(np.float64)

    @cached_property
    def per_drive(self) -> F64:
        """near_j / D_j, (neurons,); 0 where nothing drives a neuron."""
        return np.divide(self.near, self.drive, out=np.zeros_like(self.near), where=self.drive > 0)

    def of_neurons(self) -> F64:
        """Sensitivity of every neuron, near_j if anything drives it, (neurons,)."""
        return self.per_drive * self.drive

    def of_rows(self) -> F64:
        """Sensitivity of every row entry, that of its programmed cells, (len(row_source),)."""
        cells, graph, clustering = self.view.cells, self.view.graph, self.view.clustering
        target = graph.network.post[cells.synapse] - graph.network.externals
        each = self.view.share[cells.synapse] * self.per_drive[target]
        summed = np.bincount(row_of_entry(cells.ptr), weights=each, minlength=len(clustering.row_source))
        return summed.astype(np.float64) * graph.spikes[clustering.row_source]

    def effect(self, cluster: int) -> F64:
        """n_i near_j / D_j of every crossing of a cluster, by row and column entry."""
        graph, clustering = self.view.graph, self.view.clustering
        neuron = clustering.column_neuron[clustering.columns_of(cluster)] - graph.network.externals
        return np.outer(graph.spikes[clustering.row_source[clustering.rows_of(cluster)]], self.per_drive[neuron])

    def target(self, cluster: int) -> F64:
        """Shares of the cells of a cluster, (halves, slices, rows, columns), a reference last."""
        clustering, cells, weights = self.view.clustering, self.view.cells, self.hardware.weights
        rows, columns = clustering.rows_of(cluster), clustering.columns_of(cluster)
        ptr = cells.ptr[rows.start : rows.stop + 1]
        own = slice(int(ptr[0]), int(ptr[-1]))
        size = rows.stop - rows.start, columns.stop - columns.start + weights.reference_lines
        share = np.full((halves(weights.encoding), weights.slices, *size), rest(weights.encoding))
        r = self.signed[cells.synapse[own]]
        at = row_of_entry(ptr - ptr[0]), cells.column[own] - columns.start
        share[:, :, at[0], at[1]] = shares(r, weights.encoding, weights.levels, weights.slices)
        return share

    def error(self, cluster: int, lines: Lines) -> float:
        """Sum of effect x |dr| over the crossings of a cluster whose entries stand on `lines`."""
        effect = self.effect(cluster)
        if not effect.any():
            return 0.0
        share = self.target(cluster)
        off = self._read(self._real(cluster, share, lines)) - self._read(share)
        return float((effect * np.abs(off)).sum())

    def model(self, cluster: int) -> ErrorModel:
        """`error` to first order in the resistances of the wires, for any lines."""
        from snnmap.physics.crossbar import Wires

        hardware, technology, weights = self.hardware, self.hardware.technology, self.hardware.weights
        effect, share = self.effect(cluster), self.target(cluster)[..., : self.effect(cluster).shape[1]]
        low, high = self._span
        digit = significance(weights.levels, weights.slices) * (1.0 if len(share) == 2 else 2.0)
        g = low + share * (high - low)
        lost = effect * g * (digit / (high - low))[:, np.newaxis, np.newaxis]
        together = self.view.row_company[self.view.clustering.rows_of(cluster)]
        wires = Wires.of(technology, hardware["ambient_temperature"])
        on_word = (
            g.sum(axis=(0, 1), keepdims=True) if weights.encoding == "pair_columns" else g.sum(axis=1, keepdims=True)
        )
        on_bit = g - g[::-1] if weights.encoding == "pair_rows" else g
        rows = _products(lost, on_bit, "hsij,hskj->ik")
        alone = _products(lost, g, "hsij,hsij->i")
        return ErrorModel(
            columns=wires.r_wl * weights.lines_per_column * _products(lost, on_word, "hsij,hzik->jk"),
            rows=wires.r_bl * weights.lines_per_row * (rows * together + np.diag(alone * (1.0 - together))),
            pairs=self._stuck_pairs(cluster, effect, share, digit),
        )

    def _stuck_pairs(self, cluster: int, effect: F64, share: F64, digit: F64) -> tuple[tuple[F64, F64], ...]:
        """What stuck cells disturb: sum over pairs of content by entry (m, n) x place by line (R, C)."""
        if self.stuck is None:
            return ()
        there, found = self.stuck(cluster)[..., : self.hardware.columns], []
        for half, s in np.ndindex(share.shape[:2]):
            for sign, off in ((1, 1.0 - share[half, s]), (-1, share[half, s])):
                place = (there[half, s] == sign).astype(np.float64)
                if place.any():
                    found.append((effect * off * digit[s], place))
        return tuple(found)

    def _real(self, cluster: int, share: F64, lines: Lines) -> F64:
        """Conductances as wires and stuck cells make them act, as shares; shaped as `share`."""
        low, high = self._span
        now = low + share * (high - low)
        if self.stuck is not None:
            columns = np.append(lines[1], self.hardware.columns) if self.hardware.weights.reference_lines else lines[1]
            how = self.stuck(cluster)[:, :, lines[0][:, np.newaxis], columns]
            now = np.where(how > 0, high, np.where(how < 0, low, now))
        word, bit = self._lines(lines)
        g = np.zeros((self.hardware.weights.arrays, self.hardware.word_lines, self.hardware.bit_lines))
        planes = self.hardware.weights.planes
        for half in range(len(now)):
            g[half // planes][word[half % planes][:, np.newaxis], bit[half % planes][:, np.newaxis]] = now[half]
        kept = self._kept(g, self._together(cluster, word))
        for half in range(len(now)):
            part = kept[half // planes]
            now[half] *= part[word[half % planes][:, np.newaxis], bit[half % planes][:, np.newaxis]]
        acts: F64 = (now - low) / (high - low)
        return acts

    def _read(self, share: F64) -> F64:
        """R of every crossing that cells of shares `share` act as, without the reference."""
        each = halves_of(share, self.hardware.weights.levels)
        signed: F64 = each[0] - each[1] if len(each) == 2 else 2.0 * (each[0, :, :-1] - each[0, :, -1:])
        return signed

    def _lines(self, lines: Lines) -> tuple[I64, I64]:
        """Word lines (planes, rows) and bit lines (planes, slices, columns) of the entries; a reference last."""
        weights = self.hardware.weights
        word, bit = weights.word_lines(lines[0]), weights.bit_lines(lines[1])
        if weights.reference_lines:
            bit = np.pad(bit, ((0, 0), (0, 0), (0, 1)), constant_values=self.hardware.bit_lines - 1)
        return word, bit

    def _together(self, cluster: int, word: I64) -> F64:
        """Share of the reads of another row in which each word line is on too."""
        together = np.zeros(self.hardware.word_lines)
        together[word] = self.view.row_company[self.view.clustering.rows_of(cluster)]
        return together

    def _kept(self, g: F64, together: F64) -> F64:
        """Share of their ideal current that wires leave cells of conductance `g` (arrays, word, bit lines)."""
        from snnmap.physics.crossbar import Wires, paired_row_map, shared_row_map

        wires = Wires.of(self.hardware.technology, self.hardware["ambient_temperature"])
        read = paired_row_map if self.hardware.weights.lines_per_row > 1 else shared_row_map
        volts, kept = self.hardware["read_voltage"], np.ones(g.shape)
        for array, cells in enumerate(g):
            current = read(G=cells, V_r=volts, wires=wires, share=together)
            np.divide(current, volts * cells, out=kept[array], where=cells > 0)
        return kept

    @property
    def _span(self) -> tuple[float, float]:
        """Conductances of share 0 and 1, S."""
        return self.hardware.technology["g_min"], self.hardware.technology["g_max"]


def disturbance_of(view: View, known: ChipMap | None = None) -> Disturbance:
    """What disturbs a mapping, on a chip of which stuck cells are `known`; of crossbars used often, cell by cell."""
    clusters = view.clusters
    near = clusters.near if clusters.near is not None else near_threshold(view.graph)
    where = None if known is None else stuck_cells(known, view.mapping.placement.tile)
    if clusters.clustering.uses is not None:
        folded = (clusters if clusters.near is not None else replace(clusters, near=near)).folded
        assert folded is not None and folded.near is not None  # noqa: PT018  one fact: it has uses, and was told
        clusters, near = folded, folded.near
    return Disturbance(clusters, view.hardware, near, where)


def stuck_cells(known: ChipMap, tile: np.ndarray[tuple[int], np.dtype[np.int32]]) -> Callable[[int], F64]:
    """Stuck cells where a cluster stands, of a chip and the tile of every cluster (K,)."""
    return lambda cluster: known.stuck[int(tile[cluster])].astype(np.float64)


def error_share(view: View, known: ChipMap | None = None) -> float:
    """Mean relative disturbance of the drive of neurons, each as often as it is near its threshold; 0 if none is."""
    found, mapping = disturbance_of(view, known), view.folded.mapping
    wiring, clustering = mapping.wiring, mapping.clustering
    total = float(found.of_neurons().sum())
    if total == 0.0:
        return 0.0
    row, column = wiring.row.astype(np.int64), wiring.column.astype(np.int64)
    each = [
        found.error(k, (row[clustering.rows_of(k)], column[clustering.columns_of(k)]))
        for k in range(clustering.clusters)
    ]
    return float(np.sum(each)) / total


def error_metric(view: View, known: ChipMap | None = None) -> Metric:
    """The figure that wiring for accuracy makes small."""
    by = "wires" if known is None else "wires and the chip's stuck cells"
    neurons = "neurons near threshold" if view.graph.events is not None else "neurons as often as they spike"
    basis = f"error of what drives {neurons}, by {by}; closed form, `snnmap accuracy` measures"
    return Metric(FIGURE, float(f"{error_share(view, known):.8e}"), "1", basis)


def _products(first: F64, second: F64, sums: str) -> F64:
    """Sums of products by `numpy.einsum`, of factors rounded to `FINE` steps of their largest."""
    steps = [FINE / (float(np.abs(each).max(initial=0.0)) or 1.0) for each in (first, second)]
    whole = (np.rint(each * step) for each, step in zip((first, second), steps, strict=True))
    total: F64 = np.einsum(sums, *whole, optimize=True) / (steps[0] * steps[1])
    return total
