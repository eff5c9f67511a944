"""A grid of compilations: which values of chip, objective, algorithms and seed are combined, and each point's name."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

from snnmap.core.errors import InputError
from snnmap.core.suggest import suggestion
from snnmap.core.version import __version__
from snnmap.hardware import load_hardware
from snnmap.ir import SpikeGraph
from snnmap.pipeline.options import CONVS, CompileOptions, Conv
from snnmap.pipeline.plan import plan_for

AXES = ("hardware", "rows", "columns", "tiles", "chips", "technology", "objective", "conv", "seed")
"""What a grid may give several values of, besides the settings of the algorithms."""
FORMAT = 1
"""Of the rows; another number is another file."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Values of every axis; a point is one of each. Empty: the chip's own, or what `base` says.

    Raises
    ------
    InputError
        If an axis lists a value twice, or square crossbars and their rows or columns are both given.
    """

    hardware: tuple[str, ...] = ()
    crossbar: tuple[str, ...] = ()
    """Sides of square crossbars: numbers as text."""
    rows: tuple[str, ...] = ()
    """Numbers as text, or `unlimited`."""
    columns: tuple[str, ...] = ()
    tiles: tuple[str, ...] = ()
    """Meshes as text, `4x4`."""
    chips: tuple[str, ...] = ()
    """Grids of chips as text, `2x1`."""
    technology: tuple[str, ...] = ()
    objective: tuple[str, ...] = ()
    conv: tuple[Conv, ...] = ()
    """Ways to hold convolutions."""
    copies: int = 0
    """Of kernels that are held once, 0 for as many as needed; nothing to those that are held by synapses."""
    settings: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """`stage` or `stage.field` and its values, as of `CompileOptions`."""
    seed: tuple[int, ...] = ()
    base: CompileOptions = field(default_factory=CompileOptions)
    """All else."""

    def __post_init__(self) -> None:
        if self.crossbar and (self.rows or self.columns):
            raise InputError("crossbar gives rows and columns at once: leave rows and columns out, or crossbar")
        named = {name: getattr(self, name) for name in (*AXES, "crossbar")} | dict(self.settings)
        for name, values in named.items():
            twice = [value for i, value in enumerate(values) if value in values[:i]]
            if twice:
                raise InputError(f"{name} lists {twice[0]} twice; list it once")
        for way in self.conv:
            if way not in CONVS:
                raise InputError(f"conv {way!r} is unknown; {suggestion(way, CONVS)}")
        if self.copies and not set(self.conv) - {"unrolled"}:
            raise InputError("copies are of kernels that are held once: give conv dense, packed or auto with them")
        if len(dict(self.settings)) < len(self.settings):
            raise InputError("an algorithm's setting is given twice; give it once, with all its values")

    def points(self) -> Iterator[CompileOptions]:
        """Options of every point, the last axis fastest.

        Raises
        ------
        InputError
            If a chip, technology, objective or setting does not exist.
        InfeasibleError
            If a crossbar is too small for a weight.
        """
        square = [("crossbar", self.crossbar)] if self.crossbar else [("rows", self.rows), ("columns", self.columns)]
        sizes = [*square, ("tiles", self.tiles), ("chips", self.chips)]
        kinds = [key for key, _ in self.settings]
        axes: list[tuple[Any, ...]] = [self.hardware or (self.base.hardware,)]
        axes += [values or ("",) for _, values in sizes]
        axes += [self.technology or (self.base.technology,), self.objective or (self.base.objective,)]
        axes += [values for _, values in self.settings]
        axes += [self.conv or (self.base.conv,)]
        for chosen in product(*axes, self.seed or (self.base.seed,)):
            chip, *rest = chosen
            size = dict(zip([key for key, _ in sizes], rest, strict=False))
            technology, objective, *values, conv = rest[len(sizes) : -1]
            settings = tuple({**dict(self.base.settings), **dict(zip(kinds, values, strict=True))}.items())
            yield replace(
                self.base,
                hardware=sized(chip, size),
                technology=technology,
                objective=objective,
                settings=settings,
                conv=conv,
                copies=self.copies if self.copies and conv != "unrolled" else self.base.copies,
                seed=rest[-1],
            )

    def checked(self) -> tuple[CompileOptions, ...]:
        """All points, after everything that can be wrong with one was looked at: before any work is done.

        Raises
        ------
        InputError
            As `points`, and if there is none.
        """
        points = tuple(self.points())
        for point in points:
            load_hardware(point.hardware, point.technology)
            plan_for(point.objective, dict(point.settings), point.terms)
        if not points:
            raise InputError("the grid is empty: an axis has no value")
        return points


def sized(chip: str, size: dict[str, str]) -> str:
    """Name of a chip of another size, as `load_hardware` reads it."""
    square = size.get("crossbar")
    parts = {"rows": square or size.get("rows"), "columns": square or size.get("columns")}
    parts |= {key: size.get(key) for key in ("tiles", "chips")}
    said = ",".join(f"{key}={value}" for key, value in parts.items() if value)
    return f"{chip}:{said}" if said else chip


@dataclass(frozen=True, slots=True)
class Point:
    """One compilation of a sweep."""

    workload: str
    graph: str
    """Digest of the profile."""
    options: CompileOptions

    @classmethod
    def of(cls, graph: SpikeGraph, options: CompileOptions) -> "Point":
        """The compilation of a profile under options."""
        return cls(graph.provenance.name, graph.digest(), options)

    def identity(self) -> dict[str, Any]:
        """What tells this run from any other: the first columns of its row."""
        asked, chip = self.options, load_hardware(self.options.hardware, self.options.technology)
        return {
            "workload": self.workload,
            "hardware": asked.hardware,
            "technology": chip.technology.name,
            "node_nm": chip.technology.node_nm,
            "rows": None if chip.rows_adapt else chip.rows,
            "columns": chip.columns,
            "objective": asked.objective,
            "settings": " ".join(f"{key}={value}" for key, value in asked.settings),
            "conv": asked.conv,
            "copies": asked.copies,
            "terms": " ".join(f"{key}={value:g}" for key, value in asked.terms),
            "seed": asked.seed,
            "split": asked.split,
            "pace": str(asked.pace),
            "pulse": None if asked.pulse is None else str(asked.pulse),
            "ambient": None if asked.ambient is None else str(asked.ambient),
            "variation": asked.variation,
            "time_budget_s": asked.time_budget,
            "workload_digest": self.graph,
            "hardware_digest": chip.digest(),
            "version": __version__,
        }


def key_of(identity: dict[str, Any]) -> str:
    """Name of a run: the first 16 hexadecimal digits of the SHA-256 of its identity."""
    return hashlib.sha256(json.dumps([FORMAT, identity], sort_keys=True).encode()).hexdigest()[:16]
