"""Which chips, technologies and packages there are, and records made of their files."""

from collections.abc import Mapping
from pathlib import Path

from snnmap.core.library import shipped
from snnmap.hardware.keys import CHIP_KEYS, DEVICE_KEYS, ESPINE_KEYS, PACKAGE_KEYS, TECHNOLOGY_KEYS
from snnmap.hardware.model import Hardware, Quantity, Technology
from snnmap.hardware.reader import (
    CHIP_FIELDS,
    TECHNOLOGY_FIELDS,
    Value,
    check_values,
    find,
    finish,
    read_document,
    take,
    take_choice,
    take_mesh,
    take_port,
    take_side,
)


def chip_names() -> list[str]:
    """Names of the shipped chips, sorted."""
    return list(shipped("hwmodels", "chips"))


def technology_names() -> list[str]:
    """Names of the shipped technologies, sorted."""
    return list(shipped("hwmodels", "technologies"))


def package_names() -> list[str]:
    """Names of the shipped packages, sorted."""
    return list(shipped("hwmodels", "packages"))


def load_hardware(name: str, technology: str | None = None, package: str | None = None) -> Hardware:
    """Chip `name` at its own or another `technology`, in its own or another `package`.

    Each is a shipped name or a path to a TOML file; what a file names itself is looked up beside that file.

    Raises
    ------
    InputError
        If there is no such file, or it is not valid: the message names file, key and reason.
    """
    path = find("chips", name)
    document = read_document("chips", path)
    plain = dict(document.plain)
    own_technology = take(document, plain, "technology", str)
    own_package = take(document, plain, "package", str)
    beside = path.parent
    tech = load_technology(own_technology, beside) if technology is None else load_technology(technology)
    package_path = find("packages", own_package, beside) if package is None else find("packages", package)
    package_name, package_values = _package(package_path)
    width, height, low, high = take_mesh(document, take(document, plain, "mesh", dict))
    limit = take(document, plain, "synapse_limit", int, 1) if "synapse_limit" in plain else None
    hardware = Hardware(
        name=take(document, plain, "name", str),
        description=take(document, plain, "description", str),
        rows=take_side(document, plain, "rows"),
        columns=take_side(document, plain, "columns"),
        synapse_limit=limit,
        mesh_width=width,
        mesh_height=height,
        max_tiles=high,
        clusters_per_tile=take(document, plain, "clusters_per_tile", int, 1),
        merge=take(document, plain, "merge", bool),
        port=take_port(document, plain, width, height),
        buffer_tokens=take(document, plain, "buffer_tokens", int, 1),
        technology=tech,
        values={**_quantities(check_values(document, CHIP_KEYS)), **package_values},
        min_tiles=low,
        drift_compensation=take(document, plain, "drift_compensation", bool),
        package=package_name,
    )
    finish(document, plain, CHIP_FIELDS)
    return hardware


def load_technology(name: str, beside: Path | None = None) -> Technology:
    """Technology `name`: a shipped name, or a path to a TOML file, relative to the folder `beside` if given.

    Raises
    ------
    InputError
        If there is no such file, or it is not valid: the message names file, key and reason.
    """
    document = read_document("technologies", find("technologies", name, beside))
    plain = dict(document.plain)
    device = take_choice(document, plain, "device", tuple(DEVICE_KEYS))
    mode = take_choice(document, plain, "mode", ("device", "espine"))
    keys = {**TECHNOLOGY_KEYS, **DEVICE_KEYS[device], **(ESPINE_KEYS if mode == "espine" else {})}
    technology = Technology(
        name=take(document, plain, "name", str),
        device=device,
        node_nm=take(document, plain, "node_nm", int, 1),
        mode=mode,
        values=_quantities(check_values(document, keys)),
        noise=take_choice(document, plain, "noise", ("none", "pcm-like", "hermes-1", "hermes-2")),
        transistors=take_choice(document, plain, "transistors", ("LP", "HP")),
        description=take(document, plain, "description", str),
    )
    finish(document, plain, TECHNOLOGY_FIELDS)
    if technology["g_min"] >= technology["g_max"]:
        raise document.refuse("g_min", "must be below g_max")
    return technology


def _package(path: Path) -> tuple[str, dict[str, Quantity]]:
    document = read_document("packages", path)
    plain = dict(document.plain)
    name = take(document, plain, "name", str)
    take(document, plain, "description", str)
    finish(document, plain, ("extends", "name", "description", "values"))
    return name, _quantities(check_values(document, PACKAGE_KEYS))


def _quantities(values: Mapping[str, Value]) -> dict[str, Quantity]:
    return {key: Quantity(v.value, v.unit, v.citation, v.band, v.written) for key, v in values.items()}
