"""Which chips, technologies and packages there are, and records made of their files."""

from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

from snnmap.hardware.chips import Chips
from snnmap.hardware.keys import CHIP_KEYS, DEVICE_KEYS, ESPINE_KEYS, PACKAGE_KEYS, TECHNOLOGY_KEYS
from snnmap.hardware.model import ADC_RANGES, NOCS, UNLIMITED, AdcRange, Hardware, Noc
from snnmap.hardware.reader import (
    LIMITLESS,
    find,
    mesh_size,
    named,
    parted,
    port,
    quantities,
    read_chips,
    read_hardware_file,
    rows_of,
    side,
)
from snnmap.hardware.technology import Mode, Quantity, Technology
from snnmap.hardware.weights import read_weights


def chip_names() -> list[str]:
    """Names of the shipped chips, then of those that installed packages offer; each sorted."""
    return named("chips")


def technology_names() -> list[str]:
    """Names of the shipped technologies, sorted."""
    return named("technologies")


def package_names() -> list[str]:
    """Names of the shipped packages, sorted."""
    return named("packages")


def load_hardware(name: str, technology: str | None = None, package: str | None = None) -> Hardware:
    """Chip `name` at its own or another `technology`, in its own or another `package`.

    Each is a shipped name or a path to a TOML file; what a file names itself is looked up beside that file. A chip may
    be given crossbars and a mesh of another size, `pcm-mesh:rows=unlimited,columns=64,tiles=4x4`, and be one of several
    that work together, `pcm-mesh:chips=2x1`.

    Raises
    ------
    InputError
        If there is no such file, or it is not valid: the message names file, key and reason.
    InfeasibleError
        If its arrays are too small for a weight as it is encoded.
    """
    name, size = parted(name)
    hardware = _chip(find("chips", name), technology, package)
    if "tiles" in size:
        width, height = (int(side) for side in size["tiles"].split("x"))
        hardware = hardware.of_mesh(width, height)
    if "chips" in size:
        across, down = (int(side) for side in size["chips"].split("x"))
        hardware = hardware.of_chips(across, down)
    if "rows" not in size and "columns" not in size:
        return hardware.holding()
    own = LIMITLESS if hardware.rows_adapt else str(hardware.word_lines)
    rows = size.get("rows", own)
    return hardware.resized(None if rows == LIMITLESS else int(rows), int(size.get("columns", hardware.bit_lines)))


def _chip(path: Path, technology: str | None, package: str | None) -> Hardware:
    """Chip of a file; arguments as `load_hardware`."""
    table = read_hardware_file("chips", path)
    own_technology, own_package = table.text("technology"), table.text("package")
    beside = path.parent
    tech = load_technology(own_technology, beside) if technology is None else load_technology(technology)
    package_path = find("packages", own_package, beside) if package is None else find("packages", package)
    package_name, package_values = _package(package_path)
    width, height, low, high = mesh_size(table.table("mesh"))
    hardware = Hardware(
        name=table.text("name"),
        description=table.text("description"),
        word_lines=rows_of(table),
        bit_lines=side(table, "columns"),
        synapse_limit=table.integer("synapse_limit", None, low=1),
        mesh_width=width,
        mesh_height=height,
        max_tiles=high,
        clusters_per_tile=table.integer("clusters_per_tile", low=1),
        merge=table.flag("merge"),
        port=port(table, width, height),
        buffer_tokens=table.integer("buffer_tokens", low=1),
        technology=tech,
        values={**quantities(table.table("values"), CHIP_KEYS), **package_values},
        min_tiles=low,
        drift_compensation=table.flag("drift_compensation"),
        package=package_name,
        sample_registers=table.integer("sample_registers", low=1),
        noc=cast("Noc", table.text("noc", choices=NOCS)),
        end_of_step=table.flag("end_of_step"),
        weights=read_weights(table.table("weights", None)),
        adc_range=cast("AdcRange", table.text("adc_range", choices=ADC_RANGES)),
    )
    if hardware["layout_share"] > 1:
        raise table.table("values").error("layout_share", "must be at most 1: components cannot overlap")
    chips = read_chips(table.table("chips", None))
    table.end()
    alone = replace(hardware, rows_adapt=hardware.rows == UNLIMITED, chips=Chips(links=chips.links))
    return alone.of_chips(*chips.grid) if chips.several else alone


def load_technology(name: str, beside: Path | None = None) -> Technology:
    """Technology `name`: a shipped name, or a path to a TOML file, relative to the folder `beside` if given.

    Raises
    ------
    InputError
        If there is no such file, or it is not valid: the message names file, key and reason.
    """
    table = read_hardware_file("technologies", find("technologies", name, beside))
    device = table.text("device", choices=tuple(DEVICE_KEYS))
    mode = table.text("mode", choices=("device", "espine"))
    keys = {**TECHNOLOGY_KEYS, **DEVICE_KEYS[device], **(ESPINE_KEYS if mode == "espine" else {})}
    values = table.table("values")
    technology = Technology(
        name=table.text("name"),
        device=cast('Literal["PCM", "OxRAM"]', device),
        node_nm=table.integer("node_nm", low=1),
        mode=cast("Mode", mode),
        values=quantities(values, keys),
        noise=table.text("noise", choices=("none", "pcm-like", "hermes-1", "hermes-2", "rram-wan")),
        transistors=table.text("transistors", choices=("LP", "HP")),
        description=table.text("description"),
    )
    table.end()
    if technology["g_min"] >= technology["g_max"]:
        raise values.error("g_min", "must be below g_max")
    if technology["stuck_on_share"] + technology["stuck_off_share"] > 1.0:
        raise values.error("stuck_on_share", "and stuck_off_share must add up to 1 at most")
    return technology


def _package(path: Path) -> tuple[str, dict[str, Quantity]]:
    table = read_hardware_file("packages", path)
    name, _ = table.text("name"), table.text("description")
    values = quantities(table.table("values"), PACKAGE_KEYS)
    table.end()
    return name, values
