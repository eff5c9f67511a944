"""The mapped network on cells that are not ideal: what it still computes, and for how long.

**What a weight is.** Every weight stands in cells as `physics.encoding` says, and is what a column reads back from the
conductances that these cells have at the time: programmed with an error, drifted, stuck, behind wires (`cells`). A cell
of a used row and column that holds no synapse is a device like any other.

**What a step does.** All rows that are on in a step are read at once. Each line (a slice of a neuron's column, the
halves of a pair subtracted, or the reference) adds up, takes the noise of one read of every cell that was driven, and
is digitised; digital sums are shifted, added over slices and crossbars at the neuron's home, and step the neuron
(`simulate.kernels`). A spike count above 1, or a graded value, is read as one pulse of that height.

**Chips.** A chip is a seed: all its cells are drawn from it, crossbar by crossbar, and drawn again for every age, so
that nothing of the size of a chip is kept. One seed is the same chip at every age and for every choice of effects.

**Without effects** weights go into cells and back, and are snapped to their grid: the spikes are those of the profile,
to the last one (`simulate.mapped`).

Rejected: one Gaussian error of all weights of a network (it knows neither the cells without synapse nor the column
sums that are digitised, which decide); noise drawn cell by cell and step by step (the sum over a column is normal with
the summed variance: the same distribution at a hundredth of the draws).
"""
