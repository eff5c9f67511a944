"""Script that reads damaged files, one after the other, and tells of each what became of it.

Usage: campaign.py FOLDER SEED KIND:FIRST:LAST ... with a folder of good files (`specimens`). Standard output gets one
line of JSON when a trial begins, [kind, trial], and one when it is over, {"said": message or null} or {"error":
traceback}, with its "seconds", and "peak", the largest resident MiB of this process or a child of it so far.
"""

import json
import random
import resource
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from support.fuzz.damage import damage
from support.fuzz.specimens import specimens

from snnmap.core.errors import SnnmapError

ADDRESSES = 8 << 30
"""Bytes of addresses, so that a bomb does not take the machine with it."""


def peak():
    used = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return max(used) / 1024


def damaged(specimen, kind, trial, seed):
    rng = random.Random(f"{seed} {kind} {trial}")
    return damage(specimen.data, Path(specimen.name).suffix, rng)


def outcome(specimen, data, folder):
    """What reading `data` in the place of the specimen gives."""
    for name, content in (*specimen.beside, (specimen.name, data)):
        (folder / name).write_bytes(content)
    try:
        specimen.read(folder / specimen.name)
    except SnnmapError as error:
        return {"said": str(error)}
    except Exception:
        return {"error": traceback.format_exc()}
    return {"said": None}


def main(good, seed, spans):
    known = specimens(Path(good))
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="pyswarms")
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESSES, ADDRESSES))
    for specimen in known.values():  # compiles the kernels, which is not what is measured
        with tempfile.TemporaryDirectory() as folder:
            outcome(specimen, specimen.data, Path(folder))
    for span in spans:
        kind, first, last = span.split(":")
        for trial in range(int(first), int(last)):
            print(json.dumps([kind, trial]), flush=True)
            data = damaged(known[kind], kind, trial, seed)
            folder = Path(tempfile.mkdtemp())
            begun = time.monotonic()
            told = outcome(known[kind], data, folder)
            print(json.dumps({**told, "seconds": time.monotonic() - begun, "peak": peak()}), flush=True)
            shutil.rmtree(folder)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
