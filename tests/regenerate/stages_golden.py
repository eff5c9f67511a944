"""Regenerate tests/data/golden_stages.json: what every stage answers to small problems.

    python tests/regenerate/stages_golden.py

Only after a change that is meant to change mappings, and that the changelog names.
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from support.stage_cases import GOLDEN, cases

if __name__ == "__main__":
    found: dict[str, dict[str, str]] = {}
    for (stage, name), work in cases().items():
        found.setdefault(stage, {})[name] = work()
    GOLDEN.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")
