"""Networks as four programs export them, with their input and the spikes that the programs themselves give."""

from pathlib import Path

import h5py
import numpy as np

FILE = Path(__file__).parents[1] / "data" / "dialects.npz"


def names():
    with np.load(FILE) as stored:
        return sorted({key.partition("|")[0] for key in stored.files})


def written(name, folder):
    """NIR file and data file of a network in `folder`, and spikes per neuron of every layer."""
    with np.load(FILE) as stored:
        own = {key.partition("|")[2]: stored[key] for key in stored.files if key.startswith(f"{name}|")}
    network, data = folder / f"{name}.nir", folder / f"{name}.npz"
    np.savez(data, data=own.pop("data").astype(np.float32))
    spikes = [own.pop(key) for key in sorted(key for key in own if key.startswith("spikes|"))]
    with h5py.File(network, "w") as file:
        for key, value in own.items():
            path = key.replace("nir", "node", 1).replace("|", "/")
            text = value.dtype.kind in "US"
            file.create_dataset(
                path, data=value.astype(object) if text else value, dtype=h5py.string_dtype() if text else None
            )
    return network, data, spikes
