"""Which machines without crossbars there are, of which kind each is, and which command takes it. Makes no record."""

from typing import NamedTuple

from snnmap.core.errors import InputError
from snnmap.core.toml import Table
from snnmap.hardware.reader import COMMANDS, find, named, read_hardware_file
from snnmap.hardware.targets.brainscales2 import load_target
from snnmap.hardware.targets.manycore import load_manycore
from snnmap.hardware.technology import Quantity


class Machine(NamedTuple):
    """A machine as it is listed."""

    name: str
    kind: str
    command: str
    """What takes it, as it is typed."""
    description: str
    limits: tuple[str, ...]
    """What it holds, in words."""
    quantities: dict[str, Quantity]


def target_names() -> list[str]:
    """Names of the shipped machines that are no meshes of crossbars, sorted."""
    return named("targets")


def is_target(name: str) -> bool:
    """Whether `name` is a machine without crossbars: a shipped name, or the path of a file that says so."""
    if name in target_names():
        return True
    return name.endswith(".toml") and "kind" in _table(name).content


def load_machine(name: str) -> Machine:
    """Machine `name` as it is listed.

    Raises
    ------
    InputError
        If there is no such file, or it is not valid.
    """
    kind = _table(name).text("kind", choices=tuple(COMMANDS))
    command = f"snnmap {kind} SOURCE --hw {name}"
    if kind == "manycore":
        cores = load_manycore(name)
        return Machine(cores.name, kind, command, cores.description, cores.limits(), dict(cores.values))
    chip = load_target(name)
    limits = (
        f"{chip.hemispheres} hemispheres of {chip.inputs} signed inputs x {chip.outputs} outputs",
        f"inputs 0 to {chip.largest_input}, weights {-chip.largest_weight} to {chip.largest_weight}",
        f"results {chip.span[0]} to {chip.span[1]}",
        f"spiking mode: {chip.circuits} neuron circuits",
    )
    return Machine(chip.name, kind, command, chip.description, limits, dict(chip.values))


def _table(name: str) -> Table:
    try:
        return read_hardware_file("targets", find("targets", name))
    except InputError:
        if name.endswith(".toml"):  # a chip's, which its own reader judges
            return Table(find("chips", name), {})
        raise
