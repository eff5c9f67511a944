"""Networks into files: the one place that knows which ending is which format."""

from pathlib import Path

from snnmap.core.files import must_be_writable, write_atomically
from snnmap.frontend.networks.npz import npz_bytes
from snnmap.frontend.networks.parsed import Imported
from snnmap.ir import Network

ENDINGS = (".npz", ".nir")


def save_network(network: Imported | Network, path: str | Path) -> None:
    """Write a network to `path`, `.npz` or `.nir`: to a temporary name first, then renamed.

    Parameters
    ----------
    network
        What `load_network` or `from_nir` returned, with what it says of the stepping; or a network alone.
    path
        An `.npz` holds every network. NIR holds dense layers, with integers in their metadata (`networks.nir.write`).

    Raises
    ------
    InputError
        If the file cannot be written, or NIR cannot hold the network.
    """
    must_be_writable(Path(path), ENDINGS)
    read = network if isinstance(network, Imported) else Imported("network", "network", network, "")
    if Path(path).suffix == ".npz":
        write_atomically(Path(path), npz_bytes(read))
        return
    from snnmap.frontend.networks.nir.write import nir_bytes

    write_atomically(Path(path), nir_bytes(read))
