"""Partition: cover the connection matrix, sources x neurons, with crossbars of R rows and C columns.

Minimised are messages and crossbars, in the user's weights. A spike costs one message per crossbar that listens, beyond
the one its neuron fires in (`multicast`); a neuron whose inputs lie in several crossbars costs one message per further
column and active step, for its sums are added where it fires. Everything is an integer, and costs of moves equal
differences of recounts.

How
---
1. `atoms`: neurons with the same inputs are moved together, in pieces; a convolution shrinks by its channels.
2. `split`: every target population is cut in several ways at common sources, each judged by a quick construction.
   Cutting more than the rows demand often pays: fewer inputs per column, more columns beside them.
3. `construct`: crossbars are filled one after the other by affinity, by several tastes, then merged where they fit.
   Convolutions, pools and local maps are also covered by windows (`grids`: geometry, read from synapses; `cover`:
   windows x channels x planes of inputs, for the least cost by dynamic programs), or a convolution and the pool after
   it fill crossbars together (`fuse`); the cheaper start is kept.
   Where rows cannot run short (`starts`) messages and columns alone decide: small problems are halved and halved again
   (`bisect`, multilevel), large ones grown.
4. `kernighan_lin`: every crossbar against those it shares most with, by Fiduccia-Mattheyses moves back and forth with
   exact rows, columns and cells, soft limits within a pass and return to the best prefix (`pairs`); only pairs of which
   one has changed are tried again. Where rows run short also exact moves in random order, exchanges and emptied
   crossbars, with parts of cut input lists. Then V-cycles (`multilevel`): pieces that share sources are merged and move
   together. Tiny problems, of at most 64 synapses, are annealed at last, synapse by synapse (`anneal`): hardly any move
   of one is legal there, so illegal states are allowed on the way.

5. `even_rows` (of `thermal`, `energy`, `leakage`) lets inputs trade places between the crossbars of one layer: rows of
   a crossbar are then alike, and partial sums of silent inputs are saved; `balanced_homes` (of `throughput`) shares the
   merging out. `thermal`, `throughput` and `espine` (`mixed_rows`) also spread the busy inputs of a dense layer, which
   costs messages.

A synapse must be realised exactly once, so where a neuron has a column, none of its other parts' sources may be a row,
not even for another neuron: a rule between clusters that every construction and every move keeps.

Beside it stand what others do, each made legal by the same code (`legalise`): `sequential`, `overlap`, `spinemap`, and
the programs METIS and Mt-KaHyPar where they are installed (`snnmap[metis]`, `snnmap[mtkahypar]`).

Rejected: recursive bisection under a limit of rows (fills crossbars to 61 %), edge cut as objective (30 % better cut,
twice the traffic), KL in the order of the input (stalls where it is sorted by type), a Python callback as objective
(35-75 times slower), finer pieces and more V-cycles where rows run short (0.1 to 0.3 % for twice the time).
`benchmarks/partition.py` measures it.

Sources: Kernighan, Lin 1970; Fiduccia, Mattheyses 1982; Kirkpatrick, Gelatt, Vecchi 1983; Catalyurek, Aykanat 1999;
Karypis et al. 1999; Balaji et al. (SpiNeMap), TVLSI 28(1), 2020.
"""

from snnmap.stages.partition.dense import Dense
from snnmap.stages.partition.even_rows import EvenRows
from snnmap.stages.partition.first_fit import FirstFit
from snnmap.stages.partition.homes import BalancedHomes
from snnmap.stages.partition.kernighan_lin import KernighanLin
from snnmap.stages.partition.metis import Metis
from snnmap.stages.partition.mixed_rows import MixedRows
from snnmap.stages.partition.mtkahypar import MtKahypar
from snnmap.stages.partition.overlap import Overlap
from snnmap.stages.partition.sequential import Sequential
from snnmap.stages.partition.spinemap import Spinemap

ALGORITHMS: dict[str, type] = {
    "first_fit": FirstFit,
    "kernighan_lin": KernighanLin,
    "balanced_homes": BalancedHomes,
    "even_rows": EvenRows,
    "mixed_rows": MixedRows,
    "sequential": Sequential,
    "overlap": Overlap,
    "spinemap": Spinemap,
    "metis": Metis,
    "mtkahypar": MtKahypar,
    "dense": Dense,
}
"""Partitioners by name."""

__all__ = [
    "ALGORITHMS",
    "BalancedHomes",
    "Dense",
    "EvenRows",
    "FirstFit",
    "KernighanLin",
    "Metis",
    "MixedRows",
    "MtKahypar",
    "Overlap",
    "Sequential",
    "Spinemap",
]
