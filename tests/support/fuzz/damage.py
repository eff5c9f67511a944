"""Ways to damage a file: by bytes, by values of text, by arrays. All by a seeded `random.Random`."""

import gzip
import io
import json
import re
from contextlib import suppress

import h5py
import numpy as np

from snnmap.core.npz import npz
from snnmap.formats import profile

ODD = ("-1", "0", "1e999", "nan", "inf", "9" * 40, "2.5", '"x"', "[]", "{}", "null", "true", "1979-05-27", "", "1e308")
ODD_NUMBERS = (np.nan, np.inf, -np.inf, -1, 0, 1, 2.5, 1e300, -1e300, 2.0**31, 2.0**62, 1e-320)
TYPES = ("i1", "u1", "i8", "u8", "f2", "f8", "c8", "?", "S4", "U4", ">i4", "M8[s]")


def flipped(data, rng):
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def cut(data, rng):
    return data[: rng.randrange(len(data))]


def doubled(data, rng):
    a, b = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:b] + data[a:]


def odd(data, rng):
    """A number or text of a readable file replaced by something odd; other files are cut."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return cut(data, rng)
    values = list(re.finditer(r'-?\d[\d.e+-]*|"[^"\n]*"|true|false', text))
    if not values:
        return cut(data, rng)
    for chosen in sorted(rng.sample(values, min(rng.randint(1, 2), len(values))), key=lambda m: -m.start()):
        text = text[: chosen.start()] + rng.choice(ODD) + text[chosen.end() :]
    return text.encode()


def lines(data, rng):
    """Lines exchanged, repeated or left out."""
    parts = data.splitlines(keepends=True)
    for _ in range(rng.randint(1, 3)):
        k = rng.randrange(len(parts))
        match rng.randrange(3):
            case 0:
                parts.insert(rng.randrange(len(parts)), parts[k])
            case 1 if len(parts) > 1:
                del parts[k]
            case _:
                parts.insert(0, parts.pop(k))
    return b"".join(parts)


def odd_array(array, rng):
    """An array of another type, shape or values."""
    match rng.randrange(10):
        case 0:
            with suppress(TypeError, ValueError), np.errstate(all="ignore"):
                return array.astype(rng.choice(TYPES))
            return array[..., None]
        case 1:
            return array.ravel()
        case 2:
            return array[None] if rng.random() < 0.5 else array[..., None]
        case 3:
            return array.T
        case 4:
            return array[:0] if array.ndim else np.zeros(0)
        case 5:
            return array[: rng.randint(1, 2)] if array.ndim else np.zeros((2, 2))
        case 6:
            return np.concatenate([array, array]) if array.ndim else np.asarray(["x"])
        case 7:
            return np.asarray(rng.choice(ODD_NUMBERS))
        case _:
            return with_odd_values(array, rng)


def with_odd_values(array, rng):
    if array.dtype.kind not in "biuf" or not array.size:
        return np.asarray(rng.choice(["x", "", "1e9"]))
    changed = array.astype(np.float64).ravel()
    chosen = [rng.randrange(changed.size) for _ in range(rng.randint(1, 3))]
    changed[:: rng.choice((1, 2)) if rng.random() < 0.2 else changed.size] = rng.choice(ODD_NUMBERS)
    changed[chosen] = rng.choice(ODD_NUMBERS)
    changed = changed.reshape(array.shape)
    with np.errstate(all="ignore"):
        return changed if rng.random() < 0.3 else changed.astype(array.dtype)


def odd_arrays(arrays, rng):
    """One or two of several arrays replaced, renamed, left out, or one added."""
    changed = dict(arrays)
    for name in rng.sample(sorted(changed), min(rng.randint(1, 2), len(changed))):
        match rng.randrange(8):
            case 0:
                del changed[name]
            case 1:
                changed[rng.choice(["x", "t", "p", "spikes", "labels", "dt", "unknown"])] = changed.pop(name)
            case _:
                changed[name] = odd_array(changed[name], rng)
    return changed


def odd_npz(data, rng):
    """Of npz or npy, an array that is not what it should be."""
    content = np.load(io.BytesIO(data))
    buffer = io.BytesIO()
    if isinstance(content, np.ndarray):
        np.save(buffer, odd_array(content, rng))
    else:
        np.savez_compressed(buffer, **odd_arrays(dict(content), rng))
    return buffer.getvalue()


def odd_profile(data, rng):
    """A saved profile with other arrays or facts, and a digest that fits."""
    arrays = dict(np.load(io.BytesIO(data)))
    header = json.loads(arrays.pop(profile.HEADER).tobytes())
    header.pop("digest")
    if rng.random() < 0.5:
        arrays = odd_arrays(arrays, rng)
    else:
        with suppress(json.JSONDecodeError, UnicodeDecodeError):
            header = json.loads(odd(json.dumps(header).encode(), rng))
    with suppress(AttributeError, TypeError, ValueError):  # not a table, or a number that is no JSON
        header["digest"] = profile._digest(profile._canonical(header), arrays)
    return npz({profile.HEADER: np.frombuffer(json.dumps(header).encode(), np.uint8)} | arrays)


def odd_hdf5(data, rng):
    """An HDF5 file in which one or two values, names or links are others."""
    buffer = io.BytesIO(data)
    with h5py.File(buffer, "r+") as file:
        names = []
        file.visit(names.append)
        for name in rng.sample(names, min(rng.randint(1, 2), len(names))):
            if name not in file:
                continue
            value = file[name][()] if isinstance(file[name], h5py.Dataset) else None
            match rng.randrange(10):
                case 0:
                    del file[name]
                case 1:
                    file.move(name, f"{name}_")
                case 2:
                    file[f"{name}_"] = file[name]
                case _ if value is None:
                    del file[name]
                    file[name] = rng.choice([3.0, "x"])
                case _:
                    del file[name]
                    file[name] = odd_value(value, rng)
    return buffer.getvalue()


def odd_value(value, rng):
    if isinstance(value, bytes | str):
        kinds = (
            "LIF",
            "Conv2d",
            "Affine",
            "Flatten",
            "Input",
            "SumPool2d",
            "CubaLIF",
            "NIRGraph",
            "x",
            "",
            "i\n\x1b[31m",
        )
        return rng.choice([*kinds, 3])
    array = np.asarray(value)
    if array.dtype.kind == "O" and isinstance(array.ravel()[0], np.ndarray):  # lists of unequal length
        return odd_array(np.concatenate(array.ravel().tolist()), rng)
    if array.dtype.kind == "O":
        names = array.ravel().tolist()
        rng.shuffle(names)
        return np.array(names[: rng.randint(1, len(names))], h5py.string_dtype())
    changed = odd_array(array, rng)
    return str(changed) if changed.dtype.kind in "OUM" else changed


def zipped(ways):
    """The same of what a gzip file holds."""

    def way(data, rng):
        return gzip.compress(rng.choice(ways)(gzip.decompress(data), rng))

    return way


BYTES = (flipped, cut, doubled)
TEXT = (*BYTES, odd, odd, odd, lines)
NPZ = (*BYTES, odd_npz, odd_npz, odd_npz)
PROFILE = (*BYTES, odd_profile, odd_profile, odd_profile)
HDF5 = (*BYTES, odd_hdf5, odd_hdf5, odd_hdf5)


def damage(data, suffix, rng):
    """`data`, the content of a good file of that ending, damaged in one way or two."""
    ways = {".npz": NPZ, ".npy": NPZ, ".nir": HDF5, ".net": HDF5, ".h5": HDF5, ".gz": (*BYTES, zipped(TEXT))}
    chosen = ways.get(suffix, TEXT)
    if suffix == ".npz" and profile.HEADER.encode() in data[:64]:
        chosen = PROFILE
    data = rng.choice(chosen)(data, rng)
    return rng.choice(BYTES)(data, rng) if data and rng.random() < 0.1 else data
