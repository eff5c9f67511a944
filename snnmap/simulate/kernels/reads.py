"""What crossbars of imperfect cells give in a step: every cell of a driven row counts, reads are noisy, sums digital.

Crossbars are dense here: a row drives all lines of its crossbar, also where no synapse is programmed. A *line* is what
one converter reads of one neuron column: one per slice. A *read* is what a crossbar gives the neurons of one level in a
step.

Cells are whole numbers (`Array.cell`), so sums are exact in any order, and a read starts from the rows that the last
one held where fewer have changed than are on: most rows that spike in a step did so in the one before.
"""

from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F32, F64, I32, I64, Bool
from snnmap.core.jit import njit
from snnmap.simulate.kernels.executor import AnyArray
from snnmap.simulate.kernels.noise import add_noise, add_shared, mixed

U64 = np.uint64
ONE = U64(1)
BRUIJN = U64(0x03F79D71B4CB0A89)
"""Its products with powers of two differ in their first six bits."""
BIT = np.array([int(int(BRUIJN) * 2**bit % 2**64 >> 58) for bit in range(64)]).argsort()
"""Place of the only bit of a word, by these six bits of its product with BRUIJN."""


class Reads(NamedTuple):
    """Rows and lines of all crossbars by read, R in all, ascending by level, then crossbar; no device yet."""

    drive_ptr: I64
    """(N + 1,) rows of reads that each source drives."""
    slot: I64
    """Bit of every such row: word 64 words and bits of the read's rows, from `word_ptr` on."""
    read: I64
    """Read of every such row."""
    word_ptr: I64
    """(R + 1,) words of 64 rows of every read."""
    base: I64
    """(R,) first line of the crossbar."""
    width: I64
    """(R,) lines of the crossbar."""
    cell: I64
    """(R,) first entry of `Array.cell` of the crossbar."""
    area: I64
    """(R + 1,) first entry of every read's sums: as many as a row of the crossbar has entries."""
    level_ptr: I64
    """Reads of every level of neurons."""
    part_ptr: I64
    """(R + 1,) lines that are handed to neurons."""
    line: I64
    """Line of every such part, numbered in its crossbar."""
    neuron: I64
    """Neuron of every part."""
    together: Bool
    """(R,) whether the parts are all lines of the crossbar, and those of neurons that follow one another."""
    biases: I64
    """Sources that are driven in every step."""


class Array(NamedTuple):
    """What the cells of all crossbars do to what drives them, on one chip at one age."""

    cell: I32
    """By crossbar and row: what a unit on it adds to each line, over `unit`; if reads are noisy, the variance of that
    in one read, over the square of `noise_unit`; and, if there is one, that of the reference, as `shared` says. A row
    of zeros ends them."""
    unit: F64
    """(lines,) a power of two, in the unit of the neuron's weights."""
    noise_unit: F64
    """(lines,) as `unit`; empty: reads are not noisy."""
    shared: F64
    """(lines,) what the noise of the reference enters by; empty: none is noisy."""
    counted: bool
    """Whether the sum of whole columns fits 32 bits; if not, rows are added one by one in double precision."""
    grid: F64
    """(lines,) grid that products are rounded to; empty: they are not."""
    gain: F64
    """(lines,) factor of what is read on each line; empty: 1."""
    offset: F64
    """(lines,) added to that whenever the line is read, in the unit of the neuron's weights; empty: 0."""
    step: F64
    """(lines,) step of the converter; empty: there is none."""
    codes: F64
    """(lines,) 1 / step: a division, which is checked for 0, does not run in vector registers."""
    limit: F64
    """(lines,) largest sum that it can tell; where sizes are counted, that of the last bin."""
    crossbar: I64
    """(lines,) cluster of every line."""
    pulse: F64
    """(N,) step of the values that a source's rows can be driven with; 0: as they are."""


class Live(NamedTuple):
    """What is on, and what the sums hold."""

    on: AnyArray
    """(words,) rows that were driven by a unit since the last read."""
    held: AnyArray
    """(words,) rows that `sums` hold."""
    touched: Bool
    """(R,) whether any row was driven since the last read."""
    graded: Bool
    """(R,) whether any was by something else than a unit."""
    sums: I32
    """As a row of `Array.cell`, over all rows that are held."""
    total: F64
    """As `sums`, of what was not driven by a unit; what lines carry of it in the unit of the weights."""


@njit
def nothing(reads: Reads) -> Live:
    """Nothing is on."""
    words, count, size = reads.word_ptr[-1], len(reads.base), reads.area[-1]
    return Live(
        np.zeros(words, np.uint64),
        np.zeros(words, np.uint64),
        np.zeros(count, np.bool_),
        np.zeros(count, np.bool_),
        np.zeros(size, np.int32),
        np.zeros(size),
    )


@njit
def mark(slot: I64, read: I64, first: int, stop: int, on: AnyArray, touched: Bool) -> None:
    """Rows at `slot` `first` to `stop` - 1 of reads `read` are driven by a unit."""
    for e in range(U64(first), U64(stop)):  # no place is negative: nothing to look at twice
        place = U64(slot[e])
        on[place >> U64(6)] |= ONE << (place & U64(63))
        touched[U64(read[e])] = True


@njit
def drive_graded(reads: Reads, array: Array, source: int, value: float, live: Live) -> None:
    """Rows of `source`, which emits `value`, in double precision."""
    if array.pulse[source] > 0.0:
        value = np.rint(value / array.pulse[source]) * array.pulse[source]
    for e in range(reads.drive_ptr[source], reads.drive_ptr[source + 1]):
        r = reads.read[e]
        live.touched[r] = True
        add_graded(reads, array, r, reads.slot[e] - 64 * reads.word_ptr[r], value, live)


@njit
def add_graded(reads: Reads, array: Array, r: int, row: int, value: float, live: Live) -> None:
    """Add `value` times a row of read `r` to its sums in double precision, and its square times the variances."""
    live.graded[r] = True
    size, width, base = reads.area[r + 1] - reads.area[r], reads.width[r], reads.base[r]
    first = reads.cell[r] + row * size
    cell, total = array.cell[first : first + size], live.total[reads.area[r] : reads.area[r + 1]]
    unit = array.unit[base : base + width]
    if len(array.grid) > 0 and value != np.rint(value):
        grid = array.grid[base : base + width]
        for k in range(width):
            total[k] += np.rint(cell[k] * unit[k] * value / grid[k]) * grid[k]
    else:
        for k in range(width):
            total[k] += cell[k] * unit[k] * value
    if len(array.noise_unit) > 0:
        square = value * value
        for k in range(width, size):
            total[k] += cell[k] * square


@njit
def ones(word: int) -> int:
    """How many bits of a word are set."""
    v = U64(word)
    v = v - ((v >> U64(1)) & U64(0x5555555555555555))
    v = (v & U64(0x3333333333333333)) + ((v >> U64(2)) & U64(0x3333333333333333))
    v = (v + (v >> U64(4))) & U64(0x0F0F0F0F0F0F0F0F)
    return int((v * U64(0x0101010101010101)) >> U64(56))


@njit
def listed(word: int, first: int, size: int, starts: I64, count: int) -> int:
    """Write where the rows of the bits of `word` begin into `starts` from `count` on; returns the new count.

    Rows have `size` entries; that of bit 0 begins at `first`.
    """
    left = U64(word)
    while left != U64(0):
        low = left & (~left + ONE)
        starts[count] = first + size * BIT[np.int64((low * BRUIJN) >> U64(58))]
        count += 1
        left ^= low
    return count


@njit
def exchange(cell: I32, size: int, starts: I64, entering: int, leaving: int, all_sums: I32, area: int) -> None:
    """Add rows of `size` entries of `cell` to the sums from `area` on, and take others away.

    Those that come begin at the first of `starts`, those that go at the first of its second half.
    """
    sums, gone, blank = all_sums[area : area + size], len(starts) // 2, len(cell) - size
    for n in range(0, max(entering, leaving), 2):
        first = starts[n] if n < entering else blank
        second = starts[n + 1] if n + 1 < entering else blank
        third = starts[gone + n] if n < leaving else blank
        fourth = starts[gone + n + 1] if n + 1 < leaving else blank
        a, b = cell[first : first + size], cell[second : second + size]
        c, d = cell[third : third + size], cell[fourth : fourth + size]
        for k in range(size):
            sums[k] += (a[k] + b[k]) - (c[k] + d[k])


@njit
def add_rows(cell: I32, size: int, starts: I64, entering: int, all_sums: I32, area: int) -> None:
    """As `exchange`, from nothing."""
    sums, blank = all_sums[area : area + size], len(cell) - size
    for k in range(size):
        sums[k] = 0
    for n in range(0, entering, 4):
        second = starts[n + 1] if n + 1 < entering else blank
        third = starts[n + 2] if n + 2 < entering else blank
        fourth = starts[n + 3] if n + 3 < entering else blank
        a, b = cell[starts[n] : starts[n] + size], cell[second : second + size]
        c, d = cell[third : third + size], cell[fourth : fourth + size]
        for k in range(size):
            sums[k] += (a[k] + b[k]) + (c[k] + d[k])


@njit
def follow(
    cell: I32,
    first: int,
    size: int,
    on: AnyArray,
    held: AnyArray,
    words: tuple[int, int],
    sums: I32,
    area: int,
    starts: I64,
) -> None:
    """Bring the sums of a read from the rows that are `held` to those that are `on`, which is cleared.

    Parameters
    ----------
    first, size
        First entry of `cell` of the crossbar, and how many a row has.
    words
        Bits of the read's rows: first word, and the one after the last.
    area
        First of its sums.
    starts
        Room for two numbers per row.
    """
    now, changed = int(np.int64(0)), int(np.int64(0))
    for w in range(words[0], words[1]):
        now += ones(on[w])
        changed += ones(on[w] ^ held[w])
    afresh = changed > now
    entering, leaving = int(np.int64(0)), len(starts) // 2
    for w in range(words[0], words[1]):
        row = first + 64 * (w - words[0]) * size
        bits = on[w] if afresh else on[w] ^ held[w]
        entering = listed(bits & on[w], row, size, starts, entering)
        leaving = listed(bits & ~on[w], row, size, starts, leaving)
        held[w] = on[w]
        on[w] = U64(0)
    if afresh:
        add_rows(cell, size, starts, entering, sums, area)
    else:
        exchange(cell, size, starts, entering, leaving - len(starts) // 2, sums, area)


@njit
def gather(reads: Reads, array: Array, r: int, live: Live, x: F64, spread: F32) -> float:
    """Write what the lines of read `r` carry, and its variance over its unit (width,); returns the reference's."""
    width, base, area = reads.width[r], reads.base[r], reads.area[r]
    sums, total = live.sums[area : reads.area[r + 1]], live.total[area : reads.area[r + 1]]
    unit = array.unit[base : base + width]
    for k in range(width):
        x[k] = sums[k] * unit[k]
    shared = 0.0
    if len(array.noise_unit) > 0:
        variance = sums[width : 2 * width]
        for k in range(width):
            spread[k] = np.float32(variance[k])
        if len(array.shared) > 0:
            shared = sums[2 * width] + total[2 * width]
    if live.graded[r]:
        for k in range(width):
            x[k] += total[k]
        if len(array.noise_unit) > 0:
            for k in range(width):
                spread[k] += np.float32(total[width + k])
        total[:] = 0.0
        live.graded[r] = False
    return shared


@njit
def settle(
    reads: Reads,
    array: Array,
    r: int,
    carried: tuple[F64, F32, float],
    noise: tuple[int, int, F32],
    acc: F64,
    seen: tuple[F64, I64],
) -> None:
    """Read the lines of read `r`, digitise them and add them up at their neurons.

    Parameters
    ----------
    carried
        What the lines carry, which is overwritten, its variance over its unit (width,), and that of the reference.
    noise
        Key of the frame, step, pool of normal numbers.
    acc
        (neurons,) inputs, which are added to.
    seen
        As in `imperfect.run_frames`.
    """
    width, base = reads.width[r], reads.base[r]
    x, spread = carried[0][:width], carried[1][:width]
    if len(array.gain) > 0:
        gain, offset = array.gain[base : base + width], array.offset[base : base + width]
        for k in range(width):
            x[k] = x[k] * gain[k] + offset[k]
    if len(array.noise_unit) > 0:
        z = mixed(noise[0], noise[1] * len(reads.base) + r)
        add_noise(array.noise_unit[base : base + width], spread, z, noise[2], x)
        if len(array.shared) > 0:
            add_shared(array.shared[base : base + width], carried[2], z, noise[2], x)
    watch(reads, array, r, x, seen)
    if len(array.step) > 0:
        own = slice(base, base + width)
        step, codes, limit = array.step[own], array.codes[own], array.limit[own]
        for k in range(width):
            x[k] = np.rint(min(max(x[k], -limit[k]), limit[k]) * codes[k]) * step[k]
    for e in range(reads.part_ptr[r], reads.part_ptr[r + 1]):
        acc[reads.neuron[e]] += x[reads.line[e]]


@njit
def watch(reads: Reads, array: Array, r: int, x: F64, seen: tuple[F64, I64]) -> None:
    """Note how large the sums `x` of read `r` are."""
    peak, bins = seen
    base = reads.base[r]
    for e in range(reads.part_ptr[r], reads.part_ptr[r + 1] if len(peak) > 0 else reads.part_ptr[r]):
        k = reads.line[e]
        peak[base + k] = max(peak[base + k], abs(x[k]))
        if bins.shape[1] > 0 and x[k] != 0.0:
            place = np.int64(abs(x[k]) / array.limit[base + k] * bins.shape[1])
            bins[array.crossbar[base + k], min(place, bins.shape[1] - 1)] += 1
