"""Pictures of results: tile maps, crossbar maps, comparisons. Knows arrays and units, computes no figure."""
