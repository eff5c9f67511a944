"""Training for the chip: a recipe and data in, a network that every command takes as a source out. The extra `train`.

A recipe (`recipe`) says layers, neurons, method and schedule; `stimuli` feeds the data as `profile` would. One loop
(`loop`) serves all methods, one file each (`surrogate`, `quantised`, `soft_lif`, `memristive`, `cim`, `mac`): a method
says what a trained weight, a constant and a threshold are in the forward pass, which slope a spike has in the backward
one, what its neurons do and how they are written (`neurons`), and whether products are those of a crossbar (`OnChip`).
What was trained is folded into integers, thresholds and constant rows (`folded`) exactly as the forward pass used them,
so that the network that is mapped is the one whose accuracy was seen. All randomness is numpy's, a stream per purpose,
so that a training goes on from its last checkpoint (`checkpoint`) to the same bytes. torch is imported inside functions
alone.

Sources: surrogate gradients, Neftci, Mostafa, Zenke, IEEE Signal Process. Mag. 36(6), 51, 2019; straight-through
estimator, Bengio, Leonard, Courville, arXiv 1308.3432; batch normalisation, Ioffe, Szegedy, ICML 2015; warm restarts,
Loshchilov, Hutter, ICLR 2017; Adam, Kingma, Ba, ICLR 2015. Rejected: training the folded integers themselves, which
need no folding and train slower; pickled checkpoints, which run code when they are read.
"""
