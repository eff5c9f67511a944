"""The independent judge of mappings: imports no stage, no kernel, no derived fact. Its rules are in `rules`."""
