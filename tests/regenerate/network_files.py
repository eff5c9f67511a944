"""Make the small network files of tests/data from the originals (see tests/data/README.md for their origin).

Usage: python tests/regenerate/network_files.py MODELS DATA, the folders with the original models and the MNIST files.
Small files are copied; of the N-MNIST networks only the structure is kept (every weight is replaced by its sign), and
the Lava network is repacked with deflate, values unchanged.
"""

import gzip
import shutil
import sys
from pathlib import Path

import h5py
import numpy as np

HERE = Path(__file__).parent.parent / "data"
COPIED = (
    "single_lif_norse.nir",
    "two_lif_neurons.nir",
    "braille_rsnn_bias_zero.nir",
    "malformed/braille_scalar_params_2023_10.nir",
    "malformed/braille_subgraph_2023_10.nir",
    "malformed/lif_rockpool_batch_dims.nir",
)


def repack(source: Path, target: Path, signs: bool) -> None:
    """Copy an HDF5 file with deflate; `signs` replaces floating-point arrays by their signs."""
    with h5py.File(source, "r") as old, h5py.File(target, "w") as new:

        def copy(name: str, item: object) -> None:
            if not isinstance(item, h5py.Dataset):
                return
            value = np.sign(item[()]) if signs and item.dtype.kind == "f" else item[()]
            packing = {"compression": "gzip", "compression_opts": 9, "shuffle": True} if np.size(value) > 64 else {}
            new.create_dataset(name, data=value, dtype=item.dtype, **packing)

        old.visititems(copy)


def main() -> None:
    """Write every file."""
    models, data = Path(sys.argv[1]), Path(sys.argv[2])
    for name in COPIED:
        shutil.copyfile(models / name, HERE / Path(name).name)
    repack(models / "nmnist_scnn_sinabs.nir", HERE / "nmnist_scnn_structure.nir", signs=True)
    repack(models / "malformed/nmnist_scnn_no_input_shape.nir", HERE / "nmnist_scnn_no_input_shape.nir", signs=True)
    repack(models / "mnist_mlp_784_128_64_10.net", HERE / "mnist_mlp_784_128_64_10.net", signs=False)
    images = np.frombuffer(gzip.decompress((data / "t10k-images-idx3-ubyte.gz").read_bytes()), np.uint8, 100 * 784, 16)
    labels = np.frombuffer(gzip.decompress((data / "t10k-labels-idx1-ubyte.gz").read_bytes()), np.uint8, 100, 8)
    np.savez_compressed(HERE / "mnist_test100.npz", images=images.reshape(100, 784), labels=labels)


if __name__ == "__main__":
    main()
