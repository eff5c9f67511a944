"""Files that snnmap owns: the mapping and the saved profile. Knows records, and nothing of how they came about."""
