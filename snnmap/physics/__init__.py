"""Device and array physics: equations on plain arrays, SI units, one source per equation. No number of its own.

Array currents (`crossbar`): the exact nodal solution, never a closed-form IR-drop estimate: exact costs no more. A
word or bit line is a resistive ladder that solves in linear time without cancellation, for any resistances including
zero; the methods below only combine such lines.

- One gated row at a time: the bit lines carry one current each, so the row is a single ladder. Closed form.
- Any pattern: conjugate gradients on the word lines with the bit lines eliminated and whole word lines as
  preconditioner. 2 to 70 iterations up to N^2 R G = 1e3; plain fixed-point iteration diverges from 2 on.
- A row beside others that are on for a share of its reads: conjugate gradients on the rows' mean currents, whole word
  lines as preconditioner; exact in the means, whose limits are a row alone and all rows on.
- Many patterns on one set of connected rows: the transfer tensor by block elimination down the rows, then one matrix
  product. It is also what answers if the iteration should ever stall.
- Many patterns on an array whose tensor would be too large (beyond 256 x 256): conjugate gradients on one pattern,
  whose steps all others take, 32 abreast in passes over memory; each with a bound on its error, and alone if that is
  too large. At 512 x 512 a tensor and its product would cost 6e11 operations, this 1e11.
- Cells with I = G sinh(kV)/k: Newton, each step a linear array with a voltage in series with every cell.

Rejected: sparse LU (fill-in makes one 128x128 factorisation cost 500 line solves), fixed-point IR-drop loops (diverge),
first-order and alpha-beta estimates (slower than two iterations at equal accuracy), tiny resistances in place of zero
(they trade a special case for lost digits).

Sources: nodal equations as in badcrossbar (Joksas and Mehonic, SoftwareX 2020), whose convention is kept; line
relaxation and the Schur-complement view after Saad, Iterative Methods for Sparse Linear Systems (2003), ch. 4 and 14.

Device models start from those currents. `pcm`: conductance, noise and drift as published fits. `thermal`: a cell over
its array (one resistance), the array over its tile (a metal sheet), tiles over the air (a silicon sheet), each sheet
solved exactly by DCT. `leakage`: the fixed point of leakage and temperature, or proof of runaway. `tolerance`: cells
off their weight over time. `endurance`: wear by writes, loss of state, with a lifetime band. `espine`: eSpine's
equations instead, every spike wearing its cell.
`energy`: of a read, of a write. Functions take SI scalars and arrays; `X.of(record)` reads them from a hardware record.

Rejected: a full finite-volume package model (HotSpot's numbers are processor coolers; the package is one resistance
here and its uncertainty dominates), an Arrhenius factor on cycling endurance (no published law for phase-change
memory), one lifetime figure without a band, and mixing the two wear models in one number.
"""
