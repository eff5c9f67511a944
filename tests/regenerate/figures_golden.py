"""Regenerate tests/data/golden_figures.json: every figure of one mapping by hand on several chips.

    python tests/regenerate/figures_golden.py

Only after a change of an equation or a constant that the changelog names.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from support.figure_cases import GOLDEN, NAMES, WORK, work

if __name__ == "__main__":
    found = {room: {name: work(room, name) for name in NAMES} for room in WORK}
    GOLDEN.write_text(json.dumps(found, sort_keys=True) + "\n")
