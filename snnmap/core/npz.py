"""Arrays as one `.npz` file: the same arrays in the same order are the same bytes. Nothing is pickled."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

DATE = (1980, 1, 1, 0, 0, 0)
"""Of every member, so that the file does not say when it was written."""


def npz(members: Mapping[str, npt.NDArray[Any]], level: int = 1) -> bytes:
    """Bytes of an archive of little-endian `.npy` members, compressed at that level of zlib, in the order given."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, array in members.items():
            member = zipfile.ZipInfo(f"{name}.npy", DATE)
            member.external_attr = 0o644 << 16
            member.create_system = 3
            little = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
            data = io.BytesIO()
            np.lib.format.write_array(data, little, version=(1, 0), allow_pickle=False)
            archive.writestr(member, data.getbuffer(), zipfile.ZIP_DEFLATED, compresslevel=level)
    return buffer.getvalue()
