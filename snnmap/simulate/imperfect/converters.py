"""Steps and ranges of the converters: of column sums (ADC) and of what drives the rows (DAC)."""

import numpy as np

from snnmap.analysis.view import View
from snnmap.core.arrays import F64, I64
from snnmap.ir import SpikeGraph
from snnmap.simulate.execution import graded_sources
from snnmap.simulate.imperfect.layout import Layout

COVERED = 0.999
"""Share of a crossbar's sums that the range `percentile` covers (`hardware.Hardware.adc_range`)."""
BINS = 4096
"""Sizes of sums that are told apart to find it."""


def converter_steps(view: View, lines: Layout, most: F64) -> tuple[F64, F64]:
    """Step and largest size of every line's digital sum, in the unit of its neuron's weights, float64 (lines,) each.

    A converter of b bits has codes -(2^(b-1) - 1) .. 2^(b-1) - 1 and zero among them; one range serves all lines of a
    crossbar, because they take turns at its converters.

    Parameters
    ----------
    most
        Current that the largest code stands for, over that of a full cell, (K,).
    """
    codes = 2.0 ** (view.hardware["adc_bits"] - 1.0) - 1.0
    limit = most[lines.crossbar] * lines.unit
    return limit / max(codes, 1.0), limit


def full_range(view: View) -> F64:
    """Range of converters for every row on, all cells full, (K,)."""
    return np.full(view.mapping.clustering.clusters, float(view.hardware.rows))


def calibrated_range(lines: Layout, peak: F64, crossbars: int) -> F64:
    """Largest sum of every crossbar over that of a full cell (K,), from that of every line; 1 where all are 0."""
    most = np.zeros(crossbars)
    np.maximum.at(most, lines.crossbar, peak / np.where(lines.unit > 0, lines.unit, 1.0))
    return np.where(most > 0, most, 1.0)


def percentile_range(most: F64, bins: I64) -> F64:
    """Range (K,) that covers `COVERED` of the sums of every crossbar; `bins` (K, BINS) counts sizes up to `most`."""
    total = np.cumsum(bins, axis=1)
    first = np.argmax(total >= COVERED * total[:, -1:], axis=1)
    return np.where(total[:, -1] > 0, most * (first + 1.0) / bins.shape[1], most)


def drive_steps(graph: SpikeGraph, bits: int) -> F64:
    """Step of the values that rows of every source are driven with, float64 (N,); 0: as they are.

    Spikes are pulses. Graded values of a population are driven in 2^bits - 1 steps up to the largest of the profile,
    their sign apart; rows that only know pulses of one voltage (1 bit) drive graded values as pulses of their length.
    """
    network, events = graph.network, graph.events
    steps = np.zeros(network.sources)
    if bits < 2 or events is None:
        return steps
    graded = graded_sources(network, events)
    for p in network.populations:
        own = (events.source >= p.first) & (events.source < p.stop)
        if p.kind != "bias" and np.any(graded[p.first : p.stop]) and np.any(own):
            steps[p.first : p.stop] = float(np.abs(events.value[own]).max()) / (2.0**bits - 1.0)
    return steps
