"""Chips: a seed that everything is drawn from, and what is known of one chip in particular."""

from typing import NamedTuple

import numpy as np

from snnmap.core.arrays import F64
from snnmap.core.errors import InputError
from snnmap.core.run import stream
from snnmap.hardware import Hardware
from snnmap.ir.devices import ChipMap
from snnmap.physics.encoding import halves


class Chip(NamedTuple):
    """One device sample."""

    seed: int
    map: ChipMap | None = None
    """Its stuck cells, gains and offsets, if they are known; else cells are stuck as drawn, and columns ideal."""


def places_of(hardware: Hardware) -> tuple[int, int, int, int]:
    """Halves, slices, rows and columns of the cells of a tile; a reference is the last column."""
    weights = hardware.weights
    return halves(weights.encoding), weights.slices, hardware.rows, hardware.columns + weights.reference_lines


def numbers_of(hardware: Hardware, seed: int, what: str, tile: int, turn: int = 0) -> F64:
    """Numbers drawn for the places of a tile: standard normal, or 0 to 1 for what is `stuck`.

    `turn`: which of the clusters that take turns on the tile; only what is programmed anew depends on it.
    """
    rng = stream(seed, f"{what} of tile {tile}" + (f", turn {turn}" if what == "programming" else ""))
    return rng.random(places_of(hardware)) if what == "stuck" else rng.standard_normal(places_of(hardware))


def stuck_of(hardware: Hardware, seed: int, tile: int, on: float, off: float) -> F64:
    """1 where a cell of a tile is stuck at g_max, -1 at g_min, else 0, as a chip of seed `seed` has it."""
    lot = numbers_of(hardware, seed, "stuck", tile)
    return np.where(lot < on, 1.0, np.where(lot < on + off, -1.0, 0.0))


def drawn_chip(
    hardware: Hardware, seed: int, stuck: tuple[float | None, float | None], spreads: tuple[float, float]
) -> ChipMap:
    """The chip of a seed, with the stuck cells that `accuracy` draws for that seed.

    Parameters
    ----------
    hardware
        Sized.
    stuck
        Shares of cells stuck on and off; none: as the technology says.
    spreads
        Standard deviations of the columns' gains (about 1) and offsets (about 0, in currents of a full cell).

    Raises
    ------
    InputError
        If the mesh still has to be sized, or a share or spread makes no sense.
    """
    if hardware.adaptive:
        raise InputError(f"{hardware.name!r} grows with the workload and has no tiles yet; draw the chip of a mapping")
    technology = hardware.technology
    on, off = (
        technology[key] if share is None else share
        for key, share in zip(("stuck_on_share", "stuck_off_share"), stuck, strict=True)
    )
    if not (0.0 <= on <= 1.0 and 0.0 <= off <= 1.0 and on + off <= 1.0):
        raise InputError(f"shares of stuck cells must be 0 to 1 and add up to 1 at most, not {on:g} and {off:g}")
    if not all(0.0 <= spread < 0.3 for spread in spreads[:1]) or not 0.0 <= spreads[1] < 1e3:
        raise InputError(
            f"a gain spreads by 0 to 0.3 and an offset by 0 to 1000 cells, not {spreads[0]:g}, {spreads[1]:g}"
        )
    held = np.stack([stuck_of(hardware, seed, tile, on, off) for tile in range(hardware.tiles)])
    rng = stream(seed, "columns")
    lines = (hardware.tiles, hardware.columns * hardware.weights.slices)
    gain = np.maximum(1.0 + spreads[0] * rng.standard_normal(lines), 0.01)
    return ChipMap(
        hardware.name,
        (hardware.mesh_width, hardware.mesh_height),
        held.astype(np.int8),
        gain,
        spreads[1] * rng.standard_normal(lines),
    )


def must_fit(chip: ChipMap, hardware: Hardware) -> None:
    """Refuse a chip that is not of this hardware.

    Raises
    ------
    InputError
        Naming what differs.
    """
    mesh, places = (hardware.mesh_width, hardware.mesh_height), places_of(hardware)
    if chip.mesh != mesh:
        raise InputError(
            f"the chip file has {chip.mesh[0]} x {chip.mesh[1]} tiles and the mapping's chip {mesh[0]} x {mesh[1]}; "
            "draw or measure a chip of that mesh"
        )
    if chip.stuck.shape[1:] != places:
        raise InputError(
            f"a tile of the chip file has cells {chip.stuck.shape[1:]} (halves, slices, rows, columns), one of the "
            f"mapping's chip {places}; draw or measure a chip of that kind"
        )
