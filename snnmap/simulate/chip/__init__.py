"""The mapped chip, event by event: what it really does with the profile's spikes, or at its worst.

**What runs** (`program`). A cluster has a `read` per level of its columns (decode the rows that are on, read the array)
and a `fire` per level of the neurons at home in it (update them, add the partial sums that arrive). A tile runs its
actors one at a time in the mapping's static order, every step anew. A firing waits for its turn, for what it reads, for
the column that the other of read and fire holds, and for room at all receivers; it claims the room when it starts and
frees what it consumed when it ends.

**What travels** (`streams`). Independent packets of a flit over multicast trees of XY routes, one flit per `flit_time`
and link, `hop_time` from a link to the next. `best-effort`: routers with a finite buffer behind each link, credits that
return at once, four arbitrations; a flit holds its place until its last copy has started. `gated`: likewise, but what
an actor sends enters when the mapping's schedule says, or when it is there if that is later. `tdm`: flits wait for the
slots of the mapping's table and then for nothing; two that meet on a link are an error. With `end_of_step` a flit
follows the last of every producer; without, receivers know that a step is over when all its slots have passed, used or
not, or when the schedule says that the message is there.

**With what** (`trace`). The rows, partial sums and flits of every profiled step, or of the busiest at once.

**What it is for.** A guarantee is a promise about all this; a simulation that is slower refutes it. So nothing here is
taken from the stage that promises (`stages.schedule`), the theory behind it (`sdf`) or the judge (`legality`): not the
channels of the mapping's dataflow graph, not its times. Only the order of every tile, the table of slots and the times
of gates, which are settings of the chip, are read.

Rejected: cycle-accurate routers with virtual channels and wormholes as in Noxim or BookSim (packets are single flits
here, so that there is nothing to interleave); average delays per message (they cannot contradict a bound).
"""
